/* SPDX-License-Identifier: Apache-2.0 */
/* Redis as huiying uses it; core/redis_*.c are the only files that know hiredis.
 *
 * Two connections: `hy_redis` is asynchronous on a loop, reconnects by itself with back-off and
 * jitter, has a watchdog on the oldest command (hiredis has none), and calls each command's
 * callback exactly once - with a NULL reply when the connection was lost and the outcome is
 * unknown.  Callers make every script idempotent and send again after on_up().  `hy_redis_sync` is
 * for one-shot commands and tests.
 *
 * What a URL may say: core/redis_url.h.  It may name two places, the crawl's Redis and the offices',
 * and the latter may be a Cluster; then a command goes by the first of its arguments that begins
 * with "hy:", to the offices when that is hy:{O}:..., else to the crawl, as does one without keys.
 * So no command or script names keys of both, or of two offices; and a script takes at least one
 * key. */
#pragma once
#include "core/buf.h"
#include "core/loop.h"
#include "core/redis_url.h"
#include "core/str.h"

#include <hiredis/hiredis.h> /* redisReply is the data shape of answers */

struct hy_redis;

/* Neither is called inside hy_redis_new().  `why` is borrowed. */
struct hy_redis_events {
    void (*on_up)(void *user); /* connected, authenticated, data loaded; may be NULL */
    /* Once per loss, and once when the first attempt fails: then silence until on_up. */
    void (*on_down)(void *user, const struct hy_err *why); /* may be NULL */
    void *user;
};
typedef void (*hy_reply_fn)(const redisReply *reply,
                            void *user); /* reply is borrowed; may be NULL */

/* A malformed URL (roles ask hy_redis_check_url first) is told by on_down, and r stays down. */
struct hy_redis *hy_redis_new(struct hy_loop *l, const char *url, struct hy_redis_events ev);
/* Pending callbacks get NULL before this returns; what they send is dropped without an answer.
 * Neither on_up nor on_down is called any more.  Safe inside any callback of r. */
void hy_redis_free(struct hy_redis *r);
bool hy_redis_is_up(const struct hy_redis *r); /* every Redis that was used so far is */
size_t hy_redis_in_flight(const struct hy_redis *r); /* callers cap this */
/* The crawl's Redis does not count: a role that serves an office goes on without it. */
void hy_redis_offices_matter(struct hy_redis *r);
/* Longest silence while an answer is due before the connection counts as dead; default 5 s.
 * Blocking commands (XREADGROUP BLOCK) need a connection of their own with a longer one. */
void hy_redis_set_deadline(struct hy_redis *r, int64_t ms);

/* fn may be NULL.  When the connection is down fn gets NULL in a later turn.  No SUBSCRIBE: what
 * must not be missed travels in streams. */
void hy_redis_cmdv(struct hy_redis *r, hy_reply_fn fn, void *user, int argc, const char **argv,
                   const size_t *argvlen);
void hy_redis_cmd(struct hy_redis *r, hy_reply_fn fn, void *user, const char *fmt,
                  ...); /* hiredis */

/* A Lua script: sent by EVALSHA, loaded on NOSCRIPT.  The struct is static storage of the caller:
 *     static struct hy_script commit = {.text = "return redis.call(...)"}; */
struct hy_script {
    const char *text;
    bool reads_only; /* writes nothing: a user who may only read its keys may run it */
    char sha1[41]; /* filled by Redis' answer to the first use */
};
void hy_redis_eval(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                   int argc, const char **argv, const size_t *argvlen); /* keys first, then args */

/* Blocking, for commands and tests.  Opening waits while Redis loads its data (at most 10 s); every
 * wait for an answer ends after 5 s.  With two places, or a Cluster, opening connects to nothing:
 * the first command for each does. */
struct hy_redis_sync;
HY_MUST_CHECK int hy_redis_sync_open(const char *url, struct hy_redis_sync **ret,
                                     struct hy_err *err);
void hy_redis_sync_close(struct hy_redis_sync *r); /* NULL is a no-op */
/* Owned reply (freeReplyObject) or an error; a Redis error reply is HY_E_REDIS with its text.  The
 * format is hiredis' own: %s %b %d %lld, but no %zu. */
HY_MUST_CHECK int hy_redis_sync_cmd(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err,
                                    const char *fmt, ...);
HY_MUST_CHECK int hy_redis_sync_cmdv(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err,
                                     int argc, const char **argv, const size_t *argvlen);

/* Arguments as they go over the wire, for commands of thousands of arguments: one buffer instead of
 * an allocation for each. */
struct hy_wire {
    struct hy_buf b;
    size_t argc;
};
#define HY_WIRE_INIT ((struct hy_wire){.b = HY_BUF_INIT(HY_BUF_UNBOUNDED)})
void hy_wire_arg(struct hy_wire *w, struct hy_str arg);
void hy_wire_join(struct hy_wire *w, const struct hy_str *part, size_t n); /* one argument out of n */
void hy_wire_int(struct hy_wire *w, int64_t v);
void hy_wire_release(struct hy_wire *w);

/* A script by its SHA-1 (see struct hy_script); keys and arguments are `args`, then `more`. */
HY_MUST_CHECK int hy_redis_sync_eval(struct hy_redis_sync *r, struct hy_script *s, redisReply **ret,
                                     struct hy_err *err, int nkeys, int argc,
                                     const struct hy_str *args, const struct hy_wire *more);

/* The same in three steps, so that all is prepared when it is to be done, in Redis too, which has all
 * of it but the last byte, and the caller can go on while Redis works.  Between them nothing else is
 * asked of `r`, and `args` and `more` say the same.
 * Where it cannot be sent before it is known where to (in a cluster), _end() does all of it. */
HY_MUST_CHECK int hy_redis_sync_eval_prepare(struct hy_redis_sync *r, struct hy_script *s,
                                             struct hy_err *err, int nkeys, int argc,
                                             const struct hy_str *args, const struct hy_wire *more);
HY_MUST_CHECK int hy_redis_sync_eval_begin(struct hy_redis_sync *r, struct hy_err *err);
HY_MUST_CHECK int hy_redis_sync_eval_end(struct hy_redis_sync *r, struct hy_script *s,
                                         redisReply **ret, struct hy_err *err, int nkeys, int argc,
                                         const struct hy_str *args, const struct hy_wire *more);

/* A command whose answer may take for ever (XREAD BLOCK 0), on a connection of its own: send it,
 * poll the descriptor for reading together with whatever else the caller waits for, and take what
 * has come.  *ret is NULL while the answer is not complete.  One such command at a time. */
HY_MUST_CHECK int hy_redis_sync_send(struct hy_redis_sync *r, struct hy_err *err, int argc,
                                     const char **argv, const size_t *argvlen);
int hy_redis_sync_fd(const struct hy_redis_sync *r);
HY_MUST_CHECK int hy_redis_sync_take(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err);

/* Value of a field in the flat field/value array of a stream entry or HGETALL; empty if absent. */
struct hy_str hy_reply_field(const redisReply *pairs, const char *field);
struct hy_str hy_reply_str(const redisReply *r); /* empty for anything that is no string/status */
