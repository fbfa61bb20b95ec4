/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that ran a day ahead and comes back: whoever is to be reminded is reminded at the right
 * time all the same, and clocks that began in the future begin now. */
#include "alerts/decide/set_back.h"
#include "tests/unit/world.h"

#define SECOND "I20261124-0001" /* opened while the clock was ahead */

/* Everything falls due at once, as after an outage. */
static void jump_ahead(struct world *w, const char *to)
{
    struct hy_walk walk = {.open = true};
    const json_t *doc;

    w->d.now = at(to);
    while ((doc = hy_state_next(w->state, &walk))) {
        struct hy_pendings p;
        hy_pendings_of(doc, &p);
        for (size_t i = 0; i < p.n; i++)
            if (p.v[i].due.ms <= w->d.now.ms)
                hy_decide_timer(&w->d, hy_str(p.v[i].member), p.v[i].due);
        hy_pendings_release(&p);
    }
}

/* How many documents were mended. */
static int set_back(struct world *w, const char *to)
{
    struct hy_walk walk = {0};
    int n = 0;

    w->d.now = at(to);
    assert_true(hy_set_back_is(&w->d, w->state->at));
    hy_set_back_begin(&w->d, w->state->at);
    while (hy_set_back_mend(&w->d, &walk))
        n++;
    hy_set_back_tell(&w->d);
    assert_false(hy_set_back_is(&w->d, w->state->at));
    return n;
}

/* A page that does not say when it was published. */
static void give_undated(struct world *w, const char *id)
{
    HY_CLEANUP(hy_json_freep) json_t *hit = hit_of(id, "alert", 2, "23T09:12");

    json_object_set_new(hit, "published", json_null());
    hy_decide_hit(&w->d, hit, &(struct hy_place_verdict){0});
}

static hy_wall time_of(const struct world *w, const char *id, const char *name)
{
    return hy_json_time(json_object_get(hy_state_incident(w->state, hy_str(id)), "times"), name);
}

static void keep_lines(struct world *w, struct hy_buf *all)
{
    hy_buf_str(all, hy_buf_view(&w->d.lines));
    hy_decide_clear(&w->d);
}

/* Which lines of 督办 are marked: 'y' or '-' each. */
static const char *ahead_of(const struct world *w)
{
    static char out[16];
    const json_t *urges = json_object_get(incident(w), "urges");
    size_t n = json_array_size(urges);

    for (size_t i = 0; i < n; i++)
        out[i] = hy_json_bool(json_array_get(urges, i), HY_CLOCK_AHEAD) ? 'y' : '-';
    out[n] = '\0';
    return out;
}

TEST(reminders_that_came_a_day_too_early_come_again)
{
    struct hy_buf all = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok");
    jump_ahead(&w, "24T09:30");
    assert_int_equal(json_array_size(json_object_get(incident(&w), "urges")), 2); /* H5, H24 */
    assert_int_equal(set_back(&w, "23T10:00"), 1);
    keep_lines(&w, &all);
    fire_until(&w, at("23T14:13"));
    hy_buf_str(&all, hy_buf_view(&w.d.lines));
    expect_notices(&w, "H5/supervisor-2h.2>s H5/left-2h.2>d,u H5/left-1h.2>d,u,l "
                       "H5/left-15m.2>d,e,u,s H5/late.2>d,u,s,l");
    /* what was put on record as overdue a day ahead is, once more, when it is */
    assert_int_equal(json_array_size(json_object_get(incident(&w), "urges")), 3);
    assert_string_equal(ahead_of(&w), "yy-");
    fire_until(&w, at("24T09:13"));
    hy_buf_str(&all, hy_buf_view(&w.d.lines));
    check_journal(&w, hy_buf_view(&all));
    hy_buf_release(&all);
    world_end(&w);
}

TEST(what_began_in_the_future_begins_now)
{
    struct hy_buf all = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    jump_ahead(&w, "24T09:30");
    give_undated(&w, "b1");
    assert_string_equal(command(&w, "ack", "d", ROLE(DUTY), NULL), "ok"); /* of the first */
    assert_true(time_of(&w, SECOND, "detected").ms == at("24T09:30").ms);
    keep_lines(&w, &all);
    assert_int_equal(set_back(&w, "23T09:40"), 2);
    assert_true(time_of(&w, SECOND, "detected").ms == at("23T09:40").ms);
    /* else it would answer all that is told until then */
    assert_true(hy_json_time(json_object_get(incident(&w), "ack"), "at").ms == at("23T09:40").ms);
    expect_clocks_of(hy_state_incident(w.state, HY_STR(SECOND)),
                     "H5:superseded:24T14:30? H24:superseded:25T09:30? H5.2:open:23T14:40? "
                     "H24.2:open:24T09:40?");
    keep_lines(&w, &all);
    struct hy_pendings p; /* nobody has answered the page: the ladder begins now */
    hy_pendings_of(hy_state_incident(w.state, HY_STR(SECOND)), &p);
    hy_wall first = p.v[0].due;
    for (size_t i = 0; i < p.n; i++)
        first.ms = HY_MIN(first.ms, p.v[i].due.ms);
    assert_true(first.ms == at("23T09:50").ms);
    hy_pendings_release(&p);
    check_journal(&w, hy_buf_view(&all));
    hy_buf_release(&all);
    world_end(&w);
}

