/* SPDX-License-Identifier: Apache-2.0 */
/* Most URLs we meet are written already as we would write them: those are recognised in one pass and
 * copied.  Where anything would have to be decided (a dot segment, an escape, a host in another
 * notation, a port that goes without saying) the answer is no, and core/url.c reads the URL by the
 * book.  tests/unit/test_url.c and the fuzzer hold both ways against each other. */
#include "core/mem.h"
#include "core/url_parts.h"

enum { NAME_MAX_BYTES = 253 }; /* of the DNS */
enum { HOST = 1, PATH = 2, QUERY = 4, HASH = 8, ALL = 15 };

/* Where a character may stand as it is, by the percent-encoding sets of core/url_percent.c. */
static const uint8_t may_stand[256] = {
    ['a' ... 'z'] = ALL,
    ['0' ... '9'] = ALL,
    ['-'] = ALL,
    ['.'] = ALL,
    ['_'] = ALL,
    ['A' ... 'Z'] = PATH | QUERY | HASH,
    ['!'] = PATH | QUERY | HASH,
    ['$' ... '&'] = PATH | QUERY | HASH,
    ['(' ... ','] = PATH | QUERY | HASH,
    ['/'] = PATH | QUERY | HASH,
    [':'] = PATH | QUERY | HASH,
    [';'] = PATH | QUERY | HASH,
    ['='] = PATH | QUERY | HASH,
    ['@'] = PATH | QUERY | HASH,
    ['['] = PATH | QUERY | HASH,
    [']'] = PATH | QUERY | HASH,
    ['|'] = PATH | QUERY | HASH,
    ['~'] = PATH | QUERY | HASH,
    ['\''] = PATH | HASH,
    ['\\'] = QUERY | HASH,
    ['^'] = QUERY | HASH,
    ['{'] = QUERY | HASH,
    ['}'] = QUERY | HASH,
    ['?'] = QUERY | HASH,
    ['`'] = QUERY,
    ['#'] = HASH,
};

static size_t span(struct hy_str s, size_t i, uint8_t where)
{
    while (i < s.n && (may_stand[(unsigned char)s.p[i]] & where))
        i++;
    return i;
}

/* A decimal number without a leading zero at *i, which moves behind it; -1 when there is none. */
static int number(struct hy_str s, size_t *i, int max)
{
    size_t from = *i;
    int v = 0;

    while (*i < s.n && hy_url_is_digit_(s.p[*i]) && v <= max)
        v = v * 10 + (s.p[(*i)++] - '0');
    return *i == from || v > max || (s.p[from] == '0' && *i - from > 1) ? -1 : v;
}

static bool is_ipv4(struct hy_str host)
{
    size_t i = 0;

    for (int part = 0; part < 4; part++) {
        if (part && (i >= host.n || host.p[i++] != '.'))
            return false;
        if (number(host, &i, 255) < 0)
            return false;
    }
    return i == host.n;
}

/* A name whose last label starts with a letter can be no address in any notation. */
static bool is_plain_host(struct hy_str host)
{
    size_t last = host.n;

    while (last && host.p[last - 1] != '.')
        last--;
    return (last < host.n && host.n <= NAME_MAX_BYTES && hy_url_is_alpha_(host.p[last])) || is_ipv4(host);
}

static bool has_dot_segment(struct hy_str path)
{
    for (size_t i = 0; i + 1 < path.n; i++)
        if ((path.p[i] == '/' && path.p[i + 1] == '.') ||
            (path.p[i] == '%' && path.p[i + 1] == '2' && i + 2 < path.n && (path.p[i + 2] | 32) == 'e'))
            return true;
    return false;
}

bool hy_url_read_plain_(struct hy_str s, struct hy_url *ret)
{
    bool tls = hy_str_starts(s, HY_STR("https://"));
    struct hy_url u = {.scheme_end = tls ? 5 : 4, .port = -1, .has_host = true};
    size_t i = tls ? 8 : 7;

    if (s.n > HY_URL_MAX_BYTES || (!tls && !hy_str_starts(s, HY_STR("http://"))))
        return false;
    u.host = (uint32_t)i;
    u.host_end = (uint32_t)(i = span(s, i, HOST));
    if (!is_plain_host(hy_str_sub(s, u.host, u.host_end)))
        return false;
    if (i < s.n && s.p[i] == ':') {
        i++;
        u.port = number(s, &i, 65535);
        if (u.port < 0 || u.port == (tls ? 443 : 80))
            return false;
    }
    if (i >= s.n || s.p[i] != '/')
        return false;
    u.path = (uint32_t)i;
    u.query = (uint32_t)(i = span(s, i, PATH));
    if (has_dot_segment(hy_str_sub(s, u.path, u.query)))
        return false;
    if (i < s.n && s.p[i] == '?')
        i = span(s, i, QUERY);
    u.hash = (uint32_t)i;
    if (i < s.n && s.p[i] == '#')
        i = span(s, i, HASH);
    if (i < s.n)
        return false;
    u.n = s.n;
    u.href = hy_str_dup(s);
    *ret = u;
    return true;
}
