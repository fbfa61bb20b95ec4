/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive export, stats, check, rebuild: what is done with the whole of it. */
#include "archive/cmd.h"
#include "archive/index.h"
#include "archive/store_parts.h"

#include "core/mem.h"
#include "core/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- export ------------------------------------------------------------------------------------ */

/* What people said of it: the seam for tuning and backtests. */
static json_t *label_of(const json_t *doc, struct hy_str state, struct hy_str reason)
{
    const json_t *times = json_object_get(doc, "times"), *units = json_object_get(doc, "units");
    bool dismissed = hy_str_is(state, "dismissed");
    bool confirmed = hy_wall_known(hy_json_time(times, "confirmed"));
    json_t *label = json_object(), *topics = json_array(), *topic;
    json_t *level = json_object_get(doc, "level");
    struct hy_str unit = hy_json_str(json_object_get(units, "lead"), "id");
    size_t i;

    json_array_foreach (json_object_get(doc, "topics"), i, topic)
        json_array_append_new(topics, hy_json_of_str(hy_json_str(topic, "id")));
    hy_json_set_str(label, "verdict",
                    dismissed   ? HY_STR("dismissed")
                    : confirmed ? HY_STR("confirmed")
                                : HY_STR("none"));
    json_object_set_new(label, "reason", reason.n ? hy_json_of_str(reason) : json_null());
    json_object_set_new(label, "level", level ? json_incref(level) : json_null());
    json_object_set_new(label, "unit", unit.n ? hy_json_of_str(unit) : json_null());
    json_object_set_new(label, "topics", topics);
    hy_json_set_str(label, "incident", hy_json_str(doc, "id"));
    return label;
}

static json_t *no_label(void)
{
    return json_pack("{s:s,s:n,s:n,s:n,s:[],s:n}", "verdict", "none", "reason", "level", "unit",
                     "topics", "incident");
}

/* Columns behind HY_STORE_ITEM: state, reason, doc of the incident. */
static int add_label(const struct hy_rows *r, json_t *item, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    if (hy_rows_is_null(r, 5)) {
        json_object_set_new(item, "label", no_label());
        return HY_OK;
    }
    if (hy_store_unpack_json(hy_rows_blob(r, 5), &doc, err) < 0)
        return err->code;
    json_object_set_new(item, "label", label_of(doc, hy_rows_text(r, 3), hy_rows_text(r, 4)));
    return HY_OK;
}

static int write_line(FILE *f, const json_t *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);

    return fprintf(f, "%s\n", text) < 0 ? hy_fail_errno(err, "cannot write") : HY_OK;
}

static int export_rows(struct hy_store *s, const struct hy_archive_opts *o, int64_t low,
                       int64_t high, FILE *f, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int64_t total;
    size_t done = 0;
    int rc = hy_db_int(s->db, &total, 0, err,
                       "SELECT count(*) FROM item WHERE kind = 0 AND row BETWEEN ? AND ?", "ii",
                       low, high);
    struct hy_progress bar = hy_progress_new("导出", (size_t)(rc < 0 ? 0 : total));

    if (rc == HY_OK)
        rc =
            hy_db_ask(s->db, &r, err,
                      "SELECT " HY_STORE_ITEM ", incident.state, incident.reason, incident.doc "
                      "FROM item LEFT JOIN incident ON incident.id = (SELECT pin.incident FROM pin "
                      "  JOIN incident AS i ON i.id = pin.incident WHERE pin.item = item.id "
                      "  ORDER BY i.open DESC, i.id DESC LIMIT 1) "
                      "WHERE kind = 0 AND row BETWEEN ? AND ? ORDER BY row",
                      "ii", low, high);
    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        HY_CLEANUP(hy_json_freep) json_t *item = NULL;
        if ((rc = hy_store_item_of(r, &item, err)) < 0 ||
            (o->labels && (rc = add_label(r, item, err)) < 0) ||
            (rc = write_line(f, item, err)) < 0)
            break;
        hy_progress_at(&bar, ++done);
    }
    hy_rows_end(r);
    hy_progress_end(&bar);
    return rc;
}

