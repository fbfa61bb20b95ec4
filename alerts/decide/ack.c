/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledging: who has seen it, whose sight is needed, how long it counts; and snoozing.
 *
 * What an acknowledgement is stands in seen.c: any act is one.  Here are the verb that is nothing
 * else, and what happens when one has run out.
 *
 * A snooze holds the reminders that go to the duty officers alone, never those to their superiors,
 * never the one at the limit and beyond, and never longer than until shortly before it. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { SNOOZE_MIN = 1, SNOOZE_MAX = 120, MARGIN_MS = 10 * 60 * 1000 };

/* ---- acknowledging ---- */

static void hint_missing(struct hy_work *w)
{
    const json_t *need = json_object_get(w->doc, "ack_need"), *acks = json_object_get(w->doc, "acks");
    struct hy_buf b = HY_BUF_INIT(1000);
    size_t i, n = 0;
    json_t *id;

    json_array_foreach (need, i, id) {
        struct hy_str who = hy_str(json_string_value(id));
        const struct hy_person *p =
            w->d->rules->duty ? hy_duty_person(w->d->rules->duty, who) : NULL;
        if (hy_list_find(acks, who) == NULL)
            hy_buf_printf(&b, "%s%s", n++ ? "、" : "您已签收；还要签收的：",
                          p ? p->name : json_string_value(id));
    }
    if (n)
        hy_hint(w, b.p);
    hy_buf_release(&b);
}

/* A notice about a source or the duty list asks for nothing but to be read. */
static int put_away(struct hy_work *w)
{
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    json_t *put = json_object(), *n;
    size_t i;

    json_array_foreach (json_object_get(w->doc, "notices"), i, n) {
        const json_t *state = json_object_get(json_object_get(n, "states"), person);
        if (state == NULL || hy_str_is(hy_str(json_string_value(state)), "closed"))
            continue;
        json_t *changed = json_deep_copy(n);
        hy_json_set_str(json_object_get(changed, "states"), person, HY_STR("closed"));
        hy_put_more(put, "notices", changed);
    }
    if (json_object_size(put) == 0) {
        json_decref(put);
        return HY_OK;
    }
    hy_act(w, HY_ENTRY_ACK, NULL, put);
    return HY_OK;
}

int hy_do_ack(struct hy_work *w)
{
    bool all = json_is_true(json_object_get(w->args, "all"));
    json_t *set;

    if (hy_doc_kind_of(w->doc) > HY_DOC_CASE)
        return put_away(w);
    if (json_is_object(json_object_get(w->doc, "ack")))
        return HY_OK; /* twice is fine: two people saw it at once */
    if (all && !(w->roles & 1u << HY_ROLE_SUPERVISOR))
        return hy_refuse(w, "forbidden", "all", "只有主管能代其他人签收");
    if (!all && hy_list_find(json_object_get(w->doc, "acks"), hy_json_str(w->actor, "id"))) {
        hint_missing(w);
        return HY_OK;
    }
    set = json_object();
    hy_ack_members(w, all, set);
    hy_act(w, HY_ENTRY_ACK, set, NULL);
    if (!json_is_object(json_object_get(w->doc, "ack")))
        hint_missing(w);
    return HY_OK;
}

/* ---- running out ---- */

static void expired_text(const struct hy_decide *d, const json_t *ack, struct hy_buf *b)
{
    int64_t minutes = hy_duty_ack_expires_ms(d->rules->duty) / HY_MINUTE_MS;

    hy_buf_str(b, hy_json_str(ack, "name"));
    hy_buf_puts(b, " ");
    hy_add_moment(b, hy_json_time(ack, "at"));
    hy_buf_puts(b, " 签收以后，已有 ");
    if (minutes % 60 == 0)
        hy_buf_printf(b, "%lld 小时", (long long)(minutes / 60));
    else
        hy_buf_printf(b, "%lld 分钟", (long long)minutes);
    hy_buf_puts(b, "没有任何处理记录，也没有登记回应。请重新签收并处理，无人签收将逐级提醒");
}

/* A new ladder; what is left of the old one is off. */
static json_t *ladder_again(const struct hy_decide *d, const json_t *doc)
{
    json_t *rows = hy_escalation_rows(d, doc), *step;
    size_t i;

    json_array_foreach (json_object_get(doc, "escalation"), i, step) {
        if (!hy_step_waits(step))
            continue;
        json_t *off = json_deep_copy(step);
        json_object_set_new(off, "fired", hy_now_json(d));
        hy_json_set_time(off, "due", d->now, HY_CST);
        hy_json_set_str(off, "skipped", HY_STR("acknowledged"));
        json_array_append_new(rows, off);
    }
    return rows;
}

