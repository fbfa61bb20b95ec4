/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what a trace resembles.
 *
 * Reprints first: candidates share one of their smallest shingles (two texts of resemblance .6 miss
 * each other with probability .4^8), the sketch decides.  Then the same event: candidates share
 * telling terms; terms weigh less the more items of the stream have them; place, type and time of
 * the event raise or forbid a union (analyzer/same.h). */
#include "analyzer/group_parts.h"

#include "core/mem.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define SUPPORT_FROM 0.5
#define SERIES_DAYS 40
#define NEARLY_EQUAL 0.9 /* resemblance from which nothing else is asked */
#define COPY_WORDS 0.6   /* cosine of the telling words of two copies */
enum { LOG_TABLE = 4096, YOUNG_STREAM = 5000 };

/* ---- words ---- */

/* log(df + 1) for the counts that nearly all terms have. */
static double log_count(uint32_t df)
{
    static double table[LOG_TABLE];
    static bool ready;

    if (df >= LOG_TABLE)
        return log(df + 1.0);
    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) { /* every thread would write the same */
        for (uint32_t i = 0; i < LOG_TABLE; i++)
            table[i] = log(i + 1.0);
        __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    }
    return table[df];
}

double group_idf(const struct hy_group *g, uint32_t hash)
{
    const struct hy_posting *p = hy_index_find(&g->terms, hash);

    /* Neutral while the stream is young. */
    return (g->log_seen - log_count(p ? p->df : 0)) / g->log_seen;
}

double group_norm(const struct hy_group *g, const struct hy_trace *t)
{
    double sum = 0;

    for (size_t i = 0; i < t->n_terms; i++) {
        double w = hy_term_weight(t->terms[i]) * group_idf(g, hy_term_hash(t->terms[i]));
        sum += w * w;
    }
    return sqrt(sum);
}

/* A norm takes a look at every term, each a miss of the cache in a large index.  Weights move with
 * the logarithm of the stream's length, so an old norm is nearly right; a young stream moves fast.
 */
static bool is_stale(const struct hy_group *g, const struct member *m)
{
    size_t grown = g->seen < YOUNG_STREAM ? m->norm_at + m->norm_at / 8 : 4 * m->norm_at;

    return m->norm_at == 0 || g->seen > grown;
}

double group_cosine(const struct hy_group *g, const struct hy_trace *a, double norm_a,
                    struct member *b)
{
    double dot = 0;
    size_t i = 0, k = 0;

    if (is_stale(g, b)) {
        b->norm = group_norm(g, b->t);
        b->norm_at = g->seen;
    }
    while (i < a->n_terms && k < b->t->n_terms) {
        uint32_t x = hy_term_hash(a->terms[i]), y = hy_term_hash(b->t->terms[k]);
        if (x == y) {
            double f = group_idf(g, x);
            dot += f * f * hy_term_weight(a->terms[i]) * hy_term_weight(b->t->terms[k]);
        }
        i += x <= y;
        k += y <= x;
    }
    return norm_a > 0 && b->norm > 0 ? dot / (norm_a * b->norm) : 0;
}

uint32_t group_telling_weight(const struct hy_trace *t, size_t *ret_ties)
{
    size_t of_weight[64] = {0}, n = 0;
    uint32_t w = 63;

    for (size_t i = 0; i < t->n_terms; i++)
        of_weight[hy_term_weight(t->terms[i])]++;
    for (; w > 0 && n + of_weight[w] <= TERM_KEYS; w--)
        n += of_weight[w];
    *ret_ties = TERM_KEYS - n;
    return w;
}

/* ---- may it join? ---- */

/* For a whole incident: no weak report in between may join what may not meet.  What people have
 * merged holds both, and takes both. */
static bool may_join(const struct incident *x, const struct hy_trace *t)
{
    if (x->real && x->unreal)
        return true;
    return !(hy_is_emergency(t) && x->unreal) && !(hy_is_unreal_event(t) && x->real);
}

static bool is_candidate(const struct member *m, const struct hy_trace *t)
{
    return m && hy_may_meet(t, m->t) && may_join(m->of, t);
}

/* Two counties' warnings in the same words are two; a copy that says more precisely where is one.
 */
static bool may_repeat(const struct member *m, const struct hy_trace *t)
{
    return is_candidate(m, t) && (!hy_is_emergency(t) || !hy_is_emergency(m->t) ||
                                  hy_trace_places(t, m->t) > HY_PLACES_SIBLINGS);
}

/* Short reports are mostly the phrases every report has ("救援正在进行，原因正在调查"): two of them
 * resemble each other as wholes, and what is new stands in a few words.  To take a fire for a copy of
 * the car crash before it loses its clocks, so two emergencies must agree in kind and in the words
 * that tell, unless they are nearly the same text. */
static bool is_copy(const struct member *m, const struct hy_trace *t, double resemblance)
{
    const struct hy_trace *other = m->t;

    if (resemblance >= NEARLY_EQUAL || !hy_is_emergency(t) || !hy_is_emergency(other))
        return true;
    if (t->event_type[0] && other->event_type[0] && strcmp(t->event_type, other->event_type) != 0 &&
        !hy_related_types(t->event_type, other->event_type))
        return false;
    return hy_trace_cosine(t, other) >= COPY_WORDS;
}

