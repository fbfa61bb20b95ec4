/* SPDX-License-Identifier: Apache-2.0 */
/* hiredis 0.14 leaves to its user what is built here:
 * - a frozen server is never noticed: `watchdog` measures the silence while an answer is due;
 * - a refused connection calls only the connect callback, a lost one only the disconnect callback;
 *   both free the context, so both forget it and meet in lost();
 * - a command issued while the context dies vanishes without a callback: such commands, and those
 *   issued while we are down, wait in `refused` for their NULL in the next turn.
 *
 * Invariant: every struct call is in exactly one of `flying` (hiredis will call on_reply once) and
 * `refused`; its fn is called exactly once, and never after hy_redis_free() has returned. */
#include "core/redis.h"

#include "core/buf.h"
#include "core/mem.h"
#include "core/redis_sentinel.h"
#include "core/redis_url.h"

#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

enum {
    DEADLINE_MS = 5000,
    BACKOFF_FIRST_MS = 50,
    BACKOFF_LAST_MS = 2000,
    LOADING_POLL_MS = 100,
    SYNC_LOADING_MS = 10000,
    COMMAND_CAP = 512 * 1024 * 1024, /* Redis' own limit of one bulk string */
};

/* ---- the asynchronous connection ---- */

struct call {
    TAILQ_ENTRY(call) link;
    struct hy_redis *r;
    hy_reply_fn fn; /* NULL: nobody waits (any more) */
    void *user;
    hy_mono sent;
    struct hy_script *script; /* of hy_redis_eval, until NOSCRIPT is excluded */
    char *tail;               /* its keys and arguments as they go over the wire */
    size_t tail_n;
    int argc;
};
TAILQ_HEAD(calls, call);

struct hy_redis {
    struct hy_loop *loop;
    struct hy_redis_address target;
    struct hy_redis_events ev;
    redisAsyncContext *ac; /* NULL: not connected */
    bool connecting, up, freed, watching;
    bool demoted;          /* a fail-over made this Redis a replica: the watchdog gives it up */
    struct hy_err url_err; /* set when the URL or the password file is unusable */
    bool told_down;        /* on_down was called since the last on_up */
    hy_mono since;         /* the connection attempt began, or the last answer came */
    int64_t deadline_ms, backoff_ms;
    size_t in_flight;
    struct calls flying, refused; /* oldest first */
    struct hy_timer *retry;       /* next attempt, or next PING while Redis loads */
    struct hy_timer *watchdog;
    struct hy_timer *answer_refused;
};

static void call_free(struct call *c)
{
    free(c->tail);
    free(c);
}

/* Run the callback of a call that is in no list any more. */
static void call_finish(struct call *c, const redisReply *reply)
{
    hy_reply_fn fn = c->fn;
    void *user = c->user;

    call_free(c);
    if (fn)
        fn(reply, user);
}

static void refuse(struct hy_redis *r, struct call *c)
{
    if (r->freed) {
        call_free(c);
        return;
    }
    TAILQ_INSERT_TAIL(&r->refused, c, link);
    hy_timer_arm(r->answer_refused, 0);
}

static void answer_refused(void *user)
{
    struct hy_redis *r = user;
    size_t n = 0;
    struct call *c;

    TAILQ_FOREACH (c, &r->refused, link)
        n++; /* only these: a callback that sends again must not keep us for ever */
    while (!r->freed && n-- > 0 && (c = TAILQ_FIRST(&r->refused))) {
        TAILQ_REMOVE(&r->refused, c, link);
        call_finish(c, NULL);
    }
}

static void tell_down(struct hy_redis *r, enum hy_code code, const char *why)
{
    struct hy_err err = HY_ERR_INIT;

    if (r->told_down || r->freed)
        return;
    r->told_down = true;
    hy_fail(&err, code, "%s", why);
    if (r->ev.on_down)
        r->ev.on_down(r->ev.user, &err); /* may free r */
}

