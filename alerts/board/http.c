/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP for the board on evhttp.
 *
 * evhttp has no accept hook and no end-of-connection hook that covers connections without a
 * request, so each connection is a `struct conn` made together with its bufferevent and holding a
 * reference to it.  Until its first request a dead connection is recognised by the disabled
 * bufferevent evhttp leaves behind; later evhttp's close callback tells us.  The reference keeps
 * the socket open until we let go, so a number can never name another connection meanwhile.
 *
 * A connection is never freed from here, only shut down: evhttp then ends it on its own path. */
#include "alerts/board/http.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/uio.h>

enum {
    MAX_CONNS = 4000,
    MAX_CONNS_PER_ADDR = 2200, /* a whole office may sit behind one address */
    MAX_HEADERS = 8192,
    MAX_BODY = 256 * 1024,
    FIRST_REQUEST_MS = 10 * 1000, /* to send one whole request */
    NEXT_REQUEST_MS = 75 * 1000,  /* keep-alive: from one answer to the next whole request */
    SWEEP_MS = 1000,
    STREAM_SNDBUF = 64 * 1024,
    STREAM_QUEUE = 256 * 1024,
    STREAM_DEAD_MS = 45 * 1000, /* unacknowledged by a peer that vanished without a word */
    SOCKET_IDLE_S = 120,        /* evhttp's own timeout; streams are kept alive by heartbeats */
};

static const char *const fixed_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

struct conn {
    TAILQ_ENTRY(conn) entry;
    struct hy_http *http;
    struct bufferevent *bev;      /* our reference */
    struct evhttp_connection *ev; /* NULL until the first request */
    hy_mono deadline;             /* for the next whole request; 0 while one is being answered */
    bool counted;                 /* address looked at */
    char peer[INET6_ADDRSTRLEN];
    struct hy_http_stream *stream; /* this connection's, or NULL */
};
TAILQ_HEAD(conns, conn);

struct hy_http {
    struct hy_loop *loop;
    struct hy_http_conf conf;
    struct evhttp *ev;
    struct evconnlistener *listener;
    struct conns conns;
    size_t n_conns;
    bool paused; /* the listener waits because MAX_CONNS are open */
    int port;
    struct hy_timer *sweeper;
};

struct hy_http_req {
    struct hy_http *http;
    struct evhttp_request *ev;
    const struct hy_route *route;
    struct hy_route_params params;
    char *path;
    char query[256];
    char peer[INET6_ADDRSTRLEN];
    void *sender, *state;
    void (*free_sender)(void *);
    void (*free_state)(void *);
};

struct hy_http_stream {
    struct evhttp_request *ev;
    struct conn *conn;
    void (*on_close)(void *user);
    void *user;
    bool chunked; /* HTTP/1.1; an older proxy reads until the end */
};

/* ---- connections ---- */

static void drop_conn(struct conn *c)
{
    struct hy_http *h = c->http;

    TAILQ_REMOVE(&h->conns, c, entry);
    h->n_conns--;
    bufferevent_decref(c->bev);
    free(c);
    if (h->paused && h->n_conns < MAX_CONNS) {
        h->paused = false;
        evconnlistener_enable(h->listener);
    }
}

/* The peer sees the end, evhttp reads it and cleans up on its usual path. */
static void hang_up(struct conn *c)
{
    evutil_socket_t fd = bufferevent_getfd(c->bev);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

static struct bufferevent *new_conn(struct event_base *base, void *user)
{
    struct hy_http *h = user;
    struct bufferevent *bev = h->conf.tls ? hy_tls_accept(h->conf.tls, base)
                                          : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL)
        return NULL; /* evhttp makes one itself or gives the connection up */

    struct conn *c = hy_xcalloc(1, sizeof(*c));
    c->http = h;
    c->bev = bev;
    c->deadline = hy_mono_add_ms(hy_mono_now(), FIRST_REQUEST_MS);
    bufferevent_incref(bev);
    TAILQ_INSERT_TAIL(&h->conns, c, entry);
    if (++h->n_conns >= MAX_CONNS && !h->paused) {
        h->paused = true;
        evconnlistener_disable(h->listener);
        hy_log(HY_WARN, "http_full", HY_KVN("connections", h->n_conns));
    }
    return bev;
}

static struct conn *find_conn(struct hy_http *h, struct evhttp_connection *ev)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(ev);
    struct conn *c;

    TAILQ_FOREACH (c, &h->conns, entry)
        if (c->bev == bev)
            return c;
    return NULL;
}

