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

struct hy_trie *hy_trie_new(void);
void hy_trie_free(struct hy_trie *t); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_trie, hy_trie_free)
/* Where the value of the word is kept: 0 when the word is new.  Valid until the next call. */
uint32_t *hy_trie_slot(struct hy_trie *t, struct hy_str word);

/* Length of the longest word that is a prefix of c[0..n), at most `max`; 0 if there is none. */
size_t hy_trie_longest(const struct hy_trie *t, const uint32_t *c, size_t n, size_t max,
                       uint32_t *ret_value);
