/* SPDX-License-Identifier: Apache-2.0 */
/* The duty list as people change it by hand: overrides, absences, swaps between two persons, and a
 * look at the days ahead for places that nobody fills.
 *
 * All of it is one document, "W-duty": `changes`, `away`, `swaps`, `gaps`.  A row is never removed
 * while it may matter; cancelling marks it.  duty.yaml stays as it is, what stands here lies above
 * it (rules/rota.h).
 *
 * Nobody is put on duty behind his back: taking a turn over is anybody's own decision, giving one
 * away needs the other's consent (a swap), and only a supervisor or an administrator disposes of
 * others, who are told. */
#include "alerts/keep/command.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 500, /* per list; beyond it what ended long ago goes (the journal has it) */
    GAPS_MAX = 40,
    GAPS_TOLD = 6, /* named in one notice */
    LOOK_AT_MIN = 9 * 60,
};
#define KEPT_MS (90 * HY_DAY_MS)
#define SOON_MS HY_DAY_MS
#define SPAN_MAX_MS (62 * HY_DAY_MS)
#define STEP_LOOK "gaps"

void hy_add_moment(struct hy_buf *b, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    hy_buf_printf(b, "%d月%d日 %02d:%02d", c.month, c.day, c.hour, c.minute);
}

static void add_span(struct hy_buf *b, hy_wall from, hy_wall to)
{
    hy_add_moment(b, from);
    hy_buf_puts(b, " 至 ");
    hy_add_moment(b, to);
}

const json_t *hy_duty_doc(const struct hy_decide *d)
{
    return hy_state_incident(d->state, HY_STR(HY_DUTY_DOC));
}

void hy_duty_hand(const struct hy_decide *d, struct hy_hand *ret)
{
    hy_hand_read(hy_duty_doc(d), ret);
}

/* What a first entry needs besides its own members. */
json_t *hy_duty_begin(const struct hy_decide *d)
{
    json_t *set = json_object();

    if (hy_duty_doc(d))
        return set;
    hy_json_set_str(set, "kind", hy_str(hy_doc_name[HY_DOC_DUTY]));
    hy_json_set_str(set, "name", HY_STR("值班表"));
    json_object_set_new(set, "opened", hy_now_json(d));
    return set;
}

static const char *name_of(const struct hy_decide *d, struct hy_str id)
{
    const struct hy_person *p = hy_duty_person(d->rules->duty, id);

    return p ? p->name : "（已不在名单上）";
}

/* ---- gaps ---- */

static json_t *gap_json(const struct hy_gap *g)
{
    json_t *o = json_object();
    HY_CLEANUP(hy_freep)
    char *id = hy_xasprintf("%s-%lld", hy_post_name[g->post], (long long)(g->from.ms / 1000));

    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "post", hy_str(hy_post_name[g->post]));
    hy_json_set_time(o, "from", g->from, HY_CST);
    hy_json_set_time(o, "to", g->to, HY_CST);
    hy_json_set_str(o, "why", hy_str(g->why));
    return o;
}

static void gap_text(struct hy_buf *b, const struct hy_gap *g)
{
    add_span(b, g->from, g->to);
    hy_buf_printf(b, " 没有%s（%s）；", hy_post_label[g->post], g->why);
}

/* Was this gap told, and told again when it was near? */
static bool was_told(const json_t *known, const json_t *gap, bool soon)
{
    const json_t *o = hy_list_find(known, hy_json_str(gap, "id"));

    return o && (!soon || json_is_true(json_object_get(o, "soon")));
}

/* A gap that has begun is the same gap with every look: its beginning stays. */
static void keep_beginning(const json_t *known, struct hy_gap *g)
{
    size_t i;
    json_t *o;

    json_array_foreach (known, i, o)
        if (hy_str_is(hy_json_str(o, "post"), hy_post_name[g->post]) &&
            hy_json_time(o, "from").ms <= g->from.ms && hy_json_time(o, "to").ms >= g->from.ms)
            g->from = hy_json_time(o, "from");
}

