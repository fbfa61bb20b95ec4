/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: which are refused before anybody reads them, which route they take, what a handler can ask
 * of them. */
#include "alerts/board/http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEXT_REQUEST_MS = 75 * 1000 }; /* keep-alive: from one answer to the next whole request */

void hy_req_free(struct hy_http_req *req)
{
    if (req->free_sender)
        req->free_sender(req->sender);
    if (req->free_state)
        req->free_state(req->state);
    free(req->path);
    free(req);
}

static void on_answered(struct evhttp_request *ev, void *user)
{
    struct hy_http *h = user;
    struct evhttp_connection *evc = evhttp_request_get_connection(ev);
    struct hy_conn *c = evc ? hy_conn_find(h, evc) : NULL;
    if (c)
        c->deadline = hy_mono_add_ms(hy_mono_now(), NEXT_REQUEST_MS);
}

static size_t count_header(struct evhttp_request *ev, const char *name)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(ev);
    struct evkeyval *kv;
    size_t n = 0;

    for (kv = headers->tqh_first; kv; kv = kv->next.tqe_next)
        n += strcasecmp(kv->key, name) == 0;
    return n;
}

/* A name that only we answer to: an address, localhost, or the configured one.  Anything else may
 * be a foreign page's domain that was pointed at our address. */
static bool host_is_ours(const struct hy_http *h, const char *value)
{
    char host[256];
    struct in6_addr addr;
    bool v6 = value[0] == '[';
    size_t n = v6 ? strcspn(value + 1, "]") : strcspn(value, ":");

    if (n == 0 || n >= sizeof(host))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int)n, value + v6);
    if (evutil_inet_pton(v6 ? AF_INET6 : AF_INET, host, &addr) == 1)
        return true;
    return strcasecmp(host, "localhost") == 0 ||
           (h->conf.host && strcasecmp(host, h->conf.host) == 0);
}

/* Requests that HTTP does not allow or that two readers could understand differently. */
static const char *refusal(const struct hy_http_req *req)
{
    const char *host = hy_http_header(req, "Host");

    if (host == NULL || count_header(req->ev, "Host") != 1 || !host_is_ours(req->http, host))
        return "请求的主机名不是本服务的名称（Host）";
    if (count_header(req->ev, "Content-Length") > 1)
        return "请求里有两个 Content-Length";
    if (evhttp_request_get_uri(req->ev)[0] != '/')
        return "请求的路径必须以 / 开头";
    return NULL;
}

static void dispatch(struct hy_http_req *req)
{
    const struct hy_http_conf *conf = &req->http->conf;
    bool post = evhttp_request_get_command(req->ev) == EVHTTP_REQ_POST;
    struct hy_str method = hy_str(hy_method_name[post ? HY_POST : HY_GET]);
    enum hy_route_result found = hy_route_find(conf->routes, conf->n_routes, method,
                                               hy_str(req->path), &req->route, &req->params);

    if (found == HY_ROUTE_NO_METHOD || (found == HY_ROUTE_NO_PATH && post)) {
        hy_http_problem(req, found == HY_ROUTE_NO_PATH ? 404 : 405, "method",
                        "这个地址不接受这种请求");
    } else if (found == HY_ROUTE_NO_PATH) {
        conf->fallback(req, conf->user);
    } else if (hy_http_body(req).n > req->route->max_body) {
        hy_http_problem(req, 413, "too_big", "提交的内容太大");
    } else if (req->route->roles == HY_ROUTE_PUBLIC) {
        hy_http_run(req);
    } else {
        conf->gate(req, conf->user);
    }
}

void hy_req_begin(struct evhttp_request *ev, void *user)
{
    struct hy_http *h = user;
    struct evhttp_connection *evc = evhttp_request_get_connection(ev);
    struct hy_conn *c = hy_conn_find(h, evc);
    const char *uri = evhttp_request_get_uri(ev);

    struct hy_http_req *req = hy_xcalloc(1, sizeof(*req));
    req->http = h;
    req->ev = ev;
    req->path = hy_xstrndup(uri, strcspn(uri, "?#"));
    hy_conn_peer(bufferevent_getfd(evhttp_connection_get_bufferevent(evc)), req->peer,
            sizeof(req->peer));
    if (c) {
        c->deadline = (hy_mono){0};
        c->ev = evc;
        evhttp_connection_set_closecb(evc, hy_conn_closed, c);
    }
    evhttp_request_set_on_complete_cb(ev, on_answered, h);

    const char *why = refusal(req);
    if (why)
        hy_http_problem(req, 400, "bad_request", why);
    else
        dispatch(req);
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
