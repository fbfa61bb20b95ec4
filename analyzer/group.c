/* SPDX-License-Identifier: Apache-2.0 */
/* Holds traces of the items of open incidents and finds the incident a new item belongs to.
 *
 * Reprints first: candidates share one of their smallest shingles (two texts of resemblance .6 miss
 * each other with probability .4^8), the sketch decides.  Then the same event: candidates share
 * telling terms; terms weigh less the more items of the stream have them; place, type and time of
 * the event raise or forbid a union.
 *
 * Memory is bounded: an incident keeps its first and its latest members, reprints keep none, and
 * above MAX_MEMBERS the incidents that have been silent longest are forgotten. */
#include "analyzer/group.h"

#include "analyzer/trace.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_MEMBERS = 60000,
    FIRST_KEPT = 12, /* members of an incident: its first ... */
    LAST_KEPT = 24,  /* ... and its latest */
    SHINGLE_KEYS = 8,
    MAX_POSTINGS = 4000, /* a term that more items have tells nothing */
    MAX_SHINGLE_POSTINGS = 200,
    TOP = 48, /* candidates whose similarity is computed exactly */
};
#define REPRINT_AT 0.62
#define SAME_AT 0.5
#define SUPPORT_FROM 0.5
#define YOUNG 50.0
#define YOUNG_MORE 0.05
#define MATTER_AT 0.185 /* cosine from which two messages are about one matter */

struct incident;
struct member {
    struct hy_trace t;
    char *item;
    struct incident *of; /* NULL: slot is free */
    double norm;         /* of the weighted terms, at `norm_at` items */
    size_t norm_at;
};

struct incident {
    char *id;
    HY_VEC(uint32_t) members;
    hy_wall last;
    size_t items;
    bool real, unreal; /* holds an emergency; holds a drill, story, memory or rule of one */
};

struct posting {
    uint32_t key; /* 0: free */
    uint32_t df;
    HY_VEC(uint32_t) v;
};
struct index {
    struct posting *p;
    size_t mask, used;
};

struct hy_group {
    HY_VEC(struct member *) members; /* by slot; NULL: free */
    HY_VEC(uint32_t) free_slots;
    struct index shingles, terms;
    struct hy_map *incidents; /* id -> struct incident */
    size_t seen;              /* items counted in the df of terms */
    HY_VEC(float) dots;       /* scratch by slot */
    HY_VEC(uint32_t) touched;
};

/* ---- index ---- */

static struct posting *posting_of(const struct index *x, uint32_t key)
{
    size_t i = (size_t)(key * UINT32_C(0x9E3779B1)) & x->mask;

    while (x->p[i].key && x->p[i].key != key)
        i = (i + 1) & x->mask;
    return &x->p[i];
}

static void index_grow(struct index *x)
{
    struct posting *old = x->p;
    size_t n = x->p ? x->mask + 1 : 0;

    x->mask = n ? n * 2 - 1 : 4095;
    x->p = hy_xcalloc(x->mask + 1, sizeof(*x->p));
    for (size_t i = 0; i < n; i++)
        if (old[i].key)
            *posting_of(x, old[i].key) = old[i];
    free(old);
}

static struct posting *posting_new(struct index *x, uint32_t hash)
{
    uint32_t key = hash + 1;

    if (x->p == NULL || x->used * 2 > x->mask)
        index_grow(x);
    struct posting *p = posting_of(x, key);
    if (p->key == 0) {
        p->key = key;
        x->used++;
    }
    return p;
}

static const struct posting *posting_find(const struct index *x, uint32_t hash)
{
    const struct posting *p = x->p ? posting_of(x, hash + 1) : NULL;

    return p && p->key ? p : NULL;
}

static void index_drop(struct index *x, uint32_t hash, uint32_t slot)
{
    struct posting *p = x->p ? posting_of(x, hash + 1) : NULL;

    for (size_t i = 0; p && p->key && i < p->v.n; i++)
        if (p->v.v[i] == slot) {
            p->v.v[i] = p->v.v[--p->v.n];
            return;
        }
}

static void index_free(struct index *x)
{
    for (size_t i = 0; x->p && i <= x->mask; i++)
        hy_vec_release(&x->p[i].v);
    free(x->p);
}

