/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an article names as its origin: 来源：新华社, 转自, 稿源, <meta name="ContentSource">.  A medium
 * or a body, never a person: a value that may be somebody's name is left out. */
#pragma once
#include "crawler/page/body.h"
#include "crawler/page/meta.h"

/* Borrowed from the page; empty when none is named. */
struct hy_str hy_origin_find(const struct hy_view *v, const struct hy_meta *m,
                             const struct hy_body *b);
