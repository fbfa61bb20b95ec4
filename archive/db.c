/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/db.h"

#include "archive/db_words.h"
#include "core/map.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_MS = 15000 }; /* longer than a slice of `huiying archive rebuild` holds the lock */

struct hy_rows {
    struct hy_db *db;
    sqlite3_stmt *st;
    bool asked;
};

struct hy_db {
    sqlite3 *h;
    char *path;
    struct hy_map *statements; /* text -> struct hy_rows *, owned */
    bool in_transaction;
};

/* -- failures ---------------------------------------------------------------------------------- */

static enum hy_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return HY_E_TIMEOUT;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return HY_E_PARSE;
    case SQLITE_CANTOPEN:
        return HY_E_NOTFOUND;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return HY_E_DENIED;
    default:
        return HY_E_IO;
    }
}

static int failed(const struct hy_db *db, struct hy_err *err)
{
    return hy_fail(err, code_of(sqlite3_errcode(db->h)), "%s: %s", db->path, sqlite3_errmsg(db->h));
}

/* -- statements -------------------------------------------------------------------------------- */

static void rows_free(void *p)
{
    struct hy_rows *r = p;

    sqlite3_finalize(r->st);
    free(r);
}

static int prepare(struct hy_db *db, const char *sql, struct hy_rows **ret, struct hy_err *err)
{
    struct hy_rows *r = hy_map_get(db->statements, hy_str(sql));

    if (r == NULL) {
        r = hy_xcalloc(1, sizeof(*r));
        r->db = db;
        if (sqlite3_prepare_v3(db->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &r->st, NULL) !=
            SQLITE_OK) {
            free(r);
            return failed(db, err);
        }
        hy_map_set(db->statements, hy_str(sql), r);
    }
    if (r->asked)
        hy_bug("\"%s\" is asked while its rows are read", sql);
    *ret = r;
    return HY_OK;
}

/* An empty view is the empty text, never NULL. */
static int bind_str(sqlite3_stmt *st, int at, struct hy_str s, bool text)
{
    const char *p = s.p ? s.p : "";

    return text ? sqlite3_bind_text64(st, at, p, s.n, SQLITE_STATIC, SQLITE_UTF8)
                : sqlite3_bind_blob64(st, at, p, s.n, SQLITE_STATIC);
}

static void bind(struct hy_rows *r, const char *types, va_list args)
{
    int rc = SQLITE_OK;

    for (int i = 0; types[i] && rc == SQLITE_OK; i++)
        switch (types[i]) {
        case 'i':
            rc = sqlite3_bind_int64(r->st, i + 1, va_arg(args, int64_t));
            break;
        case 't':
        case 'b':
            rc = bind_str(r->st, i + 1, va_arg(args, struct hy_str), types[i] == 't');
            break;
        case 'n':
            rc = sqlite3_bind_null(r->st, i + 1);
            break;
        default:
            rc = SQLITE_MISUSE;
        }
    if (rc != SQLITE_OK || (int)strlen(types) != sqlite3_bind_parameter_count(r->st))
        hy_bug("\"%s\" with arguments \"%s\"", sqlite3_sql(r->st), types);
}

static int ask(struct hy_db *db, struct hy_rows **ret, struct hy_err *err, const char *sql,
               const char *types, va_list args)
{
    if (prepare(db, sql, ret, err) < 0)
        return err->code;
    bind(*ret, types, args);
    (*ret)->asked = true;
    return HY_OK;
}

int hy_db_ask(struct hy_db *db, struct hy_rows **ret, struct hy_err *err, const char *sql,
              const char *types, ...)
{
    va_list args;

    va_start(args, types);
    int rc = ask(db, ret, err, sql, types, args);
    va_end(args);
    return rc;
}

int hy_rows_next(struct hy_rows *r, struct hy_err *err)
{
    int rc = sqlite3_step(r->st);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        failed(r->db, err);
    hy_rows_end(r);
    return rc == SQLITE_DONE ? 0 : err->code;
}

void hy_rows_end(struct hy_rows *r)
{
    if (r == NULL || !r->asked)
        return;
    sqlite3_reset(r->st);
    sqlite3_clear_bindings(r->st);
    r->asked = false;
}

int64_t hy_rows_int(const struct hy_rows *r, int column)
{
    return sqlite3_column_int64(r->st, column);
}

bool hy_rows_is_null(const struct hy_rows *r, int column)
{
    return sqlite3_column_type(r->st, column) == SQLITE_NULL;
}

struct hy_str hy_rows_text(const struct hy_rows *r, int column)
{
    const char *p = (const char *)sqlite3_column_text(r->st, column);

    return hy_str_n(p ? p : "", (size_t)sqlite3_column_bytes(r->st, column));
}

struct hy_str hy_rows_blob(const struct hy_rows *r, int column)
{
    const char *p = sqlite3_column_blob(r->st, column);

    return hy_str_n(p ? p : "", (size_t)sqlite3_column_bytes(r->st, column));
}

int hy_db_run(struct hy_db *db, struct hy_err *err, const char *sql, const char *types, ...)
{
    struct hy_rows *r = NULL;
    va_list args;

    va_start(args, types);
    int rc = ask(db, &r, err, sql, types, args);
    va_end(args);
    if (rc == HY_OK && (rc = hy_rows_next(r, err)) > 0) {
        hy_rows_end(r);
        rc = HY_OK;
    }
    return rc;
}