/* The connection is gone; every way of losing it ends here, once. */
static void lost(struct hy_redis *r, enum hy_code code, const char *why)
{
    r->up = r->connecting = false;
    if (r->freed)
        return;
    int64_t half = r->backoff_ms / 2;
    hy_timer_arm(r->retry, half + arc4random_uniform((uint32_t)half + 1));
    r->backoff_ms = HY_MIN(r->backoff_ms * 2, (int64_t)BACKOFF_LAST_MS);
    tell_down(r, code, why);
}

/* Give the connection up ourselves. */
static void drop(struct hy_redis *r, enum hy_code code, const char *why)
{
    redisAsyncContext *ac = HY_TAKE(r->ac);

    if (ac == NULL)
        return;
    r->up = false;
    ac->data = NULL;    /* the disconnect callback is none of our business any more */
    redisAsyncFree(ac); /* pending callbacks get NULL, now or when the present one returns */
    lost(r, code, why);
}

static void watch(struct hy_redis *r, int64_t delay_ms)
{
    if (r->watching)
        return;
    r->watching = true;
    hy_timer_arm(r->watchdog, delay_ms);
}

/* Runs after the descriptors of its turn, so answers that are already here have been read. */
static void watchdog(void *user)
{
    struct hy_redis *r = user;
    struct call *oldest = TAILQ_FIRST(&r->flying);
    hy_mono from = r->since;
    char why[80];

    r->watching = false;
    if (r->demoted) {
        r->demoted = false;
        drop(r, HY_E_REDIS, "this Redis is a replica now");
        return;
    }
    if (r->ac == NULL || (oldest == NULL && !r->connecting))
        return;
    if (oldest && oldest->sent.us > from.us)
        from = oldest->sent;
    int64_t silent_ms = (hy_loop_mono(r->loop).us - from.us) / 1000;
    if (silent_ms < r->deadline_ms) {
        watch(r, r->deadline_ms - silent_ms);
        return;
    }
    snprintf(why, sizeof(why), "Redis gave no answer for %lld ms", (long long)silent_ms);
    drop(r, HY_E_TIMEOUT, why);
}

/* ---- sending ---- */

static bool resend_as_text(struct call *c);

static bool is_error(const redisReply *reply, struct hy_str starts)
{
    return reply && reply->type == REDIS_REPLY_ERROR &&
           hy_str_starts(hy_str_n(reply->str, reply->len), starts);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *user)
{
    struct call *c = user;
    struct hy_redis *r = c->r;

    (void)ac;
    TAILQ_REMOVE(&r->flying, c, link);
    r->in_flight--;
    if (reply)
        r->since = hy_loop_mono(r->loop);
    else
        r->up = false; /* what the callback sends now must be refused, hiredis would lose it */
    if (c->script && is_error(reply, HY_STR("NOSCRIPT")) && resend_as_text(c))
        return;
    if (is_error(reply, HY_STR("READONLY"))) {
        r->demoted = true;
        hy_timer_arm(r->watchdog, 0);
        reply = NULL; /* to the caller the same as a lost connection: send again after on_up */
    }
    call_finish(c, reply);
}

static void send_call(struct hy_redis *r, struct call *c, const char *bytes, size_t n)
{
    c->r = r;
    c->sent = hy_loop_mono(r->loop);
    if (r->ac == NULL || redisAsyncFormattedCommand(r->ac, on_reply, c, bytes, n) != REDIS_OK) {
        refuse(r, c);
        return;
    }
    TAILQ_INSERT_TAIL(&r->flying, c, link);
    r->in_flight++;
    watch(r, r->deadline_ms);
}

static struct call *call_new(hy_reply_fn fn, void *user)
{
    struct call *c = hy_xcalloc(1, sizeof(*c));

    c->fn = fn;
    c->user = user;
    return c;
}

