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

typedef size_t hy_pairs_walk(const struct hy_pairs *p, const char *text, size_t end, size_t *at,
                             uint32_t *found, size_t room);

/* A pair starts where a lead byte stands and another three bytes on.  In valid text starts are
 * three bytes apart or more; the last step makes sure of it in any other, so that a block has at
 * most 22. */
static inline uint64_t starts_of(uint64_t leads, uint64_t next)
{
    uint64_t bits = leads & (leads >> 3 | next << 61);

    return bits & ~(bits << 1 | bits << 2);
}

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

/* Offsets of the set bits of a block.  Of eight neighbouring bytes at most three begin a pair, so a
 * table gives them at once: three offsets and, on top, how many count.  A loop over the bits would
 * be a chain of dependent steps, and twice as slow.  Writes up to four beyond the count. */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static inline size_t
offsets_avx2(const uint32_t *starts, uint64_t bits, size_t at, uint32_t *to)
{
    size_t n = 0;

    for (size_t k = 0; k < BLOCK; k += 8) {
        uint32_t e = starts[bits >> k & 255];
        __m128i three = _mm_cvtepu8_epi32(_mm_cvtsi32_si128((int)e));
        _mm_storeu_si128((__m128i *)(to + n), _mm_add_epi32(three, _mm_set1_epi32((int)(at + k))));
        n += e >> 24;
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
        n += offsets_avx2(p->starts, starts_of(leads, next), i, pos + n);
        leads = next;
    }
    *at = i;
    return sift(p, text, pos, n, found);
}

/* The same with AVX-512: the CPU compresses the offsets itself. */
__attribute__((
    target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt"))) static inline uint64_t
leads_avx512(const char *p)
{
    __m512i d = _mm512_sub_epi8(_mm512_loadu_si512(p), _mm512_set1_epi8((char)0xE4));

    return _mm512_cmplt_epu8_mask(d, _mm512_set1_epi8(6));
}

__attribute__((
    target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt"))) static inline size_t
offsets_avx512(uint64_t bits, __m512i all, size_t at, uint32_t *to)
{
    __m512i packed = _mm512_maskz_compress_epi8(bits, all), base = _mm512_set1_epi32((int)at);
    __m512i low = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed));
    __m256i high = _mm256_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 1));

    _mm512_storeu_si512(to, _mm512_add_epi32(low, base));
    _mm256_storeu_si256((__m256i *)(to + 16), _mm256_add_epi32(high, _mm512_castsi512_si256(base)));
    return (size_t)__builtin_popcountll(bits);
}

__attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt"))) static size_t
walk_avx512(const struct hy_pairs *p, const char *text, size_t end, size_t *at, uint32_t *found,
            size_t room)
{
    static const char count[BLOCK] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i all = _mm512_loadu_si512(count);
    uint32_t pos[ROOM];
    size_t i = *at, n = 0;
    uint64_t leads = leads_avx512(text + i);

    room = HY_MIN(room, (size_t)ROOM);
    for (; i + 2 * BLOCK <= end && n + BLOCK <= room; i += BLOCK) {
        uint64_t next = leads_avx512(text + i + BLOCK);
        n += offsets_avx512(starts_of(leads, next), all, i, pos + n);
        leads = next;
    }
    *at = i;
    return sift(p, text, pos, n, found);
}

/* The rest of a text, too short for whole reads, is walked in a copy with zeros behind it. */
static size_t walk_rest(const struct hy_pairs *p, hy_pairs_walk *walk, struct hy_str text,
                        size_t *at, uint32_t *found)
{
    char copy[4 * BLOCK];
    size_t from = *at, n = text.n - from, i = 0;

    memcpy(copy, text.p + from, n);
    memset(copy + n, 0, sizeof(copy) - n);
    size_t kept = walk(p, copy, n + 2 * BLOCK, &i, found, SIZE_MAX);
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
    return walk_rest(p, walk_avx2, text, at, found);
}

static size_t find_avx512(const struct hy_pairs *p, struct hy_str text, size_t *at, uint32_t *found,
                          size_t room)
{
    if (*at + 2 * BLOCK <= text.n)
        return walk_avx512(p, text.p, text.n, at, found, room);
    return walk_rest(p, walk_avx512, text, at, found);
}

static void choose_walk(struct hy_pairs *p)
{
    if (!__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt"))
        return;
    if (__builtin_cpu_supports("avx2"))
        p->find = find_avx2;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2"))
        p->find = find_avx512;
}
#else
static void choose_walk(struct hy_pairs *p)
{
    (void)p;
}
#endif

bool hy_pairs_use(struct hy_pairs *p, enum hy_pairs_level level)
{
    p->find = find_portable;
#if defined(__x86_64__)
    struct hy_pairs best = {.find = find_portable};
    choose_walk(&best);
    if (level == HY_PAIRS_AVX512 && best.find == find_avx512)
        p->find = find_avx512;
    if (level == HY_PAIRS_AVX2 && best.find != find_portable)
        p->find = find_avx2;
#endif
    return level == HY_PAIRS_PORTABLE || p->find != find_portable;
}

static void fill_starts(uint32_t *starts)
{
    for (uint32_t bits = 0; bits < 256; bits++) {
        uint32_t e = 0, n = 0;
        for (uint32_t i = 0; i < 8; i++)
            if (bits >> i & 1 && n < 3)
                e |= i << 8 * n++;
        starts[bits] = e | n << 24;
    }
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
    choose_walk(p);
    fill_starts(p->starts);
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
