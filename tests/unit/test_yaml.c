/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"
#include "rules/yaml.h"

#include <string.h>

#include "tests/unit/harness.h"

struct step {
    char *id;
    int64_t after_ms;
};
struct clock_row {
    struct hy_pos pos, level_pos;
    char *id, *label;
    int64_t hours;
    double weight;
    bool on;
    int level;
    struct hy_texts any;
    struct hy_rows steps;
};
struct file {
    char *name;
    int64_t day;
    hy_wall at;
    struct {
        char *a;
        int64_t n;
    } inner;
    struct hy_rows clocks, units;
    size_t custom_items;
};
struct unit {
    char *id, *name;
};

static const char *const levels[] = {"一般", "较大", "重大", NULL};
static const struct hy_y_key step_keys[] = {
    {"id", HY_Y_TEXT, offsetof(struct step, id), .required = true, .unique = true},
    {"after", HY_Y_DURATION, offsetof(struct step, after_ms), .min = 1000, .max = HY_DAY_MS},
    {NULL},
};
static const struct hy_y_schema step_schema = {sizeof(struct step), step_keys, NULL};
static const struct hy_y_key clock_keys[] = {
    {"", HY_Y_POS, offsetof(struct clock_row, pos)},
    {"id", HY_Y_TEXT, offsetof(struct clock_row, id), .required = true, .unique = true},
    {"label", HY_Y_TEXT, offsetof(struct clock_row, label)},
    {"hours", HY_Y_INT, offsetof(struct clock_row, hours), .min = 1, .max = 720},
    {"weight", HY_Y_NUM, offsetof(struct clock_row, weight), .min = 0, .max = 100},
    {"on", HY_Y_BOOL, offsetof(struct clock_row, on)},
    {"level", HY_Y_NAME, offsetof(struct clock_row, level), .names = levels},
    {"level", HY_Y_POS, offsetof(struct clock_row, level_pos)},
    {"any", HY_Y_TEXTS, offsetof(struct clock_row, any)},
    {"steps", HY_Y_LIST, offsetof(struct clock_row, steps), .sub = &step_schema},
    {NULL},
};
static void clock_defaults(void *row)
{
    ((struct clock_row *)row)->hours = 48;
}
static const struct hy_y_schema clock_schema = {sizeof(struct clock_row), clock_keys,
                                                clock_defaults};
static const struct hy_y_key unit_keys[] = {
    {"id", HY_Y_TEXT, offsetof(struct unit, id), .unique = true},
    {"name", HY_Y_TEXT, offsetof(struct unit, name), .required = true},
    {NULL},
};
static const struct hy_y_schema unit_schema = {sizeof(struct unit), unit_keys, NULL};
static const struct hy_y_key inner_keys[] = {
    {"a", HY_Y_TEXT, offsetof(struct file, inner.a) - offsetof(struct file, inner)},
    {"n", HY_Y_INT, offsetof(struct file, inner.n) - offsetof(struct file, inner)},
    {NULL},
};
static void inner_defaults(void *row)
{
    *(int64_t *)(void *)((char *)row + sizeof(char *)) = 5;
}
static const struct hy_y_schema inner_schema = {sizeof(((struct file *)0)->inner), inner_keys,
                                                inner_defaults};
static void count_items(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    if (hy_y_kind(n) == HY_Y_SCALAR)
        hy_diag_at(d, hy_y_pos(n, d), "要列表");
    *(size_t *)field = hy_y_count(n);
}
static const struct hy_y_key file_keys[] = {
    {"name", HY_Y_TEXT, offsetof(struct file, name), .required = true},
    {"day", HY_Y_DATE, offsetof(struct file, day)},
    {"at", HY_Y_TIME, offsetof(struct file, at)},
    {"inner", HY_Y_MAP, offsetof(struct file, inner), .sub = &inner_schema},
    {"clocks", HY_Y_LIST, offsetof(struct file, clocks), .sub = &clock_schema},
    {"units", HY_Y_DICT, offsetof(struct file, units), .sub = &unit_schema},
    {"custom", HY_Y_CUSTOM, offsetof(struct file, custom_items), .custom = count_items},
    {NULL},
};
static const struct hy_y_schema file_schema = {sizeof(struct file), file_keys, NULL};

static int load(const char *text, struct file *f, struct hy_diag *d)
{
    struct hy_err err;

    return hy_yaml_load_text(hy_str(text), "t.yaml", &file_schema, f, d, &err);
}

/* What is printed for `text`; the caller frees it. */
static char *messages(const char *text)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_buf out = HY_BUF_INIT(1 << 20);
    struct file f = {0};

    bool failed = load(text, &f, d) < 0;
    assert_int_equal(failed, hy_diag_errors(d) > 0);
    hy_diag_print(d, &out);
    hy_yaml_release(&file_schema, &f);
    return hy_buf_take(&out);
}

