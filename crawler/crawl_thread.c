/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of more than one page.  An item of a thread is its first page and all pages from the last
 * one read at the visit before up to the last there is now, so that what was written on pages in
 * between is not missed; the first time it is the first page and the last one.
 *
 * hy:crawl:thread:<url hash>: "<to> <from>", which pages behind the first the item has.  It is written after the item is,
 * and only as far as no page was missing: a crash or a lost page means to read pages again, never to
 * leave some out. */
#include "core/log.h"
#include "crawler/crawl.h"
#include "crawler/page/pager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_AHEAD = 40, /* pages of one thread at one visit, the newest */
    MAX_LOST = 3,   /* pages that are not to be had: then the item is what there is */
    MAX_TEXT = 4 * 1024 * 1024, /* of one thread; what is beyond is not taken */
};
#define KNOWN_MS (60 * HY_DAY_MS)

/* The pages of one thread that is being read. */
struct hy_thread_walk {
    struct hy_item item; /* what the pages so far give */
    char *first, *last;  /* addresses of the first page, as fetched, and of the last */
    int64_t n;           /* how many pages there are */
    int64_t from, at;    /* the first of the later ones that is read, and the one being fetched */
    int lost;
    int64_t whole;       /* all up to here were read, now or before */
};

/* -- floors ------------------------------------------------------------------------------------ */

/* The first floor of a page: its text holds all floors, its replies those but the first. */
static char *first_floor(const struct hy_item *page)
{
    struct hy_str text = hy_str(page->text);
    size_t end = page->n_replies ? hy_str_find(text, hy_str(page->replies[0].text), 0) : HY_NPOS;

    return hy_str_dup(hy_str_trim(hy_str_sub(text, 0, end == HY_NPOS ? text.n : end)));
}

/* What a later page shows are floors behind those of the pages before. */
static void append_floors(struct hy_item *it, struct hy_item *page)
{
    size_t have = it->text ? strlen(it->text) : 0;

    if (page->text == NULL || page->text[0] == '\0' || have + strlen(page->text) > MAX_TEXT)
        return;
    char *text = hy_xasprintf("%s\n%s", it->text ? it->text : "", page->text);
    free(it->text);
    it->text = text;
    it->replies =
        hy_xrealloc(it->replies, (it->n_replies + 1 + page->n_replies) * sizeof(*it->replies));
    it->replies[it->n_replies++] =
        (struct hy_reply){first_floor(page), page->published, page->precision};
    for (size_t i = 0; i < page->n_replies; i++)
        it->replies[it->n_replies++] = page->replies[i];
    page->n_replies = 0;
}

/* -- pages ------------------------------------------------------------------------------------- */

void hy_thread_walk_free_(struct hy_thread_walk *w)
{
    if (w == NULL)
        return;
    hy_item_release(&w->item);
    free(w->first);
    free(w->last);
    free(w);
}

static void end_walk(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_thread_walk *w = HY_TAKE(j->walk);

    j->read_to = w->whole;
    j->read_from = HY_MIN(w->from, w->whole);
    hy_crawl_store_item_(c, j, &w->item);
    hy_thread_walk_free_(w);
}

static void fetch_at(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_thread_walk *w = j->walk;

    free(j->url);
    j->url = w->at == w->n ? hy_xstrdup(w->last)
                           : hy_pager_page(hy_str(w->first), hy_str(w->last), w->at);
    j->tries = 0;
    hy_crawl_queue_(c, j);
}

static void go_on(struct hy_crawl *c, struct hy_job *j)
{
    if (j->walk->at >= j->walk->n) {
        end_walk(c, j);
        return;
    }
    j->walk->at++;
    fetch_at(c, j);
}

/* "<to> <from>": which pages the item had the last time; false: not known. */
static bool read_range(struct hy_str text, int64_t *ret_to, int64_t *ret_from)
{
    struct hy_str to;

    return hy_str_cut(&text, ' ', &to) && hy_str_to_i64(to, ret_to) &&
           hy_str_to_i64(text, ret_from) && *ret_from > 0 && *ret_from <= *ret_to;
}

/* Where to begin.  Not known: the last page alone.  Somebody wants to know whether the item is still
 * the same: the same pages again. */
static void choose(struct hy_job *j, struct hy_str known)
{
    struct hy_thread_walk *w = j->walk;
    int64_t to = 0, from = 0;

    w->from = w->n;
    w->whole = w->n - 1;
    if (!read_range(known, &to, &from) || to > w->n)
        return;
    w->from = HY_MAX(j->recheck && to == w->n ? from : to, INT64_C(2));
    w->whole = w->from - 1;
    if (w->n - w->from < MAX_AHEAD)
        return;
    hy_log(HY_WARN, "thread_too_long", HY_KV("source", j->source->id), HY_KV("url", j->first_url),
           HY_KVN("skipped", w->n - MAX_AHEAD + 1 - w->from));
    w->from = w->n - MAX_AHEAD + 1;
    w->whole = w->from - 1;
}

/* Redis does not know or does not answer: as the first time. */
static void on_read_to(const redisReply *reply, void *user)
{
    struct hy_job *j = user;
    struct hy_crawl *c = j->host->c;

    if (c->stopping) {
        hy_job_free_(j);
        return;
    }
    choose(j, hy_reply_str(reply));
    j->walk->at = j->walk->from;
    fetch_at(c, j);
}

bool hy_crawl_thread_begin_(struct hy_crawl *c, struct hy_job *j, const char *url,
                            struct hy_item *it, char **last)
{
    int64_t n = *last ? hy_pager_number(hy_str(url), hy_str(*last)) : 0;
    char hash[33];

    j->read_to = j->read_from = 1;
    if (n < 2)
        return false;
    j->walk = hy_xcalloc(1, sizeof(*j->walk));
    *j->walk = (struct hy_thread_walk){
        .item = *it, .first = hy_xstrdup(url), .last = HY_TAKE(*last), .n = n};
    hy_url_hash_(hy_str(j->first_url), hash);
    hy_redis_cmd(c->redis, on_read_to, j, "GET hy:crawl:thread:%s", hash);
    return true;
}

void hy_crawl_thread_page_(struct hy_crawl *c, struct hy_job *j, struct hy_item *page)
{
    struct hy_thread_walk *w = j->walk;

    append_floors(&w->item, page);
    if (w->whole == w->at - 1)
        w->whole = w->at;
    go_on(c, j);
}

void hy_crawl_thread_lost_(struct hy_crawl *c, struct hy_job *j)
{
    /* `whole` stays in front of it: it is asked for again with the next reply */
    if (++j->walk->lost < MAX_LOST)
        go_on(c, j);
    else
        end_walk(c, j);
}

void hy_crawl_thread_stored_(struct hy_crawl *c, const struct hy_job *j)
{
    char hash[33];

    if (j->read_to == 0)
        return;
    hy_url_hash_(hy_str(j->first_url), hash);
    HY_CLEANUP(hy_freep)
    char *range = hy_xasprintf("%" PRId64 " %" PRId64, j->read_to, j->read_from);
    hy_redis_cmd(c->redis, NULL, NULL, "SET hy:crawl:thread:%s %b PX %lld", hash, range, strlen(range),
                 (long long)KNOWN_MS);
}
