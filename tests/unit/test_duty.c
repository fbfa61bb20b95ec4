/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"
#include "rules/calendar.h"
#include "rules/duty.h"

#include <string.h>

#include "tests/unit/harness.h"

static const char list[] = "people:\n"
                           "  - {id: a, name: 甲, roles: [duty, analyst], unit: gov}\n"
                           "  - {id: b, name: 乙, roles: [duty]}\n"
                           "  - {id: c, name: 丙, roles: [supervisor], channels: [desktop]}\n"
                           "  - {id: d, name: 丁, roles: [editor]}\n"
                           "rota:\n"
                           "  handover: \"08:30\"\n"
                           "  start: 2026-11-23\n"
                           "  turns:\n"
                           "    - {duty: a, second: b}\n"
                           "    - {duty: b}\n"
                           "  overrides:\n"
                           "    - {from: \"2026-11-25T08:30:00+08:00\", to: "
                           "\"2026-11-25T20:00:00+08:00\", duty: b, second: a, why: 换班}\n"
                           "posts:\n"
                           "  supervisor: [c]\n"
                           "  units:\n"
                           "    - {unit: fire, lead: [d]}\n"
                           "escalation:\n"
                           "  - {after: 10m, to: second}\n"
                           "  - {after: 20m, to: unit_lead}\n";

static struct hy_duty *load(const char *text, size_t *ret_errors)
{
    struct hy_duty *duty = hy_duty_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    int ignored = hy_duty_add_text(duty, hy_str(text), "duty.yaml", d, &err);

    (void)ignored;
    *ret_errors = hy_diag_errors(d);
    hy_diag_free(d);
    return duty;
}

TEST(who_is_on_duty)
{
    static const struct {
        const char *now;
        enum hy_post post;
        const char *unit, *who;
        bool gap;
    } cases[] = {
        {"2026-11-23T08:30:00+08:00", HY_POST_DUTY, "", "a", false},
        {"2026-11-24T08:29:59+08:00", HY_POST_DUTY, "", "a", false},
        {"2026-11-24T08:30:00+08:00", HY_POST_DUTY, "", "b", false},
        {"2026-11-24T09:00:00+08:00", HY_POST_SECOND, "fire", "d", true}, /* no second that day */
        {"2026-11-24T09:00:00+08:00", HY_POST_SECOND, "", "c", true},
        {"2026-11-25T12:00:00+08:00", HY_POST_DUTY, "", "b", false}, /* override */
        {"2026-11-25T12:00:00+08:00", HY_POST_SECOND, "", "a", false},
        {"2026-11-25T20:00:00+08:00", HY_POST_DUTY, "", "a", false},
        {"2026-11-20T12:00:00+08:00", HY_POST_DUTY, "", "c", true}, /* before the first turn */
        {"2026-11-23T12:00:00+08:00", HY_POST_UNIT_LEAD, "fire", "d", false},
        {"2026-11-23T12:00:00+08:00", HY_POST_UNIT_LEAD, "other", "c", true},
        {"2026-11-23T12:00:00+08:00", HY_POST_LEADER, "", NULL, true},
    };
    size_t errors;
    struct hy_duty *duty = load(list, &errors);

    assert_int_equal(errors, 0);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const struct hy_person *who[4] = {0};
        hy_wall now;
        bool gap;
        assert_true(hy_wall_parse(hy_str(cases[i].now), &now));
        size_t n = hy_duty_who(
            duty, &(struct hy_ask){cases[i].post, hy_str(cases[i].unit), now, NULL}, who, 4, &gap);
        assert_int_equal(n, cases[i].who ? 1 : 0);
        if (n)
            assert_string_equal(who[0]->id, cases[i].who);
        assert_int_equal(gap, cases[i].gap);
    }
    hy_duty_free(duty);
}

TEST(broken_references_are_found)
{
    size_t errors;
    struct hy_duty *duty = load("people:\n  - {id: a, name: 甲, roles: [dutyy]}\n"
                                "rota:\n  handover: \"8h\"\n  start: 2026-11-23\n"
                                "  turns:\n    - {duty: x}\n"
                                "posts:\n  leader: [y]\n",
                                &errors);

    assert_int_equal(errors, 4);
    hy_duty_free(duty);
}

TEST(an_empty_list_has_nobody)
{
    struct hy_duty *duty = hy_duty_new();
    const struct hy_person *who[2];
    bool gap;

    assert_int_equal(hy_duty_who(duty, &(struct hy_ask){.post = HY_POST_DUTY}, who, 2, &gap), 0);
    assert_true(gap);
    hy_duty_free(duty);
}

