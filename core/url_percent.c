/* SPDX-License-Identifier: Apache-2.0 */
#include "core/url_percent.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

/* Besides controls and everything above '~', which all sets contain. */
static const char *const extra[] = {
    [HY_PERCENT_C0] = "",
    [HY_PERCENT_FRAGMENT] = " \"<>`",
    [HY_PERCENT_QUERY] = " \"#<>",
    [HY_PERCENT_SPECIAL_QUERY] = " \"#<>'",
    [HY_PERCENT_PATH] = " \"#<>?^`{}",
    [HY_PERCENT_USERINFO] = " \"#<>?^`{}/:;=@[\\]|",
};
_Static_assert(HY_COUNT(extra) == HY_PERCENT_COUNT, "a row for every set");

void hy_percent_encode(struct hy_str s, enum hy_percent_set set, struct hy_buf *out)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c <= 0x7E && !strchr(extra[set], c)) {
            hy_buf_char(out, (char)c);
            i++;
        } else if (c < 0x80) {
            hy_buf_printf(out, "%%%02X", c);
            i++;
        } else {
            size_t from = i;
            if (hy_utf8_next(s, &i) == 0xFFFD && i - from == 1)
                hy_buf_puts(out, "%EF%BF%BD");
            else
                for (; from < i; from++)
                    hy_buf_printf(out, "%%%02X", (unsigned char)s.p[from]);
        }
    }
}

int hy_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void hy_percent_decode(struct hy_str s, struct hy_buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '%' && i + 2 < s.n ? hy_hex_digit(s.p[i + 1]) : -1;
        int low = high >= 0 ? hy_hex_digit(s.p[i + 2]) : -1;
        if (low < 0) {
            hy_buf_char(out, s.p[i]);
            continue;
        }
        hy_buf_char(out, (char)(high * 16 + low));
        i += 2;
    }
}
