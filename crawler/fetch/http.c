/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange over core/curl.c.
 *
 *     hy_fetcher_get -> WAITING -> RESOLVING -> RUNNING -> DONE -> callback
 *
 * enter() is the only writer of a transfer's state.  Inside libcurl's callbacks nothing of libcurl
 * is called and no completion runs: they only note what they saw.  Completions run from the
 * finisher, after libcurl has returned. */
#include "crawler/fetch/http.h"

#include "core/buf.h"
#include "core/curl.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "core/url.h"
#include "crawler/fetch/address.h"
#include "crawler/page/stamp.h"
#include "crawler/fetch/gunzip.h"
#include "crawler/fetch/resolve.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    RESOLVER_THREADS = 4,
    MAX_HEADER_BYTES = 64 * 1024,
    MAX_OTHER_BYTES = 256 * 1024, /* of a body nobody wants: errors, redirects */
    CONNECT_MS = 10000,
    SLOW_BYTES_S = 100,
    SLOW_SECONDS = 15,
    MAX_IDLE = 64, /* easy handles, decoders and buffers kept for the next transfer */
    KEEP_BODY = 128 * 1024, /* a longer buffer goes back: 64 of these are 8 MB */
    RECEIVE_BYTES = 64 * 1024, /* libcurl's own 16 KB are five calls a page */
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
static const char *const header_name[] = {
    [CONTENT_TYPE] = "content-type",     [CONTENT_ENCODING] = "content-encoding",
    [CONTENT_LENGTH] = "content-length", [ETAG] = "etag",
    [LAST_MODIFIED] = "last-modified",   [LOCATION] = "location",
    [RETRY_AFTER] = "retry-after",       [DATE] = "date",
};
_Static_assert(HY_COUNT(header_name) == HEADER_COUNT, "name every header");

enum state { WAITING, RESOLVING, RUNNING, DONE };

struct transfer {
    TAILQ_ENTRY(transfer) entry;
    struct hy_fetcher *h;
    enum state state;
    hy_fetch_fn fn;
    void *user;
    struct hy_url url;
    char *etag, *last_modified, *accept;
    bool allow_private, identity; /* identity: second try without compression */
    size_t max_bytes;
    int64_t timeout_ms;
    hy_mono started;
    struct hy_timer *deadline; /* of the lookup; libcurl keeps the others */
    struct hy_lookup *lookup;
    CURL *easy;
    struct curl_slist *headers, *resolve; /* `headers` may end in h->usual */
    char error[CURL_ERROR_SIZE];
    /* what came back */
    char *header[HEADER_COUNT];
    size_t header_bytes, wire_bytes;
    long status;
    struct hy_buf head, body;
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
    char *user_agent;
    struct curl_slist *usual; /* the headers of a usual request */
    size_t max_active, active, queued;
    struct transfers waiting, started, done;
    CURL *idle[MAX_IDLE];
    struct hy_gunzip *idle_gunzip[MAX_IDLE];
    struct hy_buf idle_body[MAX_IDLE], idle_head[MAX_IDLE];
    size_t n_idle, n_idle_gunzip, n_idle_body, n_idle_head;
};

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

    TAILQ_REMOVE(list_of(h, t->state), t, entry);
    t->state = next;
    TAILQ_INSERT_TAIL(list_of(h, next), t, entry);
    h->active = h->active - was + is;
    if (next == DONE)
        hy_timer_arm(h->finisher, 0);
}

/* Nobody reports twice: the first reason is the reason. */
static void stop(struct transfer *t, enum hy_fetch_outcome outcome, enum hy_code code,
                 const char *why)
{
    if (t->err.code != HY_OK)
        return;
    t->outcome = outcome;
    hy_fail(&t->err, code, "%s", why);
}

/* -- libcurl's callbacks ----------------------------------------------------------------------- */

