/* SPDX-License-Identifier: Apache-2.0 */
/* A file becomes rows: CSV, a JSON array or JSON Lines, each with its faults by line. */
#include "alerts/decide/import_parts.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/table.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <stdlib.h>

enum { REF_DIGITS = 12, NAME_CHARS = 40 };

/* ---- faults ---- */

void hy_import_fault(struct hy_import *in, size_t line, const char *key, const char *message)
{
    json_t *f = json_object();

    if (json_array_size(in->faults) >= HY_IMPORT_FAULTS) {
        json_decref(f);
        return;
    }
    hy_json_set_int(f, "line", (int64_t)line);
    if (key) {
        hy_json_set_str(f, "field", hy_str(key));
        const char *name = hy_column_name(hy_str(key));
        hy_json_set_str(f, "column", hy_str(name ? name : key));
    }
    hy_json_set_str(f, "message", hy_str(message));
    json_array_append_new(in->faults, f);
}

static void ignore(struct hy_import *in, struct hy_str name)
{
    size_t i;
    json_t *v;

    name = hy_utf8_head(name, NAME_CHARS);
    json_array_foreach (in->ignored, i, v)
        if (hy_str_is(name, json_string_value(v)))
            return;
    if (name.n && json_array_size(in->ignored) < hy_column_count() * 4)
        json_array_append_new(in->ignored, hy_json_of_str(name));
}

void hy_import_fault_text(const struct hy_import *in, const json_t *f, struct hy_buf *out)
{
    struct hy_str column = hy_json_str(f, "column");

    hy_buf_printf(out, "第 %lld %s", (long long)hy_json_int(f, "line", 0), in->unit);
    if (column.n)
        hy_buf_printf(out, " " HY_STR_FMT, HY_STR_ARG(column));
    hy_buf_puts(out, "：");
    hy_buf_str(out, hy_json_str(f, "message"));
}

/* ---- rows ---- */

static void put_value(struct hy_import *in, size_t line, struct hy_str name, struct hy_str s,
                      json_t *args, const struct hy_rules *rules)
{
    const struct hy_column *c = hy_column_find(name);
    const char *why = NULL;

    if (c == NULL) {
        ignore(in, name);
        return;
    }
    s = hy_str_trim(s);
    if (s.n == 0)
        return;
    json_t *v = hy_column_value(c, s, rules, &why);
    if (v)
        json_object_set_new(args, hy_column_key(c), v);
    else
        hy_import_fault(in, line, hy_column_key(c), why);
}

/* What a row without a number is known by: the same row is the same case. */
static void number_of(json_t *args)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(args);
    char hash[HY_SHA256_HEX];
    HY_CLEANUP(hy_freep) char *ref = NULL;

    hy_sha256_hex(hy_str(text), hash);
    ref = hy_xasprintf("导入-%.*s", REF_DIGITS, hash);
    json_object_set_new(args, "ref", json_string(ref));
}

static void add_row(struct hy_import *in, size_t line, json_t *args, struct hy_str kind)
{
    json_t *row = json_object();

    if (json_object_get(args, "kind") == NULL && kind.n)
        json_object_set_new(args, "kind", hy_json_of_str(hy_column_kind(kind)));
    if (json_object_get(args, "ref") == NULL)
        number_of(args);
    hy_json_set_int(row, "line", (int64_t)line);
    json_object_set_new(row, "args", args);
    json_array_append_new(in->rows, row);
}

static int check_count(const struct hy_import *in, struct hy_err *err)
{
    if (json_array_size(in->rows) > HY_IMPORT_ROWS)
        return hy_fail(err, HY_E_TOOBIG, "一次最多导入 %d 行，请分成几个文件", HY_IMPORT_ROWS);
    return HY_OK;
}

static int read_table(struct hy_str text, struct hy_str kind, const struct hy_rules *rules,
                      struct hy_import *in, struct hy_err *err)
{
    HY_CLEANUP(hy_table_release) struct hy_table t;
    HY_VEC(char *) head = {0};
    int rc;

