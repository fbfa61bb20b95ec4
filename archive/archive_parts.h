/* SPDX-License-Identifier: Apache-2.0 */
/* Between archive.c, the role, and archive_input.c, which takes what the streams hold.  Nobody else
 * includes this. */
#pragma once
#include "archive/expire.h"
#include "archive/follow.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/office.h"

enum { HY_ARCHIVE_INPUTS = 2 };

struct hy_archive {
    const struct hy_role *role;
    char *office, *dir;
    struct hy_retention keep;
    struct hy_store *store;
    struct hy_redis_sync *redis;
    struct hy_follower follower;
    struct hy_expiry expiry;
    bool tidying;
    char token[33];                  /* who we are in the lease */
    bool pending[HY_ARCHIVE_INPUTS]; /* of each stream: what an earlier life left is not done yet */
    hy_mono asked, expired, swept, beat;
    int64_t items, captures;
};

/* Make the consumer groups; what an earlier life left is pending then. */
HY_MUST_CHECK int hy_archive_groups(struct hy_archive *a, struct hy_err *err);
/* A batch of what is new, waiting a little for it. */
HY_MUST_CHECK int hy_archive_take(struct hy_archive *a, bool *ret_any, struct hy_err *err);
/* One entry that an earlier life left; *ret_any: there was a stream to look at. */
HY_MUST_CHECK int hy_archive_take_pending(struct hy_archive *a, bool *ret_any, struct hy_err *err);
