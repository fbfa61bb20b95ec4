/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of server-sent events: a bounded buffer in the kernel and here, an end for who does not
 * read. */
#include "alerts/board/http_parts.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    STREAM_SNDBUF = 64 * 1024,
    STREAM_QUEUE = 256 * 1024,
    STREAM_DEAD_MS = 45 * 1000, /* unacknowledged by a peer that vanished without a word */
};

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
    struct hy_conn *c = evc ? hy_conn_find(req->http, evc) : NULL;

    if (c == NULL) {
        hy_http_empty(req, 503);
        return NULL;
    }
    hy_answer_headers(req);
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
    hy_req_free(req);
    return s;
}

/* The client is cut off; on_close comes from evhttp's path in a later turn. */
void hy_http_stream_close(struct hy_http_stream *s)
{
    hy_conn_hang_up(s->conn);
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

void hy_stream_end(struct hy_conn *c)
{
    struct hy_http_stream *s = HY_TAKE(c->stream);
    if (s == NULL)
        return;
    s->on_close(s->user);
    evhttp_send_reply_end(s->ev); /* its connection is gone: this frees the request */
    free(s);
}
