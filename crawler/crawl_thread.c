/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of more than one page.
 *
 * Seen for the first time, a thread is told at once with its first and its last page, so that
 * nobody waits for forty pages to hear of it; then the pages between are read, the newest MAX_AHEAD
 * of them, behind whatever else the host is to be asked (crawl_host.c), and the item comes again
 * under its id with all its floors.  Later visits read from the last page read before to the last
 * there is now, so that what was written on pages in between is not missed; of the item they are
 * what the first page is followed by.
 *
 * hy:crawl:thread:<url hash>: "<to> <from>", which pages behind the first the item has.  It is
 * written after the item is, and only as far as no page was missing; the address stays in the
 * frontier until the last page: a crash or a lost page means to read pages again, never to leave
 * some out. */
#include "core/log.h"
#include "core/quote.h"
#include "crawler/crawl.h"
#include "crawler/page/pager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_AHEAD = 40,             /* pages of one thread at one visit, the newest */
    MAX_LOST = 3,               /* pages that are not to be had: then the item is what there is */
    MAX_TEXT = 4 * 1024 * 1024, /* of one thread; what is beyond is not taken */
};
#define KNOWN_MS (60 * HY_DAY_MS)

/* -- floors ------------------------------------------------------------------------------------ */

/* The first floor of a page: its text holds all floors, its replies those but the first.  Quoted
 * lines are left out: those behind it are the next floor's. */
static char *first_floor(const struct hy_item *page)
{
    struct hy_str text = hy_str(page->text), next = {0};
    struct hy_str reply = hy_str(page->n_replies ? page->replies[0].text : NULL);
    struct hy_buf own = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_str_cut(&reply, '\n', &next);
    size_t end = next.n ? hy_str_find(text, next, 0) : HY_NPOS;
    hy_quote_own(hy_str_trim(hy_str_sub(text, 0, end == HY_NPOS ? text.n : end)), &own);
    char *floor = hy_buf_take(&own);
    return floor ? floor : hy_xstrdup("");
}

static void put_text(struct hy_thread_walk *w, const char *text)
{
    const char *have = w->item.text ? w->item.text : "";
    int head = (int)w->text_at;

    char *all = hy_xasprintf("%.*s\n%s%s", head, have, text, have + w->text_at);
    free(w->item.text);
    w->item.text = all;
    w->text_at += strlen(text) + 1;
}

static void put_replies(struct hy_thread_walk *w, struct hy_item *page)
{
    struct hy_item *it = &w->item;
    size_t more = 1 + page->n_replies;

    it->replies = hy_xrealloc(it->replies, (it->n_replies + more) * sizeof(*it->replies));
    struct hy_reply *at = it->replies + w->replies_at;
    memmove(at + more, at, (it->n_replies - w->replies_at) * sizeof(*at));
    at[0] = (struct hy_reply){first_floor(page), page->published, page->precision};
    for (size_t i = 0; i < page->n_replies; i++)
        at[1 + i] = page->replies[i];
    page->n_replies = 0;
    it->n_replies += more;
    w->replies_at += more;
}

/* What a later page shows are floors behind those of the pages before. */
static void put_floors(struct hy_thread_walk *w, struct hy_item *page)
{
    size_t have = w->item.text ? strlen(w->item.text) : 0;

    if (page->text == NULL || page->text[0] == '\0' || have + strlen(page->text) > MAX_TEXT)
        return;
    put_text(w, page->text);
    put_replies(w, page);
}

/* -- pages ------------------------------------------------------------------------------------- */

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

/* What there is goes out now, the pages between when the host has time for them. */
static void tell_early(struct hy_crawl *c, struct hy_job *j, size_t text_at, size_t replies_at)
{
    struct hy_thread_walk *w = j->walk;

    w->opening = false;
    w->text_at = text_at;
    w->replies_at = replies_at;
    w->to = w->n - 1;
    w->at = w->from - 1;
    j->late = true;
    hy_crawl_store_item_(c, j, &w->item);
}

