/* SPDX-License-Identifier: Apache-2.0 */
/* Not a YAML writer: a row is found by its lines.  A list row begins with "- " and reaches to the
 * next line that is not indented deeper than its dash; the schema of our files allows nothing that
 * breaks this (no anchors, no documents, ids are plain words). */
#include "rules/amend.h"

#include "core/mem.h"

#include <stdio.h>
#include <string.h>

static size_t indent_of(struct hy_str line)
{
    size_t n = 0;

    while (n < line.n && line.p[n] == ' ')
        n++;
    return n;
}

static bool is_blank(struct hy_str line)
{
    struct hy_str s = hy_str_trim(line);

    return s.n == 0 || s.p[0] == '#';
}

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.' || c == '-';
}

/* Where the value of `key` begins within s, outside of comments; HY_NPOS if absent. */
static size_t value_of(struct hy_str s, const char *key)
{
    size_t n = strlen(key);

    for (size_t i = 0; i + n < s.n; i++) {
        if (s.p[i] == '#' && (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\n')) {
            while (i < s.n && s.p[i] != '\n')
                i++;
            continue;
        }
        if ((i > 0 && is_word_char(s.p[i - 1])) || memcmp(s.p + i, key, n) != 0 ||
            s.p[i + n] != ':')
            continue;
        i += n + 1;
        while (i < s.n && s.p[i] == ' ')
            i++;
        return i;
    }
    return HY_NPOS;
}

static size_t word_end(struct hy_str s, size_t at)
{
    while (at < s.n && is_word_char(s.p[at]))
        at++;
    return at;
}

/* A number stands there and nothing else: what is no number is not ours to replace. */
static bool is_number(struct hy_str s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
            return false;
    return to > from;
}

struct hy_str hy_amend_find_row(struct hy_str yaml, const char *id)
{
    for (struct hy_lines it = hy_lines(yaml); hy_lines_next(&it);) {
        size_t dash = indent_of(it.line);
        struct hy_str body = hy_str_sub(it.line, dash, it.line.n);
        if (!hy_str_starts(body, HY_STR("- ")))
            continue;
        struct hy_lines next = it;
        const char *end = next.rest.p;
        while (hy_lines_next(&next) && (is_blank(next.line) || indent_of(next.line) > dash))
            if (!is_blank(next.line))
                end = next.rest.p ? next.rest.p : yaml.p + yaml.n;
        struct hy_str row =
            hy_str_n(it.line.p, (size_t)((end ? end : yaml.p + yaml.n) - it.line.p));
        size_t at = value_of(row, "id");
        if (at != HY_NPOS && hy_str_is(hy_str_sub(row, at, word_end(row, at)), id))
            return row;
    }
    return HY_STR("");
}

static void put_number(struct hy_buf *out, double value)
{
    hy_buf_printf(out, "%.10g", value);
}

/* yaml with [from, to) replaced by the number. */
static void put_replaced(struct hy_str yaml, size_t from, size_t to, double value,
                         struct hy_buf *out)
{
    hy_buf_str(out, hy_str_sub(yaml, 0, from));
    put_number(out, value);
    hy_buf_str(out, hy_str_sub(yaml, to, yaml.n));
}

int hy_amend_row(struct hy_str yaml, const char *id, const char *key, double value,
                 struct hy_buf *out, struct hy_err *err)
{
    struct hy_str row = hy_amend_find_row(yaml, id);
    size_t at = row.n ? value_of(row, key) : HY_NPOS;

    if (at == HY_NPOS || !is_number(row, at, word_end(row, at)))
        return hy_fail(err, HY_E_STATE, "编号为“%s”的一条里没有数字 %s", id, key);
    size_t from = (size_t)(row.p - yaml.p) + at;
    put_replaced(yaml, from, word_end(yaml, from), value, out);
    return HY_OK;
}

/* The lines under "map:" at the top level; p is NULL when there is none. */
static struct hy_str block_of(struct hy_str yaml, const char *map)
{
    for (struct hy_lines it = hy_lines(yaml); hy_lines_next(&it);) {
        size_t n = strlen(map);
        if (!hy_str_starts(it.line, hy_str(map)) || it.line.n <= n || it.line.p[n] != ':')
            continue;
        const char *from = it.rest.p ? it.rest.p : yaml.p + yaml.n, *end = from;
        while (hy_lines_next(&it) && (is_blank(it.line) || indent_of(it.line) > 0))
            if (!is_blank(it.line))
                end = it.rest.p ? it.rest.p : yaml.p + yaml.n;
        return hy_str_n(from, (size_t)(end - from));
    }
    return (struct hy_str){0};
}

void hy_amend_map(struct hy_str yaml, const char *map, const char *key, double value,
                  struct hy_buf *out)
{
    struct hy_str block = block_of(yaml, map);
    size_t at = block.p ? value_of(block, key) : HY_NPOS;

    if (at != HY_NPOS) {
        size_t from = (size_t)(block.p - yaml.p) + at;
        put_replaced(yaml, from, word_end(yaml, from), value, out);
        return;
    }
    size_t end = block.p ? (size_t)(block.p - yaml.p) + block.n : yaml.n;
    hy_buf_str(out, hy_str_sub(yaml, 0, end));
    if (end > 0 && yaml.p[end - 1] != '\n')
        hy_buf_char(out, '\n');
    if (block.p == NULL)
        hy_buf_printf(out, "%s%s:\n", end ? "\n" : "", map);
    hy_buf_printf(out, "  %s: ", key);
    put_number(out, value);
    hy_buf_char(out, '\n');
    hy_buf_str(out, hy_str_sub(yaml, end, yaml.n));
}
