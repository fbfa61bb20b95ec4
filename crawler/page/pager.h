/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of many pages: new replies stand on the last one.  Pure. */
#pragma once
#include "crawler/page/dom.h"

/* The address of the last page that the pager of this page names, or NULL when the page has none
 * or is the last itself.  A link counts when its text is its page number and its address differs
 * from the page's own in one number only (or in a page parameter).  Owned C string. */
char *hy_pager_last(const struct hy_dom *d, struct hy_str url);
