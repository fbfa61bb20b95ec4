/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/health.h"

#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static hy_wall hour(int h)
{
    return (hy_wall){INT64_C(1800000000000) + h * HY_HOUR_MS};
}

/* Watched for `days`, alike at all hours. */
static struct hy_rate of(double per_day, double days)
{
    return (struct hy_rate){.items = per_day * (days + 0.25) - 0.5,
                            .hits = per_day * (days + 0.25) - 0.5,
                            .days = days};
}

static bool note(struct hy_health *h, enum hy_visit_end end, const char *detail, double per_day,
                 hy_wall now)
{
    struct hy_rate rate = of(per_day, 7);
    struct hy_visit v = {.end = end,
                         .detail = detail,
                         .newest = HY_WALL_NONE,
                         .server = HY_WALL_NONE,
                         .rate = &rate};

    return hy_health_note(h, &v, now);
}

TEST(from_new_over_healthy_and_quiet)
{
    struct hy_health h = {0};

    assert_int_equal(h.state, HY_NEW);
    assert_true(note(&h, HY_VISIT_FRESH, "", 10, hour(0)));
    assert_int_equal(h.state, HY_HEALTHY);
    assert_false(note(&h, HY_VISIT_SAME, "", 10, hour(1))); /* ten a day: an hour is nothing */
    assert_true(note(&h, HY_VISIT_SAME, "", 10, hour(10)));
    assert_int_equal(h.state, HY_QUIET);
    assert_false(note(&h, HY_VISIT_SAME, "", 10, hour(11)));
}

TEST(a_gap_is_told_for_a_day)
{
    struct hy_health h = {0};

    note(&h, HY_VISIT_FRESH, "", 10, hour(0));
    hy_health_gap(&h, hour(0), hour(1));
    note(&h, HY_VISIT_FRESH, "", 10, hour(1));
    assert_int_equal(h.state, HY_HEALTHY);
    assert_int_equal(h.gaps, 1);
    assert_string_equal(h.why, "正常；01-15 16:00 至 01-15 17:00 之间的条目可能有遗漏");
    note(&h, HY_VISIT_FRESH, "", 10, hour(26));
    assert_string_equal(h.why, "正常");
}

TEST(failures_need_three_and_one_success_heals)
{
    struct hy_health h = {0};

    note(&h, HY_VISIT_FRESH, "", 10, hour(0));
    assert_false(note(&h, HY_VISIT_FAILED, "timeout", 10, hour(1)));
    assert_false(note(&h, HY_VISIT_FAILED, "timeout", 10, hour(2)));
    assert_true(note(&h, HY_VISIT_FAILED, "timeout", 10, hour(3)));
    assert_int_equal(h.state, HY_BLIND);
    assert_non_null(strstr(h.why, "timeout"));
    assert_int_equal(h.first_bad.ms, hour(1).ms);
    assert_true(note(&h, HY_VISIT_SAME, "", 10, hour(4)));
    assert_int_equal(h.state, HY_HEALTHY);
    assert_int_equal(h.failures, 0);
}

TEST(walls_and_refusals_blind_at_once)
{
    static const enum hy_visit_end ends[] = {HY_VISIT_WALL, HY_VISIT_ROBOTS, HY_VISIT_REFUSED};

    for (size_t i = 0; i < 3; i++) {
        struct hy_health h = {0};
        note(&h, HY_VISIT_FRESH, "", 10, hour(0));
        assert_true(note(&h, ends[i], "", 10, hour(1)));
        assert_int_equal(h.state, HY_BLIND);
    }
}

TEST(a_source_that_never_worked_stays_new_then_blind)
{
    struct hy_health h = {0};

    assert_false(note(&h, HY_VISIT_FAILED, "no such name", 2, hour(0)));
    assert_non_null(strstr(h.why, "no such name"));
    note(&h, HY_VISIT_FAILED, "no such name", 2, hour(1));
    assert_true(note(&h, HY_VISIT_FAILED, "no such name", 2, hour(2)));
    assert_int_equal(h.state, HY_BLIND);
}

TEST(silence_that_its_rate_makes_unlikely_is_suspicious)
{
    struct hy_health busy = {0}, rare = {0};

    note(&busy, HY_VISIT_FRESH, "", 24, hour(0));
    note(&rare, HY_VISIT_FRESH, "", 0.2, hour(0));
    note(&busy, HY_VISIT_SAME, "", 24, hour(6)); /* lunch, or a meeting */
    assert_int_equal(busy.state, HY_QUIET);
    note(&busy, HY_VISIT_SAME, "", 24, hour(14));
    assert_int_equal(busy.state, HY_SUSPICIOUS);
    assert_string_equal(busy.why,
                        "这个时段通常有新内容，却一直没有：已有 14 小时；以往每天约 24 条");
    assert_int_equal(busy.since.ms, hour(0).ms); /* it may have begun right behind the last one */
    note(&rare, HY_VISIT_SAME, "", 0.2, hour(24 * 20));
    assert_int_equal(rare.state, HY_QUIET);
    assert_true(note(&busy, HY_VISIT_FRESH, "", 24, hour(15)));
    assert_int_equal(busy.state, HY_HEALTHY);
}

