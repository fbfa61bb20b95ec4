/* SPDX-License-Identifier: Apache-2.0 */
/* A list, feed, sitemap, JSON answer or page as fetched -> the jobs of a plan.  Says what it found;
 * what is new of it, and what follows from that, is for others (crawl_store.c, crawl_visit.c). */
#include "core/hash.h"
#include "core/mem.h"
#include "core/url.h"
#include "core/vec.h"
#include "crawler/crawl.h"
#include "crawler/feed/feed.h"
#include "crawler/page/list.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_FOLLOWED = 3 };
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

/* HTML in the sandbox; NULL when it cannot be read. */
static struct hy_list *read_links(struct hy_crawl *c, const struct found *f,
                                  const struct hy_source *src, const struct hy_fetch_result *r,
                                  struct hy_err *err)
{
    struct hy_list_hints hints = hints_of(src, f->now);
    struct hy_list *l = NULL;

    if (hy_crawl_may_read_(c, src->url, r->body, err) < 0)
        return NULL;
    if (hy_reader_list(c->reader, r->body, r->content_type, hy_str(r->url), &hints, &l, err) < 0)
        hy_crawl_read_failed_(c, f->plan->source, src->url, r, err);
    return l;
}

/* "http://a.example/2026/11/x.html" -> of "2026"; pages at the top have none. */
static uint64_t place_of(const char *url)
{
    struct hy_str s = hy_str(url);
    size_t host = hy_str_find(s, HY_STR("://"), 0);
    size_t path = host == HY_NPOS ? HY_NPOS : hy_str_find_char(s, '/', host + 3);
    size_t end = path == HY_NPOS ? HY_NPOS : hy_str_find_char(s, '/', path + 1);

    return end == HY_NPOS ? 0 : hy_hash64(hy_str_sub(s, path + 1, end));
}

static bool has_place(const struct hy_crawl_source *s, uint64_t place)
{
    for (size_t i = 0; i < s->n_places; i++)
        if (s->places[i] == place)
            return true;
    return false;
}

/* Where the list's entries lie. */
static void note_places(struct found *f)
{
    struct hy_crawl_source *s = f->plan->source;

    for (size_t i = 0; f->plan->back == 0 && i < f->jobs.n; i++) {
        uint64_t place = place_of(f->jobs.v[i]->first_url);
        if (!has_place(s, place) && s->n_places < HY_COUNT(s->places))
            s->places[s->n_places++] = place;
    }
}

static enum hy_visit_end read_html(struct hy_crawl *c, struct found *f, const struct hy_source *src,
                                   const struct hy_fetch_result *r, struct hy_err *err)
{
    HY_CLEANUP(hy_list_freep) struct hy_list *l = read_links(c, f, src, r, err);

    if (l == NULL)
        return HY_VISIT_FAILED;
    if (l->wall)
        return HY_VISIT_WALL;
    from_list(f, l);
    note_places(f);
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
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_list_freep)
    struct hy_list *l =
        hy_str_starts(hy_str_trim(r->body), HY_STR("<")) ? read_links(c, f, src, r, &err) : NULL;

    return l && l->wall;
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
    f->plan->source->skip_hours = feed->skip_hours;
    f->plan->source->skip_days = feed->skip_days;
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

enum hy_visit_end hy_crawl_read_(struct hy_plan *p, const struct hy_fetch_result *r,
                                 struct hy_err *err)
{
    struct hy_crawl_source *s = p->source;
    struct found f = {
        .plan = p, .now = hy_loop_wall(p->c->loop), .first_visit = s->rate.at.ms == 0};
    enum hy_visit_end end = readers[s->rules->kind](p->c, &f, s->rules, r, err);

    note_times(&f, s);
    p->jobs = f.jobs.v;
    p->old = f.old.v;
    p->n = f.jobs.n;
    return end;
}

/* -- feeds and sitemaps that were found ----------------------------------------------------------
 */

enum { EXTRA_MAX = 500 }; /* entries of one answer */

/* Of a sitemap only what is dated and recent, or all of a small one: it names the whole site, and
 * what it does not date may be years old.  A feed that the list did not name may be the whole
 * site's as well. */
static bool is_wanted(const struct found *f, const struct hy_feed *feed, const char *url,
                      hy_wall at)
{
    const struct hy_crawl_extra *e = f->plan->extra;

    HY_CLEANUP(hy_freep) char *site = hy_crawl_site_of_(url);
    if (strcmp(f->plan->source->host->site, site) != 0)
        return false;
    if (!e->sitemap && !e->guessed)
        return true;
    bool recent = hy_wall_known(at) ? at.ms > f->now.ms - OLD_NEWS_MS : feed->n <= EXTRA_MAX;
    return recent && has_place(f->plan->source, place_of(url));
}

static void from_extra(struct found *f, const struct hy_feed *feed)
{
    const struct hy_crawl_extra *e = f->plan->extra;

    for (size_t i = 0; i < feed->n && f->jobs.n < EXTRA_MAX; i++) {
        const struct hy_feed_entry *x = &feed->entries[i];
        bool dated = hy_wall_known(x->published.at);
        hy_wall at = dated ? x->published.at : x->updated.at;
        if (x->url[0] == '\0' || !is_wanted(f, feed, x->url, at))
            continue;
        struct hy_job *j = add(f, x->url, NULL);
        if (j == NULL)
            continue;
        tell(f, j, x->title, x->published.at, x->published.precision);
        if (!e->begun) /* what stood there before we came is no news, unless it says that it is */
            f->old.v[f->old.n - 1] = !hy_wall_known(at) || at.ms < f->now.ms - OLD_NEWS_MS;
        if (!e->sitemap) {
            j->text = hy_xstrdup(x->text);
            j->from_feed = true;
        }
    }
}

/* The newest sitemap of an index, in place of the index. */
static void follow_extra(struct hy_plan *p, const struct hy_feed *feed)
{
    const struct hy_feed_entry *best = NULL;

    for (size_t i = 0; i < feed->n; i++)
        if (feed->entries[i].url[0] &&
            (best == NULL || feed->entries[i].updated.at.ms > best->updated.at.ms))
            best = &feed->entries[i];
    if (best == NULL)
        return;
    struct hy_job *j = hy_job_new_(HY_JOB_EXTRA, p->source, hy_str(p->extra->url));
    free(j->url);
    j->url = hy_xstrdup(best->url);
    j->redirects = 1;
    hy_crawl_queue_(p->c, j);
}

int hy_crawl_read_extra_(struct hy_plan *p, const struct hy_fetch_result *r, struct hy_err *err)
{
    struct found f = {.plan = p, .now = hy_loop_wall(p->c->loop)};
    HY_CLEANUP(hy_feed_freep) struct hy_feed *feed = NULL;

    if (hy_feed_parse(r->body, hy_str(r->url), r->content_type, &feed, err) < 0)
        return err->code;
    if (strcmp(feed->format, "unknown") == 0)
        return hy_fail(err, HY_E_PARSE, "neither a feed nor a sitemap");
    p->extra->ttl_ms = feed->ttl_ms;
    if (strcmp(feed->format, "sitemapindex") == 0 && strcmp(r->url, p->extra->url) == 0)
        follow_extra(p, feed);
    else if (strcmp(feed->format, "sitemapindex") != 0)
        from_extra(&f, feed);
    p->jobs = f.jobs.v;
    p->old = f.old.v;
    p->n = f.jobs.n;
    return HY_OK;
}
