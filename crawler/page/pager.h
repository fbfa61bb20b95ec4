/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of many pages: where the last one is, and those in between.  Pure. */
#pragma once
#include "crawler/page/dom.h"

/* The address of the last page that the pager of this page names, or NULL when the page has none
 * or is the last itself.  A link counts when its text is its page number and its address differs
 * from the page's own in one number only (or in a page parameter).  Owned C string. */
char *hy_pager_last(const struct hy_dom *d, struct hy_str url);
/* Which page `last` is, as hy_pager_last() gave it for the page `first`; 0: cannot tell. */
int64_t hy_pager_number(struct hy_str first, struct hy_str last);
/* The address of page k of the same thread; only where hy_pager_number() could tell.  Owned. */
char *hy_pager_page(struct hy_str first, struct hy_str last, int64_t k);
