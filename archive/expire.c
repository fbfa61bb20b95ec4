/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/expire.h"

#include "archive/store_parts.h"
#include "core/zstd.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 200, SWEEP_AGE_S = 3600 };
#define TIDY_EVERY_MS (7 * HY_DAY_MS)

/* Is an item protected?  Parameters: how long evidence stays after an incident's end (0: for ever),
 * now, and the keeping time of what is to go. */
#define PROTECTED(item, evidence, now, keep)                                                       \
    "EXISTS (SELECT 1 FROM pin JOIN incident ON incident.id = pin.incident WHERE pin.item = " item \
    " AND ((incident.let_go IS NULL AND (" evidence                                                \
    " = 0 OR incident.closed IS NULL OR incident.closed > " now " - " evidence                     \
    ")) OR incident.let_go > " now " - " keep "))"

/* Rows of a stage in the order (at, n), as many as a slice: SELECT at, n, ... with ?1 at, ?2 n
 * (after which to begin), ?3 now, ?4 keeping time, ?5 evidence, ?6 how many. */
#define ORDERED(at, n)                                                                             \
    " AND " at " < ?3 - ?4 AND (" at ", " n ") > (?1, ?2) ORDER BY " at ", " n " LIMIT ?6"

struct slice {
    struct hy_store *s;
    struct hy_expiry *e;
    hy_wall now;
    int64_t keep_ms, evidence_ms;
    json_t *rows; /* [[at, n, text, ...]] */
};

static int select_rows(struct slice *sl, const char *sql, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(sl->s->db, &r, err, sql, "iiiiii", sl->e->at, sl->e->n, sl->now.ms,
                       sl->keep_ms, sl->evidence_ms, (int64_t)SLICE);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        sl->e->at = hy_rows_int(r, 0);
        sl->e->n = hy_rows_int(r, 1);
        json_t *row = json_pack("[II]", (json_int_t)sl->e->at, (json_int_t)sl->e->n);
        json_array_append_new(row, hy_json_of_str(hy_rows_text(r, 2)));
        json_array_append_new(sl->rows, row);
    }
    return rc;
}

static struct hy_str text_at(const json_t *row, size_t i)
{
    const json_t *t = json_array_get(row, i);

    return hy_str_n(json_string_value(t), json_string_length(t));
}

static int64_t n_of(const json_t *row)
{
    return json_integer_value(json_array_get(row, 1));
}

/* -- pages ------------------------------------------------------------------------------------- */

static int drop_page(struct slice *sl, const json_t *row, struct hy_err *err)
{
    sl->e->pages++;
    return hy_db_run(sl->s->db, err, "UPDATE capture SET page = 0 WHERE n = ?", "i", n_of(row));
}

/* After the commit, so that a row never names a file that is gone; a crash in between leaves a file
 * for the sweep. */
static int remove_file(struct slice *sl, const json_t *row, struct hy_err *err)
{
    struct hy_str sha256 = text_at(row, 2);
    int64_t used;

    if (hy_db_int(sl->s->db, &used, 0, err,
                  "SELECT 1 FROM capture WHERE sha256 = ? AND sha256 <> '' AND page LIMIT 1", "t",
                  sha256) < 0)
        return err->code;
    return used ? HY_OK : hy_blobs_remove(sl->s->blobs, sha256, err);
}

/* -- texts ------------------------------------------------------------------------------------- */

static int unindex(struct slice *sl, int64_t row, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(sl->s->db, &r, err, "SELECT body FROM item WHERE row = ?", "i", row);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    rc = hy_zstd_unpack(hy_rows_blob(r, 0), &body, err);
    hy_rows_end(r);
    if (rc == HY_OK)
        hy_index_ops_add(&sl->s->ops, row, false, hy_buf_view(&body));
    hy_buf_release(&body);
    return rc;
}

