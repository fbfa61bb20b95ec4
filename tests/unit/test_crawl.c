/* SPDX-License-Identifier: Apache-2.0 */
/* The crawl role: pages appear and change, the crawler and Redis are killed, nothing is lost or
 * repeated; sites are asked as they want to be. */
#include "tests/unit/crawl_world.h"

TEST(every_page_once_over_crashes_of_crawler_and_redis)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), day_3);
    await_items(&w, "2");
    assert_int_equal(strncmp(w.web->log, "/robots.txt\n", 12), 0);
    json_t *first = item_at(&w, 0);
    assert_string_equal(hy_json_str(first, "source").p, "news");
    assert_true(hy_str_has(hy_json_str(first, "text"), HY_STR("立交桥")) ||
                hy_str_has(hy_json_str(first, "text"), HY_STR("供水")));
    assert_false(hy_str_has(hy_json_str(first, "text"), HY_STR("13812345678")));
    json_decref(first);
    await_no_more_than(&w, "news", "2");
    assert_int_equal(times_asked(&w, "/n/2026/3.html"), 0);

    server_switch(w.web, day_4);
    await_items(&w, "3");
    crawler_end(&w, SIGKILL);
    forget_lease(&w);
    crawler_start(&w);
    await_no_more_than(&w, "news", "3");

    redis_server_kill(&w.redis);
    server_switch(w.web, day_5);
    redis_server_again(&w.redis);
    await_items(&w, "4");
    await_no_more_than(&w, "news", "4");
    assert_int_equal(times_asked(&w, "/n/2026/1.html"), 1);
    end(&w);
}

static void await_asked_times(struct world *w, const char *line, size_t n)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (times_asked(w, line) < n && hy_mono_now().us < give_up.us)
        usleep(20000);
    assert_true(times_asked(w, line) >= n);
}

/* A list that would come once in minutes comes at once when a clock runs, and again and again. */
TEST(own_channels_come_often_while_a_clock_runs)
{
    struct world w = {0};

    begin(
        &w,
        "sources:\n"
        "  - {id: own, name: own, kind: list, url: \"http://127.0.0.1:%d/list/\", official: true, "
        "gap: 20ms, visit_min: 100ms, visit_max: 7d, allow_private: true}\n",
        evidence_first);
    await_asked_times(&w, "/list/", 1);
    redis_server_ask(&w.redis, "SET hy:{qingxi}:watch 1");
    await_asked_times(&w, "/list/", 8);
    end(&w);
}

/* Two visits a second for both, and the ceiling of one of them costs ten: it has them, and the
 * other waits, though its turn would be once a second. */
TEST(a_budget_is_kept_by_all_but_ceilings)
{
    struct world w = {.budget = "7200"};
    struct server *other = server_start(day_4);
    char rules[1024];

    redis_server_start(&w.redis);
    w.web = server_start(day_3);
    snprintf(rules, sizeof(rules),
             "sources:\n"
             "  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", "
             "gap: 20ms, visit_min: 100ms, visit_max: 100ms, allow_private: true}\n"
             "  - {id: other, name: other, kind: list, url: \"http://127.0.0.1:%d/list/\", "
             "gap: 20ms, visit_min: 100ms, visit_max: 1h, allow_private: true}\n",
             w.web->port, other->port);
    write_rules(&w, rules);
    crawler_start(&w);
    await_items(&w, "5");        /* two and three */
    server_switch(other, day_5); /* something new, which nobody sees yet */
    await_asked_times(&w, "/list/", 30);
    assert_int_equal(times_asked_of(other, "/list/\n"), 1);
    crawler_end(&w, SIGTERM);
    redis_server_ask(&w.redis, "HSET hy:crawl:source:other next 1");
    crawler_start(&w); /* its turn has come, and a restart gives it no first visit again */
    await_asked_times(&w, "/list/", 60);
    assert_int_equal(times_asked_of(other, "/list/\n"), 1);
    crawler_end(&w, SIGTERM);
    w.budget = NULL;
    crawler_start(&w);
    await_items(&w, "6");
    end(&w);
    server_stop(other);
}

/* Its list is due whenever the site may be asked: pages have their turn all the same. */
TEST(lists_that_are_always_due_leave_pages_their_turn)
{
    struct world w = {0};

    begin(&w,
          "sources:\n"
          "  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", gap: 200ms, "
          "visit_min: 100ms, visit_max: 100ms, allow_private: true}\n",
          day_3);
    await_items(&w, "2");
    end(&w);
}

