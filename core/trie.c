/* SPDX-License-Identifier: Apache-2.0 */
/* A trie whose edges live in one open-addressed table keyed by (node, character), no pointer per
 * node.  Node 1 is the root.  The value of a node stands with the edge that leads to it: a step of a
 * walk costs one cache line. */
#include "core/trie.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum { ROOT = 1, FIRST_BITS = 1 << 16, FIRST_EDGES = 64, LEAST_PAIR_BITS = 12 };

struct edge {
    uint64_t key; /* node << 21 | character; 0: free */
    uint32_t child, value;
};

struct hy_trie {
    struct hy_trie_gate gate; /* first: hy_trie_may_begin() */
    struct edge *edges;
    size_t mask, used;
    uint32_t nodes;
    uint32_t empty; /* value of the empty word */
};

static void set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static uint32_t pair_bit(const struct hy_trie *t, uint32_t a, uint32_t b)
{
    return (a * UINT32_C(0x9E3779B1) + b * UINT32_C(0x85EBCA6B)) >> t->gate.pair_shift;
}

static void clear_pairs(struct hy_trie *t, unsigned log)
{
    free(t->gate.pairs);
    t->gate.pairs = hy_xcalloc(((size_t)1 << log) / 64, sizeof(*t->gate.pairs));
    t->gate.pair_shift = 32 - log;
}

static uint64_t key_of(uint32_t node, uint32_t c)
{
    return (uint64_t)node << 21 | c;
}

static struct edge *find(const struct hy_trie *t, uint64_t key)
{
    size_t i = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & t->mask;

    while (t->edges[i].key && t->edges[i].key != key)
        i = (i + 1) & t->mask;
    return &t->edges[i];
}

/* The table of pairs grows with that of edges, four bits for each: those from a child of the root
 * are the pairs. */
static void count_pairs_again(struct hy_trie *t)
{
    if ((t->mask + 1) * 4 <= (size_t)1 << (32 - t->gate.pair_shift))
        return;
    uint32_t *first = hy_xcalloc(t->nodes, sizeof(*first)); /* by node, + 1 */

    for (size_t i = 0; i <= t->mask; i++)
        if (t->edges[i].key >> 21 == ROOT)
            first[t->edges[i].child] = (uint32_t)(t->edges[i].key & 0x1FFFFF) + 1;
    clear_pairs(t, 32 - t->gate.pair_shift + 1);
    for (size_t i = 0; i <= t->mask; i++)
        if (t->edges[i].key && first[t->edges[i].key >> 21])
            set_bit(t->gate.pairs, pair_bit(t, first[t->edges[i].key >> 21] - 1,
                                            (uint32_t)(t->edges[i].key & 0x1FFFFF)));
    free(first);
}

static void grow(struct hy_trie *t)
{
    struct edge *old = t->edges;
    size_t n = t->mask + 1;

    t->edges = hy_xcalloc(n * 2, sizeof(*t->edges));
    t->mask = n * 2 - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].key)
            *find(t, old[i].key) = old[i];
    free(old);
    count_pairs_again(t);
}

static struct edge *edge_of(struct hy_trie *t, uint32_t node, uint32_t c)
{
    struct edge *e = find(t, key_of(node, c));

    if (e->key)
        return e;
    *e = (struct edge){key_of(node, c), t->nodes++, 0};
    if (++t->used * 2 <= t->mask)
        return e;
    grow(t);
    return find(t, key_of(node, c));
}

uint32_t *hy_trie_slot(struct hy_trie *t, struct hy_str word)
{
    uint32_t first = 0, c = 0;
    struct edge *e = NULL;
    size_t n = 0;

    for (size_t at = 0; at < word.n; n++) {
        c = hy_utf8_next(word, &at);
        e = edge_of(t, e ? e->child : ROOT, c);
        if (n == 0)
            set_bit(t->gate.first, (first = c) & (FIRST_BITS - 1));
        if (n == 1)
            set_bit(t->gate.pairs, pair_bit(t, first, c));
    }
    if (n == 1)
        set_bit(t->gate.alone, c & (FIRST_BITS - 1));
    return e ? &e->value : &t->empty;
}

size_t hy_trie_longest(const struct hy_trie *t, const uint32_t *c, size_t n, size_t max,
                       uint32_t *ret_value)
{
    uint32_t node = ROOT;
    size_t best = 0;

    if (n == 0 || !hy_trie_may_begin(t, c[0], n > 1 ? c[1] : 0))
        return 0;
    for (size_t i = 0; i < n && i < max; i++) {
        const struct edge *e = find(t, key_of(node, c[i]));
        if (e->key == 0)
            break;
        node = e->child;
        if (e->value) {
            best = i + 1;
            *ret_value = e->value;
        }
    }
    return best;
}

struct hy_trie *hy_trie_new(void)
{
    struct hy_trie *t = hy_xcalloc(1, sizeof(*t));

    t->mask = FIRST_EDGES - 1;
    t->edges = hy_xcalloc(t->mask + 1, sizeof(*t->edges));
    clear_pairs(t, LEAST_PAIR_BITS);
    t->nodes = ROOT + 1;
    return t;
}

void hy_trie_free(struct hy_trie *t)
{
    if (t == NULL)
        return;
    free(t->edges);
    free(t->gate.pairs);
    free(t);
}
