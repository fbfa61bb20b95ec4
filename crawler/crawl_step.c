/* SPDX-License-Identifier: Apache-2.0 */
/* What a host is asked next, and who gets the answer. */
#include "core/log.h"
#include "core/mem.h"
#include "crawler/crawl.h"

#include <stdlib.h>

enum { ROBOTS_KEEP_MS = 6 * 3600 * 1000, ROBOTS_RETRY_MS = 60000, LIST_MAX_BYTES = 16 << 20 };
enum { LISTS = 3 }; /* in a row, while a page waits */

/* -- results ----------------------------------------------------------------------------------- */

static enum hy_robots_access access_of(const struct hy_fetch_result *r)
{
    if (r->outcome == HY_FETCH_REDIRECT) /* too many: as if there were none */
        return HY_ROBOTS_FREE;
    if (r->status >= 200 && r->status < 300 && r->outcome != HY_FETCH_OK)
        return HY_ROBOTS_WAIT; /* an answer we cannot read */
    return hy_robots_access_of(r->outcome == HY_FETCH_BLOCKED ? 0 : r->status);
}

static void learn_robots(struct hy_crawl_host *h, const struct hy_fetch_result *r)
{
    hy_wall now = hy_loop_wall(h->c->loop);
    enum hy_robots_access access = access_of(r);
    int64_t keep_ms = ROBOTS_KEEP_MS;

    h->robots_failures = access == HY_ROBOTS_WAIT ? h->robots_failures + 1 : 0;
    if (access == HY_ROBOTS_WAIT) {
        keep_ms = hy_schedule_backoff(ROBOTS_RETRY_MS, h->robots_failures, 0);
        hy_log(HY_WARN, "robots_unreadable", HY_KV("host", h->key), HY_KV("err", r->err.msg));
    }
    hy_crawl_take_robots_(h, access, r->body, hy_wall_add_ms(now, keep_ms));
    if (access != HY_ROBOTS_WAIT)
        hy_crawl_save_robots_(h->c, h, access == HY_ROBOTS_RULES ? r->body : hy_str(""));
}

/* The same job at its new address; robots.txt and politeness of that host apply there. */
static bool follow(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    if (r->outcome != HY_FETCH_REDIRECT || r->location == NULL ||
        ++j->redirects > HY_FETCH_MAX_REDIRECTS)
        return false;
    if (j->kind == HY_JOB_PAGE)
        hy_capture_hop(&j->hops, r);
    free(j->url);
    j->url = hy_xstrdup(r->location);
    if (j->kind == HY_JOB_ROBOTS) { /* RFC 9309: the rules found there count here */
        struct hy_crawl_host *h = j->host;
        TAILQ_INSERT_HEAD(&h->pages, j, entry);
        h->n_pages++;
        return true;
    }
    hy_crawl_queue_(c, j);
    return true;
}

static void on_result(const struct hy_fetch_result *r, void *user)
{
    struct hy_job *j = user;
    struct hy_crawl_host *h = j->host;
    struct hy_crawl *c = h->c;
    int64_t delay = h->robots ? hy_robots_delay_ms(h->robots) : 0;

    h->busy = false;
    if (c->stopping) {
        hy_job_free_(j);
        return;
    }
    hy_gate_done(&h->gate, hy_loop_wall(c->loop), r->elapsed_ms, h->floor_ms, delay,
                 r->outcome == HY_FETCH_BUSY, r->retry_after_ms);
    hy_crawl_note_request_(h, r);
    hy_log(HY_DEBUG, "fetched", HY_KV("url", r->url),
           HY_KV("outcome", hy_fetch_outcome_name[r->outcome]), HY_KVN("status", r->status),
           HY_KVN("bytes", r->wire_bytes), HY_KVN("ms", r->elapsed_ms));
    hy_crawl_wake_(c);
    if (follow(c, j, r))
        return;
    if (j->kind == HY_JOB_ROBOTS) {
        learn_robots(h, r);
        h->robots_asked = false;
        hy_job_free_(j);
    } else {
        c->ends[j->kind].fetched(c, j, r);
    }
}

/* -- what next --------------------------------------------------------------------------------- */

/* robots.txt is asked on behalf of whoever wants something from the host. */
static bool somebody_allows_private(const struct hy_crawl_host *h)
{
    const struct hy_job *j;

    for (size_t i = 0; i < h->sources.n; i++)
        if (h->sources.v[i]->rules->allow_private)
            return true;
    TAILQ_FOREACH (j, &h->pages, entry)
        if (j->source && j->source->rules && j->source->rules->allow_private)
            return true;
    return false;
}

static void start(struct hy_crawl_host *h, struct hy_job *j)
{
    struct hy_crawl_source *s = j->source;
    bool list = j->kind == HY_JOB_LIST && j->redirects == 0;
    const struct hy_crawl_extra *e =
        j->kind == HY_JOB_EXTRA && j->redirects == 0 ? hy_crawl_extra_of_(j) : NULL;
    struct hy_fetch_request req = {
        .url = j->url,
        .timeout_ms = h->c->fetch_ms,
        .etag = list ? s->etag
                : e  ? e->etag
                     : NULL,
        .last_modified = list ? s->last_modified
                         : e  ? e->last_modified
                              : NULL,
        .max_bytes = j->kind == HY_JOB_ROBOTS ? 4 * HY_ROBOTS_MAX
                     : list || e              ? LIST_MAX_BYTES
                                              : 0,
    };

    if (s == NULL)
        req.allow_private = somebody_allows_private(h);
    if (s && s->rules)
        req.allow_private = s->rules->allow_private;
    if (j->kind == HY_JOB_LIST || j->kind == HY_JOB_EXTRA)
        hy_purse_spend(&h->c->purse, hy_loop_wall(h->c->loop));
    j->host = h;
    h->busy = true;
    h->started = hy_loop_wall(h->c->loop);
    hy_fetcher_get(h->c->http, &req, on_result, j);
}

