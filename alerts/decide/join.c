/* SPDX-License-Identifier: Apache-2.0 */
/* Two incidents become one, one becomes two.  The earliest start and the graver level win in a merge,
 * so that no clock is lost in it; in a split each child keeps the start.  Both are remembered by the grouping (hy_keep_regroup). */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- merge ---- */

static json_t *times_merged(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"occurred",  "first_public", "detected",
                                       "confirmed", "classified",   "suspected"};
    json_t *times = json_deep_copy(a);

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        hy_wall x = hy_json_time(a, keys[i]), y = hy_json_time(b, keys[i]);
        if (hy_wall_known(y) && (!hy_wall_known(x) || y.ms < x.ms))
            hy_json_set_time(times, keys[i], y, HY_CST);
    }
    return times;
}

/* The graver of two levels; 0: neither is known. */
static int64_t graver(int64_t a, int64_t b)
{
    return a == 0 ? b : b == 0 ? a : HY_MIN(a, b);
}

/* What was owed there is owed here: the kind, the level and the classes that ask for more win, so
 * that putting two together ends no clock.  Taking the level back is a decision of its own. */
static void take_gravity(const json_t *target, const json_t *from, json_t *times, json_t *set)
{
    int64_t had = hy_json_int(target, "level", 0), level = graver(had, hy_json_int(from, "level", 0));
    int64_t proposed = graver(hy_json_int(target, "level_proposed", 0),
                              hy_json_int(from, "level_proposed", 0));
    static const char *const classes[] = {"event_class", "event_type"};
    bool emergency = hy_str_is(hy_json_str(from, "kind"), "emergency");

    if (level != had) {
        hy_json_set_int(set, "level", level);
        json_object_set_new(set, "level_confirmed", json_true());
        json_object_set(times, "graded", json_object_get(json_object_get(from, "times"), "graded"));
        if (had)
            json_object_set_new(set, "upgraded", json_true());
    }
    if (proposed)
        hy_json_set_int(set, "level_proposed", proposed);
    if (emergency && !hy_str_is(hy_json_str(target, "kind"), "emergency")) {
        hy_json_set_str(set, "kind", HY_STR("emergency"));
        for (size_t i = 0; i < HY_COUNT(classes); i++)
            if (json_object_get(from, classes[i]))
                json_object_set(set, classes[i], json_object_get(from, classes[i]));
    }
    if (hy_str_is(hy_json_str(from, "alert"), "alert"))
        hy_json_set_str(set, "alert", HY_STR("alert"));
}

static void take_classes(const json_t *target, const json_t *from, json_t *set)
{
    json_t *list = json_deep_copy(json_object_get(target, "disposition")), *class, *had;
    size_t i, k;

    if (list == NULL)
        list = json_array();
    json_array_foreach (json_object_get(from, "disposition"), i, class) {
        bool there = false;
        json_array_foreach (list, k, had)
            there |= json_equal(class, had);
        if (!there)
            json_array_append(list, class);
    }
    json_object_set_new(set, "disposition", list);
}

/* Who answers for it there goes on to do so where nobody does here. */
static void take_lead(const json_t *target, const json_t *from, json_t *set)
{
    const json_t *here = json_object_get(target, "units"), *there = json_object_get(from, "units");

    if (json_is_object(json_object_get(there, "lead")) &&
        !json_is_object(json_object_get(here, "lead")))
        json_object_set(set, "units", (json_t *)there);
}

/* What was answered there is answered here, under ids of this incident. */
static void take_responses(const json_t *target, const json_t *from, json_t *put)
{
    size_t n = json_array_size(json_object_get(target, "responses")), i;
    struct hy_str id = hy_json_str(from, "id");
    json_t *r;

    json_array_foreach (json_object_get(from, "responses"), i, r) {
        json_t *copy = json_deep_copy(r);
        char row[32];
        snprintf(row, sizeof(row), "R%zu", ++n);
        hy_json_set_str(copy, "id", hy_str(row));
        hy_json_set_str(copy, "merged_from", id);
        json_object_set_new(copy, "clocks", json_array()); /* the clocks are others here */
        hy_put_more(put, "responses", copy);
    }
}

