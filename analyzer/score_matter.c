/* SPDX-License-Identifier: Apache-2.0 */
/* What an item is about in people's own sense - no heating, a lift that fell - whatever the words:
 * helper groups called matter.X.  They add to no score; grouping compares them. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <string.h>

enum { TITLE_COUNTS = 3, MAX_WORDS = 8 };

static const char prefix[] = "matter.";

static bool is_matter(const struct hy_word_group *g)
{
    return g->purpose == HY_PURPOSE_HELPER && strncmp(g->id, prefix, sizeof(prefix) - 1) == 0;
}

static int votes_of(const struct scoring *g, uint32_t group)
{
    int votes = 0;

    for (size_t i = 0; i < g->found.n && votes < MAX_WORDS; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if (h->group == group && !h->negated)
            votes += h->field == HY_LEXIS_TITLE ? TITLE_COUNTS : 1;
    }
    return votes;
}

/* The matters with most words, best first; of equals the first of the file. */
void score_matters(struct scoring *g)
{
    const char **list = hy_arena_alloc(g->arena, HY_SCORE_MATTERS * sizeof(*list));
    int votes[HY_SCORE_MATTERS];
    size_t n = 0;

    for (size_t k = 0; k < g->found.n_groups; k++) {
        uint32_t i = g->found.groups[k];
        if (!is_matter(scoring_group(g, i)))
            continue;
        int v = votes_of(g, i);
        if (n == HY_SCORE_MATTERS && v <= votes[n - 1])
            continue;
        size_t at = n < HY_SCORE_MATTERS ? n++ : n - 1;
        for (; at > 0 && votes[at - 1] < v; at--) {
            votes[at] = votes[at - 1];
            list[at] = list[at - 1];
        }
        votes[at] = v;
        list[at] = scoring_group(g, i)->id + sizeof(prefix) - 1;
    }
    g->out->matters = list;
    g->out->n_matters = n;
}
