/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/obligation.h"
#include "rules/duty.h"
#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

/* The national files themselves, without an office. */
struct national {
    struct hy_windows *windows;
    struct hy_calendar *calendar;
};

static void fail_with(struct hy_diag *d)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_diag_print(d, &b);
    fail_msg("%s", b.p ? b.p : "no message");
}

static struct national national(void)
{
    struct national n = {0};
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    if (hy_section_windows.load("rules/national", true, (void **)&n.windows, d, &err) < 0 ||
        hy_section_calendar.load("rules/national", true, (void **)&n.calendar, d, &err) < 0)
        fail_with(d);
    assert_int_equal(hy_diag_errors(d), 0);
    hy_diag_free(d);
    return n;
}

static void release(struct national *n)
{
    hy_windows_free(n->windows);
    hy_calendar_free(n->calendar);
}

static hy_wall at(const char *text)
{
    hy_wall t = HY_WALL_NONE;

    if (text && !hy_wall_parse(hy_str(text), &t))
        fail_msg("not a time: %s", text);
    return t;
}

TEST(due_of_the_test_vectors)
{
    static const struct {
        const char *within, *start, *due;
    } cases[] = {
        {"3wd", "2026-09-30T15:00:00+08:00", "2026-10-10T23:59:59+08:00"},
        {"3wd", "2026-02-13T09:00:00+08:00", "2026-02-25T23:59:59+08:00"},
        {"1wd", "2026-02-13T17:59:00+08:00", "2026-02-14T23:59:59+08:00"},
        {"5h", "2026-10-03T22:30:00+08:00", "2026-10-04T03:30:00+08:00"},
        {"48h", "2026-02-14T09:00:00+08:00", "2026-02-16T09:00:00+08:00"},
        {"1wd", "2026-11-20T16:30:00Z", "2026-11-23T23:59:59+08:00"}, /* Saturday 00:30 here */
        {"20wd", "2026-09-01T00:00:00+08:00", "2026-09-29T23:59:59+08:00"},
        {"2d", "2026-12-31T12:00:00+08:00", "2027-01-02T12:00:00+08:00"},
    };
    struct national n = national();
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_within within;
        hy_wall due;
        char text[HY_TIME_SIZE];
        assert_true(hy_within_parse(hy_str(cases[i].within), &within));
        assert_int_equal(hy_due_of(within, at(cases[i].start), n.calendar, &due, &err), HY_OK);
        assert_string_equal(hy_wall_format(due, HY_CST, text), cases[i].due);
    }
    release(&n);
}

TEST(a_year_without_notice_is_an_error)
{
    struct national n = national();
    struct hy_err err = HY_ERR_INIT;
    hy_wall due;

    assert_int_equal(hy_due_of((struct hy_within){true, 3}, at("2026-12-30T10:00:00+08:00"),
                               n.calendar, &due, &err),
                     HY_E_NOTFOUND);
    assert_non_null(strstr(err.msg, "2027"));
    release(&n);
}

/* Obligations as "CLOCK/anchor/due-without-zone[?]", ? marking provisional ones. */
static void expect(const struct national *n, const struct hy_case *c, const char *pack,
                   const char *want)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations list = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(4096);

    if (hy_obligations_of(c, n->windows, n->calendar, hy_str(pack), &list, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < list.n; i++) {
        char text[HY_TIME_SIZE];
        hy_wall_format(list.v[i].due, HY_CST, text);
        hy_buf_printf(&b, "%s%s/%s/%.16s%s", i ? " " : "", list.v[i].window->id,
                      hy_anchor_name[list.v[i].anchor], text, list.v[i].provisional ? "?" : "");
    }
    assert_string_equal(b.p ? b.p : "", want);
    hy_buf_release(&b);
}

