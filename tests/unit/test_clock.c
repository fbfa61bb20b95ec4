/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

TEST(times_parse_and_print)
{
    static const struct {
        const char *in, *cst; /* NULL: refused */
    } cases[] = {
        {"2026-11-23T09:12:00+08:00", "2026-11-23T09:12:00+08:00"},
        {"2026-11-23T01:12:00Z", "2026-11-23T09:12:00+08:00"},
        {"2026-11-23 09:12+08:00", "2026-11-23T09:12:00+08:00"},
        {"2026-11-23T09:12:00.5+0800", "2026-11-23T09:12:00.500+08:00"},
        {"2026-11-23T09:12:00.123456789+08:00", "2026-11-23T09:12:00.123+08:00"},
        {"2026-11-22T20:12:00-05:00", "2026-11-23T09:12:00+08:00"},
        {"2024-02-29T00:00:00+08:00", "2024-02-29T00:00:00+08:00"},
        {"1969-12-31T23:59:59.999+00:00", "1970-01-01T07:59:59.999+08:00"},
        {"2026-12-31T16:00:00Z", "2027-01-01T00:00:00+08:00"},
        {"2016-12-31T23:59:60Z", "2017-01-01T08:00:00+08:00"}, /* a leap second */
        {"2026-02-29T00:00:00+08:00", NULL},
        {"2026-13-01T00:00:00+08:00", NULL},
        {"2026-11-23T24:00:00+08:00", NULL},
        {"2026-11-23T09:60:00+08:00", NULL},
        {"2026-11-23T09:12:00", NULL}, /* which clock is this? */
        {"2026-11-23", NULL},
        {"2026-11-23T09:12:00+08:00 ", NULL},
        {"2026-11-23T09:12:00+24:00", NULL},
        {"26-11-23T09:12:00Z", NULL},
        {"", NULL},
    };
    char out[HY_TIME_SIZE];

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        hy_wall t;
        bool ok = hy_wall_parse(hy_str(cases[i].in), &t);
        if (ok != (cases[i].cst != NULL))
            fail_msg("\"%s\" %s", cases[i].in, ok ? "was accepted" : "was refused");
        if (ok)
            assert_string_equal(hy_wall_format(t, HY_CST, out), cases[i].cst);
    }
}

/* Every day from 1600 to 2400 follows the one before it, in a calendar written the slow way. */
TEST(the_calendar_has_no_gaps)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = hy_days_of(1600, 1, 1);

    for (int y = 1600; y <= 2400; y++) {
        bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        for (int m = 1; m <= 12; m++) {
            int last = lengths[m - 1] + (m == 2 && leap);
            for (int d = 1; d <= last; d++, day++) {
                int yy, mm, dd;
                hy_date_of(day, &yy, &mm, &dd);
                if (hy_days_of(y, m, d) != day || yy != y || mm != m || dd != d)
                    fail_msg("%d-%d-%d", y, m, d);
            }
            assert_true(hy_date_exists(y, m, last));
            assert_false(hy_date_exists(y, m, last + 1));
        }
    }
    assert_int_equal(hy_days_of(1970, 1, 1), 0);
}

TEST(civil_time_carries_over)
{
    static const struct {
        struct hy_civil in;
        const char *out;
    } cases[] = {
        {{.year = 2026, .month = 11, .day = 31}, "2026-12-01T00:00:00+08:00"},
        {{.year = 2026, .month = 13, .day = 1}, "2027-01-01T00:00:00+08:00"},
        {{.year = 2026, .month = 0, .day = 1}, "2025-12-01T00:00:00+08:00"},
        {{.year = 2026, .month = 3, .day = 0}, "2026-02-28T00:00:00+08:00"},
        {{.year = 2026, .month = 1, .day = 1, .hour = 25, .minute = -1},
         "2026-01-02T00:59:00+08:00"},
    };
    char out[HY_TIME_SIZE];

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_string_equal(hy_wall_format(hy_wall_of(&cases[i].in, HY_CST), HY_CST, out),
                            cases[i].out);
}

TEST(weekdays)
{
    static const struct {
        const char *at;
        int weekday;
    } cases[] = {
        {"2026-11-22T12:00:00+08:00", 0}, {"2026-11-23T00:00:00+08:00", 1},
        {"2026-11-28T23:59:59+08:00", 6}, {"1970-01-01T00:00:00+08:00", 4},
        {"1900-01-01T00:00:00+08:00", 1}, {"2000-01-01T00:00:00+08:00", 6},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        hy_wall t;
        assert_true(hy_wall_parse(hy_str(cases[i].at), &t));
        assert_int_equal(hy_civil_of(t, HY_CST).weekday, cases[i].weekday);
    }
}

TEST(durations)
{
    static const struct {
        const char *in;
        int64_t ms; /* -1: refused */
    } cases[] = {{"90s", 90000}, {"10m", 600000}, {"5h", 18000000}, {"2d", 172800000},
                 {"0s", 0},      {"3wd", -1},     {"5", -1},        {"h", -1},
                 {"-1h", -1},    {"1.5h", -1},    {"5 h", -1},      {"9999999h", -1},
                 {"", -1}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        int64_t ms = -1;
        if (!hy_duration_parse(hy_str(cases[i].in), &ms))
            ms = -1;
        if (ms != cases[i].ms)
            fail_msg("\"%s\" gives %lld", cases[i].in, (long long)ms);
    }
}

TEST(the_test_clock_replaces_the_wall_clock_only)
{
    char path[] = "/tmp/hy-clock-XXXXXX";
    int fd = mkstemp(path);

    assert_int_equal(write(fd, "1234567\n", 8), 8);
    setenv("HUIYING_TEST_CLOCK", path, 1);
    assert_int_equal(hy_wall_now().ms, 1234567);
    hy_mono before = hy_mono_now();
    assert_true(hy_mono_now().us >= before.us);
    unlink(path);
    assert_true(hy_wall_now().ms > INT64_C(1600000000000)); /* no file: the real one */
    unsetenv("HUIYING_TEST_CLOCK");
    close(fd);
}
