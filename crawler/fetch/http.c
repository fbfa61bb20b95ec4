/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange over core/curl.c.
 *
 *     hy_fetcher_get -> WAITING -> RESOLVING -> RUNNING -> DONE -> callback
 *
 * enter() is the only writer of a transfer's state.  Inside libcurl's callbacks nothing of libcurl
 * is called and no completion runs: they only note what they saw.  Completions run from the
 * finisher, after libcurl has returned. */
#include "crawler/fetch/http_parts.h"

#include "core/metrics.h"
#include "crawler/fetch/address.h"
#include "crawler/page/stamp.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESOLVER_THREADS = 4,
    KEEP_BODY = 128 * 1024, /* a longer buffer goes back: 64 of these are 8 MB */
    KEPT_CONNECTIONS = 512,
};

const char *const hy_fetch_outcome_name[] = {
    [HY_FETCH_OK] = "ok",
    [HY_FETCH_NOT_MODIFIED] = "not_modified",
    [HY_FETCH_REDIRECT] = "redirect",
    [HY_FETCH_GONE] = "gone",
    [HY_FETCH_REFUSED] = "refused",
    [HY_FETCH_BUSY] = "busy",
    [HY_FETCH_SERVER] = "server",
    [HY_FETCH_DNS] = "dns",
    [HY_FETCH_CONNECT] = "connect",
    [HY_FETCH_TLS] = "tls",
    [HY_FETCH_BLOCKED] = "blocked",
    [HY_FETCH_TIMEOUT] = "timeout",
    [HY_FETCH_TOO_BIG] = "too_big",
    [HY_FETCH_BROKEN] = "broken",
    [HY_FETCH_CANCELLED] = "cancelled",
};
_Static_assert(HY_COUNT(hy_fetch_outcome_name) == HY_FETCH_OUTCOME_COUNT, "name every outcome");

/* -- states ------------------------------------------------------------------------------------ */

static struct transfers *list_of(struct hy_fetcher *h, enum state s)
{
    return s == WAITING ? &h->waiting : s == DONE ? &h->done : &h->started;
}

static void enter(struct transfer *t, enum state next)
{
    struct hy_fetcher *h = t->h;
    bool was = t->state == RESOLVING || t->state == RUNNING;
    bool is = next == RESOLVING || next == RUNNING;

    if (next == DONE && TAILQ_EMPTY(&h->done))
        hy_timer_arm(h->finisher, 0);
    TAILQ_REMOVE(list_of(h, t->state), t, entry);
    t->state = next;
    TAILQ_INSERT_TAIL(list_of(h, next), t, entry);
    h->active = h->active - was + is;
}

/* -- one transfer ------------------------------------------------------------------------------ */

static void run(struct transfer *t)
{
    struct hy_fetcher *h = t->h;

    enter(t, RUNNING);
    if (t->easy == NULL)
        t->easy = hy_http_handle_(t);
    hy_http_prepare_(t);
    hy_curl_add(h->curl, t->easy);
}

/* -- lookup ------------------------------------------------------------------------------------ */

static bool is_literal(struct hy_str host)
{
    char text[64];
    struct in_addr v4;

    host = hy_str_sub(host, 0, sizeof(text) - 1);
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    return (host.n && host.p[0] == '[') || inet_pton(AF_INET, text, &v4) == 1;
}

static bool may_talk_to(const struct transfer *t, struct hy_str address)
{
    char text[INET6_ADDRSTRLEN];

    snprintf(text, sizeof(text), HY_STR_FMT, HY_STR_ARG(address));
    return t->allow_private || hy_address_text_is_public(text);
}

/* "+host:port:a,b" of those addresses we may talk to, for libcurl; false when there are none. */
static bool note_addresses(struct transfer *t, struct hy_str addresses)
{
    struct hy_buf *b = &t->lines;
    struct hy_str one;
    int n = 0;

    t->resolve_at = b->n;
    hy_buf_puts(b, "+");
    hy_buf_str(b, hy_url_host(&t->url));
    hy_buf_printf(b, ":%d", hy_url_port(&t->url));
    while (hy_str_cut(&addresses, ',', &one)) {
        if (one.n == 0 || !may_talk_to(t, one))
            continue;
        bool v6 = hy_str_find_char(one, ':', 0) != HY_NPOS;
        hy_buf_puts(b, n++ ? "," : ":");
        hy_buf_puts(b, v6 ? "[" : "");
        hy_buf_str(b, one);
        hy_buf_puts(b, v6 ? "]" : "");
    }
    hy_buf_char(b, '\0');
    t->is_resolved = n > 0;
    return t->is_resolved;
}

