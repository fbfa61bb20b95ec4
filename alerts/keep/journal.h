/* SPDX-License-Identifier: Apache-2.0 */
/* A journal as a file, for those who check it or read it once. */
#pragma once
#include "core/chain.h"

/* Check a whole file or stream ("-") of lines; *ret_count lines are right, *head is where they end.
 * `each` (may be NULL) is given every line that is right. */
typedef int (*hy_journal_fn)(struct hy_str line, void *user, struct hy_err *err);
HY_MUST_CHECK int hy_journal_verify(const char *path, hy_journal_fn each, void *user,
                                    size_t *ret_count, struct hy_head *head, struct hy_err *err);
