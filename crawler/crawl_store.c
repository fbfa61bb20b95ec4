/* SPDX-License-Identifier: Apache-2.0 */
/* Keys (docs/ARCHITECTURE.md): hy:crawl:source:<id>, :seen:<id>, :frontier:<id>, :host:<origin>,
 * :item:<url hash>, :recheck; and the streams hy:items, hy:captures.  Every script may run twice
 * with the same result. */
#include "core/hash.h"
#include "core/log.h"
#include "core/vec.h"
#include "crawler/crawl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_MS = 20000, RENEW_MS = 6000, ASK_AGAIN_MS = 3000, RETRY_MS = 2000 };
enum { SUGGESTED_MAX = 4096 };
/* What may wait for the archive role: about a day of an office's pages.  Beyond it new captures are
 * dropped and counted.  The new ones, because what was fetched last is the likeliest to be still
 * there when the archive is back and asks for the pages of open incidents again. */
enum { CAPTURES_MAX = 20000, CAPTURES_MAX_BYTES = 64 << 20 };
#define KNOWN_MS (60 * HY_DAY_MS) /* how long an address stays known after it left its list */

/* Ours already, or free: then it is ours for LEASE_MS.  1: held; 2: newly taken. */
static struct hy_script lease_script = {.text =
                                            "local v = redis.call('GET', KEYS[1]) "
                                            "if v and v ~= ARGV[1] then return 0 end "
                                            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) "
                                            "return v and 1 or 2"};

/* KEYS seen, frontier, source; ARGV now, oldest, bump, watch, then per link: url hash, state hash,
 * url, old.  Per link: 0 known ground, 1 to be fetched, 2 new but old news, 3 known from another
 * source only, 4 to be fetched again.  Without known ground the walk back to `watch` begins in the
 * same step: a crash later cannot hide the gap. */
enum { LINK_KNOWN, LINK_NEW, LINK_OLD_NEWS, LINK_ELSEWHERE, LINK_BUMPED };
static struct hy_script plan_script = {
    .text =
        "local seen, frontier, now = KEYS[1], KEYS[2], ARGV[1] "
        "local out, ground = {}, ARGV[4] == '0' "
        "for i = 5, #ARGV, 4 do "
        "  local url_hash, state, url, old = ARGV[i], ARGV[i+1], ARGV[i+2], ARGV[i+3] "
        "  local answer = 0 "
        "  if redis.call('ZSCORE', seen, state) then redis.call('ZADD', seen, now, state) "
        "  elseif redis.call('ZSCORE', frontier, url) then answer = 0 "
        "  elseif old == '1' then redis.call('ZADD', seen, now, state) answer = 2 "
        "  elseif ARGV[3] == '0' and redis.call('EXISTS', 'hy:crawl:item:' .. url_hash) == 1 then "
        "    redis.call('ZADD', seen, now, state) answer = 3 "
        "  else "
        "    answer = redis.call('ZSCORE', seen, url_hash) and 4 or 1 "
        "    redis.call('ZADD', frontier, now, url) end "
        "  if answer == 0 or answer == 4 then ground = true end "
        "  out[#out+1] = answer "
        "end "
        "if not ground then redis.call('HSET', KEYS[3], 'walk_from', ARGV[4]) end "
        "redis.call('ZREMRANGEBYSCORE', seen, '-inf', ARGV[2]) "
        "return out"};

/* KEYS seen, frontier, item, items, captures, load of captures; ARGV now, state hash, url, content
 * hash, item, time to live, url hash, recheck, most captures, most bytes, then per capture: meta,
 * body.
 *
 * What the item key held before tells first from changed; a recheck that finds nothing new leaves a
 * capture "same" without its body, so that the archive knows when it was still there.  The load is
 * counted by hand: {bytes, dropped}; the archive takes off what it has removed. */
