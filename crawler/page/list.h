/* SPDX-License-Identifier: Apache-2.0 */
/* The links of a list page: which articles or threads does it announce?  Pure.
 *
 * Works without selectors: among all groups of links that stand in the same place of a repeated
 * structure (same path of tags and classes), the one that looks most like news wins - titles of a
 * sentence's length, dates beside them, many different targets on one host.  Navigation, tag clouds
 * and footers lose on the same measure.  Selectors of sources.yaml are for pages where this fails.
 *
 * JSON lists are read by dotted paths ("data.list"). */
#pragma once
#include "core/err.h"
#include "core/item.h"
#include "core/json.h"
#include "core/mem.h"
#include "crawler/page/dom.h"

enum { HY_LIST_MAX_LINKS = 500 };

struct hy_link {       /* strings owned by the list, never NULL */
    const char *url;   /* absolute, canonical */
    const char *title; /* "" when the list shows none */
    hy_wall published; /* as the list says; HY_WALL_NONE */
    enum hy_precision precision;
    hy_wall last_reply; /* of a thread; HY_WALL_NONE */
    int replies;        /* -1: not shown */
};

struct hy_list {
    struct hy_link *v;
    size_t n;
    const char *next; /* next page of the list, "" */
    const char *feed; /* URL of the first feed the page names by <link rel=alternate>, "" */
    const char *why;  /* which block was taken, for --explain */
    bool wall;        /* looks like a log-in, captcha or challenge page */
    struct hy_arena *arena;
};

struct hy_list_hints {
    /* Only where the automatic way fails; NULL: automatic.  For pages selectors as in
     * rules/sources.h, for JSON dotted paths. */
    const char *item, *link, *title, *time;
    bool forum;   /* the newest time of a row is the last reply */
    hy_wall now;  /* for dates without a year, "3小时前" */
    int zone_min; /* of times that name none */
    json_t *blocks; /* array that gets the blocks that were compared, for --explain; NULL: not asked */
};

/* `url` is the page's own, absolute.  Never fails: an empty list says so in `why`. */
struct hy_list *hy_list_html(const struct hy_dom *d, struct hy_str url,
                             const struct hy_list_hints *hints);
/* HY_E_PARSE when it is no JSON, or no array stands at `item`. */
HY_MUST_CHECK int hy_list_json(struct hy_str json, struct hy_str url,
                               const struct hy_list_hints *hints, struct hy_list **ret,
                               struct hy_err *err);
void hy_list_free(struct hy_list *l); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_list, hy_list_free)

/* ---- making one, for whoever reads a list or gets it told ---- */

struct hy_list *hy_list_new(void);
const char *hy_list_keep(struct hy_list *l, struct hy_str s); /* a copy that lives as long */
/* Adds a link unless the list is full or has this address already; strings are copied. */
void hy_list_add(struct hy_list *l, const struct hy_link *link);
