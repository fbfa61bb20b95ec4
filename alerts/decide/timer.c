/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: a step whose time has come is marked and told, once. */
#include "alerts/decide/command.h"
#include "alerts/decide/risk.h"
#include "alerts/decide/set_back.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

static const json_t *step_of(const json_t *steps, struct hy_str name)
{
    size_t i;
    json_t *s;

    json_array_foreach (steps, i, s)
        if (hy_str_eq(hy_json_str(s, "step"), name))
            return s;
    return NULL;
}

static unsigned posts_of(const json_t *step)
{
    unsigned posts = 0;
    size_t i;
    json_t *name;

    json_array_foreach (json_object_get(step, "to"), i, name) {
        int p = hy_name_index(hy_post_name, hy_str(json_string_value(name)));
        if (p >= 0)
            posts |= 1u << p;
    }
    return posts;
}

/* What, until when, what to do; the basis comes last, where a short message may cut it.  No reminder
 * says that the law is broken: 已超过设定时限, with rule and clause. */
static void reminder_text(const struct hy_decide *d, const json_t *o, struct hy_buf *b)
{
    hy_wall due = hy_json_time(o, "due");
    struct hy_civil c = hy_civil_of(due, HY_CST);

    hy_buf_str(b, hy_json_str(o, "label"));
    if (json_is_true(json_object_get(o, "provisional")))
        hy_buf_puts(b, "（暂计）");
    bool late = d->now.ms > due.ms;
    hy_buf_puts(b, late ? "：已超过设定时限 " : "：还有 ");
    hy_add_left(b, llabs(due.ms - d->now.ms));
    hy_buf_printf(b, "（%d月%d日 %02d:%02d 到期），%s。依据：", c.month, c.day, c.hour, c.minute,
                  late ? "请立即办理；已经办了的请补登记" : "请抓紧办理；已经办了的请登记");
    hy_buf_str(b, hy_json_str(o, "basis"));
}

static void fire(struct hy_decide *d, struct hy_str incident, struct hy_str clock, json_t *put,
                 const json_t *step, const char *body, hy_wall due)
{
    struct hy_str name = hy_json_str(step, "step");
    int64_t n = hy_json_int(step, "n", 1);
    int urgency = hy_name_index(hy_urgency_name, hy_json_str(step, "class"));
    char text[96];

    if (n > 1)
        snprintf(text, sizeof(text), HY_STR_FMT ".%lld", HY_STR_ARG(name), (long long)n);
    else
        snprintf(text, sizeof(text), HY_STR_FMT, HY_STR_ARG(name));
    hy_notice(
        d, incident,
        &(struct hy_notice_spec){.clock = clock,
                                 .step = text,
                                 .posts = posts_of(step),
                                 .urgency = urgency < 0 ? HY_NORMAL : (enum hy_urgency)urgency,
                                 .body = body,
                                 .due = due,
                                 .put = put});
}

/* A later step of this clock that was held as well says the same and more. */
static bool is_outdone(const json_t *steps, const json_t *step)
{
    hy_wall meant = hy_json_time(step, "held");
    size_t i;
    json_t *s;

    if (!hy_wall_known(meant))
        return false;
    json_array_foreach (steps, i, s)
        if (s != step && hy_step_waits(s) &&
            hy_json_time(s, "due").ms == hy_json_time(step, "due").ms &&
            hy_json_time(s, "held").ms > meant.ms)
            return true;
    return false;
}

/* A step that is snoozed is set to the end of the snooze; of several that were held only the last is
 * told.  True: there is nothing to tell now. */
static bool hold(struct hy_decide *d, const json_t *doc, const json_t *o, const json_t *step,
                 struct hy_str incident)
{
    hy_wall until = hy_snoozed_until(d, doc, step, o), due = hy_json_time(step, "due");
    bool outdone = is_outdone(json_object_get(o, "steps"), step);

