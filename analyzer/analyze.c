/* SPDX-License-Identifier: Apache-2.0 */
/* The role `analyze`: items in, hits out.
 *
 * Consumes hy:items (consumer group `analyze`), produces hy:{O}:hits and hy:{O}:scored of every
 * office that the item can concern (analyze_found.c), owns nothing.  Any number of processes share
 * the work.
 *
 * An item is taken over from a worker that went silent, one at a time, so that what kills workers
 * is alone when it kills the second one; the third finds its delivery count and sets it aside in
 * hy:items:quarantine.
 *
 * The files analyze*.c are the only ones of the analyzer that do I/O. */
#include "analyzer/analyze_parts.h"

#include "core/command.h"
#include "core/log.h"
#include "core/role.h"
#include "rules/office.h"
#include "rules/offices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BATCH = 32,
    BLOCK_MS = 2000,
    READ_DEADLINE_MS = 10000,
    CLAIM_EVERY_MS = 5000,
    SILENT_MS = 10000, /* a worker that does not acknowledge for this long is dead */
    MAX_DELIVERIES = 2,
    RETRY_MS = 1000,
};

struct opts {
    struct hy_role_opts role;
};

extern const struct hy_command hy_cmd_analyze;

/* KEYS: items.  ARGV: consumer, silent ms.  One entry: {id, fields, deliveries}, or nothing. */
static struct hy_script claim_script = {
    .text = "local r = redis.call('XAUTOCLAIM', KEYS[1], 'analyze', ARGV[1], ARGV[2], '0-0',\n"
            "                     'COUNT', 1)\n"
            "local e = r[2][1]\n"
            "if not e then return {} end\n"
            "local p = redis.call('XPENDING', KEYS[1], 'analyze', e[1], e[1], 1)\n"
            "return {e[1], e[2], p[1] and p[1][4] or 1}"};

static void retry_later(struct analyzer *a)
{
    hy_timer_arm(a->retry, RETRY_MS);
}

/* -- new items ------------------------------------------------------------------------------ */

static const redisReply *entries_of(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 ||
        reply->element[0]->elements != 2)
        return NULL;
    return reply->element[0]->element[1];
}

static void make_group(struct analyzer *a);
static void read_more(struct analyzer *a);

static void on_batch(const redisReply *reply, void *user)
{
    struct analyzer *a = user;

    a->reading = false;
    if (reply == NULL)
        return; /* on_up starts again */
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_log(HY_WARN, "read_failed", HY_KV("err", reply->str));
        make_group(a); /* Redis was wiped: the group is gone */
        return;
    }
    const redisReply *entries = entries_of(reply);
    for (size_t i = 0; entries && i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        if (e->elements == 2 && e->element[1]->type == REDIS_REPLY_ARRAY)
            analyze_item(a, e->element[0]->str, hy_reply_field(e->element[1], "item"));
    }
    if (a->unanswered == 0)
        read_more(a);
}

static void read_more(struct analyzer *a)
{
    if (!a->knows_lookouts || a->reading || a->unanswered || a->claiming ||
        !hy_redis_is_up(a->reader) || !hy_redis_is_up(a->writer))
        return;
    a->reading = true;
    hy_redis_cmd(a->reader, on_batch, a,
                 "XREADGROUP GROUP analyze %s COUNT %d BLOCK %d STREAMS " ITEMS " >", a->consumer,
                 BATCH, BLOCK_MS);
}

/* -- items of dead workers ------------------------------------------------------------------ */

static void end_claiming(struct analyzer *a)
{
    a->claiming = false;
    hy_timer_arm(a->claim, CLAIM_EVERY_MS);
    read_more(a);
}

static void on_claimed(const redisReply *reply, void *user)
{
    struct analyzer *a = user;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) {
        end_claiming(a);
        return;
    }
    const char *id = reply->element[0]->str;
    struct hy_str item = hy_reply_field(reply->element[1], "item");
    hy_log(HY_WARN, "item_claimed", HY_KV("entry", id),
           HY_KVN("deliveries", reply->element[2]->integer));
    if (reply->element[2]->integer > MAX_DELIVERIES)
        analyze_set_aside(a, id, item, "killed two workers");
    else
        analyze_item(a, id, item);
}

static void claim_one(void *user)
{
    struct analyzer *a = user;
    char silent[16];

    if (a->unanswered || !hy_redis_is_up(a->writer)) {
        a->claiming = false;
        hy_timer_arm(a->claim, RETRY_MS);
        read_more(a);
        return;
    }
    a->claiming = true;
    snprintf(silent, sizeof(silent), "%d", SILENT_MS);
    const char *argv[] = {ITEMS, a->consumer, silent};
    const size_t len[] = {strlen(ITEMS), strlen(a->consumer), strlen(silent)};
    hy_redis_eval(a->writer, &claim_script, on_claimed, a, 1, 3, argv, len);
}

/* Nothing is unanswered any more. */
static void go_on(struct analyzer *a)
{
    if (a->claiming)
        claim_one(a);
    else
        read_more(a);
}

/* -- life cycle ----------------------------------------------------------------------------- */

static void on_group(const redisReply *reply, void *user)
{
    struct analyzer *a = user;

    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) != 0) {
        hy_log(HY_ERROR, "group_failed", HY_KV("err", reply->str));
        retry_later(a);
        return;
    }
    analyze_ask_lookouts(a);
}