static void tell_gaps(struct hy_decide *d, struct hy_buf *body, size_t n, bool urgent, json_t *set,
                      json_t *put)
{
    char step[48];

    if (n > GAPS_TOLD)
        hy_buf_printf(body, "另有 %zu 处；", n - GAPS_TOLD);
    hy_buf_puts(body, "请在值班页安排代班，或改 duty.yaml");
    snprintf(step, sizeof(step), "gaps-%lld", (long long)d->state->head.seq + 1);
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_SUPERVISOR | 1u << HY_POST_OPERATOR,
                                       .urgency = urgent ? HY_URGENT : HY_NORMAL,
                                       .body = body->p,
                                       .due = d->now,
                                       .set = set,
                                       .put = put});
}

static json_t *look_step(hy_wall due)
{
    json_t *step = json_object();

    hy_json_set_str(step, "id", HY_STR(STEP_LOOK));
    hy_json_set_str(step, "step", HY_STR(STEP_LOOK));
    hy_json_set_time(step, "due", due, HY_CST);
    hy_json_set_int(step, "every_ms", HY_DAY_MS);
    json_object_set_new(step, "fired", json_null());
    return step;
}

static hy_wall next_look(hy_wall now)
{
    struct hy_civil c = hy_civil_of(now, HY_CST);

    c.day += c.hour * 60 + c.minute >= LOOK_AT_MIN;
    c.hour = LOOK_AT_MIN / 60;
    c.minute = LOOK_AT_MIN % 60;
    c.second = c.ms = 0;
    return hy_wall_of(&c, HY_CST);
}

/* All gaps of the days ahead become the list; those nobody has heard of are told at once, in one
 * notice.  `put` holds what else the entry changes; stolen. */
static void look(struct hy_decide *d, json_t *put)
{
    const json_t *known = json_object_get(hy_duty_doc(d), "gaps");
    struct hy_gap gaps[GAPS_MAX];
    struct hy_hand hand;
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *list = json_array(), *set = hy_duty_begin(d);
    size_t fresh = 0;
    bool urgent = false;

    hy_duty_hand(d, &hand);
    size_t n = hy_duty_gaps(d->rules->duty, &hand, d->now,
                            hy_wall_add_ms(d->now, hy_duty_ahead_ms(d->rules->duty)), gaps,
                            GAPS_MAX);
    hy_hand_release(&hand);
    hy_buf_puts(&body, "值班表有空缺：");
    for (size_t i = 0; i < n; i++) {
        keep_beginning(known, &gaps[i]);
        bool soon = gaps[i].from.ms <= d->now.ms + SOON_MS;
        json_t *o = gap_json(&gaps[i]);
        if (!was_told(known, o, soon)) {
            if (fresh++ < GAPS_TOLD)
                gap_text(&body, &gaps[i]);
            urgent |= soon && gaps[i].post == HY_POST_DUTY;
        }
        json_object_set_new(o, "soon", json_boolean(soon));
        json_array_append_new(list, o);
    }
    bool same = json_array_size(list) == 0 && json_array_size(known) == 0;
    json_object_set_new(set, "gaps", list);
    if (fresh)
        tell_gaps(d, &body, fresh, urgent, set, put);
    else if (!same || json_object_size(put))
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, set, put));
    else
        json_decref(set), json_decref(put);
    hy_buf_release(&body);
}

void hy_duty_look_ahead(struct hy_decide *d)
{
    json_t *put = json_object();

    if (d->rules->duty == NULL || hy_duty_count(d->rules->duty) == 0) {
        json_decref(put);
        return;
    }
    if (hy_list_find(json_object_get(hy_duty_doc(d), "steps"), HY_STR(STEP_LOOK)) == NULL)
        json_object_set_new(put, "steps", hy_list_of(look_step(next_look(d->now))));
    if (hy_duty_doc(d) == NULL) { /* the document first: a notice needs one */
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, hy_duty_begin(d), put));
        put = json_object();
    }
    look(d, put);
}

