/* SPDX-License-Identifier: Apache-2.0 */
/* Is the service itself well?  One look at everything in Redis that says so, and what is made of it:
 * a screen for people (`huiying status`), figures for Prometheus, and whether the work gets done.
 *
 * The look is two scripts that write nothing, for what is the crawl's and what is the office's; it
 * costs a few hundred microseconds and grows with the number of roles and sources, not with
 * incidents or timers.  Its answer is JSON:
 *     {"now","roles":[what core/beat.h describes],"memory":{"used","peak","max"},
 *      "memory_offices":the same of the Redis that has the office (often the same one),
 *      "queues":{name:length},"lost":{"captures","scored"},
 *      "leads":bool,"journal":seq,"incidents":n,"open":n,"cases":n,
 *      "timers":{"pending","due","next"},"dead":n,"outbox":n,
 *      "sources":[{"id","state","last_ok","last_new","next","why"}]}
 * Times are UTC milliseconds, 0: never. */
#pragma once
#include "core/buf.h"
#include "core/json.h"
#include "core/redis.h"
#include "rules/rules.h"

HY_MUST_CHECK int hy_watch_look_sync(struct hy_redis_sync *r, const struct hy_rules *rules,
                                     hy_wall now, json_t **ret, struct hy_err *err);
/* Called once; `seen` is borrowed, and NULL when Redis did not answer (see err). */
typedef void (*hy_watch_fn)(const json_t *seen, const struct hy_err *err, void *user);
void hy_watch_look(struct hy_redis *r, const struct hy_rules *rules, hy_wall now, hy_watch_fn fn,
                   void *user);

/* What is missing for the work to be done, a Chinese sentence each; an empty array: nothing. */
json_t *hy_watch_missing(const json_t *seen);
/* All figures in Prometheus' text format, version 0.0.4. */
void hy_watch_metrics(const json_t *seen, struct hy_buf *out);
/* One screen: roles, Redis, clocks, queues, sources, duty. */
void hy_watch_screen(const json_t *seen, const struct hy_rules *rules, struct hy_buf *out);
