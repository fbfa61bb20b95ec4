/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over what the index finds, newest first; for each document its facet record, the filters,
 * the counts, and until the page is full the text.
 *
 * By time one walk does it all.  By rank the page comes from a walk over titles, then from one over
 * texts that leaves out what the first one gives, and the counts from a third. */
#include "archive/search.h"

#include "analyzer/normal.h"
#include "archive/mark.h"
#include "archive/search_count.h"
#include "archive/store_parts.h"
#include "core/utf8.h"
#include "core/zstd.h"

#include <stdlib.h>
#include <string.h>

enum { CHECKED_FOR_PAGE = 4 * HY_SEARCH_CHECKED };

/* What a walk is for. */
enum { COUNT = 1, FILL = 2, TITLES = 4 };

struct searching {
    struct hy_store *s;
    const struct hy_search *q;
    struct hy_query words;
    struct hy_buf match, match_titles; /* expressions of the index */
    struct hy_filter filter;
    struct hy_counts counts;
    struct hy_facets_walk walk;
    struct hy_arena *arena;
    size_t limit;
    int64_t low, high; /* rows: low <= row <= high */
    bool ranked, in_titles;
    int64_t before;         /* of the page before: rows are less than this */
    struct hy_rows *titles; /* beside a walk over texts: what the titles gave; falls too */
    int64_t title_row;
    /* found */
    HY_VEC(int64_t) page;
    int64_t last; /* row the next page begins behind */
    size_t total, checked;
    bool more, exact;
};

/* -- cursors ----------------------------------------------------------------------------------- */

/* "t<row>": behind that row in the order of time; "r<row>": of the titles; "s<row>": of the texts
 * that come behind the titles. */
static int read_cursor(struct searching *g, struct hy_err *err)
{
    struct hy_str c = g->q->cursor;

    g->ranked = g->in_titles = g->q->order == HY_SEARCH_RANK && g->words.v.n > 0;
    g->before = INT64_MAX;
    if (c.n == 0)
        return HY_OK;
    if (!hy_char_in(c.p[0], g->ranked ? "rs" : "t") ||
        !hy_str_to_i64(hy_str_sub(c, 1, c.n), &g->before) || g->before < 0)
        return hy_fail(err, HY_E_USAGE, "翻页标记“" HY_STR_FMT "”不是这次检索给出的",
                       HY_STR_ARG(hy_utf8_head(c, 40)));
    g->in_titles = c.p[0] == 'r';
    return HY_OK;
}

static json_t *next_cursor(const struct searching *g)
{
    HY_CLEANUP(hy_freep) char *text = NULL;

    if (!g->more)
        return json_null();
    text = hy_xasprintf("%c%lld", !g->ranked ? 't' : g->in_titles ? 'r' : 's', (long long)g->last);
    return json_string(text);
}

/* -- texts ------------------------------------------------------------------------------------- */

/* Does the text, or its title alone, hold the words? */
static int text_matches(struct searching *g, int64_t row, bool title, bool *ret, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(g->s->db, &r, err,
                       "SELECT body FROM item WHERE row = ? AND body IS NOT NULL", "i", row);

    *ret = false;
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    rc = hy_zstd_unpack(hy_rows_blob(r, 0), &body, err);
    hy_rows_end(r);
    if (rc == HY_OK) {
        struct hy_str text = hy_buf_view(&body), head = text;
        if (title)
            hy_str_cut(&text, '\n', &head);
        hy_arena_reset(g->arena);
        *ret = hy_query_matches(&g->words, hy_normalize(head, g->arena).text);
    }
    hy_buf_release(&body);
    return rc;
}

/* Looks into the text where the index cannot know, while that fills the page or makes the count
 * exact. */
static int fits(struct searching *g, int64_t row, int mode, bool filling, bool *ret,
                struct hy_err *err)
{
    *ret = true;
    if (!hy_query_needs_text(&g->words))
        return HY_OK;
    if (!filling && g->checked >= HY_SEARCH_CHECKED) {
        g->exact = false;
        return HY_OK;
    }
    g->checked++;
    return text_matches(g, row, mode & TITLES, ret, err);
}

/* Was it on a page of the titles already? */
static int was_in_titles(struct searching *g, int64_t row, bool *ret, struct hy_err *err)
{
    int rc = 1;

    *ret = false;
    while (g->titles && g->title_row > row) {
        rc = hy_rows_next(g->titles, err);
        if (rc <= 0) {
            g->titles = NULL;
            return rc;
        }
        g->title_row = hy_rows_int(g->titles, 0);
    }
    if (g->titles == NULL || g->title_row != row)
        return HY_OK;
    *ret = true;
    return hy_query_needs_text(&g->words) ? text_matches(g, row, true, ret, err) : HY_OK;
}

