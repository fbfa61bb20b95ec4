/* SPDX-License-Identifier: Apache-2.0 */
/* Which stated numbers are findings.  Those of a sentence about a drill, an anniversary, the text
 * of a law or a denied rumour are not, and neither is what a denial quotes: 网传“上百人死亡”不实.
 */
#include "analyzer/score_parts.h"

#include <string.h>

#define TRAP_TAKES_NUMBERS 0.4 /* traps that leave so little leave no number */
enum { OPEN_QUOTE = 0x201C, CLOSE_QUOTE = 0x201D };

static bool is_quoted(const struct hy_chars *c, size_t at)
{
    for (size_t stop = hy_sentence_start(c, at); at > stop; at--)
        if (c->c[at - 1] == OPEN_QUOTE || c->c[at - 1] == CLOSE_QUOTE)
            return c->c[at - 1] == OPEN_QUOTE;
    return false;
}

static bool takes_numbers(const struct scoring *g, const struct hy_hit *h)
{
    const struct hy_word_group *t = scoring_group(g, h->group);

    return scoring_is_trap(g, h) && !h->negated && t->factor <= TRAP_TAKES_NUMBERS &&
           t->at_most < HY_TOLD_ALERT;
}

/* Where such traps stand, in code points, ascending. */
struct trap_places {
    uint32_t *v[HY_FIELD_COUNT];
    size_t n[HY_FIELD_COUNT];
};

static struct trap_places trap_places_of(const struct scoring *g)
{
    struct trap_places places = {0};

    for (int f = 0; f < HY_FIELD_COUNT; f++)
        places.v[f] = hy_arena_alloc(g->arena, (g->found.n + 1) * sizeof(**places.v));
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        int f = h->field == HY_LEXIS_TITLE ? HY_TITLE : HY_TEXT;
        if (takes_numbers(g, h))
            places.v[f][places.n[f]++] = (uint32_t)score_code_point(g, h->field, h->start);
    }
    return places;
}

static bool is_trapped(const struct scoring *g, const struct trap_places *places,
                       const struct hy_span *m)
{
    const struct hy_chars *c = &g->doc.field[m->field];
    size_t from = hy_sentence_start(c, m->start), to = hy_sentence_end(c, m->end);
    size_t low = 0, high = places->n[m->field];

    while (low < high) { /* the first that does not stand before `from` */
        size_t middle = (low + high) / 2;
        if (places->v[m->field][middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < places->n[m->field] && places->v[m->field][low] < to;
}

void score_sift_facts(struct scoring *g)
{
    if (g->facts.n_mentions == 0 || g->n_traps == 0)
        return;
    bool denial = score_has_trap(g, "denial");
    struct trap_places places = trap_places_of(g);
    bool *keep = hy_arena_alloc(g->arena, g->facts.n_mentions * sizeof(*keep));

    for (size_t i = 0; i < g->facts.n_mentions; i++) {
        const struct hy_span *m = &g->facts.mentions[i].span;
        keep[i] =
            !is_trapped(g, &places, m) && !(denial && is_quoted(&g->doc.field[m->field], m->start));
    }
    hy_facts_choose(&g->facts, keep);
}