TEST(local_holidays_add_to_the_national_calendar)
{
    struct hy_calendar *c = hy_calendar_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    int64_t day = hy_days_of(2026, 3, 20), next;
    bool works;

    assert_int_equal(
        hy_calendar_add_text(c,
                             HY_STR("year: 2026\nbasis: 自治区通知\nholidays:\n"
                                    "  - {name: 开斋节, from: 2026-03-20, to: 2026-03-20, "
                                    "makeup: [2026-03-21]}\n"),
                             "local", false, d, &err),
        HY_OK);
    assert_int_equal(hy_calendar_is_workday(c, day, &works, &err), HY_E_NOTFOUND);
    assert_int_equal(
        hy_calendar_add_text(c, HY_STR("year: 2026\nbasis: 通知\n"), "national", true, d, &err),
        HY_OK);
    assert_int_equal(hy_calendar_is_workday(c, day, &works, &err), HY_OK);
    assert_false(works);
    assert_int_equal(hy_calendar_add(c, day, 1, &next, &err), HY_OK);
    assert_int_equal(next, day + 1); /* the Saturday made up */
    assert_int_equal(hy_calendar_add(c, day, -1, &next, &err), HY_OK);
    assert_int_equal(next, day - 1);
    hy_diag_free(d);
    hy_calendar_free(c);
}

/* ---- the plan ---- */

static hy_wall when(const char *text)
{
    hy_wall t;

    if (!hy_wall_parse(hy_str(text), &t))
        fail_msg("not a time: %s", text);
    return t;
}

static void expect_plan(const struct hy_duty *duty, const struct hy_hand *hand, const char *from,
                        int n, const char *want)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    hy_wall now = when(from);
    struct hy_shift t;

    for (int i = 0; i < n; i++, now = t.to) {
        bool any = hy_duty_turn(duty, hand, now, &t);
        struct hy_civil c = hy_civil_of(t.to, HY_CST);
        hy_buf_printf(&b, "%s%s/%s<%02d-%02dT%02d:%02d", i ? " " : "",
                      !any     ? "none"
                      : t.duty ? t.duty->id
                               : "-",
                      t.second ? t.second->id : "-", c.month, c.day, c.hour, c.minute);
    }
    assert_string_equal(b.p, want);
    hy_buf_release(&b);
}

#define PEOPLE                                                                                     \
    "people:\n"                                                                                    \
    "  - {id: a, name: 甲}\n"                                                                      \
    "  - {id: b, name: 乙}\n"                                                                      \
    "  - {id: c, name: 丙}\n"

/* Every stretch ends where the plan changes, so a walk over it misses nothing. */
TEST(the_plan_is_cut_where_it_changes)
{
    size_t errors;
    struct hy_duty *duty = load(PEOPLE
                                "rota:\n"
                                "  handover: [\"08:30\", \"17:30\"]\n"
                                "  start: 2026-11-23\n"
                                "  turns: [{duty: a, second: b}, {duty: b, second: a}]\n"
                                "  overrides:\n"
                                "    - {from: 2026-11-23T12:00:00+08:00, to: "
                                "2026-11-23T14:00:00+08:00, duty: c}\n"
                                "  away:\n"
                                "    - {who: b, from: 2026-11-23T20:00:00+08:00, to: "
                                "2026-11-24T00:00:00+08:00, why: 病假}\n",
                                &errors);

    assert_int_equal(errors, 0);
    expect_plan(duty, NULL, "2026-11-22T00:00:00+08:00", 8,
                "none/-<11-23T08:30 a/b<11-23T12:00 c/b<11-23T14:00 a/b<11-23T17:30 "
                "b/a<11-23T20:00 -/a<11-24T00:00 b/a<11-24T08:30 a/b<11-24T17:30");
    hy_duty_free(duty);
}

TEST(what_people_change_lies_above_the_file)
{
    size_t errors;
    struct hy_err err = HY_ERR_INIT;
    json_t *doc = NULL;
    struct hy_hand hand;
    struct hy_duty *duty =
        load(PEOPLE "rota: {handover: \"08:00\", start: 2026-11-23, turns: [{duty: a, second: b}]}\n",
             &errors);

    assert_int_equal(
        hy_json_parse(
            HY_STR("{\"changes\":[{\"state\":\"active\",\"from\":\"2026-11-23T10:00:00+08:00\","
                   "\"to\":\"2026-11-25T10:00:00+08:00\",\"duty\":\"c\",\"second\":\"a\"},"
                   "{\"state\":\"cancelled\",\"from\":\"2026-11-23T10:00:00+08:00\","
                   "\"to\":\"2026-11-25T10:00:00+08:00\",\"duty\":\"b\"}],"
                   "\"away\":[{\"state\":\"active\",\"who\":\"c\",\"from\":"
                   "\"2026-11-24T00:00:00+08:00\",\"to\":\"2026-11-24T12:00:00+08:00\"}]}"),
            &doc, &err),
        HY_OK);
    hy_hand_read(doc, &hand);
    expect_plan(duty, &hand, "2026-11-23T09:00:00+08:00", 5,
                "a/b<11-23T10:00 c/a<11-24T00:00 -/a<11-24T12:00 c/a<11-25T10:00 a/b<11-26T08:00");
    hy_hand_release(&hand);
    json_decref(doc);
    hy_duty_free(duty);
}

