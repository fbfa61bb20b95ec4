/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP for the crawler: one GET at a time per call, many at once on the loop (core/curl.h).
 *
 * One call is one exchange: redirects are not followed but reported (`location`, absolute), because
 * each hop has to pass robots.txt, the address check and its host's politeness again.  Retries,
 * politeness and limits per host are the caller's business too.
 *
 * The web is hostile: only http and https; every address is checked at connect time and again on
 * reused connections (crawler/fetch/address.h) unless the request says allow_private; bytes are
 * counted on the wire and after decompression; one gzip layer, which must end properly; header
 * size, total time and a lower bound on speed are limited; name lookups run in a small pool of
 * threads.  No cookies, no credentials, no proxy from the environment.
 *
 * The completion callback runs exactly once per hy_fetcher_get(), always in a later turn of the
 * loop, also on hy_fetcher_free().  Everything in the result is borrowed: valid until the callback
 * returns.
 */
#pragma once
#include "core/clock.h"
#include "core/err.h"
#include "core/loop.h"
#include "core/str.h"

struct hy_fetcher;

enum hy_fetch_outcome {
    HY_FETCH_OK,           /* 2xx with its whole body */
    HY_FETCH_NOT_MODIFIED, /* 304 */
    HY_FETCH_REDIRECT,     /* 3xx with a usable Location */
    HY_FETCH_GONE,         /* 404, 410 */
    HY_FETCH_REFUSED,      /* any other 4xx: 401, 403, 451, ... */
    HY_FETCH_BUSY,         /* 429, 503: come back later */
    HY_FETCH_SERVER,       /* any other 5xx, or a status that makes no sense */
    HY_FETCH_DNS,          /* the name does not resolve */
    HY_FETCH_CONNECT,      /* no connection, or lost before an answer */
    HY_FETCH_TLS,          /* certificate or handshake */
    HY_FETCH_BLOCKED,      /* address or protocol that we refuse to talk to */
    HY_FETCH_TIMEOUT,      /* total time, or slower than the lower bound */
    HY_FETCH_TOO_BIG,      /* body or headers beyond their caps */
    HY_FETCH_BROKEN,       /* bad framing, wrong length, bad or truncated compression */
    HY_FETCH_CANCELLED,    /* the client was freed */
    HY_FETCH_OUTCOME_COUNT
};
extern const char *const hy_fetch_outcome_name[HY_FETCH_OUTCOME_COUNT];

struct hy_fetch_request {
    const char *url;                  /* absolute http(s), copied */
    const char *etag, *last_modified; /* of the copy we have; NULL or "": none */
    const char *accept;               /* Accept header; NULL: anything */
    bool allow_private;               /* the source's own setting: intranets and tests */
    size_t max_bytes;                 /* cap of the decoded body; 0: HY_FETCH_MAX_BYTES */
    int64_t timeout_ms;               /* whole exchange with lookup; 0: HY_FETCH_TIMEOUT_MS */
};

struct hy_fetch_result {
    enum hy_fetch_outcome outcome;
    int status;                                      /* 0 when no answer came */
    const char *url;                                 /* as requested */
    struct hy_str body;                              /* decoded; only with HY_FETCH_OK */
    struct hy_str content_type, etag, last_modified; /* empty when not sent */
    struct hy_str head; /* status line and header lines as sent, of the answer that counts */
    const char *location;   /* with HY_FETCH_REDIRECT: absolute URL, else NULL */
    int64_t retry_after_ms; /* -1: not said */
    hy_wall date;           /* the server's clock, HY_WALL_NONE when not sent */
    int64_t elapsed_ms;     /* from start to end, without waiting in our queue */
    size_t wire_bytes;
    struct hy_err err; /* what went wrong, for people; HY_OK with OK, 304 and redirects */
};
typedef void (*hy_fetch_fn)(const struct hy_fetch_result *r, void *user);

enum {
    HY_FETCH_MAX_BYTES = 4 << 20,
    HY_FETCH_TIMEOUT_MS = 30000,
    HY_FETCH_MAX_REDIRECTS = 5, /* for callers that follow */
};

/* `user_agent`: "huiying/0.1 (+contact)", copied; max_active: transfers at once, the rest queue. */
struct hy_fetcher *hy_fetcher_new(struct hy_loop *l, const char *user_agent, size_t max_active);
void hy_fetcher_free(struct hy_fetcher *h); /* open requests complete as HY_FETCH_CANCELLED */
void hy_fetcher_get(struct hy_fetcher *h, const struct hy_fetch_request *req, hy_fetch_fn fn,
                    void *user);
size_t hy_fetcher_active(const struct hy_fetcher *h); /* started or queued */

/* Retry-After: seconds or an HTTP date; -1 when it is neither. */
int64_t hy_fetch_retry_after(struct hy_str value, hy_wall now);
