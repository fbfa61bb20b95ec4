/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/export.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static const char doc_text[] =
    "{\"id\":\"I20261123-0001\",\"title\":\"=HYPERLINK(\\\"x\\\"),逗号\\n换行\",\"level\":2,"
    "\"places\":[{\"name\":\"清溪县\"},{\"name\":\"江口区\"}],\"topics\":[{\"id\":\"t\",\"name\":"
    "\"安全生产\"}],"
    "\"times\":{\"first_public\":\"2026-11-23T09:12:00+08:00\",\"confirmed\":\"2026-11-23T09:30:00+"
    "08:00\"},"
    "\"ack\":{\"by\":\"d\",\"at\":\"2026-11-23T09:15:00+08:00\"},\"version\":7,"
    "\"units\":{\"lead\":{\"id\":\"e\",\"name\":\"应急管理局\"},\"support\":[]},"
    "\"notices\":[{\"id\":\"n\",\"clock\":\"-\",\"step\":\"open\",\"to\":[{\"id\":\"d\",\"name\":"
    "\"林悦\"}]},"
    "{\"id\":\"m\",\"clock\":\"H5\",\"step\":\"left-2h\",\"at\":\"2026-11-23T12:12:00+08:00\"}],"
    "\"obligations\":["
    "{\"id\":\"I20261123-0001/"
    "H5\",\"clock\":\"H5\",\"label\":\"五小时\",\"state\":\"late\",\"start\":"
    "\"2026-11-23T09:12:00+08:00\",\"due\":\"2026-11-23T14:12:00+08:00\",\"minutes\":-3,"
    "\"evidence\":{\"url\":\"https://a.cn/\",\"by\":\"d\",\"entered_late\":true}},"
    "{\"id\":\"I20261123-0001/H24\",\"clock\":\"H24\",\"state\":\"open\",\"start\":"
    "\"2026-11-23T09:12:00+08:00\",\"due\":\"2026-11-24T09:12:00+08:00\"}]}";

struct taken {
    struct hy_export_form form;
    json_t *rows;       /* column -> text */
    struct hy_buf *csv; /* or NULL */
};

static int take(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    struct taken *t = user;
    json_t *o = json_object();

    (void)err;
    for (size_t i = 0; i < t->form.n; i++)
        hy_json_set_str(o, t->form.column[i]->name, hy_export_cell(row, i));
    json_array_append_new(t->rows, o);
    if (t->csv)
        hy_export_csv_row(&t->form, row, t->csv);
    return HY_OK;
}

static json_t *rows_of(const struct hy_export_opts *o, hy_wall from, hy_wall to, struct hy_buf *csv)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct taken t = {.rows = json_array(), .csv = csv};
    struct hy_err err = HY_ERR_INIT;

    hy_export_form_init(&t.form, o);
    if (csv)
        hy_export_csv_head(&t.form, csv);
    assert_int_equal(hy_json_parse(hy_str(doc_text), &doc, &err), HY_OK);
    assert_int_equal(hy_export_each(doc, &t.form, from, to, HY_STR("abc"), take, &t, &err), HY_OK);
    return t.rows;
}

static hy_wall at(const char *text)
{
    hy_wall t;

    assert_true(hy_wall_parse(hy_str(text), &t));
    return t;
}

TEST(one_row_per_obligation)
{
    static const struct {
        size_t row;
        const char *column, *want;
    } cases[] = {
        {0, "obligation", "I20261123-0001/H5"},
        {0, "place", "清溪县；江口区"},
        {0, "topic", "安全生产"},
        {0, "level", "重大"},
        {0, "result", "超时"},
        {0, "minutes", "-3"},
        {0, "entered_late", "是"},
        {0, "on_duty", "林悦"},
        {0, "first_action", "2026-11-23T09:15:00+08:00"},
        {0, "steps", "left-2h 2026-11-23T12:12:00+08:00"},
        {0, "previous", "abc"},
        {1, "result", "未到期"},
        {1, "steps", ""},
    };
    struct hy_export_opts o = {.now = at("2026-11-24T09:12:00+08:00")};
    HY_CLEANUP(hy_json_freep) json_t *rows = rows_of(&o, HY_WALL_NONE, HY_WALL_NONE, NULL);

    assert_int_equal(json_array_size(rows), 2);
    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_string_equal(hy_json_str(json_array_get(rows, cases[i].row), cases[i].column).p,
                            cases[i].want);
}

TEST(the_period_is_half_open)
{
    static const struct {
        const char *from, *to;
        size_t rows;
    } cases[] = {
        {"2026-11-23T09:12:00+08:00", "2026-11-23T09:12:01+08:00", 2},
        {"2026-11-23T09:12:01+08:00", "2026-12-01T00:00:00+08:00", 0},
        {"2026-11-01T00:00:00+08:00", "2026-11-23T09:12:00+08:00", 0},
    };
    struct hy_export_opts o = {.now = at("2026-11-24T09:12:00+08:00")};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_json_freep)
        json_t *rows = rows_of(&o, at(cases[i].from), at(cases[i].to), NULL);
        assert_int_equal(json_array_size(rows), cases[i].rows);
    }
}

static char *csv(struct hy_export_opts *o)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    o->now = at("2026-11-24T09:12:01+08:00");
    json_decref(rows_of(o, HY_WALL_NONE, HY_WALL_NONE, &b));
    return hy_buf_take(&b);
}

static int refuse(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    (void)row;
    ++*(int *)user;
    return hy_fail(err, HY_E_IO, "full");
}

TEST(the_first_failure_ends_it)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_export_opts o = {.now = at("2026-11-24T09:12:00+08:00")};
    struct hy_export_form form;
    struct hy_err err = HY_ERR_INIT;
    int asked = 0;

    hy_export_form_init(&form, &o);
    assert_int_equal(hy_json_parse(hy_str(doc_text), &doc, &err), HY_OK);
    assert_int_equal(
        hy_export_each(doc, &form, HY_WALL_NONE, HY_WALL_NONE, HY_STR(""), refuse, &asked, &err),
        HY_E_IO);
    assert_int_equal(asked, 1);
}

TEST(spreadsheets_run_nothing)
{
    HY_CLEANUP(hy_freep) char *guarded = csv(&(struct hy_export_opts){0});
    HY_CLEANUP(hy_freep) char *raw = csv(&(struct hy_export_opts){.raw = true});

    assert_memory_equal(guarded, "\xEF\xBB\xBF\"义务编号\",", 18);
    assert_non_null(strstr(guarded, "\"'=HYPERLINK(\"\"x\"\"),逗号\n换行\""));
    assert_non_null(strstr(raw, "\"=HYPERLINK(\"\"x\"\"),逗号\n换行\""));
    assert_non_null(strstr(guarded, ",\"-3\",")); /* a number is no formula */
    assert_non_null(strstr(guarded, "\r\n"));
    assert_non_null(strstr(guarded, "\"超时\"")); /* open and overdue */
}

TEST(the_public_form_names_nobody)
{
    HY_CLEANUP(hy_freep)
    char *text = csv(&(struct hy_export_opts){.public = true, .english = true});

    assert_null(strstr(text, "林悦"));
    assert_null(strstr(text, "entered_by"));
    assert_null(strstr(text, "left-2h"));
    assert_non_null(strstr(text, "\"overdue\""));
}