int64_t hy_db_changed(const struct hy_db *db)
{
    return sqlite3_changes64(db->h);
}

int64_t hy_db_changed_ever(const struct hy_db *db)
{
    return sqlite3_total_changes64(db->h);
}

int hy_db_int(struct hy_db *db, int64_t *ret, int64_t otherwise, struct hy_err *err,
              const char *sql, const char *types, ...)
{
    struct hy_rows *r = NULL;
    va_list args;

    va_start(args, types);
    int rc = ask(db, &r, err, sql, types, args);
    va_end(args);
    if (rc < 0 || (rc = hy_rows_next(r, err)) < 0)
        return rc;
    *ret = rc > 0 && !hy_rows_is_null(r, 0) ? hy_rows_int(r, 0) : otherwise;
    hy_rows_end(r);
    return HY_OK;
}

int hy_db_script(struct hy_db *db, const char *sql, struct hy_err *err)
{
    return sqlite3_exec(db->h, sql, NULL, NULL, NULL) == SQLITE_OK ? HY_OK : failed(db, err);
}

/* -- transactions ------------------------------------------------------------------------------ */

int hy_db_begin(struct hy_db *db, struct hy_err *err)
{
    if (hy_db_script(db, "BEGIN IMMEDIATE", err) < 0)
        return err->code;
    db->in_transaction = true;
    return HY_OK;
}

int hy_db_begin_read(struct hy_db *db, struct hy_err *err)
{
    if (hy_db_script(db, "BEGIN", err) < 0)
        return err->code;
    db->in_transaction = true;
    return HY_OK;
}

int hy_db_commit(struct hy_db *db, struct hy_err *err)
{
    if (hy_db_script(db, "COMMIT", err) < 0) {
        hy_db_rollback(db);
        return err->code;
    }
    db->in_transaction = false;
    return HY_OK;
}

/* Some failures (disk full) have rolled back already; then there is nothing to do. */
void hy_db_rollback(struct hy_db *db)
{
    struct hy_err ignored = HY_ERR_INIT;
    struct hy_str key;
    void *value;

    for (size_t at = 0; hy_map_next(db->statements, &at, &key, &value);)
        hy_rows_end(value);
    if (db->in_transaction && !sqlite3_get_autocommit(db->h) &&
        hy_db_script(db, "ROLLBACK", &ignored) < 0)
        hy_bug("ROLLBACK: %s", ignored.msg);
    db->in_transaction = false;
}

/* -- opening ----------------------------------------------------------------------------------- */

/* Never wait for ever, no surprises from hostile schemas; 64 MB of pages in memory. */
static const char common[] = "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536; "
                             "PRAGMA mmap_size=2147418112; PRAGMA temp_store=MEMORY;";
static const char writing[] = "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; "
                              "PRAGMA synchronous=FULL; PRAGMA secure_delete=FAST; "
                              "PRAGMA journal_size_limit=67108864; PRAGMA foreign_keys=ON;";

static int open_handle(struct hy_db *db, enum hy_db_mode mode, struct hy_err *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                (mode == HY_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);

    if (mode == HY_DB_WRITE) { /* for us alone before a byte is in it */
        int fd = open(db->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
            return hy_fail_errno(err, "%s", db->path);
        close(fd);
    }
    if (sqlite3_open_v2(db->path, &db->h, flags, NULL) != SQLITE_OK)
        return failed(db, err);
    sqlite3_extended_result_codes(db->h, 1);
    sqlite3_busy_timeout(db->h, BUSY_MS);
    sqlite3_db_config(db->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->h, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    if (hy_db_script(db, common, err) < 0 ||
        (mode != HY_DB_READ && hy_db_script(db, writing, err) < 0))
        return err->code;
    return hy_db_words_register(db->h, err);
}

int hy_db_open(const char *path, enum hy_db_mode mode, struct hy_db **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_db_closep) struct hy_db *db = hy_xcalloc(1, sizeof(*db));

    db->path = hy_xstrdup(path);
    db->statements = hy_map_new(rows_free);
    if (open_handle(db, mode, err) < 0)
        return err->code;
    *ret = HY_TAKE(db);
    return HY_OK;
}

void hy_db_close(struct hy_db *db)
{
    if (db == NULL)
        return;
    hy_map_free(db->statements);
    if (sqlite3_close(db->h) != SQLITE_OK)
        hy_bug("%s: closed while in use", db->path);
    free(db->path);
    free(db);
}

int hy_db_set_erasing(struct hy_db *db, bool on, struct hy_err *err)
{
    return hy_db_script(db, on ? "PRAGMA secure_delete=ON" : "PRAGMA secure_delete=FAST", err);
}

int hy_db_check(struct hy_db *db, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc;

    if (hy_db_ask(db, &r, err, "PRAGMA integrity_check(1)", "") < 0)
        return err->code;
    rc = hy_rows_next(r, err);
    if (rc > 0 && !hy_str_is(hy_rows_text(r, 0), "ok"))
        rc = hy_fail(err, HY_E_PARSE, "%s: " HY_STR_FMT, db->path, HY_STR_ARG(hy_rows_text(r, 0)));
    hy_rows_end(r);
    return rc < 0 ? rc : HY_OK;
}
