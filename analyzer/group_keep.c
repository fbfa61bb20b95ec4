/* SPDX-License-Identifier: Apache-2.0 */
/* What grouping holds: members in slots, the incidents they belong to, the indexes that find them,
 * and the budget of memory for which whole silent incidents are forgotten. */
#include "analyzer/group_parts.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLACK_KEYS = 100000, /* stale index entries that are not worth building it anew */
    ALLOCATION = 16,     /* what malloc adds */
};

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

void group_free_member(struct member *m)
{
    free(m->t);
    free(m->item);
    free(m);
}

void group_unlink(struct hy_group *g, uint32_t slot)
{
    struct member *m = g->members.v[slot];

    g->bytes -= member_bytes(m);
    g->live_keys -= keys_of(m->t);
    group_free_member(m);
    g->members.v[slot] = NULL;
    hy_vec_push(&g->free_slots, slot);
}

/* ---- incidents ---- */

void group_incident_free(void *p)
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

struct incident *group_incident(struct hy_group *g, const char *id)
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

void group_drop(struct hy_group *g, struct incident *x)
{
    for (size_t i = 0; i < x->members.n; i++)
        group_unlink(g, x->members.v[i]);
    hy_map_remove(g->incidents, hy_str(x->id));
}

void group_set_seen(struct hy_group *g, size_t seen)
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
    group_set_seen(g, g->seen / 2);
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
        group_drop(g, all.v[i]);
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

/* ---- an incident's members ---- */

void group_keep_member(struct hy_group *g, struct incident *x, uint32_t slot)
{
    size_t out = FIRST_KEPT;

    hy_vec_push(&x->members, slot);
    if (x->members.n <= FIRST_KEPT + LAST_KEPT)
        return;
    while (out + 1 < x->members.n && g->members.v[x->members.v[out]]->pinned)
        out++;
    group_unlink(g, x->members.v[out]);
    memmove(&x->members.v[out], &x->members.v[out + 1],
            (x->members.n - out - 1) * sizeof(*x->members.v));
    x->members.n--;
}

void group_note_times(struct incident *x, hy_wall at)
{
    if (!hy_wall_known(at))
        return;
    if (!hy_wall_known(x->first) || at.ms < x->first.ms)
        x->first = at;
    if (at.ms > x->last.ms)
        x->last = at;
}

void group_add_member(struct hy_group *g, struct incident *x, const char *item_id,
                      const struct hy_trace *t, bool pinned)
{
    struct member *m = hy_xcalloc(1, sizeof(*m));

    m->t = hy_trace_keep(t);
    m->item = hy_xstrdup(item_id);
    m->of = x;
    m->pinned = pinned;
    x->real = x->real || hy_is_emergency(t);
    x->unreal = x->unreal || hy_is_unreal_event(t);
    group_keep_member(g, x, link_member(g, m));
    keep_budget(g);
}
