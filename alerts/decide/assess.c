/* SPDX-License-Identifier: Apache-2.0 */
/* Judging an incident: is it one, how grave, whose, of which class, and when it is over. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The row of the life cycle, and nothing else to say. */
static void act_and_move(struct hy_work *w, enum hy_entry type, json_t *set)
{
    json_t *put = json_object();

    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, type, set, put);
}

/* ---- confirm, dismiss, times ---- */

static int read_times(struct hy_work *w, const json_t *from, json_t **ret)
{
    static const struct {
        const char *key, *label;
    } rows[] = {{"occurred", "事发时间"},
                {"first_public", "首次公开传播时间"},
                {"reported", "收到调查报告的时间"}};
    json_t *times = json_deep_copy(json_object_get(w->doc, "times"));

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        hy_wall t;
        if (hy_past_time(w, from, rows[i].key, rows[i].label, &t) < 0) {
            json_decref(times);
            return HY_E_STATE;
        }
        if (hy_wall_known(t))
            hy_json_set_time(times, rows[i].key, t, HY_CST);
    }
    *ret = times;
    return HY_OK;
}

int hy_do_confirm(struct hy_work *w)
{
    static const char *const kinds[] = {"emergency", "opinion", NULL};
    struct hy_str kind = hy_json_str(w->args, "kind");
    json_t *times, *set;

    if (kind.n && hy_name_index(kinds, kind) < 0)
        return hy_refuse(w, "invalid", "kind",
                         "类别只能是 emergency（突发事件）或 opinion（政务舆情）");
    if (read_times(w, json_object_get(w->args, "times"), &times) < 0)
        return HY_E_STATE;
    if (!hy_wall_known(hy_json_time(times, "confirmed")))
        hy_json_set_time(times, "confirmed", w->d->now, HY_CST);
    set = hy_touched(w);
    json_object_set_new(set, "times", times);
    if (kind.n)
        hy_json_set_str(set, "kind", kind);
    act_and_move(w, HY_ENTRY_CONFIRM, set);
    hy_clocks_refresh(w->d, w->incident, "确认");
    return HY_OK;
}

int hy_do_dismiss(struct hy_work *w)
{
    struct hy_str reason;

    if (hy_need_text(w, "reason", "排除的理由", &reason) < 0)
        return HY_E_STATE;
    act_and_move(w, HY_ENTRY_DISMISS, hy_touched(w));
    hy_clocks_stop(w->d, w->incident, "排除");
    return HY_OK;
}

int hy_do_times(struct hy_work *w)
{
    struct hy_str reason;
    json_t *times, *set;

    if (hy_need_text(w, "reason", "更正的理由", &reason) < 0 || read_times(w, w->args, &times) < 0)
        return HY_E_STATE;
    set = hy_touched(w);
    json_object_set_new(set, "times", times);
    hy_act(w, HY_ENTRY_TIMES, set, NULL);
    if (json_array_size(json_object_get(w->doc, "obligations")) > 0)
        hy_clocks_refresh(w->d, w->incident, "更正时间");
    return HY_OK;
}

/* ---- level ---- */

void hy_set_level(struct hy_work *w, int64_t level, const char *proposed_by)
{
    int64_t before = hy_json_int(w->doc, "level", 0);
    bool first = before == 0, was_alert = hy_str_is(hy_json_str(w->doc, "alert"), "alert");
    json_t *set = hy_touched(w);

    hy_json_set_int(set, "level", level);
    json_object_set_new(set, "level_confirmed", json_true());
    if (proposed_by)
        json_object_set_new(set, "level_proposed_by", json_string(proposed_by));
    if (!first && level < before)
        json_object_set_new(set, "upgraded", json_true());
    if (first || level < before) /* from_grading counts from the newest raise */
        json_object_set_new(set, "times", hy_times_with(w, "graded", w->d->now));
    if (level <= 2)
        hy_json_set_str(set, "alert", HY_STR("alert"));
    const struct hy_move *move = hy_life_find(HY_STR("level"), w->kind, w->stage, -1, ~0u);
    json_t *put = json_object();
    hy_move_stage(w, set, put, move ? move->to : HY_STAY);
    hy_act(w, HY_ENTRY_LEVEL, set, put);
    bool page = level <= 2 && !was_alert;
    if (!first && level != before)
        hy_clocks_regrade(w->d, w->incident, level < before ? "升级" : "降级", !page);
    else if (page)
        hy_clocks_refresh(w->d, w->incident, "定级");
    else
        hy_clocks_renew(w->d, w->incident, "定级");
    if (page)
        hy_page(w->d, w->incident);
}

