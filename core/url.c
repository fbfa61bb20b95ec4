/* SPDX-License-Identifier: Apache-2.0 */
/* The basic URL parser of the URL standard (section 4.4), each of its states a function that
 * consumes one component, and the serialiser.  Host parsing is in core/url_host.c, the forms that
 * crawling needs in core/url_crawl.c. */
#include "core/url.h"

#include "core/mem.h"
#include "core/url_host.h"
#include "core/url_percent.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme;
    int port; /* -1: special, but without one */
} specials[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}, {"file", -1}};

/* A URL while it is put together. */
struct parts {
    struct hy_buf scheme, userinfo, host, path, query, hash; /* query and hash with their sign */
    int port;
    bool special, file, has_host, opaque;
};

static void parts_release(struct parts *u)
{
    hy_buf_release(&u->scheme);
    hy_buf_release(&u->userinfo);
    hy_buf_release(&u->host);
    hy_buf_release(&u->path);
    hy_buf_release(&u->query);
    hy_buf_release(&u->hash);
}

static const char *const port_message = "the port is no number up to 65535";

static int default_port(struct hy_str scheme)
{
    for (size_t i = 0; i < HY_COUNT(specials); i++)
        if (hy_str_is(scheme, specials[i].scheme))
            return specials[i].port;
    return -1;
}

static bool is_special(struct hy_str scheme)
{
    for (size_t i = 0; i < HY_COUNT(specials); i++)
        if (hy_str_is(scheme, specials[i].scheme))
            return true;
    return false;
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct hy_str from(struct hy_str s, size_t at)
{
    return hy_str_sub(s, at, s.n);
}

static bool is_slash(const struct parts *u, char c)
{
    return c == '/' || (c == '\\' && u->special);
}

static bool slash_at(const struct parts *u, struct hy_str s, size_t i)
{
    return i < s.n && is_slash(u, s.p[i]);
}

static void set(struct hy_buf *b, struct hy_str s)
{
    hy_buf_clear(b);
    hy_buf_str(b, s);
}

/* -- path ----------------------------------------------------------------------------------- */

static bool is_drive_letter(struct hy_str s)
{
    return s.n == 2 && is_alpha(s.p[0]) && (s.p[1] == ':' || s.p[1] == '|');
}

static bool starts_with_drive_letter(struct hy_str s)
{
    return s.n >= 2 && is_drive_letter(hy_str_sub(s, 0, 2)) &&
           (s.n == 2 || hy_char_in(s.p[2], "/\\?#"));
}

/* Is the path "/C:", which ".." must not leave? */
static bool is_drive_path(struct hy_str path)
{
    return path.n == 3 && path.p[0] == '/' && is_alpha(path.p[1]) && path.p[2] == ':';
}

static void shorten(struct parts *u)
{
    struct hy_str path = hy_buf_view(&u->path);

    if (path.n == 0 || (u->file && is_drive_path(path)))
        return;
    size_t n = path.n;
    while (n && path.p[n - 1] != '/')
        n--;
    u->path.n = n ? n - 1 : 0;
}

/* 0, or how many dots the segment stands for, escaped dots included. */
static int dots(struct hy_str s)
{
    int n = 0;

    for (size_t i = 0; i < s.n; n++) {
        if (s.p[i] == '.')
            i++;
        else if (hy_str_ieq(hy_str_sub(s, i, i + 3), HY_STR("%2e")))
            i += 3;
        else
            return 0;
    }
    return n <= 2 ? n : 0;
}

static void add_segment(struct parts *u, struct hy_str segment, bool last)
{
    int n = dots(segment);

    if (n == 2)
        shorten(u);
    if (n) {
        if (last)
            hy_buf_char(&u->path, '/');
        return;
    }
    hy_buf_char(&u->path, '/');
    if (u->file && u->path.n == 1 && is_drive_letter(segment)) {
        hy_buf_char(&u->path, segment.p[0]);
        hy_buf_char(&u->path, ':');
        return;
    }
    hy_percent_encode(segment, HY_PERCENT_PATH, &u->path);
}

/* Query and fragment of `s`, which starts with '?', '#' or is empty. */
static void parse_tail(struct parts *u, struct hy_str s)
{
    if (s.n && s.p[0] == '?') {
        size_t hash = hy_str_find_char(s, '#', 0);
        struct hy_str query = hy_str_sub(s, 1, hash);
        set(&u->query, HY_STR("?"));
        hy_percent_encode(query, u->special ? HY_PERCENT_SPECIAL_QUERY : HY_PERCENT_QUERY,
                          &u->query);
        s = hash == HY_NPOS ? (struct hy_str){0} : from(s, hash);
    }
    if (s.n && s.p[0] == '#') {
        set(&u->hash, HY_STR("#"));
        hy_percent_encode(from(s, 1), HY_PERCENT_FRAGMENT, &u->hash);
    }
}

/* `s` without its leading slash: segments up to '?' or '#', then the tail. */
static void parse_path(struct parts *u, struct hy_str s)
{
    for (size_t i = 0;;) {
        size_t start = i;
        while (i < s.n && !is_slash(u, s.p[i]) && s.p[i] != '?' && s.p[i] != '#')
            i++;
        bool slash = slash_at(u, s, i);
        add_segment(u, hy_str_sub(s, start, i), !slash);
        if (!slash) {
            parse_tail(u, from(s, i));
            return;
        }
        i++;
    }
}

/* "Path start state": behind an authority. */
static void parse_path_start(struct parts *u, struct hy_str s)
{
    if (slash_at(u, s, 0))
        parse_path(u, from(s, 1));
    else if (u->special)
        parse_path(u, s);
    else
        parse_tail(u, s);
}

static void parse_opaque_path(struct parts *u, struct hy_str s)
{
    size_t end = 0;

    u->opaque = true;
    while (end < s.n && s.p[end] != '?' && s.p[end] != '#')
        end++;
    bool space = end < s.n && end && s.p[end - 1] == ' '; /* must not be lost before a tail */
    hy_percent_encode(hy_str_sub(s, 0, space ? end - 1 : end), HY_PERCENT_C0, &u->path);
    if (space)
        hy_buf_puts(&u->path, "%20");
    parse_tail(u, from(s, end));
}

/* -- authority ------------------------------------------------------------------------------ */

static void parse_userinfo(struct parts *u, struct hy_str s)
{
    size_t colon = hy_str_find_char(s, ':', 0);
    struct hy_str password = colon == HY_NPOS ? (struct hy_str){0} : from(s, colon + 1);

    hy_buf_clear(&u->userinfo);
    hy_percent_encode(hy_str_sub(s, 0, colon), HY_PERCENT_USERINFO, &u->userinfo);
    if (password.n) {
        hy_buf_char(&u->userinfo, ':');
        hy_percent_encode(password, HY_PERCENT_USERINFO, &u->userinfo);
    }
}

static int parse_port(struct parts *u, struct hy_str s, struct hy_err *err)
{
    int port = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return hy_fail(err, HY_E_PARSE, "%s", port_message);
        port = port * 10 + (s.p[i] - '0');
        if (port > 65535)
            return hy_fail(err, HY_E_PARSE, "%s", port_message);
    }
    u->port = s.n == 0 || port == default_port(hy_buf_view(&u->scheme)) ? -1 : port;
    return HY_OK;
}