static void ask_robots(struct hy_crawl_host *h)
{
    HY_CLEANUP(hy_freep) char *url = hy_xasprintf("%s/robots.txt", h->key);

    h->robots_asked = true;
    start(h, hy_job_new_(HY_JOB_ROBOTS, NULL, hy_str(url)));
}

/* The source of this host whose visit is due longest. */
static struct hy_crawl_source *due_source(struct hy_crawl_host *h, hy_wall now, hy_wall *ret_next)
{
    struct hy_crawl_source *best = NULL;

    for (size_t i = 0; i < h->sources.n; i++) {
        struct hy_crawl_source *s = h->sources.v[i];
        if (!s->loaded || s->visiting)
            continue;
        hy_wall due = hy_crawl_rested_(s, s->next, now);
        if (due.ms <= now.ms)
            due = hy_crawl_paid_(h->c, s, now);
        if (due.ms > now.ms) {
            if (!hy_wall_known(*ret_next) || due.ms < ret_next->ms)
                *ret_next = due;
        } else if (best == NULL || s->next.ms < best->next.ms) {
            best = s;
        }
    }
    return best;
}

static bool allowed(const struct hy_crawl_host *h, const char *url)
{
    return h->access == HY_ROBOTS_FREE || hy_robots_allows(h->robots, hy_str(url));
}

static void visit(struct hy_crawl_host *h, struct hy_crawl_source *s, hy_wall now)
{
    struct hy_job *j = hy_job_new_(HY_JOB_LIST, s, hy_str(s->rules->url));

    s->visiting = true;
    s->last_try = now;
    s->visits++;
    if (h->access == HY_ROBOTS_WAIT)
        h->c->ends[j->kind].lost(h->c, j, "robots.txt 暂时读不到");
    else if (!allowed(h, j->url))
        h->c->ends[j->kind].forbidden(h->c, j);
    else
        start(h, j);
}

static void fetch(struct hy_crawl_host *h, struct hy_job *j)
{
    hy_crawl_unqueue_(h, j);
    if (j->source && j->source->rules == NULL) {
        j->source->visiting = j->source->extra_busy = false; /* its source left the rules */
        hy_job_free_(j);
    } else if (j->kind == HY_JOB_ROBOTS || (h->access != HY_ROBOTS_WAIT && allowed(h, j->url))) {
        start(h, j);
    } else if (h->access == HY_ROBOTS_WAIT) {
        j->due = h->robots_until;
        hy_crawl_queue_(h->c, j);
    } else {
        h->c->ends[j->kind].forbidden(h->c, j);
    }
}

static bool wants_anything(struct hy_crawl_host *h, hy_wall now, hy_wall *ret_next)
{
    return due_source(h, now, ret_next) || hy_crawl_due_page_(h, now, ret_next);
}

/* Lists first, for they tell what is new; but where they are due more often than the host may be asked,
 * what they tell of has its turn too, or it would never be read. */
static void ask_next(struct hy_crawl_host *h, hy_wall now)
{
    hy_wall next = HY_WALL_NONE;
    struct hy_crawl_source *s = due_source(h, now, &next);
    struct hy_job *page = s && h->lists < LISTS ? NULL : hy_crawl_due_page_(h, now, &next);

    h->lists = page ? 0 : h->lists + 1;
    if (page)
        fetch(h, page);
    else
        visit(h, s, now);
}

/* Hosts of sources belong to one crawler.  Others (pages of our sources that lie elsewhere) to
 * whoever comes first. */
static bool is_anothers(struct hy_crawl_host *h)
{
    return h->sources.n > 0 && !hy_crawl_is_ours_(h);
}

/* Nothing of ours would get lost or be done twice when another crawler goes on from Redis. */
static bool is_idle(const struct hy_crawl_host *h)
{
    if (h->busy || h->asking || h->robots_asked || h->n_pages)
        return false;
    for (size_t i = 0; i < h->sources.n; i++)
        if (h->sources.v[i]->visiting || h->sources.v[i]->loading)
            return false;
    return true;
}

hy_wall hy_crawl_host_step_(struct hy_crawl_host *h, hy_wall now)
{
    hy_wall next = HY_WALL_NONE;

    if (h->sources.n == 0 && h->n_pages == 0)
        return next;
    if (is_anothers(h)) {
        if (h->held && is_idle(h))
            hy_crawl_give_back_(h);
        if (!h->held && h->n_pages == 0)
            return next; /* the crew's next change wakes us */
    }
    if (!h->held || now.ms >= h->renew.ms) {
        if (!h->asking && now.ms >= h->ask_again.ms)
            hy_crawl_lease_(h->c, h);
        if (!h->held)
            return h->asking ? HY_WALL_NONE : h->ask_again;
    }
    if (h->busy || !wants_anything(h, now, &next))
        return h->busy ? h->renew : hy_wall_known(next) && next.ms < h->renew.ms ? next : h->renew;
    if (h->gate.ready.ms > now.ms)
        return h->gate.ready;
    struct hy_job *first = TAILQ_FIRST(&h->pages);
    if (first && first->kind == HY_JOB_ROBOTS) { /* on its way over a redirect */
        fetch(h, first);
    } else if (!h->robots_known || now.ms >= h->robots_until.ms) {
        if (!h->robots_asked)
            ask_robots(h);
    } else {
        ask_next(h, now);
    }
    return h->busy ? h->renew : now; /* nothing was asked of the site: go on at once */
}
