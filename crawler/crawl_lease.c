/* SPDX-License-Identifier: Apache-2.0 */
/* What the crawlers of several machines know together of a host: hy:crawl:host:<origin> (the
 * lease), :robots:<origin>, :gate:<origin> (when the next request may start, so that neither a
 * restart nor another crawler forgets a Retry-After) and :log:<origin> (what was asked of it). */
#include "core/json.h"
#include "core/log.h"
#include "crawler/crawl.h"
#include "crawler/crawl_args.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 2000, LOG_MIN = 100, LOG_DAYS = 30 };
#define LOG_ALL 4000000 /* lines of all hosts, some 240 bytes each: no more than a gigabyte of Redis */
enum { LEASE_MS = 20000, RENEW_MS = 6000, ASK_AGAIN_MS = 3000 };

/* Ours already, or free: then it is ours for LEASE_MS.  1: held; 2: newly taken.  One that runs for
 * longer was taken before the clock was set back, maybe by who is gone: it runs for no more than that. */
static struct hy_script lease_script = {.text =
                                            "local v = redis.call('GET', KEYS[1]) "
                                            "if v and v ~= ARGV[1] then "
                                            "  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then "
                                            "    redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "
                                            "  return 0 end "
                                            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) "
                                            "return v and 1 or 2"};

static char *number(int64_t n)
{
    return hy_xasprintf("%" PRId64, n);
}

static void load_sources_of(struct hy_crawl_host *h)
{
    for (size_t i = 0; i < h->sources.n; i++)
        if (!h->sources.v[i]->loaded)
            hy_crawl_load_source_(h->c, h->sources.v[i]);
}

/* A value is "<until> <body>"; an empty body allows everything. */
static void on_robots(const redisReply *reply, void *user)
{
    struct hy_crawl_host *h = user;
    struct hy_str value = hy_reply_str(reply), until;
    int64_t ms;

    if (h->c->stopping)
        return;
    h->asking = false;
    if (reply == NULL) { /* nothing is known of its gate either: ask for the lease again */
        hy_crawl_wake_(h->c);
        return;
    }
    h->held = true;
    hy_crawl_wake_(h->c);
    if (!h->robots_known && hy_str_cut(&value, ' ', &until) && hy_str_to_i64(until, &ms))
        hy_crawl_take_robots_(h, HY_ROBOTS_RULES, value, (hy_wall){ms});
    load_sources_of(h); /* only now: the first request may be a list */
}

static void on_gate(const redisReply *reply, void *user)
{
    struct hy_crawl_host *h = user;
    int64_t ready, refusals, at, now = hy_loop_wall(h->c->loop).ms;

    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != 4 || h->c->stopping)
        return;
    HY_CLEANUP(hy_freep) char *latency = hy_str_dup(hy_reply_str(reply->element[1]));
    if (!hy_str_to_i64(hy_reply_str(reply->element[0]), &ready) ||
        !hy_str_to_i64(hy_reply_str(reply->element[2]), &refusals))
        return;
    if (hy_str_to_i64(hy_reply_str(reply->element[3]), &at) && at > now)
        ready -= at - now; /* the clock was ahead: the pause is as long, but begins now */
    h->gate.ready.ms = HY_MAX(h->gate.ready.ms, ready);
    h->gate.latency_ms = strtod(latency, NULL);
    h->gate.refusals = (int)refusals;
}

/* Answers come in order: the gate is known before the host counts as held. */
static void take_over(struct hy_crawl_host *h)
{
    hy_redis_cmd(h->c->redis, on_gate, h, "HMGET hy:crawl:gate:%s ready latency refusals at", h->key);
    hy_redis_cmd(h->c->redis, on_robots, h, "GET hy:crawl:robots:%s", h->key);
}

/* KEYS gate, log; ARGV ready, latency, refusals, milliseconds to live, most entries, entry, now. */
static struct hy_script note_script = {
    .text = "redis.call('HSET', KEYS[1], 'ready', ARGV[1], 'latency', ARGV[2], "
            "           'refusals', ARGV[3], 'at', ARGV[7]) "
            "redis.call('PEXPIRE', KEYS[1], ARGV[4]) "
            "redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'request', ARGV[6]) "
            "redis.call('PEXPIRE', KEYS[2], ARGV[4]) "
            "return 1"};

/* Of few hosts much is kept, of a country's less of each. */
static int64_t log_length(size_t hosts)
{
    int64_t fair = LOG_ALL / (int64_t)HY_MAX(hosts, (size_t)1);

    return HY_MIN(HY_MAX(fair, (int64_t)LOG_MIN), (int64_t)LOG_MAX);
}

