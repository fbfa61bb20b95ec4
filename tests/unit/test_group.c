/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/group.h"
#include "analyzer/trace.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static json_t *item(const char *title, const char *text, const char *published, const char *type,
                    const char *place)
{
    json_t *score = json_pack("{s:f}", "emergency", type ? 80.0 : 10.0);

    if (type)
        json_object_set_new(score, "event_type", json_string(type));
    if (place)
        json_object_set_new(score, "places", json_pack("[{s:s}]", "code", place));
    return json_pack("{s:s,s:s,s:s,s:o}", "title", title, "text", text, "published", published,
                     "score", score);
}

static json_t *trace(const char *title, const char *text, const char *day, const char *type,
                     const char *place)
{
    char published[40];

    snprintf(published, sizeof(published), "2026-11-%sT09:00:00+08:00", day);
    HY_CLEANUP(hy_json_freep) json_t *o = item(title, text, published, type, place);
    return hy_trace_of(o);
}

static const char body[] =
    "清溪县一化工厂今日上午九时许发生爆炸，现场浓烟滚滚，附近居民被紧急疏散。消防部门已派出多辆消防"
    "车"
    "赶赴现场处置，目前明火已被扑灭，事故造成三人死亡、十二人受伤，伤员均已送往县人民医院救治。";

TEST(equal_texts_are_reprints)
{
    HY_CLEANUP(hy_json_freep) json_t *a = trace("化工厂爆炸", body, "23", "explosion", NULL);
    HY_CLEANUP(hy_json_freep) json_t *b = trace("化工厂，爆炸！", body, "24", "explosion", NULL);
    HY_CLEANUP(hy_json_freep)
    json_t *c = trace("学校食堂涨价", "学生反映食堂饭菜价格上涨", "24", NULL, NULL);
    bool reprint = false;

    assert_true(hy_group_same(a, b, &reprint) > 0.9);
    assert_true(reprint);
    assert_true(hy_group_same(a, c, &reprint) < 0.3);
    assert_false(reprint);
}

TEST(a_trace_survives_json_and_stays_small)
{
    HY_CLEANUP(hy_json_freep) json_t *a = trace("化工厂爆炸", body, "23", "explosion", "3301");
    HY_CLEANUP(hy_freep) char *text = hy_json_text(a);
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *b = NULL;
    bool reprint;

    assert_true(strlen(text) < 1600);
    assert_int_equal(hy_json_parse(hy_str(text), &b, &err), HY_OK);
    assert_true(hy_group_same(a, b, &reprint) > 0.999);
    struct hy_trace_room room;
    struct hy_trace t;
    hy_trace_parse(b, &room, &t);
    assert_int_equal(t.places[0], 3301);
    assert_string_equal(t.event_type, "explosion");
}

TEST(a_broken_trace_is_an_empty_one)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_pack("{s:i,s:s,s:[i]}", "s", 1, "w", "abc", "p", 3);
    struct hy_trace_room room;
    struct hy_trace t;
    bool reprint;

    hy_trace_parse(o, &room, &t);
    assert_int_equal(t.n_shingles, 0);
    assert_int_equal(t.n_terms, 0);
    assert_true(hy_group_same(o, o, &reprint) < 0.5);
    assert_false(reprint);
}

static const char *put(struct hy_group *g, const char *incident, const char *id, const json_t *t)
{
    static char got[40];
    struct hy_group_verdict v = hy_group_place(g, t, (hy_wall){0});

    snprintf(got, sizeof(got), "%s", v.incident ? v.incident : "new");
    hy_group_join(g, v.incident ? got : incident, id, t);
    return got;
}

TEST(reprints_and_follow_ups_join_and_other_places_do_not)
{
    HY_CLEANUP(hy_json_freep)
    json_t *first = trace("杭州一化工厂爆炸", "", "20", "explosion", "3301");
    HY_CLEANUP(hy_json_freep)
    json_t *again = trace("杭州一化工厂爆炸", "", "20", "explosion", "3301");
    HY_CLEANUP(hy_json_freep)
    json_t *next = trace("杭州化工厂爆炸已致3人死亡", "", "21", "explosion", "3301");
    HY_CLEANUP(hy_json_freep)
    json_t *other = trace("成都一餐馆爆炸", "", "21", "explosion", "5101");
    struct hy_group *g = hy_group_new(NULL);

    assert_string_equal(put(g, "A", "1", first), "new");
    struct hy_group_verdict v = hy_group_place(g, again, (hy_wall){0});
    assert_string_equal(v.incident, "A");
    assert_string_equal(v.reprint_of, "1");
    assert_string_equal(v.why, "reprint");
    assert_string_equal(put(g, "B", "2", next), "A");
    assert_string_equal(put(g, "B", "3", other), "new");
    hy_group_free(g);
}

