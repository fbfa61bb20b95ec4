/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle: the table as a whole, what each role must not, four eyes, and what each verb
 * leaves in the record. */
#include "alerts/decide/life.h"

#include "tests/unit/world.h"

#define MSG_ID "M20261123-0001"

static void incident_again(struct world *w)
{
    world_again(w);
    give_hit(w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w->d);
}

static void open_incident(struct world *w)
{
    world_begin(w);
    incident_again(w);
}

static void message_again(struct world *w)
{
    world_again(w);
    assert_string_equal(command_on(w, "", "register", "d", ROLE(DUTY),
                                   json_of("{'kind':'message','title':'路灯不亮','received':"
                                           "'2026-11-23T08:00:00+08:00'}")),
                        "ok");
    hy_decide_clear(&w->d);
}

/* Every verb, kind, stage and role: the keeper lets through exactly what the table says. */
TEST(the_table_is_what_the_keeper_enforces)
{
    struct world w;
    size_t n;
    const struct hy_move *table = hy_life_table(&n);

    world_begin(&w);
    for (size_t i = 0; i < n; i++) {
        struct hy_str verb = hy_str(table[i].verb);
        if (i > 0 && strcmp(table[i - 1].verb, table[i].verb) > 0)
            fail_msg("not sorted: %s", table[i].verb);
        if ((i > 0 && strcmp(table[i - 1].verb, table[i].verb) == 0) ||
            hy_str_is(verb, "register") || hy_str_is(verb, "receipt") || hy_str_is(verb, "state"))
            continue;
        for (int kind = 0; kind < 2; kind++) {
            bool fresh = false; /* what was refused changed nothing */
            for (int stage = 0; stage < HY_STAGE_COUNT; stage++)
                for (int role = 0; role < HY_ROLE_COUNT; role++) {
                    enum hy_matter matter = kind ? HY_MATTER_MESSAGE : HY_MATTER_EMERGENCY;
                    if (!fresh)
                        kind ? message_again(&w) : incident_again(&w);
                    const char *id = kind ? MSG_ID : ID;
                    json_t *doc = hy_state_incident(w.state, hy_str(id));
                    hy_json_set_str(doc, "state", hy_str(hy_stage_name[stage]));
                    const char *got = command_on(&w, id, table[i].verb, "x", 1u << role, NULL);
                    fresh = strcmp(got, "ok") != 0;
                    bool refused = strcmp(got, "forbidden") == 0 || strcmp(got, "state") == 0;
                    bool may = hy_life_find(verb, matter, (enum hy_stage)stage, -1, 1u << role);
                    /* allowed verbs may still say `state` for reasons of their own */
                    if (may ? strcmp(got, "forbidden") == 0 : !refused)
                        fail_msg("%s on %s in %s by %s: %s", table[i].verb, hy_matter_name[matter],
                                 hy_stage_name[stage], hy_role_name[role], got);
                }
        }
    }
    world_end(&w);
}

