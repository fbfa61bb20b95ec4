/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles a lexicon: every word once, with its roles in all groups that have it.
 *
 * Over a nation's lexicon only the difference is compiled: the words of groups that the office adds
 * or replaces, and the words of those it replaced.  Each such word carries all its uses, those of
 * the nation's groups that still hold too, in the order of the groups - as if all were one list. */
#include "analyzer/lexis_parts.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_FACTOR 1.5

static const struct hy_word_group *groups_of(const struct hy_lexicon *l)
{
    return l->groups.v;
}

/* -- words and their uses ------------------------------------------------------------------- */

struct draft { /* a word that may be in several groups */
    char *text;
    HY_VEC(struct lexis_use) uses;
};
struct drafts {
    struct draft *v;
    size_t n, room;
    struct hy_map *at; /* text -> index + 1 */
};

/* Takes the text; NULL for an empty one. */
static struct draft *draft_of(struct drafts *list, char *text)
{
    uintptr_t at = *text ? (uintptr_t)hy_map_get(list->at, hy_str(text)) : 0;

    if (*text == '\0' || at) {
        free(text);
        return at ? &list->v[at - 1] : NULL;
    }
    hy_vec_push(list, (struct draft){.text = text});
    hy_map_set(list->at, hy_str(text), (void *)list->n);
    return &list->v[list->n - 1];
}

static void add_group(struct drafts *list, const struct hy_word_group *g, uint32_t index)
{
    double title_factor =
        g->title_weight >= 0 && g->weight > 0 ? g->title_weight / g->weight : TITLE_FACTOR;

    for (size_t i = 0; i < g->words.n; i++) {
        const struct hy_word *w = &g->words.v[i];
        struct draft *d = draft_of(list, hy_normal_word(hy_str(w->text)));
        double weight = w->weight < 0 ? g->weight : w->weight;
        double in_title =
            w->weight < 0 && g->title_weight >= 0 ? g->title_weight : weight * title_factor;
        if (d)
            hy_vec_push(&d->uses, (struct lexis_use){index,
                                                     (uint32_t)g->purpose,
                                                     {HY_MIN(in_title, 99), HY_MIN(weight, 99)}});
    }
}

static void drafts_release(struct drafts *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->v[i].text);
        hy_vec_release(&list->v[i].uses);
    }
    hy_vec_release(list);
}

static void compile(struct hy_lexis *x, struct drafts *list, const char *tables)
{
    struct hy_str *words = hy_xcalloc(list->n + 1, sizeof(*words));
    size_t n_uses = 0, at = 0;

    for (size_t i = 0; i < list->n; i++) {
        words[i] = hy_str(list->v[i].text);
        n_uses += list->v[i].uses.n;
    }
    x->match = list->n ? hy_match_new_in(tables, words, list->n) : NULL;
    x->n_words = list->n;
    x->first_use = hy_xcalloc(list->n + 1, sizeof(*x->first_use));
    x->uses = hy_xcalloc(n_uses + 1, sizeof(*x->uses));
    for (size_t i = 0; i < list->n; i++) {
        x->first_use[i] = (uint32_t)at;
        if (list->v[i].uses.n) /* a word that the office took out of its group has none */
            memcpy(x->uses + at, list->v[i].uses.v, list->v[i].uses.n * sizeof(*x->uses));
        at += list->v[i].uses.n;
    }
    x->first_use[list->n] = (uint32_t)at;
    free(words);
}

static uint16_t pack_number(const struct hy_lexicon *l, const char *id)
{
    const struct hy_word_pack *p = id ? hy_lexicon_pack(l, hy_str(id)) : NULL;

    return p ? (uint16_t)(p - (const struct hy_word_pack *)l->packs.v + 1) : 0;
}

static struct hy_lexis *lexis_of(const struct hy_lexicon *l)
{
    struct hy_lexis *x = hy_xcalloc(1, sizeof(*x));

    x->lexicon = l;
    x->pack_of = hy_xcalloc(l->groups.n + 1, sizeof(*x->pack_of));
    for (size_t i = 0; i < l->groups.n; i++)
        x->pack_of[i] = pack_number(l, groups_of(l)[i].pack);
    return x;
}

struct hy_lexis *hy_lexis_new(const struct hy_lexicon *l, const char *tables)
{
    struct hy_lexis *x = lexis_of(l);
    struct drafts list = {.at = hy_map_new(NULL)};

    for (size_t i = 0; i < l->groups.n; i++)
        add_group(&list, &groups_of(l)[i], (uint32_t)i);
    compile(x, &list, tables);
    x->word_of = list.at;
    drafts_release(&list);
    return x;
}

/* -- over a nation's ------------------------------------------------------------------------ */

/* The words of the groups that the office adds or replaces, and of those it replaced. */
static void add_touched(struct drafts *list, const struct hy_lexicon *l,
                        const struct hy_lexicon *nation)
{
    for (size_t i = 0; i < l->groups.n; i++) {
        if (!groups_of(l)[i].own)
            continue;
        add_group(list, &groups_of(l)[i], (uint32_t)i);
        for (size_t k = 0; i < nation->groups.n && k < groups_of(nation)[i].words.n; k++)
            draft_of(list, hy_normal_word(hy_str(groups_of(nation)[i].words.v[k].text)));
    }
}

static int by_group(const void *a, const void *b)
{
    const struct lexis_use *x = a, *y = b;

    return (x->group > y->group) - (x->group < y->group);
}

/* The nation's uses in groups that still hold, before, between and behind the office's: a word is
 * seldom twice in a group, and then with one weight. */
static void add_national_uses(struct hy_lexis *x, struct draft *d)
{
    uintptr_t word = (uintptr_t)hy_map_get(x->national->word_of, hy_str(d->text));

    if (word == 0)
        return;
    const struct lexis_use *end, *u = lexis_uses(x->national, (uint32_t)word - 1, &end);
    for (; u < end; u++)
        if (!groups_of(x->lexicon)[u->group].own)
            hy_vec_push(&d->uses, *u);
    x->dead[(word - 1) / 64] |= UINT64_C(1) << (word - 1) % 64;
    if (d->uses.n > 1)
        qsort(d->uses.v, d->uses.n, sizeof(*d->uses.v), by_group);
}

struct hy_lexis *hy_lexis_new_over(const struct hy_lexis *national, const struct hy_lexicon *l,
                                   const char *tables)
{
    struct hy_lexis *x = lexis_of(l);
    struct drafts list = {.at = hy_map_new(NULL)};

    x->national = national;
    x->n_national = national->n_words;
    add_touched(&list, l, national->lexicon);
    if (list.n)
        x->dead = hy_xcalloc(national->n_words / 64 + 1, sizeof(*x->dead));
    for (size_t i = 0; i < list.n; i++)
        add_national_uses(x, &list.v[i]);
    compile(x, &list, tables);
    hy_map_free(list.at);
    drafts_release(&list);
    return x;
}

void hy_lexis_free(struct hy_lexis *x)
{
    if (x == NULL)
        return;
    hy_map_free(x->word_of);
    hy_match_free(x->match);
    free(x->first_use);
    free(x->uses);
    free(x->pack_of);
    free(x->dead);
    free(x);
}

bool hy_lexis_is_shared(const struct hy_lexis *x)
{
    const struct hy_lexis *of = x->national ? x->national : x;

    return of->match && hy_match_is_shared(of->match);
}
