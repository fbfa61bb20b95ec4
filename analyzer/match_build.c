/* SPDX-License-Identifier: Apache-2.0 */
/* Words become the matcher's tables.
 *
 * Every word with two adjacent Han characters is filed under one such pair, its anchor: the one
 * that is rarest in running Chinese (analyzer/rarity.h).  That choice decides how often a text asks
 * for a word that is not there, and is worth more than everything a scan can do.
 *
 * Cost: about 150 ns a word. */
#include "analyzer/match_table.h"

#include "analyzer/rarity.h"
#include "core/err.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* A word and where it will be filed. */
struct draft {
    struct hy_str word;
    uint32_t id, hash;
    int anchor; /* -1: it has no pair */
};

static uint32_t char_at(const char *p)
{
    return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (uint32_t)(p[2] & 63);
}

static bool is_pair(const char *p)
{
    return hy_is_han_lead((unsigned char)p[0]) && hy_is_han_lead((unsigned char)p[3]);
}

/* Byte offset of the rarest pair, or -1.  Not further in than a byte can say. */
static int anchor_of(struct hy_str w)
{
    int first = -1, best = -1;
    double most = -1;

    for (size_t at = 0; at + 6 <= w.n && at <= UINT8_MAX; at++) {
        if (!is_pair(w.p + at))
            continue;
        if (first < 0) { /* most words have one pair: nothing to choose, nothing to ask */
            first = best = (int)at;
            continue;
        }
        if (most < 0)
            most = hy_rarity_pair(char_at(w.p + first), char_at(w.p + first + 3));
        double bits = hy_rarity_pair(char_at(w.p + at), char_at(w.p + at + 3));
        if (bits > most) {
            most = bits;
            best = (int)at;
        }
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

/* What an office adds gets 1 KB and no sieve: there may be thousands of offices. */
enum { FEW = 128 };

/* Few bits set, yet small: 16 KB for a thousand words, 64 KB for ten, 256 KB for fifty.  Half
 * or a quarter would stay in the nearest cache and let twice as many pairs through: no faster. */
static unsigned bits_for(size_t words)
{
    unsigned log = words < FEW ? 13 : 17;

    while (log < 22 && ((size_t)1 << log) < words * 40)
        log++;
    return log;
}

/* Of more pairs it lets half pass, and costs what it saves. */
static bool is_sieved(size_t words)
{
    return words >= FEW && words <= 3000;
}

/* -- the block -------------------------------------------------------------------------------- */

static uint64_t part(uint64_t *end, uint64_t bytes)
{
    uint64_t at = *end;

    *end += (bytes + 63) / 64 * 64;
    return bytes ? at : 0;
}

static size_t tail_of(struct hy_str w)
{
    return w.n > MATCH_KEY ? w.n - MATCH_KEY : 0;
}

static struct match_head plan(const struct draft *d, size_t n)
{
    struct match_head h = {.magic = "hymatch", .n_words = (uint32_t)n};
    uint64_t end = 0, tails = 0;

    for (size_t i = 0; i < n; i++) {
        h.n_paired += d[i].anchor >= 0;
        tails += tail_of(d[i].word);
    }
    h.n_others = h.n_words - h.n_paired;
    h.pair_shift = 32 - bits_for(h.n_paired);
    h.bucket_shift = 32 - (log2_up(h.n_paired + 1) + 1);
    part(&end, sizeof(h));
    h.bits = part(&end, (UINT64_C(1) << (32 - h.pair_shift)) / 8);
    h.sieve = part(&end, is_sieved(h.n_paired) ? HY_SIEVE_BYTES : 0);
    h.buckets = part(&end, (UINT64_C(1) << (32 - h.bucket_shift)) * sizeof(uint32_t));
    h.entries = part(&end, (h.n_paired + 1) * sizeof(struct match_entry));
    h.leads = part(&end, h.n_others ? MATCH_LEADS / 8 : 0);
    h.lead_index = part(&end, h.n_others ? (MATCH_FIRSTS + 1) * sizeof(uint32_t) : 0);
    h.others = part(&end, h.n_others * sizeof(struct match_entry));
    h.tail_at = part(&end, tails ? (n + 1) * sizeof(uint32_t) : 0);
    h.tails = part(&end, tails);
    h.bytes = end;
    return h;
}

static void *at(struct match_head *h, uint64_t offset)
{
    return (char *)h + offset;
}

static struct match_entry entry_of(const struct draft *d)
{
    struct match_entry e = {.id = d->id, .length = (uint16_t)d->word.n};

    memcpy(e.key, d->word.p, HY_MIN(d->word.n, (size_t)MATCH_KEY));
    e.anchor = d->anchor < 0 ? 0 : (uint8_t)d->anchor;
    e.flags = d->word.n > MATCH_KEY ? MATCH_LONG : 0;
    return e;
}

/* Counting sort: next[k] becomes where the run of key k begins. */
static uint32_t *runs_of(const uint32_t *key, size_t n, size_t keys, uint32_t first)
{
    uint32_t *next = hy_xcalloc(keys + 1, sizeof(*next));

    for (size_t i = 0; i < n; i++)
        next[key[i] + 1]++;
    next[0] = first;
    for (size_t k = 0; k < keys; k++)
        next[k + 1] += next[k];
    return next;
}

static void file_pairs(struct match_head *h, const struct draft *d, size_t n)
{
    size_t keys = (size_t)1 << (32 - h->bucket_shift), k = 0;
    uint32_t *key = hy_xmalloc((n + 1) * sizeof(*key));
    uint32_t *bits = at(h, h->bits), *buckets = at(h, h->buckets);
    struct match_entry *entries = at(h, h->entries);

    for (size_t i = 0; i < n; i++)
        if (d[i].anchor >= 0)
            key[k++] = d[i].hash >> h->bucket_shift;
    uint32_t *next = runs_of(key, k, keys, 1);
    for (size_t i = 0; i < keys; i++)
        buckets[i] = next[i] == next[i + 1] ? 0 : next[i];
    for (size_t i = 0; i < n; i++) {
        if (d[i].anchor < 0)
            continue;
        uint32_t bit = d[i].hash >> h->pair_shift, bucket = d[i].hash >> h->bucket_shift;
        bits[bit / 32] |= UINT32_C(1) << bit % 32;
        if (h->sieve)
            hy_sieve_add(at(h, h->sieve), d[i].word.p + d[i].anchor);
        entries[next[bucket]] = entry_of(&d[i]);
        if (next[bucket] > buckets[bucket])
            entries[next[bucket] - 1].flags |= MATCH_MORE;
        next[bucket]++;
    }
    free(next);
    free(key);
}

static void set_leads(uint64_t *leads, struct hy_str w)
{
    if (w.n > 1) {
        unsigned lead = match_lead(w.p, w.n);
        leads[lead / 64] |= UINT64_C(1) << lead % 64;
        return;
    }
    for (unsigned second = 0; second < 256; second++) {
        unsigned lead = (unsigned char)w.p[0] | second << 8;
        leads[lead / 64] |= UINT64_C(1) << lead % 64;
    }
}

static void file_others(struct match_head *h, const struct draft *d, size_t n)
{
    if (h->n_others == 0)
        return;
    uint32_t *key = hy_xmalloc(n * sizeof(*key)), *index = at(h, h->lead_index);
    struct match_entry *others = at(h, h->others);
    size_t k = 0;

    for (size_t i = 0; i < n; i++)
        if (d[i].anchor < 0)
            key[k++] = match_first(d[i].word.p, d[i].word.n);
    uint32_t *next = runs_of(key, k, MATCH_FIRSTS, 0);
    memcpy(index, next, (MATCH_FIRSTS + 1) * sizeof(*index));
    for (size_t i = 0; i < n; i++) {
        if (d[i].anchor >= 0)
            continue;
        others[next[match_first(d[i].word.p, d[i].word.n)]++] = entry_of(&d[i]);
        set_leads(at(h, h->leads), d[i].word);
    }
    free(next);
    free(key);
}

static void file_tails(struct match_head *h, const struct draft *d, size_t n)
{
    if (h->tails == 0)
        return;
    uint32_t *tail_at = at(h, h->tail_at), end = 0;
    char *tails = at(h, h->tails);

    for (size_t i = 0; i < n; i++) {
        size_t more = tail_of(d[i].word);
        tail_at[i] = end;
        memcpy(tails + end, d[i].word.p + d[i].word.n - more, more);
        end += (uint32_t)more;
    }
    tail_at[n] = end;
}

struct match_head *match_build(const struct hy_str *words, size_t n)
{
    struct draft *d = hy_xmalloc((n + 1) * sizeof(*d));

    for (size_t i = 0; i < n; i++) {
        if (words[i].n == 0 || words[i].n > UINT16_MAX)
            hy_bug("word %zu has %zu bytes", i, words[i].n);
        d[i] = (struct draft){.word = words[i], .id = (uint32_t)i, .anchor = anchor_of(words[i])};
        if (d[i].anchor >= 0)
            d[i].hash = hy_pair_hash(words[i].p + d[i].anchor);
    }
    struct match_head plan_of = plan(d, n);
    struct match_head *h = aligned_alloc(64, plan_of.bytes);
    if (h == NULL)
        hy_bug("no memory for %zu words", n);
    memset(h, 0, plan_of.bytes);
    *h = plan_of;
    file_pairs(h, d, n);
    file_others(h, d, n);
    file_tails(h, d, n);
    free(d);
    return h;
}
