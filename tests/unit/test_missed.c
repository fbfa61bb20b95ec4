/* SPDX-License-Identifier: Apache-2.0 */
/* An outage over many incidents: everything fires once, says how late, most urgent first; nobody is
 * told more than one thing, and that names what there was. */
#include "alerts/decide/missed.h"
#include "alerts/decide/parts.h"
#include "core/vec.h"
#include "tests/unit/world.h"

enum { INCIDENTS = 60 };

struct late {
    char *member;
    struct hy_missed_rank rank;
};
struct lates {
    HY_VEC(struct late) v;
};

static int by_rank(const void *a, const void *b)
{
    return hy_missed_compare(&((const struct late *)a)->rank, &((const struct late *)b)->rank);
}

static void lates_of(struct world *w, struct lates *ret)
{
    struct hy_walk walk = {.open = true};
    const json_t *doc;

    *ret = (struct lates){0};
    while ((doc = hy_state_next(w->state, &walk))) {
        struct hy_pendings p;
        hy_pendings_of(doc, &p);
        for (size_t i = 0; i < p.n; i++)
            if (w->d.now.ms - p.v[i].due.ms >= HY_MISSED_AFTER_MS)
                hy_vec_push(&ret->v, ((struct late){hy_xstrdup(p.v[i].member),
                                                    hy_missed_rank(w->state, hy_str(p.v[i].member),
                                                                   p.v[i].due)}));
        hy_pendings_release(&p);
    }
    if (ret->v.n)
        qsort(ret->v.v, ret->v.n, sizeof(*ret->v.v), by_rank);
}

static void fire(struct world *w, struct lates *l, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < l->v.n; i++)
        hy_decide_timer(&w->d, hy_str(l->v.v[i].member), (hy_wall){l->v.v[i].rank.due});
}

static void lates_release(struct lates *l)
{
    for (size_t i = 0; i < l->v.n; i++)
        free(l->v.v[i].member);
    hy_vec_release(&l->v);
}

/* Levels 1 to 4 in turn, a minute apart; then nobody is there from 09:15 until `end`. */
static void sleep_through(struct world *w, const char *end)
{
    for (int i = 0; i < INCIDENTS; i++) {
        char id[16], published[16];
        snprintf(id, sizeof(id), "a%d", i);
        snprintf(published, sizeof(published), "23T08:%02d", 12 + i % 40);
        give_hit(w, id, "alert", 1 + i % 4, published, NULL, NULL);
    }
    json_array_clear(w->d.entries);
    w->d.now = at(end);
}

/* What rang, by person: each at most once. */
struct rung {
    struct hy_map *told; /* person -> body, borrowed from the entries */
    size_t quiet;        /* notices that did not ring */
};

static struct rung rung_of(struct world *w)
{
    struct rung r = {.told = hy_map_new(NULL)};
    size_t i, k;
    json_t *e, *p;

    json_array_foreach (w->d.entries, i, e) {
        const json_t *n = json_object_get(json_object_get(e, "data"), "notice");
        if (n == NULL)
            continue;
        if (hy_json_str(n, "quiet").n) {
            assert_true(hy_json_int(n, "late_by_ms", 0) >= HY_MISSED_AFTER_MS);
            assert_string_equal(hy_json_str(n, "class").p, "digest");
            r.quiet++;
            continue;
        }
        json_array_foreach (json_object_get(n, "to"), k, p) {
            if (hy_map_get(r.told, hy_str(json_string_value(p))))
                fail_msg("%s twice: %s", json_string_value(p), hy_json_str(n, "id").p);
            hy_map_set(r.told, hy_str(json_string_value(p)),
                       (void *)hy_json_str(n, "body").p);
        }
    }
    return r;
}

