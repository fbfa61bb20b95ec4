/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/score.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/levels.h"
#include "rules/rules.h"

#include <math.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/texts.h"

static struct hy_rules *rules;
static struct hy_scorer *scorer;
static struct hy_arena *arena;

static struct hy_score *score_as(enum hy_item_kind kind, const char *title, const char *text)
{
    static char t[2000], b[8000];
    struct hy_item item = {.title = t, .text = b, .published = HY_WALL_NONE, .kind = kind};

    if (scorer == NULL) {
        struct hy_diag *d = hy_diag_new();
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_rules_load(NULL, &rules, d, &err), HY_OK);
        hy_diag_free(d);
        scorer = hy_scorer_new(rules);
        arena = hy_arena_new();
    }
    snprintf(t, sizeof(t), "%s", title);
    snprintf(b, sizeof(b), "%s", text);
    return hy_score_item(scorer, &item, arena);
}

static struct hy_score *score_of(const char *title, const char *text)
{
    return score_as(HY_ITEM_ARTICLE, title, text);
}

static const char report[] =
    "昨日10时许，清溪县一化工厂发生爆炸，造成3人死亡、5人受伤。消防救援人员赶赴现场，"
    "事故原因正在调查。";

static double sum_of(const struct hy_score *s, enum hy_sum to, const char *topic)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].to == to && (topic == NULL || strcmp(s->hits[i].topic, topic) == 0))
            sum += s->hits[i].weight;
    return sum;
}

static void assert_adds_up(const struct hy_score *s)
{
    const double sums[] = {[HY_SUM_EMERGENCY] = s->emergency,
                           [HY_SUM_HARDSHIP] = s->hardship,
                           [HY_SUM_RUMOR] = s->rumor,
                           [HY_SUM_POLICY] = s->policy,
                           [HY_SUM_RELEVANCE] = s->relevance};

    for (size_t k = 0; k < HY_COUNT(sums); k++)
        assert_true(fabs(sum_of(s, (enum hy_sum)k, NULL) - sums[k]) < 1e-9);
    for (size_t k = 0; k < s->n_topics; k++)
        assert_true(fabs(sum_of(s, HY_SUM_TOPIC, s->topics[k].id) - s->topics[k].score) < 1e-9);
}

TEST(contributions_add_up_to_every_score)
{
    static const char *const titles[] = {"清溪县化工厂爆炸", "清溪县举行化工厂爆炸演练",
                                         "网传清溪县化工厂爆炸系谣言", "请问爆炸保险怎么买",
                                         "美国一化工厂爆炸，市教育局回应"};
    struct text_pairs many = texts_load();

    assert_true(many.n > 500);
    for (size_t i = 0; i < HY_COUNT(titles); i++) {
        struct hy_score *s = score_of(titles[i], report);
        assert_adds_up(s);
    }
    for (size_t i = 0; i < many.n; i++) {
        hy_arena_reset(arena);
        /* the text of another case below it: long items of everything at once */
        char *text = hy_xasprintf("%s\n%s", many.v[i].text, many.v[(i * 7 + 3) % many.n].title);
        struct hy_item item = {.title = many.v[i].title, .text = text, .published = HY_WALL_NONE};
        struct hy_score *s = hy_score_item(scorer, &item, arena);
        assert_adds_up(s);
        free(text);
    }
    texts_free(&many);
}

TEST(offsets_count_characters_of_the_original)
{
    const char *title = "清溪縣Ａ化工廠爆*炸";
    struct hy_score *s = score_of(title, "");
    bool seen = false;

    hy_score_locate(s);
    for (size_t i = 0; i < s->n_hits; i++) {
        const struct hy_score_hit *h = &s->hits[i];
        if (strcmp(h->rule, "explosion") != 0)
            continue;
        struct hy_str t = hy_str(title);
        size_t from = hy_utf8_offset(t, h->start), to = hy_utf8_offset(t, h->end);
        assert_true(hy_str_eq(hy_str_sub(t, from, to), h->text));
        assert_true(hy_str_ends(h->text, HY_STR("爆*炸")));
        seen = true;
    }
    assert_true(seen);
}

TEST(offsets_of_places_and_bodies_count_what_was_left_out)
{
    struct hy_score *s = score_of("快讯：杭\u200B州市应急\u200B管理局通报", "");
    HY_CLEANUP(hy_json_freep) json_t *o = hy_score_to_json(s, false);
    const json_t *place = json_array_get(json_object_get(o, "places"), 0);
    const json_t *body = json_array_get(json_object_get(o, "bodies"), 0);

    assert_int_equal(hy_json_int(place, "start", -1), 3);
    assert_int_equal(hy_json_int(place, "end", -1), 7);
    assert_string_equal(json_string_value(json_object_get(place, "name")), "杭\u200B州市");
    assert_int_equal(hy_json_int(body, "start", -1), 3);
    assert_int_equal(hy_json_int(body, "end", -1), 13);
}

