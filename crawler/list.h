/* SPDX-License-Identifier: Apache-2.0 */
/* The links of a list page: which articles or threads does it announce?  Pure.
 *
 * Works without selectors: among all groups of links that stand in the same place of a repeated
 * structure (same path of tags and classes), the one that looks most like news wins - titles of a
 * sentence's length, dates beside them, many different targets on one host.  Navigation, tag clouds
 * and footers lose on the same measure.  Selectors of sources.yaml are for pages where this fails.
 *
 * JSON lists are read by pointers (RFC 6901). */
#pragma once
#include "core/err.h"
#include "core/item.h"
#include "core/mem.h"

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
    const char *next;  /* next page of the list, "" */
    const char *feeds; /* URL of the first feed the page names by <link rel=alternate>, "" */
    const char *why;   /* which block was taken, for --explain */
    bool wall;         /* looks like a log-in, captcha or challenge page */
    struct hy_arena *arena;
};

struct hy_list_hints { /* all optional */
    const char *item;  /* selector of the rows; or JSON pointer of the array */
    const char *link;  /* selector of the link inside a row; or pointer inside an element */
    const char *title, *time;
    bool forum;  /* threads: times are last replies */
    hy_wall now; /* for dates without a year, "3小时前" */
    int zone_min;
};

/* `html` is valid UTF-8; `url` is the page's own. */
HY_MUST_CHECK int hy_list_html(struct hy_str html, struct hy_str url,
                               const struct hy_list_hints *hints, struct hy_list **ret,
                               struct hy_err *err);
HY_MUST_CHECK int hy_list_json(struct hy_str json, struct hy_str url,
                               const struct hy_list_hints *hints, struct hy_list **ret,
                               struct hy_err *err);
void hy_list_free(struct hy_list *l); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_list, hy_list_free)