static void go_on(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_thread_walk *w = j->walk;

    if (w->at < w->to) {
        w->at++;
        fetch_at(c, j);
        return;
    }
    if (w->whole == w->n - 1 && w->has_last)
        w->whole = w->n;
    end_walk(c, j);
}

/* "<to> <from>": which pages the item had the last time; false: not known. */
static bool read_range(struct hy_str text, int64_t *ret_to, int64_t *ret_from)
{
    struct hy_str to;

    return hy_str_cut(&text, ' ', &to) && hy_str_to_i64(to, ret_to) &&
           hy_str_to_i64(text, ret_from) && *ret_from > 0 && *ret_from <= *ret_to;
}

/* Where to begin.  Not known: the last page, then those between.  Somebody wants to know whether
 * the item is still the same: the same pages again. */
static void choose(struct hy_job *j, struct hy_str known)
{
    struct hy_thread_walk *w = j->walk;
    int64_t to = 0, from = 0;
    bool first = !read_range(known, &to, &from) || to > w->n;

    w->from = first ? 2 : HY_MAX(j->recheck && to == w->n ? from : to, INT64_C(2));
    if (w->n - w->from >= MAX_AHEAD) {
        hy_log(HY_WARN, "thread_too_long", HY_KV("source", j->source->id),
               HY_KV("url", j->first_url), HY_KVN("skipped", w->n - MAX_AHEAD + 1 - w->from));
        w->from = w->n - MAX_AHEAD + 1;
    }
    w->whole = w->from - 1;
    w->to = w->n;
    w->opening = first && w->from < w->n;
    w->at = w->opening ? w->n : w->from;
    j->late |= j->recheck;
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
    *j->walk = (struct hy_thread_walk){.item = *it,
                                       .first = hy_xstrdup(url),
                                       .last = HY_TAKE(*last),
                                       .n = n,
                                       .text_at = it->text ? strlen(it->text) : 0,
                                       .replies_at = it->n_replies};
    hy_url_hash_(hy_str(j->first_url), hash);
    hy_redis_cmd(c->redis, on_read_to, j, "GET hy:crawl:thread:%s", hash);
    return true;
}

void hy_crawl_thread_page_(struct hy_crawl *c, struct hy_job *j, struct hy_item *page)
{
    struct hy_thread_walk *w = j->walk;
    size_t text_at = w->text_at, replies_at = w->replies_at;

    put_floors(w, page);
    w->has_last |= w->at == w->n;
    if (w->whole == w->at - 1)
        w->whole = w->at;
    if (w->opening)
        tell_early(c, j, text_at, replies_at);
    else
        go_on(c, j);
}

void hy_crawl_thread_lost_(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_thread_walk *w = j->walk;

    /* `whole` stays in front of it: it is asked for again with the next reply */
    if (++w->lost >= MAX_LOST)
        end_walk(c, j);
    else if (w->opening)
        tell_early(c, j, w->text_at, w->replies_at);
    else
        go_on(c, j);
}

/* How far it is read. */
static void note_range(struct hy_crawl *c, const struct hy_job *j)
{
    char hash[33];

    if (j->read_to == 0 || j->walk)
        return;
    hy_url_hash_(hy_str(j->first_url), hash);
    HY_CLEANUP(hy_freep)
    char *range = hy_xasprintf("%" PRId64 " %" PRId64, j->read_to, j->read_from);
    hy_redis_cmd(c->redis, NULL, NULL, "SET hy:crawl:thread:%s %b PX %lld", hash, range,
                 strlen(range), (long long)KNOWN_MS);
}

void hy_crawl_stored_(struct hy_crawl *c, struct hy_job *j)
{
    note_range(c, j);
    if (j->waits && !c->stopping) { /* told by its headline: the page is asked for again */
        j->waits = j->bare = false;
        hy_captures_release(&j->captures);
        hy_crawl_queue_(c, j);
        return;
    }
    if (c->stopping || j->walk == NULL) {
        hy_job_free_(j);
        return;
    }
    hy_captures_release(&j->captures); /* told early: its other pages are still to be read */
    go_on(c, j);
}
