/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the traces of the items of open incidents, within a budget, and what people said about
 * them.  What resembles what is found in group_similar.c, answers in group_answer.c. */
#include "analyzer/group_parts.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLACK_KEYS = 100000, /* stale index entries that are not worth building it anew */
    ALLOCATION = 16,     /* what malloc adds */
    MAX_NOTICES = 16,
};

#define TOPIC_AT 0.092 /* cosine from which two texts have one topic, whatever their length */

/* ---- members ---- */

static size_t member_bytes(const struct member *m)
{
    return sizeof(*m) + hy_trace_bytes(m->t) + strlen(m->item) + 1 + 3 * ALLOCATION;
}

static void index_member(struct hy_group *g, uint32_t slot)
{
    const struct hy_trace *t = g->members.v[slot]->t;
    size_t ties;
    uint32_t border = group_telling_weight(t, &ties);

    for (size_t i = 0; i < HY_MIN(t->n_shingles, (size_t)SHINGLE_KEYS); i++)
        hy_index_add(&g->shingles, t->shingles[i], slot);
    for (size_t i = 0; i < t->n_terms; i++) {
        uint32_t w = hy_term_weight(t->terms[i]);
        if (w < border || (w == border && ties == 0))
            continue;
        ties -= w == border;
        hy_index_add(&g->terms, hy_term_hash(t->terms[i]), slot);
    }
    if (t->series)
        hy_index_add(&g->series, t->series, slot);
}

static size_t keys_of(const struct hy_trace *t)
{
    return HY_MIN(t->n_shingles, (size_t)SHINGLE_KEYS) + HY_MIN(t->n_terms, (size_t)TERM_KEYS);
}

static uint32_t link_member(struct hy_group *g, struct member *m)
{
    uint32_t slot;

    if (g->free_slots.n) {
        slot = g->free_slots.v[--g->free_slots.n];
        g->members.v[slot] = m;
    } else {
        slot = (uint32_t)g->members.n;
        hy_vec_push(&g->members, m);
        hy_vec_push(&g->dots, 0);
    }
    m->serial = ++g->serial;
    g->bytes += member_bytes(m);
    g->live_keys += keys_of(m->t);
    index_member(g, slot);
    return slot;
}

static void free_member(struct member *m)
{
    free(m->t);
    free(m->item);
    free(m);
}

static void unlink_member(struct hy_group *g, uint32_t slot)
{
    struct member *m = g->members.v[slot];

    g->bytes -= member_bytes(m);
    g->live_keys -= keys_of(m->t);
    free_member(m);
    g->members.v[slot] = NULL;
    hy_vec_push(&g->free_slots, slot);
}

/* ---- incidents ---- */

static void incident_free(void *p)
{
    struct incident *x = p;

    for (size_t i = 0; i < x->notices.n; i++) {
        free(x->notices.v[i].t);
        free(x->notices.v[i].item);
    }
    for (size_t i = 0; i < x->apart.n; i++)
        free(x->apart.v[i]);
    hy_vec_release(&x->notices);
    hy_vec_release(&x->apart);
    hy_vec_release(&x->members);
    free(x->id);
    free(x);
}

static struct incident *incident_of(struct hy_group *g, const char *id)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(id));

    if (x == NULL) {
        x = hy_xcalloc(1, sizeof(*x));
        x->id = hy_xstrdup(id);
        x->first = x->last = HY_WALL_NONE;
        hy_map_set(g->incidents, hy_str(id), x);
    }
    return x;
}

static void drop_incident(struct hy_group *g, struct incident *x)
{
    for (size_t i = 0; i < x->members.n; i++)
        unlink_member(g, x->members.v[i]);
    hy_map_remove(g->incidents, hy_str(x->id));
}

static void set_seen(struct hy_group *g, size_t seen)
{
    g->seen = seen;
    g->log_seen = log((double)seen + 50);
}

/* ---- the budget ---- */

