/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/watch.h"

#include "archive/store_parts.h"
#include "core/url.h"

#include <stdlib.h>

#define SOONEST_MS (30 * HY_MINUTE_MS)
#define LATEST_MS HY_DAY_MS
enum { MAX_DOUBLINGS = 6 };

static int64_t clamp(int64_t ms)
{
    return HY_MAX(SOONEST_MS, HY_MIN(LATEST_MS, ms));
}

int hy_watch_begin(struct hy_store *s, struct hy_str item, hy_wall now, struct hy_err *err)
{
    int64_t captured;

    /* No capture at all: it got lost on the way, so the page is wanted at once. */
    if (hy_db_int(s->db, &captured, 0, err, "SELECT 1 FROM capture WHERE item = ? LIMIT 1", "t",
                  item) < 0)
        return err->code;
    return hy_db_run(s->db, err, "INSERT OR IGNORE INTO watch(item, due, tries) VALUES(?, ?, 0)",
                     "ti", item, captured ? now.ms + SOONEST_MS : now.ms);
}

int hy_watch_end(struct hy_store *s, struct hy_str incident, struct hy_err *err)
{
    return hy_db_run(s->db, err,
                     "DELETE FROM watch WHERE item IN (SELECT item FROM pin WHERE incident = ?) "
                     "AND NOT EXISTS (SELECT 1 FROM pin JOIN incident ON incident.id = pin.incident"
                     "  WHERE pin.item = watch.item AND incident.open)",
                     "t", incident);
}

int hy_watch_answered(struct hy_store *s, struct hy_str item, hy_wall at, struct hy_err *err)
{
    int64_t first;

    if (hy_db_int(s->db, &first, at.ms, err, "SELECT min(at) FROM capture WHERE item = ?", "t",
                  item) < 0)
        return err->code;
    return hy_db_run(s->db, err, "UPDATE watch SET due = ?, tries = 0 WHERE item = ?", "it",
                     at.ms + clamp((at.ms - first) / 4), item);
}

char *hy_watch_item_of(struct hy_str url)
{
    struct hy_url u = {0};
    struct hy_err ignored = HY_ERR_INIT;
    char hash[HY_SHA256_HEX], *id = NULL;

    if (hy_url_parse(url, NULL, &u, &ignored) == HY_OK && hy_url_is_http(&u)) {
        HY_CLEANUP(hy_freep) char *canonical = hy_url_canonical(&u);
        id = hy_xasprintf("u%.24s", hy_sha256_hex(hy_str(canonical), hash));
    }
    hy_url_release(&u);
    return id;
}

/* -- asking ------------------------------------------------------------------------------------ */

/* By the newest capture, else by the item, when its address is the one it was found under: asking
 * for another would make another item of it. */
static int origin_of(struct hy_store *s, struct hy_str item, char **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT meta, 0 FROM (SELECT meta FROM capture WHERE item = ?1 "
                       "  ORDER BY at DESC LIMIT 1) "
                       "UNION ALL SELECT doc, 1 FROM item WHERE id = ?1",
                       "t", item);

    *ret = NULL;
    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0 && *ret == NULL) {
        json_decref(HY_TAKE(o));
        if ((rc = hy_store_unpack_json(hy_rows_blob(r, 0), &o, err)) < 0)
            break;
        struct hy_str source = hy_json_str(o, "source");
        struct hy_str url = hy_json_str(o, hy_rows_int(r, 1) ? "url" : "requested");
        HY_CLEANUP(hy_freep) char *id = hy_watch_item_of(url);
        if (id && source.n && hy_str_is(item, id))
            *ret = hy_xasprintf(HY_STR_FMT " " HY_STR_FMT, HY_STR_ARG(source), HY_STR_ARG(url));
    }
    hy_rows_end(r);
    return rc < 0 ? rc : HY_OK;
}

static int due_items(struct hy_store *s, hy_wall now, int most, json_t *items, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc = hy_db_ask(s->db, &r, err,
                       "SELECT item, tries FROM watch WHERE due <= ? ORDER BY due LIMIT ?", "ii",
                       now.ms, (int64_t)most);

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        json_t *o = json_object();
        hy_json_set_str(o, "item", hy_rows_text(r, 0));
        hy_json_set_int(o, "tries", hy_rows_int(r, 1));
        json_array_append_new(items, o);
    }
    return rc;
}

static int count_asked(struct hy_store *s, struct hy_str item, int64_t tries, hy_wall now,
                       struct hy_err *err)
{
    int64_t wait = clamp(SOONEST_MS << HY_MIN(tries, (int64_t)MAX_DOUBLINGS));

    return hy_db_run(s->db, err, "UPDATE watch SET due = ?, tries = tries + 1 WHERE item = ?", "it",
                     now.ms + wait, item);
}

int hy_watch_ask(struct hy_store *s, hy_wall now, int most, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *items = json_array();
    HY_CLEANUP(hy_json_freep) json_t *members = json_array();
    size_t i;
    json_t *o;

    if (due_items(s, now, most, items, err) < 0)
        return err->code;
    json_array_foreach (items, i, o) {
        HY_CLEANUP(hy_freep) char *member = NULL;
        struct hy_str item = hy_json_str(o, "item");
        if (origin_of(s, item, &member, err) < 0 ||
            count_asked(s, item, hy_json_int(o, "tries", 0), now, err) < 0)
            return err->code;
        if (member)
            json_array_append_new(members, hy_json_of_str(hy_str(member)));
    }
    *ret = HY_TAKE(members);
    return HY_OK;
}
