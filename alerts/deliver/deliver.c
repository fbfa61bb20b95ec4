/* SPDX-License-Identifier: Apache-2.0 */
/* The role `deliver`: notices in, messages out (see alerts/deliver/deliver.h).
 *
 *     hy:{O}:notices --plan--> outbox --take--> send --finish--> receipt in hy:{O}:cmd
 *
 * Reads the notices as consumer group `deliver`; several workers share the work.  Planning an entry
 * twice changes nothing.  A notice that stands in the stream again because it was rebuilt is
 * recognised by its hash in Redis, else by what the incident's document says of its channels; one
 * older than a day is not sent at all.
 *
 * What became of a message is kept in memory until Redis has it. */
#include "alerts/deliver/cli.h"
#include "alerts/deliver/net.h"
#include "alerts/deliver/queue.h"
#include "core/beat.h"
#include "core/command.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum {
    BATCH = 32,
    BLOCK_MS = 2000,
    READ_DEADLINE_MS = 10000,
    CLAIM_EVERY_MS = 1000,
    SILENT_MS = 3000, /* planning takes milliseconds: who is silent for this long is dead */
    RETRY_MS = 1000,
    LOOK_MAX_MS = 2000, /* what another worker left behind is found by looking */
    LOOK_MIN_MS = 20,
    MAX_ACTIVE = 16,
    LEAVE_MS = 5000, /* at the end: time for what is on its way */
};
#define MAX_AGE_MS HY_DAY_MS

struct opts {
    struct hy_role_opts role;
    const char *test;
    bool dead, json;
};

/* A job in this worker's hands. */
struct sending {
    TAILQ_ENTRY(sending) link;
    struct deliverer *d;
    struct hy_job *job;
    struct hy_outcome outcome; /* once `done` */
    char why[320];
    bool done, saving;
};

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

extern const struct hy_command hy_cmd_deliver;

static void read_more(struct deliverer *d);
static void claim_some(void *user);
static void look_soon(struct deliverer *d, int64_t ms);

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
    look_soon(d, 0);
    if (d->claiming)
        claim_some(d);
    else
        read_more(d);
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

static void make_group(struct deliverer *d);

static void on_batch(const redisReply *reply, void *user)
{
    struct deliverer *d = user;

    d->reading = false;
    if (reply == NULL)
        return; /* on_up starts again */
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_log(HY_WARN, "read_failed", HY_KV("err", reply->str));
        hy_timer_arm(d->retry, RETRY_MS); /* Redis was wiped: the group is gone */
        return;
    }
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
        reply->element[0]->elements == 2)
        handle_all(d, reply->element[0]->element[1]);
    if (d->unanswered == 0)
        read_more(d);
}

static void read_more(struct deliverer *d)
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
    hy_timer_arm(d->claim, CLAIM_EVERY_MS);
    read_more(d);
}

/* Entries a worker read and did not plan.  A blocked read of ours does not stand in the way. */
static void claim_some(void *user)
{
    struct deliverer *d = user;

    d->claiming = d->unanswered == 0 && !d->leaving && hy_redis_is_up(d->writer);
    if (d->claiming)
        hy_redis_cmd(d->writer, on_claimed, d, "XAUTOCLAIM %s deliver %s %d 0-0 COUNT %d",
                     d->notices, d->consumer, SILENT_MS, BATCH);
    else
        hy_timer_arm(d->claim, RETRY_MS);
}

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
        look_soon(d, 0);
}

static void on_saved(const redisReply *reply, void *user)
{
    struct sending *s = user;

    s->saving = false;
    if (reply == NULL)
        return; /* on_up saves it again */
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_log(HY_ERROR, "save_failed", HY_KV("err", reply->str));
        hy_timer_arm(s->d->retry, RETRY_MS);
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

static void save_all(struct deliverer *d)
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
    static struct hy_metric messages =
        HY_COUNTER("huiying_messages_total", "Mails and robot messages, by outcome of the try.",
                   "result");

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
    look_soon(d, wait);
}

static void look(void *user)
{
    struct deliverer *d = user;

    if (d->looking || d->leaving || !hy_redis_is_up(d->writer))
        return;
    d->looking = true;
    hy_queue_take(&d->queue, d->rules->duty, hy_loop_wall(d->loop),
                  d->active < MAX_ACTIVE ? MAX_ACTIVE - d->active : 0, on_taken, d);
}

static void look_soon(struct deliverer *d, int64_t ms)
{
    hy_timer_arm(d->look, ms);
}

/* -- life cycle ---------------------------------------------------------------------------------
 */

static void on_group(const redisReply *reply, void *user)
{
    struct deliverer *d = user;

    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) != 0) {
        hy_log(HY_ERROR, "group_failed", HY_KV("err", reply->str));
        hy_timer_arm(d->retry, RETRY_MS);
        return;
    }
    hy_role_ready();
    save_all(d); /* before looking: what we did counts before what others may think of it */
    look_soon(d, 0);
    read_more(d);
}

static void make_group(struct deliverer *d)
{
    hy_redis_cmd(d->writer, on_group, d, "XGROUP CREATE %s deliver 0 MKSTREAM", d->notices);
}

static void on_retry(void *user)
{
    make_group(user);
}

static void on_up(void *user)
{
    struct deliverer *d = user;

    if (!hy_redis_is_up(d->reader) || !hy_redis_is_up(d->writer))
        return;
    hy_log(HY_INFO, "redis_up", HY_KV("consumer", d->consumer));
    make_group(d);
}

