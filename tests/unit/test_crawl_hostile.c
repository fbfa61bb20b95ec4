/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile sites: each bad page costs itself. */
#include "tests/unit/crawl_world.h"

/* -- hostile sites -------------------------------------------------------------------------------
 */

#define HOSTILE(n, title) "<li><a href='/h/" n ".html'>" title "</a></li>"
static const struct step hostile_list[] = LIST(
    HOSTILE("nul", "正文里有空字节的一篇报道") HOSTILE("label", "编码写错了的一篇报道")
        HOSTILE("loop", "自己跳到自己的一篇报道") HOSTILE("ring", "跳来跳去回到原处的报道")
            HOSTILE("cookie", "没有饼干就不让看的报道") HOSTILE("short", "长度写得太长的一篇报道")
                HOSTILE("bomb", "压缩起来很小的一篇报道") HOSTILE("heads", "头部没完没了的一篇报道")
                    HOSTILE("chunks", "块没完没了的一篇报道")
                        HOSTILE("good", "云岭县脐橙开园预计产量两万吨"));
static const char nul_page[] =
    HTML "<html><body><h1>正文里有空字节的一篇报道</h1><p>2026-11-20 10:01</p><div><p>水厂\0检修，"
         "\0\0停水时间从今晚十点到明早六点，请居民提前储水，给大家带来不便敬请谅解。</p></div></"
         "body></html>";
/* GBK, and the header says UTF-8 */
static const char mislabelled[] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><h1>"
    "\xb1\xe0\xc2\xeb\xd0\xb4\xb4\xed\xc1\xcb\xb5\xc4\xd2\xbb\xc6\xaa\xb1\xa8\xb5\xc0"
    "</h1><p>2026-11-20 10:01</p><div><p>"
    "\xcb\xae\xb3\xa7\xbc\xec\xd0\xde\xa3\xac\xcd\xa3\xcb\xae\xca\xb1\xbc\xe4"
    "\xb4\xd3\xbd\xf1\xcd\xed\xca\xae\xb5\xe3\xb5\xbd\xc3\xf7\xd4\xe7\xc1\xf9\xb5\xe3"
    "\xa3\xac\xc7\xeb\xbe\xd3\xc3\xf1\xcc\xe1\xc7\xb0\xb4\xa2\xcb\xae\xa1\xa3"
    "</p></div></body></html>";
static const struct step nul_step[] = {{BYTES, nul_page, sizeof(nul_page) - 1}, {CLOSE}, {0}};
static const struct step label_step[] = {
    {BYTES, mislabelled, sizeof(mislabelled) - 1}, {CLOSE}, {0}};
