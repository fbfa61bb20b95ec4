/* SPDX-License-Identifier: Apache-2.0 */
/* One worker of the role `deliver`, as its files share it.  Nobody outside alerts/deliver includes
 * it.
 *
 *     hy:{O}:notices --plan--> outbox --take--> send --finish--> receipt in hy:{O}:cmd
 *
 *     reads notices, enters them in the outbox     deliver/plan.c
 *     takes messages, sends, says what became      deliver/sending.c
 *     starts, stops, reads the rules again         deliver/deliver.c
 *
 * What became of a message is kept in memory until Redis has it. */
#pragma once
#include "alerts/deliver/cli.h"
#include "alerts/deliver/net.h"
#include "alerts/deliver/queue.h"
#include "core/beat.h"

#include <sys/queue.h>

enum { HY_DELIVER_RETRY_MS = 1000, HY_DELIVER_CLAIM_MS = 1000 };

struct sending; /* a job in this worker's hands */

struct deliverer {
    struct hy_loop *loop;
    struct hy_redis *reader; /* blocks in XREADGROUP */
    struct hy_redis *writer; /* everything else */
    struct hy_timer *retry, *claim, *look, *leave;
    struct hy_beat *beat;
    struct hy_rules *rules;
    struct hy_outbox_net *net;
    struct hy_queue queue;
    char consumer[96], notices[128];
    TAILQ_HEAD(, sending) jobs;
    size_t active, unanswered;
    bool reading, claiming, looking, leaving;
    int64_t sent, dead;
};

/* plan.c */
void hy_deliver_read(struct deliverer *d);
void hy_deliver_claim(void *user); /* struct deliverer: entries of a worker that died */

/* sending.c */
void hy_deliver_look(void *user); /* struct deliverer: is something due? */
void hy_deliver_look_soon(struct deliverer *d, int64_t ms);
void hy_deliver_save_all(struct deliverer *d); /* what Redis does not have yet */
void hy_deliver_drop_all(struct deliverer *d);
