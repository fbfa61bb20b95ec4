/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/obligation.h"
#include "core/mem.h"
#include "rules/duty.h"
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        /* DOMAIN 2.2 */
        {"3wd", "2026-09-30T15:00:00+08:00", "2026-10-10T23:59:59+08:00"},
        {"3wd", "2026-02-13T09:00:00+08:00", "2026-02-25T23:59:59+08:00"},
        {"1wd", "2026-02-13T17:59:00+08:00", "2026-02-14T23:59:59+08:00"},
        {"5h", "2026-10-03T22:30:00+08:00", "2026-10-04T03:30:00+08:00"},
        {"48h", "2026-02-14T09:00:00+08:00", "2026-02-16T09:00:00+08:00"},
        /* every make-up day of the notice is a working day, every day off is not */
        {"1wd", "2026-01-03T12:00:00+08:00", "2026-01-04T23:59:59+08:00"},
        {"1wd", "2026-02-27T12:00:00+08:00", "2026-02-28T23:59:59+08:00"},
        {"1wd", "2026-05-08T12:00:00+08:00", "2026-05-09T23:59:59+08:00"},
        {"1wd", "2026-09-19T12:00:00+08:00", "2026-09-20T23:59:59+08:00"},
        {"1wd", "2026-10-09T12:00:00+08:00", "2026-10-10T23:59:59+08:00"},
        {"1wd", "2026-04-03T12:00:00+08:00", "2026-04-07T23:59:59+08:00"},
        {"1wd", "2026-04-30T12:00:00+08:00", "2026-05-06T23:59:59+08:00"},
        {"1wd", "2026-06-18T12:00:00+08:00", "2026-06-22T23:59:59+08:00"},
        {"1wd", "2026-09-24T12:00:00+08:00", "2026-09-28T23:59:59+08:00"},
        {"1wd", "2026-11-20T16:30:00Z", "2026-11-23T23:59:59+08:00"}, /* Saturday 00:30 here */
        {"20wd", "2026-09-01T00:00:00+08:00", "2026-09-29T23:59:59+08:00"},
        {"2d", "2026-12-31T12:00:00+08:00", "2027-01-02T12:00:00+08:00"},
        {"20m", "2026-02-17T23:50:00+08:00", "2026-02-18T00:10:00+08:00"},
        /* calendar days and months: a last day off is followed by the next working day */
        {"30cd", "2026-03-02T10:00:00+08:00", "2026-04-01T23:59:59+08:00"},
        {"30cd", "2026-09-01T10:00:00+08:00", "2026-10-08T23:59:59+08:00"},
        {"0cd", "2026-10-03T10:00:00+08:00", "2026-10-03T23:59:59+08:00"},
        {"60cd", "2026-08-05T10:00:00+08:00", "2026-10-08T23:59:59+08:00"},
        {"3mo", "2026-03-31T10:00:00+08:00", "2026-06-30T23:59:59+08:00"},
        {"1mo", "2026-01-31T10:00:00+08:00", "2026-02-28T23:59:59+08:00"}, /* a make-up day */
        {"3mo", "2026-07-04T10:00:00+08:00", "2026-10-08T23:59:59+08:00"},
    };
    struct national n = national();
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_within within;
        hy_wall due;
        char text[HY_TIME_SIZE], again[32];
        assert_true(hy_within_parse(hy_str(cases[i].within), &within));
        hy_within_text(within, again);
        assert_string_equal(again, strcmp(cases[i].within, "2d") == 0 ? "48h" : cases[i].within);
        assert_int_equal(hy_due_of(within, at(cases[i].start), n.calendar, &due, &err), HY_OK);
        assert_string_equal(hy_wall_format(due, HY_CST, text), cases[i].due);
    }
    release(&n);
}