/* 重大 and above is not graded, nor taken back, by a monitor alone. */
static bool needs_second(const struct hy_work *w, int64_t level)
{
    const unsigned judges = 1u << HY_ROLE_ANALYST | 1u << HY_ROLE_SUPERVISOR;
    int64_t before = hy_json_int(w->doc, "level", 0);

    return !(w->roles & judges) && (level <= 2 || (before >= 1 && before <= 2));
}

int hy_do_level(struct hy_work *w)
{
    int64_t level = hy_json_int(w->args, "level", 0);
    struct hy_str reason;

    if (level < 1 || level > 4)
        return hy_refuse(w, "invalid", "level", "级别只能是 1（特别重大）、2、3 或 4（一般）");
    if (hy_need_text(w, "reason", "定级的理由", &reason) < 0)
        return HY_E_STATE;
    if (needs_second(w, level))
        hy_propose_level(w, level);
    else
        hy_set_level(w, level, NULL);
    return HY_OK;
}

/* ---- assign ---- */

static json_t *units_with(const struct hy_work *w, json_t *lead)
{
    json_t *units = json_object_get(w->doc, "units"), *support = json_array(), *v;
    size_t i;

    json_array_foreach (json_object_get(w->args, "support"), i, v) {
        json_t *u = hy_unit_json(w, v);
        if (u)
            json_array_append_new(support, u);
    }
    units = units ? json_copy(units) : json_object();
    json_object_set_new(units, "lead", lead);
    json_object_set_new(units, "support", support);
    return units;
}

/* 会商 comes before 交办 when the matter is grave or concerns several units (DOMAIN 3.1).  A hint,
 * because nothing may stand in the way of an answer. */
static void hint_consult(struct hy_work *w)
{
    int level = (int)hy_json_int(w->doc, "level", 0);
    bool several = json_array_size(json_object_get(w->args, "support")) > 0;

    if (w->kind > HY_MATTER_OPINION || json_array_size(json_object_get(w->doc, "consultations")))
        return;
    if (w->kind == HY_MATTER_EMERGENCY && hy_windows_consult(w->d->rules->windows, level))
        hy_hint(w, "这一级别应先会商再交办；已经会商过的请补登记");
    else if (several)
        hy_hint(w, "涉及几个单位，建议会商明确分工；已经会商过的请补登记");
}

static void tell_assigned(struct hy_work *w)
{
    const json_t *doc = hy_state_incident(w->d->state, w->incident), *clock = hy_nearest_clock(doc);
    bool matter = w->kind <= HY_MATTER_OPINION;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_printf(&b, "此%s已交办，请受领并%s", matter ? "事" : hy_matter_label[w->kind],
                  matter ? "组织回应" : "按期办理");
    if (clock) {
        hy_buf_puts(&b, "。");
        hy_add_clock(w->d->now, &b, clock);
    }
    hy_tell(w, "assigned", 1u << HY_POST_UNIT_LEAD, NULL, hy_pressing(w->d, doc), b.p);
    hy_buf_release(&b);
}

