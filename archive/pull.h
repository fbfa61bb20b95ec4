/* SPDX-License-Identifier: Apache-2.0 */
/* Where several offices share one crawl, its captures lie in a common store, once.  The store of an
 * office takes from there those of the items that it has itself, and keeps them as long as its own
 * rules say.  What it took does not depend on the common store any more.
 *
 * Both orders happen: the page is captured before anybody has judged its item, and a page that was
 * judged long ago is captured again.  So a new item brings the captures that are there, and a new
 * capture is taken when its item is known.  Repeats change nothing. */
#pragma once
#include "archive/store.h"

/* All within a transaction of `s`. */
HY_MUST_CHECK int hy_pull_item(struct hy_store *s, struct hy_store *common, struct hy_str item,
                               hy_wall now, struct hy_err *err);
/* The next captures of the common store, and those of items whose pages were asked for again; *any:
 * there were captures to look at. */
HY_MUST_CHECK int hy_pull_new(struct hy_store *s, struct hy_store *common, hy_wall now, bool *any,
                              struct hy_err *err);
