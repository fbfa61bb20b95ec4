/* SPDX-License-Identifier: Apache-2.0 */
/* Is the service itself well?  One look at everything in Redis that says so, and what is made of it:
 * a screen for people (`huiying status`), figures for Prometheus, and whether the work gets done.
 *
 * The look is one script that writes nothing; it costs a few hundred microseconds and grows with
 * the number of roles and sources, not with incidents or timers.  Its answer is JSON:
 *     {"now","roles":[what core/beat.h describes],"memory":{"used","peak","max"},
 *      "queues":{name:length},"lost":{"captures","scored"},
 *      "leads":bool,"journal":seq,"incidents":n,"open":n,"cases":n,
 *      "timers":{"pending","due","next"},"dead":n,"outbox":n,
 *      "sources":[{"id","state","last_ok","last_new","next","why"}]}
 * Times are UTC milliseconds, 0: never. */
#pragma once
#include "core/buf.h"
#include "core/json.h"
#include "core/redis.h"
#include "core/vec.h"
#include "rules/rules.h"

extern struct hy_script hy_watch_script;
struct hy_watch_args { /* keys, then arguments, in the forms hy_redis_eval() takes */
    int nkeys;
    HY_VEC(const char *) v;
    HY_VEC(size_t) n;
    HY_VEC(char *) owned;
};
void hy_watch_args(const struct hy_rules *rules, hy_wall now, struct hy_watch_args *ret);
void hy_watch_args_release(struct hy_watch_args *a);
HY_MUST_CHECK int hy_watch_parse(const redisReply *reply, json_t **ret, struct hy_err *err);

/* What is missing for the work to be done, a Chinese sentence each; an empty array: nothing. */
json_t *hy_watch_missing(const json_t *seen);
/* All figures in Prometheus' text format, version 0.0.4. */
void hy_watch_metrics(const json_t *seen, struct hy_buf *out);
/* One screen: roles, Redis, clocks, queues, sources, duty. */
void hy_watch_screen(const json_t *seen, const struct hy_rules *rules, struct hy_buf *out);
