/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive show, history: one page, text or item as it was kept, and what became of it. */
#include "archive/cmd.h"
#include "archive/diff.h"

#include "core/mem.h"

#include <stdio.h>

enum { PAGE_MAX = 64 << 20 };

/* -- show -------------------------------------------------------------------------------------- */

static int write_out(const char *path, struct hy_str bytes, struct hy_err *err)
{
    FILE *f = path ? fopen(path, "we") : stdout;

    if (f == NULL)
        return hy_fail_errno(err, "cannot write %s", path);
    bool ok = fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fflush(f) == 0;
    if (!ok)
        hy_fail_errno(err, "cannot write %s", path ? path : "standard output");
    if (path && fclose(f) != 0 && ok)
        return hy_fail_errno(err, "cannot write %s", path);
    return ok ? HY_OK : err->code;
}

/* Where it was seen, beside the bytes. */
static void tell_origin(const json_t *captures)
{
    size_t i;
    json_t *c;
    char when[HY_SHORT_TIME];

    json_array_foreach (captures, i, c) {
        struct hy_str url = hy_json_str(json_object_get(c, "meta"), "final_url");
        fprintf(stderr, "%s  " HY_STR_FMT "  " HY_STR_FMT "\n",
                hy_archive_time(hy_json_time(c, "at"), when), HY_STR_ARG(hy_json_str(c, "item")),
                HY_STR_ARG(url));
    }
}

static int show_hash(struct hy_store *s, const struct hy_archive_opts *o, struct hy_str hash,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *captures = NULL;
    struct hy_buf bytes = HY_BUF_INIT(PAGE_MAX);
    enum hy_evidence_kind kind;

    if (hy_store_captures_of_hash(s, hash, &captures, err) < 0)
        return err->code;
    if (o->json) {
        hy_json_print(captures);
        return json_array_size(captures) ? HY_EXIT_OK : HY_EXIT_NO;
    }
    int rc = hy_store_get(s, hash, &kind, &bytes, err);
    if (rc == HY_OK) {
        tell_origin(captures);
        rc = write_out(o->out, hy_buf_view(&bytes), err);
    }
    hy_buf_release(&bytes);
    return rc;
}

static int show_document(struct hy_store *s, struct hy_str id, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_json_freep) json_t *items = NULL;
    struct hy_err none = HY_ERR_INIT;

    if (hy_store_get_incident(s, id, &doc, &items, &none) == HY_E_NOTFOUND) {
        if (hy_store_get_item(s, id, &doc, err) < 0)
            return err->code;
    } else if (none.code) {
        return hy_fail(err, none.code, "%s", none.msg);
    } else {
        json_object_set(doc, "all_items", items);
    }
    hy_json_print(doc);
    return HY_EXIT_OK;
}

int hy_archive_show(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    struct hy_str what = hy_str(args[0]);

    (void)nargs;
    if (hy_archive_open(o, HY_STORE_READ, &s, err) < 0)
        return err->code;
    return hy_blob_is_name(what) ? show_hash(s, o, what, err) : show_document(s, what, err);
}

/* -- history ----------------------------------------------------------------------------------- */

static const char *change_label(struct hy_str change)
{
    static const char *const labels[][2] = {
        {"first", "首次采到"}, {"changed", "内容改变"}, {"gone", "页面消失"}, {"same", "没有变化"}};

    for (size_t i = 0; i < HY_COUNT(labels); i++)
        if (hy_str_is(change, labels[i][0]))
            return labels[i][1];
    return "采集";
}

/* The text of a capture; empty when it has expired. */
static int text_of(struct hy_store *s, const json_t *capture, struct hy_buf *out,
                   struct hy_err *err)
{
    struct hy_str hash = hy_json_str(capture, "hash");
    struct hy_err why = HY_ERR_INIT;
    enum hy_evidence_kind kind;

    hy_buf_clear(out);
    if (hash.n == 0 || hy_store_get(s, hash, &kind, out, &why) == HY_OK)
        return HY_OK;
    hy_buf_clear(out);
    return why.code == HY_E_NOTFOUND ? HY_OK : hy_fail(err, why.code, "%s", why.msg);
}