static void on_down(void *user, const struct hy_err *why)
{
    (void)user;
    hy_log(HY_WARN, "redis_down", HY_KV("err", why->msg));
}

static void use_rules(struct deliverer *d, struct hy_rules *fresh)
{
    hy_rules_free(d->rules);
    d->rules = fresh;
    d->queue.office = fresh->office->id;
    snprintf(d->notices, sizeof(d->notices), "hy:{%s}:notices", fresh->office->id);
    hy_log(HY_INFO, "rules_loaded", HY_KV("office", fresh->office->id),
           HY_KV("version", fresh->version));
}

static struct hy_beat_info beat_info(const struct deliverer *d)
{
    return (struct hy_beat_info){
        .role = "deliver", .office = d->rules->office->id, .rules = d->rules->version};
}

/* Everything or nothing: a broken file keeps the old rules in force. */
static void on_reload(void *user)
{
    struct deliverer *d = user;
    struct hy_rules *fresh = NULL;
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_freep) char *dir = hy_xstrdup(d->rules->dir);

    if (hy_rules_open(dir, &fresh, &err) < 0)
        hy_log(HY_ERROR, "rules_kept", HY_KV("version", d->rules->version), HY_KV("err", err.msg));
    else
        use_rules(d, fresh);
    hy_beat_change(d->beat, beat_info(d));
}

static void on_leave(void *user)
{
    hy_loop_stop(((struct deliverer *)user)->loop);
}

static void begin(struct deliverer *d, const char *url)
{
    char host[64] = "host";
    struct hy_redis_events events = {on_up, on_down, d};

    gethostname(host, sizeof(host) - 1);
    snprintf(d->consumer, sizeof(d->consumer), "%s-%ld", host, (long)getpid());
    hy_random_hex(d->queue.worker, 16);
    TAILQ_INIT(&d->jobs);
    d->loop = hy_loop_new();
    d->retry = hy_timer_new(d->loop, on_retry, d);
    d->claim = hy_timer_new(d->loop, claim_some, d);
    d->look = hy_timer_new(d->loop, look, d);
    d->leave = hy_timer_new(d->loop, on_leave, d);
    d->net = hy_outbox_net_new(d->loop);
    d->writer = hy_redis_new(d->loop, url, events);
    d->reader = hy_redis_new(d->loop, url, events);
    d->queue.redis = d->writer;
    hy_redis_set_deadline(d->reader, READ_DEADLINE_MS);
    hy_timer_arm(d->claim, CLAIM_EVERY_MS);
    d->beat = hy_beat_new(d->loop, d->writer, beat_info(d));
}

/* What is on its way gets a little time; what is still out then is sent again by the next worker.
 */
static void end(struct deliverer *d)
{
    struct sending *s;

    d->leaving = true;
    if (d->active) {
        hy_timer_arm(d->leave, LEAVE_MS);
        hy_loop_run(d->loop, NULL, NULL);
    }
    hy_outbox_net_free(d->net);
    hy_redis_free(d->reader);
    hy_beat_free(d->beat);
    hy_redis_free(d->writer);
    while ((s = TAILQ_FIRST(&d->jobs))) {
        TAILQ_REMOVE(&d->jobs, s, link);
        hy_job_free(s->job);
        free(s);
    }
    hy_timer_free(d->retry);
    hy_timer_free(d->claim);
    hy_timer_free(d->look);
    hy_timer_free(d->leave);
    hy_loop_free(d->loop);
    hy_log(HY_INFO, "stopped", HY_KVN("sent", d->sent), HY_KVN("dead", d->dead));
}

static int serve(const struct hy_role *role, struct hy_rules *rules)
{
    struct deliverer d = {0};

    use_rules(&d, rules);
    begin(&d, role->redis);
    hy_loop_run(d.loop, on_reload, &d);
    end(&d);
    hy_rules_free(d.rules);
    return HY_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;
    int rc;

    if (nargs)
        return hy_fail(&err, HY_E_USAGE, "what is \"%s\"? deliver takes options only", args[0]),
               hy_command_fail(&hy_cmd_deliver, &err);
    hy_log_setup("deliver", HY_INFO);
    if (hy_role_resolve_office(&o->role, &role, &err) < 0 ||
        hy_rules_open(role.config, &rules, &err) < 0)
        return hy_command_fail(&hy_cmd_deliver, &err);
    if (o->test)
        rc = hy_deliver_test(rules, o->test, &err);
    else if (o->dead)
        rc = hy_deliver_dead(&role, rules, o->json, &err);
    else
        rc = serve(&role, HY_TAKE(rules));
    return rc < 0 ? hy_command_fail(&hy_cmd_deliver, &err) : HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"test", 0, HY_OPT_TEXT, offsetof(struct opts, test), "CHANNEL",
     "send one test message to a webhook's id or mail:PERSON, and say what became of it"},
    {"dead", 0, HY_OPT_FLAG, offsetof(struct opts, dead), NULL,
     "list what could not be delivered, newest first"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "with --dead: one object a line"},
    {NULL},
};

const struct hy_command hy_cmd_deliver = {
    .name = "deliver",
    .usage = "-c DIR [--redis URL] [--test CHANNEL | --dead [--json]]",
    .summary = "role: send notices by mail and to group robots and gateways",
    .details = "Sends each notice to the channels that duty.yaml names (sections mail and\n"
               "webhooks), tries again when that fails, and tells the keeper.  Run as many as\n"
               "you like; SIGHUP reads the rules again.\n\n"
               "  huiying deliver -c rules/sample --redis unix:///run/huiying/redis.sock\n"
               "  huiying deliver -c rules/sample --test duty-group",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
