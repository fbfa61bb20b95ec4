/* SPDX-License-Identifier: Apache-2.0 */
/* Forum threads: the floors of a page, found as elements of one kind that repeat, each with a time
 * and text of its own, on a page that shows it belongs to a forum. */
#pragma once
#include "crawler/page/body.h"
#include "crawler/page/meta.h"
#include "crawler/page/view.h"
#include "crawler/page/when.h"

struct hy_floor {
    uint32_t first, last; /* lines [first, last) */
    enum hy_zone zone;    /* lines beyond this zone are not its text */
    bool whole;           /* the lines are the post alone: nothing in front to drop */
    bool has_when;
    struct hy_when when;
    uint32_t time_node; /* where it stands, when has_when */
};

struct hy_thread {
    struct hy_floor *floor; /* owned; in page order, the first is the opening post */
    size_t n;               /* 0: the page is no thread */
    bool *repeated;         /* owned; one a line of the page: floor after floor has it (repeat.h) */
    uint8_t *quoted;        /* owned; one a line of the page: of another floor (quote.h) */
    bool is_forum;          /* false: a page of posts by one writer, the newest in front */
};

void hy_thread_find(const struct hy_view *v, const struct hy_meta *m, const struct hy_body *b,
                    struct hy_str url, struct hy_thread *ret);
void hy_thread_release(struct hy_thread *t);
/* Append the text of floor `i`, one paragraph a line, without names, times and buttons; what it
 * quotes of another floor under HY_QUOTE_MARK, or not at all when its `own` words are asked for. */
void hy_thread_text(const struct hy_view *v, const struct hy_thread *t, size_t i, bool own,
                    struct hy_buf *out);
/* Does floor `i` quote another? */
bool hy_thread_quotes(const struct hy_thread *t, size_t i);