TEST(an_outage_over_many_incidents_tells_each_person_once)
{
    struct world w;
    struct lates l;

    world_begin(&w);
    sleep_through(&w, "23T18:00");
    lates_of(&w, &l);
    assert_true(l.v.n > 3 * INCIDENTS);
    for (size_t i = 1; i < l.v.n; i++) /* most urgent first */
        assert_true(l.v.v[i - 1].rank.level <= l.v.v[i].rank.level);
    assert_int_equal(l.v.v[0].rank.level, 1);
    assert_int_equal(l.v.v[0].rank.quiet, HY_URGENT);
    hy_missed_begin(&w.d, at("23T09:23"));
    fire(&w, &l, 0, l.v.n);
    fire(&w, &l, 0, l.v.n); /* and again: nothing */
    hy_missed_tell(&w.d);
    struct rung r = rung_of(&w);
    assert_int_equal(r.quiet, l.v.n);
    assert_int_equal(hy_map_count(r.told), 5); /* everybody of the list */
    const char *body = hy_map_get(r.told, HY_STR("d"));
    assert_non_null(strstr(body, "从 11月23日 09:23 起"));
    assert_non_null(strstr(body, "\n1. 【特别重大·拟】"));
    assert_non_null(strstr(body, "\n其余 "));
    assert_int_equal(hy_missed_round(&w.d).n, 0);
    hy_map_free(r.told);
    check_journal(&w, hy_buf_view(&w.d.lines));
    lates_release(&l);
    world_end(&w);
}

TEST(a_round_that_was_cut_off_is_brought_to_its_end)
{
    struct world w;
    struct lates l;

    world_begin(&w);
    sleep_through(&w, "23T18:00");
    lates_of(&w, &l);
    hy_missed_begin(&w.d, at("23T09:23"));
    fire(&w, &l, 0, l.v.n / 2);
    lates_release(&l);
    hy_decide_clear(&w.d); /* the next leader knows what the documents say, and no more */
    w.d.now = at("23T18:02");
    assert_true(hy_missed_round(&w.d).n > 0);
    lates_of(&w, &l);
    fire(&w, &l, 0, l.v.n);
    hy_missed_tell(&w.d);
    struct rung r = rung_of(&w);
    assert_int_equal(hy_map_count(r.told), 5);
    char all[64]; /* also those of before */
    snprintf(all, sizeof(all), "涉及 %d 件", INCIDENTS);
    assert_non_null(strstr(hy_map_get(r.told, HY_STR("e")), all));
    hy_map_free(r.told);
    lates_release(&l);
    world_end(&w);
}

/* Commands get their turn between two transactions of a round.  Whoever was not told of an incident is
 * told of it also when it has been dismissed, answered or merged since: the notice of it rang nowhere
 * and stands in the record.  The leader is told of nothing but overdue limits, so one incident is all he
 * has. */
TEST(what_is_closed_in_the_middle_of_a_round_is_told_all_the_same)
{
    static const struct {
        const char *verb, *args, *word;
    } ends[] = {
        {"dismiss", "{'reason':'误报'}", "（已排除）"},
        {"merge", "{'into':'I20261123-0002','reason':'同一件事'}", "（已并案）"},
    };

    for (size_t i = 0; i < HY_COUNT(ends); i++) {
        struct world w;
        struct lates l;
        world_begin(&w);
        give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
        give_hit(&w, "b", "alert", 4, "23T09:12", NULL, NULL);
        hy_decide_clear(&w.d);
        w.d.now = at("23T18:00");
        lates_of(&w, &l);
        hy_missed_begin(&w.d, at("23T09:23"));
        fire(&w, &l, 0, l.v.n);
        assert_string_equal(command(&w, ends[i].verb, "d", ANY, json_of(ends[i].args)), "ok");
        assert_false(hy_incident_is_open(incident(&w)));
        hy_decide_clear(&w.d); /* a merger may ring by itself */
        hy_missed_tell(&w.d);
        struct rung r = rung_of(&w);
        const char *body = hy_map_get(r.told, HY_STR("l"));
        assert_non_null(body);
        assert_non_null(strstr(body, ends[i].word));
        body = hy_map_get(r.told, HY_STR("e")); /* what is still to do comes first */
        if (strstr(body, "\n2. ") == NULL || strstr(body, ends[i].word) < strstr(body, "\n2. "))
            fail_msg("%s", body);
        hy_map_free(r.told);
        lates_release(&l);
        world_end(&w);
    }
}

TEST(what_is_new_during_a_round_rings)
{
    struct world w;

    world_begin(&w);
    hy_missed_begin(&w.d, at("23T09:00"));
    hy_decide_clear(&w.d);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    const json_t *n = json_array_get(json_object_get(incident(&w), "notices"), 0);
    assert_string_equal(hy_json_str(n, "class").p, "urgent");
    assert_int_equal(hy_json_str(n, "quiet").n, 0);
    hy_missed_tell(&w.d); /* nobody missed anything: nobody is told */
    assert_int_equal(hy_missed_round(&w.d).n, 0);
    assert_null(json_object_get(hy_duty_doc(&w.d), "notices"));
    world_end(&w);
}
