/* SPDX-License-Identifier: Apache-2.0 */
/* Dictionary of words as code points: finds all words that start at a position of a text in one
 * walk that ends at the first character no word continues with.
 *
 * Built once, then read-only (and so shareable between threads).  A word's value is a number the
 * caller chooses; 0 means "no word". */
#pragma once
#include "core/mem.h"
#include "core/str.h"

struct hy_trie;

/* Two tables of bits answer nearly all positions of a text without touching the words: which
 * characters begin a word, and which pairs do.  The first thing in a trie, so that the question
 * costs no call. */
struct hy_trie_gate {
    uint64_t first[65536 / 64]; /* begins a word */
    uint64_t alone[65536 / 64]; /* begins a word and may be one */
    uint64_t *pairs;            /* begin a word; hashed, so that some bits lie */
    unsigned pair_shift;
};

struct hy_trie *hy_trie_new(void);
void hy_trie_free(struct hy_trie *t); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_trie, hy_trie_free)
/* Where the value of the word is kept: 0 when the word is new.  Valid until the next call. */
uint32_t *hy_trie_slot(struct hy_trie *t, struct hy_str word);

/* Length of the longest word that is a prefix of c[0..n), at most `max`; 0 if there is none. */
size_t hy_trie_longest(const struct hy_trie *t, const uint32_t *c, size_t n, size_t max,
                       uint32_t *ret_value);

/* A word that begins with these two will be asked for soon: a dictionary of a country does not fit
 * the nearest memory, so fetch ahead what several will need. */
void hy_trie_prefetch(const struct hy_trie *t, uint32_t a, uint32_t b);

/* False: no word is `a` alone, and none begins with `a` and `b` (0: the text ends behind a). */
static inline bool hy_trie_may_begin(const struct hy_trie *t, uint32_t a, uint32_t b)
{
    const struct hy_trie_gate *g = (const struct hy_trie_gate *)t;
    uint32_t first = a & 65535;

    if (!(g->first[first / 64] >> first % 64 & 1))
        return false;
    uint32_t pair = (a * UINT32_C(0x9E3779B1) + b * UINT32_C(0x85EBCA6B)) >> g->pair_shift;
    return (g->alone[first / 64] >> first % 64 & 1) || (g->pairs[pair / 64] >> pair % 64 & 1);
}
