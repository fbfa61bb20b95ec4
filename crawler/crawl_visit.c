/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/url.h"
#include "core/vec.h"
#include "crawler/crawl.h"
#include "crawler/feed/feed.h"
#include "crawler/page/list.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_FOLLOWED = 3, MAX_BACK = 10 };
enum { FEW = 8, SHRUNK_TO = 4 }; /* of at least FEW usual entries a quarter is left */
#define SHRUNK_FORGET 0.985
#define TTL_BELIEVED_MS (10 * HY_MINUTE_MS)
#define OLD_NEWS_MS (3 * HY_DAY_MS) /* at the first visit, what is older is only remembered */

/* -- what was found -> a plan ------------------------------------------------------------------ */

struct found {
    struct hy_plan *plan;
    hy_wall now;
    bool first_visit;
    HY_VEC(struct hy_job *) jobs;
    HY_VEC(bool) old;
};

/* A thread is another page when it got replies. */
static char *state_key(const char *url, const struct hy_link *link, bool forum)
{
    HY_CLEANUP(hy_freep) char *state = NULL;
    char hash[33];

    if (forum && link && link->replies >= 0)
        state = hy_xasprintf("%s#replies=%d", url, link->replies);
    else if (forum && link && hy_wall_known(link->last_reply))
        state = hy_xasprintf("%s#last=%lld", url, (long long)link->last_reply.ms);
    hy_url_hash_(hy_str(state ? state : url), hash);
    return hy_xstrdup(hash);
}

static struct hy_job *add(struct found *f, const char *url, const struct hy_link *link)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_job *j = NULL;

    if (hy_url_parse(hy_str(url), NULL, &u, &err) == HY_OK && hy_url_is_http(&u)) {
        HY_CLEANUP(hy_freep) char *canonical = hy_url_canonical(&u);
        j = hy_job_new_(HY_JOB_PAGE, f->plan->source, hy_str(canonical));
        j->state_key = state_key(canonical, link, f->plan->bump);
        hy_vec_push(&f->jobs, j);
        hy_vec_push(&f->old, false);
    }
    hy_url_release(&u);
    return j;
}

static void tell(struct found *f, struct hy_job *j, const char *title, hy_wall published,
                 enum hy_precision precision)
{
    if (j == NULL)
        return;
    j->title = hy_xstrdup(title);
    j->published = published;
    j->precision = precision;
    f->old.v[f->old.n - 1] =
        f->first_visit && hy_wall_known(published) && published.ms < f->now.ms - OLD_NEWS_MS;
}

static void from_list(struct found *f, const struct hy_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct hy_link *k = &l->v[i];
        hy_wall alive = hy_wall_known(k->last_reply) ? k->last_reply : k->published;
        struct hy_job *j = add(f, k->url, k);
        tell(f, j, k->title, alive, k->precision);
        if (j)
            j->published = k->published;
    }
}

static void from_feed(struct found *f, const struct hy_feed *feed)
{
    for (size_t i = 0; i < feed->n; i++) {
        const struct hy_feed_entry *e = &feed->entries[i];
        struct hy_job *j = e->url[0] ? add(f, e->url, NULL) : NULL;
        tell(f, j, e->title, e->published.at, e->published.precision);
        if (j == NULL)
            continue;
        j->text = hy_xstrdup(e->text);
        j->from_feed = true;
    }
}

static char *copy(struct hy_str s)
{
    return s.n ? hy_str_dup(s) : NULL;
}

/* -- reading ----------------------------------------------------------------------------------- */

static struct hy_list_hints hints_of(const struct hy_source *src, hy_wall now)
{
    return (struct hy_list_hints){.item = src->selectors.item,
                                  .link = src->selectors.link,
                                  .title = src->selectors.title,
                                  .time = src->selectors.date,
                                  .forum = src->kind == HY_SOURCE_FORUM,
                                  .now = now,
                                  .zone_min = HY_CST};
}

