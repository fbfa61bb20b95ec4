/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/clocks.h"
#include "tests/unit/world.h"

TEST(the_story_of_a_day)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    expect_notices(&w, "-/open>d");
    expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12?");
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof(id), "r%d", i);
        give_hit(&w, id, "alert", 2, "23T09:30", ID, "a");
    }
    expect_notices(&w, ""); /* forty reprints raise heat, not alerts */
    assert_int_equal(hy_json_int(incident(&w), "reprints", 0), 40);
    assert_int_equal(json_array_size(json_object_get(incident(&w), "items")), 41);

    w.d.now = at("23T09:20");
    assert_string_equal(command(&w, "ack", "d", 1u << HY_ROLE_DUTY, NULL), "ok");
    assert_string_equal(command(&w, "level", "a", 1u << HY_ROLE_ANALYST,
                                ARGS("{s:i,s:s}", "level", 2, "reason", "已核实")),
                        "ok");
    expect_clocks(&w, "H5:open:23T14:12 H24:open:24T09:12");
    assert_string_equal(
        command(&w, "assign", "a", 1u << HY_ROLE_ANALYST, ARGS("{s:s}", "lead", "fire")), "ok");
    expect_notices(&w, "-/assigned-48>u");
    fire_until(&w, at("23T13:30"));
    expect_notices(&w, "H5/supervisor-2h>s H5/left-2h>d,u H5/left-1h>d,u,l");
    w.d.now = at("23T13:50");
    assert_string_equal(command(&w, "respond", "d", 1u << HY_ROLE_DUTY,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/1", "published",
                                     "2026-11-23T13:40:00+08:00")),
                        "ok");
    expect_clocks(&w, "H5:met:23T14:12 H24:open:24T09:12 CONT:open:24T13:40");
    assert_int_equal(hy_json_int(hy_incident_obligation(incident(&w), HY_STR("H5")), "minutes", 0),
                     32);
    expect_notices(&w, "");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "responded");
    assert_string_equal(command(&w, "close", "a", 1u << HY_ROLE_ANALYST,
                                ARGS("{s:s,s:[s]}", "follow_up", "x", "disposition", "unaware")),
                        "state"); /* H24 is open */
    assert_string_equal(
        command(&w, "waive", "x", 1u << HY_ROLE_SUPERVISOR,
                ARGS("{s:s,s:s,s:s}", "clock", "H24", "basis", "调查中", "approver", "s")),
        "ok");
    expect_clocks(&w, "H5:met:23T14:12 H24:open:24T09:12 CONT:open:24T13:40"); /* not yet */
    assert_string_equal(
        command(&w, "approve", "x", 1u << HY_ROLE_SUPERVISOR, ARGS("{s:s}", "what", "W1")),
        "forbidden"); /* who asked does not approve */
    assert_string_equal(
        command(&w, "approve", "s", 1u << HY_ROLE_SUPERVISOR, ARGS("{s:s}", "what", "W1")), "ok");
    assert_string_equal(command(&w, "close", "a", 1u << HY_ROLE_ANALYST,
                                ARGS("{s:s,s:[s]}", "follow_up", "x", "disposition", "unaware")),
                        "ok");
    expect_clocks(&w, "H5:met:23T14:12 H24:waived:24T09:12 CONT:superseded:24T13:40 "
                      "CLARIFY:met:25T13:50"); /* the release had cleared it up */
    struct hy_pendings p;
    hy_pendings_of(incident(&w), &p);
    assert_int_equal(p.n, 0);
    hy_pendings_release(&p);
    world_end(&w);
}

/* DOMAIN 2.3: after two hours without a draft the supervisor, overdue a line of 督办. */
TEST(a_draft_spares_the_supervisor_and_overdue_goes_on_record)
{
    struct world w;

    for (int drafted = 0; drafted < 2; drafted++) {
        const json_t *o, *step = NULL;
        size_t i, notices = 0;
        json_t *n;
        world_begin(&w);
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok");
        if (drafted)
            assert_string_equal(command(&w, "draft", "u", ROLE(EDITOR), json_of("{'text':'x'}")),
                                "ok");
        fire_until(&w, at("23T11:30"));
        o = hy_incident_obligation(incident(&w), HY_STR("H5"));
        json_array_foreach (json_object_get(incident(&w), "notices"), i, n)
            notices += hy_str_is(hy_json_str(n, "step"), "supervisor-2h");
        json_array_foreach (json_object_get(o, "steps"), i, n)
            if (hy_str_is(hy_json_str(n, "step"), "supervisor-2h"))
                step = n;
        assert_int_equal(notices, !drafted);
        assert_string_equal(hy_json_str(step, "skipped").p, drafted ? "drafted" : "");
        assert_int_equal(json_array_size(json_object_get(incident(&w), "urges")), 0);
        fire_until(&w, at("23T18:13")); /* overdue at 14:12, told again at 16:12 and 18:12 */
        const json_t *urges = json_object_get(incident(&w), "urges");
        assert_int_equal(json_array_size(urges), 1);
        assert_string_equal(hy_json_str(json_array_get(urges, 0), "clock").p, "H5");
        assert_string_equal(hy_json_str(json_array_get(urges, 0), "by").p, "keeper");
        check_journal(&w, hy_buf_view(&w.d.lines));
        world_end(&w);
    }
}

TEST(nobody_answers)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    fire_until(&w, at("23T10:00"));
    expect_notices(&w, "-/unacked-1>e -/unacked-2>u");
    fire_until(&w, at("23T18:20"));
    expect_notices(&w, "H5/supervisor-2h>s H5/left-2h>d,u H5/left-1h>d,u,l H5/left-15m>d,e,u,s "
                       "H5/late>d,u,s,l H5/late.2>d,u,s,l H24/plan-8h>d,u H5/late.3>d,u,s,l");
    world_end(&w);
}

TEST(after_an_outage_everything_fires_once_and_says_how_late)
{
    struct world w;
    struct hy_pendings p;
    size_t late = 0, i;
    json_t *e;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(command(&w, "ack", "d", 1u << HY_ROLE_DUTY, NULL), "ok");
    hy_decide_clear(&w.d);
    w.d.now = at("23T19:00"); /* asleep until here */
    hy_pendings_of(incident(&w), &p);
    for (i = 0; i < p.n; i++)
        if (p.v[i].due.ms <= w.d.now.ms) {
            hy_decide_timer(&w.d, hy_str(p.v[i].member), p.v[i].due);
            hy_decide_timer(&w.d, hy_str(p.v[i].member), p.v[i].due); /* and again: nothing */
        }
    hy_pendings_release(&p);
    json_array_foreach (w.d.entries, i, e)
        late +=
            hy_json_int(json_object_get(json_object_get(e, "data"), "notice"), "late_by_ms", 0) > 0;
    assert_int_equal(late, json_array_size(w.d.entries));
    expect_notices(&w, "H5/supervisor-2h>s H5/left-2h>d,u H5/left-1h>d,u,l H5/left-15m>d,e,u,s "
                       "H5/late>d,u,s,l H24/plan-8h>d,u");
    const json_t *o = hy_incident_obligation(incident(&w), HY_STR("H5"));
    const json_t *steps = json_object_get(o, "steps");
    const json_t *last = json_array_get(steps, json_array_size(steps) - 1);
    assert_string_equal(hy_json_str(last, "due").p, "2026-11-23T20:12:01+08:00");
    world_end(&w);
}

TEST(a_hit_seen_twice_changes_nothing)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    give_hit(&w, "a", "alert", 2, "23T09:12", ID, "a");
    assert_int_equal(json_array_size(w.d.entries), 0);
    world_end(&w);
}

