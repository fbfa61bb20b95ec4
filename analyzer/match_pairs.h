/* SPDX-License-Identifier: Apache-2.0 */
/* The first sieve of the matcher: where in a text stand two adjacent Han characters whose pair may
 * belong to a word?  One bit per hashed pair; false yeses are allowed, false noes are not.
 *
 * Three ways of walking with the same answer: a portable one, and two that look at a block of 64
 * bytes at once on x86 CPUs with AVX2 or AVX-512 VBMI2, chosen when the sieve is made. */
#pragma once
#include "core/str.h"

#define HY_PAIR_FACTOR UINT64_C(0x9E3779B97F4A7C15)

struct hy_pairs {
    uint64_t *bits; /* 2^(64 - shift) of them */
    unsigned shift;
    uint32_t starts[256]; /* of a byte of flags: up to three offsets, and on top their number */
    size_t (*find)(const struct hy_pairs *p, struct hy_str text, size_t *at, uint32_t *found,
                   size_t room);
};

/* Lead bytes E4..E9 cover U+4000..U+9FFF: all characters that occur in words. */
static inline bool hy_is_han_lead(unsigned char c)
{
    return c >= 0xE4 && c <= 0xE9;
}

void hy_pairs_init(struct hy_pairs *p, size_t words);
void hy_pairs_release(struct hy_pairs *p);
void hy_pairs_add(struct hy_pairs *p, const char *pair); /* 6 bytes */
size_t hy_pairs_bytes(const struct hy_pairs *p);
/* For tests and figures: walk in this way; false when the CPU cannot. */
enum hy_pairs_level { HY_PAIRS_PORTABLE, HY_PAIRS_AVX2, HY_PAIRS_AVX512 };
bool hy_pairs_use(struct hy_pairs *p, enum hy_pairs_level level);

/* Walk from *at until `found` is (nearly) full or the text ends; *at is where to go on.  room is at
 * least 128.  Byte offsets of candidates, ascending. */
static inline size_t hy_pairs_find(const struct hy_pairs *p, struct hy_str text, size_t *at,
                                   uint32_t *found, size_t room)
{
    return p->find(p, text, at, found, room);
}
