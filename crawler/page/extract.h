/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded page -> an item: title, main text, publish time with its evidence, kind, replies of a
 * thread.  Pure: the same page and times give the same item.  No author names are taken; phone
 * numbers, identity cards, bank cards, plates and e-mail addresses are masked unless `raw`. */
#pragma once
#include "core/item.h"
#include "crawler/page/page.h"

struct hy_extract_how {
    struct hy_str url; /* where the page came from; may be empty */
    hy_wall fetched;   /* anchor of "3小时前"; HY_WALL_NONE: relative times stay unknown */
    hy_wall latest;    /* times after this are not publish times; {0}: `fetched` */
    int offset_min;    /* zone of times that name none: HY_CST */
    bool raw;          /* do not mask personal data */
    json_t *explain;   /* object that gets the candidates and the choice, or NULL */
};

/* Fills everything but id, source (the crawler names those).  Never fails on a loaded page: what
 * is not found stays empty. */
void hy_extract(const struct hy_page *p, const struct hy_extract_how *how, struct hy_item *ret);
