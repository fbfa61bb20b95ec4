/* SPDX-License-Identifier: Apache-2.0 */
/* One asynchronous connection to one Redis, which reconnects by itself with back-off and jitter and
 * has a watchdog on the oldest command.  core/redis.c chooses the link that a command takes; nobody
 * else uses this.
 *
 * Every command's fn is called exactly once, with NULL when the connection was lost. */
#pragma once
#include "core/loop.h"
#include "core/redis.h"

struct hy_link;

/* Takes what `at` owns.  `broken`: why there will never be a connection (an unusable URL), or NULL.
 * Events as in core/redis.h. */
struct hy_link *hy_link_new(struct hy_loop *l, struct hy_redis_address *at,
                            const struct hy_err *broken, struct hy_redis_events ev);
/* Pending fn get NULL before this returns; safe inside any callback of it. */
void hy_link_free(struct hy_link *k);

bool hy_link_is_up(const struct hy_link *k);
bool hy_link_is_down(const struct hy_link *k); /* not up, and not for want of time alone */
size_t hy_link_in_flight(const struct hy_link *k);
void hy_link_set_deadline(struct hy_link *k, int64_t ms);

/* A command as it goes over the wire.  When the link is not up, fn gets NULL in a later turn. */
void hy_link_send(struct hy_link *k, hy_reply_fn fn, void *user, const char *bytes, size_t n);
/* Give the connection up and begin anew. */
void hy_link_drop(struct hy_link *k, enum hy_code code, const char *why);
