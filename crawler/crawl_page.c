/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hash.h"
#include "core/log.h"
#include "crawler/capture.h"
#include "crawler/crawl.h"
#include "core/mask.h"

#include <stdlib.h>
#include <string.h>

/* After TOLD_TRIES what the list says is told; an hour later it is given up. */
enum { TOLD_TRIES = 4, MAX_TRIES = 9, GONE_TRIES = 3, RETRY_FIRST_MS = 15000 };

/* What the list or feed said counts where the page says nothing, or less about the same day. */
static void merge_list(struct hy_item *it, const struct hy_job *j)
{
    int64_t apart = hy_wall_known(it->published) && hy_wall_known(j->published)
                        ? llabs(it->published.ms - j->published.ms)
                        : 0;
    bool less = it->precision < j->precision && apart < 2 * HY_DAY_MS;

    if (hy_wall_known(j->published) && (!hy_wall_known(it->published) || less)) {
        it->published = j->published;
        it->precision = j->precision;
        it->published_offset_min = HY_CST;
        it->published_from = j->from_feed ? "feed" : "list";
    }
    if ((it->title == NULL || it->title[0] == '\0') && j->title && j->title[0]) {
        free(it->title);
        it->title = hy_xstrdup(j->title);
    }
}

static int read_item(struct hy_crawl *c, const struct hy_job *j, const struct hy_fetch_result *r,
                     struct hy_item *ret, char **ret_last, struct hy_err *err)
{
    hy_wall now = hy_loop_wall(c->loop);
    struct hy_extract_how how = {
        .url = hy_str(r->url), .fetched = now, .latest = now, .offset_min = HY_CST};

    if (hy_crawl_may_read_(c, j->first_url, r->body, err) < 0)
        return err->code;
    if (hy_reader_item(c->reader, r->body, r->content_type, &how, ret, ret_last, err) < 0) {
        hy_crawl_read_failed_(c, j->source, j->first_url, r, err);
        return err->code;
    }
    ret->fetched = now;
    if (ret->url == NULL)
        ret->url = hy_xstrdup(j->first_url);
    merge_list(ret, j);
    return HY_OK;
}

static bool is_forum(const struct hy_job *j)
{
    return j->source->rules && j->source->rules->kind == HY_SOURCE_FORUM;
}

/* The page as it came, and where it came from; what is fetched next begins without redirects. */
static void keep_page(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    hy_captures_add(&j->captures, r, j->hops, hy_loop_wall(c->loop));
    json_decref(HY_TAKE(j->hops));
    j->redirects = 0;
}

/* Nothing of the item changes but that it is no longer there. */
static void store_gone(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_item it = {.url = hy_xstrdup(j->first_url)};

    hy_crawl_item_id_(&it, j);
    hy_captures_name(&j->captures, &it, j->first_url);
    hy_crawl_store_(c, j, NULL, HY_CONTENT_GONE);
    hy_item_release(&it);
}

static void extract(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    struct hy_item it = {0};
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_freep) char *last = NULL;

    if (read_item(c, j, r, &it, &last, &err) < 0) {
        hy_crawl_page_lost_(c, j, err.msg);
        return;
    }
    keep_page(c, j, r);
    if (j->recheck && hy_capture_is_tombstone(hy_str(it.title), hy_str(it.text))) {
        hy_item_release(&it);
        store_gone(c, j);
        return;
    }
    if (j->walk) {
        hy_crawl_thread_page_(c, j, &it);
        hy_item_release(&it);
        return;
    }
    if (is_forum(j) && it.kind == HY_ITEM_ARTICLE)
        it.kind = HY_ITEM_THREAD; /* a thread nobody has answered looks like an article */
    bool empty = (it.text == NULL || it.text[0] == '\0') && it.n_replies == 0;
    if (empty && j->text && j->text[0]) {
        hy_item_release(&it);
        hy_crawl_page_lost_(c, j, "no text in the page");
        return;
    }
    if (is_forum(j) && hy_crawl_thread_begin_(c, j, r->url, &it, &last))
        return;
    hy_crawl_store_item_(c, j, &it);
    hy_item_release(&it);
}

