/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive search, show, history: what a person wants to see. */
#include "archive/cmd.h"
#include "archive/diff.h"
#include "archive/search.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_MAX = 64 << 20 };

/* -- shared ------------------------------------------------------------------------------------ */

int hy_archive_open(const struct hy_archive_opts *o, enum hy_store_mode mode, struct hy_store **ret,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};

    if (hy_role_resolve(&o->role, &role, err) < 0)
        return err->code;
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/archive", role.data);
    return hy_store_open(dir, mode, ret, err);
}

int hy_archive_period(const struct hy_archive_opts *o, hy_wall *ret_from, hy_wall *ret_to,
                      struct hy_err *err)
{
    if (!hy_day_or_time_parse(hy_str(o->from), ret_from))
        return hy_fail(err, HY_E_USAGE, "--from: “%s”不是日期（2026-11-01）或时间", o->from);
    if (!hy_day_or_time_parse(hy_str(o->to), ret_to))
        return hy_fail(err, HY_E_USAGE, "--to: “%s”不是日期（2026-11-01）或时间", o->to);
    return HY_OK;
}

const char *hy_archive_time(hy_wall t, char out[HY_SHORT_TIME])
{
    struct hy_civil c;

    out[0] = '\0';
    if (!hy_wall_known(t))
        return out;
    c = hy_civil_of(t, HY_CST);
    snprintf(out, HY_SHORT_TIME, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour,
             c.minute);
    return out;
}

static void print_json(const json_t *o)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);

    printf("%s\n", text);
}

/* -- names ------------------------------------------------------------------------------------- */

/* What code names are called by people; the states are those of alerts/keep/incident.h, which a
 * test holds against this. */
const struct hy_archive_name hy_archive_names[] = {
    {"collected", "收集"},       {"triaged", "初筛"},
    {"verifying", "核实"},       {"assessed", "研判"},
    {"consulting", "会商"},      {"assigned", "交办"},
    {"returned", "退回"},        {"accepted", "受领"},
    {"drafting", "拟稿"},        {"reviewing", "审签"},
    {"responded", "已首次回应"}, {"following", "持续发布"},
    {"settled", "办结"},         {"evaluated", "评估"},
    {"archived", "归档"},        {"dismissed", "排除"},
    {"merged", "并案"},          {"none", "无"},
    {"digest", "汇总"},          {"list", "待办"},
    {"alert", "报警"},           {"item", "条目"},
    {"incident", "事件"},        {NULL, NULL},
};

static struct hy_str named(struct hy_str code)
{
    for (size_t i = 0; hy_archive_names[i].code; i++)
        if (hy_str_is(code, hy_archive_names[i].code))
            return hy_str(hy_archive_names[i].name);
    return code;
}

/* -- search ------------------------------------------------------------------------------------ */

static char *joined(int n, char **words)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (int i = 0; i < n; i++)
        hy_buf_printf(&b, "%s%s", i ? " " : "", words[i]);
    return hy_buf_take(&b);
}

/* Marks as bold letters on a terminal, else the plain text; on the screen nothing may move the
 * cursor but we. */
static void print_marked(struct hy_str text, const json_t *marks, bool bold)
{
    size_t next = 0, chars = 0, n = json_array_size(marks);

    for (size_t at = 0; at < text.n; chars++) {
        const json_t *m = next < n ? json_array_get(marks, next) : NULL;
        size_t from = at;
        if (bold && m && json_integer_value(json_array_get(m, 0)) == (json_int_t)chars)
            fputs("\033[1m", stdout);
        uint32_t c = hy_utf8_next(text, &at);
        if (c >= ' ' && c != 0x7F && !(c >= 0x80 && c < 0xA0))
            fwrite(text.p + from, 1, at - from, stdout);
        if (m && json_integer_value(json_array_get(m, 1)) == (json_int_t)chars + 1) {
            fputs(bold ? "\033[0m" : "", stdout);
            next++;
        }
    }
}

static void print_plain(const char *before, struct hy_str text, const char *after)
{
    fputs(before, stdout);
    print_marked(text, NULL, false);
    fputs(after, stdout);
}

static void print_hit(const json_t *hit, bool bold)
{
    const json_t *snippet = json_object_get(hit, "snippet");
    char when[HY_SHORT_TIME];

    printf("%s  ", hy_archive_time(hy_json_time(hit, "time"), when));
    print_marked(hy_json_str(hit, "title"), json_object_get(hit, "title_marks"), bold);
    fputs("\n    ", stdout);
    fputs(hy_json_bool(snippet, "before") ? "……" : "", stdout);
    print_marked(hy_json_str(snippet, "text"), json_object_get(snippet, "marks"), bold);
    fputs(hy_json_bool(snippet, "after") ? "……\n    " : "\n    ", stdout);
    print_plain("", hy_json_str(hit, "id"), "");
    if (hy_json_str(hit, "source").n)
        print_plain("  来源 ", hy_json_str(hit, "source"), "");
    if (hy_json_int(hit, "level", 0))
        printf("  级别 %lld", (long long)hy_json_int(hit, "level", 0));
    if (hy_json_str(hit, "incident").n)
        print_plain("  事件 ", hy_json_str(hit, "incident"), "");
    if (hy_json_str(hit, "state").n)
        print_plain("  状态 ", named(hy_json_str(hit, "state")), "");
    putchar('\n');
    if (hy_json_str(hit, "url").n)
        print_plain("    ", hy_json_str(hit, "url"), "\n");
}