static curl_socket_t on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = user;

    (void)purpose;
    if (!t->allow_private && !hy_address_is_public(&a->addr, a->addrlen)) {
        stop(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the address is not public");
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Also asked for connections that are used again. */
static int on_before_request(void *user, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *t = user;

    (void)local, (void)remote_port, (void)local_port;
    if (t->allow_private || hy_address_text_is_public(remote))
        return CURL_PREREQFUNC_OK;
    stop(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the connection's address is not public");
    return CURL_PREREQFUNC_ABORT;
}

static void forget_headers(struct transfer *t)
{
    for (int i = 0; i < HEADER_COUNT; i++) {
        free(t->header[i]);
        t->header[i] = NULL;
    }
    hy_buf_clear(&t->head);
}

static void note_header(struct transfer *t, struct hy_str line)
{
    size_t colon = hy_str_find_char(line, ':', 0);
    struct hy_str name, value;

    if (colon == HY_NPOS)
        return;
    name = hy_str_trim(hy_str_sub(line, 0, colon));
    value = hy_str_trim(hy_str_sub(line, colon + 1, line.n));
    for (int i = 0; i < HEADER_COUNT; i++) {
        if (!hy_str_ieq(name, hy_str(header_name[i])))
            continue;
        if (t->header[i] && i == CONTENT_ENCODING) { /* two lines are two layers */
            char *both = hy_xasprintf("%s,x", t->header[i]);
            free(t->header[i]);
            t->header[i] = both;
        } else if (t->header[i] == NULL) {
            t->header[i] = hy_str_dup(value);
        }
    }
}

static size_t on_header(char *p, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct hy_str line = hy_str_n(p, size * count);

    t->header_bytes += line.n;
    if (t->header_bytes > MAX_HEADER_BYTES) {
        stop(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "more than 64 KB of headers");
        return 0;
    }
    if (hy_str_starts(line, HY_STR("HTTP/")))
        forget_headers(t); /* those of an interim answer */
    else
        note_header(t, line);
    hy_buf_str(&t->head, line);
    return line.n;
}

/* The body begins: what do the headers say about it? */
static bool begin_body(struct transfer *t)
{
    struct hy_str encoding = hy_str(t->header[CONTENT_ENCODING]);
    int64_t length;

    if (hy_str_to_i64(hy_str(t->header[CONTENT_LENGTH]), &length) &&
        length > (int64_t)t->max_bytes) {
        stop(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the announced body is too long");
        return false;
    }
    if (encoding.n == 0 || hy_str_ieq(encoding, HY_STR("identity")))
        return true;
    if (!hy_str_ieq(encoding, HY_STR("gzip")) && !hy_str_ieq(encoding, HY_STR("x-gzip"))) {
        stop(t, HY_FETCH_BROKEN, HY_E_PARSE, "unknown Content-Encoding");
        return false;
    }
    struct hy_fetcher *h = t->h;
    t->gunzip = h->n_idle_gunzip ? h->idle_gunzip[--h->n_idle_gunzip] : hy_gunzip_new();
    hy_gunzip_reset(t->gunzip);
    return true;
}

static size_t on_body(char *p, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct hy_str piece = hy_str_n(p, size * count);
    bool first = t->wire_bytes == 0;

    t->wire_bytes += piece.n;
    if (t->status == 0)
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    if (t->status < 200 || t->status > 299) {
        t->enough = t->wire_bytes > MAX_OTHER_BYTES;
        return t->enough ? 0 : piece.n;
    }
    if (first && !begin_body(t))
        return 0;
    if (t->wire_bytes > t->max_bytes + MAX_HEADER_BYTES) {
        stop(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the body is too long");
        return 0;
    }
    if (t->gunzip) {
        struct hy_err why = HY_ERR_INIT;
        if (hy_gunzip_feed(t->gunzip, piece, &t->body, &why) < 0) {
            stop(t, why.code == HY_E_TOOBIG ? HY_FETCH_TOO_BIG : HY_FETCH_BROKEN, why.code,
                 why.msg);
            return 0;
        }
        return piece.n;
    }
    hy_buf_str(&t->body, piece);
    if (t->body.overflow) {
        stop(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the body is too long");
        return 0;
    }
    return piece.n;
}

/* -- one transfer ------------------------------------------------------------------------------ */

static const struct {
    CURLcode code;
    enum hy_fetch_outcome outcome;
} codes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, HY_FETCH_DNS},
    {CURLE_COULDNT_CONNECT, HY_FETCH_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, HY_FETCH_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, HY_FETCH_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HY_FETCH_TLS},
    {CURLE_SSL_CERTPROBLEM, HY_FETCH_TLS},
    {CURLE_SSL_CIPHER, HY_FETCH_TLS},
    {CURLE_SSL_CACERT_BADFILE, HY_FETCH_TLS},
    {CURLE_SSL_ISSUER_ERROR, HY_FETCH_TLS},
    {CURLE_SEND_ERROR, HY_FETCH_CONNECT},
    {CURLE_GOT_NOTHING, HY_FETCH_CONNECT},
    {CURLE_FILESIZE_EXCEEDED, HY_FETCH_TOO_BIG},
};

static enum hy_fetch_outcome outcome_of_status(long status)
{
    if (status >= 200 && status < 300)
        return HY_FETCH_OK;
    if (status == 304)
        return HY_FETCH_NOT_MODIFIED;
    if (status == 404 || status == 410)
        return HY_FETCH_GONE;
    if (status == 429 || status == 503)
        return HY_FETCH_BUSY;
    if (status >= 400 && status < 500)
        return HY_FETCH_REFUSED;
    return HY_FETCH_SERVER;
}

static void judge_status(struct transfer *t)
{
    char text[40];

    t->outcome = outcome_of_status(t->status);
    if (t->status >= 300 && t->status < 400 && t->status != 304 && t->header[LOCATION]) {
        t->outcome = HY_FETCH_REDIRECT;
    } else if (t->outcome == HY_FETCH_OK) {
        if (t->gunzip && !hy_gunzip_is_complete(t->gunzip))
            stop(t, HY_FETCH_BROKEN, HY_E_PARSE, "the compressed body ends too early");
    } else if (t->outcome != HY_FETCH_NOT_MODIFIED) {
        snprintf(text, sizeof(text), "HTTP status %ld", t->status);
        stop(t, t->outcome, HY_E_IO, text);
    }
}

static void judge(struct transfer *t, CURLcode code)
{
    enum hy_fetch_outcome outcome = HY_FETCH_BROKEN;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    if (code == CURLE_OK || t->enough) {
        judge_status(t);
        return;
    }
    for (size_t i = 0; i < HY_COUNT(codes); i++)
        if (codes[i].code == code)
            outcome = codes[i].outcome;
    stop(t, outcome, outcome == HY_FETCH_TIMEOUT ? HY_E_TIMEOUT : HY_E_IO,
         t->error[0] ? t->error : curl_easy_strerror(code));
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        hy_bug("no memory for a header");
    *list = longer;
}

#define LANGUAGES "zh-CN,zh;q=0.9,en;q=0.5"

static struct curl_slist *usual_headers(void)
{
    struct curl_slist *list = NULL;

    add_header(&list, "Accept-Encoding", "gzip");
    add_header(&list, "Accept", "*/*");
    add_header(&list, "Accept-Language", LANGUAGES);
    return list;
}

/* Nothing is copied for what all requests say: the list of one ends in the list of all. */
static void make_headers(struct transfer *t)
{
    struct curl_slist **end = &t->headers;

    if (t->etag)
        add_header(&t->headers, "If-None-Match", t->etag);
    if (t->last_modified)
        add_header(&t->headers, "If-Modified-Since", t->last_modified);
    if (t->identity || t->accept) {
        add_header(&t->headers, "Accept-Encoding", t->identity ? "identity" : "gzip");
        add_header(&t->headers, "Accept", t->accept ? t->accept : "*/*");
        add_header(&t->headers, "Accept-Language", LANGUAGES);
        return;
    }
    while (*end)
        end = &(*end)->next;
    *end = t->h->usual;
}

static void drop_headers(struct transfer *t)
{
    for (struct curl_slist **end = &t->headers; *end; end = &(*end)->next)
        if (*end == t->h->usual) {
            *end = NULL;
            break;
        }
    curl_slist_free_all(HY_TAKE(t->headers));
}

#define SET(option, value) HY_CURL_SET(easy, option, value)

/* What is the same for all transfers is said once to each handle. */
static CURL *new_handle(const struct hy_fetcher *h)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        hy_bug("no memory for a transfer");
    hy_curl_common(easy);
    SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, h->user_agent);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    SET(CURLOPT_PREREQFUNCTION, on_before_request);
    return easy;
}

/* Every option here is set for every transfer: nothing is left of the one before. */
static void prepare(struct transfer *t)
{
    CURL *easy = t->easy;
    int64_t used = (hy_loop_mono(t->h->loop).us - t->started.us) / 1000;
    int64_t left = HY_MAX(t->timeout_ms - used, INT64_C(1));

    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HY_MIN(left, (int64_t)CONNECT_MS));
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_URL, t->url.href);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_RESOLVE, t->resolve);
}