/* The ledger compares it with the first alert: a thread that grows is not had later. */
TEST(a_page_that_changes_was_had_when_it_was_had_first)
{
    static const char *const hash[] = {"one", "two"};
    static const char *const times[] = {"2026-11-23T09:12:05+08:00", "2026-11-23T09:40:00+08:00"};
    struct world w;

    world_begin(&w);
    for (int i = 0; i < 2; i++) {
        json_t *hit = hit_of("a", "alert", 2, "23T09:12");
        hy_json_set_str(hit, "hash", hy_str(hash[i]));
        hy_json_set_str(hit, "fetched", hy_str(times[i]));
        hy_json_set_str(hit, "scored", hy_str(times[i]));
        hy_decide_hit(&w.d, hit, &(struct hy_place_verdict){.incident = i ? ID : NULL});
        json_decref(hit);
    }
    const json_t *row = hy_list_find(json_object_get(incident(&w), "items"), HY_STR("a"));
    assert_true(hy_str_is(hy_json_str(row, "hash"), "two"));
    assert_true(hy_str_is(hy_json_str(row, "fetched"), times[0]));
    assert_true(hy_str_is(hy_json_str(row, "scored"), times[0]));
    world_end(&w);
}

TEST(the_time_of_the_event_is_proposed_by_the_first_item_that_says_it)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_true(json_is_null(json_object_get(incident(&w), "occurred_proposed")));
    for (int i = 0; i < 2; i++) {
        const char *const at[] = {"2026-11-22T22:00:00+08:00", "2026-11-21T22:00:00+08:00"};
        json_t *hit = hit_of(i ? "c" : "b", "alert", 2, "23T09:13");
        json_object_set_new(json_object_get(hit, "score"), "occurred",
                            json_pack("{s:s,s:s}", "at", at[i], "text", "昨日22时"));
        hy_decide_hit(&w.d, hit, &(struct hy_place_verdict){.incident = ID});
        json_decref(hit);
    }
    const json_t *said = json_object_get(incident(&w), "occurred_proposed");
    assert_string_equal(hy_json_str(said, "at").p, "2026-11-22T22:00:00+08:00");
    assert_string_equal(hy_json_str(said, "item").p, "b");
    assert_true(json_is_null(json_object_get(json_object_get(incident(&w), "times"), "occurred")));
    world_end(&w);
}

TEST(quiet_incidents_have_no_clocks_before_they_are_confirmed)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "z", "digest", 0, "23T09:12", NULL, NULL);
    assert_null(incident(&w));
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    expect_notices(&w, "");
    expect_clocks(&w, "");
    give_hit(&w, "b", "digest", 0, "23T09:13", ID, NULL);
    expect_notices(&w, "");
    assert_string_equal(
        command(&w, "confirm", "m", 1u << HY_ROLE_MONITOR, ARGS("{s:s}", "kind", "opinion")), "ok");
    expect_clocks(&w, "H48:open:25T09:12");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "triaged");
    world_end(&w);
}

TEST(a_quiet_incident_that_grows_pages_once)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:12", NULL, NULL);
    give_hit(&w, "b", "alert", 3, "23T09:12", ID, NULL);
    expect_notices(&w, "-/open>d");
    give_hit(&w, "c", "alert", 3, "23T09:12", ID, NULL);
    expect_notices(&w, "");
    give_hit(&w, "e", "alert", 1, "23T09:12", ID, NULL); /* worse than thought */
    expect_notices(&w, "-/proposed-1>d");
    expect_clocks(&w, "H48:superseded:25T09:12? H5:open:23T14:12? H24:open:24T09:12?");
    world_end(&w);
}

TEST(counts_that_rise_above_a_confirmed_level_are_told_once)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 4, "23T09:12", NULL, NULL);
    expect_notices(&w, "-/open>d");
    assert_string_equal(command(&w, "level", "a", 1u << HY_ROLE_ANALYST,
                                ARGS("{s:i,s:s}", "level", 3, "reason", "x")),
                        "ok");
    expect_notices(&w, "");
    give_hit(&w, "b", "alert", 3, "23T09:12", ID, NULL); /* what people have seen already */
    expect_notices(&w, "");
    give_hit(&w, "c", "alert", 2, "23T09:12", ID, NULL);
    expect_notices(&w, "-/above-2>d");
    give_hit(&w, "e", "alert", 2, "23T09:12", ID, NULL);
    expect_notices(&w, "");
    assert_int_equal(hy_json_int(incident(&w), "level", 0), 3); /* theirs to change */
    world_end(&w);
}

TEST(up_and_downgrade_keep_the_start_and_what_ended)
{
    struct world w;
    const unsigned analyst = 1u << HY_ROLE_ANALYST, duty = 1u << HY_ROLE_DUTY;

    world_begin(&w);
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    assert_string_equal(
        command(&w, "level", "a", analyst, ARGS("{s:i,s:s}", "level", 3, "reason", "x")), "ok");
    expect_clocks(&w, "H48:open:25T09:12");
    assert_string_equal(command(&w, "respond", "d", duty,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/1", "published",
                                     "2026-11-23T09:13:00+08:00")),
                        "ok");
    w.d.now = at("23T16:00");
    assert_string_equal(
        command(&w, "level", "a", analyst, ARGS("{s:i,s:s}", "level", 1, "reason", "x")), "ok");
    /* the release that was there counts for the five hours, the conference is owed from 09:12 */
    expect_clocks(&w, "H48:met:25T09:12 CONT:open:24T09:13 H5:met:23T14:12 H24:open:24T09:12");
    assert_true(json_is_true(json_object_get(incident(&w), "upgraded")));
    assert_string_equal(
        command(&w, "level", "a", analyst, ARGS("{s:i,s:s}", "level", 4, "reason", "x")), "ok");
    expect_clocks(&w,
                  "H48:met:25T09:12 CONT:open:24T09:13 H5:met:23T14:12 H24:superseded:24T09:12");
    world_end(&w);
}

TEST(corrected_times_supersede_and_keep_the_old_due)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(
        command(&w, "times", "a", 1u << HY_ROLE_ANALYST,
                ARGS("{s:s,s:s}", "occurred", "2026-11-23T08:00:00+08:00", "reason", "通报")),
        "ok");
    expect_clocks(&w, "H5:superseded:23T14:12? H24:superseded:24T09:12? "
                      "H5.2:open:23T13:00? H24.2:open:24T08:00?");
    world_end(&w);
}

/* Whoever planned by the old time hears of the new one; what was told just before is not told
 * again. */
TEST(a_moved_clock_is_told_once_and_repeats_nothing)
{
    struct world w;
    const unsigned analyst = 1u << HY_ROLE_ANALYST;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(command(&w, "ack", "d", 1u << HY_ROLE_DUTY, NULL), "ok");
    fire_until(&w, at("23T12:13")); /* two hours left */
    expect_notices(&w, "-/open>d H5/supervisor-2h>s H5/left-2h>d,u");
    assert_string_equal(
        command(&w, "times", "a", analyst,
                ARGS("{s:s,s:s}", "occurred", "2026-11-23T09:22:00+08:00", "reason", "通报")),
        "ok");
    expect_notices(&w, "H5.2/moved>d,u H24.2/moved>d,u");
    fire_until(&w, at("23T13:21"));
    expect_notices(&w, ""); /* left-2h of the new clock, ten minutes later, is the same fact */
    fire_until(&w, at("23T13:23"));
    expect_notices(&w, "H5.2/left-1h>d,u,l");
    world_end(&w);
}

TEST(the_last_word_ends_the_follow_up)
{
    struct world w;
    const unsigned duty = 1u << HY_ROLE_DUTY;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:00", NULL, NULL);
    assert_string_equal(command(&w, "confirm", "d", duty, ARGS("{s:s}", "kind", "opinion")), "ok");
    for (int last = 0; last < 2; last++) {
        w.d.now = at(last ? "24T20:00" : "24T09:00");
        assert_string_equal(
            command(&w, "respond", "d", duty,
                    ARGS("{s:s,s:s,s:b}", "url", "https://a.cn/1", "published",
                         last ? "2026-11-24T20:00:00+08:00" : "2026-11-24T09:00:00+08:00", "final",
                         last)),
            "ok");
    }
    expect_clocks(&w, "H48:met:25T09:00 CONT:met:25T09:00");
    world_end(&w);
}