/* 2026-11-28 and 29 are a weekend: turns of their own, counted by themselves. */
TEST(days_off_have_turns_of_their_own)
{
    size_t errors;
    struct hy_calendar *c = hy_calendar_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_duty *duty = load(PEOPLE "rota:\n"
                                       "  handover: \"08:00\"\n"
                                       "  start: 2026-11-26\n"
                                       "  turns: [{duty: a}, {duty: b}]\n"
                                       "  holidays: [{duty: c}, {duty: a}]\n",
                                &errors);

    assert_int_equal(hy_calendar_add_text(c, HY_STR("year: 2026\nbasis: 通知\n"), "n", true, d, &err),
                     HY_OK);
    hy_rota_use_calendar((struct hy_rota *)hy_duty_rota(duty), c);
    expect_plan(duty, NULL, "2026-11-26T08:00:00+08:00", 6,
                "a/-<11-27T08:00 b/-<11-28T08:00 c/-<11-29T08:00 a/-<11-30T08:00 "
                "a/-<12-01T08:00 b/-<12-02T08:00");
    /* beyond the years that are known every day is a working day */
    expect_plan(duty, NULL, "2031-01-04T08:00:00+08:00", 1, "a/-<01-05T08:00");
    hy_diag_free(d);
    hy_calendar_free(c);
    hy_duty_free(duty);
}

TEST(gaps_are_found_and_joined)
{
    size_t errors;
    struct hy_gap g[8];
    struct hy_duty *duty = load(PEOPLE "rota:\n"
                                       "  handover: \"08:00\"\n"
                                       "  start: 2026-11-23\n"
                                       "  turns: [{duty: a, second: b}]\n"
                                       "  away:\n"
                                       "    - {who: a, from: 2026-11-24T12:00:00+08:00, to: "
                                       "2026-11-26T12:00:00+08:00, why: 年假}\n",
                                &errors);

    size_t n = hy_duty_gaps(duty, NULL, when("2026-11-22T08:00:00+08:00"),
                            when("2026-11-30T08:00:00+08:00"), g, HY_COUNT(g));
    assert_int_equal(n, 2);
    assert_string_equal(g[0].why, "值班表还没有排到这一段");
    assert_int_equal(g[0].to.ms, when("2026-11-23T08:00:00+08:00").ms);
    assert_string_equal(g[1].why, "甲不在岗：年假");
    assert_int_equal(g[1].from.ms, when("2026-11-24T12:00:00+08:00").ms);
    assert_int_equal(g[1].to.ms, when("2026-11-26T12:00:00+08:00").ms);
    hy_duty_free(duty);
}

/* RFC 5545: CRLF, no line over 75 bytes, text escaped, no character cut in two. */
TEST(the_plan_as_a_calendar)
{
    size_t errors, lines = 0;
    struct hy_buf out = HY_BUF_INIT(65536);
    struct hy_duty *duty = load(
        PEOPLE "rota:\n"
               "  handover: \"08:00\"\n"
               "  start: 2026-11-23\n"
               "  turns: [{duty: a, second: b}]\n"
               "  overrides:\n"
               "    - {from: 2026-11-24T08:00:00+08:00, to: 2026-11-25T08:00:00+08:00, duty: c, "
               "second: a, why: \"换班，原因；很长，很长的说明文字，用来看一行超过七十五个字节时怎样折行, ok\"}\n",
        &errors);
    struct hy_ical what = {HY_STR("qx"), HY_STR("清溪"), HY_STR(""),
                           when("2026-11-23T09:00:00+08:00"), when("2026-11-24T09:00:00+08:00"),
                           when("2026-11-23T09:00:00+08:00")};

    hy_duty_ical(duty, NULL, &what, &out);
    assert_non_null(strstr(out.p, "DTSTART:20261123T000000Z\r\nDTEND:20261124T000000Z\r\n"
                                  "SUMMARY:值班员：甲\r\nDESCRIPTION:备班：乙\r\n"));
    assert_non_null(strstr(out.p, "SUMMARY:值班员：丙\r\n"));
    for (const char *p = out.p; *p; lines++) {
        const char *end = strstr(p, "\r\n");
        assert_non_null(end);
        assert_true(end - p <= 75);
        assert_true(((unsigned char)*p & 0xc0) != 0x80);
        p = end + 2;
    }
    assert_true(lines > 20);
    assert_null(strstr(out.p, "行, ok")); /* escaped */
    hy_buf_clear(&out);
    what.person = HY_STR("b");
    hy_duty_ical(duty, NULL, &what, &out);
    assert_null(strstr(out.p, "SUMMARY:值班员"));
    assert_non_null(strstr(out.p, "SUMMARY:备班：乙\r\n"));
    hy_buf_release(&out);
    hy_duty_free(duty);
}
