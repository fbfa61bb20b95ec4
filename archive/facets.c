/* SPDX-License-Identifier: Apache-2.0 */
/* A block is one row of the table: the least document row it may hold, and its records in rising
 * order.  The blocks cut time into pieces without gaps; a full one is halved, an empty one goes. */
#include "archive/facets.h"

#include <string.h>

const char hy_facets_schema[] =
    "CREATE TABLE IF NOT EXISTS facets(first INTEGER PRIMARY KEY, records BLOB NOT NULL);";

struct block {
    int64_t first;
    struct hy_facet v[HY_FACET_BLOCK];
    size_t n;
};

/* The block that `row` belongs to; HY_E_NOTFOUND without a message when there is none. */
static int load(struct hy_db *db, int64_t row, struct block *b, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(db, &r, err,
                       "SELECT first, records FROM facets WHERE first <= ? ORDER BY first DESC "
                       "LIMIT 1",
                       "i", row);

    b->n = 0;
    if (rc < 0 || (rc = hy_rows_next(r, err)) < 0)
        return rc;
    if (rc == 0)
        return HY_E_NOTFOUND;
    struct hy_str records = hy_rows_blob(r, 1);
    b->first = hy_rows_int(r, 0);
    b->n = HY_MIN(records.n / sizeof(b->v[0]), (size_t)HY_FACET_BLOCK);
    memcpy(b->v, records.p, b->n * sizeof(b->v[0]));
    hy_rows_end(r);
    return HY_OK;
}

static int save(struct hy_db *db, int64_t first, const struct hy_facet *v, size_t n,
                struct hy_err *err)
{
    struct hy_str records = {(const char *)v, n * sizeof(*v)};

    if (n == 0)
        return hy_db_run(db, err, "DELETE FROM facets WHERE first = ?", "i", first);
    return hy_db_run(db, err, "INSERT OR REPLACE INTO facets(first, records) VALUES(?, ?)", "ib",
                     first, records);
}

/* Index of the first record whose row is not less. */
static size_t place_of(const struct hy_facet *v, size_t n, int64_t row)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (v[mid].row < row)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Too many for one block: into full ones when they were appended, as new documents mostly are,
 * else into equal shares with room for more. */
static int save_split(struct hy_db *db, int64_t first, const struct hy_facet *v, size_t n,
                      bool appended, struct hy_err *err)
{
    size_t pieces = (n + HY_FACET_BLOCK - 1) / HY_FACET_BLOCK;
    size_t each = appended || pieces == 0 ? HY_FACET_BLOCK : (n + pieces - 1) / pieces;
    int rc = n ? HY_OK : save(db, first, v, 0, err);

    for (size_t at = 0; at < n && rc == HY_OK; at += each)
        rc = save(db, at ? v[at].row : first, v + at, HY_MIN(each, n - at), err);
    return rc;
}

/* Both rise; of the same row the new one counts. */
static size_t merge(const struct block *b, const struct hy_facet *v, size_t n, struct hy_facet *out)
{
    size_t i = 0, k = 0, made = 0;

    while (i < b->n || k < n) {
        if (k == n || (i < b->n && b->v[i].row < v[k].row)) {
            out[made++] = b->v[i++];
        } else {
            i += i < b->n && b->v[i].row == v[k].row;
            out[made++] = v[k++];
        }
    }
    return made;
}

/* Where the block ends: the next one's first row. */
static int end_of(struct hy_db *db, int64_t first, int64_t *ret, struct hy_err *err)
{
    return hy_db_int(db, ret, INT64_MAX, err,
                     "SELECT first FROM facets WHERE first > ? ORDER BY first LIMIT 1", "i", first);
}

/* As many of v as belong into the block of the first one; *ret_n says how many that were. */
static int set_block(struct hy_db *db, const struct hy_facet *v, size_t n, size_t *ret_n,
                     struct hy_err *err)
{
    struct block b;
    int64_t end;
    int rc = load(db, v[0].row, &b, err);

    if (rc == HY_E_NOTFOUND) { /* older than all there are: a block for what is oldest */
        b.first = 0;
        rc = HY_OK;
    }
    if (rc < 0 || end_of(db, b.first, &end, err) < 0)
        return rc < 0 ? rc : err->code;
    *ret_n = place_of(v, n, end);
    HY_CLEANUP(hy_freep) struct hy_facet *all = hy_xcalloc(b.n + *ret_n, sizeof(*all));
    bool appended = b.n == 0 || b.v[b.n - 1].row < v[0].row;
    size_t made = merge(&b, v, *ret_n, all);
    return save_split(db, b.first, all, made, appended, err);
}

int hy_facets_set(struct hy_db *db, const struct hy_facet *v, size_t n, struct hy_err *err)
{
    size_t done = 0;

    for (size_t at = 0; at < n; at += done)
        if (set_block(db, v + at, n - at, &done, err) < 0)
            return err->code;
    return HY_OK;
}

int hy_facets_remove(struct hy_db *db, int64_t row, struct hy_err *err)
{
    struct block b;
    int rc = load(db, row, &b, err);

    if (rc < 0)
        return rc == HY_E_NOTFOUND ? HY_OK : rc;
    size_t at = place_of(b.v, b.n, row);
    if (at == b.n || b.v[at].row != row)
        return HY_OK;
    memmove(b.v + at, b.v + at + 1, (b.n - at - 1) * sizeof(b.v[0]));
    return save(db, b.first, b.v, b.n - 1, err);
}

int hy_facets_get(struct hy_db *db, int64_t row, struct hy_facet *ret, bool *ret_has,
                  struct hy_err *err)
{
    struct block b;
    int rc = load(db, row, &b, err);

    *ret_has = false;
    if (rc < 0)
        return rc == HY_E_NOTFOUND ? HY_OK : rc;
    size_t at = place_of(b.v, b.n, row);
    if (at < b.n && b.v[at].row == row) {
        *ret = b.v[at];
        *ret_has = true;
    }
    return HY_OK;
}

/* -- walking ----------------------------------------------------------------------------------- */

static int enter(struct hy_facets_walk *w, int64_t row, struct hy_err *err)
{
    struct block b;
    int rc = load(w->db, row, &b, err);

    w->left = 0;
    w->first = INT64_MIN;
    if (rc < 0)
        return rc == HY_E_NOTFOUND ? HY_OK : rc;
    memcpy(w->block, b.v, b.n * sizeof(b.v[0]));
    w->first = b.first;
    w->left = place_of(b.v, b.n, row + 1);
    return HY_OK;
}

int hy_facets_begin(struct hy_facets_walk *w, struct hy_db *db, int64_t from, struct hy_err *err)
{
    w->db = db;
    return enter(w, from, err);
}

int hy_facets_next(struct hy_facets_walk *w, const struct hy_facet **ret, struct hy_err *err)
{
    while (w->left == 0) {
        if (w->first == INT64_MIN)
            return 0;
        if (enter(w, w->first - 1, err) < 0)
            return err->code;
    }
    *ret = &w->block[--w->left];
    return 1;
}

int hy_facets_at(struct hy_facets_walk *w, int64_t row, const struct hy_facet **ret,
                 struct hy_err *err)
{
    if (row < w->first && enter(w, row, err) < 0)
        return err->code;
    while (w->left && w->block[w->left - 1].row > row)
        w->left--;
    if (w->left == 0 || w->block[w->left - 1].row != row)
        return 0;
    *ret = &w->block[w->left - 1];
    return 1;
}