static void peer_of(evutil_socket_t fd, char *out, size_t size)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof(sa);

    if (getpeername(fd, (struct sockaddr *)&sa, &n) < 0 ||
        getnameinfo((struct sockaddr *)&sa, n, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(out, size, "-");
}

static bool over_share(struct hy_http *h, struct conn *c)
{
    size_t same = 0;
    struct conn *o;

    TAILQ_FOREACH (o, &h->conns, entry)
        same += o->counted && strcmp(o->peer, c->peer) == 0;
    return same > MAX_CONNS_PER_ADDR;
}

static void end_stream(struct conn *c)
{
    struct hy_http_stream *s = HY_TAKE(c->stream);
    if (s == NULL)
        return;
    s->on_close(s->user);
    evhttp_send_reply_end(s->ev); /* its connection is gone: this frees the request */
    free(s);
}

static void on_conn_close(struct evhttp_connection *ev, void *user)
{
    struct conn *c = user;

    evhttp_connection_set_closecb(ev, NULL, NULL);
    end_stream(c);
    drop_conn(c);
}

/* Deadlines, connections that ended before their first request, shares of one address. */
static void sweep(void *user)
{
    struct hy_http *h = user;
    struct conn *next, *c = TAILQ_FIRST(&h->conns);
    hy_mono now = hy_mono_now();

    for (; c; c = next) {
        next = TAILQ_NEXT(c, entry);
        if (c->ev == NULL && bufferevent_get_enabled(c->bev) == 0) {
            drop_conn(c);
            continue;
        }
        if (!c->counted) {
            peer_of(bufferevent_getfd(c->bev), c->peer, sizeof(c->peer));
            c->counted = true;
            if (over_share(h, c))
                hang_up(c);
        }
        if (c->deadline.us && now.us > c->deadline.us)
            hang_up(c);
    }
    hy_timer_arm(h->sweeper, SWEEP_MS);
}

/* ---- requests ---- */

static void free_req(struct hy_http_req *req)
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
    struct conn *c = evc ? find_conn(h, evc) : NULL;
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

static void on_request(struct evhttp_request *ev, void *user)
{
    struct hy_http *h = user;
    struct evhttp_connection *evc = evhttp_request_get_connection(ev);
    struct conn *c = find_conn(h, evc);
    const char *uri = evhttp_request_get_uri(ev);

    struct hy_http_req *req = hy_xcalloc(1, sizeof(*req));
    req->http = h;
    req->ev = ev;
    req->path = hy_xstrndup(uri, strcspn(uri, "?#"));
    peer_of(bufferevent_getfd(evhttp_connection_get_bufferevent(evc)), req->peer,
            sizeof(req->peer));
    if (c) {
        c->deadline = (hy_mono){0};
        c->ev = evc;
        evhttp_connection_set_closecb(evc, on_conn_close, c);
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

/* ---- answers ---- */

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {{200, "OK"},
                {202, "Accepted"},
                {204, "No Content"},
                {304, "Not Modified"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {409, "Conflict"},
                {413, "Too Large"},
                {422, "Unprocessable"},
                {429, "Too Many Requests"},
                {503, "Unavailable"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Error";
}

void hy_http_set(struct hy_http_req *req, const char *header, const char *value)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req->ev);
    evhttp_remove_header(out, header);
    if (evhttp_add_header(out, header, value) < 0)
        hy_log(HY_WARN, "http_header_refused", HY_KV("header", header));
}

static void add_fixed_headers(struct hy_http_req *req)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req->ev);

    for (size_t i = 0; i < HY_COUNT(fixed_headers); i++)
        evhttp_add_header(out, fixed_headers[i][0], fixed_headers[i][1]);
    if (req->http->conf.tls) /* a year: whoever came by TLS once never comes without again */
        evhttp_add_header(out, "Strict-Transport-Security", "max-age=31536000");
    if (evhttp_find_header(out, "Cache-Control") == NULL)
        evhttp_add_header(out, "Cache-Control", "no-store");
}

void hy_http_bytes(struct hy_http_req *req, int status, const char *type, struct hy_str body)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req->ev);

    add_fixed_headers(req);
    if (type)
        hy_http_set(req, "Content-Type", type);
    evbuffer_add(out, body.p, body.n);
    evhttp_send_reply(req->ev, status, reason_of(status),
                      NULL); /* frees it if the client is gone */
    free_req(req);
}