static int by_serial(const void *a, const void *b)
{
    const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;

    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* Slots have changed: incidents and indexes learn the new ones. */
static void renumber(struct hy_group *g)
{
    struct hy_str id;
    void *p;

    for (size_t at = 0; hy_map_next(g->incidents, &at, &id, &p);)
        ((struct incident *)p)->members.n = 0;
    for (uint32_t slot = 0; slot < g->members.n; slot++) {
        hy_vec_push(&g->members.v[slot]->of->members, slot);
        index_member(g, slot);
    }
}

/* Most entries are stale: build the indexes anew, oldest members first, as they were built. */
static void reindex(struct hy_group *g)
{
    HY_VEC(struct member *) all = {0};

    hy_index_restart(&g->shingles);
    hy_index_restart(&g->terms);
    hy_index_restart(&g->series);
    set_seen(g, g->seen / 2);
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.v[i])
            hy_vec_push(&all, g->members.v[i]);
    if (all.n)
        qsort(all.v, all.n, sizeof(*all.v), by_serial);
    /* Slots follow age from now on, so that free ones are none. */
    g->free_slots.n = 0;
    for (size_t i = 0; i < g->members.n; i++)
        g->members.v[i] = i < all.n ? all.v[i] : NULL;
    g->members.n = all.n;
    g->dots.n = all.n;
    hy_vec_release(&all);
    renumber(g);
}

static int by_last(const void *a, const void *b)
{
    const struct incident *x = *(struct incident *const *)a, *y = *(struct incident *const *)b;

    return x->last.ms < y->last.ms ? -1 : x->last.ms > y->last.ms ? 1 : strcmp(x->id, y->id);
}

/* Forget whole incidents, longest silent first, a tenth of all at a time. */
static void forget_silent(struct hy_group *g)
{
    HY_VEC(struct incident *) all = {0};
    size_t aim = g->bytes / 10 * 9;
    struct hy_str id;
    void *x;

    for (size_t at = 0; hy_map_next(g->incidents, &at, &id, &x);)
        hy_vec_push(&all, x);
    if (all.n)
        qsort(all.v, all.n, sizeof(*all.v), by_last);
    for (size_t i = 0; i < all.n && g->bytes > aim; i++)
        drop_incident(g, all.v[i]);
    hy_vec_release(&all);
}

static void keep_budget(struct hy_group *g)
{
    while (hy_group_bytes(g) > g->budget && hy_map_count(g->incidents) > 0) {
        forget_silent(g);
        reindex(g);
    }
    if (g->terms.entries + g->shingles.entries > 2 * g->live_keys + SLACK_KEYS)
        reindex(g);
}

size_t hy_group_bytes(const struct hy_group *g)
{
    return g->bytes + hy_index_bytes(&g->shingles) + hy_index_bytes(&g->terms) +
           hy_index_bytes(&g->series) + g->members.n * (sizeof(*g->members.v) + sizeof(*g->dots.v));
}

/* ---- joining ---- */

/* The first members say what it was about, the latest where it went; what people put here stays. */
static void keep_member(struct hy_group *g, struct incident *x, uint32_t slot)
{
    size_t out = FIRST_KEPT;

    hy_vec_push(&x->members, slot);
    if (x->members.n <= FIRST_KEPT + LAST_KEPT)
        return;
    while (out + 1 < x->members.n && g->members.v[x->members.v[out]]->pinned)
        out++;
    unlink_member(g, x->members.v[out]);
    memmove(&x->members.v[out], &x->members.v[out + 1],
            (x->members.n - out - 1) * sizeof(*x->members.v));
    x->members.n--;
}

static void note_times(struct incident *x, hy_wall at)
{
    if (!hy_wall_known(at))
        return;
    if (!hy_wall_known(x->first) || at.ms < x->first.ms)
        x->first = at;
    if (at.ms > x->last.ms)
        x->last = at;
}

static void add_member(struct hy_group *g, struct incident *x, const char *item_id,
                       const struct hy_trace *t, bool pinned)
{
    struct member *m = hy_xcalloc(1, sizeof(*m));

    m->t = hy_trace_keep(t);
    m->item = hy_xstrdup(item_id);
    m->of = x;
    m->pinned = pinned;
    x->real = x->real || hy_is_emergency(t);
    x->unreal = x->unreal || hy_is_unreal_event(t);
    keep_member(g, x, link_member(g, m));
    keep_budget(g);
}

void hy_group_join(struct hy_group *g, const char *incident, const char *item_id,
                   const json_t *trace)
{
    struct incident *x = incident_of(g, incident);
    struct hy_trace_room room;
    struct hy_trace t;
    double r;

    hy_trace_parse(trace, &room, &t);
    x->items++;
    note_times(x, t.at);
    set_seen(g, g->seen + 1);
    for (size_t i = 0; i < t.n_terms; i++)
        hy_index_count(&g->terms, hy_term_hash(t.terms[i]));
    const struct member *same = group_find_reprint(g, &t, &r);
    if (same && same->of == x && r > 0.9) /* nothing new to compare with */
        return;
    add_member(g, x, item_id, &t, false);
}

