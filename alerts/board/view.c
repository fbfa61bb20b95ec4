/* SPDX-License-Identifier: Apache-2.0 */
/* Sorting and filtering of incidents and notices for people's eyes. */
#include "alerts/board/view.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

struct row {
    json_t *incident; /* borrowed */
    hy_wall due, opened;
};

hy_wall hy_view_next_due(const json_t *incident)
{
    hy_wall next = HY_WALL_NONE;
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(incident, "obligations"), i, o) {
        hy_wall due = hy_json_time(o, "due");
        if (hy_str_is(hy_json_str(o, "state"), "open") && hy_wall_known(due) &&
            (!hy_wall_known(next) || due.ms < next.ms))
            next = due;
    }
    return next;
}

static int sign(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_urgency(const void *pa, const void *pb)
{
    const struct row *a = pa, *b = pb;
    bool running_a = hy_wall_known(a->due), running_b = hy_wall_known(b->due);

    if (running_a != running_b)
        return running_a ? -1 : 1;
    if (running_a && a->due.ms != b->due.ms)
        return sign(a->due.ms, b->due.ms);
    return sign(b->opened.ms, a->opened.ms);
}

/* Ids of everybody a notice about it went to, each once. */
static json_t *told_of(const json_t *incident)
{
    json_t *ids = json_array(), *n, *state;
    HY_CLEANUP(hy_json_freep) json_t *seen = json_object();
    const char *who;
    size_t i;

    json_array_foreach (json_object_get(incident, "notices"), i, n)
        json_object_foreach (json_object_get(n, "states"), who, state)
            if (json_object_get(seen, who) == NULL) {
                json_object_set_new(seen, who, json_true());
                json_array_append_new(ids, json_string(who));
            }
    return ids;
}

static json_t *list_row(const json_t *incident)
{
    static const char *const heavy[] = {"items", "notes", "notices"};
    json_t *row = json_copy((json_t *)incident);

    json_object_set_new(row, "told", told_of(incident));
    for (size_t i = 0; i < HY_COUNT(heavy); i++) {
        char key[24];
        snprintf(key, sizeof(key), "n_%s", heavy[i]);
        hy_json_set_int(row, key, (int64_t)json_array_size(json_object_get(row, heavy[i])));
        json_object_del(row, heavy[i]);
    }
    return row;
}

json_t *hy_view_list(const json_t *incidents)
{
    size_t n = json_array_size(incidents);
    HY_CLEANUP(hy_freep) struct row *rows = hy_xcalloc(n + 1, sizeof(*rows));
    json_t *out = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *inc = json_array_get(incidents, i);
        rows[i] = (struct row){inc, hy_view_next_due(inc), hy_json_time(inc, "opened")};
    }
    qsort(rows, n, sizeof(*rows), by_urgency);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(out, list_row(rows[i].incident));
    return out;
}

json_t *hy_view_rows(const json_t *documents)
{
    json_t *out = json_array(), *doc;
    size_t i;

    json_array_foreach (documents, i, doc)
        json_array_append_new(out, list_row(doc));
    return out;
}

json_t *hy_view_page(const json_t *list, struct hy_str after, size_t limit, char *next,
                     size_t next_size)
{
    size_t n = json_array_size(list), from = 0;

    next[0] = '\0';
    while (after.n && from < n &&
           !hy_str_eq(hy_json_str(json_array_get(list, from), "id"), after))
        from++;
    if (after.n && from++ == n)
        return NULL;
    size_t to = limit && n - from > limit ? from + limit : n;
    json_t *page = json_array();
    for (size_t i = from; i < to; i++)
        json_array_append(page, json_array_get(list, i));
    if (to < n)
        snprintf(next, next_size, HY_STR_FMT,
                 HY_STR_ARG(hy_json_str(json_array_get(list, to - 1), "id")));
    return page;
}

json_t *hy_view_item_ids(const json_t *incident)
{
    json_t *ids = json_array(), *item;
    size_t i;

    json_array_foreach (json_object_get(incident, "items"), i, item)
        if (json_is_string(json_object_get(item, "id")))
            json_array_append(ids, json_object_get(item, "id"));
    if (!json_object_get(incident, "items") && json_is_string(json_object_get(incident, "id")))
        json_array_append(ids, json_object_get(incident, "id"));
    return ids;
}

static bool is_open_until(const json_t *incident, struct hy_str clock, hy_wall due)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(incident, "obligations"), i, o)
        if (hy_str_eq(hy_json_str(o, "clock"), clock) &&
            hy_str_is(hy_json_str(o, "state"), "open") && hy_json_time(o, "due").ms == due.ms)
            return true;
    return false;
}

json_t *hy_view_known_clocks(json_t *clocks, const json_t *incident)
{
    size_t i;
    json_t *c;

    json_array_foreach (clocks, i, c)
        json_object_set_new(c, "known",
                            json_boolean(is_open_until(incident, hy_json_str(c, "clock"),
                                                       hy_json_time(c, "due"))));
    return json_incref(clocks);
}

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

/* Everybody it went to has closed it; of a test alarm, of what an outage held back, and of a risk
 * assessment it is enough that it was seen. */
static bool is_put_away(const json_t *record)
{
    struct hy_str step = hy_json_str(record, "step");
    bool test = hy_str_starts(step, HY_STR("test-")) || hy_str_starts(step, HY_STR("missed-")) ||
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

static bool still_asks(const json_t *notice, const json_t *incident, struct hy_str state)
{
    struct hy_str clock = hy_json_str(notice, "clock");

    if (hy_str_is(hy_json_str(incident, "kind"), "source"))
        return hy_str_is(hy_json_str(incident, "health"), "blind");
    if (hy_str_is(hy_json_str(incident, "kind"), "duty") ||
        hy_str_is(hy_json_str(incident, "kind"), "risk"))
        return !is_put_away(find_by(json_object_get(incident, "notices"), "id",
                                    hy_json_str(notice, "id")));
    if (incident == NULL || is_over(incident))
        return false;
    if (clock.n == 0 || hy_str_is(clock, "-"))
        return !json_is_object(json_object_get(incident, "ack"));
    const json_t *o = find_by(json_object_get(incident, "obligations"), "clock", clock);
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

json_t *hy_view_open_notices(const json_t *notices, const json_t *incidents, const char *person)
{
    json_t *out = json_array(), *n;
    HY_CLEANUP(hy_json_freep) json_t *seen = json_array();
    size_t i;

    json_array_foreach (notices, i, n) {
        struct hy_str incident = hy_json_str(n, "incident"), clock = hy_json_str(n, "clock");
        bool duty = hy_str_starts(incident, HY_STR("W-")); /* of these none says what another says */
        HY_CLEANUP(hy_freep)
        char *key = duty ? hy_str_dup(hy_json_str(n, "id"))
                         : hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT, HY_STR_ARG(incident),
                                        HY_STR_ARG(clock));
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
