/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents: which items they pin, and that they are found by searches themselves. */
#include "archive/store_parts.h"
#include "archive/watch.h"

#include "core/zstd.h"

#include <stdlib.h>
#include <string.h>

/* States in which nothing is to be done any more (DOMAIN 3.1). */
static bool is_open(struct hy_str state)
{
    static const char *const over[] = {"settled", "evaluated", "archived", "dismissed", "merged"};

    for (size_t i = 0; i < HY_COUNT(over); i++)
        if (hy_str_is(state, over[i]))
            return false;
    return true;
}

/* -- as a document of the index ---------------------------------------------------------------- */

static void add_names(struct hy_buf *b, const json_t *list)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        hy_buf_char(b, '\n');
        hy_buf_str(b, hy_json_str(o, "name"));
    }
}

/* What an incident is found by: its title, places, topics and units. */
static void body_of(const json_t *doc, struct hy_buf *out)
{
    const json_t *units = json_object_get(doc, "units");

    hy_buf_str(out, hy_json_str(doc, "title"));
    add_names(out, json_object_get(doc, "places"));
    add_names(out, json_object_get(doc, "topics"));
    hy_buf_char(out, '\n');
    hy_buf_str(out, hy_json_str(json_object_get(units, "lead"), "name"));
    add_names(out, json_object_get(units, "support"));
}

/* What a list of hits shows of it. */
static json_t *summary_of(const json_t *doc)
{
    static const char *const keys[] = {"id",    "state",       "kind",       "drill", "level",
                                       "alert", "event_class", "event_type", "score", "topics",
                                       "units", "places",      "times",      "opened"};
    json_t *o = json_object();

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        json_t *v = json_object_get(doc, keys[i]);
        if (v)
            json_object_set(o, keys[i], v);
    }
    hy_json_set_int(o, "items", (int64_t)json_array_size(json_object_get(doc, "items")));
    hy_json_set_int(o, "reprints", hy_json_int(doc, "reprints", 0));
    return o;
}

/* The row it has, and its words taken out of the index; 0: it is new. */
static int unindex(struct hy_store *s, struct hy_str id, int64_t *ret_row, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX);
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT row, body FROM item WHERE id = ? AND body IS NOT NULL", "t", id);

    *ret_row = 0;
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    *ret_row = hy_rows_int(r, 0);
    rc = hy_zstd_unpack(hy_rows_blob(r, 1), &body, err);
    hy_rows_end(r);
    if (rc == HY_OK)
        hy_index_ops_add(&s->ops, *ret_row, false, hy_buf_view(&body));
    hy_buf_release(&body);
    return rc;
}

static int put_document(struct hy_store *s, const json_t *doc, struct hy_str body, hy_wall now,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *summary = summary_of(doc);
    struct hy_buf packed_doc = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_buf packed_body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str id = hy_json_str(doc, "id");
    hy_wall opened = hy_json_time(doc, "opened");
    char hash[HY_SHA256_HEX];
    int64_t row;

    if (unindex(s, id, &row, err) < 0 ||
        (row == 0 && hy_store_free_row(s, hy_wall_known(opened) ? opened : now, &row, err) < 0))
        return err->code;
    hy_store_pack_json(summary, &packed_doc);
    hy_zstd_pack(body, &packed_body);
    int rc =
        hy_db_run(s->db, err,
                  "INSERT OR REPLACE INTO item(row, id, kind, hash, stored, fetched, doc, body)"
                  " VALUES(?, ?, 1, ?, ?, ?, ?, ?)",
                  "ittiibb", row, id, hy_str(hy_sha256_hex(body, hash)), now.ms, now.ms,
                  hy_buf_view(&packed_doc), hy_buf_view(&packed_body));
    hy_buf_release(&packed_doc);
    hy_buf_release(&packed_body);
    if (rc < 0 || hy_store_facet(s, row, id, HY_DOC_INCIDENT, doc, err) < 0)
        return rc < 0 ? rc : err->code;
    hy_index_ops_add(&s->ops, row, true, body);
    return HY_OK;
}

/* -- pins -------------------------------------------------------------------------------------- */

int hy_store_pin(struct hy_store *s, struct hy_str incident, struct hy_str item, struct hy_err *err)
{
    if (incident.n == 0 || item.n == 0)
        return HY_OK;
    if (hy_db_run(s->db, err, "INSERT OR IGNORE INTO pin(item, incident) VALUES(?, ?)", "tt", item,
                  incident) < 0)
        return err->code;
    return hy_db_changed(s->db) ? hy_store_refacet(s, item, err) : HY_OK;
}

static int pin_all(struct hy_store *s, struct hy_str id, const json_t *list, const char *key,
                   struct hy_err *err)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o)
        if (hy_store_pin(s, id, hy_json_str(o, key), err) < 0)
            return err->code;
    return HY_OK;
}