static void run(struct transfer *t)
{
    struct hy_fetcher *h = t->h;

    enter(t, RUNNING);
    if (t->easy == NULL)
        t->easy = h->n_idle ? h->idle[--h->n_idle] : new_handle(h);
    make_headers(t);
    prepare(t);
    hy_curl_add(h->curl, t->easy);
}

/* -- lookup ------------------------------------------------------------------------------------ */

static bool is_literal(struct hy_str host)
{
    char text[64];
    struct in_addr v4;

    snprintf(text, sizeof(text), HY_STR_FMT, HY_STR_ARG(hy_str_sub(host, 0, sizeof(text) - 1)));
    return (host.n && host.p[0] == '[') || inet_pton(AF_INET, text, &v4) == 1;
}

/* "host:port:a,b" of those addresses we may talk to; NULL when there are none. */
static char *resolve_line(struct transfer *t, struct hy_str addresses)
{
    struct hy_buf line = HY_BUF_INIT(8192);
    struct hy_str host = hy_url_host(&t->url), one;
    int n = 0;

    hy_buf_printf(&line, "+" HY_STR_FMT ":%d:", HY_STR_ARG(host), hy_url_port(&t->url));
    while (hy_str_cut(&addresses, ',', &one)) {
        HY_CLEANUP(hy_freep) char *text = hy_str_dup(one);
        if (one.n == 0 || (!t->allow_private && !hy_address_text_is_public(text)))
            continue;
        bool v6 = strchr(text, ':') != NULL;
        hy_buf_printf(&line, v6 ? "%s[%s]" : "%s%s", n++ ? "," : "", text);
    }
    char *all = hy_buf_take(&line);
    if (n == 0) {
        free(all);
        return NULL;
    }
    return all;
}

