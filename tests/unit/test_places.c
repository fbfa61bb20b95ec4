/* SPDX-License-Identifier: Apache-2.0 */
/* Places and bodies with the national rules: which name, which code, whose. */
#include "analyzer/bodies.h"
#include "analyzer/places.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static struct hy_rules *rules;

static const struct hy_places *national(void)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_diag *d = hy_diag_new();

    if (rules == NULL && hy_rules_load(NULL, &rules, d, &err) < 0)
        fail_msg("national rules: %s", err.msg);
    hy_diag_free(d);
    return rules->places;
}

/* "name:code name:code ..." */
static const char *places(const char *text)
{
    static char out[400];
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, hy_str(""), hy_str(text));
    struct hy_place_list l = hy_places_find(arena, national(), &doc);
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < l.n && n < sizeof(out); i++)
        if (!l.v[i].attached)
            n += (size_t)snprintf(out + n, sizeof(out) - n, "%s" HY_STR_FMT ":%s", n ? " " : "",
                                  HY_STR_ARG(l.v[i].name), l.v[i].code);
    return out;
}

TEST(names_of_divisions)
{
    static const char *const rows[][2] = {
        {"北京今日有雨", "北京:11"},
        {"北京市今日有雨", "北京市:11"},
        {"浙江省杭州市西湖区", "浙江省杭州市西湖区:330106"},
        {"浙江杭州发生火灾", "浙江杭州:3301"},
        {"延边州", "延边:2224"},
        {"南京鼓楼区停水", "南京鼓楼区:320106"},
        {"福州市民反映，鼓楼区停水", "福州:3501 鼓楼区:350102"},
        {"鼓楼区停水", "鼓楼区:"},
        {"化工园区一声巨响", "化工园区:"}, /* in the table once, and in every county */
        {"农场的仓库着火了", "农场:"},
        {"南京六合区化工园区一声巨响", "南京六合区化工园区:320116450"},
        {"老城区停水", "老城区:"},
        {"洛阳老城区停水", "洛阳老城区:410302"},
        {"四平八稳", ""},
        {"维护和平", ""},
        {"河北张家口崇礼县", "河北张家口崇礼县:130709"},
        {"吉林下雪了", "吉林:22"},
        {"全国各地", ""},
        {"热那亚vs博洛尼亚", ""}, /* clubs */
        {"热那亚下雪了", "热那亚:"},
        {"调到发展银行深圳分行", ""}, /* the branch is named after it */
        {"《赤壁》上映", ""},
        {"", ""},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        assert_string_equal(places(rows[i][0]), rows[i][1]);
}

TEST(roads_are_no_provinces)
{
    assert_null(strstr(places("上海河南路堵车"), "河南:"));
    assert_non_null(strstr(places("上海河南路堵车"), ":31"));
}

TEST(addresses_are_one_mention)
{
    assert_string_equal(places("北京市朝阳区建国路88号起火"), "北京市朝阳区建国路88号:110105");
}

TEST(who_acts_is_no_place)
{
    assert_string_equal(places("美国选手夺冠"), "");
    assert_string_equal(places("他在美国读书"), "美国:");
    assert_string_equal(places("美国东部停电"), "美国:");
    assert_string_equal(places("美国发生枪击案"), "美国:");
    assert_string_equal(places("泰国、韩国和越南"), "泰国: 韩国: 越南:");
    assert_string_equal(places("上海梅山有限公司"), "");
    assert_string_equal(places("上海停电"), "上海:31");
}

TEST(foreign_is_not_ours)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, HY_STR("日本东京发生地震"), HY_STR(""));
    struct hy_place_list l = hy_places_find(arena, national(), &doc);

    assert_true(hy_places_is_foreign(&l));
    assert_true(hy_places_is_elsewhere(&l));
    assert_null(hy_places_own(&l));
    doc = hy_doc_of(arena, HY_STR("杭州籍游客在日本遇险"), HY_STR("杭州市已联系家属"));
    l = hy_places_find(arena, national(), &doc);
    assert_false(hy_places_is_foreign(&l));
    assert_non_null(hy_places_own(&l));
}

static const char *bodies(const char *text)
{
    static char out[400];
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, hy_str(""), hy_str(text));
    struct hy_place_list l = hy_places_find(arena, national(), &doc);
    struct hy_body_list b = hy_bodies_find(arena, &doc, &l);
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < b.n && n < sizeof(out); i++)
        n += (size_t)snprintf(out + n, sizeof(out) - n, "%s" HY_STR_FMT, n ? " " : "",
                              HY_STR_ARG(b.v[i].name));
    return out;
}

TEST(bodies_by_their_form)
{
    static const char *const rows[][2] = {
        {"记者从市教育局获悉", "市教育局"},
        {"杭州市公安局通报", "杭州市公安局"},
        {"据央行数据", "央行"},
        {"杭州市规划和自然资源局表示", "杭州市规划和自然资源局"},
        {"国家卫生健康委员会发布", "国家卫生健康委员会"},
        {"和平法院受理", "和平法院"},
        {"农业农村部信息中心主任", "农业农村部信息中心"},
        {"去饭局和邮局", ""},
        {"巴西队战成平局", ""},
        {"农业局副局长", "农业局"},
        {"公司研究部经理", ""},
        {"大局已定，格局打开", ""},
        {"中共杭州市委宣传部", "中共杭州市委宣传部"},
        {"《空军一号》", ""},
        {"據杭州市衛生局通報", "杭州市衛生局"},
        {"最高檢察院發佈", "最高檢察院"},
        {"济南市公安局禁毒支队破获", "济南市公安局禁毒支队"},
        {"县卫生局医政科科长", "县卫生局医政科"},
        {"税务局依法查处三起", "税务局"},
        {"国家税务总局杭州市税务局稽查局", "国家税务总局杭州市税务局稽查局"},
        {"市市场监管局和区网信办", "市市场监管局 区网信办"},
        {"据北京市甲乙区法院介绍", "北京市甲乙区法院"},
        {"工信部、发改委、卫健委、人社部", "工信部 发改委 卫健委 人社部"},
        {"芬兰海军", "芬兰海军"},
        /* who comes after an event */
        {"国务院事故调查组进驻现场", "国务院事故调查组"},
        {"联合调查组发布通报", "联合调查组"},
        {"省安委会办公室挂牌督办", "省安委会办公室"},
        {"清溪县防指启动四级响应", "清溪县防指"},
        {"国家矿山安全监察局派员指导", "国家矿山安全监察局"},
        {"市公安局交警支队赶到现场", "市公安局交警支队"},
        {"县融媒体中心播发消息", "县融媒体中心"},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        assert_string_equal(bodies(rows[i][0]), rows[i][1]);
}

TEST(a_body_knows_its_division)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, HY_STR("杭州市应急管理局"), HY_STR(""));
    struct hy_place_list l = hy_places_find(arena, national(), &doc);
    struct hy_body_list b = hy_bodies_find(arena, &doc, &l);

    assert_int_equal(b.n, 1);
    assert_string_equal(b.v[0].code, "3301");
    assert_true(hy_str_is(b.v[0].matter, "应急管理局"));
}
