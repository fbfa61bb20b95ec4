/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the fetcher share.  Private to http*.c. */
#pragma once
#include "crawler/fetch/http.h"

#include "core/buf.h"
#include "core/curl.h"
#include "core/mem.h"
#include "core/url.h"
#include "crawler/fetch/gunzip.h"
#include "crawler/fetch/resolve.h"

#include <sys/queue.h>

enum {
    HY_HTTP_CONNECT_MS = 10000,
    HY_HTTP_HEADER_BYTES = 64 * 1024,
    HY_HTTP_IDLE = 64, /* transfers and decoders kept for the next requests */
    HY_HTTP_ASKED = 4, /* header lines that only one request has */
};

/* The response headers that somebody reads. */
enum header {
    CONTENT_TYPE,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    ETAG,
    LAST_MODIFIED,
    LOCATION,
    RETRY_AFTER,
    DATE,
    HEADER_COUNT
};

enum state { WAITING, RESOLVING, RUNNING, DONE };

struct transfer {
    TAILQ_ENTRY(transfer) entry;
    struct hy_fetcher *h;
    /* what stays when it serves the next request: what is said to libcurl once, memory that has
     * been touched.  The buffers are empty then. */
    CURL *easy;
    struct hy_timer *deadline; /* of the lookup, if there is one; libcurl keeps the others */
    struct hy_buf lines, head, body;
    /* the request */
    enum state state;
    hy_fetch_fn fn;
    void *user;
    struct hy_url url;
    bool allow_private, identity; /* identity: second try without compression */
    size_t max_bytes;
    int64_t timeout_ms;
    hy_mono started;
    struct hy_lookup *lookup;
    size_t n_asked, asked_at[HY_HTTP_ASKED]; /* header lines of its own, in `lines` */
    size_t resolve_at;                       /* the host's addresses, in `lines` */
    bool is_resolved;                        /* it is a name and has them */
    struct curl_slist asked[HY_HTTP_ASKED];  /* the same for libcurl; they end in h->usual */
    struct curl_slist resolve;
    char error[CURL_ERROR_SIZE];
    /* what came back */
    struct {
        uint32_t at, n;
    } header[HEADER_COUNT]; /* values in `head`, which begins with the status line; 0: not sent */
    bool many_encodings;    /* several lines of them are several layers */
    size_t header_bytes, wire_bytes;
    long status;
    struct hy_gunzip *gunzip; /* while the answer is compressed */
    bool enough;              /* a body nobody wants was cut off */
    enum hy_fetch_outcome outcome;
    struct hy_err err; /* set by whoever stopped the transfer; code HY_OK: nobody */
};
TAILQ_HEAD(transfers, transfer);

struct hy_fetcher {
    struct hy_loop *loop;
    struct hy_curl *curl;
    struct hy_resolve *resolver;
    struct hy_timer *finisher; /* completes what failed outside of libcurl */
    struct curl_slist *usual;  /* Accept-Encoding first, then what is the same for all requests */
    size_t max_active, active, queued;
    struct transfers waiting, started, done, idle;
    struct hy_gunzip *idle_gunzip[HY_HTTP_IDLE];
    size_t n_idle, n_idle_gunzip;
};

/* http_request.c */
struct curl_slist *hy_http_usual_headers_(const char *user_agent); /* what all requests say */
void hy_http_ask_(struct transfer *t, const char *name, const char *value); /* NULL, "": does not */
CURL *hy_http_handle_(struct transfer *t); /* what does not change is said to it once */
void hy_http_prepare_(struct transfer *t); /* its headers and options, into t->easy */

/* http_answer.c.  Nobody reports twice: the first reason is the reason. */
void hy_transfer_stop_(struct transfer *t, enum hy_fetch_outcome outcome, enum hy_code code,
                       const char *why);
void hy_transfer_forget_(struct transfer *t); /* the headers so far */
struct hy_str hy_transfer_value_(const struct transfer *t, enum header name); /* empty: not sent */
/* libcurl is done with it: what was it? */
void hy_transfer_judge_(struct transfer *t, CURLcode code);
/* Callbacks of libcurl. */
curl_socket_t hy_transfer_socket_(void *user, curlsocktype purpose, struct curl_sockaddr *a);
int hy_transfer_before_(void *user, char *remote, char *local, int remote_port, int local_port);
size_t hy_transfer_header_(char *p, size_t size, size_t count, void *user);
size_t hy_transfer_body_(char *p, size_t size, size_t count, void *user);