/* -- walks ------------------------------------------------------------------------------------- */

static int fill(struct searching *g, int64_t row, int mode, struct hy_err *err)
{
    bool shown = false;

    if (!(mode & TITLES) && was_in_titles(g, row, &shown, err) < 0)
        return err->code;
    if (shown)
        return HY_OK;
    if (g->page.n == g->limit) {
        g->more = true;
        return HY_OK;
    }
    hy_vec_push(&g->page, row);
    g->last = row;
    return HY_OK;
}

/* One document that the index found.  1: go on; 0: enough. */
static int take(struct searching *g, const struct hy_facet *f, int mode, struct hy_err *err)
{
    unsigned failed = hy_filter_failed(&g->filter, f);
    bool filling = (mode & FILL) && !g->more && !failed && f->row < g->before, fit;

    if (failed && (!(mode & COUNT) || (failed & (failed - 1))))
        return 1; /* refused by two filters: counted nowhere */
    if (!filling && !(mode & COUNT))
        return 1;
    if (fits(g, f->row, mode, filling, &fit, err) < 0)
        return err->code;
    if (fit && (mode & COUNT)) {
        hy_counts_add(&g->counts, f, failed);
        g->total += !failed;
    }
    if (fit && filling && fill(g, f->row, mode, err) < 0)
        return err->code;
    if (filling && !g->more && g->checked >= CHECKED_FOR_PAGE) { /* go on from here next time */
        g->more = true;
        g->exact = false;
        g->last = f->row;
    }
    return (mode & COUNT) || !g->more;
}

static int walk_words(struct searching *g, const char *sql, struct hy_str match, int64_t high,
                      int mode, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    const struct hy_facet *f;
    int rc = hy_facets_begin(&g->walk, g->s->db, high, err);

    if (rc < 0 || hy_db_ask(g->s->db, &r, err, sql, "tii", match, g->low, high) < 0)
        return err->code;
    while ((rc = hy_rows_next(r, err)) > 0) {
        rc = hy_facets_at(&g->walk, hy_rows_int(r, 0), &f, err);
        if (rc > 0)
            rc = take(g, f, mode, err);
        else if (rc == 0)
            continue;
        if (rc <= 0)
            break;
    }
    hy_rows_end(r);
    return rc < 0 ? rc : HY_OK;
}

static int walk_all(struct searching *g, int64_t high, int mode, struct hy_err *err)
{
    const struct hy_facet *f;
    int rc = hy_facets_begin(&g->walk, g->s->db, high, err);

    while (rc >= 0 && (rc = hy_facets_next(&g->walk, &f, err)) > 0 && f->row >= g->low)
        if ((rc = take(g, f, mode, err)) <= 0)
            break;
    return rc < 0 ? rc : HY_OK;
}

/* Two texts of one statement, because two of them are read at the same time. */
#define FOUND "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? "
static const char found[] = FOUND "ORDER BY rowid DESC";
static const char found_beside[] = FOUND "ORDER BY rowid DESC -- beside";

static int walk_ranked(struct searching *g, int64_t high, struct hy_err *err)
{
    struct hy_str titles = hy_buf_view(&g->match_titles), texts = hy_buf_view(&g->match);

    if (g->in_titles) {
        if (walk_words(g, found, titles, high, FILL | TITLES, err) < 0)
            return err->code;
        if (g->more)
            return HY_OK;
        g->in_titles = false;
        g->before = INT64_MAX;
        g->last = INT64_MAX - 1; /* a full page of titles: the next one begins with all texts */
        high = g->high;
    }
    g->title_row = INT64_MAX;
    if (hy_db_ask(g->s->db, &g->titles, err, found_beside, "tii", titles, g->low, g->high) < 0)
        return err->code;
    struct hy_rows *beside = g->titles;
    int rc = walk_words(g, found, texts, high, FILL, err);
    hy_rows_end(beside);
    g->titles = NULL;
    return rc;
}

/* The next page begins behind the last one; counts are over everything. */
static int walk(struct searching *g, struct hy_err *err)
{
    bool count = g->q->facets;
    int64_t behind = HY_MIN(g->high, g->before - 1);
    int mode = FILL | (count ? COUNT : 0);

    if (g->words.v.n == 0)
        return walk_all(g, count ? g->high : behind, mode, err);
    if (!g->ranked)
        return walk_words(g, found, hy_buf_view(&g->match), count ? g->high : behind, mode, err);
    if (walk_ranked(g, behind, err) < 0)
        return err->code;
    return count ? walk_words(g, found, hy_buf_view(&g->match), g->high, COUNT, err) : HY_OK;
}

/* -- hits -------------------------------------------------------------------------------------- */

static void copy(json_t *to, const json_t *from, const char *const *keys)
{
    for (; *keys; keys++) {
        json_t *v = json_object_get(from, *keys);
        json_object_set_new(to, *keys, v ? json_incref(v) : json_null());
    }
}

