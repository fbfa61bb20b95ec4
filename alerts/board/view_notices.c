/* SPDX-License-Identifier: Apache-2.0 */
/* Which notices still ask something of a person: of the notice the words, of its document how far the
 * matter has got. */
#include "alerts/board/view.h"

#include "alerts/decide/decide.h"
#include "core/mem.h"

#include <stdlib.h>

bool hy_view_is_to(const json_t *notice, const char *person)
{
    size_t i;
    json_t *to;

    json_array_foreach (json_object_get(notice, "to"), i, to)
        if (hy_str_is(json_is_object(to) ? hy_json_str(to, "id") : hy_str(json_string_value(to)),
                      person))
            return true;
    return false;
}

static bool has_text(const json_t *list, struct hy_str text)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v)
        if (hy_str_is(text, json_string_value(v)))
            return true;
    return false;
}

json_t *hy_view_incident_ids(const json_t *notices)
{
    json_t *ids = json_array(), *n;
    size_t i;

    json_array_foreach (notices, i, n) {
        struct hy_str id = hy_json_str(n, "incident");
        if (id.n && !has_text(ids, id))
            json_array_append_new(ids, hy_json_of_str(id));
    }
    return ids;
}

static const json_t *find_by(const json_t *list, const char *key, struct hy_str value)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o)
        if (hy_str_eq(hy_json_str(o, key), value))
            return o;
    return NULL;
}

static bool is_over(const json_t *incident)
{
    static const char *const states[] = {"dismissed", "merged",   "settled",
                                         "evaluated", "archived", "closed"};
    for (size_t i = 0; i < HY_COUNT(states); i++)
        if (hy_str_is(hy_json_str(incident, "state"), states[i]))
            return true;
    return json_is_object(json_object_get(incident, "closed")) ||
           json_is_string(json_object_get(incident, "merged_into"));
}

/* Everybody it went to has closed it; of a test alarm, of what an outage held back, of a clock that was
 * set back, and of a risk assessment it is enough that it was seen. */
static bool is_put_away(const json_t *record)
{
    struct hy_str step = hy_json_str(record, "step");
    bool test = hy_str_starts(step, HY_STR("test-")) || hy_str_starts(step, HY_STR("missed-")) ||
                hy_str_starts(step, HY_STR("set-back-")) ||
                hy_str_starts(step, HY_STR("set-ahead-")) ||
                hy_str_starts(hy_json_str(record, "id"), HY_STR("A"));
    const char *who;
    json_t *value;

    json_object_foreach (json_object_get(record, "states"), who, value) {
        struct hy_str state = hy_str(json_string_value(value));
        if (!hy_str_is(state, "closed") && !hy_str_is(state, "acknowledged") &&
            !(test && hy_str_is(state, "shown")))
            return false;
    }
    return true;
}

/* Has the person, or whoever answers for the incident, acknowledged it since it was told?  The clock
 * goes on, and its next reminder asks again. */
static bool is_answered(const json_t *notice, const json_t *incident, struct hy_str state)
{
    const json_t *ack = json_object_get(incident, "ack");
    hy_wall at = hy_json_time(ack, "at"), told = hy_json_time(notice, "at");

    return hy_str_is(state, "acknowledged") ||
           (hy_wall_known(at) && hy_wall_known(told) && at.ms >= told.ms);
}

static bool has_proposal(const json_t *incident)
{
    static const char *const lists[] = {"drafts", "lines", "waivers", "extensions", "gradings"};
    size_t k;
    json_t *o;

    for (size_t i = 0; i < HY_COUNT(lists); i++)
        json_array_foreach (json_object_get(incident, lists[i]), k, o)
            if (hy_str_is(hy_json_str(o, "state"), "proposed"))
                return true;
    return false;
}

static bool is_assigned(const json_t *incident)
{
    return hy_str_is(hy_json_str(incident, "state"), hy_stage_name[HY_STAGE_ASSIGNED]);
}

/* What asks one person for a deed of his own, which another's acknowledgement does not do: by the
 * beginning of its step. */
static const struct wish {
    const char *step;
    bool (*asks)(const json_t *incident);
} wishes[] = {
    {"approve-", has_proposal},
    {"assigned-", is_assigned},
};

static const struct wish *wish_of(const json_t *notice)
{
    for (size_t i = 0; i < HY_COUNT(wishes); i++)
        if (hy_str_starts(hy_json_str(notice, "step"), hy_str(wishes[i].step)))
            return &wishes[i];
    return NULL;
}

