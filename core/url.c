/* SPDX-License-Identifier: Apache-2.0 */
/* The basic URL parser of the URL standard (section 4.4), each of its states a function that
 * consumes one component, and the serialiser.  Paths are parsed in core/url_path.c, hosts in
 * core/url_host.c; the forms that crawling needs are in core/url_crawl.c, the quick way for URLs that
 * need nothing of all this in core/url_plain.c. */
#include "core/url.h"

#include "core/mem.h"
#include "core/url_host.h"
#include "core/url_parts.h"
#include "core/url_percent.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme;
    int port; /* -1: special, but without one */
} specials[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}, {"ftp", 21}, {"file", -1}};

static void parts_release(struct hy_url_parts *u)
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

/* -- authority ------------------------------------------------------------------------------ */

static void parse_userinfo(struct hy_url_parts *u, struct hy_str s)
{
    size_t colon = hy_str_find_char(s, ':', 0);
    struct hy_str password = colon == HY_NPOS ? (struct hy_str){0} : hy_url_from_(s, colon + 1);

    hy_buf_clear(&u->userinfo);
    hy_percent_encode(hy_str_sub(s, 0, colon), HY_PERCENT_USERINFO, &u->userinfo);
    if (password.n) {
        hy_buf_char(&u->userinfo, ':');
        hy_percent_encode(password, HY_PERCENT_USERINFO, &u->userinfo);
    }
}

static int parse_port(struct hy_url_parts *u, struct hy_str s, struct hy_err *err)
{
    int port = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!hy_url_is_digit_(s.p[i]))
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
static int parse_authority(struct hy_url_parts *u, struct hy_str s, struct hy_err *err)
{
    size_t end = 0, at = HY_NPOS;

    for (; end < s.n && !hy_url_is_slash_(u, s.p[end]) && s.p[end] != '?' && s.p[end] != '#'; end++)
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
    if (colon < authority.n && parse_port(u, hy_url_from_(authority, colon + 1), err) < 0)
        return err->code;
    hy_url_parse_path_start_(u, hy_url_from_(s, end));
    return HY_OK;
}

static int parse_authority_any_slashes(struct hy_url_parts *u, struct hy_str s, struct hy_err *err)
{
    size_t i = 0;

    while (hy_url_slash_at_(u, s, i))
        i++;
    return parse_authority(u, hy_url_from_(s, i), err);
}

/* -- relative and file ---------------------------------------------------------------------- */

static struct hy_str userinfo_of(const struct hy_url *u)
{
    size_t start = u->scheme_end + 3;

    return u->has_host && u->host > start ? hy_str_n(u->href + start, u->host - 1 - start)
                                          : (struct hy_str){0};
}

static void copy_authority(struct hy_url_parts *u, const struct hy_url *base)
{
    hy_url_set_(&u->userinfo, userinfo_of(base));
    hy_url_set_(&u->host, hy_url_host(base));
    u->has_host = base->has_host;
    u->port = base->port;
}

/* What remains when path and query of the base are kept: "", "#x", "?x", or a relative path. */
static void parse_against_path(struct hy_url_parts *u, struct hy_str s, const struct hy_url *base)
{
    hy_url_set_(&u->path, hy_url_path(base));
    if (s.n == 0 || s.p[0] == '#')
        hy_url_set_(&u->query, hy_url_query(base));
    if (s.n == 0 || s.p[0] == '#' || s.p[0] == '?') {
        hy_url_parse_tail_(u, s);
        return;
    }
    if (u->file && hy_url_starts_with_drive_letter_(s))
        hy_buf_clear(&u->path);
    else
        hy_url_shorten_(u);
    hy_url_parse_path_(u, s);
}

static int parse_relative(struct hy_url_parts *u, struct hy_str s, const struct hy_url *base,
                          struct hy_err *err)
{
    if (hy_url_slash_at_(u, s, 0) && hy_url_slash_at_(u, s, 1))
        return u->special ? parse_authority_any_slashes(u, s, err)
                          : parse_authority(u, hy_url_from_(s, 2), err);
    copy_authority(u, base);
    if (hy_url_slash_at_(u, s, 0))
        hy_url_parse_path_(u, hy_url_from_(s, 1));
    else
        parse_against_path(u, s, base);
    return HY_OK;
}

