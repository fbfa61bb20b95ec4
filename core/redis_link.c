/* SPDX-License-Identifier: Apache-2.0 */
/* hiredis 0.14 leaves to its user what is built here:
 * - a frozen server is never noticed: `watchdog` measures the silence while an answer is due;
 * - a refused connection calls only the connect callback, a lost one only the disconnect callback;
 *   both free the context, so both forget it and meet in lost();
 * - a command issued while the context dies vanishes without a callback: such commands, and those
 *   issued while we are down, wait in `refused` for their NULL in the next turn.
 *
 * Invariant: every struct call is in exactly one of `flying` (hiredis will call on_reply once) and
 * `refused`; its fn is called exactly once, and never after hy_link_free() has returned. */
#include "core/redis_link.h"

#include "core/mem.h"
#include "core/redis_sentinel.h"

#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    DEADLINE_MS = 5000,
    BACKOFF_FIRST_MS = 50,
    BACKOFF_LAST_MS = 2000,
    LOADING_POLL_MS = 100,
};

struct call {
    TAILQ_ENTRY(call) entry;
    struct hy_link *link;
    hy_reply_fn fn; /* NULL: nobody waits (any more) */
    void *user;
    hy_mono sent;
};
TAILQ_HEAD(calls, call);

struct hy_link {
    struct hy_loop *loop;
    struct hy_redis_address at;
    struct hy_redis_events ev;
    redisAsyncContext *ac; /* NULL: not connected */
    bool connecting, up, freed, watching;
    bool demoted;          /* a fail-over made this Redis a replica: the watchdog gives it up */
    struct hy_err broken;  /* set when the URL or the password file is unusable */
    bool told_down;        /* on_down was called since the last on_up */
    hy_mono since;         /* the connection attempt began, or the last answer came */
    hy_mono look;          /* when the watchdog is to look */
    int64_t deadline_ms, backoff_ms;
    size_t in_flight;
    struct calls flying, refused; /* oldest first */
    struct hy_timer *retry;       /* next attempt, or next PING while Redis loads */
    struct hy_timer *watchdog;
    struct hy_timer *answer_refused;
};

/* Run the callback of a call that is in no list any more. */
static void call_finish(struct call *c, const redisReply *reply)
{
    hy_reply_fn fn = c->fn;
    void *user = c->user;

    free(c);
    if (fn)
        fn(reply, user);
}

static void refuse(struct hy_link *k, struct call *c)
{
    if (k->freed) {
        free(c);
        return;
    }
    TAILQ_INSERT_TAIL(&k->refused, c, entry);
    hy_timer_arm(k->answer_refused, 0);
}

static void answer_refused(void *user)
{
    struct hy_link *k = user;
    size_t n = 0;
    struct call *c;

    TAILQ_FOREACH (c, &k->refused, entry)
        n++; /* only these: a callback that sends again must not keep us for ever */
    while (!k->freed && n-- > 0 && (c = TAILQ_FIRST(&k->refused))) {
        TAILQ_REMOVE(&k->refused, c, entry);
        call_finish(c, NULL);
    }
}

static void tell_down(struct hy_link *k, enum hy_code code, const char *why)
{
    struct hy_err err = HY_ERR_INIT;

    if (k->told_down || k->freed)
        return;
    k->told_down = true;
    hy_fail(&err, code, "%s", why);
    if (k->ev.on_down)
        k->ev.on_down(k->ev.user, &err); /* may free k */
}

/* The connection is gone; every way of losing it ends here, once. */
static void lost(struct hy_link *k, enum hy_code code, const char *why)
{
    k->up = k->connecting = false;
    if (k->freed)
        return;
    int64_t half = k->backoff_ms / 2;
    hy_timer_arm(k->retry, half + arc4random_uniform((uint32_t)half + 1));
    k->backoff_ms = HY_MIN(k->backoff_ms * 2, (int64_t)BACKOFF_LAST_MS);
    tell_down(k, code, why);
}

/* Give the connection up ourselves. */
static void drop(struct hy_link *k, enum hy_code code, const char *why)
{
    redisAsyncContext *ac = HY_TAKE(k->ac);

    if (ac == NULL)
        return;
    k->up = false;
    ac->data = NULL;    /* the disconnect callback is none of our business any more */
    redisAsyncFree(ac); /* pending callbacks get NULL, now or when the present one returns */
    lost(k, code, why);
}

static void watch(struct hy_link *k, int64_t delay_ms)
{
    if (k->watching)
        return;
    k->watching = true;
    k->look = hy_mono_add_ms(hy_loop_mono(k->loop), delay_ms);
    hy_timer_arm(k->watchdog, delay_ms);
}

/* A turn of ours went on long after the look was due.  hiredis writes in the turn after, and reads in
 * the one after that: what we were too busy for is not Redis' silence.  A crawler that dropped its
 * connection over that began the same work anew, and was as late with it. */
