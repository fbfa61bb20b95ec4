/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of the board's server.
 *
 * evhttp has no accept hook and no end-of-connection hook that covers connections without a
 * request, so each connection is a `struct hy_conn` made together with its bufferevent and holding a
 * reference to it.  Until its first request a dead connection is recognised by the disabled
 * bufferevent evhttp leaves behind; later evhttp's close callback tells us.  The reference keeps
 * the socket open until we let go, so a number can never name another connection meanwhile.
 *
 * A connection is never freed from here, only shut down: evhttp then ends it on its own path. */
#include "alerts/board/http_parts.h"

#include "core/log.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MAX_CONNS = 4000,
    MAX_CONNS_PER_ADDR = 2200, /* a whole office may sit behind one address */
    FIRST_REQUEST_MS = 10 * 1000, /* to send one whole request */
};

void hy_conn_drop(struct hy_conn *c)
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
void hy_conn_hang_up(struct hy_conn *c)
{
    evutil_socket_t fd = bufferevent_getfd(c->bev);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR);
}

struct bufferevent *hy_conn_new(struct event_base *base, void *user)
{
    struct hy_http *h = user;
    struct bufferevent *bev = h->conf.tls ? hy_tls_accept(h->conf.tls, base)
                                          : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL)
        return NULL; /* evhttp makes one itself or gives the connection up */

    struct hy_conn *c = hy_xcalloc(1, sizeof(*c));
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

struct hy_conn *hy_conn_find(struct hy_http *h, struct evhttp_connection *ev)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(ev);
    struct hy_conn *c;

    TAILQ_FOREACH (c, &h->conns, entry)
        if (c->bev == bev)
            return c;
    return NULL;
}

void hy_conn_peer(evutil_socket_t fd, char *out, size_t size)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof(sa);

    if (getpeername(fd, (struct sockaddr *)&sa, &n) < 0 ||
        getnameinfo((struct sockaddr *)&sa, n, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
        snprintf(out, size, "-");
}

static bool over_share(struct hy_http *h, struct hy_conn *c)
{
    size_t same = 0;
    struct hy_conn *o;

    TAILQ_FOREACH (o, &h->conns, entry)
        same += o->counted && strcmp(o->peer, c->peer) == 0;
    return same > MAX_CONNS_PER_ADDR;
}

/* Deadlines, connections that ended before their first request, shares of one address. */
void hy_conn_sweep(void *user)
{
    struct hy_http *h = user;
    struct hy_conn *next, *c = TAILQ_FIRST(&h->conns);
    hy_mono now = hy_mono_now();

    for (; c; c = next) {
        next = TAILQ_NEXT(c, entry);
        if (c->ev == NULL && bufferevent_get_enabled(c->bev) == 0) {
            hy_conn_drop(c);
            continue;
        }
        if (!c->counted) {
            hy_conn_peer(bufferevent_getfd(c->bev), c->peer, sizeof(c->peer));
            c->counted = true;
            if (over_share(h, c))
                hy_conn_hang_up(c);
        }
        if (c->deadline.us && now.us > c->deadline.us)
            hy_conn_hang_up(c);
    }
    hy_timer_arm(h->sweeper, HY_CONN_SWEEP_MS);
}
