/* SPDX-License-Identifier: Apache-2.0 */
/* The duty list changed by hand: overrides, absences, cancelling, and the rows they are. */
#include "alerts/decide/roster.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 500 }; /* per list; beyond it what ended long ago goes (the journal has it) */
#define KEPT_MS (90 * HY_DAY_MS)
#define SPAN_MAX_MS (62 * HY_DAY_MS)

/* ---- rows ---- */

bool hy_roster_disposes(const struct hy_work *w)
{
    return w->roles & (1u << HY_ROLE_SUPERVISOR | 1u << HY_ROLE_ADMIN);
}

bool hy_roster_is_actor(const struct hy_work *w, struct hy_str id)
{
    return id.n && hy_str_eq(hy_json_str(w->actor, "id"), id);
}

/* {"id":..} of a person field becomes the id alone. */
void hy_roster_flatten(json_t *row, const char *key)
{
    json_t *p = json_object_get(row, key);

    if (json_is_object(p)) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(p, "id"));
        json_object_set_new(row, key, json_string(id));
    }
}

int hy_roster_check_span(struct hy_work *w, const json_t *row)
{
    hy_wall from = hy_json_time(row, "from"), to = hy_json_time(row, "to");

    if (to.ms <= from.ms)
        return hy_refuse(w, "invalid", "to", "结束时间应晚于开始时间");
    if (to.ms <= w->d->now.ms)
        return hy_refuse(w, "invalid", "to", "这段时间已经过去了");
    if (to.ms - from.ms > SPAN_MAX_MS)
        return hy_refuse(w, "invalid", "to", "一次最长两个月；更久的安排请写进 duty.yaml");
    return HY_OK;
}

int hy_roster_check_room(struct hy_work *w, const char *list)
{
    const json_t *rows = json_object_get(w->doc, list);
    size_t i, live = 0;
    json_t *o;

    json_array_foreach (rows, i, o)
        live += hy_json_time(o, "to").ms > w->d->now.ms - KEPT_MS;
    if (live >= ROWS_MAX)
        return hy_refuse(w, "state", NULL, "登记的已经太多了（%d 条），请先撤销用不着的", ROWS_MAX);
    return HY_OK;
}

/* The next id of a list; numbers are never used again. */
static void next_id(const json_t *doc, const char *list, char prefix, char out[32])
{
    const json_t *rows = json_object_get(doc, list);
    const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
    struct hy_str id = hy_json_str(last, "id");
    int64_t n = 0;

    if (json_array_size(rows) == 0 || !hy_str_to_i64(hy_str_sub(id, 1, id.n), &n))
        n = 0;
    snprintf(out, 32, "%c%lld", prefix, (long long)n + 1);
}

/* The list with `row` behind it, without what ended long ago. */
json_t *hy_roster_with(const struct hy_work *w, const char *list, json_t *row)
{
    const json_t *rows = json_object_get(w->doc, list);
    bool full = json_array_size(rows) >= ROWS_MAX;
    json_t *all = json_array(), *o;
    size_t i;

    json_array_foreach (rows, i, o)
        if (!full || hy_json_time(o, "to").ms > w->d->now.ms - KEPT_MS)
            json_array_append(all, o);
    json_array_append_new(all, row);
    return all;
}

/* Signed, numbered, in force. */
json_t *hy_roster_row(const struct hy_work *w, json_t *row, const char *list, char prefix)
{
    json_t *signature = hy_signed(w);
    char id[32];

    next_id(w->doc, list, prefix, id);
    json_object_update_missing(row, signature);
    json_decref(signature);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "state", HY_STR("active"));
    return row;
}

void hy_roster_act(struct hy_work *w, json_t *set)
{
    json_t *begun = hy_duty_begin(w->d);

    json_object_update(begun, set);
    json_decref(set);
    hy_act(w, HY_ENTRY_DUTY, begun, NULL);
}

