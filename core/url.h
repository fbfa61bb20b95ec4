/* SPDX-License-Identifier: Apache-2.0 */
/* URLs as the WHATWG URL standard reads them (https://url.spec.whatwg.org/): what a browser would
 * request for a link, including IPv4 in odd notations, IPv6, IDNA (UTS 46 through libidn2) and the
 * percent-encoding sets.  Non-special schemes (data:, mailto:) parse too.
 *
 * A URL is its serialisation and offsets into it; every accessor is a view into `href`. */
#pragma once
#include "core/err.h"
#include "core/str.h"

enum { HY_URL_MAX_BYTES = 16 * 1024 }; /* longer input is HY_E_TOOBIG */

struct hy_url {
    char *href; /* owned, ASCII, NUL-terminated */
    size_t n;
    /* https://user:pw@example.org:8080/a/b?c=d#e
     *      |        |            |   |    |   |
     *  scheme_end   host         |  path  |   hash      query and hash are n when absent,
     *                         host_end  query           host == host_end without a host */
    uint32_t scheme_end; /* of the ':' */
    uint32_t host, host_end;
    uint32_t path, query, hash; /* query at '?', hash at '#' */
    int32_t port;               /* as written; -1 when absent or the scheme's default */
    bool opaque;                /* "mailto:x": no hierarchy, nothing can be resolved against it */
    bool has_host;              /* true also for an empty host, as in file:///x */
};

/* `base` may be NULL.  HY_E_PARSE with the reason when a browser would refuse the URL. */
HY_MUST_CHECK int hy_url_parse(struct hy_str input, const struct hy_url *base, struct hy_url *ret,
                               struct hy_err *err);
void hy_url_release(struct hy_url *u);

struct hy_str hy_url_scheme(const struct hy_url *u); /* "https" */
struct hy_str hy_url_host(const struct hy_url *u);   /* "xn--...", "1.2.3.4", "[::1]" */
int hy_url_port(const struct hy_url *u);             /* explicit, else of the scheme; -1: none */
struct hy_str hy_url_path(const struct hy_url *u);   /* "/a/b" */
struct hy_str hy_url_query(const struct hy_url *u);  /* "?c=d" or empty */
struct hy_str hy_url_target(const struct hy_url *u); /* path and query: the request line, robots */
bool hy_url_is_http(const struct hy_url *u);         /* http or https with a host */

/* Owned C strings. */
char *hy_url_origin(const struct hy_url *u); /* "https://example.org:8080", "null" if opaque */
/* The href of `ref` resolved against `base` (may be empty), or NULL if that is no http(s) URL. */
char *hy_url_resolve(struct hy_str base, struct hy_str ref);
/* One form for one page, to know what was seen: no fragment, no user, no tracking parameters
 * (utm_*, spm, from=timeline, ...), no session ids (PHPSESSID, ;jsessionid=, sid=<hex>); the order
 * of the other parameters is kept because some servers mind it. */
char *hy_url_canonical(const struct hy_url *u);
/* The page a canonical URL of a site for phones is the twin of (m.example.cn/1 -> www.example.cn/1),
 * or NULL.  To know a page by, not to fetch: nobody promises that it is there. */
char *hy_url_desktop(struct hy_str canonical);

/* "example.com.cn" of "bbs.example.com.cn": what one owner registered, by the pattern of second
 * levels (com.cn, gov.cn, co.uk), not by the public suffix list.  IP addresses come back whole. */
struct hy_str hy_url_registrable(struct hy_str host);
