/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the board's HTTP server share (alerts/board/http.h is its manual).  They are the
 * only ones that know evhttp:
 *
 *     http.c         life cycle: bind, begin, end
 *     http_conn.c    connections: how many, how long, whose
 *     http_begin.c   how a request begins: what is refused, which route
 *     http_req.c     requests: what a handler can ask
 *     http_answer.c  answers: headers, JSON, problems, ETag
 *     http_stream.c  server-sent events */
#pragma once
#include "alerts/board/http.h"
#include "core/mem.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/queue.h>

enum { HY_CONN_SWEEP_MS = 1000 };

struct hy_conn {
    TAILQ_ENTRY(hy_conn) entry;
    struct hy_http *http;
    struct bufferevent *bev;      /* our reference */
    struct evhttp_connection *ev; /* NULL until the first request */
    hy_mono deadline;             /* for the next whole request; 0 while one is being answered */
    bool counted;                 /* address looked at */
    char peer[INET6_ADDRSTRLEN];
    struct hy_http_stream *stream; /* this connection's, or NULL */
};
TAILQ_HEAD(hy_conns, hy_conn);

struct hy_http {
    struct hy_loop *loop;
    struct hy_http_conf conf;
    struct evhttp *ev;
    struct evconnlistener *listener;
    struct hy_conns conns;
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
    struct hy_conn *conn;
    void (*on_close)(void *user);
    void *user;
    bool chunked; /* HTTP/1.1; an older proxy reads until the end */
};

/* http_conn.c */
struct bufferevent *hy_conn_new(struct event_base *base, void *http); /* evhttp asks for one */
struct hy_conn *hy_conn_find(struct hy_http *h, struct evhttp_connection *ev); /* or NULL */
void hy_conn_peer(evutil_socket_t fd, char *out, size_t size); /* numeric address, or "-" */
void hy_conn_hang_up(struct hy_conn *c); /* shut down; evhttp ends it on its own path */
void hy_conn_drop(struct hy_conn *c);    /* forget it; only when evhttp has let it go */
void hy_conn_sweep(void *http); /* the timer: deadlines, dead ones, shares */
/* http_begin.c */
void hy_req_begin(struct evhttp_request *ev, void *http); /* evhttp's request callback */
/* http_req.c */
void hy_req_free(struct hy_http_req *req);
/* http_answer.c */
void hy_answer_headers(struct hy_http_req *req); /* those that every answer has */
/* http_stream.c */
void hy_stream_end(struct hy_conn *c); /* its connection is gone */
