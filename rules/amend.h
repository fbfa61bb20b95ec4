/* SPDX-License-Identifier: Apache-2.0 */
/* Changes numbers in rule files as a person would: the one number, in its place; comments, order
 * and layout stay.  Pure: text in, text out. */
#pragma once
#include "core/buf.h"
#include "core/err.h"

/* Set `key` of the list row whose "id" is `id` (block or flow form) to `value`.  HY_E_STATE when
 * there is no such row, or the row has no such key with a number. */
HY_MUST_CHECK int hy_amend_row(struct hy_str yaml, const char *id, const char *key, double value,
                               struct hy_buf *out, struct hy_err *err);
/* Set `key` of the top-level mapping `map` ("alerts"); what is missing is added at its end, or at
 * the end of the file. */
void hy_amend_map(struct hy_str yaml, const char *map, const char *key, double value,
                  struct hy_buf *out);
/* The row itself, its lines as they stand, without what follows; empty when there is none. */
struct hy_str hy_amend_find_row(struct hy_str yaml, const char *id);

/* Unified diff with three lines of context, as patch(1) reads it; nothing when both are equal.
 * `path` is what stands behind "--- a/" and "+++ b/"; an empty old text is a new file. */
void hy_amend_diff(const char *path, struct hy_str before, struct hy_str after, struct hy_buf *out);
