/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/facts.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

#define OPEN HY_FACT_OPEN

static struct hy_facts facts_of(struct hy_arena *arena, const char *title, const char *text)
{
    struct hy_doc doc = hy_doc_of(arena, hy_str(title), hy_str(text));

    return hy_facts_find(arena, &doc);
}

TEST(one_statement_of_each_form)
{
    static const struct {
        const char *text;
        enum hy_fact_kind kind;
        int64_t min, max; /* min -1: not known */
    } rows[] = {
        {"造成3人死亡", HY_DEATHS, 3, 3},
        {"死亡3人", HY_DEATHS, 3, 3},
        {"已致12人遇难", HY_DEATHS, 12, 12},
        {"遇难人数升至21人", HY_DEATHS, 21, 21},
        {"3死4伤", HY_DEATHS, 3, 3},
        {"3死4伤", HY_INJURED, 4, 4},
        {"致15伤", HY_INJURED, 15, 15},
        {"2名学生溺亡", HY_DEATHS, 2, 2},
        {"5人当场死亡", HY_DEATHS, 5, 5},
        {"３至５人受伤", HY_INJURED, 3, 5},
        {"数十人受伤", HY_INJURED, 20, OPEN},
        {"上百人被困", HY_TRAPPED, 100, OPEN},
        {"至少8人失联", HY_MISSING, 8, OPEN},
        {"紧急转移群众1200余人", HY_EVACUATED, 1200, OPEN},
        {"疏散居民3000人", HY_EVACUATED, 3000, 3000},
        {"直接经济损失约1.2亿元", HY_LOSS_YUAN, 120000000, 120000000},
        {"损失5000万元", HY_LOSS_YUAN, 50000000, 50000000},
        {"未造成人员伤亡", HY_DEATHS, 0, 0},
        {"无人员伤亡", HY_INJURED, 0, 0},
        {"死亡人数上升到18人", HY_DEATHS, 18, 18},
        {"车上32人无一生还", HY_DEATHS, 32, 32},
        {"三名消防员牺牲", HY_DEATHS, 3, 3},
        {"发现3具遗体", HY_DEATHS, 3, 3},
        {"砍死3人", HY_DEATHS, 3, 3},
        {"死者为一名男子", HY_DEATHS, 1, 1},
        {"洗浴中心六人烫伤", HY_INJURED, 6, 6},
        {"两名桡手溺亡", HY_DEATHS, 2, 2}, /* whom no list of people has */
        {"三位采茶工被冲走", HY_MISSING, 3, 3},
        {"两个方案伤脑筋", HY_INJURED, -1, 0},
        {"退伍军人离世", HY_DEATHS, -1, 0},
        {"九死一生", HY_DEATHS, -1, 0},
        {"留下两名孩子死后", HY_DEATHS, -1, 0},
        {"两名工人当场死亡，另有一人送医后不治身亡", HY_DEATHS, 3, 3},
        {"两名工人当场死亡，另有一人送医后不治身亡", HY_INJURED, -1, 0},
        {"2人重伤、6人轻伤", HY_INJURED, 8, 8},
        {"12名乘客受伤，其中3人重伤", HY_INJURED, 12, 12},
        {"30多人食物中毒", HY_INJURED, 30, OPEN},
        {"76名学生出现呕吐腹泻", HY_INJURED, 76, 76},
        {"疏散附近群众三百多名", HY_EVACUATED, 300, OPEN},
        {"损失1200万", HY_LOSS_YUAN, 12000000, 12000000},
        {"没有人员受伤", HY_INJURED, 0, 0},
        {"死者家属3人", HY_DEATHS, -1, 0},
        {"判处死刑", HY_DEATHS, -1, 0},
        {"保护5名伤者", HY_INJURED, -1, 0},
        {"这座城市有3人", HY_DEATHS, -1, 0},
    };
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_facts f = facts_of(arena, "", rows[i].text);
        const struct hy_fact *b = &f.best[rows[i].kind];
        if (b->known != (rows[i].min >= 0) ||
            (b->known && (b->min != rows[i].min || b->max != rows[i].max)))
            fail_msg("%s: %s known %d min %lld max %lld", rows[i].text, hy_fact_name[rows[i].kind],
                     b->known, (long long)b->min, (long long)b->max);
    }
}

TEST(people_who_gather_are_counted)
{
    static const struct {
        const char *title, *text;
        int64_t n;
    } rows[] = {{"约两千人聚集在县政府门前", "", 2000},
                {"业主围堵售楼处", "数百人围堵售楼处，后来上千人聚集。", 1000},
                {"消防员3人受伤", "", -1}};
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_doc doc = hy_doc_of(arena, hy_str(rows[i].title), hy_str(rows[i].text));
        assert_int_equal(hy_facts_gathered(&doc), rows[i].n);
    }
}

TEST(the_body_is_believed_and_the_difference_shown)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_facts f = facts_of(arena, "厂房起火致15伤", "目前已造成1人死亡，5人受伤。");

    assert_int_equal(f.best[HY_INJURED].min, 5);
    assert_true(f.best[HY_INJURED].differs);
    assert_true(f.best[HY_DEATHS].provisional);
    f = facts_of(arena, "厂房起火致15伤", "火已扑灭。");
    assert_int_equal(f.best[HY_INJURED].min, 15);
    assert_false(f.best[HY_INJURED].differs);
}

TEST(a_report_is_no_absence)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    assert_false(facts_of(arena, "", "据悉无人员伤亡。").best[HY_DEATHS].provisional);
    assert_true(facts_of(arena, "", "尚无人员伤亡报告。").best[HY_DEATHS].provisional);
}

TEST(statistics_lose_against_the_event)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_facts f = facts_of(arena, "", "事故造成2人死亡。去年全市此类事故累计造成40人死亡。");

    assert_int_equal(f.best[HY_DEATHS].min, 2);
}

TEST(the_score_may_leave_mentions_out)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_facts f = facts_of(arena, "", "造成2人死亡。造成9人死亡。");
    bool keep[] = {true, false};

    assert_int_equal(f.n_mentions, 2);
    assert_int_equal(f.best[HY_DEATHS].min, 9);
    hy_facts_choose(&f, keep);
    assert_int_equal(f.best[HY_DEATHS].min, 2);
}
