/* SPDX-License-Identifier: Apache-2.0 */
/* What a source names: its list and the older pages behind it, feeds and sitemaps; and the state it
 * is in. */
#include "tests/unit/crawl_world.h"

#define OLDER "<a href='/list/2'>下一页</a>"
static const struct step window_1[] = LIST(NEWS("1", "清溪县城东新建一座立交桥") NEWS(
    "2", "江口区滨河小区今日恢复供水") NEWS("9", "市图书馆周末延长开放时间"));
static const struct step window_2[] = LIST(NEWS("4", "云岭县脐橙开园预计产量两万吨") NEWS(
    "5", "南屏区老旧小区加装电梯一百台") NEWS("6", "全市秋季运动会圆满落幕") "</ul>" OLDER "<ul>");
static const struct step window_2_older[] = LIST(NEWS("7", "菜市场改造完成重新开业") NEWS(
    "8", "公交三路调整首末班车时间") NEWS("1", "清溪县城东新建一座立交桥"));
static const struct step window_3[] = LIST(NEWS("10", "湿地公园迎来今年首批候鸟") NEWS(
    "11", "社区医院开展免费义诊活动") NEWS("12", "老年大学新学期开始招生"));
ANOTHER(6);
ANOTHER(7);
ANOTHER(8);
ANOTHER(9);
ANOTHER(10);
ANOTHER(11);
ANOTHER(12);
static const struct script window_day_1[] = {COMMON, AT(9), {"/list/", window_1}, {0}};
static const struct script window_day_2[] = {
    COMMON, AT(6), AT(7), AT(8), AT(9), {"/list/", window_2}, {"/list/2", window_2_older}, {0}};
static const struct script window_day_3[] = {COMMON, AT(10), AT(11), AT(12), {"/list/", window_3},
                                             {0}};

TEST(a_list_without_known_ground_is_read_backwards_and_a_gap_is_told)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), window_day_1);
    await_items(&w, "3");
    server_switch(w.web, window_day_2);
    await_items(&w, "8"); /* 4, 5, 6 of the first page and 7, 8 of the one behind it */
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "0");
    await_no_more_than(&w, "news", "8");
    assert_int_equal(times_asked(&w, "/list/2\n"), 1);
    server_switch(w.web, window_day_3);
    await_items(&w, "11");
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "1");
    char *why = ask(&w, "HGET", "hy:crawl:source:news", "why");
    assert_non_null(strstr(why, "可能有遗漏"));
    free(why);
    await_no_more_than(&w, "news", "11");
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "1");
    expect_event(&w, 0, "new", "healthy", false);
    expect_event(&w, 1, "healthy", "healthy", true);
    await(&w, "XLEN", HEALTH, "", "2"); /* each change once */
    end(&w);
}

/* What has not changed is not sent again; only the site can say so. */
static const struct step tagged_list[] = {
    {SEND,
     "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nETag: \"v1\"\r\n"
     "Last-Modified: Mon, 23 Nov 2026 01:00:00 GMT\r\n\r\n<html><body><ul>" NEWS(
         "1", "清溪县城东新建一座立交桥") NEWS("2", "江口区滨河小区今日恢复供水")
         NEWS("4", "云岭县脐橙开园预计产量两万吨") "</ul></body></html>",
     0},
    {CLOSE},
    {0}};
static const struct step unchanged[] = {
    {SEND, "HTTP/1.0 304 Not Modified\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct script tagged_day[] = {COMMON, {"/list/", tagged_list}, {0}};
static const struct script unchanged_day[] = {COMMON, {"/list/", unchanged}, {0}};

static bool asked_for_changes(struct world *w)
{
    pthread_mutex_lock(&w->web->lock);
    bool asked = strstr(w->web->request, "If-None-Match: \"v1\"\r\n") &&
                 strstr(w->web->request, "If-Modified-Since: Mon, 23 Nov 2026 01:00:00 GMT\r\n");
    pthread_mutex_unlock(&w->web->lock);
    return asked;
}

TEST(a_list_that_has_not_changed_is_no_failure)
{
    struct world w = {0};
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), tagged_day);
    await_items(&w, "3");
    server_switch(w.web, unchanged_day);
    while (!asked_for_changes(&w))
        assert_true(hy_mono_now().us < give_up.us);
    await_no_more_than(&w, "news", "3");
    await(&w, "HGET", "hy:crawl:source:news", "failures", "0");
    await(&w, "HGET", "hy:crawl:source:news", "last_status", "304");
    end(&w);
}

