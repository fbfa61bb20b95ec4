/* SPDX-License-Identifier: Apache-2.0 */
/* Reads fetched pages for the crawler in a sandbox: charset, parser and extraction run in a process
 * without secrets (crawler/sandbox/sandbox.h), here only their answer is read (answer.h).  CPU time of
 * a page is bounded as a whole: 50 ms + 70 ms/MB, and once more the same when that was not enough. */
#pragma once
#include "crawler/page/extract.h"
#include "crawler/page/list.h"

struct hy_reader;

/* First thing in a process, see hy_sandbox_new(). */
HY_MUST_CHECK int hy_reader_new(struct hy_reader **ret, struct hy_err *err);
void hy_reader_free(struct hy_reader *r); /* NULL is a no-op */

/* Errors name the page's address (how->url).  `how->explain` is not used.  `ret_last`: address of a
 * thread's last page (crawler/page/pager.h), owned, NULL when there is none; may be NULL. */
HY_MUST_CHECK int hy_reader_item(struct hy_reader *r, struct hy_str bytes,
                                 struct hy_str content_type, const struct hy_extract_how *how,
                                 struct hy_item *ret, char **ret_last, struct hy_err *err);
HY_MUST_CHECK int hy_reader_list(struct hy_reader *r, struct hy_str bytes,
                                 struct hy_str content_type, struct hy_str url,
                                 const struct hy_list_hints *hints, struct hy_list **ret,
                                 struct hy_err *err);
