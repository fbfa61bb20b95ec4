/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates become hits.
 *
 * Whether a candidate is a word is anybody's guess, so nothing branches on it: a hit is written in
 * any case and counted or not.  Buckets with more than one word are finished in a second round.
 * Only long words and the last bytes of a text are compared one by one.
 *
 * Cost: some 5 ns a candidate, most of it waiting for the entry's cache line. */
#include "analyzer/match_table.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

bool match_stands_at(const struct hy_match *m, const struct match_entry *e, struct hy_str text,
                     size_t start)
{
    size_t key = HY_MIN((size_t)e->length, (size_t)MATCH_KEY);

    if (start > text.n || e->length > text.n - start || memcmp(text.p + start, e->key, key) != 0)
        return false;
    return key == e->length ||
           memcmp(text.p + start + key, m->tails + m->tail_at[e->id], e->length - key) == 0;
}

struct batch {
    const struct hy_match *m;
    struct hy_str text;
    const struct hy_pairs_found *found;
    size_t n_rest;
    uint32_t first[HY_PAIRS_ROOM + HY_PAIRS_SPARE]; /* entry of each candidate's bucket */
    uint16_t rest[HY_PAIRS_ROOM + HY_PAIRS_SPARE];  /* candidates whose bucket has more */
};

static void make_room(struct hy_match_hits *out, size_t more)
{
    if (out->room - out->n >= more)
        return;
    out->room = HY_MAX(out->room * 2, out->n + more);
    out->v = hy_xrealloc(out->v, out->room * sizeof(*out->v));
}

/* Long words: 1 or 0. */
static size_t __attribute__((noinline))
try_long(const struct batch *b, const struct match_entry *e, size_t at)
{
    return at >= e->anchor && match_stands_at(b->m, e, b->text, at - e->anchor);
}

/* -- any CPU ---------------------------------------------------------------------------------- */

#define BYTES(n) ((n) <= 0 ? 0 : (n) >= 8 ? ~UINT64_C(0) : ~UINT64_C(0) >> (8 * (8 - (n)) & 63))
#define MASK(n)                                                                                    \
    {                                                                                              \
        BYTES(n), BYTES((n)-8), BYTES((n)-16)                                                      \
    }
#define MASK5(n) MASK(n), MASK((n) + 1), MASK((n) + 2), MASK((n) + 3), MASK((n) + 4)
static const uint64_t key_mask[MATCH_KEY + 1][MATCH_KEY / 8] = {MASK5(0), MASK5(5), MASK5(10),
                                                                MASK5(15), MASK5(20)};

/* Does the word stand around the pair at `at`?  1 or 0. */
ALWAYS size_t try_portable(const struct batch *b, const struct match_entry *e, size_t at)
{
    size_t start = at - e->anchor; /* wraps when the word began before the text */

    if (start > b->text.n || b->text.n - start < MATCH_KEY || (e->flags & MATCH_LONG))
        return try_long(b, e, at);
    const uint64_t *mask = key_mask[e->length];
    uint64_t t[MATCH_KEY / 8];

    memcpy(t, b->text.p + start, sizeof(t));
    return (((t[0] ^ e->key[0]) & mask[0]) | ((t[1] ^ e->key[1]) & mask[1]) |
            ((t[2] ^ e->key[2]) & mask[2])) == 0;
}

ALWAYS void look_up_portable(struct batch *b)
{
    const uint32_t *buckets = b->m->buckets;
    unsigned shift = b->m->head->bucket_shift;

    for (size_t i = 0; i < b->found->n; i++)
        b->first[i] = buckets[b->found->hash[i] >> shift];
}

/* -- the rounds, written once and compiled for each -------------------------------------------- */

#define DEFINE_VERIFY(name, with, look_up, try)                                                    \
    with static void name(const struct hy_match *m, struct hy_str text,                            \
                          const struct hy_pairs_found *found, struct hy_match_hits *out)           \
    {                                                                                              \
        struct batch b;                                                                            \
                                                                                                   \
        b.m = m; /* one by one: the arrays are large and need no zeros */                          \
        b.text = text;                                                                             \
        b.found = found;                                                                           \
        b.n_rest = 0;                                                                              \
        look_up(&b);                                                                               \
        for (size_t i = 0; i < found->n; i++)                                                      \
            __builtin_prefetch(&m->entries[b.first[i]]);                                           \
        make_room(out, found->n);                                                                  \
        for (size_t i = 0; i < found->n; i++) {                                                    \
            const struct match_entry *e = &m->entries[b.first[i]];                                 \
            out->v[out->n] = match_hit(e, found->at[i] - e->anchor);                               \
            out->n += try(&b, e, found->at[i]) & (b.first[i] != 0);                                \
            b.rest[b.n_rest] = (uint16_t)i;                                                        \
            b.n_rest += e->flags & MATCH_MORE;                                                     \
        }                                                                                          \
        for (size_t k = 0; k < b.n_rest; k++) {                                                    \
            const struct match_entry *e = &m->entries[b.first[b.rest[k]]];                         \
            do {                                                                                   \
                e++;                                                                               \
                make_room(out, 1);                                                                 \
                out->v[out->n] = match_hit(e, found->at[b.rest[k]] - e->anchor);                   \
                out->n += try(&b, e, found->at[b.rest[k]]);                                        \
            } while (e->flags & MATCH_MORE);                                                       \
        }                                                                                          \
    }

DEFINE_VERIFY(verify_portable, , look_up_portable, try_portable)

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi,bmi2,popcnt")))

/* Masked reads: nothing outside of the text is touched. */
WITH_AVX512 ALWAYS size_t try_avx512(const struct batch *b, const struct match_entry *e, size_t at)
{
    size_t start = at - e->anchor;
    bool fits = (start <= b->text.n) & (e->length <= b->text.n - start);

    if (__builtin_expect(e->flags & MATCH_LONG, 0))
        return try_long(b, e, at);
    __mmask32 key = _bzhi_u32(~0u, fits ? e->length : 0);
    /* where nothing is read the address must still be one of the text */
    __m256i t = _mm256_maskz_loadu_epi8(key, b->text.p + (fits ? start : 0));
    return (_mm256_mask_cmpneq_epu8_mask(key, t, _mm256_load_si256((const __m256i *)e)) == 0) &
           fits;
}

WITH_AVX512 ALWAYS void look_up_avx512(struct batch *b)
{
    const __m128i shift = _mm_cvtsi32_si128((int)b->m->head->bucket_shift);

    for (size_t i = 0; i < b->found->n; i += 16) {
        __mmask16 there = (__mmask16)_bzhi_u32(0xFFFF, (unsigned)HY_MIN(b->found->n - i, 16ul));
        __m512i hash = _mm512_maskz_loadu_epi32(there, b->found->hash + i);
        __m512i first = _mm512_mask_i32gather_epi32(
            _mm512_setzero_si512(), there, _mm512_srl_epi32(hash, shift), b->m->buckets, 4);
        _mm512_storeu_si512(b->first + i, first);
    }
}

DEFINE_VERIFY(verify_avx512, WITH_AVX512, look_up_portable, try_avx512)
DEFINE_VERIFY(verify_gather, WITH_AVX512, look_up_avx512, try_avx512)

match_verify_fn *match_verify(enum hy_pairs_level level)
{
    return level == HY_PAIRS_GATHER   ? verify_gather
           : level == HY_PAIRS_AVX512 ? verify_avx512
                                      : verify_portable;
}
#else
match_verify_fn *match_verify(enum hy_pairs_level level)
{
    (void)level;
    return verify_portable;
}
#endif
