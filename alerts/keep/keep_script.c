/* SPDX-License-Identifier: Apache-2.0 */
/* The one script that writes, and its guard: lease, fencing token, head of the journal.
 *
 * Timers are collected beside the operations, so that a transaction takes away and sets them some
 * hundreds at a time. */
#include "alerts/keep/keep.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UNPACK_MAX = 1000, /* values that one call inside the script takes */
    TIMERS_NEXT = 16, /* told by every script; more when more are due together */
};

/* KEYS: lease fence head timers.  ARGV: token, lease in ms, fence, seq and hash of the head, now,
 * how many timers to tell at least and at most; then operations, each with its number of arguments
 * before it.  Of the timers all are told that are due now, or with the first that comes: clocks end at
 * whole seconds, and many of them together.
 *
 * A lease that ran out is taken again as long as the fence shows that nobody has led since.  A crash
 * in the middle drops all of it from the append-only file, but an operation that Redis refuses does
 * not undo those before it: the head comes last, so that lines behind it show what was left half
 * done (keep_half.c).  `timers` of the head lets the next leader see whether somebody else touched
 * the sorted set. */
static struct hy_script commit_script = {
    .text = "local holder = redis.call('GET', KEYS[1])\n"
            "if holder and holder ~= ARGV[1] then return redis.error_reply('LEASE lost') end\n"
            "if redis.call('GET', KEYS[2]) ~= ARGV[3] then\n"
            "  return redis.error_reply('FENCE raised')\n"
            "end\n"
            "local seq = redis.call('HGET', KEYS[3], 'seq') or '0'\n"
            "local hash = redis.call('HGET', KEYS[3], 'hash') or string.rep('0', 64)\n"
            "if seq ~= ARGV[4] or hash ~= ARGV[5] then return redis.error_reply('HEAD moved') end\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "local i = 9\n"
            "while i <= #ARGV do\n"
            "  local n = tonumber(ARGV[i])\n"
            "  local r = redis.pcall(unpack(ARGV, i + 1, i + n))\n"
            "  if type(r) == 'table' and r.err then\n"
            "    return redis.error_reply('HALF ' .. ARGV[i + 1] .. ' ' .. ARGV[i + 2] .. ': ' .. r.err)\n"
            "  end\n"
            "  i = i + n + 1\n"
            "end\n"
            "if #ARGV > 8 then\n"
            "  redis.call('HSET', KEYS[3], 'timers', redis.call('ZCARD', KEYS[4]))\n"
            "end\n"
            "local due = redis.call('ZCOUNT', KEYS[4], '-inf', ARGV[6])\n"
            "local first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')[2] or '0'\n"
            "local with = redis.call('ZCOUNT', KEYS[4], '-inf', first)\n"
            "local n = math.max(ARGV[7], math.min(ARGV[8], math.max(due, with)))\n"
            "return {due, redis.call('ZRANGE', KEYS[4], 0, n - 1, 'WITHSCORES')}\n"};

/* The collected timers as operations of at most UNPACK_MAX values. */
static void flush_timers(struct hy_ops *ops, const struct hy_keep *k, const char *command,
                         struct hy_buf *texts)
{
    const char *p = texts->p;
    size_t left = 0;

    for (size_t i = 0; i < texts->n; i++)
        left += texts->p[i] == '\0';
    for (size_t n; left > 0; left -= n) {
        n = HY_MIN(left, (size_t)UNPACK_MAX);
        hy_ops_begin(ops, (int)n + 2);
        hy_ops_arg(ops, hy_str(command));
        hy_ops_key(ops, k, "timers", HY_NO_ID);
        for (size_t i = 0; i < n; i++, p += strlen(p) + 1)
            hy_ops_arg(ops, hy_str(p));
    }
    hy_buf_clear(texts);
}

/* Behind everything else: what stands before it is all there. */
static void add_head(struct hy_ops *ops, const struct hy_keep *k)
{
    if (ops->head.seq == 0)
        return;
    hy_ops_begin(ops, 6);
    hy_ops_arg(ops, HY_STR("HSET"));
    hy_ops_key(ops, k, "head", HY_NO_ID);
    hy_ops_arg(ops, HY_STR("seq"));
    hy_ops_int(ops, ops->head.seq);
    hy_ops_arg(ops, HY_STR("hash"));
    hy_ops_arg(ops, hy_str(ops->head.hash));
}