    hy_table_begin(&t, text);
    if ((rc = hy_table_next(&t, err)) > 0)
        for (size_t i = 0; i < t.cells.n; i++)
            hy_vec_push(&head, hy_str_dup(t.cells.v[i]));
    while (rc > 0 && check_count(in, err) == HY_OK && (rc = hy_table_next(&t, err)) > 0) {
        json_t *args = json_object();
        for (size_t i = 0; i < HY_MIN(t.cells.n, head.n); i++)
            put_value(in, t.line, hy_str(head.v[i]), t.cells.v[i], args, rules);
        for (size_t i = head.n; i < t.cells.n; i++)
            if (t.cells.v[i].n) {
                hy_import_fault(in, t.line, NULL, "比表头多出一格；内容里有逗号的，整格要加引号");
                break;
            }
        add_row(in, t.line, args, kind);
    }
    for (size_t i = 0; i < head.n; i++)
        free(head.v[i]);
    hy_vec_release(&head);
    return rc < 0 ? rc : check_count(in, err);
}

static void read_object(struct hy_import *in, size_t line, const json_t *o, struct hy_str kind,
                        const struct hy_rules *rules)
{
    json_t *args = json_object();
    const char *name;
    json_t *v;

    if (!json_is_object(o))
        hy_import_fault(in, line, NULL, "应为一个对象：{\"标题\": …}");
    json_object_foreach ((json_t *)o, name, v)
        if (json_is_string(v))
            put_value(in, line, hy_str(name), hy_str(json_string_value(v)), args, rules);
        else if (!json_is_null(v) && hy_column_find(hy_str(name)))
            hy_import_fault(in, line, hy_column_key(hy_column_find(hy_str(name))), "应为文字（加引号）");
        else if (!json_is_null(v))
            ignore(in, hy_str(name));
    add_row(in, line, args, kind);
}

static int read_array(struct hy_str text, struct hy_str kind, const struct hy_rules *rules,
                      struct hy_import *in, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *list = NULL;
    size_t i;
    json_t *o;

    if (hy_json_parse(text, &list, err) < 0)
        return err->code;
    in->unit = "条";
    json_array_foreach (list, i, o) {
        read_object(in, i + 1, o, kind, rules);
        if (check_count(in, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int read_json_lines(struct hy_str text, struct hy_str kind, const struct hy_rules *rules,
                           struct hy_import *in, struct hy_err *err)
{
    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        HY_CLEANUP(hy_json_freep) json_t *o = NULL;
        struct hy_err why = HY_ERR_INIT;
        if (hy_str_trim(it.line).n == 0)
            continue;
        if (hy_json_parse(it.line, &o, &why) < 0)
            hy_import_fault(in, it.no, NULL, "不是 JSON，一行要写一个完整的 {…}");
        else
            read_object(in, it.no, o, kind, rules);
        if (check_count(in, err) < 0)
            return err->code;
    }
    return HY_OK;
}

int hy_import_read(struct hy_str bytes, struct hy_str kind, const struct hy_rules *rules,
                   struct hy_import *ret, struct hy_err *err)
{
    struct hy_buf text = HY_BUF_INIT(4 * HY_IMPORT_BYTES);
    int rc;

    *ret = (struct hy_import){json_array(), json_array(), json_array(), "行"};
    if (bytes.n > HY_IMPORT_BYTES)
        return hy_fail(err, HY_E_TOOBIG, "文件超过 %d MB，请分成几个", HY_IMPORT_BYTES >> 20);
    if ((rc = hy_text_utf8(bytes, &text, err)) == HY_OK) {
        struct hy_str s = hy_str_trim(hy_buf_view(&text));
        char first = s.n ? s.p[0] : '\0';
        rc = first == '['   ? read_array(hy_buf_view(&text), kind, rules, ret, err)
             : first == '{' ? read_json_lines(hy_buf_view(&text), kind, rules, ret, err)
                            : read_table(hy_buf_view(&text), kind, rules, ret, err);
    }
    hy_buf_release(&text);
    if (rc == HY_OK && json_array_size(ret->rows) == 0 && json_array_size(ret->faults) == 0)
        rc = hy_fail(err, HY_E_PARSE, "文件里没有要登记的事项：第一行写列名，下面一行一件");
    return rc;
}

void hy_import_release(struct hy_import *in)
{
    json_decref(in->rows);
    json_decref(in->faults);
    json_decref(in->ignored);
    *in = (struct hy_import){0};
}
