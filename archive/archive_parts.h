/* SPDX-License-Identifier: Apache-2.0 */
/* Between archive.c, the role, and archive_input.c, which takes what the streams hold.  Nobody else
 * includes this. */
#pragma once
#include "archive/expire.h"
#include "archive/follow.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/office.h"

/* What an archive is for:
 *     one office alone        takes scored items and captures
 *     one office of several   takes its scored items, and its captures from the common store
 *     all of several offices  takes captures into the common store */
enum { HY_ARCHIVE_INPUTS = 3 };

struct hy_archive;
struct hy_archive_input {
    char *stream, *load; /* owned; NULL: not this archive's */
    int (*take)(struct hy_archive *a, const redisReply *fields, hy_wall now, struct hy_err *err);
    const char *fields[2]; /* what the load counts */
    bool pending;          /* what an earlier life left is not done yet */
};

struct hy_archive {
    const struct hy_role *role;
    char *office; /* NULL: for all of several */
    char *dir, *common_dir; /* common_dir NULL: no common store */
    char *prefix; /* of the keys of its own: "hy:archive:", or of one among several
                   * "hy:{O}:archive:" */
    struct hy_store *common;
    struct hy_archive_input inputs[HY_ARCHIVE_INPUTS];
    struct hy_retention keep;
    struct hy_store *store;
    struct hy_redis_sync *redis;
    struct hy_follower follower;
    struct hy_expiry expiry;
    bool tidying;
    char token[33];                  /* who we are in the lease */
    hy_mono asked, expired, swept, beat;
    int64_t items, captures;
};

/* Fill a->inputs; once, when it is known whose archive this is. */
void hy_archive_name_inputs(struct hy_archive *a);
void hy_archive_forget_inputs(struct hy_archive *a);
/* Make the consumer groups; what an earlier life left is pending then. */
HY_MUST_CHECK int hy_archive_groups(struct hy_archive *a, struct hy_err *err);
/* A batch of what is new, waiting a little for it. */
HY_MUST_CHECK int hy_archive_take(struct hy_archive *a, bool *ret_any, struct hy_err *err);
/* One entry that an earlier life left; *ret_any: there was a stream to look at. */
HY_MUST_CHECK int hy_archive_take_pending(struct hy_archive *a, bool *ret_any, struct hy_err *err);
