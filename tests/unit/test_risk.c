/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-release risk assessments: the form, who signs it, its days, and what it hears of. */
#include "alerts/decide/life.h"
#include "alerts/decide/risk.h"
#include "alerts/record/export_risk.h"

#include "tests/unit/world.h"

#define RISK "A20261123-0001"
#define FORM                                                                                       \
    "'name':'调整供热价格','type':'policy','unit':{'id':'fire','name':'单位'},"                    \
    "'release':'2026-11-25T10:00:00+08:00','days':7,'risks':['老人觉得贵','与去年说法不一致'],"    \
    "'words':['供热 涨价','热力公司'],'plan':'先发解读，热线备答问','grade':'medium'"

static const json_t *risk(const struct world *w)
{
    return hy_state_incident(w->state, HY_STR(RISK));
}

static const char *write_form(struct world *w)
{
    return command_on(w, "new", "risk", "d", ROLE(DUTY), json_of("{" FORM "}"));
}

static const char *on(struct world *w, const char *verb, const char *person, unsigned roles,
                      const char *args)
{
    return command_on(w, RISK, verb, person, roles, json_of(args));
}

static void begin(struct world *w)
{
    world_begin(w);
    assert_string_equal(write_form(w), "ok");
    hy_decide_clear(&w->d);
}

static const char *state_of(const struct world *w)
{
    return json_string_value(json_object_get(risk(w), "state"));
}

/* Everything that falls due until then, as the keeper would do it. */
static void days_until(struct world *w, const char *clock)
{
    hy_wall now = at(clock);

    for (;;) {
        struct hy_pendings p;
        const struct hy_pending *first = NULL;
        hy_pendings_of(risk(w), &p);
        for (size_t i = 0; i < p.n; i++)
            if (p.v[i].due.ms <= now.ms && (first == NULL || p.v[i].due.ms < first->due.ms))
                first = &p.v[i];
        if (first) {
            w->d.now = first->due;
            hy_decide_timer(&w->d, hy_str(first->member), first->due);
        }
        hy_pendings_release(&p);
        if (first == NULL)
            break;
    }
    w->d.now = now;
}

TEST(the_form_says_what_is_missing)
{
    static const struct {
        const char *other, *want; /* members that are different; the code and the field */
    } cases[] = {
        {"{}", "ok"},
        {"{'name':' '}", "invalid|name"},
        {"{'type':'rumour'}", "invalid|type"},
        {"{'type':null,'unit':null}", "ok"},
        {"{'release':'明天'}", "invalid|release"},
        {"{'release':'2026-11-15T10:00:00+08:00'}", "invalid|days"},
        {"{'release':'2026-11-17T10:00:00+08:00'}", "ok"},
        {"{'days':0}", "invalid|days"},
        {"{'days':91}", "invalid|days"},
        {"{'risks':[]}", "invalid|risks"},
        {"{'words':[]}", "invalid|words"},
        {"{'words':['供热 涨']}", "invalid|words"},
        {"{'plan':null}", "invalid|plan"},
        {"{'grade':'1'}", "invalid|grade"},
        {"{'unit':3}", "invalid|unit"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        char got[80];
        json_t *args = json_of("{" FORM "}"), *other = json_of(cases[i].other);
        world_begin(&w);
        json_object_update(args, other);
        json_decref(other);
        const char *code = command_on(&w, "new", "risk", "d", ROLE(DUTY), args);
        const char *field = json_string_value(json_object_get(reply(&w), "field"));
        snprintf(got, sizeof(got), "%s%s%s", code, field ? "|" : "", field ? field : "");
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].other, got);
        assert_int_equal(json_array_size(w.d.entries), strcmp(code, "ok") == 0 ? 2 : 0);
        world_end(&w);
    }
}