/* DOMAIN 3.2, the column "must not". */
TEST(what_nobody_must_do)
{
    static const struct {
        enum hy_duty_role role;
        const char *verb, *args, *want;
    } cases[] = {
        {HY_ROLE_DUTY, "close", "{'follow_up':'x','disposition':['unaware']}", "forbidden"},
        {HY_ROLE_ANALYST, "respond",
         "{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}", "forbidden"},
        {HY_ROLE_ANALYST, "draft", "{'text':'x'}", "forbidden"},
        {HY_ROLE_MONITOR, "level", "{'level':3,'reason':'x'}", "ok"},
        {HY_ROLE_SUPERVISOR, "times", "{'reason':'x','occurred':'2026-11-23T08:00:00+08:00'}",
         "forbidden"},
        {HY_ROLE_SUPERVISOR, "respond",
         "{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}", "forbidden"},
        {HY_ROLE_SUPERVISOR, "correct", "{'response':'R1','what':'x'}", "forbidden"},
        {HY_ROLE_AUDITOR, "note", "{'text':'x'}", "forbidden"},
        {HY_ROLE_AUDITOR, "ack", "{}", "forbidden"},
        {HY_ROLE_AUDITOR, "confirm", "{}", "forbidden"},
        {HY_ROLE_ADMIN, "level", "{'level':3,'reason':'x'}", "forbidden"},
        {HY_ROLE_EDITOR, "approve", "{'what':'D1'}", "forbidden"},
        {HY_ROLE_EDITOR, "waive", "{'clock':'H5','basis':'x','approver':'s'}", "forbidden"},
        {HY_ROLE_MONITOR, "merge", "{'into':'I1'}", "forbidden"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        open_incident(&w);
        const char *got =
            command(&w, cases[i].verb, "x", 1u << cases[i].role, json_of(cases[i].args));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s by %s: %s", cases[i].verb, hy_role_name[cases[i].role], got);
        world_end(&w);
    }
}

/* A monitor grades below 重大 alone; 重大 is a proposal until a second person agrees. */
TEST(a_monitor_does_not_grade_at_the_top_alone)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    assert_string_equal(command(&w, "level", "m", ROLE(MONITOR),
                                json_of("{'level':2,'reason':'伤亡可能超过十人'}")),
                        "ok");
    assert_int_equal(hy_json_int(incident(&w), "level", 0), 0);
    assert_int_equal(json_array_size(json_object_get(reply(&w), "hints")), 1);
    expect_clocks(&w, "H48:open:25T09:12?");
    expect_notices(&w, "-/approve-5>d,s");
    assert_string_equal(
        command(&w, "approve", "m", ROLE(MONITOR) | ROLE(ANALYST), json_of("{'what':'G1'}")),
        "forbidden"); /* his own */
    assert_string_equal(command(&w, "approve", "a", ROLE(ANALYST), json_of("{'what':'G1'}")), "ok");
    assert_int_equal(hy_json_int(incident(&w), "level", 0), 2);
    assert_string_equal(hy_json_str(incident(&w), "level_proposed_by").p, "m");
    expect_clocks(&w, "H48:superseded:25T09:12? H5:open:23T14:12 H24:open:24T09:12");
    assert_string_equal(
        command(&w, "level", "m", ROLE(MONITOR), json_of("{'level':4,'reason':'x'}")), "ok");
    assert_int_equal(hy_json_int(incident(&w), "level", 0), 2); /* nor taken back alone */
    world_end(&w);
}

TEST(a_waiver_is_two_persons)
{
    struct world w;

    open_incident(&w);
    assert_string_equal(command(&w, "waive", "x", ROLE(SUPERVISOR),
                                json_of("{'clock':'H24','basis':'案件侦查中','approver':'s'}")),
                        "ok");
    expect_notices(&w, "-/approve-5>s"); /* the named one hears of it */
    expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12?");
    assert_string_equal(command(&w, "reject", "s", ROLE(SUPERVISOR), json_of("{'what':'W1'}")),
                        "invalid");
    assert_string_equal(
        command(&w, "reject", "s", ROLE(SUPERVISOR), json_of("{'what':'W1','reason':'可以开'}")),
        "ok");
    assert_string_equal(command(&w, "approve", "s", ROLE(SUPERVISOR), json_of("{'what':'W1'}")),
                        "state");
    /* a signed paper stands for the second person, and is named for ever */
    assert_string_equal(
        command(
            &w, "waive", "x", ROLE(SUPERVISOR),
            json_of(
                "{'clock':'H24','basis':'侦查中','approver':'l','approval':'清办批〔2026〕12号'}")),
        "ok");
    const json_t *o = hy_incident_obligation(incident(&w), HY_STR("H24"));
    assert_string_equal(hy_json_str(o, "state").p, "waived");
    assert_string_equal(hy_json_str(json_object_get(o, "waiver"), "approval").p,
                        "清办批〔2026〕12号");
    assert_string_equal(hy_json_str(json_object_get(o, "waiver"), "approver").p, "l");
    world_end(&w);
}

