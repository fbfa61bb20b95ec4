/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds and sitemaps that a site names itself (link rel=alternate of the list, Sitemap lines of
 * robots.txt), or has without naming them in one of the places where they usually lie: a second way
 * into a source, polled beside its list.  They bring what the list shows too late or no longer, and
 * go on when the list's layout has changed.
 *
 * They never decide about the source: its health and the times of its visits are the list's; what
 * they find first counts as found at the list's next visit.  What is taken from them is the
 * source's own: the same site, and of what the list does not name itself only addresses that look
 * like those of the list and are new. `discover: false` in sources.yaml does without. */
#include "core/json.h"
#include "core/log.h"
#include "core/url.h"
#include "crawler/crawl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FEED_EVERY = 4, SITEMAP_EVERY = 8 }; /* visits of the list for one of these */

/* Tried in this order, one a visit, each once in the life of a source, until one can be read. */
static const struct {
    const char *path;
    bool sitemap;
} usual_places[] = {
    {"/sitemap.xml", true}, {"/rss.xml", false}, {"/feed/", false}, {"/atom.xml", false}};

/* -- which ones -------------------------------------------------------------------------------- */

static bool same_site(const struct hy_crawl_source *s, const char *url)
{
    HY_CLEANUP(hy_freep) char *site = hy_crawl_site_of_(url);

    return strcmp(site, s->host->site) == 0;
}

/* Somebody watches it already. */
static bool is_a_source(const struct hy_crawl *c, const char *url)
{
    struct hy_str key;
    void *value;

    for (size_t at = 0; hy_map_next(c->sources, &at, &key, &value);) {
        const struct hy_crawl_source *s = value;
        if (s->rules && strcmp(s->rules->url, url) == 0)
            return true;
    }
    return false;
}

static void consider(struct hy_crawl *c, struct hy_crawl_source *s, const char *url, bool sitemap)
{
    if (hy_crawl_extra_at_(s, url) || is_a_source(c, url) || !same_site(s, url) ||
        hy_crawl_extra_add_(s, url, sitemap) == NULL)
        return;
    hy_log(HY_INFO, "discovered", HY_KV("source", s->id), HY_KV("url", url),
           HY_KV("kind", sitemap ? "sitemap" : "feed"));
}

static void discover(struct hy_crawl *c, struct hy_crawl_source *s)
{
    const char *map;

    if (s->feed_hint)
        consider(c, s, s->feed_hint, false);
    for (size_t i = 0; s->host->robots && (map = hy_robots_sitemap(s->host->robots, i)); i++)
        consider(c, s, map, true);
}

/* The list's own host with another path. */
static char *beside(const struct hy_crawl_source *s, const char *path)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;
    char *url = NULL;

    if (hy_url_parse(hy_str(s->rules->url), NULL, &u, &err) == HY_OK) {
        HY_CLEANUP(hy_freep) char *origin = hy_url_origin(&u);
        url = hy_xasprintf("%s%s", origin, path);
    }
    hy_url_release(&u);
    return url;
}

/* The site names nothing: has it something all the same? */
static void guess(struct hy_crawl *c, struct hy_crawl_source *s)
{
    while (s->n_extras == 0 && s->n_places && s->guesses < (int)HY_COUNT(usual_places)) {
        bool sitemap = usual_places[s->guesses].sitemap;
        HY_CLEANUP(hy_freep) char *url = beside(s, usual_places[s->guesses++].path);
        struct hy_crawl_extra *e = url && !is_a_source(c, url) ? hy_crawl_extra_add_(s, url, sitemap) : NULL;
        if (e)
            e->guessed = true;
    }
}

/* A guess that failed has never been: it is not shown, and not polled again. */
static void forget(struct hy_crawl_source *s, struct hy_crawl_extra *e)
{
    for (size_t i = 0; i < s->n_extras; i++)
        if (s->extras[i] == e)
            s->extras[i] = s->extras[--s->n_extras];
    hy_crawl_extra_free_(e);
}

/* -- polling ----------------------------------------------------------------------------------- */