static size_t host_end(struct hy_str s)
{
    bool bracket = false;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ':' && !bracket)
            return i;
        bracket = s.p[i] == '[' || (bracket && s.p[i] != ']');
    }
    return s.n;
}

/* `s` starts behind "//". */
static int parse_authority(struct parts *u, struct hy_str s, struct hy_err *err)
{
    size_t end = 0, at = HY_NPOS;

    for (; end < s.n && !is_slash(u, s.p[end]) && s.p[end] != '?' && s.p[end] != '#'; end++)
        if (s.p[end] == '@')
            at = end;
    struct hy_str authority = hy_str_sub(s, at == HY_NPOS ? 0 : at + 1, end);
    if (at != HY_NPOS)
        parse_userinfo(u, hy_str_sub(s, 0, at));
    size_t colon = host_end(authority);
    if (colon == 0 && (u->special || at != HY_NPOS || colon < authority.n))
        return hy_fail(err, HY_E_PARSE, "the host is empty");
    u->has_host = true;
    hy_buf_clear(&u->host);
    if (colon && hy_url_host_parse(hy_str_sub(authority, 0, colon), u->special, &u->host, err) < 0)
        return err->code;
    if (colon < authority.n && parse_port(u, from(authority, colon + 1), err) < 0)
        return err->code;
    parse_path_start(u, from(s, end));
    return HY_OK;
}

static int parse_authority_any_slashes(struct parts *u, struct hy_str s, struct hy_err *err)
{
    size_t i = 0;

    while (slash_at(u, s, i))
        i++;
    return parse_authority(u, from(s, i), err);
}

/* -- relative and file ---------------------------------------------------------------------- */

static struct hy_str userinfo_of(const struct hy_url *u)
{
    size_t start = u->scheme_end + 3;

