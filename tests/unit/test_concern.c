/* SPDX-License-Identifier: Apache-2.0 */
/* Which offices an item can concern, and that those left out have nothing of their own to say. */
#include "analyzer/concern.h"

#include "analyzer/score.h"
#include "core/json.h"
#include "rules/places.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/offices.h"
#include "tests/unit/texts.h"

enum { FUZHOU, NANJING, HAINAN, ZHEJIANG, HANGZHOU, YUHANG, QINGXI, NATION, OFFICES };

static const struct made_office made[] = {
    [FUZHOU] = {"fuzhou", "350102", .source = "fuzhou-news", .channel = "http://gulou.example/xw/",
                .lexicon = "groups: [{id: own, purpose: hardship, weight: 30, words: "
                           "[榕城古厝, 停水]}]\n"},
    [NANJING] = {"nanjing", "320106", .source = "nanjing-news",
                 .places = "local: [{name: 狮子桥美食街, in: \"320106\", also: [狮子桥]}]\n"},
    [HAINAN] = {"hainan", "632500", .source = "hainan-news"},
    [ZHEJIANG] = {"zhejiang", "330000", .source = "zhejiang-news"},
    [HANGZHOU] = {"hangzhou", "330100", .source = "hangzhou-news",
                  .topics = "units: [{id: own_office, name: 钱塘江管理局, aliases: [钱管局]}]\n"},
    [YUHANG] = {"yuhang", "330110", .source = "yuhang-news"},
    [QINGXI] = {"qingxi", "990100", .source = "qingxi-news",
                .places = "divisions:\n"
                          "  - {code: \"99\", name: 云川省}\n"
                          "  - {code: \"9901\", name: 清溪市, also: [清溪]}\n"
                          "  - {code: \"990121\", name: 清溪县}\n"
                          "local: [{name: 鑫岚化工厂, in: \"990121\", near: [清溪, 爆炸]}]\n"},
};

static struct hy_rules *rules[OFFICES];
static struct hy_concern *concern;

static void set_up(void)
{
    char parent[] = "/tmp/hy-concern-XXXXXX";
    struct hy_err err = HY_ERR_INIT;

    if (concern)
        return;
    assert_non_null(mkdtemp(parent));
    setenv("HUIYING_NATIONAL", HY_RULES_DIR "/national", 1);
    const char *dirs[OFFICES] = {NULL};
    for (size_t i = 0; i < NATION; i++)
        dirs[i] = make_office(parent, &made[i]);
    if (hy_rules_load_many(dirs, OFFICES, rules, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < NATION; i++)
        unmake_office((char *)(uintptr_t)dirs[i]);
    rmdir(parent);
    concern = hy_concern_new((const struct hy_rules *const *)rules, OFFICES);
}

/* As bits; without the office of the whole nation, which hears of everything. */
static unsigned find(const struct hy_item *item)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    uint32_t office[OFFICES];
    unsigned bits = 0;
    size_t n = hy_concern_find(concern, item, arena, office);

    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || office[i] > office[i - 1]);
        bits |= 1u << office[i];
    }
    assert_true(bits & 1u << NATION);
    return bits & ~(1u << NATION);
}

static unsigned of(const char *title)
{
    set_up();
    return find(&(struct hy_item){.title = (char *)(uintptr_t)title, .published = HY_WALL_NONE});
}

#define ONE(x) (1u << (x))

TEST(a_place_of_the_office_makes_it_a_candidate)
{
    assert_int_equal(of("南京市鼓楼区一居民楼起火"), ONE(FUZHOU) | ONE(NANJING));
    assert_int_equal(of("鼓楼区发生火灾"), ONE(FUZHOU) | ONE(NANJING));
    assert_int_equal(of("余杭区仓前街道路面塌陷"), ONE(ZHEJIANG) | ONE(HANGZHOU) | ONE(YUHANG));
    assert_int_equal(of("狮子桥一饭店爆燃"), ONE(NANJING));
    assert_int_equal(of("海南一工厂爆炸"), ONE(HAINAN)); /* the prefecture's short name too */
    assert_int_equal(of("一工厂爆炸"), 0);
    assert_int_equal(of(""), 0);
}

TEST(a_division_that_contains_the_office_makes_it_a_candidate)
{
    assert_int_equal(of("浙江省发布台风红色预警"), ONE(ZHEJIANG) | ONE(HANGZHOU) | ONE(YUHANG));
    assert_int_equal(of("杭州通报一起事故"), ONE(ZHEJIANG) | ONE(HANGZHOU) | ONE(YUHANG));
    assert_int_equal(of("云川省通报一起事故"), ONE(QINGXI));
}

TEST(writing_does_not_matter)
{
    assert_int_equal(of("餘杭區發生火災"), of("余杭区发生火灾"));
    assert_int_equal(of("余*杭*区发生火灾"), of("余杭区发生火灾"));
    assert_int_equal(of("清溪縣鑫岚化工廠爆炸"), ONE(QINGXI));
}

TEST(own_words_and_units_count_unless_everybody_has_them)
{
    assert_int_equal(of("榕城古厝年久失修"), ONE(FUZHOU));
    assert_int_equal(of("钱管局回应"), ONE(HANGZHOU));
    assert_int_equal(of("应急管理局回应"), 0); /* the national rules know it */
}

