/* SPDX-License-Identifier: Apache-2.0 */
/* What huiying needs on top of jansson: parsing with one clear sentence on failure, reading of
 * optional fields, times, and one canonical byte form (sorted keys, compact) for everything that
 * is hashed or compared. */
#pragma once
#include "core/buf.h"
#include "core/clock.h"

#include <jansson.h>

static inline void hy_json_freep(json_t **p)
{
    json_decref(*p);
}

/* New reference in *ret.  Errors name line and column. */
HY_MUST_CHECK int hy_json_parse(struct hy_str text, json_t **ret, struct hy_err *err);
/* The string member `key` of the object written in `text`, found without parsing it (for inputs
 * that nobody dares to parse): empty when it is not there at the top level or holds an escape. */
struct hy_str hy_json_peek_str(struct hy_str text, struct hy_str key);
/* Compact, one line, UTF-8 kept as it is, keys sorted. */
void hy_json_write(const json_t *v, struct hy_buf *out);
char *hy_json_text(const json_t *v);  /* the same, malloc'ed */
void hy_json_print(const json_t *v); /* the same, as a line of standard output */

/* A member by its value in canonical form. */
struct hy_json_member {
    struct hy_str key;
    struct hy_str json; /* of a line that was read: empty when the text has to be escaped anew */
    struct hy_str text; /* of a line that was read: the value of a text; not NUL-terminated */
    bool is_text;
};
/* The object and `n` members more, known by key (NUL-terminated) and json; they replace those of
 * their names. */
void hy_json_write_with(const json_t *o, const struct hy_json_member *more, size_t n,
                        struct hy_buf *out);
/* The next byte from `at` on that cannot stand in a JSON text as it is, or s.n. */
size_t hy_json_special(struct hy_str s, size_t at);

/* Writing without building values first, for what is written for every item: the same form, as long
 * as the caller names the keys of an object in order (tests compare). */
void hy_json_put_str(struct hy_buf *out, struct hy_str s);
void hy_json_put_real(struct hy_buf *out, double v);
/* "key": with a comma before it unless it is the first behind '{'. */
static inline void hy_json_put_key(struct hy_buf *out, const char *key)
{
    if (out->p[out->n - 1] != '{')
        hy_buf_char(out, ',');
    hy_buf_char(out, '"');
    hy_buf_puts(out, key);
    hy_buf_add(out, "\":", 2);
}

/* Optional members: a missing key, null or another type give the empty value. */
struct hy_str hy_json_str(const json_t *o, const char *key);
int64_t hy_json_int(const json_t *o, const char *key, int64_t otherwise);
double hy_json_num(const json_t *o, const char *key, double otherwise);
bool hy_json_bool(const json_t *o, const char *key);
hy_wall hy_json_time(const json_t *o, const char *key); /* HY_WALL_NONE if absent or malformed */
/* Required string member; HY_E_PARSE naming the key. */
HY_MUST_CHECK int hy_json_need_str(const json_t *o, const char *key, struct hy_str *ret,
                                   struct hy_err *err);

/* Setters that take views.  Text that is not valid UTF-8 is a bug of the caller. */
void hy_json_set_str(json_t *o, const char *key, struct hy_str s);
void hy_json_set_int(json_t *o, const char *key, int64_t v);
void hy_json_set_time(json_t *o, const char *key, hy_wall t, int offset_min); /* null if unknown */
json_t *hy_json_of_str(struct hy_str s);
