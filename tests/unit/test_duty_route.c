/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of duty.yaml: which way a matter takes, and who is told. */
#include "rules/duty_route.h"

#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static const char text[] = "people:\n"
                           "  - {id: a, name: 甲}\n"
                           "  - {id: b, name: 乙}\n"
                           "  - {id: c, name: 丙}\n"
                           "  - {id: e, name: 戊}\n"
                           "  - {id: f, name: 己}\n"
                           "rota:\n"
                           "  handover: \"08:00\"\n"
                           "  start: 2026-11-01\n"
                           "  turns: [{duty: a, second: b}]\n"
                           "  away: [{who: f, from: 2026-11-23T00:00:00+08:00, to: "
                           "2026-11-24T00:00:00+08:00}]\n"
                           "posts: {supervisor: [e]}\n"
                           "routes:\n"
                           "  - name: big\n"
                           "    when: {kinds: [emergency], levels: [1, 2]}\n"
                           "    also: [second]\n"
                           "    everyone: true\n"
                           "    escalation: [{after: 5m, to: supervisor}]\n"
                           "    routes:\n"
                           "      - {name: big water, when: {units: [water]}, to: [c, duty]}\n"
                           "  - {name: north, when: {places: [\"3306\"]}, to: [c], more: true}\n"
                           "  - {name: food, when: {topics: [food]}, to: [e]}\n"
                           "  - {name: digest, when: {classes: [digest]}, to: [supervisor], for: "
                           "[duty, second]}\n"
                           "  - {name: sources, when: {kinds: [source]}, to: [b], for: [operator]}\n"
                           "  - {name: away, when: {units: [gone]}, to: [f]}\n";

static struct hy_duty *load(void)
{
    struct hy_duty *duty = hy_duty_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_duty_add_text(duty, hy_str(text), "duty.yaml", d, &err), HY_OK);
    hy_diag_free(d);
    return duty;
}

TEST(the_first_row_that_holds_decides)
{
    static const struct {
        const char *kind;
        int level;
        const char *unit, *place, *topic;
        enum hy_urgency urgency;
        enum hy_post post;
        const char *who;
    } cases[] = {
        {"emergency", 3, "", "", "", HY_URGENT, HY_POST_DUTY, "a"},
        {"emergency", 2, "", "", "", HY_URGENT, HY_POST_DUTY, "ab"},
        {"opinion", 2, "", "", "", HY_URGENT, HY_POST_DUTY, "a"},
        {"emergency", 1, "water", "", "", HY_URGENT, HY_POST_DUTY, "cab"},
        {"emergency", 1, "water", "", "", HY_URGENT, HY_POST_SUPERVISOR, "e"},
        {"emergency", 0, "", "330602", "", HY_URGENT, HY_POST_DUTY, "c"},
        {"emergency", 0, "", "330602", "food", HY_URGENT, HY_POST_DUTY, "ce"}, /* more: true */
        {"emergency", 0, "", "3307", "food", HY_URGENT, HY_POST_DUTY, "e"},
        {"opinion", 0, "", "", "", HY_DIGEST, HY_POST_SECOND, "e"},
        {"source", 0, "", "", "", HY_NORMAL, HY_POST_OPERATOR, "b"},
        {"opinion", 0, "gone", "", "", HY_URGENT, HY_POST_DUTY, "a"}, /* the one named is away */
    };
    struct hy_duty *duty = load();
    hy_wall now;

    assert_true(hy_wall_parse(HY_STR("2026-11-23T12:00:00+08:00"), &now));
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_about about = {.kind = hy_str(cases[i].kind),
                                 .level = cases[i].level,
                                 .urgency = cases[i].urgency};
        struct hy_ask ask = {cases[i].post, hy_str(cases[i].unit), now, NULL};
        const struct hy_person *who[8];
        struct hy_routing r;
        char got[9] = "";

        if (cases[i].unit[0])
            hy_vec_push(&about.units, hy_str(cases[i].unit));
        if (cases[i].place[0])
            hy_vec_push(&about.places, hy_str(cases[i].place));
        if (cases[i].topic[0])
            hy_vec_push(&about.topics, hy_str(cases[i].topic));
        hy_duty_route(duty, &about, &r, NULL);
        size_t n = hy_routing_people(duty, &r, &ask, who, 8);
        for (size_t k = 0; k < n; k++)
            got[k] = who[k]->id[0];
        if (strcmp(got, cases[i].who) != 0)
            fail_msg("case %zu: %s, wanted %s", i, got, cases[i].who);
        hy_routing_release(&r);
        hy_about_release(&about);
    }
    hy_duty_free(duty);
}

TEST(a_row_brings_its_ladder_and_says_why)
{
    struct hy_duty *duty = load();
    struct hy_buf why = HY_BUF_INIT(4096);
    struct hy_about about = {.kind = HY_STR("emergency"), .level = 1};
    struct hy_routing r;

    hy_vec_push(&about.units, HY_STR("water"));
    hy_duty_route(duty, &about, &r, &why);
    assert_true(r.everyone);
    assert_int_equal(r.escalation.n, 1);
    assert_int_equal(r.escalation.v[0].after_ms, 5 * HY_MINUTE_MS);
    assert_string_equal(why.p, "✓ big（duty.yaml:14）\n  ✓ big water（duty.yaml:20）\n");
    hy_routing_release(&r);
    hy_buf_clear(&why);
    about.level = 4;
    hy_duty_route(duty, &about, &r, &why);
    assert_int_equal(r.n, 0);
    assert_non_null(strstr(why.p, "✗ big（duty.yaml:14）：levels 不符\n"));
    assert_non_null(strstr(why.p, "✗ north（duty.yaml:21）：places 不符\n"));
    hy_routing_release(&r);
    hy_about_release(&about);
    hy_buf_release(&why);
    hy_duty_free(duty);
}