/* New rules come into force while an incident runs: it goes on with the version it began with, and
 * when that is gone with what was reckoned. */
TEST(an_incident_goes_on_with_its_version_of_the_rules)
{
    static const char shorter[] =
        "packs: [{id: national, version: \"2027.1\", name: x, clocks: [{id: H5, label: x,\n"
        "  basis: x, kinds: [emergency], within: 3h, anchor: [first_public],\n"
        "  ended_by: [release]}]}]";
    for (int gone = 0; gone < 2; gone++) {
        struct world w;
        struct hy_diag *diag = hy_diag_new();
        struct hy_err err = HY_ERR_INIT;
        world_begin(&w);
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        if (gone) {
            hy_windows_free(w.rules.windows);
            w.rules.windows = hy_windows_new();
        }
        assert_int_equal(hy_windows_add_text(w.rules.windows, hy_str(shorter), "w", diag, &err),
                         HY_OK);
        HY_CLEANUP(hy_freep) char *use = hy_xstrdup("use: [national]");
        assert_int_equal(hy_windows_add_text(w.rules.windows, hy_str(use), "w", diag, &err), HY_OK);
        give_hit(&w, "b", "alert", 2, "23T09:12", ID, NULL);
        expect_clocks(&w, "H5:open:23T14:12? H24:open:24T09:12?");
        hy_diag_free(diag);
        world_end(&w);
    }
}

static void give_published(struct world *w, const char *id, const char *into, const char *published,
                           const char *precision)
{
    json_t *hit = hit_of(id, "alert", 2, "23T09:12");

    json_object_set_new(hit, "published", published ? json_string(published) : json_null());
    json_object_set_new(hit, "published_precision", json_string(precision));
    hy_decide_hit(&w->d, hit, &(struct hy_place_verdict){.incident = into});
    json_decref(hit);
}

/* A clock only moves when the whole of the newly stated minute (or second) lies before what is
 * known: a reprint without seconds must not supersede what has just been opened. */
TEST(a_publish_time_moves_clocks_only_beyond_its_own_precision)
{
#define MINUTE_9(minute_and_second) "2026-11-23T09:" minute_and_second "+08:00"
    static const struct {
        const char *first, *first_precision, *then, *then_precision, *start;
    } rows[] = {
        {MINUTE_9("12:20"), "second", MINUTE_9("12:00"), "minute", MINUTE_9("12:20")},
        {MINUTE_9("12:00"), "minute", MINUTE_9("12:20"), "second", MINUTE_9("12:00")},
        {MINUTE_9("12:20"), "second", MINUTE_9("12:19"), "second", MINUTE_9("12:19")},
        {MINUTE_9("12:20"), "second", MINUTE_9("11:00"), "minute", MINUTE_9("11:00")},
        {MINUTE_9("12:00"), "minute", MINUTE_9("11:00"), "minute", MINUTE_9("11:00")},
        {MINUTE_9("12:00"), "minute", MINUTE_9("11:30"), "second", MINUTE_9("11:30")},
        {NULL, "none", MINUTE_9("13:00"), "minute", MINUTE_9("13:31")}, /* may be the detection */
        {NULL, "none", MINUTE_9("12:00"), "minute", MINUTE_9("12:00")},
        {MINUTE_9("12:00"), "minute", MINUTE_9("00:00"), "day", MINUTE_9("12:00")},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct world w;
        hy_wall start;
        world_begin(&w);
        w.d.now = hy_wall_add_ms(at("23T09:13"), 31 * HY_SECOND_MS);
        give_published(&w, "a", NULL, rows[i].first, rows[i].first_precision);
        give_published(&w, "b", ID, rows[i].then, rows[i].then_precision);
        bool moved = strcmp(rows[i].first ? rows[i].first : MINUTE_9("13:31"), rows[i].start) != 0;
        const json_t *o = hy_incident_obligation(incident(&w), HY_STR("H5"));
        assert_true(hy_wall_parse(hy_str(rows[i].start), &start));
        assert_int_equal(hy_json_time(o, "start").ms, start.ms);
        assert_int_equal(json_array_size(json_object_get(incident(&w), "obligations")),
                         moved ? 4 : 2);
        world_end(&w);
    }
#undef MINUTE_9
}

static const char two_kinds_of_clock[] =
    "use: [both]\n"
    "packs:\n"
    "  - id: both\n"
    "    version: \"1\"\n"
    "    name: 两种时限\n"
    "    legal: 测试\n"
    "    unknown_level: 1\n"
    "    upgrade: retroactive\n"
    "    clocks:\n"
    "      - {id: HOURS, label: 小时, basis: 一, kinds: [emergency], within: 5h,\n"
    "         anchor: [first_public], ended_by: [release],\n"
    "         steps: [{id: late, late: 0m, to: [duty]}]}\n"
    "      - {id: DAYS, label: 工作日, basis: 二, kinds: [emergency], within: 3wd,\n"
    "         anchor: [first_public], ended_by: [release],\n"
    "         steps: [{id: late, late: 0m, to: [duty]}]}\n";

static void drop_calendar(struct world *w)
{
    hy_calendar_free(w->rules.calendar);
    w->rules.calendar = hy_calendar_new();
}

/* A reload that lost the year's calendar: what was reckoned stays, hour clocks go on. */
TEST(a_missing_calendar_keeps_what_runs_and_stops_nothing_else)
{
    for (int lost_when_open = 0; lost_when_open < 2; lost_when_open++) {
        struct world w;
        struct hy_diag *diag = hy_diag_new();
        struct hy_err err = HY_ERR_INIT;
        world_begin(&w);
        assert_int_equal(hy_windows_add_text(w.rules.windows, hy_str(two_kinds_of_clock),
                                             "windows.yaml", diag, &err),
                         HY_OK);
        hy_diag_free(diag);
        struct hy_calendar *there = w.rules.calendar;
        if (!lost_when_open)
            w.rules.calendar = hy_calendar_new();
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        assert_false(hy_clocks_awaited(incident(&w), &w.rules));
        if (!lost_when_open) { /* the calendar comes: what could not be counted waits for it */
            struct hy_calendar *none = w.rules.calendar;
            w.rules.calendar = there;
            assert_true(hy_clocks_awaited(incident(&w), &w.rules));
            w.rules.calendar = none;
        }
        assert_int_equal(hy_clocks_uncounted(incident(&w), &w.rules, &err), !lost_when_open);
        if (lost_when_open)
            drop_calendar(&w);
        assert_true(hy_clocks_uncounted(incident(&w), &w.rules, &err));
        assert_non_null(strstr(err.msg, "2026"));
        expect_clocks(&w, lost_when_open ? "HOURS:open:23T14:12 DAYS:open:26T23:59"
                                         : "HOURS:open:23T14:12");
        give_hit(&w, "b", "alert", 2, "23T09:00", ID, NULL);
        expect_clocks(&w, lost_when_open
                              ? "HOURS:superseded:23T14:12 DAYS:open:26T23:59 HOURS.2:open:23T14:00"
                              : "HOURS:superseded:23T14:12 HOURS.2:open:23T14:00");
        w.d.now = at("23T10:00");
        assert_string_equal(command(&w, "respond", "d", 1u << HY_ROLE_DUTY,
                                    ARGS("{s:s,s:s}", "url", "https://a.cn/1", "published",
                                         "2026-11-23T09:50:00+08:00")),
                            "ok");
        expect_clocks(&w, lost_when_open
                              ? "HOURS:superseded:23T14:12 DAYS:met:26T23:59 HOURS.2:met:23T14:00"
                              : "HOURS:superseded:23T14:12 HOURS.2:met:23T14:00");
        if (!lost_when_open) {
            hy_calendar_free(w.rules.calendar);
            w.rules.calendar = there;
            assert_true(hy_clocks_awaited(incident(&w), &w.rules));
            hy_clocks_refresh(&w.d, HY_STR(ID), "补上放假安排");
            assert_false(hy_clocks_awaited(incident(&w), &w.rules));
            expect_clocks(&w, "HOURS:superseded:23T14:12 HOURS.2:met:23T14:00 DAYS:met:26T23:59");
        }
        world_end(&w);
    }
}

