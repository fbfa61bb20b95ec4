/* SPDX-License-Identifier: Apache-2.0 */
/* What `huiying read` finds, one table row per way of writing. */
#include "analyzer/read.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <math.h>
#include <string.h>

#include "tests/unit/harness.h"

/* 2026-11-23 is a Monday. */
static const char at[] = "2026-11-23T09:12:00+08:00";

/* The first reading of the kind as "text=value", "" when there is none. */
static const char *first(enum hy_read_kind kind, const char *text, bool known)
{
    static char out[200];
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_chars t = hy_chars_of(arena, hy_str(text));
    hy_wall now = HY_WALL_NONE;

    if (known)
        assert_true(hy_wall_parse(hy_str(at), &now));
    struct hy_readings all = hy_read(arena, &t, now, HY_CST);
    out[0] = '\0';
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].kind != kind)
            continue;
        HY_CLEANUP(hy_json_freep) json_t *o = hy_reading_json(&all.v[i], &t);
        HY_CLEANUP(hy_freep) char *value = hy_json_text(json_object_get(o, "value"));
        snprintf(out, sizeof(out), HY_STR_FMT "=%s", HY_STR_ARG(hy_json_str(o, "text")), value);
        break;
    }
    return out;
}

static void check(enum hy_read_kind kind, const char *const (*rows)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_string_equal(first(kind, rows[i][0], true), rows[i][1]);
}

TEST(numbers_in_every_writing)
{
    static const char *const rows[][2] = {
        {"共三人", "三=3"},
        {"１２３人", "１２３=123"},
        {"1,234,567元", "1,234,567=1234567"},
        {"一百零五人", "一百零五=105"},
        {"一百五十二", "一百五十二=152"},
        {"三千二", "三千二=3200"},
        {"10万余人", "10万=100000"},
        {"1.2亿元", "1.2亿=120000000"},
        {"三点五万亩", "三点五万=35000"},
        {"二〇〇八", "二〇〇八=2008"},
        {"廿", ""},
        {"负六度", "负六=-6"},
        {"四分之一", "四分之一=0.25"},
        {"三百二十万零五十", "三百二十万零五十=3200050"},
        {"五百余万", "五百余万=5000000"},
        {"两万五千里", "两万五千=25000"},
        {"壹仟贰佰", "壹仟贰佰=1200"},
        {"三四百人", "三四百=300"},
        {"百分之三十", "三十=30"},
        {"12千米", "12=12"},
        {"四川", ""},
        {"我一看就懂", ""},
        {"星期三", ""},
        {"登陆上海", ""},
        {"", ""},
    };
    check(HY_READ_NUMBER, rows, HY_COUNT(rows));
}

TEST(dates_absolute_and_relative)
{
    static const char *const rows[][2] = {
        {"2026-11-22", "2026-11-22=\"2026-11-22\""},
        {"2026/1/2发布", "2026/1/2=\"2026-01-02\""},
        {"发布于2026.01.02", "2026.01.02=\"2026-01-02\""},
        {"二〇二六年十月一日", "二〇二六年十月一日=\"2026-10-01\""},
        {"11月20日", "11月20日=\"2026-11-20\""},
        {"12月3日", "12月3日=\"2025-12-03\""},
        {"去年5月12日", "去年5月12日=\"2025-05-12\""},
        {"20日上午", "20日=\"2026-11-20\""},
        {"25日", "25日=\"2026-10-25\""},
        {"昨日", "昨日=\"2026-11-22\""},
        {"前天", "前天=\"2026-11-21\""},
        {"上周三", "上周三=\"2026-11-18\""},
        {"星期五", "星期五=\"2026-11-20\""},
        {"3天前", "3天前=\"2026-11-20\""},
        {"两个月前", "两个月前=\"2026-09-23\""},
        {"本月1日", "本月1日=\"2026-11-01\""},
        {"2月30日", "2月30日=null"},
        {"农历八月十五", "农历八月十五=null"},
        {"建国路88号", ""},
        {"版本1.2.3", ""},
        {"3日内办结", ""},
        {"今日头条", ""},
        {"一周三次", ""},
    };
    check(HY_READ_DATE, rows, HY_COUNT(rows));
    assert_string_equal(first(HY_READ_DATE, "昨日", false), "昨日=null");
}