static enum hy_visit_end read_html(struct hy_crawl *c, struct found *f, const struct hy_source *src,
                                   const struct hy_fetch_result *r, struct hy_err *err)
{
    struct hy_list_hints hints = hints_of(src, f->now);

    HY_CLEANUP(hy_list_freep) struct hy_list *l = NULL;

    if (hy_reader_list(c->reader, r->body, r->content_type, hy_str(r->url), &hints, &l, err) < 0)
        return HY_VISIT_FAILED;
    if (l->wall)
        return HY_VISIT_WALL;
    from_list(f, l);
    f->plan->next = copy(hy_str(l->next));
    if (l->feed[0]) {
        free(f->plan->source->feed_hint);
        f->plan->source->feed_hint = hy_xstrdup(l->feed);
    }
    return l->n ? HY_VISIT_SAME : HY_VISIT_EMPTY;
}

/* Where a feed or JSON is expected: is it a page that asks to log in? */
static bool is_wall(struct hy_crawl *c, const struct found *f, const struct hy_source *src,
                    const struct hy_fetch_result *r)
{
    struct hy_list_hints hints = hints_of(src, f->now);
    HY_CLEANUP(hy_list_freep) struct hy_list *l = NULL;
    struct hy_err err = HY_ERR_INIT;

    return hy_str_starts(hy_str_trim(r->body), HY_STR("<")) &&
           hy_reader_list(c->reader, r->body, r->content_type, hy_str(r->url), &hints, &l, &err) ==
               HY_OK &&
           l->wall;
}

static enum hy_visit_end read_json(struct hy_crawl *c, struct found *f, const struct hy_source *src,
                                   const struct hy_fetch_result *r, struct hy_err *err)
{
    struct hy_list_hints hints = hints_of(src, f->now);
    HY_CLEANUP(hy_list_freep) struct hy_list *l = NULL;

    if (hy_list_json(r->body, hy_str(r->url), &hints, &l, err) < 0)
        return is_wall(c, f, src, r) ? HY_VISIT_WALL : HY_VISIT_FAILED;
    from_list(f, l);
    return l->n ? HY_VISIT_SAME : HY_VISIT_EMPTY;
}

/* The newest sitemaps of an index are lists of the same source. */
static void follow_index(struct hy_crawl *c, struct hy_crawl_source *s, const struct hy_feed *feed)
{
    bool taken[HY_FEED_MAX_ENTRIES > 1000 ? 1000 : HY_FEED_MAX_ENTRIES] = {false};
    size_t n = HY_MIN(feed->n, HY_COUNT(taken));

    for (int k = 0; k < INDEX_FOLLOWED; k++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!taken[i] && feed->entries[i].url[0] &&
                (best == n || feed->entries[i].updated.at.ms > feed->entries[best].updated.at.ms))
                best = i;
        if (best == n)
            return;
        taken[best] = true;
        struct hy_job *j = hy_job_new_(HY_JOB_LIST, s, hy_str(feed->entries[best].url));
        j->redirects = 1; /* no validators of the index for it, and no index of indexes */
        hy_crawl_queue_(c, j);
    }
}

static enum hy_visit_end no_feed(struct hy_err *err)
{
    hy_fail(err, HY_E_PARSE, "neither a feed nor a sitemap");
    return HY_VISIT_FAILED;
}

static enum hy_visit_end read_feed(struct hy_crawl *c, struct found *f, const struct hy_source *src,
                                   const struct hy_fetch_result *r, struct hy_err *err)
{
    HY_CLEANUP(hy_feed_freep) struct hy_feed *feed = NULL;

    if (hy_feed_parse(r->body, hy_str(r->url), r->content_type, &feed, err) < 0)
        return HY_VISIT_FAILED;
    if (strcmp(feed->format, "unknown") == 0)
        return is_wall(c, f, src, r) ? HY_VISIT_WALL : no_feed(err);
    if (strcmp(feed->format, "sitemapindex") == 0)
        follow_index(c, f->plan->source, feed);
    else
        from_feed(f, feed);
    f->plan->next = copy(hy_str(feed->next));
    f->plan->source->ttl_ms = feed->ttl_ms;
    return feed->n ? HY_VISIT_SAME : HY_VISIT_EMPTY;
}

