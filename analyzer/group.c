/* SPDX-License-Identifier: Apache-2.0 */
/* Grouping as its callers see it: an item is placed, joins, is forgotten.  What is held within
 * which budget stands in group_keep.c, what people said in group_said.c, what resembles what in
 * group_similar.c, answers in group_answer.c. */
#include "analyzer/group_parts.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

#define TOPIC_AT 0.092 /* cosine from which two texts have one topic, whatever their length */

void hy_group_join(struct hy_group *g, const char *incident, const char *item_id,
                   const json_t *trace)
{
    struct incident *x = group_incident(g, incident);
    struct hy_trace_room room;
    struct hy_trace t;
    double r;

    hy_trace_parse(trace, &room, &t);
    x->items++;
    group_note_times(x, t.at);
    group_set_seen(g, g->seen + 1);
    for (size_t i = 0; i < t.n_terms; i++)
        hy_index_count(&g->terms, hy_term_hash(t.terms[i]));
    const struct member *same = group_find_reprint(g, &t, &r);
    if (same && same->of == x && r > 0.9) /* nothing new to compare with */
        return;
    group_add_member(g, x, item_id, &t, false);
}

void hy_group_forget(struct hy_group *g, const char *incident)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(incident));

    if (x)
        group_drop(g, x);
}

struct hy_group_verdict hy_group_place(struct hy_group *g, const json_t *trace, hy_wall now)
{
    struct hy_trace_room room;
    struct hy_trace t;
    double r, s;

    hy_trace_parse(trace, &room, &t);
    if (!hy_wall_known(t.at))
        t.at = now;
    struct member *m = group_find_reprint(g, &t, &r);
    if (m)
        return (struct hy_group_verdict){m->of->id, m->item, r, "reprint"};
    struct incident *x = group_find_series(g, &t);
    if (x)
        return (struct hy_group_verdict){x->id, NULL, 1, "series"};
    x = group_find_event(g, &t, &s);
    if (x)
        return (struct hy_group_verdict){x->id, NULL, s,
                                         t.emergency >= 50 ? "place+event" : "matter"};
    return (struct hy_group_verdict){NULL, NULL, s, "new"};
}

double hy_group_same(const json_t *trace_a, const json_t *trace_b, bool *ret_reprint)
{
    struct hy_trace_room room_a, room_b;
    struct hy_trace a, b;

    hy_trace_parse(trace_a, &room_a, &a);
    hy_trace_parse(trace_b, &room_b, &b);
    double r = hy_trace_resemblance(&a, &b);
    *ret_reprint = r >= HY_REPRINT_AT;
    if (*ret_reprint)
        return HY_MAX(r, 0.9);
    return 1 / (1 + exp(-(hy_trace_cosine(&a, &b) - TOPIC_AT) * 25));
}

/* ---- life cycle ---- */

struct hy_group *hy_group_new(const struct hy_rules *rules)
{
    struct hy_group *g = hy_xcalloc(1, sizeof(*g));

    g->rules = rules;
    g->budget = HY_GROUP_BUDGET;
    group_set_seen(g, 0);
    g->incidents = hy_map_new(group_incident_free);
    hy_index_init(&g->shingles, SHINGLE_POSTINGS);
    hy_index_init(&g->terms, TERM_POSTINGS);
    hy_index_init(&g->series, SERIES_POSTINGS);
    return g;
}

void hy_group_set_budget(struct hy_group *g, size_t bytes)
{
    g->budget = bytes;
}

void hy_group_free(struct hy_group *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.v[i])
            group_free_member(g->members.v[i]);
    hy_vec_release(&g->members);
    hy_vec_release(&g->free_slots);
    hy_vec_release(&g->dots);
    hy_vec_release(&g->touched);
    hy_index_release(&g->shingles);
    hy_index_release(&g->terms);
    hy_index_release(&g->series);
    hy_map_free(g->incidents);
    free(g);
}