    return u->has_host && u->host > start ? hy_str_n(u->href + start, u->host - 1 - start)
                                          : (struct hy_str){0};
}

static void copy_authority(struct parts *u, const struct hy_url *base)
{
    set(&u->userinfo, userinfo_of(base));
    set(&u->host, hy_url_host(base));
    u->has_host = base->has_host;
    u->port = base->port;
}

/* What remains when path and query of the base are kept: "", "#x", "?x", or a relative path. */
static void parse_against_path(struct parts *u, struct hy_str s, const struct hy_url *base)
{
    set(&u->path, hy_url_path(base));
    if (s.n == 0 || s.p[0] == '#')
        set(&u->query, hy_url_query(base));
    if (s.n == 0 || s.p[0] == '#' || s.p[0] == '?') {
        parse_tail(u, s);
        return;
    }
    if (u->file && starts_with_drive_letter(s))
        hy_buf_clear(&u->path);
    else
        shorten(u);
    parse_path(u, s);
}

static int parse_relative(struct parts *u, struct hy_str s, const struct hy_url *base,
                          struct hy_err *err)
{
    if (slash_at(u, s, 0) && slash_at(u, s, 1))
        return u->special ? parse_authority_any_slashes(u, s, err)
                          : parse_authority(u, from(s, 2), err);
    copy_authority(u, base);
    if (slash_at(u, s, 0))
        parse_path(u, from(s, 1));
    else
        parse_against_path(u, s, base);
    return HY_OK;
}

static int parse_file_host(struct parts *u, struct hy_str s, struct hy_err *err)
{
    size_t end = 0;

    while (end < s.n && !hy_char_in(s.p[end], "/\\?#"))
        end++;
    struct hy_str host = hy_str_sub(s, 0, end);
    if (is_drive_letter(host)) {
        parse_path(u, s);
        return HY_OK;
    }
    if (host.n && hy_url_host_parse(host, true, &u->host, err) < 0)
        return err->code;
    if (hy_str_is(hy_buf_view(&u->host), "localhost"))
        hy_buf_clear(&u->host);
    parse_path_start(u, from(s, end));
    return HY_OK;
}

static int parse_file(struct parts *u, struct hy_str s, const struct hy_url *base,
                      struct hy_err *err)
{
    u->has_host = true;
    if (base && !hy_str_is(hy_url_scheme(base), "file"))
        base = NULL;
    if (slash_at(u, s, 0) && slash_at(u, s, 1))
        return parse_file_host(u, from(s, 2), err);
    if (base)
        set(&u->host, hy_url_host(base));
    if (slash_at(u, s, 0)) {
        struct hy_str drive = base ? hy_str_sub(hy_url_path(base), 0, 3) : (struct hy_str){0};
        if (is_drive_path(drive) && !starts_with_drive_letter(from(s, 1)))
            set(&u->path, drive);
        parse_path(u, from(s, 1));
    } else if (base) {
        parse_against_path(u, s, base);
    } else {
        parse_path(u, s);
    }
    return HY_OK;
}

/* -- the whole ------------------------------------------------------------------------------ */

/* Length of "scheme:" at the start, 0 if there is none. */
static size_t scheme_length(struct hy_str s)
{
    size_t i = 0;

    if (s.n == 0 || !is_alpha(s.p[0]))
        return 0;
    while (i < s.n && (is_alpha(s.p[i]) || is_digit(s.p[i]) || hy_char_in(s.p[i], "+-.")))
        i++;
    return i < s.n && s.p[i] == ':' ? i + 1 : 0;
}

static void set_scheme(struct parts *u, struct hy_str scheme)
{
    hy_buf_clear(&u->scheme);
    for (size_t i = 0; i < scheme.n; i++)
        hy_buf_char(&u->scheme, (char)(is_alpha(scheme.p[i]) ? scheme.p[i] | 32 : scheme.p[i]));
    u->special = is_special(hy_buf_view(&u->scheme));
    u->file = hy_str_is(hy_buf_view(&u->scheme), "file");
}

static int parse_without_scheme(struct parts *u, struct hy_str s, const struct hy_url *base,
                                struct hy_err *err)
{
    if (base == NULL || (base->opaque && (s.n == 0 || s.p[0] != '#')))
        return hy_fail(err, HY_E_PARSE, "the URL is relative and there is no base for it");
    set_scheme(u, hy_url_scheme(base));
    if (base->opaque) {
        u->opaque = true;
        set(&u->path, hy_url_path(base));
        set(&u->query, hy_url_query(base));
        parse_tail(u, s);
        return HY_OK;
    }
    return u->file ? parse_file(u, s, base, err) : parse_relative(u, s, base, err);
}

