/* SPDX-License-Identifier: Apache-2.0 */
/* The role `analyze`: items in, hits out.
 *
 * Consumes hy:items (consumer group `analyze`), produces hy:{O}:hits and hy:{O}:scored of every
 * office that the item can concern, owns nothing.  Any number of processes share the work.  Hit and
 * scored item are added in one script per office; the item is acknowledged and deleted when every
 * office has its own.  Whoever dies in between gives a hit twice, which the keeper and the archive
 * know by the item's id and hash; one script for all would need all keys in one Redis.
 *
 * What is judged goes to hy:{O}:scored, for the archive; the stream is bounded, because an office
 * may run without one.
 *
 * An item is taken over from a worker that went silent, one at a time, so that what kills workers
 * is alone when it kills the second one; the third finds its delivery count and sets it aside in
 * hy:items:quarantine.
 *
 * What people want to hear of for a while (hy:{O}:lookouts, analyzer/lookout.h) is read before the
 * first item and again every few seconds: a start or a wiped Redis misses no item but those that
 * were judged before the keeper had written it again.
 *
 * This is the only file of the analyzer that does I/O. */
#include "analyzer/judges.h"
#include "analyzer/lookout.h"
#include "core/beat.h"
#include "core/command.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/map.h"
#include "core/metrics.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/office.h"
#include "rules/offices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ITEMS "hy:items"
#define QUARANTINE "hy:items:quarantine"

enum {
    BATCH = 32,
    BLOCK_MS = 2000,
    READ_DEADLINE_MS = 10000,
    CLAIM_EVERY_MS = 5000,
    LOOKOUTS_EVERY_MS = 3000,
    SILENT_MS = 10000, /* a worker that does not acknowledge for this long is dead */
    MAX_DELIVERIES = 2,
    RETRY_MS = 1000,
    SCORED_MAX = 20000, /* what may wait for the archive: some days of an office's items */
    SCORED_MAX_BYTES = 64 << 20,
};

struct opts {
    struct hy_role_opts role;
};

struct analyzer {
    struct hy_loop *loop;
    struct hy_redis *reader; /* blocks in XREADGROUP */
    struct hy_redis *writer; /* everything else */
    struct hy_timer *retry, *claim, *look;
    struct hy_beat *beat;
    struct hy_judges *judges;
    const char *config; /* borrowed */
    char *tables; /* where the processes share their tables */
    char consumer[96];
    int64_t rules;           /* how often they were loaded */
    struct hy_map *lookouts; /* office -> char *, as Redis told them last */
    size_t asking;           /* offices whose answer has not come */
    bool knows_lookouts;     /* since the connection is up */
    bool reading, claiming;
    size_t unanswered; /* entries on their way */
    int64_t done, passed;
    int64_t dropped; /* scored items that found no room since the last one that did */
};

extern const struct hy_command hy_cmd_analyze;

/* KEYS: hits, scored, load of scored.  ARGV: hit or "", scored item, most scored items, most bytes of
 * them.  The load {bytes, dropped} is counted by hand; the archive takes off what it has removed. */
enum { ARCHIVED = 1, NOT_ARCHIVED = 2 };
static struct hy_script find_script = {
    .text = "if ARGV[1] ~= '' then redis.call('XADD', KEYS[1], '*', 'hit', ARGV[1]) end\n"
            "local waiting = redis.call('XLEN', KEYS[2])\n"
            "if waiting == 0 then redis.call('HDEL', KEYS[3], 'bytes') end\n"
            "local bytes = tonumber(redis.call('HGET', KEYS[3], 'bytes') or '0')\n"
            "if waiting >= tonumber(ARGV[3]) or bytes + #ARGV[2] > tonumber(ARGV[4]) then\n"
            "  redis.call('HINCRBY', KEYS[3], 'dropped', 1)\n"
            "  return 2\n"
            "end\n"
            "redis.call('XADD', KEYS[2], '*', 'item', ARGV[2])\n"
            "redis.call('HINCRBY', KEYS[3], 'bytes', #ARGV[2])\n"
            "return 1"};

/* KEYS: items.  ARGV: entry id. */
static struct hy_script done_script = {
    .text = "redis.call('XACK', KEYS[1], 'analyze', ARGV[1])\n"
            "return redis.call('XDEL', KEYS[1], ARGV[1])"};

/* KEYS: items, quarantine.  ARGV: entry id, item, reason. */
static struct hy_script quarantine_script = {
    .text = "if redis.call('XACK', KEYS[1], 'analyze', ARGV[1]) == 1 then\n"
            "  redis.call('XADD', KEYS[2], '*', 'item', ARGV[2], 'reason', ARGV[3])\n"
            "  redis.call('XDEL', KEYS[1], ARGV[1])\n"
            "end\n"
            "return 0"};

