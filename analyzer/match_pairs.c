/* SPDX-License-Identifier: Apache-2.0 */
/* Walking: blocks of about 64 bytes become a list of positions, the list is sifted by the bitmap.
 *
 * Both halves avoid branches that depend on the text: a CPU guesses them wrong, and one wrong guess
 * costs as much as six pairs.  Costs per pair on a CPU with AVX-512: 1 cycle to list it, 1 (looked
 * up sixteen at once) to 3 (one by one) to sift it. */
#include "analyzer/match_pairs.h"

#include "core/mem.h"

#include <string.h>

enum { BLOCK = 64, PER_BLOCK = 22 };

const char *const hy_pairs_level_name[] = {
    [HY_PAIRS_PORTABLE] = "portable", [HY_PAIRS_SSE4] = "sse4",     [HY_PAIRS_AVX2] = "avx2",
    [HY_PAIRS_AVX512] = "avx512",     [HY_PAIRS_GATHER] = "gather",
};
_Static_assert(HY_COUNT(hy_pairs_level_name) == HY_PAIRS_LEVELS, "name every level");

static inline bool may_be(const struct hy_pairs *p, uint32_t hash)
{
    uint32_t bit = hash >> p->shift;

    return p->bits[bit / 32] >> bit % 32 & 1;
}

static void find_portable(const struct hy_pairs *p, struct hy_str text, size_t *at,
                          struct hy_pairs_found *found)
{
    size_t i = *at, n = 0;

    for (; i + 6 <= text.n && n < HY_PAIRS_ROOM; i++) {
        if (!hy_is_han_lead((unsigned char)text.p[i]))
            continue;
        if (hy_is_han_lead((unsigned char)text.p[i + 3])) {
            uint32_t hash = hy_pair_hash(text.p + i);
            found->at[n] = (uint32_t)i;
            found->hash[n] = hash;
            n += may_be(p, hash);
        }
        i += 2;
    }
    *at = n < HY_PAIRS_ROOM ? text.n : i;
    found->n = n;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_SSE4 __attribute__((target("sse4.1,popcnt")))
#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WITH_AVX512                                                                                \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))
#define ALWAYS static inline __attribute__((always_inline))

/* A pair starts where a lead byte stands and another three bytes on.  In valid text starts are
 * three bytes apart or more; the last step makes sure of it in any other, so that a block has at
 * most PER_BLOCK. */
ALWAYS uint64_t starts_of(uint64_t leads, uint64_t three_on)
{
    uint64_t bits = leads & three_on;

    return bits & ~(bits << 1 | bits << 2);
}

/* -- SSE4 and AVX2: positions by a table, bits one by one ------------------------------------- */

/* Of eight neighbouring bytes at most three begin a pair: by their flags, three offsets and on top
 * their number.  A loop over the flags would be a chain of dependent steps, and twice as slow. */
#define FLAG(bits, i) ((bits) >> (i)&1u)
#define BELOW(bits, i) (__builtin_popcount((bits) & ((1u << (i)) - 1)))
#define OFFSET(bits, i)                                                                            \
    (FLAG(bits, i) && BELOW(bits, i) < 3 ? (uint32_t)(i) << 8 * (BELOW(bits, i) & 3) : 0u)
#define ENTRY(b)                                                                                   \
    (OFFSET(b, 1) | OFFSET(b, 2) | OFFSET(b, 3) | OFFSET(b, 4) | OFFSET(b, 5) | OFFSET(b, 6) |     \
     OFFSET(b, 7) | (uint32_t)(__builtin_popcount(b) < 3 ? __builtin_popcount(b) : 3) << 24)
#define ENTRIES4(b) ENTRY(b), ENTRY((b) + 1), ENTRY((b) + 2), ENTRY((b) + 3)
#define ENTRIES16(b) ENTRIES4(b), ENTRIES4((b) + 4), ENTRIES4((b) + 8), ENTRIES4((b) + 12)
#define ENTRIES64(b) ENTRIES16(b), ENTRIES16((b) + 16), ENTRIES16((b) + 32), ENTRIES16((b) + 48)
static const uint32_t starts[256] = {ENTRIES64(0u), ENTRIES64(64u), ENTRIES64(128u),
                                     ENTRIES64(192u)};

WITH_SSE4 ALWAYS size_t list_starts(uint64_t bits, size_t at, uint32_t *to)
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

/* Keep the positions whose pair may belong to a word. */
ALWAYS void sift(const struct hy_pairs *p, const char *text, const uint32_t *restrict pos, size_t n,
                 struct hy_pairs_found *restrict found)
{
    const uint32_t *bits = p->bits;
    const unsigned shift = p->shift;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t hash = hy_pair_hash(text + pos[i]), bit = hash >> shift;
        found->at[kept] = pos[i];
        found->hash[kept] = hash;
        kept += bits[bit / 32] >> bit % 32 & 1;
    }
    found->n = kept;
}

