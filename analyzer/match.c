/* SPDX-License-Identifier: Apache-2.0 */
/* A filter on pairs of Chinese characters, with verification.
 *
 * A scan walks the text once, asks a small bitmap about each pair of adjacent Han characters
 * (match_pairs.c), and compares whole words only where the bit is set.  Nearly all pairs of a text
 * are no word's anchor (match_build.c), so the cost is that of walking - several times cheaper than
 * running an automaton, and it hardly grows with the number of words.  Words without a pair (ASCII,
 * single characters, mixtures) are filed by their first character; a list without them pays nothing.
 *
 * Invariant: a word is in exactly one of the two files, so each occurrence is found exactly once.
 * A bit may lie (hashes collide); what is reported was compared in full.  UTF-8 synchronises
 * itself, so comparing bytes finds no halves of characters.  No byte outside the text is read. */
#include "analyzer/match_table.h"

#include "core/err.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* -- hits in order ---------------------------------------------------------------------------- */

static inline uint64_t order_of(const struct hy_match_hit *h)
{
    return (uint64_t)h->start << 32 | (uint32_t)~h->end;
}

static inline bool comes_before(const struct hy_match_hit *a, const struct hy_match_hit *b)
{
    uint64_t x = order_of(a), y = order_of(b);

    return x < y || (x == y && a->word < b->word);
}

/* Sort v[from..n) into v[0..from), which is sorted.  Hits come almost in order (an anchor is at
 * most a word away from its start), so insertion is close to linear. */
static void sort_hits(struct hy_match_hit *v, size_t from, size_t n)
{
    for (size_t i = HY_MAX(from, (size_t)1); i < n; i++) {
        if (!comes_before(&v[i], &v[i - 1]))
            continue;
        struct hy_match_hit h = v[i];
        size_t j = i;
        do
            v[j] = v[j - 1];
        while (--j > 0 && comes_before(&h, &v[j - 1]));
        v[j] = h;
    }
}

static void merge_hits(struct hy_match_hit *v, size_t middle, size_t n)
{
    struct hy_match_hit *left = hy_xmalloc((middle + 1) * sizeof(*left));
    size_t i = 0, j = middle, to = 0;

    memcpy(left, v, middle * sizeof(*left));
    while (i < middle)
        v[to++] = j < n && comes_before(&v[j], &left[i]) ? v[j++] : left[i++];
    free(left);
}

/* -- words without a pair --------------------------------------------------------------------- */

/* Words begin where characters do. */
static inline size_t char_bytes(unsigned char lead)
{
    static const uint8_t bytes[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4};

    return bytes[lead >> 4];
}

static void scan_others(const struct hy_match *m, struct hy_str text, struct hy_match_hits *out)
{
    for (size_t at = 0; at < text.n; at += char_bytes((unsigned char)text.p[at])) {
        unsigned lead = match_lead(text.p + at, text.n - at);
        if (!(m->leads[lead / 64] >> lead % 64 & 1))
            continue;
        unsigned first = match_first(text.p + at, text.n - at);
        for (uint32_t i = m->lead_index[first]; i < m->lead_index[first + 1]; i++)
            if (match_stands_at(m, &m->others[i], text, at))
                hy_vec_push(out, match_hit(&m->others[i], at));
    }
}

void hy_match_scan(const struct hy_match *m, struct hy_str text, struct hy_match_hits *out)
{
    struct hy_pairs_found found;
    size_t first = out->n, sorted = out->n;

    if (m->head->n_paired)
        for (size_t at = 0; at < text.n;) {
            m->find(&m->pairs, text, &at, &found);
            if (found.n == 0)
                continue;
            m->verify(m, text, &found, out);
            if (out->n > sorted)
                sort_hits(out->v + first, sorted - first, out->n - first);
            sorted = out->n;
        }
    if (m->head->n_others == 0)
        return;
    size_t middle = out->n;
    scan_others(m, text, out);
    if (out->n > middle)
        sort_hits(out->v + middle, 0, out->n - middle);
    if (middle > first && out->n > middle)
        merge_hits(out->v + first, middle - first, out->n - first);
}

/* -- life cycle ------------------------------------------------------------------------------- */

bool match_use(struct hy_match *m, enum hy_pairs_level level)
{
    if (hy_pairs_walk(level) == NULL)
        return false;
    m->find = hy_pairs_walk(level);
    m->verify = match_verify(level);
    m->level = level;
    return true;
}

struct hy_match *match_over(const struct match_head *h, size_t mapped)
{
    struct hy_match *m = hy_xcalloc(1, sizeof(*m));
    const char *base = (const char *)h;

    m->head = h;
    m->mapped = mapped;
    m->pairs = (struct hy_pairs){.bits = (const uint32_t *)(base + h->bits),
                                 .sieve = h->sieve ? (const uint8_t *)base + h->sieve : NULL,
                                 .shift = h->pair_shift};
    m->buckets = (const uint32_t *)(base + h->buckets);
    m->entries = (const struct match_entry *)(base + h->entries);
    m->leads = (const uint64_t *)(base + h->leads);
    m->lead_index = (const uint32_t *)(base + h->lead_index);
    m->others = (const struct match_entry *)(base + h->others);
    m->tail_at = (const uint32_t *)(base + h->tail_at);
    m->tails = base + h->tails;
    if (!match_use(m, hy_pairs_best()))
        hy_bug("this CPU cannot what it can");
    return m;
}

struct hy_match *hy_match_new(const struct hy_str *words, size_t n)
{
    return match_over(match_build(words, n), 0);
}

void hy_match_free(struct hy_match *m)
{
    if (m == NULL)
        return;
    if (m->mapped)
        munmap((void *)m->head, m->mapped);
    else
        free((void *)m->head);
    free(m);
}

size_t hy_match_bytes(const struct hy_match *m)
{
    return sizeof(*m) + m->head->bytes;
}