TEST(a_draft_is_written_checked_and_approved_by_two)
{
    struct world w;
    const char *checks =
        "{'what':'D2','checks':['wording','timing','method','de_identified','secrecy']}";

    open_incident(&w);
    command(&w, "level", "a", ROLE(ANALYST), json_of("{'level':2,'reason':'x'}"));
    command(&w, "assign", "a", ROLE(ANALYST), json_of("{'lead':'fire'}"));
    assert_string_equal(command(&w, "accept", "u", ROLE(EDITOR), NULL), "ok");
    assert_string_equal(command(&w, "submit", "u", ROLE(EDITOR), NULL), "state"); /* nothing yet */
    assert_string_equal(
        command(&w, "draft", "u", ROLE(EDITOR), json_of("{'title':'通报','text':'第一稿'}")), "ok");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "drafting");
    assert_string_equal(
        command(&w, "draft", "u", ROLE(EDITOR) | ROLE(APPROVER), json_of("{'text':'第二稿'}")),
        "ok");
    assert_string_equal(command(&w, "submit", "u", ROLE(EDITOR), NULL), "ok");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "reviewing");
    assert_string_equal(command(&w, "approve", "u", ROLE(EDITOR) | ROLE(APPROVER), json_of(checks)),
                        "forbidden"); /* own draft */
    assert_string_equal(
        command(&w, "approve", "l", ROLE(APPROVER), json_of("{'what':'D2','checks':['wording']}")),
        "invalid");
    assert_non_null(strstr(hy_json_str(reply(&w), "message").p, "保密审查"));
    assert_string_equal(
        command(&w, "reject", "l", ROLE(APPROVER), json_of("{'what':'D2','reason':'数字不对'}")),
        "ok");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "drafting"); /* back to the desk */
    assert_string_equal(command(&w, "draft", "u", ROLE(EDITOR), json_of("{'text':'第三稿'}")),
                        "ok");
    assert_string_equal(command(&w, "submit", "u", ROLE(EDITOR), NULL), "ok");
    assert_string_equal(
        command(&w, "approve", "l", ROLE(APPROVER),
                json_of("{'what':'D3','checks':['wording','timing','method','de_identified',"
                        "'secrecy'],'comment':'同意'}")),
        "ok");
    const json_t *drafts = json_object_get(incident(&w), "drafts");
    static const char *const states[] = {"superseded", "rejected", "approved"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(hy_json_str(json_array_get(drafts, i), "state").p, states[i]);
    assert_string_equal(command(&w, "respond", "u", ROLE(EDITOR),
                                json_of("{'url':'https://a.cn/','published':"
                                        "'2026-11-23T09:13:00+08:00','draft':'D1'}")),
                        "ok");
    assert_non_null(
        strstr(json_string_value(json_array_get(json_object_get(reply(&w), "hints"), 0)), "审签"));
    world_end(&w);
}

TEST(one_official_line_at_a_time)
{
    struct world w;

    open_incident(&w);
    for (int i = 1; i <= 2; i++) {
        char what[32];
        snprintf(what, sizeof(what), "{'what':'L%d'}", i);
        assert_string_equal(
            command(&w, "line", "a", ROLE(ANALYST), json_of("{'text':'以通报为准'}")), "ok");
        assert_string_equal(command(&w, "approve", "l", ROLE(APPROVER), json_of(what)), "ok");
    }
    assert_string_equal(hy_json_str(json_object_get(incident(&w), "official_line"), "id").p, "L2");
    assert_string_equal(
        hy_json_str(json_array_get(json_object_get(incident(&w), "lines"), 0), "state").p,
        "superseded");
    world_end(&w);
}

