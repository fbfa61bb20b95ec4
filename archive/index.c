/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/index.h"

#include "analyzer/normal.h"
#include "archive/words.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/zstd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REBUILD_SLICE = 500, BODY_MAX = 64 << 20, TIDY_PAGES = 500 };

/* pgsz: leaves that fill a page.  automerge: segments are merged sixteen at a time, which halves
 * the writing of the default (4) and costs a query some microseconds.  hashsize: a transaction of
 * 1,000 documents becomes one segment. */
#define TUNED(table)                                                                               \
    "INSERT INTO " table "(" table ", rank) VALUES('pgsz', 4000), ('automerge', 16),"              \
    "  ('crisismerge', 64), ('hashsize', 33554432);"
#define CREATE(table)                                                                              \
    "CREATE VIRTUAL TABLE " table " USING fts5(text, content='', tokenize='hy', detail=none,"      \
    "  columnsize=0);" TUNED(table)

/* -- texts ------------------------------------------------------------------------------------- */

/* Signs of ours that stand in a text would end its title. */
static void add_clean(struct hy_buf *b, struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        hy_buf_char(b, (unsigned char)s.p[i] < ' ' ? ' ' : s.p[i]);
}

char *hy_index_text(struct hy_str body)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_arena *arena = hy_arena_new();
    struct hy_str rest = body, title = {0};

    hy_str_cut(&rest, '\n', &title);
    hy_buf_puts(&b, HY_WORDS_TITLE);
    add_clean(&b, hy_normalize(title, arena).text);
    hy_buf_puts(&b, HY_WORDS_TITLE_END);
    add_clean(&b, hy_normalize(rest, arena).text);
    hy_arena_free(arena);
    return hy_buf_take(&b);
}

void hy_index_ops_add(struct hy_index_ops *ops, int64_t row, bool add, struct hy_str body)
{
    hy_vec_push(&ops->v, (struct hy_index_op){row, add, hy_index_text(body)});
}

void hy_index_ops_clear(struct hy_index_ops *ops)
{
    for (size_t i = 0; i < ops->v.n; i++)
        free(ops->v.v[i].text);
    hy_vec_release(&ops->v);
}

/* -- state ------------------------------------------------------------------------------------- */

static int get(struct hy_db *db, const char *key, int64_t *ret, int64_t otherwise,
               struct hy_err *err)
{
    return hy_db_int(db, ret, otherwise, err, "SELECT value FROM index_state WHERE key = ?", "t",
                     hy_str(key));
}

static int set(struct hy_db *db, const char *key, int64_t value, struct hy_err *err)
{
    return hy_db_run(db, err, "INSERT OR REPLACE INTO index_state(key, value) VALUES(?, ?)", "ti",
                     hy_str(key), value);
}

int hy_index_create(struct hy_db *db, struct hy_err *err)
{
    int64_t there;

    if (hy_db_script(db,
                     "CREATE TABLE IF NOT EXISTS index_state(key TEXT PRIMARY KEY,"
                     "  value INTEGER NOT NULL) WITHOUT ROWID;",
                     err) < 0 ||
        hy_db_int(db, &there, 0, err, "SELECT 1 FROM sqlite_schema WHERE name = 'words'", "") < 0)
        return err->code;
    if (there)
        return HY_OK;
    if (hy_db_script(db, CREATE("words"), err) < 0)
        return err->code;
    return set(db, "version", HY_INDEX_VERSION, err);
}

int hy_index_is_current(struct hy_db *db, bool *ret, struct hy_err *err)
{
    int64_t version, upto;

    if (get(db, "version", &version, 0, err) < 0 || get(db, "upto", &upto, -1, err) < 0)
        return err->code;
    *ret = version == HY_INDEX_VERSION && upto < 0;
    return HY_OK;
}

/* -- changes ----------------------------------------------------------------------------------- */

/* By row; of one row the removal comes first, as what is removed was there before. */
static int by_row(const void *a, const void *b)
{
    const struct hy_index_op *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (int)x->add - (int)y->add;
}

