/* SPDX-License-Identifier: Apache-2.0 */
/* The look at Redis: one script for what is the crawl's, one for what is the office's, because the
 * two may lie in different places (core/redis_url.h).  They need not be of the same moment. */
#include "alerts/watch/watch.h"

#include "core/mem.h"
#include "rules/office.h"
#include "rules/sources.h"

#include <inttypes.h>
#include <string.h>

/* `pairs` of a list that may be empty are joined as text, since cjson writes an empty table as an
 * object. */
#define MEMORY                                                                                     \
    "local info, memory = redis.call('INFO', 'memory'), {}\n"                                      \
    "for name, key in pairs({used = 'used_memory', peak = 'used_memory_peak',\n"                   \
    "                        max = 'maxmemory'}) do\n"                                             \
    "  memory[name] = tonumber(string.match(info, '\\n' .. key .. ':(%d+)') or 0)\n"               \
    "end\n"

/* KEYS as in crawl_keys; ARGV: the office, then ids of its sources.  Roles of other offices are left
 * out: what they do is not this office's to see. */
static struct hy_script crawl_script = {
    .reads_only = true,
    .text =
        "local function len(k) return redis.call('XLEN', k) end\n"
        "local roles, sources = {}, {}\n"
        "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, 199)) do\n"
        "  local role = redis.call('GET', 'hy:role:' .. m)\n"
        "  local office = role and cjson.decode(role).office\n"
        "  if role and (not office or office == cjson.null or office == ARGV[1]) then\n"
        "    roles[#roles + 1] = role\n"
        "  end\n"
        "end\n"
        "for i = 2, #ARGV do\n"
        "  local id = redis.call('HGET', KEYS[5], ARGV[1] .. '/' .. ARGV[i]) or ARGV[i]\n"
        "  local h = redis.call('HMGET', 'hy:crawl:source:' .. id, 'state', 'last_ok',\n"
        "                       'last_new', 'next', 'why')\n"
        "  sources[#sources + 1] = cjson.encode({id = ARGV[i], state = h[1] or 'new',\n"
        "    last_ok = tonumber(h[2] or 0) or 0, last_new = tonumber(h[3] or 0) or 0,\n"
        "    next = tonumber(h[4] or 0) or 0, why = h[5] or ''})\n"
        "end\n" MEMORY
        "local rest = cjson.encode({memory = memory,\n"
        "  queues = {items = len(KEYS[2]), captures = len(KEYS[3])},\n"
        "  lost = {captures = tonumber(redis.call('HGET', KEYS[4], 'dropped') or 0)}})\n"
        "return '{\"roles\":[' .. table.concat(roles, ',') .. '],\"sources\":[' ..\n"
        "  table.concat(sources, ',') .. '],' .. string.sub(rest, 2)",
};
static const char *const crawl_keys[] = {"hy:roles",         "hy:items",     "hy:captures",
                                         "hy:captures:load", "hy:crawl:ids", NULL};

/* KEYS as in office_keys; ARGV: now. */
static struct hy_script office_script = {
    .reads_only = true,
    .text =
        "local function len(k) return redis.call('XLEN', k) end\n" MEMORY
        "local next = redis.call('ZRANGE', KEYS[10], 0, 0, 'WITHSCORES')\n"
        "return cjson.encode({now = tonumber(ARGV[1]), memory_offices = memory,\n"
        "  queues = {hits = len(KEYS[1]), commands = len(KEYS[2]), health = len(KEYS[3]),\n"
        "    quarantine = len(KEYS[13]), scored = len(KEYS[14])},\n"
        "  lost = {scored = tonumber(redis.call('HGET', KEYS[15], 'dropped') or 0)},\n"
        "  leads = redis.call('EXISTS', KEYS[6]) == 1,\n"
        "  journal = tonumber(redis.call('HGET', KEYS[5], 'seq') or 0),\n"
        "  incidents = redis.call('ZCARD', KEYS[7]), open = redis.call('SCARD', KEYS[8]),\n"
        "  cases = redis.call('ZCARD', KEYS[9]), notices = len(KEYS[4]),\n"
        "  timers = {pending = redis.call('ZCARD', KEYS[10]),\n"
        "    due = redis.call('ZCOUNT', KEYS[10], '-inf', ARGV[1]),\n"
        "    next = tonumber(next[2] or 0)},\n"
        "  dead = len(KEYS[11]), outbox = redis.call('ZCARD', KEYS[12])})\n",
};
static const char *const office_keys[] = {"hits",      "cmd",   "health", "notices", "head",
                                          "lease",     "incidents", "open", "cases", "timers",
                                          "dead",      "outbox", "quarantine", "scored", "scored:load", NULL};

struct args { /* keys, then arguments */
    int nkeys;
    HY_VEC(const char *) v;
};