static char *request_of(const struct hy_crawl_host *h, const struct hy_fetch_result *r, hy_wall now)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    /* the loop's clocks stand still within a turn; what was waited for is not to look early */
    hy_json_set_int(o, "start", HY_MAX(now.ms - r->elapsed_ms, HY_MIN(h->started.ms, now.ms)));
    hy_json_set_int(o, "end", now.ms);
    hy_json_set_int(o, "next", h->gate.ready.ms);
    hy_json_set_int(o, "status", r->status);
    hy_json_set_int(o, "bytes", (int64_t)r->wire_bytes);
    hy_json_set_str(o, "outcome", hy_str(hy_fetch_outcome_name[r->outcome]));
    hy_json_set_str(o, "why", hy_str(h->gate.why));
    hy_json_set_str(o, "url", hy_str(r->url));
    hy_json_set_str(o, "by", hy_str(h->c->me));
    return hy_json_text(o);
}

void hy_crawl_note_request_(struct hy_crawl_host *h, const struct hy_fetch_result *r)
{
    struct hy_args a = {0};

    hy_arg_key_(&a, "gate", h->key);
    hy_arg_key_(&a, "log", h->key);
    hy_arg_number_(&a, h->gate.ready.ms);
    hy_arg_take_(&a, hy_xasprintf("%.1f", h->gate.latency_ms));
    hy_arg_number_(&a, h->gate.refusals);
    hy_arg_number_(&a, LOG_DAYS * HY_DAY_MS);
    hy_arg_number_(&a, log_length(hy_map_count(h->c->hosts)));
    hy_arg_take_(&a, request_of(h, r, hy_loop_wall(h->c->loop)));
    hy_arg_number_(&a, hy_loop_wall(h->c->loop).ms);
    hy_eval_(h->c->redis, &note_script, NULL, NULL, 2, &a);
}

void hy_crawl_save_robots_(struct hy_crawl *c, const struct hy_crawl_host *h, struct hy_str body)
{
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:crawl:robots:%s", h->key);
    HY_CLEANUP(hy_freep) char *until = number(h->robots_until.ms);
    struct hy_buf value = HY_BUF_INIT(HY_ROBOTS_MAX + 64);

    hy_buf_printf(&value, "%s ", until);
    hy_buf_str(&value, hy_str_sub(body, 0, HY_ROBOTS_MAX));
    const char *argv[] = {"SET", key, value.p, "PXAT", until};
    size_t lengths[] = {3, strlen(key), value.n, 4, strlen(until)};
    hy_redis_cmdv(c->redis, NULL, NULL, HY_COUNT(argv), argv, lengths);
    hy_buf_release(&value);
}

static void lose_host(struct hy_crawl_host *h)
{
    h->held = false;
    for (size_t i = 0; i < h->sources.n; i++)
        h->sources.v[i]->loaded = false; /* another crawler writes its state now */
}

static struct hy_script give_back_script = {.text = "if redis.call('GET', KEYS[1]) == ARGV[1] "
                                                    "then redis.call('DEL', KEYS[1]) end "
                                                    "return 1"};

void hy_crawl_give_back_(struct hy_crawl_host *h)
{
    struct hy_args a = {0};

    lose_host(h);
    hy_arg_key_(&a, "host", h->key);
    hy_arg_(&a, h->c->me);
    hy_eval_(h->c->redis, &give_back_script, NULL, NULL, 1, &a);
}

static void on_lease(const redisReply *reply, void *user)
{
    struct hy_crawl_host *h = user;
    hy_wall now = hy_loop_wall(h->c->loop);
    bool got = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;

    if (h->c->stopping)
        return;
    h->asking = got && !h->held; /* until what is known of it has come */
    h->ask_again = hy_wall_add_ms(now, ASK_AGAIN_MS);
    h->renew = hy_wall_add_ms(now, RENEW_MS);
    if (got && !h->held)
        take_over(h);
    else if (got)
        load_sources_of(h); /* those whose loading failed, or whose plan got no answer */
    else if (h->held)
        lose_host(h);
    hy_crawl_wake_(h->c);
}

void hy_crawl_lease_(struct hy_crawl *c, struct hy_crawl_host *h)
{
    struct hy_args a = {0};

    h->asking = true;
    hy_arg_key_(&a, "host", h->key);
    hy_arg_(&a, c->me);
    hy_arg_number_(&a, LEASE_MS);
    hy_eval_(c->redis, &lease_script, on_lease, h, 1, &a);
}
