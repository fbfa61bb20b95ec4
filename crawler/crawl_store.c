/* SPDX-License-Identifier: Apache-2.0 */
/* What was found and what became of it: hy:crawl:seen:<id>, :frontier:<id>, :item:<url hash>; and
 * the streams hy:items, hy:captures.  Every script may run twice with the same result. */
#include "core/hash.h"
#include "core/log.h"
#include "core/url.h"
#include "core/metrics.h"
#include "crawler/crawl.h"
#include "crawler/crawl_args.h"
#include "rules/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 2000 };
/* What may wait for the archive role: about a day of an office's pages.  Beyond it new captures are
 * dropped and counted.  The new ones, because what was fetched last is the likeliest to be still
 * there when the archive is back and asks for the pages of open incidents again. */
enum { CAPTURES_MAX = 20000, CAPTURES_MAX_BYTES = 64 << 20 };
#define KNOWN_MS (60 * HY_DAY_MS) /* how long an address stays known after it left its list */

/* KEYS seen, frontier, source; ARGV now, oldest, bump, watch, then per link: url hash, state hash,
 * url, old.  Per link: 0 known ground, 1 to be fetched, 2 new but old news, 3 known from another
 * source only, 4 to be fetched again.  Of a page that the list links under two names (m., www.)
 * the first is fetched.  Without known ground the walk back to `watch` begins in the same step: a
 * crash later cannot hide the gap. */
enum { LINK_KNOWN, LINK_NEW, LINK_OLD_NEWS, LINK_ELSEWHERE, LINK_BUMPED };
static struct hy_script plan_script = {
    .text =
        "local seen, frontier, now = KEYS[1], KEYS[2], ARGV[1] "
        "local out, ground, named = {}, ARGV[4] == '0', {} "
        "for i = 5, #ARGV, 4 do "
        "  local url_hash, state, url, old = ARGV[i], ARGV[i+1], ARGV[i+2], ARGV[i+3] "
        "  local answer = 0 "
        "  local twin = named[url_hash] and named[url_hash] ~= url "
        "  named[url_hash] = named[url_hash] or url "
        "  if redis.call('ZSCORE', seen, state) then redis.call('ZADD', seen, now, state) "
        "  elseif twin then answer = 3 "
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
 * hash, item, time to live, url hash, recheck, most captures, most bytes, only_first, then per
 * capture: meta, body.  only_first: what is known of the page already counts for more.
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
        "  if before and ARGV[11] == '1' then "
        "  elseif before ~= ARGV[4] then "
        "    if ARGV[4] == 'gone' then change = before and 'gone' or nil "
        "    else "
        "      change = before and 'changed' or 'first' "
        "      redis.call('XADD', KEYS[4], '*', 'item', ARGV[5]) fresh = 1 end "
        "  elseif ARGV[8] == '1' then change = 'same' end "
        "  if (before and ARGV[11] ~= '1') or (not before and ARGV[4] ~= 'gone') then "
        "    redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[6]) end "
        "end "
        "if change then "
        "  for i = 12, #ARGV, 2 do "
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
    HY_CLEANUP(hy_freep) char *twin = hy_url_desktop(url);

    snprintf(out, 33, "%.32s", hy_sha256_hex(twin ? hy_str(twin) : url, full));
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
    bool ground = false;
    int fresh = 0;

    if (p->c->stopping) {
        hy_plan_free_(p);
        return;
    }
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != p->n) {
        /* Stored or not, nobody knows: read the frontier again, then visit again. */
        s->loaded = false;
        *(p->extra ? &s->extra_busy : &s->visiting) = false;
        hy_plan_free_(p);
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        long long answer = reply->element[i]->integer;
        fresh += answer == LINK_NEW || answer == LINK_OLD_NEWS || answer == LINK_BUMPED;
        ground |= answer == LINK_KNOWN || answer == LINK_BUMPED;
        if (answer == LINK_NEW || answer == LINK_BUMPED)
            hy_crawl_queue_(p->c, HY_TAKE(p->jobs[i]));
    }
    p->planned(p, fresh, ground);
    hy_plan_free_(p);
}

