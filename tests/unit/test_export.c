/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/export.h"

#include "alerts/record/step.h"
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

static json_t *rows_of_text(const char *text, const struct hy_export_opts *o, hy_wall from,
                            hy_wall to, struct hy_buf *csv)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct taken t = {.rows = json_array(), .csv = csv};
    struct hy_err err = HY_ERR_INIT;

    hy_export_form_init(&t.form, o);
    if (csv)
        hy_export_csv_head(&t.form, csv);
    assert_int_equal(hy_json_parse(hy_str(text), &doc, &err), HY_OK);
    assert_int_equal(hy_export_each(doc, &t.form, from, to, HY_STR("abc"), take, &t, &err), HY_OK);
    return t.rows;
}

static json_t *rows_of(const struct hy_export_opts *o, hy_wall from, hy_wall to, struct hy_buf *csv)
{
    return rows_of_text(doc_text, o, from, to, csv);
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
        {0, "steps", "到期前2小时 2026-11-23T12:12:00+08:00"},
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

/* What people decided, by name in the Chinese form and by id under English heads: a waiver, an
 * incident that became part of another, a page that was changed after it had ended a clock. */
TEST(decisions_are_told_as_people_know_them)
{
    static const char text[] =
        "{\"id\":\"I2\",\"merged_into\":\"I1\",\"waivers\":[{\"id\":\"W1\",\"approver\":{\"id\":"
        "\"x\","
        "\"name\":\"别人\"},\"decided\":{\"by\":\"shen\",\"name\":\"沈青\"}},{\"id\":\"W2\","
        "\"approver\":{"
        "\"id\":\"gu\",\"name\":\"顾文\"},\"approval\":\"〔2026〕7号\"}],"
        "\"responses\":[{\"id\":\"R1\",\"by\":\"zhou\",\"name\":\"周安\",\"url\":\"https://a.cn/"
        "1\"},"
        "{\"id\":\"R2\",\"by\":\"zhou\",\"name\":\"周安\",\"corrections\":[{\"id\":\"C1\"}]}],"
        "\"found\":[{\"id\":\"F1\",\"url\":\"https://a.cn/1\",\"edits\":[{\"was\":\"00\"}]}],"
        "\"notices\":[{\"clock\":\"-\",\"step\":\"unacked-1\",\"at\":\"T\",\"to\":[{\"name\":"
        "\"林悦\"},"
        "{\"name\":\"何川\"}]},{\"clock\":\"-\",\"step\":\"own-step\",\"at\":\"U\",\"to\":[]}],"
        "\"obligations\":[{\"id\":\"I2/"
        "A\",\"state\":\"waived\",\"waiver\":{\"id\":\"W1\",\"approver\":"
        "\"shen\"}},{\"id\":\"I2/"
        "B\",\"state\":\"waived\",\"waiver\":{\"id\":\"W2\",\"approver\":\"gu\"}},"
        "{\"id\":\"I2/C\",\"state\":\"waived\",\"waiver\":{\"approver\":\"old\"}},"
        "{\"id\":\"I2/"
        "D\",\"state\":\"met\",\"evidence\":{\"response\":\"R1\",\"by\":\"zhou\",\"url\":"
        "\"https://a.cn/1\"}},{\"id\":\"I2/"
        "E\",\"state\":\"met\",\"evidence\":{\"response\":\"R2\",\"by\":"
        "\"zhou\"}},{\"id\":\"I2/F\",\"state\":\"superseded\",\"reason\":\"并案\"}]}";
    static const struct {
        size_t row;
        const char *column, *zh, *en;
    } cases[] = {
        {0, "waiver_approver", "沈青", "shen"}, /* who decided, not who was asked */
        {1, "waiver_approver", "顾文", "gu"},
        {2, "waiver_approver", "old", "old"}, /* a record from before names were kept */
        {3, "entered_by", "周安", "zhou"},
        {3, "corrected", "页面有改动", "page changed"},
        {4, "corrected", "是", "yes"},
        {5, "corrected", "否", "no"},
        {5, "reason", "并案 I1", "并案 I1"},
        {0, "reason", "", ""},
        {0, "escalations", "无人签收，报下一人 T 林悦、何川；own-step U ",
         "unacked-1 T 林悦、何川；own-step U "},
    };

    for (int english = 0; english < 2; english++) {
        struct hy_export_opts o = {.english = english};
        HY_CLEANUP(hy_json_freep)
        json_t *rows = rows_of_text(text, &o, HY_WALL_NONE, HY_WALL_NONE, NULL);
        for (size_t i = 0; i < HY_COUNT(cases); i++)
            assert_string_equal(hy_json_str(json_array_get(rows, cases[i].row), cases[i].column).p,
                                english ? cases[i].en : cases[i].zh);
    }
}

TEST(reminders_in_words_of_people)
{
    static const struct {
        const char *step, *want;
    } cases[] = {{"open", "新事件通知"},
                 {"unacked-2", "无人签收，报下一人"},
                 {"approve-57", "请审批"},
                 {"approved-64", "审批通过"},
                 {"plan-8h", "起算后8小时，准备方案"},
                 {"left-15d", "到期前15天"},
                 {"late.2", "已超过设定时限"},
                 {"left-2h.2", "到期前2小时"},
                 {"begun", "时限开始"},
                 {"after-x", "起算后x"},
                 {"our-own", "our-own"}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf b = HY_BUF_INIT(200);
        hy_step_label(hy_str(cases[i].step), &b);
        assert_string_equal(b.p, cases[i].want);
        hy_buf_release(&b);
    }
}

TEST(supervision_under_a_wrong_clock_says_so)
{
    HY_CLEANUP(hy_json_freep) json_t *line = json_pack("{s:s}", "at", "2026-11-24T09:30:00+08:00");

    assert_string_equal(hy_step_doubt(line, false), "");
    json_object_set_new(line, "clock_ahead", json_true());
    assert_non_null(strstr(hy_step_doubt(line, false), "时钟走快"));
    assert_non_null(strstr(hy_step_doubt(line, true), "clock was ahead"));
}

TEST(only_what_was_asked_for_by_number)
{
    static const char *const ids[] = {"I20261123-0002", "I20261123-0001"};

    for (size_t n = 0; n <= 2; n++) {
        struct hy_export_opts o = {.ids = ids, .n_ids = n};
        HY_CLEANUP(hy_json_freep)
        json_t *rows = rows_of(&o, HY_WALL_NONE, HY_WALL_NONE, NULL);
        assert_int_equal(json_array_size(rows), n == 1 ? 0 : 2);
    }
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
    assert_null(strstr(text, "到期前2小时"));
    assert_non_null(strstr(text, "\"overdue\""));
}