/* Verbs that record: required fields are required, what is given is kept. */
TEST(records_hold_what_the_domain_lists)
{
    static const struct {
        const char *verb;
        enum hy_duty_role role;
        const char *missing, *args, *list, *key, *value;
    } cases[] = {
        {"verify", HY_ROLE_MONITOR, "{'unit':'fire','answer':'是'}",
         "{'unit':'fire','answer':'火已扑灭','status':'true'}", "verifications", "answer",
         "火已扑灭"},
        {"verify", HY_ROLE_MONITOR, "{'unit':'fire','answer':'是','status':'maybe'}",
         "{'unit':'fire','answer':'x','status':'partly'}", "verifications", "status", "partly"},
        {"consult", HY_ROLE_ANALYST, "{'convener':'甲','members':['宣传部']}",
         "{'convener':'甲','members':['宣传部','网信办'],'conclusions':'先发快报','tasks':['拟稿'],"
         "'liaison':['fire']}",
         "consultations", "conclusions", "先发快报"},
        {"urge", HY_ROLE_SUPERVISOR, "{}", "{'text':'今天内发布'}", "urges", "text", "今天内发布"},
        {"call", HY_ROLE_DUTY, "{'text':'x'}", "{'to':'leader','text':'请来'}", "calls", "to",
         "leader"},
        {"note", HY_ROLE_EDITOR, "{'text':''}", "{'text':'已电话联系'}", "notes", "text",
         "已电话联系"},
        {"refer", HY_ROLE_ANALYST, "{'receiver':'公安局','what':'x'}",
         "{'receiver':'公安局','basis':'治安管理处罚法第二十五条','what':'编造险情','receipt':'7号'"
         "}",
         "responses", "receipt", "7号"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        open_incident(&w);
        unsigned role = 1u << cases[i].role;
        assert_string_equal(command(&w, cases[i].verb, "x", role, json_of(cases[i].missing)),
                            "invalid");
        assert_int_equal(json_array_size(w.d.entries), 0);
        assert_string_equal(command(&w, cases[i].verb, "x", role, json_of(cases[i].args)), "ok");
        const json_t *row = json_array_get(json_object_get(incident(&w), cases[i].list), 0);
        assert_string_equal(hy_json_str(row, cases[i].key).p, cases[i].value);
        assert_string_equal(hy_json_str(row, "by").p, "x");
        world_end(&w);
    }
}

TEST(grave_matters_are_consulted_about_before_they_are_assigned)
{
    static const struct {
        int level;
        const char *rules, *args, *hint; /* "": none */
    } cases[] = {
        {2, "", "{'lead':'fire'}", "应先会商"},
        {3, "", "{'lead':'fire'}", ""},
        {3, "", "{'lead':'fire','support':['police']}", "涉及几个单位"},
        {3, "consult: [1, 2, 3]\n", "{'lead':'fire'}", "应先会商"},
        {2, "consult: [none]\n", "{'lead':'fire'}", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_diag *diag = hy_diag_new();
        struct hy_err err = HY_ERR_INIT;
        struct world w;
        world_begin(&w);
        assert_int_equal(
            hy_windows_add_text(w.rules.windows, hy_str(cases[i].rules), "w", diag, &err), HY_OK);
        hy_diag_free(diag);
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        command(&w, "level", "s", ROLE(SUPERVISOR),
                ARGS("{s:i,s:s}", "level", cases[i].level, "reason", "x"));
        assert_string_equal(command(&w, "assign", "s", ROLE(SUPERVISOR), json_of(cases[i].args)),
                            "ok");
        const json_t *hint = json_array_get(json_object_get(reply(&w), "hints"), 0);
        if (cases[i].hint[0])
            assert_non_null(strstr(json_string_value(hint), cases[i].hint));
        else
            assert_null(hint);
        command(&w, "consult", "s", ROLE(SUPERVISOR),
                json_of("{'convener':'x','members':['y'],'conclusions':'z'}"));
        assert_string_equal(command(&w, "assign", "s", ROLE(SUPERVISOR), json_of(cases[i].args)),
                            "ok");
        assert_null(json_object_get(reply(&w), "hints"));
        world_end(&w);
    }
}

TEST(calls_and_urging_reach_people)
{
    struct world w;

    open_incident(&w);
    command(&w, "call", "d", ROLE(DUTY), json_of("{'to':'leader','text':'请来'}"));
    expect_notices(&w, "-/call-5>l");
    command(&w, "call", "d", ROLE(DUTY), json_of("{'person':'s','text':'请来'}"));
    expect_notices(&w, "-/call-7>s");
    command(&w, "urge", "s", ROLE(SUPERVISOR), json_of("{'text':'今天内发布'}"));
    expect_notices(&w, "-/urge-9>u");
    world_end(&w);
}

TEST(parties_that_coincide_are_hinted_at)
{
    struct world w;

    open_incident(&w);
    command(&w, "parties", "a", ROLE(ANALYST),
            json_of("{'responsible':'x','involved':'fire','respondent':'office'}"));
    assert_null(json_object_get(reply(&w), "hints"));
    command(&w, "parties", "a", ROLE(ANALYST), json_of("{'respondent':'fire'}"));
    assert_int_equal(json_array_size(json_object_get(reply(&w), "hints")), 1);
    const json_t *p = json_object_get(incident(&w), "parties");
    assert_string_equal(hy_json_str(json_object_get(p, "responsible"), "id").p, "x");
    world_end(&w);
}

TEST(every_move_stands_in_the_history)
{
    static const struct {
        const char *verb, *args;
        unsigned role;
        const char *to;
    } steps[] = {
        {"confirm", "{}", ROLE(MONITOR), "triaged"},
        {"verify", "{'unit':'x','answer':'x','status':'true'}", ROLE(MONITOR), "verifying"},
        {"level", "{'level':2,'reason':'x'}", ROLE(ANALYST), "assessed"},
        {"consult", "{'convener':'x','members':['y'],'conclusions':'z'}", ROLE(ANALYST),
         "consulting"},
        {"assign", "{'lead':'fire'}", ROLE(ANALYST), "assigned"},
        {"return", "{'reason':'不归我们'}", ROLE(EDITOR), "returned"},
        {"assign", "{'lead':'fire'}", ROLE(ANALYST), "assigned"},
        {"accept", "{}", ROLE(EDITOR), "accepted"},
        {"draft", "{'text':'x'}", ROLE(EDITOR), "drafting"},
        {"submit", "{}", ROLE(EDITOR), "reviewing"},
        {"respond", "{'form':'conference','published':'2026-11-23T09:13:00+08:00','speaker':'甲'}",
         ROLE(EDITOR), "responded"},
        {"respond", "{'url':'https://a.cn/','published':'2026-11-23T09:14:00+08:00'}", ROLE(DUTY),
         "following"},
        {"close", "{'disposition':['unaware'],'follow_up':'https://a.cn/2'}", ROLE(ANALYST),
         "settled"},
        {"evaluate", "{'timeliness':8,'targeting':7,'effectiveness':9,'lessons':'x'}",
         ROLE(SUPERVISOR), "evaluated"},
        {"archive", "{}", ROLE(ANALYST), "archived"},
        {"reopen", "{'reason':'次生'}", ROLE(ANALYST), "assessed"},
    };
    struct world w;

    open_incident(&w);
    for (size_t i = 0; i < HY_COUNT(steps); i++) {
        if (strcmp(command(&w, steps[i].verb, "x", steps[i].role, json_of(steps[i].args)), "ok"))
            fail_msg("%s: %s", steps[i].verb, hy_json_str(reply(&w), "message").p);
        assert_string_equal(hy_json_str(incident(&w), "state").p, steps[i].to);
        const json_t *history = json_object_get(incident(&w), "history");
        const json_t *row = json_array_get(history, json_array_size(history) - 1);
        /* what the person gave, or what the act itself says */
        assert_true(hy_json_str(row, "reason").n > 0);
        assert_string_equal(hy_json_str(row, "to").p, steps[i].to);
        assert_string_equal(hy_json_str(row, "by").p, "x");
        assert_true(hy_json_str(row, "at").n > 0);
    }
    assert_int_equal(json_array_size(json_object_get(incident(&w), "history")), HY_COUNT(steps));
    world_end(&w);
}

/* Each class opens its own follow-up, and the incident does not close before it is done. */
TEST(classes_of_disposition_owe_something)
{
    static const struct {
        const char *classes, *clocks, *deed;
    } cases[] = {
        {"['suggestion']", "ADOPT:open:07T23:59", "adoption"},
        {"['hardship']", "SOLVE:open:07T23:59", "solution"},
        {"['major_issue']", "FIND:open:07T23:59", "findings"},
        {"['unaware']", "CLARIFY:open:25T09:13", "clarification"},
        {"['wrong_view']", "CORRECT:open:25T09:13", "clarification"},
        {"['false_info']", "DEBUNK:open:25T09:13", "clarification"},
        {"['hardship','unaware']", "SOLVE:open:07T23:59 CLARIFY:open:25T09:13", NULL},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        char args[160];
        world_begin(&w);
        give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
        command(&w, "confirm", "m", ROLE(MONITOR), json_of("{'kind':'opinion'}"));
        snprintf(args, sizeof(args), "H48:open:25T09:12 %s", cases[i].clocks);
        HY_CLEANUP(hy_freep)
        char *set = hy_xasprintf("{'disposition':%s}", cases[i].classes);
        assert_string_equal(command(&w, "classify", "a", ROLE(ANALYST), json_of(set)), "ok");
        expect_clocks(&w, args);
        command(&w, "respond", "d", ROLE(DUTY),
                json_of("{'form':'interview','published':'2026-11-23T09:13:00+08:00'}"));
        assert_string_equal(command(&w, "close", "a", ROLE(ANALYST), json_of("{'follow_up':'x'}")),
                            "state");
        if (cases[i].deed) {
            snprintf(args, sizeof(args),
                     "{'form':'%s','url':'https://a.cn/9','published':'2026-11-23T09:13:00+08:00'}",
                     cases[i].deed);
            assert_string_equal(command(&w, "respond", "d", ROLE(DUTY), json_of(args)), "ok");
            assert_string_equal(
                command(&w, "close", "a", ROLE(ANALYST), json_of("{'follow_up':'已公开'}")), "ok");
        }
        world_end(&w);
    }
}

TEST(closing_with_an_address_is_the_follow_up)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    command(&w, "confirm", "m", ROLE(MONITOR), json_of("{'kind':'opinion'}"));
    command(&w, "respond", "d", ROLE(DUTY),
            json_of("{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}"));
    for (int url = 0; url < 2; url++) {
        char filled[160];
        snprintf(filled, sizeof(filled), "{'disposition':['hardship'],'follow_up':'%s'}",
                 url ? "https://a.cn/s" : "以后公布");
        assert_string_equal(command(&w, "close", "a", ROLE(ANALYST), json_of(filled)),
                            url ? "ok" : "invalid");
    }
    expect_clocks(&w, "H48:met:25T09:12 CONT:superseded:24T09:13 SOLVE:met:07T23:59");
    world_end(&w);
}

TEST(an_office_may_work_with_four_classes)
{
    struct world w;
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    open_incident(&w);
    assert_int_equal(
        hy_windows_add_text(w.rules.windows,
                            HY_STR("dispositions: [suggestion, hardship, unaware, wrong_view]"),
                            "w", diag, &err),
        HY_OK);
    assert_string_equal(
        command(&w, "classify", "a", ROLE(ANALYST), json_of("{'disposition':['false_info']}")),
        "invalid");
    assert_string_equal(
        command(&w, "classify", "a", ROLE(ANALYST), json_of("{'disposition':['unaware']}")), "ok");
    hy_diag_free(diag);
    world_end(&w);
}

/* A clue of illegality: the referral runs beside the response and has its receipt. */
TEST(a_suspected_clue_is_referred_within_a_day)
{
    struct world w;

    open_incident(&w);
    command(&w, "classify", "a", ROLE(ANALYST),
            json_of("{'disposition':['false_info'],'suspected':true}"));
    expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12? DEBUNK:open:25T09:13 "
                      "REF:open:24T09:13");
    command(&w, "refer", "a", ROLE(ANALYST),
            json_of("{'receiver':'公安局','basis':'x','what':'y','receipt':'7号'}"));
    expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12? DEBUNK:open:25T09:13 "
                      "REF:met:24T09:13");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "collected"); /* in parallel */
    world_end(&w);
}

