/* SPDX-License-Identifier: Apache-2.0 */
/* A look at the days ahead for places on the duty list that nobody fills: daily, whenever a keeper
 * begins to lead, and after each change of the list. */
#include "alerts/decide/roster.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAPS_MAX = 40,
    GAPS_TOLD = 6, /* named in one notice */
    LOOK_AT_MIN = 9 * 60,
};
#define SOON_MS HY_DAY_MS
#define STEP_LOOK "gaps"

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
    hy_roster_span(b, g->from, g->to);
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
    size_t n =
        hy_duty_gaps(d->rules->duty, &hand, d->now,
                     hy_wall_add_ms(d->now, hy_duty_ahead_ms(d->rules->duty)), gaps, GAPS_MAX);
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

/* The daily ones that the document has not. */
static json_t *missing_steps(const struct hy_decide *d)
{
    const json_t *have = json_object_get(hy_duty_doc(d), "steps");
    json_t *steps = json_array();

    if (hy_list_find(have, HY_STR(STEP_LOOK)) == NULL)
        json_array_append_new(steps, look_step(next_look(d->now)));
    if (hy_list_find(have, HY_STR(HY_STEP_HEAD)) == NULL)
        json_array_append_new(steps, hy_head_step(d->now));
    return steps;
}

void hy_duty_look_ahead(struct hy_decide *d)
{
    json_t *put = json_object();

    if (d->rules->duty == NULL || hy_duty_count(d->rules->duty) == 0) {
        json_decref(put);
        return;
    }
    json_t *steps = missing_steps(d);
    if (json_array_size(steps))
        json_object_set(put, "steps", steps);
    json_decref(steps);
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
    else if (hy_str_is(name, HY_STEP_HEAD))
        hy_head_timer(d, due, put);
    else
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, NULL, put));
}

void hy_decide_keeper(struct hy_decide *d, const char *event, json_t *args)
{
    hy_json_set_str(args, "event", hy_str(event));
    bool leads = strcmp(event, "lead") == 0;

    hy_emit(d, HY_ENTRY_KEEPER, HY_STR(""), hy_entry_data(args, NULL, NULL));
    if (leads) /* the duty list may have been edited */
        hy_duty_look_ahead(d);
}