static json_t *hit_of(const struct searching *g, int64_t row, const json_t *item, bool incident,
                      struct hy_str state)
{
    static const char *const own[] = {
        "id",   "title",    "url", "source", "published", "fetched", "published_precision",
        "hash", "incident", NULL};
    static const char *const judged[] = {"level", "alert", "topics", "places", NULL};
    static const char *const scores[] = {"relevance", "emergency", "hardship",
                                         "rumor",     "policy",    NULL};
    const json_t *score = json_object_get(item, "score");
    json_t *hit = json_object(), *percent = json_object();

    copy(hit, item, own);
    copy(hit, incident ? item : score, judged);
    copy(percent, score, scores);
    json_object_set_new(hit, "scores", percent);
    hy_json_set_str(hit, "kind", hy_str(hy_search_kind[incident]));
    hy_json_set_time(hit, "time", hy_row_time(row), HY_CST);
    if (incident)
        copy(hit, item, (const char *const[]){"state", "items", "reprints", NULL});
    else
        json_object_set_new(hit, "state", state.n ? hy_json_of_str(state) : json_null());
    json_object_set_new(hit, "title_marks", hy_mark(&g->words, hy_json_str(item, "title")));
    json_object_set_new(hit, "snippet",
                        hy_mark_snippet(&g->words, hy_json_str(item, "text"), HY_SEARCH_SNIPPET));
    return hit;
}

static int add_hit(struct searching *g, int64_t row, json_t *hits, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *item = NULL;
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(g->s->db, &r, err,
                       "SELECT " HY_STORE_ITEM ", kind, (SELECT state FROM pin "
                       "JOIN incident ON incident.id = pin.incident WHERE pin.item = item.id "
                       "ORDER BY incident.open DESC, incident.id DESC LIMIT 1) "
                       "FROM item WHERE row = ?",
                       "i", row);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    rc = hy_store_item_of(r, &item, err);
    if (rc == HY_OK)
        json_array_append_new(hits,
                              hit_of(g, row, item, hy_rows_int(r, 3) != 0, hy_rows_text(r, 4)));
    hy_rows_end(r);
    return rc;
}

static int answer(struct searching *g, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    json_t *hits = json_array();

    json_object_set_new(o, "hits", hits);
    for (size_t i = 0; i < g->page.n; i++)
        if (add_hit(g, g->page.v[i], hits, err) < 0)
            return err->code;
    json_object_set_new(o, "next", next_cursor(g));
    if (g->q->facets) {
        hy_json_set_int(o, "total", (int64_t)g->total);
        json_object_set_new(o, "exact", json_boolean(g->exact));
        json_object_set_new(o, "facets", hy_counts_json(&g->counts, g->s->names));
    }
    *ret = HY_TAKE(o);
    return HY_OK;
}

/* -- the search -------------------------------------------------------------------------------- */

static int prepare(struct searching *g, struct hy_err *err)
{
    const struct hy_search *q = g->q;

    if (hy_query_parse(q->words, &g->words, err) < 0 || hy_names_refresh(g->s->names, err) < 0 ||
        hy_filter_make(q, g->s->names, &g->filter, err) < 0 || read_cursor(g, err) < 0)
        return err->code;
    g->limit = q->limit ? HY_MIN(q->limit, (size_t)HY_SEARCH_MAX_LIMIT) : HY_SEARCH_LIMIT;
    g->low = hy_wall_known(q->from) ? hy_row_first(q->from) : 0;
    g->high = hy_wall_known(q->to) ? hy_row_first(q->to) - 1 : INT64_MAX - 1;
    hy_query_expression(&g->words, false, &g->match);
    hy_query_expression(&g->words, true, &g->match_titles);
    if (q->facets)
        hy_counts_init(&g->counts, g->s->names);
    return HY_OK;
}

static void release(struct searching *g)
{
    hy_query_release(&g->words);
    hy_buf_release(&g->match);
    hy_buf_release(&g->match_titles);
    hy_filter_release(&g->filter);
    hy_counts_release(&g->counts);
    hy_vec_release(&g->page);
    hy_arena_free(g->arena);
}

int hy_search(struct hy_store *s, const struct hy_search *q, json_t **ret, struct hy_err *err)
{
    struct searching g = {.s = s,
                          .q = q,
                          .match = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                          .match_titles = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                          .arena = hy_arena_new(),
                          .exact = true};
    int rc = hy_db_begin_read(s->db, err);

    if (rc == HY_OK && (rc = prepare(&g, err)) == HY_OK && (rc = walk(&g, err)) == HY_OK)
        rc = answer(&g, ret, err);
    hy_db_rollback(s->db);
    release(&g);
    return rc;
}