/* What a good visit at hour(h) would say of a source that is otherwise well. */
static struct hy_visit good(int h, const struct hy_rate *rate)
{
    return (struct hy_visit){.end = HY_VISIT_SAME,
                             .detail = "",
                             .newest = HY_WALL_NONE,
                             .server = hour(h),
                             .rate = rate};
}

TEST(every_kind_of_evidence_gives_its_state)
{
    static const struct {
        const char *what;
        double expected;
        bool frozen, future;
        int alike, server_off_h;
        enum hy_health_state state;
        const char *why; /* a part of it */
    } cases[] = {
        {"as usual", 1, false, false, 1, 0, HY_HEALTHY, "正常"},
        {"a quiet hour", 4, false, false, 1, 0, HY_QUIET, "属正常"},
        {"an odd silence", 8, false, false, 1, 0, HY_SUSPICIOUS, "却一直没有"},
        {"an odd silence of a page that never changes", 8, true, false, 1, 0, HY_SUSPICIOUS, ""},
        {"the same copy for ever", 20, true, false, 1, 0, HY_BLIND, "一模一样"},
        {"silence, but the page lives", 20, false, false, 1, 0, HY_SUSPICIOUS, ""},
        {"articles that are one page", 1, false, false, 4, 0, HY_BLIND, "文章页内容全都一样"},
        {"three of them may be", 1, false, false, 3, 0, HY_HEALTHY, "正常"},
        {"entries from the future", 1, false, true, 1, 0, HY_BLIND, "在将来"},
        {"a clock an hour ahead", 1, false, false, 1, 1, HY_HEALTHY, "网站的时钟快 60 分钟"},
        {"a clock days ahead", 1, false, false, 1, 72, HY_BLIND, "快了 3 天"},
        {"a copy of last week", 1, false, false, 1, -168, HY_BLIND, "旧的缓存"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_health h = {0};
        struct hy_rate rate = of(cases[i].expected, 30); /* in the day between the two visits */
        struct hy_visit first = good(0, &rate), v = good(24, &rate);
        first.end = HY_VISIT_FRESH;
        hy_health_note(&h, &first, hour(0));
        v.frozen = cases[i].frozen;
        v.future = cases[i].future;
        v.alike = cases[i].alike;
        v.server = hour(24 + cases[i].server_off_h);
        hy_health_note(&h, &v, hour(24));
        if (h.state != cases[i].state || strstr(h.why, cases[i].why) == NULL)
            fail_msg("%s: %s, %s", cases[i].what, hy_health_name[h.state], h.why);
    }
}

TEST(a_list_made_anew_is_blind_after_three_visits)
{
    struct hy_health h = {0};

    note(&h, HY_VISIT_FRESH, "", 10, hour(0));
    note(&h, HY_VISIT_SHRUNK, "", 10, hour(1));
    note(&h, HY_VISIT_SHRUNK, "", 10, hour(2));
    assert_true(note(&h, HY_VISIT_SHRUNK, "", 10, hour(3)));
    assert_int_equal(h.state, HY_BLIND);
    assert_int_equal(h.since.ms, hour(1).ms); /* from the first such visit on */
    assert_non_null(strstr(h.why, "版式"));
}

TEST(the_operators_own_limit_and_the_age_of_what_was_there_at_first)
{
    struct hy_health h = {0};
    struct hy_rate rate = of(2, 30);
    struct hy_visit v = good(0, &rate);

    v.end = HY_VISIT_FRESH;
    v.newest = hour(-24 * 30);
    v.quiet_after_ms = 7 * HY_DAY_MS;
    assert_true(hy_health_note(&h, &v, hour(0)));
    assert_int_equal(h.state, HY_SUSPICIOUS);
    assert_string_equal(h.why, "超过设定的时间没有新内容：已有 30 天");
    v.server = hour(1);
    hy_health_note(&h, &v, hour(1));
    assert_int_equal(h.state, HY_HEALTHY);
}

TEST(a_rate_that_is_only_guessed_accuses_nobody)
{
    struct hy_health h = {0};
    struct hy_rate rate = {0};
    struct hy_visit v = good(0, &rate);

    v.end = HY_VISIT_FRESH;
    v.newest = hour(-24 * 30);
    hy_health_note(&h, &v, hour(0));
    assert_int_equal(h.state, HY_QUIET);
}