/* Bit i: byte i is a lead byte E4..E9.  c - 0xE4 <= 5 unsigned, as a signed comparison. */
WITH_SSE4 ALWAYS uint64_t leads_sse4(const char *p)
{
    uint64_t bits = 0;

    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(p + 16 * i));
        __m128i d = _mm_sub_epi8(v, _mm_set1_epi8((char)(0xE4 - 0x80)));
        __m128i is = _mm_cmplt_epi8(d, _mm_set1_epi8(-128 + 6));
        bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(is) << 16 * i;
    }
    return bits;
}

WITH_AVX2 ALWAYS uint64_t leads_avx2(const char *p)
{
    const __m256i low = _mm256_set1_epi8((char)(0xE4 - 0x80)), span = _mm256_set1_epi8(-128 + 6);
    uint32_t half[2];

    for (int i = 0; i < 2; i++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(p + 32 * i));
        half[i] = (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(span, _mm256_sub_epi8(v, low)));
    }
    return half[0] | (uint64_t)half[1] << 32;
}

/* Whole blocks up to `end`, of which as much again behind the last may be read. */
typedef void walk_fn(const struct hy_pairs *p, const char *text, size_t end, size_t *at,
                     struct hy_pairs_found *found);

/* The same walk for both, written once and compiled twice. */
#define DEFINE_WALK(name, with, leads_of)                                                          \
    with static void name(const struct hy_pairs *p, const char *text, size_t end, size_t *at,      \
                          struct hy_pairs_found *found)                                            \
    {                                                                                              \
        uint32_t pos[HY_PAIRS_ROOM + HY_PAIRS_SPARE];                                              \
        size_t i = *at, n = 0;                                                                     \
        uint64_t leads = leads_of(text + i);                                                       \
                                                                                                   \
        for (; i + 2 * BLOCK <= end && n + PER_BLOCK <= HY_PAIRS_ROOM; i += BLOCK) {               \
            uint64_t next = leads_of(text + i + BLOCK);                                            \
            n += list_starts(starts_of(leads, leads >> 3 | next << 61), i, pos + n);               \
            leads = next;                                                                          \
        }                                                                                          \
        *at = i;                                                                                   \
        sift(p, text, pos, n, found);                                                              \
    }
DEFINE_WALK(walk_sse4, WITH_SSE4, leads_sse4)
DEFINE_WALK(walk_avx2, WITH_AVX2, leads_avx2)

/* The rest of a text, too short for whole reads, is walked in a copy with zeros behind it. */
static void walk_rest(const struct hy_pairs *p, walk_fn *walk, struct hy_str text, size_t *at,
                      struct hy_pairs_found *found)
{
    char copy[4 * BLOCK];
    size_t from = *at, n = text.n - from, i = 0;

    memcpy(copy, text.p + from, n);
    memset(copy + n, 0, sizeof(copy) - n);
    walk(p, copy, n + 2 * BLOCK, &i, found);
    for (size_t k = 0; k < found->n; k++)
        found->at[k] += (uint32_t)from;
    *at = text.n;
}

static void find_sse4(const struct hy_pairs *p, struct hy_str text, size_t *at,
                      struct hy_pairs_found *found)
{
    if (*at + 2 * BLOCK <= text.n)
        walk_sse4(p, text.p, text.n, at, found);
    else
        walk_rest(p, walk_sse4, text, at, found);
}

static void find_avx2(const struct hy_pairs *p, struct hy_str text, size_t *at,
                      struct hy_pairs_found *found)
{
    if (*at + 2 * BLOCK <= text.n)
        walk_avx2(p, text.p, text.n, at, found);
    else
        walk_rest(p, walk_avx2, text, at, found);
}

/* -- AVX-512 ---------------------------------------------------------------------------------- */

/* What a block of positions needs: 0, 1, 2 ...; and which byte of four times sixteen positions. */
struct pattern {
    __m512i count, four[2], bytes;
};

WITH_AVX512 ALWAYS struct pattern pattern_of(void)
{
    static const char count[BLOCK] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    static const char four[BLOCK] = {
        0,  0,  0,  0,  1,  1,  1,  1,  2,  2,  2,  2,  3,  3,  3,  3,  4,  4,  4,  4,  5,  5,
        5,  5,  6,  6,  6,  6,  7,  7,  7,  7,  8,  8,  8,  8,  9,  9,  9,  9,  10, 10, 10, 10,
        11, 11, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15};
    __m512i once = _mm512_loadu_si512(four);

    return (struct pattern){_mm512_loadu_si512(count),
                            {once, _mm512_add_epi8(once, _mm512_set1_epi8(16))},
                            _mm512_set1_epi32(0x05040201)};
}