static int parse_file_host(struct hy_url_parts *u, struct hy_str s, struct hy_err *err)
{
    size_t end = 0;

    while (end < s.n && !hy_char_in(s.p[end], "/\\?#"))
        end++;
    struct hy_str host = hy_str_sub(s, 0, end);
    if (hy_url_is_drive_letter_(host)) {
        hy_url_parse_path_(u, s);
        return HY_OK;
    }
    if (host.n && hy_url_host_parse(host, true, &u->host, err) < 0)
        return err->code;
    if (hy_str_is(hy_buf_view(&u->host), "localhost"))
        hy_buf_clear(&u->host);
    hy_url_parse_path_start_(u, hy_url_from_(s, end));
    return HY_OK;
}

static int parse_file(struct hy_url_parts *u, struct hy_str s, const struct hy_url *base,
                      struct hy_err *err)
{
    u->has_host = true;
    if (base && !hy_str_is(hy_url_scheme(base), "file"))
        base = NULL;
    if (hy_url_slash_at_(u, s, 0) && hy_url_slash_at_(u, s, 1))
        return parse_file_host(u, hy_url_from_(s, 2), err);
    if (base)
        hy_url_set_(&u->host, hy_url_host(base));
    if (hy_url_slash_at_(u, s, 0)) {
        struct hy_str drive = base ? hy_str_sub(hy_url_path(base), 0, 3) : (struct hy_str){0};
        if (hy_url_is_drive_path_(drive) && !hy_url_starts_with_drive_letter_(hy_url_from_(s, 1)))
            hy_url_set_(&u->path, drive);
        hy_url_parse_path_(u, hy_url_from_(s, 1));
    } else if (base) {
        parse_against_path(u, s, base);
    } else {
        hy_url_parse_path_(u, s);
    }
    return HY_OK;
}

/* -- the whole ------------------------------------------------------------------------------ */

/* Length of "scheme:" at the start, 0 if there is none. */
static size_t scheme_length(struct hy_str s)
{
    size_t i = 0;

    if (s.n == 0 || !hy_url_is_alpha_(s.p[0]))
        return 0;
    while (i < s.n && (hy_url_is_alpha_(s.p[i]) || hy_url_is_digit_(s.p[i]) || hy_char_in(s.p[i], "+-.")))
        i++;
    return i < s.n && s.p[i] == ':' ? i + 1 : 0;
}

static void set_scheme(struct hy_url_parts *u, struct hy_str scheme)
{
    hy_buf_clear(&u->scheme);
    for (size_t i = 0; i < scheme.n; i++)
        hy_buf_char(&u->scheme, (char)(hy_url_is_alpha_(scheme.p[i]) ? scheme.p[i] | 32 : scheme.p[i]));
    u->special = is_special(hy_buf_view(&u->scheme));
    u->file = hy_str_is(hy_buf_view(&u->scheme), "file");
}

static int parse_without_scheme(struct hy_url_parts *u, struct hy_str s, const struct hy_url *base,
                                struct hy_err *err)
{
    if (base == NULL || (base->opaque && (s.n == 0 || s.p[0] != '#')))
        return hy_fail(err, HY_E_PARSE, "the URL is relative and there is no base for it");
    set_scheme(u, hy_url_scheme(base));
    if (base->opaque) {
        u->opaque = true;
        hy_url_set_(&u->path, hy_url_path(base));
        hy_url_set_(&u->query, hy_url_query(base));
        hy_url_parse_tail_(u, s);
        return HY_OK;
    }
    return u->file ? parse_file(u, s, base, err) : parse_relative(u, s, base, err);
}

static int parse_parts(struct hy_url_parts *u, struct hy_str s, const struct hy_url *base,
                       struct hy_err *err)
{
    size_t n = scheme_length(s);

    if (n == 0)
        return parse_without_scheme(u, s, base, err);
    set_scheme(u, hy_str_sub(s, 0, n - 1));
    s = hy_url_from_(s, n);
    if (u->file)
        return parse_file(u, s, base, err);
    if (u->special && base && hy_str_eq(hy_url_scheme(base), hy_buf_view(&u->scheme)) &&
        !hy_str_starts(s, HY_STR("//")))
        return parse_relative(u, s, base, err);
    if (u->special)
        return parse_authority_any_slashes(u, s, err);
    if (hy_str_starts(s, HY_STR("//")))
        return parse_authority(u, hy_url_from_(s, 2), err);
    if (s.n && s.p[0] == '/')
        hy_url_parse_path_(u, hy_url_from_(s, 1));
    else
        hy_url_parse_opaque_path_(u, s);
    return HY_OK;
}

static void write_url(const struct hy_url_parts *u, struct hy_url *ret)
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
        s = hy_url_from_(s, 1);
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
    struct hy_url_parts u = {part, part, part, part, part, part, .port = -1};

    if (hy_url_read_plain_(input, ret)) /* a scheme and a host of its own: no base matters */
        return HY_OK;
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