static const struct step busy[] = {
    {SEND, "HTTP/1.0 429 Too Many\r\nRetry-After: 3600\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct script busy_day[] = {{"/robots.txt", robots}, {"/list/", busy}, {0}};

TEST(a_site_that_asked_to_wait_is_left_alone_by_whoever_comes_next)
{
    struct world w = {0};
    struct server *other = server_start(day_3);
    char rules[512], key[128];

    redis_server_start(&w.redis);
    w.web = server_start(busy_day);
    snprintf(rules, sizeof(rules),
             "sources:\n" SOURCE("news", "list", "/list/") SOURCE("other", "list", "/list/"),
             w.web->port, other->port);
    write_rules(&w, rules);
    crawler_start(&w);
    await(&w, "HGET", "hy:crawl:source:news", "last_status", "429");
    crawler_end(&w, SIGTERM);
    crawler_start(&w);
    await_items(&w, "2");
    await_no_more_than(&w, "other", "2"); /* by now it would have been asked again */
    assert_int_equal(times_asked(&w, "/list/\n"), 1);
    snprintf(key, sizeof(key), "hy:crawl:gate:http://127.0.0.1:%d", w.web->port);
    char *ready = ask(&w, "HGET", key, "ready");
    int64_t ms = 0;
    assert_true(hy_str_to_i64(hy_str(ready), &ms));
    assert_true(ms > hy_wall_now().ms + 3400 * HY_SECOND_MS);
    free(ready);
    assert_int_equal(site_log(&w, w.web), 0);
    assert_int_equal(site_log(&w, other), 0);
    snprintf(key, sizeof(key), "hy:crawl:log:http://127.0.0.1:%d", w.web->port);
    char early[512];
    snprintf(early, sizeof(early),
             "XADD %s * request {\"start\":%lld,\"end\":%lld,\"next\":%lld,\"status\":200}", key,
             (long long)ms - 9000, (long long)ms - 8000, (long long)ms);
    redis_server_ask(&w.redis, early);
    assert_int_equal(site_log(&w, w.web), 1); /* earlier than promised: it says so */
    server_stop(other);
    end(&w);
}

/* The clock of the machine was eight hours ahead, and crawlers of that time are gone. */
TEST(what_was_planned_by_a_clock_that_was_ahead_is_planned_anew)
{
    struct world w = {0};
    struct server *leased = server_start(day_3);
    long long ahead = hy_wall_now().ms + 8 * HY_HOUR_MS;
    char rules[512], command[256], key[128];

    redis_server_start(&w.redis);
    w.web = server_start(day_3);
    snprintf(rules, sizeof(rules),
             "sources:\n" SOURCE("news", "list", "/list/") SOURCE("other", "list", "/list/"),
             w.web->port, leased->port);
    write_rules(&w, rules);
    for (int i = 0; i < 50; i++) { /* one of them would have the larger hash */
        snprintf(command, sizeof(command), "ZADD hy:crawl:crew %lld %d-gone", ahead, i);
        redis_server_ask(&w.redis, command);
    }
    snprintf(command, sizeof(command),
             "HSET hy:crawl:source:news state healthy last_try %lld next %lld", ahead,
             ahead + 60000);
    redis_server_ask(&w.redis, command);
    snprintf(command, sizeof(command),
             "HSET hy:crawl:gate:http://127.0.0.1:%d ready %lld latency 1 refusals 0 at %lld",
             w.web->port, ahead + 20, ahead);
    redis_server_ask(&w.redis, command);
    snprintf(key, sizeof(key), "hy:crawl:host:http://127.0.0.1:%d", leased->port);
    snprintf(command, sizeof(command), "SET %s gone PX 28800000", key);
    redis_server_ask(&w.redis, command);
    crawler_start(&w);
    await_items(&w, "2"); /* of the first */
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    int64_t left = INT64_MAX;
    while (left > 20000 && hy_mono_now().us < give_up.us) {
        HY_CLEANUP(hy_freep) char *ms = ask(&w, "PTTL", key, "");
        assert_true(hy_str_to_i64(hy_str(ms), &left));
        usleep(20000);
    }
    assert_true(left <= 20000);
    server_stop(leased);
    end(&w);
}

/* A list is often copied out before the pages it names. */
static const struct step early_list[] = LIST(NEWS("7", "清溪市图书馆延长开放时间至晚上九点"));
static const struct step article_7[] =
    ARTICLE("清溪市图书馆延长开放时间至晚上九点", "图书馆晚上九点闭馆。");
static const struct script announced[] = {{"/robots.txt", robots}, {"/list/", early_list}, {0}};
static const struct script arrived[] = {
    {"/robots.txt", robots}, {"/list/", early_list}, {"/n/2026/7.html", article_7}, {0}};

TEST(a_page_that_is_announced_before_it_is_there_is_asked_for_again)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), announced);
    await_asked(&w, "/n/2026/7.html\n");
    server_switch(w.web, arrived);
    await_items(&w, "1");
    json_t *o = item_at(&w, 0);
    assert_non_null(strstr(hy_json_str(o, "text").p, "九点闭馆"));
    json_decref(o);
    await_no_more_than(&w, "news", "1");
    end(&w);
}

/* The site is well, it only has nothing yet: no reason to come ever later. */
static const struct step empty_list[] = LIST("");
static const struct script nothing_yet[] = {{"/robots.txt", robots}, {"/list/", empty_list}, {0}};

TEST(a_list_without_entries_is_visited_no_less_often_than_its_ceiling_says)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), nothing_yet);
    await_asked_times(&w, "/list/", 14); /* doubled each time, the last were 20 minutes apart */
    server_switch(w.web, day_3);
    await_items(&w, "2");
    end(&w);
}

