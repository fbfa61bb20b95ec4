/* SPDX-License-Identifier: Apache-2.0 */
/* Threads: new replies, and threads of many pages. */
#include "tests/unit/crawl_world.h"

#define THREAD(n, title, replies)                                                                  \
    "<tr><th><a href=/t-" n ".html>" title "</a></th><td>某网友</td><td><a href=/t-" n             \
    ".html>" replies "</a></td></tr>"
#define FLOOR(text)                                                                                \
    "<div class=post><span>2026-11-20 10:05</span><div class=message>" text "</div></div>"
#define TOPIC(more)                                                                                \
    PAGE("<html><body><h1>求助：江口区滨河小区停水四天</h1>" FLOOR(                                \
        "江口区滨河小区停水四天没人管，老人孩子都在提水，哪位领导能管一管？") more                 \
         "</body></html>")
static const struct step board_0[] =
    PAGE("<html><body><table>" THREAD("1", "求助：江口区滨河小区停水四天", "0")
             THREAD("2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>");
static const struct step board_1[] =
    PAGE("<html><body><table>" THREAD("1", "求助：江口区滨河小区停水四天", "1")
             THREAD("2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>");
static const struct step topic_0[] = TOPIC("");
static const struct step topic_1[] =
    TOPIC(FLOOR("我们楼也没有水，打了三次电话都没有人来，实在太不方便了。"));
static const struct step topic_2[] =
    ARTICLE("清溪至云岭自驾路线分享一下", "从清溪市区出发走省道。");
static const struct script quiet_board[] = {
    {"/robots.txt", robots}, {"/b/", board_0}, {"/t-1.html", topic_0}, {"/t-2.html", topic_2}, {0}};
static const struct script bumped_board[] = {
    {"/robots.txt", robots}, {"/b/", board_1}, {"/t-1.html", topic_1}, {"/t-2.html", topic_2}, {0}};

TEST(a_thread_with_a_new_reply_comes_again_under_its_id)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), quiet_board);
    await_items(&w, "2");
    server_switch(w.web, bumped_board);
    await_items(&w, "3");
    json_t *again = item_at(&w, 2);
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        json_t *o = item_at(&w, i);
        found |= hy_str_eq(hy_json_str(o, "id"), hy_json_str(again, "id"));
        json_decref(o);
    }
    assert_true(found);
    json_decref(again);
    await_no_more_than(&w, "board", "3");
    end(&w);
}

/* A thread of many pages, /thread-7-1.html and so on, written when the test runs. */
enum { LONG_PAGES = 12, FLOORS_SIZE = 4096 };
static struct long_thread {
    char page[LONG_PAGES + 1][FLOORS_SIZE], path[LONG_PAGES + 1][32]; /* [0]: the board */
    struct step step[LONG_PAGES + 1][3];
    struct script script[LONG_PAGES + 4];
} long_threads[3]; /* one a day: the server reads one while the next is written */

#define POST(id, text)                                                                             \
    "<div id=post_" id " class=post><em>发表于 2026-11-20 10:0" id "</em><div class=message>" text \
    "</div></div>"
static void write_page(struct long_thread *t, int k, int pages, const char *opening)
{
    snprintf(t->path[k], sizeof(t->path[k]), "/thread-7-%d.html", k);
    snprintf(t->page[k], FLOORS_SIZE,
             HTML "<html><body><h1>求助：江口区滨河小区停水四天</h1>"
                  "<div class=pg><a href=/thread-7-2.html>2</a> <a href=/thread-7-%d.html>... "
                  "%d</a></div>" POST("1", "%s第%d页甲楼的居民说水还没有来，希望尽快解决。")
                      POST("2", "第%d页乙楼的居民说已经打过电话，正在等待答复。")
                          POST("3", "第%d页丙楼的居民说物业也没有消息。") "</body></html>",
             pages, pages, opening, k, k, k);
    t->step[k][0] = (struct step){SEND, t->page[k], 0};
    t->step[k][1] = (struct step){CLOSE, NULL, 0};
}

