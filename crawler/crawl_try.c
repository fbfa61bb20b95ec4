/* SPDX-License-Identifier: Apache-2.0 */
/* A person at the board asks: what would the crawler make of this address?  The board itself never
 * goes to the web; it puts {"id","url","at"} into the list hy:crawl:try, one crawler takes it, asks
 * robots.txt, fetches the page under the same rules as any other (public addresses only, except for
 * hosts of sources with allow_private), reads it in the sandbox and leaves the answer at
 * hy:crawl:tried:<id> for ten minutes.  Nothing of it becomes an item.
 *
 * Bounds: AT_ONCE at a time, jobs older than STALE_MS are dropped, a pause before every request as
 * long as the site's Crawl-delay (at least PAUSE_MS), the URL is the only thing taken from the job. */
#include "core/hash.h"
#include "core/log.h"
#include "core/url.h"
#include "core/utf8.h"
#include "crawler/crawl.h"
#include "crawler/feed/feed.h"

#include <stdlib.h>
#include <string.h>

#define PAUSE_MS INT64_C(1000)
#define PAUSE_MAX_MS INT64_C(15000)

enum {
    AT_ONCE = 2,
    LOOK_MS = 500,
    STALE_MS = 60 * 1000,
    ANSWER_TTL_S = 600,
    SHOWN_LINKS = 30,
    SHOWN_CHARS = 20000,
};
static const char *const agent = "huiying"; /* product token in robots.txt */

struct hy_trying {
    TAILQ_ENTRY(hy_trying) entry;
    struct hy_crawl *c;
    char *id, *url, *origin; /* of the next request */
    struct hy_robots *robots; /* of `origin`; NULL: not asked yet */
    struct hy_timer *pause;
    json_t *answer;
    int redirects;
};

static void trying_free(void *p)
{
    struct hy_trying *t = p;

    free(t->id);
    free(t->url);
    free(t->origin);
    hy_robots_free(t->robots);
    hy_timer_free(t->pause);
    json_decref(t->answer);
    free(t);
}

/* ---- the answer ---- */

static void on_stored(const redisReply *r, void *user)
{
    (void)user;
    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_log(HY_WARN, "try_lost");
}

static void finish(struct hy_trying *t, const char *why)
{
    struct hy_crawl *c = t->c;

    json_object_set_new(t->answer, "done", json_true());
    json_object_set_new(t->answer, "why", json_string(why));
    HY_CLEANUP(hy_freep) char *text = hy_json_text(t->answer);
    if (!c->stopping)
        hy_redis_cmd(c->redis, on_stored, NULL, "SET hy:crawl:tried:%s %s EX %d", t->id, text,
                     (int)ANSWER_TTL_S);
    hy_log(HY_INFO, "tried", HY_KV("url", t->url), HY_KV("why", why[0] ? why : "ok"));
    c->trying--;
    TAILQ_REMOVE(&c->tries_now, t, entry);
    hy_loop_defer_free(c->loop, t, trying_free);
}

static void set_stamp(json_t *o, hy_wall at, enum hy_precision precision)
{
    hy_json_set_time(o, "published", precision == HY_PREC_NONE ? HY_WALL_NONE : at, HY_CST);
    json_object_set_new(o, "published_precision", json_string(hy_precision_name[precision]));
}

static json_t *link_json(const char *url, const char *title, hy_wall at, enum hy_precision precision)
{
    json_t *o = json_pack("{s:s,s:s}", "url", url, "title", title);

    if (o == NULL)
        return json_object();
    set_stamp(o, at, precision);
    return o;
}

static void add_list(struct hy_trying *t, const struct hy_fetch_result *r)
{
    struct hy_list_hints hints = {.now = hy_loop_wall(t->c->loop), .zone_min = HY_CST};
    HY_CLEANUP(hy_list_freep) struct hy_list *l = NULL;
    struct hy_err err = HY_ERR_INIT;
    json_t *links = json_array();

    if (hy_reader_list(t->c->reader, r->body, r->content_type, hy_str(r->url), &hints, &l, &err) <
        0) {
        json_decref(links);
        return;
    }
    for (size_t i = 0; i < l->n && i < SHOWN_LINKS; i++)
        json_array_append_new(
            links, link_json(l->v[i].url, l->v[i].title, l->v[i].published, l->v[i].precision));
    json_object_set_new(t->answer, "list",
                        json_pack("{s:i,s:o,s:s,s:s,s:b}", "n", (int)l->n, "links", links, "next",
                                  l->next, "feed", l->feed, "wall", l->wall));
}

