/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/schedule.h"

#include "core/mem.h"

#include <math.h>

#include "tests/unit/harness.h"

static hy_wall day(double d)
{
    return (hy_wall){INT64_C(1800000000000) + (int64_t)(d * (double)HY_DAY_MS)};
}

TEST(rate_starts_at_the_prior_and_learns)
{
    struct hy_rate r = {0};

    assert_true(fabs(hy_rate_per_day(&r) - 2.0) < 1e-9);
    hy_rate_note(&r, 50, day(0)); /* what stood there before says nothing */
    assert_true(fabs(hy_rate_per_day(&r) - 2.0) < 1e-9);
    for (int hour = 1; hour <= 24 * 20; hour++)
        hy_rate_note(&r, hour % 2, day(hour / 24.0));
    assert_true(fabs(hy_rate_per_day(&r) - 12.0) < 0.5);
    for (int hour = 1; hour <= 24 * 30; hour++) /* it falls silent */
        hy_rate_note(&r, 0, day(20 + hour / 24.0));
    assert_true(hy_rate_per_day(&r) < 1.0);
}

TEST(a_clock_that_steps_back_does_no_harm)
{
    struct hy_rate r = {0};

    hy_rate_note(&r, 0, day(2));
    hy_rate_note(&r, 3, day(1));
    assert_true(isfinite(hy_rate_per_day(&r)) && hy_rate_per_day(&r) > 0);
}

TEST(intervals_follow_the_power_law_and_spend_the_budget)
{
    struct hy_budget b = {.visits_per_day = 1000};
    double share[] = {0, 0, 0}, rate[] = {1, 32, 1024}, visits = 0;
    struct hy_interval_limits wide = {0, 1000 * HY_DAY_MS};

    for (size_t i = 0; i < HY_COUNT(rate); i++)
        share[i] = hy_budget_move(&b, 0, 1, rate[i]);
    assert_int_equal(b.sources, 3);
    for (size_t i = 0; i < HY_COUNT(rate); i++)
        visits += (double)HY_DAY_MS / (double)hy_schedule_interval(&b, share[i], wide);
    assert_true(fabs(visits - 1000) < 1);
    double t0 = (double)hy_schedule_interval(&b, share[0], wide);
    double t1 = (double)hy_schedule_interval(&b, share[1], wide);
    /* 32^0.4 = 4: shares 1, 4, 16, and a part that is even */
    double even = HY_SCHEDULE_EVEN / 3, rest = (1 - HY_SCHEDULE_EVEN) / 21;
    assert_true(fabs(t0 / t1 - (even + 4 * rest) / (even + rest)) < 0.01);
    struct hy_interval_limits tight = {400000, 500000};
    assert_int_equal(hy_schedule_interval(&b, share[0], tight), 500000);
    assert_int_equal(hy_schedule_interval(&b, share[2], tight), 400000);
    hy_budget_move(&b, share[2], 0, 5);
    assert_int_equal(b.sources, 2);
}

TEST(half_a_window_at_most_changes_between_visits)
{
    struct hy_interval_limits lim = {5000, 3600000};

    assert_int_equal(hy_schedule_window(60000, 60000, 0, 10, lim), 60000);
    assert_int_equal(hy_schedule_window(60000, 60000, 4, 10, lim), 60000);
    assert_int_equal(hy_schedule_window(60000, 60000, 10, 10, lim), 30000); /* all of it is new */
    assert_int_equal(hy_schedule_window(60000, 60000, 40, 10, lim), 7500);
    assert_int_equal(hy_schedule_window(60000, 60000, 500, 10, lim), 5000);
    assert_int_equal(hy_schedule_window(60000, -1, 500, 10, lim), 60000);
}

TEST(backoff_doubles_up_to_six_hours)
{
    assert_int_equal(hy_schedule_backoff(60000, 1, 0), 60000);
    assert_int_equal(hy_schedule_backoff(60000, 2, 0), 120000);
    assert_int_equal(hy_schedule_backoff(60000, 3, 0.4), 264000);
    assert_int_equal(hy_schedule_backoff(60000, 40, 0), 6 * HY_HOUR_MS);
    assert_int_equal(hy_schedule_backoff(12 * HY_HOUR_MS, 5, 0), 12 * HY_HOUR_MS);
}

TEST(gate)
{
    static const struct {
        int64_t elapsed, floor, crawl_delay;
        bool busy;
        int64_t retry_after, gap;
    } steps[] = {
        {10, 0, 0, false, -1, HY_GATE_FLOOR_MS}, {10, 2000, 0, false, -1, 2000},
        {10, 2000, 30000, false, -1, 30000},     {10, 2000, 0, true, -1, 30000},
        {10, 2000, 0, true, -1, 60000},          {10, 2000, 0, true, 300000, 300000},
        {10, 2000, 0, false, -1, 2000},          {10, 2000, 0, true, 7 * HY_DAY_MS, HY_DAY_MS},
    };
    struct hy_gate g = {0};

    for (size_t i = 0; i < HY_COUNT(steps); i++) {
        hy_gate_done(&g, day(0), steps[i].elapsed, steps[i].floor, steps[i].crawl_delay,
                     steps[i].busy, steps[i].retry_after);
        assert_int_equal(g.ready.ms - day(0).ms, steps[i].gap);
    }
    struct hy_gate slow = {0};
    hy_gate_done(&slow, day(0), 3000, 0, 0, false, -1);
    assert_int_equal(slow.ready.ms - day(0).ms, 30000);
    hy_gate_done(&slow, day(0), 60000, 0, 0, false, -1);
    assert_int_equal(slow.ready.ms - day(0).ms, HY_GATE_CEILING_MS);
}