    if (!hy_wall_known(until) && !outdone)
        return false;
    json_t *changed = json_deep_copy(o), *put = json_object();
    json_t *s = (json_t *)step_of(json_object_get(changed, "steps"), hy_json_str(step, "step"));
    if (outdone) {
        hy_step_fire(d, s, due);
        hy_json_set_str(s, "skipped", HY_STR("grouped"));
    } else {
        hy_json_set_time(s, "held", due, HY_CST);
        hy_json_set_time(s, "due", until, HY_CST);
    }
    json_object_set_new(put, "obligations", hy_list_of(changed));
    hy_emit(d, HY_ENTRY_CLOCKS, incident, hy_entry_data(NULL, NULL, put));
    return true;
}

/* A draft (`approved`: one that was approved) of this round: an old one answers nothing that came up
 * after the matter was opened again. */
static bool is_drafted(const json_t *doc, bool approved)
{
    hy_wall reopened = hy_json_time(json_object_get(doc, "times"), "reopened");
    size_t i;
    json_t *draft;

    json_array_foreach (json_object_get(doc, "drafts"), i, draft)
        if ((!approved || hy_str_is(hy_json_str(draft, "state"), "approved")) &&
            (!hy_wall_known(reopened) || hy_json_time(draft, "at").ms >= reopened.ms))
            return true;
    return false;
}

static bool is_there(const json_t *doc, int what)
{
    switch (what) {
    case HY_UNLESS_ASSIGNED:
        return json_is_object(json_object_get(json_object_get(doc, "units"), "lead"));
    case HY_UNLESS_DRAFTED:
        return is_drafted(doc, false);
    case HY_UNLESS_APPROVED:
        return is_drafted(doc, true);
    default:
        return false;
    }
}

/* What the reminder asks for is there: the name of it, or NULL. */
static const char *needless(const json_t *doc, const json_t *step)
{
    const json_t *name;
    size_t i;

    json_array_foreach (json_object_get(step, "unless"), i, name) {
        int what = hy_name_index(hy_unless_name, hy_str(json_string_value(name)));
        if (is_there(doc, what))
            return hy_unless_name[what];
    }
    return NULL;
}

/* Overdue: a line of 督办 goes on record, once a clock.  It blames nobody; a person urges further. */
static void urge(const struct hy_decide *d, const json_t *doc, const json_t *o, json_t *put)
{
    HY_CLEANUP(hy_freep)
    char *text = hy_xasprintf("“" HY_STR_FMT "”已超过设定时限，请立即办理并报告进展",
                              HY_STR_ARG(hy_json_str(o, "label")));
    json_t *row = json_object();
    char id[32];

    hy_row_id(doc, "urges", 'U', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "text", hy_str(text));
    json_object_set(row, "clock", json_object_get(o, "clock"));
    hy_json_set_str(row, "by", HY_STR("keeper"));
    hy_json_set_str(row, "name", HY_STR("程序自动"));
    json_object_set_new(row, "at", hy_now_json(d));
    json_object_set_new(put, "urges", hy_list_of(row));
}

/* Does the record say so already?  What was written while the clock was ahead does not count. */
static bool is_urged(const json_t *doc, const json_t *o)
{
    size_t i;
    json_t *row;

    json_array_foreach (json_object_get(doc, "urges"), i, row)
        if (hy_str_is(hy_json_str(row, "by"), "keeper") && !hy_json_bool(row, HY_CLOCK_AHEAD) &&
            hy_str_eq(hy_json_str(row, "clock"), hy_json_str(o, "clock")))
            return true;
    return false;
}

