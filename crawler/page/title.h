/* SPDX-License-Identifier: Apache-2.0 */
/* The heading of a page: what stands visibly above the text when <title> confirms it, else the
 * metadata, else <title> without the name of the site. */
#pragma once
#include "crawler/page/meta.h"
#include "crawler/page/view.h"

struct hy_title {
    uint32_t node; /* the heading element it was taken from; 0 = not from a visible heading */
};

/* Append the title to `out` (one line, may stay empty). */
struct hy_title hy_title_find(const struct hy_view *v, const struct hy_meta *m, struct hy_buf *out);