void hy_crawl_plan_(struct hy_plan *p)
{
    hy_wall now = hy_loop_wall(p->c->loop);
    struct hy_args a = {0};

    hy_arg_key_(&a, "seen", p->source->id);
    hy_arg_key_(&a, "frontier", p->source->id);
    hy_arg_key_(&a, "source", p->source->id);
    hy_arg_number_(&a, now.ms);
    hy_arg_number_(&a, now.ms - KNOWN_MS);
    hy_arg_(&a, p->bump ? "1" : "0");
    hy_arg_number_(&a, p->watch.ms);
    for (size_t i = 0; i < p->n; i++) {
        char hash[33];
        hy_url_hash_(hy_str(p->jobs[i]->first_url), hash);
        hy_arg_(&a, hash);
        hy_arg_(&a, p->jobs[i]->state_key);
        hy_arg_(&a, p->jobs[i]->first_url);
        hy_arg_(&a, p->old[i] ? "1" : "0");
    }
    hy_eval_(p->c->redis, &plan_script, on_plan, p, 3, &a);
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

static void note_item(const struct hy_job *j)
{
    static struct hy_metric delay =
        HY_HISTOGRAM("huiying_detection_delay_seconds",
                     "From publication, to the minute, to our fetch, by kind of source.", "kind",
                     hy_bounds_slow);
    const struct hy_source *r = j->source->rules;

    hy_log(HY_DEBUG, "item", HY_KV("source", j->source->id), HY_KV("url", j->first_url));
    if (j->delay_ms >= 0 && r && !j->late)
        hy_metric_observe(&delay, r->official ? "official" : hy_source_kind_name[r->kind],
                          (double)j->delay_ms / 1000);
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
        note_item(j);
    }
    if (ok) {
        st->c->ends[j->kind].stored(st->c, j);
    } else if (st->c->stopping) {
        hy_job_free_(j);
    } else { /* fetch it again: pages are cheaper than memory for a backlog */
        j->due = hy_wall_add_ms(hy_loop_wall(st->c->loop), RETRY_MS);
        free(j->url);
        j->url = hy_xstrdup(j->first_url);
        j->redirects = 0;
        j->late = j->waits = j->bare = false;
        hy_thread_walk_free_(HY_TAKE(j->walk));
        json_decref(HY_TAKE(j->hops));
        hy_captures_release(&j->captures);
        hy_crawl_queue_(st->c, j);
    }
    free(st);
}

void hy_crawl_store_(struct hy_crawl *c, struct hy_job *job, char *item_json, const char *content)
{
    struct storing *st = hy_xcalloc(1, sizeof(*st));
    struct hy_args a = {0};
    char hash[33];

    *st = (struct storing){c, job};
    hy_url_hash_(hy_str(job->first_url), hash);
    hy_arg_key_(&a, "seen", job->source->id);
    hy_arg_key_(&a, "frontier", job->source->id);
    hy_arg_key_(&a, "item", hash);
    hy_arg_(&a, "hy:items");
    hy_arg_(&a, "hy:captures");
    hy_arg_(&a, "hy:captures:load");
    hy_arg_number_(&a, hy_loop_wall(c->loop).ms);
    hy_arg_(&a, job->state_key);
    hy_arg_(&a, job->walk || job->waits ? "" : job->first_url); /* not over: it stays there */
    hy_arg_(&a, content ? content : "");
    hy_arg_(&a, item_json ? item_json : "");
    hy_arg_number_(&a, KNOWN_MS);
    hy_arg_(&a, hash);
    hy_arg_(&a, job->recheck ? "1" : "0");
    hy_arg_number_(&a, CAPTURES_MAX);
    hy_arg_number_(&a, CAPTURES_MAX_BYTES);
    hy_arg_(&a, job->bare ? "1" : "0");
    for (size_t i = 0; i < job->captures.v.n; i++) {
        hy_arg_take_(&a, hy_json_text(job->captures.v.v[i].meta));
        hy_arg_bytes_(&a, hy_buf_view(&job->captures.v.v[i].body));
    }
    free(item_json);
    hy_eval_(c->redis, &store_script, on_stored, st, 6, &a);
}

void hy_crawl_known_(struct hy_crawl *c, struct hy_job *job)
{
    hy_crawl_store_(c, job, NULL, NULL);
}
