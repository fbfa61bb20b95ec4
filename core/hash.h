/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 for everything that proves something, random ids for everything that names something.
 * Both are libsodium's; hy_hash_init() must have run once (main does it). */
#pragma once
#include "core/str.h"

#define HY_SHA256_HEX 65 /* 64 digits and the NUL */

void hy_hash_init(void);
const char *hy_sha256_hex(struct hy_str s, char out[HY_SHA256_HEX]);
uint64_t hy_hash64(struct hy_str s); /* first 8 bytes of BLAKE2b: stable between machines */
/* `bytes` random bytes as 2*bytes hex digits and a NUL. */
void hy_random_hex(char *out, size_t bytes);
