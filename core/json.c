/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hy_json_parse(struct hy_str text, json_t **ret, struct hy_err *err)
{
    json_error_t e;
    json_t *v =
        json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);

    if (v == NULL)
        return hy_fail(err, HY_E_PARSE, "not valid JSON at line %d, column %d: %s", e.line,
                       e.column, e.text);
    *ret = v;
    return HY_OK;
}

/* The end of the string whose opening quote stands at `at`: its closing quote, or text.n. */
static size_t string_end(struct hy_str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++)
        at += text.p[at] == '\\';
    return HY_MIN(at, text.n);
}

static size_t after_colon(struct hy_str text, size_t at)
{
    bool colon = false;

    for (; at < text.n; at++) {
        if (text.p[at] == ':' && !colon)
            colon = true;
        else if (text.p[at] != ' ')
            break;
    }
    return colon ? at : text.n;
}

struct hy_str hy_json_peek_str(struct hy_str text, struct hy_str key)
{
    int depth = 0;

    for (size_t i = 0; i < text.n; i++) {
        depth += text.p[i] == '{' || text.p[i] == '[';
        depth -= text.p[i] == '}' || text.p[i] == ']';
        if (text.p[i] != '"')
            continue;
        size_t end = string_end(text, i), value = after_colon(text, end + 1);
        bool ours = depth == 1 && hy_str_eq(hy_str_sub(text, i + 1, end), key);
        i = end;
        if (!ours || value >= text.n || text.p[value] != '"')
            continue;
        end = string_end(text, value);
        struct hy_str found = hy_str_sub(text, value + 1, end);
        return end == text.n || hy_str_find_char(found, '\\', 0) != HY_NPOS ? hy_str("") : found;
    }
    return hy_str("");
}

/* ---- writing ----
 *
 * jansson's writer calls back for every token and looks every key up once more after sorting; this
 * one takes a quarter of its time, and documents are written with every commit.  The bytes are the
 * same (tests/fuzz/fuzz_json.c compares them). */

struct member {
    const char *key;
    const json_t *value; /* NULL: `json` is it */
    struct hy_str json;
};

/* Eight at a time where there are eight. */
size_t hy_json_special(struct hy_str s, size_t at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

    for (; at + 8 <= s.n; at += 8) {
        uint64_t v;
        memcpy(&v, s.p + at, 8);
        uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
        if (((v - ones * 0x20) | (quote - ones) | (slash - ones)) & ~v & tops)
            break;
    }
    for (; at < s.n; at++) {
        unsigned char c = (unsigned char)s.p[at];
        if (c < 0x20 || c == '"' || c == '\\')
            break;
    }
    return at;
}

void hy_json_put_str(struct hy_buf *out, struct hy_str s)
{
    static const char plain[32] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    size_t from = 0;

    hy_buf_char(out, '"');
    for (size_t i = 0; (i = hy_json_special(s, i)) < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        hy_buf_add(out, s.p + from, i - from);
        from = i + 1;
        if (c < 0x20 && plain[c] == '\0')
            hy_buf_printf(out, "\\u%04X", c);
        else
            hy_buf_add(out, (const char[]){'\\', c < 0x20 ? plain[c] : (char)c}, 2);
    }
    hy_buf_add(out, s.p + from, s.n - from);
    hy_buf_char(out, '"');
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* Almost every object is small, and many come sorted: qsort() costs more than it saves there. */
static void sort_members(struct member *m, size_t n)
{
    enum { SMALL = 24 };

    if (n > SMALL) {
        qsort(m, n, sizeof(*m), by_key);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct member x = m[i];
        size_t k = i;
        for (; k > 0 && by_key(&m[k - 1], &x) > 0; k--)
            m[k] = m[k - 1];
        m[k] = x;
    }
}

static void write_value(const json_t *v, struct hy_buf *out);

static bool replaces(const struct hy_json_member *more, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (hy_str_is(more[i].key, key))
            return true;
    return false;
}

static void write_members(const json_t *v, const struct hy_json_member *more, size_t n_more,
                          struct hy_buf *out)
{
    enum { FEW = 48 };
    struct member few[FEW];
    size_t size = json_object_size(v) + n_more, n = 0;
    struct member *m = size <= FEW ? few : hy_xmalloc(size * sizeof(*m));

    for (void *at = json_object_iter((json_t *)v); at; at = json_object_iter_next((json_t *)v, at))
        if (!replaces(more, n_more, json_object_iter_key(at)))
            m[n++] =
                (struct member){json_object_iter_key(at), json_object_iter_value(at), HY_STR("")};
    for (size_t i = 0; i < n_more; i++)
        m[n++] = (struct member){more[i].key.p, NULL, more[i].json};
    sort_members(m, n);
    hy_buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i)
            hy_buf_char(out, ',');
        hy_json_put_str(out, hy_str(m[i].key));
        hy_buf_char(out, ':');
        if (m[i].value)
            write_value(m[i].value, out);
        else
            hy_buf_str(out, m[i].json);
    }
    hy_buf_char(out, '}');
    if (m != few)
        free(m);
}

