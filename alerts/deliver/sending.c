/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are due: taken, sent, and what became of them written down. */
#include "alerts/deliver/worker.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MAX_MS = 2000, /* what another worker left behind is found by looking */
    LOOK_MIN_MS = 20,
    MAX_ACTIVE = 16,
};

struct sending {
    TAILQ_ENTRY(sending) link;
    struct deliverer *d;
    struct hy_job *job;
    struct hy_outcome outcome; /* once `done` */
    char why[320];
    bool done, saving;
};

/* -- what became of a message -------------------------------------------------------------------
 */

static void save(struct sending *s);

static void forget(struct sending *s)
{
    struct deliverer *d = s->d;

    TAILQ_REMOVE(&d->jobs, s, link);
    d->active--;
    hy_job_free(s->job);
    free(s);
    if (d->leaving && d->active == 0)
        hy_loop_stop(d->loop);
    else
        hy_deliver_look_soon(d, 0);
}

static void on_saved(const redisReply *reply, void *user)
{
    struct sending *s = user;

    s->saving = false;
    if (reply == NULL)
        return; /* on_up saves it again */
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_log(HY_ERROR, "save_failed", HY_KV("err", reply->str));
        hy_timer_arm(s->d->retry, HY_DELIVER_RETRY_MS);
        return;
    }
    forget(s);
}

static void save(struct sending *s)
{
    if (!s->done || s->saving || !hy_redis_is_up(s->d->writer))
        return;
    s->saving = true;
    hy_queue_finish(&s->d->queue, s->job, &s->outcome, on_saved, s);
}

void hy_deliver_save_all(struct deliverer *d)
{
    struct sending *s;

    TAILQ_FOREACH (s, &d->jobs, link)
        save(s);
}

static void log_outcome(const struct sending *s)
{
    static const struct {
        enum hy_level level;
        const char *event;
    } rows[] = {[HY_DELIVERED] = {HY_INFO, "sent"},
                [HY_RETRY] = {HY_WARN, "not_sent"},
                [HY_REFUSED] = {HY_ERROR, "given_up"}};

    hy_log(rows[s->outcome.verdict].level, rows[s->outcome.verdict].event,
           HY_KVS("notice", hy_job_notice_id(s->job)), HY_KVS("channel", hy_job_channel(s->job)),
           HY_KVN("tries", s->job->tries), HY_KV("why", s->why));
}

static void count_message(enum hy_verdict verdict)
{
    static const char *const result[] = {
        [HY_DELIVERED] = "sent", [HY_RETRY] = "retry", [HY_REFUSED] = "failed"};
    static struct hy_metric messages = HY_COUNTER(
        "huiying_messages_total", "Mails and robot messages, by outcome of the try.", "result");

    hy_metric_add(&messages, result[verdict], 1);
}

/* Try again, or is the time for trying over? */
static void on_answer(const struct hy_answer *a, void *user)
{
    struct sending *s = user;
    struct deliverer *d = s->d;
    struct hy_endpoint e = hy_deliver_endpoint(d->rules->duty, hy_job_channel(s->job));
    hy_wall now = hy_loop_wall(d->loop);
    char random[17];

    hy_random_hex(random, 8);
    int64_t wait = hy_deliver_wait_ms((int)HY_MIN(s->job->tries, INT64_C(60)), a->wait_ms,
                                      hy_hash64(hy_str(random)));
    bool over = now.ms + wait > s->job->since + hy_endpoint_give_up_ms(&e);
    snprintf(s->why, sizeof(s->why), "%s", a->why);
    s->outcome = (struct hy_outcome){
        .verdict = a->verdict == HY_RETRY && over ? HY_REFUSED : a->verdict,
        .now = now,
        .next = hy_wall_add_ms(now, wait),
        .unsure = a->unsure || s->job->unsure,
        .pause_ms = a->wait_ms,
        .why = s->why,
    };
    d->sent += s->outcome.verdict == HY_DELIVERED;
    d->dead += s->outcome.verdict == HY_REFUSED;
    count_message(s->outcome.verdict);
    s->done = true;
    log_outcome(s);
    save(s);
}