static void print_capture(const json_t *c, const char *difference)
{
    const json_t *meta = json_object_get(c, "meta");
    hy_wall at = hy_json_time(c, "at"), seen = hy_json_time(c, "seen");
    char when[HY_SHORT_TIME];

    printf("%s  %s", hy_archive_time(at, when), change_label(hy_json_str(c, "change")));
    if (hy_json_int(meta, "status", 0))
        printf("  HTTP %lld", (long long)hy_json_int(meta, "status", 0));
    if (hy_json_int(c, "parts", 1) > 1)
        printf("  第 %lld 页，共 %lld 页", (long long)hy_json_int(c, "part", 1),
               (long long)hy_json_int(c, "parts", 1));
    hy_archive_line("\n    ", hy_json_str(meta, "final_url"), "\n");
    if (hy_json_str(c, "sha256").n)
        printf("    网页 " HY_STR_FMT "%s\n", HY_STR_ARG(hy_json_str(c, "sha256")),
               hy_json_bool(c, "page") ? "" : "（原文已过保存期限）");
    if (hy_json_str(c, "hash").n)
        printf("    正文 " HY_STR_FMT "\n", HY_STR_ARG(hy_json_str(c, "hash")));
    if (seen.ms > at.ms)
        printf("    到 %s 仍然如此\n", hy_archive_time(seen, when));
    for (struct hy_lines it = hy_lines(hy_str(difference)); hy_lines_next(&it);)
        hy_archive_line("    ", it.line, "\n");
}

/* Compared with the text before; parts but the last carry none. */
static int history_of(struct hy_store *s, struct hy_str item, json_t *all, bool print,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *captures = NULL;
    struct hy_buf before = HY_BUF_INIT(PAGE_MAX), text = HY_BUF_INIT(PAGE_MAX);
    size_t i;
    json_t *c;
    int rc = hy_store_captures_of_item(s, item, &captures, err);

    json_array_foreach (captures, i, c) {
        struct hy_buf difference = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        bool last = hy_json_int(c, "part", 1) == hy_json_int(c, "parts", 1);
        if (rc == HY_OK && last)
            rc = text_of(s, c, &text, err);
        if (rc == HY_OK && last && before.n && text.n)
            hy_diff(hy_buf_view(&before), hy_buf_view(&text), &difference);
        if (last && text.n) {
            hy_buf_clear(&before);
            hy_buf_str(&before, hy_buf_view(&text));
        }
        if (rc == HY_OK && print)
            print_capture(c, difference.p);
        hy_json_set_str(c, "difference", hy_buf_view(&difference));
        hy_buf_release(&difference);
    }
    if (rc == HY_OK)
        json_array_extend(all, captures);
    hy_buf_release(&before);
    hy_buf_release(&text);
    return rc;
}

static int history_of_all(struct hy_store *s, const json_t *items, json_t *all, bool print,
                          struct hy_err *err)
{
    size_t i;
    json_t *item;

    json_array_foreach (items, i, item) {
        struct hy_str id = hy_str(json_string_value(item));
        if (print)
            printf("%s== " HY_STR_FMT "\n", i ? "\n" : "", HY_STR_ARG(id));
        if (history_of(s, id, all, print, err) < 0)
            return err->code;
    }
    return HY_OK;
}

int hy_archive_history(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    HY_CLEANUP(hy_json_freep) json_t *all = json_array();
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_json_freep) json_t *items = NULL;
    struct hy_str id = hy_str(args[0]);

    (void)nargs;
    if (hy_archive_open(o, HY_STORE_READ, &s, err) < 0)
        return err->code;
    int rc = hy_store_get_incident(s, id, &doc, &items, err);
    if (rc == HY_OK)
        rc = history_of_all(s, items, all, !o->json, err);
    else if (rc == HY_E_NOTFOUND)
        rc = history_of(s, id, all, !o->json, err);
    if (rc < 0)
        return rc;
    if (o->json)
        hy_json_print(all);
    else if (json_array_size(all) == 0)
        printf("没有 " HY_STR_FMT " 的采集记录\n", HY_STR_ARG(id));
    return json_array_size(all) ? HY_EXIT_OK : HY_EXIT_NO;
}
