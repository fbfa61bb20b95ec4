/* SPDX-License-Identifier: Apache-2.0 */
/* What is judged once more - put together, opened again, graded or classed anew, withdrawn - loses no
 * clock, gives no time that has passed once more, and is told to those at work. */
#include "tests/unit/world.h"

#define OTHER "I20261123-0002"

static void say(struct world *w, const char *verb, const char *who, unsigned roles, const char *args)
{
    assert_string_equal(command(w, verb, who, roles, json_of(args)), "ok");
}

static void use_windows(struct world *w, const char *text)
{
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    hy_windows_free(w->rules.windows);
    w->rules.windows = hy_windows_new();
    if (hy_windows_add_text(w->rules.windows, hy_str(text), "w", diag, &err) < 0)
        fail_msg("%s", err.msg);
    hy_diag_free(diag);
}

/* ---- put together ---- */

TEST(a_running_incident_put_into_a_quiet_one_loses_no_clock)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL); /* quiet: no clock before it is confirmed */
    expect_clocks(&w, "");
    give_hit(&w, "b", "alert", 2, "23T08:30", NULL, NULL);
    assert_string_equal(
        command_on(&w, OTHER, "merge", "a", ROLE(ANALYST), json_of("{'into':'" ID "'}")), "ok");
    expect_clocks(&w, "H5:open:23T13:30? H24:open:24T08:30?");
    assert_string_equal(json_string_value(json_object_get(incident(&w), "alert")), "alert");
    /* who put them together has seen both: nobody is paged again */
    assert_string_equal(json_string_value(json_object_get(json_object_get(incident(&w), "ack"), "by")),
                        "a");
    check_journal(&w, hy_buf_view(&w.d.lines));
    expect_notices(&w, "-/open>d");
    world_end(&w);
}

TEST(the_graver_level_wins_and_counts_from_the_earlier_start)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    say(&w, "level", "a", ROLE(ANALYST), "{'level':3,'reason':'x'}");
    give_hit(&w, "b", "alert", 2, "23T08:30", NULL, NULL);
    assert_string_equal(command_on(&w, OTHER, "level", "a", ROLE(ANALYST),
                                   json_of("{'level':2,'reason':'x'}")),
                        "ok");
    hy_decide_clear(&w.d);
    assert_string_equal(
        command_on(&w, OTHER, "merge", "a", ROLE(ANALYST), json_of("{'into':'" ID "'}")), "ok");
    expect_clocks(&w, "H48:superseded:25T09:12 H5:open:23T13:30 H24:open:24T08:30");
    assert_true(json_is_true(json_object_get(incident(&w), "upgraded")));
    expect_notices(&w, "H5/begun>d,u"); /* it ends long before what they knew of */
    world_end(&w);
}

TEST(an_opinion_that_takes_an_emergency_becomes_one)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    say(&w, "confirm", "m", ROLE(MONITOR), "{'kind':'opinion'}");
    say(&w, "classify", "a", ROLE(ANALYST), "{'disposition':['unaware']}");
    give_hit(&w, "b", "alert", 1, "23T09:12", NULL, NULL);
    assert_string_equal(command_on(&w, OTHER, "confirm", "d", ROLE(DUTY),
                                   json_of("{'kind':'emergency'}")),
                        "ok");
    assert_string_equal(command_on(&w, OTHER, "classify", "a", ROLE(ANALYST),
                                   json_of("{'disposition':['hardship']}")),
                        "ok");
    assert_string_equal(command_on(&w, OTHER, "assign", "s", ROLE(SUPERVISOR),
                                   json_of("{'lead':{'id':'fire','name':'消防'}}")),
                        "ok");
    assert_string_equal(
        command_on(&w, OTHER, "merge", "a", ROLE(ANALYST), json_of("{'into':'" ID "'}")), "ok");
    expect_clocks(&w, "H48:superseded:25T09:12 CLARIFY:open:25T09:13 H5:open:23T14:12? "
                      "H24:open:24T09:12? SOLVE:open:07T23:59");
    const json_t *lead = json_object_get(json_object_get(incident(&w), "units"), "lead");
    assert_string_equal(json_string_value(json_object_get(lead, "id")), "fire");
    world_end(&w);
}

