/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever acts on a matter has seen it: that is an acknowledgement of the document, and of the notices
 * that the actor was sent.
 *
 * `ack` stands in the document once it is acknowledged; it ends the ladder.  Where everyone must,
 * `ack_need` lists the people and `acks` those who have.  Where an acknowledgement runs out
 * (duty.yaml, acknowledge.expires), whatever a person does to the incident renews it, a response
 * makes it lasting, and a forgotten one is asked again from the first rung (ack.c). */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdlib.h>

/* ---- the document ---- */

/* The acknowledgements with this person's. */
static json_t *acks_with(const struct hy_work *w)
{
    const json_t *had = json_object_get(w->doc, "acks");
    json_t *list = had ? json_copy((json_t *)had) : json_array(), *one, *o;
    size_t i;

    json_array_foreach (list, i, o)
        if (hy_str_eq(hy_json_str(o, "by"), hy_json_str(w->actor, "id")))
            return list;
    one = hy_signed(w);
    hy_json_set_str(one, "id", hy_json_str(w->actor, "id"));
    json_array_append_new(list, one);
    return list;
}

static size_t missing(const json_t *need, const json_t *acks)
{
    size_t n = 0, i;
    json_t *id;

    json_array_foreach (need, i, id)
        n += hy_list_find(acks, hy_str(json_string_value(id))) == NULL;
    return n;
}

bool hy_is_answered(const json_t *doc)
{
    hy_wall reopened = hy_json_time(json_object_get(doc, "times"), "reopened");
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r)
        if (!json_is_true(json_object_get(r, "withdrawn")) &&
            (!hy_wall_known(reopened) || hy_json_time(r, "at").ms >= reopened.ms))
            return true;
    return false;
}

/* The document's steps with this one, in the place of the one it had. */
static json_t *steps_with(const json_t *doc, json_t *step)
{
    json_t *steps = json_array(), *o;
    size_t i;

    json_array_foreach (json_object_get(doc, "steps"), i, o)
        if (!hy_str_eq(hy_json_str(o, "id"), hy_json_str(step, "id")))
            json_array_append(steps, o);
    json_array_append_new(steps, step);
    return steps;
}

/* The step that asks again; set anew with every act of a person. */
static void set_expiry(const struct hy_work *w, json_t *set)
{
    int64_t ms = w->d->rules->duty ? hy_duty_ack_expires_ms(w->d->rules->duty) : 0;
    json_t *step;

    if (ms <= 0 || hy_doc_kind_of(w->doc) != HY_DOC_INCIDENT || hy_is_answered(w->doc))
        return;
    step = json_object();
    hy_json_set_str(step, "id", HY_STR(HY_STEP_ACK));
    hy_json_set_str(step, "step", HY_STR(HY_STEP_ACK));
    hy_json_set_time(step, "due", hy_wall_add_ms(w->d->now, ms), HY_CST);
    json_object_set_new(step, "fired", json_null());
    json_object_set_new(set, "steps", steps_with(w->doc, step));
}

void hy_ack_members(const struct hy_work *w, bool for_all, json_t *set)
{
    const json_t *need = json_object_get(w->doc, "ack_need");
    bool done = json_is_object(json_object_get(w->doc, "ack"));

    set_expiry(w, set);
    if (done)
        return;
    if (json_array_size(need)) {
        json_t *acks = acks_with(w);
        json_object_set_new(set, "acks", acks);
        if (missing(need, acks) > 0 && !for_all)
            return;
    }
    json_object_set_new(set, "ack", hy_signed(w));
}

void hy_ack_renew(const struct hy_work *w, json_t *set)
{
    if (json_is_object(json_object_get(w->doc, "ack")))
        set_expiry(w, set);
}

/* ---- its notices ---- */

int hy_receipt_rank(struct hy_str state)
{
    static const char *const ranks[] = {"queued", "failed", "sent", "shown", "closed",
                                        "acknowledged", NULL};

    return hy_name_index(ranks, state);
}

/* "board:lin.yue", "desktop:lin.yue": beside the channels of the role `deliver`, so that a notice
 * tells of each of its ways how far it got.  The agent comes in over the API. */
void hy_receipt_way(const struct hy_work *w, json_t *record, const char *person, const char *state)
{
    struct hy_str via = hy_json_str(w->cmd, "via");
    const char *way = hy_str_is(via, "board") ? "board"
                      : hy_str_is(via, "api") ? "desktop"
                      : hy_str_is(via, "cli") ? "cli"
                                              : NULL;
    json_t *channels = json_object_get(record, "channels");

    if (way == NULL)
        return;
    if (channels == NULL) {
        channels = json_object();
        json_object_set_new(record, "channels", channels);
    }
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("%s:%s", way, person);
    if (hy_receipt_rank(hy_str(state)) > hy_receipt_rank(hy_json_str(channels, key)))
        json_object_set_new(channels, key, json_string(state));
}

json_t *hy_acknowledged_notices(const struct hy_work *w, json_t *put)
{
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(w->doc, "notices"), i, n) {
        struct hy_str was = hy_json_str(json_object_get(n, "states"), person);
        if (was.n == 0 || hy_str_is(was, "acknowledged") ||
            hy_list_find(json_object_get(put, "notices"), hy_json_str(n, "id")))
            continue;
        json_t *changed = json_deep_copy(n);
        hy_json_set_str(json_object_get(changed, "states"), person, HY_STR("acknowledged"));
        hy_receipt_way(w, changed, person, "acknowledged");
        if (put == NULL)
            put = json_object();
        hy_put_more(put, "notices", changed);
    }
    return put;
}
