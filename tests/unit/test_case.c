/* SPDX-License-Identifier: Apache-2.0 */
/* Cases that are no incidents: documents, changed services, requests, messages, reprints.  What
 * they owe, what stops and moves their clocks, and what closes them. */
#include "tests/unit/world.h"

static const char *add(struct world *w, const char *args)
{
    return command_on(w, "", "register", "u", ROLE(EDITOR), json_of(args));
}

static const char *on(struct world *w, const char *id, const char *verb, const char *args)
{
    return command_on(w, id, verb, "u", ROLE(EDITOR), json_of(args));
}

static const json_t *doc(const struct world *w, const char *id)
{
    return hy_state_incident(w->state, hy_str(id));
}

TEST(every_kind_has_its_ids_and_clocks)
{
    static const struct {
        const char *args, *id, *clocks;
    } cases[] = {
        {"{'kind':'document','type':'policy','title':'办法','signed':'2026-11-20T15:00:00+08:00'}",
         "D20261123-0001", "WD3:open:25T23:59"},
        {"{'kind':'service_change','title':'变更','approved':'2026-11-23T08:00:00+08:00'}",
         "C20261123-0001", "WD1:open:24T23:59"},
        {"{'kind':'disclosure','title':'预算','formed':'2026-11-02T08:00:00+08:00'}",
         "B20261123-0001", "PUB20:open:30T23:59"},
        {"{'kind':'foi','type':'unclear','title':'申请','received':'2026-11-02T08:00:00+08:00'}",
         "F20261123-0001", "FOI20:open:30T23:59 FOI7:open:11T23:59"},
        {"{'kind':'message','type':'consult','title':'问','received':'2026-11-20T08:00:00+08:00'}",
         "M20261123-0001", "MSG:open:25T23:59 ZERO:open:20T23:59"},
        {"{'kind':'hotline','title':'工单','dispatched':'2026-11-20T08:00:00+08:00'}",
         "H20261123-0001", "HOT:open:27T23:59"},
        {"{'kind':'reprint','title':'要闻','first_public':'2026-11-23T08:00:00+08:00'}",
         "R20261123-0001", "RPT:open:24T08:00"},
    };
    struct world w;

    world_begin(&w);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        if (strcmp(add(&w, cases[i].args), "ok") != 0)
            fail_msg("%s: %s", cases[i].args, hy_json_str(reply(&w), "message").p);
        assert_string_equal(hy_json_str(reply(&w), "opened").p, cases[i].id);
        expect_clocks_of(doc(&w, cases[i].id), cases[i].clocks);
    }
    check_journal(&w, hy_buf_view(&w.d.lines));
    world_end(&w);
}

TEST(what_cannot_be_registered)
{
    static const struct {
        const char *args, *field;
    } cases[] = {
        {"{'title':'x'}", "kind"},
        {"{'kind':'emergency','title':'x'}", "kind"},
        {"{'kind':'document','signed':'2026-11-20T15:00:00+08:00'}", "title"},
        {"{'kind':'document','title':'x'}", "signed"},
        {"{'kind':'document','title':'x','signed':'昨天'}", "signed"},
        {"{'kind':'document','title':'x','signed':'2027-11-20T15:00:00+08:00'}", "signed"},
        {"{'kind':'message','title':'x'}", "received"},
        {"{'kind':'reprint','title':'x','url':'ftp://a.cn','first_public':"
         "'2026-11-23T08:00:00+08:00'}",
         "url"},
    };
    struct world w;

    world_begin(&w);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        assert_string_equal(add(&w, cases[i].args), "invalid");
        assert_string_equal(hy_json_str(reply(&w), "field").p, cases[i].field);
        assert_int_equal(json_array_size(w.d.entries), 0);
    }
    assert_string_equal(command_on(&w, "", "register", "x", ROLE(AUDITOR),
                                   json_of("{'kind':'message','title':'x','received':"
                                           "'2026-11-20T08:00:00+08:00'}")),
                        "forbidden");
    world_end(&w);
}

TEST(the_same_number_is_the_same_case)
{
    struct world w;
    const char *args = "{'kind':'message','ref':'12345-7','title':'路灯','received':"
                       "'2026-11-20T08:00:00+08:00'}";

    world_begin(&w);
    assert_string_equal(add(&w, args), "ok");
    size_t n = json_array_size(w.d.entries);
    assert_string_equal(add(&w, args), "ok");
    assert_string_equal(hy_json_str(reply(&w), "incident").p, "M20261123-0001");
    assert_int_equal(json_array_size(w.d.entries), n);
    assert_string_equal(add(&w, "{'kind':'hotline','ref':'12345-7','title':'路灯','received':"
                                "'2026-11-20T08:00:00+08:00'}"),
                        "ok"); /* another kind, another register */
    assert_string_equal(hy_json_str(reply(&w), "opened").p, "H20261123-0001");
    world_end(&w);
}

