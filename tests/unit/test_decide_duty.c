/* SPDX-License-Identifier: Apache-2.0 */
/* The duty list as people change it: who may, what it does to the plan, who is told, and gaps. */
#include "alerts/decide/anchor.h"
#include "alerts/decide/parts.h"

#include <unistd.h>

#include "tests/unit/world.h"

#define TWO                                                                                        \
    THREE_PEOPLE                                                                                   \
    "rota: {handover: \"08:30\", start: 2026-11-23, turns: [{duty: d, second: e}, {duty: e, "      \
    "second: d}]}\n"

#define TWO_AND_AUDITOR                                                                            \
    "people:\n"                                                                                    \
    "  - {id: d, name: 值班, roles: [duty]}\n"                                                   \
    "  - {id: e, name: 备班, roles: [duty]}\n"                                                   \
    "  - {id: s, name: 主管, roles: [supervisor]}\n"                                             \
    "  - {id: aud, name: 审计, roles: [auditor]}\n"                                              \
    "rota: {handover: \"08:30\", start: 2026-11-23, turns: [{duty: d, second: e}, {duty: e, "      \
    "second: d}]}\n"                                                                               \
    "posts: {supervisor: [s]}\n"

static void begin(struct world *w, const char *text)
{
    world_begin(w);
    world_duty(w, text);
}

static const char *say(struct world *w, const char *who, unsigned roles, const char *verb,
                       const char *args)
{
    return command_on(w, HY_DUTY_DOC, verb, who, roles, json_of(args));
}

static const char *on_duty(const struct world *w, const char *clock)
{
    struct hy_hand hand;
    struct hy_shift t;

    hy_duty_hand(&w->d, &hand);
    hy_duty_turn(w->rules.duty, &hand, at(clock), &t);
    hy_hand_release(&hand);
    return t.duty ? t.duty->id : "-";
}

