/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/import.h"

#include "alerts/keep/decide.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/table.h"
#include "core/utf8.h"
#include "rules/lexicon.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { REF_DIGITS = 12, NAME_CHARS = 40 };

/* ---- columns ---- */

enum value { V_TEXT, V_KIND, V_TYPE, V_FORM, V_DISCLOSURE, V_TIME, V_UNIT };

/* The first name is the one that is shown; the others are what message systems call it. */
static const struct column {
    const char *key;
    enum value value;
    const char *names[5];
} columns[] = {
    {"kind", V_KIND, {"事项", "事项类别", "类别"}},
    {"ref", V_TEXT, {"编号", "文号", "留言编号", "工单编号", "申请编号"}},
    {"title", V_TEXT, {"标题", "主题", "文件名称", "诉求标题"}},
    {"type", V_TYPE, {"种类", "类型", "诉求类型"}},
    {"text", V_TEXT, {"内容", "正文", "留言内容", "诉求内容"}},
    {"unit", V_UNIT, {"承办单位", "责任单位", "主办单位", "起草单位"}},
    {"url", V_TEXT, {"网址", "链接", "源站网址"}},
    {"channel", V_TEXT, {"渠道", "来源渠道"}},
    {"source", V_TEXT, {"来源网站", "源站"}},
    {"receipt_form", V_FORM, {"收到方式", "申请方式"}},
    {"disclosure_attr", V_DISCLOSURE, {"公开属性"}},
    {"interpretation", V_TEXT, {"解读网址", "解读材料网址"}},
    {"signed", V_TIME, {"签发时间", "签发日期", "成文日期"}},
    {"approved", V_TIME, {"审批时间", "完成审批时间"}},
    {"formed", V_TIME, {"形成时间", "形成或变更时间", "变更时间"}},
    {"received", V_TIME, {"收到时间", "留言时间", "受理时间", "来件时间"}},
    {"dispatched", V_TIME, {"派单时间", "交办时间"}},
    {"first_public", V_TIME, {"源站发布时间", "首发时间"}},
    {"published", V_TIME, {"公开时间", "发布时间"}},
};

static const struct word {
    enum value value;
    const char *label, *name;
} words[] = {
    {V_TYPE, "咨询", "consult"},
    {V_TYPE, "求助", "help"},
    {V_TYPE, "投诉", "complaint"},
    {V_TYPE, "举报", "complaint"},
    {V_TYPE, "调查", "investigate"},
    {V_TYPE, "疑难", "hard"},
    {V_TYPE, "网站纠错", "site_error"},
    {V_TYPE, "政策文件", "policy"},
    {V_TYPE, "规范性文件", "normative"},
    {V_TYPE, "内容不明确", "unclear"},
    {V_FORM, "当面", "in_person"},
    {V_FORM, "邮寄", "mail"},
    {V_FORM, "平信", "ordinary_mail"},
    {V_FORM, "网上", "online"},
    {V_FORM, "传真", "fax"},
    {V_DISCLOSURE, "主动公开", "public"},
    {V_DISCLOSURE, "依申请公开", "on_request"},
    {V_DISCLOSURE, "不予公开", "none"},
};

static const struct column *find_column(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (hy_str_is(name, columns[i].key))
            return &columns[i];
        for (size_t k = 0; k < HY_COUNT(columns[i].names) && columns[i].names[k]; k++)
            if (hy_str_is(name, columns[i].names[k]))
                return &columns[i];
    }
    return NULL;
}

static const char *column_name(const char *key)
{
    const struct column *c = find_column(hy_str(key));

    return c ? c->names[0] : key;
}