/* Takes `bytes` (hiredis' allocation). */
static void send_formatted(struct hy_redis *r, struct call *c, char *bytes, int64_t n)
{
    if (n < 0)
        hy_bug("hiredis cannot format a command");
    send_call(r, c, bytes, (size_t)n);
    redisFreeCommand(bytes);
}

static void cmd_internal(struct hy_redis *r, hy_reply_fn fn, void *user, int argc,
                         const char **argv)
{
    char *bytes = NULL;
    int64_t n = redisFormatCommandArgv(&bytes, argc, argv, NULL);

    send_formatted(r, call_new(fn, user), bytes, n);
}

void hy_redis_cmdv(struct hy_redis *r, hy_reply_fn fn, void *user, int argc, const char **argv,
                   const size_t *argvlen)
{
    char *bytes = NULL;

    if (!r->up) {
        refuse(r, call_new(fn, user));
        return;
    }
    int64_t n = redisFormatCommandArgv(&bytes, argc, argv, argvlen);
    send_formatted(r, call_new(fn, user), bytes, n);
}

void hy_redis_cmd(struct hy_redis *r, hy_reply_fn fn, void *user, const char *fmt, ...)
{
    char *bytes = NULL;
    va_list ap;

    if (!r->up) {
        refuse(r, call_new(fn, user));
        return;
    }
    va_start(ap, fmt);
    int64_t n = redisvFormatCommand(&bytes, fmt, ap);
    va_end(ap);
    send_formatted(r, call_new(fn, user), bytes, n);
}

/* ---- scripts ---- */

/* Redis asks for the right to write every key of a plain EVAL, whatever the script does with it. */
static const char *by_text(const struct hy_script *s)
{
    return s->reads_only ? "EVAL_RO" : "EVAL";
}

static const char *by_sha1(const struct hy_script *s)
{
    return s->reads_only ? "EVALSHA_RO" : "EVALSHA";
}

static void put_bulk(struct hy_buf *b, const char *p, size_t n)
{
    hy_buf_printf(b, "$%zu\r\n", n);
    hy_buf_add(b, p, n);
    hy_buf_puts(b, "\r\n");
}

/* VERB BODY NKEYS KEY... ARG...: the tail begins at NKEYS. */
static void send_script(struct hy_redis *r, struct call *c, const char *verb, const char *body)
{
    struct hy_buf b = HY_BUF_INIT(COMMAND_CAP);

    hy_buf_printf(&b, "*%d\r\n", c->argc + 3);
    put_bulk(&b, verb, strlen(verb));
    put_bulk(&b, body, strlen(body));
    hy_buf_add(&b, c->tail, c->tail_n);
    if (b.overflow)
        hy_bug("a script call of more than %d bytes", COMMAND_CAP);
    send_call(r, c, b.p, b.n);
    hy_buf_release(&b);
}

/* Redis does not know the script (it was restarted): EVAL runs it and makes it known. */
static bool resend_as_text(struct call *c)
{
    const struct hy_script *s = HY_TAKE(c->script);

    if (!c->r->up)
        return false;
    send_script(c->r, c, by_text(s), s->text);
    return true;
}

static void remember_sha1(const redisReply *reply, void *user)
{
    struct hy_script *s = user;
    struct hy_str sha1 = hy_reply_str(reply);

    if (sha1.n == sizeof(s->sha1) - 1)
        memcpy(s->sha1, sha1.p, sha1.n);
}

