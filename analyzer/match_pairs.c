/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/match_pairs.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, SLACK = 64 };

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

/* Blocks of 64 bytes: a pair starts where a lead byte stands and another three bytes on. */
__attribute__((target("avx2,bmi"))) static size_t
find_avx2(const struct hy_pairs *p, struct hy_str text, size_t *at, uint32_t *found, size_t room)
{
    size_t i = *at, n = 0;

    if (i + 2 * BLOCK + SLACK > text.n)
        return find_portable(p, text, at, found, room);
    uint64_t leads = leads_of(text.p + i);
    while (i + 2 * BLOCK + SLACK <= text.n && n + BLOCK <= room) {
        uint64_t next = leads_of(text.p + i + BLOCK);
        uint64_t starts = leads & (leads >> 3 | next << 61);

        for (; starts; starts &= starts - 1) {
            size_t pos = i + (size_t)__builtin_ctzll(starts);
            found[n] = (uint32_t)pos;
            n += may_be(p, load_pair(text.p + pos));
        }
        leads = next;
        i += BLOCK;
    }
    *at = i;
    return n;
}
#endif

void hy_pairs_use_portable(struct hy_pairs *p)
{
    p->find = find_portable;
}

/* Bits so that about one in sixteen is set, within what stays in the L1 or L2 cache. */
void hy_pairs_init(struct hy_pairs *p, size_t words)
{
    unsigned log = 12;

    while (log < 21 && ((size_t)1 << log) < words * 32)
        log++;
    p->shift = 64 - log;
    p->bits = hy_xcalloc(((size_t)1 << log) / 64, sizeof(uint64_t));
    p->find = find_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
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