static void fault(struct hy_import *in, size_t line, const char *key, const char *message)
{
    json_t *f = json_object();

    if (json_array_size(in->faults) >= HY_IMPORT_FAULTS) {
        json_decref(f);
        return;
    }
    hy_json_set_int(f, "line", (int64_t)line);
    if (key) {
        hy_json_set_str(f, "field", hy_str(key));
        hy_json_set_str(f, "column", hy_str(column_name(key)));
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
    if (name.n && json_array_size(in->ignored) < HY_COUNT(columns) * 4)
        json_array_append_new(in->ignored, hy_json_of_str(name));
}

/* ---- values ---- */

/* "2026-11-20 8:05", "2026/11/20", "2026年11月20日 8时5分": the numbers in it, day or minute. */
static bool read_time(struct hy_str s, char out[HY_TIME_SIZE], bool *ret_day_only)
{
    struct hy_civil c = {0};
    int *const part[] = {&c.year, &c.month, &c.day, &c.hour, &c.minute, &c.second};
    size_t n = 0;

    for (size_t i = 0; i < s.n;) {
        int v = 0, digits = 0;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && digits < 5; i++, digits++)
            v = v * 10 + (s.p[i] - '0');
        if (digits && n == HY_COUNT(part))
            return false;
        if (digits)
            *part[n++] = v;
        else
            i++;
    }
    *ret_day_only = n == 3;
    if (n < 3 || n == 4 || c.year < 1990 || c.year > 9999 ||
        !hy_date_exists(c.year, c.month, c.day) || c.hour > 23 || c.minute > 59 || c.second > 59)
        return false;
    hy_wall_format(hy_wall_of(&c, HY_CST), HY_CST, out);
    return true;
}

static json_t *unit_value(const struct hy_rules *rules, struct hy_str s)
{
    const struct hy_unit *u = rules->lexicon ? rules->lexicon->units.v : NULL;

    for (size_t i = 0; u && i < rules->lexicon->units.n; i++) {
        bool is = hy_str_is(s, u[i].id) || hy_str_is(s, u[i].name);
        for (size_t k = 0; !is && k < u[i].aliases.n; k++)
            is = hy_str_is(s, u[i].aliases.v[k]);
        if (is)
            return json_string(u[i].id);
    }
    return NULL;
}

static struct hy_str word_value(enum value value, struct hy_str s)
{
    if (value == V_KIND)
        for (int k = 0; k < HY_MATTER_COUNT; k++)
            if (hy_str_is(s, hy_matter_label[k]))
                return hy_str(hy_matter_name[k]);
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (words[i].value == value && hy_str_is(s, words[i].label))
            return hy_str(words[i].name);
    return s; /* the keeper says what it may be */
}

/* The value as `register` takes it; NULL after a fault. */
static json_t *value_of(struct hy_import *in, size_t line, const struct column *c, struct hy_str s,
                        const struct hy_rules *rules)
{
    char time[HY_TIME_SIZE];
    bool day_only;
    hy_wall exact;

    if (c->value == V_UNIT) {
        json_t *unit = unit_value(rules, s);
        if (unit == NULL)
            fault(in, line, c->key, "没有这个单位；请写 topics.yaml 里的单位名称或编号");
        return unit;
    }
    if (c->value != V_TIME)
        return hy_json_of_str(c->value == V_TEXT ? s : word_value(c->value, s));
    if (hy_wall_parse(s, &exact) && s.n > 16) /* with its offset */
        return hy_json_of_str(s);
    if (!read_time(s, time, &day_only)) {
        fault(in, line, c->key, "不是时间，例如 2026-11-20 08:05 或 2026/11/20");
        return NULL;
    }
    if (day_only && hy_str_is(hy_str(c->key), "first_public")) {
        fault(in, line, c->key, "转载的时限按小时算，请写到几时几分");
        return NULL;
    }
    return json_string(time);
}

static void put_value(struct hy_import *in, size_t line, struct hy_str name, struct hy_str s,
                      json_t *args, const struct hy_rules *rules)
{
    const struct column *c = find_column(name);
    json_t *v;

    if (c == NULL) {
        ignore(in, name);
        return;
    }
    s = hy_str_trim(s);
    if (s.n && (v = value_of(in, line, c, s, rules)))
        json_object_set_new(args, c->key, v);
}

/* ---- rows ---- */

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
        json_object_set_new(args, "kind", hy_json_of_str(word_value(V_KIND, kind)));
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
                fault(in, t.line, NULL, "比表头多出一格；内容里有逗号的，整格要加引号");
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
        fault(in, line, NULL, "应为一个对象：{\"标题\": …}");
    json_object_foreach ((json_t *)o, name, v)
        if (json_is_string(v))
            put_value(in, line, hy_str(name), hy_str(json_string_value(v)), args, rules);
        else if (!json_is_null(v) && find_column(hy_str(name)))
            fault(in, line, find_column(hy_str(name))->key, "应为文字（加引号）");
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
            fault(in, it.no, NULL, "不是 JSON，一行要写一个完整的 {…}");
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

/* ---- judging ---- */

