/* SPDX-License-Identifier: Apache-2.0 */
/* The server's life: bound, served, ended (alerts/board/http_parts.h says where the rest is). */
#include "alerts/board/http_parts.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MAX_HEADERS = 8192,
    MAX_BODY = 256 * 1024,
    SOCKET_IDLE_S = 120, /* evhttp's own timeout; streams are kept alive by heartbeats */
};

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
    evhttp_set_bevcb(h->ev, hy_conn_new, h);
    evhttp_set_gencb(h->ev, hy_req_begin, h);
    h->sweeper = hy_timer_new(l, hy_conn_sweep, h);
    hy_timer_arm(h->sweeper, HY_CONN_SWEEP_MS);
    *ret = h;
    return HY_OK;
}

int hy_http_port(const struct hy_http *h)
{
    return h->port;
}

void hy_http_free(struct hy_http *h)
{
    struct hy_conn *c;

    if (h == NULL)
        return;
    h->paused = false;
    hy_timer_free(h->sweeper);
    evhttp_free(h->ev); /* the listener with it; close callbacks drop their connections */
    while ((c = TAILQ_FIRST(&h->conns)) != NULL) {
        hy_stream_end(c);
        hy_conn_drop(c);
    }
    free(h);
}
