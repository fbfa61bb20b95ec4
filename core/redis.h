/* SPDX-License-Identifier: Apache-2.0 */
/* Redis as huiying uses it.  The only file that knows hiredis.
 *
 * Two connections: `hy_redis` is asynchronous on a loop, reconnects by itself with back-off and
 * jitter, has a watchdog on the oldest command (hiredis has none), and calls each command's
 * callback exactly once - with a NULL reply when the connection was lost and the outcome is
 * unknown.  Callers make every script idempotent and send again after on_up().  `hy_redis_sync` is
 * for one-shot commands and tests.
 *
 * URL forms: unix:///path/redis.sock, redis://[user:password@]host:port[/db].  A password may also
 * come from the file named by HUIYING_REDIS_PASSWORD_FILE. */
#pragma once
#include "core/loop.h"
#include "core/str.h"

#include <hiredis/hiredis.h> /* redisReply is the data shape of answers */

struct hy_redis;

struct hy_redis_events {
    void (*on_up)(void *user);                             /* connected and authenticated */
    void (*on_down)(void *user, const struct hy_err *why); /* once per loss */
    void *user;
};
typedef void (*hy_reply_fn)(const redisReply *reply, void *user); /* reply is borrowed; may be NULL */

struct hy_redis *hy_redis_new(struct hy_loop *l, const char *url, struct hy_redis_events ev);
void hy_redis_free(struct hy_redis *r); /* pending callbacks get NULL */
bool hy_redis_is_up(const struct hy_redis *r);
size_t hy_redis_in_flight(const struct hy_redis *r); /* callers cap this */
/* Deadline for one answer before the connection counts as dead; default 5 s.  Blocking commands
 * (XREADGROUP BLOCK) need a connection of their own with a longer one. */
void hy_redis_set_deadline(struct hy_redis *r, int64_t ms);

/* fn may be NULL.  When the connection is down fn gets NULL in a later turn. */
void hy_redis_cmdv(struct hy_redis *r, hy_reply_fn fn, void *user, int argc, const char **argv,
                   const size_t *argvlen);
void hy_redis_cmd(struct hy_redis *r, hy_reply_fn fn, void *user, const char *fmt, ...); /* hiredis */

/* A Lua script: sent by EVALSHA, loaded on NOSCRIPT.  `text` must stay valid. */
struct hy_script {
    const char *text;
    char sha1[41]; /* filled on first use */
};
void hy_redis_eval(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                   int argc, const char **argv, const size_t *argvlen); /* keys first, then args */

/* Blocking, for commands and tests. */
struct hy_redis_sync;
HY_MUST_CHECK int hy_redis_sync_open(const char *url, struct hy_redis_sync **ret,
                                     struct hy_err *err);
void hy_redis_sync_close(struct hy_redis_sync *r);
/* Owned reply (freeReplyObject) or an error; a Redis error reply is HY_E_REDIS with its text. */
HY_MUST_CHECK int hy_redis_sync_cmd(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err,
                                    const char *fmt, ...);

/* Value of a field in the flat field/value array of a stream entry or HGETALL; empty if absent. */
struct hy_str hy_reply_field(const redisReply *pairs, const char *field);
struct hy_str hy_reply_str(const redisReply *r); /* empty for anything that is no string/status */