/* A drill uses the words of the accident, at the same place, on the same day. */
TEST(a_drill_is_not_the_accident)
{
    static const char drill[] =
        "今日上午，清溪县在县开发区开展危险化学品爆炸事故应急演练，模拟一家化工厂反应釜爆炸起火、三"
        "人"
        "死亡、十二人受伤、现场浓烟滚滚。消防、医疗、环保等队伍参加，演练历时一个半小时。";
    HY_CLEANUP(hy_json_freep)
    json_t *real = trace("清溪县化工厂爆炸", body, "23", "explosion", "3301");
    HY_CLEANUP(hy_json_freep)
    json_t *scored =
        item("清溪县化工厂爆炸应急演练", drill, "2026-11-23T08:00:00+08:00", "explosion", "3301");
    struct hy_group *g = hy_group_new(NULL);

    HY_CLEANUP(hy_json_freep) json_t *taken_as_real = hy_trace_of(scored);
    json_object_set_new(json_object_get(scored, "score"), "traps", json_pack("[s]", "drill"));
    HY_CLEANUP(hy_json_freep) json_t *mentions_one = hy_trace_of(scored);
    json_object_set_new(json_object_get(scored, "score"), "emergency", json_real(28));
    HY_CLEANUP(hy_json_freep) json_t *told_as_drill = hy_trace_of(scored);
    assert_string_equal(put(g, "A", "1", told_as_drill), "new");
    assert_string_equal(put(g, "B", "2", real), "new");
    hy_group_free(g);
    g = hy_group_new(NULL);
    assert_string_equal(put(g, "A", "1", taken_as_real), "new");
    assert_string_equal(put(g, "B", "2", real), "A");
    assert_string_equal(put(g, "B", "3", mentions_one), "A");
    assert_string_equal(put(g, "B", "4", told_as_drill), "new");
    hy_group_free(g);
}

/* Same county, same morning, nothing else seen yet: only the place is common. */
TEST(an_emergency_does_not_join_a_complaint_of_its_county)
{
    struct hy_group *g = hy_group_new(NULL);
    HY_CLEANUP(hy_json_freep)
    json_t *wages =
        trace("云岭县安置房工地拖欠农民工工资半年，讨薪无门",
              "我们三十多个农民工在云岭县安置房工地干了半年，工资一直拖欠，找人也没有结果。", "24",
              NULL, "9902");
    HY_CLEANUP(hy_json_freep)
    json_t *poisoning =
        trace("云岭县一小学多名学生食物中毒 56人送医",
              "今天中午，云岭县一所小学的学生在食堂用餐后出现呕吐、腹痛，56人送往县医院治疗。",
              "24", "food_poisoning", "9902");
    HY_CLEANUP(hy_json_freep)
    json_t *more = trace("云岭县某小学疑似食物中毒学生增至61人",
                         "县卫健局通报，云岭县一小学学生集体呕吐，送医人数增至61人。", "24",
                         "food_poisoning", "9902");

    put(g, "I1", "a", wages);
    assert_string_equal(put(g, "I2", "b", poisoning), "new");
    assert_string_equal(put(g, "I3", "c", more), "I2");
    hy_group_free(g);
}

TEST(merge_and_forget)
{
    HY_CLEANUP(hy_json_freep) json_t *a = trace("杭州一化工厂爆炸", "", "20", "explosion", "3301");
    HY_CLEANUP(hy_json_freep) json_t *b = trace("成都一餐馆着火", "", "20", "fire", "5101");
    struct hy_group *g = hy_group_new(NULL);

    hy_group_join(g, "A", "1", a);
    hy_group_join(g, "B", "2", b);
    hy_group_merge(g, "A", "B");
    assert_string_equal(hy_group_place(g, a, (hy_wall){0}).incident, "B");
    hy_group_merge(g, "nobody", "B");
    hy_group_forget(g, "B");
    hy_group_forget(g, "B");
    assert_null(hy_group_place(g, a, (hy_wall){0}).incident);
    hy_group_free(g);
}

TEST(the_same_traces_give_the_same_verdicts)
{
    static const char *const titles[] = {"甲地停水三天", "甲地停水四天仍未恢复",
                                         "乙地道路塌陷", "乙地道路塌陷致一人受伤",
                                         "丙地学校收费", "甲地恢复供水"};
    char runs[2][200] = {"", ""};

    for (int r = 0; r < 2; r++) {
        struct hy_group *g = hy_group_new(NULL);
        for (size_t i = 0; i < HY_COUNT(titles); i++) {
            char id[8], fresh[8];
            snprintf(id, sizeof(id), "%zu", i);
            snprintf(fresh, sizeof(fresh), "I%zu", i);
            HY_CLEANUP(hy_json_freep) json_t *t = trace(titles[i], "", "20", NULL, NULL);
            size_t n = strlen(runs[r]);
            snprintf(runs[r] + n, sizeof(runs[r]) - n, "%s,", put(g, fresh, id, t));
        }
        hy_group_free(g);
    }
    assert_string_equal(runs[0], runs[1]);
}
