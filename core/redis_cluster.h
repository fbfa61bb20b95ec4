/* SPDX-License-Identifier: Apache-2.0 */
/* Which Redis has which key, where the offices' keys are spread over a Redis Cluster.  Holds no
 * connection that lives on; core/redis.c and core/redis_sync.c hold those, one for each node.
 *
 * All keys of an office carry its tag, hy:{O}:..., and so lie in one slot, on one node.  A command
 * is of that office whose key is the first of its arguments that begins with "hy:"; no command of
 * ours names two offices, or an office and the crawl. */
#pragma once
#include "core/redis_url.h"
#include "core/str.h"

#include <hiredis/hiredis.h>

enum { HY_SLOTS = 16384 };

struct hy_cluster {
    struct hy_redis_address at;           /* seeds, user, password; owned */
    HY_VEC(struct hy_redis_host) nodes;   /* masters ever heard of: an index stays what it is */
    uint16_t owner[HY_SLOTS];             /* index of a node + 1; 0: nobody known */
    bool known;                           /* somebody has told */
};

/* Takes what `at` owns. */
void hy_cluster_init(struct hy_cluster *c, struct hy_redis_address *at);
void hy_cluster_release(struct hy_cluster *c);

/* The key that says where a command goes, from the command as it goes over the wire; empty when it
 * has none (PING). */
struct hy_str hy_command_key(struct hy_str wire);
bool hy_key_is_of_office(struct hy_str key);
/* The slot of a key: of its tag, when it has one. */
int hy_key_slot(struct hy_str key);
/* A key of the same office that never exists, for the last of a script's keys.  While a slot moves
 * from node to node, Redis looks at the keys that are declared and refuses the call whole when one
 * is missing; without this one it would run until the first key that has moved away, and leave
 * half of a transaction behind. */
char *hy_key_moves(struct hy_str key);

/* The node (index) that owns the slot, or -1. */
int hy_cluster_owner(const struct hy_cluster *c, int slot);
/* The answer to CLUSTER SLOTS, which `asked` gave (it may not know its own address). */
bool hy_cluster_learn(struct hy_cluster *c, const redisReply *slots,
                      const struct hy_redis_host *asked);
/* Ask the nodes and the seeds in turn, blocking, at most 300 ms each. */
HY_MUST_CHECK int hy_cluster_ask(struct hy_cluster *c, struct hy_err *err);

enum hy_redirect {
    HY_REDIRECT_NONE,
    HY_REDIRECT_MOVED, /* the slot is *ret_node's from now on; noted in c */
    HY_REDIRECT_ASK,   /* this command alone goes to *ret_node, after ASKING */
    HY_REDIRECT_LATER, /* the slot is on its way or the cluster votes: the same again in a moment */
};
enum hy_redirect hy_cluster_redirect(struct hy_cluster *c, const redisReply *reply, int *ret_node);
/* What to connect to; hosts are borrowed, the rest of the address too. */
struct hy_redis_address hy_cluster_address(const struct hy_cluster *c, int node);
