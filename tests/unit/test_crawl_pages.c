/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: captured when they change, looked at again, without personal numbers; redirects. */
#include "tests/unit/crawl_world.h"

TEST(pages_are_captured_when_they_appear_change_and_disappear)
{
    struct world w = {0};
    size_t bytes;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    HY_CLEANUP(hy_json_freep) json_t *meta = capture_at(&w, 0, &bytes);
    HY_CLEANUP(hy_json_freep) json_t *item = item_at(&w, 0);
    const json_t *hops = json_object_get(meta, "redirects");
    assert_int_equal(json_array_size(hops), 1);
    assert_true(hy_str_ends(hy_json_str(json_array_get(hops, 0), "url"), HY_STR("/n/2026/4.html")));
    assert_true(hy_str_ends(hy_json_str(meta, "final_url"), HY_STR("/n/real/4.html")));
    assert_string_equal(hy_json_str(meta, "item").p, hy_json_str(item, "id").p);
    assert_string_equal(hy_json_str(meta, "hash").p, hy_json_str(item, "hash").p);
    assert_string_equal(hy_json_str(meta, "text").p, hy_json_str(item, "text").p);

    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 1, "same", 200, false);
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 2, "changed", 200, true);
    await_items(&w, "2");
    server_switch(w.web, evidence_gone);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 3, "gone", 404, false);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 4, "same", 404, false);
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 5, "changed", 200, true);
    server_switch(w.web, evidence_deleted);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 6, "gone", 200, true);
    await_items(&w, "3");
    end(&w);
}

TEST(captures_that_nobody_takes_are_dropped_and_counted)
{
    struct world w = {0};
    char *bytes;
    int64_t n;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    bytes = ask(&w, "HGET", "hy:captures:load", "bytes");
    assert_true(hy_str_to_i64(hy_str(bytes), &n) && n > 500 && n < 5000);
    free(bytes);
    redis_server_ask(&w.redis, "HSET hy:captures:load bytes 67108000");
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    await(&w, "HGET", "hy:captures:load", "dropped", "1");
    await_items(&w, "2"); /* the item goes its way */
    await(&w, "XLEN", "hy:captures", "", "1");
    redis_server_ask(&w.redis, "XTRIM hy:captures MAXLEN 0"); /* somebody took it */
    server_switch(w.web, evidence_first);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 0, "changed", 200, true);
    end(&w);
}

TEST(a_recheck_obeys_robots_and_knows_its_source)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    ask_recheck(&w, "/n/2026/3.html"); /* forbidden: taken from the queue, not asked for */
    redis_server_ask(&w.redis, "ZADD hy:crawl:recheck 1 nobody");
    await_no_more_than(&w, "news", "1");
    assert_int_equal(times_asked(&w, "/n/2026/3.html"), 0);
    await(&w, "ZCARD", "hy:crawl:recheck", "", "1"); /* what is no page of ours stays */
    end(&w);
}

/* -- personal numbers ----------------------------------------------------------------------------
 */

static const struct step private_page[] =
    ARTICLE("云岭县脐橙开园预计产量两万吨",
            "联系人电话13812345678，身份证110101199003074514，车牌京A12345，"
            "银行卡6222021234567890128，邮箱zhang.san@example.cn。");
static const struct script private_day[] = {
    {"/robots.txt", map_robots}, {"/list/", list_1}, {"/n/2026/4.html", private_page}, {0}};

/* Masked before anything leaves the crawler; only the page as it came, which expires, has them. */
TEST(personal_numbers_do_not_leave_the_crawler_but_in_the_raw_page)
{
    static const char *const secret[] = {"13812345678", "110101199003074514", "京A12345",
                                         "6222021234567890128", "zhang.san@"};
    struct world w = {0};
    size_t bytes;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), private_day);
    await_items(&w, "1");
    HY_CLEANUP(hy_json_freep) json_t *item = item_at(&w, 0);
    HY_CLEANUP(hy_json_freep) json_t *meta = capture_at(&w, 0, &bytes);
    HY_CLEANUP(hy_freep) char *item_text = hy_json_text(item);
    HY_CLEANUP(hy_freep) char *meta_text = hy_json_text(meta);
    assert_non_null(strstr(item_text, "联系人电话"));
    assert_true(bytes > 0);
    for (size_t i = 0; i < HY_COUNT(secret); i++) {
        if (strstr(item_text, secret[i]))
            fail_msg("%s in the item: %s", secret[i], item_text);
        if (strstr(meta_text, secret[i]))
            fail_msg("%s in the capture: %s", secret[i], meta_text);
    }
    end(&w);
}

/* A short address that leads to an article which the list names too. */
static const struct step short_address[] = MOVED("/n/2026/4.html");
static const struct step short_list[] = LIST(NEWS("s", "云岭县脐橙开园预计产量两万吨") NEWS(
    "2", "江口区滨河小区今日恢复供水") NEWS("4", "云岭县脐橙开园预计产量两万吨"));
static const struct script short_day[] = {
    COMMON, {"/list/", short_list}, {"/n/2026/s.html", short_address}, {0}};

TEST(a_redirect_to_a_page_that_is_queued_leaves_nothing_behind)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), short_day);
    await_items(&w, "2");
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "0");
    await_no_more_than(&w, "news", "2");
    assert_int_equal(times_asked(&w, "/n/2026/4.html"), 1);
    assert_int_equal(times_asked(&w, "/n/2026/s.html"), 1);
    end(&w);
}