static void run_at(struct transfer *t, struct hy_str addresses)
{
    if (note_addresses(t, addresses)) {
        run(t);
        return;
    }
    hy_transfer_stop_(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the host has no public address");
    enter(t, DONE);
}

static void on_resolved(struct hy_str addresses, const struct hy_err *err, void *user)
{
    struct transfer *t = user;

    t->lookup = NULL;
    hy_timer_cancel(t->deadline);
    if (addresses.n) {
        run_at(t, addresses);
        return;
    }
    hy_transfer_stop_(t, HY_FETCH_DNS, HY_E_NOTFOUND, err->msg);
    enter(t, DONE);
}

static void on_lookup_deadline(void *user)
{
    struct transfer *t = user;

    hy_lookup_cancel(HY_TAKE(t->lookup));
    hy_transfer_stop_(t, HY_FETCH_TIMEOUT, HY_E_TIMEOUT, "the name was not resolved in time");
    enter(t, DONE);
}

static void begin(struct transfer *t)
{
    struct hy_str host = hy_url_host(&t->url);
    const char *known = NULL;

    t->started = hy_loop_mono(t->h->loop);
    if (is_literal(host)) {
        run(t);
        return;
    }
    if ((known = hy_resolve_known(t->h->resolver, host))) {
        run_at(t, hy_str(known));
        return;
    }
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(host);
    enter(t, RESOLVING);
    if (t->deadline == NULL)
        t->deadline = hy_timer_new(t->h->loop, on_lookup_deadline, t);
    hy_timer_arm(t->deadline, HY_MIN(t->timeout_ms, (int64_t)HY_HTTP_CONNECT_MS));
    t->lookup = hy_resolve_start(t->h->resolver, name, on_resolved, t);
}

static void begin_waiting(struct hy_fetcher *h)
{
    while (h->active < h->max_active && !TAILQ_EMPTY(&h->waiting))
        begin(TAILQ_FIRST(&h->waiting));
}

/* -- completion -------------------------------------------------------------------------------- */

static struct transfer *take(struct hy_fetcher *h)
{
    struct transfer *t = TAILQ_FIRST(&h->idle);

    if (t) {
        TAILQ_REMOVE(&h->idle, t, entry);
        h->n_idle--;
        return t;
    }
    t = hy_xcalloc(1, sizeof(*t));
    t->h = h;
    t->lines.cap = HY_BUF_UNBOUNDED;
    t->head.cap = HY_HTTP_HEADER_BYTES;
    return t;
}

static void transfer_free(struct transfer *t)
{
    if (t->easy)
        curl_easy_cleanup(t->easy);
    hy_timer_free(t->deadline);
    hy_buf_release(&t->lines);
    hy_buf_release(&t->head);
    hy_buf_release(&t->body);
    free(t);
}

static void put_away(struct transfer *t)
{
    struct hy_fetcher *h = t->h;

    if (t->gunzip && h->n_idle_gunzip < HY_HTTP_IDLE)
        h->idle_gunzip[h->n_idle_gunzip++] = HY_TAKE(t->gunzip);
    hy_gunzip_free(t->gunzip);
    hy_url_release(&t->url);
    if (h->n_idle == HY_HTTP_IDLE) {
        transfer_free(t);
        return;
    }
    hy_buf_clear(&t->lines);
    hy_buf_clear(&t->head);
    hy_buf_clear(&t->body);
    if (t->body.room > KEEP_BODY)
        hy_buf_release(&t->body);
    *t = (struct transfer){.h = h,
                           .easy = t->easy,
                           .deadline = t->deadline,
                           .lines = t->lines,
                           .head = t->head,
                           .body = t->body};
    TAILQ_INSERT_HEAD(&h->idle, t, entry);
    h->n_idle++;
}

static hy_wall http_date(struct hy_str s)
{
    return hy_stamp_parse(s, 0, false).at;
}

int64_t hy_fetch_retry_after(struct hy_str value, hy_wall now)
{
    int64_t seconds;

    if (hy_str_to_i64(value, &seconds))
        return seconds >= 0 ? HY_MIN(seconds, INT64_C(86400)) * 1000 : -1;
    hy_wall at = http_date(value);
    return hy_wall_known(at) ? HY_MAX(at.ms - now.ms, INT64_C(0)) : -1;
}

/* An ASCII-only location would be nice; what servers send in UTF-8 is resolved like any link. */
static char *absolute_location(struct transfer *t)
{
    char *url = hy_url_resolve(hy_str_n(t->url.href, t->url.n), hy_transfer_value_(t, LOCATION));

    if (url == NULL)
        hy_transfer_stop_(t, HY_FETCH_BLOCKED, HY_E_DENIED, "redirect to something that is no http address");
    return url;
}

static void count_fetch(const struct hy_fetch_result *r, bool ran)
{
    static struct hy_metric fetches =
        HY_COUNTER("huiying_fetches_total", "Requests to sites, by outcome.", "outcome");
    static struct hy_metric bytes =
        HY_COUNTER("huiying_fetched_bytes_total", "Bytes received from sites.", NULL);
    static struct hy_metric time = HY_HISTOGRAM(
        "huiying_fetch_seconds", "Time of a request to a site.", NULL, hy_bounds_fast);

    hy_metric_add(&fetches, hy_fetch_outcome_name[r->outcome], 1);
    hy_metric_add(&bytes, NULL, (double)r->wire_bytes);
    if (ran)
        hy_metric_observe(&time, NULL, (double)r->elapsed_ms / 1000);
}

static void complete(struct transfer *t)
{
    struct hy_fetcher *h = t->h;
    hy_wall now = hy_loop_wall(h->loop);
    HY_CLEANUP(hy_freep)
    char *location = t->outcome == HY_FETCH_REDIRECT ? absolute_location(t) : NULL;
    bool ok = t->outcome == HY_FETCH_OK && t->err.code == HY_OK;
    bool ran = t->started.us != 0;

    TAILQ_REMOVE(&h->done, t, entry);
    h->queued--;
    struct hy_fetch_result r = {
        .outcome = t->outcome,
        .status = (int)t->status,
        .url = t->url.href ? t->url.href : "",
        .body = ok ? hy_buf_view(&t->body) : hy_str(""),
        .content_type = hy_transfer_value_(t, CONTENT_TYPE),
        .etag = hy_transfer_value_(t, ETAG),
        .last_modified = hy_transfer_value_(t, LAST_MODIFIED),
        .head = hy_buf_view(&t->head),
        .location = location,
        .retry_after_ms = hy_fetch_retry_after(hy_transfer_value_(t, RETRY_AFTER), now),
        .date = http_date(hy_transfer_value_(t, DATE)),
        .elapsed_ms = ran ? (hy_loop_mono(h->loop).us - t->started.us) / 1000 : 0,
        .wire_bytes = t->wire_bytes + t->header_bytes,
        .err = t->err,
    };
    count_fetch(&r, ran);
    t->fn(&r, t->user);
    put_away(t);
}

/* A server that insists on an encoding we did not ask for gets one more chance. */
static bool try_identity(struct transfer *t)
{
    bool encoded = t->header[CONTENT_ENCODING].n || t->many_encodings;

    if (t->identity || t->outcome != HY_FETCH_BROKEN || !encoded || t->status != 200)
        return false;
    t->identity = true;
    hy_http_ask_(t, "Accept-Encoding: ", "identity");
    if (t->gunzip)
        hy_gunzip_free(HY_TAKE(t->gunzip));
    hy_transfer_forget_(t);
    hy_buf_clear(&t->body);
    t->header_bytes = t->wire_bytes = 0;
    t->status = 0;
    t->error[0] = '\0';
    t->err = HY_ERR_INIT;
    return true;
}

static void finish_done(void *user)
{
    struct hy_fetcher *h = user;
    struct transfer *last = TAILQ_LAST(&h->done, transfers), *t = NULL;

    while (t != last) { /* what a callback adds to the list waits for the next turn */
        t = TAILQ_FIRST(&h->done);
        complete(t);
    }
    if (!TAILQ_EMPTY(&h->done))
        hy_timer_arm(h->finisher, 0);
    begin_waiting(h);
}

static void on_curl_done(CURL *easy, CURLcode code, void *user)
{
    struct transfer *t = NULL;

    (void)user;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    hy_transfer_judge_(t, code);
    if (try_identity(t))
        run(t);
    else
        enter(t, DONE);
}

/* -- public ------------------------------------------------------------------------------------ */

void hy_fetcher_get(struct hy_fetcher *h, const struct hy_fetch_request *req, hy_fetch_fn fn,
                    void *user)
{
    struct transfer *t = take(h);
    struct hy_err why = HY_ERR_INIT;

    t->fn = fn;
    t->user = user;
    t->allow_private = req->allow_private;
    t->max_bytes = t->body.cap = req->max_bytes ? req->max_bytes : HY_FETCH_MAX_BYTES;
    t->timeout_ms = req->timeout_ms ? req->timeout_ms : HY_FETCH_TIMEOUT_MS;
    hy_http_ask_(t, "If-None-Match: ", req->etag);
    hy_http_ask_(t, "If-Modified-Since: ", req->last_modified);
    hy_http_ask_(t, "Accept: ", req->accept);
    TAILQ_INSERT_TAIL(&h->waiting, t, entry);
    h->queued++;
    if (hy_url_parse(hy_str(req->url), NULL, &t->url, &why) < 0)
        hy_transfer_stop_(t, HY_FETCH_BLOCKED, why.code, why.msg);
    else if (!hy_url_is_http(&t->url))
        hy_transfer_stop_(t, HY_FETCH_BLOCKED, HY_E_DENIED, "only http and https");
    if (t->err.code != HY_OK)
        enter(t, DONE);
    else
        begin_waiting(h);
}

size_t hy_fetcher_active(const struct hy_fetcher *h)
{
    return h->queued;
}

struct hy_fetcher *hy_fetcher_new(struct hy_loop *l, const char *user_agent, size_t max_active)
{
    struct hy_fetcher *h = hy_xcalloc(1, sizeof(*h));

    h->loop = l;
    h->usual = hy_http_usual_headers_(user_agent);
    h->max_active = max_active;
    TAILQ_INIT(&h->waiting);
    TAILQ_INIT(&h->started);
    TAILQ_INIT(&h->done);
    TAILQ_INIT(&h->idle);
    h->resolver = hy_resolve_new(l, RESOLVER_THREADS);
    h->finisher = hy_timer_new(l, finish_done, h);
    h->curl = hy_curl_new(l, KEPT_CONNECTIONS, on_curl_done, h);
    return h;
}

static void cancel_all(struct hy_fetcher *h, struct transfers *list)
{
    struct transfer *t;

    while ((t = TAILQ_FIRST(list))) {
        if (t->state == RUNNING)
            hy_curl_remove(h->curl, t->easy);
        if (t->lookup)
            hy_lookup_cancel(HY_TAKE(t->lookup));
        hy_transfer_stop_(t, HY_FETCH_CANCELLED, HY_E_STATE, "the crawler stops");
        enter(t, DONE);
    }
}

void hy_fetcher_free(struct hy_fetcher *h)
{
    struct transfer *t;

    if (h == NULL)
        return;
    cancel_all(h, &h->waiting);
    cancel_all(h, &h->started);
    while (!TAILQ_EMPTY(&h->done))
        complete(TAILQ_FIRST(&h->done));
    while ((t = TAILQ_FIRST(&h->idle))) {
        TAILQ_REMOVE(&h->idle, t, entry);
        transfer_free(t);
    }
    while (h->n_idle_gunzip)
        hy_gunzip_free(h->idle_gunzip[--h->n_idle_gunzip]);
    curl_slist_free_all(h->usual);
    hy_curl_free(h->curl);
    hy_resolve_free(h->resolver);
    hy_timer_free(h->finisher);
    free(h);
}
