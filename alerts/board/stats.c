/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of a period and the rows behind each number.  Documents are read in pages, so that the
 * loop is never held up and memory does not grow with the record. */
#include "alerts/board/board.h"
#include "alerts/board/fetch.h"

#include "alerts/decide/incident.h"
#include "alerts/record/coverage.h"
#include "alerts/record/stats_json.h"
#include "core/vec.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100, ROWS_MAX = 1000 };

static const enum hy_doc_kind order[] = {HY_DOC_SOURCE, HY_DOC_INCIDENT, HY_DOC_CASE};

struct walk {
    struct hy_stats *stats[HY_DOC_COUNT]; /* of incidents and of cases */
    struct hy_coverage *coverage;
    char *from, *to; /* as asked, as they stand in a link */
    bool rows;       /* rows are wanted, not numbers */
    unsigned kinds;  /* bits of enum hy_doc_kind */
    HY_VEC(char *) offices; /* whose documents, one after the other: the own office, the subordinate
                             * of the path, or all subordinates */
    size_t office;
    char *base; /* of the links to rows */
    struct hy_stats_pick pick;
    char *texts[9]; /* what pick points to, owned */
    json_t *list;
    size_t turn; /* index in order */
    long long at;
};

static void free_walk(void *p)
{
    struct walk *w = p;

    for (int i = 0; i < HY_DOC_COUNT; i++)
        hy_stats_free(w->stats[i]);
    for (size_t i = 0; i < HY_COUNT(w->texts); i++)
        free(w->texts[i]);
    for (size_t i = 0; i < w->offices.n; i++)
        free(w->offices.v[i]);
    hy_vec_release(&w->offices);
    free(w->base);
    hy_coverage_free(w->coverage);
    json_decref(w->list);
    free(w->from);
    free(w->to);
    free(w);
}

