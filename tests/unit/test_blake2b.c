/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b of our own against libsodium's. */
#include "core/hash.h"
#include "core/mem.h"

#include <sodium.h>
#include <string.h>

#include "tests/unit/harness.h"

enum { MOST = 1100 };

static void compare(const unsigned char *p, size_t n, size_t piece)
{
    unsigned char ours[HY_BLAKE2B], theirs[HY_BLAKE2B];
    struct hy_hasher h;

    hy_hasher_init(&h);
    for (size_t at = 0; at < n; at += piece)
        hy_hasher_add(&h, hy_str_n((const char *)p + at, HY_MIN(piece, n - at)));
    hy_hasher_end(&h, ours);
    crypto_generichash(theirs, sizeof(theirs), p, n, NULL, 0);
    if (memcmp(ours, theirs, sizeof(ours)) != 0)
        fail_msg("%zu bytes in pieces of %zu", n, piece);
}

TEST(every_length_in_any_pieces_is_as_libsodium_says)
{
    static const size_t pieces[] = {1, 7, 64, 127, 128, 129, 255, 256, 257, MOST};
    unsigned char text[MOST];

    hy_hash_init();
    for (size_t i = 0; i < MOST; i++)
        text[i] = (unsigned char)(i * 131 + i / 7);
    for (size_t n = 0; n <= MOST; n++)
        for (size_t i = 0; i < HY_COUNT(pieces); i++)
            compare(text, n, pieces[i]);
}

/* RFC 7693, appendix A, is of 64 bytes; this is "abc" with 32, as b2sum -l 256 gives it. */
TEST(a_known_value)
{
    unsigned char sum[HY_BLAKE2B];
    char hex[2 * HY_BLAKE2B + 1];
    struct hy_hasher h;

    hy_hasher_init(&h);
    hy_hasher_add(&h, HY_STR("abc"));
    hy_hasher_end(&h, sum);
    assert_string_equal(hy_hex(sum, sizeof(sum), hex), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}
