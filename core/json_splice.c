/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_splice.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* The text is our own canonical form, so there is no space in it and nothing to check; an index that
 * reaches the end means that it was none. */
struct splice {
    struct hy_str was;
    size_t at;     /* read so far */
    size_t copied; /* and of that in `out` */
    struct hy_buf *out;
};

static char next(const struct splice *s)
{
    return s->at < s->was.n ? s->was.p[s->at] : '\0';
}

static void skip_string(struct splice *s)
{
    for (s->at++; (s->at = hy_json_special(s->was, s->at)) < s->was.n; s->at += 2)
        if (s->was.p[s->at] == '"') {
            s->at++;
            return;
        }
}

/* Behind the value that begins here: at ',', '}' or ']'. */
static void skip_value(struct splice *s)
{
    int depth = 0;

    for (; s->at < s->was.n; s->at++) {
        char c = s->was.p[s->at];
        if (c == '"') {
            skip_string(s);
            c = next(s);
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
}

static void copy_until(struct splice *s, size_t at)
{
    hy_buf_add(s->out, s->was.p + s->copied, at - s->copied);
    s->copied = at;
}

/* What stood from `from` to where we are gives way to `v`. */
static void put(struct splice *s, size_t from, const json_t *v)
{
    copy_until(s, from);
    hy_json_write(v, s->out);
    s->copied = s->at;
}

static void put_member(struct splice *s, const char *key, const json_t *v)
{
    hy_json_put_str(s->out, hy_str(key));
    hy_buf_char(s->out, ':');
    hy_json_write(v, s->out);
}

/* The changes of one member: `n` of them, by index. */
static bool splice_list(struct splice *s, const json_t *list, const struct hy_json_change *c, size_t n)
{
    int64_t i = 0;
    size_t k = 0;

    if (next(s) != '[' || !json_is_array(list))
        return false;
    for (s->at++; next(s) != ']' && s->at < s->was.n; i++) {
        size_t from = s->at;
        skip_value(s);
        if (k < n && c[k].at == i)
            put(s, from, json_array_get(list, (size_t)i));
        while (k < n && c[k].at <= i)
            k++;
        s->at += next(s) == ',';
    }
    copy_until(s, s->at);
    for (; i < (int64_t)json_array_size(list); i++) {
        if (i)
            hy_buf_char(s->out, ',');
        hy_json_write(json_array_get(list, (size_t)i), s->out);
    }
    s->at++;
    return true;
}

static int by_place(const void *a, const void *b)
{
    const struct hy_json_change *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* How many of the changes that begin here are of the same member. */
static size_t run_of(const struct hy_json_change *c, size_t n)
{
    size_t run = 1;

    while (run < n && strcmp(c[run].key, c->key) == 0)
        run++;
    return run;
}

static bool splice_value(struct splice *s, const json_t *v, const struct hy_json_change *c, size_t n)
{
    size_t from = s->at;

    if (c->at != HY_JSON_WHOLE) /* HY_JSON_WHOLE comes first */
        return splice_list(s, v, c, n);
    skip_value(s);
    put(s, from, v);
    return true;
}

static bool splice_members(struct splice *s, const json_t *now, const struct hy_json_change *c,
                           size_t n)
{
    size_t run;

    while (next(s) == '"') {
        size_t from = s->at;
        skip_string(s);
        struct hy_str key = hy_str_sub(s->was, from + 1, s->at - 1);
        if (hy_str_find_char(key, '\\', 0) != HY_NPOS) /* stands where it does by what it means */
            return false;
        for (; n > 0 && hy_str_cmp(hy_str(c->key), key) < 0; c += run, n -= run) {
            run = run_of(c, n);
            copy_until(s, from);
            put_member(s, c->key, json_object_get(now, c->key));
            hy_buf_char(s->out, ',');
        }
        s->at++; /* the colon */
        if (n > 0 && hy_str_is(key, c->key)) {
            run = run_of(c, n);
            if (!splice_value(s, json_object_get(now, c->key), c, run))
                return false;
            c += run, n -= run;
        } else {
            skip_value(s);
        }
        if (next(s) != ',')
            break;
        s->at++;
    }
    copy_until(s, s->at);
    for (; n > 0; c += run, n -= run) {
        run = run_of(c, n);
        hy_buf_char(s->out, ',');
        put_member(s, c->key, json_object_get(now, c->key));
    }
    return next(s) == '}' && s->at + 1 == s->was.n;
}

/* Of a key that is written otherwise than it reads the place is not found; and a member that is gone
 * has no value. */
static bool is_plain(const json_t *now, const struct hy_json_change *c)
{
    struct hy_str key = hy_str(c->key);

    return hy_json_special(key, 0) == key.n && json_object_get(now, c->key) != NULL;
}

bool hy_json_splice(struct hy_str was, const json_t *now, struct hy_json_change *changes, size_t n,
                    struct hy_buf *out)
{
    struct splice s = {.was = was, .at = 1, .out = out};
    size_t start = out->n;

    for (size_t i = 0; i < n; i++)
        if (!is_plain(now, &changes[i]))
            return false;
    if (was.n <= 2 || was.p[0] != '{') /* into an empty one nothing can be put between commas */
        return false;
    if (n)
        qsort(changes, n, sizeof(*changes), by_place);
    if (!splice_members(&s, now, changes, n)) {
        hy_buf_cut(out, start);
        return false;
    }
    hy_buf_char(out, '}');
    return true;
}