static bool were_busy(const struct hy_link *k, hy_mono now)
{
    return (now.us - k->look.us) / 1000 > k->deadline_ms / 5;
}

/* Runs after the descriptors of its turn, so answers that are already here have been read. */
static void watchdog(void *user)
{
    struct hy_link *k = user;
    struct call *oldest = TAILQ_FIRST(&k->flying);
    hy_mono from = k->since;
    char why[80];

    k->watching = false;
    if (k->demoted) {
        k->demoted = false;
        drop(k, HY_E_REDIS, "this Redis is a replica now");
        return;
    }
    if (k->ac == NULL || (oldest == NULL && !k->connecting))
        return;
    if (oldest && oldest->sent.us > from.us)
        from = oldest->sent;
    hy_mono now = hy_loop_mono(k->loop);
    int64_t silent_ms = (now.us - from.us) / 1000;
    silent_ms = were_busy(k, now) ? 0 : silent_ms;
    if (silent_ms < k->deadline_ms) {
        watch(k, k->deadline_ms - silent_ms);
        return;
    }
    snprintf(why, sizeof(why), "Redis gave no answer for %lld ms", (long long)silent_ms);
    drop(k, HY_E_TIMEOUT, why);
}

/* ---- sending ---- */

static bool is_error(const redisReply *reply, struct hy_str starts)
{
    return reply && reply->type == REDIS_REPLY_ERROR &&
           hy_str_starts(hy_str_n(reply->str, reply->len), starts);
}

static void on_reply(redisAsyncContext *ac, void *reply, void *user)
{
    struct call *c = user;
    struct hy_link *k = c->link;

    (void)ac;
    TAILQ_REMOVE(&k->flying, c, entry);
    k->in_flight--;
    if (reply)
        k->since = hy_loop_mono(k->loop);
    else
        k->up = false; /* what the callback sends now must be refused, hiredis would lose it */
    if (is_error(reply, HY_STR("READONLY"))) {
        k->demoted = true;
        hy_timer_arm(k->watchdog, 0);
        reply = NULL; /* to the caller the same as a lost connection: send again after on_up */
    }
    call_finish(c, reply);
}

static void note_flying(struct hy_link *k, struct call *c)
{
    TAILQ_INSERT_TAIL(&k->flying, c, entry);
    k->in_flight++;
    watch(k, k->deadline_ms);
}

void hy_link_send(struct hy_link *k, hy_reply_fn fn, void *user, const char *bytes, size_t n)
{
    struct call *c;

    if (k->freed)
        return;
    c = hy_xcalloc(1, sizeof(*c));
    *c = (struct call){.link = k, .fn = fn, .user = user, .sent = hy_loop_mono(k->loop)};
    if (!k->up || redisAsyncFormattedCommand(k->ac, on_reply, c, bytes, n) != REDIS_OK) {
        refuse(k, c);
        return;
    }
    note_flying(k, c);
}

/* Also before the link is up. */
static void say(struct hy_link *k, hy_reply_fn fn, int argc, const char **argv)
{
    struct call *c = hy_xcalloc(1, sizeof(*c));

    *c = (struct call){.link = k, .fn = fn, .user = k, .sent = hy_loop_mono(k->loop)};
    if (redisAsyncCommandArgv(k->ac, on_reply, c, argc, argv, NULL) != REDIS_OK)
        refuse(k, c);
    else
        note_flying(k, c);
}

/* ---- connecting ---- */

static void on_setup(const redisReply *reply, void *user)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        drop(user, HY_E_REDIS, reply->str);
}

static void on_pong(const redisReply *reply, void *user)
{
    struct hy_link *k = user;

    if (reply == NULL || k->ac == NULL)
        return;
    if (is_error(reply, HY_STR("LOADING"))) {
        hy_timer_arm(k->retry, LOADING_POLL_MS);
        tell_down(k, HY_E_REDIS, "Redis is still loading its data");
    } else if (reply->type == REDIS_REPLY_ERROR) {
        drop(k, HY_E_REDIS, reply->str);
    } else {
        k->up = true;
        k->told_down = false;
        k->backoff_ms = BACKOFF_FIRST_MS;
        if (k->ev.on_up)
            k->ev.on_up(k->ev.user);
    }
}

static void ping(struct hy_link *k)
{
    say(k, on_pong, 1, (const char *[]){"PING"});
}

static void greet(struct hy_link *k)
{
    const struct hy_redis_address *t = &k->at;
    char db[24];

    if (t->password && t->user)
        say(k, on_setup, 3, (const char *[]){"AUTH", t->user, t->password});
    else if (t->password)
        say(k, on_setup, 2, (const char *[]){"AUTH", t->password});
    snprintf(db, sizeof(db), "%lld", (long long)t->db);
    if (t->db)
        say(k, on_setup, 2, (const char *[]){"SELECT", db});
    ping(k);
}

