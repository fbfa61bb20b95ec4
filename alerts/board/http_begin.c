/* SPDX-License-Identifier: Apache-2.0 */
/* How a request begins: which are refused before anybody reads them, which route they take. */
#include "alerts/board/http_parts.h"

#include <stdio.h>
#include <string.h>

enum { NEXT_REQUEST_MS = 75 * 1000 }; /* keep-alive: from one answer to the next whole request */

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

static void on_closed(struct evhttp_connection *ev, void *user)
{
    struct hy_conn *c = user;

    evhttp_connection_set_closecb(ev, NULL, NULL);
    hy_stream_end(c);
    hy_conn_drop(c);
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
        evhttp_connection_set_closecb(evc, on_closed, c);
    }
    evhttp_request_set_on_complete_cb(ev, on_answered, h);

    const char *why = refusal(req);
    if (why)
        hy_http_problem(req, 400, "bad_request", why);
    else
        dispatch(req);
}