static bool is_refusal(const struct hy_err *err)
{
    static const char *const words[] = {"LEASE lost", "FENCE raised", "HEAD moved"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (strstr(err->msg, words[i]))
            return true;
    return false;
}

static int denied(struct hy_err *err)
{
    err->code = HY_E_DENIED;
    return hy_wrap(err, "another keeper leads");
}

/* Nothing stands in the way but one key: which, and what follows from it. */
static int explain(struct hy_err *err)
{
    const char *half = strstr(err->msg, "HALF ");
    char what[120];

    if (half == NULL)
        return err->code;
    snprintf(what, sizeof(what), "%s", half + 5);
    return hy_fail(err, err->code,
                   "nothing can be recorded until this is put right in Redis: %s", what);
}

struct call { /* keys and arguments of one */
    char lease[16], fence[24], seq[24], now[24], least[16], most[16];
    struct hy_str args[12];
};

static void fill(struct call *c, const struct hy_keep *k, const struct hy_head *before)
{
    snprintf(c->lease, sizeof(c->lease), "%d", HY_LEASE_MS);
    snprintf(c->fence, sizeof(c->fence), "%lld", (long long)k->fence);
    snprintf(c->seq, sizeof(c->seq), "%lld", (long long)before->seq);
    snprintf(c->now, sizeof(c->now), "%lld", (long long)hy_wall_now().ms);
    snprintf(c->least, sizeof(c->least), "%d", TIMERS_NEXT);
    snprintf(c->most, sizeof(c->most), "%d", HY_FIRE_MAX);
    const struct hy_str args[] = {
        hy_str(hy_keep_key(k, "lease")),
        hy_str(hy_keep_key(k, "fence")),
        hy_str(hy_keep_key(k, "head")),
        hy_str(hy_keep_key(k, "timers")),
        hy_str(k->token),
        hy_str(c->lease),
        hy_str(c->fence),
        hy_str(c->seq),
        hy_str(before->hash),
        hy_str(c->now),
        hy_str(c->least),
        hy_str(c->most),
    };
    _Static_assert(sizeof(args) == sizeof(c->args), "as many as there is room for");
    memcpy(c->args, args, sizeof(args));
}

int hy_keep_prepare(struct hy_keep *k, struct hy_ops *ops, const struct hy_head *before,
                    struct hy_err *err)
{
    struct call c;

    flush_timers(ops, k, "ZREM", &ops->gone);
    flush_timers(ops, k, "ZADD", &ops->due);
    add_head(ops, k);
    fill(&c, k, before);
    k->posted = true;
    return hy_redis_sync_eval_prepare(k->redis, &commit_script, err, 4, (int)HY_COUNT(c.args),
                                      c.args, &ops->wire);
}

int hy_keep_post(struct hy_keep *k, struct hy_err *err)
{
    return hy_redis_sync_eval_begin(k->redis, err);
}

int hy_keep_answer(struct hy_keep *k, const struct hy_ops *ops, const struct hy_head *before,
                   struct hy_err *err)
{
    redisReply *reply = NULL;
    struct call c;

    fill(&c, k, before);
    int rc = hy_redis_sync_eval_end(k->redis, &commit_script, &reply, err, 4,
                                    (int)HY_COUNT(c.args), c.args, &ops->wire);
    k->posted = false;
    if (rc < 0)
        return is_refusal(err) ? denied(err) : explain(err);
    freeReplyObject(k->timers);
    k->timers = reply;
    k->leased = hy_mono_now();
    return HY_OK;
}

int hy_keep_send(struct hy_keep *k, struct hy_ops *ops, const struct hy_head *before,
                 struct hy_err *err)
{
    if (hy_keep_prepare(k, ops, before, err) < 0 || hy_keep_post(k, err) < 0)
        return err->code;
    return hy_keep_answer(k, ops, before, err);
}
