/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/desktop/net.h"

#include "alerts/desktop/sse.h"
#include "core/log.h"
#include "core/mem.h"

#include <curl/curl.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <sys/queue.h>

enum {
    CONNECT_S = 10,
    REQUEST_S = 15,
    QUIET_S = 45, /* the board sends a heartbeat every 15 s */
    FIRST_RETRY_MS = 500,
    LAST_RETRY_MS = 15000,
    REFUSED_RETRY_MS = 60000,
    ANSWER_CAP = 8 * 1024 * 1024,
};

struct request {
    TAILQ_ENTRY(request) link;
    struct hy_net *net;
    CURL *easy; /* NULL while it waits for its next try */
    char *url, *body, *tag;
    int tries_left; /* negative: for ever */
    int64_t retry_ms;
    guint timer;
    struct hy_buf answer;
    hy_net_done done; /* NULL: this is the event stream */
};

struct hy_net {
    CURLM *multi;
    struct curl_slist *headers;
    char *server, *ca_file;
    struct hy_net_events ev;
    TAILQ_HEAD(, request) requests;
    struct request *stream;
    struct curl_slist *stream_headers;
    struct hy_sse sse;
    guint timer;
    bool stream_open;
};

struct watch { /* one socket of libcurl on the GLib loop */
    guint source;
};

static void start(struct request *r);
static void collect(struct hy_net *n);

static gboolean on_socket(gint fd, GIOCondition what, gpointer user)
{
    struct hy_net *n = user;
    int flags = (what & (G_IO_IN | G_IO_HUP) ? CURL_CSELECT_IN : 0) |
                (what & G_IO_OUT ? CURL_CSELECT_OUT : 0) |
                (what & (G_IO_ERR | G_IO_NVAL) ? CURL_CSELECT_ERR : 0);
    int running;

    curl_multi_socket_action(n->multi, fd, flags, &running);
    collect(n);
    return G_SOURCE_CONTINUE;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_data)
{
    struct hy_net *n = user;
    struct watch *w = socket_data;
    GIOCondition cond = G_IO_HUP | G_IO_ERR;

    (void)easy;
    if (w)
        g_source_remove(w->source);
    if (what == CURL_POLL_REMOVE) {
        free(w);
        return 0;
    }
    if (w == NULL) {
        w = hy_xcalloc(1, sizeof(*w));
        curl_multi_assign(n->multi, fd, w);
    }
    if (what & CURL_POLL_IN)
        cond |= G_IO_IN;
    if (what & CURL_POLL_OUT)
        cond |= G_IO_OUT;
    w->source = g_unix_fd_add(fd, cond, on_socket, n);
    return 0;
}

static gboolean on_timeout(gpointer user)
{
    struct hy_net *n = user;
    int running;

    n->timer = 0;
    curl_multi_socket_action(n->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(n);
    return G_SOURCE_REMOVE;
}

static int set_timer(CURLM *multi, long ms, void *user)
{
    struct hy_net *n = user;

    (void)multi;
    if (n->timer)
        g_source_remove(n->timer);
    n->timer = ms < 0 ? 0 : g_timeout_add((guint)ms, on_timeout, n);
    return 0;
}

static void on_event(void *user, struct hy_str id, struct hy_str type, struct hy_str data)
{
    struct hy_net *n = user;
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *value = NULL;

    (void)id;
    if (hy_json_parse(data, &value, &err) < 0)
        hy_log(HY_WARN, "bad_event", HY_KVS("type", type), HY_KV("err", err.msg));
    else
        n->ev.event(n->ev.user, type, value);
}

static size_t on_bytes(char *p, size_t size, size_t count, void *user)
{
    struct request *r = user;
    struct hy_net *n = r->net;
    long status = 0;

    if (r->done) {
        hy_buf_add(&r->answer, p, size * count);
        return r->answer.overflow ? 0 : size * count;
    }
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return size * count;
    if (!n->stream_open) {
        n->stream_open = true;
        r->retry_ms = FIRST_RETRY_MS;
        hy_log(HY_INFO, "connected", HY_KV("server", n->server));
        n->ev.connected(n->ev.user);
    }
    n->ev.heard(n->ev.user);
    hy_sse_feed(&n->sse, hy_str_n(p, size * count));
    return size * count;
}

static void request_free(struct request *r)
{
    if (r->easy) {
        curl_multi_remove_handle(r->net->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    if (r->timer)
        g_source_remove(r->timer);
    hy_buf_release(&r->answer);
    free(r->url);
    free(r->body);
    free(r->tag);
    free(r);
}

static gboolean on_retry(gpointer user)
{
    struct request *r = user;

    r->timer = 0;
    start(r);
    return G_SOURCE_REMOVE;
}

static void retry_in(struct request *r, int64_t ms)
{
    r->timer = g_timeout_add((guint)ms, on_retry, r);
    r->retry_ms = HY_MIN(r->retry_ms * 2, (int64_t)LAST_RETRY_MS);
}

static void finish(struct request *r, long status)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *answer = NULL;

    if (r->answer.n && hy_json_parse(hy_buf_view(&r->answer), &answer, &err) < 0)
        answer = NULL;
    TAILQ_REMOVE(&r->net->requests, r, link);
    r->done(r->net->ev.user, r->tag, status, answer);
    request_free(r);
}

static void stream_ended(struct request *r, long status, const char *why)
{
    struct hy_net *n = r->net;
    bool refused = status == 401 || status == 403 || status == 404;

    if (n->stream_open || refused)
        hy_log(HY_WARN, "disconnected", HY_KV("server", n->server), HY_KVN("status", status),
               HY_KV("err", why));
    n->stream_open = false;
    hy_sse_restart(&n->sse);
    if (refused)
        n->ev.refused(n->ev.user, status);
    retry_in(r, refused ? REFUSED_RETRY_MS : r->retry_ms);
}

static void ended(struct request *r, CURLcode code)
{
    long status = 0;

    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(r->net->multi, r->easy);
    curl_easy_cleanup(r->easy);
    r->easy = NULL;
    if (r->done == NULL) {
        stream_ended(r, status, curl_easy_strerror(code));
    } else if ((code == CURLE_OK && status < 500) || --r->tries_left == 0) {
        finish(r, code == CURLE_OK ? status : 0);
    } else {
        hy_buf_clear(&r->answer);
        retry_in(r, r->retry_ms);
    }
}

static void collect(struct hy_net *n)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(n->multi, &left))) {
        struct request *r;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        ended(r, code);
    }
}