/* The words of the feed or the list as an item, unless the page was had before: of an accident that
 * brings a site down with the crowd that wants to read of it, its headline is what there is. */
static void store_bare(struct hy_crawl *c, struct hy_job *j)
{
    struct hy_item it = {.kind = HY_ITEM_ARTICLE,
                         .url = hy_xstrdup(j->first_url),
                         .title = hy_xstrdup(j->title ? j->title : ""),
                         .text = hy_xstrdup(j->text ? j->text : ""),
                         .published = HY_WALL_NONE,
                         .fetched = hy_loop_wall(c->loop)};

    hy_mask(it.title, strlen(it.title));
    hy_mask(it.text, strlen(it.text));
    merge_list(&it, j);
    hy_captures_release(&j->captures);
    hy_captures_add_bare(&j->captures, j->from_feed ? "feed" : "list", it.fetched);
    j->bare = true;
    hy_crawl_store_item_(c, j, &it);
    hy_item_release(&it);
}

void hy_crawl_page_lost_(struct hy_crawl *c, struct hy_job *j, const char *why)
{
    bool feed_text = j->text && j->text[0];

    hy_log(HY_WARN, "page_lost", HY_KV("source", j->source->id), HY_KV("url", j->url),
           HY_KV("why", why), HY_KV("kept", feed_text ? "feed text" : "nothing"));
    if (j->walk)
        hy_crawl_thread_lost_(c, j); /* one of its pages is missing, the first one is there */
    else if (feed_text)
        store_bare(c, j);
    else if (j->recheck)
        hy_job_free_(j); /* nothing is known; the archive asks again */
    else
        hy_crawl_store_(c, j, NULL, NULL); /* known from now on: not asked for again */
}

void hy_crawl_page_forbidden_(struct hy_crawl *c, struct hy_job *j)
{
    hy_crawl_page_lost_(c, j, "robots.txt forbids");
}

/* No reason to wait longer for a page than for the list that announces it. */
static void try_later(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    if (++j->tries >= (j->walk || j->recheck ? TOLD_TRIES : MAX_TRIES)) {
        hy_crawl_page_lost_(c, j, r->err.msg);
        return;
    }
    int64_t first = j->source->rules ? j->source->rules->visit_min_ms : RETRY_FIRST_MS;
    int64_t ms = hy_schedule_backoff(HY_MIN(first, (int64_t)RETRY_FIRST_MS), j->tries, 0);
    j->due = hy_wall_add_ms(hy_loop_wall(c->loop), ms);
    bool says = (j->text && j->text[0]) || (j->title && j->title[0]);
    j->waits = j->tries == TOLD_TRIES && !j->walk && !j->recheck && says;
    if (j->waits)
        store_bare(c, j);
    else
        hy_crawl_queue_(c, j);
}

/* Sites copy their lists and feeds out before the pages they announce: who comes in between finds
 * nothing yet.  410 says that it is meant. */
static bool may_still_come(const struct hy_job *j, const struct hy_fetch_result *r)
{
    return r->status == 404 && !j->recheck && j->walk == NULL && j->tries + 1 < GONE_TRIES;
}

static void gone(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    if (may_still_come(j, r)) {
        try_later(c, j, r);
        return;
    }
    if (j->walk || (j->text && j->text[0])) { /* something is to be kept all the same */
        hy_crawl_page_lost_(c, j, r->err.msg);
        return;
    }
    hy_log(HY_INFO, "page_gone", HY_KV("source", j->source->id), HY_KV("url", j->url));
    keep_page(c, j, r);
    store_gone(c, j);
}

void hy_crawl_fetched_(struct hy_crawl *c, struct hy_job *j, const struct hy_fetch_result *r)
{
    switch (r->outcome) {
    case HY_FETCH_OK:
        extract(c, j, r);
        return;
    case HY_FETCH_GONE:
        gone(c, j, r);
        return;
    case HY_FETCH_REFUSED:
    case HY_FETCH_BLOCKED:
    case HY_FETCH_TOO_BIG:
    case HY_FETCH_REDIRECT:
        hy_crawl_page_lost_(c, j, r->err.msg[0] ? r->err.msg : "too many redirects");
        return;
    default:
        try_later(c, j, r);
    }
}