TEST(what_was_recorded_by_mistake_is_owed_again)
{
    struct world w;

    open_incident(&w);
    command(&w, "respond", "u", ROLE(EDITOR),
            json_of("{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}"));
    expect_clocks(&w, "H5:met:23T14:12? H24:open:24T09:12? CONT:open:24T09:13");
    assert_string_equal(command(&w, "withdraw", "u", ROLE(APPROVER),
                                json_of("{'response':'R1','reason':'网址错'}")),
                        "forbidden"); /* another person */
    assert_string_equal(command(&w, "withdraw", "l", ROLE(APPROVER),
                                json_of("{'response':'R1','reason':'网址错'}")),
                        "ok");
    expect_clocks(&w, "H5:superseded:23T14:12? H24:open:24T09:12? CONT:superseded:24T09:13 "
                      "H5.2:open:23T14:12?");
    assert_string_equal(command(&w, "withdraw", "l", ROLE(APPROVER),
                                json_of("{'response':'R1','reason':'网址错'}")),
                        "state");
    world_end(&w);
}

TEST(corrections_are_kept_beside_the_first_version)
{
    struct world w;

    open_incident(&w);
    command(&w, "respond", "u", ROLE(EDITOR),
            json_of("{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}"));
    assert_string_equal(command(&w, "correct", "u", ROLE(EDITOR),
                                json_of("{'response':'R1','what':'死亡人数更正为三人'}")),
                        "ok");
    const json_t *r = json_array_get(json_object_get(incident(&w), "responses"), 0);
    assert_int_equal(json_array_size(json_object_get(r, "corrections")), 1);
    expect_clocks(&w, "H5:met:23T14:12? H24:open:24T09:12? CONT:open:24T09:13");
    world_end(&w);
}