/* The stream has no total limit; it ends when nothing came for QUIET_S, heartbeats included. */
static void set_limits(struct request *r)
{
    curl_easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    if (r->done) {
        curl_easy_setopt(r->easy, CURLOPT_TIMEOUT, (long)REQUEST_S);
        curl_easy_setopt(r->easy, CURLOPT_FORBID_REUSE, 1L); /* a kept one may die unseen; we ask seldom */
    } else {
        curl_easy_setopt(r->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(r->easy, CURLOPT_LOW_SPEED_TIME, (long)QUIET_S);
    }
}

static struct curl_slist *stream_headers(struct hy_net *n)
{
    struct curl_slist *list = NULL;
    struct hy_str last = hy_buf_view(&n->sse.id);

    for (struct curl_slist *h = n->headers; h; h = h->next)
        list = curl_slist_append(list, h->data);
    if (last.n) {
        HY_CLEANUP(hy_freep)
        char *line = hy_xasprintf("Last-Event-ID: " HY_STR_FMT, HY_STR_ARG(last));
        list = curl_slist_append(list, line);
    }
    curl_slist_free_all(n->stream_headers);
    n->stream_headers = list;
    return list;
}

static void start(struct request *r)
{
    struct hy_net *n = r->net;

    r->easy = curl_easy_init();
    if (r->easy == NULL)
        hy_bug("curl_easy_init failed");
    curl_easy_setopt(r->easy, CURLOPT_URL, r->url);
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->done ? n->headers : stream_headers(n));
    if (n->ca_file)
        curl_easy_setopt(r->easy, CURLOPT_CAINFO, n->ca_file);
    if (r->body)
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body);
    set_limits(r);
    curl_multi_add_handle(n->multi, r->easy);
}

static struct request *request_new(struct hy_net *n, const char *path)
{
    struct request *r = hy_xcalloc(1, sizeof(*r));

    r->net = n;
    r->url = hy_xasprintf("%s%s", n->server, path);
    r->retry_ms = FIRST_RETRY_MS;
    r->answer = HY_BUF_INIT(ANSWER_CAP);
    return r;
}

void hy_net_request(struct hy_net *n, const char *path, const json_t *body, int tries,
                    const char *tag, hy_net_done done)
{
    struct request *r = request_new(n, path);

    r->body = body ? hy_json_text(body) : NULL;
    r->tag = hy_xstrdup(tag);
    r->tries_left = tries ? tries : -1;
    r->done = done;
    TAILQ_INSERT_TAIL(&n->requests, r, link);
    r->timer = g_timeout_add(0, on_retry, r); /* libcurl must not be called inside its callbacks */
}

void hy_net_start(struct hy_net *n)
{
    n->stream = request_new(n, "/api/v1/events");
    start(n->stream);
}

static void begin_again(struct request *r)
{
    if (r->easy) {
        curl_multi_remove_handle(r->net->multi, r->easy);
        curl_easy_cleanup(r->easy);
        r->easy = NULL;
    }
    if (r->timer)
        g_source_remove(r->timer);
    r->timer = 0;
    r->retry_ms = FIRST_RETRY_MS;
    hy_buf_clear(&r->answer);
    start(r);
}

void hy_net_reconnect(struct hy_net *n)
{
    struct request *r;

    hy_log(HY_INFO, "reconnect", HY_KV("server", n->server));
    n->stream_open = false;
    hy_sse_restart(&n->sse);
    begin_again(n->stream);
    TAILQ_FOREACH (r, &n->requests, link)
        begin_again(r);
}

struct hy_net *hy_net_new(const char *server, const char *token, const char *ca_file,
                          struct hy_net_events ev)
{
    struct hy_net *n = hy_xcalloc(1, sizeof(*n));
    HY_CLEANUP(hy_freep) char *auth = hy_xasprintf("Authorization: Bearer %s", token);
    struct hy_str base = hy_str(server);

    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    n->server = hy_str_dup(base);
    n->ca_file = hy_xstrdup(ca_file);
    n->ev = ev;
    TAILQ_INIT(&n->requests);
    hy_sse_init(&n->sse, on_event, n);
    n->headers = curl_slist_append(curl_slist_append(NULL, auth), "Content-Type: application/json");
    n->multi = curl_multi_init();
    if (n->multi == NULL)
        hy_bug("curl_multi_init failed");
    curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n);
    curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n);
    return n;
}

void hy_net_free(struct hy_net *n)
{
    struct request *r;

    if (n == NULL)
        return;
    if (n->stream)
        request_free(n->stream);
    while ((r = TAILQ_FIRST(&n->requests))) {
        TAILQ_REMOVE(&n->requests, r, link);
        request_free(r);
    }
    curl_multi_cleanup(n->multi);
    if (n->timer)
        g_source_remove(n->timer);
    curl_slist_free_all(n->headers);
    curl_slist_free_all(n->stream_headers);
    hy_sse_release(&n->sse);
    free(n->server);
    free(n->ca_file);
    free(n);
    curl_global_cleanup();
}