TEST(who_may_write_and_who_may_sign)
{
    static const struct {
        const char *verb, *args;
        unsigned may;
    } cases[] = {
        {"risk", "{" FORM "}",
         ROLE(DUTY) | ROLE(ANALYST) | ROLE(SUPERVISOR) | ROLE(EDITOR) | ROLE(APPROVER)},
        {"risk_amend", "{'reason':'x','days':9}",
         ROLE(DUTY) | ROLE(ANALYST) | ROLE(SUPERVISOR) | ROLE(EDITOR) | ROLE(APPROVER)},
        {"risk_opinion", "{'who':'陆律师','text':'依据充分'}",
         ROLE(MONITOR) | ROLE(DUTY) | ROLE(ANALYST) | ROLE(SUPERVISOR) | ROLE(EDITOR) |
             ROLE(APPROVER)},
        {"risk_approve", "{'checks':['wording','timing','method']}",
         ROLE(SUPERVISOR) | ROLE(APPROVER)},
        {"risk_reject", "{'reason':'x'}", ROLE(SUPERVISOR) | ROLE(APPROVER)},
        {"risk_end", "{'reason':'x'}",
         ROLE(DUTY) | ROLE(ANALYST) | ROLE(SUPERVISOR) | ROLE(EDITOR) | ROLE(APPROVER)},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        for (int r = 0; r < HY_ROLE_COUNT; r++) {
            struct world w;
            begin(&w);
            const char *got = on(&w, cases[i].verb, "x", 1u << r, cases[i].args);
            bool may = cases[i].may & 1u << r;
            if (strcmp(got, may ? "ok" : "forbidden") != 0)
                fail_msg("%s by %s: %s", cases[i].verb, hy_role_name[r], got);
            world_end(&w);
        }
}

TEST(nobody_signs_what_he_wrote_and_a_change_is_signed_anew)
{
    struct world w;
    HY_CLEANUP(hy_json_freep) json_t *lookout = NULL;

    begin(&w);
    assert_string_equal(on(&w, "risk_approve", "d", ROLE(APPROVER), "{'checks':['wording']}"),
                        "forbidden");
    assert_string_equal(on(&w, "risk_approve", "s", ROLE(SUPERVISOR), "{'checks':['wording']}"),
                        "invalid");
    assert_string_equal(state_of(&w), "proposed");
    hy_decide_clear(&w.d);
    assert_string_equal(
        on(&w, "risk_approve", "s", ROLE(SUPERVISOR), "{'checks':['wording','timing','method']}"),
        "ok");
    assert_string_equal(state_of(&w), "approved");
    expect_notices(&w, "-/approved-3>d");
    assert_string_equal(on(&w, "risk_reject", "s", ROLE(SUPERVISOR), "{'reason':'x'}"), "state");
    assert_string_equal(on(&w, "risk_amend", "d", ROLE(DUTY), "{'reason':'x'}"), "invalid");
    assert_string_equal(
        on(&w, "risk_amend", "s", ROLE(SUPERVISOR), "{'reason':'推迟','release':"
                                                    "'2026-11-26T10:00:00+08:00','days':2}"),
        "ok");
    assert_string_equal(state_of(&w), "proposed");
    assert_true(json_is_null(json_object_get(risk(&w), "decided")));
    assert_string_equal(on(&w, "risk_approve", "s", ROLE(SUPERVISOR), "{'checks':['wording']}"),
                        "forbidden"); /* it is his now */
    lookout = hy_risk_lookout(risk(&w));
    assert_int_equal(hy_json_time(lookout, "from").ms, at("26T10:00").ms);
    assert_int_equal(hy_json_time(lookout, "to").ms, at("28T10:00").ms);
    assert_string_equal(on(&w, "risk_reject", "l", ROLE(APPROVER), "{'reason':'口径不一致'}"),
                        "ok");
    assert_null(hy_risk_lookout(risk(&w)));
    assert_string_equal(on(&w, "risk_amend", "d", ROLE(DUTY), "{'reason':'改好了','days':3}"),
                        "ok");
    assert_string_equal(on(&w, "risk_end", "d", ROLE(DUTY), "{'reason':'不发布了'}"), "ok");
    assert_null(hy_risk_lookout(risk(&w)));
    assert_string_equal(on(&w, "risk_opinion", "d", ROLE(DUTY), "{'who':'x','text':'y'}"),
                        "state");
    assert_int_equal(json_array_size(json_object_get(risk(&w), "history")), 6);
    world_end(&w);
}

TEST(whoever_saw_an_older_form_is_told)
{
    struct world w;

    begin(&w);
    json_t *cmd = json_of("{'id':'00000000000000000000000000000abc','verb':'risk_end','incident':"
                          "'" RISK "','version':1,'actor':{'id':'d','name':'d','roles':['duty']},"
                          "'args':{'reason':'x'}}");
    assert_string_equal(on(&w, "risk_amend", "s", ROLE(SUPERVISOR), "{'reason':'x','days':9}"),
                        "ok");
    hy_decide_command(&w.d, cmd);
    assert_string_equal(json_string_value(json_object_get(reply(&w), "code")), "conflict");
    hy_json_set_str(cmd, "incident", HY_STR("A20261123-0009"));
    hy_decide_command(&w.d, cmd);
    assert_string_equal(json_string_value(json_object_get(reply(&w), "code")), "not_found");
    json_decref(cmd);
    world_end(&w);
}

TEST(its_days_are_told)
{
    struct world w;

    begin(&w);
    days_until(&w, "24T11:00");
    expect_notices(&w, "-/unapproved-3>s,d");
    days_until(&w, "25T10:00");
    expect_notices(&w, "-/begins-4>d,u");
    days_until(&w, "30T00:00");
    expect_notices(&w, "");
    w.d.now = at("30T00:00");
    assert_string_equal(on(&w, "risk_amend", "s", ROLE(SUPERVISOR), "{'reason':'早结束','days':5}"),
                        "ok");
    hy_decide_clear(&w.d);
    days_until(&w, "30T10:00");
    expect_notices(&w, "-/ends-7>s");
    assert_string_equal(state_of(&w), "ended");
    assert_true(json_is_true(json_object_get(json_object_get(risk(&w), "ended"), "by_itself")));
    world_end(&w);
}

TEST(a_signed_one_is_not_asked_for_again_and_a_rejected_one_is_silent)
{
    for (int k = 0; k < 2; k++) {
        struct world w;
        begin(&w);
        assert_string_equal(k ? on(&w, "risk_reject", "l", ROLE(APPROVER), "{'reason':'x'}")
                              : on(&w, "risk_approve", "l", ROLE(APPROVER),
                                   "{'checks':['method','timing','wording']}"),
                            "ok");
        hy_decide_clear(&w.d);
        days_until(&w, "25T12:00");
        expect_notices(&w, k ? "" : "-/begins-6>d,u");
        world_end(&w);
    }
}

/* ---- what it hears of ---- */

static void give(struct world *w, const char *id, const char *alert, const char *marks,
                 const char *incident)
{
    json_t *hit = hit_of(id, alert, 0, "25T10:30"), *score = json_object_get(hit, "score");

    hy_json_set_int(score, "emergency", 5);
    if (marks)
        json_object_set_new(hit, "watch", json_of(marks));
    hy_json_set_time(hit, "scored", w->d.now, HY_CST);
    hy_decide_hit(&w->d, hit, &(struct hy_place_verdict){.incident = incident});
    json_decref(hit);
}
#define MARK "[{'id':'" RISK "','words':['供热 涨价']}]"
#define FIRST "I20261125-0001"

static void begin_watching(struct world *w)
{
    begin(w);
    days_until(w, "25T10:31");
    hy_decide_clear(&w->d);
}

TEST(an_item_with_its_words_is_raised_and_written_down)
{
    struct world w;

    begin_watching(&w);
    give(&w, "a", "none", MARK, NULL);
    const json_t *doc = hy_state_incident(w.state, HY_STR(FIRST));
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "alert")), "list");
    assert_int_equal(json_array_size(json_object_get(doc, "obligations")), 0);
    const json_t *mark = json_array_get(json_object_get(doc, "watch"), 0);
    assert_string_equal(json_string_value(json_object_get(mark, "name")), "调整供热价格");
    const json_t *row = json_array_get(json_object_get(risk(&w), "caught"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "incident")), FIRST);
    assert_string_equal(json_string_value(json_object_get(row, "raised_from")), "none");
    expect_notices(&w, "-/caught-1>d");
    give(&w, "a", "none", MARK, NULL); /* the same again */
    assert_int_equal(json_array_size(w.d.entries), 0);
    give(&w, "b", "digest", MARK, FIRST);
    assert_int_equal(hy_json_int(risk(&w), "n_caught", 0), 2);
    expect_notices(&w, "");
    assert_int_equal(json_array_size(json_object_get(hy_state_incident(w.state, HY_STR(FIRST)),
                                                     "watch")),
                     1);
    give(&w, "c", "alert", MARK, NULL); /* what alarms by itself goes on to */
    assert_string_equal(json_string_value(json_object_get(
                            hy_state_incident(w.state, HY_STR("I20261125-0002")), "alert")),
                        "alert");
    assert_int_equal(hy_json_int(risk(&w), "n_caught", 0), 3);
    world_end(&w);
}