/* The 64 bytes from `by` on. */
WITH_AVX512 ALWAYS __m512i ahead(const struct pattern *k, __m512i v, int by)
{
    return _mm512_permutexvar_epi8(_mm512_add_epi8(k->count, _mm512_set1_epi8((char)by)), v);
}

/* A bit of one table for each of 64 positions: hy_sieve_set() in reverse. */
WITH_AVX512 ALWAYS uint64_t ask(const uint8_t *table, __m512i low, __m512i other)
{
    const __m512i one_of = _mm512_set1_epi64((long long)0x8040201008040201);
    __mmask64 upper = _mm512_test_epi8_mask(other, _mm512_set1_epi8(32));
    __mmask64 odd = _mm512_test_epi8_mask(other, _mm512_set1_epi8(16));
    /* bit 3 of `other` as bit 6, which chooses between the two registers of a part */
    __m512i which = _mm512_ternarylogic_epi32(low, _mm512_slli_epi16(other, 3),
                                              _mm512_set1_epi8(64), 0xF0 | (0xCC & 0xAA));
    __m512i part[4];

    for (int i = 0; i < 4; i++)
        part[i] = _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128 * i), which,
                                           _mm512_loadu_si512(table + 128 * i + 64));
    part[0] = _mm512_mask_blend_epi8(odd, part[0], part[1]);
    part[2] = _mm512_mask_blend_epi8(odd, part[2], part[3]);
    __m512i bit = _mm512_shuffle_epi8(one_of, _mm512_and_si512(other, _mm512_set1_epi8(7)));
    return _mm512_test_epi8_mask(_mm512_mask_blend_epi8(upper, part[0], part[2]), bit);
}

WITH_AVX512 ALWAYS uint64_t pass(const uint8_t *sieve, const struct pattern *k, __m512i v)
{
    __m512i low = ahead(k, v, 2);

    return ask(sieve, low, ahead(k, v, 5)) & ask(sieve + HY_SIEVE_TABLE, low, ahead(k, v, 4));
}

/* Pairs that lie wholly in the 64 bytes of `v`: the CPU compresses their offsets itself, and picks
 * their four telling bytes out of the register. */
WITH_AVX512 ALWAYS size_t list_avx512(const struct pattern *k, const uint8_t *sieve, __m512i v,
                                      size_t at, uint32_t *pos, uint32_t *four)
{
    __m512i d = _mm512_sub_epi8(v, _mm512_set1_epi8((char)0xE4));
    uint64_t leads = _mm512_cmplt_epu8_mask(d, _mm512_set1_epi8(6));
    uint64_t bits = starts_of(leads, leads >> 3) & ((UINT64_C(1) << (BLOCK - 5)) - 1);
    if (sieve)
        bits &= pass(sieve, k, v);
    __m512i packed = _mm512_maskz_compress_epi8(bits, k->count);
    __m512i base = _mm512_set1_epi32((int)at);
    size_t n = (size_t)__builtin_popcountll(bits);

    for (int i = 0; i < 2; i++) {
        __m512i index = _mm512_add_epi8(_mm512_permutexvar_epi8(k->four[i], packed), k->bytes);
        __m512i offset = _mm512_cvtepu8_epi32(i ? _mm512_extracti32x4_epi32(packed, 1)
                                                : _mm512_castsi512_si128(packed));
        _mm512_storeu_si512(four + 16 * i, _mm512_permutexvar_epi8(index, v));
        _mm512_storeu_si512(pos + 16 * i, _mm512_add_epi32(offset, base));
        if (sieve && n <= 16)
            break;
    }
    return n;
}

/* Overlapping blocks, each for the pairs that begin in its first 59 bytes. */
WITH_AVX512 ALWAYS size_t list_all(const uint8_t *sieve, struct hy_str text, size_t *at,
                                   uint32_t *pos, uint32_t *four)
{
    const struct pattern k = pattern_of();
    size_t i = *at, n = 0;

    for (; i + BLOCK <= text.n && n + PER_BLOCK <= HY_PAIRS_ROOM; i += BLOCK - 5)
        n += list_avx512(&k, sieve, _mm512_loadu_si512(text.p + i), i, pos + n, four + n);
    if (i + BLOCK > text.n && n + PER_BLOCK <= HY_PAIRS_ROOM) {
        if (i + 6 <= text.n) {
            __mmask64 there = _bzhi_u64(~UINT64_C(0), (unsigned)(text.n - i));
            __m512i v = _mm512_maskz_loadu_epi8(there, text.p + i);
            n += list_avx512(&k, sieve, v, i, pos + n, four + n);
        }
        i = text.n;
    }
    *at = i;
    return n;
}

