/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: what a handler can ask of them. */
#include "alerts/board/http_parts.h"

#include <stdlib.h>
#include <string.h>

void hy_req_free(struct hy_http_req *req)
{
    if (req->free_sender)
        req->free_sender(req->sender);
    if (req->free_state)
        req->free_state(req->state);
    free(req->path);
    free(req);
}

const struct hy_route *hy_http_route(const struct hy_http_req *req)
{
    return req->route;
}

const char *hy_http_path(const struct hy_http_req *req)
{
    return req->path;
}

const char *hy_http_param(const struct hy_http_req *req, const char *name)
{
    for (size_t i = 0; i < req->params.n; i++)
        if (hy_str_is(req->params.v[i].name, name))
            return req->params.v[i].value;
    return "";
}

const char *hy_http_query(struct hy_http_req *req, const char *key)
{
    const char *q = strchr(evhttp_request_get_uri(req->ev), '?');
    return q ? hy_query_get(hy_str(q + 1), key, req->query, sizeof(req->query)) : "";
}

const char *hy_http_header(const struct hy_http_req *req, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(req->ev), name);
}

struct hy_str hy_http_body(struct hy_http_req *req)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(req->ev);
    size_t n = evbuffer_get_length(in);
    return n ? hy_str_n((const char *)evbuffer_pullup(in, -1), n) : (struct hy_str){"", 0};
}

const char *hy_http_peer(const struct hy_http_req *req)
{
    return req->peer;
}

static bool from_loopback(const struct hy_http_req *req)
{
    return strncmp(req->peer, "127.", 4) == 0 || strcmp(req->peer, "::1") == 0;
}

bool hy_http_is_secure(const struct hy_http_req *req)
{
    const char *proto = hy_http_header(req, "X-Forwarded-Proto");
    if (req->http->conf.tls)
        return true;
    return from_loopback(req) && proto && strcasecmp(proto, "https") == 0;
}

bool hy_http_same_origin(const struct hy_http_req *req)
{
    const char *origin = hy_http_header(req, "Origin"),
               *site = hy_http_header(req, "Sec-Fetch-Site");
    const char *host = hy_http_header(req, "Host");

    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (origin == NULL)
        return true;
    const char *authority = strstr(origin, "://");
    return authority && strcasecmp(authority + 3, host) == 0;
}

void hy_http_set_sender(struct hy_http_req *req, void *sender, void (*free_fn)(void *))
{
    req->sender = sender;
    req->free_sender = free_fn;
}

void *hy_http_sender(const struct hy_http_req *req)
{
    return req->sender;
}

void hy_http_set_state(struct hy_http_req *req, void *state, void (*free_fn)(void *))
{
    req->state = state;
    req->free_state = free_fn;
}

void *hy_http_state(const struct hy_http_req *req)
{
    return req->state;
}

void *hy_http_user(const struct hy_http_req *req)
{
    return req->http->conf.user;
}

void hy_http_run(struct hy_http_req *req)
{
    req->route->handle(req, req->http->conf.user);
}