static const struct step hinting[] = {
    {SEND,
     HTML "<html><head><link rel=alternate type='application/rss+xml' href='/rss.xml'></head>"
          "<body><ul>" NEWS("1", "清溪县城东新建一座立交桥") NEWS("2", "江口区滨河小区今日恢复供水")
              NEWS("4", "云岭县脐橙开园预计产量两万吨") "</ul></body></html>",
     0},
    {CLOSE},
    {0}};
#define RSS(items)                                                                                 \
    {                                                                                              \
        {SEND,                                                                                     \
         "HTTP/1.0 200 OK\r\nContent-Type: "                                                       \
         "application/rss+xml\r\n\r\n<rss><channel><title>f</title>" items "</channel></rss>",     \
         0},                                                                                       \
            {CLOSE},                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define ENTRY(n, title) "<item><title>" title "</title><link>/n/2026/" n ".html</link></item>"
static const struct step rss_1[] =
    RSS(ENTRY("1", "清溪县城东新建一座立交桥") ENTRY("9", "很久以前的一条旧闻没有日期"));
static const struct step rss_2[] =
    RSS(ENTRY("5", "南屏区老旧小区加装电梯一百台") ENTRY("1", "清溪县城东新建一座立交桥"));
/* A feed may say where its older entries are (RFC 5005). */
static const struct step short_feed[] =
    RSS(ENTRY("9", "市图书馆周末延长开放时间") ENTRY("1", "清溪县城东新建一座立交桥"));
static const struct step paged_feed[] =
    RSS("<a:link xmlns:a='http://www.w3.org/2005/Atom' rel='next' href='/rss.xml?page=2'/>" ENTRY(
        "5", "南屏区老旧小区加装电梯一百台") ENTRY("4", "云岭县脐橙开园预计产量两万吨"));
static const struct step paged_feed_older[] =
    RSS(ENTRY("7", "菜市场改造完成重新开业") ENTRY("1", "清溪县城东新建一座立交桥"));
static const struct script feed_day_1[] = {COMMON, AT(9), {"/rss.xml", short_feed}, {0}};
static const struct script feed_day_2[] = {
    COMMON, AT(7), AT(9), {"/rss.xml", paged_feed}, {"/rss.xml?page=2", paged_feed_older}, {0}};

TEST(a_feed_without_known_ground_is_read_backwards)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "feed", "/rss.xml"), feed_day_1);
    await_items(&w, "2");
    server_switch(w.web, feed_day_2);
    await_items(&w, "5"); /* 5 and 4 of the first page, 7 of the one behind it */
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "0");
    await_no_more_than(&w, "news", "5");
    assert_int_equal(times_asked(&w, "/rss.xml?page=2\n"), 1);
    end(&w);
}

static const struct script hints_day[] = {
    {"/robots.txt", map_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/4.html", article_4}, {"/n/2026/5.html", article_5}, AT(9),
    {"/list/", hinting},           {"/rss.xml", rss_1},           {0}};
static const struct script hints_day_2[] = {
    {"/robots.txt", map_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/4.html", article_4}, {"/n/2026/5.html", article_5}, AT(9),
    {"/list/", hinting},           {"/rss.xml", rss_2},           {0}};

TEST(a_feed_that_the_list_names_is_polled_beside_it)
{
    struct world w = {0};
    char out[8192];

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), hints_day);
    await(&w, "HGET", "hy:crawl:source:news", "suggested", "http://example.org/map.xml");
    await_asked(&w, "/rss.xml\n");
    await_no_more_than(&w, "news", "3"); /* undated and there before we came: no news */
    server_switch(w.web, hints_day_2);
    await_items(&w, "4");                /* the list does not show it */
    await_no_more_than(&w, "news", "4"); /* by then what was found is counted in Redis */
    assert_int_equal(crawl_command(&w, out, "sources", NULL, NULL), 0);
    assert_non_null(strstr(out, "/rss.xml"));
    assert_non_null(strstr(out, "先于列表发现 1 条"));
    end(&w);
}

