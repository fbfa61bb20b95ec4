/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

#include "core/mem.h"

#include <string.h>

/* Length of the well-formed sequence at p (Unicode table 3-7), 0 if there is none. */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *ret)
{
    static const struct {
        unsigned char lead_lo, lead_hi, second_lo, second_hi, len, bits;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2, 0x1F}, {0xE0, 0xE0, 0xA0, 0xBF, 3, 0x0F},
        {0xE1, 0xEC, 0x80, 0xBF, 3, 0x0F}, {0xED, 0xED, 0x80, 0x9F, 3, 0x0F},
        {0xEE, 0xEF, 0x80, 0xBF, 3, 0x0F}, {0xF0, 0xF0, 0x90, 0xBF, 4, 0x07},
        {0xF1, 0xF3, 0x80, 0xBF, 4, 0x07}, {0xF4, 0xF4, 0x80, 0x8F, 4, 0x07},
    };

    if (p[0] < 0x80) {
        *ret = p[0];
        return 1;
    }
    for (size_t f = 0; f < HY_COUNT(forms); f++) {
        if (p[0] < forms[f].lead_lo || p[0] > forms[f].lead_hi)
            continue;
        if (n < forms[f].len || p[1] < forms[f].second_lo || p[1] > forms[f].second_hi)
            return 0;
        uint32_t c = (uint32_t)(p[0] & forms[f].bits) << 6 | (p[1] & 0x3F);
        for (size_t i = 2; i < forms[f].len; i++) {
            if ((p[i] & 0xC0) != 0x80)
                return 0;
            c = c << 6 | (p[i] & 0x3F);
        }
        *ret = c;
        return forms[f].len;
    }
    return 0;
}

/* What nearly all text is: eight ASCII bytes, or one character of E1..EC (all of Han is there),
 * whose second byte has no further bounds.  0: look closer. */
static inline size_t common(const unsigned char *p, size_t n)
{
    uint64_t eight;

    if (n < sizeof(eight))
        return 0;
    memcpy(&eight, p, sizeof(eight));
    if ((eight & UINT64_C(0x8080808080808080)) == 0)
        return 8;
    return p[0] >= 0xE1 && p[0] <= 0xEC && (p[1] & 0xC0) == 0x80 && (p[2] & 0xC0) == 0x80 ? 3 : 0;
}

uint32_t hy_utf8_next_rare_(struct hy_str s, size_t *at)
{
    uint32_t c;
    size_t len = sequence((const unsigned char *)s.p + *at, s.n - *at, &c);

    if (len == 0) {
        ++*at;
        return 0xFFFD;
    }
    *at += len;
    return c;
}

uint32_t hy_utf8_prev(struct hy_str s, size_t *at)
{
    size_t start = *at - 1;

    while (start > 0 && *at - start < 4 && ((unsigned char)s.p[start] & 0xC0) == 0x80)
        start--;
    size_t end = start;
    uint32_t c = hy_utf8_next(s, &end);
    if (end != *at) { /* stray continuation bytes: one replacement each */
        --*at;
        return 0xFFFD;
    }
    *at = start;
    return c;
}

size_t hy_utf8_valid_prefix(struct hy_str s, bool tolerate_cut)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t i = 0;
    uint32_t c;

    while (i < s.n) {
        size_t len = common(p + i, s.n - i);
        if (len == 0)
            len = sequence(p + i, s.n - i, &c);
        if (len == 0)
            break;
        i += len;
    }
    if (i < s.n && tolerate_cut && s.n - i < 4 && p[i] >= 0xC2 && p[i] <= 0xF4) {
        size_t j = i + 1;
        while (j < s.n && (p[j] & 0xC0) == 0x80)
            j++;
        size_t want = p[i] >= 0xF0 ? 4 : p[i] >= 0xE0 ? 3 : 2;
        if (j == s.n && s.n - i < want)
            return s.n;
    }
    return i;
}

bool hy_utf8_valid(struct hy_str s)
{
    return hy_utf8_valid_prefix(s, false) == s.n;
}

size_t hy_utf8_count(struct hy_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

size_t hy_utf8_offset(struct hy_str s, size_t chars)
{
    size_t i = 0;

    for (; i < s.n; i++) {
        if (((unsigned char)s.p[i] & 0xC0) == 0x80)
            continue;
        if (chars-- == 0)
            break;
    }
    return i;
}

struct hy_str hy_utf8_head(struct hy_str s, size_t chars)
{
    return hy_str_sub(s, 0, hy_utf8_offset(s, chars));
}

bool hy_is_space(uint32_t c)
{
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

bool hy_is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489) ||
           (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF) ||
           (c >= 0x20D0 && c <= 0x20FF) || (c >= 0xFE20 && c <= 0xFE2F);
}

char *hy_utf8_unstacked(struct hy_str s)
{
    enum { MARKS = 2 }; /* Vietnamese has two */
    char *ret = hy_xmalloc(s.n + 1);
    size_t n = 0;
    int marks = 0;

    for (size_t at = 0, from = 0; at < s.n; from = at) {
        marks = hy_is_combining(hy_utf8_next(s, &at)) ? marks + 1 : 0;
        if (marks > MARKS)
            continue;
        memcpy(ret + n, s.p + from, at - from);
        n += at - from;
    }
    ret[n] = '\0';
    return ret;
}
