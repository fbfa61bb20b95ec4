/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_line.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum { MOST_DIGITS = 18 }; /* of an integer that surely fits */

/* -- walking ---------------------------------------------------------------------------------- */

struct walk {
    struct hy_str in;
    size_t at;
    struct hy_arena *arena;
};

static char peek(const struct walk *w)
{
    return w->at < w->in.n ? w->in.p[w->at] : '\0';
}

static void skip_space(struct walk *w)
{
    for (char c; (c = peek(w)) == ' ' || c == '\t' || c == '\n' || c == '\r';)
        w->at++;
}

static bool take(struct walk *w, char c)
{
    skip_space(w);
    if (peek(w) != c)
        return false;
    w->at++;
    return true;
}

/* Four hex digits; -1 for anything else. */
static int32_t hex4(struct hy_str s, size_t at)
{
    int32_t v = 0;

    if (s.n < at + 4)
        return -1;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        int digit = c >= '0' && c <= '9'                 ? c - '0'
                    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                         : -1;
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

/* The character of \uXXXX whose u stands at *at, with the second half of a pair; 0: give up (NUL
 * and lone halves are for jansson to judge). */
static uint32_t unicode_escape(struct hy_str s, size_t *at)
{
    int32_t c = hex4(s, *at + 1);

    *at += 5;
    if (c < 0 || (c >= 0xDC00 && c <= 0xDFFF))
        return 0;
    if (c < 0xD800 || c > 0xDBFF)
        return (uint32_t)c;
    int32_t low = s.n > *at + 1 && s.p[*at] == '\\' && s.p[*at + 1] == 'u' ? hex4(s, *at + 2) : -1;
    *at += 6;
    return low >= 0xDC00 && low <= 0xDFFF
               ? 0x10000 + ((uint32_t)(c - 0xD800) << 10 | (uint32_t)(low - 0xDC00))
               : 0;
}

static size_t put_utf8(char *p, uint32_t c)
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (len == 1) {
        *p = (char)c;
        return 1;
    }
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        p[i] = (char)(0x80 | (c & 0x3F));
    p[0] = (char)((0xF00 >> len & 0xFF) | c);
    return len;
}

/* Takes the escape at *at (its backslash) to out; *canonical: our writer writes it the same way. */
static size_t unescape(struct hy_str s, size_t *at, char *out, bool *canonical)
{
    static const char from[] = "\"\\bfnrt/", to[] = "\"\\\b\f\n\r\t/";
    char c = *at + 1 < s.n ? s.p[*at + 1] : '\0';
    const char *known = c ? strchr(from, c) : NULL;

    ++*at;
    if (known) {
        ++*at;
        *canonical &= c != '/';
        *out = to[known - from];
        return 1;
    }
    *canonical = false;
    uint32_t u = c == 'u' ? unicode_escape(s, at) : 0;
    return u ? put_utf8(out, u) : 0;
}

/* The text with escapes that begins at `from`, right behind its quote; the first one is at w->at.
 */
static bool escaped_text(struct walk *w, size_t from, struct hy_json_member *m)
{
    size_t end = w->at, n = w->at - from;
    bool canonical = true;

    while (end < w->in.n && w->in.p[end] != '"')
        end += w->in.p[end] == '\\' ? 2 : 1;
    if (end >= w->in.n)
        return false;
    char *out = hy_arena_alloc(w->arena, end - from + 1);
    memcpy(out, w->in.p + from, n);
    while (w->in.p[w->at] == '\\') {
        size_t len = unescape(w->in, &w->at, out + n, &canonical), start = w->at;
        if (len == 0)
            return false;
        n += len;
        w->at = hy_json_special(w->in, w->at);
        if (w->at >= w->in.n)
            return false;
        memcpy(out + n, w->in.p + start, w->at - start);
        n += w->at - start;
    }
    m->text = hy_str_n(out, n);
    m->json = canonical ? hy_str_sub(w->in, from - 1, w->at + 1) : HY_STR("");
    return w->in.p[w->at++] == '"'; /* else a control character */
}

/* From the opening quote on. */
static bool take_text(struct walk *w, struct hy_json_member *m)
{
    size_t from = ++w->at;

    m->is_text = true;
    w->at = hy_json_special(w->in, w->at);
    if (peek(w) == '\\')
        return escaped_text(w, from, m);
    if (peek(w) != '"')
        return false;
    m->text = hy_str_sub(w->in, from, w->at);
    m->json = hy_str_sub(w->in, from - 1, ++w->at);
    return true;
}

static bool take_integer(struct walk *w, struct hy_json_member *m)
{
    size_t from = w->at, first = from + (peek(w) == '-');

    for (w->at = first; peek(w) >= '0' && peek(w) <= '9';)
        w->at++;
    size_t digits = w->at - first;
    if (digits == 0 || digits > MOST_DIGITS || (w->in.p[first] == '0' && w->at - from > 1))
        return false;
    m->json = hy_str_sub(w->in, from, w->at);
    return true;
}

