/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quote.h"

#include "core/utf8.h"

#include <string.h>

/* White space of as many bytes as the character has. */
static struct hy_str blank_of(size_t bytes)
{
    static const char *const blanks[] = {"", " ", "\xC2\xA0", "\xE3\x80\x80", "\xF3\xB0\x80\x80"};

    return hy_str_n(blanks[bytes], bytes);
}

static bool is_quoted(struct hy_str line)
{
    return hy_str_starts(line, HY_STR(HY_QUOTE_MARK));
}

struct hy_str hy_quote_blank(struct hy_str text, struct hy_arena *arena)
{
    char *copy = NULL;

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        if (!is_quoted(it.line))
            continue;
        if (copy == NULL)
            copy = (char *)hy_arena_str(arena, text).p;
        char *at = copy + (it.line.p - text.p);
        for (size_t i = 0, from; (from = i) < it.line.n;) {
            hy_utf8_next(it.line, &i);
            memcpy(at + from, blank_of(HY_MIN(i - from, (size_t)4)).p, HY_MIN(i - from, (size_t)4));
        }
    }
    return copy ? (struct hy_str){copy, text.n} : text;
}

void hy_quote_own(struct hy_str text, struct hy_buf *out)
{
    size_t start = out->n;

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        if (is_quoted(it.line))
            continue;
        if (out->n > start)
            hy_buf_char(out, '\n');
        hy_buf_str(out, it.line);
    }
}
