/* SPDX-License-Identifier: Apache-2.0 */
/* Swaps between two persons: proposed by one, answered by the other, only then in the plan. */
#include "alerts/decide/roster.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        return hy_refuse(w, "invalid", key, "那个时间不是%s的班", hy_roster_name(w->d, person));
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
    hy_roster_span(b, hy_json_time(mine, "from"), hy_json_time(mine, "to"));
    if (theirs) {
        hy_buf_puts(b, "，换您的 ");
        hy_roster_span(b, hy_json_time(theirs, "from"), hy_json_time(theirs, "to"));
    }
    if (why.n)
        hy_buf_printf(b, "，原因：" HY_STR_FMT, HY_STR_ARG(why));
    hy_buf_puts(b, "。请在值班页答复；答复以前仍由原来的人值班");
}

static int read_swap(struct hy_work *w, json_t *row)
{
    json_t *mine = NULL, *theirs = NULL;
    struct hy_str me = hy_json_str(w->actor, "id");

    if (hy_fields_read(w, swap_fields, row) < 0 || hy_roster_check_room(w, "swaps") < 0)
        return HY_E_STATE;
    hy_roster_flatten(row, "with");
    if (hy_roster_is_actor(w, hy_json_str(row, "with")))
        return hy_refuse(w, "invalid", "with", "不能和自己换班");
    if (stretch_of(w, "mine", me, hy_json_time(row, "mine"), &mine) < 0)
        return HY_E_STATE;
    if (json_object_get(row, "theirs") && stretch_of(w, "theirs", hy_json_str(row, "with"),
                                                     hy_json_time(row, "theirs"), &theirs) < 0) {
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
    hy_roster_row(w, row, "swaps", 'S');
    hy_json_set_str(row, "state", HY_STR("proposed"));
    set = json_object();
    json_object_set_new(set, "swaps", hy_roster_with(w, "swaps", json_incref(row)));
    hy_roster_act(w, set);
    hy_roster_told(w, hy_list_of(json_incref(json_object_get(row, "with"))), &body);
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
    return hy_roster_row(w, row, "changes", 'C');
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
    json_t *list = hy_roster_with(w, "changes", first);
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
    if (!hy_roster_is_actor(w, hy_json_str(swap, "with")) && !hy_roster_disposes(w))
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
    hy_buf_printf(&body, "%s%s换班", hy_roster_name(w->d, hy_json_str(changed, "with")),
                  yes ? "同意了" : "没有同意");
    const json_t *mine = json_object_get(changed, "mine");
    hy_buf_puts(&body, "（");
    hy_roster_span(&body, hy_json_time(mine, "from"), hy_json_time(mine, "to"));
    hy_buf_puts(&body, yes ? "），值班表已改" : "），值班表不变");
    hy_act(w, HY_ENTRY_DUTY, set, hy_put_one("swaps", changed));
    hy_roster_told(w, told, &body);
    return HY_OK;
}
