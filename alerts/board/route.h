/* SPDX-License-Identifier: Apache-2.0 */
/* Routes as a table, and the pure code that finds a row for a request.
 *
 * A pattern is a path whose segments may be "{name}": it matches exactly one non-empty segment and
 * gives its value, percent-decoded.  A segment that decodes to NUL, a control byte, "/" or bytes
 * that are not UTF-8 matches nothing: no such id exists. */
#pragma once
#include "core/str.h"

struct hy_http_req;

enum hy_method { HY_GET, HY_POST, HY_METHOD_COUNT };
extern const char *const hy_method_name[HY_METHOD_COUNT];

#define HY_ROUTE_PUBLIC 0u /* no session needed */
#define HY_ROUTE_ANY (~0u) /* any signed-in person or token */

struct hy_route {
    enum hy_method method;
    const char *path; /* "/api/v1/incidents/{id}/items" */
    unsigned roles;   /* HY_ROUTE_PUBLIC, HY_ROUTE_ANY, or the roles of which one is needed */
    size_t max_body;  /* bytes; 0: a body is refused */
    void (*handle)(struct hy_http_req *req, void *user);
    const char *summary; /* one line for the documentation */
    bool by_address;     /* a token of scope calendar opens it, also as `token=` of the query */
};

enum { HY_ROUTE_PARAMS = 2, HY_ROUTE_PARAM_SIZE = 128 };
struct hy_route_params {
    size_t n;
    struct {
        struct hy_str name; /* borrowed from the pattern */
        char value[HY_ROUTE_PARAM_SIZE];
    } v[HY_ROUTE_PARAMS];
};

enum hy_route_result { HY_ROUTE_FOUND, HY_ROUTE_NO_PATH, HY_ROUTE_NO_METHOD };
/* `path` as in the request line, without the query. */
enum hy_route_result hy_route_find(const struct hy_route *routes, size_t n, struct hy_str method,
                                   struct hy_str path, const struct hy_route **ret,
                                   struct hy_route_params *ret_params);
/* Value of a query key ("state" in "state=open&x=1"), percent-decoded into out; "" if absent. */
const char *hy_query_get(struct hy_str query, const char *key, char *out, size_t size);
/* Decode %XX (and + when `plus`) into out with a NUL; false when it does not fit, is malformed or
 * holds control bytes or broken UTF-8. */
bool hy_route_decode(struct hy_str s, bool plus, char *out, size_t size);
