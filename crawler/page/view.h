/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader would see of a page, as lines in document order: each run of inline text between
 * two block boundaries, with what the extractors ask of it (how much text, how much of it links).
 * Built in two passes over the flat nodes; body, date, title and thread all work on it. */
#pragma once
#include "core/buf.h"
#include "crawler/page/dom.h"

enum hy_zone {
    HY_ZONE_PLAIN,
    HY_ZONE_COMMENT, /* readers' comments below an article, floors of a thread */
    HY_ZONE_NOISE,   /* inside something named navigation, footer, share, ... */
    HY_ZONE_HIDDEN,  /* not shown */
};

struct hy_line {
    struct hy_str text;   /* white space shrunk to single blanks */
    uint32_t node;        /* first text node */
    uint32_t block;       /* nearest block element around it */
    uint32_t weight;      /* Han characters + a third of other letters and digits */
    uint32_t link_weight; /* of these, inside <a> */
    uint16_t stops;       /* 。！？；，.!?;, that end or part a sentence */
    uint8_t zone;         /* enum hy_zone */
    bool heading;         /* in h1..h6 */
};

struct hy_view {
    const struct hy_dom *dom;
    const struct hy_line *line;
    uint32_t n;
    const uint8_t *zone; /* per node, enum hy_zone */
};

struct hy_viewer;
struct hy_viewer *hy_viewer_new(void);
void hy_viewer_free(struct hy_viewer *v);
/* Borrowed until the next call; `d` must live as long. */
const struct hy_view *hy_viewer_look(struct hy_viewer *v, const struct hy_dom *d);

/* Index of the first line at or behind a node; view->n when there is none. */
uint32_t hy_view_line_at(const struct hy_view *v, uint32_t node);
/* Does the element's class or id speak of this, as a word of its own or in camelCase? `words`:
 * NULL-terminated, lower case; one ending in '*' matches by prefix. */
bool hy_names_match(const struct hy_dom *d, uint32_t i, const char *const *words);
