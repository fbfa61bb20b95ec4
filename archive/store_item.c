/* SPDX-License-Identifier: Apache-2.0 */
/* Items: each once, in its newest version. */
#include "archive/store_parts.h"

#include "core/zstd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_TRIES = 400 };
#define AHEAD_MS HY_DAY_MS /* pages that say they are from the future */

/* -- rows -------------------------------------------------------------------------------------- */

int hy_store_free_row(struct hy_store *s, hy_wall t, int64_t *ret, struct hy_err *err)
{
    int64_t row = hy_row_first((hy_wall){HY_MAX(t.ms, INT64_C(0))});

    for (;;) { /* up to the first gap; a second that is full runs over into the next ones */
        struct hy_rows *r = NULL;
        int n = 0, rc = hy_db_ask(s->db, &r, err,
                                  "SELECT row FROM item WHERE row >= ? ORDER BY row LIMIT ?", "ii",
                                  row, (int64_t)ROW_TRIES);
        while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0 && hy_rows_int(r, 0) == row) {
            row++;
            n++;
        }
        hy_rows_end(r);
        if (rc < 0)
            return rc;
        if (n < ROW_TRIES)
            break;
    }
    *ret = row;
    return HY_OK;
}

/* When it was published, else when we saw it.  A page dated by the day gets the time of day at
 * which it was found, when that was the same day; else its day's noon. */
static hy_wall time_of(const json_t *item)
{
    hy_wall published = hy_json_time(item, "published"), fetched = hy_json_time(item, "fetched");

    if (!hy_wall_known(published))
        return hy_wall_known(fetched) ? fetched : (hy_wall){0};
    if (hy_wall_known(fetched) && published.ms > fetched.ms + AHEAD_MS)
        return fetched;
    if (!hy_str_is(hy_json_str(item, "published_precision"), "day"))
        return published;
    bool same_day = hy_wall_known(fetched) && fetched.ms >= published.ms &&
                    fetched.ms < published.ms + HY_DAY_MS;
    return same_day ? fetched : hy_wall_add_ms(published, HY_DAY_MS / 2);
}

/* -- facets ------------------------------------------------------------------------------------ */

/* The first four different values of a list of objects. */
static int numbers_of(struct hy_store *s, enum hy_name_kind kind, const json_t *list,
                      const char *key, uint16_t out[HY_FACET_VALUES], struct hy_err *err)
{
    size_t i, n = 0;
    json_t *o;

    json_array_foreach (list, i, o) {
        uint16_t number;
        bool known = false;
        /* "exact": an address, whose name is not the division's */
        struct hy_str label = json_object_get(o, "exact") ? hy_str("") : hy_json_str(o, "name");
        if (hy_names_number(s->names, kind, hy_json_str(o, key), label, &number, err) < 0)
            return err->code;
        for (size_t k = 0; k < n; k++)
            known |= out[k] == number;
        if (number && !known)
            out[n++] = number;
        if (n == HY_FACET_VALUES)
            break;
    }
    return HY_OK;
}

static unsigned alert_of(const json_t *o)
{
    static const char *const names[] = {"none", "digest", "list", "alert"};

    for (unsigned i = 0; i < HY_COUNT(names); i++)
        if (hy_str_is(hy_json_str(o, "alert"), names[i]))
            return i;
    return 0;
}

static uint8_t percent(const json_t *score, const char *key)
{
    return (uint8_t)HY_MAX(0.0, HY_MIN(100.0, round(hy_json_num(score, key, 0))));
}

static void set_scores(struct hy_facet *f, const json_t *score)
{
    static const char *const keys[HY_FACET_SCORES] = {"relevance", "emergency", "hardship",
                                                      "rumor"};

    for (int i = 0; i < HY_FACET_SCORES; i++)
        f->scores[i] = percent(score, keys[i]);
}

/* State and level of the incident it belongs to: people's word counts more than the machine's. */
static int set_incident(struct hy_store *s, struct hy_str id, struct hy_facet *f,
                        struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT incident.state, incident.level FROM pin "
                       "JOIN incident ON incident.id = pin.incident WHERE pin.item = ? "
                       "ORDER BY incident.open DESC, incident.id DESC LIMIT 1",
                       "t", id);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    uint16_t state = 0;
    int64_t level = hy_rows_int(r, 1);
    rc = hy_names_number(s->names, HY_NAME_STATE, hy_rows_text(r, 0), hy_str(""), &state, err);
    hy_rows_end(r);
    f->state = (uint8_t)(state <= UINT8_MAX ? state : 0);
    if (level >= 1 && level <= 4)
        f->level = (unsigned)level & 7;
    return rc;
}

/* The machine's level of an item, the one in force of an incident. */
static unsigned level_of(const json_t *o)
{
    int64_t level = hy_json_int(o, "level", 0);

    return level >= 1 && level <= 4 ? (unsigned)level : 0;
}