void hy_ack_timer(struct hy_decide *d, const json_t *doc, hy_wall due)
{
    const json_t *step = hy_list_find(json_object_get(doc, "steps"), HY_STR(HY_STEP_ACK));
    const json_t *ack = json_object_get(doc, "ack");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char name[48];

    if (step == NULL || !hy_step_waits(step) || hy_json_time(step, "due").ms != due.ms)
        return;
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    json_t *fired = json_deep_copy(step), *put = json_object(), *set = json_object();
    hy_step_fire(d, fired, due);
    json_object_set_new(put, "steps", hy_list_of(fired));
    if (!json_is_object(ack) || hy_is_answered(doc) || d->rules->duty == NULL ||
        hy_duty_ack_expires_ms(d->rules->duty) <= 0) {
        hy_emit(d, HY_ENTRY_CLOCKS, hy_str(id), hy_entry_data(NULL, set, put));
        return;
    }
    HY_CLEANUP(hy_freep) char *who = hy_str_dup(hy_json_str(ack, "by"));
    int64_t round = hy_json_int(doc, "ack_round", 0) + 1;
    json_object_set_new(put, "escalation", ladder_again(d, doc));
    expired_text(d, ack, &body);
    json_object_set_new(set, "ack", json_null());
    json_object_set_new(set, "acks", json_array());
    hy_json_set_int(set, "ack_round", round);
    snprintf(name, sizeof(name), "ack-expired-%lld", (long long)round);
    hy_notice(d, hy_str(id),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = name,
                                       .posts = 1u << HY_POST_DUTY,
                                       .person = who,
                                       .urgency = HY_URGENT,
                                       .body = body.p,
                                       .due = due,
                                       .set = set,
                                       .put = put});
    hy_buf_release(&body);
}

/* ---- snoozing ---- */

/* The clock that ends first, of those that still run. */
static const json_t *next_limit(const struct hy_work *w)
{
    const json_t *best = NULL;
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(w->doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open") &&
            hy_json_time(o, "due").ms > w->d->now.ms &&
            (best == NULL || hy_json_time(o, "due").ms < hy_json_time(best, "due").ms))
            best = o;
    return best;
}

static int check_snooze(struct hy_work *w, int64_t ms)
{
    int64_t times = 0, longest = 30 * HY_MINUTE_MS;
    const json_t *o = next_limit(w);

    if (w->d->rules->duty)
        longest = hy_duty_snooze_ms(w->d->rules->duty, &times);
    if (times == 0)
        return hy_refuse(w, "state", NULL, "本单位不许推迟提醒（duty.yaml 的 snooze）");
    if ((int64_t)json_array_size(json_object_get(w->doc, "snoozes")) >= times)
        return hy_refuse(w, "state", NULL, "这件事已经推迟过 %lld 次，不能再推迟；请处理或交给别人",
                         (long long)times);
    if (ms > longest)
        return hy_refuse(w, "invalid", "minutes", "一次最多推迟 %lld 分钟",
                         (long long)(longest / HY_MINUTE_MS));
    if (o && w->d->now.ms + ms > hy_json_time(o, "due").ms - MARGIN_MS)
        return hy_refuse(w, "state", "minutes",
                         "“" HY_STR_FMT "”还有 %lld 分钟到期，提醒至少要在到期前 10 分钟恢复",
                         HY_STR_ARG(hy_json_str(o, "label")),
                         (long long)((hy_json_time(o, "due").ms - w->d->now.ms) / HY_MINUTE_MS));
    return HY_OK;
}

int hy_do_snooze(struct hy_work *w)
{
    static const struct hy_field fields[] = {
        {"minutes", "推迟多少分钟", HY_F_INT, .required = true, .min = SNOOZE_MIN,
         .max = SNOOZE_MAX},
        {"reason", "原因", HY_F_TEXT},
        {NULL},
    };
    HY_CLEANUP(hy_json_freep) json_t *row = json_object();
    char id[32];

    if (hy_fields_read(w, fields, row) < 0)
        return HY_E_STATE;
    int64_t ms = hy_json_int(row, "minutes", 0) * HY_MINUTE_MS;
    if (check_snooze(w, ms) < 0)
        return HY_E_STATE;
    json_t *set = hy_touched(w), *signature = hy_signed(w);
    json_object_update(row, signature);
    json_decref(signature);
    hy_row_id(w->doc, "snoozes", 'Z', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_time(row, "until", hy_wall_add_ms(w->d->now, ms), HY_CST);
    hy_act(w, HY_ENTRY_SNOOZE, set, hy_put_one("snoozes", json_incref(row)));
    hy_hint(w, "只推迟发给值班员和备班的提醒；发给领导的和到期的提醒照常");
    return HY_OK;
}

static bool goes_to_duty_alone(const json_t *step)
{
    size_t i;
    json_t *post;

    json_array_foreach (json_object_get(step, "to"), i, post) {
        int p = hy_name_index(hy_post_name, hy_str(json_string_value(post)));
        if (p != HY_POST_DUTY && p != HY_POST_SECOND)
            return false;
    }
    return true;
}

hy_wall hy_snoozed_until(const struct hy_decide *d, const json_t *doc, const json_t *step,
                         const json_t *obligation)
{
    const json_t *rows = json_object_get(doc, "snoozes");
    hy_wall until = hy_json_time(json_array_get(rows, json_array_size(rows) - 1), "until");
    hy_wall due = hy_json_time(obligation, "due");

    if (json_array_size(rows) == 0 || !hy_wall_known(until) || until.ms <= d->now.ms ||
        hy_json_time(step, "due").ms >= due.ms || until.ms >= due.ms || !goes_to_duty_alone(step))
        return HY_WALL_NONE;
    return until;
}
