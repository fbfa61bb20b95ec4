/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quote.h"

#include "core/utf8.h"

#include <string.h>

enum { MAX_SEARCHED = 64 << 20 }; /* bytes, for one text: 10 ms */

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

/* Its words, as far as software has not cut them short. */
static struct hy_str words_of(struct hy_str line)
{
    struct hy_str s = hy_str_trim(hy_str_sub(line, strlen(HY_QUOTE_MARK), line.n));

    for (bool more = true; more;) {
        more = hy_str_ends(s, HY_STR(".")) || hy_str_ends(s, HY_STR("…"));
        if (more)
            s = hy_str_sub(s, 0, s.n - (s.p[s.n - 1] == '.' ? 1 : strlen("…")));
    }
    return s;
}

static bool begins_quoted_line(struct hy_str text, size_t at)
{
    while (at && text.p[at - 1] != '\n')
        at--;
    return is_quoted(hy_str_sub(text, at, text.n));
}

/* Do the words of the quoted line at `own` stand in front of it, or behind it in a line of
 * somebody's own?  `text` has blanks for what was found already; `budget`: bytes that may still be
 * searched. */
static bool stands_elsewhere(struct hy_str text, struct hy_str line, size_t own, size_t *budget)
{
    struct hy_str words = words_of(line);

    if (words.n == 0 || *budget < text.n)
        return true;
    *budget -= text.n;
    for (size_t at = 0; (at = hy_str_find(text, words, at)) != HY_NPOS; at += words.n)
        if (at < own || (at >= own + line.n && !begins_quoted_line(text, at)))
            return true;
    return false;
}

struct hy_str hy_quote_blank(struct hy_str text, struct hy_arena *arena)
{
    char *copy = NULL;
    size_t budget = MAX_SEARCHED;

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        size_t own = (size_t)(it.line.p - text.p);
        if (!is_quoted(it.line))
            continue;
        if (copy == NULL)
            copy = (char *)hy_arena_str(arena, text).p;
        if (!stands_elsewhere(hy_str_n(copy, text.n), it.line, own, &budget))
            continue;
        for (size_t i = 0, from; (from = i) < it.line.n;) {
            hy_utf8_next(it.line, &i);
            size_t bytes = HY_MIN(i - from, (size_t)4);
            memcpy(copy + own + from, blank_of(bytes).p, bytes);
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