TEST(follow_up_repeats)
{
    struct world w;
    const unsigned duty = 1u << HY_ROLE_DUTY;

    world_begin(&w);
    give_hit(&w, "a", "list", 0, "23T09:00", NULL, NULL);
    assert_string_equal(command(&w, "confirm", "d", duty, ARGS("{s:s}", "kind", "opinion")), "ok");
    w.d.now = at("25T20:00");
    assert_string_equal(command(&w, "respond", "d", duty,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/1", "published",
                                     "2026-11-24T09:00:00+08:00")),
                        "ok");
    assert_string_equal(command(&w, "respond", "d", duty,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/2", "published",
                                     "2026-11-25T10:00:00+08:00")),
                        "ok");
    expect_clocks(&w, "H48:met:25T09:00 CONT:late:25T09:00 CONT.2:open:26T10:00");
    assert_string_equal(hy_json_str(incident(&w), "state").p, "following");
    world_end(&w);
}

TEST(commands_are_judged_before_they_act)
{
    static const struct {
        const char *verb, *args, *want;
    } cases[] = {
        {"level", "{\"level\":5,\"reason\":\"x\"}", "invalid"},
        {"level", "{\"level\":2}", "invalid"},
        {"level", "{\"level\":\"2\",\"reason\":\"x\"}", "invalid"},
        {"assign", "{}", "invalid"},
        {"respond", "{\"url\":\"javascript:alert(1)\",\"published\":\"2026-11-23T09:13:00+08:00\"}",
         "invalid"},
        {"respond", "{\"url\":\"https://a.cn/\"}", "invalid"},
        {"respond", "{\"url\":\"https://a.cn/\",\"published\":\"2026-11-23T12:00:00+08:00\"}",
         "invalid"}, /* in the future */
        {"respond",
         "{\"form\":\"release\",\"clock\":\"H24\",\"url\":\"https://a.cn/\",\"published\":"
         "\"2026-11-23T09:13:00+08:00\"}",
         "invalid"}, /* a release is no conference */
        {"respond", "{\"found\":\"F9\"}", "not_found"},
        {"waive", "{\"clock\":\"H5\",\"basis\":\"x\",\"approver\":\"me\"}", "forbidden"},
        {"waive", "{\"clock\":\"H5\",\"basis\":\"x\",\"approver\":\"d\"}", "forbidden"},
        {"waive", "{\"clock\":\"H5\",\"basis\":\"x\",\"approver\":\"?\"}", "invalid"},
        {"waive", "{\"clock\":\"H48\",\"basis\":\"x\",\"approver\":\"s\"}", "not_found"},
        {"merge", "{\"into\":\"" ID "\"}", "invalid"},
        {"merge", "{\"into\":\"I1\"}", "not_found"},
        {"close", "{\"follow_up\":\"x\",\"disposition\":[\"unaware\"]}", "state"},
        {"note", "{\"text\":\" \"}", "invalid"},
        {"state", "{\"to\":\"archived\",\"reason\":\"x\"}", "state"},
        {"state", "{\"to\":\"nowhere\",\"reason\":\"x\"}", "invalid"},
        {"receipt", "{\"notice\":\"" ID "/-/open\",\"state\":\"shown\"}", "forbidden"},
        {"receipt", "{\"notice\":\"" ID "/-/none\",\"state\":\"shown\"}", "not_found"},
        {"reopen", "{\"reason\":\"x\"}", "state"},
        {"fly", "{}", "invalid"},
    };
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        json_t *args = NULL;
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_json_parse(hy_str(cases[i].args), &args, &err), HY_OK);
        const char *got = command(&w, cases[i].verb, "me", ANY, args);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s %s: %s, want %s", cases[i].verb, cases[i].args, got, cases[i].want);
        assert_int_equal(json_array_size(w.d.entries), 0);
    }
    world_end(&w);
}