static bool take_literal(struct walk *w, struct hy_json_member *m)
{
    static const char *const literal[] = {"null", "true", "false"};

    for (size_t i = 0; i < HY_COUNT(literal); i++) {
        m->json = hy_str(literal[i]);
        if (!hy_str_starts(hy_str_sub(w->in, w->at, w->in.n), m->json))
            continue;
        w->at += m->json.n;
        return true;
    }
    return false;
}

static bool take_value(struct walk *w, struct hy_json_member *m)
{
    skip_space(w);
    switch (peek(w)) {
    case '"':
        return take_text(w, m);
    case 'n':
    case 't':
    case 'f':
        return take_literal(w, m);
    default:
        return take_integer(w, m);
    }
}

static const struct hy_json_member *member_of(const struct hy_json_line *l, struct hy_str key)
{
    for (size_t i = 0; i < l->n; i++)
        if (hy_str_eq(l->v[i].key, key))
            return &l->v[i];
    return NULL;
}

static bool take_member(struct walk *w, struct hy_json_line *l)
{
    struct hy_json_member key = {0}, m = {0};

    skip_space(w);
    if (l->n == HY_JSON_LINE_MEMBERS || peek(w) != '"' || !take_text(w, &key) ||
        key.text.n + 2 != key.json.n || member_of(l, key.text))
        return false;
    if (!take(w, ':') || !take_value(w, &m))
        return false;
    m.key = key.text;
    l->v[l->n++] = m;
    return true;
}

static bool walk_line(struct walk *w, struct hy_json_line *l)
{
    if (!take(w, '{'))
        return false;
    if (!take(w, '}')) {
        do
            if (!take_member(w, l))
                return false;
        while (take(w, ','));
        if (!take(w, '}'))
            return false;
    }
    skip_space(w);
    return w->at == w->in.n;
}

int hy_json_line_read(struct hy_str text, struct hy_arena *arena, struct hy_json_line *ret,
                      struct hy_err *err)
{
    struct walk w = {.in = text, .arena = arena};

    ret->n = 0;
    ret->tree = NULL;
    if (hy_utf8_valid(text) && walk_line(&w, ret))
        return HY_OK;
    ret->n = 0;
    if (hy_json_parse(text, &ret->tree, err) < 0)
        return err->code;
    if (json_is_object(ret->tree))
        return HY_OK;
    hy_json_line_release(ret);
    return hy_fail(err, HY_E_PARSE, "a line must be a JSON object");
}

void hy_json_line_release(struct hy_json_line *l)
{
    json_decref(l->tree);
    l->tree = NULL;
    l->n = 0;
}

/* -- writing ---------------------------------------------------------------------------------- */

static void put_value(const struct hy_json_member *m, struct hy_buf *out)
{
    if (m->json.n)
        hy_buf_str(out, m->json);
    else
        hy_json_put_str(out, m->text);
}

void hy_json_line_put(const struct hy_json_line *l, const char *key, struct hy_buf *out)
{
    const struct hy_json_member *m = member_of(l, hy_str(key));
    const json_t *v = l->tree ? json_object_get(l->tree, key) : NULL;

    if (v)
        hy_json_write(v, out);
    else if (m)
        put_value(m, out);
    else
        hy_buf_puts(out, "null");
}

static void put_member(const struct hy_json_member *m, struct hy_buf *out)
{
    hy_buf_add(out, out->p[out->n - 1] == '{' ? "\"" : ",\"", out->p[out->n - 1] == '{' ? 1 : 2);
    hy_buf_str(out, m->key);
    hy_buf_add(out, "\":", 2);
    put_value(m, out);
}

/* The members in order of their keys; few, and mostly sorted when they came from us. */
static void sorted_of(const struct hy_json_line *l, const struct hy_json_member **list)
{
    for (size_t i = 0; i < l->n; i++) {
        size_t k = i;
        for (; k > 0 && hy_str_cmp(list[k - 1]->key, l->v[i].key) > 0; k--)
            list[k] = list[k - 1];
        list[k] = &l->v[i];
    }
}

void hy_json_line_write(const struct hy_json_line *l, const struct hy_json_member *more, size_t n,
                        struct hy_buf *out)
{
    const struct hy_json_member *list[HY_JSON_LINE_MEMBERS];
    size_t i = 0, k = 0;

    if (l->tree) {
        hy_json_write_with(l->tree, more, n, out);
        return;
    }
    sorted_of(l, list);
    hy_buf_char(out, '{');
    while (i < l->n || k < n) {
        int order = i == l->n ? 1 : k == n ? -1 : hy_str_cmp(list[i]->key, more[k].key);
        if (order < 0)
            put_member(list[i++], out);
        else
            put_member(&more[k++], out);
        i += order == 0; /* replaced */
    }
    hy_buf_char(out, '}');
}
