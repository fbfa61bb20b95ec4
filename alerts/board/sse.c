/* SPDX-License-Identifier: Apache-2.0 */
/* The hub between the feed stream and the browsers.
 *
 * Invariant: each client has got every visible event up to `sent` and none after, in order; of a
 * document that several events of one read name the last one only (feed.h).  A
 * client is `live` once its `sent` has caught up with the hub's cursor; until then broadcasts pass
 * it by and XRANGE pages bring it forward. */
#include "alerts/board/sse.h"
#include "alerts/board/feed.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    ID_SIZE = 48,
    HEARTBEAT_MS = 15 * 1000,
    MAX_AGE_BEATS =
        60, /* a client comes back after a quarter of an hour: its session is asked again */
    BLOCK_MS = 10 * 1000,
    PAGE = 500,
    RETRY_MS = 1000,
};

/* Long enough for clients that measure whether anything comes at all: libcurl rounds down to bytes a
 * second over five seconds, and three bytes were nothing to it. */
#define HEARTBEAT ": nothing new, and all is well here\n\n"

struct client {
    TAILQ_ENTRY(client) entry;
    struct hy_sse *hub;
    struct hy_http_stream *stream; /* NULL once closed, while a page is still on its way */
    char *person;
    char sent[ID_SIZE];
    char asked[ID_SIZE]; /* the hub's cursor when the last page was asked for */
    bool live, paging;
    bool ahead; /* live, and got more by pages than the hub has told yet */
    int beats;
};
TAILQ_HEAD(clients, client);

struct hy_sse {
    struct hy_loop *loop;
    struct hy_sse_conf conf;
    struct hy_redis *follow; /* blocking reads only */
    struct clients clients;
    size_t n_clients;
    char key[128];
    char cursor[ID_SIZE]; /* newest event that was broadcast; "" until the first look */
    struct hy_timer *beat, *again;
    bool asking; /* a read is on its way, or the documents that it names */
    bool closing;
};

/* ---- pure ---- */

void hy_sse_frame(struct hy_buf *out, struct hy_str id, struct hy_str type, struct hy_str data)
{
    if (id.n)
        hy_buf_printf(out, "id: " HY_STR_FMT "\n", HY_STR_ARG(id));
    if (type.n)
        hy_buf_printf(out, "event: " HY_STR_FMT "\n", HY_STR_ARG(type));
    for (size_t from = 0, i = 0; i <= data.n; i++) {
        if (i < data.n && data.p[i] != '\n' && data.p[i] != '\r')
            continue;
        hy_buf_puts(out, "data: ");
        hy_buf_str(out, hy_str_sub(data, from, i));
        hy_buf_char(out, '\n');
        i += i + 1 < data.n && data.p[i] == '\r' && data.p[i + 1] == '\n';
        from = i + 1;
    }
    hy_buf_char(out, '\n');
}

static bool to_u64(struct hy_str s, uint64_t *ret)
{
    int64_t v;
    if (s.n == 0 || s.p[0] == '-' || s.p[0] == '+' || !hy_str_to_i64(s, &v))
        return false;
    *ret = (uint64_t)v;
    return true;
}

bool hy_stream_id_parse(struct hy_str s, uint64_t *ret_ms, uint64_t *ret_seq)
{
    struct hy_str ms;
    return s.n < ID_SIZE && hy_str_cut(&s, '-', &ms) && s.p && to_u64(ms, ret_ms) &&
           to_u64(s, ret_seq);
}

int hy_stream_id_cmp(struct hy_str a, struct hy_str b)
{
    uint64_t ams = 0, aseq = 0, bms = 0, bseq = 0;
    bool aok = hy_stream_id_parse(a, &ams, &aseq), bok = hy_stream_id_parse(b, &bms, &bseq);

    if (!aok || !bok)
        return (int)aok - (int)bok;
    if (ams != bms)
        return ams < bms ? -1 : 1;
    return aseq == bseq ? 0 : aseq < bseq ? -1 : 1;
}

static bool between_names(char c)
{
    return c == ',' || c == ' ' || c == '"' || c == '[' || c == ']';
}

bool hy_sse_is_for(struct hy_str to, struct hy_str person)
{
    bool addressed = false;

    for (size_t i = 0, end; i < to.n; i = end) {
        while (i < to.n && between_names(to.p[i]))
            i++;
        for (end = i; end < to.n && !between_names(to.p[end]);)
            end++;
        if (hy_str_eq(hy_str_sub(to, i, end), person) && end > i)
            return true;
        addressed |= end > i;
    }
    return !addressed;
}

/* ---- clients ---- */

static void free_client(struct client *c)
{
    free(c->person);
    free(c);
}

static void on_close(void *user)
{
    struct client *c = user;

    TAILQ_REMOVE(&c->hub->clients, c, entry);
    c->hub->n_clients--;
    c->stream = NULL;
    if (!c->paging) /* else the page's callback frees it */
        free_client(c);
}

