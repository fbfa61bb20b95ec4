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
        size_t n = hy_duty_who(duty, cases[i].post, hy_str(cases[i].unit), now, who, 4, &gap);
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

    assert_int_equal(hy_duty_who(duty, HY_POST_DUTY, HY_STR(""), (hy_wall){0}, who, 2, &gap), 0);
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
