/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/store_parts.h"

#include "core/zstd.h"

#include <string.h>

/* -- by hash ----------------------------------------------------------------------------------- */

/* The packed body with this hash, unpacked; HY_E_NOTFOUND without a message when there is none. */
static int text_of(struct hy_store *s, const char *sql, struct hy_str hash, struct hy_buf *out,
                   struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, sql, "t", hash);

    if (rc < 0 || (rc = hy_rows_next(r, err)) < 0)
        return rc;
    if (rc == 0)
        return HY_E_NOTFOUND;
    rc = hy_zstd_unpack(hy_rows_blob(r, 0), out, err);
    hy_rows_end(r);
    return rc;
}

static int check_text(struct hy_str hash, struct hy_str text, struct hy_err *err)
{
    char is[HY_SHA256_HEX];

    if (!hy_str_is(hash, hy_sha256_hex(text, is)))
        return hy_fail(err, HY_E_PARSE, "存档里 " HY_STR_FMT " 的正文已损坏", HY_STR_ARG(hash));
    return HY_OK;
}

int hy_store_get(struct hy_store *s, struct hy_str hash, enum hy_evidence_kind *ret,
                 struct hy_buf *out, struct hy_err *err)
{
    static const char *const texts[] = {
        "SELECT body FROM item WHERE hash = ? AND body IS NOT NULL LIMIT 1",
        "SELECT body FROM version WHERE hash = ?"};

    if (!hy_blob_is_name(hash)) /* with the message for it */
        return hy_blobs_get(s->blobs, hash, out, err);
    for (size_t i = 0; i < HY_COUNT(texts); i++) {
        size_t before = out->n;
        int rc = text_of(s, texts[i], hash, out, err);
        if (rc == HY_E_NOTFOUND)
            continue;
        *ret = HY_EVIDENCE_TEXT;
        return rc < 0 ? rc : check_text(hash, hy_str_sub(hy_buf_view(out), before, out->n), err);
    }
    *ret = HY_EVIDENCE_PAGE;
    return hy_blobs_get(s->blobs, hash, out, err);
}

/* -- captures ---------------------------------------------------------------------------------- */

static int capture_of(const struct hy_rows *r, json_t **ret, struct hy_err *err)
{
    json_t *meta = NULL, *o = json_object();

    if (hy_store_unpack_json(hy_rows_blob(r, 9), &meta, err) < 0) {
        json_decref(o);
        return err->code;
    }
    hy_json_set_str(o, "item", hy_rows_text(r, 0));
    hy_json_set_time(o, "at", (hy_wall){hy_rows_int(r, 1)}, HY_CST);
    hy_json_set_int(o, "part", hy_rows_int(r, 2));
    hy_json_set_int(o, "parts", hy_rows_int(r, 3));
    hy_json_set_str(o, "change", hy_rows_text(r, 4));
    hy_json_set_str(o, "sha256", hy_rows_text(r, 5));
    hy_json_set_str(o, "hash", hy_rows_text(r, 6));
    hy_json_set_time(o, "seen", (hy_wall){hy_rows_int(r, 7)}, HY_CST);
    json_object_set_new(o, "page", json_boolean(hy_rows_int(r, 8)));
    json_object_set_new(o, "meta", meta);
    *ret = o;
    return HY_OK;
}

static int read_captures(struct hy_rows *r, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *list = json_array();
    json_t *o = NULL;
    int rc;

    while ((rc = hy_rows_next(r, err)) > 0) {
        if ((rc = capture_of(r, &o, err)) < 0)
            break;
        json_array_append_new(list, o);
    }
    hy_rows_end(r);
    if (rc == HY_OK)
        *ret = HY_TAKE(list);
    return rc;
}

#define CAPTURES                                                                                   \
    "SELECT item, at, part, parts, change, sha256, hash, seen, page, meta FROM capture WHERE "

int hy_store_captures_of_item(struct hy_store *s, struct hy_str item, json_t **ret,
                              struct hy_err *err)
{
    struct hy_rows *r = NULL;

    if (hy_db_ask(s->db, &r, err, CAPTURES "item = ? ORDER BY at, part", "t", item) < 0)
        return err->code;
    return read_captures(r, ret, err);
}

int hy_store_captures_of_hash(struct hy_store *s, struct hy_str hash, json_t **ret,
                              struct hy_err *err)
{
    struct hy_rows *r = NULL;

    /* The conditions repeat those of the partial indexes. */
    if (hy_db_ask(s->db, &r, err,
                  CAPTURES "(sha256 = ?1 AND sha256 <> '') OR (hash = ?1 AND hash <> '') "
                           "ORDER BY at, part",
                  "t", hash) < 0)
        return err->code;
    return read_captures(r, ret, err);
}

/* -- items and incidents ----------------------------------------------------------------------- */

/* "title\ntext" back into the object. */
static int add_body(json_t *o, struct hy_str packed, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX);
    int rc = hy_zstd_unpack(packed, &body, err);
    struct hy_str text = hy_buf_view(&body), title = {0};

    if (rc == HY_OK) {
        hy_str_cut(&text, '\n', &title);
        hy_json_set_str(o, "title", title);
        hy_json_set_str(o, "text", text);
    }
    hy_buf_release(&body);
    return rc;
}

int hy_store_item_of(const struct hy_rows *r, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;

    if (hy_store_unpack_json(hy_rows_blob(r, 0), &o, err) < 0)
        return err->code;
    if (!hy_rows_is_null(r, 1) && add_body(o, hy_rows_blob(r, 1), err) < 0)
        return err->code;
    if (hy_rows_is_null(r, 1))
        json_object_set_new(o, "expired", json_true());
    if (!hy_rows_is_null(r, 2))
        hy_json_set_str(o, "incident", hy_rows_text(r, 2));
    *ret = HY_TAKE(o);
    return HY_OK;
}

int hy_store_get_item(struct hy_store *s, struct hy_str id, json_t **ret, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, "SELECT " HY_STORE_ITEM " FROM item WHERE id = ?", "t", id);

    if (rc < 0 || (rc = hy_rows_next(r, err)) < 0)
        return rc;
    if (rc == 0)
        return hy_fail(err, HY_E_NOTFOUND, "存档里没有 " HY_STR_FMT, HY_STR_ARG(id));
    rc = hy_store_item_of(r, ret, err);
    hy_rows_end(r);
    return rc;
}

static int items_of(struct hy_store *s, struct hy_str incident, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *list = json_array();
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, "SELECT item FROM pin WHERE incident = ? ORDER BY item", "t",
                       incident);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0)
        json_array_append_new(list, hy_json_of_str(hy_rows_text(r, 0)));
    if (rc == HY_OK)
        *ret = HY_TAKE(list);
    return rc;
}

int hy_store_get_incident(struct hy_store *s, struct hy_str id, json_t **ret_doc,
                          json_t **ret_items, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err, "SELECT doc FROM incident WHERE id = ?", "t", id);

    if (rc < 0 || (rc = hy_rows_next(r, err)) < 0)
        return rc;
    if (rc == 0)
        return hy_fail(err, HY_E_NOTFOUND, "存档里没有事件 " HY_STR_FMT, HY_STR_ARG(id));
    rc = hy_store_unpack_json(hy_rows_blob(r, 0), &doc, err);
    hy_rows_end(r);
    if (rc < 0 || items_of(s, id, ret_items, err) < 0)
        return rc < 0 ? rc : err->code;
    *ret_doc = HY_TAKE(doc);
    return HY_OK;
}