TEST(people_are_told_less_and_less_often)
{
    struct world w;
    int told = 0;

    begin_watching(&w);
    for (int i = 0; i < 60; i++) {
        char id[16];
        snprintf(id, sizeof(id), "n%d", i);
        give(&w, id, "none", MARK, i ? FIRST : NULL);
    }
    for (size_t i = 0; i < json_array_size(w.d.entries); i++) {
        const json_t *data = json_object_get(json_array_get(w.d.entries, i), "data");
        told += hy_str_starts(hy_json_str(json_object_get(data, "notice"), "step"),
                              HY_STR("caught-"));
    }
    assert_int_equal(told, 4); /* 1, 5, 20, 50 */
    world_end(&w);
}

TEST(a_high_risk_rings_at_the_first_item)
{
    for (int high = 0; high < 2; high++) {
        struct world w;
        begin(&w);
        if (high)
            assert_string_equal(
                on(&w, "risk_amend", "d", ROLE(DUTY), "{'reason':'x','grade':'high'}"), "ok");
        days_until(&w, "25T10:31");
        hy_decide_clear(&w.d);
        give(&w, "a", "none", MARK, NULL);
        const json_t *e = json_array_get(w.d.entries, json_array_size(w.d.entries) - 1);
        assert_string_equal(json_string_value(json_object_get(
                                json_object_get(json_object_get(e, "data"), "notice"), "class")),
                            high ? "urgent" : "normal");
        world_end(&w);
    }
}

