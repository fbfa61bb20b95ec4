/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a source: hy:crawl:source:<id>.  A change of its state is told to the keepers
 * before it is stored (crawl_tell.c). */
#include "core/json.h"
#include "core/log.h"
#include "crawler/crawl.h"
#include "crawler/crawl_args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUGGESTED_MAX = 4096 };

static char *number(int64_t n)
{
    return hy_xasprintf("%" PRId64, n);
}

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

static void take_source(struct hy_crawl *c, struct hy_crawl_source *s, const redisReply *r)
{
    hy_wall now = hy_loop_wall(c->loop);

    s->next = wall_field(r, "next");
    s->last_try = wall_field(r, "last_try");
    if (s->last_try.ms > now.ms + HY_MINUTE_MS) /* planned by a clock that has been set back */
        s->next = s->last_try = now;
    s->health.last_ok = wall_field(r, "last_ok");
    s->health.last_new = wall_field(r, "last_new");
    s->health.first_bad = wall_field(r, "first_bad");
    s->health.failures = (int)number_field(r, "failures");
    s->health.state = state_of(hy_reply_field(r, "state"));
    snprintf(s->health.why, sizeof(s->health.why), HY_STR_FMT,
             HY_STR_ARG(hy_reply_field(r, "why")));
    s->health.since = wall_field(r, "since");
    s->rate = (struct hy_rate){.items = number_field(r, "rate_items"),
                               .days = number_field(r, "rate_days"),
                               .hits = number_field(r, "rate_hits"),
                               .at = wall_field(r, "rate_at"),
                               .calendar = s->rate.calendar};
    hy_rhythm_read(&s->rate.rhythm, hy_reply_field(r, "rhythm"), &c->rhythm);
    s->usual = number_field(r, "usual");
    s->ttl_ms = (int64_t)number_field(r, "ttl_ms");
    s->skip_hours = (uint32_t)number_field(r, "skip_hours");
    s->skip_days = (uint32_t)number_field(r, "skip_days");
    s->visits = (int64_t)number_field(r, "visits");
    s->items = (int64_t)number_field(r, "items");
    s->health.gap_from = wall_field(r, "gap_from");
    s->health.gap_to = wall_field(r, "gap_to");
    s->health.gaps = s->told_gaps = (int)number_field(r, "gaps");
    hy_wall walk_from = wall_field(r, "walk_from"); /* a crash ended the way back */
    if (walk_from.ms)
        hy_health_gap(&s->health, walk_from, s->last_try);
    s->walk_from = (hy_wall){0};
    hy_crawl_extras_read_(s, hy_reply_field(r, "extras"));
    s->guesses = (int)number_field(r, "guesses");
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
    if (!s->joined) {
        hy_rhythm_join(&c->rhythm, &s->rate);
        if (s->last_try.ms) /* its first visit was paid by the crawler before us */
            hy_purse_spend(&c->purse, hy_loop_wall(c->loop));
    }
    s->joined = s->loaded = true;
    hy_crawl_count_in_(c, s);
    hy_crawl_wake_(c);
}

static void on_source(const redisReply *reply, void *user)
{
    struct hy_crawl_source *s = user;
    struct hy_crawl *c = s->host->c;

    s->loading = false;
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || c->stopping || s->rules == NULL)
        return; /* asked again when the lease is renewed */
    take_source(c, s, reply);
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

static void pair(struct hy_args *a, const char *field, char *value)
{
    hy_arg_(a, field);
    hy_arg_take_(a, value);
}

static bool is_source(const struct hy_crawl_host *h, const char *url)
{
    for (size_t i = 0; i < h->sources.n; i++)
        if (strcmp(h->sources.v[i]->rules->url, url) == 0)
            return true;
    return false;
}

/* Feeds and sitemaps the site names that are neither a source nor used beside one, one a line: hints
 * for people. */
static char *suggested(const struct hy_crawl_source *s)
{
    struct hy_buf b = HY_BUF_INIT(SUGGESTED_MAX);
    const char *map;

    if (s->feed_hint && !is_source(s->host, s->feed_hint) && !hy_crawl_is_extra_(s, s->feed_hint))
        hy_buf_printf(&b, "%s\n", s->feed_hint);
    for (size_t i = 0; s->host->robots && (map = hy_robots_sitemap(s->host->robots, i)); i++)
        if (!is_source(s->host, map) && !hy_crawl_is_extra_(s, map))
            hy_buf_printf(&b, "%s\n", map);
    char *text = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
    hy_buf_release(&b);
    return text;
}

