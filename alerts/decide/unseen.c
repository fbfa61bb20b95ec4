/* SPDX-License-Identifier: Apache-2.0 */
/* An urgent notice that no screen has shown: first another way to the person, then another person.
 *
 * "Sent" is not "seen".  Beside every urgent notice two steps wait in the document: `fallback-N`
 * and `unseen-N` (N: the number of its entry; duty.yaml, not_shown).  The first sends what has not
 * been shown to somebody by his fallback channels, at once when his own way has failed; the second
 * takes the next rung of the ladder when no screen at all has shown it, or tells the one above when
 * the ladder is at its end or the matter is acknowledged.  The fallback is a notice of its own to
 * nobody (`to` is empty): no desktop and no board rings twice for one fact. */
#include "alerts/decide/command.h"
#include "alerts/decide/missed.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD "unseen-told-"

/* ---- who has been shown what ---- */

static bool is_seen(struct hy_str state)
{
    return hy_str_is(state, "shown") || hy_str_is(state, "closed") ||
           hy_str_is(state, "acknowledged");
}

static bool nobody_saw(const json_t *record)
{
    const char *who;
    json_t *state;

    json_object_foreach (json_object_get(record, "states"), who, state)
        if (is_seen(hy_str(json_string_value(state))))
            return false;
    return true;
}

static bool is_acknowledged(const json_t *doc)
{
    return json_is_object(json_object_get(doc, "ack"));
}

/* ---- another way ---- */

static json_t *ways_of(const struct hy_person *p)
{
    json_t *ways = json_array();

    if (p->fallback & 1u << HY_WAY_MAIL && p->mail)
        json_array_append_new(ways, json_sprintf("mail:%s", p->id));
    if (p->fallback & 1u << HY_WAY_WEBHOOK && p->webhook)
        json_array_append_new(ways, json_string(p->webhook));
    return ways;
}

static void other_way_text(const struct hy_decide *d, const json_t *doc, struct hy_str clock,
                           const struct hy_person *p, const char *why, struct hy_buf *b)
{
    const json_t *o = hy_incident_obligation(doc, clock);

    if (o == NULL)
        o = hy_nearest_clock(doc);
    hy_buf_printf(b, "发给%s的提醒%s，改由备用渠道通知。请到看板签收处理", p->name, why);
    if (o == NULL)
        return;
    hy_wall due = hy_json_time(o, "due");
    hy_buf_puts(b, "；");
    hy_buf_str(b, hy_json_str(o, "label"));
    hy_buf_puts(b, due.ms < d->now.ms ? "已超过设定时限（" : "（");
    hy_add_moment(b, due);
    hy_buf_puts(b, " 到期）");
}

/* One notice per person, known by the notice it stands for: a second cause changes nothing. */
static void go_other_way(struct hy_decide *d, struct hy_str incident, const json_t *record,
                         const struct hy_person *p, const char *why, hy_wall due)
{
    const json_t *doc = hy_state_incident(d->state, incident);
    HY_CLEANUP(hy_json_freep) json_t *ways = ways_of(p);
    HY_CLEANUP(hy_freep) char *clock = hy_str_dup(hy_json_str(record, "clock"));
    HY_CLEANUP(hy_freep)
    char *step =
        hy_xasprintf(HY_STR_FMT ".fallback.%s", HY_STR_ARG(hy_json_str(record, "step")), p->id);
    HY_CLEANUP(hy_freep)
    char *id = hy_xasprintf(HY_STR_FMT "/%s/%s", HY_STR_ARG(incident), clock, step);
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (json_array_size(ways) == 0 || hy_list_find(json_object_get(doc, "notices"), hy_str(id)))
        return;
    other_way_text(d, doc, hy_str(clock), p, why, &body);
    hy_notice(d, incident,
              &(struct hy_notice_spec){.clock = hy_str(clock),
                                       .step = step,
                                       .urgency = HY_URGENT,
                                       .channels = ways,
                                       .instead = p,
                                       .body = body.p,
                                       .due = due});
    hy_buf_release(&body);
}

/* Everybody of the notice who has a fallback and has not been shown it. */
static void all_other_ways(struct hy_decide *d, struct hy_str incident, const json_t *record,
                           hy_wall due)
{
    int64_t minutes = hy_duty_fallback_ms(d->rules->duty) / HY_MINUTE_MS;
    char why[64];
    const char *who;
    json_t *state;

    snprintf(why, sizeof(why), " %lld 分钟没有显示", (long long)minutes);
    json_object_foreach (json_object_get(record, "states"), who, state) {
        const struct hy_person *p = hy_duty_person(d->rules->duty, hy_str(who));
        if (p && !is_seen(hy_str(json_string_value(state))))
            go_other_way(d, incident, record, p, why, due);
    }
}

void hy_unseen_failed(struct hy_work *w, struct hy_str notice, struct hy_str channel)
{
    const json_t *found = hy_list_find(json_object_get(w->doc, "notices"), notice);
    const struct hy_duty *duty = w->d->rules->duty;
    const char *who;
    json_t *state;

    if (found == NULL || duty == NULL || is_acknowledged(w->doc) ||
        !hy_str_is(hy_json_str(found, "class"), "urgent") || hy_doc_kind_of(w->doc) > HY_DOC_CASE)
        return;
    HY_CLEANUP(hy_json_freep) json_t *record = json_deep_copy(found); /* it is replaced below us */
    json_object_foreach (json_object_get(record, "states"), who, state) {
        const struct hy_person *p = hy_duty_person(duty, hy_str(who));
        bool his =
            hy_str_is(channel, who) ||
            (hy_str_starts(channel, HY_STR("mail:")) &&
             hy_str_is(hy_str_sub(channel, 5, channel.n), who)) ||
            (p && p->first & 1u << HY_WAY_WEBHOOK && p->webhook && hy_str_is(channel, p->webhook));
        if (p && his && !is_seen(hy_str(json_string_value(state))))
            go_other_way(w->d, w->incident, record, p, "没有发出去", w->d->now);
    }
    w->doc = hy_state_incident(w->d->state, w->incident);
}