/* One page that changes in place: its own state is the state of the source. */
static enum hy_visit_end read_page(struct hy_crawl *c, struct found *f, const struct hy_source *src,
                                   const struct hy_fetch_result *r, struct hy_err *err)
{
    (void)c, (void)err;
    struct hy_job *j = add(f, src->url, NULL);
    char hash[33];

    if (j) {
        hy_url_hash_(r->body, hash);
        free(j->state_key);
        j->state_key = hy_xstrdup(hash);
        f->plan->bump = true;
    }
    return HY_VISIT_SAME;
}

typedef enum hy_visit_end (*reader)(struct hy_crawl *, struct found *, const struct hy_source *,
                                    const struct hy_fetch_result *, struct hy_err *);
static const reader readers[] = {
    [HY_SOURCE_LIST] = read_html,    [HY_SOURCE_FORUM] = read_html, [HY_SOURCE_FEED] = read_feed,
    [HY_SOURCE_SITEMAP] = read_feed, [HY_SOURCE_PAGE] = read_page,  [HY_SOURCE_JSON] = read_json,
};
_Static_assert(HY_COUNT(readers) == HY_SOURCE_KIND_COUNT, "read every kind");

/* -- the end of a visit ------------------------------------------------------------------------ */

/* The part of its turns that the host has room for: all its lists together share half of it. */
static double host_part(const struct hy_crawl *c, const struct hy_crawl_host *h)
{
    int64_t delay_ms = h->robots ? hy_robots_delay_ms(h->robots) : 0;
    double visits = 0;

    for (size_t i = 0; i < h->sources.n; i++) {
        const struct hy_crawl_source *s = h->sources.v[i];
        struct hy_interval_limits lim = {s->rules->visit_min_ms, s->rules->visit_max_ms};
        visits += s->loaded ? hy_schedule_visits(&c->budget, s->share, lim) : 0;
    }
    return hy_schedule_host_part(visits, hy_gate_gap(&h->gate, h->floor_ms, delay_ms));
}

/* What a feed says of its own changes slows visits a little; what we see of them counts more. */
static struct hy_interval_limits limits_of(const struct hy_crawl_source *s)
{
    int64_t ttl = HY_MIN(s->ttl_ms, (int64_t)TTL_BELIEVED_MS);

    return (struct hy_interval_limits){
        HY_MIN(HY_MAX(s->rules->visit_min_ms, ttl), s->rules->visit_max_ms),
        s->rules->visit_max_ms};
}

static void plan_next(struct hy_crawl *c, struct hy_crawl_source *s, hy_wall before, size_t fresh,
                      hy_wall now)
{
    struct hy_interval_limits lim = limits_of(s);
    int64_t ms;

    s->share = hy_budget_move(&c->budget, s->share, 1, &s->rate);
    ms = hy_schedule_interval(&c->budget, s->share, &s->rate, host_part(c, s->host), now, lim);
    if (s->health.failures)
        ms = hy_schedule_backoff(ms, s->health.failures, (double)(now.ms % 97) / 97);
    else if (before.ms)
        ms = hy_schedule_window(ms, now.ms - before.ms, fresh, s->shown, lim);
    s->next = hy_wall_add_ms(now, ms);
}

/* The evidence, completed by what its past says. */
static struct hy_visit evidence(const struct hy_crawl_source *s, enum hy_visit_end end,
                                const char *why)
{
    struct hy_visit v = s->seen;

    v.end = end;
    v.detail = why;
    v.rate = &s->rate;
    v.quiet_after_ms = s->rules->quiet_after_ms;
    v.alike = s->alike;
    return v;
}

