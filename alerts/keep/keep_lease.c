/* SPDX-License-Identifier: Apache-2.0 */
/* The lease: who leads, for how long, and who may when Redis has lost data. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOUBT_MS = 2 * HY_LEASE_MS,
    CLAIM_MS = 2000,
    REFILL_MS = 30000, /* who fills Redis again and loses the lease over it is waited for so long */
};

/* ---- the lease ---- */

/* A lease of our own (an earlier connection's) is taken over at once: whatever that connection may
 * still have on its way carries the old fence.  One that runs for longer than a lease was taken before
 * Redis' clock was set back; whoever is alive renews it, and of who is dead it runs for no longer.  ARGV[3]: the highest term the journal knows; a
 * Redis that lost its data must not give an old one again. */
static struct hy_script lead_script = {
    .text = "local holder = redis.call('GET', KEYS[1])\n"
            "if holder and holder ~= ARGV[1] then\n"
            "  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then\n"
            "    redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
            "  end\n"
            "  return 0\n"
            "end\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "local fence = redis.call('INCR', KEYS[2])\n"
            "if fence <= tonumber(ARGV[3]) then\n"
            "  fence = tonumber(ARGV[3]) + 1\n"
            "  redis.call('SET', KEYS[2], string.format('%.0f', fence))\n"
            "end\n"
            "return fence\n"};
/* One that ran out (the machine was too slow) is taken again as long as the fence, ARGV[3], shows that
 * nobody has led since: whoever loses it over the same work again and again comes to no end. */
static struct hy_script renew_script = {
    .text = "local holder = redis.call('GET', KEYS[1])\n"
            "if (holder and holder ~= ARGV[1]) or redis.call('GET', KEYS[2]) ~= ARGV[3] then\n"
            "  return redis.error_reply('LEASE lost')\n"
            "end\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "return 1\n"};
static struct hy_script resign_script = {
    .text = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end\n"
            "return 0\n"};

static int ask_lease(struct hy_keep *k, struct hy_script *s, int64_t floor, int64_t *ret,
                     struct hy_err *err)
{
    char lease[16], term[24];
    redisReply *r = NULL;

    snprintf(lease, sizeof(lease), "%d", HY_LEASE_MS);
    snprintf(term, sizeof(term), "%lld", (long long)floor);
    const struct hy_str args[] = {hy_str(hy_keep_key(k, "lease")), hy_str(hy_keep_key(k, "fence")),
                                  hy_str(k->token), hy_str(lease), hy_str(term)};
    if (hy_redis_sync_eval(k->redis, s, &r, err, 2, (int)HY_COUNT(args), args, NULL) < 0)
        return strstr(err->msg, "LEASE lost") ? hy_fail(err, HY_E_DENIED, "the lease is lost")
                                              : err->code;
    *ret = r->integer;
    freeReplyObject(r);
    return HY_OK;
}

int hy_keep_lead(struct hy_keep *k, bool *ret, struct hy_err *err)
{
    int64_t known = k->state ? k->state->head.term : 0;

    if (ask_lease(k, &lead_script, known, &k->fence, err) < 0)
        return err->code;
    k->leased = hy_mono_now();
    *ret = k->fence > 0;
    return HY_OK;
}

int hy_keep_renew(struct hy_keep *k, struct hy_err *err)
{
    int64_t ignored;

    if (ask_lease(k, &renew_script, k->fence, &ignored, err) < 0)
        return err->code;
    k->leased = hy_mono_now();
    return HY_OK;
}

int hy_keep_hold_on(struct hy_keep *k, struct hy_err *err)
{
    bool old = (hy_mono_now().us - k->leased.us) / 1000 > HY_LEASE_MS / 3;

    return k->fence > 0 && old ? hy_keep_renew(k, err) : HY_OK;
}

void hy_keep_resign(struct hy_keep *k)
{
    struct hy_err ignored = HY_ERR_INIT;
    int64_t n;

    if (k->redis && k->fence > 0)
        (void)ask_lease(k, &resign_script, 0, &n, &ignored);
}

/* ---- who may ---- */

int hy_keep_head(struct hy_keep *k, struct hy_head *ret, int64_t *ret_timers, struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_head head = HY_HEAD_INIT;

    if (hy_redis_sync_cmd(k->redis, &r, err, "HMGET %s seq hash timers", hy_keep_key(k, "head")) <
        0)
        return err->code;
    if (hy_str_to_i64(hy_reply_str(r->element[0]), &head.seq))
        snprintf(head.hash, sizeof(head.hash), HY_STR_FMT, HY_STR_ARG(hy_reply_str(r->element[1])));
    if (!hy_str_to_i64(hy_reply_str(r->element[2]), ret_timers))
        *ret_timers = -1;
    freeReplyObject(r);
    *ret = head;
    return HY_OK;
}

/* A Redis of our own data directory has no other keepers with journals elsewhere.  Ours is the one
 * whose socket `run` wrote down, under whatever name we are known there. */
static bool is_private(const struct hy_keep *k)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/redis.url", k->role->data);
    HY_CLEANUP(hy_redis_address_release) struct hy_redis_address ours = {0}, own = {0};
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err ignored = HY_ERR_INIT;
    bool same = false;

