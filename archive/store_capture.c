/* SPDX-License-Identifier: Apache-2.0 */
/* Captures: the pages behind the items, when they appeared, changed and went. */
#include "archive/store_parts.h"
#include "archive/watch.h"

#include "core/zstd.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 32 << 20 };

struct visit { /* one capture as it came */
    const json_t *meta;
    struct hy_str item, hash, sha256, change;
    hy_wall at;
    int64_t part, parts;
    bool page;
};

static int read_visit(const json_t *meta, struct hy_str body, struct visit *v, struct hy_err *err)
{
    *v = (struct visit){.meta = meta,
                        .item = hy_json_str(meta, "item"),
                        .hash = hy_json_str(meta, "hash"),
                        .sha256 = hy_json_str(meta, "sha256"),
                        .change = hy_json_str(meta, "change"),
                        .at = hy_json_time(meta, "fetched"),
                        .part = hy_json_int(meta, "part", 1),
                        .parts = hy_json_int(meta, "parts", 1),
                        .page = body.n > 0};
    if (v->item.n == 0 || !hy_wall_known(v->at) || v->change.n == 0 ||
        (v->hash.n && !hy_blob_is_name(v->hash)) || (v->page && !hy_blob_is_name(v->sha256)))
        return hy_fail(err, HY_E_PARSE, "a capture without item, time, change or hash");
    return HY_OK;
}

/* -- what it brought --------------------------------------------------------------------------- */

static int check_page(const struct visit *v, struct hy_str body, struct hy_err *err)
{
    struct hy_buf page = HY_BUF_INIT(PAGE_MAX);
    char is[HY_SHA256_HEX];
    int rc = hy_zstd_unpack(body, &page, err);

    if (rc == HY_OK && !hy_str_is(v->sha256, hy_sha256_hex(hy_buf_view(&page), is)))
        rc = hy_fail(err, HY_E_PARSE, "a page that is not its hash's");
    hy_buf_release(&page);
    return rc < 0 ? hy_wrap(err, "capture of " HY_STR_FMT, HY_STR_ARG(v->item)) : HY_OK;
}

/* The text is also the item's; it is kept here in case that never comes. */
static int keep_text(struct hy_store *s, const struct visit *v, hy_wall now, struct hy_err *err)
{
    struct hy_buf body = HY_BUF_INIT(HY_BODY_MAX), packed = HY_BUF_INIT(HY_BODY_MAX);
    char is[HY_SHA256_HEX];
    int rc = HY_OK;

    hy_buf_str(&body, hy_json_str(v->meta, "title"));
    hy_buf_char(&body, '\n');
    hy_buf_str(&body, hy_json_str(v->meta, "text"));
    if (v->hash.n && hy_str_is(v->hash, hy_sha256_hex(hy_buf_view(&body), is))) {
        hy_zstd_pack(hy_buf_view(&body), &packed);
        rc = hy_store_keep_version(s, v->item, v->hash, hy_buf_view(&packed), now, err);
    }
    hy_buf_release(&body);
    hy_buf_release(&packed);
    return rc;
}

/* -- what was there before --------------------------------------------------------------------- */

struct before { /* the newest capture of the item and part */
    bool is;
    int64_t n;
    char hash[HY_SHA256_HEX], change[16];
};

static void take(char *out, size_t size, struct hy_str s)
{
    s = hy_str_sub(s, 0, size - 1);
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
}

static int look_before(struct hy_store *s, const struct visit *v, struct before *b,
                       struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT n, hash, change FROM capture WHERE item = ? AND part = ? "
                       "ORDER BY at DESC LIMIT 1",
                       "ti", v->item, v->part);

    *b = (struct before){0};
    if (rc < 0 || (rc = hy_rows_next(r, err)) <= 0)
        return rc;
    b->is = true;
    b->n = hy_rows_int(r, 0);
    take(b->hash, sizeof(b->hash), hy_rows_text(r, 1));
    take(b->change, sizeof(b->change), hy_rows_text(r, 2));
    hy_rows_end(r);
    return HY_OK;
}

/* The crawler forgets a page after 60 days and calls it new again; we know better. */
static struct hy_str change_of(const struct visit *v, const struct before *b)
{
    if (!b->is || !hy_str_is(v->change, "first"))
        return v->change;
    bool same = hy_str_is(v->hash, b->hash) && strcmp(b->change, "gone") != 0;
    return same ? HY_STR("same") : HY_STR("changed");
}

static int insert(struct hy_store *s, const struct visit *v, struct hy_str change,
                  struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *meta = json_copy((json_t *)v->meta);
    struct hy_buf packed = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    json_object_del(meta, "title");
    json_object_del(meta, "text");
    hy_store_pack_json(meta, &packed);
    int rc = hy_db_run(s->db, err,
                       "INSERT OR IGNORE INTO capture(item, at, part, parts, change, sha256, hash,"
                       "  seen, page, meta) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       "tiiitttiib", v->item, v->at.ms, v->part, v->parts, change,
                       v->page ? v->sha256 : hy_str(""), v->hash, v->at.ms, (int64_t)v->page,
                       hy_buf_view(&packed));
    hy_buf_release(&packed);
    return rc;
}

static int seen_again(struct hy_store *s, const struct visit *v, const struct before *b,
                      struct hy_err *err)
{
    return hy_db_run(s->db, err, "UPDATE capture SET seen = max(seen, ?) WHERE n = ?", "ii",
                     v->at.ms, b->n);
}

int hy_store_capture(struct hy_store *s, const json_t *meta, struct hy_str body, hy_wall now,
                     struct hy_err *err)
{
    struct visit v;
    struct before b;

    if (read_visit(meta, body, &v, err) < 0 || (v.page && check_page(&v, body, err) < 0) ||
        keep_text(s, &v, now, err) < 0 || look_before(s, &v, &b, err) < 0)
        return err->code;
    struct hy_str change = change_of(&v, &b);
    if (b.is && hy_str_is(change, "same")) {
        if (seen_again(s, &v, &b, err) < 0)
            return err->code;
    } else if ((v.page && hy_blobs_put(s->blobs, v.sha256, body, err) < 0) ||
               insert(s, &v, change, err) < 0) {
        return err->code;
    }
    return hy_watch_answered(s, v.item, v.at, err);
}