/* Taking a matter from a unit is on record with its reason. */
static int check_reassigned(struct hy_work *w, const json_t *lead)
{
    const json_t *had = json_object_get(json_object_get(w->doc, "units"), "lead");
    struct hy_str was = hy_json_str(had, "id"), reason;

    return was.n == 0 || hy_str_eq(was, hy_json_str(lead, "id"))
               ? HY_OK
               : hy_need_text(w, "reason", "改派的理由", &reason);
}

int hy_do_assign(struct hy_work *w)
{
    json_t *lead = hy_unit_json(w, json_object_get(w->args, "lead")), *set;

    if (lead == NULL)
        return hy_refuse(w, "invalid", "lead", "请选择牵头单位");
    if (check_reassigned(w, lead) < 0) {
        json_decref(lead);
        return HY_E_STATE;
    }
    hint_consult(w);
    set = hy_touched(w);
    json_object_set_new(set, "units", units_with(w, lead));
    json_object_set_new(set, "times", hy_times_with(w, "assigned", w->d->now));
    act_and_move(w, HY_ENTRY_ASSIGN, set);
    hy_clocks_refresh(w->d, w->incident, "交办");
    tell_assigned(w);
    return HY_OK;
}

/* ---- classes of disposition ---- */

/* The classes named in args.disposition, each of which the office uses. */
static int read_disposition(struct hy_work *w, json_t **ret)
{
    const json_t *list = json_object_get(w->args, "disposition");
    unsigned used = hy_windows_dispositions(w->d->rules->windows);
    size_t i;
    json_t *v;

    if (json_array_size(list) == 0)
        return hy_refuse(w, "invalid", "disposition", "请选择处置分类");
    json_array_foreach (list, i, v) {
        int at = hy_name_index(hy_disposition_name, hy_str(json_string_value(v)));
        if (at < 0)
            return hy_refuse(w, "invalid", "disposition", "不认识的处置分类");
        if (!(used & 1u << at))
            return hy_refuse(w, "invalid", "disposition", "本单位不使用“%s”这一类",
                             hy_disposition_label[at]);
    }
    *ret = json_deep_copy(list);
    return HY_OK;
}

/* Set the classes; their follow-ups open with it. */
static void set_classes(struct hy_work *w, json_t *disposition, bool suspected)
{
    json_t *set = hy_touched(w), *times = hy_times_with(w, "classified", w->d->now);

    if (json_equal(disposition, json_object_get(w->doc, "disposition")) &&
        hy_wall_known(hy_json_time(json_object_get(w->doc, "times"), "classified")))
        json_object_set(times, "classified",
                        json_object_get(json_object_get(w->doc, "times"), "classified"));
    if (suspected)
        hy_json_set_time(times, "suspected", w->d->now, HY_CST);
    json_object_set_new(set, "disposition", disposition);
    json_object_set_new(set, "times", times);
    hy_act(w, HY_ENTRY_CLASSIFY, set, NULL);
}

int hy_do_classify(struct hy_work *w)
{
    json_t *disposition = NULL;

    if (read_disposition(w, &disposition) < 0)
        return HY_E_STATE;
    set_classes(w, disposition, hy_json_bool(w->args, "suspected"));
    hy_clocks_renew(w->d, w->incident, "处置分类");
    return HY_OK;
}

/* ---- the other moves, closing and opening again ---- */

int hy_do_state(struct hy_work *w)
{
    struct hy_str reason;

    if (hy_need_text(w, "reason", "理由", &reason) < 0)
        return HY_E_STATE;
    act_and_move(w, HY_ENTRY_STATE, hy_touched(w));
    return HY_OK;
}

/* Closing with the address of what was published: that is the deed its classes owe. */
static void record_follow_up(struct hy_work *w, struct hy_str url)
{
    const json_t *list = json_object_get(w->doc, "disposition");
    unsigned done = 0;
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v) {
        int class = hy_name_index(hy_disposition_name, hy_str(json_string_value(v)));
        if (class < 0 || done & 1u << hy_disposition_deed[class])
            continue;
        done |= 1u << hy_disposition_deed[class];
        json_t *r = hy_new_response(w, hy_disposition_deed[class], w->d->now);
        hy_json_set_str(r, "url", url);
        hy_record_response(w, r, NULL);
    }
}

