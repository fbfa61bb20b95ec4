/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements that run out, that everyone owes, and reminders that are put off. */
#include "tests/unit/world.h"

#define LIST                                                                                       \
    THREE_PEOPLE                                                                                   \
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: d, second: e}]}\n"              \
    "escalation: [{after: 10m, to: second}]\n"

static void begin(struct world *w, const char *text)
{
    world_begin(w);
    world_duty(w, text);
    give_hit(w, "i1", "alert", 2, "23T09:12", NULL, NULL);
}

/* Only the notices about the incident as a whole. */
static void expect_general(struct world *w, const char *want)
{
    for (size_t i = json_array_size(w->d.entries); i-- > 0;) {
        const json_t *n = json_object_get(
            json_object_get(json_array_get(w->d.entries, i), "data"), "notice");
        if (n && !hy_str_is(hy_json_str(n, "clock"), "-"))
            json_array_remove(w->d.entries, i);
    }
    expect_notices(w, want);
}

TEST(a_forgotten_acknowledgement_is_asked_again)
{
    struct world w;

    begin(&w, LIST "acknowledge: {expires: 1h}\n");
    expect_general(&w, "-/open>d");
    w.d.now = at("23T09:15");
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok");
    fire_until(&w, at("23T10:00"));
    expect_general(&w, "");
    assert_string_equal(command(&w, "note", "d", ROLE(DUTY), json_of("{'text':'在核实'}")), "ok");
    fire_until(&w, at("23T10:59")); /* what somebody does renews it */
    expect_general(&w, "");
    fire_until(&w, at("23T11:00"));
    expect_general(&w, "-/ack-expired-1>d");
    fire_until(&w, at("23T11:10")); /* the ladder again, from its first rung */
    expect_general(&w, "-/unacked-2>e");
    assert_string_equal(command(&w, "ack", "e", ROLE(DUTY), NULL), "ok");
    fire_until(&w, at("23T12:10"));
    expect_general(&w, "-/ack-expired-2>d,e");
    world_end(&w);
}

TEST(a_response_makes_it_lasting)
{
    struct world w;

    begin(&w, LIST "acknowledge: {expires: 1h}\n");
    assert_string_equal(command(&w, "respond", "d", ROLE(DUTY),
                                json_of("{'url':'http://q.gov.cn/1',"
                                        "'published':'2026-11-23T09:10:00+08:00',"
                                        "'clock':['H5']}")),
                        "ok");
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T11:00"));
    expect_general(&w, "");
    assert_true(json_is_object(json_object_get(incident(&w), "ack")));
    world_end(&w);
}

TEST(everyone_must_acknowledge)
{
    struct world w;

    begin(&w, LIST "routes: [{name: all, also: [second], everyone: true}]\n");
    expect_general(&w, "-/open>d,e");
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok");
    assert_true(json_array_size(json_object_get(reply(&w), "hints")) == 1);
    assert_false(json_is_object(json_object_get(incident(&w), "ack")));
    fire_until(&w, at("23T09:24"));
    expect_general(&w, "-/unacked-1>e");
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), json_of("{'all':true}")), "forbidden");
    assert_string_equal(command(&w, "ack", "e", ROLE(DUTY), NULL), "ok");
    assert_true(json_is_object(json_object_get(incident(&w), "ack")));
    world_end(&w);
    begin(&w, LIST "routes: [{name: all, also: [second], everyone: true}]\n");
    assert_string_equal(command(&w, "ack", "s", ROLE(SUPERVISOR), json_of("{'all':true}")), "ok");
    assert_true(json_is_object(json_object_get(incident(&w), "ack")));
    world_end(&w);
}

/* Steps of H5 that go to the duty officer wait for the end of the snooze; several become one. */
TEST(a_snooze_has_its_limits)
{
    static const struct {
        const char *now;
        int minutes;
        const char *answer;
    } cases[] = {
        {"23T09:20", 31, "invalid"}, /* longer than the list allows */
        {"23T09:20", 0, "invalid"},  {"23T13:50", 20, "state"}, /* the limit is near */
        {"23T09:20", 30, "ok"},
    };
    struct world w;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        begin(&w, LIST "snooze: {longest: 30m, times: 1}\n");
        w.d.now = at(cases[i].now);
        assert_string_equal(
            command(&w, "snooze", "d", ROLE(DUTY), json_pack("{s:i}", "minutes", cases[i].minutes)),
            cases[i].answer);
        if (strcmp(cases[i].answer, "ok") == 0)
            assert_string_equal(
                command(&w, "snooze", "d", ROLE(DUTY), json_of("{'minutes':5}")), "state");
        world_end(&w);
    }
}

static hy_wall fired_of(const struct world *w, const char *clock, const char *name, hy_wall *held)
{
    const json_t *o = hy_incident_obligation(incident(w), hy_str(clock));
    size_t i;
    json_t *s;

    json_array_foreach (json_object_get(o, "steps"), i, s)
        if (hy_str_is(hy_json_str(s, "step"), name)) {
            *held = hy_json_time(s, "held");
            return hy_json_time(s, "fired");
        }
    fail_msg("no step %s", name);
    return HY_WALL_NONE;
}

TEST(a_snooze_holds_what_goes_to_the_duty_officer_alone)
{
    const json_t *o;
    struct world w;
    size_t i;
    json_t *s;
    hy_wall held;

    begin(&w, LIST "snooze: {longest: 2h, times: 9}\n");
    o = hy_incident_obligation(incident(&w), HY_STR("H5"));
    json_array_foreach (json_object_get(o, "steps"), i, s) {
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(hy_json_str(s, "step"));
        hy_wall due = hy_json_time(s, "due"), end = hy_json_time(o, "due");
        bool alone = json_array_size(json_object_get(s, "to")) == 1 &&
                     hy_str_is(hy_str(json_string_value(
                                   json_array_get(json_object_get(s, "to"), 0))),
                               "duty");
        if (due.ms <= at("23T09:30").ms || due.ms + 20 * HY_MINUTE_MS > end.ms - 10 * HY_MINUTE_MS)
            continue;
        struct world again;
        begin(&again, LIST "snooze: {longest: 2h, times: 9}\n");
        fire_until(&again, hy_wall_add_ms(due, -HY_MINUTE_MS));
        assert_string_equal(command(&again, "snooze", "d", ROLE(DUTY), json_of("{'minutes':20}")),
                            "ok");
        fire_until(&again, hy_wall_add_ms(due, HY_MINUTE_MS));
        assert_int_equal(hy_wall_known(fired_of(&again, "H5", name, &held)), !alone);
        assert_int_equal(hy_wall_known(held), alone);
        fire_until(&again, hy_wall_add_ms(due, 20 * HY_MINUTE_MS));
        assert_true(hy_wall_known(fired_of(&again, "H5", name, &held)));
        world_end(&again);
    }
    world_end(&w);
}