/* ---- begun while people are at work ---- */

TEST(what_a_raise_begins_is_told_at_once)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    say(&w, "level", "a", ROLE(ANALYST), "{'level':3,'reason':'x'}");
    hy_decide_clear(&w.d);
    w.d.now = at("23T13:50"); /* of the five hours 22 minutes are left, and most reminders are past */
    say(&w, "level", "a", ROLE(ANALYST), "{'level':2,'reason':'x'}");
    const json_t *n = json_object_get(
        json_object_get(json_array_get(w.d.entries, json_array_size(w.d.entries) - 1), "data"),
        "notice");
    assert_string_equal(json_string_value(json_object_get(n, "class")), "urgent");
    assert_string_equal(json_string_value(json_object_get(n, "body")),
                        "升级，开始计时：5小时内发布权威信息，11月23日 14:12 到期；"
                        "24小时内举行新闻发布会，11月24日 09:12 到期。请按此安排");
    expect_notices(&w, "H5/begun>d,u");
    say(&w, "level", "a", ROLE(ANALYST), "{'level':4,'reason':'x'}");
    expect_notices(&w, "H48.2/begun>d,u");
    world_end(&w);
}

TEST(a_first_grading_that_confirms_tells_nothing)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    say(&w, "level", "a", ROLE(ANALYST), "{'level':2,'reason':'x'}");
    expect_notices(&w, "");
    world_end(&w);
}

TEST(what_is_owed_again_is_told_and_old_drafts_spare_nobody)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    say(&w, "level", "a", ROLE(ANALYST), "{'level':2,'reason':'x'}");
    say(&w, "draft", "u", ROLE(EDITOR), "{'text':'通报'}");
    for (int i = 0; i < 2; i++)
        say(&w, "respond", "d", ROLE(DUTY),
            i ? "{'url':'https://a.cn/2','published':'2026-11-23T09:13:00+08:00','form':'conference'}"
              : "{'url':'https://a.cn/1','published':'2026-11-23T09:13:00+08:00'}");
    say(&w, "close", "a", ROLE(ANALYST), "{'follow_up':'x','disposition':['unaware']}");
    w.d.now = at("24T10:00");
    hy_decide_clear(&w.d);
    say(&w, "reopen", "a", ROLE(ANALYST), "{'reason':'次生舆情'}");
    expect_notices(&w, "H5.2/begun>d,u");
    fire_until(&w, at("24T12:00"));
    expect_notices(&w, "H5.2/supervisor-2h>s");
    world_end(&w);
}

/* ---- no time twice ---- */

TEST(another_class_gives_the_first_no_more_time)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    say(&w, "confirm", "m", ROLE(MONITOR), "{'kind':'opinion'}");
    say(&w, "classify", "a", ROLE(ANALYST), "{'disposition':['false_info'],'suspected':true}");
    expect_clocks(&w, "H48:open:25T09:12 DEBUNK:open:25T09:13 REF:open:24T09:13");
    w.d.now = at("24T08:00");
    hy_decide_clear(&w.d);
    say(&w, "classify", "a", ROLE(ANALYST),
        "{'disposition':['false_info','unaware'],'suspected':true}");
    expect_clocks(&w, "H48:open:25T09:12 DEBUNK:open:25T09:13 REF:open:24T09:13 "
                      "CLARIFY:open:26T08:00");
    expect_notices(&w, "CLARIFY/begun>d,u");
    say(&w, "classify", "a", ROLE(ANALYST), "{'disposition':['unaware']}"); /* taken back ... */
    w.d.now = at("24T08:30");
    say(&w, "classify", "a", ROLE(ANALYST), "{'disposition':['false_info']}"); /* ... and again */
    expect_clocks(&w, "H48:open:25T09:12 DEBUNK:superseded:25T09:13 REF:superseded:24T09:13 "
                      "CLARIFY:superseded:26T08:00 DEBUNK.2:open:25T09:13 REF.2:open:24T09:13");
    world_end(&w);
}