static void on_resolved(struct hy_str addresses, const struct hy_err *err, void *user)
{
    struct transfer *t = user;

    t->lookup = NULL;
    hy_timer_cancel(t->deadline);
    if (addresses.n == 0) {
        stop(t, HY_FETCH_DNS, HY_E_NOTFOUND, err->msg);
        enter(t, DONE);
        return;
    }
    HY_CLEANUP(hy_freep) char *line = resolve_line(t, addresses);
    if (line == NULL) {
        stop(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the host has no public address");
        enter(t, DONE);
        return;
    }
    t->resolve = curl_slist_append(NULL, line);
    run(t);
}

static void on_lookup_deadline(void *user)
{
    struct transfer *t = user;

    hy_lookup_cancel(HY_TAKE(t->lookup));
    stop(t, HY_FETCH_TIMEOUT, HY_E_TIMEOUT, "the name was not resolved in time");
    enter(t, DONE);
}

static void begin(struct transfer *t)
{
    struct hy_str host = hy_url_host(&t->url);

    t->started = hy_loop_mono(t->h->loop);
    if (is_literal(host)) {
        run(t);
        return;
    }
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(host);
    enter(t, RESOLVING);
    hy_timer_arm(t->deadline, HY_MIN(t->timeout_ms, (int64_t)CONNECT_MS));
    t->lookup = hy_resolve_start(t->h->resolver, name, on_resolved, t);
}

static void begin_waiting(struct hy_fetcher *h)
{
    while (h->active < h->max_active && !TAILQ_EMPTY(&h->waiting))
        begin(TAILQ_FIRST(&h->waiting));
}

/* -- completion -------------------------------------------------------------------------------- */

/* Memory that has been touched is worth more than fresh memory: the kernel clears each new page. */
static struct hy_buf take_buffer(struct hy_buf *idle, size_t *n, size_t cap)
{
    struct hy_buf b = *n ? idle[--*n] : HY_BUF_INIT(cap);

    b.cap = cap;
    hy_buf_clear(&b);
    return b;
}

static void keep_buffer(struct hy_buf *b, struct hy_buf *idle, size_t *n)
{
    if (b->room == 0 || b->room > KEEP_BODY || *n == MAX_IDLE)
        hy_buf_release(b);
    else
        idle[(*n)++] = *b;
    *b = (struct hy_buf){0};
}

static void drop_handles(struct transfer *t)
{
    struct hy_fetcher *h = t->h;

    if (t->gunzip && h->n_idle_gunzip < MAX_IDLE)
        h->idle_gunzip[h->n_idle_gunzip++] = HY_TAKE(t->gunzip);
    hy_gunzip_free(HY_TAKE(t->gunzip));
    if (t->easy && h->n_idle < MAX_IDLE)
        h->idle[h->n_idle++] = HY_TAKE(t->easy);
    if (t->easy)
        curl_easy_cleanup(HY_TAKE(t->easy));
    drop_headers(t);
    curl_slist_free_all(HY_TAKE(t->resolve));
    keep_buffer(&t->body, h->idle_body, &h->n_idle_body);
    keep_buffer(&t->head, h->idle_head, &h->n_idle_head);
}

static void transfer_free(struct transfer *t)
{
    forget_headers(t);
    drop_handles(t);
    hy_timer_free(t->deadline);
    hy_url_release(&t->url);
    free(t->etag);
    free(t->last_modified);
    free(t->accept);
    free(t);
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
    char *url = hy_url_resolve(hy_str_n(t->url.href, t->url.n), hy_str(t->header[LOCATION]));

    if (url == NULL)
        stop(t, HY_FETCH_BLOCKED, HY_E_DENIED, "redirect to something that is no http address");
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
        .content_type = hy_str(t->header[CONTENT_TYPE]),
        .etag = hy_str(t->header[ETAG]),
        .last_modified = hy_str(t->header[LAST_MODIFIED]),
        .head = hy_buf_view(&t->head),
        .location = location,
        .retry_after_ms = hy_fetch_retry_after(hy_str(t->header[RETRY_AFTER]), now),
        .date = http_date(hy_str(t->header[DATE])),
        .elapsed_ms = ran ? (hy_loop_mono(h->loop).us - t->started.us) / 1000 : 0,
        .wire_bytes = t->wire_bytes + t->header_bytes,
        .err = t->err,
    };
    count_fetch(&r, ran);
    t->fn(&r, t->user);
    transfer_free(t);
}