/* The board says so many replies; `missing`: a page that is not there just now. */
static const struct script *write_thread(int day, int pages, int replies, int missing)
{
    struct long_thread *t = &long_threads[day];
    struct script *sc = t->script;
    int n = 0;

    snprintf(t->page[0], FLOORS_SIZE,
             HTML
             "<html><body><table>"
             "<tr><th><a href=/thread-7-1.html>求助：江口区滨河小区停水四天</a></th><td>某网友</td>"
             "<td><a href=/thread-7-1.html>%d</a></td></tr>" THREAD(
                 "2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>",
             replies);
    t->step[0][0] = (struct step){SEND, t->page[0], 0};
    t->step[0][1] = (struct step){CLOSE, NULL, 0};
    sc[n++] = (struct script){"/robots.txt", robots};
    sc[n++] = (struct script){"/b/", t->step[0]};
    sc[n++] = (struct script){"/t-2.html", topic_2};
    for (int k = 1; k <= pages; k++) {
        write_page(t, k, pages, k == 1 ? "停水四天没人管，哪位领导能管一管？" : "");
        if (k != missing)
            sc[n++] = (struct script){t->path[k], t->step[k]};
    }
    sc[n] = (struct script){0};
    return sc;
}

TEST(a_thread_is_told_at_once_and_then_with_all_its_pages)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, 6, 5, 0));
    await_items(&w, "3"); /* the other thread's, and this one's twice */
    await_no_more_than(&w, "board", "3");
    await(&w, "ZCARD", "hy:crawl:frontier:board", "", "0");
    for (int k = 1; k <= 6; k++) {
        char page[32];
        snprintf(page, sizeof(page), "/thread-7-%d.html\n", k);
        assert_int_equal(times_asked(&w, page), 1);
    }
    assert_true(strstr(w.web->log, "/thread-7-6.html") < strstr(w.web->log, "/thread-7-2.html"));
    size_t early = item_that_says(&w, 3, "第6页丙楼", 0);
    size_t whole = item_that_says(&w, 3, "第6页丙楼", early + 1);
    assert_true(early < 3 && whole < 3);
    assert_false(last_item_says(&w, early, "第3页甲楼"));
    HY_CLEANUP(hy_json_freep) json_t *a = item_at(&w, early);
    HY_CLEANUP(hy_json_freep) json_t *b = item_at(&w, whole);
    assert_string_equal(hy_json_str(a, "id").p, hy_json_str(b, "id").p);
    const char *text = hy_json_str(b, "text").p, *at = text; /* every floor once and in its place */
    for (int k = 1; k <= 6; k++) {
        char floor[64];
        snprintf(floor, sizeof(floor), "第%d页乙楼", k);
        at = strstr(at, floor);
        assert_non_null(at);
        assert_null(strstr(at + 1, floor));
    }
    const json_t *replies = json_object_get(b, "replies");
    assert_int_equal(json_array_size(replies), 17); /* six pages of three, less the opening */
    assert_true(hy_str_has(hy_json_str(json_array_get(replies, 16), "text"), hy_str("第6页丙楼")));
    end(&w);
}

TEST(a_crash_among_a_threads_pages_leaves_none_out)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, LONG_PAGES, 5, 0));
    await_asked(&w, "/thread-7-2.html\n"); /* told early by now, and the rest is under way */
    crawler_end(&w, SIGKILL);
    forget_lease(&w);
    crawler_start(&w);
    await(&w, "ZCARD", "hy:crawl:frontier:board", "", "0");
    char *n = ask(&w, "XLEN", "hy:items", "");
    int64_t items = 0;
    assert_true(hy_str_to_i64(hy_str(n), &items) && items >= 3);
    free(n);
    for (int k = 1; k <= LONG_PAGES; k++) {
        char floor[64];
        snprintf(floor, sizeof(floor), "第%d页乙楼", k);
        assert_true(last_item_says(&w, (size_t)items - 1, floor));
    }
    end(&w);
}

TEST(pages_between_the_last_visit_and_now_belong_to_the_thread)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, 3, 5, 0));
    await_items(&w, "3"); /* the first time: told early, then whole */
    await_no_more_than(&w, "board", "3");
    assert_int_equal(times_asked(&w, "/thread-7-3.html"), 1);
    assert_int_equal(times_asked(&w, "/thread-7-2.html"), 1);

    server_switch(w.web, write_thread(1, LONG_PAGES, 23, 7));
    await_items(&w, "4");
    assert_true(last_item_says(&w, 3, "哪位领导能管一管"));
    assert_true(last_item_says(&w, 3, "第3页乙楼"));
    assert_true(last_item_says(&w, 3, "第6页甲楼"));
    assert_true(last_item_says(&w, 3, "第8页甲楼"));
    assert_true(last_item_says(&w, 3, "第12页乙楼"));
    assert_false(last_item_says(&w, 3, "第7页甲楼"));
    assert_int_equal(times_asked(&w, "/thread-7-2.html"), 1);

    server_switch(w.web, write_thread(2, LONG_PAGES, 24, 0));
    await_items(&w, "5");
    assert_true(last_item_says(&w, 4, "第7页甲楼")); /* what was missing is made up for */
    assert_int_equal(times_asked(&w, "/thread-7-5.html"), 1);
    await_no_more_than(&w, "board", "5");
    end(&w);
}
