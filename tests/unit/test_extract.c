/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/extract.h"

#include <string.h>

#include "tests/unit/harness.h"

#define P1 "今天上午，清溪县城关镇一处仓库起火，消防人员赶到现场，火势很快得到控制，没有人员伤亡。"
#define P2 "据县应急管理局介绍，起火原因正在调查，周边群众已经妥善安置，道路恢复通行。"
#define NOISE "<div class=nav><a href=/>首页</a> <a href=/n>新闻</a></div>"
#define RELATED                                                                                    \
    "<div class=related><h3>相关阅读</h3><ul><li><a href=/1>一周要闻回顾 2021-01-02</a>" \
    "<li><a href=/2>天气预报发布大风蓝色预警 2021-01-03</a></ul></div>"                \
    "<div class=footer>版权所有 © 2001-2021 清溪新闻网</div>"

static struct hy_item extract(const char *html, const char *url)
{
    struct hy_page *p = hy_page_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it;
    struct hy_extract_how how = {
        .url = hy_str(url), .offset_min = HY_CST, .fetched = (hy_wall){INT64_C(1795417200000)}};

    assert_int_equal(hy_page_load(p, hy_str(html), hy_str(""), &err), 0);
    hy_extract(p, &how, &it);
    hy_page_free(p);
    return it;
}

TEST(article)
{
    struct hy_item it = extract(
        "<title>仓库起火无人伤亡_清溪新闻网</title><body>" NOISE
        "<div class=main><h1>仓库起火无人伤亡</h1><div class=info>2026-11-20 09:12 来源：清溪日报 "
        "作者：某某</div><div id=c><p>" P1 "</p><p>" P2 "</p></div></div>" RELATED,
        "http://news.example/a.html");
    char time[HY_TIME_SIZE];

    assert_string_equal(it.title, "仓库起火无人伤亡");
    assert_string_equal(it.text, P1 "\n" P2);
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    assert_int_equal(it.precision, HY_PREC_MINUTE);
    assert_string_equal(it.published_from, "text");
    assert_int_equal(it.kind, HY_ITEM_ARTICLE);
    hy_item_release(&it);
}

/* Each page says 2026-11-20 somewhere and sets traps around it; "" where nothing may be found. */
static const struct {
    const char *head, *info, *behind, *url, *day, *from;
} dates[] = {
    {"<meta name=PubDate content='2026-11-20 08:00'>", "", "", "http://h/a", "2026-11-20", "meta"},
    {"<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":"
     "\"2026-11-20T08:00:00+08:00\"}</script>",
     "", "", "http://h/a", "2026-11-20", "jsonld"},
    {"", "", "", "http://h/2026/1120/a.html", "2026-11-20", "url"},
    {"", "<time datetime='2026-11-20T08:00:00+08:00'>上午</time>", "", "http://h/a", "2026-11-20",
     "time"},
    {"", "发布时间：昨天 07:17", "", "http://h/a", "2026-11-22", "text"},
    {"", "二〇二六年十一月二十日", "", "http://h/a", "2026-11-20", "text"},
    /* the clock of the page's head and the date of a reader's comment are no publish time */
    {"", "", "<div class=comments><p>网友 2026-11-21 10:00 说得好，支持一下。</div>", "http://h/a",
     "", NULL},
    {"", "今天是2026年11月23日 星期一", "", "http://h/a", "", NULL},
    /* nor a date in a sentence */
    {"",
     "记者从会议上了解到，该项目自2019年3月1日起施工，历时三年，总投资超过一亿元，受到各方关注。",
     "", "http://h/a", "", NULL},
    /* a time in the future is nobody's publish time */
    {"<meta name=PubDate content='2031-01-01 08:00'>", "2026-11-20", "", "http://h/a", "2026-11-20",
     "text"},
    /* the modification does not beat what the page shows */
    {"<meta property=article:modified_time content='2026-11-22T08:00:00+08:00'>",
     "发布时间：2026-11-20 10:00", "", "http://h/a", "2026-11-20", "text"},
};

