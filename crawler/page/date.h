/* SPDX-License-Identifier: Apache-2.0 */
/* When was this page published?  All dates a page shows or states are evidence of different worth;
 * evidence for one day adds up, the best day wins, and the most precise witness of that day gives
 * the time.  A page whose dates are worth little gets no time: unknown is better than wrong. */
#pragma once
#include "core/item.h"
#include "crawler/page/body.h"
#include "crawler/page/meta.h"
#include "crawler/page/view.h"

struct hy_date_how {
    struct hy_str url, html; /* html: decoded source, for times that only scripts know */
    hy_wall now, latest;
    int offset_min;
    uint32_t title;  /* node of the heading, 0: none */
    json_t *explain; /* gets "dates", "no_dates", or NULL */
};

struct hy_date {
    hy_wall at; /* HY_WALL_NONE: unknown */
    int offset_min;
    enum hy_precision precision;
    const char *from; /* jsonld meta time url text; NULL when unknown */
};

struct hy_date hy_date_find(const struct hy_view *v, const struct hy_meta *m,
                            const struct hy_body *b, const struct hy_date_how *how);