static void log_visit(const struct hy_crawl_source *s, bool changed, bool good, int fresh,
                      hy_wall now)
{
    bool milestone = (s->health.failures & (s->health.failures - 1)) == 0; /* 1, 2, 4, 8, ... */

    if (changed || (!good && milestone))
        hy_log(good ? HY_INFO : HY_WARN, "source", HY_KV("source", s->id),
               HY_KV("name", s->rules->name), HY_KV("state", hy_health_name[s->health.state]),
               HY_KV("why", s->health.why), HY_KVN("failures", s->health.failures));
    if (fresh)
        hy_log(HY_INFO, "found", HY_KV("source", s->id), HY_KVN("new", fresh),
               HY_KVN("next_ms", s->next.ms - now.ms));
}

void hy_crawl_visit_end_(struct hy_crawl *c, struct hy_crawl_source *s, enum hy_visit_end end,
                         const char *why, int fresh)
{
    hy_wall now = hy_loop_wall(c->loop), before = s->health.last_ok;
    enum hy_health_state was = s->health.state;
    bool good = end == HY_VISIT_FRESH || end == HY_VISIT_SAME;

    s->visiting = s->moved = false;
    if (s->rules == NULL)
        return;
    if (good)
        hy_rate_note(&s->rate, &c->rhythm, fresh, now);
    struct hy_visit v = evidence(s, end, why);
    bool changed = hy_health_note(&s->health, &v, now);
    plan_next(c, s, before, (size_t)fresh, now);
    hy_crawl_save_source_(c, s, was);
    log_visit(s, changed, good, fresh, now);
    hy_crawl_wake_(c);
}

/* -- back to known ground ---------------------------------------------------------------------- */

/* Kinds whose lists show their newest entries only; the others show all they have. */
static bool shows_a_window(enum hy_source_kind kind)
{
    return kind == HY_SOURCE_LIST || kind == HY_SOURCE_FORUM || kind == HY_SOURCE_FEED ||
           kind == HY_SOURCE_JSON;
}

static void walk_ends(struct hy_crawl *c, struct hy_crawl_source *s, bool ground)
{
    hy_wall from = s->walk_from, now = hy_loop_wall(c->loop);
    int fresh = s->walk_fresh;

    s->walk_from = (hy_wall){0};
    s->walk_fresh = 0;
    if (from.ms && !ground) {
        hy_health_gap(&s->health, from, now);
        hy_log(HY_WARN, "gap", HY_KV("source", s->id), HY_KVN("seconds", (now.ms - from.ms) / 1000),
               HY_KVN("new", fresh));
    }
    hy_crawl_visit_end_(c, s, fresh ? HY_VISIT_FRESH : HY_VISIT_SAME, "", fresh);
}

/* What is left of a list when its site is made anew: a few links that are no entries.  They are
 * known at the next visit, so it stays shrunk until it has grown, or is usual after a hundred
 * visits. */
static bool is_shrunk(const struct hy_plan *p, bool ground)
{
    struct hy_crawl_source *s = p->source;

    if (p->back)
        return false;
    s->shrunk = (s->shrunk || !ground) && p->watch.ms && s->usual >= FEW &&
                (double)p->n * SHRUNK_TO <= s->usual;
    if (s->shrunk)
        s->usual *= SHRUNK_FORGET;
    return s->shrunk;
}

void hy_crawl_planned_(struct hy_plan *p, int fresh, bool ground)
{
    struct hy_crawl_source *s = p->source;

    if (is_shrunk(p, ground)) {
        s->walk_from = (hy_wall){0};
        hy_crawl_visit_end_(p->c, s, HY_VISIT_SHRUNK, "", 0);
        return;
    }
    if (p->back == 0) {
        s->shown = p->n;
        s->usual = s->usual > 0 ? 0.8 * s->usual + 0.2 * (double)p->n : (double)p->n;
        s->walk_from = ground ? (hy_wall){0} : p->watch;
    }
    s->walk_fresh += fresh;
    if (ground || s->walk_from.ms == 0 || p->next == NULL || p->back >= MAX_BACK) {
        walk_ends(p->c, s, ground);
        return;
    }
    struct hy_job *j = hy_job_new_(HY_JOB_LIST, s, hy_str(p->next));
    j->back = p->back + 1;
    j->redirects = 1; /* the validators are those of the first page */
    hy_crawl_queue_(p->c, j);
}

