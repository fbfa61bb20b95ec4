/* SPDX-License-Identifier: Apache-2.0 */
/* HTML out of untrusted text, and the few charts reports need, as inline SVG: nothing is fetched,
 * nothing runs.  Whatever goes through hy_html_escape() is text in any place of a document and of
 * an attribute; control characters and direction marks are dropped, so that nothing reads
 * backwards. */
#pragma once
#include "core/buf.h"
#include "core/clock.h"

void hy_html_escape(struct hy_buf *out, struct hy_str s);
void hy_html_puts(struct hy_buf *out, const char *s); /* the same for a C string */
/* A link for an absolute http(s) address, else its text. */
void hy_html_link(struct hy_buf *out, struct hy_str url, struct hy_str text);
void hy_html_time(struct hy_buf *out, hy_wall t); /* "2026-11-23 09:12", "—" when unknown */

struct hy_bar {
    const char *label;
    int64_t good, bad; /* columns show their sum, with `bad` in red on top */
};
/* Upright columns along time; every `every`-th has its label. */
void hy_chart_columns(struct hy_buf *out, const char *title, const struct hy_bar *v, size_t n,
                      size_t every);
/* Lying bars, one a line, with "good/(good + bad)" behind them. */
void hy_chart_bars(struct hy_buf *out, const char *title, const struct hy_bar *v, size_t n);