enum { STORED_FRESH = 1, STORED_DROPPED = 2 };
static struct hy_script store_script = {
    .text =
        "local fresh, dropped, change = 0, 0, nil "
        "if ARGV[4] ~= '' then "
        "  local before = redis.call('GET', KEYS[3]) "
        "  if before ~= ARGV[4] then "
        "    if ARGV[4] == 'gone' then change = before and 'gone' or nil "
        "    else "
        "      change = before and 'changed' or 'first' "
        "      redis.call('XADD', KEYS[4], '*', 'item', ARGV[5]) fresh = 1 end "
        "  elseif ARGV[8] == '1' then change = 'same' end "
        "  if before or ARGV[4] ~= 'gone' then "
        "    redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[6]) end "
        "end "
        "if change then "
        "  for i = 11, #ARGV, 2 do "
        "    local meta = '{\"change\":\"' .. change .. '\",' .. string.sub(ARGV[i], 2) "
        "    local body = change == 'same' and '' or ARGV[i + 1] "
        "    local waiting = redis.call('XLEN', KEYS[5]) "
        "    if waiting == 0 then redis.call('HDEL', KEYS[6], 'bytes') end "
        "    local bytes = tonumber(redis.call('HGET', KEYS[6], 'bytes') or '0') "
        "    if waiting >= tonumber(ARGV[9]) or bytes + #meta + #body > tonumber(ARGV[10]) then "
        "      dropped = 2 redis.call('HINCRBY', KEYS[6], 'dropped', 1) "
        "    else "
        "      redis.call('XADD', KEYS[5], '*', 'meta', meta, 'body', body) "
        "      redis.call('HINCRBY', KEYS[6], 'bytes', #meta + #body) end "
        "  end "
        "end "
        "redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2], ARGV[1], ARGV[7]) "
        "redis.call('ZREM', KEYS[2], ARGV[3]) "
        "return fresh + dropped"};

void hy_url_hash_(struct hy_str url, char out[33])
{
    char full[HY_SHA256_HEX];

    snprintf(out, 33, "%.32s", hy_sha256_hex(url, full));
}

/* -- arguments of a script --------------------------------------------------------------------- */

struct args {
    HY_VEC(char *) v; /* owned */
    HY_VEC(size_t) n;
};

static void arg_take(struct args *a, char *s)
{
    hy_vec_push(&a->v, s);
    hy_vec_push(&a->n, strlen(s));
}

static void arg(struct args *a, const char *s)
{
    arg_take(a, hy_xstrdup(s));
}

static void arg_bytes(struct args *a, struct hy_str s)
{
    hy_vec_push(&a->v, hy_str_dup(s));
    hy_vec_push(&a->n, s.n);
}

static void arg_number(struct args *a, int64_t n)
{
    arg_take(a, hy_xasprintf("%" PRId64, n));
}

static void arg_key(struct args *a, const char *kind, const char *id)
{
    arg_take(a, hy_xasprintf("hy:crawl:%s:%s", kind, id));
}

static void args_release(struct args *a)
{
    for (size_t i = 0; i < a->v.n; i++)
        free(a->v.v[i]);
    hy_vec_release(&a->v);
    hy_vec_release(&a->n);
}

static void eval(struct hy_crawl *c, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                 struct args *a)
{
    hy_redis_eval(c->redis, s, fn, user, nkeys, (int)a->v.n, (const char **)a->v.v, a->n.v);
    args_release(a);
}

static char *number(int64_t n)
{
    return hy_xasprintf("%" PRId64, n);
}

/* -- leases ------------------------------------------------------------------------------------ */

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
    if (!h->robots_known && hy_str_cut(&value, ' ', &until) && hy_str_to_i64(until, &ms))
        hy_crawl_take_robots_(h, HY_ROBOTS_RULES, value, (hy_wall){ms});
    load_sources_of(h); /* only now: the first request may be a list */
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
    struct args a = {0};

    lose_host(h);
    arg_key(&a, "host", h->key);
    arg(&a, h->c->me);
    eval(h->c, &give_back_script, NULL, NULL, 1, &a);
}

static void on_lease(const redisReply *reply, void *user)
{
    struct hy_crawl_host *h = user;
    hy_wall now = hy_loop_wall(h->c->loop);
    bool got = reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;

    if (h->c->stopping)
        return;
    h->asking = false;
    h->ask_again = hy_wall_add_ms(now, ASK_AGAIN_MS);
    h->renew = hy_wall_add_ms(now, RENEW_MS);
    if (got && !h->held) {
        h->held = true;
        hy_redis_cmd(h->c->redis, on_robots, h, "GET hy:crawl:robots:%s", h->key);
    } else if (got) {
        load_sources_of(h); /* those whose loading failed, or whose plan got no answer */
    } else if (h->held) {
        lose_host(h);
    }
    hy_crawl_wake_(h->c);
}