int hy_store_facet(struct hy_store *s, int64_t row, struct hy_str id, enum hy_doc_kind kind,
                   const json_t *doc, struct hy_err *err)
{
    bool incident = kind == HY_DOC_INCIDENT;
    const json_t *score = json_object_get(doc, "score"), *judged = incident ? doc : score;
    struct hy_facet f = {.row = row, .incident = incident};
    uint16_t state = 0;

    f.level = level_of(judged) & 7;
    f.alert = alert_of(judged) & 3;
    set_scores(&f, score);
    if (hy_names_number(s->names, HY_NAME_SOURCE, hy_json_str(doc, "source"), hy_str(""), &f.source,
                        err) < 0 ||
        numbers_of(s, HY_NAME_PLACE, json_object_get(judged, "places"), "code", f.places, err) <
            0 ||
        numbers_of(s, HY_NAME_TOPIC, json_object_get(judged, "topics"), "id", f.topics, err) < 0)
        return err->code;
    if (incident) {
        if (hy_names_number(s->names, HY_NAME_STATE, hy_json_str(doc, "state"), hy_str(""), &state,
                            err) < 0)
            return err->code;
        f.state = (uint8_t)(state <= UINT8_MAX ? state : 0);
    } else if (set_incident(s, id, &f, err) < 0) {
        return err->code;
    }
    hy_vec_push(&s->facets, f);
    return HY_OK;
}

int hy_store_refacet(struct hy_store *s, struct hy_str id, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_rows *r = NULL;
    int rc =
        hy_db_ask(s->db, &r, err, "SELECT row, doc FROM item WHERE id = ? AND kind = 0", "t", id);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    int64_t row = hy_rows_int(r, 0);
    rc = hy_store_unpack_json(hy_rows_blob(r, 1), &doc, err);
    hy_rows_end(r);
    return rc < 0 ? rc : hy_store_facet(s, row, id, HY_DOC_ITEM, doc, err);
}

/* -- versions ---------------------------------------------------------------------------------- */

int hy_store_keep_version(struct hy_store *s, struct hy_str item, struct hy_str hash,
                          struct hy_str packed, hy_wall at, struct hy_err *err)
{
    int64_t has;

    if (hy_db_int(s->db, &has, 0, err,
                  "SELECT 1 FROM item WHERE hash = ? AND body IS NOT NULL LIMIT 1", "t", hash) < 0)
        return err->code;
    if (has)
        return HY_OK;
    return hy_db_run(s->db, err,
                     "INSERT OR IGNORE INTO version(hash, item, stored, body) VALUES(?, ?, ?, ?)",
                     "ttib", hash, item, at.ms, packed);
}

/* -- items ------------------------------------------------------------------------------------- */

struct known { /* what is stored under an id */
    bool is;
    int64_t row, stored;
    hy_wall fetched;
    char hash[HY_SHA256_HEX];
    struct hy_buf body; /* packed; empty: expired, or it never came */
};

static int look_up(struct hy_store *s, struct hy_str id, struct known *k, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT row, stored, fetched, hash, body FROM item WHERE id = ?", "t", id);

    *k = (struct known){.body = HY_BUF_INIT(HY_BODY_MAX)};
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    k->is = true;
    k->row = hy_rows_int(r, 0);
    k->stored = hy_rows_int(r, 1);
    k->fetched = (hy_wall){hy_rows_int(r, 2)};
    struct hy_str hash = hy_str_sub(hy_rows_text(r, 3), 0, sizeof(k->hash) - 1);
    memcpy(k->hash, hash.p, hash.n);
    hy_buf_str(&k->body, hy_rows_blob(r, 4));
    hy_rows_end(r);
    return HY_OK;
}

/* title '\n' text; false when that is not what was hashed (a reprint's text is left out of the
 * journal). */
static bool body_of(const json_t *item, struct hy_buf *out)
{
    char is[HY_SHA256_HEX];

    hy_buf_str(out, hy_json_str(item, "title"));
    hy_buf_char(out, '\n');
    hy_buf_str(out, hy_json_str(item, "text"));
    return hy_str_is(hy_json_str(item, "hash"), hy_sha256_hex(hy_buf_view(out), is));
}

/* All but title and text, which are the body, and what only the keeper needs. */
static json_t *doc_of(const json_t *item)
{
    static const char *const left_out[] = {"title", "text",     "replies",
                                           "trace", "incident", "joined_by"};
    json_t *doc = json_copy((json_t *)item), *score = json_object_get(item, "score");
    size_t replies = json_array_size(json_object_get(item, "replies"));

    for (size_t i = 0; i < HY_COUNT(left_out); i++)
        json_object_del(doc, left_out[i]);
    if (replies)
        hy_json_set_int(doc, "reply_count", (int64_t)replies);
    if (json_object_get(score, "hits")) {
        score = json_copy(score);
        json_object_del(score, "hits");
        json_object_set_new(doc, "score", score);
    }
    return doc;
}

/* The body of a version with this hash, packed; empty when there is none. */
static int find_version(struct hy_store *s, struct hy_str hash, struct hy_buf *out,
                        struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, "SELECT body FROM version WHERE hash = ?", "t", hash);

    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    hy_buf_str(out, hy_rows_blob(r, 0));
    hy_rows_end(r);
    return HY_OK;
}

