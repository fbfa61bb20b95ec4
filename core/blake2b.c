/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b with 32 bytes and no key, after RFC 7693.
 *
 * libsodium has it too, for vectors; on the processors that we measured plain 64-bit arithmetic is 1.8
 * times as fast, and half of a keeper's start was this (docs/DECISIONS.md).  libsodium's is the oracle
 * of the test. */
#include "core/hash.h"

#include "core/mem.h"

#include <endian.h>
#include <string.h>

static const uint64_t iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
static const unsigned char sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotate(uint64_t x, int n)
{
    return x >> n | x << (64 - n);
}

static inline void mix(uint64_t *restrict a, uint64_t *restrict b, uint64_t *restrict c,
                       uint64_t *restrict d, uint64_t x, uint64_t y)
{
    *a += *b + x;
    *d = rotate(*d ^ *a, 32);
    *c += *d;
    *b = rotate(*b ^ *c, 24);
    *a += *b + y;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 63);
}

/* A macro, so that every index is known when it is compiled and the words stay in registers. */
#define MIX(r, i, a, b, c, d)                                                                      \
    mix(&v[a], &v[b], &v[c], &v[d], m[sigma[r][2 * (i)]], m[sigma[r][2 * (i) + 1]])
#define ROUND(r)                                                                                   \
    do {                                                                                           \
        MIX(r, 0, 0, 4, 8, 12);                                                                    \
        MIX(r, 1, 1, 5, 9, 13);                                                                    \
        MIX(r, 2, 2, 6, 10, 14);                                                                   \
        MIX(r, 3, 3, 7, 11, 15);                                                                   \
        MIX(r, 4, 0, 5, 10, 15);                                                                   \
        MIX(r, 5, 1, 6, 11, 12);                                                                   \
        MIX(r, 6, 2, 7, 8, 13);                                                                    \
        MIX(r, 7, 3, 4, 9, 14);                                                                    \
    } while (0)

/* `bytes`: of all there is up to the end of this block. */
static void take_block(struct hy_hasher *h, const unsigned char *block, uint64_t bytes, bool last)
{
    uint64_t v[16], m[16];

    memcpy(m, block, HY_BLAKE2B_BLOCK);
    for (int i = 0; i < 16; i++)
        m[i] = le64toh(m[i]);
    memcpy(v, h->h, sizeof(h->h));
    memcpy(v + 8, iv, sizeof(iv));
    v[12] ^= bytes;
    v[14] ^= last ? UINT64_MAX : 0;
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    ROUND(8);
    ROUND(9);
    ROUND(0);
    ROUND(1);
    for (int i = 0; i < 8; i++)
        h->h[i] ^= v[i] ^ v[i + 8];
}

void hy_hasher_init(struct hy_hasher *h)
{
    memcpy(h->h, iv, sizeof(iv));
    h->h[0] ^= 0x01010000 ^ HY_BLAKE2B; /* no key, no tree */
    h->bytes = h->n = 0;
}

void hy_hasher_add(struct hy_hasher *h, struct hy_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    if (s.n > 0 && h->n > 0) {
        size_t some = HY_MIN(s.n, (size_t)HY_BLAKE2B_BLOCK - h->n);
        memcpy(h->rest + h->n, p, some);
        h->n += some;
        p += some;
        s.n -= some;
    }
    if (s.n > 0 && h->n == HY_BLAKE2B_BLOCK) {
        take_block(h, h->rest, h->bytes += HY_BLAKE2B_BLOCK, false);
        h->n = 0;
    }
    for (; s.n > HY_BLAKE2B_BLOCK; p += HY_BLAKE2B_BLOCK, s.n -= HY_BLAKE2B_BLOCK)
        take_block(h, p, h->bytes += HY_BLAKE2B_BLOCK, false);
    if (s.n > 0) {
        memcpy(h->rest, p, s.n);
        h->n = s.n;
    }
}

void hy_hasher_end(struct hy_hasher *h, unsigned char out[HY_BLAKE2B])
{
    memset(h->rest + h->n, 0, HY_BLAKE2B_BLOCK - h->n);
    take_block(h, h->rest, h->bytes + h->n, true);
    for (int i = 0; i < 8; i++)
        h->h[i] = htole64(h->h[i]);
    memcpy(out, h->h, HY_BLAKE2B);
}
