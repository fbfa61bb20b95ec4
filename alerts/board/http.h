/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP for the board: connections, limits, headers and replies.  Only the files of
 * http_parts.h know evhttp; everything above sees requests, routes and streams.
 *
 * What evhttp 2.1 leaves open is closed here: caps on headers, body and connections (in all and per
 * address), an absolute deadline for a request to arrive, a check of Host (DNS rebinding) and of
 * repeated Content-Length, strict security headers on every answer.
 *
 * A handler runs once per request and must end it exactly once - at once or later - with one of the
 * reply functions or hy_http_stream(), also when the client is gone by then.  Views handed out are
 * valid until that reply. */
#pragma once
#include "alerts/board/route.h"
#include "alerts/board/tls.h"
#include "core/json.h"
#include "core/loop.h"

#include <sys/socket.h>

struct hy_http;
struct hy_http_req;
struct hy_http_stream;

struct hy_http_conf {
    const char *listen; /* "127.0.0.1:8787", "[::1]:8787", port 0 takes any */
    struct hy_tls *tls; /* NULL: plain HTTP; must outlive the server */
    const char *host;   /* further name by which browsers reach us (behind a proxy), or NULL */
    const struct hy_route *routes;
    size_t n_routes;
    /* Asked for each route that is not public; must call hy_http_run() or end the request. */
    void (*gate)(struct hy_http_req *req, void *user);
    /* GET of any path that no route knows: the embedded pages.  Must end the request. */
    void (*fallback)(struct hy_http_req *req, void *user);
    void *user;
};

/* Binds at once; an occupied port is HY_E_IO with one sentence that says which. */
HY_MUST_CHECK int hy_http_new(struct hy_loop *l, const struct hy_http_conf *conf,
                              struct hy_http **ret, struct hy_err *err);
/* Streams end.  Every request must have been answered before: free what answers them first. */
void hy_http_free(struct hy_http *h);
int hy_http_port(const struct hy_http *h);

/* The request. */
void *hy_http_user(const struct hy_http_req *req);                   /* conf.user */
const struct hy_route *hy_http_route(const struct hy_http_req *req); /* NULL in fallback */
const char *hy_http_path(const struct hy_http_req *req);             /* as sent, without query */
const char *hy_http_param(const struct hy_http_req *req, const char *name); /* "" if absent */
const char *hy_http_query(struct hy_http_req *req, const char *key); /* until the next query call */
const char *hy_http_header(const struct hy_http_req *req, const char *name); /* NULL if absent */
struct hy_str hy_http_body(struct hy_http_req *req);
const char *hy_http_peer(const struct hy_http_req *req); /* numeric address */
bool hy_http_is_secure(const struct hy_http_req *req);   /* TLS here or, from loopback, a proxy's */
/* Does Origin (or Sec-Fetch-Site) say that a page of ours sent this?  True when neither is there:
 * then no browser sent it. */
bool hy_http_same_origin(const struct hy_http_req *req);
/* For the gate: what it found out about the sender; freed with the request. */
void hy_http_set_sender(struct hy_http_req *req, void *sender, void (*free_fn)(void *));
void *hy_http_sender(const struct hy_http_req *req);
/* For a handler that waits for something: its own state, freed with the request. */
void hy_http_set_state(struct hy_http_req *req, void *state, void (*free_fn)(void *));
void *hy_http_state(const struct hy_http_req *req);
void hy_http_run(struct hy_http_req *req); /* the route's handler */

/* The answer. */
void hy_http_set(struct hy_http_req *req, const char *header, const char *value);
void hy_http_json(struct hy_http_req *req, int status, json_t *body); /* steals body */
/* application/problem+json with a code for programs and a Chinese sentence for people. */
void hy_http_problem(struct hy_http_req *req, int status, const char *code, const char *detail);
void hy_http_bytes(struct hy_http_req *req, int status, const char *type, struct hy_str body);
void hy_http_empty(struct hy_http_req *req, int status);

/* A stream of server-sent events.  Ends the request.  NULL when the client is already gone;
 * `on_close` runs exactly once, when the client went or was cut off, and owns nothing after. */
struct hy_http_stream *hy_http_stream(struct hy_http_req *req, void (*on_close)(void *user),
                                      void *user);
/* One piece of the stream.  False: the client reads too slowly and was cut off. */
bool hy_http_stream_write(struct hy_http_stream *s, struct hy_str bytes);
void hy_http_stream_close(struct hy_http_stream *s);