static const struct step loop_step[] = MOVED("/h/loop.html");
static const struct step cookie_step[] = MOVED("/h/cookie.html");
static const struct step ring_step[] = MOVED("/h/ring2.html");
static const struct step ring2_step[] = MOVED("/h/ring.html");
static const struct step short_step[] = {
    {SEND, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n<p>x", 0},
    {CLOSE},
    {0}};
static const struct step heads_step[] = {{SEND, "HTTP/1.1 200 OK\r\n", 0},
                                         {REPEAT, "X-Header: 0123456789abcdef\r\n", 100000},
                                         {CLOSE},
                                         {0}};
static const struct step chunks_step[] = {
    {SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {REPEAT, "10\r\n0123456789abcdef\r\n", 1000000},
    {CLOSE},
    {0}};
/* gzip of 32 MB of nothing: made when the test runs */
static uint8_t bomb[64 * 1024];
static char bomb_head[160];
static struct step bomb_step[] = {
    {SEND, bomb_head, 0}, {BYTES, (const char *)bomb, 0}, {CLOSE}, {0}};
static const struct script hostile_day[] = {
    {"/robots.txt", map_robots},   {"/list/", hostile_list},
    {"/h/nul.html", nul_step},     {"/h/label.html", label_step},
    {"/h/loop.html", loop_step},   {"/h/ring.html", ring_step},
    {"/h/ring2.html", ring2_step}, {"/h/cookie.html", cookie_step},
    {"/h/short.html", short_step}, {"/h/bomb.html", bomb_step},
    {"/h/heads.html", heads_step}, {"/h/chunks.html", chunks_step},
    {"/h/good.html", article_4},   {0}};

static void make_bomb(void)
{
    static uint8_t nothing[32 << 20];
    struct isal_zstream z;

    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.next_in = nothing;
    z.avail_in = sizeof(nothing);
    z.next_out = bomb;
    z.avail_out = sizeof(bomb);
    z.end_of_stream = 1;
    assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
    bomb_step[1].n = z.total_out;
    snprintf(bomb_head, sizeof(bomb_head),
             "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
             "Content-Length: %zu\r\n\r\n",
             (size_t)z.total_out);
}

/* What can be read is read, what cannot costs itself, and the source stays healthy. */
TEST(each_hostile_page_costs_itself)
{
    struct world w = {0};

    make_bomb();
    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), hostile_day);
    await_items(&w, "4"); /* three were read, of the one cut short there is the headline */
    await_asked(&w, "/h/chunks.html\n");
    await_asked(&w, "/h/bomb.html\n");
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "1"); /* it may come whole */
    await_no_more_than(&w, "news", "4");
    assert_true(some_item_says(&w, 4, "停水时间从今晚十点到明早六点，请居民提前储水，给大家"));
    assert_true(some_item_says(
        &w, 4, "从今晚十点到明早六点，请居民提前储水。")); /* in spite of its label */
    assert_true(some_item_says(&w, 4, "脐橙陆续成熟"));
    assert_int_equal(times_asked(&w, "/h/loop.html\n"), 6); /* the page, and five hops */
    assert_int_equal(times_asked(&w, "/h/chunks.html\n"), 1);
    assert_int_equal(times_asked(&w, "/h/bomb.html\n"), 1);
    await(&w, "HGET", "hy:crawl:source:news", "state", "healthy");
    end(&w);
}

static const struct step cookie_list[] = MOVED("/list/");
static const struct script cookie_day[] = {
    {"/robots.txt", map_robots}, {"/list/", cookie_list}, {0}};

TEST(a_list_behind_a_wall_of_cookies_is_blind_and_says_so)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), cookie_day);
    await(&w, "HGET", "hy:crawl:source:news", "state", "blind");
    char *why = ask(&w, "HGET", "hy:crawl:source:news", "why");
    assert_non_null(strstr(why, "Cookie"));
    free(why);
    assert_null(strstr(w.web->request, "seen=1")); /* it was not brought back */
    end(&w);
}

/* -- a byte now and then ------------------------------------------------------------------------
 */

static const struct step drip_list[] = {
    {SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<ul>", 0},
    {DRIP, "<li>x</li>", 0},
    {0}};
static const struct step drip_head[] = {
    {SEND, "HTTP/1.1 200 OK\r\n", 0}, {DRIP, "X-Header: 0\r\n", 0}, {0}};
static const struct script before_drips[] = {
    {"/robots.txt", robots}, {"/list/", list_1}, {"/n/2026/4.html", article_4}, {0}};
static const struct script list_drips[] = {{"/robots.txt", robots}, {"/list/", drip_list}, {0}};
/* the new page does, and what is behind it in the list is there */
static const struct script page_drips[] = {{"/robots.txt", robots},
                                           {"/list/", list_5},
                                           {"/n/2026/5.html", drip_head},
                                           {"/n/2026/4.html", article_4},
                                           {"/n/2026/1.html", article_1},
                                           {"/n/2026/2.html", article_2},
                                           {0}};
static const struct script robots_drip[] = {
    {"/robots.txt", drip_head}, {"/list/", list_1}, {"/n/2026/4.html", article_4}, {0}};

static redisReply *log_of(struct world *w, const struct server *site)
{
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;

    assert_int_equal(hy_redis_sync_open(w->redis.url, &r, &err), 0);
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err,
                                       "XRANGE hy:crawl:log:http://127.0.0.1:%d - +", site->port),
                     0);
    hy_redis_sync_close(r);
    return reply;
}