static void mark(char dst[ID_SIZE], struct hy_str id)
{
    snprintf(dst, ID_SIZE, HY_STR_FMT, HY_STR_ARG(id));
}

static bool is_visible(const struct hy_feed_event *e, const struct client *c)
{
    return e->data.n && !hy_str_is(e->type, "reply") && hy_sse_is_for(e->to, hy_str(c->person));
}

/* Who came forward by pages may have got beyond the hub, which waits for documents meanwhile. */
static void broadcast(struct hy_sse *s, const struct hy_feed_event *e)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf frame = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct client *c;

    hy_sse_frame(&frame, e->id, e->type, e->data);
    TAILQ_FOREACH (c, &s->clients, entry) {
        if (!c->live || (c->ahead && hy_stream_id_cmp(e->id, hy_str(c->sent)) <= 0))
            continue;
        c->ahead = false;
        mark(c->sent, e->id);
        if (is_visible(e, c))
            hy_http_stream_write(c->stream, hy_buf_view(&frame));
    }
}

static void next_page(struct client *c);

/* Everything the client missed, in one write. */
static void send_page(struct client *c, const struct hy_feed_events *page)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; i < page->n; i++) {
        const struct hy_feed_event *e = &page->v[i];
        mark(c->sent, e->id);
        if (is_visible(e, c))
            hy_sse_frame(&out, e->id, e->type, e->data);
    }
    if (out.n)
        hy_http_stream_write(c->stream, hy_buf_view(&out));
}

static void on_filled_page(const struct hy_feed_events *page, void *user)
{
    struct client *c = user;

    c->paging = false;
    if (c->stream == NULL) {
        free_client(c);
        return;
    }
    if (page == NULL) { /* the browser comes again with its last id */
        hy_http_stream_close(c->stream);
        return;
    }
    send_page(c, page);
    if (page->n == 0 && hy_stream_id_cmp(hy_str(c->sent), hy_str(c->asked)) < 0)
        mark(c->sent, hy_str(c->asked)); /* nothing is left up to there */
    int beyond = hy_stream_id_cmp(hy_str(c->sent), hy_str(c->hub->cursor));
    c->live = beyond >= 0;
    c->ahead = beyond > 0;
    if (!c->live)
        next_page(c);
}

static void on_page(const redisReply *r, void *user)
{
    struct client *c = user;

    if (c->stream == NULL || r == NULL || r->type != REDIS_REPLY_ARRAY)
        on_filled_page(NULL, c);
    else
        hy_feed_fill(c->hub->conf.redis, c->hub->conf.office, r, on_filled_page, c);
}

static void next_page(struct client *c)
{
    char from[ID_SIZE + 1];

    snprintf(from, sizeof(from), "(%s", c->sent);
    mark(c->asked, hy_str(c->hub->cursor));
    c->paging = true;
    hy_redis_cmd(c->hub->conf.redis, on_page, c, "XRANGE %s %s + COUNT %d", c->hub->key, from,
                 (int)PAGE);
}

/* The stream was trimmed beyond what the client saw: it must load everything anew. */
static void on_oldest(const redisReply *r, void *user)
{
    struct client *c = user;
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(256);

    if (c->stream && r && r->type == REDIS_REPLY_ARRAY && r->elements &&
        hy_stream_id_cmp(hy_str(c->sent), hy_reply_str(r->element[0]->element[0])) < 0) {
        hy_sse_frame(&out, HY_STR(""), HY_STR("reload"), HY_STR("{}"));
        hy_http_stream_write(c->stream, hy_buf_view(&out));
    }
    c->paging = false;
    if (c->stream)
        next_page(c);
    else
        free_client(c);
}

static void greet(struct client *c)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(512);
    char data[64];

    snprintf(data, sizeof(data), "{\"now\":%lld}", (long long)hy_wall_now().ms);
    hy_buf_printf(&out, "retry: %d\n", (int)RETRY_MS);
    hy_sse_frame(&out, hy_str(c->sent), HY_STR("hello"), hy_str(data));
    hy_http_stream_write(c->stream, hy_buf_view(&out));
}

void hy_sse_join(struct hy_sse *s, struct hy_http_req *req, struct hy_str person)
{
    const char *last = hy_http_header(req, "Last-Event-ID");
    uint64_t ms, seq;
    struct client *c = hy_xcalloc(1, sizeof(*c));

    c->hub = s;
    c->person = hy_str_dup(person);
    bool resume = last && hy_stream_id_parse(hy_str(last), &ms, &seq);
    mark(c->sent, resume ? hy_str(last) : hy_str(s->cursor));
    c->stream = hy_http_stream(req, on_close, c);
    if (c->stream == NULL) {
        free_client(c);
        return;
    }
    TAILQ_INSERT_TAIL(&s->clients, c, entry);
    s->n_clients++;
    greet(c);
    c->live = !resume;
    if (resume) {
        c->paging = true;
        hy_redis_cmd(s->conf.redis, on_oldest, c, "XRANGE %s - + COUNT 1", s->key);
    }
}

