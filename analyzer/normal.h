/* SPDX-License-Identifier: Apache-2.0 */
/* One form for all ways of writing the same: full width to ASCII, upper to lower case, traditional
 * to simplified characters, zero-width characters and signs pushed between characters ("爆*炸")
 * removed - with the way back to the original, because people are shown the original.
 *
 * Every character is kept or mapped to one character, or dropped; nothing is inserted. */
#pragma once
#include "core/arena.h"

struct hy_normal {
    struct hy_str text;     /* in the arena, NUL-terminated */
    struct hy_str original; /* borrowed */
    struct hy_normal_step { /* from byte `at` on, text byte x stands at x + shift in the original */
        uint32_t at;
        int32_t shift;
    } * steps;
    size_t n_steps; /* sorted by `at`; the first is {0, ...} */
};

struct hy_normal hy_normalize(struct hy_str original, struct hy_arena *arena);
/* Byte offset in the original of a byte offset (at a character boundary) in the normal text. */
size_t hy_normal_origin(const struct hy_normal *n, size_t at);
/* The same of an end: the end of the last original character that took part. */
size_t hy_normal_origin_end(const struct hy_normal *n, size_t end);
/* For keywords: the normal form as an owned C string. */
char *hy_normal_word(struct hy_str word);
/* Is the character c at [from, to) of s one that only breaks words: without width, a sign or a
 * space pushed between characters?  after_han: the last character that was none is a Han character.
 */
bool hy_is_inserted(struct hy_str s, uint32_t c, size_t from, size_t to, bool after_han);
/* False for nearly everything: letters, digits and Han are never inserted. */
static inline bool hy_may_be_inserted(uint32_t c)
{
    static const uint64_t signs[2] = {/* space * - . / and ^ _ ` | */
                                      UINT64_C(1) << 32 | UINT64_C(1) << 42 | UINT64_C(7) << 45,
                                      UINT64_C(7) << 30 | UINT64_C(1) << 60};

    return c < 0x80 ? signs[c / 64] >> c % 64 & 1 : !(c >= 0x3041 && c < 0xA000);
}
/* The simplified form of a traditional character, else the character itself. */
uint32_t hy_simplified(uint32_t c);