TEST(what_is_found_is_not_polled_where_the_office_says_no)
{
    struct world w = {0};
    char want[128];

    begin(
        &w,
        "sources:\n  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", gap: "
        "20ms, visit_min: 100ms, visit_max: 150ms, allow_private: true, discover: false}\n",
        hints_day);
    snprintf(want, sizeof(want), "http://127.0.0.1:%d/rss.xml\nhttp://example.org/map.xml",
             w.web->port);
    await(&w, "HGET", "hy:crawl:source:news", "suggested", want);
    await_no_more_than(&w, "news", "3");
    assert_int_equal(times_asked(&w, "/rss.xml"), 0);
    end(&w);
}

/* Written when the test runs: the port and the day are not known before. */
static char own_robots_text[256], own_map_text[2048];
static const struct step own_robots[] = {{SEND, own_robots_text, 0}, {CLOSE}, {0}};
static const struct step own_map[] = {{SEND, own_map_text, 0}, {CLOSE}, {0}};
static const struct script no_map_day[] = {COMMON, {"/list/", list_3}, {0}};
static const struct script map_day[] = {
    {"/robots.txt", own_robots},   {"/n/2026/1.html", article_1},
    {"/n/2026/2.html", article_2}, {"/n/2026/3.html", article_4},
    {"/n/2026/5.html", article_5}, {"/shop/6.html", another_6},
    {"/n/2026/7.html", another_7}, {"/list/", list_3},
    {"/map.xml", own_map},         {0}};

static void write_map(int port)
{
    char now[HY_TIME_SIZE], old[HY_TIME_SIZE];

    hy_wall_format(hy_wall_now(), 0, now);
    hy_wall_format(hy_wall_add_ms(hy_wall_now(), -30 * HY_DAY_MS), 0, old);
    snprintf(own_robots_text, sizeof(own_robots_text),
             "HTTP/1.0 200 OK\r\n\r\nUser-agent: *\nSitemap: http://127.0.0.1:%d/map.xml\n", port);
    snprintf(own_map_text, sizeof(own_map_text),
             "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n"
             "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
             "<url><loc>http://127.0.0.1:%d/n/2026/5.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://127.0.0.1:%d/n/2026/7.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://127.0.0.1:%d/shop/6.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://elsewhere.example/n/2026/8.html</loc><lastmod>%s</lastmod></url>"
             "</urlset>",
             port, now, port, old, port, now, now);
}

TEST(of_a_sitemap_what_is_new_and_lies_where_the_list_points)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), no_map_day);
    await_items(&w, "2");
    crawler_end(&w, SIGTERM); /* robots.txt is read once in hours: from the beginning */
    redis_server_ask(&w.redis, "FLUSHALL");
    write_map(w.web->port);
    server_switch(w.web, map_day);
    crawler_start(&w);
    await_items(&w, "4"); /* three of the list, and /n/2026/5.html */
    await_asked(&w, "/n/2026/5.html\n");
    await_no_more_than(&w, "news", "4");
    assert_int_equal(times_asked(&w, "/shop/6.html"), 0);
    assert_int_equal(times_asked(&w, "/n/2026/7.html"), 0);
    end(&w);
}

