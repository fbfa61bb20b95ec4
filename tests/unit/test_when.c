/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/when.h"

#include <string.h>

#include "tests/unit/harness.h"

/* Read on Monday 2026-11-23 15:00 in Beijing; "" means no date in it. */
#define NOW ((hy_wall){INT64_C(1795417200000)})

static const struct {
    const char *text, *time;
    enum hy_precision precision;
} cases[] = {
    {"2022-02-13 20:04:17", "2022-02-13T20:04:17+08:00", HY_PREC_SECOND},
    {"2022-2-3", "2022-02-03T00:00:00+08:00", HY_PREC_DAY},
    {"2022/02/13 20:04", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"2022.02.13", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"2022年2月13日", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"发布时间：2022年02月13日 20:04 来源：县报", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"2022年2月13日(星期日) 下午3点05分", "2022-02-13T15:05:00+08:00", HY_PREC_MINUTE},
    {"2022年2月13日20时04分17秒", "2022-02-13T20:04:17+08:00", HY_PREC_SECOND},
    {"2022 年 2 月 13 日", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"二〇二二年二月十三日", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"二○二二年十二月二十一日", "2022-12-21T00:00:00+08:00", HY_PREC_DAY},
    {"２０２２－０２－１３　２０：０４", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"2022-02-13T12:04:17Z", "2022-02-13T20:04:17+08:00", HY_PREC_SECOND},
    {"2022-02-13T20:04:17.123+08:00", "2022-02-13T20:04:17+08:00", HY_PREC_SECOND},
    {"2022-02-13T07:04-0500", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"Sun, 13 Feb 2022 12:04:17 GMT", "2022-02-13T20:04:17+08:00", HY_PREC_SECOND},
    {"February 13th, 2022 at 8:04 PM", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"Feb. 3, 2022", "2022-02-03T00:00:00+08:00", HY_PREC_DAY},
    {"13. Februar 2022", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"13 de febrero de 2022", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"13.02.2022, 20:04 Uhr", "2022-02-13T20:04:00+08:00", HY_PREC_MINUTE},
    {"02/13/2022", "2022-02-13T00:00:00+08:00", HY_PREC_DAY},
    {"11-20 07:17", "2026-11-20T07:17:00+08:00", HY_PREC_MINUTE},
    {"12月30日 07:17", "2025-12-30T07:17:00+08:00", HY_PREC_MINUTE}, /* not in the future */
    {"昨天 07:17", "2026-11-22T07:17:00+08:00", HY_PREC_MINUTE},
    {"前天 07:17", "2026-11-21T07:17:00+08:00", HY_PREC_MINUTE},
    {"3小时前", "2026-11-23T12:00:00+08:00", HY_PREC_MINUTE},
    {"25 分钟前 来自手机", "2026-11-23T14:35:00+08:00", HY_PREC_MINUTE},
    {"2 days ago", "2026-11-21T15:00:00+08:00", HY_PREC_DAY},
    {"电话：0571-88012345", "", HY_PREC_NONE},
    {"2022-13-13", "", HY_PREC_NONE},
    {"2022-02-30", "", HY_PREC_NONE},
    {"1.2.3", "", HY_PREC_NONE},
    {"今天我们去爬山", "", HY_PREC_NONE},
    {"第12-13页", "", HY_PREC_NONE},
    {"20220213", "", HY_PREC_NONE}, /* a number unless a date is expected */
    {"一月", "", HY_PREC_NONE},
    {"", "", HY_PREC_NONE},
};

TEST(forms)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hy_when w;
        char time[HY_TIME_SIZE] = "";
        size_t at = 0;
        bool found = hy_when_next(hy_str(cases[i].text), &at, (struct hy_when_how){0}, &w);
        if (found)
            hy_wall_format(hy_when_wall(&w, NOW, HY_CST), HY_CST, time);
        if (strcmp(time, cases[i].time) != 0)
            fail_msg("%s: %s, not %s", cases[i].text, time, cases[i].time);
        if (found)
            assert_int_equal(w.precision, cases[i].precision);
    }
}

TEST(without_a_now_relative_times_stay_unknown)
{
    static const char *const texts[] = {"3小时前", "昨天 07:17", "11-20 07:17"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct hy_when w;
        size_t at = 0;
        assert_true(hy_when_next(hy_str(texts[i]), &at, (struct hy_when_how){0}, &w));
        assert_false(hy_wall_known(hy_when_wall(&w, HY_WALL_NONE, HY_CST)));
    }
}

TEST(day_first_and_compact)
{
    struct hy_when w;
    size_t at = 0;

    assert_true(hy_when_next(hy_str("03/04/2020"), &at, (struct hy_when_how){0}, &w));
    assert_int_equal(w.month, 3);
    at = 0;
    assert_true(
        hy_when_next(hy_str("03/04/2020"), &at, (struct hy_when_how){.day_first = true}, &w));
    assert_int_equal(w.month, 4);
    at = 0;
    assert_true(
        hy_when_next(hy_str("20220213200417"), &at, (struct hy_when_how){.compact = true}, &w));
    assert_int_equal(w.hour, 20);
    assert_int_equal(w.precision, HY_PREC_SECOND);
}

TEST(all_of_a_line)
{
    struct hy_str line = hy_str("2022-02-13 20:04 更新 2022-02-14 08:00");
    struct hy_when w;
    size_t at = 0;

    assert_true(hy_when_next(line, &at, (struct hy_when_how){0}, &w));
    assert_int_equal(w.day, 13);
    assert_true(hy_when_next(line, &at, (struct hy_when_how){0}, &w));
    assert_int_equal(w.day, 14);
    assert_false(hy_when_next(line, &at, (struct hy_when_how){0}, &w));
}