    if (hy_buf_read_file(&b, path, &ignored) == HY_OK) {
        HY_CLEANUP(hy_freep) char *url = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
        same = hy_redis_address_parse(url, &own, &ignored) == HY_OK &&
               hy_redis_address_parse(k->role->redis, &ours, &ignored) == HY_OK && own.path &&
               ours.path && strcmp(own.path, ours.path) == 0;
    }
    hy_buf_release(&b);
    return same;
}

/* What Redis says of those who led, and the most we ever heard of it. */
static int hear(struct hy_keep *k, int64_t *ret_seq, struct hy_err *err)
{
    struct hy_head redis;
    int64_t ignored;

    if (hy_keep_head(k, &redis, &ignored, err) < 0)
        return err->code;
    if (k->state)
        k->known = k->state->head;
    k->heard = HY_MAX(k->heard, HY_MAX(redis.seq, k->known.seq));
    *ret_seq = redis.seq;
    return HY_OK;
}

/* KEYS: claims.  ARGV: token, what its keeper knows, how long a claim counts in ms, for how much longer
 * this one does, whether to make it.  Is there no living claim above ours? */
static struct hy_script claim_script = {
    .text = "local t = redis.call('TIME')\n"
            "local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)\n"
            "if ARGV[5] == '1' then\n"
            "  local at = string.format('%.0f', now + ARGV[4])\n"
            "  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. at)\n"
            "  redis.call('PEXPIRE', KEYS[1], ARGV[3] * 5 + ARGV[4])\n"
            "end\n"
            "for _, v in ipairs(redis.call('HVALS', KEYS[1])) do\n"
            "  local known, at = string.match(v, '^(%S+) (%d+)$')\n"
            "  if known > ARGV[2] and tonumber(at) > now - ARGV[3] then return 0 end\n"
            "end\n"
            "return 1\n"};

static int ask_claims(struct hy_keep *k, const char *make, int ahead_ms, bool *ret_best,
                      struct hy_err *err)
{
    char known[64], window[16], ahead[16];
    redisReply *r = NULL;

    snprintf(known, sizeof(known), "%012lld.%015lld", (long long)k->known.term,
             (long long)k->known.seq);
    snprintf(window, sizeof(window), "%d", CLAIM_MS);
    snprintf(ahead, sizeof(ahead), "%d", ahead_ms);
    const struct hy_str args[] = {hy_str(hy_keep_key(k, "claims")), hy_str(k->token), hy_str(known),
                                  hy_str(window), hy_str(ahead), hy_str(make)};
    if (hy_redis_sync_eval(k->redis, &claim_script, &r, err, 1, (int)HY_COUNT(args), args, NULL) <
        0)
        return err->code;
    *ret_best = r->integer == 1;
    freeReplyObject(r);
    return HY_OK;
}

/* While in doubt everybody says how far he knows, by term and line. */
static int claim(struct hy_keep *k, bool *ret_best, struct hy_err *err)
{
    return ask_claims(k, "1", 0, ret_best, err);
}

/* Is nobody alive who knows more, and is perhaps still writing it to Redis? */
static int is_best(struct hy_keep *k, bool *ret_best, struct hy_err *err)
{
    return ask_claims(k, "0", 0, ret_best, err);
}

int hy_keep_claim_refill(struct hy_keep *k, struct hy_err *err)
{
    bool ignored;

    return ask_claims(k, "1", REFILL_MS, &ignored, err);
}

int hy_keep_claim_end(struct hy_keep *k, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "HDEL %s %s", hy_keep_key(k, "claims"), k->token) < 0)
        return err->code;
    freeReplyObject(r);
    return HY_OK;
}

static void begin_doubt(struct hy_keep *k, int64_t redis)
{
    if (k->doubt.us != 0)
        return;
    k->doubt = hy_mono_now();
    if (k->heard > 0)
        hy_log(HY_WARN, "redis_lost_data", HY_KVN("redis", redis), HY_KVN("known", k->heard));
}

int hy_keep_may_lead(struct hy_keep *k, bool *ret, struct hy_err *err)
{
    int64_t redis = 0;

    if (hear(k, &redis, err) < 0)
        return err->code;
    bool new = k->heard == 0; /* or a wiped Redis, and we a new standby */
    /* Not even who led a moment ago may skip the claims: its disk may have been full since. */
    *ret = (redis >= k->heard && !new) || is_private(k);
    if (*ret) {
        k->doubt = (hy_mono){0};
        return is_private(k) ? HY_OK : is_best(k, ret, err);
    }
    begin_doubt(k, redis);
    if (claim(k, ret, err) < 0)
        return err->code;
    *ret = *ret && (hy_mono_now().us - k->doubt.us) / 1000 > (new ? HY_LEASE_MS : DOUBT_MS);
    if (*ret)
        k->heard = 0; /* who knows more is gone, or it was never committed */
    return HY_OK;
}