/* ---- another person ---- */

/* The next rung that still waits, due at once; NULL: there is none. */
static json_t *next_rung(const struct hy_decide *d, const json_t *doc)
{
    size_t i;
    json_t *step;

    json_array_foreach (json_object_get(doc, "escalation"), i, step) {
        if (!hy_step_waits(step))
            continue;
        step = json_deep_copy(step);
        if (hy_json_time(step, "due").ms > d->now.ms)
            hy_json_set_time(step, "due", d->now, HY_CST);
        hy_json_set_str(step, "why", HY_STR("unseen"));
        return step;
    }
    return NULL;
}

/* How many of a post were told by the notice, and how many were not. */
static void count_told(const struct hy_decide *d, const struct hy_hand *hand, enum hy_post post,
                       const json_t *record, size_t *told, size_t *not_told)
{
    const struct hy_person *who[16];
    struct hy_ask ask = {post, hy_str(""), d->now, hand};
    size_t n = hy_duty_who(d->rules->duty, &ask, who, HY_COUNT(who), NULL);

    *told = *not_told = 0;
    for (size_t k = 0; k < n; k++)
        ++*(json_object_get(json_object_get(record, "states"), who[k]->id) ? told : not_told);
}

/* Supervisor, then leader: the first post with somebody whom the notice did not go to.  What tells
 * that another notice was not seen goes up and never down again: two people who are both away must
 * not be told of each other all night. */
static int post_above(const struct hy_decide *d, const json_t *record)
{
    static const enum hy_post above[] = {HY_POST_SUPERVISOR, HY_POST_LEADER};
    bool upwards = hy_str_starts(hy_json_str(record, "step"), HY_STR(TOLD));
    struct hy_hand hand;
    int found = -1;

    hy_duty_hand(d, &hand);
    for (size_t i = 0; i < HY_COUNT(above); i++) {
        size_t told, not_told;
        count_told(d, &hand, above[i], record, &told, &not_told);
        if (upwards && told > 0)
            found = -1; /* it has come as far as this; what is above counts */
        else if (found < 0 && not_told > 0)
            found = above[i];
    }
    hy_hand_release(&hand);
    return found;
}

static void tell_above(struct hy_decide *d, struct hy_str incident, const json_t *record, int post,
                       json_t *put, hy_wall due)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char step[48];
    size_t i;
    json_t *p;

    snprintf(step, sizeof(step), TOLD "%lld", (long long)d->state->head.seq + 1);
    hy_buf_puts(&body, "发给");
    json_array_foreach (json_object_get(record, "to"), i, p)
        hy_buf_printf(&body, "%s" HY_STR_FMT, i ? "、" : "", HY_STR_ARG(hy_json_str(p, "name")));
    hy_buf_printf(&body, "的紧急提醒 %lld 分钟没有在任何人的屏幕上显示，请立即联系他们",
                  (long long)(hy_duty_unseen_ms(d->rules->duty) / HY_MINUTE_MS));
    hy_notice(d, incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << post,
                                       .urgency = HY_URGENT,
                                       .body = body.p,
                                       .due = due,
                                       .put = put});
    hy_buf_release(&body);
}

/* Steals put, which holds the fired step. */
static void go_up(struct hy_decide *d, struct hy_str incident, const json_t *record, json_t *put,
                  hy_wall due)
{
    const json_t *doc = hy_state_incident(d->state, incident);
    json_t *rung = is_acknowledged(doc) ? NULL : next_rung(d, doc);
    int post = rung ? -1 : post_above(d, record);

    if (post >= 0) {
        tell_above(d, incident, record, post, put, due);
        return;
    }
    if (rung)
        json_object_set_new(put, "escalation", hy_list_of(rung));
    hy_emit(d, HY_ENTRY_CLOCKS, incident, hy_entry_data(NULL, NULL, put));
}

void hy_unseen_timer(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due)
{
    const json_t *step = hy_list_find(json_object_get(doc, "steps"), name);

    if (step == NULL || !hy_step_waits(step) || hy_json_time(step, "due").ms != due.ms)
        return;
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(doc, "id"));
    HY_CLEANUP(hy_json_freep)
    json_t *record =
        json_deep_copy(hy_list_find(json_object_get(doc, "notices"), hy_json_str(step, "notice")));
    bool other_way = hy_str_starts(name, HY_STR(HY_STEP_FALLBACK));
    bool first = hy_str_is(hy_json_str(record, "clock"), "-");
    /* after an outage everybody is told once what he missed (alerts/decide/missed.h) */
    bool late = d->now.ms - due.ms >= HY_MISSED_AFTER_MS;
    json_t *fired = json_deep_copy(step), *put = json_object();

    hy_step_fire(d, fired, due);
    json_object_set_new(put, "steps", hy_list_of(fired));
    bool done = record == NULL || late || (first && is_acknowledged(doc)) || !nobody_saw(record);
    if (!other_way && !done) {
        go_up(d, hy_str(incident), record, put, due);
        return;
    }
    hy_emit(d, HY_ENTRY_CLOCKS, hy_str(incident), hy_entry_data(NULL, NULL, put));
    if (other_way && record && !late && !(first && is_acknowledged(doc)))
        all_other_ways(d, hy_str(incident), record, due);
}
