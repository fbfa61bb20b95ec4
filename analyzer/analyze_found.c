/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of an item: judged, its hit and the scored item added in one script per office,
 * acknowledged and deleted when every office has its own.  Whoever dies in between gives a hit
 * twice, which the keeper and the archive know by the item's id and hash; one script for all would
 * need all keys in one Redis.
 *
 * What is judged goes to hy:{O}:scored, for the archive; the stream is bounded, because an office
 * may run without one. */
#include "analyzer/analyze_parts.h"

#include "core/log.h"
#include "core/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUARANTINE "hy:items:quarantine"

enum {
    SCORED_MAX = 20000, /* what may wait for the archive: some days of an office's items */
    SCORED_MAX_BYTES = 64 << 20,
};

/* KEYS: hits, scored, load of scored.  ARGV: hit or "", scored item, most scored items, most bytes
 * of them.  The load {bytes, dropped} is counted by hand; the archive takes off what it has
 * removed. */
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
static struct hy_script done_script = {.text = "redis.call('XACK', KEYS[1], 'analyze', ARGV[1])\n"
                                               "return redis.call('XDEL', KEYS[1], ARGV[1])"};

/* KEYS: items, quarantine.  ARGV: entry id, item, reason. */
static struct hy_script quarantine_script = {
    .text = "if redis.call('XACK', KEYS[1], 'analyze', ARGV[1]) == 1 then\n"
            "  redis.call('XADD', KEYS[2], '*', 'item', ARGV[2], 'reason', ARGV[3])\n"
            "  redis.call('XDEL', KEYS[1], ARGV[1])\n"
            "end\n"
            "return 0"};

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
    if (--a->unanswered == 0)
        a->go_on(a);
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

void analyze_set_aside(struct analyzer *a, const char *id, struct hy_str item, const char *reason)
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
    const size_t len[] = {strlen(hits), strlen(scored), strlen(load),      v->hit.n,
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

void analyze_item(struct analyzer *a, const char *id, struct hy_str item)
{
    struct hy_err err = HY_ERR_INIT;
    const struct hy_finding *found;
    size_t n;

    if (hy_judges_item(a->judges, item, &found, &n, &err) < 0) {
        analyze_set_aside(a, id, item, err.msg);
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