/* An address can name a person; facts, times and scores do not. */
static int strip(struct slice *sl, int64_t row, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_buf packed = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(sl->s->db, &r, err, "SELECT doc FROM item WHERE row = ?", "i", row);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    rc = hy_store_unpack_json(hy_rows_blob(r, 0), &doc, err);
    hy_rows_end(r);
    if (rc < 0)
        return rc;
    json_object_del(doc, "url");
    hy_store_pack_json(doc, &packed);
    rc = hy_db_run(sl->s->db, err, "UPDATE item SET body = NULL, doc = ? WHERE row = ?", "bi",
                   hy_buf_view(&packed), row);
    hy_buf_release(&packed);
    return rc;
}

static int drop_text(struct slice *sl, const json_t *row, struct hy_err *err)
{
    int64_t n = n_of(row);

    sl->e->texts++;
    if (unindex(sl, n, err) < 0 || strip(sl, n, err) < 0)
        return err->code;
    return hy_facets_remove(sl->s->db, n, err);
}

static int drop_version(struct slice *sl, const json_t *row, struct hy_err *err)
{
    sl->e->texts++;
    return hy_db_run(sl->s->db, err, "DELETE FROM version WHERE hash = ?", "t", text_at(row, 2));
}

/* -- records ----------------------------------------------------------------------------------- */

static int drop_item(struct slice *sl, const json_t *row, struct hy_err *err)
{
    sl->e->records++;
    return hy_db_run(sl->s->db, err, "DELETE FROM item WHERE row = ?", "i", n_of(row));
}

static int drop_capture(struct slice *sl, const json_t *row, struct hy_err *err)
{
    sl->e->records++;
    return hy_db_run(sl->s->db, err, "DELETE FROM capture WHERE n = ?", "i", n_of(row));
}

/* -- stages ------------------------------------------------------------------------------------ */

enum keep { RAW, TEXT, RECORD };

static const struct stage {
    enum keep keep;
    const char *sql; /* SELECT at, n, text */
    int (*drop)(struct slice *, const json_t *row, struct hy_err *);
    int (*after)(struct slice *, const json_t *row, struct hy_err *); /* the commit; may be NULL */
} stages[] = {
    {RAW,
     "SELECT at, n, sha256 FROM capture WHERE page "
     "AND NOT " PROTECTED("capture.item", "?5", "?3", "?4") ORDERED("at", "n"),
     drop_page, remove_file},
    {TEXT,
     "SELECT stored, row, '' FROM item WHERE body IS NOT NULL AND kind = 0 "
     "AND NOT " PROTECTED("item.id", "?5", "?3", "?4") ORDERED("stored", "row"),
     drop_text, NULL},
    {TEXT,
     "SELECT stored, 0, hash FROM version "
     "WHERE NOT " PROTECTED("version.item", "?5", "?3",
                            "?4") " AND stored < ?3 - ?4 AND stored >= ?1 + ?2 "
                                  "ORDER BY stored LIMIT ?6",
     drop_version, NULL},
    {TEXT, /* incidents themselves: no longer found */
     "SELECT incident.closed, item.row, '' FROM item JOIN incident ON incident.id = item.id "
     "WHERE item.kind = 1 AND item.body IS NOT NULL AND ?5 > 0 AND ?4 >= 0 "
     "AND incident.closed < ?3 - ?5 AND (incident.closed, item.row) > (?1, ?2) "
     "ORDER BY incident.closed, item.row LIMIT ?6",
     drop_text, NULL},
    {RECORD,
     "SELECT stored, row, '' FROM item WHERE body IS NULL AND kind = 0 "
     "AND NOT " PROTECTED("item.id", "?5", "?3", "?4") ORDERED("stored", "row"),
     drop_item, NULL},
    {RECORD,
     "SELECT at, n, '' FROM capture WHERE NOT page "
     "AND NOT " PROTECTED("capture.item", "?5", "?3", "?4") ORDERED("at", "n"),
     drop_capture, NULL},
};

static int64_t keep_ms(const struct hy_retention *keep, enum keep kind)
{
    return kind == RAW ? keep->raw_ms : kind == TEXT ? keep->text_ms : keep->record_ms;
}

static int each(struct slice *sl, int (*fn)(struct slice *, const json_t *, struct hy_err *),
                struct hy_err *err)
{
    size_t i;
    json_t *row;

