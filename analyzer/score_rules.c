/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule over word groups hold?  Counts first, positions only when the rule asks for them. */
#include "analyzer/score_parts.h"

enum { BYTES_PER_CHARACTER = 3 };

static bool in_field(const struct hy_word_rule *r, const struct hy_hit *h)
{
    return r->where == HY_WHERE_ANY || (r->where == HY_WHERE_TITLE) == (h->field == HY_LEXIS_TITLE);
}

static size_t count_of(const struct scoring *g, const struct hy_word_rule *r, uint32_t group)
{
    size_t n = 0;

    if (g->found.of_group[group] == 0 || r->where == HY_WHERE_ANY)
        return g->found.of_group[group];
    for (size_t i = 0; i < g->found.n; i++)
        n += g->found.hits[i].group == group && !g->found.hits[i].negated &&
             in_field(r, &g->found.hits[i]);
    return n;
}

static bool is_near(const struct hy_word_rule *r, const struct hy_hit *a, const struct hy_hit *b)
{
    if (a->field != b->field || (r->same_sentence && a->sentence != b->sentence))
        return false;
    size_t gap =
        a->end <= b->start ? b->start - a->end : (b->end <= a->start ? a->start - b->end : 0);
    return r->near == 0 || gap <= (size_t)r->near * BYTES_PER_CHARACTER;
}

/* Hits are sorted, so those near one stand around it. */
static bool meets_near(const struct scoring *g, const struct hy_word_rule *r, size_t at,
                       const struct compiled_rule *c, uint32_t group)
{
    const struct hy_hit *h = g->found.hits;

    for (int step = -1; step <= 1; step += 2)
        for (size_t i = at + (size_t)step; i < g->found.n; i += (size_t)step) {
            if (!is_near(r, &h[at], &h[i]))
                break;
            if (!h[i].negated && (c ? c->is_any[h[i].group] : h[i].group == group))
                return true;
        }
    return false;
}

/* Everything the rule asks for stands around this hit. */
static bool holds_around(const struct scoring *g, const struct hy_word_rule *r,
                         const struct compiled_rule *c, size_t at)
{
    uint32_t own = g->found.hits[at].group;

    for (size_t i = 0; i < c->all.n; i++)
        if (c->all.v[i] != own && !meets_near(g, r, at, NULL, c->all.v[i]))
            return false;
    return c->any.n == 0 || (c->all.n == 0 && c->is_any[own]) || meets_near(g, r, at, c, 0);
}

static bool holds_somewhere(const struct scoring *g, const struct hy_word_rule *r,
                            const struct compiled_rule *c)
{
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if ((c->all.n ? h->group == c->all.v[0] : c->is_any[h->group]) && !h->negated &&
            in_field(r, h) && holds_around(g, r, c, i))
            return true;
    }
    return false;
}

static bool names_place(const struct scoring *g, const struct hy_word_rule *r)
{
    if (r->place == HY_NEAR_ANYWHERE)
        return true;
    for (size_t i = 0; i < g->places.n; i++) {
        const struct hy_place *p = &g->places.v[i];
        if (r->where != HY_WHERE_ANY && (r->where == HY_WHERE_TITLE) != (p->span.field == HY_TITLE))
            continue;
        if (r->place == HY_NEAR_NAMED ||
            p->where == (r->place == HY_NEAR_MINE ? HY_PLACE_MINE : HY_PLACE_FOREIGN))
            return true;
    }
    return false;
}

/* Of a range ("3至5人") the lower end counts: what is certain. */
static bool states_enough(const struct scoring *g, enum hy_fact_kind kind, int64_t least)
{
    const struct hy_fact *f = &g->facts.best[kind];

    return least == 0 || (f->known && f->min >= least);
}

static bool quantities_hold(const struct scoring *g, const struct hy_word_rule *r)
{
    return states_enough(g, HY_DEATHS, r->deaths) && states_enough(g, HY_INJURED, r->injured) &&
           states_enough(g, HY_MISSING, r->missing) && states_enough(g, HY_TRAPPED, r->trapped) &&
           states_enough(g, HY_EVACUATED, r->evacuated);
}

bool score_rule_holds(const struct scoring *g, const struct hy_word_rule *r,
                      const struct compiled_rule *c)
{
    size_t any = 0;

    for (size_t i = 0; i < c->all.n; i++)
        if (count_of(g, r, c->all.v[i]) == 0)
            return false;
    for (size_t i = 0; i < c->any.n; i++)
        any += count_of(g, r, c->any.v[i]);
    if (c->any.n && any < (size_t)r->count)
        return false;
    for (size_t i = 0; i < c->none.n; i++)
        if (g->found.of_group[c->none.v[i]])
            return false;
    if (!quantities_hold(g, r) || !names_place(g, r))
        return false;
    if (r->near == 0 && !r->same_sentence)
        return true;
    return holds_somewhere(g, r, c);
}