static bool still_asks(const json_t *notice, const json_t *incident, struct hy_str state)
{
    struct hy_str clock = hy_json_str(notice, "clock");
    const struct wish *wish = wish_of(notice);

    if (hy_str_is(hy_json_str(incident, "kind"), "source"))
        return hy_str_is(hy_json_str(incident, "health"), "blind");
    if (hy_str_is(hy_json_str(incident, "kind"), "duty") ||
        hy_str_is(hy_json_str(incident, "kind"), "risk"))
        return !is_put_away(find_by(json_object_get(incident, "notices"), "id",
                                    hy_json_str(notice, "id")));
    if (incident == NULL || is_over(incident))
        return false;
    if (wish)
        return wish->asks(incident);
    if (clock.n == 0 || hy_str_is(clock, "-"))
        return !json_is_object(json_object_get(incident, "ack"));
    const json_t *o = hy_obligation_by_suffix(incident, clock);
    return o && hy_str_is(hy_json_str(o, "state"), "open") && !is_answered(notice, incident, state);
}

/* How far the notice got with the person, as the record knows it. */
static struct hy_str state_of(const json_t *notice, const json_t *incident, const char *person)
{
    const json_t *record =
        find_by(json_object_get(incident, "notices"), "id", hy_json_str(notice, "id"));

    return hy_json_str(json_object_get(record, "states"), person);
}

static json_t *with_state(const json_t *notice, struct hy_str state)
{
    json_t *row = json_copy((json_t *)notice);

    if (state.n)
        hy_json_set_str(row, "state", state);
    return row;
}

/* Notices that say the same later and earlier: the newest speaks for them.  Of the duty list none does. */
static char *key_of(const json_t *n)
{
    struct hy_str incident = hy_json_str(n, "incident"), clock = hy_json_str(n, "clock");
    const struct wish *wish = wish_of(n);

    if (hy_str_starts(incident, HY_STR("W-")))
        return hy_str_dup(hy_json_str(n, "id"));
    return hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT "/%s", HY_STR_ARG(incident), HY_STR_ARG(clock),
                        wish ? wish->step : "");
}

json_t *hy_view_open_notices(const json_t *notices, const json_t *incidents, const char *person)
{
    json_t *out = json_array(), *n;
    HY_CLEANUP(hy_json_freep) json_t *seen = json_array();
    size_t i;

    json_array_foreach (notices, i, n) {
        struct hy_str incident = hy_json_str(n, "incident");
        HY_CLEANUP(hy_freep) char *key = key_of(n);
        if (has_text(seen, hy_str(key)))
            continue;
        json_array_append_new(seen, json_string(key));
        const json_t *doc = find_by(incidents, "id", incident);
        struct hy_str state = state_of(n, doc, person);
        if (still_asks(n, doc, state))
            json_array_append_new(out, with_state(n, state));
    }
    return out;
}

/* ---- from the record alone ---- */

/* What the stream would have said, as far as the document knows it, with what its clock is now. */
static json_t *notice_of(const json_t *doc, const json_t *record, const char *person, hy_wall now)
{
    static const char *const keys[] = {"id", "clock", "step", "class", "at", "late_by_ms", "quiet"};
    const json_t *o = hy_obligation_by_suffix(doc, hy_json_str(record, "clock"));
    HY_CLEANUP(hy_freep) char *title = hy_document_title(doc);
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *n = json_object();

    if (o == NULL)
        o = hy_nearest_clock(doc);
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(record, keys[i]))
            json_object_set(n, keys[i], json_object_get(record, keys[i]));
    hy_buf_puts(&body, "较早的提醒还在等您处理，请签收办理");
    if (o) {
        hy_buf_puts(&body, "。");
        hy_add_clock(now, &body, o);
    }
    hy_json_set_str(n, "incident", hy_json_str(doc, "id"));
    hy_json_set_str(n, "title", hy_str(title));
    hy_json_set_str(n, "body", hy_buf_view(&body));
    json_object_set_new(n, "to", json_pack("[s]", person));
    hy_json_set_time(n, "clock_due", o ? hy_json_time(o, "due") : HY_WALL_NONE, HY_CST);
    hy_json_set_str(n, "lamp",
                    hy_str(o ? hy_lamp(now, hy_json_time(o, "start"), hy_json_time(o, "due")) : "none"));
    hy_buf_release(&body);
    return n;
}

void hy_view_add_recorded(json_t *notices, const json_t *documents, const char *person, hy_wall now)
{
    HY_CLEANUP(hy_json_freep) json_t *known = json_object();
    size_t i;
    json_t *o;

    json_array_foreach (notices, i, o) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(o, "id"));
        json_object_set_new(known, id, json_true());
    }
    json_array_foreach (documents, i, o) {
        const json_t *records = json_object_get(o, "notices");
        for (size_t k = json_array_size(records); k-- > 0;) {
            const json_t *record = json_array_get(records, k);
            HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(record, "id"));
            if (json_object_get(json_object_get(record, "states"), person) &&
                !json_object_get(known, id))
                json_array_append_new(notices, notice_of(o, record, person, now));
        }
    }
}