    json_array_foreach (sl->rows, i, row)
        if (fn(sl, row, err) < 0)
            return err->code;
    return HY_OK;
}

static int run_stage(struct slice *sl, const struct stage *st, struct hy_err *err)
{
    if (hy_store_begin(sl->s, err) < 0)
        return err->code;
    if (select_rows(sl, st->sql, err) < 0 || each(sl, st->drop, err) < 0) {
        hy_store_rollback(sl->s);
        return err->code;
    }
    if (hy_store_commit(sl->s, err) < 0)
        return err->code;
    return st->after ? each(sl, st->after, err) : HY_OK;
}

int hy_expire(struct hy_store *s, struct hy_expiry *e, const struct hy_retention *keep, hy_wall now,
              struct hy_err *err)
{
    const struct stage *st = &stages[e->stage];
    HY_CLEANUP(hy_json_freep) json_t *rows = json_array();
    struct slice sl = {.s = s,
                       .e = e,
                       .now = now,
                       .keep_ms = keep_ms(keep, st->keep),
                       .evidence_ms = keep->evidence_ms,
                       .rows = rows};

    int rc = hy_db_set_erasing(s->db, true, err);
    if (rc == HY_OK)
        rc = run_stage(&sl, st, err);
    struct hy_err ignored = HY_ERR_INIT;
    if (hy_db_set_erasing(s->db, false, &ignored) < 0 && rc == HY_OK)
        rc = hy_fail(err, ignored.code, "%s", ignored.msg);
    if (rc < 0)
        return rc;
    if (json_array_size(rows) < SLICE) {
        e->at = e->n = 0;
        e->done = ++e->stage == HY_COUNT(stages);
    }
    return HY_OK;
}

/* -- the rest of the words ----------------------------------------------------------------------
 */

static int last_tidied(struct hy_store *s, int64_t *ret, struct hy_err *err)
{
    return hy_db_int(s->db, ret, 0, err, "SELECT value FROM meta WHERE key = 'tidied'", "");
}

int hy_expire_words(struct hy_store *s, hy_wall now, bool *busy, struct hy_err *err)
{
    struct hy_err ignored = HY_ERR_INIT;
    int64_t tidied;
    bool done;
    int rc;

    if (!*busy) {
        if (last_tidied(s, &tidied, err) < 0)
            return err->code;
        if (tidied && now.ms - tidied < TIDY_EVERY_MS)
            return HY_OK;
    }
    rc = hy_db_set_erasing(s->db, true, err);
    if (rc == HY_OK)
        rc = hy_index_tidy(s->db, !*busy, &done, err);
    if (hy_db_set_erasing(s->db, false, &ignored) < 0 && rc == HY_OK)
        rc = hy_fail(err, ignored.code, "%s", ignored.msg);
    if (rc < 0)
        return rc;
    *busy = !done;
    if (!done)
        return HY_OK;
    return hy_db_run(s->db, err, "INSERT OR REPLACE INTO meta(key, value) VALUES('tidied', ?)", "i",
                     now.ms);
}

/* -- files nobody knows ------------------------------------------------------------------------ */

struct sweeping {
    struct hy_store *s;
    int64_t removed;
};

/* Young ones may belong to a transaction that is under way in another program than this. */
static int sweep_one(struct hy_str hash, int64_t size, int64_t age_s, void *user,
                     struct hy_err *err)
{
    struct sweeping *w = user;
    int64_t used;

    (void)size;
    if (age_s < SWEEP_AGE_S)
        return HY_OK;
    if (hy_db_int(w->s->db, &used, 0, err,
                  "SELECT 1 FROM capture WHERE sha256 = ? AND sha256 <> '' AND page LIMIT 1", "t",
                  hash) < 0)
        return err->code;
    if (used)
        return HY_OK;
    w->removed++;
    return hy_blobs_remove(w->s->blobs, hash, err);
}

int hy_expire_sweep(struct hy_store *s, int64_t *ret_removed, struct hy_err *err)
{
    struct sweeping w = {s, 0};
    int rc = hy_blobs_walk(s->blobs, sweep_one, &w, err);

    *ret_removed = w.removed;
    return rc;
}