/* 宁夏: an office that includes the overlay has two more holidays, the others do not. */
TEST(a_region_has_holidays_of_its_own)
{
    struct national n = national();
    char dir[] = "/tmp/hy-calendar-XXXXXX", path[64];
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    hy_wall start = at("2026-03-19T10:00:00+08:00"), due;
    char text[HY_TIME_SIZE];

    assert_int_equal(
        hy_due_of((struct hy_within){HY_IN_WORKDAYS, 1}, start, n.calendar, &due, &err), HY_OK);
    assert_string_equal(hy_wall_format(due, HY_CST, text), "2026-03-20T23:59:59+08:00");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/calendar", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/calendar/region.yaml", dir);
    FILE *f = fopen(path, "w");
    fputs("include: [ningxia]\n", f);
    fclose(f);
    setenv("HUIYING_NATIONAL", "rules/national", 1);
    if (hy_section_calendar.load(dir, false, (void **)&n.calendar, d, &err) < 0)
        fail_with(d);
    assert_int_equal(
        hy_due_of((struct hy_within){HY_IN_WORKDAYS, 1}, start, n.calendar, &due, &err), HY_OK);
    assert_string_equal(hy_wall_format(due, HY_CST, text), "2026-03-23T23:59:59+08:00");
    assert_non_null(
        hy_calendar_unchecked(n.calendar, 0)); /* and says that it waits for the notice */
    /* the next year's national notice alone would take the region's holidays for working days */
    assert_int_equal(hy_calendar_add_text(n.calendar, HY_STR("year: 2027\nbasis: x\n"), "2027",
                                          true, d, &err),
                     HY_OK);
    assert_int_equal(hy_due_of((struct hy_within){HY_IN_WORKDAYS, 1}, at("2027-03-08T10:00:00+08:00"),
                               n.calendar, &due, &err),
                     HY_E_NOTFOUND);
    if (strstr(err.msg, "calendar/regions/ningxia-2027.yaml") == NULL)
        fail_msg("%s", err.msg);
    f = fopen(path, "w");
    fputs("include: [ninxia]\n", f);
    fclose(f);
    assert_int_equal(hy_section_calendar.load(dir, false, (void **)&n.calendar, d, &err),
                     HY_E_PARSE);
    unsetenv("HUIYING_NATIONAL");
    unlink(path);
    snprintf(path, sizeof(path), "%s/calendar", dir);
    rmdir(path);
    rmdir(dir);
    hy_diag_free(d);
    release(&n);
}

TEST(what_is_no_limit)
{
    static const char *const cases[] = {"",      "5",  "h",      "0h",  "-1h",  "0wd",
                                        "1.5wd", "wd", "2000wd", "0mo", "3 mo", "5hh"};
    struct hy_within within;

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        if (hy_within_parse(hy_str(cases[i]), &within))
            fail_msg("taken: %s", cases[i]);
}

/* FOI20 with consultations: the days after asking, up to and with the answer's, do not count. */
TEST(pauses_do_not_count)
{
    static const struct {
        const char *from, *to, *due;
    } cases[] = {
        {NULL, NULL, "2026-09-29T23:59:59+08:00"},
        {"2026-09-07T10:00:00+08:00", "2026-09-07T16:00:00+08:00", "2026-09-29T23:59:59+08:00"},
        {"2026-09-07T10:00:00+08:00", "2026-09-08T16:00:00+08:00", "2026-09-30T23:59:59+08:00"},
        {"2026-09-07T10:00:00+08:00", "2026-09-14T16:00:00+08:00", "2026-10-12T23:59:59+08:00"},
        {"2026-09-18T10:00:00+08:00", "2026-09-19T16:00:00+08:00", "2026-09-29T23:59:59+08:00"},
        {"2026-09-07T10:00:00+08:00", NULL, "2026-09-29T23:59:59+08:00"}, /* goes on */
    };
    struct national n = national();
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_pause p = {at(cases[i].from), at(cases[i].to)};
        struct hy_reckoning how = {
            .calendar = n.calendar, .day_ends = 1440, .pauses = &p, .n_pauses = !!cases[i].from};
        char text[HY_TIME_SIZE];
        hy_wall due;
        assert_int_equal(hy_due_by((struct hy_within){HY_IN_WORKDAYS, 20},
                                   at("2026-09-01T09:00:00+08:00"), &how, &due, &err),
                         HY_OK);
        assert_string_equal(hy_wall_format(due, HY_CST, text), cases[i].due);
    }
    release(&n);
}