/* ---- members ---- */

static size_t shingle_keys(const struct hy_trace *t)
{
    return HY_MIN(t->n_shingles, (size_t)SHINGLE_KEYS);
}

static void unlink_member(struct hy_group *g, uint32_t slot)
{
    struct member *m = g->members.v[slot];

    for (size_t i = 0; i < shingle_keys(&m->t); i++)
        index_drop(&g->shingles, m->t.shingles[i], slot);
    for (size_t i = 0; i < m->t.n_terms; i++)
        index_drop(&g->terms, m->t.terms[i].hash, slot);
    free(m->item);
    free(m);
    g->members.v[slot] = NULL;
    hy_vec_push(&g->free_slots, slot);
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
    for (size_t i = 0; i < shingle_keys(&m->t); i++)
        hy_vec_push(&posting_new(&g->shingles, m->t.shingles[i])->v, slot);
    for (size_t i = 0; i < m->t.n_terms; i++)
        hy_vec_push(&posting_new(&g->terms, m->t.terms[i].hash)->v, slot);
    return slot;
}

static void incident_free(void *p)
{
    struct incident *x = p;

    free(x->id);
    hy_vec_release(&x->members);
    free(x);
}

static void drop_incident(struct hy_group *g, struct incident *x)
{
    for (size_t i = 0; i < x->members.n; i++)
        unlink_member(g, x->members.v[i]);
    hy_map_remove(g->incidents, hy_str(x->id));
}

static size_t member_count(const struct hy_group *g)
{
    return g->members.n - g->free_slots.n;
}

/* Above the bound: forget whole incidents, longest silent first, a tenth at a time. */
static int by_last(const void *a, const void *b)
{
    const struct incident *x = *(struct incident *const *)a, *y = *(struct incident *const *)b;

    return x->last.ms < y->last.ms ? -1 : x->last.ms > y->last.ms ? 1 : strcmp(x->id, y->id);
}

static void shrink(struct hy_group *g)
{
    HY_VEC(struct incident *) all = {0};
    struct hy_str id;
    void *x;

    if (member_count(g) <= MAX_MEMBERS)
        return;
    for (size_t at = 0; hy_map_next(g->incidents, &at, &id, &x);)
        hy_vec_push(&all, x);
    qsort(all.v, all.n, sizeof(*all.v), by_last);
    for (size_t i = 0; i < all.n && member_count(g) > MAX_MEMBERS * 9 / 10; i++)
        drop_incident(g, all.v[i]);
    hy_vec_release(&all);
}

/* ---- similarity ---- */

static double idf(const struct hy_group *g, uint32_t hash)
{
    const struct posting *p = posting_find(&g->terms, hash);
    double df = p ? p->df : 0, n = (double)g->seen;

    /* Between 1 (never seen) and about .1 (everywhere); neutral while the stream is young. */
    return log((n + 50) / (df + 1)) / log(n + 50);
}

static double term_weight(const struct hy_group *g, const struct hy_trace_term *t)
{
    return t->weight * idf(g, t->hash);
}

static double norm_of(const struct hy_group *g, const struct hy_trace *t)
{
    double sum = 0;

    for (size_t i = 0; i < t->n_terms; i++) {
        double w = term_weight(g, &t->terms[i]);
        sum += w * w;
    }
    return sqrt(sum);
}

static double cosine(const struct hy_group *g, const struct hy_trace *a, double norm_a,
                     struct member *b)
{
    double dot = 0;
    size_t i = 0, k = 0;

    if (b->norm_at == 0 || g->seen > b->norm_at + b->norm_at / 8) {
        b->norm = norm_of(g, &b->t);
        b->norm_at = g->seen;
    }
    while (i < a->n_terms && k < b->t.n_terms) {
        if (a->terms[i].hash == b->t.terms[k].hash) {
            double f = idf(g, a->terms[i].hash);
            dot += f * f * a->terms[i++].weight * b->t.terms[k++].weight;
        } else if (a->terms[i].hash < b->t.terms[k].hash) {
            i++;
        } else {
            k++;
        }
    }
    return norm_a > 0 && b->norm > 0 ? dot / (norm_a * b->norm) : 0;
}

