/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/regroup.h"

#include "alerts/decide/entry.h"
#include "alerts/decide/parts.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* Grouping itself keeps at most some tens of thousands of traces. */
enum { KEPT = 20000, TRIM_AT = 24000 };

/* What is kept of an entry: the entry itself with nothing in it but what feed() reads. */
struct event {
    struct hy_str text;
    bool owned; /* else it lies in a mapped snapshot */
    int64_t seq;
};
struct hy_regroup {
    struct hy_group *group;
    struct hy_heat_base *sources; /* what each source usually publishes */
    HY_VEC(struct event) events;  /* oldest first */
    size_t warm;                  /* so many are in the group */
};

struct hy_regroup *hy_regroup_new(const struct hy_rules *rules)
{
    struct hy_regroup *r = hy_xcalloc(1, sizeof(*r));

    r->group = hy_group_new(rules);
    r->sources = hy_heat_base_new();
    return r;
}

static void event_release(struct event *e)
{
    if (e->owned)
        free((char *)e->text.p);
}

void hy_regroup_free(struct hy_regroup *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->events.n; i++)
        event_release(&r->events.v[i]);
    hy_vec_release(&r->events);
    hy_group_free(r->group);
    hy_heat_base_free(r->sources);
    free(r);
}

static bool is_entry(const json_t *entry, enum hy_entry type)
{
    return hy_str_is(hy_json_str(entry, "type"), hy_entry_name[type]);
}

static const json_t *first_found(const json_t *data)
{
    return json_array_get(json_object_get(json_object_get(data, "put"), "found"), 0);
}

/* What a person took out of an incident goes where he put it, and stays apart. */
static void move_items(struct hy_regroup *r, const char *from, const char *into,
                       const json_t *moved)
{
    size_t i;
    json_t *row;

    json_array_foreach (moved, i, row) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(row, "id"));
        if (json_is_object(json_object_get(row, "trace")))
            hy_group_move(r->group, from, into, id, json_object_get(row, "trace"));
    }
}

static void feed(struct hy_regroup *r, const json_t *entry)
{
    const json_t *data = json_object_get(entry, "data"), *item = json_object_get(data, "item");
    const json_t *trace = json_object_get(item, "trace"), *args = json_object_get(data, "args");
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(entry, "incident"));
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(item, "id"));
    HY_CLEANUP(hy_freep) char *from = hy_str_dup(hy_json_str(args, "from"));
    HY_CLEANUP(hy_freep) char *parent = hy_str_dup(hy_json_str(args, "split_from"));
    HY_CLEANUP(hy_freep) char *notice = hy_str_dup(hy_json_str(first_found(data), "item"));
    HY_CLEANUP(hy_freep)
    char *previous = hy_str_dup(hy_json_str(json_object_get(data, "set"), "previous"));

    if (*previous) /* what comes now belongs to the new incident */
        hy_group_forget(r->group, previous);
    if (is_entry(entry, HY_ENTRY_ITEM) && json_is_object(trace))
        hy_group_join(r->group, incident, id, trace);
    if (is_entry(entry, HY_ENTRY_ITEM) && hy_json_str(item, "source").n)
        hy_heat_base_add(r->sources, hy_json_str(item, "source"), hy_json_time(entry, "at"));
    if (is_entry(entry, HY_ENTRY_FOUND) && json_is_object(trace))
        hy_group_noticed(r->group, incident, id, trace);
    if (is_entry(entry, HY_ENTRY_REJECT_FOUND))
        hy_group_refuse(r->group, incident, notice);
    if (is_entry(entry, HY_ENTRY_SPLIT) && *parent)
        move_items(r, parent, incident, json_object_get(data, "moved"));
    if (is_entry(entry, HY_ENTRY_MERGE) && *from)
        hy_group_merge(r->group, from, incident);
}

/* ---- what is kept ---- */

/* The entry with what feed() reads; NULL when that is nothing. */
static json_t *reduced(const json_t *entry)
{
    static const char *const frame[] = {"at", "incident", "type", NULL};
    static const struct {
        const char *member;
        const char *keys[4];
    } parts[] = {{"args", {"from", "split_from"}},
                 {"item", {"id", "source", "trace"}},
                 {"put", {"found"}},
                 {"set", {"previous"}}};
    const json_t *data = json_object_get(entry, "data");
    bool matters = is_entry(entry, HY_ENTRY_ITEM) || is_entry(entry, HY_ENTRY_FOUND) ||
                   is_entry(entry, HY_ENTRY_REJECT_FOUND) ||
                   hy_json_str(json_object_get(data, "args"), "from").n ||
                   json_object_get(data, "moved") ||
                   hy_json_str(json_object_get(data, "set"), "previous").n;
    json_t *o, *kept;

    if (!matters)
        return NULL;
    o = hy_pick(entry, frame);
    kept = json_object();
    for (size_t i = 0; i < HY_COUNT(parts); i++)
        json_object_set_new(kept, parts[i].member,
                            hy_pick(json_object_get(data, parts[i].member), parts[i].keys));
    if (json_object_get(data, "moved"))
        json_object_set(kept, "moved", json_object_get(data, "moved"));
    json_object_set_new(o, "data", kept);
    return o;
}

void hy_regroup_note(struct hy_regroup *r, const json_t *entry)
{
    HY_CLEANUP(hy_json_freep) json_t *kept = reduced(entry);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (kept == NULL)
        return;
    hy_json_write(kept, &b);
    if (r->warm == r->events.n) { /* else it waits behind the others */
        feed(r, kept);
        r->warm++;
    }
    hy_vec_push(&r->events, (struct event){hy_buf_view(&b), true, hy_json_int(entry, "seq", 0)});
}

bool hy_regroup_warm(struct hy_regroup *r, size_t n)
{
    for (; r->warm < r->events.n && n > 0; n--, r->warm++) {
        HY_CLEANUP(hy_json_freep) json_t *event = NULL;
        struct hy_err err = HY_ERR_INIT;
        if (hy_json_parse(r->events.v[r->warm].text, &event, &err) == HY_OK)
            feed(r, event);
    }
    return r->warm == r->events.n;
}

struct hy_group *hy_regroup_group(struct hy_regroup *r)
{
    if (r->warm < r->events.n)
        hy_bug("grouping is asked before it remembers");
    return r->group;
}

const struct hy_heat_base *hy_regroup_sources(const struct hy_regroup *r)
{
    return r->sources;
}

void hy_regroup_trim(struct hy_regroup *r, bool (*is_open)(struct hy_str incident, void *user),
                     void *user)
{
    size_t kept = 0, n = r->events.n;

    if (n <= TRIM_AT || r->warm < n)
        return;
    for (size_t i = 0; i < n; i++) {
        struct event *e = &r->events.v[i];
        if (n - i > KEPT && !is_open(hy_json_peek_str(e->text, HY_STR("incident")), user))
            event_release(e);
        else
            r->events.v[kept++] = *e;
    }
    r->events.n = r->warm = kept;
}

size_t hy_regroup_count(const struct hy_regroup *r)
{
    return r->events.n;
}

struct hy_str hy_regroup_text(const struct hy_regroup *r, size_t i, int64_t *ret_seq)
{
    *ret_seq = r->events.v[i].seq;
    return r->events.v[i].text;
}

void hy_regroup_put(struct hy_regroup *r, struct hy_str text, int64_t seq)
{
    hy_vec_push(&r->events, (struct event){text, false, seq});
}