/* KEYS: items.  ARGV: consumer, silent ms.  One entry: {id, fields, deliveries}, or nothing. */
static struct hy_script claim_script = {
    .text = "local r = redis.call('XAUTOCLAIM', KEYS[1], 'analyze', ARGV[1], ARGV[2], '0-0',\n"
            "                     'COUNT', 1)\n"
            "local e = r[2][1]\n"
            "if not e then return {} end\n"
            "local p = redis.call('XPENDING', KEYS[1], 'analyze', e[1], e[1], 1)\n"
            "return {e[1], e[2], p[1] and p[1][4] or 1}"};

static void read_more(struct analyzer *a);
static void claim_one(void *user);
static void ask_lookouts(void *user);

static void retry_later(struct analyzer *a)
{
    hy_timer_arm(a->retry, RETRY_MS);
}

/* -- one item ------------------------------------------------------------------------------- */

static void count_item(bool passed, double seconds)
{
    static struct hy_metric items = HY_COUNTER(
        "huiying_items_scored_total", "Items judged, by whether anybody needs to hear.", "result");
    static struct hy_metric time =
        HY_HISTOGRAM("huiying_score_seconds", "Time to judge an item.", NULL, hy_bounds_fast);

    hy_metric_add(&items, passed ? "hit" : "none", 1);
    hy_metric_observe(&time, NULL, seconds);
}

static void finished(struct analyzer *a)
{
    a->done++;
    if (--a->unanswered > 0)
        return;
    if (a->claiming)
        claim_one(a);
    else
        read_more(a);
}

/* Said at the 1st, 2nd, 4th, 8th, ... loss, and when items find room again. */
static void note_archived(struct analyzer *a, bool archived)
{
    int64_t n = archived ? a->dropped : ++a->dropped;

    if (!archived && (n & (n - 1)) == 0)
        hy_log(HY_WARN, "scored_dropped", HY_KVN("dropped", n),
               HY_KV("why", "hy:{O}:scored is full; does the archive role run?"));
    if (archived && n) {
        hy_log(HY_INFO, "scored_kept_again", HY_KVN("dropped", n));
        a->dropped = 0;
    }
}

/* Without an answer the entry stays pending and is claimed again; everything bears repetition. */
static void on_done(const redisReply *reply, void *user)
{
    if (reply && reply->type == REDIS_REPLY_ERROR)
        hy_log(HY_ERROR, "commit_failed", HY_KV("err", reply->str));
    finished(user);
}

static void set_aside(struct analyzer *a, const char *id, struct hy_str item, const char *reason)
{
    const char *argv[] = {ITEMS, QUARANTINE, id, item.p ? item.p : "", reason};
    const size_t len[] = {strlen(ITEMS), strlen(QUARANTINE), strlen(id), item.n, strlen(reason)};

    hy_log(HY_ERROR, "item_quarantined", HY_KV("entry", id), HY_KV("reason", reason));
    a->unanswered++;
    hy_redis_eval(a->writer, &quarantine_script, on_done, a, 2, 5, argv, len);
}

/* An item whose findings are on their way. */
struct entry {
    struct analyzer *analyzer;
    char *id;
    size_t waiting;
    bool failed;
};

static void settle(struct entry *e)
{
    struct analyzer *a = e->analyzer;
    const char *argv[] = {ITEMS, e->id};
    const size_t len[] = {strlen(ITEMS), strlen(e->id)};

    if (--e->waiting > 0)
        return;
    if (e->failed)
        finished(a); /* not acknowledged: it is claimed again */
    else
        hy_redis_eval(a->writer, &done_script, on_done, a, 1, HY_COUNT(argv), argv, len);
    free(e->id);
    free(e);
}

static void on_found(const redisReply *reply, void *user)
{
    struct entry *e = user;

    if (reply && reply->type == REDIS_REPLY_ERROR)
        hy_log(HY_ERROR, "commit_failed", HY_KV("entry", e->id), HY_KV("err", reply->str));
    if (reply && reply->type == REDIS_REPLY_INTEGER)
        note_archived(e->analyzer, reply->integer == ARCHIVED);
    else
        e->failed = true;
    settle(e);
}

static void send_finding(struct entry *e, const struct hy_finding *f)
{
    HY_CLEANUP(hy_freep) char *hits = hy_xasprintf("hy:{%s}:hits", f->office);
    HY_CLEANUP(hy_freep) char *scored = hy_xasprintf("hy:{%s}:scored", f->office);
    HY_CLEANUP(hy_freep) char *load = hy_xasprintf("hy:{%s}:scored:load", f->office);
    const struct hy_verdict *v = &f->verdict;
    char most[16], most_bytes[16];

    snprintf(most, sizeof(most), "%d", SCORED_MAX);
    snprintf(most_bytes, sizeof(most_bytes), "%d", SCORED_MAX_BYTES);
    const char *argv[] = {hits, scored, load, v->hit.p, v->scored.p, most, most_bytes};
    const size_t len[] = {strlen(hits), strlen(scored), strlen(load),       v->hit.n,
                          v->scored.n,  strlen(most),   strlen(most_bytes)};
    e->waiting++;
    hy_redis_eval(e->analyzer->writer, &find_script, on_found, e, 3, HY_COUNT(argv), argv, len);
}

