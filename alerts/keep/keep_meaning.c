/* SPDX-License-Identifier: Apache-2.0 */
/* What entries of the journal mean for Redis: the stream, items, notices and the live feed, then the
 * documents they touched with their timers, and the head. */
#include "alerts/keep/keep.h"
#include "alerts/decide/risk.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_CLOCK 9000000000000000LL /* as a score, behind every time; Redis counts exactly to 2^53 */

/* ---- entries ---- */

static void add_notice(struct hy_ops *ops, const struct hy_keep *k, const json_t *notice, bool live)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(notice);
    HY_CLEANUP(hy_buf_release) struct hy_buf to = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *person;

    hy_ops_begin(ops, 5);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "notices", HY_NO_ID);
    hy_ops_arg(ops, HY_STR("*"));
    hy_ops_arg(ops, HY_STR("notice"));
    hy_ops_arg(ops, hy_str(text));
    if (!live)
        return;
    json_array_foreach (json_object_get(notice, "to"), i, person)
        hy_buf_printf(&to, "%s%s", i ? "," : "", json_string_value(person));
    hy_ops_feed(ops, k, "notice", hy_str(text), hy_buf_view(&to));
}

static void add_item(struct hy_ops *ops, const struct hy_keep *k, const json_t *item)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(item);

    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, HY_STR("SET"));
    hy_ops_key(ops, k, "item", hy_json_str(item, "id"));
    hy_ops_arg(ops, hy_str(text));
}

/* What the keeper says about itself; the state of the chain is for verifiers, not for the board. */
static void add_keeper(struct hy_ops *ops, const struct hy_keep *k, const json_t *args)
{
    HY_CLEANUP(hy_freep) char *text = NULL;

    if (hy_str_is(hy_json_str(args, "event"), "state"))
        return;
    text = hy_json_text(args);
    hy_ops_feed(ops, k, "keeper", hy_str(text), hy_str(""));
}

static void add_entry(struct hy_ops *ops, const struct hy_keep *k, const json_t *entry,
                      struct hy_str line, bool live)
{
    const json_t *data = json_object_get(entry, "data"), *item = json_object_get(data, "item"),
                 *notice = json_object_get(data, "notice");
    char id[32];

    snprintf(id, sizeof(id), "%lld-0", (long long)hy_json_int(entry, "seq", 0));
    hy_ops_begin(ops, 5);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "journal", HY_NO_ID);
    hy_ops_arg(ops, hy_str(id));
    hy_ops_arg(ops, HY_STR("e"));
    hy_ops_arg(ops, line);
    if (item)
        add_item(ops, k, item);
    if (notice)
        add_notice(ops, k, notice, live);
    if (live && hy_str_is(hy_json_str(entry, "type"), "keeper"))
        add_keeper(ops, k, json_object_get(data, "args"));
}

/* ---- timers ---- */

static const struct hy_pending *pending_of(const struct hy_pendings *list, const char *member)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].member, member) == 0)
            return &list->v[i];
    return NULL;
}

void hy_ops_timers(struct hy_ops *ops, struct hy_keep *k, struct hy_str id, bool anew)
{
    struct hy_given *had = hy_state_given(k->state, id);
    struct hy_pendings now = {0};

    if (had == NULL)
        return;
    hy_pendings_of(hy_state_incident(k->state, id), &now);
    for (size_t i = 0; i < had->timers.n; i++)
        if (pending_of(&now, had->timers.v[i].member) == NULL)
            hy_ops_timer_gone(ops, hy_str(had->timers.v[i].member));
    for (size_t i = 0; i < now.n; i++) {
        const struct hy_pending *old = anew ? NULL : pending_of(&had->timers, now.v[i].member);
        if (old == NULL || old->due.ms != now.v[i].due.ms)
            hy_ops_timer_due(ops, &now.v[i]);
    }
    hy_pendings_release(&had->timers);
    had->timers = now;
}

/* ---- documents ---- */

static void list_document(struct hy_ops *ops, const struct hy_keep *k, struct hy_str id,
                          const json_t *doc, bool open)
{
    enum hy_doc_kind what = hy_doc_kind_of(doc);

    hy_ops_begin(ops, 4);
    hy_ops_arg(ops, HY_STR("ZADD"));
    hy_ops_key(ops, k, hy_doc_index[what], HY_NO_ID);
    hy_ops_int(ops, hy_json_time(doc, "opened").ms);
    hy_ops_arg(ops, id);
    if (what != HY_DOC_INCIDENT)
        return;
    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, open ? HY_STR("SADD") : HY_STR("SREM"));
    hy_ops_key(ops, k, "open", HY_NO_ID);
    hy_ops_arg(ops, id);
}