static void refuse(struct sending *s, enum hy_verdict verdict, const char *why)
{
    struct hy_answer a = {.verdict = verdict};

    snprintf(a.why, sizeof(a.why), "%s", why);
    on_answer(&a, s);
}

/* -- sending ------------------------------------------------------------------------------------
 */

static void start(struct sending *s)
{
    struct deliverer *d = s->d;
    struct hy_endpoint e = hy_deliver_endpoint(d->rules->duty, hy_job_channel(s->job));
    HY_CLEANUP(hy_json_freep) json_t *notice = NULL;
    struct hy_outgoing o = {0};
    struct hy_err err = HY_ERR_INIT;

    if (e.hook == NULL && e.mailer == NULL)
        refuse(s, HY_REFUSED, "这个渠道已从 duty.yaml 里删去");
    else if (hy_json_parse(hy_str(s->job->notice), &notice, &err) < 0)
        refuse(s, HY_REFUSED, err.msg);
    else if (hy_deliver_outgoing(d->rules, &e, notice, hy_loop_wall(d->loop), s->job->unsure, &o,
                                 &err) < 0)
        refuse(s, HY_RETRY, err.msg);
    else
        hy_outbox_net_send(d->net, &o, HY_DELIVER_TIMEOUT_MS, on_answer, s);
}

static bool holds(const struct deliverer *d, const char *member)
{
    const struct sending *s;

    TAILQ_FOREACH (s, &d->jobs, link)
        if (strcmp(s->job->member, member) == 0)
            return true;
    return false;
}

static void accept_job(struct deliverer *d, struct hy_job *job)
{
    bool mine = job->mine;

    if (mine && holds(d, job->member)) {
        hy_job_free(job);
        return;
    }
    struct sending *s = hy_xcalloc(1, sizeof(*s));
    *s = (struct sending){.d = d, .job = job};
    TAILQ_INSERT_TAIL(&d->jobs, s, link);
    d->active++;
    if (mine)
        refuse(s, HY_RETRY, "取出后连接中断，没有发送");
    else
        start(s);
}

static void on_taken(const redisReply *reply, void *user)
{
    struct deliverer *d = user;
    int64_t next = 0, wait = LOOK_MAX_MS;
    struct hy_job *job;

    d->looking = false;
    if (reply == NULL)
        return; /* on_up looks again */
    if (reply->type == REDIS_REPLY_ERROR)
        hy_log(HY_ERROR, "take_failed", HY_KV("err", reply->str));
    for (size_t i = 0; (job = hy_queue_taken(reply, i, &next)); i++)
        accept_job(d, job);
    if (next)
        wait = HY_MAX(HY_MIN(next - hy_loop_wall(d->loop).ms, wait), (int64_t)LOOK_MIN_MS);
    if (d->active >= MAX_ACTIVE)
        wait = LOOK_MAX_MS;
    hy_deliver_look_soon(d, wait);
}

void hy_deliver_look(void *user)
{
    struct deliverer *d = user;

    if (d->looking || d->leaving || !hy_redis_is_up(d->writer))
        return;
    d->looking = true;
    hy_queue_take(&d->queue, d->rules->duty, hy_loop_wall(d->loop),
                  d->active < MAX_ACTIVE ? MAX_ACTIVE - d->active : 0, on_taken, d);
}

void hy_deliver_look_soon(struct deliverer *d, int64_t ms)
{
    hy_timer_arm(d->look, ms);
}

void hy_deliver_drop_all(struct deliverer *d)
{
    struct sending *s;

    while ((s = TAILQ_FIRST(&d->jobs))) {
        TAILQ_REMOVE(&d->jobs, s, link);
        hy_job_free(s->job);
        free(s);
    }
}