/* ---- reprints ---- */

static bool is_better(const struct member *m, double r, const struct member *best, double best_r)
{
    if (best == NULL || r != best_r)
        return r > best_r;
    if (m->pinned != best->pinned)
        return m->pinned;
    return strcmp(m->item, best->item) < 0;
}

struct member *group_find_reprint(struct hy_group *g, const struct hy_trace *t, double *ret)
{
    struct member *best = NULL;

    *ret = 0;
    for (size_t i = 0; i < HY_MIN(t->n_shingles, (size_t)SHINGLE_KEYS); i++) {
        const struct hy_posting *p = hy_index_find(&g->shingles, t->shingles[i]);
        for (size_t k = 0; p && k < p->n; k++) {
            struct member *m = g->members.v[p->v[k]];
            double r = may_repeat(m, t) ? hy_trace_resemblance(t, m->t) : 0;
            if (r >= HY_REPRINT_AT && is_copy(m, t, r) && is_better(m, r, best, *ret)) {
                *ret = r;
                best = m;
            }
        }
    }
    return *ret >= HY_REPRINT_AT ? best : NULL;
}

/* ---- series ---- */

/* A bulletin that comes every day with other numbers is one matter. */
struct incident *group_find_series(struct hy_group *g, const struct hy_trace *t)
{
    const struct hy_posting *p = t->series ? hy_index_find(&g->series, t->series) : NULL;
    struct member *newest = NULL;

    for (size_t i = 0; p && i < p->n; i++) {
        struct member *m = g->members.v[p->v[i]];
        if (is_candidate(m, t) && m->t->series == t->series &&
            hy_trace_places(t, m->t) > HY_PLACES_SIBLINGS &&
            (newest == NULL || m->serial > newest->serial))
            newest = m;
    }
    if (newest && t->at.ms - newest->of->last.ms <= SERIES_DAYS * HY_DAY_MS)
        return newest->of;
    return NULL;
}

/* ---- events ---- */

static void accumulate(struct hy_group *g, const struct hy_trace *t)
{
    size_t ties;
    uint32_t border = group_telling_weight(t, &ties);

    g->touched.n = 0;
    for (size_t i = 0; i < t->n_terms; i++) {
        const struct hy_posting *p = hy_index_find(&g->terms, hy_term_hash(t->terms[i]));
        if (p == NULL || hy_term_weight(t->terms[i]) < border)
            continue;
        double f = group_idf(g, hy_term_hash(t->terms[i]));
        float w = (float)(f * f * hy_term_weight(t->terms[i]));
        for (size_t k = 0; k < p->n; k++) {
            uint32_t slot = p->v[k];
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
        if (g->members.v[slot] == NULL || (n == TOP && d <= key[n - 1]))
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
 * by chance grows on in one of them; parts that people made stay parts. */
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

/* A report that does not say where fits every place, and must not lead from one to the next: who
 * joins fits at least as many of the places as it contradicts.  Of a matter that is no emergency
 * people tell from several spots of a county. */
static bool fits_places(const struct hy_group *g, const struct incident *x,
                        const struct hy_trace *t)
{
    bool strict = x->real || hy_is_emergency(t);
    int fits = 0;

    for (size_t i = 0; i < x->members.n; i++) {
        enum hy_place_fit fit = hy_trace_places(t, g->members.v[x->members.v[i]]->t);
        fits += fit > HY_PLACES_OPEN;
        fits -= fit == HY_PLACES_CONFLICT || (strict && fit == HY_PLACES_SIBLINGS);
    }
    return fits >= 0;
}

static bool are_apart(const struct incident *a, const struct incident *b)
{
    for (size_t i = 0; i < a->apart.n; i++)
        if (strcmp(a->apart.v[i], b->id) == 0)
            return true;
    return false;
}

static bool has_more_support(const struct support *a, const struct support *b)
{
    return are_apart(a->of, b->of) ? a->best > b->best : a->sum > b->sum;
}

struct incident *group_find_event(struct hy_group *g, const struct hy_trace *t, double *ret)
{
    uint32_t slots[TOP];
    struct support all[TOP];
    const struct support *best = NULL;
    size_t n_all = 0;
    double norm = group_norm(g, t);

    accumulate(g, t);
    size_t n = best_slots(g, slots);
    *ret = 0;
    for (size_t i = 0; i < n; i++) {
        struct member *m = g->members.v[slots[i]];
        if (is_candidate(m, t))
            add_support(all, &n_all, m->of,
                        hy_same_event(t, m->t, group_cosine(g, t, norm, m), g->seen));
    }
    for (size_t i = 0; i < n_all; i++) {
        *ret = HY_MAX(*ret, all[i].best);
        if (all[i].best >= HY_SAME_AT && (best == NULL || has_more_support(&all[i], best)) &&
            fits_places(g, all[i].of, t))
            best = &all[i];
    }
    if (best == NULL)
        return NULL;
    *ret = best->best;
    return best->of;
}