TEST(who_may_change_the_plan)
{
    static const struct {
        const char *who;
        unsigned roles;
        const char *verb, *args, *answer;
    } cases[] = {
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e'}", "ok"},
        {"e", ROLE(DUTY), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e'}", "ok"},
        {"d", ROLE(DUTY), "override", /* nobody gives a turn away by himself */
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e'}",
         "forbidden"},
        {"x", ROLE(AUDITOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e'}",
         "forbidden"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T12:00:00+08:00','duty':'e'}",
         "invalid"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-20T12:00:00+08:00','to':'2026-11-21T12:00:00+08:00','duty':'e'}",
         "invalid"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00'}", "invalid"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'nobody'}",
         "invalid"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e',"
         "'second':'e'}",
         "invalid"},
        {"s", ROLE(SUPERVISOR), "override",
         "{'from':'2026-11-23T12:00:00+08:00','to':'2027-11-23T14:00:00+08:00','duty':'e'}",
         "invalid"},
        {"d", ROLE(DUTY), "away",
         "{'from':'2026-11-24T12:00:00+08:00','to':'2026-11-25T14:00:00+08:00','why':'病假'}",
         "ok"},
        {"d", ROLE(DUTY), "away",
         "{'who':'e','from':'2026-11-24T12:00:00+08:00','to':'2026-11-25T14:00:00+08:00'}",
         "forbidden"},
        {"d", ROLE(DUTY), "duty_cancel", "{'row':'C1'}", "not_found"},
        {"d", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':true}", "not_found"},
        {"s", ROLE(SUPERVISOR), "swap", "{'mine':'2026-11-24T12:00:00+08:00','with':'e'}",
         "invalid"},
        {"d", ROLE(DUTY), "swap", "{'mine':'2026-11-20T12:00:00+08:00','with':'e'}", "invalid"},
        {"d", ROLE(DUTY), "swap", "{'mine':'2026-11-23T12:00:00+08:00','with':'d'}", "invalid"},
    };
    struct world w;

    begin(&w, TWO);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const char *got = say(&w, cases[i].who, cases[i].roles, cases[i].verb, cases[i].args);
        if (strcmp(got, cases[i].answer) != 0)
            fail_msg("case %zu: %s, wanted %s", i, got, cases[i].answer);
        if (strcmp(got, "ok") == 0)
            check_journal(&w, hy_buf_view(&w.d.lines));
        else
            assert_int_equal(json_array_size(w.d.entries), 0);
        world_again(&w);
    }
    world_end(&w);
}

TEST(an_override_moves_the_alarms_and_tells_who_it_concerns)
{
    struct world w;

    begin(&w, TWO);
    assert_string_equal(
        say(&w, "s", ROLE(SUPERVISOR), "override",
            "{'from':'2026-11-23T09:00:00+08:00','to':'2026-11-23T14:00:00+08:00','duty':'e',"
            "'second':'d','why':'开会'}"),
        "ok");
    expect_notices(&w, "-/changed-1>d,e");
    give_hit(&w, "i1", "alert", 2, "23T09:12", NULL, NULL);
    expect_notices(&w, "-/open>e");
    assert_string_equal(on_duty(&w, "23T14:00"), "d");
    assert_string_equal(say(&w, "e", ROLE(DUTY), "duty_cancel", "{'row':'C1'}"), "ok");
    assert_string_equal(on_duty(&w, "23T10:00"), "d");
    assert_string_equal(say(&w, "e", ROLE(DUTY), "duty_cancel", "{'row':'C1'}"), "state");
    world_end(&w);
}

TEST(a_swap_needs_the_other)
{
    struct world w;

    begin(&w, TWO);
    assert_string_equal(say(&w, "d", ROLE(DUTY), "swap",
                            "{'mine':'2026-11-25T12:00:00+08:00','with':'e',"
                            "'theirs':'2026-11-26T12:00:00+08:00','why':'家事'}"),
                        "ok");
    expect_notices(&w, "-/changed-1>e");
    assert_string_equal(on_duty(&w, "25T12:00"), "d"); /* until it is answered */
    assert_string_equal(say(&w, "d", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':true}"),
                        "forbidden");
    assert_string_equal(say(&w, "e", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':true}"),
                        "ok");
    expect_notices(&w, "-/changed-4>d");
    assert_string_equal(on_duty(&w, "25T12:00"), "e");
    assert_string_equal(on_duty(&w, "26T12:00"), "d");
    assert_string_equal(on_duty(&w, "27T12:00"), "d");
    assert_int_equal(json_array_size(json_object_get(hy_duty_doc(&w.d), "gaps")), 0);
    assert_string_equal(say(&w, "e", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':false}"),
                        "state");
    world_end(&w);
}

TEST(a_swap_is_off_when_the_plan_changed)
{
    struct world w;

    begin(&w, TWO);
    say(&w, "d", ROLE(DUTY), "swap", "{'mine':'2026-11-25T12:00:00+08:00','with':'e'}");
    say(&w, "s", ROLE(SUPERVISOR), "override",
        "{'from':'2026-11-25T08:30:00+08:00','to':'2026-11-25T18:00:00+08:00','duty':'s'}");
    assert_string_equal(say(&w, "e", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':true}"),
                        "invalid");
    assert_string_equal(say(&w, "e", ROLE(DUTY), "swap_answer", "{'swap':'S1','agree':false}"),
                        "ok");
    world_end(&w);
}

static void lead(struct world *w)
{
    hy_decide_keeper(&w->d, "lead", json_object());
}

static void look(struct world *w, const char *clock)
{
    w->d.now = at(clock);
    hy_decide_timer(&w->d, HY_STR(HY_DUTY_DOC "/-/gaps"), at(clock));
}

/* The auditor gets a line that `verify --heads` reads, every morning, and nobody else does. */
TEST(the_head_goes_to_the_auditors_every_day)
{
    struct world w;
    struct hy_anchors heads = {0};
    struct hy_err err = HY_ERR_INIT;
    char path[] = "/tmp/heads-XXXXXX";
    int fd = mkstemp(path);

    begin(&w, TWO);
    lead(&w);
    expect_notices(&w, "");
    w.d.now = at("24T08:00");
    hy_decide_timer(&w.d, HY_STR(HY_DUTY_DOC "/-/head"), w.d.now);
    expect_notices(&w, ""); /* nobody has the role */
    world_end(&w);

    begin(&w, TWO_AND_AUDITOR);
    lead(&w);
    struct hy_head head = w.state->head;
    w.d.now = at("24T08:00");
    hy_decide_clear(&w.d);
    hy_decide_timer(&w.d, HY_STR(HY_DUTY_DOC "/-/head"), w.d.now);
    const json_t *notice =
        json_object_get(json_object_get(json_array_get(w.d.entries, 0), "data"), "notice");
    assert_true(json_is_true(json_object_get(notice, "personal")));
    const char *line = strchr(hy_json_str(notice, "body").p, '{');
    assert_int_equal(write(fd, line, strlen(line)), (ssize_t)strlen(line));
    close(fd);
    assert_int_equal(hy_anchors_read(path, &heads, &err), HY_OK);
    assert_int_equal(heads.n, 1);
    assert_int_equal(heads.v[0].seq, head.seq);
    assert_string_equal(heads.v[0].hash, head.hash);
    expect_notices(&w, "-/head-2>aud");
    w.d.now = at("25T08:00"); /* the step stands again */
    hy_decide_timer(&w.d, HY_STR(HY_DUTY_DOC "/-/head"), w.d.now);
    expect_notices(&w, "-/head-3>aud");
    hy_vec_release(&heads);
    unlink(path);
    world_end(&w);
}

/* Days ahead, once; once more and urgently on the last day; never again for the same gap. */
TEST(a_gap_is_told_days_ahead_and_again_when_it_is_near)
{
    struct world w;

    begin(&w, TWO "look_ahead: 4d\n");
    lead(&w);
    expect_notices(&w, "");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "away",
                            "{'who':'d','from':'2026-11-29T08:30:00+08:00',"
                            "'to':'2026-11-30T08:30:00+08:00','why':'培训'}"),
                        "ok");
    expect_notices(&w, "-/changed-3>d"); /* six days away: not yet */
    look(&w, "24T09:00");
    expect_notices(&w, "");
    look(&w, "25T09:00");
    expect_notices(&w, "-/gaps-6>s");
    look(&w, "26T09:00");
    lead(&w); /* rules loaded again */
    expect_notices(&w, "");
    look(&w, "27T09:00");
    expect_notices(&w, "");
    look(&w, "28T09:00");
    const json_t *e = json_array_get(w.d.entries, json_array_size(w.d.entries) - 1);
    assert_string_equal(
        hy_json_str(json_object_get(json_object_get(e, "data"), "notice"), "class").p, "urgent");
    json_array_clear(w.d.entries);
    look(&w, "29T09:00");
    expect_notices(&w, "");
    world_end(&w);
}

/* Who is away holds no post: the alarm goes to the next one. */
TEST(an_alarm_passes_over_who_is_away)
{
    struct world w;

    begin(&w, TWO);
    assert_string_equal(
        say(&w, "d", ROLE(DUTY), "away",
            "{'from':'2026-11-23T09:00:00+08:00','to':'2026-11-23T18:00:00+08:00'}"),
        "ok");
    expect_notices(&w, "-/gaps-2>s");
    give_hit(&w, "i1", "alert", 2, "23T09:12", NULL, NULL);
    expect_notices(&w, "-/open>e");
    world_end(&w);
}

/* ---- silence and tests ---- */

static const json_t *last_notice(const struct world *w)
{
    for (size_t i = json_array_size(w->d.entries); i-- > 0;) {
        const json_t *n =
            json_object_get(json_object_get(json_array_get(w->d.entries, i), "data"), "notice");
        if (n)
            return n;
    }
    fail_msg("no notice");
    return NULL;
}

TEST(what_a_silence_covers)
{
    static const struct {
        int level;
        const char *args;
        bool quiet;
    } cases[] = {
        {4,
         "{'what':'incident','scope':'I20261123-0001','to':'2026-11-24T12:00:00+08:00',"
         "'why':'演练'}",
         true},
        {2,
         "{'what':'incident','scope':'I20261123-0001','to':'2026-11-24T12:00:00+08:00',"
         "'why':'演练'}",
         false},
        {4, "{'what':'sources','to':'2026-11-24T12:00:00+08:00','why':'维护'}", false},
    };
    struct world w;

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        begin(&w, TWO);
        assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "silence", cases[i].args), "ok");
        give_hit(&w, "i1", "alert", cases[i].level, "23T09:12", NULL, NULL);
        const json_t *n = last_notice(&w);
        assert_int_equal(json_object_get(n, "quiet") != NULL, cases[i].quiet);
        assert_string_equal(hy_json_str(n, "class").p, cases[i].quiet ? "digest" : "urgent");
        world_end(&w);
    }
}

TEST(a_silence_ends_and_says_what_it_held)
{
    struct world w;

    begin(&w, TWO);
    assert_string_equal(say(&w, "d", ROLE(DUTY), "silence",
                            "{'what':'drills','to':'2026-11-24T12:00:00+08:00','why':'x'}"),
                        "forbidden");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "silence",
                            "{'what':'drills','to':'2026-12-24T12:00:00+08:00','why':'x'}"),
                        "invalid");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "silence",
                            "{'what':'incident','to':'2026-11-24T12:00:00+08:00','why':'x'}"),
                        "invalid");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "silence",
                            "{'what':'incident','scope':'I20261123-0001',"
                            "'to':'2026-11-23T09:30:00+08:00','why':'演练'}"),
                        "ok");
    give_hit(&w, "i1", "alert", 4, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    w.d.now = at("23T09:30");
    hy_decide_timer(&w.d, HY_STR(HY_DUTY_DOC "/-/silence-Q1"), at("23T09:30"));
    const json_t *n = last_notice(&w);
    assert_non_null(strstr(hy_json_str(n, "body").p, "期间有 1 条提醒没有响铃"));
    expect_notices(&w, "-/silence-Q1>d,s");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "silence_end", "{'silence':'Q1'}"), "state");
    world_end(&w);
}