/* Places of both: 2 when one city or county fits the other, 1 when only provinces do, -1 when none
 * does, 0 when one of the two names none. */
static int place_fit(const struct hy_trace *a, const struct hy_trace *b)
{
    int best = a->n_places && b->n_places ? -1 : 0;

    for (size_t i = 0; i < a->n_places; i++)
        for (size_t k = 0; k < b->n_places; k++) {
            size_t n = HY_MIN(strlen(a->places[i]), strlen(b->places[k]));
            if (strncmp(a->places[i], b->places[k], n) == 0)
                best = HY_MAX(best, n > 2 ? 2 : 1);
        }
    return best;
}

static double days_between(hy_wall a, hy_wall b)
{
    if (!hy_wall_known(a) || !hy_wall_known(b))
        return 0;
    return fabs((double)(a.ms - b.ms)) / (double)HY_DAY_MS;
}

static bool is_emergency(const struct hy_trace *t)
{
    return t->emergency >= 50 && !t->unreal;
}

/* Pollution goes on for years, and those who complain of it cite the law and tell stories: of it,
 * only a drill is told apart. */
static bool is_unreal_event(const struct hy_trace *t)
{
    return t->event_type[0] && t->unreal &&
           (t->unreal == HY_UNREAL_DRILL || !strstr(t->event_type, "pollution"));
}

/* A drill of an explosion, a memory of one, a plan for one or a story about one has the words of
 * the explosion.  It is nobody's emergency, and what tells of one kind is none of the others. */
static bool may_meet(const struct hy_trace *a, const struct hy_trace *b)
{
    if (is_unreal_event(a) && is_unreal_event(b))
        return a->unreal == b->unreal;
    return !(is_unreal_event(a) && is_emergency(b)) && !(is_unreal_event(b) && is_emergency(a));
}

/* The same for a whole incident: no weak report in between may join what may not meet.  What people
 * have merged holds both, and takes both. */
static bool may_join(const struct incident *x, const struct hy_trace *t)
{
    if (x->real && x->unreal)
        return true;
    return !(is_emergency(t) && x->unreal) && !(is_unreal_event(t) && x->real);
}

/* From the cosine of the words to "one event", .5 being the border. */
static double same_event(const struct hy_group *g, const struct hy_trace *a,
                         const struct hy_trace *b, double cos)
{
    bool both = a->event_type[0] && b->event_type[0];
    bool type = both && strcmp(a->event_type, b->event_type) == 0;
    int place = place_fit(a, b);
    double days = days_between(a->at, b->at);
    size_t n = HY_MIN(a->n_terms, b->n_terms);
    bool urgent = a->emergency >= 50 || b->emergency >= 50;
    /* Titles alone share a fifth of their terms by chance. */
    double border = n >= 60 ? MATTER_AT : 0.34 - (0.34 - MATTER_AT) * (double)n / 60;

    if (urgent && type && place > 0 && days <= 7)
        border -= place > 1 ? 0.24 : 0.16;
    else if (urgent && type && place == 0 && days <= 3)
        border -= 0.12;
    if ((urgent || is_unreal_event(a)) && place < 0)
        border += 0.5;
    if (urgent && both && !type)
        border += 0.12;
    /* A poisoning does not join the county's complaint about wages: only words say they are one. */
    if (urgent && !both && (a->emergency < 20 || b->emergency < 20))
        border += 0.12;
    /* While little has been seen, words that everybody uses still weigh as if they told something;
     * an event of one type, place and time needs few words. */
    if (!(urgent && type))
        border += YOUNG_MORE * YOUNG / (YOUNG + (double)g->seen);
    /* Reports of one matter come in waves. */
    if (!urgent)
        border += days <= 10 ? -0.02 : days > 100 ? 0.03 : 0;
    /* A complaint may go on for years; an emergency does not, and two of a kind read alike. */
    if ((urgent && n < 60) || n < 30)
        border += days > 15 ? 0.35 : days > 7 ? 0.12 : 0;
    double x = (cos - border) * 8;
    return 1 / (1 + exp(-x));
}

