/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of request paths against the table of routes.  Pure: no allocation, no I/O. */
#include "alerts/board/route.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

const char *const hy_method_name[HY_METHOD_COUNT] = {[HY_GET] = "GET", [HY_POST] = "POST"};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte behind a '%' at s.p[at], or -1. */
static int escaped(struct hy_str s, size_t at)
{
    if (s.n - at < 3)
        return -1;
    int hi = hex(s.p[at + 1]), lo = hex(s.p[at + 2]);
    return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

bool hy_route_decode(struct hy_str s, bool plus, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int c = (unsigned char)s.p[i];
        if (c == '%') {
            c = escaped(s, i);
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f || n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return hy_utf8_valid(hy_str_n(out, n));
}

static bool take_param(struct hy_str pattern, struct hy_str segment, struct hy_route_params *params)
{
    if (params->n == HY_ROUTE_PARAMS || segment.n == 0)
        return false;
    char *value = params->v[params->n].value;
    if (!hy_route_decode(segment, false, value, HY_ROUTE_PARAM_SIZE) || strchr(value, '/'))
        return false;
    params->v[params->n++].name = hy_str_sub(pattern, 1, pattern.n - 1);
    return true;
}

static bool match(struct hy_str pattern, struct hy_str path, struct hy_route_params *params)
{
    struct hy_str want, have;

    params->n = 0;
    for (;;) {
        bool more_want = hy_str_cut(&pattern, '/', &want),
             more_have = hy_str_cut(&path, '/', &have);
        if (!more_want || !more_have)
            return more_want == more_have;
        bool is_param = want.n > 2 && want.p[0] == '{';
        if (is_param ? !take_param(want, have, params) : !hy_str_eq(want, have))
            return false;
    }
}

enum hy_route_result hy_route_find(const struct hy_route *routes, size_t n, struct hy_str method,
                                   struct hy_str path, const struct hy_route **ret,
                                   struct hy_route_params *ret_params)
{
    enum hy_route_result result = HY_ROUTE_NO_PATH;

    for (size_t i = 0; i < n; i++) {
        if (!match(hy_str(routes[i].path), path, ret_params))
            continue;
        if (hy_str_is(method, hy_method_name[routes[i].method])) {
            *ret = &routes[i];
            return HY_ROUTE_FOUND;
        }
        result = HY_ROUTE_NO_METHOD;
    }
    return result;
}

const char *hy_query_get(struct hy_str query, const char *key, char *out, size_t size)
{
    struct hy_str pair, name;

    while (hy_str_cut(&query, '&', &pair)) {
        struct hy_str value = pair;
        if (hy_str_cut(&value, '=', &name) && hy_str_is(name, key))
            return hy_route_decode(value, true, out, size) ? out : "";
    }
    return "";
}