static void print_facet(const char *label, const json_t *values)
{
    size_t i;
    json_t *v;

    if (json_array_size(values) == 0)
        return;
    printf("%s：", label);
    json_array_foreach (values, i, v) {
        struct hy_str name = hy_json_str(v, "label");
        if (name.n == 0)
            name = named(hy_json_str(v, "value"));
        if (name.n)
            print_plain(i ? "  " : "", name, "");
        else
            printf("%s%lld", i ? "  " : "", (long long)hy_json_int(v, "value", 0));
        printf(" %lld", (long long)hy_json_int(v, "count", 0));
    }
    putchar('\n');
}

static void print_facets(const json_t *facets)
{
    static const char *const labels[][2] = {
        {"source", "来源"}, {"place", "地区"}, {"topic", "主题"},
        {"level", "级别"},  {"state", "状态"}, {"alert", "提示"},
        {"kind", "类别"},   {"day", "日期"},   {"month", "月份"},
    };

    for (size_t i = 0; i < HY_COUNT(labels); i++)
        print_facet(labels[i][1], json_object_get(facets, labels[i][0]));
}

static void print_found(const json_t *o, bool facets)
{
    bool bold = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    struct hy_str next = hy_json_str(o, "next");
    size_t i;
    json_t *hit;

    json_array_foreach (json_object_get(o, "hits"), i, hit)
        print_hit(hit, bold);
    printf("共%s %lld 条", hy_json_bool(o, "exact") ? "" : "约",
           (long long)hy_json_int(o, "total", 0));
    if (next.n)
        printf("；下一页 --after " HY_STR_FMT, HY_STR_ARG(next));
    putchar('\n');
    if (facets)
        print_facets(json_object_get(o, "facets"));
}

int hy_archive_search(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    HY_CLEANUP(hy_freep) char *words = joined(nargs, args);
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    struct hy_search q = {.words = hy_str(words),
                          .source = hy_str(o->source),
                          .place = hy_str(o->place),
                          .topic = hy_str(o->topic),
                          .state = hy_str(o->state),
                          .alert = hy_str(o->alert),
                          .level = (int)HY_MAX(INT64_C(-1), HY_MIN(o->level, INT64_C(99))),
                          .what = o->items       ? HY_SEARCH_ITEMS
                                  : o->incidents ? HY_SEARCH_INCIDENTS
                                                 : HY_SEARCH_ALL,
                          .order = o->rank ? HY_SEARCH_RANK : HY_SEARCH_TIME,
                          .limit = (size_t)HY_MAX(INT64_C(0), o->limit),
                          .cursor = hy_str(o->after),
                          .facets = true};

    if (hy_archive_period(o, &q.from, &q.to, err) < 0 ||
        hy_archive_open(o, HY_STORE_READ, &s, err) < 0 || hy_search(s, &q, &found, err) < 0)
        return err->code;
    if (o->json)
        print_json(found);
    else
        print_found(found, o->facets);
    return json_array_size(json_object_get(found, "hits")) ? HY_EXIT_OK : HY_EXIT_NO;
}

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
        print_json(captures);
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
    print_json(doc);
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
    print_plain("\n    ", hy_json_str(meta, "final_url"), "\n");
    if (hy_json_str(c, "sha256").n)
        printf("    网页 " HY_STR_FMT "%s\n", HY_STR_ARG(hy_json_str(c, "sha256")),
               hy_json_bool(c, "page") ? "" : "（原文已过保存期限）");
    if (hy_json_str(c, "hash").n)
        printf("    正文 " HY_STR_FMT "\n", HY_STR_ARG(hy_json_str(c, "hash")));
    if (seen.ms > at.ms)
        printf("    到 %s 仍然如此\n", hy_archive_time(seen, when));
    for (struct hy_lines it = hy_lines(hy_str(difference)); hy_lines_next(&it);)
        print_plain("    ", it.line, "\n");
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
        print_json(all);
    else if (json_array_size(all) == 0)
        printf("没有 " HY_STR_FMT " 的采集记录\n", HY_STR_ARG(id));
    return json_array_size(all) ? HY_EXIT_OK : HY_EXIT_NO;
}
