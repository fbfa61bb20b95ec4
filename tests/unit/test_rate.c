/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/rate.h"

#include "core/mem.h"

#include <math.h>

#include "tests/unit/harness.h"

/* Days since 2026-11-23, a Monday, began in China. */
static hy_wall day(double d)
{
    return (hy_wall){INT64_C(1795363200000) + (int64_t)(d * (double)HY_DAY_MS)};
}

TEST(a_rate_starts_at_the_prior_and_learns)
{
    struct hy_rate r = {0};

    assert_true(fabs(hy_rate_per_day(&r) - 2.0) < 1e-9);
    hy_rate_note(&r, NULL, 50, day(0)); /* what stood there before says nothing */
    assert_true(fabs(hy_rate_per_day(&r) - 2.0) < 1e-9);
    for (int hour = 1; hour <= 24 * 20; hour++)
        hy_rate_note(&r, NULL, hour % 2, day(hour / 24.0));
    assert_true(fabs(hy_rate_per_day(&r) - 12.0) < 0.5);
    for (int hour = 1; hour <= 24 * 30; hour++) /* it falls silent */
        hy_rate_note(&r, NULL, 0, day(20 + hour / 24.0));
    assert_true(hy_rate_per_day(&r) < 1.0);
}

TEST(a_clock_that_steps_back_and_a_long_absence_do_no_harm)
{
    struct hy_rate r = {0};

    hy_rate_note(&r, NULL, 0, day(2));
    hy_rate_note(&r, NULL, 3, day(1));
    assert_true(isfinite(hy_rate_per_day(&r)) && hy_rate_per_day(&r) > 0);
    hy_rate_note(&r, NULL, 3, day(4000));
    assert_true(isfinite(hy_rate_per_day(&r)) && hy_rate_per_day(&r) > 0);
    assert_true(isfinite(hy_rate_factor(&r, day(4000))));
}

/* Four items an hour from 9 to 17 on working days, visited every hour for `days`. */
static void office_hours(struct hy_rate *r, struct hy_rhythm *common, int days)
{
    for (int hour = 0; hour < 24 * days; hour++) {
        bool works = hour % 24 >= 9 && hour % 24 < 17 && hour / 24 % 7 < 5;
        hy_rate_note(r, common, works ? 4 : 0, day((hour + 1) / 24.0));
    }
}

TEST(hours_and_days_of_the_week_are_learned)
{
    struct hy_rate r = {0};

    office_hours(&r, NULL, 28);
    double noon = hy_rate_factor(&r, day(29.5)), night = hy_rate_factor(&r, day(29.1));
    double sunday = hy_rate_factor(&r, day(27.5));
    if (noon < 2.5 || noon > 6) /* 3 by the hours, 1.4 by the days */
        fail_msg("noon %f", noon);
    assert_true(night < 0.3);
    assert_true(sunday < 0.4 && sunday < noon / 8);
    /* the same silence: nothing to be expected at night and on a Sunday, much on a Tuesday */
    assert_true(hy_rate_expected_hits(&r, day(28.9), day(29.25)) < 1);
    assert_true(hy_rate_expected_hits(&r, day(27.25), day(27.75)) < 3);
    assert_true(hy_rate_expected_hits(&r, day(29.375), day(29.6)) > 4);
    assert_true(hy_rate_expected_hits(&r, day(30), day(29)) == 0);
}

TEST(a_burst_counts_once_among_the_hits)
{
    struct hy_rate r = {0};

    for (int hour = 1; hour <= 24 * 20; hour++) /* once a day twelve items together */
        hy_rate_note(&r, NULL, hour % 24 ? 0 : 12, day(hour / 24.0));
    assert_true(hy_rate_per_day(&r) > 8);
    assert_true(hy_rate_expected_hits(&r, day(20), day(21)) < 1.6);
}