static void answer(struct hy_http_req *req)
{
    struct walk *w = hy_http_state(req);
    json_t *o = json_object();

    if (w->rows) {
        bool more = json_array_size(w->list) > ROWS_MAX;
        while (json_array_size(w->list) > ROWS_MAX)
            json_array_remove(w->list, json_array_size(w->list) - 1);
        json_object_set(o, "rows", w->list);
        json_object_set_new(o, "more", json_boolean(more));
    } else {
        static const char *const names[HY_DOC_COUNT] = {
            [HY_DOC_INCIDENT] = "incident", [HY_DOC_CASE] = "case"};
        for (int k = 0; k < HY_DOC_COUNT; k++) {
            if (names[k] == NULL)
                continue;
            HY_CLEANUP(hy_freep)
            char *base =
                hy_xasprintf("%s/rows?kind=%s&from=%s&to=%s", w->base, names[k], w->from, w->to);
            json_object_set_new(o, k == HY_DOC_CASE ? "cases" : "incidents",
                                hy_stats_json(w->stats[k], base));
        }
        struct hy_seen seen = hy_coverage_of(w->coverage, w->stats[HY_DOC_INCIDENT]->from,
                                             w->stats[HY_DOC_INCIDENT]->to);
        HY_CLEANUP(hy_freep)
        char *rows = hy_xasprintf("%s/rows?kind=source&from=%s&to=%s", w->base, w->from, w->to);
        json_object_set_new(o, "coverage",
                            json_pack("{s:I,s:I,s:I,s:s}", "sources", (json_int_t)seen.sources,
                                      "watched_ms", (json_int_t)seen.watched, "seen_ms",
                                      (json_int_t)seen.seen, "rows", rows));
    }
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

/* Of several offices each row says whose it is. */
static void add_rows(struct walk *w, enum hy_doc_kind kind, const json_t *doc)
{
    size_t before = json_array_size(w->list);

    hy_stats_rows(w->stats[kind], &w->pick, doc, w->list);
    for (size_t i = before; w->offices.n > 1 && i < json_array_size(w->list); i++)
        json_object_set_new(json_array_get(w->list, i), "office",
                            json_string(w->offices.v[w->office]));
}

static void take(struct walk *w, const json_t *doc)
{
    enum hy_doc_kind kind = hy_doc_kind_of(doc);

    if (kind == HY_DOC_SOURCE && w->rows && json_array_size(w->list) <= ROWS_MAX)
        hy_stats_source_row(w->stats[HY_DOC_INCIDENT], doc, w->list);
    else if (kind == HY_DOC_SOURCE)
        hy_coverage_add(w->coverage, doc);
    else if (kind != HY_DOC_INCIDENT && kind != HY_DOC_CASE)
        return;
    else if (!w->rows)
        hy_stats_add(w->stats[kind], doc);
    else if (json_array_size(w->list) <= ROWS_MAX)
        add_rows(w, kind, doc);
}

static void next_page(struct hy_http_req *req);

static void on_docs(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_err ignored = HY_ERR_INIT;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    for (size_t i = 0; i < r->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        if (r->element[i]->type == REDIS_REPLY_STRING &&
            hy_json_parse(hy_reply_str(r->element[i]), &doc, &ignored) == HY_OK)
            take(hy_http_state(req), doc);
    }
    next_page(req);
}

static void on_ids(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct walk *w = hy_http_state(req);
    const char *argv[PAGE + 1] = {"MGET"};
    size_t n = 0;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    if (r->elements == 0) {
        w->turn++;
        w->at = 0;
        next_page(req);
        return;
    }
    for (; n < r->elements && n < PAGE; n++)
        argv[n + 1] =
            hy_xasprintf("hy:{%s}:incident:%s", w->offices.v[w->office], r->element[n]->str);
    w->at += PAGE;
    hy_redis_cmdv(hy_board_of(req)->redis, on_docs, req, (int)n + 1, argv, NULL);
    for (size_t i = 0; i < n; i++)
        free((char *)argv[i + 1]);
}

static void next_page(struct hy_http_req *req)
{
    struct walk *w = hy_http_state(req);

    while (w->turn < HY_COUNT(order) && !(w->kinds & 1u << order[w->turn]))
        w->turn++;
    if (w->turn == HY_COUNT(order) && ++w->office < w->offices.n) {
        w->turn = 0;
        next_page(req);
        return;
    }
    if (w->office >= w->offices.n || (w->rows && json_array_size(w->list) > ROWS_MAX)) {
        answer(req);
        return;
    }
    hy_redis_cmd(hy_board_of(req)->redis, on_ids, req, "ZRANGE hy:{%s}:%s %lld %lld",
                 w->offices.v[w->office], hy_doc_index[order[w->turn]], w->at, w->at + PAGE - 1);
}

/* Of a time, the "+" of its zone is the one sign that a query reads as another. */
static char *for_link(const char *time)
{
    const char *plus = strchr(time, '+');

    return plus ? hy_xasprintf("%.*s%%2B%s", (int)(plus - time), time, plus + 1) : hy_xstrdup(time);
}

/* False, with the answer given, when from or to is no time. */
static bool period(struct hy_http_req *req, const char *key, char **ret_text, hy_wall *ret)
{
    const char *text = hy_http_query(req, key);

    *ret_text = for_link(text);
    *ret = HY_WALL_NONE;
    if (*text == '\0' || hy_day_or_time_parse(hy_str(text), ret))
        return true;
    hy_http_problem(req, 400, key, "时间应写成 2026-11-01 或带时区的时间");
    return false;
}

/* all: every subordinate; else the one of the path, or our own office. */
static void choose_offices(struct hy_http_req *req, struct walk *w, bool all)
{
    const struct hy_office *o = hy_board_of(req)->rules->office;
    const char *named = hy_http_param(req, "office");

    for (size_t i = 0; all && i < o->subordinates.n; i++)
        hy_vec_push(&w->offices, hy_xstrdup(hy_office_subordinates(o)[i].id));
    if (!all)
        hy_vec_push(&w->offices, hy_xstrdup(hy_fetch_office(req)));
    w->base = named[0] || all ? hy_xasprintf("/api/v1/subordinates%s%s/stats", all ? "" : "/", named)
                              : hy_xstrdup("/api/v1/stats");
}

static struct walk *begin(struct hy_http_req *req, bool all)
{
    struct walk *w = hy_xcalloc(1, sizeof(*w));
    hy_wall from, to, now = hy_wall_now();

    hy_http_set_state(req, w, free_walk);
    choose_offices(req, w, all);
    if (!period(req, "from", &w->from, &from) || !period(req, "to", &w->to, &to))
        return NULL;
    for (int i = 0; i < HY_DOC_COUNT; i++)
        w->stats[i] = hy_stats_new(from, to, now);
    w->coverage = hy_coverage_new(now);
    w->list = json_array();
    return w;
}

static void numbers(struct hy_http_req *req, bool all)
{
    struct walk *w = begin(req, all);

    if (w == NULL)
        return;
    w->kinds = ~0u;
    next_page(req);
}

void hy_board_stats(struct hy_http_req *req, void *user)
{
    (void)user;
    numbers(req, false);
}

void hy_board_below_sum(struct hy_http_req *req, void *user)
{
    (void)user;
    numbers(req, true);
}

static enum hy_doc_kind row_kind(const char *kind)
{
    if (strcmp(kind, "source") == 0)
        return HY_DOC_SOURCE;
    return strcmp(kind, "case") == 0 ? HY_DOC_CASE : HY_DOC_INCIDENT;
}

static void rows(struct hy_http_req *req, bool all)
{
    static const char *const keys[] = {"set",     "clock",  "result", "unit",  "hour",
                                       "latency", "bucket", "class",  "matter"};
    struct walk *w = begin(req, all);

    if (w == NULL)
        return;
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        w->texts[i] = hy_xstrdup(hy_http_query(req, keys[i]));
    w->pick = (struct hy_stats_pick){w->texts[0], w->texts[1],          w->texts[2],
                                     w->texts[3], w->texts[4],          w->texts[5],
                                     w->texts[6], .class = w->texts[7], .matter = w->texts[8]};
    w->rows = true;
    w->kinds = 1u << row_kind(hy_http_query(req, "kind"));
    next_page(req);
}

void hy_board_stats_rows(struct hy_http_req *req, void *user)
{
    (void)user;
    rows(req, false);
}

void hy_board_below_sum_rows(struct hy_http_req *req, void *user)
{
    (void)user;
    rows(req, true);
}
