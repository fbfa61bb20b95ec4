/* SPDX-License-Identifier: Apache-2.0 */
/* The role `deliver`: notices in, messages out (see alerts/deliver/deliver.h and worker.h). */
#include "alerts/deliver/worker.h"
#include "core/command.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    READ_DEADLINE_MS = 10000,
    LEAVE_MS = 5000, /* at the end: time for what is on its way */
};

struct opts {
    struct hy_role_opts role;
    const char *test, *retry;
    bool dead, json;
};
extern const struct hy_command hy_cmd_deliver;

static void on_group(const redisReply *reply, void *user)
{
    struct deliverer *d = user;

    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) != 0) {
        hy_log(HY_ERROR, "group_failed", HY_KV("err", reply->str));
        hy_timer_arm(d->retry, HY_DELIVER_RETRY_MS);
        return;
    }
    hy_manager_ready();
    hy_deliver_save_all(d); /* before looking: what we did counts before what others may think of it */
    hy_deliver_look_soon(d, 0);
    hy_deliver_read(d);
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
    hy_log_office(fresh->office->id);
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
    d->claim = hy_timer_new(d->loop, hy_deliver_claim, d);
    d->look = hy_timer_new(d->loop, hy_deliver_look, d);
    d->leave = hy_timer_new(d->loop, on_leave, d);
    d->net = hy_outbox_net_new(d->loop);
    d->writer = hy_redis_new(d->loop, url, events);
    d->reader = hy_redis_new(d->loop, url, events);
    d->queue.redis = d->writer;
    hy_redis_set_deadline(d->reader, READ_DEADLINE_MS);
    hy_redis_offices_matter(d->reader);
    hy_redis_offices_matter(d->writer);
    hy_timer_arm(d->claim, HY_DELIVER_CLAIM_MS);
    d->beat = hy_beat_new(d->loop, d->writer, beat_info(d));
}

/* What is on its way gets a little time; what is still out then is sent again by the next worker.
 */
static void end(struct deliverer *d)
{
    d->leaving = true;
    if (d->active) {
        hy_timer_arm(d->leave, LEAVE_MS);
        hy_loop_run(d->loop, NULL, NULL);
    }
    hy_outbox_net_free(d->net);
    hy_redis_free(d->reader);
    hy_beat_free(d->beat);
    hy_redis_free(d->writer);
    hy_deliver_drop_all(d);
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
    hy_log_office(NULL);
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
    else if (o->retry)
        rc = hy_deliver_retry(&role, rules, o->retry, &err);
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
    {"retry", 0, HY_OPT_TEXT, offsetof(struct opts, retry), "ID|all",
     "send again what --dead lists, one of them or all"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "with --dead: one object a line"},
    {NULL},
};

const struct hy_command hy_cmd_deliver = {
    .name = "deliver",
    .usage = "-c DIR [--redis URL] [--test CHANNEL | --dead [--json] | --retry ID|all]",
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
