/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json.h"

#include "core/mem.h"

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

static int append(const char *p, size_t n, void *buf)
{
    hy_buf_add(buf, p, n);
    return 0;
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

void hy_json_write(const json_t *v, struct hy_buf *out)
{
    size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12);

    if (json_dump_callback(v, append, out, flags) < 0)
        hy_bug("JSON value cannot be written");
}

char *hy_json_text(const json_t *v)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_json_write(v, &b);
    return hy_buf_take(&b);
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