static int parse_parts(struct parts *u, struct hy_str s, const struct hy_url *base,
                       struct hy_err *err)
{
    size_t n = scheme_length(s);

    if (n == 0)
        return parse_without_scheme(u, s, base, err);
    set_scheme(u, hy_str_sub(s, 0, n - 1));
    s = from(s, n);
    if (u->file)
        return parse_file(u, s, base, err);
    if (u->special && base && hy_str_eq(hy_url_scheme(base), hy_buf_view(&u->scheme)) &&
        !hy_str_starts(s, HY_STR("//")))
        return parse_relative(u, s, base, err);
    if (u->special)
        return parse_authority_any_slashes(u, s, err);
    if (hy_str_starts(s, HY_STR("//")))
        return parse_authority(u, from(s, 2), err);
    if (s.n && s.p[0] == '/')
        parse_path(u, from(s, 1));
    else
        parse_opaque_path(u, s);
    return HY_OK;
}

static void write_url(const struct parts *u, struct hy_url *ret)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    *ret = (struct hy_url){.port = u->port, .opaque = u->opaque, .has_host = u->has_host};
    hy_buf_str(&b, hy_buf_view(&u->scheme));
    ret->scheme_end = (uint32_t)b.n;
    hy_buf_char(&b, ':');
    if (u->has_host)
        hy_buf_puts(&b, "//");
    else if (!u->opaque && hy_str_starts(hy_buf_view(&u->path), HY_STR("//")))
        hy_buf_puts(&b, "/."); /* or the path would be read as a host */
    if (u->userinfo.n) {
        hy_buf_str(&b, hy_buf_view(&u->userinfo));
        hy_buf_char(&b, '@');
    }
    ret->host = (uint32_t)b.n;
    hy_buf_str(&b, hy_buf_view(&u->host));
    ret->host_end = (uint32_t)b.n;
    if (u->port >= 0)
        hy_buf_printf(&b, ":%d", u->port);
    ret->path = (uint32_t)b.n;
    hy_buf_str(&b, hy_buf_view(&u->path));
    ret->query = (uint32_t)b.n;
    hy_buf_str(&b, hy_buf_view(&u->query));
    ret->hash = (uint32_t)b.n;
    hy_buf_str(&b, hy_buf_view(&u->hash));
    ret->n = b.n;
    ret->href = hy_buf_take(&b);
}

/* Controls and spaces off both ends, tabs and newlines out of the middle. */
static void clean(struct hy_str s, struct hy_buf *out)
{
    while (s.n && (unsigned char)s.p[0] <= ' ')
        s = from(s, 1);
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\t' && s.p[i] != '\n' && s.p[i] != '\r')
            hy_buf_char(out, s.p[i]);
}

int hy_url_parse(struct hy_str input, const struct hy_url *base, struct hy_url *ret,
                 struct hy_err *err)
{
    struct hy_buf cleaned = HY_BUF_INIT(HY_URL_MAX_BYTES);
    struct hy_buf part = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct parts u = {part, part, part, part, part, part, .port = -1};

    clean(input, &cleaned);
    int rc = hy_buf_check(&cleaned, "URL", err);
    if (rc == HY_OK)
        rc = parse_parts(&u, hy_buf_view(&cleaned), base, err);
    if (rc == HY_OK)
        write_url(&u, ret);
    parts_release(&u);
    hy_buf_release(&cleaned);
    return rc;
}

void hy_url_release(struct hy_url *u)
{
    free(u->href);
    *u = (struct hy_url){0};
}

struct hy_str hy_url_scheme(const struct hy_url *u)
{
    return hy_str_n(u->href, u->scheme_end);
}

struct hy_str hy_url_host(const struct hy_url *u)
{
    return hy_str_n(u->href + u->host, u->host_end - u->host);
}

int hy_url_port(const struct hy_url *u)
{
    return u->port >= 0 ? u->port : default_port(hy_url_scheme(u));
}

struct hy_str hy_url_path(const struct hy_url *u)
{
    return hy_str_n(u->href + u->path, u->query - u->path);
}

struct hy_str hy_url_query(const struct hy_url *u)
{
    return hy_str_n(u->href + u->query, u->hash - u->query);
}

struct hy_str hy_url_target(const struct hy_url *u)
{
    return hy_str_n(u->href + u->path, u->hash - u->path);
}

bool hy_url_is_http(const struct hy_url *u)
{
    struct hy_str scheme = hy_url_scheme(u);

    return (hy_str_is(scheme, "http") || hy_str_is(scheme, "https")) && u->host < u->host_end;
}
