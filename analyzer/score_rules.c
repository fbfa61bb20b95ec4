/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule over word groups hold?  Counts first, positions only when the rule asks for them. */
#include "analyzer/score_parts.h"

#include <stdlib.h>
#include <string.h>

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

/* One word filed under both groups is not two words. */
static bool is_same_word(const struct hy_hit *a, const struct hy_hit *b)
{
    return a->start == b->start && a->end == b->end;
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
            if (!h[i].negated && !is_same_word(&h[at], &h[i]) &&
                (c ? c->is_any[h[i].group] : h[i].group == group))
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

/* The first word that can stand for the rule: of `all`, else of `any`. */
static bool is_anchor(const struct hy_word_rule *r, const struct compiled_rule *c,
                      const struct hy_hit *h)
{
    return (c->all.n ? h->group == c->all.v[0] : c->is_any[h->group]) && !h->negated &&
           in_field(r, h);
}

static const struct hy_hit *holds_somewhere(const struct scoring *g, const struct hy_word_rule *r,
                                            const struct compiled_rule *c)
{
    bool alone = r->near == 0 && !r->same_sentence;

    for (size_t i = 0; i < g->found.n; i++)
        if (is_anchor(r, c, &g->found.hits[i]) && (alone || holds_around(g, r, c, i)))
            return &g->found.hits[i];
    return NULL;
}

/* ---- places ---- */

static bool is_within(const struct hy_word_rule *r, const char *code)
{
    for (size_t i = 0; i < r->within.n; i++)
        if (hy_str_starts(hy_str(code), hy_division_stem(r->within.v[i])))
            return true;
    return r->within.n == 0;
}

static bool is_place(const struct hy_word_rule *r, const struct hy_place *p)
{
    switch ((enum hy_near_place)r->place) {
    case HY_NEAR_MINE:
        return p->where == HY_PLACE_MINE;
    case HY_NEAR_FOREIGN:
        return p->where == HY_PLACE_FOREIGN;
    case HY_NEAR_ELSEWHERE:
        return p->where == HY_PLACE_ELSEWHERE;
    case HY_NEAR_COUNTY:
        return p->where == HY_PLACE_MINE && (p->level >= HY_DIV_COUNTY || p->exact);
    case HY_NEAR_NAMED:
    case HY_NEAR_ANYWHERE:
        break;
    }
    return true;
}

static bool names_place(const struct scoring *g, const struct hy_word_rule *r)
{
    if (r->place == HY_NEAR_ANYWHERE && r->within.n == 0)
        return true;
    for (size_t i = 0; i < g->places.n; i++) {
        const struct hy_place *p = &g->places.v[i];
        if (r->where != HY_WHERE_ANY && (r->where == HY_WHERE_TITLE) != (p->span.field == HY_TITLE))
            continue;
        if (is_place(r, p) && is_within(r, p->code))
            return true;
    }
    return false;
}

/* ---- numbers ---- */

_Static_assert((int)HY_QUANTITY_COUNT == (int)HY_FACT_COUNT &&
                   (int)HY_QUANTITY_LOSS_YUAN == (int)HY_LOSS_YUAN,
               "quantities are facts, in the same order");

/* All of a range ("3至5人") lies within: what is certain. */
static bool states(const struct scoring *g, int kind, int64_t least, int64_t most)
{
    const struct hy_fact *f = &g->facts.best[kind];

    return f->known && f->min >= least && f->max <= most;
}

static bool states_enough(const struct scoring *g, enum hy_fact_kind kind, int64_t least)
{
    return least == 0 || states(g, kind, least, HY_FACT_OPEN);
}

static bool quantities_hold(const struct scoring *g, const struct hy_word_rule *r)
{
    for (size_t i = 0; i < r->numbers.n; i++)
        if (!states(g, r->numbers.v[i].quantity, r->numbers.v[i].least, r->numbers.v[i].most))
            return false;
    return states_enough(g, HY_DEATHS, r->deaths) && states_enough(g, HY_INJURED, r->injured) &&
           states_enough(g, HY_MISSING, r->missing) && states_enough(g, HY_TRAPPED, r->trapped) &&
           states_enough(g, HY_EVACUATED, r->evacuated);
}

/* ---- where the item comes from ---- */

/* An item without a known source still shows whether it is a thread. */
static uint32_t origin_of(const struct scoring *g)
{
    if (g->source)
        return 1u << g->source->kind | (g->source->official ? (uint32_t)FROM_OFFICIAL : 0);
    return g->item->kind == HY_ITEM_THREAD ? 1u << HY_SOURCE_FORUM : 0;
}

static bool comes_from(const struct scoring *g, const struct hy_word_rule *r,
                       const struct compiled_rule *c)
{
    if (c->from && (c->from & origin_of(g)) == 0)
        return false;
    for (size_t i = 0; g->item->source && i < r->sources.n; i++)
        if (strcmp(r->sources.v[i], g->item->source) == 0)
            return true;
    return r->sources.n == 0;
}

/* ---- all of it ---- */

static bool words_hold(const struct scoring *g, const struct hy_word_rule *r,
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
    return true;
}

bool score_rule_holds(const struct scoring *g, size_t rule, const struct hy_hit **ret_at)
{
    const struct hy_word_rule *r =
        (const struct hy_word_rule *)g->s->rules->lexicon->rules.v + rule;
    const struct compiled_rule *c = &g->s->compiled[rule];

    *ret_at = NULL;
    if (c->pack && !g->found.pack_on[c->pack - 1])
        return false;
    if (!words_hold(g, r, c) || !quantities_hold(g, r) || !names_place(g, r) ||
        !comes_from(g, r, c))
        return false;
    *ret_at = holds_somewhere(g, r, c);
    return *ret_at != NULL;
}

/* ---- which to ask ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void score_choose_rules(struct scoring *g)
{
    const struct group_refs *asks = g->s->asks;
    size_t room = 0, n = 0;

    for (size_t i = 0; i < g->found.n_groups; i++)
        room += asks[g->found.groups[i]].n;
    if (room == 0)
        return;
    g->may_hold = hy_arena_alloc(g->arena, room * sizeof(*g->may_hold));
    for (size_t i = 0; i < g->found.n_groups; i++)
        for (size_t k = 0; k < asks[g->found.groups[i]].n; k++)
            g->may_hold[n++] = asks[g->found.groups[i]].v[k];
    if (n > 1)
        qsort(g->may_hold, n, sizeof(*g->may_hold), by_number);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || g->may_hold[i] != g->may_hold[i - 1])
            g->may_hold[g->n_may_hold++] = g->may_hold[i];
}
