/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/list.h"

#include "core/buf.h"
#include "crawler/page/page.h"

#include <string.h>

#include "tests/unit/harness.h"

static hy_wall noon(void)
{
    hy_wall t;

    assert_true(hy_wall_parse(HY_STR("2026-11-23T12:00:00+08:00"), &t));
    return t;
}

static struct hy_list *read_with(const char *html, struct hy_list_hints hints)
{
    struct hy_page *p = hy_page_new();
    struct hy_err err = HY_ERR_INIT;

    if (hy_page_load(p, hy_str(html), HY_STR("text/html; charset=utf-8"), &err) < 0)
        fail_msg("%s", err.msg);
    hints.now = noon();
    hints.zone_min = HY_CST;
    struct hy_list *l =
        hy_list_html(hy_page_dom(p), HY_STR("http://news.example.cn/local/"), &hints);
    hy_page_free(p);
    return l;
}

static const char *when(hy_wall t)
{
    static char text[HY_TIME_SIZE];

    return hy_wall_known(t) ? hy_wall_format(t, HY_CST, text) : "-";
}

#define HEAD                                                                                       \
    "<html><head><title>本地新闻</title><link rel=alternate type='application/rss+xml' "       \
    "href=/rss.xml></head><body><div class=nav><ul><li><a href=/>网站首页新闻</a><li><a "    \
    "href=/gn/>国内新闻要闻</a><li><a href=/gj/>国际新闻要闻</a></ul></div>"
#define FOOT                                                                                       \
    "<div class=footer><a href=/about>关于我们的网站</a> <a "                               \
    "href=/law>法律声明与隐私</a></div></body></html>"

TEST(a_column_of_headlines_with_dates)
{
    struct hy_list *l = read_with(
        HEAD "<div class=main><ul class=list>"
             "<li class=odd><a "
             "href='/2026/1123/101.html'>清溪县一化工厂发生爆炸</a><span>2026-11-23 09:12</span>"
             "<li class=even><a "
             "href='/2026/1122/102.html'>全市义务教育学校课后服务全覆盖</a><span>11-22</span>"
             "<li class=odd><a href='102.html?utm_source=x'>石桥县油菜花节本周末开幕</a><span>昨天 "
             "08:30</span>"
             "</ul><a href=index_2.html>下一页</a></div>"
             "<div class=side><ul><li><a href=/hot/1>热门：去年的老新闻一则</a></ul></div>" FOOT,
        (struct hy_list_hints){0});

    assert_int_equal(l->n, 3);
    assert_string_equal(l->v[0].url, "http://news.example.cn/2026/1123/101.html");
    assert_string_equal(l->v[0].title, "清溪县一化工厂发生爆炸");
    assert_string_equal(when(l->v[0].published), "2026-11-23T09:12:00+08:00");
    assert_int_equal(l->v[0].precision, HY_PREC_MINUTE);
    assert_string_equal(when(l->v[1].published), "2026-11-22T00:00:00+08:00");
    assert_int_equal(l->v[1].precision, HY_PREC_DAY);
    assert_string_equal(l->v[2].url, "http://news.example.cn/local/102.html");
    assert_string_equal(when(l->v[2].published), "2026-11-22T08:30:00+08:00");
    assert_string_equal(l->next, "http://news.example.cn/local/index_2.html");
    assert_string_equal(l->feed, "http://news.example.cn/rss.xml");
    assert_false(l->wall);
    hy_list_free(l);
}

#define THREAD(id, title, replies, last)                                                           \
    "<tbody id=normalthread_" id "><tr><td class=icn><a href=/thread-" id                          \
    "-1-1.html title=新窗口打开><img></a></td><th class=new><a href=/thread-" id                   \
    "-1-1.html class='s xst'>" title "</a></th><td class=by><cite><a href=/space-uid-" id          \
    ".html>某位网友</a></cite><em>2026-11-20</em></td><td class=num><a href=/thread-" id           \
    "-1-1.html>" replies "</a><em>412</em></td><td class=by><em><a href=/thread-" id               \
    "-99-1.html#lastpost><span title='" last "'>刚刚</span></a></em></td></tr></tbody>"

