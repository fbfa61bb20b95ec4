/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/health.h"

#include <string.h>

#include "tests/unit/harness.h"

static hy_wall hour(int h)
{
    return (hy_wall){INT64_C(1800000000000) + h * HY_HOUR_MS};
}

static bool note(struct hy_health *h, enum hy_visit_end end, const char *detail, double per_day,
                 hy_wall now)
{
    struct hy_visit v = {.end = end,
                         .detail = detail,
                         .newest = HY_WALL_NONE,
                         .per_day = per_day,
                         .watched_days = 7};

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

TEST(silence_that_its_rate_makes_unlikely_is_blind)
{
    struct hy_health busy = {0}, rare = {0};

    note(&busy, HY_VISIT_FRESH, "", 48, hour(0));
    note(&rare, HY_VISIT_FRESH, "", 0.2, hour(0));
    note(&busy, HY_VISIT_SAME, "", 48, hour(8)); /* a night */
    assert_int_equal(busy.state, HY_QUIET);
    note(&busy, HY_VISIT_SAME, "", 48, hour(14));
    assert_int_equal(busy.state, HY_BLIND);
    note(&rare, HY_VISIT_SAME, "", 0.2, hour(24 * 20));
    assert_int_equal(rare.state, HY_QUIET);
}

TEST(the_operators_own_limit_and_the_age_of_what_was_there_at_first)
{
    struct hy_health h = {0};
    struct hy_visit v = {.end = HY_VISIT_FRESH,
                         .detail = "",
                         .newest = hour(-24 * 30),
                         .per_day = 2,
                         .quiet_after_ms = 7 * HY_DAY_MS};

    assert_true(hy_health_note(&h, &v, hour(0)));
    assert_int_equal(h.state, HY_BLIND);
    assert_non_null(strstr(h.why, "30"));
    v.end = HY_VISIT_FRESH;
    hy_health_note(&h, &v, hour(1));
    assert_int_equal(h.state, HY_HEALTHY);
}

TEST(a_rate_that_is_only_guessed_accuses_nobody)
{
    struct hy_health h = {0};
    struct hy_visit v = {
        .end = HY_VISIT_FRESH, .detail = "", .newest = hour(-24 * 30), .per_day = 2};

    hy_health_note(&h, &v, hour(0));
    assert_int_equal(h.state, HY_QUIET);
}