/* The same map, which nobody names, where maps usually lie. */
static const struct script lying_day[] = {{"/n/2026/1.html", article_1},
                                          {"/n/2026/2.html", article_2},
                                          {"/n/2026/3.html", article_4},
                                          {"/n/2026/5.html", article_5},
                                          {"/shop/6.html", another_6},
                                          {"/n/2026/7.html", another_7},
                                          {"/list/", list_3},
                                          {"/sitemap.xml", own_map},
                                          {0}};

TEST(a_sitemap_that_nobody_names_is_found_where_it_usually_lies)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), no_map_day);
    await_items(&w, "2");
    crawler_end(&w, SIGTERM);
    redis_server_ask(&w.redis, "FLUSHALL");
    write_map(w.web->port);
    server_switch(w.web, lying_day);
    crawler_start(&w);
    await_items(&w, "4");
    assert_int_equal(times_asked(&w, "/rss.xml"), 0);
    assert_int_equal(times_asked(&w, "/shop/6.html"), 0);
    end(&w);
}

TEST(what_lies_in_no_usual_place_is_looked_for_once)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), no_map_day);
    await(&w, "HGET", "hy:crawl:source:news", "guesses", "4");
    await(&w, "HGET", "hy:crawl:source:news", "extras", "[]");
    int asked = times_asked(&w, "/sitemap.xml");
    crawler_end(&w, SIGTERM);
    crawler_start(&w);
    await_no_more_than(&w, "news", "2");
    assert_int_equal(asked, 1);
    assert_int_equal(times_asked(&w, "/sitemap.xml"), 1);
    assert_int_equal(times_asked(&w, "/atom.xml"), 1);
    end(&w);
}

/* Dated an hour before the test runs: the state of a source depends on the age of its newest item.
 */
static char feed_answer[1024];
static const struct step feed[] = {{SEND, feed_answer, 0}, {CLOSE}, {0}};

static void write_feed(void)
{
    time_t published = (time_t)(hy_wall_now().ms / 1000) - 3600;
    struct tm utc;
    char date[64];

    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&published, &utc));
    snprintf(feed_answer, sizeof(feed_answer),
             "HTTP/1.0 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n\r\n"
             "<rss><channel><title>f</title><item><title>页面已经不在的一条消息</title>"
             "<link>/gone.html</link><pubDate>%s</pubDate>"
             "<description>订阅里的正文还在这里。</description></item></channel></rss>",
             date);
}

static const struct step oops[] = {{SEND, "HTTP/1.0 500 Oops\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct step wall[] = PAGE("<form>请登录后浏览<input type=password></form>");
static const struct step garbage[] = {{BYTES, "\xff\xfe\x00\x01garbage\r\n\r\n", 15}, {CLOSE}, {0}};
static const struct step closed[] = {{SEND, "HTTP/1.0 403 Forbidden\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct script odd[] = {{"/feed", feed},        {"/500/", oops},   {"/wall/", wall},
                                    {"/garbage/", garbage}, {"/403/", closed}, {0}};

TEST(odd_sources_get_their_state_and_feeds_stand_in_for_lost_pages)
{
    struct world w = {0};

    write_feed();
    begin(&w,
          "sources:\n" SOURCE("feed", "feed", "/feed") SOURCE("oops", "list", "/500/")
              SOURCE("wall", "list", "/wall/") SOURCE("garbage", "list", "/garbage/")
                  SOURCE("closed", "list", "/403/") SOURCE("missing", "list", "/404/"),
          odd);
    await_items(&w, "1");
    json_t *o = item_at(&w, 0);
    assert_string_equal(hy_json_str(o, "text").p, "订阅里的正文还在这里。");
    assert_string_equal(hy_json_str(o, "published_from").p, "feed");
    json_decref(o);
    static const char *const blind[] = {"oops", "wall", "garbage", "closed", "missing"};
    for (size_t i = 0; i < HY_COUNT(blind); i++) {
        char key[64];
        snprintf(key, sizeof(key), "hy:crawl:source:%s", blind[i]);
        await(&w, "HGET", key, "state", "blind");
    }
    await(&w, "HGET", "hy:crawl:source:feed", "state", "healthy");
    end(&w);
}
