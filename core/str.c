/* SPDX-License-Identifier: Apache-2.0 */
#include "core/str.h"

#include "core/mem.h"

#include <string.h>
#include <strings.h>

struct hy_str hy_str_sub(struct hy_str s, size_t from, size_t to)
{
    to = HY_MIN(to, s.n);
    from = HY_MIN(from, to);
    return (struct hy_str){from ? s.p + from : s.p, to - from}; /* p may be NULL when n is 0 */
}

char *hy_str_dup(struct hy_str s)
{
    return hy_xstrndup(s.p, s.n);
}

bool hy_str_eq(struct hy_str a, struct hy_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool hy_str_is(struct hy_str a, const char *b)
{
    return hy_str_eq(a, hy_str(b));
}

bool hy_str_ieq(struct hy_str a, struct hy_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool hy_str_starts(struct hy_str s, struct hy_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool hy_str_ends(struct hy_str s, struct hy_str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

int hy_str_cmp(struct hy_str a, struct hy_str b)
{
    size_t n = HY_MIN(a.n, b.n);
    int r = n ? memcmp(a.p, b.p, n) : 0;

    return r ? r : (a.n > b.n) - (a.n < b.n);
}

bool hy_char_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

size_t hy_str_find(struct hy_str s, struct hy_str needle, size_t from)
{
    if (from > s.n || (s.n == from && needle.n))
        return HY_NPOS;
    if (needle.n == 0)
        return from;
    if (needle.n > s.n - from)
        return HY_NPOS;
    const char *hit = memmem(s.p + from, s.n - from, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : HY_NPOS;
}

size_t hy_str_find_char(struct hy_str s, char c, size_t from)
{
    if (from >= s.n)
        return HY_NPOS;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : HY_NPOS;
}

bool hy_str_has(struct hy_str s, struct hy_str needle)
{
    return hy_str_find(s, needle, 0) != HY_NPOS;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct hy_str hy_str_trim(struct hy_str s)
{
    while (s.n && is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool hy_str_cut(struct hy_str *s, char sep, struct hy_str *ret_head)
{
    if (s->p == NULL) {
        *ret_head = hy_str("");
        return false;
    }
    size_t at = hy_str_find_char(*s, sep, 0);
    if (at == HY_NPOS) {
        *ret_head = *s;
        *s = (struct hy_str){NULL, 0};
        return true;
    }
    *ret_head = hy_str_sub(*s, 0, at);
    *s = hy_str_sub(*s, at + 1, s->n);
    return true;
}

struct hy_str hy_str_of_i64(int64_t v, char room[HY_I64_SIZE])
{
    char *end = room + HY_I64_SIZE, *p = end;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;

    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (v < 0)
        *--p = '-';
    return hy_str_n(p, (size_t)(end - p));
}

bool hy_str_to_i64(struct hy_str s, int64_t *ret)
{
    bool neg = s.n && s.p[0] == '-';
    uint64_t v = 0, limit = neg ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    size_t i = neg || (s.n && s.p[0] == '+');

    if (i == s.n)
        return false;
    for (; i < s.n; i++) {
        unsigned d = (unsigned char)s.p[i] - '0';
        if (d > 9 || v > (limit - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *ret = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

struct hy_lines hy_lines(struct hy_str text)
{
    return (struct hy_lines){.rest = text};
}

bool hy_lines_next(struct hy_lines *it)
{
    if (it->rest.n == 0 || !hy_str_cut(&it->rest, '\n', &it->line))
        return false;
    if (it->line.n && it->line.p[it->line.n - 1] == '\r')
        it->line.n--;
    it->no++;
    return true;
}
