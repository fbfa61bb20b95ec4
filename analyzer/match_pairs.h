/* SPDX-License-Identifier: Apache-2.0 */
/* The first sieve of the matcher: where in a text stand two adjacent Han characters whose pair may
 * belong to a word?  One bit per hashed pair; false yeses are allowed, false noes are not.
 *
 * Ways of walking with the same answer, for CPUs of every age; the best is chosen at run time. */
#pragma once
#include "core/str.h"

/* Lead bytes E4..E9 cover U+4000..U+9FFF: all characters that occur in words. */
static inline bool hy_is_han_lead(unsigned char c)
{
    return c >= 0xE4 && c <= 0xE9;
}

/* The four bytes that tell a pair from others (the lead bytes say little), mixed.  The upper bits
 * are the good ones. */
static inline uint32_t hy_pair_hash(const char *p)
{
    uint32_t four = (uint32_t)(unsigned char)p[1] | (uint32_t)(unsigned char)p[2] << 8 |
                    (uint32_t)(unsigned char)p[4] << 16 | (uint32_t)(unsigned char)p[5] << 24;

    return four * UINT32_C(0x9E3779B1);
}

/* Few pairs also fit two tables that a CPU with AVX-512 asks about 59 bytes of text at once: which
 * lower six bits of the second character follow the lower six of the first, and which middle ones?
 * Of a thousand pairs' text one in fourteen passes both and is looked up in the bitmap. */
enum { HY_SIEVE_TABLE = 512, HY_SIEVE_BYTES = 2 * HY_SIEVE_TABLE };
struct hy_pairs {
    const uint32_t *bits; /* 2^(32 - shift) of them, borrowed */
    const uint8_t *sieve; /* HY_SIEVE_BYTES, borrowed; NULL: so many pairs that most would pass */
    unsigned shift;       /* of the hash: what remains is the number of the bit */
};

/* One of 4,096 bits: which of four parts of 128 bytes, which byte of it, which bit of that. */
static inline void hy_sieve_set(uint8_t *table, unsigned char low, unsigned char other)
{
    table[(other >> 4 & 3) * 128 + (other >> 3 & 1) * 64 + (low & 63)] |=
        (uint8_t)(1 << (other & 7));
}

static inline void hy_sieve_add(uint8_t *sieve, const char *pair)
{
    hy_sieve_set(sieve, (unsigned char)pair[2], (unsigned char)pair[5]);
    hy_sieve_set(sieve + HY_SIEVE_TABLE, (unsigned char)pair[2], (unsigned char)pair[4]);
}

/* What one call found, in the order of the text. */
enum { HY_PAIRS_ROOM = 1024, HY_PAIRS_SPARE = 32 };
struct hy_pairs_found {
    size_t n;
    uint32_t at[HY_PAIRS_ROOM + HY_PAIRS_SPARE]; /* byte offsets */
    uint32_t hash[HY_PAIRS_ROOM + HY_PAIRS_SPARE];
};

/* Walks from *at until the room is nearly used up or the text ends; *at is where to go on. */
typedef void hy_pairs_find(const struct hy_pairs *p, struct hy_str text, size_t *at,
                           struct hy_pairs_found *found);

/* HY_PAIRS_GATHER is AVX-512 where the CPU looks up sixteen bits at once faster than one by one. */
enum hy_pairs_level {
    HY_PAIRS_PORTABLE,
    HY_PAIRS_SSE4,
    HY_PAIRS_AVX2,
    HY_PAIRS_AVX512,
    HY_PAIRS_GATHER,
    HY_PAIRS_LEVELS
};
extern const char *const hy_pairs_level_name[HY_PAIRS_LEVELS];
enum hy_pairs_level hy_pairs_best(void); /* of this CPU */
/* NULL when the CPU cannot. */
hy_pairs_find *hy_pairs_walk(enum hy_pairs_level level);
