/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/pull.h"

#include "archive/store_parts.h"
#include "core/zstd.h"

enum { SLICE = 500, ASKED_AT_ONCE = 50, PAGE_MAX = 32 << 20 };
#define CURSOR "common" /* in the table meta: the last capture of the common store that was seen */

/* The page as hy_store_capture() wants it; stays empty when it has expired there. */
static int page_of(struct hy_store *common, const json_t *capture, struct hy_buf *packed,
                   struct hy_err *err)
{
    struct hy_buf page = HY_BUF_INIT(PAGE_MAX);
    enum hy_evidence_kind kind;
    int rc = HY_OK;

    if (json_is_true(json_object_get(capture, "page")))
        rc = hy_store_get(common, hy_json_str(capture, "sha256"), &kind, &page, err);
    if (rc == HY_OK && page.n)
        hy_zstd_pack(hy_buf_view(&page), packed);
    hy_buf_release(&page);
    return rc == HY_E_NOTFOUND ? HY_OK : rc;
}

/* When the page was found the same again, as a visit of its own. */
static int pull_seen(struct hy_store *s, const json_t *capture, json_t *meta, hy_wall now,
                     struct hy_err *err)
{
    hy_wall at = hy_json_time(capture, "at"), seen = hy_json_time(capture, "seen");

    if (!hy_wall_known(seen) || seen.ms <= at.ms)
        return HY_OK;
    hy_json_set_str(meta, "change", HY_STR("same"));
    hy_json_set_time(meta, "fetched", seen, HY_CST);
    return hy_store_capture(s, meta, hy_str(""), now, err);
}

static int pull(struct hy_store *s, struct hy_store *common, const json_t *capture, hy_wall now,
                struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *meta = json_deep_copy(json_object_get(capture, "meta"));
    HY_CLEANUP(hy_buf_release) struct hy_buf packed = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int64_t here;

    if (hy_db_int(s->db, &here, 0, err,
                  "SELECT 1 FROM capture WHERE item = ? AND at = ? AND part = ?", "tii",
                  hy_json_str(capture, "item"), hy_json_time(meta, "fetched").ms,
                  hy_json_int(capture, "part", 1)) < 0)
        return err->code;
    if (!here && (page_of(common, capture, &packed, err) < 0 ||
                  hy_store_capture(s, meta, hy_buf_view(&packed), now, err) < 0))
        return err->code;
    return pull_seen(s, capture, meta, now, err);
}

int hy_pull_item(struct hy_store *s, struct hy_store *common, struct hy_str item, hy_wall now,
                 struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *captures = NULL;
    size_t i;
    json_t *c;

    if (hy_store_captures_of_item(common, item, &captures, err) < 0)
        return err->code;
    json_array_foreach (captures, i, c)
        if (pull(s, common, c, now, err) < 0)
            return hy_wrap(err, "capture of " HY_STR_FMT, HY_STR_ARG(item));
    return HY_OK;
}

/* Items of the next captures, each once, and how far that is. */
static int next_items(struct hy_store *common, int64_t *upto, json_t *items, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(common->db, &r, err,
                       "SELECT n, item FROM capture WHERE n > ? ORDER BY n LIMIT ?", "ii", *upto,
                       (int64_t)SLICE);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        HY_CLEANUP(hy_freep) char *item = hy_str_dup(hy_rows_text(r, 1));
        *upto = hy_rows_int(r, 0);
        json_object_set_new(items, item, json_true());
    }
    return rc;
}

/* What was asked of the crawler and is not answered yet: a page that is the same leaves no new
 * capture behind. */
static int asked_items(struct hy_store *s, json_t *items, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT item FROM watch WHERE tries > 0 ORDER BY due DESC LIMIT ?", "i",
                       (int64_t)ASKED_AT_ONCE);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        HY_CLEANUP(hy_freep) char *item = hy_str_dup(hy_rows_text(r, 0));
        json_object_set_new(items, item, json_true());
    }
    return rc;
}

static int pull_known(struct hy_store *s, struct hy_store *common, const json_t *items, hy_wall now,
                      struct hy_err *err)
{
    const char *item;
    json_t *unused;
    int64_t known;

    json_object_foreach ((json_t *)items, item, unused) {
        if (hy_db_int(s->db, &known, 0, err, "SELECT 1 FROM item WHERE id = ?", "t",
                      hy_str(item)) < 0)
            return err->code;
        if (known && hy_pull_item(s, common, hy_str(item), now, err) < 0)
            return err->code;
    }
    return HY_OK;
}

int hy_pull_new(struct hy_store *s, struct hy_store *common, hy_wall now, bool *any,
                struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *items = json_object();
    int64_t before, upto;

    if (hy_db_int(s->db, &before, 0, err, "SELECT value FROM meta WHERE key = '" CURSOR "'", "") <
        0)
        return err->code;
    upto = before;
    if (next_items(common, &upto, items, err) < 0 || asked_items(s, items, err) < 0 ||
        pull_known(s, common, items, now, err) < 0)
        return err->code;
    *any = upto > before;
    return hy_db_run(s->db, err,
                     "INSERT OR REPLACE INTO meta(key, value) VALUES('" CURSOR "', ?)", "i", upto);
}