/* Verb x role: who may, with arguments that are right.  "x": may. */
TEST(every_verb_and_role)
{
    static const struct {
        const char *verb, *args;
        const char *may; /* in the order of enum hy_role: M D A E P S U(auditor) admin */
    } cases[] = {
        {"ack", "{}", ".xx..x.x"},
        {"confirm", "{}", "xxx....."},
        {"dismiss", "{\"reason\":\"x\"}", "xxx....."},
        {"level", "{\"level\":3,\"reason\":\"x\"}", "x.x..x.."},
        {"assign", "{\"lead\":\"fire\"}", "..x..x.."},
        {"respond", "{\"url\":\"https://a.cn/\",\"published\":\"2026-11-23T09:13:00+08:00\"}",
         ".x.xx..."},
        {"waive", "{\"clock\":\"H5\",\"basis\":\"x\",\"approver\":\"s\"}", ".....x.."},
        {"times", "{\"reason\":\"x\",\"occurred\":\"2026-11-23T09:00:00+08:00\"}", "x.x....."},
        {"note", "{\"text\":\"x\"}", "xxxxxx.x"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        for (int role = 0; role < HY_ROLE_COUNT; role++) {
            struct world w;
            json_t *args = NULL;
            struct hy_err err = HY_ERR_INIT;
            world_begin(&w);
            give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
            assert_int_equal(hy_json_parse(hy_str(cases[i].args), &args, &err), HY_OK);
            const char *got = command(&w, cases[i].verb, "other", 1u << role, args);
            const char *want = cases[i].may[role] == 'x' ? "ok" : "forbidden";
            if (strcmp(got, want) != 0)
                fail_msg("%s by %s: %s, want %s", cases[i].verb, hy_role_name[role], got, want);
            world_end(&w);
        }
}

/* Verb x state, by somebody who may do everything. */
TEST(every_verb_and_state)
{
    static const struct {
        const char *verb, *args;
        unsigned not_in;  /* refused although open */
        bool when_closed; /* allowed in settled, evaluated, archived, dismissed */
    } cases[] = {
        {"ack", "{}", 0, false},
        {"confirm", "{}", 0, false},
        {"dismiss", "{\"reason\":\"x\"}", HY_STAGES_OPEN & ~7u, false},
        {"level", "{\"level\":3,\"reason\":\"x\"}", 0, false},
        {"assign", "{\"lead\":\"fire\"}", 0, false},
        {"respond", "{\"url\":\"https://a.cn/\",\"published\":\"2026-11-23T09:13:00+08:00\"}", 0,
         false},
        {"times", "{\"reason\":\"x\"}", 0, false},
        {"note", "{\"text\":\"x\"}", 0, true},
        {"reopen", "{\"reason\":\"x\"}", HY_STAGES_OPEN, true},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        for (int stage = 0; stage < HY_STAGE_COUNT; stage++) {
            struct world w;
            json_t *args = NULL;
            struct hy_err err = HY_ERR_INIT;
            bool open = HY_STAGES_OPEN & 1u << stage;
            bool may = open ? !(cases[i].not_in & 1u << stage) : cases[i].when_closed;
            if (stage == HY_STAGE_MERGED)
                may = strcmp(cases[i].verb, "note") == 0;
            world_begin(&w);
            give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
            hy_json_set_str((json_t *)incident(&w), "state", hy_str(hy_stage_name[stage]));
            assert_int_equal(hy_json_parse(hy_str(cases[i].args), &args, &err), HY_OK);
            const char *got = command(&w, cases[i].verb, "x", ANY, args);
            if (strcmp(got, may ? "ok" : "state") != 0)
                fail_msg("%s while %s: %s", cases[i].verb, hy_stage_name[stage], got);
            world_end(&w);
        }
}

TEST(two_officers_and_one_version)
{
    struct world w;
    json_t *cmd;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    int64_t seen = hy_json_int(incident(&w), "version", 0);
    give_hit(&w, "b", "alert", 2, "23T09:12", ID, "a"); /* a reprint is no conflict */
    for (int i = 0; i < 2; i++) {
        cmd = json_pack("{s:s,s:s,s:s,s:I,s:{s:s,s:[s]},s:{s:i,s:s}}", "id", i ? "c2" : "c1",
                        "verb", "level", "incident", ID, "version", (json_int_t)seen, "actor", "id",
                        "a", "roles", "analyst", "args", "level", 2, "reason", "x");
        hy_decide_command(&w.d, cmd);
        json_decref(cmd);
    }
    assert_true(json_is_true(json_object_get(json_array_get(w.d.replies, 0), "ok")));
    assert_string_equal(hy_json_str(json_array_get(w.d.replies, 1), "code").p, "conflict");
    world_end(&w);
}

TEST(a_closed_matter_that_comes_up_again_is_a_new_incident)
{
    static const struct {
        const char *state, *alert, *reprint_of;
        bool opens;
    } cases[] = {
        {"settled", "alert", NULL, true},    {"archived", "alert", NULL, true},
        {"settled", "alert", "a", false},    {"settled", "list", NULL, false},
        {"dismissed", "alert", NULL, false}, {"assessed", "alert", NULL, false},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct world w;
        world_begin(&w);
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        hy_json_set_str((json_t *)incident(&w), "state", hy_str(cases[i].state));
        give_hit(&w, "b", cases[i].alert, 2, "23T09:13", ID, cases[i].reprint_of);
        const json_t *again = hy_state_incident(w.state, HY_STR("I20261123-0002"));
        assert_int_equal(again != NULL, cases[i].opens);
        if (again)
            assert_string_equal(hy_json_str(again, "previous").p, ID);
        world_end(&w);
    }
}

/* With office.yaml, which says which channels are our own. */
static void office_begin(struct world *w)
{
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    world_begin(w);
    assert_int_equal(
        hy_section_office.load("rules/sample", false, (void **)&w->rules.office, diag, &err), HY_OK);
    hy_diag_free(diag);
}

static void office_end(struct world *w)
{
    hy_section_office.free(w->rules.office);
    world_end(w);
}

TEST(official_pages_are_answers_not_incidents)
{
    struct world w;

    office_begin(&w);
    const struct hy_channel *own = hy_office_channels(w.rules.office);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    for (int join = 0; join < 2; join++) {
        json_t *hit = hit_of(join ? "o2" : "o1", "alert", 2, "23T09:13");
        json_object_set_new(hit, "url", json_string(own->urls.v[0]));
        hy_decide_hit(&w.d, hit, &(struct hy_place_verdict){.incident = join ? ID : NULL});
        json_decref(hit);
    }
    expect_notices(&w, "-/found-F1>d");
    assert_int_equal(hy_state_count(w.state), 1);
    assert_string_equal(
        command(&w, "respond", "d", 1u << HY_ROLE_DUTY, ARGS("{s:s}", "found", "F1")), "ok");
    expect_clocks(&w, "H5:met:23T14:12? H24:open:24T09:12? CONT:open:24T09:13");
    assert_string_equal(
        command(&w, "respond", "d", 1u << HY_ROLE_DUTY, ARGS("{s:s}", "found", "F1")), "state");
    office_end(&w);
}

/* A page of our own channel that states a toll, as `hash`. */
/* What a release says of when it happened; NULL: nothing. */
static const char *said_at;

static void release(struct world *w, const char *id, const char *hash, int deaths)
{
    json_t *hit = hit_of(id, "alert", 2, "23T09:13");

    json_object_set_new(hit, "url", json_string(hy_office_channels(w->rules.office)->urls.v[0]));
    json_object_set_new(hit, "hash", json_string(hash));
    json_object_set_new(json_object_get(hit, "score"), "facts",
                        json_pack("{s:{s:i,s:i}}", "deaths", "min", deaths, "max", deaths));
    if (said_at)
        json_object_set_new(hit, "trace", json_pack("{s:I}", "o", (json_int_t)at(said_at).ms));
    hy_decide_hit(&w->d, hit, &(struct hy_place_verdict){.incident = ID, .why = "地点一致"});
    json_decref(hit);
}

static const json_t *found_row(const struct world *w, const char *id)
{
    return hy_list_find(json_object_get(incident(w), "found"), hy_str(id));
}

TEST(corrections_and_diverging_figures_are_told)
{
    struct world w;

    office_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    release(&w, "o1", "h1", 3);
    expect_notices(&w, "-/found-F1>d");
    assert_string_equal(hy_json_str(found_row(&w, "F1"), "why").p, "地点一致");
    release(&w, "o1", "h1", 3); /* the same page again */
    expect_notices(&w, "");
    release(&w, "o1", "h2", 3); /* edited while nobody has confirmed it: no news */
    expect_notices(&w, "");
    assert_string_equal(
        command(&w, "respond", "d", 1u << HY_ROLE_DUTY, ARGS("{s:s}", "found", "F1")), "ok");
    hy_decide_clear(&w.d);
    release(&w, "o1", "h3", 5);
    const json_t *edits = json_object_get(found_row(&w, "F1"), "edits");
    assert_int_equal(json_array_size(edits), 2);
    const json_t *last = json_array_get(edits, 1);
    assert_string_equal(hy_json_str(last, "was").p, "h2");
    const json_t *change = json_array_get(json_object_get(last, "changes"), 0);
    assert_string_equal(hy_json_str(change, "what").p, "deaths");
    assert_string_equal(hy_json_str(change, "from").p, "3");
    assert_string_equal(hy_json_str(change, "to").p, "5");
    expect_notices(&w, "-/edited-F1-2>d");
    release(&w, "o2", "x", 4); /* a second release, another toll */
    const json_t *other = json_array_get(json_object_get(found_row(&w, "F2"), "diverges"), 0);
    assert_string_equal(hy_json_str(other, "than").p, "F1");
    assert_string_equal(hy_json_str(other, "there").p, "5");
    assert_string_equal(hy_json_str(other, "here").p, "4");
    expect_notices(&w, "-/found-F2>d");
    office_end(&w);
}

TEST(a_day_does_not_contradict_an_hour_of_it)
{
    struct world w;

    office_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    const char *const times[] = {"23T08:52", "23T00:00", "22T00:00"};
    for (int i = 0; i < 3; i++) {
        const char *id = (const char *const[]){"o1", "o2", "o3"}[i];
        said_at = times[i];
        release(&w, id, id, 3);
    }
    said_at = NULL;
    assert_int_equal(json_array_size(json_object_get(found_row(&w, "F2"), "diverges")), 0);
    const json_t *other = json_array_get(json_object_get(found_row(&w, "F3"), "diverges"), 0);
    assert_string_equal(hy_json_str(other, "there").p, "2026-11-23 08:52");
    assert_string_equal(hy_json_str(other, "here").p, "2026-11-22");
    office_end(&w);
}

TEST(reopening_owes_once_more_and_keeps_the_old_result)
{
    struct world w;
    const unsigned analyst = 1u << HY_ROLE_ANALYST, duty = 1u << HY_ROLE_DUTY;
    const char *level = "{\"level\":3,\"reason\":\"x\"}";

    world_begin(&w);
    give_hit(&w, "a", "alert", 3, "23T09:12", NULL, NULL);
    for (int i = 0; i < 2; i++) { /* the second grading changes nothing */
        json_t *args = NULL;
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_json_parse(hy_str(level), &args, &err), HY_OK);
        assert_string_equal(command(&w, "level", "a", analyst, args), "ok");
    }
    assert_string_equal(command(&w, "respond", "d", duty,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/1", "published",
                                     "2026-11-23T09:13:00+08:00")),
                        "ok");
    assert_string_equal(command(&w, "close", "a", analyst,
                                ARGS("{s:s,s:[s]}", "follow_up", "x", "disposition", "unaware")),
                        "ok");
    w.d.now = at("28T10:00");
    assert_string_equal(command(&w, "reopen", "a", analyst, ARGS("{s:s}", "reason", "x")), "ok");
    expect_clocks(
        &w, "H48:met:25T09:12 CONT:superseded:24T09:13 CLARIFY:met:25T09:13 H48.2:open:30T10:00");
    w.d.now = at("28T11:00");
    assert_string_equal(command(&w, "times", "a", analyst, ARGS("{s:s}", "reason", "x")), "ok");
    expect_clocks(
        &w, "H48:met:25T09:12 CONT:superseded:24T09:13 CLARIFY:met:25T09:13 H48.2:open:30T10:00");
    assert_string_equal(command(&w, "respond", "d", duty,
                                ARGS("{s:s,s:s}", "url", "https://a.cn/2", "published",
                                     "2026-11-28T10:30:00+08:00")),
                        "ok");
    expect_clocks(
        &w, "H48:met:25T09:12 CONT:superseded:24T09:13 CLARIFY:met:25T09:13 H48.2:met:30T10:00 "
            "CONT.2:open:29T10:30");
    world_end(&w);
}

TEST(receipts_belong_to_their_person)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(
        command(&w, "receipt", "d", 0, ARGS("{s:s,s:s}", "notice", ID "/-/open", "state", "shown")),
        "ok");
    const json_t *n = json_array_get(json_object_get(incident(&w), "notices"), 0);
    assert_string_equal(hy_json_str(json_object_get(n, "states"), "d").p, "shown");
    assert_string_equal(command(&w, "ack", "d", 0, NULL), "ok"); /* the addressee, without a role */
    world_end(&w);
}

