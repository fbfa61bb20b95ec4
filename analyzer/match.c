/* SPDX-License-Identifier: Apache-2.0 */
/* A filter on pairs of Chinese characters, with verification.
 *
 * Every word with two adjacent Han characters is filed under one such pair, its anchor: the pair
 * that the fewest other words have.  A scan walks the text once, asks a small bitmap about each
 * pair of adjacent Han characters (one multiplication, one bit), and compares whole words only
 * where the bit is set.  Nearly all pairs of a text are in no word, so the cost is that of walking
 * - several times cheaper than running an automaton, and it hardly grows with the number of words.
 * Words without such a pair (ASCII, single characters, mixtures) are filed under their first two
 * bytes in a second, smaller bitmap; a list without them does not pay for it.
 *
 * Invariant: a word is in exactly one of the two files, so each occurrence is found exactly once.
 * A bit may lie (hashes collide); what is reported was compared in full.  UTF-8 synchronises
 * itself, so comparing bytes finds no halves of characters. */
#include "analyzer/match.h"

#include "analyzer/match_pairs.h"
#include "core/err.h"

#include <string.h>

enum { LEADS = 1 << 16, BATCH = 1024 };

struct entry {
    uint64_t pair; /* the anchor's six bytes: compared before anything else is touched */
    const char *word;
    uint32_t id;
    uint16_t length, anchor; /* anchor: byte offset of the pair in the word */
};

struct hy_match {
    struct hy_pairs pairs;
    uint32_t *bucket; /* n_buckets + 1 indices into `entries` */
    uint32_t bucket_shift, n_buckets;
    struct entry *entries; /* words with a pair, by bucket */
    uint64_t *lead_bits;   /* LEADS bits, NULL when there are no other words */
    uint32_t *lead_bucket; /* 256 + 1 indices into `others`, by first byte */
    struct entry *others;  /* words without a pair, by first byte */
    size_t n_entries, n_others;
    char *text; /* of all words */
    size_t text_bytes;
};

static unsigned lead_of(const char *p, size_t n)
{
    return (unsigned char)p[0] | (n > 1 ? (unsigned)(unsigned char)p[1] << 8 : 0);
}

static uint64_t key_of(const char *p)
{
    uint64_t v = 0;

    memcpy(&v, p, 6);
    return v << 16;
}

static bool is_pair(const char *p, size_t left)
{
    return left >= 6 && hy_is_han_lead((unsigned char)p[0]) && hy_is_han_lead((unsigned char)p[3]);
}

/* -- building ------------------------------------------------------------------------------- */

/* How many words have a pair, by a hash of it: a good enough guess at which pairs are rare. */
enum { COUNTS = 1 << 15 };

static size_t count_slot(const char *p)
{
    return (size_t)((key_of(p) * HY_PAIR_FACTOR) >> (64 - 15));
}

static void count_pairs(const struct hy_str *words, size_t n, uint16_t *counts)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at + 6 <= words[i].n; at++)
            if (is_pair(words[i].p + at, words[i].n - at) &&
                counts[count_slot(words[i].p + at)] < UINT16_MAX)
                counts[count_slot(words[i].p + at)]++;
}

/* Byte offset of the rarest pair, or -1. */
static int anchor_of(struct hy_str w, const uint16_t *counts)
{
    int best = -1;
    unsigned least = UINT32_MAX;

    for (size_t at = 0; at + 6 <= w.n; at++) {
        if (!is_pair(w.p + at, w.n - at) || counts[count_slot(w.p + at)] >= least)
            continue;
        least = counts[count_slot(w.p + at)];
        best = (int)at;
    }
    return best;
}

static unsigned log2_up(size_t n)
{
    unsigned bits = 0;

    while (((size_t)1 << bits) < n)
        bits++;
    return bits;
}

static size_t bucket_of(const struct hy_match *m, const char *pair)
{
    return (size_t)((key_of(pair) * HY_PAIR_FACTOR) >> m->bucket_shift);
}

