/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the keep role share.  One session = one term of leadership over one connection:
 *
 *     lead      lease and fencing token                                   keep_load.c
 *     load      mirror -> state; compare with Redis' head; level the two  keep_load.c
 *     serve     timers, commands, hits -> decide -> commit                keep.c, keep_commit.c
 *
 * Any failure ends the session, and the next one begins from the mirror: recovering is starting.
 *
 * The order of writing is: mirror with fsync, then one Redis script with journal, incidents,
 * timers, notices, feed, replies and the removal of the inputs.  Whatever dies in between:
 * - before the fsync: the inputs are still in their streams, nothing was said to anybody;
 * - after it: the next session finds the mirror ahead of Redis by entries that continue its chain,
 *   and writes them to Redis; the inputs come again and are recognised (item id, command id);
 * - Redis lost or older: the same, with more entries;
 * - the mirror lost or older (a standby's): what is missing is appended from Redis' stream.
 * Nothing is acknowledged before both have it.  A refused script (another leader) takes its
 * entries back from the mirror.  A mirror that contradicts Redis is set aside, never merged. */
#pragma once
#include "alerts/keep/decide.h"
#include "alerts/keep/hold.h"
#include "analyzer/group.h"
#include "core/redis.h"
#include "core/role.h"

enum { HY_LEASE_MS = 3000 };

enum hy_input { /* the streams the keeper reads */
                HY_INPUT_CMD,
                HY_INPUT_HITS,
                HY_INPUT_HEALTH, /* of the sources, from the crawler */
                HY_INPUT_COUNT
};

struct hy_keep {
    const struct hy_role *role;
    struct hy_rules *rules;
    char *office;
    char token[33]; /* who we are in the lease */
    /* of the session */
    struct hy_redis_sync *redis;
    struct hy_state *state;
    struct hy_mirror *mirror;
    struct hy_hold *hold; /* beside the mirror, so that only one process writes it */
    struct hy_group *group;
    struct hy_heat_base *sources; /* what each source usually publishes */
    struct hy_map *timers;        /* incident id -> struct hy_pendings *, owned */
    int64_t fence;
    hy_mono leased;                /* when the lease was last confirmed */
    char read[HY_INPUT_COUNT][48]; /* newest entry read of each stream */
};

/* Commands of one transaction, as flat arguments. */
struct hy_ops {
    HY_VEC(char *) v; /* owned */
    HY_VEC(size_t) n;
    size_t open; /* index of the argument count of the operation being built */
};
void hy_ops_begin(struct hy_ops *ops);
void hy_ops_arg(struct hy_ops *ops, struct hy_str arg);
void hy_ops_add(struct hy_ops *ops, int argc, const char *const *argv);
void hy_ops_move(struct hy_ops *to, struct hy_ops *from); /* append; leaves `from` empty */
void hy_ops_release(struct hy_ops *ops);

/* Key of this office: "hy:{O}:<what>".  Valid until the next call but three. */
const char *hy_keep_key(const struct hy_keep *k, const char *what);

/* An event of the live feed that is not kept: type "keeper" and the like.  `to`: "" is everybody.
 */
void hy_ops_feed(struct hy_keep *k, struct hy_ops *ops, const char *type, const json_t *data,
                 const char *to);
/* What entries mean for Redis: journal, items, notices, feed; then the documents and timers of the
 * incidents they touched.  Entries before `live_from` (ms) are too old for the live feed. */
void hy_ops_entries(struct hy_keep *k, struct hy_ops *ops, const json_t *entries,
                    struct hy_str lines, int64_t live_from);
/* Bring the timers Redis has of an incident to those it should have: by the difference to what it
 * was given last, or all of them anew (`all`: what Redis has is in doubt). */
void hy_ops_timers(struct hy_keep *k, struct hy_ops *ops, struct hy_str incident, bool all);
void hy_ops_reply(struct hy_keep *k, struct hy_ops *ops, const json_t *reply);
/* Send the operations in one script, guarded by fence and journal head `before`.  HY_E_DENIED: the
 * guard refused, another leader is there.  Anything else: unknown whether it happened. */
HY_MUST_CHECK int hy_keep_send(struct hy_keep *k, const struct hy_ops *ops,
                               const struct hy_head *before, struct hy_err *err);

/* Try to become leader; *ret says whether.  hy_keep_renew: HY_E_DENIED when the lease is lost.
 * hy_keep_load brings state, mirror and Redis to one head. */
HY_MUST_CHECK int hy_keep_lead(struct hy_keep *k, bool *ret, struct hy_err *err);
HY_MUST_CHECK int hy_keep_renew(struct hy_keep *k, struct hy_err *err);
void hy_keep_resign(struct hy_keep *k);
HY_MUST_CHECK int hy_keep_load(struct hy_keep *k, struct hy_err *err);
void hy_keep_unload(struct hy_keep *k);
/* Remember items of `item` entries and merges for grouping. */
void hy_keep_regroup(struct hy_keep *k, const json_t *entry);