TEST(the_next_page_by_its_label_or_by_a_link_element)
{
    static const struct {
        const char *pager, *next;
    } cases[] = {
        {"<a href=/p/2>下一页 →</a>", "http://news.example.cn/p/2"},
        {"<a href=/p/2>Next Page<span>→</span></a>", "http://news.example.cn/p/2"},
        {"<a href=/p/2>next »</a>", "http://news.example.cn/p/2"},
        {"<link rel=next href='?page=2'><a href=/p/3>下一页</a>",
         "http://news.example.cn/local/?page=2"},
        {"<a href=/p/2>下一页说的是明年的春天</a>", ""},
        {"<a href=/p/2>Nextdoor opens a new office in town</a>", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char html[512];
        snprintf(html, sizeof(html), "<ul><li><a href=/a/1>市图书馆周末延长开放时间</a></ul>%s",
                 cases[i].pager);
        struct hy_list *l = read_with(html, (struct hy_list_hints){0});
        assert_string_equal(l->next, cases[i].next);
        hy_list_free(l);
    }
}

TEST(threads_with_replies_and_last_reply)
{
    struct hy_list *l = read_with(
        HEAD "<form><table>" THREAD("11", "江口老街哪家豆花面好吃？", "5", "2026-11-23 11:40")
            THREAD("12", "求推荐靠谱的驾校", "0", "2026-11-23 10:00") THREAD(
                "13", "有没有一起拼车去云岭的", "21", "2026-11-22 23:59") "</table></form>" FOOT,
        (struct hy_list_hints){.forum = true});

    assert_int_equal(l->n, 3);
    assert_string_equal(l->v[0].url, "http://news.example.cn/thread-11-1-1.html");
    assert_string_equal(l->v[0].title, "江口老街哪家豆花面好吃？");
    assert_int_equal(l->v[0].replies, 5);
    assert_int_equal(l->v[1].replies, 0);
    assert_int_equal(l->v[2].replies, 21);
    assert_string_equal(when(l->v[0].published), "2026-11-20T00:00:00+08:00");
    assert_string_equal(when(l->v[0].last_reply), "2026-11-23T11:40:00+08:00");
    hy_list_free(l);
}

TEST(selectors_where_the_automatic_way_fails)
{
    const char *html =
        HEAD "<div id=box><p class=r><a class=c href=/c/1>分类</a><a class='t x' "
             "href=/1.html>一</a><i data-at>2026-11-01 10:00</i></p><p class=r><a class=t "
             "href=/2.html>二</a></p><p><a class=t href=/3.html>三</a></p></div>" FOOT;
    struct hy_list *l = read_with(
        html,
        (struct hy_list_hints){.item = "div#box > p.r", .link = "a.t[href]", .time = "i[data-at]"});

    assert_int_equal(l->n, 2);
    assert_string_equal(l->v[0].url, "http://news.example.cn/1.html");
    assert_string_equal(l->v[0].title, "一");
    assert_string_equal(when(l->v[0].published), "2026-11-01T10:00:00+08:00");
    hy_list_free(l);
    l = read_with(html, (struct hy_list_hints){.item = "table.none tr"});
    assert_int_equal(l->n, 0);
    hy_list_free(l);
}

TEST(walls_and_pages_without_a_list)
{
    struct hy_list *l = read_with("<html><body><form><p>您需要登录后才能继续浏览</p><input "
                                  "type=password name=p></form></body></html>",
                                  (struct hy_list_hints){0});

    assert_true(l->wall);
    assert_int_equal(l->n, 0);
    hy_list_free(l);
    l = read_with("<p>hello", (struct hy_list_hints){0});
    assert_false(l->wall);
    assert_int_equal(l->n, 0);
    assert_true(l->why[0] != '\0');
    hy_list_free(l);
}

TEST(json)
{
    struct hy_list_hints hints = {.now = noon(), .zone_min = HY_CST};
    struct hy_err err = HY_ERR_INIT;
    struct hy_list *l = NULL;
    const char *json =
        "{\"code\":0,\"data\":{\"list\":[{\"title\":\"甲<b>乙</b>\",\"url\":\"/a.html\","
        "\"time\":1795400000},{\"title\":\"丙\",\"url\":\"http://x.example/b\",\"time\":"
        "\"2026-11-23 09:00\"},{\"title\":\"无址\"}]}}";

    assert_int_equal(hy_list_json(hy_str(json), HY_STR("http://n.example/api"), &hints, &l, &err),
                     0);
    assert_int_equal(l->n, 2);
    assert_string_equal(l->v[0].url, "http://n.example/a.html");
    assert_string_equal(l->v[0].title, "甲乙");
    assert_int_equal(l->v[0].published.ms, INT64_C(1795400000000));
    assert_string_equal(when(l->v[1].published), "2026-11-23T09:00:00+08:00");
    hy_list_free(l);
    hints.item = "data.nothing";
    assert_int_equal(hy_list_json(hy_str(json), HY_STR("http://n.example/"), &hints, &l, &err),
                     HY_E_PARSE);
    assert_int_equal(hy_list_json(HY_STR("[]x"), HY_STR("http://n.example/"), &hints, &l, &err),
                     HY_E_PARSE);
}
