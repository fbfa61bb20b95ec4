/* SPDX-License-Identifier: Apache-2.0 */
/* Urgent notices that no screen shows: the fallback of each person, then the next person; and how
 * far a notice got on each of its ways. */
#include "core/map.h"

#include "tests/unit/world.h"

static const char duty_with_fallback[] =
    "mail: {host: m.cn, tls: never, from: h@m.cn}\n"
    "webhooks: [{id: sms, kind: json, url: 'https://s.cn/x', secret_file: s, classes: [none]}]\n"
    "people:\n"
    "  - {id: d, name: 值班, roles: [duty], channels: [desktop], fallback: [mail, webhook], mail: "
    "d@m.cn, webhook: sms}\n"
    "  - {id: e, name: 备班, roles: [duty], channels: [mail], mail: e@m.cn}\n"
    "  - {id: s, name: 主管, roles: [supervisor]}\n"
    "  - {id: l, name: 领导, roles: [approver]}\n"
    "  - {id: u, name: 单位, roles: [editor], unit: fire}\n"
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: d, second: e}]}\n"
    "posts: {supervisor: [s], leader: [l], unit_lead: [u]}\n"
    "not_shown: {fallback: 3m, escalate: 5m}\n"
    "escalation:\n"
    "  - {after: 10m, to: second}\n"
    "  - {after: 20m, to: unit_lead}\n";

static void begin(struct world *w)
{
    world_begin(w);
    world_duty(w, duty_with_fallback);
}

static void receipt(struct world *w, const char *person, const char *via, const char *notice,
                    const char *key, const char *value, const char *state)
{
    json_t *cmd =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:{s:s,s:s,s:s}}", "id", "r", "verb",
                  "receipt", "incident", ID, "via", via, "actor", "id", person, "name", person,
                  "roles", "duty", "args", "notice", notice, "state", state, key, value);
    hy_decide_command(&w->d, cmd);
    assert_true(hy_json_bool(reply(w), "ok"));
    json_decref(cmd);
}

static const json_t *record(const struct world *w, const char *id)
{
    const json_t *n = hy_list_find(json_object_get(incident(w), "notices"), hy_str(id));

    assert_non_null(n);
    return n;
}

static void expect_ways(const struct world *w, const char *id, const char *want)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(json_object_get(record(w, id), "channels"));

    assert_string_equal(text, want);
}

#define OPEN ID "/-/open"

TEST(not_shown_to_him_goes_his_other_ways_once_and_rings_nowhere_twice)
{
    struct world w;
    size_t i;
    json_t *e, *n = NULL;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T09:17"));
    json_array_foreach (w.d.entries, i, e)
        if (json_object_get(json_object_get(e, "data"), "notice"))
            n = json_object_get(json_object_get(e, "data"), "notice");
    assert_non_null(n);
    assert_string_equal(hy_json_str(n, "id").p, OPEN ".fallback.d");
    assert_int_equal(json_array_size(json_object_get(n, "to")), 0);
    HY_CLEANUP(hy_freep) char *ways = hy_json_text(json_object_get(n, "channels"));
    assert_string_equal(ways, "[\"mail:d\",\"sms\"]");
    assert_true(hy_str_has(hy_json_str(n, "body"), HY_STR("发给值班的提醒 3 分钟没有显示")));
    receipt(&w, "deliver", "deliver", OPEN, "channel", "sms",
            "failed"); /* another cause: nothing */
    expect_notices(&w, "-/open.fallback.d>");
    world_end(&w);
}

TEST(what_was_shown_needs_no_other_way)
{
    struct world w;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    receipt(&w, "d", "api", OPEN, "x", "x", "shown");
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T09:22"));
    expect_notices(&w, "");
    world_end(&w);
}

TEST(his_own_way_failed_and_the_other_is_taken_at_once)
{
    struct world w;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    w.d.now = at("23T09:14");
    receipt(&w, "d", "api", OPEN, "x", "x", "failed");
    expect_notices(&w, "-/open.fallback.d>");
    expect_ways(&w, OPEN, "{\"desktop:d\":\"failed\"}");
    world_end(&w);
}

TEST(shown_nowhere_the_next_rung_comes_early_and_says_why)
{
    struct world w;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T09:18")); /* 9:16 the other ways, 9:18 the second instead of 9:23 */
    expect_notices(&w, "-/open.fallback.d> -/unacked-1>e");
    fire_until(&w, at("23T09:23")); /* the second has not seen it either: the third */
    expect_notices(&w, "-/unacked-2>u");
    fire_until(&w, at("23T09:28")); /* the ladder is at its end: the supervisor, then the leader */
    const json_t *list = json_object_get(incident(&w), "notices");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    assert_true(hy_str_starts(hy_json_str(last, "step"), HY_STR("unseen-told-")));
    assert_non_null(json_object_get(json_object_get(last, "states"), "s"));
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T09:33"));
    list = json_object_get(incident(&w), "notices");
    last = json_array_get(list, json_array_size(list) - 1);
    assert_non_null(json_object_get(json_object_get(last, "states"), "l"));
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T10:30")); /* nobody is above the leader: supervisor and leader, both away,
                                     * are not told of each other all night */
    size_t told = 0, i;
    const json_t *n;
    json_array_foreach (json_object_get(incident(&w), "notices"), i, n)
        told += hy_str_starts(hy_json_str(n, "step"), HY_STR("unseen-told-"));
    assert_int_equal(told, 2);
    world_end(&w);
}