TEST(topics_and_units_of_a_message)
{
    static const struct {
        const char *title, *topic, *unit;
    } cases[] = {
        {"小区物业乱收停车费，业主委员会不管", "urban_construction", "housing_bureau"},
        {"砖厂冒黑烟，粉尘和噪音严重扰民", "environment", "ecology"},
        {"公交车拒载老人，出租车不打表", "transport", "transport_bureau"},
        {"小学违规补课收费，校长不处理", "education_culture_sports", "education_bureau"},
        {"公司拖欠农民工工资，不签劳动合同", "labour_social_security", "human_resources"},
        {"旅行社强制购物，导游态度恶劣", "commerce_tourism", "culture_tourism"},
        {"县人民医院挂号费过高，医生乱开药", "health", "health_commission"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_score *s = score_of(cases[i].title, "");
        bool proposed = false;
        assert_true(s->n_topics > 0);
        assert_int_equal(strncmp(s->topics[0].id, cases[i].topic, strlen(cases[i].topic)), 0);
        for (size_t k = 0; k < s->n_units; k++)
            proposed |= strcmp(s->units[k].id, cases[i].unit) == 0;
        assert_true(proposed);
    }
}

TEST(an_event_goes_to_the_unit_in_charge_of_such_events)
{
    struct hy_score *s = score_of("清溪县化工厂爆炸", report);

    assert_true(s->n_units > 0);
    assert_string_equal(s->units[0].id, "emergency_bureau");
}

/* What a reply quotes counts in the floor that said it. */
TEST(a_quote_is_scored_once)
{
    static const char once[] = "路上全是烟，听说化工厂爆炸了，死了三个人\n\n大家小心",
                      twice[] = "路上全是烟，听说化工厂爆炸了，死了三个人\n"
                                "> 路上全是烟，听说化工厂爆炸了，死了三个人\n大家小心";
    struct hy_score *a = score_as(HY_ITEM_THREAD, "清溪县怎么了", once);
    double emergency = a->emergency;
    size_t hits = a->n_hits;
    struct hy_score *b = score_as(HY_ITEM_THREAD, "清溪县怎么了", twice);

    assert_true(emergency > 0);
    assert_true(fabs(b->emergency - emergency) < 1e-9);
    assert_int_equal(b->n_hits, hits);
    assert_true(score_of("清溪县怎么了", "> 化工厂爆炸了")->emergency > 0); /* no thread */
}

TEST(nothing_in_nothing_out)
{
    struct hy_score *s = score_of("", "");

    assert_true(s->emergency == 0 && s->relevance == 0 && s->n_hits == 0 && s->level == 0);
    assert_int_equal(s->alert, HY_TOLD_NONE);
}

TEST(levels_follow_the_highest_reached_threshold)
{
    static const struct {
        const char *type;
        enum hy_event_class class;
        struct hy_level_facts facts;
        int level; /* 0: none */
    } cases[] = {
        {"fire", HY_CLASS_ACCIDENT, {.deaths = 30}, 1},
        {"fire", HY_CLASS_ACCIDENT, {.deaths = 29}, 2},
        {"fire", HY_CLASS_ACCIDENT, {.deaths = 9, .injured = 50}, 2},
        {"fire", HY_CLASS_ACCIDENT, {.deaths = 3}, 3},
        {"fire", HY_CLASS_ACCIDENT, {.deaths = 2, .injured = 9}, 0},
        {"fire", HY_CLASS_ACCIDENT, {.loss_yuan = 1e8}, 1},
        {"earthquake",
         HY_CLASS_NATURAL_DISASTER,
         {.deaths = 40},
         3}, /* own rows, not the class's */
        {"earthquake", HY_CLASS_NATURAL_DISASTER, {.magnitude = 6.4}, 2},
        {NULL, HY_CLASS_SOCIAL_SAFETY, {.gathered = 1200}, 2},
        {NULL, HY_CLASS_NONE, {.deaths = 50}, 0},
    };

    score_of("", "");
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const struct hy_level_row *row =
            hy_levels_find(rules->levels, cases[i].type, cases[i].class, &cases[i].facts);
        assert_int_equal(row ? row->level : 0, cases[i].level);
    }
}

TEST(numbers_of_drills_history_and_denials_are_no_findings)
{
    static const struct {
        const char *title, *text;
        int64_t deaths; /* -1: none */
    } cases[] = {
        {"清溪县化工厂爆炸", "昨日化工厂爆炸，造成3人死亡。演练模拟12人死亡的情景。", 3},
        {"清溪县化工厂爆炸", "爆炸造成3人死亡。十年前的一场演习假想30人死亡。", 3},
        {"关于网传“化工厂爆炸50人死亡”的情况说明", "该信息不实。事故造成3人死亡。", 3},
        {"清溪县化工厂爆炸", "针对网传“爆炸致100人死亡”，经核实，该信息不实。", -1},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_score *s = score_of(cases[i].title, cases[i].text);
        HY_CLEANUP(hy_json_freep) json_t *o = hy_score_to_json(s, false);
        const json_t *deaths = json_object_get(json_object_get(o, "facts"), "deaths");
        assert_int_equal(deaths ? hy_json_int(deaths, "min", -2) : -1, cases[i].deaths);
    }
}

/* One sentence of 300 KB, every word of it a trap, an event and a number: minutes, if anything
 * looked at each pair of them. */
TEST(a_hostile_text_costs_no_more_than_its_length)
{
    static const char unit[] = "演练爆炸死亡3人，";
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    score_of("", "");
    for (int i = 0; i < 12000; i++)
        hy_buf_add(&text, unit, sizeof(unit) - 1);
    hy_buf_add(&text, "", 1);
    struct hy_item item = {.title = "爆炸", .text = text.p, .published = HY_WALL_NONE};
    hy_arena_reset(arena);
    struct hy_score *s = hy_score_item(scorer, &item, arena);
    assert_true(s->emergency > 0);
    hy_buf_release(&text);
}

TEST(zz_release)
{
    hy_scorer_free(scorer);
    hy_rules_free(rules);
    hy_arena_free(arena);
}