/* A site that breaks down under the crowd that wants to read of an accident. */
static const struct step crowded_list[] = LIST(NEWS("7", "清溪市图书馆延长开放时间至晚上九点"));
static const struct step crowded[] = {
    {SEND, "HTTP/1.0 500 Internal Server Error\r\n\r\nbusy", 0}, {CLOSE}, {0}};
static const struct script crowded_day[] = {
    {"/robots.txt", robots}, {"/list/", crowded_list}, {"/n/2026/7.html", crowded}, {0}};
static const struct script calm_day[] = {
    {"/robots.txt", robots}, {"/list/", crowded_list}, {"/n/2026/7.html", article_7}, {0}};

TEST(a_page_that_is_not_to_be_had_is_told_by_its_headline_and_read_later)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), crowded_day);
    await_items(&w, "1");
    HY_CLEANUP(hy_json_freep) json_t *bare = item_at(&w, 0);
    assert_string_equal(hy_json_str(bare, "title").p, "清溪市图书馆延长开放时间至晚上九点");
    assert_int_equal(hy_json_str(bare, "text").n, 0);
    server_switch(w.web, calm_day);
    await_items(&w, "2");
    HY_CLEANUP(hy_json_freep) json_t *whole = item_at(&w, 1);
    assert_string_equal(hy_json_str(whole, "id").p, hy_json_str(bare, "id").p);
    assert_true(hy_str_has(hy_json_str(whole, "text"), HY_STR("图书馆晚上九点闭馆")));
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "0");
    await_no_more_than(&w, "news", "2");
    end(&w);
}

/* Whatever it waits for is a time of day: it ends, and is started again. */
/* In place and in one piece: a reader never sees half of it. */
static void set_clock(int fd, long long ms)
{
    char text[32];
    int n = snprintf(text, sizeof(text), "%lld", ms);

    assert_int_equal(pwrite(fd, text, (size_t)n, 0), n);
}

TEST(a_crawler_whose_clock_is_set_back_begins_anew)
{
    struct world w = {0};
    char path[] = "/tmp/hy-clock-XXXXXX";
    long long now = hy_wall_now().ms;
    int status = -1, fd = mkstemp(path);

    assert_true(fd >= 0);
    set_clock(fd, now);
    setenv("HUIYING_TEST_CLOCK", path, 1);
    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), day_3);
    await(&w, "ZCARD", "hy:crawl:crew", "", "1"); /* it has looked at the clock once */
    set_clock(fd, now - HY_HOUR_MS);
    assert_int_equal(waitpid(w.crawler, &status, 0), w.crawler);
    assert_int_equal(status, 0);
    unsetenv("HUIYING_TEST_CLOCK");
    close(fd);
    unlink(path);
    server_stop(w.web);
    redis_server_end(&w.redis);
    remove_rules(&w);
}

static int64_t items_of(struct world *w)
{
    HY_CLEANUP(hy_freep) char *n = ask(w, "XLEN", "hy:items", "");
    int64_t items = 0;

    assert_true(hy_str_to_i64(hy_str(n), &items));
    return items;
}

/* In its quiet hours a site is asked for nothing, not even for robots.txt. */
TEST(in_quiet_hours_nobody_asks)
{
    struct world w = {0};
    char path[] = "/tmp/hy-clock-XXXXXX", beat[160];
    int fd = mkstemp(path);
    int64_t signed_until; /* by Redis' clock, which is not the test's */
    struct hy_civil day = hy_civil_of(hy_wall_now(), HY_CST);
    long long midnight = hy_days_of(day.year, day.month, day.day) * HY_DAY_MS - 8 * HY_HOUR_MS;
    long long late = midnight + 5 * HY_HOUR_MS - 60000; /* 04:59 */

    assert_true(fd >= 0);
    set_clock(fd, midnight + 2 * HY_HOUR_MS);
    setenv("HUIYING_TEST_CLOCK", path, 1);
    begin(&w,
          "sources:\n  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", "
          "gap: 20ms, visit_min: 100ms, visit_max: 150ms, allow_private: true, "
          "quiet_hours: \"01:00-05:00\"}\n",
          day_3);
    await(&w, "ZCARD", "hy:crawl:crew", "", "1");
    set_clock(fd, late);
    HY_CLEANUP(hy_freep) char *score =
        ask(&w, "EVAL", "return redis.call('ZRANGE','hy:crawl:crew',0,0,'WITHSCORES')[2]", "0");
    assert_true(hy_str_to_i64(hy_str(score), &signed_until));
    snprintf(beat, sizeof(beat), "return redis.call('ZCOUNT','hy:crawl:crew',%lld,'+inf')",
             (long long)signed_until + 2 * BEAT_MS);
    await(&w, "EVAL", beat, "0", "1"); /* it has gone on by that clock */
    assert_int_equal(server_counted(w.web, &w.web->requests), 0);
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    for (long long now = midnight + 5 * HY_HOUR_MS; items_of(&w) < 2; now += 50) {
        set_clock(fd, now);
        assert_true(hy_mono_now().us < give_up.us);
    }
    unsetenv("HUIYING_TEST_CLOCK");
    end(&w);
    close(fd);
    unlink(path);
}
