/* SPDX-License-Identifier: Apache-2.0 */
/* One visit of a source from its list's answer to the plan for the next: known ground, the way back
 * to it, what was learned of rate and health.  What a list says is read in crawl_read.c. */
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BACK = 10 };
enum { FEW = 8, SHRUNK_TO = 4 }; /* of at least FEW usual entries a quarter is left */
#define SHRUNK_FORGET 0.985
#define TTL_BELIEVED_MS (10 * HY_MINUTE_MS)

static char *copy(struct hy_str s)
{
    return s.n ? hy_str_dup(s) : NULL;
}

/* -- the end of a visit ------------------------------------------------------------------------ */

/* The part of what its lists want that the host has room for. */
static double host_part(const struct hy_crawl_host *h)
{
    int64_t delay_ms = h->robots ? hy_robots_delay_ms(h->robots) : 0;
    double visits = 0;

    for (size_t i = 0; i < h->sources.n; i++)
        visits += h->sources.v[i]->wish;
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

/* A site in trouble is left alone longer and longer.  One that answers, only not with entries, is
 * not: its first entries would wait for hours. */
static int64_t after_failure(const struct hy_crawl_source *s, int64_t ms, int64_t most, hy_wall now)
{
    bool answers = s->seen.end == HY_VISIT_EMPTY || s->seen.end == HY_VISIT_SHRUNK;

    ms = hy_schedule_backoff(ms, s->health.failures, (double)(now.ms % 97) / 97);
    return answers ? HY_MIN(ms, most) : ms;
}

/* When it would be visited if it were the only one. */
static int64_t interval_alone(struct hy_crawl *c, struct hy_crawl_source *s, hy_wall before,
                              size_t fresh, hy_wall now)
{
    struct hy_interval_limits lim = limits_of(s);
    int64_t ms = hy_schedule_interval(&c->budget, s->share, &s->rate, now, lim), by_rate = ms;

    if (s->health.failures)
        ms = after_failure(s, ms, lim.max_ms, now);
    else if (before.ms)
        ms = hy_schedule_window(ms, now.ms - before.ms, fresh, s->shown, lim);
    ms = HY_MAX(ms, HY_MIN(hy_schedule_skip(s->skip_hours, s->skip_days, now), lim.max_ms));
    s->haste = ms < by_rate ? HY_HASTE_SOON : HY_HASTE_NONE;
    if (s->health.failures || !hy_crawl_is_watched_(c, s))
        return ms;
    s->haste = HY_HASTE_LIMIT;
    return HY_MIN(ms, lim.min_ms);
}

/* The host's room and the budget put it off, but not beyond its ceiling. */
static void plan_next(struct hy_crawl *c, struct hy_crawl_source *s, hy_wall before, size_t fresh,
                      hy_wall now)
{
    s->share = hy_budget_move(&c->budget, s->share, 1, &s->rate);
    int64_t ms = interval_alone(c, s, before, fresh, now);
    int64_t most = HY_MAX(ms, s->rules->visit_max_ms);

    s->wish = (double)HY_DAY_MS / (double)ms;
    ms = (int64_t)HY_MIN((double)ms / host_part(s->host), (double)most);
    hy_purse_want(&c->purse, &s->wanted, (double)HY_DAY_MS / (double)ms, s->haste);
    ms = HY_MIN(hy_purse_stretch(&c->purse, ms, s->haste, now), most);
    s->next = hy_wall_add_ms(now, ms);
    hy_crawl_count_in_(c, s);
}

/* The evidence, completed by what its past says. */
static struct hy_visit evidence(const struct hy_crawl_source *s, const char *why)
{
    struct hy_visit v = s->seen;

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
    if (good) { /* what the feed had before the list counts once, here */
        fresh += s->extra_fresh;
        end = fresh ? HY_VISIT_FRESH : end;
        s->extra_fresh = 0;
    }
    s->seen.end = end;
    if (good)
        hy_rate_note(&s->rate, &c->rhythm, fresh, now);
    struct hy_visit v = evidence(s, why);
    bool changed = hy_health_note(&s->health, &v, now);
    plan_next(c, s, before, (size_t)fresh, now);
    hy_crawl_extras_due_(c, s);
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

static void planned(struct hy_plan *p, int fresh, bool ground)
{
    struct hy_crawl_source *s = p->source;

    if (p->back == 0) {
        free(s->etag);
        free(s->last_modified);
        s->etag = HY_TAKE(p->etag);
        s->last_modified = HY_TAKE(p->last_modified);
    }
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

static void denied(struct hy_crawl *c, struct hy_job *job, enum hy_visit_end end, const char *why)
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

void hy_crawl_visit_lost_(struct hy_crawl *c, struct hy_job *job, const char *why)
{
    denied(c, job, HY_VISIT_FAILED, why);
}

void hy_crawl_visit_forbidden_(struct hy_crawl *c, struct hy_job *job)
{
    denied(c, job, HY_VISIT_ROBOTS, "");
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
    bool watch = shows_a_window(s->rules->kind) && !s->moved;
    struct hy_err err = HY_ERR_INIT;
    struct hy_plan *plan = hy_xcalloc(1, sizeof(*plan));

    *plan = (struct hy_plan){.c = c,
                             .source = s,
                             .planned = planned,
                             .etag = copy(r->etag),
                             .last_modified = copy(r->last_modified),
                             .bump = s->rules->kind == HY_SOURCE_FORUM,
                             .back = back,
                             .watch = watch ? s->health.last_ok : (hy_wall){0}};
    enum hy_visit_end end = hy_crawl_read_(plan, r, &err);
    if (end == HY_VISIT_SAME && plan->n) {
        hy_crawl_plan_(plan);
        return;
    }
    hy_plan_free_(plan);
    if (back)
        walk_ends(c, s, false);
    else
        hy_crawl_visit_end_(c, s, end, err.msg, 0);
}

/* What a failed request means, for the board; the program's own words follow in brackets. */
static const char *const meaning[HY_FETCH_OUTCOME_COUNT] = {
    [HY_FETCH_BUSY] = "网站说它现在太忙",
    [HY_FETCH_SERVER] = "网站自己出错",
    [HY_FETCH_DNS] = "域名无法解析",
    [HY_FETCH_CONNECT] = "连接不上",
    [HY_FETCH_TLS] = "证书或加密连接有问题",
    [HY_FETCH_BLOCKED] = "地址不允许访问",
    [HY_FETCH_TIMEOUT] = "太慢，限时内没有读完",
    [HY_FETCH_TOO_BIG] = "内容过大",
    [HY_FETCH_BROKEN] = "回答残缺或格式错误",
};

static void say_failed(const struct hy_fetch_result *r, char *text, size_t size)
{
    const char *means = meaning[r->outcome];

    if (r->outcome == HY_FETCH_REDIRECT)
        snprintf(text, size, "一直跳转（常见于要求 Cookie 的网站）");
    else if (means && (r->status >= 400 || r->err.msg[0] == '\0'))
        snprintf(text, size, "%s（HTTP %d）", means, r->status);
    else if (means)
        snprintf(text, size, "%s（%.120s）", means, r->err.msg);
    else
        snprintf(text, size, "HTTP %d", r->status);
}

void hy_crawl_visited_(struct hy_crawl *c, struct hy_job *job, const struct hy_fetch_result *r)
{
    struct hy_crawl_source *s = job->source;
    int back = job->back;
    char failed[200];

    hy_job_free_(job);
    note_answer(s, back, r);
    say_failed(r, failed, sizeof(failed));
    if (s->rules == NULL)
        s->visiting = false;
    else if (r->outcome == HY_FETCH_OK)
        read_and_plan(c, s, back, r);
    else if (back)
        walk_ends(c, s, false);
    else if (r->outcome == HY_FETCH_NOT_MODIFIED)
        hy_crawl_visit_end_(c, s, HY_VISIT_SAME, "", 0);
    else if (r->outcome == HY_FETCH_REFUSED || r->outcome == HY_FETCH_GONE)
        hy_crawl_visit_end_(c, s, HY_VISIT_REFUSED, failed, 0);
    else
        hy_crawl_visit_end_(c, s, HY_VISIT_FAILED, failed, 0);
}