static void expect(const char *text, const char *want)
{
    HY_CLEANUP(hy_freep) char *got = messages(text);

    assert_string_equal(got, want);
}

static void expect_part(const char *text, const char *part)
{
    HY_CLEANUP(hy_freep) char *got = messages(text);

    if (strstr(got, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, got);
}

TEST(fills_structs)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct file f = {0};
    const struct clock_row *c;

    assert_int_equal(load("name: 清溪\n"
                          "day: 2026-10-01\n"
                          "at: 2026-10-01T08:00:00+08:00\n"
                          "inner: {a: x}\n"
                          "clocks:\n"
                          "  - id: H5\n"
                          "    hours: 5\n"
                          "    weight: 1.5\n"
                          "    on: 是\n"
                          "    level: 重大\n"
                          "    any: [火灾, '爆炸']\n"
                          "    steps:\n"
                          "      - {id: a, after: 10m}\n"
                          "  - {id: H48, any: 一个}\n"
                          "units:\n"
                          "  yj: {name: 应急管理局}\n"
                          "custom: [1, 2, 3]\n",
                          &f, d),
                     HY_OK);
    assert_string_equal(f.name, "清溪");
    assert_int_equal(f.day, hy_days_of(2026, 10, 1));
    assert_int_equal(f.at.ms, hy_days_of(2026, 10, 1) * HY_DAY_MS);
    assert_string_equal(f.inner.a, "x");
    assert_int_equal(f.inner.n, 5);
    assert_int_equal(f.clocks.n, 2);
    c = f.clocks.v;
    assert_int_equal(c[0].pos.line, 6);
    assert_int_equal(c[0].level_pos.line, 10);
    assert_int_equal(c[0].level_pos.column, 12);
    assert_int_equal(c[0].level_pos.width, 2);
    assert_true(c[0].on);
    assert_int_equal(c[0].hours, 5);
    assert_int_equal(c[0].level, 2);
    assert_int_equal(c[0].any.n, 2);
    assert_string_equal(c[0].any.v[1], "爆炸");
    assert_int_equal(c[0].any.pos[1].column, 15);
    assert_int_equal(c[0].any.pos[1].width, 4);
    assert_int_equal(((const struct step *)c[0].steps.v)->after_ms, 10 * HY_MINUTE_MS);
    assert_int_equal(c[1].hours, 48);
    assert_string_equal(c[1].any.v[0], "一个");
    assert_string_equal(((const struct unit *)f.units.v)->id, "yj");
    assert_string_equal(((const struct unit *)f.units.v)->name, "应急管理局");
    assert_int_equal(f.custom_items, 3);
    hy_yaml_release(&file_schema, &f);
}

TEST(later_file_adds_and_replaces)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct file f = {0};
    char one[17], two[17];

    assert_int_equal(load("name: a\nclocks: [{id: A, hours: 1}, {id: B, hours: 2}]\n", &f, d),
                     HY_OK);
    hy_diag_version(d, one);
    assert_int_equal(load("name: b\nclocks: [{id: B, label: x}, {id: C}]\n", &f, d), HY_OK);
    hy_diag_version(d, two);
    const struct clock_row *c = f.clocks.v;
    assert_int_equal(f.clocks.n, 3);
    assert_string_equal(f.name, "b");
    assert_string_equal(c[1].id, "B");
    assert_string_equal(c[1].label, "x");
    assert_int_equal(c[1].hours, 48);
    assert_string_equal(c[2].id, "C");
    assert_int_equal(strlen(one), 16);
    assert_string_not_equal(one, two);
    assert_int_equal(hy_diag_files(d), 2);
    hy_yaml_release(&file_schema, &f);
}

TEST(replacing_twice_is_a_mistake)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct file f = {0};

    assert_int_equal(load("name: a\nclocks: [{id: A}]\n", &f, d), HY_OK);
    assert_int_equal(load("name: b\nclocks: [{id: A}, {id: A}]\n", &f, d), HY_E_PARSE);
    assert_int_equal(hy_diag_errors(d), 1);
    hy_yaml_release(&file_schema, &f);
}

TEST(unknown_key_is_named_with_its_neighbour)
{
    expect("name: a\nclocks:\n  - id: x\n    huors: 5\n",
           "t.yaml:4:5: 错误: 不认识的键“huors”，是不是“hours”？\n"
           "     4 |     huors: 5\n"
           "       |     ^~~~~\n");
}

TEST(caret_counts_columns_not_characters)
{
    expect("name: a\nclocks: [{id: 清溪县, level: 特大}]\n",
           "t.yaml:2:27: 错误: “level”不认识“特大”；可用：一般、较大、重大\n"
           "     2 | clocks: [{id: 清溪县, level: 特大}]\n"
           "       |                              ^~~~\n");
}

