/* SPDX-License-Identifier: Apache-2.0 */
/* A fragment of HTML, as feeds carry it, as plain text.  Pure, linear, never fails.
 *
 * Tags go, and with scripts, styles and embedded objects their inside; block elements and <br>
 * start new lines; white space runs become one space; character references are decoded, with the
 * code points 128-159 read as windows-1252 as browsers do.  What is left is checked once more, so
 * that no text that was escaped twice can turn into markup or a script URL in a careless reader:
 * see hy_text_defuse. */
#pragma once
#include "core/buf.h"

/* Append the text of `html`; paragraphs separated by '\n', ends trimmed. */
void hy_html_text(struct hy_str html, struct hy_buf *out);

/* Append `text` with every "<" that would begin an active element, the "=" of event handlers
 * behind a "<", and the colon of script URLs, replaced by their full-width forms. */
void hy_text_defuse(struct hy_str text, struct hy_buf *out);

/* Does this look like HTML rather than plain text: closing tags or character references, and
 * nothing but known elements?  For fields that may hold either. */
bool hy_text_looks_like_html(struct hy_str text);

/* The characters of an HTML character reference at s.p[at] == '&': appends them and returns the
 * length consumed; 0 if it is none.  Named references need their semicolon. */
size_t hy_html_reference(struct hy_str s, size_t at, struct hy_buf *out);