static void leave(struct hy_work *w, struct hy_str into)
{
    json_t *set = hy_touched(w), *put = json_object();

    hy_move_stage(w, set, put, w->move->to);
    hy_json_set_str(set, "merged_into", into);
    hy_act(w, HY_ENTRY_MERGE, set, put);
    hy_clocks_stop(w->d, w->incident, "并案");
    w->doc = hy_state_incident(w->d->state, w->incident);
}

/* Do clocks run of it?  A quiet one has none before it is confirmed. */
static bool runs(const json_t *doc)
{
    return json_array_size(json_object_get(doc, "obligations")) > 0;
}

/* Who puts them together works on both: he has seen this one too. */
static void take_over(struct hy_work *w, const json_t *from, struct hy_str into)
{
    const json_t *target = hy_state_incident(w->d->state, into);
    HY_CLEANUP(hy_json_freep) json_t *args = json_object();
    struct hy_work t = *w;

    t.doc = target;
    t.incident = into;
    t.args = args;
    hy_json_set_str(args, "from", hy_json_str(from, "id"));
    json_t *set = hy_touched(&t), *put = json_object();
    json_t *times = times_merged(json_object_get(target, "times"), json_object_get(from, "times"));
    take_gravity(target, from, times, set);
    take_classes(target, from, set);
    take_lead(target, from, set);
    json_object_set_new(set, "times", times);
    hy_json_set_int(set, "reprints",
                    hy_json_int(target, "reprints", 0) + hy_json_int(from, "reprints", 0));
    json_object_set_new(put, "items", json_deep_copy(json_object_get(from, "items")));
    take_responses(target, from, put);
    bool ran = runs(target), other_ran = runs(from);
    bool graver_now = json_object_get(set, "upgraded") != NULL;
    hy_act(&t, HY_ENTRY_MERGE, set, put);
    if (graver_now)
        hy_clocks_regrade(w->d, into, "并案", true);
    else if (ran)
        hy_clocks_renew(w->d, into, "并案");
    else if (other_ran)
        hy_clocks_refresh(w->d, into, "并案");
    w->hints = t.hints;
}

int hy_do_merge(struct hy_work *w)
{
    struct hy_str into;
    const json_t *target;

    if (hy_need_text(w, "into", "并入的事件", &into) < 0)
        return HY_E_STATE;
    target = hy_state_incident(w->d->state, into);
    if (target == NULL || hy_doc_kind_of(target) != HY_DOC_INCIDENT)
        return hy_refuse(w, "not_found", "into", "没有要并入的事件");
    if (hy_str_eq(into, w->incident))
        return hy_refuse(w, "invalid", "into", "不能并入自己");
    if (!hy_incident_is_open(target))
        return hy_refuse(w, "state", "into", "要并入的事件已经结束");
    HY_CLEANUP(hy_json_freep) json_t *from = json_deep_copy(w->doc); /* as it was before it ended */
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(into);
    leave(w, hy_str(id));
    take_over(w, from, hy_str(id));
    return HY_OK;
}

/* ---- split ---- */

static bool is_named(const json_t *ids, const json_t *item)
{
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id)
        if (hy_str_is(hy_json_str(item, "id"), json_string_value(id)))
            return true;
    return false;
}

/* The items of the document that are named (or are not). */
static json_t *items_of(const json_t *doc, const json_t *ids, bool named)
{
    json_t *list = json_array(), *item;
    size_t i;

    json_array_foreach (json_object_get(doc, "items"), i, item)
        if (is_named(ids, item) == named)
            json_array_append_new(list, json_deep_copy(item));
    return list;
}

static hy_wall earliest_of(const json_t *items)
{
    hy_wall first = HY_WALL_NONE;
    size_t i;
    json_t *item;

    json_array_foreach (items, i, item) {
        hy_wall t = hy_json_time(item, "published");
        if (hy_wall_known(t) && (!hy_wall_known(first) || t.ms < first.ms))
            first = t;
    }
    return first;
}

