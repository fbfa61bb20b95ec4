/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: validate, decode, count.  All text inside huiying is valid UTF-8 (the crawler repairs it
 * at intake); offsets that leave the program count code points. */
#pragma once
#include "core/str.h"

uint32_t hy_utf8_next_rare_(struct hy_str s, size_t *at); /* behind the next one */
/* Decode the character at s.p[*at] and advance; an invalid byte yields U+FFFD and advances by
 * one.  Requires *at < s.n.  In place are the common shapes: ASCII and three bytes of E1..EC (all of
 * Han). */
static inline uint32_t hy_utf8_next(struct hy_str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;

    if (p[0] < 0x80) {
        ++*at;
        return p[0];
    }
    if (p[0] > 0xE0 && p[0] < 0xED && s.n - *at >= 3 && (p[1] & 0xC0) == 0x80 &&
        (p[2] & 0xC0) == 0x80) {
        *at += 3;
        return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    }
    return hy_utf8_next_rare_(s, at);
}
/* Step back to the start of the character before *at and decode it.  Requires *at > 0. */
uint32_t hy_utf8_prev(struct hy_str s, size_t *at);

bool hy_utf8_valid(struct hy_str s); /* strict: no overlongs, surrogates, or beyond U+10FFFF */
/* Length of the longest valid prefix; with `tolerate_cut` an incomplete last character counts as
 * valid (a body cut at a size cap). */
size_t hy_utf8_valid_prefix(struct hy_str s, bool tolerate_cut);

/* How many bytes at the beginning are ASCII, eight at a time: markup and scripts are. */
static inline size_t hy_utf8_ascii_prefix(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    uint64_t eight = 0;
    size_t i = 0;

    for (; i + sizeof(eight) <= n; i += sizeof(eight)) {
        memcpy(&eight, bytes + i, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < n && bytes[i] < 0x80)
        i++;
    return i;
}

size_t hy_utf8_count(struct hy_str s);                /* code points in valid text */
size_t hy_utf8_offset(struct hy_str s, size_t chars); /* byte offset of the chars-th code point */
struct hy_str hy_utf8_head(struct hy_str s, size_t chars); /* the first `chars` code points */

/* Accents and strokes that stand over or under the letter before them. */
bool hy_is_combining(uint32_t c);
/* `s` with at most two such marks on one letter: stacked by the dozen they draw over the lines
 * above and below.  malloc'ed. */
char *hy_utf8_unstacked(struct hy_str s);

static inline bool hy_is_han(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x3FFFF) || (c >= 0xF900 && c <= 0xFAFF) || c == 0x3007;
}
/* White space as HTML and Chinese typography mean it: ASCII, NBSP, ideographic space, BOM, ... */
bool hy_is_space(uint32_t c);
