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
