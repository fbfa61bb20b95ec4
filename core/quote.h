/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a thread's text that quote another floor begin with HY_QUOTE_MARK, as in mail.  They are
 * shown, searched and kept like any other, but they are nobody's words a second time: whoever
 * judges the text reads it with these lines blanked. */
#pragma once
#include "core/arena.h"
#include "core/buf.h"

#define HY_QUOTE_MARK "> "

/* Blanks for quoted lines whose words stand elsewhere: the same length in bytes and in code points,
 * so that offsets hold; `text` itself when nothing in it is quoted. */
struct hy_str hy_quote_blank(struct hy_str text, struct hy_arena *arena);
/* Append the lines that are not quoted. */
void hy_quote_own(struct hy_str text, struct hy_buf *out);
