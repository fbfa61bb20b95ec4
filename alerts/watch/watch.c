/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/watch/watch.h"

#include "core/mem.h"
#include "core/vec.h"
#include "rules/office.h"
#include "rules/sources.h"

#include <inttypes.h>
#include <string.h>

/* KEYS as below; ARGV: now, then ids of sources.  `pairs` of a list that may be empty are joined as
 * text, since cjson writes an empty table as an object. */
enum key {
    ROLES, ITEMS, CAPTURES, SCORED, CAPTURES_LOAD, SCORED_LOAD, HITS, CMD, HEALTH, NOTICES, HEAD,
    LEASE, INCIDENTS, OPEN, CASES, TIMERS, DEAD, OUTBOX, QUARANTINE, KEY_COUNT
};
static const struct {
    const char *name;
    bool of_office;
} keys[] = {
    [ROLES] = {"hy:roles", false},
    [ITEMS] = {"hy:items", false},
    [CAPTURES] = {"hy:captures", false},
    [SCORED] = {"hy:scored", false},
    [CAPTURES_LOAD] = {"hy:captures:load", false},
    [SCORED_LOAD] = {"hy:scored:load", false},
    [HITS] = {"hits", true},
    [CMD] = {"cmd", true},
    [HEALTH] = {"health", true},
    [NOTICES] = {"notices", true},
    [HEAD] = {"head", true},
    [LEASE] = {"lease", true},
    [INCIDENTS] = {"incidents", true},
    [OPEN] = {"open", true},
    [CASES] = {"cases", true},
    [TIMERS] = {"timers", true},
    [DEAD] = {"dead", true},
    [OUTBOX] = {"outbox", true},
    [QUARANTINE] = {"quarantine", true},
};
_Static_assert(HY_COUNT(keys) == KEY_COUNT, "name every key");

struct hy_script hy_watch_script = {
    .reads_only = true,
    .text =
        "local function len(k) return redis.call('XLEN', k) end\n"
        "local roles, sources = {}, {}\n"
        "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, 199)) do\n"
        "  roles[#roles + 1] = redis.call('GET', 'hy:role:' .. m) or nil\n"
        "end\n"
        "for i = 2, #ARGV do\n"
        "  local h = redis.call('HMGET', 'hy:crawl:source:' .. ARGV[i], 'state', 'last_ok',\n"
        "                       'last_new', 'next', 'why')\n"
        "  sources[#sources + 1] = cjson.encode({id = ARGV[i], state = h[1] or 'new',\n"
        "    last_ok = tonumber(h[2] or 0) or 0, last_new = tonumber(h[3] or 0) or 0,\n"
        "    next = tonumber(h[4] or 0) or 0, why = h[5] or ''})\n"
        "end\n"
        "local info, memory = redis.call('INFO', 'memory'), {}\n"
        "for name, key in pairs({used = 'used_memory', peak = 'used_memory_peak',\n"
        "                        max = 'maxmemory'}) do\n"
        "  memory[name] = tonumber(string.match(info, '\\n' .. key .. ':(%d+)') or 0)\n"
        "end\n"
        "local next = redis.call('ZRANGE', KEYS[16], 0, 0, 'WITHSCORES')\n"
        "local rest = cjson.encode({now = tonumber(ARGV[1]), memory = memory,\n"
        "  queues = {items = len(KEYS[2]), captures = len(KEYS[3]), scored = len(KEYS[4]),\n"
        "    hits = len(KEYS[7]), commands = len(KEYS[8]), health = len(KEYS[9]),\n"
        "    quarantine = len(KEYS[19])},\n"
        "  lost = {captures = tonumber(redis.call('HGET', KEYS[5], 'dropped') or 0),\n"
        "    scored = tonumber(redis.call('HGET', KEYS[6], 'dropped') or 0)},\n"
        "  leads = redis.call('EXISTS', KEYS[12]) == 1,\n"
        "  journal = tonumber(redis.call('HGET', KEYS[11], 'seq') or 0),\n"
        "  incidents = redis.call('ZCARD', KEYS[13]), open = redis.call('SCARD', KEYS[14]),\n"
        "  cases = redis.call('ZCARD', KEYS[15]), notices = len(KEYS[10]),\n"
        "  timers = {pending = redis.call('ZCARD', KEYS[16]),\n"
        "    due = redis.call('ZCOUNT', KEYS[16], '-inf', ARGV[1]),\n"
        "    next = tonumber(next[2] or 0)},\n"
        "  dead = len(KEYS[17]), outbox = redis.call('ZCARD', KEYS[18])})\n"
        "return '{\"roles\":[' .. table.concat(roles, ',') .. '],\"sources\":[' ..\n"
        "  table.concat(sources, ',') .. '],' .. string.sub(rest, 2)",
};

static void arg_take(struct hy_watch_args *a, char *text)
{
    hy_vec_push(&a->owned, text);
    hy_vec_push(&a->v, text);
    hy_vec_push(&a->n, strlen(text));
}

void hy_watch_args(const struct hy_rules *rules, hy_wall now, struct hy_watch_args *ret)
{
    *ret = (struct hy_watch_args){.nkeys = KEY_COUNT};
    for (size_t i = 0; i < KEY_COUNT; i++)
        arg_take(ret, keys[i].of_office ? hy_xasprintf("hy:{%s}:%s", rules->office->id, keys[i].name)
                                        : hy_xstrdup(keys[i].name));
    arg_take(ret, hy_xasprintf("%" PRId64, now.ms));
    for (size_t i = 0; rules->sources && i < rules->sources->rows.n; i++) {
        const struct hy_source *s = hy_sources_at(rules->sources, i);
        if (s->enabled)
            arg_take(ret, hy_xstrdup(s->id));
    }
}

void hy_watch_args_release(struct hy_watch_args *a)
{
    for (size_t i = 0; i < a->owned.n; i++)
        free(a->owned.v[i]);
    hy_vec_release(&a->owned);
    hy_vec_release(&a->v);
    hy_vec_release(&a->n);
}

int hy_watch_parse(const redisReply *reply, json_t **ret, struct hy_err *err)
{
    if (reply == NULL)
        return hy_fail(err, HY_E_REDIS, "Redis does not answer");
    if (reply->type != REDIS_REPLY_STRING)
        return hy_fail(err, HY_E_REDIS, "Redis: %s",
                       reply->type == REDIS_REPLY_ERROR ? reply->str : "an answer of another kind");
    return hy_json_parse(hy_reply_str(reply), ret, err);
}

/* ---- what is missing ---- */

static bool anybody(const json_t *seen, const char *role)
{
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(seen, "roles"), i, r)
        if (hy_str_is(hy_json_str(r, "role"), role))
            return true;
    return false;
}

json_t *hy_watch_missing(const json_t *seen)
{
    static const struct {
        const char *role, *sentence;
    } rows[] = {
        {"keep", "没有值守程序（keep）在运行：时限不会提醒"},
        {"crawl", "没有采集程序（crawl）在运行：看不到新内容"},
        {"analyze", "没有研判程序（analyze）在运行：新内容不会被判断"},
        {"deliver", "没有投递程序（deliver）在运行：邮件和群消息发不出去"},
        {"archive", "没有存档程序（archive）在运行：证据不会保存"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (!anybody(seen, rows[i].role))
            json_array_append_new(list, json_string(rows[i].sentence));
    if (anybody(seen, "keep") && !hy_json_bool(seen, "leads"))
        json_array_append_new(list, json_string("值守程序还没有接手：正在等待或正在载入"));
    return list;
}
