/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 for everything that proves something, random ids for everything that names something.
 * Both are libsodium's, BLAKE2b of large things is core/blake2b.c's; hy_hash_init() must have run once
 * (main does it). */
#pragma once
#include "core/str.h"

#define HY_SHA256_HEX 65 /* 64 digits and the NUL */

void hy_hash_init(void);
const char *hy_sha256_hex(struct hy_str s, char out[HY_SHA256_HEX]);
struct hy_sha256 { /* the same, of what is added bit by bit */
    _Alignas(64) unsigned char state[128];
};
void hy_sha256_init(struct hy_sha256 *h);
void hy_sha256_add(struct hy_sha256 *h, struct hy_str s);
const char *hy_sha256_end(struct hy_sha256 *h, char out[HY_SHA256_HEX]);
enum { HY_HMAC_BYTES = 32 };
/* HMAC-SHA256 (RFC 2104) with a key of any length. */
void hy_hmac_sha256(struct hy_str key, struct hy_str s, unsigned char out[HY_HMAC_BYTES]);
const char *hy_hmac_sha256_hex(struct hy_str key, struct hy_str s, char out[HY_SHA256_HEX]);
char *hy_base64(const void *p, size_t n); /* RFC 4648 section 4, with padding; malloc'ed */
uint64_t hy_hash64(struct hy_str s);      /* first 8 bytes of BLAKE2b: stable between machines */
/* BLAKE2b (RFC 7693), 32 bytes, of what is added bit by bit: for large things, five times as fast. */
enum { HY_BLAKE2B = 32, HY_BLAKE2B_BLOCK = 128 };
struct hy_hasher {
    uint64_t h[8], bytes; /* `bytes`: of the blocks before `rest` */
    size_t n;             /* of rest; a full block waits, for it may be the last */
    unsigned char rest[HY_BLAKE2B_BLOCK];
};
void hy_hasher_init(struct hy_hasher *h);
void hy_hasher_add(struct hy_hasher *h, struct hy_str s);
void hy_hasher_end(struct hy_hasher *h, unsigned char out[HY_BLAKE2B]);
const char *hy_hex(const void *p, size_t n, char *out); /* 2 * n digits and a NUL */
/* `bytes` random bytes as 2*bytes hex digits and a NUL. */
void hy_random_hex(char *out, size_t bytes);