static void note_finding(struct analyzer *a, const char *entry, struct hy_str item,
                         const struct hy_finding *f)
{
    a->passed += f->verdict.hit.n > 0;
    count_item(f->verdict.hit.n > 0, f->verdict.seconds);
    if (f->verdict.hit.n)
        hy_log(HY_INFO, "hit", HY_KVS("item", hy_json_peek_str(item, HY_STR("id"))),
               HY_KV("office", f->office), HY_KV("entry", entry));
}

static void handle(struct analyzer *a, const char *id, struct hy_str item)
{
    struct hy_err err = HY_ERR_INIT;
    const struct hy_finding *found;
    size_t n;

    if (hy_judges_item(a->judges, item, &found, &n, &err) < 0) {
        set_aside(a, id, item, err.msg);
        return;
    }
    struct entry *e = hy_xmalloc(sizeof(*e));
    *e = (struct entry){.analyzer = a, .id = hy_xstrdup(id), .waiting = 1}; /* ours */
    a->unanswered++;
    for (size_t i = 0; i < n; i++) {
        note_finding(a, id, item, &found[i]);
        send_finding(e, &found[i]);
    }
    settle(e);
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
            handle(a, e->element[0]->str, hy_reply_field(e->element[1], "item"));
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
        set_aside(a, id, item, "killed two workers");
    else
        handle(a, id, item);
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

/* -- what people look out for --------------------------------------------------------------- */

/* One that cannot be read is left out and said; the others count. */
static void use_lookouts(struct analyzer *a, size_t office, const redisReply *reply)
{
    struct hy_lookouts *l = hy_lookouts_new();
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 1; i < reply->elements; i += 2)
        if (hy_lookouts_add(l, hy_reply_str(reply->element[i]), &err) < 0)
            hy_log(HY_ERROR, "lookout_unusable", HY_KV("err", err.msg));
    if (hy_lookouts_count(l))
        hy_log(HY_INFO, "lookouts", HY_KVN("n", hy_lookouts_count(l)),
               HY_KV("office", hy_judges_offices(a->judges)->at[office]->office->id));
    hy_judges_look_for(a->judges, office, l);
}

static void take_lookouts(struct analyzer *a, size_t office, const redisReply *reply)
{
    const struct hy_str id = hy_str(hy_judges_offices(a->judges)->at[office]->office->id);
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const char *before = hy_map_get(a->lookouts, id);

    for (size_t i = 0; i < reply->elements; i++)
        hy_json_put_str(&text, hy_reply_str(reply->element[i]));
    if (hy_str_eq(hy_buf_view(&text), hy_str(before ? before : "")))
        return;
    use_lookouts(a, office, reply);
    hy_map_set(a->lookouts, id, hy_str_dup(hy_buf_view(&text)));
}

struct asking {
    struct analyzer *a;
    size_t office;
    int64_t rules; /* the answer is for these, not for newer ones */
};

static void on_lookouts(const redisReply *reply, void *user)
{
    struct asking *k = user;
    struct analyzer *a = k->a;

    if (reply && reply->type != REDIS_REPLY_ARRAY) /* items are judged all the same */
        hy_log(HY_ERROR, "lookouts_unreadable", HY_KV("err", reply->str ? reply->str : ""));
    if (reply && reply->type == REDIS_REPLY_ARRAY && k->rules == a->rules)
        take_lookouts(a, k->office, reply);
    free(k);
    if (--a->asking > 0)
        return;
    hy_timer_arm(a->look, LOOKOUTS_EVERY_MS);
    if (reply == NULL)
        return;
    if (!a->knows_lookouts) {
        a->knows_lookouts = true;
        hy_role_ready();
    }
    read_more(a);
}

static void ask_lookouts(void *user)
{
    struct analyzer *a = user;
    const struct hy_offices *o = hy_judges_offices(a->judges);

    if (!hy_redis_is_up(a->writer) || a->asking) {
        hy_timer_arm(a->look, LOOKOUTS_EVERY_MS);
        return;
    }
    a->asking = o->n;
    for (size_t i = 0; i < o->n; i++) {
        struct asking *k = hy_xmalloc(sizeof(*k));
        *k = (struct asking){a, i, a->rules};
        hy_redis_cmd(a->writer, on_lookouts, k, "HGETALL hy:{%s}:lookouts", o->at[i]->office->id);
    }
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
    ask_lookouts(a);
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
        ask_lookouts(a);
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
    struct analyzer a = {0};

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
    a.look = hy_timer_new(a.loop, ask_lookouts, &a);
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
               "keeper.  DIR may hold several offices, each in a directory of its own.  Run as many as there are processors; SIGHUP reads the rules again.\n\n"
               "  huiying analyze -c rules/sample --redis unix:///run/huiying/redis.sock",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