static void on_connect(const redisAsyncContext *ac, int status)
{
    struct hy_link *k = ac->data;

    if (k == NULL)
        return;
    k->connecting = false;
    if (status == REDIS_OK) {
        greet(k);
        return;
    }
    k->ac = NULL; /* hiredis frees it when we return, without a disconnect callback */
    lost(k, HY_E_REDIS, ac->errstr);
}

static void on_disconnect(const redisAsyncContext *ac, int status)
{
    struct hy_link *k = ac->data;

    if (k == NULL)
        return;
    k->ac = NULL; /* freed when we return */
    lost(k, HY_E_REDIS, status == REDIS_OK ? "connection closed" : ac->errstr);
}

static void attach(struct hy_link *k, redisAsyncContext *ac)
{
    k->ac = ac;
    k->connecting = true;
    k->since = hy_loop_mono(k->loop);
    ac->data = k;
    if (redisLibeventAttach(ac, hy_loop_base(k->loop)) != REDIS_OK)
        hy_bug("hiredis cannot be attached to the loop");
    redisAsyncSetConnectCallback(ac, on_connect);
    redisAsyncSetDisconnectCallback(ac, on_disconnect);
    watch(k, k->deadline_ms);
}

static void connect_now(struct hy_link *k)
{
    struct hy_redis_address *t = &k->at;
    struct hy_err err = HY_ERR_INIT;
    char why[160];

    if (hy_sentinel_locate(t, &err) < 0) {
        lost(k, err.code, err.msg);
        return;
    }
    redisAsyncContext *ac =
        t->path ? redisAsyncConnectUnix(t->path) : redisAsyncConnect(t->host, t->port);
    if (ac == NULL)
        hy_bug("hiredis cannot create a context");
    if (ac->err == 0) {
        attach(k, ac);
        return;
    }
    snprintf(why, sizeof(why), "%s", ac->errstr);
    redisAsyncFree(ac);
    lost(k, HY_E_REDIS, why);
}

static void retry(void *user)
{
    struct hy_link *k = user;

    if (k->ac)
        ping(k); /* Redis was loading */
    else if (k->broken.code)
        tell_down(k, k->broken.code, k->broken.msg);
    else
        connect_now(k);
}

/* ---- life cycle ---- */

bool hy_link_is_up(const struct hy_link *k)
{
    return k->up;
}

bool hy_link_is_down(const struct hy_link *k)
{
    return !k->up && k->told_down;
}

size_t hy_link_in_flight(const struct hy_link *k)
{
    return k->in_flight;
}

void hy_link_set_deadline(struct hy_link *k, int64_t ms)
{
    k->deadline_ms = ms;
    if (k->watching)
        hy_timer_arm(k->watchdog, 0); /* looks again and arms itself for the new deadline */
}

void hy_link_drop(struct hy_link *k, enum hy_code code, const char *why)
{
    drop(k, code, why);
}

struct hy_link *hy_link_new(struct hy_loop *l, struct hy_redis_address *at,
                            const struct hy_err *broken, struct hy_redis_events ev)
{
    struct hy_link *k = hy_xcalloc(1, sizeof(*k));

    *k = (struct hy_link){.loop = l,
                          .at = *at,
                          .ev = ev,
                          .broken = broken ? *broken : HY_ERR_INIT,
                          .deadline_ms = DEADLINE_MS,
                          .backoff_ms = BACKOFF_FIRST_MS,
                          .retry = hy_timer_new(l, retry, k),
                          .watchdog = hy_timer_new(l, watchdog, k),
                          .answer_refused = hy_timer_new(l, answer_refused, k)};
    *at = (struct hy_redis_address){0};
    TAILQ_INIT(&k->flying);
    TAILQ_INIT(&k->refused);
    hy_timer_arm(k->retry, 0);
    return k;
}

static void link_release(void *user)
{
    struct hy_link *k = user;

    hy_redis_address_release(&k->at);
    free(k);
}

/* Everything that waits hears NULL now.  Flying calls stay listed: hiredis still owns them. */
static void answer_all(struct hy_link *k)
{
    struct call *c;

    TAILQ_FOREACH (c, &k->flying, entry) {
        hy_reply_fn fn = HY_TAKE(c->fn);
        if (fn)
            fn(NULL, c->user);
    }
    while ((c = TAILQ_FIRST(&k->refused))) {
        TAILQ_REMOVE(&k->refused, c, entry);
        call_finish(c, NULL);
    }
}

void hy_link_free(struct hy_link *k)
{
    if (k == NULL || k->freed)
        return;
    k->freed = true;
    k->up = false;
    hy_timer_free(k->retry);
    hy_timer_free(k->watchdog);
    hy_timer_free(k->answer_refused);
    redisAsyncContext *ac = HY_TAKE(k->ac);
    answer_all(k);
    if (ac) {
        ac->data = NULL;
        redisAsyncFree(ac);
    }
    hy_loop_defer_free(k->loop, k, link_release); /* a callback of ours may be on the stack */
}
