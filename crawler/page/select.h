/* SPDX-License-Identifier: Apache-2.0 */
/* Simple selectors over a page: "div.news ul > li a".  A step is a tag, .class, #id, [attr] or
 * [attr=value] and joins of them ("a.title[href]"); steps are separated by white space (descendant)
 * or ">" (child).  Pure. */
#pragma once
#include "crawler/page/dom.h"

/* Does node i match?  Ancestors outside of the subtree of `scope` do not count (0: whole page). */
bool hy_select_matches(const struct hy_dom *d, uint32_t i, uint32_t scope, struct hy_str selector);
/* First match below `scope` (itself excluded) in document order from node `from` on; 0 if none. */
uint32_t hy_select_next(const struct hy_dom *d, uint32_t from, uint32_t scope,
                        struct hy_str selector);