TEST(times_and_moments)
{
    static const char *const times[][2] = {
        {"下午5:00", "下午5:00=\"17:00:00\""},
        {"凌晨2点半", "凌晨2点半=\"02:30:00\""},
        {"15时20分", "15时20分=\"15:20:00\""},
        {"晚上九点二十", "晚上九点二十=\"21:20:00\""},
        {"16时40分50秒", "16时40分50秒=\"16:40:50\""},
        {"中午一点", "中午一点=\"13:00:00\""},
        {"三点建议", ""},
        {"一点好处", ""},
        {"9时间", ""},
    };
    static const char *const moments[][2] = {
        {"昨日22时许", "昨日22时=\"2026-11-22T22:00:00\""},
        {"11月20日下午3点", "11月20日下午3点=\"2026-11-20T15:00:00\""},
        {"2026-11-20 08:30:15", "2026-11-20 08:30:15=\"2026-11-20T08:30:15\""},
        {"昨晚8点", "昨晚8点=\"2026-11-22T20:00:00\""},
        {"2小时前", "2小时前=\"2026-11-23T07:12:00\""},
        {"20日7时许", "20日7时=\"2026-11-20T07:00:00\""},
    };
    check(HY_READ_TIME, times, HY_COUNT(times));
    check(HY_READ_DATETIME, moments, HY_COUNT(moments));
}

TEST(durations_quantities_contacts)
{
    static const char *const durations[][2] = {
        {"三个工作日内", "三个工作日=\"P3WD\""},
        {"48小时内", "48小时=\"PT48H\""},
        {"五小时", "五小时=\"PT5H\""},
        {"三年半", "三年半=\"P3.5Y\""},
        {"半年", "半年=\"P0.5Y\""},
        {"7日内", "7日=\"P7D\""},
        {"1小时20分钟", "1小时20分钟=\"PT4800S\""},
        {"2008年", ""},
        {"上半年", ""},
    };
    static const char *const quantities[][2] = {
        {"约1.2亿元", "1.2亿元=120000000"},
        {"20万公斤", "20万公斤=200000"},
        {"一吨半", "一吨半=1.5"},
        {"3名学生", "3名=3"},
        {"人大代表", ""},
    };
    static const char *const phones[][2] = {
        {"电话：13812345678", "13812345678=\"13812345678\""},
        {"拨打010-12345678转801", "010-12345678转801=\"010-12345678转801\""},
        {"损失12345678元", ""},
        {"2026-11-23", ""},
    };
    static const char *const urls[][2] = {
        {"见https://example.gov.cn/a?b=1。",
         "https://example.gov.cn/a?b=1=\"https://example.gov.cn/a?b=1\""},
        {"邮箱a@example.com", ""},
        {"www.example.org，", "www.example.org=\"www.example.org\""},
    };
    check(HY_READ_DURATION, durations, HY_COUNT(durations));
    check(HY_READ_QUANTITY, quantities, HY_COUNT(quantities));
    check(HY_READ_PHONE, phones, HY_COUNT(phones));
    check(HY_READ_URL, urls, HY_COUNT(urls));
}

TEST(spans_count_code_points)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_chars t = hy_chars_of(arena, HY_STR("𠮷野家３人"));
    struct hy_readings all = hy_read(arena, &t, HY_WALL_NONE, HY_CST);

    assert_true(all.n >= 1);
    assert_int_equal(all.v[0].start, 3);
    assert_int_equal(all.v[0].end, 4);
}

TEST(amounts_with_bounds)
{
    static const struct {
        const char *text;
        double min, max;
    } rows[] = {
        {"3", 3, 3},
        {"十余", 10, INFINITY},
        {"数十", 20, INFINITY},
        {"上百", 100, INFINITY},
        {"3至5", 3, 5},
        {"三四百", 300, 400},
        {"数百", 200, INFINITY},
        {"十几", 11, INFINITY},
        {"3到5万", 3e4, 5e4},
        {"近千", 0, 0},
    };
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_chars t = hy_chars_of(arena, hy_str(rows[i].text));
        struct hy_amount a = {0};
        bool ok = hy_read_amount(&t, 0, &a);
        assert_int_equal(ok, rows[i].min > 0);
        if (ok) {
            assert_float_equal(a.min, rows[i].min, 1e-9);
            assert_true(isinf(rows[i].max) ? isinf(a.max) : fabs(a.max - rows[i].max) < 1e-9);
        }
    }
}

TEST(event_time_is_the_first_that_is_past)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc =
        hy_doc_of(arena, HY_STR("厂房起火"), HY_STR("昨日22时许，厂房起火，明日开会。"));
    hy_wall now, want;

    assert_true(hy_wall_parse(hy_str(at), &now));
    assert_true(hy_wall_parse(HY_STR("2026-11-22T22:00:00+08:00"), &want));
    assert_int_equal(hy_read_event_time(arena, &doc, now, HY_CST).ms, want.ms);
}
