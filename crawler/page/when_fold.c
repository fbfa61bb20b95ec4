/* SPDX-License-Identifier: Apache-2.0 */
/* A string as patterns want it: one byte a character, full-width forms as ASCII, letters in lower
 * case, Chinese numbers as digits, Chinese words of dates as signs. */
#include "crawler/page/when_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

static int han_digit(uint32_t c)
{
    static const uint32_t digits[] = {0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB,
                                      0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D};

    if (c == 0x3007 || c == 0x25CB || c == 0x25EF) /* 〇 and circles that stand for it */
        return 0;
    for (int i = 0; i < 10; i++)
        if (digits[i] == c)
            return i;
    return c == 0x5341 ? 10 : -1; /* 十 */
}

static char sign_of(uint32_t c)
{
    switch (c) {
    case 0x5E74:
        return S_YEAR;
    case 0x6708:
        return S_MONTH;
    case 0x65E5:
    case 0x53F7:
        return S_DAY;
    case 0x65F6:
    case 0x70B9:
    case 0x6642:
    case 0x9EDE:
        return S_HOUR;
    case 0x5206:
        return S_MINUTE;
    case 0x79D2:
        return S_SECOND;
    default:
        return hy_is_han(c) ? S_HAN : S_OTHER;
    }
}

static char fold_one(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    if (c < 0x80)
        return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c < ' ' ? ' ' : c);
    if (hy_is_space(c))
        return ' ';
    if (c >= 0x2010 && c <= 0x2015)
        return '-';
    return sign_of(c);
}

/* 二〇二二, 十二, 二十三 in front of 年月日时分 become digits. */
static void add_han_number(struct hy_folded *f, const int *digits, size_t n)
{
    int value = 0;
    bool ten = false;

    for (size_t i = 0; i < n; i++) {
        if (digits[i] == 10) {
            value = (value ? value : 1) * 10;
            ten = true;
        } else {
            value = ten ? value + digits[i] : value * 10 + digits[i];
        }
    }
    char text[16];
    int len = snprintf(text, sizeof(text), n == 4 && !ten ? "%04d" : "%d", value);
    for (int i = 0; i < len && f->n < HY_WHEN_CHARS; i++)
        f->c[f->n++] = text[i];
}

static bool is_unit(uint32_t c)
{
    char s = sign_of(c);

    return s >= S_YEAR && s <= S_SECOND;
}

/* Words of two characters that matter: what stands behind `first`. */
static char word_of(uint32_t first, uint32_t second)
{
    if (second == 0x5348) /* 上午 下午 中午 */
        return first == 0x4E0A ? S_AM : first == 0x4E0B || first == 0x4E2D ? S_PM : 0;
    if (first == 0x51CC || (first == 0x65E9 && second == 0x4E0A)) /* 凌晨 早上 */
        return S_AM;
    if (first == 0x665A && (second == 0x4E0A || second == 0x95F4)) /* 晚上 晚间 */
        return S_PM;
    if (first == 0x661F && second == 0x671F) /* 星期 */
        return S_WEEK;
    return 0;
}

void hy_when_fold_(struct hy_str s, struct hy_folded *f)
{
    int digits[8];

    f->n = 0;
    for (size_t i = 0; i < s.n && f->n < HY_WHEN_CHARS;) {
        size_t from = i, count = 0;
        uint32_t c = hy_utf8_next(s, &i), next = 0;
        for (; han_digit(c) >= 0 && count < HY_COUNT(digits); count++) {
            digits[count] = han_digit(c);
            c = i < s.n ? hy_utf8_next(s, &i) : 0;
        }
        if (count && is_unit(c)) {
            add_han_number(f, digits, count);
            f->c[f->n < HY_WHEN_CHARS ? f->n++ : f->n - 1] = sign_of(c);
            continue;
        }
        if (count) { /* no date: read it again as letters */
            i = from;
            c = hy_utf8_next(s, &i);
        }
        size_t peek = i;
        next = i < s.n ? hy_utf8_next(s, &peek) : 0;
        char word = word_of(c, next);
        f->c[f->n++] = word ? word : fold_one(c);
        if (word)
            i = peek;
        if (word == S_WEEK && i < s.n) /* the day of the week itself */
            hy_utf8_next(s, &i);
    }
    f->c[f->n] = '\0';
}
