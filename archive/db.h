/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite as the archive uses it; archive/db*.c are the only files that know it.
 *
 * One hy_db is one connection.  One process writes (the archive role); a commit is on disk when it
 * returns (WAL, synchronous=FULL).  Any number of processes read at the same time, each statement
 * over the state of one commit.
 *
 * Statements are prepared once per text, which must be static storage, and bound by a string of
 * types: i int64_t, t struct hy_str as text, b struct hy_str as blob (both valid until the
 * statement ends), n nothing (NULL, no argument).
 *
 *     hy_db_run(db, err, "DELETE FROM item WHERE id = ?", "t", id);
 *
 *     struct hy_rows *r;
 *     if (hy_db_ask(db, &r, err, "SELECT row, id FROM item WHERE hash = ?", "t", hash) < 0) ...
 *     while ((rc = hy_rows_next(r, err)) > 0)
 *         use(hy_rows_int(r, 0), hy_rows_text(r, 1));
 *     hy_rows_end(r);
 *
 * The text of a statement must not be asked again while its rows are still being read. */
#pragma once
#include "core/err.h"
#include "core/mem.h"
#include "core/str.h"

struct hy_db;
struct hy_rows;

enum hy_db_mode {
    HY_DB_WRITE,  /* creates the file, mode 0600 */
    HY_DB_CHANGE, /* writes into one that is there */
    HY_DB_READ
};

/* HY_E_NOTFOUND: there is no such file. */
HY_MUST_CHECK int hy_db_open(const char *path, enum hy_db_mode mode, struct hy_db **ret,
                             struct hy_err *err);
void hy_db_close(struct hy_db *db); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_db, hy_db_close)

/* Several statements without arguments (a schema). */
HY_MUST_CHECK int hy_db_script(struct hy_db *db, const char *sql, struct hy_err *err);
HY_MUST_CHECK int hy_db_run(struct hy_db *db, struct hy_err *err, const char *sql,
                            const char *types, ...);
int64_t hy_db_changed(const struct hy_db *db);      /* rows the last hy_db_run touched */
int64_t hy_db_changed_ever(const struct hy_db *db); /* rows all of them touched, inner tables too */

HY_MUST_CHECK int hy_db_ask(struct hy_db *db, struct hy_rows **ret, struct hy_err *err,
                            const char *sql, const char *types, ...);
/* 1: a row, 0: no more (and ended), <0: failed (and ended). */
HY_MUST_CHECK int hy_rows_next(struct hy_rows *r, struct hy_err *err);
void hy_rows_end(struct hy_rows *r); /* NULL, or ended already: a no-op */
int64_t hy_rows_int(const struct hy_rows *r, int column);
bool hy_rows_is_null(const struct hy_rows *r, int column);
struct hy_str hy_rows_text(const struct hy_rows *r, int column); /* valid until the next row */
struct hy_str hy_rows_blob(const struct hy_rows *r, int column);

/* The first column of the first row: true when there is one.  For statements that give one row. */
HY_MUST_CHECK int hy_db_int(struct hy_db *db, int64_t *ret, int64_t otherwise, struct hy_err *err,
                            const char *sql, const char *types, ...);

/* One transaction; readers see none of it before the commit. */
HY_MUST_CHECK int hy_db_begin(struct hy_db *db, struct hy_err *err);
HY_MUST_CHECK int hy_db_commit(struct hy_db *db, struct hy_err *err);
void hy_db_rollback(struct hy_db *db); /* without a transaction: a no-op */
/* Readers that need several statements over one state. */
HY_MUST_CHECK int hy_db_begin_read(struct hy_db *db, struct hy_err *err);

/* Overwrite with zeros what is deleted from now on (else only what costs no further writing). */
HY_MUST_CHECK int hy_db_set_erasing(struct hy_db *db, bool on, struct hy_err *err);
/* HY_OK when the file is whole: every page, every index against its table. */
HY_MUST_CHECK int hy_db_check(struct hy_db *db, struct hy_err *err);