/* A change of its state, or a new gap, for the keeper; NULL when there is nothing to tell. */
static json_t *event_of(const struct hy_crawl_source *s, enum hy_health_state before, hy_wall now)
{
    const struct hy_health *h = &s->health;
    bool gap = h->gaps > s->told_gaps;

    if (h->state == before && !gap)
        return NULL;
    json_t *o = json_object();
    HY_CLEANUP(hy_freep) char *id = hy_xasprintf("%s-%" PRId64, s->id, now.ms);
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "from", hy_str(hy_health_name[before]));
    hy_json_set_str(o, "to", hy_str(hy_health_name[h->state]));
    hy_json_set_time(o, "at", now, HY_CST);
    hy_json_set_time(o, "since", h->since.ms ? h->since : now, HY_CST);
    hy_json_set_str(o, "why", hy_str(h->why));
    if (gap) {
        json_t *g = json_object();
        hy_json_set_time(g, "from", h->gap_from, HY_CST);
        hy_json_set_time(g, "to", h->gap_to, HY_CST);
        json_object_set_new(o, "gap", g);
    }
    return o;
}

static void state_pairs(struct hy_args *a, const struct hy_crawl_source *s)
{
    const struct hy_health *h = &s->health;

    pair(a, "state", hy_xstrdup(hy_health_name[h->state]));
    pair(a, "since", number(h->since.ms));
    pair(a, "why", hy_xstrdup(h->why));
    pair(a, "last_ok", number(h->last_ok.ms));
    pair(a, "last_new", number(h->last_new.ms));
    pair(a, "first_bad", number(h->first_bad.ms));
    pair(a, "failures", number(h->failures));
    pair(a, "gap_from", number(h->gap_from.ms));
    pair(a, "gap_to", number(h->gap_to.ms));
    pair(a, "gaps", number(h->gaps));
    pair(a, "walk_from", number(s->walk_from.ms));
}

static void rate_pairs(struct hy_args *a, const struct hy_crawl_source *s)
{
    struct hy_buf rhythm = HY_BUF_INIT(4096);

    hy_rhythm_write(&s->rate.rhythm, &rhythm);
    pair(a, "rate_items", hy_xasprintf("%.6f", s->rate.items));
    pair(a, "rate_days", hy_xasprintf("%.6f", s->rate.days));
    pair(a, "rate_hits", hy_xasprintf("%.6f", s->rate.hits));
    pair(a, "rate_at", number(s->rate.at.ms));
    pair(a, "rhythm", hy_buf_take(&rhythm));
    pair(a, "per_day", hy_xasprintf("%.2f", hy_rate_per_day(&s->rate)));
    pair(a, "usual", hy_xasprintf("%.1f", s->usual));
}

static void visit_pairs(struct hy_args *a, const struct hy_crawl_source *s)
{
    pair(a, "url", hy_xstrdup(s->rules->url));
    pair(a, "next", number(s->next.ms));
    pair(a, "last_try", number(s->last_try.ms));
    pair(a, "last_status", number(s->last_status));
    pair(a, "suggested", suggested(s));
    pair(a, "extras", hy_crawl_extras_text_(s));
    pair(a, "guesses", number(s->guesses));
    pair(a, "ttl_ms", number(s->ttl_ms));
    pair(a, "skip_hours", number(s->skip_hours));
    pair(a, "skip_days", number(s->skip_days));
    pair(a, "visits", number(s->visits));
    pair(a, "items", number(s->items));
    pair(a, "etag", hy_xstrdup(s->etag ? s->etag : ""));
    pair(a, "last_modified", hy_xstrdup(s->last_modified ? s->last_modified : ""));
}

/* Stored or not, nobody knows: what stands in Redis counts, and the next visit tells again what is
 * not told there. */
static void on_saved(const redisReply *reply, void *user)
{
    struct hy_crawl_source *s = user;

    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER)
        s->loaded = false;
}

struct saving {
    struct hy_redis *redis;
    struct hy_crawl_source *source;
    struct hy_args args; /* of HSET */
};

static void save(void *user, bool told)
{
    struct saving *v = user;

    if (told)
        hy_args_send_(v->redis, on_saved, v->source, &v->args);
    else {
        v->source->loaded = false;
        hy_args_release_(&v->args);
    }
    free(v);
}

void hy_crawl_save_source_(struct hy_crawl *c, struct hy_crawl_source *s,
                           enum hy_health_state before)
{
    struct saving *v = hy_xcalloc(1, sizeof(*v));

    *v = (struct saving){.redis = c->redis, .source = s};
    hy_arg_(&v->args, "HSET");
    hy_arg_key_(&v->args, "source", s->id);
    visit_pairs(&v->args, s);
    state_pairs(&v->args, s);
    rate_pairs(&v->args, s);
    json_t *event = event_of(s, before, hy_loop_wall(c->loop));
    s->told_gaps = s->health.gaps;
    hy_crawl_tell_(c, s, event, save, v);
}
