/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox in Redis: which message is due on which channel, who is at it, what became of it. Each
 * change of state is one script, so several workers share one outbox and a crash leaves no half.
 *
 *     hy:{O}:outbox              zset  member "<class digit>|<channel>|<notice>", score = next look
 *     hy:{O}:delivery:<notice>   hash  notice (JSON); per channel: <channel> = state and
 *                                      <channel>|since |tries |at |owner |unsure |why
 *     hy:{O}:bucket:<endpoint>   hash  tokens, at; until (left alone as it asked); expires
 *     hy:{O}:deliver:<worker>    "1", expires 6 s after the worker's last look: it is alive
 *     hy:{O}:dead                stream of what could not be delivered
 *
 * Scores are wall-clock milliseconds; what lies further ahead than the longest wait (the clock was
 * set back) counts as due. */
#pragma once
#include "alerts/deliver/deliver.h"
#include "core/redis.h"

enum { HY_DELIVERY_DAYS = 30 };

struct hy_queue {
    struct hy_redis *redis;
    const char *office;
    char worker[33];
};

/* One message taken for sending. */
struct hy_job {
    char *member, *notice; /* owned; notice is the JSON */
    int64_t tries, since;
    bool unsure; /* an earlier try may have arrived */
    bool mine;   /* this worker took it already; it has it or lost the answer */
};
void hy_job_free(struct hy_job *j);
/* Views into the member. */
struct hy_str hy_job_channel(const struct hy_job *j);
struct hy_str hy_job_notice_id(const struct hy_job *j);

/* Enter a notice for its channels (states of those that are known: "sent", "failed" or "queued")
 * and acknowledge the entry of the stream.  A channel that has a state keeps it. */
void hy_queue_plan(struct hy_queue *q, const char *entry, struct hy_str notice_id,
                   struct hy_str notice, int class, const struct hy_channels *channels,
                   const char *const *states, hy_wall now, hy_reply_fn fn, void *user);
/* Take what is due, most urgent first, as far as rates allow.  The answer is for hy_queue_taken. */
void hy_queue_take(struct hy_queue *q, const struct hy_duty *duty, hy_wall now, size_t room,
                   hy_reply_fn fn, void *user);
/* The i-th job of the answer, or NULL behind the last; *ret_next: when to look again (unix ms). */
struct hy_job *hy_queue_taken(const redisReply *reply, size_t i, int64_t *ret_next);

struct hy_outcome {
    enum hy_verdict verdict; /* HY_RETRY: again at `next` */
    hy_wall now, next;
    bool unsure;
    int64_t pause_ms; /* with HY_RETRY: nothing goes to this endpoint for so long; 0: it may */
    const char *why;
};
/* Record what became of a job; with DELIVERED and REFUSED the receipt goes to the keeper, with
 * REFUSED also a line to the dead letters.  May be repeated. */
void hy_queue_finish(struct hy_queue *q, const struct hy_job *j, const struct hy_outcome *o,
                     hy_reply_fn fn, void *user);