TEST(another_unit_or_one_more_raise_gives_no_more_time)
{
    struct world w;

    world_begin(&w);
    use_windows(&w, "use: [p]\n"
                    "packs: [{id: p, version: '1', name: x, upgrade: from_grading, clocks: [\n"
                    "  {id: A, label: a, basis: x, kinds: [emergency], within: 24h,\n"
                    "   anchor: [assigned], ended_by: [release]},\n"
                    "  {id: G, label: g, basis: x, kinds: [emergency], levels: [1, 2], within: 5h,\n"
                    "   anchor: [first_public], ended_by: [release]}]}]\n");
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    say(&w, "level", "a", ROLE(ANALYST), "{'level':3,'reason':'x'}");
    say(&w, "assign", "s", ROLE(SUPERVISOR), "{'lead':{'id':'fire','name':'消防'}}");
    w.d.now = at("23T11:00");
    say(&w, "level", "a", ROLE(ANALYST), "{'level':2,'reason':'x'}");
    expect_clocks(&w, "A:open:24T09:13 G:open:23T16:00");
    w.d.now = at("23T15:00");
    say(&w, "assign", "s", ROLE(SUPERVISOR),
        "{'lead':{'id':'ecology','name':'生态'},'reason':'改由生态牵头'}");
    say(&w, "level", "a", ROLE(ANALYST), "{'level':1,'reason':'x'}");
    expect_clocks(&w, "A:open:24T09:13 G:open:23T16:00");
    say(&w, "level", "a", ROLE(ANALYST), "{'level':3,'reason':'x'}");
    say(&w, "level", "a", ROLE(ANALYST), "{'level':2,'reason':'x'}");
    expect_clocks(&w, "A:open:24T09:13 G:superseded:23T16:00 G.2:open:23T16:00");
    world_end(&w);
}

/* Owed once more it ends as the window says: with office hours, with the period, on the very day. */
TEST(a_clock_that_is_owed_again_is_reckoned_like_the_first)
{
    struct world w;

    world_begin(&w);
    use_windows(&w, "use: [p]\n"
                    "packs: [{id: p, version: '1', name: x, day_ends: '17:30', clocks: [\n"
                    "  {id: W, label: w, basis: x, kinds: [opinion], within: 1wd,\n"
                    "   anchor: [first_public], ended_by: [release]},\n"
                    "  {id: C, label: c, basis: x, kinds: [opinion], within: 5cd, shift: 否,\n"
                    "   anchor: [first_public], ended_by: [release]}]}]\n");
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    say(&w, "confirm", "m", ROLE(MONITOR), "{'kind':'opinion'}");
    expect_clocks(&w, "W:open:24T17:30 C:open:28T17:30"); /* a Saturday */
    say(&w, "respond", "d", ROLE(DUTY),
        "{'url':'https://a.cn/1','published':'2026-11-23T09:13:00+08:00'}");
    say(&w, "close", "a", ROLE(ANALYST), "{'follow_up':'x','disposition':['unaware']}");
    w.d.now = at("24T10:00");
    say(&w, "reopen", "a", ROLE(ANALYST), "{'reason':'x'}");
    expect_clocks(&w, "W:met:24T17:30 C:met:28T17:30 W.2:open:25T17:30 C.2:open:29T17:30");
    world_end(&w);
}

/* ---- acknowledged is not answered ---- */

#define EXPIRING                                                                                   \
    THREE_PEOPLE                                                                                   \
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: d, second: e}]}\n"              \
    "acknowledge: {expires: 1h}\n"

TEST(a_withdrawn_response_makes_no_acknowledgement_lasting)
{
    struct world w;

    world_begin(&w);
    world_duty(&w, EXPIRING);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    say(&w, "respond", "d", ROLE(DUTY),
        "{'url':'https://a.cn/1','published':'2026-11-23T09:13:00+08:00'}");
    w.d.now = at("23T09:30");
    say(&w, "withdraw", "l", ROLE(APPROVER), "{'response':'R1','reason':'网址错'}");
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T10:29"));
    expect_notices(&w, "");
    fire_until(&w, at("23T10:30"));
    expect_notices(&w, "-/ack-expired-1>d");
    world_end(&w);
}