TEST(publish_time)
{
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        struct hy_buf html = HY_BUF_INIT(10000);
        char time[HY_TIME_SIZE] = "";
        hy_buf_printf(&html,
                      "<html><head><title>仓库起火无人伤亡</title>%s</head><body>" NOISE
                      "<h1>仓库起火无人伤亡</h1><div>%s</div><div><p>" P1 "</p><p>" P2
                      "</p></div>%s" RELATED,
                      dates[i].head, dates[i].info, dates[i].behind);
        struct hy_item it = extract(html.p, dates[i].url);
        if (hy_wall_known(it.published))
            hy_wall_format(it.published, HY_CST, time);
        if (strncmp(time, dates[i].day, 10) != 0)
            fail_msg("case %zu: %s (%s), not %s", i, time, it.published_from, dates[i].day);
        if (dates[i].from)
            assert_string_equal(it.published_from, dates[i].from);
        hy_item_release(&it);
        hy_buf_release(&html);
    }
}

#define FLOOR(n, time, text)                                                                       \
    "<div class='post' id=post_" n "><div class=avatar>某用户" n "</div><em>发表于 " time          \
    "</em><div class=t>" text "</div><a href=#>回复</a></div>"

TEST(thread)
{
    struct hy_item it = extract(
        "<title>城关镇停水两天了 - 清溪论坛</title><h1>城关镇停水两天了</h1>" FLOOR(
            "1", "2026-11-20 09:12", "我们小区已经停水两天了，物业电话打不通，请有关部门管一管。")
            FLOOR("2", "2026-11-20 09:30", "我们这边也停了，楼下的店都关门了，希望尽快恢复。")
                FLOOR("3", "2026-11-20 10:01", "打过热线了，说是主管道爆裂，正在抢修。"),
        "http://bbs.example/thread-1-1-1.html");
    char time[HY_TIME_SIZE];

    assert_int_equal(it.kind, HY_ITEM_THREAD);
    assert_int_equal(it.n_replies, 2);
    assert_string_equal(it.replies[1].text, "打过热线了，说是主管道爆裂，正在抢修。");
    assert_string_equal(hy_wall_format(it.replies[1].published, HY_CST, time),
                        "2026-11-20T10:01:00+08:00");
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    assert_non_null(strstr(it.text, "停水两天了，物业"));
    assert_null(strstr(it.text, "某用户")); /* names are not kept */
    hy_item_release(&it);
}

TEST(front_page_of_a_blog_is_its_newest_post)
{
#define POST(day, text)                                                                            \
    "<div class=entry><h2>" day "</h2><em>2026-11-" day " 09:12</em><p>" text "</div>"
    struct hy_item it = extract("<title>某人的博客</title>" POST("20", P1 P2 P1 P2)
                                    POST("19", P2 P1 P2 P1 P2) POST("18", P1 P1 P1 P2 P2),
                                "http://blog.example/");
    char time[HY_TIME_SIZE];

    assert_string_equal(it.text, P1 P2 P1 P2);
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    hy_item_release(&it);
}

TEST(text_that_only_metadata_states)
{
    struct hy_item it =
        extract("<title>停水</title><script "
                "type='application/ld+json'>{\"@type\":\"QAPage\",\"mainEntity\":"
                "{\"@type\":\"Question\",\"text\":\"" P1 P2 P1 "\",\"datePublished\":"
                "\"2026-11-20T01:00:00Z\",\"acceptedAnswer\":{\"@type\":\"Answer\",\"text\":\"" P2
                "\"}}}</script><div id=app></div>",
                "http://h.example/q/1");

    assert_int_equal(it.kind, HY_ITEM_THREAD);
    assert_int_equal(it.n_replies, 1);
    assert_string_equal(it.replies[0].text, P2);
    assert_string_equal(it.text, P1 P2 P1 "\n" P2);
    assert_string_equal(it.published_from, "jsonld");
    hy_item_release(&it);
}

TEST(personal_numbers_are_masked)
{
    struct hy_item it =
        extract("<title>t</title><p>" P1 "联系电话13812345678，请拨打。</p>", "http://h/");

    assert_non_null(strstr(it.text, "138****5678"));
    hy_item_release(&it);
}

TEST(garbage)
{
    static const char *const pages[] = {"",
                                        "x",
                                        "<",
                                        "<html>",
                                        "\xFF\xFE",
                                        "<title>",
                                        "<p>&#xD800;",
                                        "<table><td><a href>x",
                                        "<script>",
                                        "\x01\x02<h1>\x03"};

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct hy_item it = extract(pages[i], "");
        assert_non_null(it.title);
        assert_non_null(it.text);
        hy_item_release(&it);
    }
}