TEST(a_test_alarm_goes_the_whole_way)
{
    struct world w;

    begin(&w, TWO);
    assert_string_equal(say(&w, "d", ROLE(DUTY), "alarm_test", "{}"), "ok");
    const json_t *n = last_notice(&w);
    char *id = hy_str_dup(hy_json_str(n, "id"));
    assert_string_equal(hy_json_str(n, "class").p, "urgent");
    expect_notices(&w, "-/test-2>d");
    assert_string_equal(command_on(&w, HY_DUTY_DOC, "receipt", "d", ROLE(DUTY),
                                   json_pack("{s:s,s:s}", "notice", id, "state", "shown")),
                        "ok");
    free(id);
    assert_string_equal(command_on(&w, HY_DUTY_DOC, "ack", "d", ROLE(DUTY), NULL), "ok");
    const json_t *record = json_array_get(json_object_get(hy_duty_doc(&w.d), "notices"), 0);
    assert_string_equal(hy_json_str(json_object_get(record, "states"), "d").p, "closed");
    assert_string_equal(say(&w, "d", ROLE(DUTY), "alarm_test", "{'person':'e'}"), "forbidden");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "alarm_test", "{'channel':'nowhere'}"),
                        "invalid");
    assert_string_equal(say(&w, "s", ROLE(SUPERVISOR), "alarm_test", "{'person':'e'}"), "ok");
    world_end(&w);
}
