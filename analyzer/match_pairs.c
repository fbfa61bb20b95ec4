/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/match_pairs.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, ROOM = 512 };

/* Six bytes of a pair in the upper bits; reads eight. */
static inline uint64_t load_pair(const char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v << 16;
}

static inline bool may_be(const struct hy_pairs *p, uint64_t pair)
{
    uint64_t h = (pair * HY_PAIR_FACTOR) >> p->shift;

    return p->bits[h / 64] >> h % 64 & 1;
}

static uint64_t load_last_pair(const char *p)
{
    uint64_t v = 0;

    memcpy(&v, p, 6);
    return v << 16;
}

static size_t find_portable(const struct hy_pairs *p, struct hy_str text, size_t *at,
                            uint32_t *found, size_t room)
{
    size_t i = *at, n = 0;

    while (i + 6 <= text.n && n < room) {
        if (!hy_is_han_lead((unsigned char)text.p[i])) {
            i++;
            continue;
        }
        if (hy_is_han_lead((unsigned char)text.p[i + 3])) {
            uint64_t pair = i + 8 <= text.n ? load_pair(text.p + i) : load_last_pair(text.p + i);
            found[n] = (uint32_t)i;
            n += may_be(p, pair);
        }
        i += 3;
    }
    *at = n < room ? text.n : i;
    return n;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Bit i: byte i is a lead byte E4..E9. */
__attribute__((target("avx2"))) static inline uint64_t leads_of(const char *p)
{
    const __m256i low = _mm256_set1_epi8((char)(0xE4 - 0x80)), span = _mm256_set1_epi8(-128 + 5);
    uint32_t half[2];

    for (int i = 0; i < 2; i++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(p + 32 * i));
        /* c - 0xE4 as unsigned <= 5, done as a signed comparison around -128 */
        __m256i d = _mm256_sub_epi8(v, low);
        half[i] = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(d, span));
    }
    return half[0] | (uint64_t)half[1] << 32;
}

/* Offsets of the set bits, eight at a time without looking at how many there are: the count is what
 * a branch predictor cannot guess.  Writes up to 24 (a block holds at most 22 pairs) and says how
 * many count. */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static inline size_t
offsets_of(uint64_t bits, size_t at, uint32_t *to)
{
    size_t n = (size_t)__builtin_popcountll(bits);

    for (size_t k = 0; k < n; k += 8)
        for (size_t j = 0; j < 8; j++) {
            to[k + j] = (uint32_t)(at + _tzcnt_u64(bits));
            bits &= bits - 1;
        }
    return n;
}

/* Keep the offsets whose pair may belong to a word. */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static inline size_t
sift(const struct hy_pairs *p, const char *text, const uint32_t *restrict pos, size_t n,
     uint32_t *restrict found)
{
    const uint64_t *bits = p->bits;
    const unsigned shift = p->shift;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t h = (load_pair(text + pos[i]) * HY_PAIR_FACTOR) >> shift;
        found[kept] = pos[i];
        kept += bits[h / 64] >> (h % 64) & 1;
    }
    return kept;
}

/* Blocks of 64 bytes: a pair starts where a lead byte stands and another three bytes on.  Reads up
 * to 128 bytes from *at on; `end` is where whole reads end. */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static size_t
walk_avx2(const struct hy_pairs *p, const char *text, size_t end, size_t *at, uint32_t *found,
          size_t room)
{
    uint32_t pos[ROOM];
    size_t i = *at, n = 0;
    uint64_t leads = leads_of(text + i);

    room = HY_MIN(room, (size_t)ROOM);

    for (; i + 2 * BLOCK <= end && n + BLOCK <= room; i += BLOCK) {
        uint64_t next = leads_of(text + i + BLOCK);
        n += offsets_of(leads & (leads >> 3 | next << 61), i, pos + n);
        leads = next;
    }
    *at = i;
    return sift(p, text, pos, n, found);
}

/* The rest of a text, too short for whole reads, is walked in a copy with zeros behind it. */
static size_t rest_avx2(const struct hy_pairs *p, struct hy_str text, size_t *at, uint32_t *found)
{
    char copy[4 * BLOCK] = {0};
    size_t from = *at, n = text.n - from, i = 0;

    memcpy(copy, text.p + from, n);
    size_t kept = walk_avx2(p, copy, sizeof(copy), &i, found, SIZE_MAX);
    for (size_t k = 0; k < kept; k++)
        found[k] += (uint32_t)from;
    *at = text.n;
    return kept;
}

static size_t find_avx2(const struct hy_pairs *p, struct hy_str text, size_t *at, uint32_t *found,
                        size_t room)
{
    if (*at + 2 * BLOCK <= text.n)
        return walk_avx2(p, text.p, text.n, at, found, room);
    return rest_avx2(p, text, at, found);
}
#endif

void hy_pairs_use_portable(struct hy_pairs *p)
{
    p->find = find_portable;
}

/* Few bits set, yet small enough for the L1 cache as long as the words allow it: 16 KB for a
 * thousand words, 32 KB for ten, 128 KB for fifty. */
void hy_pairs_init(struct hy_pairs *p, size_t words)
{
    unsigned log = 17;

    while (log < 22 && ((size_t)1 << log) < words * 20)
        log++;
    p->shift = 64 - log;
    p->bits = hy_xcalloc(((size_t)1 << log) / 64, sizeof(uint64_t));
    p->find = find_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt"))
        p->find = find_avx2;
#endif
}

void hy_pairs_release(struct hy_pairs *p)
{
    free(p->bits);
    p->bits = NULL;
}

void hy_pairs_add(struct hy_pairs *p, const char *pair)
{
    uint64_t h = (load_last_pair(pair) * HY_PAIR_FACTOR) >> p->shift;

    p->bits[h / 64] |= UINT64_C(1) << h % 64;
}

size_t hy_pairs_bytes(const struct hy_pairs *p)
{
    return ((size_t)1 << (64 - p->shift)) / 8;
}
