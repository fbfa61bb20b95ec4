/* SPDX-License-Identifier: Apache-2.0 */
/* The full-text index: SQLite's FTS5 over the words of archive/words.h, without positions and
 * without a copy of the texts (docs/DECISIONS.md says why).  It lies in the database of the store,
 * so that a text and its words come and go in one transaction.
 *
 * FTS5 wants rows in rising order within a transaction (else every step back writes a segment of
 * its own), so changes are collected and applied sorted.
 *
 * Rebuilding writes a second table beside the first, in slices, while searches and the archive role
 * go on; what changes meanwhile goes into both.  It is needed when the words of a text are cut
 * otherwise than before (HY_INDEX_VERSION), or when the index is damaged. */
#pragma once
#include "archive/db.h"
#include "core/vec.h"

enum { HY_INDEX_VERSION = 1 };

struct hy_index_op {
    int64_t row;
    bool add;   /* else remove: with the very text that was added */
    char *text; /* owned; of hy_index_text() */
};
struct hy_index_ops {
    HY_VEC(struct hy_index_op) v;
};

/* What the index gets of a document ("title\ntext", as stored): folded, title marked. */
char *hy_index_text(struct hy_str body);
void hy_index_ops_add(struct hy_index_ops *ops, int64_t row, bool add, struct hy_str body);
void hy_index_ops_clear(struct hy_index_ops *ops);

HY_MUST_CHECK int hy_index_create(struct hy_db *db, struct hy_err *err);
/* In the caller's transaction; leaves ops empty. */
HY_MUST_CHECK int hy_index_apply(struct hy_db *db, struct hy_index_ops *ops, struct hy_err *err);

/* Is the index one that this program's words are looked up in? */
HY_MUST_CHECK int hy_index_is_current(struct hy_db *db, bool *ret, struct hy_err *err);
/* One slice of a rebuild in a transaction of its own; the first one begins it, the one after the
 * last document puts the new index in the place of the old one.  *ret_done of *ret_total documents;
 * equal: it is over. */
HY_MUST_CHECK int hy_index_rebuild(struct hy_db *db, int64_t *ret_done, int64_t *ret_total,
                                   struct hy_err *err);
/* A word that was removed stands in the index until its part of it is written anew.  One slice of
 * writing all of it anew, in a transaction of its own; *ret_done: it was the last.  `first` begins.
 */
HY_MUST_CHECK int hy_index_tidy(struct hy_db *db, bool first, bool *ret_done, struct hy_err *err);
/* Compare index and texts: HY_E_STATE names the first difference. */
HY_MUST_CHECK int hy_index_check(struct hy_db *db, struct hy_err *err);