void hy_crawl_lease_(struct hy_crawl *c, struct hy_crawl_host *h)
{
    struct args a = {0};

    h->asking = true;
    arg_key(&a, "host", h->key);
    arg(&a, c->me);
    arg_number(&a, LEASE_MS);
    eval(c, &lease_script, on_lease, h, 1, &a);
}

/* -- sources ----------------------------------------------------------------------------------- */

static double number_field(const redisReply *r, const char *field)
{
    HY_CLEANUP(hy_freep) char *text = hy_str_dup(hy_reply_field(r, field));

    return text[0] ? strtod(text, NULL) : 0;
}

static hy_wall wall_field(const redisReply *r, const char *field)
{
    return (hy_wall){(int64_t)number_field(r, field)};
}

static enum hy_health_state state_of(struct hy_str name)
{
    for (int i = 0; i < HY_HEALTH_COUNT; i++)
        if (hy_str_is(name, hy_health_name[i]))
            return (enum hy_health_state)i;
    return HY_NEW;
}

static char *text_field(const redisReply *r, const char *field)
{
    struct hy_str s = hy_reply_field(r, field);

    return s.n ? hy_str_dup(s) : NULL;
}

static void take_source(struct hy_crawl_source *s, const redisReply *r)
{
    s->next = wall_field(r, "next");
    s->last_try = wall_field(r, "last_try");
    s->health.last_ok = wall_field(r, "last_ok");
    s->health.last_new = wall_field(r, "last_new");
    s->health.first_bad = wall_field(r, "first_bad");
    s->health.failures = (int)number_field(r, "failures");
    s->health.state = state_of(hy_reply_field(r, "state"));
    snprintf(s->health.why, sizeof(s->health.why), HY_STR_FMT,
             HY_STR_ARG(hy_reply_field(r, "why")));
    s->rate = (struct hy_rate){number_field(r, "rate_items"), number_field(r, "rate_days"),
                               wall_field(r, "rate_at")};
    s->visits = (int64_t)number_field(r, "visits");
    s->items = (int64_t)number_field(r, "items");
    s->health.gap_from = wall_field(r, "gap_from");
    s->health.gap_to = wall_field(r, "gap_to");
    s->health.gaps = (int)number_field(r, "gaps");
    hy_wall walk_from = wall_field(r, "walk_from"); /* a crash ended the way back */
    if (walk_from.ms)
        hy_health_gap(&s->health, walk_from, s->last_try);
    s->walk_from = (hy_wall){0};
    s->moved = !hy_str_is(hy_reply_field(r, "url"), s->rules->url);
    free(s->etag);
    free(s->last_modified);
    s->etag = s->last_modified = NULL;
    if (!s->moved) {
        s->etag = text_field(r, "etag");
        s->last_modified = text_field(r, "last_modified");
    }
}

static void on_frontier(const redisReply *reply, void *user)
{
    struct hy_crawl_source *s = user;
    struct hy_crawl *c = s->host->c;

    s->loading = false;
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || c->stopping || s->rules == NULL)
        return;
    for (size_t i = 0; i < reply->elements; i++) {
        struct hy_job *j = hy_job_new_(HY_JOB_PAGE, s, hy_reply_str(reply->element[i]));
        char hash[33];
        hy_url_hash_(hy_str(j->url), hash);
        j->state_key = hy_xstrdup(hash);
        hy_crawl_queue_(c, j);
    }
    s->share = hy_budget_move(&c->budget, s->share, 1, hy_rate_per_day(&s->rate));
    s->loaded = true;
    hy_crawl_wake_(c);
}

static void on_source(const redisReply *reply, void *user)
{
    struct hy_crawl_source *s = user;
    struct hy_crawl *c = s->host->c;

    s->loading = false;
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || c->stopping || s->rules == NULL)
        return; /* asked again when the lease is renewed */
    take_source(s, reply);
    s->loading = true;
    hy_redis_cmd(c->redis, on_frontier, s, "ZRANGE hy:crawl:frontier:%s 0 -1", s->id);
}

void hy_crawl_load_source_(struct hy_crawl *c, struct hy_crawl_source *s)
{
    if (s->loading)
        return;
    s->loading = true;
    hy_redis_cmd(c->redis, on_source, s, "HGETALL hy:crawl:source:%s", s->id);
}

static void pair(struct args *a, const char *field, char *value)
{
    arg(a, field);
    arg_take(a, value);
}

