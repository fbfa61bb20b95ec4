/* SPDX-License-Identifier: Apache-2.0 */
/* What a special report says of releases that differ, and to whom it does not. */
#include "alerts/record/report.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static const char doc_text[] =
    "{\"id\":\"I1\",\"kind\":\"emergency\",\"state\":\"responded\",\"title\":\"仓库起火\","
    "\"found\":["
    "{\"id\":\"F1\",\"state\":\"confirmed\",\"title\":\"<b>首次通报\",\"url\":\"http://a.example/"
    "1\","
    "\"edits\":[{\"changes\":[{\"label\":\"受伤人数\",\"from\":\"3\",\"to\":\"5\"}]}]},"
    "{\"id\":\"F2\",\"state\":\"proposed\",\"title\":\"续报\",\"url\":\"http://a.example/2\","
    "\"diverges\":[{\"label\":\"死亡人数\",\"there\":\"1\",\"here\":\"2\",\"than\":\"F1\"}]},"
    "{\"id\":\"F3\",\"state\":\"rejected\",\"title\":\"别的事\",\"url\":\"http://a.example/3\","
    "\"diverges\":[{\"label\":\"地点\",\"there\":\"甲区\",\"here\":\"乙区\",\"than\":\"F1\"}]}]}";

static char *report(bool public)
{
    struct hy_report_opts o = {.office = "清溪", .public = public};
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    assert_int_equal(hy_json_parse(hy_str(doc_text), &doc, &err), HY_OK);
    assert_true(hy_wall_parse(HY_STR("2026-11-26T12:00:00+08:00"), &o.now));
    hy_report_incident(&o, HY_REPORT_INCIDENT, doc, &b);
    return hy_buf_take(&b);
}

TEST(figures_that_differ_stand_in_the_report)
{
    HY_CLEANUP(hy_freep) char *inside = report(false), *outside = report(true);

    assert_non_null(strstr(inside, "发布后修改</td><td>受伤人数</td><td>3</td><td>5<"));
    assert_non_null(strstr(inside, "与另一次发布不同</td><td>死亡人数</td><td>1</td><td>2<"));
    assert_null(strstr(inside, "乙区")); /* a person said that it is about something else */
    assert_null(strstr(inside, "<b>首次"));
    assert_null(strstr(outside, "死亡人数</td><td>1"));
}
