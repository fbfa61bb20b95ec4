/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that show one letter to an office and what the office answered: leaders' message boards,
 * mailboxes, hotlines on the web.  They have no floors that repeat; their labels tell who speaks
 * ("来信内容", "回复单位", "满意度").  Labels, their values and ratings are nobody's words. */
#pragma once
#include "crawler/page/view.h"
#include "crawler/page/when.h"

enum { HY_LETTER_PARTS = 16 };

struct hy_letter_part { /* what one of the two said in one go */
    bool office;
    bool has_when;
    struct hy_when when;
};

struct hy_letter {
    struct hy_letter_part part[HY_LETTER_PARTS]; /* the first is the letter */
    size_t n;                                    /* 0: the page is no letter */
    uint8_t *of;          /* owned; per line: number of its part + 1, 0: of none */
    uint8_t *label;       /* owned; per line: bytes of the label in front of the words */
    uint32_t first, last; /* lines [first, last) that were looked at */
    struct hy_str title;  /* what the page labels as the letter's title; empty: nothing */
};

/* `title_node`: the heading (0: none), `page_title`: what the page calls itself. */
void hy_letter_find(const struct hy_view *v, uint32_t title_node, struct hy_str page_title,
                    struct hy_letter *ret);
void hy_letter_release(struct hy_letter *l);
/* Append the words of part `i`, one paragraph a line. */
void hy_letter_text(const struct hy_view *v, const struct hy_letter *l, size_t i,
                    struct hy_buf *out);