TEST(a_day_may_end_with_office_hours)
{
    struct national n = national();
    struct hy_reckoning how = {.calendar = n.calendar, .day_ends = 17 * 60 + 30};
    struct hy_err err = HY_ERR_INIT;
    char text[HY_TIME_SIZE];
    hy_wall due;

    assert_int_equal(hy_due_by((struct hy_within){HY_IN_WORKDAYS, 3},
                               at("2026-09-30T15:00:00+08:00"), &how, &due, &err),
                     HY_OK);
    assert_string_equal(hy_wall_format(due, HY_CST, text), "2026-10-10T17:30:00+08:00");
    release(&n);
}

TEST(a_year_without_notice_is_an_error)
{
    struct national n = national();
    struct hy_err err = HY_ERR_INIT;
    hy_wall due;

    assert_int_equal(hy_due_of((struct hy_within){HY_IN_WORKDAYS, 3},
                               at("2026-12-30T10:00:00+08:00"), n.calendar, &due, &err),
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
         "MSG/first_public/2026-11-30T23:59 ZERO/first_public/2027-02-23T23:59"},
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

/* Every other clock of DOMAIN 2, as the national file has it. */
TEST(the_whole_table_of_clocks)
{
    static const struct {
        enum hy_matter kind;
        int level;
        const char *type, *class;
        unsigned dispositions;
        enum hy_anchor anchor;
        const char *at, *pack, *want;
    } cases[] = {
        {HY_MATTER_DOCUMENT, 0, NULL, NULL, 0, HY_ANCHOR_SIGNED, "2026-09-30T15:00", "",
         "WD3/signed/2026-10-10T23:59"},
        {HY_MATTER_SERVICE_CHANGE, 0, NULL, NULL, 0, HY_ANCHOR_APPROVED, "2026-02-13T17:00", "",
         "WD1/approved/2026-02-14T23:59"},
        {HY_MATTER_DOCUMENT, 0, "policy", NULL, 0, HY_ANCHOR_PUBLISHED, "2026-10-03T10:00", "",
         "SYNC/published/2026-10-03T23:59"},
        {HY_MATTER_DOCUMENT, 0, "notice", NULL, 0, HY_ANCHOR_PUBLISHED, "2026-10-03T10:00", "", ""},
        {HY_MATTER_DISCLOSURE, 0, NULL, NULL, 0, HY_ANCHOR_FORMED, "2026-09-01T10:00", "",
         "PUB20/formed/2026-09-29T23:59"},
        {HY_MATTER_FOI, 0, NULL, NULL, 0, HY_ANCHOR_RECEIVED, "2026-09-01T10:00", "",
         "FOI20/received/2026-09-29T23:59"},
        {HY_MATTER_FOI, 0, "unclear", NULL, 0, HY_ANCHOR_RECEIVED, "2026-09-01T10:00", "",
         "FOI20/received/2026-09-29T23:59 FOI7/received/2026-09-10T23:59"},
        {HY_MATTER_FOI, 0, NULL, NULL, 0, HY_ANCHOR_SUPPLEMENTED, "2026-09-01T10:00", "",
         "FOI20/supplemented/2026-09-29T23:59"},
        {HY_MATTER_FOI, 0, NULL, NULL, 0, HY_ANCHOR_ASKED, "2026-09-01T10:00", "",
         "FOI15/asked/2026-09-21T23:59"},
        {HY_MATTER_REPRINT, 0, NULL, NULL, 0, HY_ANCHOR_FIRST_PUBLIC, "2026-10-03T10:00", "",
         "RPT/first_public/2026-10-04T10:00"},
        {HY_MATTER_MESSAGE, 0, "consult", NULL, 0, HY_ANCHOR_RECEIVED, "2026-09-01T10:00", "",
         "MSG/received/2026-09-04T23:59 ZERO/received/2026-12-01T23:59"},
        {HY_MATTER_MESSAGE, 0, "hard", NULL, 0, HY_ANCHOR_RECEIVED, "2026-09-01T10:00", "",
         "MSG/received/2026-09-21T23:59 ZERO/received/2026-12-01T23:59"},
        {HY_MATTER_HOTLINE, 0, "consult", NULL, 0, HY_ANCHOR_DISPATCHED, "2026-09-30T10:00", "",
         "HOT/dispatched/2026-10-08T23:59"},
        {HY_MATTER_EMERGENCY, 3, "fire", "accident", 0, HY_ANCHOR_OCCURRED, "2026-09-01T10:00",
         "investigation", "INV30/occurred/2026-09-08T23:59 INV60/occurred/2026-11-02T23:59"},
        {HY_MATTER_EMERGENCY, 3, "explosion", "accident", 0, HY_ANCHOR_OCCURRED, "2026-03-02T10:00",
         "investigation", "INV30/occurred/2026-04-01T23:59 INV60/occurred/2026-05-06T23:59"},
        {HY_MATTER_EMERGENCY, 1, "explosion", "accident", 0, HY_ANCHOR_REPORTED, "2026-03-02T10:00",
         "investigation", "INVR/reported/2026-04-01T23:59 INVPUB/reported/2026-03-30T23:59"},
        {HY_MATTER_EMERGENCY, 2, "explosion", "accident", 0, HY_ANCHOR_REPORTED, "2026-03-02T10:00",
         "investigation", "INVR/reported/2026-03-17T23:59 INVPUB/reported/2026-03-30T23:59"},
        {HY_MATTER_EMERGENCY, 2, "explosion", "accident", 0, HY_ANCHOR_DETECTED, "2026-03-02T10:00",
         "upward",
         "UP20M/detected/2026-03-02T10:20 UP40M/detected/2026-03-02T10:40 "
         "UP2H/detected/2026-03-02T12:00"},
        {HY_MATTER_OPINION, 0, NULL, NULL, 1u << HY_DISPOSITION_SUGGESTION, HY_ANCHOR_CLASSIFIED,
         "2026-09-01T10:00", "", "ADOPT/classified/2026-09-15T23:59"},
        {HY_MATTER_OPINION, 0, NULL, NULL,
         1u << HY_DISPOSITION_HARDSHIP | 1u << HY_DISPOSITION_UNAWARE, HY_ANCHOR_CLASSIFIED,
         "2026-09-01T10:00", "",
         "SOLVE/classified/2026-09-15T23:59 CLARIFY/classified/2026-09-03T10:00"},
        {HY_MATTER_OPINION, 0, NULL, NULL, 1u << HY_DISPOSITION_MAJOR_ISSUE, HY_ANCHOR_CLASSIFIED,
         "2026-09-01T10:00", "", "FIND/classified/2026-09-15T23:59"},
        {HY_MATTER_OPINION, 0, NULL, NULL, 1u << HY_DISPOSITION_WRONG_VIEW, HY_ANCHOR_CLASSIFIED,
         "2026-09-01T10:00", "", "CORRECT/classified/2026-09-03T10:00"},
        {HY_MATTER_OPINION, 0, NULL, NULL, 1u << HY_DISPOSITION_FALSE_INFO, HY_ANCHOR_CLASSIFIED,
         "2026-09-01T10:00", "", "DEBUNK/classified/2026-09-03T10:00"},
        {HY_MATTER_OPINION, 0, NULL, NULL, 1u << HY_DISPOSITION_FALSE_INFO, HY_ANCHOR_SUSPECTED,
         "2026-09-01T10:00", "", "REF/suspected/2026-09-02T10:00"},
        {HY_MATTER_EMERGENCY, 2, NULL, NULL, 0, HY_ANCHOR_NEW_FACT, "2026-09-01T10:00", "",
         "FACT/new_fact/2026-09-02T10:00"},
        {HY_MATTER_PERIODIC, 0, "QBULLETIN", NULL, 0, HY_ANCHOR_PERIOD, "2026-10-01T00:00",
         "periodic", "QBULLETIN/period/2026-10-16T23:59"},
        {HY_MATTER_PERIODIC, 0, "QPROGRESS", NULL, 0, HY_ANCHOR_PERIOD, "2026-10-01T00:00",
         "periodic", "QPROGRESS/period/2026-12-31T23:59"},
        {HY_MATTER_PERIODIC, 0, "HYCONF", NULL, 0, HY_ANCHOR_PERIOD, "2026-07-01T00:00", "periodic",
         "HYCONF/period/2026-12-31T23:59"},
        {HY_MATTER_PERIODIC, 0, "YGOV", NULL, 0, HY_ANCHOR_PERIOD, "2027-01-01T00:00", "periodic",
         "YGOV/period/2027-03-31T23:59"},
        {HY_MATTER_PERIODIC, 0, "YDEPT", NULL, 0, HY_ANCHOR_PERIOD, "2027-01-01T00:00", "periodic",
         "YDEPT/period/2027-01-31T23:59"},
        {HY_MATTER_PERIODIC, 0, "YINSPECT", NULL, 0, HY_ANCHOR_PERIOD, "2027-01-01T00:00",
         "periodic", "YINSPECT/period/2027-12-31T23:59"},
    };
    struct national n = national();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_case c = hy_case_empty(cases[i].kind);
        char time[40];
        snprintf(time, sizeof(time), "%s:00+08:00", cases[i].at);
        c.level = cases[i].level;
        c.types[0] = hy_str(cases[i].type);
        c.types[1] = hy_str(cases[i].class);
        c.dispositions = cases[i].dispositions;
        c.at[cases[i].anchor] = at(time);
        expect(&n, &c, cases[i].pack, cases[i].want);
    }
    release(&n);
}