static bool is_source(const struct hy_crawl_host *h, const char *url)
{
    for (size_t i = 0; i < h->sources.n; i++)
        if (strcmp(h->sources.v[i]->rules->url, url) == 0)
            return true;
    return false;
}

/* Feeds and sitemaps the site names that are no source yet, one a line: hints for people, the
 * crawler itself does not follow them. */
static char *suggested(const struct hy_crawl_source *s)
{
    struct hy_buf b = HY_BUF_INIT(SUGGESTED_MAX);
    const char *map;

    if (s->feed_hint && !is_source(s->host, s->feed_hint))
        hy_buf_printf(&b, "%s\n", s->feed_hint);
    for (size_t i = 0; s->host->robots && (map = hy_robots_sitemap(s->host->robots, i)); i++)
        if (!is_source(s->host, map))
            hy_buf_printf(&b, "%s\n", map);
    char *text = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
    hy_buf_release(&b);
    return text;
}

void hy_crawl_save_source_(struct hy_crawl *c, const struct hy_crawl_source *s)
{
    struct args a = {0};

    arg(&a, "HSET");
    arg_key(&a, "source", s->id);
    pair(&a, "url", hy_xstrdup(s->rules ? s->rules->url : ""));
    pair(&a, "next", number(s->next.ms));
    pair(&a, "last_try", number(s->last_try.ms));
    pair(&a, "last_ok", number(s->health.last_ok.ms));
    pair(&a, "last_new", number(s->health.last_new.ms));
    pair(&a, "first_bad", number(s->health.first_bad.ms));
    pair(&a, "failures", number(s->health.failures));
    pair(&a, "last_status", number(s->last_status));
    pair(&a, "state", hy_xstrdup(hy_health_name[s->health.state]));
    pair(&a, "why", hy_xstrdup(s->health.why));
    pair(&a, "gap_from", number(s->health.gap_from.ms));
    pair(&a, "gap_to", number(s->health.gap_to.ms));
    pair(&a, "gaps", number(s->health.gaps));
    pair(&a, "walk_from", number(s->walk_from.ms));
    pair(&a, "suggested", suggested(s));
    pair(&a, "rate_items", hy_xasprintf("%.6f", s->rate.items));
    pair(&a, "rate_days", hy_xasprintf("%.6f", s->rate.days));
    pair(&a, "rate_at", number(s->rate.at.ms));
    pair(&a, "per_day", hy_xasprintf("%.2f", hy_rate_per_day(&s->rate)));
    pair(&a, "visits", number(s->visits));
    pair(&a, "items", number(s->items));
    pair(&a, "etag", hy_xstrdup(s->etag ? s->etag : ""));
    pair(&a, "last_modified", hy_xstrdup(s->last_modified ? s->last_modified : ""));
    hy_redis_cmdv(c->redis, NULL, NULL, (int)a.v.n, (const char **)a.v.v, a.n.v);
    args_release(&a);
}

/* -- plans ------------------------------------------------------------------------------------- */

void hy_plan_free_(struct hy_plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        hy_job_free_(p->jobs[i]);
    free(p->jobs);
    free(p->old);
    free(p->etag);
    free(p->last_modified);
    free(p->next);
    free(p);
}

static void on_plan(const redisReply *reply, void *user)
{
    struct hy_plan *p = user;
    struct hy_crawl_source *s = p->source;
    hy_wall newest = HY_WALL_NONE;
    bool ground = false;
    int fresh = 0;

    if (p->c->stopping) {
        hy_plan_free_(p);
        return;
    }
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != p->n) {
        /* Stored or not, nobody knows: read the frontier again, then visit again. */
        s->visiting = s->loaded = false;
        hy_plan_free_(p);
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        long long answer = reply->element[i]->integer;
        fresh += answer == LINK_NEW || answer == LINK_OLD_NEWS || answer == LINK_BUMPED;
        ground |= answer == LINK_KNOWN || answer == LINK_BUMPED;
        newest.ms = HY_MAX(newest.ms, p->jobs[i]->published.ms); /* unknown is the least */
        if (answer == LINK_NEW || answer == LINK_BUMPED)
            hy_crawl_queue_(p->c, HY_TAKE(p->jobs[i]));
    }
    if (p->back == 0) {
        free(s->etag);
        free(s->last_modified);
        s->etag = HY_TAKE(p->etag);
        s->last_modified = HY_TAKE(p->last_modified);
    }
    hy_crawl_planned_(p, fresh, ground, newest);
    hy_plan_free_(p);
}