TEST(an_acknowledged_alarm_waits_for_nobody_but_a_reminder_does)
{
    struct world w;

    begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok");
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T11:00"));
    expect_notices(&w, "");
    fire_until(&w,
               at("23T11:20")); /* supervisor-2h at 11:12; shown to nobody by 11:17: the leader */
    const json_t *list = json_object_get(incident(&w), "notices");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    assert_true(hy_str_starts(hy_json_str(last, "step"), HY_STR("unseen-told-")));
    assert_non_null(json_object_get(json_object_get(last, "states"), "l"));
    world_end(&w);
}

TEST(after_an_outage_nothing_is_sent_for_what_was_missed)
{
    struct world w;
    struct hy_pendings p;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    w.d.now = at("23T13:00");
    hy_pendings_of(incident(&w), &p);
    for (size_t i = 0; i < p.n; i++)
        if (strstr(p.v[i].member, "fallback-") || strstr(p.v[i].member, "unseen-"))
            hy_decide_timer(&w.d, hy_str(p.v[i].member), p.v[i].due);
    hy_pendings_release(&p);
    expect_notices(&w, "");
    world_end(&w);
}

TEST(every_way_says_how_far_it_got)
{
    struct world w;
    json_t *cmd;

    begin(&w);
    give_hit(&w, "a", "alert", 0, "23T09:12", NULL, NULL);
    receipt(&w, "d", "api", OPEN, "x", "x", "shown");
    receipt(&w, "d", "board", OPEN, "x", "x", "shown");
    receipt(&w, "deliver", "deliver", OPEN, "channel", "sms", "sent");
    cmd =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:{}}", "id", "a1", "verb", "ack", "incident",
                  ID, "via", "board", "actor", "id", "d", "name", "值班", "roles", "duty", "args");
    hy_decide_command(&w.d, cmd);
    json_decref(cmd);
    expect_ways(&w, OPEN,
                "{\"board:d\":\"acknowledged\",\"desktop:d\":\"shown\",\"sms\":\"sent\"}");
    assert_string_equal(hy_json_str(json_object_get(record(&w, OPEN), "states"), "d").p,
                        "acknowledged");
    receipt(&w, "d", "api", OPEN, "x", "x", "shown"); /* comes late: overtaken */
    assert_string_equal(hy_json_str(json_object_get(record(&w, OPEN), "states"), "d").p,
                        "acknowledged");
    check_journal(&w, hy_buf_view(&w.d.lines));
    world_end(&w);
}

static const char *complaint_of(const char *people, const char *not_shown)
{
    static char first[400];
    HY_CLEANUP(hy_freep)
    char *text = hy_xasprintf("mail: {host: m.cn, tls: never, from: h@m.cn}\n"
                              "webhooks:\n"
                              "  - {id: all, kind: json, url: 'https://s.cn/x', secret_file: s}\n"
                              "  - {id: sms, kind: json, url: 'https://s.cn/y', secret_file: s,\n"
                              "     classes: [none]}\n"
                              "people: [{id: d, name: 值班, %s}]\n"
                              "rota: {handover: '08:30', start: 2026-01-01, turns: [{duty: d}]}\n"
                              "%s",
                              people, not_shown);
    struct hy_duty *duty = hy_duty_new();
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf out = HY_BUF_INIT(10000);

    if (hy_duty_add_text(duty, hy_str(text), "duty", diag, &err) < 0 && !hy_diag_errors(diag))
        fail_msg("%s", err.msg);
    hy_diag_print(diag, &out);
    snprintf(first, sizeof(first), "%s", out.p ? out.p : "");
    hy_buf_release(&out);
    hy_duty_free(duty);
    hy_diag_free(diag);
    return first;
}

TEST(what_may_stand_in_duty_yaml)
{
    static const struct {
        const char *people, *not_shown, *complaint; /* "": none */
    } cases[] = {
        {"fallback: [mail], mail: d@m.cn", "", ""},
        {"fallback: [mail]", "", "应为邮箱地址"},
        {"fallback: [webhook]", "", "webhooks 里的一个编号"},
        {"fallback: [webhook], webhook: all", "", "把它的 classes 写成 [none]"},
        {"fallback: [webhook], webhook: sms", "", ""},
        {"fallback: [board]", "", "只能是 mail、webhook"},
        {"channels: [mail], fallback: [mail], mail: d@m.cn", "", "等于没有备用"},
        {"fallback: [fax]", "", "不认识“fax”"},
        {"roles: [duty]", "not_shown: {escalate: 30s}\n", "至少 1m"},
        {"fallback: [mail], mail: d@m.cn", "not_shown: {escalate: 3m}\n", "要比 fallback 长"},
        {"roles: [duty]", "not_shown: {escalate: 3m}\n", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const char *got = complaint_of(cases[i].people, cases[i].not_shown);
        if (cases[i].complaint[0] ? strstr(got, cases[i].complaint) == NULL : got[0] != '\0')
            fail_msg("%s %s: %s", cases[i].people, cases[i].not_shown, got);
    }
}