/* A follow-up period ends with the matter; any other open clock must be answered or waived. */
static int need_all_ended(struct hy_work *w, const json_t *doc)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open") &&
            !json_is_true(json_object_get(o, "repeat")))
            return hy_refuse(w, "state", NULL, "“%s”还没有完成，请先登记或申请免除",
                             hy_json_str(o, "label").p);
    return HY_OK;
}

static void settle(struct hy_work *w, struct hy_str follow_up)
{
    json_t *set = hy_touched(w), *closed = hy_signed(w);

    hy_json_set_str(closed, "follow_up", follow_up);
    json_object_set_new(set, "closed", closed);
    act_and_move(w, HY_ENTRY_CLOSE, set);
    hy_clocks_stop(w->d, w->incident, "办结");
}

/* A case owes no class; what it owed stands in its clocks. */
static int close_case(struct hy_work *w)
{
    if (need_all_ended(w, w->doc) < 0)
        return HY_E_STATE;
    settle(w, hy_str_trim(hy_json_str(w->args, "follow_up")));
    return HY_OK;
}

/* Would the classes' follow-ups be open after closing with this text? */
static int judge_follow_up(struct hy_work *w, const json_t *disposition, struct hy_str follow_up)
{
    size_t i;
    json_t *v;

    if (hy_rules_is_http(follow_up))
        return HY_OK;
    json_array_foreach (disposition, i, v) {
        int class = hy_name_index(hy_disposition_name, hy_str(json_string_value(v)));
        if (!hy_clocks_owed(w->d, w->doc, 1u << class))
            continue;
        return hy_refuse(w, "invalid", "follow_up",
                         "“%s”要%s：请填写公开页面的网址，或先登记、申请免除",
                         hy_disposition_label[class], hy_disposition_owes[class]);
    }
    return HY_OK;
}

int hy_do_close(struct hy_work *w)
{
    struct hy_str follow_up;
    json_t *disposition = NULL;

    if (w->kind > HY_MATTER_OPINION)
        return close_case(w);
    if (need_all_ended(w, w->doc) < 0 ||
        hy_need_text(w, "follow_up", "后续公开情况（网址或说明）", &follow_up) < 0)
        return HY_E_STATE;
    if (json_object_get(w->args, "disposition") == NULL &&
        json_array_size(json_object_get(w->doc, "disposition")))
        disposition = json_deep_copy(json_object_get(w->doc, "disposition"));
    else if (read_disposition(w, &disposition) < 0)
        return HY_E_STATE;
    if (judge_follow_up(w, disposition, follow_up) < 0) {
        json_decref(disposition);
        return HY_E_STATE;
    }
    set_classes(w, disposition, false);
    hy_clocks_refresh(w->d, w->incident, "处置分类");
    if (hy_rules_is_http(follow_up))
        record_follow_up(w, follow_up);
    settle(w, follow_up);
    return HY_OK;
}

/* 次生舆情: new obligations from now on; what ended before keeps its result. */
int hy_do_reopen(struct hy_work *w)
{
    struct hy_str reason;
    json_t *set;

    if (hy_need_text(w, "reason", "重新打开的理由", &reason) < 0)
        return HY_E_STATE;
    set = hy_touched(w);
    json_object_set_new(set, "times", hy_times_with(w, "reopened", w->d->now));
    json_object_set_new(set, "closed", json_null());
    json_object_set_new(set, "disposition", json_array());
    act_and_move(w, HY_ENTRY_REOPEN, set);
    hy_clocks_renew(w->d, w->incident, "重新打开");
    return HY_OK;
}
