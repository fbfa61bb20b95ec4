/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a page -> charset -> UTF-8 -> nodes.  The only user of Gumbo, which is quadratic on
 * hostile input and recurses when it frees; here it runs inside bounds:
 * input cap, a pre-scan (attributes of one tag, nesting), scripts, styles and comments emptied
 * first, an arena with a byte budget and a CPU deadline which are left by longjmp.  A page that
 * exceeds a bound costs that page (HY_E_TOOBIG, HY_E_TIMEOUT) and nothing else.
 *
 * One hy_page is reused for many pages (its memory stays); it is not for two threads. */
#pragma once
#include "core/err.h"
#include "core/mem.h"
#include "crawler/page/charset.h"
#include "crawler/page/dom.h"

enum { HY_PAGE_MAX_BYTES = 4 * 1024 * 1024 }; /* of input; what is longer is refused */

struct hy_page;

struct hy_page *hy_page_new(void);
void hy_page_free(struct hy_page *p);
HY_DEFINE_FREEP(struct hy_page, hy_page_free)

/* `content_type`: of the HTTP response, may be empty.  On failure the page is empty. */
HY_MUST_CHECK int hy_page_load(struct hy_page *p, struct hy_str bytes, struct hy_str content_type,
                               struct hy_err *err);
/* Borrowed until the next load. */
const struct hy_dom *hy_page_dom(const struct hy_page *p);
struct hy_charset hy_page_charset(const struct hy_page *p);
struct hy_str hy_page_html(const struct hy_page *p); /* the decoded source, scripts included */