/* Whoever writes a note has not seen what another's screen did not show. */
TEST(an_act_of_one_leaves_the_other_his_fallback)
{
    struct world w;

    world_begin(&w);
    world_duty(&w, "mail: {host: m.cn, tls: never, from: h@m.cn}\n"
                   "people:\n"
                   "  - {id: d, name: 值班, roles: [duty]}\n"
                   "  - {id: u, name: 单位, roles: [editor], unit: fire, channels: [desktop],\n"
                   "     fallback: [mail], mail: u@m.cn}\n"
                   "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: d}]}\n"
                   "posts: {unit_lead: [u]}\n"
                   "not_shown: {fallback: 3m}\n"
                   "acknowledge: {expires: 1h}\n");
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    say(&w, "ack", "d", ROLE(DUTY), "{}");
    w.d.now = at("23T12:11");
    say(&w, "note", "d", ROLE(DUTY), "{'text':'在核实'}");
    fire_until(&w, at("23T12:12"));
    hy_decide_clear(&w.d);
    say(&w, "draft", "u", ROLE(EDITOR), "{'text':'通报'}"); /* this sets the expiry anew */
    fire_until(&w, at("23T12:15"));
    expect_notices(&w, "H5/left-2h.fallback.u>");
    world_end(&w);
}

/* ---- what cannot wait for the morning ---- */

static const char *class_of_last(struct world *w)
{
    const json_t *n = json_object_get(
        json_object_get(json_array_get(w->d.entries, json_array_size(w->d.entries) - 1), "data"),
        "notice");

    assert_non_null(n);
    return json_string_value(json_object_get(n, "class"));
}

TEST(what_is_asked_for_before_a_near_end_rings)
{
    static const struct {
        const char *alert;
        int level;
        const char *want;
    } rows[] = {{"alert", 2, "urgent"}, {"alert", 3, "normal"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct world w;
        world_begin(&w);
        give_hit(&w, "a", rows[i].alert, rows[i].level, "23T09:12", NULL, NULL);
        say(&w, "assign", "s", ROLE(SUPERVISOR), "{'lead':{'id':'fire','name':'消防'}}");
        assert_string_equal(class_of_last(&w), rows[i].want);
        say(&w, "draft", "u", ROLE(EDITOR), "{'text':'通报'}");
        say(&w, "submit", "u", ROLE(EDITOR), "{}");
        assert_string_equal(class_of_last(&w), rows[i].want);
        world_end(&w);
    }
}

/* ---- words ---- */

static void expect_last_body(const struct world *w, const char *want)
{
    const json_t *n = json_object_get(
        json_object_get(json_array_get(w->d.entries, json_array_size(w->d.entries) - 1), "data"),
        "notice");

    assert_string_equal(json_string_value(json_object_get(n, "body")), want);
}

/* What a person reads who was asleep: what, until when, what to do. */
TEST(notices_say_what_until_when_and_what_to_do)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    expect_last_body(&w, "新的预警，请签收并核实。5小时内发布权威信息，11月23日 14:12 到期");
    fire_until(&w, at("23T09:23"));
    expect_last_body(&w, "11月23日 09:13 发出的提醒至今无人签收。请您签收、核实并组织处理；"
                         "5小时内发布权威信息，11月23日 14:12 到期");
    say(&w, "ack", "d", ROLE(DUTY), "{}");
    fire_until(&w, at("23T13:12"));
    expect_last_body(&w, "5小时内发布权威信息（暂计）：还有 1 小时（11月23日 14:12 到期），请抓紧办理；"
                         "已经办了的请登记。依据：对涉及特别重大、重大突发事件的政务舆情，最迟要在5小时内"
                         "发布权威信息");
    fire_until(&w, at("23T14:13"));
    expect_last_body(&w, "5小时内发布权威信息（暂计）：已超过设定时限 0 分钟（11月23日 14:12 到期），请立即"
                         "办理；已经办了的请补登记。依据：对涉及特别重大、重大突发事件的政务舆情，最迟要在"
                         "5小时内发布权威信息");
    world_end(&w);
}
