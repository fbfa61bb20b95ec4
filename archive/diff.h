/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between two states of a text, to be read by a person: sentence by sentence, what
 * went marked 删, what came marked 增, with a little of what stayed around it.  Pure.
 *
 *       县应急管理局发布通报。
 *     删 事故造成2人受伤。
 *     增 事故造成3人死亡、5人受伤。
 *
 * Sentences, not lines: a Chinese paragraph is one line, and one changed figure in it should not
 * show the whole of it twice. */
#pragma once
#include "core/buf.h"

struct hy_diff_counts {
    size_t gone, come; /* sentences */
};
/* Append the lines.  Texts of many thousand sentences that have nothing in common are shown as all
 * gone and all come. */
struct hy_diff_counts hy_diff(struct hy_str before, struct hy_str after, struct hy_buf *out);