#define ADD(table) "INSERT INTO " table "(rowid, text) VALUES(?, ?)"
#define REMOVE(table) "INSERT INTO " table "(" table ", rowid, text) VALUES('delete', ?, ?)"

static int apply_one(struct hy_db *db, const struct hy_index_op *op, bool next, struct hy_err *err)
{
    const char *sql = next ? (op->add ? ADD("words_next") : REMOVE("words_next"))
                           : (op->add ? ADD("words") : REMOVE("words"));

    return hy_db_run(db, err, sql, "it", op->row, hy_str(op->text));
}

/* `upto`: what the rebuild has seen; -1: there is none. */
int hy_index_apply(struct hy_db *db, struct hy_index_ops *ops, struct hy_err *err)
{
    int64_t upto;
    int rc = get(db, "upto", &upto, -1, err);

    if (ops->v.n)
        qsort(ops->v.v, ops->v.n, sizeof(*ops->v.v), by_row);
    for (size_t i = 0; i < ops->v.n && rc == HY_OK; i++)
        rc = apply_one(db, &ops->v.v[i], false, err);
    for (size_t i = 0; i < ops->v.n && rc == HY_OK && ops->v.v[i].row <= upto; i++)
        rc = apply_one(db, &ops->v.v[i], true, err);
    hy_index_ops_clear(ops);
    return rc;
}

/* -- rebuilding -------------------------------------------------------------------------------- */

static int unpack(struct hy_rows *r, int column, struct hy_buf *body, struct hy_err *err)
{
    hy_buf_clear(body);
    return hy_zstd_unpack(hy_rows_blob(r, column), body, err);
}

static int add_slice(struct hy_db *db, int64_t *upto, int64_t *done, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(BODY_MAX);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(db, &r, err,
                       "SELECT row, body FROM item WHERE row > ? AND body IS NOT NULL "
                       "ORDER BY row LIMIT ?",
                       "ii", *upto, (int64_t)REBUILD_SLICE);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        rc = unpack(r, 1, &body, err);
        if (rc < 0)
            break;
        struct hy_index_op op = {hy_rows_int(r, 0), true, hy_index_text(hy_buf_view(&body))};
        rc = apply_one(db, &op, true, err);
        free(op.text);
        *upto = op.row;
        ++*done;
    }
    hy_rows_end(r);
    hy_buf_release(&body);
    return rc;
}

/* The pages of the old one are not overwritten on the way out: it holds no texts, and zeroing
 * gigabytes would stop the role for minutes. */
static int swap(struct hy_db *db, struct hy_err *err)
{
    if (hy_db_script(db,
                     "DROP TABLE words; ALTER TABLE words_next RENAME TO words;"
                     "DELETE FROM index_state;",
                     err) < 0)
        return err->code;
    return set(db, "version", HY_INDEX_VERSION, err);
}

static int begin(struct hy_db *db, int64_t *total, struct hy_err *err)
{
    if (hy_db_script(db, CREATE("words_next"), err) < 0 ||
        hy_db_int(db, total, 0, err, "SELECT count(*) FROM item WHERE body IS NOT NULL", "") < 0)
        return err->code;
    return set(db, "total", *total, err);
}

static int slice(struct hy_db *db, int64_t *done, int64_t *total, struct hy_err *err)
{
    int64_t upto, before;

    if (get(db, "upto", &upto, -1, err) < 0 || get(db, "done", done, 0, err) < 0 ||
        get(db, "total", total, 0, err) < 0)
        return err->code;
    if (upto < 0 && begin(db, total, err) < 0)
        return err->code;
    upto = HY_MAX(upto, INT64_C(0));
    before = *done;
    if (add_slice(db, &upto, done, err) < 0)
        return err->code;
    if (*done - before < REBUILD_SLICE) { /* there were no more */
        *total = *done;
        return swap(db, err);
    }
    *total = HY_MAX(*total, *done + 1);
    return set(db, "upto", upto, err) < 0 ? err->code : set(db, "done", *done, err);
}