void hy_crawl_visit_denied_(struct hy_crawl *c, struct hy_job *job, enum hy_visit_end end,
                            const char *why)
{
    struct hy_crawl_source *s = job->source;
    bool older = job->back > 0;

    hy_job_free_(job);
    if (!older)
        s->seen = (struct hy_visit){.newest = HY_WALL_NONE, .server = HY_WALL_NONE};
    if (older)
        walk_ends(c, s, false);
    else
        hy_crawl_visit_end_(c, s, end, why, 0);
}

/* One event announced for next month is no lie; most entries of a list in the future are. */
static void note_times(const struct found *f, struct hy_crawl_source *s)
{
    size_t future = 0;

    for (size_t i = 0; i < f->jobs.n; i++) {
        hy_wall t = f->jobs.v[i]->published;
        s->seen.newest.ms = HY_MAX(s->seen.newest.ms, t.ms); /* unknown is the least */
        future += hy_wall_known(t) && t.ms > f->now.ms + HY_DAY_MS;
    }
    s->seen.future |= future > 1 && 2 * future > f->jobs.n;
}

static void note_answer(struct hy_crawl_source *s, int back, const struct hy_fetch_result *r)
{
    if (back)
        return;
    uint64_t hash = r->body.n ? hy_hash64(r->body) : 0;
    bool same = r->outcome == HY_FETCH_NOT_MODIFIED || (hash && hash == s->body_hash);
    s->seen = (struct hy_visit){.newest = HY_WALL_NONE, .frozen = same, .server = r->date};
    s->body_hash = hash ? hash : s->body_hash;
    s->last_status = r->status;
}

static void read_and_plan(struct hy_crawl *c, struct hy_crawl_source *s, int back,
                          const struct hy_fetch_result *r)
{
    struct found f = {.now = hy_loop_wall(c->loop), .first_visit = s->rate.at.ms == 0};
    bool watch = shows_a_window(s->rules->kind) && !s->moved;
    struct hy_err err = HY_ERR_INIT;

    f.plan = hy_xcalloc(1, sizeof(*f.plan));
    *f.plan = (struct hy_plan){.c = c,
                               .source = s,
                               .etag = copy(r->etag),
                               .last_modified = copy(r->last_modified),
                               .bump = s->rules->kind == HY_SOURCE_FORUM,
                               .back = back,
                               .watch = watch ? s->health.last_ok : (hy_wall){0}};
    enum hy_visit_end end = readers[s->rules->kind](c, &f, s->rules, r, &err);
    note_times(&f, s);
    f.plan->jobs = f.jobs.v;
    f.plan->old = f.old.v;
    f.plan->n = f.jobs.n;
    if (end == HY_VISIT_SAME && f.plan->n) {
        hy_crawl_plan_(f.plan);
        return;
    }
    hy_plan_free_(f.plan);
    if (back)
        walk_ends(c, s, false);
    else
        hy_crawl_visit_end_(c, s, end, err.msg, 0);
}

void hy_crawl_visited_(struct hy_crawl *c, struct hy_job *job, const struct hy_fetch_result *r)
{
    struct hy_crawl_source *s = job->source;
    int back = job->back;
    char status[32];

    hy_job_free_(job);
    note_answer(s, back, r);
    snprintf(status, sizeof(status), "HTTP %d", r->status);
    if (s->rules == NULL)
        s->visiting = false;
    else if (r->outcome == HY_FETCH_OK)
        read_and_plan(c, s, back, r);
    else if (back)
        walk_ends(c, s, false);
    else if (r->outcome == HY_FETCH_NOT_MODIFIED)
        hy_crawl_visit_end_(c, s, HY_VISIT_SAME, "", 0);
    else if (r->outcome == HY_FETCH_REFUSED || r->outcome == HY_FETCH_GONE)
        hy_crawl_visit_end_(c, s, HY_VISIT_REFUSED, status, 0);
    else
        hy_crawl_visit_end_(c, s, HY_VISIT_FAILED, r->err.msg[0] ? r->err.msg : status, 0);
}