void hy_redis_eval(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                   int argc, const char **argv, const size_t *argvlen)
{
    struct call *c = call_new(fn, user);
    struct hy_buf tail = HY_BUF_INIT(COMMAND_CAP);
    char count[16];

    if (!r->up) {
        refuse(r, c);
        return;
    }
    put_bulk(&tail, count, (size_t)snprintf(count, sizeof(count), "%d", nkeys));
    for (int i = 0; i < argc; i++)
        put_bulk(&tail, argv[i], argvlen ? argvlen[i] : strlen(argv[i]));
    c->argc = argc;
    c->tail_n = tail.n;
    c->tail = hy_buf_take(&tail);
    if (s->sha1[0]) {
        c->script = s;
        send_script(r, c, by_sha1(s), s->sha1);
        return;
    }
    cmd_internal(r, remember_sha1, s, 3, (const char *[]){"SCRIPT", "LOAD", s->text});
    send_script(r, c, by_text(s), s->text);
}

/* ---- connecting ---- */

static void on_setup(const redisReply *reply, void *user)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        drop(user, HY_E_REDIS, reply->str);
}

static void on_pong(const redisReply *reply, void *user)
{
    struct hy_redis *r = user;

    if (reply == NULL || r->ac == NULL)
        return;
    if (is_error(reply, HY_STR("LOADING"))) {
        hy_timer_arm(r->retry, LOADING_POLL_MS);
        tell_down(r, HY_E_REDIS, "Redis is still loading its data");
    } else if (reply->type == REDIS_REPLY_ERROR) {
        drop(r, HY_E_REDIS, reply->str);
    } else {
        r->up = true;
        r->told_down = false;
        r->backoff_ms = BACKOFF_FIRST_MS;
        if (r->ev.on_up)
            r->ev.on_up(r->ev.user);
    }
}

static void ping(struct hy_redis *r)
{
    cmd_internal(r, on_pong, r, 1, (const char *[]){"PING"});
}

static void greet(struct hy_redis *r)
{
    const struct hy_redis_address *t = &r->target;
    char db[24];

    if (t->password && t->user)
        cmd_internal(r, on_setup, r, 3, (const char *[]){"AUTH", t->user, t->password});
    else if (t->password)
        cmd_internal(r, on_setup, r, 2, (const char *[]){"AUTH", t->password});
    snprintf(db, sizeof(db), "%lld", (long long)t->db);
    if (t->db)
        cmd_internal(r, on_setup, r, 2, (const char *[]){"SELECT", db});
    ping(r);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct hy_redis *r = ac->data;

    if (r == NULL)
        return;
    r->connecting = false;
    if (status == REDIS_OK) {
        greet(r);
        return;
    }
    r->ac = NULL; /* hiredis frees it when we return, without a disconnect callback */
    lost(r, HY_E_REDIS, ac->errstr);
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct hy_redis *r = ac->data;

    if (r == NULL)
        return;
    r->ac = NULL; /* freed when we return */
    lost(r, HY_E_REDIS, status == REDIS_OK ? "connection closed" : ac->errstr);
}

static void attach(struct hy_redis *r, redisAsyncContext *ac)
{
    r->ac = ac;
    r->connecting = true;
    r->since = hy_loop_mono(r->loop);
    ac->data = r;
    if (redisLibeventAttach(ac, hy_loop_base(r->loop)) != REDIS_OK)
        hy_bug("hiredis cannot be attached to the loop");
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    watch(r, r->deadline_ms);
}

/* Where a Redis that is kept by Sentinels is at this moment. */
static int locate(struct hy_redis_address *t, struct hy_err *err)
{
    struct hy_redis_host now;

    if (t->master == NULL)
        return HY_OK;
    if (hy_sentinel_ask(t, &now, err) < 0)
        return err->code;
    free(t->host);
    t->host = now.host;
    t->port = now.port;
    return HY_OK;
}

static void connect_now(struct hy_redis *r)
{
    struct hy_redis_address *t = &r->target;
    struct hy_err err = HY_ERR_INIT;
    char why[160];

    if (locate(t, &err) < 0) {
        lost(r, err.code, err.msg);
        return;
    }
    redisAsyncContext *ac =
        t->path ? redisAsyncConnectUnix(t->path) : redisAsyncConnect(t->host, t->port);
    if (ac == NULL)
        hy_bug("hiredis cannot create a context");
    if (ac->err == 0) {
        attach(r, ac);
        return;
    }
    snprintf(why, sizeof(why), "%s", ac->errstr);
    redisAsyncFree(ac);
    lost(r, HY_E_REDIS, why);
}

