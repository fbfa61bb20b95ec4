/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/schedule.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/harness.h"

static hy_wall day(double d)
{
    return (hy_wall){INT64_C(1800000000000) + (int64_t)(d * (double)HY_DAY_MS)};
}

/* A rate learned by heart: `per_day`, alike at all hours. */
static struct hy_rate of(double per_day)
{
    return (struct hy_rate){.items = per_day * 1e6, .days = 1e6};
}

TEST(intervals_follow_the_power_law_and_spend_the_budget)
{
    struct hy_budget b = {.visits_per_day = 1000};
    struct hy_rate rate[] = {of(1), of(32), of(1024)};
    double share[] = {0, 0, 0}, visits = 0;
    struct hy_interval_limits wide = {0, 1000 * HY_DAY_MS};

    for (size_t i = 0; i < HY_COUNT(rate); i++)
        share[i] = hy_budget_move(&b, 0, 1, &rate[i]);
    assert_int_equal(b.sources, 3);
    int64_t ms[3];
    for (size_t i = 0; i < HY_COUNT(rate); i++) {
        ms[i] = hy_schedule_interval(&b, share[i], &rate[i], day(0), wide);
        visits += (double)HY_DAY_MS / (double)ms[i];
    }
    assert_true(fabs(visits - 1000) < 1);
    /* 32^0.4 = 4: shares 1, 4, 16, and a part that is even */
    double even = HY_SCHEDULE_EVEN / 3, rest = (1 - HY_SCHEDULE_EVEN) / 21;
    assert_true(fabs((double)ms[0] / (double)ms[1] - (even + 4 * rest) / (even + rest)) < 0.01);
    struct hy_interval_limits tight = {400000, 500000};
    assert_int_equal(hy_schedule_interval(&b, share[0], &rate[0], day(0), tight), 500000);
    assert_int_equal(hy_schedule_interval(&b, share[2], &rate[2], day(0), tight), 400000);
    hy_budget_move(&b, share[2], 0, NULL);
    assert_int_equal(b.sources, 2);
}

TEST(busy_hours_get_more_of_the_same_budget)
{
    struct hy_budget b = {.visits_per_day = 96};
    struct hy_rate r = of(50);
    struct hy_interval_limits wide = {1000, HY_DAY_MS};
    int busy = 0, all = 0;

    for (int i = 0; i < HY_RHYTHM_HOURS; i++)
        r.rhythm.factor[i] = i >= 8 && i < 20 ? 1.9f : 0.1f;
    double share = hy_budget_move(&b, 0, 1, &r);
    for (hy_wall t = day(0); t.ms < day(7).ms; all++) {
        struct hy_civil c = hy_civil_of(t, HY_CST);
        busy += c.hour >= 8 && c.hour < 20;
        t = hy_wall_add_ms(t, hy_schedule_interval(&b, share, &r, t, wide));
    }
    assert_true(abs(all - 96 * 7) < 8);
    assert_true(busy > 2 * (all - busy) && busy < 4 * (all - busy)); /* (1.9/0.1)^0.4, and even */
}

/* A generous budget and a window that runs over do not take the turns of the pages: two lists that
 * would come every 5 s, on a host with a pause of 6 s between requests, get one turn in 24 s each. */
TEST(lists_leave_half_of_a_slow_host_to_their_pages)
{
    double visits = 2 * (double)HY_DAY_MS / 5000;

    assert_true(hy_schedule_host_part(1000, 2000) == 1);
    assert_true(fabs(hy_schedule_host_part(1000, 5 * HY_MINUTE_MS) - 0.144) < 1e-9); /* of 288 half */
    assert_true(fabs(hy_schedule_host_part(visits, 6000) - 5.0 / 24) < 1e-9);
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

/* 2026-11-23 is a Monday. */
TEST(hours_and_days_that_a_feed_skips)
{
    static const struct {
        uint32_t hours, days;
        const char *now;
        int64_t minutes;
    } rows[] = {
        {0, 0, "2026-11-23T03:30:00Z", 0},
        {1u << 3, 0, "2026-11-23T03:30:00Z", 30},
        {1u << 3, 0, "2026-11-23T04:00:00Z", 0},
        {1u << 23 | 1u << 0, 0, "2026-11-23T23:00:00Z", 120},
        {0, 1u << 0 | 1u << 6, "2026-11-21T12:00:00Z", 36 * 60}, /* Saturday noon to Monday */
        {1u << 0, 1u << 0, "2026-11-22T23:00:00Z", 120},         /* Sunday, and an hour of Monday */
        {(1u << 24) - 1, 0, "2026-11-23T03:30:00Z", 0},          /* never: no statement */
        {0, (1u << 7) - 1, "2026-11-23T03:30:00Z", 0},
        {(1u << 24) - 2, 0, "2026-11-23T01:00:00Z", 23 * 60},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        hy_wall now = HY_WALL_NONE;
        assert_true(hy_wall_parse(hy_str(rows[i].now), &now));
        assert_int_equal(hy_schedule_skip(rows[i].hours, rows[i].days, now),
                         rows[i].minutes * HY_MINUTE_MS);
    }
}