static json_t *request_at(const redisReply *log, size_t i)
{
    json_t *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(
        hy_json_parse(hy_reply_field(log->element[i]->element[1], "request"), &o, &err), 0);
    return o;
}

static size_t asked_between(const redisReply *log, int64_t from, int64_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < log->elements; i++) {
        json_t *o = request_at(log, i);
        n += hy_json_int(o, "start", 0) > from && hy_json_int(o, "end", 0) < to;
        json_decref(o);
    }
    return n;
}

/* Of the requests to `drip` for `path` one ran out of time, and meanwhile the other site was asked,
 * and had answered, `least` times. */
static bool others_went_on(struct world *w, const struct server *drip, const char *path,
                           const struct server *other, size_t least)
{
    redisReply *log = log_of(w, drip), *others = log_of(w, other);
    bool found = false;

    for (size_t i = 0; i < log->elements && !found; i++) {
        json_t *o = request_at(log, i);
        int64_t from = hy_json_int(o, "start", 0), to = hy_json_int(o, "end", 0);
        found = hy_str_is(hy_json_str(o, "outcome"), "timeout") &&
                hy_str_has(hy_json_str(o, "url"), hy_str(path)) &&
                asked_between(others, from, to) >= least;
        json_decref(o);
    }
    freeReplyObject(log);
    freeReplyObject(others);
    return found;
}

static void await_others_go_on(struct world *w, const struct server *drip, const char *path,
                               const struct server *other, size_t least)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (!others_went_on(w, drip, path, other, least)) {
        if (hy_mono_now().us > give_up.us)
            fail_msg("nobody was asked while %s dribbled", path);
        usleep(20000);
    }
}

TEST(a_site_that_dribbles_costs_itself_alone_and_is_told_of)
{
    struct world w = {.fetch_ms = "700"};
    struct server *other = server_start(day_3), *page = server_start(before_drips),
                  *rules_site = server_start(robots_drip);
    char rules[2048];

    redis_server_start(&w.redis);
    w.web = server_start(before_drips);
    snprintf(rules, sizeof(rules),
             "sources:\n" SOURCE("news", "list", "/list/") SOURCE("other", "list", "/list/")
                 SOURCE("page", "list", "/list/") SOURCE("rules", "list", "/list/"),
             w.web->port, other->port, page->port, rules_site->port);
    write_rules(&w, rules);
    crawler_start(&w);
    await_items(&w, "4"); /* one, two, one; nothing where robots.txt cannot be read */
    await(&w, "HGET", "hy:crawl:source:news", "state", "healthy");
    server_switch(w.web, list_drips);
    server_switch(page, page_drips);
    /* asked once, while everything starts: that the four items came is all to be said */
    await_others_go_on(&w, rules_site, "/robots.txt", other, 0);
    await_others_go_on(&w, w.web, "/list/", other, 2);
    await_others_go_on(&w, page, "/n/2026/5.html", other, 1);
    await(&w, "HGET", "hy:crawl:source:news", "state", "blind");
    char *why = ask(&w, "HGET", "hy:crawl:source:news", "why");
    assert_non_null(strstr(why, "限时内没有读完"));
    free(why);
    await_items(&w, "6"); /* what stood behind the page that dribbles */
    await(&w, "HGET", "hy:crawl:source:page", "state", "healthy");
    await(&w, "HGET", "hy:crawl:source:rules", "why", "无法读取：robots.txt 暂时读不到");
    server_switch(w.web, before_drips); /* it is never given up */
    await(&w, "HGET", "hy:crawl:source:news", "state", "healthy");
    assert_int_equal(site_log(&w, w.web) | site_log(&w, other) | site_log(&w, page), 0);
    end(&w);
    server_stop(other);
    server_stop(page);
    server_stop(rules_site);
}