/* Tell everybody named, except who did it, and look whether a gap came of it. */
void hy_roster_told(struct hy_work *w, json_t *people, struct hy_buf *body)
{
    json_t *others = json_array(), *id;
    char step[48];
    size_t i;

    json_array_foreach (people, i, id)
        if (json_is_string(id) && !hy_roster_is_actor(w, hy_str(json_string_value(id))))
            json_array_append(others, id);
    snprintf(step, sizeof(step), "changed-%lld", (long long)w->d->state->head.seq);
    if (json_array_size(others))
        hy_notice(w->d, w->incident,
                  &(struct hy_notice_spec){.clock = HY_STR("-"),
                                           .step = step,
                                           .people = others,
                                           .urgency = HY_NORMAL,
                                           .body = body->p,
                                           .due = w->d->now});
    json_decref(others);
    json_decref(people);
    hy_buf_release(body);
    hy_duty_look_ahead(w->d);
}

/* ---- overrides ---- */

/* Who stands in the plan within a span (ids, each once). */
static json_t *people_in(const struct hy_work *w, hy_wall from, hy_wall to)
{
    json_t *list = json_array();
    struct hy_hand hand;
    struct hy_shift t;

    hy_duty_hand(w->d, &hand);
    for (int i = 0; i < 200 && from.ms < to.ms; i++, from = t.to) {
        hy_duty_turn(w->d->rules->duty, &hand, from, &t);
        const struct hy_person *both[] = {t.duty, t.second};
        for (size_t k = 0; k < 2; k++)
            if (both[k])
                json_array_append_new(list, json_string(both[k]->id));
    }
    hy_hand_release(&hand);
    return list;
}

static const struct hy_field override_fields[] = {
    {"from", "开始时间", HY_F_TIME, .required = true},
    {"to", "结束时间", HY_F_TIME, .required = true},
    {"duty", "值班员", HY_F_PERSON},
    {"second", "备班", HY_F_PERSON},
    {"why", "原因", HY_F_TEXT},
    {NULL},
};

static int check_override(struct hy_work *w, const json_t *row)
{
    struct hy_str duty = hy_json_str(row, "duty"), second = hy_json_str(row, "second");

    if (hy_roster_check_span(w, row) < 0 || hy_roster_check_room(w, "changes") < 0)
        return HY_E_STATE;
    if (duty.n == 0 && second.n == 0)
        return hy_refuse(w, "invalid", "duty", "请写明由谁值班（duty）或备班（second）");
    if (duty.n && hy_str_eq(duty, second))
        return hy_refuse(w, "invalid", "second", "值班员和备班不能是同一个人");
    if (!hy_roster_disposes(w) &&
        ((duty.n && !hy_roster_is_actor(w, duty)) || (second.n && !hy_roster_is_actor(w, second))))
        return hy_refuse(w, "forbidden", "duty",
                         "只能把班接到自己名下；要请别人替，请用“换班”由对方答复，或请主管安排");
    return HY_OK;
}

static void override_text(const struct hy_work *w, const json_t *row, struct hy_buf *b)
{
    struct hy_str why = hy_json_str(row, "why");

    hy_buf_puts(b, "值班有变动：");
    hy_roster_span(b, hy_json_time(row, "from"), hy_json_time(row, "to"));
    if (hy_json_str(row, "duty").n)
        hy_buf_printf(b, " 值班员改为%s", hy_roster_name(w->d, hy_json_str(row, "duty")));
    if (hy_json_str(row, "second").n)
        hy_buf_printf(b, " 备班改为%s", hy_roster_name(w->d, hy_json_str(row, "second")));
    if (why.n)
        hy_buf_printf(b, "，原因：" HY_STR_FMT, HY_STR_ARG(why));
    hy_buf_printf(b, "（" HY_STR_FMT "登记）", HY_STR_ARG(hy_json_str(w->actor, "name")));
}

int hy_do_override(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *set = json_object();

    if (hy_fields_read(w, override_fields, row) < 0) {
        json_decref(set);
        return HY_E_STATE;
    }
    hy_roster_flatten(row, "duty");
    hy_roster_flatten(row, "second");
    if (check_override(w, row) < 0) {
        json_decref(set);
        return HY_E_STATE;
    }
    hy_wall from = hy_json_time(row, "from"), to = hy_json_time(row, "to");
    json_t *told = people_in(w, from, to);
    json_array_append(told, json_object_get(row, "duty"));
    json_array_append(told, json_object_get(row, "second"));
    override_text(w, row, &body);
    json_object_set_new(
        set, "changes",
        hy_roster_with(w, "changes", hy_roster_row(w, json_incref(row), "changes", 'C')));
    hy_roster_act(w, set);
    hy_roster_told(w, told, &body);
    return HY_OK;
}