static void retry(void *user)
{
    struct hy_redis *r = user;

    if (r->ac)
        ping(r); /* Redis was loading */
    else if (r->url_err.code)
        tell_down(r, r->url_err.code, r->url_err.msg);
    else
        connect_now(r);
}

/* ---- life cycle ---- */

bool hy_redis_is_up(const struct hy_redis *r)
{
    return r->up;
}

size_t hy_redis_in_flight(const struct hy_redis *r)
{
    return r->in_flight;
}

void hy_redis_set_deadline(struct hy_redis *r, int64_t ms)
{
    r->deadline_ms = ms;
    if (r->watching)
        hy_timer_arm(r->watchdog, 0); /* looks again and arms itself for the new deadline */
}

struct hy_redis *hy_redis_new(struct hy_loop *l, const char *url, struct hy_redis_events ev)
{
    struct hy_redis *r = hy_xcalloc(1, sizeof(*r));

    *r = (struct hy_redis){.loop = l,
                           .ev = ev,
                           .deadline_ms = DEADLINE_MS,
                           .backoff_ms = BACKOFF_FIRST_MS,
                           .retry = hy_timer_new(l, retry, r),
                           .watchdog = hy_timer_new(l, watchdog, r),
                           .answer_refused = hy_timer_new(l, answer_refused, r)};
    TAILQ_INIT(&r->flying);
    TAILQ_INIT(&r->refused);
    if (hy_redis_address_open(url, &r->target, &r->url_err) < 0)
        r->url_err.code = r->url_err.code ? r->url_err.code : HY_E_USAGE;
    hy_timer_arm(r->retry, 0);
    return r;
}

static void redis_release(void *user)
{
    struct hy_redis *r = user;

    hy_redis_address_release(&r->target);
    free(r);
}

/* Everything that waits hears NULL now.  Flying calls stay listed: hiredis still owns them. */
static void answer_all(struct hy_redis *r)
{
    struct call *c;

    TAILQ_FOREACH (c, &r->flying, link) {
        hy_reply_fn fn = HY_TAKE(c->fn);
        c->script = NULL;
        if (fn)
            fn(NULL, c->user);
    }
    while ((c = TAILQ_FIRST(&r->refused))) {
        TAILQ_REMOVE(&r->refused, c, link);
        call_finish(c, NULL);
    }
}

void hy_redis_free(struct hy_redis *r)
{
    if (r == NULL || r->freed)
        return;
    r->freed = true;
    r->up = false;
    hy_timer_free(r->retry);
    hy_timer_free(r->watchdog);
    hy_timer_free(r->answer_refused);
    redisAsyncContext *ac = HY_TAKE(r->ac);
    answer_all(r);
    if (ac) {
        ac->data = NULL;
        redisAsyncFree(ac);
    }
    hy_loop_defer_free(r->loop, r, redis_release); /* a callback of ours may be on the stack */
}

/* ---- the blocking connection ---- */

struct hy_redis_sync {
    redisContext *c;
};

static int sync_take(struct hy_redis_sync *r, redisReply *reply, redisReply **ret,
                     struct hy_err *err)
{
    if (reply == NULL)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", r->c->errstr);
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_fail(err, HY_E_REDIS, "Redis: %s", reply->str);
        freeReplyObject(reply);
        return err->code;
    }
    *ret = reply;
    return HY_OK;
}

int hy_redis_sync_cmd(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err,
                      const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    redisReply *reply = redisvCommand(r->c, fmt, ap);
    va_end(ap);
    return sync_take(r, reply, ret, err);
}