/* ---- the stream ---- */

static void follow(struct hy_sse *s);

/* Without an answer about the documents all of it is read again: the cursor has not moved. */
static void on_filled(const struct hy_feed_events *events, void *user)
{
    struct hy_sse *s = user;

    s->asking = false;
    if (s->closing)
        return;
    if (events == NULL) {
        hy_timer_arm(s->again, RETRY_MS);
        return;
    }
    for (size_t i = 0; i < events->n; i++) {
        const struct hy_feed_event *e = &events->v[i];
        s->conf.on_event(e->type, e->data, s->conf.user);
        broadcast(s, e);
        mark(s->cursor, e->id);
    }
    follow(s);
}

static void on_read(const redisReply *r, void *user)
{
    static const struct hy_feed_events nothing;
    struct hy_sse *s = user;

    if (r && r->type == REDIS_REPLY_ARRAY && r->elements && !s->closing)
        hy_feed_fill(s->follow, s->conf.office, r->element[0]->element[1], on_filled, s);
    else
        on_filled(r && r->type != REDIS_REPLY_ERROR ? &nothing : NULL, s);
}

/* Clients that came before the first look: what was written between their page and this look is
 * still theirs. */
static void bring_up(struct hy_sse *s)
{
    struct client *c;

    TAILQ_FOREACH (c, &s->clients, entry) {
        if (c->sent[0] == '\0')
            mark(c->sent, hy_str(s->cursor));
        if (c->paging || hy_stream_id_cmp(hy_str(c->sent), hy_str(s->cursor)) >= 0)
            continue;
        c->live = false;
        next_page(c);
    }
}

static void on_newest(const redisReply *r, void *user)
{
    struct hy_sse *s = user;

    s->asking = false;
    if (s->closing)
        return;
    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        hy_timer_arm(s->again, RETRY_MS);
        return;
    }
    mark(s->cursor, r->elements ? hy_reply_str(r->element[0]->element[0]) : HY_STR("0-0"));
    bring_up(s);
    follow(s);
}

static void follow(struct hy_sse *s)
{
    if (s->asking)
        return;
    s->asking = true;
    if (s->cursor[0] == '\0')
        hy_redis_cmd(s->follow, on_newest, s, "XREVRANGE %s + - COUNT 1", s->key);
    else
        hy_redis_cmd(s->follow, on_read, s, "XREAD COUNT %d BLOCK %d STREAMS %s %s", (int)PAGE,
                     (int)BLOCK_MS, s->key, s->cursor);
}

static void on_again(void *user)
{
    follow(user);
}

static void on_beat(void *user)
{
    struct hy_sse *s = user;
    struct client *c;

    TAILQ_FOREACH (c, &s->clients, entry) {
        if (++c->beats >= MAX_AGE_BEATS)
            hy_http_stream_close(c->stream);
        else
            hy_http_stream_write(c->stream, HY_STR(HEARTBEAT));
    }
    hy_timer_arm(s->beat, HEARTBEAT_MS);
}

void hy_sse_cut(struct hy_sse *s, struct hy_str person)
{
    struct client *c, *next;

    for (c = TAILQ_FIRST(&s->clients); c; c = next) {
        next = TAILQ_NEXT(c, entry);
        if (hy_str_is(person, c->person) && c->stream)
            hy_http_stream_close(c->stream);
    }
}

size_t hy_sse_clients(const struct hy_sse *s)
{
    return s->n_clients;
}

/* At once, not at the next retry: what is written before the first look is missed. */
static void on_up(void *user)
{
    follow(user);
}

static void on_down(void *user, const struct hy_err *why)
{
    (void)user;
    hy_log(HY_WARN, "feed_lost", HY_KV("err", why->msg));
}

struct hy_sse *hy_sse_new(struct hy_loop *l, const struct hy_sse_conf *conf)
{
    struct hy_sse *s = hy_xcalloc(1, sizeof(*s));

    s->loop = l;
    s->conf = *conf;
    TAILQ_INIT(&s->clients);
    snprintf(s->key, sizeof(s->key), "hy:{%s}:feed", conf->office);
    s->follow = hy_redis_new(l, conf->redis_url, (struct hy_redis_events){on_up, on_down, s});
    hy_redis_set_deadline(s->follow, 3 * BLOCK_MS);
    hy_redis_offices_matter(s->follow);
    s->beat = hy_timer_new(l, on_beat, s);
    s->again = hy_timer_new(l, on_again, s);
    hy_timer_arm(s->beat, HEARTBEAT_MS);
    return s;
}

void hy_sse_free(struct hy_sse *s)
{
    if (s == NULL)
        return;
    s->closing = true;
    hy_redis_free(s->follow);
    hy_timer_free(s->beat);
    hy_timer_free(s->again);
    free(s);
}