TEST(a_source_nobody_knows_yet_has_the_rhythm_of_the_others)
{
    struct hy_rhythm common = {0};
    struct hy_rate others[5] = {0}, fresh = {0};

    for (size_t i = 0; i < HY_COUNT(others); i++)
        office_hours(&others[i], &common, 21);
    hy_rate_note(&fresh, &common, 30, day(21));
    assert_true(hy_rate_factor(&fresh, day(22.5)) > 3 * hy_rate_factor(&fresh, day(22.1)));
    /* another process, which reads what the first one wrote */
    struct hy_rhythm again = {0};
    for (size_t i = 0; i < HY_COUNT(others); i++)
        hy_rhythm_join(&again, &others[i]);
    struct hy_rate late = {0};
    hy_rate_note(&late, &again, 30, day(21));
    assert_true(hy_rate_factor(&late, day(22.5)) > 3 * hy_rate_factor(&late, day(22.1)));
}

/* A forum's evening among offices: four items a day, found by a visit every two hours, are enough
 * for it to be known after ten days, and its morning is as empty as it is. */
TEST(a_source_unlike_the_others_soon_has_a_rhythm_of_its_own)
{
    struct hy_rhythm common = {0};
    struct hy_rate others[5] = {0}, forum = {0};

    for (size_t i = 0; i < HY_COUNT(others); i++)
        office_hours(&others[i], &common, 21);
    for (int visit = 0; visit < 12 * 10; visit++) {
        int hour = visit % 12 * 2;
        hy_rate_note(&forum, &common, hour == 20 || hour == 22 ? 2 : 0, day(21 + visit / 12.0));
    }
    double evening = hy_rate_factor(&forum, day(32 + 20.5 / 24));
    double morning = hy_rate_factor(&forum, day(32 + 10.5 / 24));
    if (evening < 3 || morning > 0.2)
        fail_msg("evening %f, morning %f", evening, morning);
}

TEST(a_rhythm_survives_as_text)
{
    struct hy_rate r = {0};
    struct hy_rhythm back = {0};
    struct hy_buf text = HY_BUF_INIT(4096);

    office_hours(&r, NULL, 14);
    hy_rhythm_write(&r.rhythm, &text);
    assert_true(hy_rhythm_read(&back, hy_buf_view(&text), NULL));
    for (int i = 0; i < HY_RHYTHM_BINS; i++)
        assert_true(fabs((double)(back.factor[i] - r.rhythm.factor[i])) < 0.01);
    static const char *const bad[] = {"", "1/2", "1/2 x/3", "nan/1", "-1/2 3/4"};
    for (size_t i = 0; i < HY_COUNT(bad); i++)
        assert_false(hy_rhythm_read(&back, hy_str(bad[i]), NULL));
    assert_true(back.factor[12] > 0); /* untouched */
    hy_buf_release(&text);
}

/* Wednesday of the fifth week is a public holiday, the Saturday of the fourth a make-up workday. */
TEST(a_holiday_is_like_a_sunday_and_a_make_up_day_like_a_workday)
{
    static const char notice[] = "year: 2026\nbasis: x\nholidays:\n"
                                 "  - {name: 节, from: 2026-12-23, to: 2026-12-23, "
                                 "makeup: [2026-12-19]}\n";
    struct hy_calendar *c = hy_calendar_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_rate r = {0};

    assert_int_equal(hy_calendar_add_text(c, hy_str(notice), "2026.yaml", true, d, &err), HY_OK);
    office_hours(&r, NULL, 26);
    double workday = hy_rate_factor(&r, day(30.5)), sunday = hy_rate_factor(&r, day(27.5));
    double saturday = hy_rate_factor(&r, day(26.5));
    assert_true(workday > 3 * sunday && workday > 3 * saturday);
    r.calendar = c;
    assert_true(fabs(hy_rate_factor(&r, day(30.5)) - sunday) < 1e-9);
    assert_true(hy_rate_factor(&r, day(26.5)) > 3 * saturday);
    assert_true(hy_rate_factor(&r, day(29.5)) > 3 * sunday);          /* any other Tuesday */
    assert_true(hy_rate_factor(&r, day(60.5)) > 3 * sunday);          /* 2027: no notice yet */
    assert_true(hy_rate_expected_hits(&r, day(30.3), day(30.7)) < 1); /* so silence is no wonder */
    hy_diag_free(d);
    hy_calendar_free(c);
}