void hy_crawl_extras_due_(struct hy_crawl *c, struct hy_crawl_source *s)
{
    hy_wall now = hy_loop_wall(c->loop);

    if (!hy_crawl_finds_(s) || !s->host->robots_known)
        return;
    discover(c, s);
    guess(c, s);
    for (size_t i = 0; i < s->n_extras && !s->extra_busy; i++) {
        struct hy_crawl_extra *e = s->extras[i];
        if (e->next.ms > now.ms)
            continue;
        s->extra_busy = true;
        hy_crawl_queue_(c, hy_job_new_(HY_JOB_EXTRA, s, hy_str(e->url)));
    }
}

static void plan_next(struct hy_crawl *c, struct hy_crawl_source *s, struct hy_crawl_extra *e)
{
    hy_wall now = hy_loop_wall(c->loop);
    int64_t list_ms = HY_MAX(s->next.ms - now.ms, s->rules->visit_min_ms);
    int64_t ms = list_ms * (e->sitemap ? SITEMAP_EVERY : FEED_EVERY);

    ms = HY_MAX(ms, HY_MIN(e->ttl_ms, (int64_t)HY_DAY_MS));
    if (e->failures)
        ms = HY_MIN(hy_schedule_backoff(ms, e->failures, 0) * 4, (int64_t)HY_DAY_MS);
    e->next = hy_wall_add_ms(now, ms);
}

static void end(struct hy_crawl *c, struct hy_crawl_source *s, struct hy_crawl_extra *e,
                const char *why)
{
    s->extra_busy = false;
    if (e == NULL || s->rules == NULL)
        return;
    if (why && e->guessed && !e->begun) {
        forget(s, e);
        return;
    }
    e->polls++;
    e->failures = why ? e->failures + 1 : 0;
    if (why && (e->failures & (e->failures - 1)) == 0)
        hy_log(HY_INFO, "discovered_unreadable", HY_KV("source", s->id), HY_KV("url", e->url),
               HY_KV("why", why), HY_KVN("failures", e->failures));
    plan_next(c, s, e);
    hy_crawl_wake_(c);
}

void hy_crawl_extra_lost_(struct hy_crawl *c, struct hy_job *j, const char *why)
{
    end(c, j->source, hy_crawl_extra_of_(j), why);
    hy_job_free_(j);
}

void hy_crawl_extra_forbidden_(struct hy_crawl *c, struct hy_job *j)
{
    hy_crawl_extra_lost_(c, j, "robots.txt forbids");
}

static void planned(struct hy_plan *p, int fresh, bool ground)
{
    struct hy_crawl_extra *e = p->extra;

    (void)ground;
    free(e->etag);
    free(e->last_modified);
    e->etag = HY_TAKE(p->etag);
    e->last_modified = HY_TAKE(p->last_modified);
    if (e->begun) { /* what stood there before we came says nothing about the rate */
        e->found += fresh;
        p->source->extra_fresh += fresh;
    }
    e->begun = true;
    if (fresh)
        hy_log(HY_INFO, "found", HY_KV("source", p->source->id), HY_KV("by", e->url),
               HY_KVN("new", fresh));
    end(p->c, p->source, e, NULL);
}

void hy_crawl_extra_visited_(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    struct hy_crawl_source *s = j->source;
    struct hy_crawl_extra *e = hy_crawl_extra_of_(j);
    struct hy_err err = HY_ERR_INIT;

    hy_job_free_(j);
    if (e == NULL || !hy_crawl_finds_(s) || r->outcome != HY_FETCH_OK) {
        end(c, s, e, r->outcome == HY_FETCH_NOT_MODIFIED ? NULL : r->err.msg);
        return;
    }
    struct hy_plan *p = hy_xcalloc(1, sizeof(*p));
    *p =
        (struct hy_plan){.c = c,
                         .source = s,
                         .extra = e,
                         .planned = planned,
                         .etag = r->etag.n ? hy_str_dup(r->etag) : NULL,
                         .last_modified = r->last_modified.n ? hy_str_dup(r->last_modified) : NULL};
    if (hy_crawl_read_extra_(p, r, &err) == HY_OK && p->n) {
        hy_crawl_plan_(p);
        return;
    }
    e->begun |= err.code == HY_OK;
    hy_plan_free_(p);
    end(c, s, e, err.code == HY_OK ? NULL : err.msg);
}