/* Counting sort of `from` into `to`; index gets where each key's run begins. */
static void file_entries(const struct entry *from, const uint32_t *key, size_t n, size_t keys,
                         struct entry *to, uint32_t *index)
{
    for (size_t i = 0; i < n; i++)
        index[key[i] + 1]++;
    for (size_t k = 0; k < keys; k++)
        index[k + 1] += index[k];
    uint32_t *next = hy_xmalloc(keys * sizeof(*next));
    memcpy(next, index, keys * sizeof(*next));
    for (size_t i = 0; i < n; i++)
        to[next[key[i]]++] = from[i];
    free(next);
}

static void file_pairs(struct hy_match *m, struct entry *list, size_t n)
{
    unsigned bits = log2_up(n) + 1;
    uint32_t *key = hy_xmalloc((n + 1) * sizeof(*key));

    m->n_buckets = 1u << bits;
    m->bucket_shift = 64 - bits;
    m->bucket = hy_xcalloc(m->n_buckets + 1, sizeof(*m->bucket));
    m->entries = hy_xmalloc((n + 1) * sizeof(*m->entries));
    m->n_entries = n;
    hy_pairs_init(&m->pairs, n);
    for (size_t i = 0; i < n; i++) {
        const char *pair = list[i].word + list[i].anchor;
        key[i] = (uint32_t)bucket_of(m, pair);
        list[i].pair = key_of(pair);
        hy_pairs_add(&m->pairs, pair);
    }
    file_entries(list, key, n, m->n_buckets, m->entries, m->bucket);
    free(key);
}

static void set_lead(struct hy_match *m, unsigned lead)
{
    m->lead_bits[lead / 64] |= UINT64_C(1) << lead % 64;
}

static void file_others(struct hy_match *m, const struct entry *list, size_t n)
{
    if (n == 0)
        return;
    uint32_t *key = hy_xmalloc(n * sizeof(*key));
    m->lead_bits = hy_xcalloc(LEADS / 64, sizeof(*m->lead_bits));
    m->lead_bucket = hy_xcalloc(257, sizeof(*m->lead_bucket));
    m->others = hy_xmalloc(n * sizeof(*m->others));
    m->n_others = n;
    for (size_t i = 0; i < n; i++) {
        key[i] = (unsigned char)list[i].word[0];
        if (list[i].length > 1)
            set_lead(m, lead_of(list[i].word, list[i].length));
        else
            for (unsigned second = 0; second < 256; second++)
                set_lead(m, key[i] | second << 8);
    }
    file_entries(list, key, n, 256, m->others, m->lead_bucket);
    free(key);
}

static void copy_words(struct hy_match *m, const struct hy_str *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (words[i].n == 0 || words[i].n > UINT16_MAX)
            hy_bug("word %zu has %zu bytes", i, words[i].n);
        m->text_bytes += words[i].n;
    }
    m->text = hy_xmalloc(m->text_bytes + 1);
}

struct hy_match *hy_match_new(const struct hy_str *words, size_t n)
{
    struct hy_match *m = hy_xcalloc(1, sizeof(*m));
    uint16_t *counts = hy_xcalloc(COUNTS, sizeof(*counts));
    struct entry *paired = hy_xmalloc((n + 1) * sizeof(*paired));
    struct entry *other = hy_xmalloc((n + 1) * sizeof(*other));
    size_t n_paired = 0, n_other = 0, at = 0;

    copy_words(m, words, n);
    count_pairs(words, n, counts);
    for (size_t i = 0; i < n; i++) {
        int anchor = anchor_of(words[i], counts);
        struct entry e = {0, m->text + at, (uint32_t)i, (uint16_t)words[i].n,
                          (uint16_t)(anchor < 0 ? 0 : anchor)};

        memcpy(m->text + at, words[i].p, words[i].n);
        at += words[i].n;
        if (anchor < 0)
            other[n_other++] = e;
        else
            paired[n_paired++] = e;
    }
    file_pairs(m, paired, n_paired);
    file_others(m, other, n_other);
    free(counts);
    free(paired);
    free(other);
    return m;
}

void hy_match_free(struct hy_match *m)
{
    if (m == NULL)
        return;
    hy_pairs_release(&m->pairs);
    free(m->bucket);
    free(m->entries);
    free(m->lead_bits);
    free(m->lead_bucket);
    free(m->others);
    free(m->text);
    free(m);
}