TEST(which_clocks_run)
{
    static const struct {
        enum hy_matter kind;
        int level;
        bool proposed;
        const char *occurred, *first_public, *detected, *pack, *want;
    } cases[] = {
        {HY_MATTER_EMERGENCY, 1, false, "2026-11-23T09:00:00+08:00", NULL, NULL, "",
         "H5/occurred/2026-11-23T14:00 H24/occurred/2026-11-24T09:00"},
        {HY_MATTER_EMERGENCY, 2, true, NULL, "2026-11-23T09:12:00+08:00",
         "2026-11-23T09:13:00+08:00", "",
         "H5/first_public/2026-11-23T14:12? H24/first_public/2026-11-24T09:12?"},
        {HY_MATTER_EMERGENCY, 0, false, NULL, NULL, "2026-11-23T09:13:00+08:00", "",
         "H5/detected/2026-11-23T14:13? H24/detected/2026-11-24T09:13?"},
        {HY_MATTER_EMERGENCY, 4, false, "2026-11-23T09:00:00+08:00", NULL, NULL, "",
         "H48/occurred/2026-11-25T09:00"},
        {HY_MATTER_OPINION, 0, false, NULL, "2026-11-23T09:00:00+08:00", NULL, "",
         "H48/first_public/2026-11-25T09:00"},
        {HY_MATTER_OPINION, 0, false, NULL, NULL, NULL, "", ""},
        {HY_MATTER_MESSAGE, 0, false, NULL, "2026-11-23T09:00:00+08:00", NULL, "",
         "MSG/first_public/2026-11-30T23:59"},
        {HY_MATTER_EMERGENCY, 1, false, "2026-11-23T09:00:00+08:00", NULL, NULL, "messages", ""},
    };
    struct national n = national();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_case c = hy_case_empty(cases[i].kind);
        c.level = cases[i].level;
        c.level_proposed = cases[i].proposed;
        c.at[HY_ANCHOR_OCCURRED] = at(cases[i].occurred);
        c.at[HY_ANCHOR_FIRST_PUBLIC] = at(cases[i].first_public);
        c.at[HY_ANCHOR_DETECTED] = at(cases[i].detected);
        expect(&n, &c, cases[i].pack, cases[i].want);
    }
    release(&n);
}

TEST(follow_up_starts_with_the_newest_release)
{
    struct national n = national();
    struct hy_case c = hy_case_empty(HY_MATTER_OPINION);

    c.at[HY_ANCHOR_RESPONDED] = at("2026-11-23T13:40:00+08:00");
    expect(&n, &c, "", "CONT/responded/2026-11-24T13:40");
    release(&n);
}

TEST(limits_include_their_last_second)
{
    hy_wall due = at("2026-11-23T14:12:00+08:00");

    assert_true(hy_in_time(due, due));
    assert_true(hy_in_time(hy_wall_add_ms(due, 999), due));
    assert_false(hy_in_time(hy_wall_add_ms(due, 1000), due));
    assert_int_equal(hy_minutes_early(at("2026-11-23T13:40:00+08:00"), due), 32);
    assert_int_equal(hy_minutes_early(at("2026-11-23T14:15:00+08:00"), due), -3);
}

TEST(steps_of_the_national_pack)
{
    static const struct {
        const char *clock, *step, *due;
    } cases[] = {
        {"H5", "supervisor-2h", "2026-11-23T11:12:00+08:00"},
        {"H5", "left-2h", "2026-11-23T12:12:00+08:00"},
        {"H5", "left-1h", "2026-11-23T13:12:00+08:00"},
        {"H5", "late", "2026-11-23T14:12:01+08:00"},
        {"H48", "half", "2026-11-24T09:12:00+08:00"},
    };
    struct national n = national();
    const struct hy_pack *p = hy_windows_pack(n.windows, HY_STR("national"));
    struct hy_err err = HY_ERR_INIT;
    hy_wall start = at("2026-11-23T09:12:00+08:00"), due, when;

    assert_non_null(p);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const struct hy_window *w = hy_pack_window(p, hy_str(cases[i].clock));
        char text[HY_TIME_SIZE] = "";
        assert_non_null(w);
        assert_int_equal(hy_due_of(w->within, start, n.calendar, &due, &err), HY_OK);
        for (size_t k = 0; k < w->n_steps; k++) {
            if (!hy_str_is(hy_str(cases[i].step), w->steps[k].id))
                continue;
            assert_int_equal(hy_step_due(&w->steps[k], start, due, n.calendar, &when, &err), HY_OK);
            hy_wall_format(when, HY_CST, text);
        }
        assert_string_equal(text, cases[i].due);
    }
    release(&n);
}

TEST(working_day_reminders)
{
    struct national n = national();
    const struct hy_pack *p = hy_windows_pack(n.windows, HY_STR("documents"));
    const struct hy_window *w = hy_pack_window(p, HY_STR("WD3"));
    static const char *const want[] = {"2026-10-09T10:00:00+08:00", "2026-10-10T10:00:00+08:00",
                                       "2026-10-12T09:00:00+08:00"};
    hy_wall start = at("2026-09-30T15:00:00+08:00"), due, when;
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_due_of(w->within, start, n.calendar, &due, &err), HY_OK);
    assert_int_equal(w->n_steps, HY_COUNT(want));
    for (size_t i = 0; i < w->n_steps; i++) {
        char text[HY_TIME_SIZE];
        assert_int_equal(hy_step_due(&w->steps[i], start, due, n.calendar, &when, &err), HY_OK);
        assert_string_equal(hy_wall_format(when, HY_CST, text), want[i]);
    }
    release(&n);
}