/* No personal number gets into the journal, and no field says who wrote. */
TEST(personal_numbers_are_masked_on_the_way_in)
{
    struct world w;

    world_begin(&w);
    assert_string_equal(add(&w, "{'kind':'message','title':'请回电13812345678','text':"
                                "'身份证号110101199003077758，车牌','name':'某某',"
                                "'received':'2026-11-20T08:00:00+08:00'}"),
                        "ok");
    struct hy_str lines = hy_buf_view(&w.d.lines);
    assert_false(hy_str_has(lines, HY_STR("13812345678")));
    assert_false(hy_str_has(lines, HY_STR("110101199003077758")));
    assert_true(hy_str_has(lines, HY_STR("138****5678")));
    assert_null(json_object_get(doc(&w, "M20261123-0001"), "name"));
    world_end(&w);
}

TEST(a_message_is_received_assigned_answered_and_done)
{
    struct world w;
    const char *id = "M20261123-0001";

    world_begin(&w);
    add(&w, "{'kind':'message','type':'consult','title':'问','unit':'fire','received':"
            "'2026-11-20T08:00:00+08:00'}");
    expect_notices(&w, "-/registered-2>u");
    assert_string_equal(on(&w, id, "accept", "{}"), "ok");
    assert_string_equal(on(&w, id, "assign", "{'lead':'fire'}"), "ok");
    hy_decide_clear(&w.d);
    w.d.now = at("24T10:00");
    struct hy_pendings p;
    hy_pendings_of(doc(&w, id), &p);
    for (size_t i = 0; i < p.n; i++)
        if (p.v[i].due.ms <= w.d.now.ms)
            hy_decide_timer(&w.d, hy_str(p.v[i].member), p.v[i].due);
    hy_pendings_release(&p);
    expect_notices(&w, "MSG/day-before>d,u");
    assert_string_equal(
        on(&w, id, "respond", "{'published':'2026-11-24T09:00:00+08:00','channels':['网站']}"),
        "ok"); /* a message is answered by a reply */
    expect_clocks_of(doc(&w, id), "MSG:met:25T23:59 ZERO:met:20T23:59");
    assert_string_equal(hy_json_str(doc(&w, id), "state").p, "settled"); /* owes nothing more */
    assert_string_equal(on(&w, id, "rate", "{'satisfied':true}"), "ok");
    assert_string_equal(on(&w, id, "accept", "{}"), "state");
    world_end(&w);
}

TEST(a_document_owes_its_interpretation_too)
{
    struct world w;
    const char *id = "D20261123-0001";

    world_begin(&w);
    add(&w, "{'kind':'document','type':'policy','title':'办法',"
            "'signed':'2026-11-20T15:00:00+08:00'}");
    w.d.now = at("24T12:00");
    assert_string_equal(
        on(&w, id, "respond", "{'url':'https://a.cn/1','published':'2026-11-24T10:00:00+08:00'}"),
        "ok");
    expect_clocks_of(doc(&w, id), "WD3:met:25T23:59 SYNC:open:24T23:59");
    assert_string_equal(hy_json_str(doc(&w, id), "state").p, "responded");
    assert_string_equal(on(&w, id, "respond",
                           "{'form':'interpretation','url':'https://a.cn/2','published':"
                           "'2026-11-24T09:00:00+08:00'}"),
                        "ok"); /* the day before the document counts: it is in step */
    expect_clocks_of(doc(&w, id), "WD3:met:25T23:59 SYNC:met:24T23:59");
    assert_string_equal(hy_json_str(doc(&w, id), "state").p, "settled");
    /* one that is registered when both are public already */
    add(&w, "{'kind':'document','type':'policy','title':'办法二','url':'https://a.cn/3',"
            "'signed':'2026-11-20T15:00:00+08:00','published':'2026-11-23T10:00:00+08:00',"
            "'interpretation':'https://a.cn/4'}");
    expect_clocks_of(doc(&w, "D20261124-0001"), "WD3:met:25T23:59 SYNC:met:23T23:59");
    world_end(&w);
}