/* What analyzers have to look for (analyzer/lookout.h); it goes when the assessment is over. */
static void add_lookout(struct hy_ops *ops, const struct hy_keep *k, struct hy_str id,
                        const json_t *doc)
{
    HY_CLEANUP(hy_json_freep) json_t *lookout = hy_risk_lookout(doc);
    HY_CLEANUP(hy_freep) char *text = lookout ? hy_json_text(lookout) : NULL;

    hy_ops_begin(ops, text ? 4 : 3);
    hy_ops_arg(ops, text ? HY_STR("HSET") : HY_STR("HDEL"));
    hy_ops_key(ops, k, "lookouts", HY_NO_ID);
    hy_ops_arg(ops, id);
    if (text)
        hy_ops_arg(ops, hy_str(text));
}

/* The open cases in the order of their deadlines: lists of tens of thousands are read in pages.  What
 * has no running clock comes behind, newest first. */
static void list_case(struct hy_ops *ops, const struct hy_keep *k, struct hy_str id,
                      const json_t *doc, bool open)
{
    const json_t *next = hy_nearest_clock(doc);
    hy_wall due = next ? hy_json_time(next, "due") : HY_WALL_NONE;

    hy_ops_begin(ops, open ? 4 : 3);
    hy_ops_arg(ops, open ? HY_STR("ZADD") : HY_STR("ZREM"));
    hy_ops_key(ops, k, "cases:due", HY_NO_ID);
    if (open)
        hy_ops_int(ops, hy_wall_known(due) ? due.ms : NO_CLOCK - hy_json_time(doc, "opened").ms);
    hy_ops_arg(ops, id);
}

void hy_ops_document(struct hy_ops *ops, struct hy_keep *k, struct hy_str id, bool live, bool anew)
{
    const json_t *doc = hy_state_incident(k->state, id);
    struct hy_given *had = hy_state_given(k->state, id);
    struct hy_str text = hy_state_text(k->state, id);
    int open = hy_state_is_open(k->state, id);

    hy_ops_begin(ops, 3);
    hy_ops_arg(ops, HY_STR("SET"));
    hy_ops_key(ops, k, "incident", id);
    hy_ops_arg(ops, text);
    if (anew || had->open != open)
        list_document(ops, k, id, doc, open);
    had->open = open;
    if (hy_doc_kind_of(doc) == HY_DOC_CASE)
        list_case(ops, k, id, doc, open);
    if (hy_doc_kind_of(doc) == HY_DOC_RISK)
        add_lookout(ops, k, id, doc);
    hy_ops_timers(ops, k, id, anew);
    if (live)
        hy_ops_feed(ops, k, hy_doc_name[hy_doc_kind_of(doc)], id, hy_str(""));
}

void hy_ops_entries(struct hy_ops *ops, struct hy_keep *k, const json_t *entries,
                    struct hy_str lines, int64_t live_from, bool anew)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *touched = hy_map_new(NULL); /* id -> its last entry */
    size_t n = json_array_size(entries);
    struct hy_str id, line = {0}, rest = lines;
    size_t i;
    json_t *e;

    json_array_foreach (entries, i, e) {
        hy_str_cut(&rest, '\n', &line);
        add_entry(ops, k, e, line, hy_json_time(e, "at").ms >= live_from);
        id = hy_json_str(e, "incident");
        if (id.n)
            hy_map_set(touched, id, e);
    }
    json_array_foreach (entries, i, e) { /* in their order, so that the same inputs give the same */
        id = hy_json_str(e, "incident");
        if (id.n == 0 || hy_map_get(touched, id) != e)
            continue;
        int64_t version = hy_json_int(hy_state_incident(k->state, id), "version", 0);
        if (!anew || version == hy_json_int(e, "seq", 0))
            hy_ops_document(ops, k, id, hy_json_time(e, "at").ms >= live_from, anew);
    }
    if (n == 0)
        return;
    ops->head.seq = hy_json_int(json_array_get(entries, n - 1), "seq", 0);
    snprintf(ops->head.hash, sizeof(ops->head.hash), HY_STR_FMT, HY_STR_ARG(hy_journal_hash(line)));
}
