/* SPDX-License-Identifier: Apache-2.0 */
/* What people and the delivery say of notices: shown, sent, failed. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHANNEL_MAX = 120,
    HASTE_MS =
        2 * 60 * 1000, /* time for the desktop and the board to show what a channel did not */
};

/* -- what the role `deliver` says of a channel -- */

bool hy_is_delivery(const struct hy_work *w)
{
    return hy_str_is(hy_json_str(w->cmd, "via"), "deliver") &&
           hy_str_is(hy_json_str(w->cmd, "verb"), "receipt");
}

/* Has the notice got to anybody, by whatever way? */
static bool has_arrived(const json_t *record)
{
    static const char *const ways[] = {"states", "channels"};
    const char *who;
    json_t *state;

    for (size_t i = 0; i < HY_COUNT(ways); i++)
        json_object_foreach (json_object_get(record, ways[i]), who, state) {
            struct hy_str s = hy_str(json_string_value(state));
            if (hy_str_is(s, "sent") || hy_str_is(s, "shown") || hy_str_is(s, "closed") ||
                hy_str_is(s, "acknowledged"))
                return true;
        }
    return false;
}

/* An urgent notice that got to nobody: the next step of the ladder need not wait for its time, only
 * a moment for the board.  NULL when there is none, or somebody has acknowledged. */
static json_t *hastened_step(const struct hy_work *w, const json_t *record)
{
    size_t i;
    json_t *step;

    if (!hy_str_is(hy_json_str(record, "class"), "urgent") || has_arrived(record) ||
        json_is_object(json_object_get(w->doc, "ack")))
        return NULL;
    json_array_foreach (json_object_get(w->doc, "escalation"), i, step) {
        if (!hy_step_waits(step))
            continue;
        if (hy_json_time(step, "due").ms <= w->d->now.ms + HASTE_MS)
            return NULL; /* it fires by itself */
        step = json_deep_copy(step);
        hy_json_set_time(step, "due", hy_wall_add_ms(w->d->now, HASTE_MS), HY_CST);
        return step;
    }
    return NULL;
}

/* Mail goes to a person.  "sent" is less than "shown": a server took it, nobody has seen it. */
static void tell_person(json_t *record, struct hy_str channel, const char *state)
{
    json_t *states = json_object_get(record, "states");
    HY_CLEANUP(hy_freep)
    char *person = hy_str_starts(channel, HY_STR("mail:"))
                       ? hy_str_dup(hy_str_sub(channel, 5, channel.n))
                       : hy_xstrdup("");
    struct hy_str was = hy_json_str(states, person);

    if (hy_str_is(was, "queued") || (hy_str_is(was, "failed") && strcmp(state, "sent") == 0))
        json_object_set_new(states, person, json_string(state));
}

static int do_delivery(struct hy_work *w, const json_t *record)
{
    static const char *const states[] = {"sent", "failed", NULL};
    int state = hy_name_index(states, hy_json_str(w->args, "state"));
    HY_CLEANUP(hy_freep) char *channel = hy_str_dup(hy_json_str(w->args, "channel"));

    if (state < 0 || channel[0] == '\0' || strlen(channel) > CHANNEL_MAX)
        return hy_refuse(w, "invalid", "state", "回执要有渠道和状态（sent、failed）");
    if (hy_str_is(hy_json_str(json_object_get(record, "channels"), channel), states[state]))
        return HY_OK; /* said before */
    json_t *changed = json_deep_copy(record), *channels = json_object_get(changed, "channels");
    if (channels == NULL) {
        channels = json_object();
        json_object_set_new(changed, "channels", channels);
    }
    json_object_set_new(channels, channel, json_string(states[state]));
    tell_person(changed, hy_str(channel), states[state]);
    json_t *step = state == 1 ? hastened_step(w, changed) : NULL;
    json_t *put = hy_put_one("notices", changed);
    if (step) {
        json_t *steps = json_array();
        json_array_append_new(steps, step);
        json_object_set_new(put, "escalation", steps);
    }
    HY_CLEANUP(hy_freep) char *notice = hy_str_dup(hy_json_str(record, "id"));
    hy_act(w, HY_ENTRY_RECEIPT, NULL, put);
    if (state == 1)
        hy_unseen_failed(w, hy_str(notice), hy_str(channel));
    return HY_OK;
}

/* -- what people's screens say -- */

int hy_do_receipt(struct hy_work *w)
{
    static const char *const states[] = {"shown", "failed", "closed", NULL};
    struct hy_str id = hy_json_str(w->args, "notice"), state = hy_json_str(w->args, "state");
    const json_t *record = hy_list_find(json_object_get(w->doc, "notices"), id);
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    const json_t *was = json_object_get(json_object_get(record, "states"), person);
    json_t *changed;

    if (record == NULL)
        return hy_refuse(w, "not_found", "notice", "没有这条提醒");
    if (hy_is_delivery(w))
        return do_delivery(w, record);
    if (was == NULL)
        return hy_refuse(w, "forbidden", "notice", "这条提醒不是发给您的");
    if (hy_name_index(states, state) < 0)
        return hy_refuse(w, "invalid", "state", "回执只能是 shown、failed 或 closed");
    HY_CLEANUP(hy_freep) char *to = hy_str_dup(state);
    HY_CLEANUP(hy_freep) char *notice = hy_str_dup(id);
    changed = json_deep_copy(record);
    if (hy_receipt_rank(state) > hy_receipt_rank(hy_str(json_string_value(was))))
        hy_json_set_str(json_object_get(changed, "states"), person, state);
    hy_receipt_way(w, changed, person, to);
    if (json_equal(changed, record)) { /* said before, or overtaken */
        json_decref(changed);
        return HY_OK;
    }
    if (!hy_str_is(state, "failed") && !hy_wall_known(hy_json_time(record, "shown")))
        json_object_set_new(changed, "shown", hy_now_json(w->d)); /* to the first person */
    hy_act(w, HY_ENTRY_RECEIPT, NULL, hy_put_one("notices", changed));
    if (strcmp(to, "failed") == 0)
        hy_unseen_failed(w, hy_str(notice), hy_str(person));
    return HY_OK;
}