TEST(a_source_concerns_those_who_watch_it)
{
    struct hy_item item = {.title = (char[]){"一工厂爆炸"}, .source = (char[]){"hainan-news"},
                           .published = HY_WALL_NONE,
                           .url = (char[]){"http://yuhang-news.example/1.html"}};

    set_up();
    assert_int_equal(find(&item), ONE(HAINAN)); /* whose id it is, whatever the host */
    item.source = (char[]){"nobodys"};
    assert_int_equal(find(&item), ONE(YUHANG));
    item.source = NULL;
    assert_int_equal(find(&item), ONE(YUHANG));
    item.url = (char[]){"http://gulou.example/xw/2026/1.html"};
    assert_int_equal(find(&item), ONE(FUZHOU));
    item.url = (char[]){"http://gulou.example/xwb"};
    assert_int_equal(find(&item), 0);
}

TEST(no_offices_are_no_candidates)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_concern *none = hy_concern_new(NULL, 0);
    uint32_t office;

    assert_int_equal(hy_concern_find(none, &(struct hy_item){.title = (char[]){"杭州"}}, arena,
                                     &office),
                     0);
    hy_concern_free(none);
}

/* -- the invariant -------------------------------------------------------------------------- */

struct seen {
    size_t judged, left_out, silent, elsewhere, without_place;
};

static const char *member(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

/* What the office would say of an item it is no candidate for. */
static void check_left_out(struct seen *seen, size_t office, const struct hy_scorer *s,
                           const struct hy_item *item, struct hy_arena *arena)
{
    struct hy_score *score = hy_score_item(s, item, arena);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_score_to_json(score, false);
    json_t *places = json_object_get(o, "places"), *p;
    bool named = false;
    size_t i;

    json_array_foreach(places, i, p)
    {
        const char *where = member(p, "where");
        named |= strcmp(where, "unknown") != 0;
        if (strcmp(where, "mine") == 0 || strcmp(where, "above") == 0)
            fail_msg("%s is %s to %s: %s | %s", member(p, "name"), where, made[office].id,
                     item->title, item->text);
    }
    if (named && score->alert > HY_TOLD_DIGEST)
        fail_msg("%s for %s of a matter elsewhere: %s | %s", hy_told_name[score->alert],
                 made[office].id, item->title, item->text);
    seen->left_out++;
    seen->silent += score->alert == HY_TOLD_NONE;
    seen->elsewhere += named && score->alert != HY_TOLD_NONE;
    seen->without_place += !named && score->alert != HY_TOLD_NONE;
}

static void check_item(struct seen *seen, struct hy_scorer *const *scorers,
                       const struct hy_item *item, struct hy_arena *arena)
{
    hy_arena_reset(arena);
    unsigned candidates = find(item);

    for (size_t i = 0; i < NATION; i++)
        if (!(candidates & 1u << i))
            check_left_out(seen, i, scorers[i], item, arena);
    seen->judged++;
}

static uint64_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((seed >> 32) * below) >> 32);
}

/* Names of any level, in rows and alone, with what makes them roads, addresses and other words. */
static void put_places(struct hy_buf *b)
{
    static const char *const behind[] = {"",     "",     "",   "市民", "路",     "东路12号",
                                         "街道", "大学", "县", "一",   "经济开发区"};
    size_t n;
    const struct hy_name *names = hy_places_names(rules[QINGXI]->places, &n);

    for (uint32_t k = draw(4); k > 0; k--) {
        /* half of them from the provinces, cities and counties, which stand first */
        hy_buf_puts(b, names[draw(2) ? draw((uint32_t)n) : draw(6000)].text);
        if (draw(3) == 0)
            hy_buf_puts(b, behind[draw(HY_COUNT(behind))]);
        if (draw(3) == 0)
            hy_buf_puts(b, "、");
    }
}

static const char *const events[] = {
    "发生火灾致3人死亡", "一化工厂爆炸",       "多名学生疑食物中毒送医", "居民反映停水三天无人管",
    "发生5.2级地震",     "网传有人被杀系谣言", "召开工作会议",           "暴雨致山体滑坡12人失联",
    "业主维权讨说法",    "通报一起交通事故",
};

static void put_text(struct hy_buf *b, const struct text_pairs *texts)
{
    hy_buf_clear(b);
    put_places(b);
    hy_buf_puts(b, events[draw(HY_COUNT(events))]);
    if (draw(2))
        hy_buf_puts(b, texts->v[draw((uint32_t)texts->n)].text);
    put_places(b);
    hy_buf_char(b, '\0');
}

TEST(who_is_left_out_has_nothing_of_its_own_to_say)
{
    enum { MADE = 3000 };
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    HY_CLEANUP(hy_buf_release) struct hy_buf title = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct text_pairs texts = texts_load();
    struct hy_scorer *scorers[NATION];
    struct seen seen = {0};

    set_up();
    for (size_t i = 0; i < NATION; i++)
        scorers[i] = hy_scorer_new(rules[i]);
    for (size_t i = 0; i < texts.n; i++)
        check_item(&seen, scorers,
                   &(struct hy_item){.title = texts.v[i].title, .text = texts.v[i].text}, arena);
    for (size_t i = 0; i < MADE; i++) {
        put_text(&title, &texts);
        put_text(&text, &texts);
        check_item(&seen, scorers,
                   &(struct hy_item){.title = title.p, .text = draw(2) ? text.p : NULL}, arena);
    }
    print_message("%zu items: %zu times left out, %zu of them silent, %zu digests of elsewhere, "
                  "%zu without a place\n",
                  seen.judged, seen.left_out, seen.silent, seen.elsewhere, seen.without_place);
    assert_true(seen.left_out > seen.judged); /* it does leave out */
    for (size_t i = 0; i < NATION; i++)
        hy_scorer_free(scorers[i]);
    texts_free(&texts);
}

TEST(tear_down)
{
    hy_concern_free(concern);
    for (size_t i = 0; i < OFFICES; i++)
        hy_rules_free(rules[i]);
}
