/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/names.h"

#include "core/map.h"
#include "core/vec.h"

#include <stdlib.h>

enum { MOST = UINT16_MAX };

const char hy_names_schema[] =
    "CREATE TABLE IF NOT EXISTS name(kind INTEGER NOT NULL, number INTEGER NOT NULL,"
    "  value TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY(kind, number)) WITHOUT ROWID;";

struct kind {
    struct hy_map *numbers;   /* value -> number as a pointer */
    HY_VEC(struct hy_name) v; /* by number; the first is nobody */
};

struct hy_names {
    struct hy_db *db;
    struct kind kinds[HY_NAME_KIND_COUNT];
    bool read;
};

static void kind_clear(struct kind *k)
{
    for (size_t i = 0; i < k->v.n; i++) {
        free(k->v.v[i].value);
        free(k->v.v[i].label);
    }
    hy_vec_release(&k->v);
    hy_map_free(k->numbers);
    k->numbers = hy_map_new(NULL);
    hy_vec_push(&k->v, (struct hy_name){NULL, NULL});
}

void hy_names_forget(struct hy_names *n)
{
    for (int i = 0; i < HY_NAME_KIND_COUNT; i++)
        kind_clear(&n->kinds[i]);
    n->read = false;
}

struct hy_names *hy_names_new(struct hy_db *db)
{
    struct hy_names *n = hy_xcalloc(1, sizeof(*n));

    n->db = db;
    hy_names_forget(n);
    return n;
}

void hy_names_free(struct hy_names *n)
{
    if (n == NULL)
        return;
    for (int i = 0; i < HY_NAME_KIND_COUNT; i++) {
        kind_clear(&n->kinds[i]);
        hy_vec_release(&n->kinds[i].v);
        hy_map_free(n->kinds[i].numbers);
    }
    free(n);
}

/* Numbers come in order and without gaps, by hy_names_number. */
static void remember(struct kind *k, struct hy_str value, struct hy_str label)
{
    hy_map_set(k->numbers, value, (void *)(uintptr_t)k->v.n);
    hy_vec_push(&k->v, (struct hy_name){hy_str_dup(value), hy_str_dup(label)});
}

int hy_names_refresh(struct hy_names *n, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc;

    for (int kind = 0; kind < HY_NAME_KIND_COUNT; kind++) {
        struct kind *k = &n->kinds[kind];
        if (hy_db_ask(n->db, &r, err,
                      "SELECT number, value, label FROM name WHERE kind = ? AND number >= ? "
                      "ORDER BY number",
                      "ii", (int64_t)kind, (int64_t)k->v.n) < 0)
            return err->code;
        while ((rc = hy_rows_next(r, err)) > 0)
            if (hy_rows_int(r, 0) == (int64_t)k->v.n)
                remember(k, hy_rows_text(r, 1), hy_rows_text(r, 2));
        if (rc < 0)
            return rc;
    }
    n->read = true;
    return HY_OK;
}

static int relabel(struct hy_names *n, enum hy_name_kind kind, size_t number, struct hy_str label,
                   struct hy_err *err)
{
    struct hy_name *name = &n->kinds[kind].v.v[number];

    if (label.n == 0 || hy_str_is(label, name->label))
        return HY_OK;
    free(name->label);
    name->label = hy_str_dup(label);
    return hy_db_run(n->db, err, "UPDATE name SET label = ? WHERE kind = ? AND number = ?", "tii",
                     label, (int64_t)kind, (int64_t)number);
}

int hy_names_number(struct hy_names *n, enum hy_name_kind kind, struct hy_str value,
                    struct hy_str label, uint16_t *ret, struct hy_err *err)
{
    struct kind *k = &n->kinds[kind];

    *ret = 0;
    if (value.n == 0)
        return HY_OK;
    if (!n->read && hy_names_refresh(n, err) < 0)
        return err->code;
    size_t number = (size_t)(uintptr_t)hy_map_get(k->numbers, value);
    if (number) {
        *ret = (uint16_t)number;
        return relabel(n, kind, number, label, err);
    }
    number = k->v.n;
    if (number > MOST)
        return HY_OK;
    if (hy_db_run(n->db, err, "INSERT INTO name(kind, number, value, label) VALUES(?, ?, ?, ?)",
                  "iitt", (int64_t)kind, (int64_t)number, value, label) < 0)
        return err->code;
    remember(k, value, label);
    *ret = (uint16_t)number;
    return HY_OK;
}

size_t hy_names_count(const struct hy_names *n, enum hy_name_kind kind)
{
    return n->kinds[kind].v.n;
}

const struct hy_name *hy_names_at(const struct hy_names *n, enum hy_name_kind kind, size_t number)
{
    return number && number < n->kinds[kind].v.n ? &n->kinds[kind].v.v[number] : NULL;
}
