/* SPDX-License-Identifier: Apache-2.0 */
/* Where the words of a query stand in a text, and the piece of the text that shows them.  Pure.
 *
 * Texts are searched folded and shown as written, so marks are spans of the original, in code
 * points. */
#pragma once
#include "archive/query.h"
#include "core/json.h"

/* [[start, end], ...] rising, without overlap; empty when nothing of it stands there. */
json_t *hy_mark(const struct hy_query *q, struct hy_str text);
/* {"text", "marks", "before": bool, "after": bool}: about `chars` code points around the place
 * where most different words stand together, else the beginning; white space in it is one blank.
 * before/after: there is more. */
json_t *hy_mark_snippet(const struct hy_query *q, struct hy_str text, size_t chars);