void hy_duty_timer(struct hy_decide *d, struct hy_str name, hy_wall due)
{
    const json_t *step = hy_list_find(json_object_get(hy_duty_doc(d), "steps"), name);

    if (step == NULL || !hy_step_waits(step) || hy_json_time(step, "due").ms != due.ms)
        return;
    if (hy_str_starts(name, HY_STR(HY_STEP_SILENCE))) {
        hy_silence_timer(d, step, due);
        return;
    }
    json_t *changed = json_deep_copy(step), *put = json_object();
    hy_step_fire(d, changed, due);
    json_object_set_new(put, "steps", hy_list_of(changed));
    if (d->rules->duty && hy_str_is(name, STEP_LOOK))
        look(d, put);
    else
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, NULL, put));
}

/* ---- rows ---- */

static bool disposes(const struct hy_work *w)
{
    return w->roles & (1u << HY_ROLE_SUPERVISOR | 1u << HY_ROLE_ADMIN);
}

static bool is_actor(const struct hy_work *w, struct hy_str id)
{
    return id.n && hy_str_eq(hy_json_str(w->actor, "id"), id);
}

/* {"id":..} of a person field becomes the id alone. */
static void flatten(json_t *row, const char *key)
{
    json_t *p = json_object_get(row, key);

    if (json_is_object(p)) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(p, "id"));
        json_object_set_new(row, key, json_string(id));
    }
}

static int check_span(struct hy_work *w, const json_t *row)
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

static int check_room(struct hy_work *w, const char *list)
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
static json_t *list_with(const struct hy_work *w, const char *list, json_t *row)
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
static json_t *finished(const struct hy_work *w, json_t *row, const char *list, char prefix)
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

static void act(struct hy_work *w, json_t *set)
{
    json_t *begun = hy_duty_begin(w->d);

    json_object_update(begun, set);
    json_decref(set);
    hy_act(w, HY_ENTRY_DUTY, begun, NULL);
}

/* Tell everybody named, except who did it, and look whether a gap came of it. */
static void tell_changed(struct hy_work *w, json_t *people, struct hy_buf *body)
{
    json_t *others = json_array(), *id;
    char step[48];
    size_t i;

    json_array_foreach (people, i, id)
        if (json_is_string(id) && !is_actor(w, hy_str(json_string_value(id))))
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

/* ---- overrides ---- */

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

    if (check_span(w, row) < 0 || check_room(w, "changes") < 0)
        return HY_E_STATE;
    if (duty.n == 0 && second.n == 0)
        return hy_refuse(w, "invalid", "duty", "请写明由谁值班（duty）或备班（second）");
    if (duty.n && hy_str_eq(duty, second))
        return hy_refuse(w, "invalid", "second", "值班员和备班不能是同一个人");
    if (!disposes(w) && ((duty.n && !is_actor(w, duty)) || (second.n && !is_actor(w, second))))
        return hy_refuse(w, "forbidden", "duty",
                         "只能把班接到自己名下；要请别人替，请用“换班”由对方答复，或请主管安排");
    return HY_OK;
}