TEST(all_mistakes_at_once_in_order)
{
    expect("clocks:\n"
           "  - {id: a, hours: 五}\n"
           "  - {id: a, hours: 999}\n"
           "  - {label: x, steps: 3, any: [[1]]}\n",
           "t.yaml:1:1: 错误: 这里缺少必填的键“name”\n"
           "     1 | clocks:\n"
           "       | ^~~~~~\n"
           "t.yaml:2:20: 错误: “hours”应为整数，写的是“五”\n"
           "     2 |   - {id: a, hours: 五}\n"
           "       |                    ^~\n"
           "t.yaml:3:6: 错误: “id”重复：前面已有一条叫“a”\n"
           "     3 |   - {id: a, hours: 999}\n"
           "       |      ^~\n"
           "t.yaml:3:20: 错误: “hours”应在 1 到 720 之间，写的是 999\n"
           "     3 |   - {id: a, hours: 999}\n"
           "       |                    ^~~\n"
           "t.yaml:4:6: 错误: 这里缺少必填的键“id”\n"
           "     4 |   - {label: x, steps: 3, any: [[1]]}\n"
           "       |      ^~~~~\n"
           "t.yaml:4:23: 错误: “steps”应为列表（每项以“- ”开头），这里却是文字\n"
           "     4 |   - {label: x, steps: 3, any: [[1]]}\n"
           "       |                       ^\n"
           "t.yaml:4:33: 错误: “any”应为文字的列表，这里却是列表\n"
           "     4 |   - {label: x, steps: 3, any: [[1]]}\n"
           "       |                                 ^\n");
}

TEST(syntax_and_shape)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"name: a\nname: b\n", "t.yaml:2:1: 错误: 键“name”重复，第 1 行已经写过"},
        {"name: \"a\nday: 1\n", "t.yaml:1:7: 错误: 双引号的文字没有写完"},
        {"name: 'a\nday: 1\n", "单引号的文字没有写完"},
        {"name:\n\t- a\n", "t.yaml:2:1: 错误: 缩进用了制表符（Tab）"},
        {"name: [a\n", "方括号“[”没有闭合"},
        {"name: a: b\n", "同一行里有两个“: ”"},
        {"name: @a\n", "值不能以这个符号开头"},
        {"name：清溪\n", "应为“键: 值”，却是文字；冒号要用半角“:”，后面空一格"},
        {"name:清溪\n", "冒号后面要空一格"},
        {"day: 2026-10-01\nname：清溪\nat: x\n", "第 2 行的冒号是全角"},
        {"name: *a\n", "规则文件不用“*”引用"},
        {"name: !!int 3\n", "规则文件不用“!”标签"},
        {"name: a\n---\nname: b\n", "只能有一份文档"},
        {"? [a]\n: b\n", "键应为文字"},
        {"name: \xB0\xA1\n", "t.yaml:1:7: 错误: 这里不是 UTF-8 文字（可能是 GBK 编码）"},
        {"", "t.yaml:1:1: 错误: 这里缺少必填的键“name”"},
        {"name:\n", "t.yaml:1:1: 错误: “name”不能为空"},
        {"name: [a]\n", "“name”应为文字，这里却是列表"},
        {"name: a\nday: 2026-02-30\n", "没有 2026-02-30 这一天"},
        {"name: a\nday: 今天\n", "应为日期，如 2026-10-01"},
        {"name: a\nat: 8点\n", "应为带时区的时间"},
        {"name: a\nclocks: [{id: x, on: 可以}]\n", "应为 是/否"},
        {"name: a\nclocks: [{id: x, weight: 1.5.2}]\n", "应为数字"},
        {"name: a\nclocks: [{id: x, steps: [{id: a, after: 5个}]}]\n", "应为时长"},
        {"name: a\nclocks: [{id: x, steps: [{id: a, after: 2d}]}]\n", "1 秒到 86400 秒之间"},
        {"name: a\nunits: {yj: 应急局}\n", "这里应为“键: 值”，却是文字"},
        {"name: a\nunits: {yj: {id: z, name: a}}\n", "不认识的键“id”"},
        {"name: a\ncustom: 1\n", "要列表"},
        {"- a\n", "这里应为“键: 值”，却是列表"},
        {"name: a\nclocks: [{id: x, any: [a, ]}, {id: y, any: [a, '']}]\n", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        expect_part(cases[i].text, cases[i].part);
}

TEST(plain_input_is_plain)
{
    static const char *const fine[] = {
        "\xEF\xBB\xBFname: a\r\nday: 2026-10-01\r\n",
        "---\nname: a\n",
        "name: a\nclocks:\nunits:\ninner:\n",
        "# 注释\nname: a # 说明\n",
        "name: |\n  第一行\n  第二行\n",
        "name: a：b\n",
    };

    for (size_t i = 0; i < HY_COUNT(fine); i++)
        expect(fine[i], "");
}