/* ---- candidates ---- */

static struct member *find_reprint(struct hy_group *g, const struct hy_trace *t, double *ret)
{
    struct member *best = NULL;

    *ret = 0;
    for (size_t i = 0; i < shingle_keys(t); i++) {
        const struct posting *p = posting_find(&g->shingles, t->shingles[i]);
        size_t n = p ? p->v.n : 0;
        for (size_t k = n > MAX_SHINGLE_POSTINGS ? n - MAX_SHINGLE_POSTINGS : 0; k < n; k++) {
            struct member *m = g->members.v[p->v.v[k]];
            double r =
                may_meet(t, &m->t) && may_join(m->of, t) ? hy_trace_resemblance(t, &m->t) : 0;
            if (r > *ret || (best && r == *ret && strcmp(m->item, best->item) < 0)) {
                *ret = r;
                best = m;
            }
        }
    }
    return *ret >= REPRINT_AT ? best : NULL;
}

static void accumulate(struct hy_group *g, const struct hy_trace *t)
{
    g->touched.n = 0;
    for (size_t i = 0; i < t->n_terms; i++) {
        const struct posting *p = posting_find(&g->terms, t->terms[i].hash);
        if (p == NULL || p->v.n > MAX_POSTINGS)
            continue;
        double f = idf(g, t->terms[i].hash);
        float w = (float)(f * f * t->terms[i].weight);
        for (size_t k = 0; k < p->v.n; k++) {
            uint32_t slot = p->v.v[k];
            if (g->dots.v[slot] == 0)
                hy_vec_push(&g->touched, slot);
            g->dots.v[slot] += w;
        }
    }
}

/* The slots with the largest sums, at most TOP, best first; clears the sums. */
static size_t best_slots(struct hy_group *g, uint32_t out[TOP])
{
    float key[TOP];
    size_t n = 0;

    for (size_t i = 0; i < g->touched.n; i++) {
        uint32_t slot = g->touched.v[i];
        float d = g->dots.v[slot];
        g->dots.v[slot] = 0;
        if (n == TOP && d <= key[n - 1])
            continue;
        size_t k = n < TOP ? n++ : n - 1;
        for (; k > 0 && key[k - 1] < d; k--) {
            key[k] = key[k - 1];
            out[k] = out[k - 1];
        }
        key[k] = d;
        out[k] = slot;
    }
    return n;
}

/* What speaks for one incident: its most similar member decides whether the item may join, all of
 * them together which incident it is when there are several.  So a matter that fell into two parts
 * by chance grows on in one of them. */
struct support {
    struct incident *of;
    double best, sum;
};

static void add_support(struct support *all, size_t *n, struct incident *of, double s)
{
    size_t i = 0;

    while (i < *n && all[i].of != of)
        i++;
    if (i == *n)
        all[(*n)++] = (struct support){.of = of};
    all[i].best = HY_MAX(all[i].best, s);
    all[i].sum += HY_MAX(0.0, s - SUPPORT_FROM);
}

static struct incident *find_event(struct hy_group *g, const struct hy_trace *t, double *ret)
{
    uint32_t slots[TOP];
    struct support all[TOP];
    const struct support *best = NULL;
    size_t n_all = 0;
    double norm = norm_of(g, t);

    accumulate(g, t);
    size_t n = best_slots(g, slots);
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        struct member *m = g->members.v[slots[i]];
        if (may_meet(t, &m->t) && may_join(m->of, t))
            add_support(all, &n_all, m->of, same_event(g, t, &m->t, cosine(g, t, norm, m)));
    }
    for (size_t i = 0; i < n_all; i++) {
        *ret = HY_MAX(*ret, all[i].best);
        if (all[i].best >= SAME_AT && (best == NULL || all[i].sum > best->sum))
            best = &all[i];
    }
    if (best == NULL)
        return NULL;
    *ret = best->best;
    return best->of;
}

/* ---- public ---- */

struct hy_group *hy_group_new(const struct hy_rules *rules)
{
    struct hy_group *g = hy_xcalloc(1, sizeof(*g));

    (void)rules;
    g->incidents = hy_map_new(incident_free);
    return g;
}