static json_t *command_of(const json_t *row, const json_t *actor, const char *via, hy_wall now)
{
    json_t *cmd = json_object();
    char id[33];

    hy_random_hex(id, 16);
    hy_json_set_str(cmd, "id", hy_str(id));
    hy_json_set_str(cmd, "verb", HY_STR("register"));
    hy_json_set_str(cmd, "incident", HY_STR("-"));
    hy_json_set_str(cmd, "via", hy_str(via));
    hy_json_set_time(cmd, "at", now, HY_CST);
    json_object_set(cmd, "actor", (json_t *)actor);
    json_object_set(cmd, "args", json_object_get(row, "args"));
    return cmd;
}

/* Two rows of one number: the second would be lost without a word. */
static bool is_second(struct hy_import *in, struct hy_map *seen, const json_t *row)
{
    const json_t *args = json_object_get(row, "args");
    HY_CLEANUP(hy_freep)
    char *key = hy_xasprintf(HY_STR_FMT "|" HY_STR_FMT, HY_STR_ARG(hy_json_str(args, "kind")),
                             HY_STR_ARG(hy_json_str(args, "ref")));
    const json_t *first = hy_map_get(seen, hy_str(key));
    char text[120];

    if (first == NULL) {
        hy_map_set(seen, hy_str(key), (void *)row);
        return false;
    }
    snprintf(text, sizeof(text), "和第 %lld %s的编号相同；一个编号只能登记一件",
             (long long)hy_json_int(first, "line", 0), in->unit);
    fault(in, (size_t)hy_json_int(row, "line", 0), "ref", text);
    return true;
}

static int by_line(const void *a, const void *b)
{
    int64_t x = hy_json_int(*(json_t *const *)a, "line", 0),
            y = hy_json_int(*(json_t *const *)b, "line", 0);

    return x < y ? -1 : x > y;
}

static void sort_faults(struct hy_import *in)
{
    HY_VEC(json_t *) list = {0};
    json_t *sorted = json_array(), *f;
    size_t i;

    json_array_foreach (in->faults, i, f)
        hy_vec_push(&list, f);
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), by_line);
    for (i = 0; i < list.n; i++)
        json_array_append(sorted, list.v[i]);
    hy_vec_release(&list);
    json_decref(in->faults);
    in->faults = sorted;
}

/* A row whose cells could not be read is not asked about once more.  Rows and faults come in the
 * order of the file: *at is where the last question ended. */
static bool has_fault(const struct hy_import *in, size_t *at, size_t faults, int64_t line)
{
    int64_t there = 0;

    while (*at < faults && (there = hy_json_int(json_array_get(in->faults, *at), "line", 0)) < line)
        ++*at;
    return *at < faults && there == line;
}

void hy_import_judge(struct hy_import *in, const json_t *actor, const struct hy_rules *rules,
                     hy_wall now)
{
    struct hy_state *state = hy_state_new();
    struct hy_map *seen = hy_map_new(NULL);
    struct hy_decide d;
    size_t i, at = 0, read = json_array_size(in->faults);
    json_t *row;

    hy_decide_init(&d, state, rules, now);
    json_array_foreach (in->rows, i, row) {
        int64_t line = hy_json_int(row, "line", 0);
        if (has_fault(in, &at, read, line) || is_second(in, seen, row))
            continue;
        HY_CLEANUP(hy_json_freep) json_t *cmd = command_of(row, actor, "import", now);
        hy_decide_command(&d, cmd);
        const json_t *reply = json_array_get(d.replies, 0);
        struct hy_str field = hy_json_str(reply, "field");
        HY_CLEANUP(hy_freep) char *key = field.n ? hy_str_dup(field) : NULL;
        HY_CLEANUP(hy_freep) char *why = hy_str_dup(hy_json_str(reply, "message"));
        if (!hy_json_bool(reply, "ok"))
            fault(in, (size_t)line, key, why);
        hy_decide_clear(&d);
    }
    sort_faults(in);
    hy_decide_release(&d);
    hy_state_free(state);
    hy_map_free(seen);
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

json_t *hy_import_commands(const struct hy_import *in, const json_t *actor, const char *via,
                           hy_wall now)
{
    json_t *list = json_array(), *row;
    size_t i;

    json_array_foreach (in->rows, i, row)
        json_array_append_new(list, command_of(row, actor, via, now));
    return list;
}