static void count_one(void *user)
{
    ++*(int *)user;
}

TEST(a_keeper_that_dies_in_the_middle_leaves_the_rest_to_the_next)
{
    struct world w;
    struct hy_walk walk = {0}, again = {0};
    int n = 0, read = 0;

    world_begin(&w);
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof(id), "a%d", i);
        give_hit(&w, id, "alert", 2, "23T09:12", NULL, NULL);
    }
    jump_ahead(&w, "24T09:30");
    w.d.now = at("23T10:00");
    hy_set_back_begin(&w.d, w.state->at);
    assert_true(hy_set_back_mend(&w.d, &walk));
    assert_true(hy_set_back_mend(&w.d, &walk));
    w.d.now = at("23T10:02"); /* the next one */
    assert_true(hy_set_back_is(&w.d, w.state->at));
    hy_set_back_begin(&w.d, w.state->at);
    for (int i = 0; i < 2; i++) /* the first takes the marks away */
        hy_state_cool(w.state, 0);
    w.state->breathe = count_one;
    w.state->user = &read;
    while (hy_set_back_mend(&w.d, &again))
        n++;
    assert_int_equal(n, 3);
    assert_int_equal(read, 3); /* and those that were mended are not even read */
    hy_decide_clear(&w.d);
    hy_set_back_tell(&w.d);
    const json_t *told = json_object_get(json_object_get(json_array_get(w.d.entries, 0), "data"),
                                         "notice");
    assert_non_null(strstr(json_string_value(json_object_get(told, "body")), "5 件事"));
    world_end(&w);
}

TEST(an_answer_given_while_the_clock_was_ahead_is_named)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    jump_ahead(&w, "24T09:30");
    assert_string_equal(command(&w, "respond", "u", ROLE(EDITOR),
                                json_of("{'url':'https://a.cn/1','form':'release',"
                                        "'published':'2026-11-24T09:30:00+08:00'}")),
                        "ok");
    hy_decide_clear(&w.d);
    set_back(&w, "23T10:00");
    const json_t *told = NULL, *e;
    size_t i;
    json_array_foreach (w.d.entries, i, e)
        if (json_object_get(json_object_get(e, "data"), "notice"))
            told = json_object_get(json_object_get(e, "data"), "notice");
    assert_non_null(strstr(json_string_value(json_object_get(told, "body")), "1 件事在这段时间里登记过回应"));
    assert_non_null(strstr(json_string_value(json_object_get(told, "body")), "清溪县一化工厂爆炸"));
    world_end(&w);
}

TEST(a_clock_two_hours_ahead_does_not_swallow_the_supervision_at_the_right_time)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    jump_ahead(&w, "23T14:13"); /* H5 is over by that clock */
    assert_string_equal(ahead_of(&w), "-");
    set_back(&w, "23T12:13");
    assert_string_equal(ahead_of(&w), "y");
    fire_until(&w, at("23T15:00")); /* past the time the first line says */
    assert_string_equal(ahead_of(&w), "y-");
    world_end(&w);
}

TEST(supervision_is_marked_where_the_matter_has_ended_too)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    assert_string_equal(command(&w, "urge", "s", ROLE(SUPERVISOR), json_of("{'text':'今天内发布'}")),
                        "ok");
    jump_ahead(&w, "24T09:30");
    assert_string_equal(command(&w, "urge", "s", ROLE(SUPERVISOR), json_of("{'text':'马上发布'}")),
                        "ok");
    assert_string_equal(command(&w, "dismiss", "s", ROLE(ANALYST), json_of("{'reason':'误报'}")),
                        "ok");
    hy_decide_clear(&w.d);
    set_back(&w, "23T10:00");
    assert_string_equal(ahead_of(&w), "-yyy"); /* H5, H24 */
    hy_decide_clear(&w.d);
    world_end(&w);
}

TEST(servers_that_differ_by_minutes_change_nothing)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    hy_wall newest = w.state->at;
    w.d.now = hy_wall_add_ms(newest, -HY_SET_BACK_MS);
    assert_false(hy_set_back_is(&w.d, newest));
    w.d.now.ms--;
    assert_true(hy_set_back_is(&w.d, newest));
    world_end(&w);
}
