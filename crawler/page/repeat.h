/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that say the same in floor after floor of a thread: "举报 评分", "Link to comment", "Offline",
 * the signature of whoever writes most.  No list of words knows them all; that they repeat does. */
#pragma once
#include "crawler/page/thread.h"

/* One flag a line of the page, true for those that repeat.  That others quote a line (`quoted`, one
 * enum hy_quote a line) is no reason to leave it out of the floor that said it.  Owned by the
 * caller. */
bool *hy_repeat_find(const struct hy_view *v, const uint8_t *quoted, const struct hy_floor *floor,
                     size_t n);