/* Hash of an answer without its "now": the server's time is no change. */
static void etag_of(struct hy_str text, char out[24])
{
    struct hy_str now = HY_STR("\"now\":");
    unsigned char digest[HY_BLAKE2B];
    struct hy_hasher h;
    size_t from = 0;

    hy_hasher_init(&h);
    for (const char *p; (p = memmem(text.p + from, text.n - from, now.p, now.n)) != NULL;) {
        size_t at = (size_t)(p - text.p) + now.n;
        hy_hasher_add(&h, hy_str_sub(text, from, at));
        while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
            at++;
        from = at;
    }
    hy_hasher_add(&h, hy_str_sub(text, from, text.n));
    hy_hasher_end(&h, digest);
    char hex[17];
    snprintf(out, 24, "W/\"%s\"", hy_hex(digest, 8, hex));
}

/* True: the client has this answer already, and was told so. */
static bool is_known(struct hy_http_req *req, struct hy_str text)
{
    const char *seen = hy_http_header(req, "If-None-Match");
    char etag[24];

    if (req->route == NULL || req->route->method != HY_GET)
        return false;
    etag_of(text, etag);
    hy_http_set(req, "ETag", etag);
    if (seen == NULL || strstr(seen, etag) == NULL)
        return false;
    hy_http_empty(req, 304);
    return true;
}

void hy_http_json(struct hy_http_req *req, int status, json_t *body)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(body);

    json_decref(body);
    if (status != 200 || !is_known(req, hy_str(text)))
        hy_http_bytes(req, status,
                      status >= 400 ? "application/problem+json; charset=utf-8"
                                    : "application/json; charset=utf-8",
                      hy_str(text));
}

void hy_http_problem(struct hy_http_req *req, int status, const char *code, const char *detail)
{
    json_t *o = json_pack("{s:s,s:s,s:i,s:s,s:s}", "type", "about:blank", "title",
                          reason_of(status), "status", status, "code", code, "detail", detail);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);

    json_decref(o);
    hy_http_bytes(req, status, "application/problem+json; charset=utf-8", hy_str(text));
}

void hy_http_empty(struct hy_http_req *req, int status)
{
    hy_http_bytes(req, status, NULL, (struct hy_str){"", 0});
}

/* ---- streams ---- */

/* A bounded kernel buffer (else slow readers hide megabytes there), no idle timeout (heartbeats
 * find the dead), and an end for peers that vanished. */
static void tune_for_stream(struct bufferevent *bev)
{
    evutil_socket_t fd = bufferevent_getfd(bev);
    int sndbuf = STREAM_SNDBUF;
    unsigned dead_ms = STREAM_DEAD_MS;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof(sndbuf));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead_ms, sizeof(dead_ms));
    bufferevent_set_timeouts(bev, NULL, NULL);
}

struct hy_http_stream *hy_http_stream(struct hy_http_req *req, void (*on_close)(void *user),
                                      void *user)
{
    struct evhttp_connection *evc = evhttp_request_get_connection(req->ev);
    struct conn *c = evc ? find_conn(req->http, evc) : NULL;

    if (c == NULL) {
        hy_http_empty(req, 503);
        return NULL;
    }
    add_fixed_headers(req);
    hy_http_set(req, "Content-Type", "text/event-stream; charset=utf-8");
    hy_http_set(req, "X-Accel-Buffering", "no");

    struct hy_http_stream *s = hy_xcalloc(1, sizeof(*s));
    *s = (struct hy_http_stream){.ev = req->ev, .conn = c, .on_close = on_close, .user = user};
    s->chunked = req->ev->major > 1 || req->ev->minor > 0;
    c->stream = s;
    evhttp_send_reply_start(req->ev, 200, "OK");
    /* Nobody reads them any more, and a stream lives for hours: a third of a client's memory. */
    evhttp_clear_headers(evhttp_request_get_input_headers(req->ev));
    evhttp_clear_headers(evhttp_request_get_output_headers(req->ev));
    tune_for_stream(c->bev);
    free_req(req);
    return s;
}

/* The client is cut off; on_close comes from evhttp's path in a later turn. */
void hy_http_stream_close(struct hy_http_stream *s)
{
    hang_up(s->conn);
}

/* Measured: writing to the socket at once while nothing is queued costs two thirds of going through
 * the output buffer, and keeps a client at 3 KB.  Not what TLS has to wrap first. */