int hy_redis_sync_cmdv(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err, int argc,
                       const char **argv, const size_t *argvlen)
{
    return sync_take(r, redisCommandArgv(r->c, argc, argv, argvlen), ret, err);
}

/* ---- the same, by hand ---- */

void hy_wire_arg(struct hy_wire *w, struct hy_str arg)
{
    char head[24];
    int n = snprintf(head, sizeof(head), "$%zu\r\n", arg.n);

    hy_buf_add(&w->b, head, (size_t)n);
    hy_buf_str(&w->b, arg);
    hy_buf_add(&w->b, "\r\n", 2);
    w->argc++;
}

void hy_wire_release(struct hy_wire *w)
{
    hy_buf_release(&w->b);
    w->argc = 0;
}

/* Appends to hiredis' own output buffer, so that the two parts need not be joined here. */
static int sync_ask(struct hy_redis_sync *r, const struct hy_wire *first,
                    const struct hy_wire *more, redisReply **ret, struct hy_err *err)
{
    char head[24];
    size_t argc = first->argc + (more ? more->argc : 0);
    int n = snprintf(head, sizeof(head), "*%zu\r\n", argc);
    void *reply = NULL;

    if (redisAppendFormattedCommand(r->c, head, (size_t)n) != REDIS_OK ||
        redisAppendFormattedCommand(r->c, first->b.p, first->b.n) != REDIS_OK ||
        (more && more->argc &&
         redisAppendFormattedCommand(r->c, more->b.p, more->b.n) != REDIS_OK) ||
        redisGetReply(r->c, &reply) != REDIS_OK)
        reply = NULL;
    return sync_take(r, reply, ret, err);
}

static int script_load(struct hy_redis_sync *r, struct hy_script *s, struct hy_err *err)
{
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(r, &reply, err, "SCRIPT LOAD %s", s->text) < 0)
        return err->code;
    snprintf(s->sha1, sizeof(s->sha1), "%s", reply->str ? reply->str : "");
    freeReplyObject(reply);
    return HY_OK;
}

int hy_redis_sync_eval(struct hy_redis_sync *r, struct hy_script *s, redisReply **ret,
                       struct hy_err *err, int nkeys, int argc, const struct hy_str *args,
                       const struct hy_wire *more)
{
    HY_CLEANUP(hy_wire_release) struct hy_wire head = HY_WIRE_INIT;
    char keys[16];
    int rc;

    if (s->sha1[0] == '\0' && script_load(r, s, err) < 0)
        return err->code;
    snprintf(keys, sizeof(keys), "%d", nkeys);
    hy_wire_arg(&head, hy_str(by_sha1(s)));
    hy_wire_arg(&head, hy_str(s->sha1));
    hy_wire_arg(&head, hy_str(keys));
    for (int i = 0; i < argc; i++)
        hy_wire_arg(&head, args[i]);
    rc = sync_ask(r, &head, more, ret, err);
    if (rc != HY_E_REDIS || r->c->err || strstr(err->msg, "NOSCRIPT") == NULL)
        return rc;
    *err = HY_ERR_INIT; /* another Redis, or one that was started again */
    return script_load(r, s, err) < 0 ? err->code : sync_ask(r, &head, more, ret, err);
}

int hy_redis_sync_send(struct hy_redis_sync *r, struct hy_err *err, int argc, const char **argv,
                       const size_t *argvlen)
{
    int done = 0;

    if (redisAppendCommandArgv(r->c, argc, argv, argvlen) != REDIS_OK)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", r->c->errstr);
    while (!done)
        if (redisBufferWrite(r->c, &done) != REDIS_OK)
            return hy_fail(err, HY_E_REDIS, "Redis: %s", r->c->errstr);
    return HY_OK;
}

int hy_redis_sync_fd(const struct hy_redis_sync *r)
{
    return r->c->fd;
}