static void args_release(struct args *a)
{
    for (size_t i = 0; i < a->v.n; i++)
        free((char *)(uintptr_t)a->v.v[i]);
    hy_vec_release(&a->v);
}

static void crawl_args(const struct hy_rules *rules, struct args *a)
{
    for (a->nkeys = 0; crawl_keys[a->nkeys]; a->nkeys++)
        hy_vec_push(&a->v, hy_xstrdup(crawl_keys[a->nkeys]));
    hy_vec_push(&a->v, hy_xstrdup(rules->office->id));
    for (size_t i = 0; rules->sources && i < rules->sources->rows.n; i++) {
        const struct hy_source *s = hy_sources_at(rules->sources, i);
        if (s->enabled)
            hy_vec_push(&a->v, hy_xstrdup(s->id));
    }
}

static void office_args(const struct hy_rules *rules, hy_wall now, struct args *a)
{
    for (a->nkeys = 0; office_keys[a->nkeys]; a->nkeys++)
        hy_vec_push(&a->v, hy_xasprintf("hy:{%s}:%s", rules->office->id, office_keys[a->nkeys]));
    hy_vec_push(&a->v, hy_xasprintf("%" PRId64, now.ms));
}

/* ---- one answer of two ---- */

static int parse(const redisReply *reply, json_t **ret, struct hy_err *err)
{
    if (reply == NULL)
        return hy_fail(err, HY_E_REDIS, "Redis does not answer");
    if (reply->type != REDIS_REPLY_STRING)
        return hy_fail(err, HY_E_REDIS, "Redis: %s",
                       reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another kind");
    return hy_json_parse(hy_reply_str(reply), ret, err);
}

/* `more` joins `into`; both have queues and what got lost. */
static void merge(json_t *into, json_t *more)
{
    json_object_update_missing(json_object_get(into, "queues"), json_object_get(more, "queues"));
    json_object_update_missing(json_object_get(into, "lost"), json_object_get(more, "lost"));
    json_object_update_missing(into, more);
}

static int eval(struct hy_redis_sync *r, struct hy_script *s, const struct args *a, json_t **ret,
                struct hy_err *err)
{
    HY_VEC(struct hy_str) views = {0};
    redisReply *reply = NULL;

    for (size_t i = 0; i < a->v.n; i++)
        hy_vec_push(&views, hy_str(a->v.v[i]));
    int rc = hy_redis_sync_eval(r, s, &reply, err, a->nkeys, (int)views.n, views.v, NULL);
    hy_vec_release(&views);
    if (rc == HY_OK)
        rc = parse(reply, ret, err);
    freeReplyObject(reply);
    return rc;
}

int hy_watch_look_sync(struct hy_redis_sync *r, const struct hy_rules *rules, hy_wall now,
                       json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(args_release) struct args crawl = {0}, office = {0};
    HY_CLEANUP(hy_json_freep) json_t *seen = NULL, *more = NULL;

    crawl_args(rules, &crawl);
    office_args(rules, now, &office);
    if (eval(r, &office_script, &office, &seen, err) < 0 ||
        eval(r, &crawl_script, &crawl, &more, err) < 0)
        return err->code;
    merge(seen, more);
    *ret = HY_TAKE(seen);
    return HY_OK;
}

/* ---- on a loop ---- */

struct look {
    hy_watch_fn fn;
    void *user;
    int missing; /* answers */
    json_t *seen[2];
    struct hy_err err; /* the first */
};

static void take(struct look *k, int which, const redisReply *reply)
{
    struct hy_err err = HY_ERR_INIT;

    if (parse(reply, &k->seen[which], &err) < 0 && k->err.code == HY_OK)
        k->err = err;
    if (--k->missing > 0)
        return;
    if (k->err.code == HY_OK)
        merge(k->seen[0], k->seen[1]);
    k->fn(k->err.code == HY_OK ? k->seen[0] : NULL, &k->err, k->user);
    json_decref(k->seen[0]);
    json_decref(k->seen[1]);
    free(k);
}

static void on_office(const redisReply *reply, void *user)
{
    take(user, 0, reply);
}

static void on_crawl(const redisReply *reply, void *user)
{
    take(user, 1, reply);
}

void hy_watch_look(struct hy_redis *r, const struct hy_rules *rules, hy_wall now, hy_watch_fn fn,
                   void *user)
{
    HY_CLEANUP(args_release) struct args crawl = {0}, office = {0};
    struct look *k = hy_xcalloc(1, sizeof(*k));

    *k = (struct look){.fn = fn, .user = user, .missing = 2};
    crawl_args(rules, &crawl);
    office_args(rules, now, &office);
    hy_redis_eval(r, &office_script, on_office, k, office.nkeys, (int)office.v.n, office.v.v, NULL);
    hy_redis_eval(r, &crawl_script, on_crawl, k, crawl.nkeys, (int)crawl.v.n, crawl.v.v, NULL);
}
