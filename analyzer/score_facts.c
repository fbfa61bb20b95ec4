/* SPDX-License-Identifier: Apache-2.0 */
/* Which stated numbers are findings.  Those of a sentence about a drill, an anniversary, the text
 * of a law or a denied rumour are not, and neither is what a denial quotes: 网传“上百人死亡”不实.
 */
#include "analyzer/score_parts.h"

#include <string.h>

#define TRAP_TAKES_NUMBERS 0.4 /* traps that leave so little leave no number */
enum { OPEN_QUOTE = 0x201C, CLOSE_QUOTE = 0x201D };

static size_t sentence_start(const struct hy_chars *c, size_t at)
{
    while (at > 0 && !hy_is_sentence_end(c->c[at - 1]))
        at--;
    return at;
}

static size_t sentence_end(const struct hy_chars *c, size_t at)
{
    while (at < c->n && !hy_is_sentence_end(c->c[at]))
        at++;
    return at;
}

static bool is_quoted(const struct hy_chars *c, size_t at)
{
    for (size_t stop = sentence_start(c, at); at > stop; at--)
        if (c->c[at - 1] == OPEN_QUOTE || c->c[at - 1] == CLOSE_QUOTE)
            return c->c[at - 1] == OPEN_QUOTE;
    return false;
}

static bool takes_numbers(const struct scoring *g, const struct hy_hit *h)
{
    const struct hy_word_group *t = scoring_group(g, h->group);

    return t->purpose == HY_PURPOSE_TRAP && !h->negated && t->factor <= TRAP_TAKES_NUMBERS &&
           t->at_most < HY_TOLD_ALERT;
}

static bool is_trapped(const struct scoring *g, const struct hy_span *m)
{
    const struct hy_chars *c = &g->doc.field[m->field];
    size_t from = sentence_start(c, m->start), to = sentence_end(c, m->end);

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if ((h->field == HY_LEXIS_TITLE) != (m->field == HY_TITLE) || !takes_numbers(g, h))
            continue;
        size_t at = score_code_point(g, h->field, h->start);
        if (at >= from && at < to)
            return true;
    }
    return false;
}

void score_sift_facts(struct scoring *g)
{
    bool any_trap = false, denial = score_has_trap(g, "denial");

    for (size_t i = 0; i < g->found.n && !any_trap; i++)
        any_trap = takes_numbers(g, &g->found.hits[i]);
    if (!any_trap || g->facts.n_mentions == 0)
        return;
    bool *keep = hy_arena_alloc(g->arena, g->facts.n_mentions * sizeof(*keep));
    for (size_t i = 0; i < g->facts.n_mentions; i++) {
        const struct hy_span *m = &g->facts.mentions[i].span;
        keep[i] = !is_trapped(g, m) && !(denial && is_quoted(&g->doc.field[m->field], m->start));
    }
    hy_facts_choose(&g->facts, keep);
}