static void write_array(const json_t *v, struct hy_buf *out)
{
    hy_buf_char(out, '[');
    for (size_t i = 0; i < json_array_size(v); i++) {
        if (i)
            hy_buf_char(out, ',');
        write_value(json_array_get(v, i), out);
    }
    hy_buf_char(out, ']');
}

/* Nearly all numbers have four decimals at most, as scores do: such a number is the double nearest
 * to its decimal form, and its digits are those of an integer.  printf() takes ten times as long.
 */
static bool write_decimal(double v, struct hy_buf *out)
{
    enum { SCALE = 10000 };
    char text[24], *p = text + sizeof(text);

    if (!(v > -1e7 && v < 1e7) || (v == 0 && signbit(v)))
        return false;
    int64_t scaled = (int64_t)(v * SCALE + (v < 0 ? -0.5 : 0.5));
    if ((double)scaled / SCALE != v)
        return false;
    uint64_t rest = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
    int decimals = 4;
    for (; decimals > 1 && rest % 10 == 0; decimals--)
        rest /= 10;
    for (; decimals > 0; decimals--, rest /= 10)
        *--p = (char)('0' + rest % 10);
    *--p = '.';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (scaled < 0)
        *--p = '-';
    hy_buf_add(out, p, (size_t)(text + sizeof(text) - p));
    return true;
}

void hy_json_put_real(struct hy_buf *out, double v)
{
    char text[64];

    if (write_decimal(v, out))
        return;
    HY_CLEANUP(hy_json_freep) json_t *boxed = json_real(v);
    size_t n = json_dumpb(boxed, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    hy_buf_add(out, text, n);
}

static void write_value(const json_t *v, struct hy_buf *out)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        write_members(v, NULL, 0, out);
        break;
    case JSON_ARRAY:
        write_array(v, out);
        break;
    case JSON_STRING:
        hy_json_put_str(out, hy_str_n(json_string_value(v), json_string_length(v)));
        break;
    case JSON_INTEGER:
        hy_buf_int(out, json_integer_value(v));
        break;
    case JSON_REAL:
        hy_json_put_real(out, json_real_value(v));
        break;
    case JSON_TRUE:
        hy_buf_puts(out, "true");
        break;
    case JSON_FALSE:
        hy_buf_puts(out, "false");
        break;
    case JSON_NULL:
        hy_buf_puts(out, "null");
        break;
    }
}

void hy_json_write(const json_t *v, struct hy_buf *out)
{
    write_value(v, out);
}

void hy_json_write_with(const json_t *o, const struct hy_json_member *more, size_t n,
                        struct hy_buf *out)
{
    write_members(o, more, n, out);
}

char *hy_json_text(const json_t *v)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_json_write(v, &b);
    return hy_buf_take(&b);
}

void hy_json_print(const json_t *v)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(v);

    puts(text);
}

struct hy_str hy_json_str(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_string(v) ? hy_str_n(json_string_value(v), json_string_length(v)) : hy_str("");
}

int64_t hy_json_int(const json_t *o, const char *key, int64_t otherwise)
{
    const json_t *v = json_object_get(o, key);

    return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

double hy_json_num(const json_t *o, const char *key, double otherwise)
{
    const json_t *v = json_object_get(o, key);

    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool hy_json_bool(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

hy_wall hy_json_time(const json_t *o, const char *key)
{
    hy_wall t;

    return hy_wall_parse(hy_json_str(o, key), &t) ? t : HY_WALL_NONE;
}

int hy_json_need_str(const json_t *o, const char *key, struct hy_str *ret, struct hy_err *err)
{
    struct hy_str s = hy_json_str(o, key);

    if (s.n == 0)
        return hy_fail(err, HY_E_PARSE, "\"%s\" is missing or not a text", key);
    *ret = s;
    return HY_OK;
}

json_t *hy_json_of_str(struct hy_str s)
{
    json_t *v = json_stringn(s.n ? s.p : "", s.n); /* an empty view may have no pointer */

    if (v == NULL)
        hy_bug("text for JSON is not UTF-8");
    return v;
}

void hy_json_set_str(json_t *o, const char *key, struct hy_str s)
{
    json_object_set_new(o, key, hy_json_of_str(s));
}

void hy_json_set_int(json_t *o, const char *key, int64_t v)
{
    json_object_set_new(o, key, json_integer(v));
}

void hy_json_set_time(json_t *o, const char *key, hy_wall t, int offset_min)
{
    char text[HY_TIME_SIZE];

    if (hy_wall_known(t))
        hy_json_set_str(o, key, hy_str(hy_wall_format(t, offset_min, text)));
    else
        json_object_set_new(o, key, json_null());
}
