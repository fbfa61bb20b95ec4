/* SPDX-License-Identifier: Apache-2.0 */
/* Searching the archive: words, filters, counts by facet, pages of hits.
 *
 * Opened for reading by any process; each search sees the state of one commit of the archive role.
 *
 * Every document that the index finds is looked at for filters and counts (about 0.2 us each), so
 * counts are exact.  A word of more than two characters has to be looked up in the texts as well,
 * because the index knows pairs only; of such hits the newest HY_SEARCH_CHECKED are looked at, and
 * when there are more, total and facets are those of the index and `exact` is false.  What is shown
 * always holds what was asked for. */
#pragma once
#include "archive/store.h"

enum {
    HY_SEARCH_LIMIT = 20,
    HY_SEARCH_MAX_LIMIT = 200,
    HY_SEARCH_CHECKED = 5000,
    HY_SEARCH_SNIPPET = 90, /* code points */
};

enum hy_search_order {
    HY_SEARCH_TIME, /* newest first */
    HY_SEARCH_RANK, /* what has all words in its title first, each part newest first */
};
enum hy_search_what { HY_SEARCH_ALL, HY_SEARCH_ITEMS, HY_SEARCH_INCIDENTS };

/* Empty views and 0 ask for nothing. */
struct hy_search {
    struct hy_str words; /* as typed, archive/query.h */
    hy_wall from, to;    /* published (else fetched): from <= time < to; HY_WALL_NONE: open */
    struct hy_str source, topic, state;
    struct hy_str place; /* code; 990100 finds its counties too */
    struct hy_str alert; /* none digest list alert */
    int level;           /* 1-4 */
    enum hy_search_what what;
    enum hy_search_order order;
    size_t limit;         /* 0: HY_SEARCH_LIMIT */
    struct hy_str cursor; /* `next` of the page before */
    bool facets;          /* count; only on first pages */
};

/* {"total","exact","hits":[hit],"next":cursor|null,"facets"?:{..}}
 *
 * hit: {"id","kind":"item|incident","time","title","title_marks","snippet","url","source",
 *       "published","fetched","hash","level","alert","state","incident"|null,"topics","places",
 *       "scores":{..}}; marks are spans of code points (archive/mark.h).
 * facets: {"source":[{"value","label","count"}],"place":..,"topic":..,"state":..,"level":..,
 *          "alert":..,"kind":..,"day" or "month":[{"value":"2026-11-23","count"}]}, by falling
 * count (days rising).  Each is counted as if it were not filtered by itself, so that a page can
 *          offer the other values.
 *
 * HY_E_PARSE, HY_E_TOOBIG, HY_E_USAGE: the request, with a Chinese sentence. */
HY_MUST_CHECK int hy_search(struct hy_store *s, const struct hy_search *q, json_t **ret,
                            struct hy_err *err);
