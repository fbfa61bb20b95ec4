/* SPDX-License-Identifier: Apache-2.0 */
/* What core/url.c and core/url_path.c share: a URL while it is put together.  Private to them. */
#pragma once
#include "core/buf.h"
#include "core/url.h"

struct hy_url_parts {
    struct hy_buf scheme, userinfo, host, path, query, hash; /* query and hash with their sign */
    int port;
    bool special, file, has_host, opaque;
};

static inline bool hy_url_is_alpha_(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool hy_url_is_digit_(char c)
{
    return c >= '0' && c <= '9';
}

static inline struct hy_str hy_url_from_(struct hy_str s, size_t at)
{
    return hy_str_sub(s, at, s.n);
}

static inline bool hy_url_is_slash_(const struct hy_url_parts *u, char c)
{
    return c == '/' || (c == '\\' && u->special);
}

static inline bool hy_url_slash_at_(const struct hy_url_parts *u, struct hy_str s, size_t i)
{
    return i < s.n && hy_url_is_slash_(u, s.p[i]);
}

static inline void hy_url_set_(struct hy_buf *b, struct hy_str s)
{
    hy_buf_clear(b);
    hy_buf_str(b, s);
}

/* core/url_plain.c: false when the URL has to be read by the book. */
bool hy_url_read_plain_(struct hy_str s, struct hy_url *ret);
bool hy_url_is_drive_letter_(struct hy_str s);
bool hy_url_starts_with_drive_letter_(struct hy_str s);
/* Is the path "/C:", which ".." must not leave? */
bool hy_url_is_drive_path_(struct hy_str path);
void hy_url_shorten_(struct hy_url_parts *u); /* by its last segment */
/* Query and fragment of `s`, which starts with '?', '#' or is empty. */
void hy_url_parse_tail_(struct hy_url_parts *u, struct hy_str s);
/* `s` without its leading slash: segments up to '?' or '#', then the tail. */
void hy_url_parse_path_(struct hy_url_parts *u, struct hy_str s);
void hy_url_parse_path_start_(struct hy_url_parts *u, struct hy_str s);
void hy_url_parse_opaque_path_(struct hy_url_parts *u, struct hy_str s);
