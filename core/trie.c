/* SPDX-License-Identifier: Apache-2.0 */
/* A trie whose edges live in one open-addressed table keyed by (node, character), no pointer per
 * node.  The value of a node stands with the edge that leads to it, and with it some bits that say
 * which characters may follow: a step of a walk costs one cache line, and a walk hardly ever looks
 * for an edge that is not there.  The node a first character leads to has the number of that
 * character, so walks begin with the second. */
#include "core/trie.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum {
    CHAR_BITS = 21,
    ROOT = 1 << CHAR_BITS, /* beyond all characters */
    FIRST_BITS = 1 << 16,
    FIRST_EDGES = 64,
    LEAST_PAIR_BITS = 12,
    KEY_BITS = 48,
};

struct edge {
    uint64_t key; /* node << CHAR_BITS | character; above KEY_BITS what may follow; 0: free */
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
    return (uint64_t)node << CHAR_BITS | c;
}

static bool has_key(const struct edge *e, uint64_t key)
{
    return (e->key ^ key) << (64 - KEY_BITS) == 0;
}

static size_t home_of(const struct hy_trie *t, uint64_t key)
{
    return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & t->mask;
}

static struct edge *find(const struct hy_trie *t, uint64_t key)
{
    size_t i = home_of(t, key);

    while (t->edges[i].key && !has_key(&t->edges[i], key))
        i = (i + 1) & t->mask;
    return &t->edges[i];
}

/* The one of sixteen bits that lets `c` follow. */
static uint64_t follower(uint32_t c)
{
    return UINT64_C(1) << (KEY_BITS + (c * UINT32_C(0x9E3779B1) >> 28));
}

/* The table of pairs grows with that of edges, four bits for each. */
static void count_pairs_again(struct hy_trie *t)
{
    if ((t->mask + 1) * 4 <= (size_t)1 << (32 - t->gate.pair_shift))
        return;
    clear_pairs(t, 32 - t->gate.pair_shift + 1);
    for (size_t i = 0; i <= t->mask; i++) {
        uint64_t key = t->edges[i].key & ((UINT64_C(1) << KEY_BITS) - 1);
        if (key && key >> CHAR_BITS < ROOT)
            set_bit(t->gate.pairs, pair_bit(t, (uint32_t)(key >> CHAR_BITS),
                                            (uint32_t)key & ((1 << CHAR_BITS) - 1)));
    }
}

static void grow(struct hy_trie *t)
{
    struct edge *old = t->edges;
    size_t n = t->mask + 1;

    t->edges = hy_xcalloc(n * 2, sizeof(*t->edges));
    t->mask = n * 2 - 1;
    for (size_t i = 0; i < n; i++)
        if (old[i].key)
            *find(t, old[i].key & ((UINT64_C(1) << KEY_BITS) - 1)) = old[i];
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
    size_t at = 0;

    if (word.n == 0)
        return &t->empty;
    uint32_t first = hy_utf8_next(word, &at), c;
    set_bit(t->gate.first, first & (FIRST_BITS - 1));
    if (at == word.n) {
        set_bit(t->gate.alone, first & (FIRST_BITS - 1));
        return &edge_of(t, ROOT, first)->value;
    }
    c = hy_utf8_next(word, &at);
    set_bit(t->gate.pairs, pair_bit(t, first, c));
    struct edge *e = edge_of(t, first, c);
    while (at < word.n) {
        c = hy_utf8_next(word, &at);
        e->key |= follower(c);
        e = edge_of(t, e->child, c);
    }
    return &e->value;
}

void hy_trie_prefetch(const struct hy_trie *t, uint32_t a, uint32_t b)
{
    __builtin_prefetch(&t->edges[home_of(t, key_of(a, b))]);
}

size_t hy_trie_longest(const struct hy_trie *t, const uint32_t *c, size_t n, size_t max,
                       uint32_t *ret_value)
{
    size_t best = 0;

    if (n == 0 || max == 0 || !hy_trie_may_begin(t, c[0], n > 1 ? c[1] : 0))
        return 0;
    if (t->gate.alone[(c[0] & 65535) / 64] >> c[0] % 64 & 1) {
        const struct edge *e = find(t, key_of(ROOT, c[0]));
        if (e->key) {
            best = 1;
            *ret_value = e->value;
        }
    }
    uint32_t node = c[0];
    for (size_t i = 1; i < n && i < max; i++) {
        const struct edge *e = find(t, key_of(node, c[i]));
        if (e->key == 0)
            break;
        if (e->value) {
            best = i + 1;
            *ret_value = e->value;
        }
        if (i + 1 < n && !(e->key & follower(c[i + 1])))
            break;
        node = e->child;
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
