/* SPDX-License-Identifier: Apache-2.0 */
/* A rehearsal says what the act then does, and does nothing itself. */
#include "alerts/decide/rehearse.h"

#include "tests/unit/world.h"

#define OTHER "I20261123-0002"

static void two_incidents(struct world *w)
{
    give_hit(w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    w->d.now = at("23T10:00");
    give_hit(w, "b1", "alert", 2, "23T08:00", NULL, NULL);
    give_hit(w, "b2", "alert", 2, "23T09:30", OTHER, NULL);
    hy_decide_clear(&w->d);
}

static json_t *rehearse(struct world *w, const char *on, const char *verb, const char *role,
                        const char *args)
{
    HY_CLEANUP(hy_json_freep) json_t *docs =
        json_pack("[O,O]", hy_state_incident(w->state, hy_str(on)),
                  hy_state_incident(w->state, hy_str(strcmp(on, ID) ? ID : OTHER)));
    HY_CLEANUP(hy_json_freep) json_t *cmd =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:o}", "id", "r", "verb", verb, "incident", on,
                  "actor", "id", "x", "name", "x", "roles", role, "args", json_of(args));

    return hy_rehearse(&w->rules, docs, cmd, w->d.now);
}

/* "H5:23T13:00 H24:..." of the clocks that run, as rehearsed or as the document has them. */
static void add_clocks(struct hy_buf *b, const json_t *list)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        char text[HY_TIME_SIZE];
        if (hy_str_is(hy_json_str(o, "state"), "superseded"))
            continue;
        hy_wall_format(hy_json_time(o, "due"), HY_CST, text);
        hy_buf_printf(b, "%s:%s:%.8s ", hy_json_str(o, "clock").p, hy_json_str(o, "state").p,
                      text + 8);
    }
}

static void expect_same(const json_t *rehearsed, const json_t *doc)
{
    struct hy_buf a = HY_BUF_INIT(4096), b = HY_BUF_INIT(4096);

    add_clocks(&a, json_object_get(rehearsed, "obligations"));
    add_clocks(&b, json_object_get(doc, "obligations"));
    assert_string_equal(a.p ? a.p : "", b.p ? b.p : "");
    assert_true(hy_str_eq(hy_json_str(rehearsed, "state"), hy_json_str(doc, "state")));
    assert_int_equal(hy_json_int(rehearsed, "items", -1),
                     json_array_size(json_object_get(doc, "items")));
    assert_true(json_equal(json_object_get(rehearsed, "times"), json_object_get(doc, "times")));
    hy_buf_release(&a);
    hy_buf_release(&b);
}

TEST(what_is_rehearsed_happens)
{
    static const struct {
        const char *on, *verb, *args;
        int role;
        size_t changed;
    } rows[] = {
        {OTHER, "merge", "{'into':'" ID "'}", HY_ROLE_ANALYST, 2},
        {ID, "merge", "{'into':'" OTHER "'}", HY_ROLE_ANALYST, 2},
        {OTHER, "split", "{'items':['b2'],'reason':'另一件事'}", HY_ROLE_ANALYST, 2},
        {ID, "level", "{'level':1,'reason':'死亡三十人'}", HY_ROLE_ANALYST, 1},
        {ID, "level", "{'level':4,'reason':'无人伤亡'}", HY_ROLE_ANALYST, 1},
        {ID, "dismiss", "{'reason':'演练'}", HY_ROLE_DUTY, 1},
    };
    struct world w;

    world_begin(&w);
    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        char before[HY_DIGEST_HEX], after[HY_DIGEST_HEX];
        two_incidents(&w);
        hy_state_digest(w.state, before);
        HY_CLEANUP(hy_json_freep) json_t *r =
            rehearse(&w, rows[i].on, rows[i].verb, hy_role_name[rows[i].role], rows[i].args);
        assert_string_equal(hy_state_digest(w.state, after), before);
        assert_true(hy_json_bool(r, "ok"));
        assert_string_equal(
            command_on(&w, rows[i].on, rows[i].verb, "x", 1u << rows[i].role, json_of(rows[i].args)),
            "ok");
        const json_t *list = json_object_get(r, "incidents"), *got;
        size_t k;
        assert_int_equal(json_array_size(list), rows[i].changed);
        json_array_foreach (list, k, got) {
            struct hy_str id = hy_json_str(got, "id");
            expect_same(got, hy_state_incident(w.state, id.n ? id : HY_STR("I20261123-0003")));
        }
        world_again(&w);
    }
    world_end(&w);
}

TEST(a_merge_shows_the_earliest_start_and_which_clocks_ran_already)
{
    struct world w;

    world_begin(&w);
    two_incidents(&w);
    HY_CLEANUP(hy_json_freep) json_t *r =
        rehearse(&w, OTHER, "merge", "analyst", "{'into':'" ID "'}");
    const json_t *into = json_array_get(json_object_get(r, "incidents"), 1);
    const json_t *h5 = json_array_get(json_object_get(into, "obligations"), 0);
    assert_string_equal(hy_json_str(into, "id").p, ID);
    assert_string_equal(hy_json_str(json_object_get(into, "times"), "first_public").p,
                        "2026-11-23T08:00:00+08:00");
    assert_false(hy_json_bool(h5, "known"));
    json_decref(r);
    r = rehearse(&w, ID, "merge", "analyst", "{'into':'" OTHER "'}");
    into = json_array_get(json_object_get(r, "incidents"), 1);
    h5 = json_array_get(json_object_get(into, "obligations"), 0);
    assert_true(hy_json_bool(h5, "known"));
    world_end(&w);
}

TEST(a_refusal_is_said_before)
{
    struct world w;

    world_begin(&w);
    two_incidents(&w);
    HY_CLEANUP(hy_json_freep) json_t *r = rehearse(&w, ID, "merge", "monitor", "{'into':'x'}");
    assert_false(hy_json_bool(r, "ok"));
    assert_string_equal(hy_json_str(r, "code").p, "forbidden");
    assert_int_equal(json_array_size(json_object_get(r, "incidents")), 0);
    json_decref(r);
    r = rehearse(&w, OTHER, "split", "analyst", "{'items':['b1','b2'],'reason':'x'}");
    assert_string_equal(hy_json_str(r, "code").p, "invalid");
    json_decref(r);
    r = rehearse(&w, "I1", "note", "duty", "{'text':'x'}");
    assert_string_equal(hy_json_str(r, "code").p, "not_found");
    world_end(&w);
}

TEST(who_would_be_told_is_named)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "list", 4, "23T09:12", NULL, NULL);
    HY_CLEANUP(hy_json_freep) json_t *docs = json_pack("[O]", incident(&w));
    HY_CLEANUP(hy_json_freep) json_t *cmd =
        json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:{s:i,s:s}}", "id", "r", "verb", "level",
                  "incident", ID, "actor", "id", "x", "name", "x", "roles", "analyst", "args",
                  "level", 1, "reason", "重大");
    HY_CLEANUP(hy_json_freep) json_t *r = hy_rehearse(&w.rules, docs, cmd, w.d.now);
    const json_t *first = json_array_get(json_object_get(r, "told"), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(first, "to"), 0)), "值班");
    world_end(&w);
}