static void fire_reminder(struct hy_decide *d, const json_t *doc, struct hy_str clock,
                          struct hy_str name, hy_wall due)
{
    HY_CLEANUP(hy_freep)
    char *id = hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT, HY_STR_ARG(hy_json_str(doc, "id")),
                            HY_STR_ARG(clock));
    const json_t *o = hy_list_find(json_object_get(doc, "obligations"), hy_str(id));
    const json_t *step = o ? step_of(json_object_get(o, "steps"), name) : NULL;
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (step == NULL || !hy_str_is(hy_json_str(o, "state"), "open") || !hy_step_waits(step) ||
        hy_json_time(step, "due").ms != due.ms)
        return;
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(doc, "id"));
    if (hold(d, doc, o, step, hy_str(incident)))
        return;
    HY_CLEANUP(hy_json_freep) json_t *before = json_deep_copy(step);
    json_t *changed = json_deep_copy(o), *put = json_object();
    hy_step_fire(d, (json_t *)step_of(json_object_get(changed, "steps"), name), due);
    json_object_set_new(put, "obligations", hy_list_of(changed));
    const char *done = needless(doc, before);
    if (done) {
        json_t *s = (json_t *)step_of(json_object_get(changed, "steps"), name);
        json_object_set_new(s, "skipped", json_string(done));
        hy_emit(d, HY_ENTRY_CLOCKS, hy_str(incident), hy_entry_data(NULL, NULL, put));
        return;
    }
    if (json_is_true(json_object_get(before, "urge")) &&
        (hy_json_int(before, "n", 1) == 1 || !is_urged(doc, o)))
        urge(d, doc, o, put);
    reminder_text(d, o, &body);
    fire(d, hy_str(incident), clock, put, before, body.p, due);
    hy_buf_release(&body);
}

/* Who is called in the night as the next one: since when nobody answers, what ends when, what to do. */
static void escalation_text(const struct hy_decide *d, const json_t *doc, bool unseen,
                            struct hy_buf *b)
{
    const json_t *clock = hy_nearest_clock(doc);
    hy_wall at = hy_alarm_at(doc);

    if (hy_wall_known(at)) {
        hy_add_moment(b, at);
        hy_buf_puts(b, " ");
    }
    hy_buf_puts(b, unseen ? "发出的提醒没有在任何人的屏幕上显示" : "发出的提醒至今无人签收");
    hy_buf_puts(b, "。请您签收、核实并组织处理");
    if (clock) {
        hy_buf_puts(b, "；");
        hy_add_clock(d->now, b, clock);
    }
}

static void fire_escalation(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due)
{
    const json_t *step = step_of(json_object_get(doc, "escalation"), name);

    if (step == NULL || !hy_step_waits(step) || json_is_object(json_object_get(doc, "ack")) ||
        hy_json_time(step, "due").ms != due.ms)
        return;
    HY_CLEANUP(hy_json_freep) json_t *before = json_deep_copy(step);
    json_t *changed = json_deep_copy(step), *put = json_object();
    hy_step_fire(d, changed, due);
    json_object_set_new(put, "escalation", hy_list_of(changed));
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(doc, "id"));
    bool unseen = hy_str_is(hy_json_str(before, "why"), "unseen");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    escalation_text(d, doc, unseen, &body);
    fire(d, hy_str(incident), HY_STR("-"), put, before, body.p, due);
    hy_buf_release(&body);
}

void hy_decide_timer(struct hy_decide *d, struct hy_str member, hy_wall due)
{
    struct hy_str rest = member, incident, clock;

    d->actor = d->cmd = hy_str("");
    hy_str_cut(&rest, '/', &incident);
    hy_str_cut(&rest, '/', &clock);
    const json_t *doc = hy_state_incident(d->state, incident);
    if (doc == NULL || !hy_incident_is_open(doc))
        return;
    if (hy_doc_kind_of(doc) == HY_DOC_SOURCE) {
        hy_source_timer(d, doc, rest, due);
        return;
    }
    if (hy_doc_kind_of(doc) == HY_DOC_RISK)
        hy_risk_timer(d, doc, rest, due);
    else if (hy_doc_kind_of(doc) == HY_DOC_DUTY)
        hy_duty_timer(d, rest, due);
    else if (hy_str_is(clock, "-") && hy_str_is(rest, HY_STEP_ACK))
        hy_ack_timer(d, doc, due);
    else if (hy_str_is(clock, "-") && hy_is_unseen_step(rest))
        hy_unseen_timer(d, doc, rest, due);
    else if (hy_str_is(clock, "-"))
        fire_escalation(d, doc, rest, due);
    else
        fire_reminder(d, doc, clock, rest, due);
}
