/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding forwards and backwards sees the same characters, and the claims about valid text agree
 * with each other.
 * Covers: core/utf8 */
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_valid(struct hy_str s)
{
    size_t chars = 0;

    for (size_t at = 0; at < s.n; chars++) {
        size_t start = at, back;
        uint32_t c = hy_utf8_next(s, &at);
        back = at;
        must(hy_utf8_prev(s, &back) == c && back == start);
        must(hy_utf8_offset(s, chars) == start);
    }
    must(hy_utf8_count(s) == chars);
    must(hy_utf8_head(s, chars).n == s.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str s = hy_str_n((const char *)data, HY_MIN(size, (size_t)512));
    size_t strict = hy_utf8_valid_prefix(s, false), cut = hy_utf8_valid_prefix(s, true), steps = 0;

    must(strict <= s.n && (cut == strict || cut == s.n));
    must(hy_utf8_valid(s) == (strict == s.n));
    for (size_t at = 0; at < s.n; steps++)
        (void)hy_utf8_next(s, &at);
    for (size_t at = s.n; at > 0; steps--)
        (void)hy_utf8_prev(s, &at);
    must(steps == 0);
    check_valid(hy_str_sub(s, 0, strict));
    return 0;
}
