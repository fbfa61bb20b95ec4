/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of pages answers, as flat bytes: fixed fields, then strings with their lengths.
 * Written inside the sandbox, read outside.  Whoever wrote it may have been taken over by a page:
 * reading believes no length, no number and no string, and fails as a whole. */
#pragma once
#include "core/buf.h"
#include "core/item.h"
#include "crawler/page/list.h"

/* `last`: address of a thread's last page, "" when there is none. */
void hy_answer_put_item(const struct hy_item *it, const char *last, struct hy_buf *out);
void hy_answer_put_list(const struct hy_list *l, struct hy_buf *out);

/* HY_E_STATE: it makes no sense.  Nothing is owned by the caller then.  `url`, `id`, `source` and
 * `fetched` of the item stay empty: they are not the reader's to say. */
HY_MUST_CHECK int hy_answer_take_item(struct hy_str in, struct hy_item *ret, char **ret_last,
                                      struct hy_err *err);
HY_MUST_CHECK int hy_answer_take_list(struct hy_str in, struct hy_list **ret, struct hy_err *err);