static void make_group(struct analyzer *a)
{
    hy_redis_cmd(a->writer, on_group, a, "XGROUP CREATE " ITEMS " analyze 0 MKSTREAM");
}

static void on_retry(void *user)
{
    make_group(user);
}

static void on_up(void *user)
{
    struct analyzer *a = user;

    if (!hy_redis_is_up(a->reader) || !hy_redis_is_up(a->writer))
        return;
    hy_log(HY_INFO, "redis_up", HY_KV("consumer", a->consumer));
    make_group(a);
}

static void on_down(void *user, const struct hy_err *why)
{
    struct analyzer *a = user;

    a->knows_lookouts = false;
    hy_log(HY_WARN, "redis_down", HY_KV("err", why->msg));
}

/* An office whose files are broken keeps the old rules in force. */
static int use_rules(struct analyzer *a, const char *dir, struct hy_err *err)
{
    const struct hy_offices *before = a->judges ? hy_judges_offices(a->judges) : NULL;
    struct hy_offices *fresh = NULL;

    if (hy_offices_load(dir, before, &fresh, err) < 0)
        return err->code;
    hy_judges_free(a->judges);
    a->judges = hy_judges_new(fresh, a->tables);
    hy_map_free(a->lookouts);
    a->lookouts = hy_map_new(free); /* none is in use: they are asked for again */
    a->knows_lookouts = false;
    a->rules++;
    hy_log(HY_INFO, "rules_loaded", HY_KVN("offices", fresh->n), HY_KVN("kept", fresh->kept),
           HY_KV("version", fresh->version),
           HY_KV("tables", hy_judges_share(a->judges) ? "shared" : "private"));
    return HY_OK;
}

static struct hy_beat_info beat_info(const struct analyzer *a)
{
    const struct hy_offices *o = hy_judges_offices(a->judges);

    return (struct hy_beat_info){
        .role = "analyze", .office = hy_offices_only(o), .rules = o->version};
}

static void on_reload(void *user)
{
    struct analyzer *a = user;
    struct hy_err err = HY_ERR_INIT;

    if (use_rules(a, a->config, &err) == HY_OK) {
        hy_beat_change(a->beat, beat_info(a));
        analyze_ask_lookouts(a);
    } else
        hy_log(HY_ERROR, "rules_kept", HY_KV("version", hy_judges_offices(a->judges)->version),
               HY_KV("err", err.msg));
}

static void name_consumer(struct analyzer *a)
{
    char host[64] = "host";

    gethostname(host, sizeof(host) - 1);
    snprintf(a->consumer, sizeof(a->consumer), "%s-%ld", host, (long)getpid());
}

static void teardown(struct analyzer *a)
{
    hy_redis_free(a->reader);
    hy_beat_free(a->beat);
    hy_redis_free(a->writer);
    hy_timer_free(a->retry);
    hy_timer_free(a->claim);
    hy_timer_free(a->look);
    hy_map_free(a->lookouts);
    hy_loop_free(a->loop);
    hy_judges_free(a->judges);
    free(a->tables);
}

/* Without the directory every process has tables of its own. */
static void find_tables(struct analyzer *a, const char *data)
{
    a->tables = hy_xasprintf("%s/tables", data);
    (void)mkdir(a->tables, 0700);
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;
    struct analyzer a = {.go_on = go_on, .read_more = read_more};

    (void)nargs;
    (void)args;
    hy_log_setup("analyze", HY_INFO);
    if (hy_role_resolve_office(&o->role, &role, &err) < 0)
        return hy_command_fail(&hy_cmd_analyze, &err);
    a.config = role.config;
    find_tables(&a, role.data);
    if (use_rules(&a, role.config, &err) < 0) {
        free(a.tables);
        return hy_command_fail(&hy_cmd_analyze, &err);
    }
    name_consumer(&a);
    a.loop = hy_loop_new();
    a.retry = hy_timer_new(a.loop, on_retry, &a);
    a.claim = hy_timer_new(a.loop, claim_one, &a);
    a.look = hy_timer_new(a.loop, analyze_ask_lookouts, &a);
    struct hy_redis_events events = {on_up, on_down, &a};
    a.writer = hy_redis_new(a.loop, role.redis, events);
    a.reader = hy_redis_new(a.loop, role.redis, events);
    hy_redis_set_deadline(a.reader, READ_DEADLINE_MS);
    hy_timer_arm(a.claim, CLAIM_EVERY_MS);
    a.beat = hy_beat_new(a.loop, a.writer, beat_info(&a));
    hy_loop_run(a.loop, on_reload, &a);
    hy_log(HY_INFO, "stopped", HY_KVN("items", a.done), HY_KVN("hits", a.passed));
    teardown(&a);
    return HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {0},
};

const struct hy_command hy_cmd_analyze = {
    .name = "analyze",
    .usage = "-c DIR [--redis URL]",
    .summary = "role: judge the items that were crawled",
    .details = "Takes items from the stream hy:items and hands what concerns an office to its\n"
               "keeper.  DIR may hold several offices, each in a directory of its own.  Run as "
               "many as there are processors; SIGHUP reads the rules again.\n\n"
               "  huiying analyze -c rules/sample --redis unix:///run/huiying/redis.sock",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