TEST(an_extension_adds_to_the_limit)
{
    struct national n = national();
    struct hy_extension e = {HY_STR("FOI20"), {HY_IN_WORKDAYS, 20}};
    struct hy_case c = hy_case_empty(HY_MATTER_FOI);

    c.at[HY_ANCHOR_RECEIVED] = at("2026-09-01T10:00:00+08:00");
    c.extensions = &e;
    c.n_extensions = 1;
    expect(&n, &c, "", "FOI20/received/2026-11-02T23:59");
    release(&n);
}

/* Two versions side by side: what began with the old one goes on with it. */
TEST(a_case_keeps_the_version_it_began_with)
{
    static const char again[] =
        "packs: [{id: national, version: \"2027.1\", name: x, clocks: [{id: H48, label: x,\n"
        "  basis: x, kinds: [opinion], within: 36h, anchor: [first_public], ended_by: "
        "[release]}]}]";
    struct national n = national();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_case c = hy_case_empty(HY_MATTER_OPINION);
    const struct hy_pack *old = hy_windows_pack(n.windows, HY_STR("national"));
    HY_CLEANUP(hy_freep) char *version = hy_xstrdup(old->version);
    struct hy_version v[] = {{HY_STR("national"), hy_str(version)},
                             {HY_STR("national"), HY_STR("1999.1")}};

    c.at[HY_ANCHOR_FIRST_PUBLIC] = at("2026-11-23T09:00:00+08:00");
    assert_int_equal(hy_windows_add_text(n.windows, hy_str(again), "w", d, &err), HY_OK);
    expect(&n, &c, "", "H48/first_public/2026-11-24T21:00"); /* it took the old one's place */
    c.n_versions = 1;
    c.versions = v;
    expect(&n, &c, "", "H48/first_public/2026-11-25T09:00");
    c.versions = v + 1; /* gone: the newest */
    expect(&n, &c, "", "H48/first_public/2026-11-24T21:00");
    hy_diag_free(d);
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