int hy_redis_sync_take(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err)
{
    void *reply = NULL;

    *ret = NULL;
    if (redisBufferRead(r->c) != REDIS_OK || redisGetReplyFromReader(r->c, &reply) != REDIS_OK)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", r->c->errstr);
    return reply ? sync_take(r, reply, ret, err) : HY_OK;
}

/* ---- opening ---- */

static int sync_greet(struct hy_redis_sync *r, const struct hy_redis_address *t, struct hy_err *err)
{
    redisReply *reply = NULL;
    int rc = HY_OK;

    if (t->password && t->user)
        rc = hy_redis_sync_cmd(r, &reply, err, "AUTH %s %s", t->user, t->password);
    else if (t->password)
        rc = hy_redis_sync_cmd(r, &reply, err, "AUTH %s", t->password);
    freeReplyObject(reply);
    reply = NULL;
    if (rc == HY_OK && t->db)
        rc = hy_redis_sync_cmd(r, &reply, err, "SELECT %lld", (long long)t->db);
    freeReplyObject(reply);
    return rc;
}

static int sync_wait_loaded(struct hy_redis_sync *r, struct hy_err *err)
{
    hy_mono until = hy_mono_add_ms(hy_mono_now(), SYNC_LOADING_MS);
    redisReply *reply = NULL;

    while (hy_redis_sync_cmd(r, &reply, err, "PING") < 0) {
        if (r->c->err || strstr(err->msg, "LOADING") == NULL || hy_mono_now().us > until.us)
            return err->code;
        nanosleep(&(struct timespec){.tv_nsec = LOADING_POLL_MS * 1000000L}, NULL);
    }
    freeReplyObject(reply);
    *err = HY_ERR_INIT;
    return HY_OK;
}

static int sync_connect(const struct hy_redis_address *t, redisContext **ret, struct hy_err *err)
{
    struct timeval limit = {.tv_sec = DEADLINE_MS / 1000};
    redisContext *c = t->path ? redisConnectUnixWithTimeout(t->path, limit)
                              : redisConnectWithTimeout(t->host, t->port, limit);

    if (c == NULL)
        hy_bug("hiredis cannot create a context");
    if (c->err) {
        if (t->path)
            hy_fail(err, HY_E_REDIS, "Redis at %s: %s", t->path, c->errstr);
        else
            hy_fail(err, HY_E_REDIS, "Redis at %s:%d: %s", t->host, t->port, c->errstr);
        redisFree(c);
        return err->code;
    }
    redisSetTimeout(c, limit);
    *ret = c;
    return HY_OK;
}

int hy_redis_sync_open(const char *url, struct hy_redis_sync **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_redis_address_release) struct hy_redis_address t = {0};
    struct hy_redis_sync *r = hy_xcalloc(1, sizeof(*r));

    if (hy_redis_address_open(url, &t, err) < 0 || locate(&t, err) < 0 || sync_connect(&t, &r->c, err) < 0 ||
        sync_greet(r, &t, err) < 0 || sync_wait_loaded(r, err) < 0) {
        hy_redis_sync_close(r);
        return err->code;
    }
    *ret = r;
    return HY_OK;
}

void hy_redis_sync_close(struct hy_redis_sync *r)
{
    if (r == NULL)
        return;
    if (r->c)
        redisFree(r->c);
    free(r);
}

/* ---- replies ---- */

struct hy_str hy_reply_str(const redisReply *r)
{
    if (r == NULL || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
        return hy_str(NULL);
    return hy_str_n(r->str, r->len);
}

struct hy_str hy_reply_field(const redisReply *pairs, const char *field)
{
    if (pairs == NULL || pairs->type != REDIS_REPLY_ARRAY)
        return hy_str(NULL);
    for (size_t i = 0; i + 1 < pairs->elements; i += 2)
        if (hy_str_is(hy_reply_str(pairs->element[i]), field))
            return hy_reply_str(pairs->element[i + 1]);
    return hy_str(NULL);
}