int hy_archive_export(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    hy_wall from, to;

    (void)nargs, (void)args;
    if (hy_archive_period(o, &from, &to, err) < 0 || hy_archive_open(o, HY_STORE_READ, &s, err) < 0)
        return err->code;
    FILE *f = o->out ? fopen(o->out, "we") : stdout;
    if (f == NULL)
        return hy_fail_errno(err, "cannot write %s", o->out);
    int rc = export_rows(s, o, hy_wall_known(from) ? hy_row_first(from) : 0,
                         hy_wall_known(to) ? hy_row_first(to) - 1 : INT64_MAX, f, err);
    if (rc == HY_OK && fflush(f) != 0)
        rc = hy_fail_errno(err, "cannot write %s", o->out ? o->out : "standard output");
    if (f != stdout)
        fclose(f);
    return rc;
}

/* -- stats ------------------------------------------------------------------------------------- */

static const struct figure {
    const char *name, *label, *sql;
} figures[] = {
    {"items", "条目", "SELECT count(*) FROM item WHERE kind = 0"},
    {"texts", "其中有正文、可检索",
     "SELECT count(*) FROM item WHERE kind = 0 AND body IS NOT NULL"},
    {"incidents", "事件", "SELECT count(*) FROM incident"},
    {"open_incidents", "其中未办结", "SELECT count(*) FROM incident WHERE open"},
    {"evidence_items", "属于事件的条目", "SELECT count(DISTINCT item) FROM pin"},
    {"captures", "采集记录", "SELECT count(*) FROM capture"},
    {"pages", "其中网页原文", "SELECT count(*) FROM capture WHERE page"},
    {"changed", "内容改变", "SELECT count(*) FROM capture WHERE change = 'changed'"},
    {"gone", "页面消失", "SELECT count(*) FROM capture WHERE change = 'gone'"},
    {"versions", "旧版本正文", "SELECT count(*) FROM version"},
    {"watched", "正在复查的页面", "SELECT count(*) FROM watch"},
    {"database_bytes", "数据库字节",
     "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"},
};

struct sum {
    int64_t files, bytes;
};

static int add_file(struct hy_str hash, int64_t size, int64_t age_s, void *user, struct hy_err *err)
{
    struct sum *sum = user;

    (void)hash, (void)age_s, (void)err;
    sum->files++;
    sum->bytes += size;
    return HY_OK;
}

static int period_of(struct hy_store *s, json_t *o, struct hy_err *err)
{
    int64_t first, last;

    if (hy_db_int(s->db, &first, -1, err, "SELECT min(row) FROM item", "") < 0 ||
        hy_db_int(s->db, &last, -1, err, "SELECT max(row) FROM item", "") < 0)
        return err->code;
    hy_json_set_time(o, "first", first < 0 ? HY_WALL_NONE : hy_row_time(first), HY_CST);
    hy_json_set_time(o, "last", last < 0 ? HY_WALL_NONE : hy_row_time(last), HY_CST);
    return HY_OK;
}

static void print_stats(const json_t *o)
{
    char first[HY_SHORT_TIME], last[HY_SHORT_TIME];

    for (size_t i = 0; i < HY_COUNT(figures); i++)
        printf("%s %lld\n", figures[i].label, (long long)hy_json_int(o, figures[i].name, 0));
    printf("网页文件 %lld 个，%lld 字节\n", (long long)hy_json_int(o, "page_files", 0),
           (long long)hy_json_int(o, "page_bytes", 0));
    if (hy_wall_known(hy_json_time(o, "first")))
        printf("时间从 %s 到 %s\n", hy_archive_time(hy_json_time(o, "first"), first),
               hy_archive_time(hy_json_time(o, "last"), last));
}

