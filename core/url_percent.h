/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding with the sets of the URL standard, section 1.3. */
#pragma once
#include "core/buf.h"

enum hy_percent_set {
    HY_PERCENT_C0,
    HY_PERCENT_FRAGMENT,
    HY_PERCENT_QUERY,
    HY_PERCENT_SPECIAL_QUERY,
    HY_PERCENT_PATH,
    HY_PERCENT_USERINFO,
    HY_PERCENT_COUNT
};

/* Existing escapes stay as they are; bytes that are no valid UTF-8 become %EF%BF%BD. */
void hy_percent_encode(struct hy_str s, enum hy_percent_set set, struct hy_buf *out);
void hy_percent_decode(struct hy_str s, struct hy_buf *out); /* may yield any bytes */
int hy_hex_digit(char c);                                    /* 0..15, or -1 */
