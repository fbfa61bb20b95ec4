/* SPDX-License-Identifier: Apache-2.0 */
/* From notices to messages in the outbox.  Reads the notices as consumer group `deliver`; several
 * workers share the work.  Planning an entry twice changes nothing.  A notice that stands in the
 * stream again because it was rebuilt is recognised by its hash in Redis, else by what the
 * incident's document says of its channels; one older than a day is not sent at all. */
#include "alerts/deliver/worker.h"
#include "core/log.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdlib.h>

enum {
    BATCH = 32,
    BLOCK_MS = 2000,
    SILENT_MS = 3000, /* planning takes milliseconds: who is silent for this long is dead */
};
#define MAX_AGE_MS HY_DAY_MS

/* -- planning -----------------------------------------------------------------------------------
 */

struct plan {
    struct deliverer *d;
    char *entry, *text;
    json_t *notice;
    struct hy_channels channels;
};

static void plan_free(struct plan *p)
{
    struct deliverer *d = p->d;

    hy_channels_release(&p->channels);
    json_decref(p->notice);
    free(p->entry);
    free(p->text);
    free(p);
    if (--d->unanswered > 0)
        return;
    hy_deliver_look_soon(d, 0);
    if (d->claiming)
        hy_deliver_claim(d);
    else
        hy_deliver_read(d);
}

/* Without an answer the entry stays pending and is claimed again. */
static void on_planned(const redisReply *reply, void *user)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        hy_log(HY_ERROR, "plan_failed", HY_KV("err", reply->str));
    plan_free(user);
}

/* What the keeper knows of the channels of this notice, as an object channel -> state. */
static json_t *known_channels(const redisReply *incident, struct hy_str notice)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_err ignored = HY_ERR_INIT;
    size_t i;
    json_t *n;

    if (hy_reply_str(incident).n == 0 || hy_json_parse(hy_reply_str(incident), &doc, &ignored) < 0)
        return NULL;
    json_array_foreach (json_object_get(doc, "notices"), i, n)
        if (hy_str_eq(hy_json_str(n, "id"), notice))
            return json_incref(json_object_get(n, "channels"));
    return NULL;
}

static void enter(struct plan *p, const json_t *known)
{
    struct deliverer *d = p->d;
    const char *states[256];
    int class = hy_name_index(hy_urgency_name, hy_json_str(p->notice, "class"));

    while (p->channels.v.n > HY_COUNT(states))
        free(p->channels.v.v[--p->channels.v.n]);
    for (size_t i = 0; i < p->channels.v.n; i++) {
        struct hy_str was = hy_json_str(known, p->channels.v.v[i]);
        states[i] = hy_str_is(was, "sent")     ? "sent"
                    : hy_str_is(was, "failed") ? "failed"
                                               : "queued";
    }
    hy_queue_plan(&d->queue, p->entry, hy_json_str(p->notice, "id"), hy_str(p->text),
                  HY_MAX(class, 0), &p->channels, states, hy_loop_wall(d->loop), on_planned, p);
}

static void on_incident(const redisReply *reply, void *user)
{
    struct plan *p = user;

    /* A notice comes with its document.  While the keeper fills a Redis that lost its data again it
     * comes before: without the document nobody knows what has been sent, so the entry stays pending
     * and is claimed again. */
    if (reply == NULL || reply->type == REDIS_REPLY_NIL) {
        plan_free(p);
        return;
    }
    HY_CLEANUP(hy_json_freep)
    json_t *known = known_channels(reply, hy_json_str(p->notice, "id"));
    enter(p, known);
}

static bool is_old(const struct deliverer *d, const json_t *notice)
{
    hy_wall at = hy_json_time(notice, "at");

    return hy_wall_known(at) && hy_loop_wall(d->loop).ms - at.ms > MAX_AGE_MS;
}

static void handle(struct deliverer *d, const char *entry, struct hy_str text)
{
    struct hy_err err = HY_ERR_INIT;
    struct plan *p = hy_xcalloc(1, sizeof(*p));

    *p = (struct plan){.d = d, .entry = hy_xstrdup(entry), .text = hy_str_dup(text)};
    d->unanswered++;
    if (hy_json_parse(text, &p->notice, &err) < 0)
        hy_log(HY_ERROR, "notice_unusable", HY_KV("entry", entry), HY_KV("err", err.msg));
    else if (!is_old(d, p->notice))
        hy_deliver_route(d->rules->duty, p->notice, &p->channels);
    if (p->channels.v.n == 0) {
        enter(p, NULL); /* nothing to do but to acknowledge it */
        return;
    }
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(p->notice, "incident"));
    hy_redis_cmd(d->writer, on_incident, p, "GET hy:{%s}:incident:%s", d->rules->office->id,
                 incident);
}

static void handle_all(struct deliverer *d, const redisReply *entries)
{
    for (size_t i = 0; entries && i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        if (e->elements == 2 && e->element[1]->type == REDIS_REPLY_ARRAY)
            handle(d, e->element[0]->str, hy_reply_field(e->element[1], "notice"));
    }
}

/* -- reading ------------------------------------------------------------------------------------
 */

static void on_batch(const redisReply *reply, void *user)
{
    struct deliverer *d = user;

    d->reading = false;
    if (reply == NULL)
        return; /* on_up starts again */
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_log(HY_WARN, "read_failed", HY_KV("err", reply->str));
        hy_timer_arm(d->retry, HY_DELIVER_RETRY_MS); /* Redis was wiped: the group is gone */
        return;
    }
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
        reply->element[0]->elements == 2)
        handle_all(d, reply->element[0]->element[1]);
    if (d->unanswered == 0)
        hy_deliver_read(d);
}

void hy_deliver_read(struct deliverer *d)
{
    if (d->reading || d->unanswered || d->claiming || d->leaving || !hy_redis_is_up(d->reader) ||
        !hy_redis_is_up(d->writer))
        return;
    d->reading = true;
    hy_redis_cmd(d->reader, on_batch, d,
                 "XREADGROUP GROUP deliver %s COUNT %d BLOCK %d STREAMS %s >", d->consumer, BATCH,
                 BLOCK_MS, d->notices);
}

static void on_claimed(const redisReply *reply, void *user)
{
    struct deliverer *d = user;

    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2 &&
        reply->element[1]->elements > 0) {
        handle_all(d, reply->element[1]);
        if (d->unanswered)
            return; /* the next lot when these are planned */
    }
    d->claiming = false;
    hy_timer_arm(d->claim, HY_DELIVER_CLAIM_MS);
    hy_deliver_read(d);
}

/* Entries a worker read and did not plan.  A blocked read of ours does not stand in the way. */
void hy_deliver_claim(void *user)
{
    struct deliverer *d = user;

    d->claiming = d->unanswered == 0 && !d->leaving && hy_redis_is_up(d->writer);
    if (d->claiming)
        hy_redis_cmd(d->writer, on_claimed, d, "XAUTOCLAIM %s deliver %s %d 0-0 COUNT %d",
                     d->notices, d->consumer, SILENT_MS, BATCH);
    else
        hy_timer_arm(d->claim, HY_DELIVER_RETRY_MS);
}
