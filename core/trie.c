/* SPDX-License-Identifier: Apache-2.0 */
/* A trie whose edges live in one open-addressed table keyed by (node, character): two probes for a
 * position where no word starts, no pointer per node.  Node 1 is the root.  A table of bits over
 * first characters answers most positions of a text without touching the edges. */
#include "core/trie.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <string.h>

enum { ROOT = 1, FIRST_BITS = 1 << 16 };

struct edge {
    uint64_t key; /* node << 21 | character; 0: free */
    uint32_t child;
};

struct hy_trie {
    struct edge *edges;
    size_t mask, used;
    HY_VEC(uint32_t) values; /* by node */
    uint64_t first[FIRST_BITS / 64];
};

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
}

static uint32_t child_of(struct hy_trie *t, uint32_t node, uint32_t c)
{
    struct edge *e = find(t, key_of(node, c));

    if (e->key)
        return e->child;
    *e = (struct edge){key_of(node, c), (uint32_t)t->values.n};
    hy_vec_push(&t->values, 0);
    uint32_t child = e->child;
    if (++t->used * 2 > t->mask)
        grow(t);
    return child;
}

uint32_t *hy_trie_slot(struct hy_trie *t, struct hy_str word)
{
    uint32_t node = ROOT;

    for (size_t at = 0; at < word.n;) {
        uint32_t c = hy_utf8_next(word, &at);
        if (node == ROOT)
            t->first[(c & (FIRST_BITS - 1)) / 64] |= UINT64_C(1) << (c & 63);
        node = child_of(t, node, c);
    }
    return &t->values.v[node];
}

size_t hy_trie_longest(const struct hy_trie *t, const uint32_t *c, size_t n, size_t max,
                       uint32_t *ret_value)
{
    uint32_t node = ROOT;
    size_t best = 0;

    if (n == 0 || !(t->first[(c[0] & (FIRST_BITS - 1)) / 64] >> (c[0] & 63) & 1))
        return 0;
    for (size_t i = 0; i < n && i < max; i++) {
        const struct edge *e = find(t, key_of(node, c[i]));
        if (e->key == 0)
            break;
        node = e->child;
        if (t->values.v[node]) {
            best = i + 1;
            *ret_value = t->values.v[node];
        }
    }
    return best;
}

struct hy_trie *hy_trie_new(void)
{
    struct hy_trie *t = hy_xcalloc(1, sizeof(*t));

    t->mask = 1023;
    t->edges = hy_xcalloc(t->mask + 1, sizeof(*t->edges));
    hy_vec_push(&t->values, 0); /* node 0 is nobody */
    hy_vec_push(&t->values, 0); /* the root */
    return t;
}

void hy_trie_free(struct hy_trie *t)
{
    if (t == NULL)
        return;
    free(t->edges);
    hy_vec_release(&t->values);
    free(t);
}