TEST(a_request_is_paused_extended_and_begun_anew)
{
    struct world w;
    const char *id = "F20261123-0001";

    world_begin(&w);
    add(&w, "{'kind':'foi','title':'申请','received':'2026-11-02T08:00:00+08:00'}");
    expect_clocks_of(doc(&w, id), "FOI20:open:30T23:59");
    assert_string_equal(on(&w, id, "resume", "{}"), "state");
    assert_string_equal(on(&w, id, "suspend", "{'with':'甲公司','why':'third_party'}"), "ok");
    assert_string_equal(on(&w, id, "suspend", "{'with':'乙','why':'third_party'}"), "state");
    expect_clocks_of(doc(&w, id), "FOI20:open:30T23:59 FOI15:open:14T23:59");
    struct hy_pendings p;
    hy_pendings_of(doc(&w, id), &p);
    for (size_t i = 0; i < p.n; i++) /* a paused clock reminds nobody */
        assert_null(strstr(p.v[i].member, "/FOI20/"));
    hy_pendings_release(&p);
    w.d.now = at("26T10:00");
    assert_string_equal(on(&w, id, "resume", "{}"), "ok");
    expect_clocks_of(doc(&w, id), "FOI20:superseded:30T23:59 FOI15:met:14T23:59 "
                                  "FOI20.2:open:03T23:59"); /* three working days more */
    assert_string_equal(on(&w, id, "extend", "{'clock':'FOI15','within':'5wd','reason':'x'}"),
                        "state");
    assert_string_equal(on(&w, id, "extend", "{'clock':'FOI20','within':'21wd','reason':'x'}"),
                        "invalid");
    assert_string_equal(on(&w, id, "extend", "{'clock':'FOI20','within':'5wd','reason':'复杂'}"),
                        "ok");
    expect_clocks_of(doc(&w, id), "FOI20:superseded:30T23:59 FOI15:met:14T23:59 "
                                  "FOI20.2:open:03T23:59"); /* not before it is approved */
    assert_string_equal(
        command_on(&w, id, "approve", "u", ROLE(APPROVER), json_of("{'what':'X1'}")), "forbidden");
    assert_string_equal(
        command_on(&w, id, "approve", "l", ROLE(APPROVER), json_of("{'what':'X1'}")), "ok");
    expect_clocks_of(doc(&w, id), "FOI20:superseded:30T23:59 FOI15:met:14T23:59 "
                                  "FOI20.2:superseded:03T23:59 FOI20.3:open:10T23:59");
    assert_string_equal(on(&w, id, "supplement", "{'time':'2026-11-26T09:00:00+08:00'}"), "ok");
    const json_t *o = hy_incident_obligation(doc(&w, id), HY_STR("FOI20"));
    assert_string_equal(hy_json_str(o, "anchor").p, "supplemented");
    assert_string_equal(hy_json_str(o, "state").p, "open");
    check_journal(&w, hy_buf_view(&w.d.lines));
    world_end(&w);
}

static void give_own_page(struct world *w, const char *id, const char *title, const char *text)
{
    json_t *hit = hit_of(id, "none", 0, "23T09:13");

    json_object_set_new(hit, "title", json_string(title));
    json_object_set_new(hit, "text", json_string(text));
    json_object_set_new(hit, "url", json_string("http://127.0.0.1:18102/a"));
    hy_decide_hit(&w->d, hit, &(struct hy_place_verdict){0});
    json_decref(hit);
}

/* A page of our own channel is matched to what waits for it, by title or address, and proposed. */
TEST(reprints_on_our_own_site_are_found)
{
    static const struct {
        const char *title, *text, *found;
    } cases[] = {
        {"省政府印发防汛工作方案的通知", "", "R20261123-0001"},
        {"【转载】省政府印发防汛工作方案的通知（附图解）", "", "R20261123-0001"},
        {"转载要闻", "来源：https://sheng.gov.cn/1 全文", "R20261123-0001"},
        {"市政府印发防汛工作方案的通知", "", NULL},
        {"防汛工作", "", NULL},
        {"清溪市养老服务补贴办法公布", "", "D20261123-0001"},
    };
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct world w;

    world_begin(&w);
    assert_int_equal(
        hy_section_office.load("rules/sample", false, (void **)&w.rules.office, diag, &err), HY_OK);
    hy_diag_free(diag);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        world_again(&w);
        add(&w, "{'kind':'reprint','title':'省政府印发防汛工作方案的通知','url':"
                "'https://sheng.gov.cn/1','first_public':'2026-11-23T08:00:00+08:00'}");
        add(&w, "{'kind':'document','type':'policy','title':'清溪市养老服务补贴办法','signed':"
                "'2026-11-20T08:00:00+08:00'}");
        hy_decide_clear(&w.d);
        give_own_page(&w, "p", cases[i].title, cases[i].text);
        give_own_page(&w, "p", cases[i].title, cases[i].text); /* seen again: nothing */
        const char *at_ = hy_state_item(w.state, HY_STR("p"));
        if (cases[i].found == NULL) {
            assert_null(at_);
            continue;
        }
        assert_string_equal(at_, cases[i].found);
        assert_int_equal(json_array_size(json_object_get(doc(&w, at_), "found")), 1);
        assert_string_equal(on(&w, at_, "respond", "{'found':'F1'}"), "ok");
    }
    hy_section_office.free(w.rules.office);
    world_end(&w);
}

TEST(requests_about_one_matter_are_linked)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    add(&w, "{'kind':'foi','title':'申请公开事故信息','received':'2026-11-23T08:00:00+08:00'}");
    assert_string_equal(on(&w, "F20261123-0001", "link", "{'to':'" ID "'}"), "ok");
    assert_string_equal(on(&w, "F20261123-0001", "link", "{'to':'I1'}"), "not_found");
    assert_int_equal(json_array_size(json_object_get(incident(&w), "linked")), 1);
    world_end(&w);
}