/* What both below do first.  Inlined twice: the blocks of the one know nothing of the sieve. */
WITH_AVX512 ALWAYS size_t list_for(const struct hy_pairs *p, struct hy_str text, size_t *at,
                                   uint32_t *pos, uint32_t *four)
{
    return p->sieve ? list_all(p->sieve, text, at, pos, four) : list_all(NULL, text, at, pos, four);
}

WITH_AVX512 static void find_avx512(const struct hy_pairs *p, struct hy_str text, size_t *at,
                                    struct hy_pairs_found *found)
{
    uint32_t pos[HY_PAIRS_ROOM + HY_PAIRS_SPARE], four[HY_PAIRS_ROOM + HY_PAIRS_SPARE];
    const size_t n = list_for(p, text, at, pos, four);
    const uint32_t *bits = p->bits;
    const unsigned shift = p->shift;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t hash = four[i] * UINT32_C(0x9E3779B1), bit = hash >> shift;
        found->at[kept] = pos[i];
        found->hash[kept] = hash;
        kept += bits[bit / 32] >> bit % 32 & 1;
    }
    found->n = kept;
}

WITH_AVX512 static void find_gather(const struct hy_pairs *p, struct hy_str text, size_t *at,
                                    struct hy_pairs_found *found)
{
    uint32_t pos[HY_PAIRS_ROOM + HY_PAIRS_SPARE], four[HY_PAIRS_ROOM + HY_PAIRS_SPARE];
    const size_t n = list_for(p, text, at, pos, four);
    const __m512i factor = _mm512_set1_epi32((int)0x9E3779B1), one = _mm512_set1_epi32(1);
    const __m128i shift = _mm_cvtsi32_si128((int)p->shift);
    size_t kept = 0;

    for (size_t i = 0; i < n; i += 16) {
        __mmask16 there = (__mmask16)_bzhi_u32(0xFFFF, (unsigned)HY_MIN(n - i, (size_t)16));
        __m512i x = _mm512_maskz_loadu_epi32(there, four + i);
        __m512i hash = _mm512_mullo_epi32(x, factor), bit = _mm512_srl_epi32(hash, shift);
        /* into zeros: a gather into a register of before would wait for the one before it */
        __m512i word = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), 0xFFFF,
                                                   _mm512_srli_epi32(bit, 5), p->bits, 4);
        __mmask16 yes = _mm512_mask_test_epi32_mask(there, word, _mm512_rolv_epi32(one, bit));
        __m512i where = _mm512_loadu_si512(pos + i);
        _mm512_storeu_si512(found->at + kept, _mm512_maskz_compress_epi32(yes, where));
        _mm512_storeu_si512(found->hash + kept, _mm512_maskz_compress_epi32(yes, hash));
        kept += (size_t)__builtin_popcount(yes);
    }
    found->n = kept;
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

static bool can(enum hy_pairs_level level)
{
    bool bits = __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");

    switch (level) {
    case HY_PAIRS_SSE4:
        return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("popcnt");
    case HY_PAIRS_AVX2:
        return bits && __builtin_cpu_supports("avx2");
    case HY_PAIRS_AVX512:
    case HY_PAIRS_GATHER:
        return bits && has_avx512();
    default:
        return true;
    }
}

hy_pairs_find *hy_pairs_walk(enum hy_pairs_level level)
{
    static hy_pairs_find *const walk[HY_PAIRS_LEVELS] = {find_portable, find_sse4, find_avx2,
                                                         find_avx512, find_gather};

    return can(level) ? walk[level] : NULL;
}

/* Gathers won wherever they were measured: Sapphire Rapids, Zen 4 (1.3 times), Zen 5. */
enum hy_pairs_level hy_pairs_best(void)
{
    enum hy_pairs_level level = HY_PAIRS_GATHER;

    while (level > HY_PAIRS_PORTABLE && !can(level))
        level--;
    return level;
}
#else
hy_pairs_find *hy_pairs_walk(enum hy_pairs_level level)
{
    return level == HY_PAIRS_PORTABLE ? find_portable : NULL;
}

enum hy_pairs_level hy_pairs_best(void)
{
    return HY_PAIRS_PORTABLE;
}
#endif