int hy_index_rebuild(struct hy_db *db, int64_t *ret_done, int64_t *ret_total, struct hy_err *err)
{
    if (hy_db_begin(db, err) < 0)
        return err->code;
    if (slice(db, ret_done, ret_total, err) < 0) {
        hy_db_rollback(db);
        return err->code;
    }
    return hy_db_commit(db, err);
}

/* -- tidying ----------------------------------------------------------------------------------- */

/* FTS5, section 6.6: a negative number of pages starts a merge of everything, positive ones go on;
 * a merge that has nothing to do changes less than two rows. */
static int merge(struct hy_db *db, bool first, bool *ret_done, struct hy_err *err)
{
    int64_t before = hy_db_changed_ever(db);

    if (hy_db_run(db, err, "INSERT INTO words(words, rank) VALUES('merge', ?)", "i",
                  (int64_t)(first ? -TIDY_PAGES : TIDY_PAGES)) < 0)
        return err->code;
    *ret_done = hy_db_changed_ever(db) - before < 2;
    return HY_OK;
}

int hy_index_tidy(struct hy_db *db, bool first, bool *ret_done, struct hy_err *err)
{
    if (hy_db_begin(db, err) < 0)
        return err->code;
    if (merge(db, first, ret_done, err) < 0) {
        hy_db_rollback(db);
        return err->code;
    }
    return hy_db_commit(db, err);
}

/* -- checking ---------------------------------------------------------------------------------- */

/* Both sides as one number that does not depend on the order: the sum of a hash of every pair of
 * word and document. */
struct sum {
    int64_t row;
    uint64_t value, pairs;
    struct hy_map *seen; /* words of the document */
};

static uint64_t hash_of(struct hy_str word, int64_t row)
{
    char pair[128];
    size_t n = HY_MIN(word.n, sizeof(pair) - sizeof(row));

    memcpy(pair, &row, sizeof(row));
    memcpy(pair + sizeof(row), word.p, n);
    return hy_hash64(hy_str_n(pair, sizeof(row) + n));
}

static int sum_word(struct hy_str word, void *user)
{
    struct sum *s = user;

    if (hy_map_get(s->seen, word))
        return 0;
    hy_map_set(s->seen, word, s);
    s->value += hash_of(word, s->row);
    s->pairs++;
    return 0;
}

static int sum_texts(struct hy_db *db, struct sum *s, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(BODY_MAX);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(db, &r, err, "SELECT row, body FROM item WHERE body IS NOT NULL", "");

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0 && (rc = unpack(r, 1, &body, err)) >= 0) {
        HY_CLEANUP(hy_freep) char *text = hy_index_text(hy_buf_view(&body));
        s->row = hy_rows_int(r, 0);
        s->seen = hy_map_new(NULL);
        hy_words(hy_str(text), true, sum_word, s);
        hy_map_free(s->seen);
    }
    hy_rows_end(r);
    hy_buf_release(&body);
    return rc;
}

static int sum_index(struct hy_db *db, struct sum *s, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc;

    if (hy_db_script(db,
                     "CREATE VIRTUAL TABLE IF NOT EXISTS temp.pairs"
                     "  USING fts5vocab(main, words, instance)",
                     err) < 0)
        return err->code;
    rc = hy_db_ask(db, &r, err, "SELECT term, doc FROM temp.pairs", "");
    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        s->value += hash_of(hy_rows_text(r, 0), hy_rows_int(r, 1));
        s->pairs++;
    }
    hy_rows_end(r);
    return rc;
}

int hy_index_check(struct hy_db *db, struct hy_err *err)
{
    struct sum texts = {0}, index = {0};
    int rc = hy_db_begin_read(db, err);

    if (rc == HY_OK)
        rc = sum_texts(db, &texts, err);
    if (rc == HY_OK)
        rc = sum_index(db, &index, err);
    hy_db_rollback(db);
    if (rc == HY_OK && (texts.value != index.value || texts.pairs != index.pairs))
        rc = hy_fail(err, HY_E_STATE,
                     "检索索引与存档的正文不一致（索引 %llu 条，正文应有 %llu 条）；"
                     "请运行 huiying archive rebuild",
                     (unsigned long long)index.pairs, (unsigned long long)texts.pairs);
    return rc;
}
