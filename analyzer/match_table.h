/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher's tables: one block of memory without a pointer in it, so that it can be written to a
 * file and mapped by any number of processes.  Private to analyzer/match*.c.
 *
 *   head | bits of pairs | sieve | buckets | entries | leads and their index | others | tails
 *
 * entries[0] is nobody's: an empty bucket names it.  The words of a bucket stand one behind the
 * other, MATCH_MORE set on all but the last. */
#pragma once
#include "analyzer/match.h"
#include "analyzer/match_pairs.h"

enum { MATCH_KEY = 24, MATCH_LEADS = 1 << 16, MATCH_FIRSTS = 256 + 256 };

enum match_flag { MATCH_MORE = 1, MATCH_LONG = 2 }; /* another word follows; longer than its key */
/* 32 bytes, two to a cache line. */
struct match_entry {
    uint64_t key[MATCH_KEY / 8]; /* the word's first bytes, zeros behind it */
    uint32_t id;
    uint16_t length;
    uint8_t anchor; /* where in the word the pair stands it is filed under */
    uint8_t flags;
};
_Static_assert(sizeof(struct match_entry) == 32, "two entries a cache line");

struct match_head {
    char magic[8];
    uint64_t bytes; /* of the whole block */
    uint64_t words; /* hash of all behind the head; 0 while nobody shares it */
    uint32_t n_words, n_paired, n_others;
    uint32_t pair_shift, bucket_shift; /* of the hash of a pair */
    /* Where the parts begin, in bytes from the head; 0: there is no such part. */
    uint64_t bits, sieve, buckets, entries, leads, lead_index, others, tail_at, tails;
};

/* Compares the candidates of a batch with the words they may be; appends hits, hardly in order. */
typedef void match_verify_fn(const struct hy_match *m, struct hy_str text,
                             const struct hy_pairs_found *found, struct hy_match_hits *out);

/* A block with the pointers into it that a scan wants, made anew by every process. */
struct hy_match {
    const struct match_head *head;
    struct hy_pairs pairs;
    hy_pairs_find *find;
    match_verify_fn *verify;
    enum hy_pairs_level level;
    const uint32_t *buckets;
    const struct match_entry *entries;
    const uint64_t *leads;      /* MATCH_LEADS bits: first two bytes of the other words */
    const uint32_t *lead_index; /* MATCH_FIRSTS + 1 indices into others, by first character */
    const struct match_entry *others;
    const uint32_t *tail_at; /* by word: where the bytes beyond its key stand */
    const char *tails;
    size_t mapped; /* bytes to unmap; 0: the block was allocated */
};

/* The block for these words, to be freed. */
struct match_head *match_build(const struct hy_str *words, size_t n);

/* A matcher over a block: to be unmapped (`mapped` bytes), or to be freed (0). */
struct hy_match *match_over(const struct match_head *h, size_t mapped);

/* For tests and figures: go this way; false when the CPU cannot. */
bool match_use(struct hy_match *m, enum hy_pairs_level level);
match_verify_fn *match_verify(enum hy_pairs_level level);
/* The word as a whole, byte for byte. */
bool match_stands_at(const struct hy_match *m, const struct match_entry *e, struct hy_str text,
                     size_t start);

static inline struct hy_match_hit match_hit(const struct match_entry *e, size_t start)
{
    return (struct hy_match_hit){e->id, (uint32_t)start, (uint32_t)(start + e->length)};
}

static inline unsigned match_lead(const char *p, size_t n)
{
    return (unsigned char)p[0] | (n > 1 ? (unsigned)(unsigned char)p[1] << 8 : 0);
}

/* Where words that begin with the character at p are filed.  Nearly all Han characters share six
 * first bytes, so theirs are told apart by the low bits of the code point. */
static inline unsigned match_first(const char *p, size_t n)
{
    unsigned lead = (unsigned char)p[0];

    if (lead >> 4 != 0xE || n < 3)
        return lead;
    return 256 + ((((unsigned)p[1] & 3) << 6) | ((unsigned)p[2] & 63));
}
