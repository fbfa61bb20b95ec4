/* SPDX-License-Identifier: Apache-2.0 */
/* The two-byte tables of GB18030 and Big5.  Private to decode*.c. */
#pragma once
#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HY_DECODE_LEADS = 0xFE - 0x81 + 1,
    HY_DECODE_TRAILS = 0x100 - 0x40,
    HY_DECODE_BAD = 0xFFFD,
};

struct hy_double_byte {
    bool ready;
    uint32_t code[HY_DECODE_LEADS][HY_DECODE_TRAILS];
};

iconv_t hy_decode_open_(const char *to, const char *from); /* dies when iconv lacks it */
/* One code point of `n` bytes through an open descriptor to UTF-32LE, or HY_DECODE_BAD. */
uint32_t hy_decode_one_(iconv_t cd, const unsigned char *bytes, size_t n);
/* Made when they are first asked for. */
const struct hy_double_byte *hy_decode_gb_(void);
const struct hy_double_byte *hy_decode_big5_(void);

static inline uint32_t hy_decode_look_up_(const struct hy_double_byte *t, unsigned lead, unsigned trail)
{
    return lead >= 0x81 && lead <= 0xFE && trail >= 0x40 ? t->code[lead - 0x81][trail - 0x40]
                                                         : HY_DECODE_BAD;
}