void hy_crawl_plan_(struct hy_plan *p)
{
    hy_wall now = hy_loop_wall(p->c->loop);
    struct args a = {0};

    arg_key(&a, "seen", p->source->id);
    arg_key(&a, "frontier", p->source->id);
    arg_key(&a, "source", p->source->id);
    arg_number(&a, now.ms);
    arg_number(&a, now.ms - KNOWN_MS);
    arg(&a, p->bump ? "1" : "0");
    arg_number(&a, p->watch.ms);
    for (size_t i = 0; i < p->n; i++) {
        char hash[33];
        hy_url_hash_(hy_str(p->jobs[i]->first_url), hash);
        arg(&a, hash);
        arg(&a, p->jobs[i]->state_key);
        arg(&a, p->jobs[i]->first_url);
        arg(&a, p->old[i] ? "1" : "0");
    }
    eval(p->c, &plan_script, on_plan, p, 3, &a);
}

/* -- items ------------------------------------------------------------------------------------- */

struct storing {
    struct hy_crawl *c;
    struct hy_job *job;
};

/* Said at the 1st, 2nd, 4th, 8th, ... loss, and when captures find room again. */
static void note_dropped(struct hy_crawl *c, bool dropped)
{
    int64_t n = dropped ? ++c->dropped : c->dropped;

    if (dropped && (n & (n - 1)) == 0)
        hy_log(HY_WARN, "captures_dropped", HY_KVN("dropped", n),
               HY_KV("why", "hy:captures is full; does the archive role run?"));
    if (!dropped && n) {
        hy_log(HY_INFO, "captures_kept_again", HY_KVN("dropped", n));
        c->dropped = 0;
    }
}

static void on_stored(const redisReply *reply, void *user)
{
    struct storing *st = user;
    struct hy_job *j = st->job;
    bool ok = reply && reply->type == REDIS_REPLY_INTEGER;

    if (ok && j->captures.v.n && reply->integer)
        note_dropped(st->c, reply->integer & STORED_DROPPED);
    if (ok && reply->integer & STORED_FRESH) {
        j->source->items++;
        hy_log(HY_DEBUG, "item", HY_KV("source", j->source->id), HY_KV("url", j->first_url));
    }
    if (ok || st->c->stopping) {
        hy_job_free_(j);
    } else { /* fetch it again: pages are cheaper than memory for a backlog */
        j->due = hy_wall_add_ms(hy_loop_wall(st->c->loop), RETRY_MS);
        free(j->url);
        j->url = hy_xstrdup(j->first_url);
        j->redirects = 0;
        json_decref(HY_TAKE(j->hops));
        hy_captures_release(&j->captures);
        hy_crawl_queue_(st->c, j);
    }
    free(st);
}

void hy_crawl_store_(struct hy_crawl *c, struct hy_job *job, char *item_json, const char *content)
{
    struct storing *st = hy_xcalloc(1, sizeof(*st));
    struct args a = {0};
    char hash[33];

    *st = (struct storing){c, job};
    hy_url_hash_(hy_str(job->first_url), hash);
    arg_key(&a, "seen", job->source->id);
    arg_key(&a, "frontier", job->source->id);
    arg_key(&a, "item", hash);
    arg(&a, "hy:items");
    arg(&a, "hy:captures");
    arg(&a, "hy:captures:load");
    arg_number(&a, hy_loop_wall(c->loop).ms);
    arg(&a, job->state_key);
    arg(&a, job->first_url);
    arg(&a, content ? content : "");
    arg(&a, item_json ? item_json : "");
    arg_number(&a, KNOWN_MS);
    arg(&a, hash);
    arg(&a, job->recheck ? "1" : "0");
    arg_number(&a, CAPTURES_MAX);
    arg_number(&a, CAPTURES_MAX_BYTES);
    for (size_t i = 0; i < job->captures.v.n; i++) {
        arg_take(&a, hy_json_text(job->captures.v.v[i].meta));
        arg_bytes(&a, hy_buf_view(&job->captures.v.v[i].body));
    }
    free(item_json);
    eval(c, &store_script, on_stored, st, 6, &a);
}