static void override_text(const struct hy_work *w, const json_t *row, struct hy_buf *b)
{
    struct hy_str why = hy_json_str(row, "why");

    hy_buf_puts(b, "值班有变动：");
    add_span(b, hy_json_time(row, "from"), hy_json_time(row, "to"));
    if (hy_json_str(row, "duty").n)
        hy_buf_printf(b, " 值班员改为%s", name_of(w->d, hy_json_str(row, "duty")));
    if (hy_json_str(row, "second").n)
        hy_buf_printf(b, " 备班改为%s", name_of(w->d, hy_json_str(row, "second")));
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
    flatten(row, "duty");
    flatten(row, "second");
    if (check_override(w, row) < 0) {
        json_decref(set);
        return HY_E_STATE;
    }
    hy_wall from = hy_json_time(row, "from"), to = hy_json_time(row, "to");
    json_t *told = people_in(w, from, to);
    json_array_append(told, json_object_get(row, "duty"));
    json_array_append(told, json_object_get(row, "second"));
    override_text(w, row, &body);
    json_object_set_new(set, "changes",
                        list_with(w, "changes", finished(w, json_incref(row), "changes", 'C')));
    act(w, set);
    tell_changed(w, told, &body);
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
    flatten(row, "who");
    if (hy_json_str(row, "who").n == 0)
        hy_json_set_str(row, "who", hy_json_str(w->actor, "id"));
    if (hy_duty_person(w->d->rules->duty, hy_json_str(row, "who")) == NULL)
        return hy_refuse(w, "invalid", "who", "值班人员名单里没有这个人");
    if (!disposes(w) && !is_actor(w, hy_json_str(row, "who")))
        return hy_refuse(w, "forbidden", "who", "只能登记自己不在岗；替别人登记请找主管");
    if (check_span(w, row) < 0 || check_room(w, "away") < 0)
        return HY_E_STATE;
    hy_buf_printf(&body, "%s ", name_of(w->d, hy_json_str(row, "who")));
    add_span(&body, hy_json_time(row, "from"), hy_json_time(row, "to"));
    hy_buf_puts(&body, " 不在岗");
    json_t *told = hy_list_of(json_incref(json_object_get(row, "who")));
    json_t *set = json_object();
    json_object_set_new(set, "away",
                        list_with(w, "away", finished(w, json_incref(row), "away", 'A')));
    act(w, set);
    tell_changed(w, told, &body);
    return HY_OK;
}

/* ---- swaps ---- */

/* The stretch around a moment that a person stands in, and as what. */
static int stretch_of(struct hy_work *w, const char *key, struct hy_str person, hy_wall at,
                      json_t **ret)
{
    struct hy_hand hand;
    struct hy_shift t;

    hy_duty_hand(w->d, &hand);
    hy_duty_turn(w->d->rules->duty, &hand, at, &t);
    hy_hand_release(&hand);
    bool duty = t.duty && hy_str_is(person, t.duty->id);
    bool second = t.second && hy_str_is(person, t.second->id);
    if (!duty && !second)
        return hy_refuse(w, "invalid", key, "那个时间不是%s的班", name_of(w->d, person));
    if (t.to.ms <= w->d->now.ms)
        return hy_refuse(w, "invalid", key, "那一班已经过去了");
    *ret = json_object();
    hy_json_set_str(*ret, "post", hy_str(hy_post_name[duty ? HY_POST_DUTY : HY_POST_SECOND]));
    hy_json_set_time(*ret, "from", t.from, HY_CST);
    hy_json_set_time(*ret, "to", t.to, HY_CST);
    const struct hy_person *other = duty ? t.second : t.duty;
    if (other)
        hy_json_set_str(*ret, "other", hy_str(other->id));
    return HY_OK;
}

static const struct hy_field swap_fields[] = {
    {"mine", "自己的班（其中任一时刻）", HY_F_TIME, .required = true},
    {"with", "与谁换", HY_F_PERSON, .required = true},
    {"theirs", "对方的班（其中任一时刻）", HY_F_TIME},
    {"why", "原因", HY_F_TEXT},
    {NULL},
};

static void swap_text(const struct hy_work *w, const json_t *row, struct hy_buf *b)
{
    const json_t *mine = json_object_get(row, "mine"), *theirs = json_object_get(row, "theirs");
    struct hy_str why = hy_json_str(row, "why");

    hy_buf_printf(b, HY_STR_FMT "想请您替班：", HY_STR_ARG(hy_json_str(w->actor, "name")));
    add_span(b, hy_json_time(mine, "from"), hy_json_time(mine, "to"));
    if (theirs) {
        hy_buf_puts(b, "，换您的 ");
        add_span(b, hy_json_time(theirs, "from"), hy_json_time(theirs, "to"));
    }
    if (why.n)
        hy_buf_printf(b, "，原因：" HY_STR_FMT, HY_STR_ARG(why));
    hy_buf_puts(b, "。请在值班页答复；答复以前仍由原来的人值班");
}