static size_t write_now(struct bufferevent *bev, bool tls, struct iovec *iov, size_t n)
{
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = n};

    if (tls || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return 0;
    ssize_t sent = sendmsg(bufferevent_getfd(bev), &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? (size_t)sent : 0;
}

static void queue_rest(struct evbuffer *queue, const struct iovec *iov, size_t n, size_t sent)
{
    for (size_t i = 0; i < n; i++) {
        size_t skip = HY_MIN(sent, iov[i].iov_len);
        evbuffer_add(queue, (const char *)iov[i].iov_base + skip, iov[i].iov_len - skip);
        sent -= skip;
    }
}

bool hy_http_stream_write(struct hy_http_stream *s, struct hy_str bytes)
{
    struct bufferevent *bev = s->conn->bev;
    struct evbuffer *queue = bufferevent_get_output(bev);
    char size[20];

    if (evbuffer_get_length(queue) > STREAM_QUEUE) {
        hy_http_stream_close(s);
        return false;
    }
    int n = snprintf(size, sizeof(size), "%zx\r\n", bytes.n);
    struct iovec framed[] = {{size, (size_t)n}, {(void *)bytes.p, bytes.n}, {(void *)"\r\n", 2}};
    struct iovec *iov = s->chunked ? framed : framed + 1;
    size_t parts = s->chunked ? 3 : 1;
    queue_rest(queue, iov, parts, write_now(bev, s->conn->http->conf.tls, iov, parts));
    return true;
}

/* ---- life cycle ---- */

/* evutil refuses port 0, which means "any" to us. */
static bool parse_listen(const char *listen, struct sockaddr *sa, int *n)
{
    struct hy_str s = hy_str(listen);
    bool any = hy_str_ends(s, HY_STR(":0"));
    HY_CLEANUP(hy_freep)
    char *text = any ? hy_xasprintf("%.*s1", (int)s.n - 1, s.p) : hy_str_dup(s);

    if (hy_str_find_char(s, ':', 0) == HY_NPOS || evutil_parse_sockaddr_port(text, sa, n) < 0)
        return false;
    if (any && sa->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)sa)->sin6_port = 0;
    else if (any)
        ((struct sockaddr_in *)sa)->sin_port = 0;
    return true;
}

static int bind_to(struct hy_http *h, const char *listen, struct hy_err *err)
{
    struct sockaddr_storage sa;
    int n = sizeof(sa), one = 1;

    if (!parse_listen(listen, (struct sockaddr *)&sa, &n))
        return hy_fail(err, HY_E_USAGE, "--listen 应为 地址:端口，例如 127.0.0.1:8787（写的是 %s）",
                       listen);
    h->listener =
        evconnlistener_new_bind(hy_loop_base(h->loop), NULL, NULL,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                1024, (struct sockaddr *)&sa, n);
    if (h->listener == NULL && errno == EADDRINUSE)
        return hy_fail(err, HY_E_IO,
                       "%s 已被别的程序占用，请用 --listen 换一个端口 (address already in use)",
                       listen);
    if (h->listener == NULL)
        return hy_fail_errno(err, "不能在 %s 上监听 (cannot listen)", listen);

    /* Linux hands the option down to accepted sockets; without it small answers wait 40 ms. */
    evutil_socket_t fd = evconnlistener_get_fd(h->listener);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    socklen_t len = sizeof(sa);
    getsockname(fd, (struct sockaddr *)&sa, &len);
    h->port = ntohs(sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&sa)->sin6_port
                                             : ((struct sockaddr_in *)&sa)->sin_port);
    return HY_OK;
}

int hy_http_new(struct hy_loop *l, const struct hy_http_conf *conf, struct hy_http **ret,
                struct hy_err *err)
{
    struct hy_http *h = hy_xcalloc(1, sizeof(*h));

    h->loop = l;
    h->conf = *conf;
    TAILQ_INIT(&h->conns);
    if (bind_to(h, conf->listen, err) < 0) {
        free(h);
        return err->code;
    }
    h->ev = evhttp_new(hy_loop_base(l));
    if (h->ev == NULL || evhttp_bind_listener(h->ev, h->listener) == NULL)
        hy_bug("evhttp");
    evhttp_set_max_headers_size(h->ev, MAX_HEADERS);
    evhttp_set_max_body_size(h->ev, MAX_BODY);
    evhttp_set_timeout(h->ev, SOCKET_IDLE_S);
    evhttp_set_allowed_methods(h->ev, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_bevcb(h->ev, new_conn, h);
    evhttp_set_gencb(h->ev, on_request, h);
    h->sweeper = hy_timer_new(l, sweep, h);
    hy_timer_arm(h->sweeper, SWEEP_MS);
    *ret = h;
    return HY_OK;
}

int hy_http_port(const struct hy_http *h)
{
    return h->port;
}

void hy_http_free(struct hy_http *h)
{
    struct conn *c;

    if (h == NULL)
        return;
    h->paused = false;
    hy_timer_free(h->sweeper);
    evhttp_free(h->ev); /* the listener with it; close callbacks drop their connections */
    while ((c = TAILQ_FIRST(&h->conns)) != NULL) {
        end_stream(c);
        drop_conn(c);
    }
    free(h);
}