/* "ok", or the code of the refusal. */
static const char *deliver_says(struct world *w, const char *via, const char *notice,
                                const char *channel, const char *state)
{
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:[]},s:{s:s,s:s,s:s}}", "id", channel, "verb",
                            "receipt", "incident", ID, "via", via, "actor", "id", "deliver",
                            "roles", "args", "notice", notice, "channel", channel, "state", state);

    hy_decide_clear(&w->d);
    hy_decide_command(&w->d, cmd);
    json_decref(cmd);
    const json_t *reply = json_array_get(w->d.replies, 0);
    return json_is_true(json_object_get(reply, "ok")) ? "ok" : hy_json_str(reply, "code").p;
}

static const char *notice_state(struct world *w, const char *list, const char *who)
{
    const json_t *n = json_array_get(json_object_get(incident(w), "notices"), 0);

    return json_string_value(json_object_get(json_object_get(n, list), who));
}

static const char *first_step_due(struct world *w)
{
    return hy_json_str(json_array_get(json_object_get(incident(w), "escalation"), 0), "due").p;
}

TEST(what_the_delivery_says_of_a_channel)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    const char *open = ID "/-/open";
    assert_string_equal(deliver_says(&w, "board", open, "group", "sent"), "forbidden");
    assert_string_equal(deliver_says(&w, "deliver", open, "group", "shown"), "invalid");
    assert_string_equal(deliver_says(&w, "deliver", open, "", "sent"), "invalid");
    assert_string_equal(deliver_says(&w, "deliver", ID "/-/none", "group", "sent"), "not_found");
    assert_string_equal(deliver_says(&w, "deliver", open, "mail:d", "sent"), "ok");
    assert_string_equal(notice_state(&w, "channels", "mail:d"), "sent");
    assert_string_equal(notice_state(&w, "states", "d"), "sent");
    deliver_says(&w, "deliver", open, "mail:d", "sent"); /* said before */
    assert_int_equal(json_array_size(w.d.entries), 0);
    command(&w, "receipt", "d", 0, ARGS("{s:s,s:s}", "notice", open, "state", "shown"));
    deliver_says(&w, "deliver", open, "mail:d", "failed");
    assert_string_equal(notice_state(&w, "states", "d"), "shown"); /* more than any server knows */
    assert_string_equal(first_step_due(&w), "2026-11-23T09:23:00+08:00");
    world_end(&w);
}

TEST(what_reaches_nobody_is_escalated_sooner)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(deliver_says(&w, "deliver", ID "/-/open", "group", "failed"), "ok");
    assert_string_equal(notice_state(&w, "states", "d"), "queued");
    assert_string_equal(first_step_due(&w), "2026-11-23T09:15:00+08:00");
    assert_string_equal(deliver_says(&w, "deliver", ID "/-/open", "mail:d", "failed"), "ok");
    assert_string_equal(notice_state(&w, "states", "d"), "failed");
    assert_string_equal(first_step_due(&w), "2026-11-23T09:15:00+08:00");
    world_end(&w);
}

TEST(merged_incidents_keep_the_earliest_start)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    give_hit(&w, "b", "alert", 2, "23T08:00", NULL, NULL);
    json_t *cmd =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:[s]},s:{s:s}}", "id", "m", "verb", "merge", "incident",
                  "I20261123-0002", "actor", "id", "a", "roles", "analyst", "args", "into", ID);
    hy_decide_command(&w.d, cmd);
    json_decref(cmd);
    assert_true(json_is_true(json_object_get(json_array_get(w.d.replies, 0), "ok")));
    expect_clocks(&w, "H5:superseded:23T14:12? H24:superseded:24T09:12? "
                      "H5.2:open:23T13:00? H24.2:open:24T08:00?");
    const json_t *from = hy_state_incident(w.state, HY_STR("I20261123-0002"));
    assert_string_equal(hy_json_str(from, "merged_into").p, ID);
    assert_string_equal(hy_state_item(w.state, HY_STR("b")), ID);
    world_end(&w);
}

/* ---- model: random inputs ---- */

static uint32_t random_below(uint64_t *seed, uint32_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % n;
}

static json_t *random_args(uint64_t *seed, hy_wall now)
{
    static const char *const forms[] = {"release", "conference", "interview", "x"};
    static const char *const states[] = {"verifying", "accepted", "drafting", "archived"};
    static const char *const classes[] = {"unaware", "hardship", "false_info", "suggestion"};
    static const char *const whats[] = {"W1", "D1", "L1", "G1", "X1", "D2"};
    char time[HY_TIME_SIZE];

    hy_wall_format(hy_wall_add_ms(now, -(int64_t)random_below(seed, 7200) * 1000), HY_CST, time);
    json_t *args = json_pack(
        "{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[s],s:s,s:s,s:s}", "level",
        (int)random_below(seed, 6), "reason", "x", "lead", "fire", "url", "https://a.cn/1",
        "published", time, "form", forms[random_below(seed, 4)], "basis", "x", "approver", "s",
        "to", states[random_below(seed, 4)], "follow_up",
        random_below(seed, 2) ? "x" : "https://a.cn/2", "disposition",
        classes[random_below(seed, 4)], "text", "x", "occurred", time, "into", "I20261123-0001");
    json_t *more = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[s],s:b,s:s,s:s}", "what",
                             whats[random_below(seed, 6)], "response", "R1", "unit", "fire",
                             "answer", "x", "status", "true", "receiver", "x", "received", time,
                             "items", "i1", "suspected", (int)random_below(seed, 2), "kind",
                             random_below(seed, 2) ? "message" : "emergency", "title", "问");
    json_object_update(args, more);
    json_object_set_new(args, "checks",
                        json_of("['wording','timing','method','de_identified',"
                                "'secrecy']"));
    json_decref(more);
    return args;
}