static int unindex(struct hy_store *s, const struct known *k, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX);
    int rc = HY_OK;

    if (k->body.n && (rc = hy_zstd_unpack(hy_buf_view(&k->body), &body, err)) == HY_OK)
        hy_index_ops_add(&s->ops, k->row, false, hy_buf_view(&body));
    hy_buf_release(&body);
    return rc;
}

struct coming { /* what is to be stored */
    struct hy_str id, hash;
    const json_t *doc;
    struct hy_buf body, packed; /* empty: not known */
    hy_wall now, fetched;
};

static int put_row(struct hy_store *s, const struct coming *c, int64_t row, struct hy_err *err)
{
    struct hy_buf doc = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str packed = hy_buf_view(&doc);
    int rc;

    hy_store_pack_json(c->doc, &doc);
    packed = hy_buf_view(&doc);
    if (c->packed.n)
        rc =
            hy_db_run(s->db, err,
                      "INSERT OR REPLACE INTO item(row, id, kind, hash, stored, fetched, doc, body)"
                      " VALUES(?, ?, 0, ?, ?, ?, ?, ?)",
                      "ittiibb", row, c->id, c->hash, c->now.ms, c->fetched.ms, packed,
                      hy_buf_view(&c->packed));
    else
        rc =
            hy_db_run(s->db, err,
                      "INSERT OR REPLACE INTO item(row, id, kind, hash, stored, fetched, doc, body)"
                      " VALUES(?, ?, 0, ?, ?, ?, ?, NULL)",
                      "ittiib", row, c->id, c->hash, c->now.ms, c->fetched.ms, packed);
    hy_buf_release(&doc);
    return rc;
}

/* What was the newest version until now stays as a version of its own. */
static int retire(struct hy_store *s, const struct coming *c, const struct known *k,
                  struct hy_err *err)
{
    if (unindex(s, k, err) < 0)
        return err->code;
    if (k->body.n == 0 || hy_str_is(c->hash, k->hash))
        return HY_OK;
    return hy_db_run(s->db, err,
                     "INSERT OR IGNORE INTO version(hash, item, stored, body) VALUES(?, ?, ?, ?)",
                     "ttib", hy_str(k->hash), c->id, k->stored, hy_buf_view(&k->body));
}

static int put(struct hy_store *s, const struct coming *c, const struct known *k,
               const json_t *item, struct hy_err *err)
{
    int64_t row = k->row;

    if (k->is ? retire(s, c, k, err) < 0 : hy_store_free_row(s, time_of(item), &row, err) < 0)
        return err->code;
    if (put_row(s, c, row, err) < 0 ||
        hy_db_run(s->db, err, "DELETE FROM version WHERE hash = ?", "t", c->hash) < 0 ||
        hy_store_facet(s, row, c->id, HY_DOC_ITEM, c->doc, err) < 0)
        return err->code;
    if (c->body.n)
        hy_index_ops_add(&s->ops, row, true, hy_buf_view(&c->body));
    return HY_OK;
}

/* The text comes with the item, or came with a capture. */
static int find_body(struct hy_store *s, const json_t *item, struct coming *c, struct hy_err *err)
{
    if (body_of(item, &c->body)) {
        hy_zstd_pack(hy_buf_view(&c->body), &c->packed);
        return HY_OK;
    }
    hy_buf_clear(&c->body);
    if (find_version(s, c->hash, &c->packed, err) < 0)
        return err->code;
    return c->packed.n ? hy_zstd_unpack(hy_buf_view(&c->packed), &c->body, err) : HY_OK;
}

/* Nothing new: the same version with nothing that was missing, or an older one. */
static bool is_stale(const struct known *k, const struct coming *c)
{
    if (!k->is)
        return false;
    if (hy_str_is(c->hash, k->hash))
        return k->body.n || c->packed.n == 0;
    return c->fetched.ms < k->fetched.ms;
}

int hy_store_item(struct hy_store *s, const json_t *item, hy_wall now, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = doc_of(item);
    hy_wall fetched = hy_json_time(item, "fetched");
    struct known k = {0};
    struct coming c = {.id = hy_json_str(item, "id"),
                       .hash = hy_json_str(item, "hash"),
                       .doc = doc,
                       .body = HY_BUF_INIT(HY_BODY_MAX),
                       .packed = HY_BUF_INIT(HY_BODY_MAX),
                       .now = now,
                       .fetched = hy_wall_known(fetched) ? fetched : now};
    int rc;

    if (c.id.n == 0 || !hy_blob_is_name(c.hash))
        return hy_fail(err, HY_E_PARSE, "an item without id or hash");
    rc = look_up(s, c.id, &k, err);
    if (rc == HY_OK)
        rc = find_body(s, item, &c, err);
    if (rc == HY_OK && is_stale(&k, &c) && !hy_str_is(c.hash, k.hash) && c.packed.n)
        rc = hy_store_keep_version(s, c.id, c.hash, hy_buf_view(&c.packed), now, err);
    else if (rc == HY_OK && !is_stale(&k, &c))
        rc = put(s, &c, &k, item, err);
    hy_buf_release(&k.body);
    hy_buf_release(&c.body);
    hy_buf_release(&c.packed);
    return rc;
}
