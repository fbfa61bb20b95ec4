/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled lexicon: what lexis_build.c makes and lexis.c asks.  Nobody else includes this. */
#pragma once
#include "analyzer/lexis.h"
#include "analyzer/match.h"

/* A word's role in one group. */
struct lexis_use {
    uint32_t group;
    uint32_t purpose; /* of the group */
    double weight[HY_LEXIS_FIELDS];
};

/* Words are numbered: the nation's first, from n_national on those of its own.  One that an
 * office's groups speak of is the office's with all its uses, and `dead` among the nation's. */
struct hy_lexis {
    const struct hy_lexicon *lexicon;
    const struct hy_lexis *national; /* NULL: all words are its own */
    struct hy_match *match;          /* of its own words; NULL: it has none */
    uint32_t *first_use;             /* per own word, one more at the end */
    struct lexis_use *uses;
    size_t n_words, n_national;
    uint16_t *pack_of;      /* per group: index of its pack + 1; 0: counts always */
    uint64_t *dead;         /* bits, per word of the nation */
    struct hy_map *word_of; /* text -> word + 1: for those who build over it */
};

/* The uses of a word, [*ret, end). */
static inline const struct lexis_use *lexis_uses(const struct hy_lexis *x, uint32_t word,
                                                 const struct lexis_use **ret_end)
{
    const struct hy_lexis *of = word < x->n_national ? x->national : x;
    uint32_t at = word - (uint32_t)(of == x ? x->n_national : 0);

    *ret_end = of->uses + of->first_use[at + 1];
    return of->uses + of->first_use[at];
}