/* ---- absences ---- */

static const struct hy_field away_fields[] = {
    {"who", "谁不在岗", HY_F_PERSON},
    {"from", "开始时间", HY_F_TIME, .required = true},
    {"to", "结束时间", HY_F_TIME, .required = true},
    {"why", "原因", HY_F_TEXT},
    {NULL},
};

int hy_do_away(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_fields_read(w, away_fields, row) < 0)
        return HY_E_STATE;
    hy_roster_flatten(row, "who");
    if (hy_json_str(row, "who").n == 0)
        hy_json_set_str(row, "who", hy_json_str(w->actor, "id"));
    if (hy_duty_person(w->d->rules->duty, hy_json_str(row, "who")) == NULL)
        return hy_refuse(w, "invalid", "who", "值班人员名单里没有这个人");
    if (!hy_roster_disposes(w) && !hy_roster_is_actor(w, hy_json_str(row, "who")))
        return hy_refuse(w, "forbidden", "who", "只能登记自己不在岗；替别人登记请找主管");
    if (hy_roster_check_span(w, row) < 0 || hy_roster_check_room(w, "away") < 0)
        return HY_E_STATE;
    hy_buf_printf(&body, "%s ", hy_roster_name(w->d, hy_json_str(row, "who")));
    hy_roster_span(&body, hy_json_time(row, "from"), hy_json_time(row, "to"));
    hy_buf_puts(&body, " 不在岗");
    json_t *told = hy_list_of(json_incref(json_object_get(row, "who")));
    json_t *set = json_object();
    json_object_set_new(set, "away",
                        hy_roster_with(w, "away", hy_roster_row(w, json_incref(row), "away", 'A')));
    hy_roster_act(w, set);
    hy_roster_told(w, told, &body);
    return HY_OK;
}

/* ---- cancelling ---- */

/* Where a row stands, by the letter of its id. */
static const struct {
    char letter;
    const char *list;
} lists[] = {{'C', "changes"}, {'A', "away"}, {'S', "swaps"}};

static bool is_party(const struct hy_work *w, const json_t *row)
{
    static const char *const keys[] = {"by", "duty", "second", "who"};

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (hy_roster_is_actor(w, hy_json_str(row, keys[i])))
            return true;
    return false;
}

int hy_do_duty_cancel(struct hy_work *w)
{
    struct hy_str id, reason = hy_str_trim(hy_json_str(w->args, "reason"));
    const json_t *row = NULL;
    const char *list = NULL;
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_need_text(w, "row", "要撤销哪一条", &id) < 0)
        return HY_E_STATE;
    for (size_t i = 0; i < HY_COUNT(lists); i++)
        if (id.p[0] == lists[i].letter)
            row = hy_list_find(json_object_get(w->doc, list = lists[i].list), id);
    if (row == NULL)
        return hy_refuse(w, "not_found", "row", "值班登记里没有这一条");
    struct hy_str state = hy_json_str(row, "state");
    if (!hy_str_is(state, "active") && !hy_str_is(state, "proposed"))
        return hy_refuse(w, "state", "row", "这一条已经撤销或结束");
    if (!hy_roster_disposes(w) && !is_party(w, row))
        return hy_refuse(w, "forbidden", "row", "只能撤销与自己有关的登记；其他请找主管");
    if (reason.n > 600)
        return hy_refuse(w, "invalid", "reason", "原因太长");
    json_t *changed = json_deep_copy(row), *told = json_array();
    json_object_set_new(changed, "cancelled", hy_signed(w));
    hy_json_set_str(changed, "state", HY_STR("cancelled"));
    for (const char *const *key =
             (const char *const[]){"by", "duty", "second", "who", "with", NULL};
         *key; key++)
        json_array_append(told, json_object_get(changed, *key));
    hy_buf_puts(&body, "值班登记已撤销：");
    hy_roster_span(
        &body,
        hy_json_time(json_object_get(changed, "mine") ? json_object_get(changed, "mine") : changed,
                     "from"),
        hy_json_time(changed, "to"));
    hy_buf_puts(&body, "，照值班表执行");
    hy_act(w, HY_ENTRY_DUTY, NULL, hy_put_one(list, changed));
    hy_roster_told(w, told, &body);
    return HY_OK;
}
