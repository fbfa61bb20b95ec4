/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/store_parts.h"

#include "core/zstd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCHEMA_VERSION = 1 };

/* Times are UTC milliseconds.  `kind`: enum hy_doc_kind; incidents stand among the items so that
 * one search finds both.  `stored`: when the version came, from which its keeping time counts. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS item(row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    "  kind INTEGER NOT NULL, hash TEXT NOT NULL, stored INTEGER NOT NULL,"
    "  fetched INTEGER NOT NULL, doc BLOB NOT NULL, body BLOB);"
    "CREATE INDEX IF NOT EXISTS item_hash ON item(hash);"
    "CREATE INDEX IF NOT EXISTS item_stored ON item(stored) WHERE body IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS version(hash TEXT PRIMARY KEY, item TEXT NOT NULL,"
    "  stored INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS version_stored ON version(stored);"
    "CREATE TABLE IF NOT EXISTS capture(n INTEGER PRIMARY KEY, item TEXT NOT NULL,"
    "  at INTEGER NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, change TEXT NOT NULL,"
    "  sha256 TEXT NOT NULL, hash TEXT NOT NULL, seen INTEGER NOT NULL, page INTEGER NOT NULL,"
    "  meta BLOB NOT NULL, UNIQUE(item, at, part));"
    "CREATE INDEX IF NOT EXISTS capture_sha256 ON capture(sha256) WHERE sha256 <> '';"
    "CREATE INDEX IF NOT EXISTS capture_hash ON capture(hash) WHERE hash <> '';"
    "CREATE INDEX IF NOT EXISTS capture_at ON capture(at) WHERE page;"
    "CREATE TABLE IF NOT EXISTS incident(id TEXT PRIMARY KEY, state TEXT NOT NULL,"
    "  open INTEGER NOT NULL, level INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '',"
    "  let_go INTEGER, closed INTEGER, doc BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS pin(item TEXT NOT NULL, incident TEXT NOT NULL,"
    "  PRIMARY KEY(item, incident)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS pin_incident ON pin(incident);"
    "CREATE TABLE IF NOT EXISTS watch(item TEXT PRIMARY KEY, due INTEGER NOT NULL,"
    "  tries INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS watch_due ON watch(due);";

/* -- opening ----------------------------------------------------------------------------------- */