int hy_archive_stats(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    HY_CLEANUP(hy_json_freep) json_t *answer = json_object();
    struct sum files = {0};
    int64_t n;

    (void)nargs, (void)args;
    if (hy_archive_open(o, HY_STORE_READ, &s, err) < 0 ||
        hy_blobs_walk(s->blobs, add_file, &files, err) < 0)
        return err->code;
    for (size_t i = 0; i < HY_COUNT(figures); i++) {
        if (hy_db_int(s->db, &n, 0, err, figures[i].sql, "") < 0)
            return err->code;
        hy_json_set_int(answer, figures[i].name, n);
    }
    hy_json_set_int(answer, "page_files", files.files);
    hy_json_set_int(answer, "page_bytes", files.bytes);
    if (period_of(s, answer, err) < 0)
        return err->code;
    if (o->json) {
        hy_json_print(answer);
    } else {
        print_stats(answer);
    }
    return HY_EXIT_OK;
}

/* -- check ------------------------------------------------------------------------------------- */

struct checking {
    struct hy_store *s;
    int64_t pages, bad;
};

static void complain(struct checking *c, const struct hy_err *why)
{
    c->bad++;
    printf("%s\n", why->msg);
}

static int check_page(struct hy_str hash, int64_t size, int64_t age_s, void *user,
                      struct hy_err *err)
{
    struct checking *c = user;
    struct hy_buf page = HY_BUF_INIT((size_t)64 << 20);
    struct hy_err why = HY_ERR_INIT;

    (void)size, (void)age_s, (void)err;
    c->pages++;
    if (hy_blobs_get(c->s->blobs, hash, &page, &why) < 0)
        complain(c, &why);
    hy_buf_release(&page);
    return HY_OK;
}

/* Every page that a capture says is here. */
static int check_missing(struct checking *c, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    struct hy_err why = HY_ERR_INIT;
    int rc = hy_db_ask(c->s->db, &r, err, "SELECT DISTINCT sha256 FROM capture WHERE page", "");

    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        struct hy_str hash = hy_rows_text(r, 0);
        if (hy_blobs_has(c->s->blobs, hash))
            continue;
        hy_fail(&why, HY_E_STATE, "缺少网页 " HY_STR_FMT, HY_STR_ARG(hash));
        complain(c, &why);
    }
    return rc;
}

int hy_archive_check(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    struct hy_err why = HY_ERR_INIT;

    (void)nargs, (void)args;
    if (hy_archive_open(o, HY_STORE_READ, &s, err) < 0)
        return err->code;
    struct checking c = {.s = s};
    if (hy_db_check(s->db, &why) < 0)
        complain(&c, &why);
    why = HY_ERR_INIT;
    if (hy_index_check(s->db, &why) < 0)
        complain(&c, &why);
    if (hy_blobs_walk(s->blobs, check_page, &c, err) < 0 || check_missing(&c, err) < 0)
        return err->code;
    if (c.bad == 0)
        printf("ok: 数据库、索引和 %lld 个网页完好\n", (long long)c.pages);
    return c.bad ? HY_EXIT_NO : HY_EXIT_OK;
}

/* -- rebuild ----------------------------------------------------------------------------------- */

/* Beside the role, which goes on: each slice is a transaction of its own. */
int hy_archive_rebuild(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_db_closep) struct hy_db *db = NULL;
    int64_t done = 0, total = 1;

    (void)nargs, (void)args;
    if (hy_role_resolve(&o->role, &role, err) < 0)
        return err->code;
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/archive/archive.db", role.data);
    if (hy_db_open(path, HY_DB_CHANGE, &db, err) < 0)
        return err->code;
    struct hy_progress bar = hy_progress_new("重建索引", 0);
    while (done < total) {
        if (hy_index_rebuild(db, &done, &total, err) < 0)
            return err->code;
        bar.total = (size_t)total;
        hy_progress_at(&bar, (size_t)done);
    }
    hy_progress_end(&bar);
    printf("索引已重建：%lld 篇\n", (long long)done);
    return HY_EXIT_OK;
}