/* A server that insists on an encoding we did not ask for gets one more chance. */
static bool try_identity(struct transfer *t)
{
    struct hy_str encoding = hy_str(t->header[CONTENT_ENCODING]);

    if (t->identity || t->outcome != HY_FETCH_BROKEN || encoding.n == 0 || t->status != 200)
        return false;
    t->identity = true;
    if (t->gunzip)
        hy_gunzip_free(HY_TAKE(t->gunzip));
    drop_headers(t);
    forget_headers(t);
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
    begin_waiting(h);
}

static void on_curl_done(CURL *easy, CURLcode code, void *user)
{
    struct transfer *t = NULL;

    (void)user;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    judge(t, code);
    if (try_identity(t))
        run(t);
    else
        enter(t, DONE);
}

/* -- public ------------------------------------------------------------------------------------ */

static char *copy_or_null(const char *s)
{
    return s && s[0] ? hy_xstrdup(s) : NULL;
}

void hy_fetcher_get(struct hy_fetcher *h, const struct hy_fetch_request *req, hy_fetch_fn fn,
                    void *user)
{
    struct transfer *t = hy_xcalloc(1, sizeof(*t));
    struct hy_err why = HY_ERR_INIT;

    *t = (struct transfer){
        .h = h,
        .fn = fn,
        .user = user,
        .etag = copy_or_null(req->etag),
        .last_modified = copy_or_null(req->last_modified),
        .accept = copy_or_null(req->accept),
        .allow_private = req->allow_private,
        .max_bytes = req->max_bytes ? req->max_bytes : HY_FETCH_MAX_BYTES,
        .timeout_ms = req->timeout_ms ? req->timeout_ms : HY_FETCH_TIMEOUT_MS,
    };
    t->head = take_buffer(h->idle_head, &h->n_idle_head, MAX_HEADER_BYTES);
    t->body = take_buffer(h->idle_body, &h->n_idle_body, t->max_bytes);
    t->deadline = hy_timer_new(h->loop, on_lookup_deadline, t);
    TAILQ_INSERT_TAIL(&h->waiting, t, entry);
    h->queued++;
    if (hy_url_parse(hy_str(req->url), NULL, &t->url, &why) < 0)
        stop(t, HY_FETCH_BLOCKED, why.code, why.msg);
    else if (!hy_url_is_http(&t->url))
        stop(t, HY_FETCH_BLOCKED, HY_E_DENIED, "only http and https");
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
    h->user_agent = hy_xstrdup(user_agent);
    h->usual = usual_headers();
    h->max_active = max_active;
    TAILQ_INIT(&h->waiting);
    TAILQ_INIT(&h->started);
    TAILQ_INIT(&h->done);
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
        stop(t, HY_FETCH_CANCELLED, HY_E_STATE, "the crawler stops");
        enter(t, DONE);
    }
}

void hy_fetcher_free(struct hy_fetcher *h)
{
    if (h == NULL)
        return;
    cancel_all(h, &h->waiting);
    cancel_all(h, &h->started);
    while (!TAILQ_EMPTY(&h->done))
        complete(TAILQ_FIRST(&h->done));
    while (h->n_idle)
        curl_easy_cleanup(h->idle[--h->n_idle]);
    while (h->n_idle_gunzip)
        hy_gunzip_free(h->idle_gunzip[--h->n_idle_gunzip]);
    while (h->n_idle_body)
        hy_buf_release(&h->idle_body[--h->n_idle_body]);
    while (h->n_idle_head)
        hy_buf_release(&h->idle_head[--h->n_idle_head]);
    curl_slist_free_all(h->usual);
    hy_curl_free(h->curl);
    hy_resolve_free(h->resolver);
    hy_timer_free(h->finisher);
    free(h->user_agent);
    free(h);
}