void hy_group_free(struct hy_group *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->members.n; i++)
        if (g->members.v[i]) {
            free(g->members.v[i]->item);
            free(g->members.v[i]);
        }
    hy_vec_release(&g->members);
    hy_vec_release(&g->free_slots);
    hy_vec_release(&g->dots);
    hy_vec_release(&g->touched);
    index_free(&g->shingles);
    index_free(&g->terms);
    hy_map_free(g->incidents);
    free(g);
}

struct hy_group_verdict hy_group_place(struct hy_group *g, const json_t *trace, hy_wall now)
{
    struct hy_trace t;
    double r, s;

    hy_trace_parse(trace, &t);
    if (!hy_wall_known(t.at))
        t.at = now;
    struct member *m = find_reprint(g, &t, &r);
    if (m)
        return (struct hy_group_verdict){m->of->id, m->item, r, "reprint"};
    struct incident *x = find_event(g, &t, &s);
    if (x)
        return (struct hy_group_verdict){x->id, NULL, s,
                                         t.emergency >= 50 ? "place+event" : "matter"};
    return (struct hy_group_verdict){NULL, NULL, s, "new"};
}

static struct incident *incident_of(struct hy_group *g, const char *id)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(id));

    if (x == NULL) {
        x = hy_xcalloc(1, sizeof(*x));
        x->id = hy_xstrdup(id);
        x->last = (hy_wall){INT64_MIN + 1};
        hy_map_set(g->incidents, hy_str(id), x);
    }
    return x;
}

/* The first members say what it was about, the latest where it went. */
static void keep_member(struct hy_group *g, struct incident *x, uint32_t slot)
{
    hy_vec_push(&x->members, slot);
    if (x->members.n <= FIRST_KEPT + LAST_KEPT)
        return;
    unlink_member(g, x->members.v[FIRST_KEPT]);
    memmove(&x->members.v[FIRST_KEPT], &x->members.v[FIRST_KEPT + 1],
            (x->members.n - FIRST_KEPT - 1) * sizeof(*x->members.v));
    x->members.n--;
}

void hy_group_join(struct hy_group *g, const char *incident, const char *item_id,
                   const json_t *trace)
{
    struct incident *x = incident_of(g, incident);
    struct member *m = hy_xcalloc(1, sizeof(*m));
    double r;

    hy_trace_parse(trace, &m->t);
    x->items++;
    x->real = x->real || is_emergency(&m->t);
    x->unreal = x->unreal || is_unreal_event(&m->t);
    if (m->t.at.ms > x->last.ms)
        x->last = m->t.at;
    g->seen++;
    for (size_t i = 0; i < m->t.n_terms; i++)
        posting_new(&g->terms, m->t.terms[i].hash)->df++;
    const struct member *same = find_reprint(g, &m->t, &r);
    if (same && same->of == x && r > 0.9) { /* nothing new to compare with */
        free(m);
        return;
    }
    m->item = hy_xstrdup(item_id);
    m->of = x;
    keep_member(g, x, link_member(g, m));
    shrink(g);
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
    b->items += a->items;
    b->real = b->real || a->real;
    b->unreal = b->unreal || a->unreal;
    if (a->last.ms > b->last.ms)
        b->last = a->last;
    a->members.n = 0;
    hy_map_remove(g->incidents, hy_str(from));
}

void hy_group_forget(struct hy_group *g, const char *incident)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(incident));

    if (x)
        drop_incident(g, x);
}

double hy_group_same(const json_t *trace_a, const json_t *trace_b, bool *ret_reprint)
{
    struct hy_trace a, b;

    hy_trace_parse(trace_a, &a);
    hy_trace_parse(trace_b, &b);
    double r = hy_trace_resemblance(&a, &b);
    *ret_reprint = r >= REPRINT_AT;
    if (*ret_reprint)
        return HY_MAX(r, 0.9);
    /* Long texts share more by chance. */
    double border = 0.08 + 0.0008 * (double)HY_MIN(a.n_terms, b.n_terms);
    double x = (hy_trace_cosine(&a, &b) - border) * 25;
    return 1 / (1 + exp(-x));
}