static void random_command(struct world *w, uint64_t *seed)
{
    static const char *const verbs[] = {
        "ack",   "confirm", "dismiss", "level",   "assign",   "respond",  "waive",    "merge",
        "times", "note",    "close",   "reopen",  "state",    "receipt",  "classify", "verify",
        "draft", "submit",  "approve", "reject",  "line",     "withdraw", "correct",  "split",
        "refer", "urge",    "respond", "confirm", "register", "accept"};
    static const char *const clocks[] = {"H5", "H24", "H48", "CONT"};
    static const char *const people[] = {"x", "y"};
    char id[40], incident_id[32];
    json_t *args = random_args(seed, w->d.now);

    if (random_below(seed, 2))
        json_object_set_new(args, "clock", json_string(clocks[random_below(seed, 4)]));
    snprintf(id, sizeof(id), "%u-%u", random_below(seed, 1u << 30), random_below(seed, 1u << 30));
    snprintf(incident_id, sizeof(incident_id), "%c20261123-%04u", random_below(seed, 8) ? 'I' : 'M',
             1 + random_below(seed, 4));
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s,s,s,s,s]},s:o}", "id", id, "verb",
                            verbs[random_below(seed, HY_COUNT(verbs))], "incident", incident_id,
                            "actor", "id", people[random_below(seed, 2)], "name", "某", "roles",
                            "analyst", "supervisor", "duty", "editor", "approver", "args", args);
    hy_decide_command(&w->d, cmd);
    json_decref(cmd);
}

static void random_timers(struct world *w, uint64_t *seed)
{
    struct hy_walk walk = {.open = true};
    const json_t *doc;
    HY_VEC(struct hy_pending) due = {0};

    w->d.now = hy_wall_add_ms(w->d.now, (int64_t)random_below(seed, 3600) * 1000);
    while ((doc = hy_state_next(w->state, &walk))) {
        struct hy_pendings p;
        hy_pendings_of(doc, &p);
        for (size_t i = 0; i < p.n; i++)
            if (p.v[i].due.ms <= w->d.now.ms)
                hy_vec_push(&due, (struct hy_pending){hy_xstrdup(p.v[i].member), p.v[i].due});
        hy_pendings_release(&p);
    }
    for (size_t i = 0; i < due.n; i++) {
        hy_decide_timer(&w->d, hy_str(due.v[i].member), due.v[i].due);
        free(due.v[i].member);
    }
    hy_vec_release(&due);
}

static void random_hit(struct world *w, uint64_t *seed)
{
    static const char *const alerts[] = {"alert", "list", "digest", "alert"};
    char item[16], incident_id[32];
    bool join = random_below(seed, 3) > 0 || hy_state_count(w->state) >= 4;

    snprintf(item, sizeof(item), "i%u", random_below(seed, 400));
    snprintf(incident_id, sizeof(incident_id), "I20261123-%04u", 1 + random_below(seed, 4));
    if (join && hy_state_incident(w->state, hy_str(incident_id)) == NULL)
        join = false;
    give_hit(w, item, alerts[random_below(seed, 4)], (int)random_below(seed, 5), "23T09:12",
             join ? incident_id : NULL, join && random_below(seed, 2) ? "i1" : NULL);
}

static void random_health(struct world *w, uint64_t *seed)
{
    static const char *const states[] = {"healthy", "blind", "quiet", "blind"};
    char id[16];

    snprintf(id, sizeof(id), "e%u", random_below(seed, 50));
    json_t *event =
        json_pack("{s:s,s:s,s:s}", "id", id, "source", random_below(seed, 2) ? "a" : "b", "to",
                  states[random_below(seed, 4)]);
    assert_true(hy_decide_source(&w->d, event));
    json_decref(event);
}

static void check_incident(const json_t *doc, int64_t now)
{
    size_t i, k;
    json_t *o, *p;
    const json_t *list = json_object_get(doc, "obligations");

    json_array_foreach (list, i, o) {
        bool open = hy_str_is(hy_json_str(o, "state"), "open");
        assert_true(hy_json_time(o, "due").ms > hy_json_time(o, "start").ms);
        assert_true(open == !hy_wall_known(hy_json_time(o, "ended")));
        if (open)
            assert_true(hy_incident_is_open(doc));
        json_array_foreach (list, k, p) /* a clock runs at most once at a time */
            assert_false(k != i && open && hy_str_is(hy_json_str(p, "state"), "open") &&
                         hy_str_eq(hy_json_str(o, "clock"), hy_json_str(p, "clock")));
    }
    struct hy_pendings pend;
    hy_pendings_of(doc, &pend);
    for (i = 0; i < pend.n; i++)
        assert_true(pend.v[i].due.ms >
                    now); /* after the timers ran nothing is overdue to be told */
    hy_pendings_release(&pend);
}

TEST(model_of_random_inputs)
{
    for (uint64_t run = 1; run <= 30; run++) {
        struct world w;
        uint64_t seed = run * 7919;

        world_begin(&w);
        for (int step = 0; step < 300; step++) {
            if (run % 6 == 1)
                hy_state_cool(w.state, random_below(&seed, 4));
            switch (random_below(&seed, 5)) {
            case 4:
                random_health(&w, &seed);
                break;
            case 0:
                random_hit(&w, &seed);
                break;
            case 1:
                random_timers(&w, &seed);
                break;
            default:
                random_command(&w, &seed);
                break;
            }
        }
        w.d.now = hy_wall_add_ms(w.d.now, 1);
        random_timers(&w, &seed);
        struct hy_walk walk = {.kinds = 1u << HY_DOC_INCIDENT};
        const json_t *doc;
        while ((doc = hy_state_next(w.state, &walk)))
            check_incident(doc, w.d.now.ms);
        check_journal(&w, hy_buf_view(&w.d.lines));
        world_end(&w);
    }
}

/* ---- health of sources ---- */

static bool health(struct world *w, const char *source, const char *id, const char *to,
                   const char *since)
{
    char time[HY_TIME_SIZE];
    json_t *event = json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", id, "source", source, "name", "论坛",
                              "to", to, "why", "连续 5 次没有回答");

    hy_json_set_str(event, "since", hy_str(hy_wall_format(at(since), HY_CST, time)));
    bool taken = hy_decide_source(&w->d, event);
    json_decref(event);
    return taken;
}

static const json_t *source(const struct world *w, const char *id)
{
    return hy_state_incident(w->state, hy_str(id));
}

static void fire_source(struct world *w, const char *id, hy_wall now)
{
    struct hy_pendings p;

    w->d.now = now;
    hy_pendings_of(source(w, id), &p);
    for (size_t i = 0; i < p.n; i++)
        if (p.v[i].due.ms <= now.ms)
            hy_decide_timer(&w->d, hy_str(p.v[i].member), p.v[i].due);
    hy_pendings_release(&p);
}

/* "state 23T09:12-23T09:40 ..." */
static void expect_windows(const struct world *w, const char *id, const char *want)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(source(w, id), "windows"), i, o)
        hy_buf_printf(&b, "%s%s %.8s-%.8s", i ? " " : "", hy_json_str(o, "state").p,
                      hy_json_str(o, "from").p + 8,
                      hy_json_str(o, "to").n ? hy_json_str(o, "to").p + 8 : "");
    assert_string_equal(b.p ? b.p : "", want);
    hy_buf_release(&b);
}