/* Each child keeps the start; the items go where they belong and nothing is paged twice for them.
 */
TEST(a_split_keeps_the_start)
{
    struct world w;
    const char *child = "I20261123-0002";

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    give_hit(&w, "b", "alert", 2, "23T09:20", ID, NULL);
    give_hit(&w, "c", "alert", 2, "23T09:25", ID, NULL);
    assert_string_equal(
        command(&w, "split", "a", ROLE(ANALYST), json_of("{'items':['a','b','c'],'reason':'x'}")),
        "invalid"); /* something stays */
    assert_string_equal(
        command(&w, "split", "a", ROLE(ANALYST), json_of("{'items':['z'],'reason':'x'}")),
        "invalid");
    assert_string_equal(command(&w, "split", "a", ROLE(ANALYST),
                                json_of("{'items':['b','c'],'reason':'两起事故'}")),
                        "ok");
    assert_string_equal(hy_json_str(reply(&w), "opened").p, child);
    const json_t *doc = hy_state_incident(w.state, hy_str(child));
    expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12?");
    expect_clocks_of(doc, "H5:open:23T14:12? H24:open:24T09:12?");
    assert_int_equal(json_array_size(json_object_get(incident(&w), "items")), 1);
    assert_int_equal(json_array_size(json_object_get(doc, "items")), 2);
    assert_string_equal(hy_state_item(w.state, HY_STR("b")), child);
    assert_string_equal(hy_state_item(w.state, HY_STR("a")), ID);
    check_journal(&w, hy_buf_view(&w.d.lines));
    world_end(&w);
}

