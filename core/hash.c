/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hash.h"

#include "core/err.h"
#include "core/mem.h"

#include <sodium.h>
#include <string.h>

void hy_hash_init(void)
{
    if (sodium_init() < 0)
        hy_bug("libsodium cannot be initialised");
}

const char *hy_sha256_hex(struct hy_str s, char out[HY_SHA256_HEX])
{
    unsigned char h[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(h, (const unsigned char *)s.p, s.n);
    return sodium_bin2hex(out, HY_SHA256_HEX, h, sizeof(h));
}

static crypto_hash_sha256_state *sha_of(struct hy_sha256 *h)
{
    _Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(h->state), "room for the state");
    return (crypto_hash_sha256_state *)h->state;
}

void hy_sha256_init(struct hy_sha256 *h)
{
    crypto_hash_sha256_init(sha_of(h));
}

void hy_sha256_add(struct hy_sha256 *h, struct hy_str s)
{
    crypto_hash_sha256_update(sha_of(h), (const unsigned char *)s.p, s.n);
}

const char *hy_sha256_end(struct hy_sha256 *h, char out[HY_SHA256_HEX])
{
    unsigned char sum[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_final(sha_of(h), sum);
    return sodium_bin2hex(out, HY_SHA256_HEX, sum, sizeof(sum));
}

void hy_hmac_sha256(struct hy_str key, struct hy_str s, unsigned char out[HY_HMAC_BYTES])
{
    crypto_auth_hmacsha256_state st;

    _Static_assert(HY_HMAC_BYTES == crypto_auth_hmacsha256_BYTES, "SHA-256 has 32 bytes");
    crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.p, key.n);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)s.p, s.n);
    crypto_auth_hmacsha256_final(&st, out);
    sodium_memzero(&st, sizeof(st));
}

const char *hy_hmac_sha256_hex(struct hy_str key, struct hy_str s, char out[HY_SHA256_HEX])
{
    unsigned char h[HY_HMAC_BYTES];

    hy_hmac_sha256(key, s, h);
    return sodium_bin2hex(out, HY_SHA256_HEX, h, sizeof(h));
}

char *hy_base64(const void *p, size_t n)
{
    size_t size = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
    char *out = hy_xmalloc(size);

    return sodium_bin2base64(out, size, p, n, sodium_base64_VARIANT_ORIGINAL);
}

const char *hy_hex(const void *p, size_t n, char *out)
{
    return sodium_bin2hex(out, 2 * n + 1, p, n);
}

uint64_t hy_hash64(struct hy_str s)
{
    unsigned char h[crypto_generichash_BYTES_MIN];
    uint64_t v = 0;

    crypto_generichash(h, sizeof(h), (const unsigned char *)s.p, s.n, NULL, 0);
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | h[i];
    return v;
}

void hy_random_hex(char *out, size_t bytes)
{
    unsigned char raw[32];

    if (bytes > sizeof(raw))
        hy_bug("random id of %zu bytes", bytes);
    randombytes_buf(raw, bytes);
    sodium_bin2hex(out, bytes * 2 + 1, raw, bytes);
}