size_t hy_match_bytes(const struct hy_match *m)
{
    size_t leads = m->lead_bits ? LEADS / 8 + 257 * sizeof(uint32_t) : 0;

    return sizeof(*m) + hy_pairs_bytes(&m->pairs) + (m->n_buckets + 1) * sizeof(uint32_t) +
           (m->n_entries + m->n_others) * sizeof(struct entry) + leads + m->text_bytes;
}

/* -- scanning ------------------------------------------------------------------------------- */

static void report(struct hy_match_hits *out, const struct entry *e, size_t start)
{
    hy_vec_push(out, (struct hy_match_hit){e->id, (uint32_t)start, (uint32_t)(start + e->length)});
}

static void verify_pair(const struct hy_match *m, struct hy_str text, size_t at, uint32_t bucket,
                        struct hy_match_hits *out)
{
    uint64_t pair = key_of(text.p + at);

    for (uint32_t i = m->bucket[bucket]; i < m->bucket[bucket + 1]; i++) {
        const struct entry *e = &m->entries[i];
        if (e->pair != pair || at < e->anchor || at - e->anchor + e->length > text.n)
            continue;
        if (e->length == 6 || memcmp(text.p + at - e->anchor, e->word, e->length) == 0)
            report(out, e, at - e->anchor);
    }
}

/* In three steps, so that the memory of all candidates is on its way before the first is needed. */
static void verify_pairs(const struct hy_match *m, struct hy_str text, const uint32_t *found,
                         size_t n, struct hy_match_hits *out)
{
    uint32_t bucket[BATCH];

    for (size_t i = 0; i < n; i++) {
        bucket[i] = (uint32_t)bucket_of(m, text.p + found[i]);
        __builtin_prefetch(&m->bucket[bucket[i]]);
    }
    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(&m->entries[m->bucket[bucket[i]]]);
    for (size_t i = 0; i < n; i++)
        verify_pair(m, text, found[i], bucket[i], out);
}

static void verify_lead(const struct hy_match *m, struct hy_str text, size_t at,
                        struct hy_match_hits *out)
{
    unsigned char first = (unsigned char)text.p[at];

    for (uint32_t i = m->lead_bucket[first]; i < m->lead_bucket[first + 1]; i++) {
        const struct entry *e = &m->others[i];
        if (e->length <= text.n - at && memcmp(text.p + at, e->word, e->length) == 0)
            report(out, e, at);
    }
}

static void scan_others(const struct hy_match *m, struct hy_str text, struct hy_match_hits *out)
{
    for (size_t at = 0; at < text.n; at++) {
        unsigned lead = lead_of(text.p + at, text.n - at);
        if (m->lead_bits[lead / 64] >> lead % 64 & 1)
            verify_lead(m, text, at, out);
    }
}

static bool comes_before(const struct hy_match_hit *a, const struct hy_match_hit *b)
{
    if (a->start != b->start)
        return a->start < b->start;
    if (a->end != b->end)
        return a->end > b->end;
    return a->word < b->word;
}

/* Hits come almost in order (an anchor is at most a word away from its start), so insertion is
 * close to linear.  The second file's hits are a sorted run of their own; merging them needs no
 * more than the same insertion when they are few. */
static void sort_hits(struct hy_match_hit *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct hy_match_hit h = v[i];
        size_t j = i;

        for (; j > 0 && comes_before(&h, &v[j - 1]); j--)
            v[j] = v[j - 1];
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

void hy_match_scan(const struct hy_match *m, struct hy_str text, struct hy_match_hits *out)
{
    size_t first = out->n;
    uint32_t found[BATCH];

    if (m->n_entries)
        for (size_t at = 0; at < text.n;) {
            size_t n = hy_pairs_find(&m->pairs, text, &at, found, BATCH);
            verify_pairs(m, text, found, n, out);
        }
    if (out->n > first) /* no hit yet: v may be NULL */
        sort_hits(out->v + first, out->n - first);
    if (m->lead_bits == NULL)
        return;
    size_t middle = out->n;
    scan_others(m, text, out);
    if (out->n > middle)
        sort_hits(out->v + middle, out->n - middle);
    if (middle > first && out->n > middle)
        merge_hits(out->v + first, middle - first, out->n - first);
}