static int read_swap(struct hy_work *w, json_t *row)
{
    json_t *mine = NULL, *theirs = NULL;
    struct hy_str me = hy_json_str(w->actor, "id");

    if (hy_fields_read(w, swap_fields, row) < 0 || check_room(w, "swaps") < 0)
        return HY_E_STATE;
    flatten(row, "with");
    if (is_actor(w, hy_json_str(row, "with")))
        return hy_refuse(w, "invalid", "with", "不能和自己换班");
    if (stretch_of(w, "mine", me, hy_json_time(row, "mine"), &mine) < 0)
        return HY_E_STATE;
    if (json_object_get(row, "theirs") &&
        stretch_of(w, "theirs", hy_json_str(row, "with"), hy_json_time(row, "theirs"), &theirs) <
            0) {
        json_decref(mine);
        return HY_E_STATE;
    }
    hy_json_set_time(row, "to", hy_json_time(mine, "to"), HY_CST); /* as long as it matters */
    json_object_set_new(row, "mine", mine);
    if (theirs)
        json_object_set_new(row, "theirs", theirs);
    return HY_OK;
}

int hy_do_swap(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *set;

    if (read_swap(w, row) < 0)
        return HY_E_STATE;
    swap_text(w, row, &body);
    finished(w, row, "swaps", 'S');
    hy_json_set_str(row, "state", HY_STR("proposed"));
    set = json_object();
    json_object_set_new(set, "swaps", list_with(w, "swaps", json_incref(row)));
    act(w, set);
    tell_changed(w, hy_list_of(json_incref(json_object_get(row, "with"))), &body);
    return HY_OK;
}

/* The turn of one becomes the other's; where that one is there already, in the other post, the two
 * change places. */
static json_t *swapped(const struct hy_work *w, const json_t *swap, const json_t *turn,
                       struct hy_str giver, struct hy_str person)
{
    json_t *row = json_object();
    HY_CLEANUP(hy_freep) char *post = hy_str_dup(hy_json_str(turn, "post"));
    bool duty = strcmp(post, hy_post_name[HY_POST_DUTY]) == 0;

    hy_json_set_time(row, "from", hy_json_time(turn, "from"), HY_CST);
    hy_json_set_time(row, "to", hy_json_time(turn, "to"), HY_CST);
    hy_json_set_str(row, post, person);
    if (hy_str_eq(hy_json_str(turn, "other"), person))
        hy_json_set_str(row, hy_post_name[duty ? HY_POST_SECOND : HY_POST_DUTY], giver);
    hy_json_set_str(row, "why", HY_STR("换班"));
    json_object_set(row, "swap", json_object_get(swap, "id"));
    return finished(w, row, "changes", 'C');
}

/* Since it was proposed somebody may have changed the plan: both still stand where they stood? */
static int still_stands(struct hy_work *w, struct hy_str person, const json_t *turn)
{
    HY_CLEANUP(hy_json_freep) json_t *now = NULL;

    if (turn == NULL)
        return HY_OK;
    if (stretch_of(w, "swap", person, hy_json_time(turn, "from"), &now) < 0)
        return HY_E_STATE;
    if (!hy_str_eq(hy_json_str(now, "to"), hy_json_str(turn, "to")) ||
        !hy_str_eq(hy_json_str(now, "post"), hy_json_str(turn, "post")))
        return hy_refuse(w, "conflict", "swap", "这以后值班表有过变动，请重新商定换班");
    return HY_OK;
}

