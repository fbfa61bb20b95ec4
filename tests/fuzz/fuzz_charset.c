/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: a charset is found, and every decoder yields valid UTF-8 from them.
 * Covers: crawler/page/charset crawler/page/decode */
#include "core/utf8.h"
#include "crawler/page/charset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const labels[] = {"utf-8",  "gbk",          "big5",
                                         "euc-jp", "shift_jis",    "euc-kr",
                                         "utf-16", "windows-1252", "iso-2022-jp"};
    struct hy_str bytes = hy_str_n((const char *)data, size);
    struct hy_charset c = hy_charset_sniff(bytes, hy_str_sub(bytes, 0, 40), size % 2);

    if (c.name == NULL || c.from >= HY_CHARSET_FROM_COUNT)
        abort();
    for (size_t i = 0; i <= sizeof(labels) / sizeof(labels[0]); i++) {
        struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        bool sniffed = i == sizeof(labels) / sizeof(labels[0]);
        hy_charset_decode(sniffed ? c.name : hy_charset_of_label(hy_str(labels[i])), bytes, &out);
        if (!hy_utf8_valid(hy_buf_view(&out)))
            abort();
        hy_buf_release(&out);
    }
    return 0;
}