/* The new incident: what the old one is, without what was done about it.  It keeps the start. */
static json_t *child_of(const struct hy_work *w, const json_t *items)
{
    static const char *const inherited[] = {
        "kind",           "drill",           "event_class",  "event_type", "level",
        "level_proposed", "level_confirmed", "topics",       "places",     "units",
        "facts",          "score",           "alert",        "stance",     "times",
        "packs",          "upgraded",        "rules_version",   "occurred_proposed"};
    static const char *const lists[] = {"items",      "obligations", "found",
                                        "notices",    "notes",       "responses",
                                        "escalation", "disposition", "history"};
    static const char *const nulls[] = {"ack", "closed", "merged_into"};
    struct hy_str title = hy_str_trim(hy_json_str(w->args, "title"));
    json_t *doc = json_object();

    for (size_t i = 0; i < HY_COUNT(inherited); i++)
        if (json_object_get(w->doc, inherited[i]))
            json_object_set_new(doc, inherited[i],
                                json_deep_copy(json_object_get(w->doc, inherited[i])));
    for (size_t i = 0; i < HY_COUNT(lists); i++)
        json_object_set_new(doc, lists[i], json_array());
    for (size_t i = 0; i < HY_COUNT(nulls); i++)
        json_object_set_new(doc, nulls[i], json_null());
    hy_json_set_str(doc, "title", title.n ? title : hy_json_str(json_array_get(items, 0), "title"));
    hy_json_set_str(doc, "state", HY_STR("triaged"));
    hy_json_set_str(doc, "split_from", w->incident);
    hy_json_set_int(doc, "reprints", 0);
    json_object_set_new(doc, "opened", hy_now_json(w->d));
    json_object_set_new(doc, "last_item", hy_now_json(w->d));
    return doc;
}

/* {"args":{..,"split_from"},"put":{"items"},"moved":[{"id","trace"}]} of the child: the traces let
 * the grouping follow, now and when the journal is read again. */
static void give_items(struct hy_work *w, struct hy_str child, json_t *items)
{
    json_t *args = json_deep_copy(w->args), *put = json_object(), *moved = json_array(), *item;
    json_t *data;
    size_t i;

    hy_json_set_str(args, "split_from", w->incident);
    json_array_foreach (items, i, item) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(item, "id"));
        json_t *trace = json_object_get(w->d->traces, id);
        json_t *row = json_pack("{s:s,s:O}", "id", id, "trace", trace ? trace : json_null());
        json_array_append_new(moved, row);
    }
    json_object_set_new(put, "items", items);
    data = hy_entry_data(args, NULL, put);
    json_object_set_new(data, "moved", moved);
    hy_emit(w->d, HY_ENTRY_SPLIT, child, data);
}

static void keep_rest(struct hy_work *w, struct hy_str child, json_t *rest)
{
    json_t *set = hy_touched(w), *row = hy_signed(w);

    json_object_set_new(set, "items", rest);
    hy_json_set_str(row, "id", child);
    hy_act(w, HY_ENTRY_SPLIT, set, hy_put_one("splits", row));
}

int hy_do_split(struct hy_work *w)
{
    const json_t *ids = json_object_get(w->args, "items");
    struct hy_str reason;
    size_t all = json_array_size(json_object_get(w->doc, "items"));

    if (hy_need_text(w, "reason", "拆分的理由", &reason) < 0)
        return HY_E_STATE;
    HY_CLEANUP(hy_json_freep) json_t *items = items_of(w->doc, ids, true);
    if (json_array_size(items) == 0)
        return hy_refuse(w, "invalid", "items", "请选择要拆出去的报道");
    if (json_array_size(items) == all)
        return hy_refuse(w, "invalid", "items", "不能把全部报道都拆出去，至少留一篇");
    bool ran = json_array_size(json_object_get(w->doc, "obligations")) > 0;
    hy_wall first = earliest_of(items);
    json_t *doc = child_of(w, items);
    if (hy_wall_known(first)) /* its own first publication is known to be at least as late */
        hy_json_set_time(doc, "first_own", first, HY_CST);
    hy_state_next_id(w->d->state, 'I', w->d->now, w->opened);
    json_t *rest = items_of(w->doc, ids, false);
    hy_emit(w->d, HY_ENTRY_OPEN, hy_str(w->opened), hy_entry_data(NULL, doc, NULL));
    give_items(w, hy_str(w->opened), HY_TAKE(items));
    keep_rest(w, hy_str(w->opened), rest);
    if (ran) {
        hy_clocks_refresh(w->d, hy_str(w->opened), "拆分");
        hy_page(w->d, hy_str(w->opened));
    }
    return HY_OK;
}