static void agree(struct hy_work *w, const json_t *swap, json_t *set)
{
    const json_t *theirs = json_object_get(swap, "theirs");
    struct hy_str by = hy_json_str(swap, "by"), with = hy_json_str(swap, "with");
    json_t *first = swapped(w, swap, json_object_get(swap, "mine"), by, with);
    json_t *list = list_with(w, "changes", first);
    char id[32];

    if (theirs) {
        json_t *second = swapped(w, swap, theirs, with, by);
        struct hy_str was = hy_json_str(first, "id");
        int64_t n = 0;
        if (!hy_str_to_i64(hy_str_sub(was, 1, was.n), &n))
            n = 0;
        snprintf(id, sizeof(id), "C%lld", (long long)n + 1);
        hy_json_set_str(second, "id", hy_str(id));
        json_array_append_new(list, second);
    }
    json_object_set_new(set, "changes", list);
}

int hy_do_swap_answer(struct hy_work *w)
{
    static const struct hy_field fields[] = {
        {"swap", "哪一次换班", HY_F_TEXT, .required = true},
        {"agree", "是否同意", HY_F_BOOL, .required = true},
        {NULL},
    };
    HY_CLEANUP(hy_json_freep) json_t *args = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_fields_read(w, fields, args) < 0)
        return HY_E_STATE;
    const json_t *swap = hy_list_find(json_object_get(w->doc, "swaps"), hy_json_str(args, "swap"));
    bool yes = json_is_true(json_object_get(args, "agree"));
    if (swap == NULL)
        return hy_refuse(w, "not_found", "swap", "没有这次换班");
    if (!hy_str_is(hy_json_str(swap, "state"), "proposed"))
        return hy_refuse(w, "state", "swap", "这次换班已经答复过，或已撤回");
    if (!is_actor(w, hy_json_str(swap, "with")) && !disposes(w))
        return hy_refuse(w, "forbidden", "swap", "要由被请的人答复");
    if (yes && (still_stands(w, hy_json_str(swap, "by"), json_object_get(swap, "mine")) < 0 ||
                still_stands(w, hy_json_str(swap, "with"), json_object_get(swap, "theirs")) < 0))
        return HY_E_STATE;
    json_t *changed = json_deep_copy(swap), *set = hy_duty_begin(w->d);
    json_object_set_new(changed, "answered", hy_signed(w));
    hy_json_set_str(changed, "state", yes ? HY_STR("agreed") : HY_STR("refused"));
    if (yes)
        agree(w, changed, set);
    json_t *told = json_array();
    json_array_append(told, json_object_get(changed, "by"));
    json_array_append(told, json_object_get(changed, "with"));
    hy_buf_printf(&body, "%s%s换班", name_of(w->d, hy_json_str(changed, "with")),
                  yes ? "同意了" : "没有同意");
    const json_t *mine = json_object_get(changed, "mine");
    hy_buf_puts(&body, "（");
    add_span(&body, hy_json_time(mine, "from"), hy_json_time(mine, "to"));
    hy_buf_puts(&body, yes ? "），值班表已改" : "），值班表不变");
    hy_act(w, HY_ENTRY_DUTY, set, hy_put_one("swaps", changed));
    tell_changed(w, told, &body);
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
        if (is_actor(w, hy_json_str(row, keys[i])))
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
    if (!disposes(w) && !is_party(w, row))
        return hy_refuse(w, "forbidden", "row", "只能撤销与自己有关的登记；其他请找主管");
    if (reason.n > 600)
        return hy_refuse(w, "invalid", "reason", "原因太长");
    json_t *changed = json_deep_copy(row), *told = json_array();
    json_object_set_new(changed, "cancelled", hy_signed(w));
    hy_json_set_str(changed, "state", HY_STR("cancelled"));
    for (const char *const *key = (const char *const[]){"by", "duty", "second", "who", "with", NULL};
         *key; key++)
        json_array_append(told, json_object_get(changed, *key));
    hy_buf_puts(&body, "值班登记已撤销：");
    add_span(&body,
             hy_json_time(json_object_get(changed, "mine") ? json_object_get(changed, "mine")
                                                           : changed,
                          "from"),
             hy_json_time(changed, "to"));
    hy_buf_puts(&body, "，照值班表执行");
    hy_act(w, HY_ENTRY_DUTY, NULL, hy_put_one(list, changed));
    tell_changed(w, told, &body);
    return HY_OK;
}