static void add_item(struct hy_trying *t, const struct hy_fetch_result *r)
{
    hy_wall now = hy_loop_wall(t->c->loop);
    struct hy_extract_how how = {
        .url = hy_str(r->url), .fetched = now, .latest = now, .offset_min = HY_CST};
    struct hy_item it = {0};
    struct hy_err err = HY_ERR_INIT;

    if (hy_reader_item(t->c->reader, r->body, r->content_type, &how, &it, NULL, &err) == HY_OK) {
        it.fetched = now;
        if (it.url == NULL)
            it.url = hy_xstrdup(r->url);
        json_t *o = hy_item_to_json(&it);
        hy_json_set_str(o, "text", hy_utf8_head(hy_json_str(o, "text"), SHOWN_CHARS));
        json_object_del(o, "replies");
        hy_json_set_int(o, "n_replies", (int64_t)it.n_replies);
        json_object_set_new(t->answer, "item", o);
    } else {
        json_object_set_new(t->answer, "item_why", json_string(err.msg));
    }
    hy_item_release(&it);
}

/* True: it was a feed or a sitemap. */
static bool add_feed(struct hy_trying *t, const struct hy_fetch_result *r)
{
    HY_CLEANUP(hy_feed_freep) struct hy_feed *f = NULL;
    struct hy_str head = hy_str_trim(hy_str_sub(r->body, 0, HY_MIN(r->body.n, (size_t)512)));
    struct hy_err err = HY_ERR_INIT;

    if (hy_str_starts(head, HY_STR("\xef\xbb\xbf")))
        head = hy_str_sub(head, 3, head.n);
    bool xml = hy_str_starts(head, HY_STR("<?xml")) || hy_str_starts(head, HY_STR("<rss")) ||
               hy_str_starts(head, HY_STR("<feed")) || hy_str_starts(head, HY_STR("<urlset"));
    if (!xml || hy_feed_parse(r->body, hy_str(r->url), r->content_type, &f, &err) < 0 ||
        strcmp(f->format, "unknown") == 0)
        return false;
    json_t *links = json_array();
    for (size_t i = 0; i < f->n && i < SHOWN_LINKS; i++)
        json_array_append_new(links,
                              link_json(f->entries[i].url, f->entries[i].title,
                                        f->entries[i].published.at, f->entries[i].published.precision));
    json_object_set_new(t->answer, "feed",
                        json_pack("{s:s,s:i,s:o,s:s}", "format", f->format, "n", (int)f->n, "links",
                                  links, "title", f->title));
    return true;
}

/* ---- the way there ---- */

static void next_request(struct hy_trying *t);

static char *origin_of(const char *url)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;
    char *origin = NULL;

    if (hy_url_parse(hy_str(url), NULL, &u, &err) == HY_OK && hy_url_is_http(&u))
        origin = hy_url_origin(&u);
    hy_url_release(&u);
    return origin;
}

/* An intranet host is open to us only where the rules say so, never because somebody asks. */
static bool may_be_private(const struct hy_crawl *c, const char *origin)
{
    for (size_t i = 0; i < c->offices->n_sources; i++) {
        const struct hy_source *s = &c->offices->sources[i].as;
        HY_CLEANUP(hy_freep) char *its = s->allow_private ? origin_of(s->url) : NULL;
        if (its && strcmp(its, origin) == 0)
            return true;
    }
    return false;
}

static void get(struct hy_trying *t, const char *url, hy_fetch_fn fn)
{
    struct hy_fetch_request req = {.url = url, .allow_private = may_be_private(t->c, t->origin)};

    hy_fetcher_get(t->c->http, &req, fn, t);
}

/* To `url`; false when it is none of the web's. */
static bool move_to(struct hy_trying *t, const char *url)
{
    char *origin = origin_of(url);
    char *copy = hy_xstrdup(url);

    free(t->url);
    t->url = copy;
    if (origin == NULL)
        return false;
    if (t->origin == NULL || strcmp(t->origin, origin) != 0)
        hy_robots_free(HY_TAKE(t->robots));
    free(t->origin);
    t->origin = origin;
    return true;
}

static void note_answer(struct hy_trying *t, const struct hy_fetch_result *r)
{
    hy_json_set_str(t->answer, "url", hy_str(r->url));
    hy_json_set_int(t->answer, "status", r->status);
    hy_json_set_str(t->answer, "outcome", hy_str(hy_fetch_outcome_name[r->outcome]));
    hy_json_set_str(t->answer, "content_type", r->content_type);
    hy_json_set_int(t->answer, "bytes", (int64_t)r->body.n);
    hy_json_set_int(t->answer, "ms", r->elapsed_ms);
}