TEST(a_merge_takes_the_answers_along)
{
    struct world w;

    open_incident(&w);
    give_hit(&w, "b", "alert", 2, "23T09:00", NULL, NULL);
    command(&w, "respond", "u", ROLE(EDITOR),
            json_of("{'url':'https://a.cn/','published':'2026-11-23T09:13:00+08:00'}"));
    assert_string_equal(
        command(&w, "merge", "a", ROLE(ANALYST), json_of("{'into':'I20261123-0002'}")), "ok");
    const json_t *into = hy_state_incident(w.state, HY_STR("I20261123-0002"));
    expect_clocks_of(into, "H5:met:23T14:00? H24:open:24T09:00? CONT:open:24T09:13");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "merged");
    world_end(&w);
}

/* docs/openapi.yaml names every command that can be sent, and no other. */
TEST(the_api_description_names_every_verb)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    struct hy_map *named = hy_map_new(NULL);
    struct hy_str rest, word;
    size_t n;
    const struct hy_move *rows = hy_life_table(&n);

    assert_int_equal(hy_buf_read_file(&b, "docs/openapi.yaml", &err), HY_OK);
    const char *from = strstr(b.p, "          enum: [accept, ");
    assert_non_null(from);
    from = strchr(from, '[') + 1;
    rest = hy_str_n(from, strcspn(from, "]"));
    while (hy_str_cut(&rest, ',', &word)) {
        word = hy_str_trim(word);
        if (hy_life_senders(word) == 0)
            fail_msg("nobody may %.*s", HY_STR_ARG(word));
        hy_map_set(named, word, named);
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].verb, "receipt") != 0 && hy_map_get(named, hy_str(rows[i].verb)) == NULL)
            fail_msg("docs/openapi.yaml lacks the verb %s", rows[i].verb);
    hy_map_free(named);
    hy_buf_release(&b);
}