TEST(bombs_are_refused)
{
    struct hy_buf b = HY_BUF_INIT(1 << 20);

    hy_buf_puts(&b, "name: ");
    for (int i = 0; i < 40; i++)
        hy_buf_char(&b, '[');
    for (int i = 0; i < 40; i++)
        hy_buf_char(&b, ']');
    expect_part(b.p, "嵌套太深");
    hy_buf_clear(&b);
    for (int i = 0; i < 100000; i++)
        hy_buf_char(&b, '[');
    expect_part(b.p, "嵌套太深");
    hy_buf_release(&b);
    expect_part("a: &a [x, x]\nb: &b [*a, *a]\nname: [*b, *b]\n", "规则文件不用“*”引用");
}

TEST(messages_are_bounded)
{
    struct hy_buf b = HY_BUF_INIT(1 << 20);

    hy_buf_puts(&b, "name: a\n");
    for (int i = 0; i < 5000; i++)
        hy_buf_printf(&b, "坏键%d: x\n", i);
    hy_buf_puts(&b, "长: ");
    for (int i = 0; i < 50000; i++)
        hy_buf_puts(&b, "长");
    hy_buf_char(&b, '\n');
    HY_CLEANUP(hy_freep) char *got = messages(b.p);
    assert_non_null(strstr(got, "还有 4701 处没有列出"));
    assert_true(strlen(got) < 60000);
    hy_buf_release(&b);
}

TEST(long_lines_are_cut_around_the_caret)
{
    struct hy_buf b = HY_BUF_INIT(1 << 20);

    hy_buf_puts(&b, "name: a\nclocks: [{id: a, any: [");
    for (int i = 0; i < 500; i++)
        hy_buf_puts(&b, "火灾, ");
    hy_buf_puts(&b, "x]}, {id: b, hours: 五, any: [");
    for (int i = 0; i < 500; i++)
        hy_buf_puts(&b, "火灾, ");
    hy_buf_puts(&b, "x]}]\n");
    HY_CLEANUP(hy_freep) char *got = messages(b.p);
    const char *line = strstr(got, "     2 | …");
    assert_non_null(line);
    assert_non_null(strstr(line, "hours: 五"));
    assert_true(strlen(got) < 700);
    hy_buf_release(&b);
}

TEST(json_lines)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_buf out = HY_BUF_INIT(1 << 16);
    struct file f = {0};

    assert_int_equal(load("nane: a\n", &f, d), HY_E_PARSE);
    hy_diag_warn(d, (struct hy_pos){0}, "只是提醒");
    hy_diag_print_json(d, &out);
    assert_string_equal(
        out.p,
        "{\"column\":1,\"file\":\"t.yaml\",\"line\":1,\"message\":"
        "\"不认识的键“nane”，是不是“name”？"
        "\",\"severity\":\"error\",\"width\":4}\n"
        "{\"column\":1,\"file\":\"t.yaml\",\"line\":1,\"message\":\"这里缺少必填的键“name”\","
        "\"severity\":\"error\",\"width\":4}\n"
        "{\"column\":0,\"line\":0,\"message\":\"只是提醒\",\"severity\":\"warning\",\"width\":0}"
        "\n");
    hy_buf_release(&out);
    hy_yaml_release(&file_schema, &f);
}

TEST(near_names)
{
    static const char *const names[] = {"threshold", "title", "all", "any", "清溪县"};
    static const struct {
        const char *in, *want;
    } cases[] = {{"treshold", "threshold"}, {"tilte", "title"}, {"an", "any"}, {"清西县", "清溪县"},
                 {"zzzzzz", NULL},          {"", NULL},         {"x", NULL}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const char *got = hy_near_name(hy_str(cases[i].in), names, HY_COUNT(names));
        if (cases[i].want)
            assert_string_equal(got, cases[i].want);
        else
            assert_null(got);
    }
}

TEST(missing_file_has_one_clear_message)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_buf out = HY_BUF_INIT(4096);
    struct hy_err err;
    struct file f = {0};

    assert_int_equal(hy_yaml_load_from("/nonexistent", "a.yaml", false, &file_schema, &f, d, &err),
                     HY_OK);
    assert_int_equal(hy_diag_errors(d), 0);
    assert_int_equal(hy_yaml_load_from("/nonexistent", "a.yaml", true, &file_schema, &f, d, &err),
                     HY_E_IO);
    hy_diag_print(d, &out);
    assert_string_equal(out.p, "/nonexistent/a.yaml: 错误: 文件读不了：没有这个文件\n");
    hy_buf_release(&out);
}