/* A mark of one that is over, was refused, is unknown or no assessment at all changes nothing; an item
 * that would have come anyway goes its way. */
TEST(a_mark_counts_only_while_the_lookout_is_on)
{
    static const struct {
        const char *verb, *args, *now, *marks;
    } cases[] = {
        {"risk_end", "{'reason':'x'}", "25T10:31", MARK},
        {"risk_reject", "{'reason':'x'}", "25T10:31", MARK},
        {NULL, NULL, "25T09:59", MARK},
        {NULL, NULL, "25T10:31", "[{'id':'A20261123-0009','words':['x']}]"},
        {NULL, NULL, "25T10:31", "[{'id':'W-duty','words':['x']}]"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        begin(&w);
        if (cases[i].verb)
            assert_string_equal(on(&w, cases[i].verb, "l", ROLE(APPROVER), cases[i].args), "ok");
        days_until(&w, cases[i].now);
        hy_decide_clear(&w.d);
        give(&w, "a", "none", cases[i].marks, NULL);
        assert_int_equal(json_array_size(w.d.entries), 0);
        give(&w, "b", "list", cases[i].marks, NULL);
        const json_t *doc = hy_state_incident(w.state, HY_STR(FIRST));
        assert_non_null(doc);
        assert_null(json_object_get(doc, "watch"));
        assert_int_equal(hy_json_int(risk(&w), "n_caught", 0), 0);
        world_end(&w);
    }
}

/* Judged in time, read by the keeper after the last day. */
TEST(what_was_judged_in_time_counts_when_the_keeper_comes_late)
{
    struct world w;
    json_t *hit;

    begin(&w);
    days_until(&w, "25T10:31");
    assert_string_equal(on(&w, "risk_amend", "s", ROLE(SUPERVISOR), "{'reason':'x','days':1}"),
                        "ok");
    days_until(&w, "26T12:00");
    assert_string_equal(state_of(&w), "ended");
    hit = hit_of("a", "none", 0, "26T09:00");
    json_object_set_new(hit, "watch", json_of(MARK));
    hy_json_set_time(hit, "scored", at("26T09:59"), HY_CST);
    hy_decide_hit(&w.d, hit, &(struct hy_place_verdict){0});
    assert_int_equal(hy_json_int(risk(&w), "n_caught", 0), 1);
    hy_json_set_str(hit, "id", HY_STR("b"));
    hy_json_set_time(hit, "scored", at("26T10:00"), HY_CST);
    hy_decide_hit(&w.d, hit, &(struct hy_place_verdict){0});
    assert_int_equal(hy_json_int(risk(&w), "n_caught", 0), 1);
    json_decref(hit);
    world_end(&w);
}

TEST(the_journal_leads_to_the_same_assessment)
{
    struct world w;
    struct hy_buf lines = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    world_begin(&w);
    assert_string_equal(write_form(&w), "ok");
    assert_string_equal(on(&w, "risk_opinion", "s", ROLE(SUPERVISOR), "{'who':'方工','text':'y'}"),
                        "ok");
    days_until(&w, "25T10:31");
    give(&w, "a", "none", MARK, NULL);
    give(&w, "b", "none", MARK, FIRST);
    days_until(&w, "30T10:31");
    hy_buf_str(&lines, hy_buf_view(&w.d.lines));
    check_journal(&w, hy_buf_view(&lines));
    hy_buf_release(&lines);
    world_end(&w);
}

/* ---- the record of them ---- */

static const struct hy_export_form *row_form;

static int take_row(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    (void)err;
    hy_export_csv_row(row_form, row, user);
    return HY_OK;
}

static char *exported(const struct world *w, bool public, const char *from, const char *unit)
{
    struct hy_export_opts o = {.public = public, .now = w->d.now, .unit = unit};
    struct hy_export_form form;
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    hy_export_risk_form(&form, &o);
    row_form = &form;
    hy_export_csv_head(&form, &out);
    size_t head = out.n;
    assert_int_equal(hy_export_risk(risk(w), &form, from ? at(from) : HY_WALL_NONE, HY_WALL_NONE,
                                    HY_STR("0f0f"), take_row, &out, &err),
                     HY_OK);
    if (out.n == head) { /* no row */
        hy_buf_release(&out);
        return hy_xstrdup("");
    }
    return hy_buf_take(&out);
}

TEST(an_inspector_reads_who_judged_what_and_what_came_of_it)
{
    struct world w;

    begin(&w);
    assert_string_equal(on(&w, "risk_opinion", "s", ROLE(SUPERVISOR),
                           "{'who':'=方工','text':'宜先开听证会'}"),
                        "ok");
    assert_string_equal(on(&w, "risk_approve", "l", ROLE(APPROVER),
                           "{'checks':['method','timing','wording'],'comment':'同意'}"),
                        "ok");
    days_until(&w, "25T10:31");
    give(&w, "a", "none", MARK, NULL);
    give(&w, "b", "none", MARK, FIRST);
    HY_CLEANUP(hy_freep) char *all = exported(&w, false, NULL, NULL);
    static const char *const want[] = {
        "评估编号", "\"" RISK "\"", "调整供热价格", "政策文件", "老人觉得贵；与去年说法不一致",
        "供热 涨价；热力公司", "先发解读，热线备答问", "\"中\"", "宜先开听证会", "已批准",
        "方式；时机；内容表述", "同意", "\"2\",\"" FIRST "\"", "0f0f", "\"'=方工：",
    };
    for (size_t i = 0; i < HY_COUNT(want); i++)
        if (strstr(all, want[i]) == NULL)
            fail_msg("no %s in %s", want[i], all);
    HY_CLEANUP(hy_freep) char *public = exported(&w, true, NULL, NULL);
    static const char *const never[] = {"调整供热", "老人", "热力", "解读", "方工", "听证", "同意"};
    for (size_t i = 0; i < HY_COUNT(never); i++)
        assert_null(strstr(public, never[i]));
    assert_non_null(strstr(public, "已批准"));
    HY_CLEANUP(hy_freep) char *later = exported(&w, false, "24T00:00", NULL);
    HY_CLEANUP(hy_freep) char *theirs = exported(&w, false, NULL, "nobody");
    HY_CLEANUP(hy_freep) char *ours = exported(&w, false, NULL, "fire");
    assert_string_equal(later, "");
    assert_string_equal(theirs, "");
    assert_string_not_equal(ours, "");
    world_end(&w);
}
