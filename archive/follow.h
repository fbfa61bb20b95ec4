/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the journal of an office from Redis, in order, from where the store has come to: which
 * items belong to which incident (so that they stay), and what became of the incidents.
 *
 * The chain is checked on the way.  When the stream does not hold the line the store read last -
 * the journal was replaced - everything is read again from the beginning, which does no harm. While
 * the stream is shorter than that (Redis was lost and the keeper has not refilled it yet) nothing
 * happens. */
#pragma once
#include "archive/store.h"
#include "core/redis.h"

struct hy_follower {
    struct hy_store *store;
    const char *office; /* borrowed */
    struct hy_head head;
    bool started; /* head is the store's, and stands in the stream */
};
/* One batch in one transaction.  *ret_n lines were read; fewer than HY_FOLLOW_BATCH: that is all.
 */
enum { HY_FOLLOW_BATCH = 200 };
HY_MUST_CHECK int hy_follow(struct hy_follower *f, struct hy_redis_sync *redis, hy_wall now,
                            size_t *ret_n, struct hy_err *err);
