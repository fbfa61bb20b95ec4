/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's mirror: an append-only file of its lines, each append on disk before it counts.
 *
 * One process holds it at a time (flock).  A reader moves from the start, or from behind a line it
 * knows the hash of, to the end; writing goes on only when the end has been read. */
#pragma once
#include "core/chain.h"
#include "core/mem.h"
#include "core/buf.h"

#include <sys/types.h>

struct hy_mirror;
/* Opens or creates; *ret is NULL when another process holds it.  It stands at the start. */
HY_MUST_CHECK int hy_mirror_open(const char *path, struct hy_mirror **ret, struct hy_err *err);
void hy_mirror_close(struct hy_mirror *m); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_mirror, hy_mirror_close)

/* Read and check from where it stands to the end of the file, giving each line to `each`.  A last
 * line without its end (the machine died while writing) is cut off: it was never acknowledged.  Any
 * other damage is HY_E_PARSE or HY_E_STATE naming file and line. */
typedef int (*hy_mirror_fn)(struct hy_str line, const json_t *entry, void *user,
                            struct hy_err *err);
HY_MUST_CHECK int hy_mirror_read(struct hy_mirror *m, hy_mirror_fn each, void *user,
                                 struct hy_err *err);
/* Where the line `seq` ends (0 for seq 0), found by running through the file without checking it;
 * HY_E_NOTFOUND. */
HY_MUST_CHECK int hy_mirror_find(const struct hy_mirror *m, int64_t seq, off_t *ret,
                                 struct hy_err *err);
/* Stand behind the line that ends at `end`, which must be the line that `head` says: HY_E_STATE
 * otherwise.  ret_entry (may be NULL): that line, new reference; NULL for the start. */
HY_MUST_CHECK int hy_mirror_seek(struct hy_mirror *m, off_t end, const struct hy_head *head,
                                 json_t **ret_entry, struct hy_err *err);

/* The line that ends at `end` (not 0), without its '\n'; *ret_begin: where it begins. */
HY_MUST_CHECK int hy_mirror_line(const struct hy_mirror *m, off_t end, struct hy_buf *ret,
                                 off_t *ret_begin, struct hy_err *err);

struct hy_head hy_mirror_head(const struct hy_mirror *m); /* where it stands */
off_t hy_mirror_end(const struct hy_mirror *m);           /* the same in bytes */
const char *hy_mirror_path(const struct hy_mirror *m);

/* Append whole lines (each with its '\n') that end at `head`, and fsync.  On failure the file is
 * cut back to what it was. */
HY_MUST_CHECK int hy_mirror_append(struct hy_mirror *m, struct hy_str lines, struct hy_head head,
                                   struct hy_err *err);
/* Take back the last append (its Redis transaction was refused). */
HY_MUST_CHECK int hy_mirror_undo(struct hy_mirror *m, struct hy_err *err);
/* What stands behind byte `at`, the end of a line, goes into a new file `to`, and the mirror ends there;
 * it has to be closed then and opened anew. */
HY_MUST_CHECK int hy_mirror_split(struct hy_mirror *m, off_t at, const char *to, struct hy_err *err);
