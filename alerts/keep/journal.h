/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as a file: what happened, in order, each line carrying the hash of the one before
 * (core/chain.h has the form and its check).  The Redis stream of the same lines belongs to
 * alerts/keep/keep.c. */
#pragma once
#include "core/chain.h"

/* The mirror: an append-only file of lines. */
struct hy_mirror;
/* Opens or creates; reads and checks what is there, giving each line to `each` (may be NULL).  A
 * last line without its end (the machine died while writing) is cut off: it was never
 * acknowledged.  Any other damage is
 * HY_E_PARSE or HY_E_STATE naming file and line.  *ret is NULL when another process holds it. */
typedef int (*hy_mirror_fn)(struct hy_str line, const json_t *entry, void *user,
                            struct hy_err *err);
HY_MUST_CHECK int hy_mirror_open(const char *path, hy_mirror_fn each, void *user,
                                 struct hy_mirror **ret, struct hy_err *err);
void hy_mirror_close(struct hy_mirror *m); /* NULL is a no-op */
struct hy_head hy_mirror_head(const struct hy_mirror *m);
const char *hy_mirror_path(const struct hy_mirror *m);
/* Append whole lines (each with its '\n') that end at `head`, and fsync.  On failure the file is
 * cut back to what it was. */
HY_MUST_CHECK int hy_mirror_append(struct hy_mirror *m, struct hy_str lines, struct hy_head head,
                                   struct hy_err *err);
/* Take back the last append (its Redis transaction was refused). */
HY_MUST_CHECK int hy_mirror_undo(struct hy_mirror *m, struct hy_err *err);

/* Check a whole file or stream of lines; *ret_count lines are right, *head is where they end. */
HY_MUST_CHECK int hy_journal_verify(const char *path, size_t *ret_count, struct hy_head *head,
                                    struct hy_err *err);