void hy_group_forget(struct hy_group *g, const char *incident)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(incident));

    if (x)
        drop_incident(g, x);
}

/* ---- what people say ---- */

static void forget_apart(struct incident *x, const char *other)
{
    for (size_t i = 0; i < x->apart.n; i++)
        if (strcmp(x->apart.v[i], other) == 0) {
            free(x->apart.v[i]);
            x->apart.v[i--] = x->apart.v[--x->apart.n];
        }
}

static void set_apart(struct incident *a, struct incident *b)
{
    forget_apart(a, b->id);
    forget_apart(b, a->id);
    hy_vec_push(&a->apart, hy_xstrdup(b->id));
    hy_vec_push(&b->apart, hy_xstrdup(a->id));
}

void hy_group_merge(struct hy_group *g, const char *from, const char *into)
{
    struct incident *a = hy_map_get(g->incidents, hy_str(from)), *b;

    if (a == NULL || strcmp(from, into) == 0)
        return;
    b = incident_of(g, into);
    for (size_t i = 0; i < a->members.n; i++) {
        g->members.v[a->members.v[i]]->of = b;
        keep_member(g, b, a->members.v[i]);
    }
    for (size_t i = 0; i < a->notices.n; i++)
        hy_vec_push(&b->notices, a->notices.v[i]);
    b->items += a->items;
    b->real = b->real || a->real;
    b->unreal = b->unreal || a->unreal;
    note_times(b, a->first);
    note_times(b, a->last);
    forget_apart(b, from);
    a->members.n = a->notices.n = 0;
    hy_map_remove(g->incidents, hy_str(from));
}

static void refresh_kinds(const struct hy_group *g, struct incident *x)
{
    x->real = x->unreal = false;
    for (size_t i = 0; i < x->members.n; i++) {
        const struct hy_trace *t = g->members.v[x->members.v[i]]->t;
        x->real = x->real || hy_is_emergency(t);
        x->unreal = x->unreal || hy_is_unreal_event(t);
    }
}

/* Take the members of `x` out that repeat the text. */
static void take_out(struct hy_group *g, struct incident *x, const char *item_id,
                     const struct hy_trace *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->members.n; i++) {
        const struct member *m = g->members.v[x->members.v[i]];
        if (strcmp(m->item, item_id) == 0 || hy_trace_resemblance(m->t, t) >= HY_REPRINT_AT)
            unlink_member(g, x->members.v[i]);
        else
            x->members.v[kept++] = x->members.v[i];
    }
    x->members.n = kept;
    refresh_kinds(g, x);
}

void hy_group_move(struct hy_group *g, const char *from, const char *into, const char *item_id,
                   const json_t *trace)
{
    struct incident *a = incident_of(g, from), *b = incident_of(g, into);
    struct hy_trace_room room;
    struct hy_trace t;

    if (a == b)
        return;
    hy_trace_parse(trace, &room, &t);
    take_out(g, a, item_id, &t);
    set_apart(a, b);
    a->items -= a->items > 0;
    b->items++;
    note_times(b, t.at);
    add_member(g, b, item_id, &t, true);
}

static struct notice *notice_of(struct incident *x, const char *item_id)
{
    for (size_t i = 0; i < x->notices.n; i++)
        if (strcmp(x->notices.v[i].item, item_id) == 0)
            return &x->notices.v[i];
    return NULL;
}

void hy_group_noticed(struct hy_group *g, const char *incident, const char *item_id,
                      const json_t *trace)
{
    struct incident *x = incident_of(g, incident);
    struct notice *n = notice_of(x, item_id);
    struct hy_trace_room room;
    struct hy_trace t;

    hy_trace_parse(trace, &room, &t);
    if (n == NULL && x->notices.n < MAX_NOTICES) {
        hy_vec_push(&x->notices, (struct notice){.item = hy_xstrdup(item_id)});
        n = &x->notices.v[x->notices.n - 1];
    }
    if (n) {
        free(n->t);
        n->t = hy_trace_keep(&t);
    }
}

void hy_group_refuse(struct hy_group *g, const char *incident, const char *item_id)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(incident));
    struct notice *n = x ? notice_of(x, item_id) : NULL;

    if (n)
        n->refused = true;
}

/* ---- placing ---- */

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
    set_seen(g, 0);
    g->incidents = hy_map_new(incident_free);
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
            free_member(g->members.v[i]);
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
