/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind core/redis.h share; nobody else includes it.
 *
 *     redis.c         life, plain commands, scripts
 *     redis_nodes.c   who has which slot of a Cluster is asked
 *     redis_call.c    a command that may have to be sent again: to which node, which is connected to
 *                     when the first comes, and what its answer means
 *     redis_script.c  how a script's call is written
 *     redis_state.c   up and down
 *
 * Invariant: a hy_call is owned by exactly one of a link (until its answer), the `waiting` list of
 * a node that is being connected to, and `later`; its fn is called exactly once, and never after
 * hy_redis_free() has returned. */
#pragma once
#include "core/mem.h"
#include "core/redis.h"
#include "core/redis_cluster.h"
#include "core/redis_link.h"

#include <sys/queue.h>

enum {
    HY_LOOK_FIRST_MS = 50, /* between two questions after the slots */
    HY_LATER_MS = 50,      /* until a command that was put off is tried again */
};

struct hy_call { /* of a script, or to a cluster: what may have to be sent again */
    TAILQ_ENTRY(hy_call) entry;
    struct hy_redis *r;
    hy_reply_fn fn;
    void *user;
    char *bytes;    /* the command as it goes over the wire */
    size_t n, tail; /* tail: where the keys and arguments of a script begin, at NKEYS */
    int argc;
    struct hy_script *script; /* until NOSCRIPT is excluded */
    int slot;                 /* -1: of no cluster */
    int node;                 /* where it was sent */
    bool asking;
    hy_mono began;
};
TAILQ_HEAD(hy_calls, hy_call);

struct hy_redis_node {
    struct hy_redis *r;
    struct hy_link *link;    /* NULL: no command has gone there yet */
    struct hy_calls waiting; /* while it is connected to */
};

struct hy_redis {
    struct hy_loop *loop;
    struct hy_redis_events ev;
    struct hy_link *crawl;                /* or everything */
    struct hy_link *offices;              /* apart, in one Redis; else NULL */
    struct hy_cluster *cluster;           /* apart, in many; else NULL */
    HY_VEC(struct hy_redis_node *) nodes; /* as cluster->nodes */
    struct hy_calls later;
    struct hy_timer *look, *again, *retell; /* cluster only: ask after the slots; `later`; ups */
    int64_t deadline_ms, look_ms;
    bool freed, asked, offices_matter_only;
    bool told_up, told_down;
    struct hy_err why; /* the cluster tells nobody its slots */
};

/* redis_state.c.  `r` is a struct hy_redis; tell_down may free it. */
void hy_redis_tell_up(void *r);
void hy_redis_tell_down(struct hy_redis *r, const struct hy_err *why);
void hy_redis_look_soon(struct hy_redis *r, int64_t ms);
int hy_redis_slot_of(const struct hy_redis *r, struct hy_str key); /* -1: of no cluster */

/* redis_script.c */
void hy_script_write(struct hy_call *c, struct hy_script *s, int nkeys, int argc,
                     const char **argv, const size_t *argvlen);
void hy_script_as_text(struct hy_call *c); /* written once more: Redis does not know its SHA-1 */

/* redis_call.c */
struct hy_call *hy_call_new(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_str key);
void hy_call_send(struct hy_call *c);                   /* wherever it belongs */
void hy_call_put(struct hy_link *k, struct hy_call *c); /* to this link */
void hy_calls_again(void *r);                           /* the timer of those put off */
void hy_calls_end(struct hy_calls *list);               /* all are answered with NULL */

/* redis_nodes.c */
void hy_redis_look(void *r); /* the timer: who has which slot? */