static int take_lock(struct hy_store *s, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/lock", s->dir);

    if (mkdir(s->dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", s->dir);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        return hy_fail_errno(err, "%s", path);
    if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? hy_fail(err, HY_E_STATE, "存档目录 %s 正由另一个 huiying archive 写入", s->dir)
                   : hy_fail_errno(err, "%s", path);
    return HY_OK;
}

static int create_tables(struct hy_store *s, struct hy_err *err)
{
    if (hy_db_begin(s->db, err) < 0)
        return err->code;
    if (hy_db_script(s->db, schema, err) < 0 || hy_db_script(s->db, hy_names_schema, err) < 0 ||
        hy_db_script(s->db, hy_facets_schema, err) < 0 || hy_index_create(s->db, err) < 0 ||
        hy_db_run(s->db, err, "INSERT OR IGNORE INTO meta(key, value) VALUES('schema', ?)", "i",
                  (int64_t)SCHEMA_VERSION) < 0) {
        hy_db_rollback(s->db);
        return err->code;
    }
    return hy_db_commit(s->db, err);
}

static int check_schema(struct hy_store *s, struct hy_err *err)
{
    int64_t version;

    if (hy_db_int(s->db, &version, 0, err, "SELECT value FROM meta WHERE key = 'schema'", "") < 0)
        return err->code;
    if (version != SCHEMA_VERSION)
        return hy_fail(err, HY_E_STATE,
                       "%s/archive.db 的格式版本是 %lld，本程序只认识 %d；请用新版程序", s->dir,
                       (long long)version, SCHEMA_VERSION);
    return HY_OK;
}

static int open_files(struct hy_store *s, enum hy_store_mode mode, struct hy_err *err)
{
    bool write = mode == HY_STORE_WRITE;
    HY_CLEANUP(hy_freep) char *db = hy_xasprintf("%s/archive.db", s->dir);
    HY_CLEANUP(hy_freep) char *pages = hy_xasprintf("%s/pages", s->dir);

    if (write && take_lock(s, err) < 0)
        return err->code;
    if (!write && access(db, F_OK) < 0)
        return hy_fail(err, HY_E_NOTFOUND, "%s 里还没有存档（archive 角色运行后才会有）", s->dir);
    if (hy_db_open(db, write ? HY_DB_WRITE : HY_DB_READ, &s->db, err) < 0 ||
        hy_blobs_open(pages, write, &s->blobs, err) < 0)
        return err->code;
    if (write && create_tables(s, err) < 0)
        return err->code;
    s->names = hy_names_new(s->db);
    return check_schema(s, err);
}

int hy_store_open(const char *dir, enum hy_store_mode mode, struct hy_store **ret,
                  struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = hy_xcalloc(1, sizeof(*s));

    s->dir = hy_xstrdup(dir);
    s->lock = -1;
    if (open_files(s, mode, err) < 0)
        return err->code;
    *ret = HY_TAKE(s);
    return HY_OK;
}

void hy_store_close(struct hy_store *s)
{
    if (s == NULL)
        return;
    hy_index_ops_clear(&s->ops);
    hy_vec_release(&s->facets);
    hy_names_free(s->names);
    hy_blobs_close(s->blobs);
    hy_db_close(s->db);
    if (s->lock >= 0)
        close(s->lock);
    free(s->dir);
    free(s);
}

struct hy_db *hy_store_db(struct hy_store *s)
{
    return s->db;
}

struct hy_blobs *hy_store_blobs(struct hy_store *s)
{
    return s->blobs;
}

/* -- transactions ------------------------------------------------------------------------------ */

int hy_store_begin(struct hy_store *s, struct hy_err *err)
{
    return hy_db_begin(s->db, err);
}

void hy_store_rollback(struct hy_store *s)
{
    hy_db_rollback(s->db);
    hy_index_ops_clear(&s->ops);
    hy_vec_release(&s->facets);
    hy_names_forget(s->names); /* numbers may have gone with it */
}

struct numbered { /* so that of one row the last one given counts */
    struct hy_facet f;
    size_t n;
};

static int by_row(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;

    if (x->f.row != y->f.row)
        return x->f.row < y->f.row ? -1 : 1;
    return x->n < y->n ? -1 : 1;
}

static int apply_facets(struct hy_store *s, struct hy_err *err)
{
    size_t n = s->facets.n, kept = 0;
    HY_CLEANUP(hy_freep) struct numbered *all = hy_xcalloc(n + 1, sizeof(*all));

    for (size_t i = 0; i < n; i++)
        all[i] = (struct numbered){s->facets.v[i], i};
    qsort(all, n, sizeof(*all), by_row);
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || all[i + 1].f.row != all[i].f.row)
            s->facets.v[kept++] = all[i].f;
    int rc = hy_facets_set(s->db, s->facets.v, kept, err);
    hy_vec_release(&s->facets);
    return rc;
}

/* Pages first: a row never names a file that a crash could take away. */
int hy_store_commit(struct hy_store *s, struct hy_err *err)
{
    if (hy_blobs_sync(s->blobs, err) < 0 || apply_facets(s, err) < 0 ||
        hy_index_apply(s->db, &s->ops, err) < 0 || hy_db_commit(s->db, err) < 0) {
        hy_store_rollback(s);
        return err->code;
    }
    return HY_OK;
}

/* -- packed forms ------------------------------------------------------------------------------ */

void hy_store_pack_json(const json_t *o, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);

    hy_zstd_pack(hy_str(text), out);
}

int hy_store_unpack_json(struct hy_str packed, json_t **ret, struct hy_err *err)
{
    struct hy_buf text = HY_BUF_INIT(HY_DOC_MAX);
    int rc = hy_zstd_unpack(packed, &text, err);

    if (rc == HY_OK)
        rc = hy_json_parse(hy_buf_view(&text), ret, err);
    hy_buf_release(&text);
    return rc;
}

/* -- the journal's cursor ---------------------------------------------------------------------- */

int hy_store_set_cursor(struct hy_store *s, const char *office, const struct hy_head *head,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("journal/%s", office);
    HY_CLEANUP(hy_freep) char *value = hy_xasprintf("%lld %s", (long long)head->seq, head->hash);

    return hy_db_run(s->db, err, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", "tt",
                     hy_str(key), hy_str(value));
}

int hy_store_cursor(struct hy_store *s, const char *office, struct hy_head *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("journal/%s", office);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, "SELECT value FROM meta WHERE key = ?", "t", hy_str(key));

    *ret = HY_HEAD_INIT;
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    struct hy_str hash = hy_rows_text(r, 0), seq;
    if (hy_str_cut(&hash, ' ', &seq) && hy_str_to_i64(seq, &ret->seq) && hash.n == 64)
        memcpy(ret->hash, hash.p, 64);
    hy_rows_end(r);
    return HY_OK;
}
