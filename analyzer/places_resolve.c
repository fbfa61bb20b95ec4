/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses one meaning for each name: what stands in one row with it (河北省崇礼县), what is named
 * elsewhere in the document, the office itself, the highest level.  Names that need context and
 * find none are dropped. */
#include "analyzer/places_parts.h"

#include "core/mem.h"

enum { NEAR_CHARS = 30, MAX_MEANINGS = 64, FIRST_NAMES = 16, NEIGHBOURS = 64 };

static bool near_word(const struct hy_chars *t, const struct hy_span *s, const struct hy_name *n)
{
    size_t from = s->start > NEAR_CHARS ? s->start - NEAR_CHARS : 0;
    size_t to = HY_MIN(s->end + NEAR_CHARS, t->n);

    for (size_t w = 0; w < n->n_near; w++)
        for (size_t i = from; i < to; i++)
            if (hy_chars_at(t, i, n->near[w]))
                return true;
    return n->n_near == 0;
}

/* How well does the code fit what else the document names?  0: not at all. */
static int support(const candidates *all, size_t self, const char *code, const char *own)
{
    int best = 0;

    /* The first names of a document say what it is about; else neighbours count. */
    for (size_t k = 0; k < all->n; k++) {
        if (k == FIRST_NAMES && self > FIRST_NAMES + NEIGHBOURS)
            k = self - NEIGHBOURS;
        if (k > self + NEIGHBOURS)
            break;
        const struct candidate *c = &all->v[k];
        if (k == self || !c->firm || c->dropped)
            continue;
        int s = 0;
        if (is_prefix(c->name->code, code))
            s = 2 + 2 * (int)strlen(c->name->code);
        else if (strlen(code) >= 6 && strlen(c->name->code) >= 6 &&
                 strncmp(code, c->name->code, 4) == 0)
            s = 7; /* a neighbour in the same city */
        else if (is_prefix(code, c->name->code))
            s = 6;
        best = HY_MAX(best, s);
    }
    if (own[0] && (is_prefix(own, code) || is_prefix(code, own)))
        best = HY_MAX(best, 5);
    return best;
}

static const struct hy_name *choose(const candidates *all, size_t i, const char *own,
                                    int *ret_support)
{
    const struct hy_name *best = NULL;
    const struct candidate *prev =
        i && all->v[i].follows && !all->v[i - 1].dropped ? &all->v[i - 1] : NULL;
    int best_score = 0, meanings = 0;

    for (const struct hy_name *n = all->v[i].name; n && meanings < MAX_MEANINGS; n = n->next) {
        int s = n->kind == HY_NAME_DIVISION ? support(all, i, n->code, own) : 1;
        meanings++;
        if (prev && prev->name && prev->name->kind == HY_NAME_DIVISION &&
            is_prefix(prev->name->code, n->code))
            s += 100;
        if (s > best_score) {
            best_score = s;
            best = n;
        }
    }
    *ret_support = best_score;
    return best;
}

/* Without support: the only meaning of its level may stand (吉林 the province before the city). */
static const struct hy_name *by_level(const struct hy_name *n)
{
    if (n->next == NULL || n->next->kind != HY_NAME_DIVISION || n->next->level > n->level)
        return n;
    return NULL;
}

void places_resolve(const struct hy_places *rules, const struct hy_doc *doc, candidates *all)
{
    const char *own = hy_places_own_code(rules);

    for (size_t i = 0; i < all->n; i++) {
        struct candidate *c = &all->v[i];
        int s = 0;
        if (c->name->kind == HY_NAME_LOCAL) {
            c->dropped = !near_word(&doc->field[c->span.field], &c->span, c->name);
            continue;
        }
        if (c->name->kind != HY_NAME_DIVISION || c->firm)
            continue;
        const struct hy_name *n = choose(all, i, own, &s);
        bool leads = i + 1 < all->n && all->v[i + 1].follows &&
                     all->v[i + 1].name->kind == HY_NAME_DIVISION &&
                     is_prefix(c->name->code, all->v[i + 1].name->code);
        if (s > 1)
            c->name = n;
        else if (c->name->guarded && c->name->shortened && !leads)
            c->dropped = true;
        else if (c->name->guarded && !leads)
            c->name = NULL; /* a place, but which one? */
        else
            c->name = by_level(c->name);
        if (c->name && !c->dropped && (s > 1 || c->name->level <= HY_DIV_CITY))
            c->firm = true;
    }
}
