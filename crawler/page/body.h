/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines of a page are its main text. */
#pragma once
#include "crawler/page/view.h"

struct hy_body {
    uint32_t root;        /* the element around the main text; 0 when there is none */
    uint32_t first, last; /* lines [first, last) that hold it */
    bool *keep;           /* per line of the view; owned */
    uint32_t weight;      /* of the kept lines */
    enum hy_zone zone;    /* lines up to this zone were considered */
};

/* `title`: node of the heading (0: none), `title_text` to leave out its repetition. */
void hy_body_find(const struct hy_view *v, uint32_t title, struct hy_str title_text,
                  struct hy_body *ret);
void hy_body_release(struct hy_body *b);
/* Append the kept lines, one paragraph a line. */
void hy_body_text(const struct hy_view *v, const struct hy_body *b, struct hy_buf *out);

/* What a line is, for the other extractors. */
uint32_t hy_line_prose(const struct hy_line *l, enum hy_zone zone); /* weight if it reads as text */
bool hy_line_is_info(const struct hy_line *l);   /* "2022-02-13 来源：... 作者：..." */
bool hy_line_is_button(const struct hy_line *l); /* "分享到", "打印本页" */