/* A response that somebody entered: its page is an item when the crawler has met it. */
static int pin_responses(struct hy_store *s, struct hy_str id, const json_t *list,
                         struct hy_err *err)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        HY_CLEANUP(hy_freep) char *item = hy_watch_item_of(hy_json_str(o, "url"));
        int64_t there = 0;
        if (item && hy_db_int(s->db, &there, 0, err, "SELECT 1 FROM item WHERE id = ?", "t",
                              hy_str(item)) < 0)
            return err->code;
        if (there && hy_store_pin(s, id, hy_str(item), err) < 0)
            return err->code;
    }
    return HY_OK;
}

/* Calls fn for every item of the incident. */
static int each_pin(struct hy_store *s, struct hy_str id,
                    int (*fn)(struct hy_store *, struct hy_str, hy_wall, struct hy_err *),
                    hy_wall now, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *items = json_array();
    struct hy_rows *r = NULL;
    size_t i;
    json_t *item;
    int rc = hy_db_ask(s->db, &r, err, "SELECT item FROM pin WHERE incident = ?", "t", id);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0)
        json_array_append_new(items, hy_json_of_str(hy_rows_text(r, 0)));
    json_array_foreach (items, i, item)
        if (rc >= 0)
            rc = fn(s, hy_str_n(json_string_value(item), json_string_length(item)), now, err);
    return rc;
}

static int refacet(struct hy_store *s, struct hy_str item, hy_wall now, struct hy_err *err)
{
    (void)now;
    return hy_store_refacet(s, item, err);
}

/* -- the incident ------------------------------------------------------------------------------ */

struct was { /* before this document */
    bool is;
    char state[32];
    int64_t level, let_go, closed; /* times; 0: not */
};

static int look_up(struct hy_store *s, struct hy_str id, struct was *w, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT state, level, ifnull(let_go, 0), ifnull(closed, 0) FROM incident "
                       "WHERE id = ?",
                       "t", id);

    *w = (struct was){0};
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    struct hy_str state = hy_str_sub(hy_rows_text(r, 0), 0, sizeof(w->state) - 1);
    *w = (struct was){.is = true,
                      .level = hy_rows_int(r, 1),
                      .let_go = hy_rows_int(r, 2),
                      .closed = hy_rows_int(r, 3)};
    memcpy(w->state, state.p, state.n);
    hy_rows_end(r);
    return HY_OK;
}

static int put_row(struct hy_store *s, const json_t *doc, const struct was *w, hy_wall now,
                   struct hy_err *err)
{
    struct hy_buf packed = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str id = hy_json_str(doc, "id"), state = hy_json_str(doc, "state");
    bool open = is_open(state), dismissed = hy_str_is(state, "dismissed");
    int64_t let_go = dismissed ? (w->let_go ? w->let_go : now.ms) : 0;
    int64_t closed = open ? 0 : (w->closed ? w->closed : now.ms);

    hy_store_pack_json(doc, &packed);
    int rc = hy_db_run(s->db, err,
                       "INSERT INTO incident(id, state, open, level, let_go, closed, doc) "
                       "VALUES(?1, ?2, ?3, ?4, nullif(?5, 0), nullif(?6, 0), ?7) "
                       "ON CONFLICT(id) DO UPDATE SET state = ?2, open = ?3, level = ?4,"
                       "  let_go = nullif(?5, 0), closed = nullif(?6, 0), doc = ?7",
                       "ttiiiib", id, state, (int64_t)open, hy_json_int(doc, "level", 0), let_go,
                       closed, hy_buf_view(&packed));
    hy_buf_release(&packed);
    return rc;
}

int hy_store_incident(struct hy_store *s, const json_t *doc, hy_wall now, struct hy_err *err)
{
    struct hy_str id = hy_json_str(doc, "id"), state = hy_json_str(doc, "state");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct was w;

    if (id.n == 0 || state.n == 0)
        return hy_fail(err, HY_E_PARSE, "an incident without id or state");
    if (look_up(s, id, &w, err) < 0 || put_row(s, doc, &w, now, err) < 0)
        return err->code;
    bool moved = w.is && (!hy_str_is(state, w.state) || w.level != hy_json_int(doc, "level", 0));
    body_of(doc, &body);
    int rc = put_document(s, doc, hy_buf_view(&body), now, err);
    hy_buf_release(&body);
    if (rc < 0 || pin_all(s, id, json_object_get(doc, "items"), "id", err) < 0 ||
        pin_all(s, id, json_object_get(doc, "found"), "item", err) < 0 ||
        pin_responses(s, id, json_object_get(doc, "responses"), err) < 0 ||
        (moved && each_pin(s, id, refacet, now, err) < 0))
        return rc < 0 ? rc : err->code;
    return is_open(state) ? each_pin(s, id, hy_watch_begin, now, err) : hy_watch_end(s, id, err);
}

int hy_store_reason(struct hy_store *s, struct hy_str incident, struct hy_str reason,
                    struct hy_err *err)
{
    return hy_db_run(s->db, err, "UPDATE incident SET reason = ? WHERE id = ?", "tt", reason,
                     incident);
}