static void on_page(const struct hy_fetch_result *r, void *user)
{
    struct hy_trying *t = user;

    note_answer(t, r);
    if (r->outcome == HY_FETCH_REDIRECT) {
        if (++t->redirects > HY_FETCH_MAX_REDIRECTS)
            finish(t, "转到别处的次数太多");
        else if (!move_to(t, r->location))
            finish(t, "转到了不是网页的地址");
        else
            next_request(t);
    } else if (r->outcome == HY_FETCH_BLOCKED) {
        finish(t, "这个地址在内网或本机，采集程序不访问；确实要看，请在 sources.yaml 里写明 allow_private");
    } else if (r->outcome != HY_FETCH_OK) {
        finish(t, r->err.msg[0] ? r->err.msg : "没有取到网页");
    } else {
        if (!add_feed(t, r)) {
            add_item(t, r);
            add_list(t, r);
        }
        finish(t, "");
    }
}

static void on_pause(void *user)
{
    struct hy_trying *t = user;

    if (!hy_robots_allows(t->robots, hy_str(t->url)))
        finish(t, "该网站的 robots.txt 不允许采集这个地址");
    else
        get(t, t->url, on_page);
}

static void on_robots(const struct hy_fetch_result *r, void *user)
{
    struct hy_trying *t = user;
    enum hy_robots_access access = r->outcome == HY_FETCH_REDIRECT
                                       ? HY_ROBOTS_FREE
                                       : hy_robots_access_of(r->status);

    if (r->outcome == HY_FETCH_BLOCKED) {
        on_page(r, t);
        return;
    }
    json_object_set_new(t->answer, "robots",
                        json_string(access == HY_ROBOTS_RULES  ? "rules"
                                    : access == HY_ROBOTS_FREE ? "free"
                                                               : "wait"));
    if (access == HY_ROBOTS_WAIT || (access == HY_ROBOTS_RULES && r->outcome != HY_FETCH_OK)) {
        note_answer(t, r);
        finish(t, "没有读到该网站的 robots.txt，按规定先不访问；稍后再试");
        return;
    }
    t->robots = hy_robots_parse(access == HY_ROBOTS_RULES ? r->body : hy_str(""), agent);
    next_request(t);
}

/* robots.txt first, then the page, with a pause between any two requests. */
static void next_request(struct hy_trying *t)
{
    if (t->robots == NULL) {
        HY_CLEANUP(hy_freep) char *url = hy_xasprintf("%s/robots.txt", t->origin);
        get(t, url, on_robots);
        return;
    }
    int64_t delay = hy_robots_delay_ms(t->robots);
    hy_timer_arm(t->pause, HY_MAX(PAUSE_MS, HY_MIN(delay, PAUSE_MAX_MS)));
}

/* ---- taking jobs ---- */

static bool is_id(struct hy_str id)
{
    if (id.n != 32)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("0123456789abcdef", id.p[i]))
            return false;
    return true;
}

static void begin(struct hy_crawl *c, const json_t *job)
{
    struct hy_trying *t = hy_xcalloc(1, sizeof(*t));
    HY_CLEANUP(hy_freep) char *url = hy_str_dup(hy_json_str(job, "url"));

    t->c = c;
    t->id = hy_str_dup(hy_json_str(job, "id"));
    t->answer = json_object();
    t->pause = hy_timer_new(c->loop, on_pause, t);
    c->trying++;
    TAILQ_INSERT_TAIL(&c->tries_now, t, entry);
    if (move_to(t, url))
        next_request(t);
    else
        finish(t, "这不是 http 或 https 的网址");
}

static void on_job(const redisReply *r, void *user)
{
    struct hy_crawl *c = user;
    HY_CLEANUP(hy_json_freep) json_t *job = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (c->stopping || r == NULL || r->type != REDIS_REPLY_STRING)
        return;
    if (hy_json_parse(hy_reply_str(r), &job, &err) < 0 || !is_id(hy_json_str(job, "id")))
        hy_log(HY_WARN, "try_unreadable", HY_KV("err", err.msg));
    else if (hy_json_int(job, "at", 0) > hy_loop_wall(c->loop).ms - STALE_MS)
        begin(c, job);
}

void hy_crawl_tries_(void *user)
{
    struct hy_crawl *c = user;

    if (c->redis_up && c->trying < AT_ONCE)
        hy_redis_cmd(c->redis, on_job, c, "RPOP hy:crawl:try");
    hy_timer_arm(c->tries, LOOK_MS);
}

void hy_crawl_tries_end_(struct hy_crawl *c)
{
    struct hy_trying *t;

    while ((t = TAILQ_FIRST(&c->tries_now)) != NULL)
        finish(t, "采集程序停止了");
}
