/* SPDX-License-Identifier: Apache-2.0 */
/* What a floor of a thread quotes of another.  It is shown, but it is nobody's words a second time.
 *
 * Structure first: an element that is a quotation by its tag (<blockquote>) or its name ("quote"),
 * or a line that says whose words follow ("引用 3 楼", "X wrote:").  A reply that cites what nobody
 * in the thread has said, in a <blockquote> without such a head, brings news: its own words. */
#pragma once
#include "crawler/page/thread.h"

enum hy_quote {
    HY_QUOTE_NOT,
    HY_QUOTE_HEAD,  /* says whose words follow: a name, kept by nobody */
    HY_QUOTE_NAMED, /* ... and the words */
    HY_QUOTE_SAID,  /* the same words stand in another floor */
};

/* One flag a node of the page, true inside of an element that is a quotation.  What every floor
 * has, the first as well, is a part of floors, whatever it is called ("js-selectToQuote").  Owned
 * by the caller. */
bool *hy_quote_elements(const struct hy_view *v, const struct hy_floor *floor, size_t n);
/* One enum hy_quote a line of the page.  Owned by the caller. */
uint8_t *hy_quote_find(const struct hy_view *v, const bool *elements, const struct hy_floor *floor,
                       size_t n);
/* A quoted line without the name of who said it in front: "ann wrote: There is ...". */
struct hy_str hy_quote_words(struct hy_str line);