TEST(a_blind_source_is_told_to_operators_when_it_lasts)
{
    struct world w;

    world_begin(&w);
    assert_true(health(&w, "forum", "e1", "healthy", "23T09:00"));
    assert_true(health(&w, "site", "e2", "healthy", "23T09:00"));
    assert_true(health(&w, "forum", "e3", "blind", "23T09:10"));
    assert_true(health(&w, "forum", "e3", "blind", "23T09:10")); /* again: nothing */
    expect_windows(&w, "S-forum", "healthy 23T09:00-23T09:10 blind 23T09:10-");
    expect_notices(&w, "");
    fire_source(&w, "S-forum", at("23T09:22"));
    expect_notices(&w, ""); /* not ten minutes since we heard of it */
    fire_source(&w, "S-forum", at("23T09:23"));
    expect_notices(&w, "-/blind-1795396200>s"); /* no operator, no admin: the supervisor */
    fire_source(&w, "S-forum", at("24T09:23"));
    expect_notices(&w, "-/blind-1795396200.2>s");
    w.d.now = at("24T09:31");
    assert_true(health(&w, "forum", "e4", "healthy", "24T09:30"));
    expect_notices(&w, "-/back-1795483800>s");
    fire_source(&w, "S-forum", at("26T09:30"));
    expect_notices(&w, "");
    expect_windows(&w, "S-forum",
                   "healthy 23T09:00-23T09:10 blind 23T09:10-24T09:30 healthy 24T09:30-");
    world_end(&w);
}

/* Found silent at the first look: nobody had watched it until then, and coverage must not count the
 * weeks before. */
TEST(nobody_looked_before_the_first_window)
{
    char time[HY_TIME_SIZE];
    struct world w;

    world_begin(&w);
    json_t *event = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "id", "e1", "source", "old", "name",
                              "旧站", "to", "suspicious", "why", "已有 22 天没有新内容", "at",
                              hy_wall_format(at("23T09:10"), HY_CST, time));
    hy_json_set_str(event, "since", hy_str(hy_wall_format(at("01T00:00"), HY_CST, time)));
    assert_true(hy_decide_source(&w.d, event));
    expect_windows(&w, "S-old", "suspicious 23T09:10-");
    assert_true(
        hy_str_starts(hy_json_str(source(&w, "S-old"), "since"), HY_STR("2026-11-01T00:00")));
    json_decref(event);
    assert_true(health(&w, "old", "e2", "healthy", "23T09:12"));
    expect_windows(&w, "S-old", "suspicious 23T09:10-23T09:12 healthy 23T09:12-");
    world_end(&w);
}

TEST(a_short_blindness_is_recorded_and_not_told)
{
    struct world w;

    world_begin(&w);
    assert_true(health(&w, "forum", "e1", "blind", "23T09:10"));
    w.d.now = at("23T09:20");
    assert_true(health(&w, "forum", "e2", "quiet", "23T09:19"));
    fire_source(&w, "S-forum", at("23T12:00"));
    expect_notices(&w, "");
    expect_windows(&w, "S-forum", "blind 23T09:10-23T09:19 quiet 23T09:19-");
    world_end(&w);
}

TEST(when_no_source_sees_any_more_it_is_urgent)
{
    struct world w;

    world_begin(&w);
    health(&w, "forum", "e1", "blind", "23T09:10");
    health(&w, "site", "e2", "blind", "23T09:10");
    hy_decide_clear(&w.d);
    fire_source(&w, "S-site", at("23T09:30"));
    const json_t *n =
        json_object_get(json_object_get(json_array_get(w.d.entries, 0), "data"), "notice");
    assert_string_equal(hy_json_str(n, "class").p, "urgent");
    assert_non_null(strstr(hy_json_str(n, "body").p, "监测已中断"));
    assert_string_equal(hy_json_str(n, "title").p, "【信源】论坛");
    world_end(&w);
}

TEST(what_is_no_state_of_a_source_is_refused)
{
    struct world w;

    world_begin(&w);
    assert_false(health(&w, "forum", "e1", "tired", "23T09:10"));
    assert_false(health(&w, "a/b", "e1", "blind", "23T09:10"));
    assert_int_equal(json_array_size(w.d.entries), 0);
    world_end(&w);
}

/* The last notice of the entries: "class to,to". */
static void expect_digest_for(struct world *w, const char *want, const char *says)
{
    struct hy_buf b = HY_BUF_INIT(1000);
    const json_t *n = NULL;
    size_t i;
    json_t *e;

    json_array_foreach (w->d.entries, i, e) {
        const json_t *one = json_object_get(json_object_get(e, "data"), "notice");
        n = one ? one : n;
    }
    assert_non_null(n);
    hy_buf_str(&b, hy_json_str(n, "class"));
    json_array_foreach (json_object_get(n, "to"), i, e)
        hy_buf_printf(&b, " %s", json_string_value(e));
    assert_string_equal(b.p, want);
    if (strstr(hy_json_str(n, "body").p, says) == NULL)
        fail_msg("no %s in: %s", says, hy_json_str(n, "body").p);
    hy_buf_release(&b);
}

/* Nobody of the press office can do anything about them: where there is no operator, nobody. */
TEST(unusual_silence_is_for_the_digest_of_operators_alone)
{
    struct world w;

    world_begin(&w);
    assert_true(health(&w, "forum", "e1", "healthy", "23T09:00"));
    assert_true(health(&w, "forum", "e2", "suspicious", "23T09:10"));
    hy_decide_clear(&w.d);
    fire_source(&w, "S-forum", at("23T09:30"));
    expect_digest_for(&w, "digest", "没有新内容");
    fire_source(&w, "S-forum", at("25T09:30"));
    expect_notices(&w, "-/suspicious-1795396200>"); /* once */
    w.d.now = at("25T09:31");
    assert_true(health(&w, "forum", "e3", "blind", "25T09:31"));
    hy_decide_clear(&w.d);
    fire_source(&w, "S-forum", at("25T09:45"));
    expect_notices(&w, "-/blind-1795570260>s"); /* that one has to reach somebody */
    world_end(&w);
}

TEST(a_short_unusual_silence_is_not_told)
{
    struct world w;

    world_begin(&w);
    assert_true(health(&w, "forum", "e1", "suspicious", "23T09:10"));
    w.d.now = at("23T09:20");
    assert_true(health(&w, "forum", "e2", "healthy", "23T09:19"));
    fire_source(&w, "S-forum", at("23T12:00"));
    expect_notices(&w, "");
    world_end(&w);
}

TEST(a_page_in_quarantine_is_told_once)
{
    struct world w;
    json_t *event =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s}}", "id", "forum-q1", "source", "forum", "to", "healthy",
                  "page", "url", "http://bbs.example/t-1", "why", "读取它的程序中断了");

    world_begin(&w);
    assert_true(hy_decide_source(&w.d, event));
    expect_digest_for(&w, "digest", "http://bbs.example/t-1");
    assert_true(hy_decide_source(&w.d, event));
    json_decref(event);
    expect_notices(&w, "-/page-forum-q1>");
    assert_int_equal(json_array_size(json_object_get(source(&w, "S-forum"), "pages")), 1);
    world_end(&w);
}

TEST(a_gap_is_told_and_kept)
{
    struct world w;
    json_t *event =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s}}", "id", "e1", "source", "forum", "to", "healthy",
                  "gap", "from", "2026-11-23T08:00:00+08:00", "to", "2026-11-23T09:00:00+08:00");

    world_begin(&w);
    assert_true(hy_decide_source(&w.d, event));
    assert_true(hy_decide_source(&w.d, event));
    json_decref(event);
    expect_digest_for(&w, "digest", "可能漏采");
    expect_notices(&w, "-/gap-1795395600>");
    assert_int_equal(json_array_size(json_object_get(source(&w, "S-forum"), "gaps")), 1);
    world_end(&w);
}
