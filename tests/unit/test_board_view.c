/* SPDX-License-Identifier: Apache-2.0 */
/* Order of the live list and the notices that still matter. */
#include "alerts/board/view.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

static json_t *parse(const char *text)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *v = NULL;

    if (hy_json_parse(hy_str(text), &v, &err) < 0)
        fail_msg("%s", err.msg);
    return v;
}

TEST(nearest_due_time_first_then_the_newest)
{
    json_t *all =
        parse("[{\"id\":\"quiet-old\",\"opened\":\"2026-11-23T01:00:00Z\",\"obligations\":[]},"
              "{\"id\":\"quiet-new\",\"opened\":\"2026-11-23T02:00:00Z\"},"
              "{\"id\":\"later\",\"items\":[1,2],\"obligations\":["
              "{\"state\":\"open\",\"due\":\"2026-11-23T09:00:00+08:00\"},"
              "{\"state\":\"met\",\"due\":\"2026-11-23T01:00:00+08:00\"}]},"
              "{\"id\":\"late\",\"obligations\":["
              "{\"state\":\"open\",\"due\":\"2026-11-24T08:00:00+08:00\"},"
              "{\"state\":\"open\",\"due\":\"2026-11-23T00:30:00Z\"}]}]");
    static const char *const order[] = {"late", "later", "quiet-new", "quiet-old"};
    json_t *list = hy_view_list(all);

    for (size_t i = 0; i < HY_COUNT(order); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(list, i), "id")),
                            order[i]);
    assert_null(json_object_get(json_array_get(list, 1), "items"));
    assert_int_equal(hy_json_int(json_array_get(list, 1), "n_items", -1), 2);
    json_decref(list);
    json_decref(all);
}

TEST(rows_keep_their_order_and_lose_what_is_heavy)
{
    json_t *docs = parse("[{\"id\":\"b\",\"notes\":[1,2,3]},{\"id\":\"a\"}]");
    json_t *rows = hy_view_rows(docs), *first = json_array_get(rows, 0);

    assert_string_equal(json_string_value(json_object_get(first, "id")), "b");
    assert_null(json_object_get(first, "notes"));
    assert_int_equal(hy_json_int(first, "n_notes", -1), 3);
    json_decref(rows);
    json_decref(docs);
}

TEST(the_text_of_a_case_lies_under_its_own_id)
{
    json_t *incident = parse("{\"id\":\"I1\",\"items\":[{\"id\":\"x\"}]}"), *none = parse("{}");
    json_t *matter = parse("{\"id\":\"M1\",\"kind\":\"message\"}");
    json_t *a = hy_view_item_ids(incident), *b = hy_view_item_ids(matter), *c = hy_view_item_ids(none);

    assert_string_equal(json_string_value(json_array_get(a, 0)), "x");
    assert_string_equal(json_string_value(json_array_get(b, 0)), "M1");
    assert_int_equal(json_array_size(c), 0);
    json_decref(a);
    json_decref(b);
    json_decref(c);
    json_decref(incident);
    json_decref(matter);
    json_decref(none);
}

TEST(open_notices_ask_for_something)
{
    json_t *notices = parse(
        "[{\"id\":\"n6\",\"incident\":\"A\",\"clock\":\"H5\"},"
        "{\"id\":\"n5\",\"incident\":\"A\",\"clock\":\"H5\"}," /* an older one of the same clock */
        "{\"id\":\"n4\",\"incident\":\"A\",\"clock\":\"-\"},"  /* acknowledged */
        "{\"id\":\"n3\",\"incident\":\"B\",\"clock\":\"-\"},"  /* asks */
        "{\"id\":\"n2\",\"incident\":\"B\",\"clock\":\"H5\"}," /* met */
        "{\"id\":\"n1\",\"incident\":\"C\",\"clock\":\"-\"},"  /* over */
        "{\"id\":\"n0\",\"incident\":\"gone\",\"clock\":\"-\"}]");
    json_t *incidents = parse("[{\"id\":\"A\",\"state\":\"collected\",\"ack\":{\"by\":\"x\"},"
                              "\"obligations\":[{\"id\":\"A/H5\",\"clock\":\"H5\",\"state\":\"open\"}]},"
                              "{\"id\":\"B\",\"state\":\"collected\",\"ack\":null,"
                              "\"obligations\":[{\"id\":\"B/H5\",\"clock\":\"H5\",\"state\":\"met\"}]},"
                              "{\"id\":\"C\",\"state\":\"dismissed\",\"ack\":null}]");
    json_t *open = hy_view_open_notices(notices, incidents, "x");

    assert_int_equal(json_array_size(open), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(open, 0), "id")), "n6");
    assert_string_equal(json_string_value(json_object_get(json_array_get(open, 1), "id")), "n3");
    json_decref(open);
    json_decref(incidents);
    json_decref(notices);
}

TEST(a_test_alarm_that_was_seen_asks_no_longer)
{
    json_t *notices = parse("[{\"id\":\"t2\",\"incident\":\"W-duty\",\"clock\":\"-\"}]");

    for (int seen = 0; seen < 2; seen++) {
        json_t *docs = parse(seen ? "[{\"id\":\"W-duty\",\"kind\":\"duty\",\"notices\":[{\"id\":\"t2\","
                                    "\"step\":\"test-2\",\"states\":{\"wangmin\":\"shown\"}}]}]"
                                  : "[{\"id\":\"W-duty\",\"kind\":\"duty\",\"notices\":[{\"id\":\"t2\","
                                    "\"step\":\"test-2\",\"states\":{\"wangmin\":\"queued\"}}]}]");
        json_t *open = hy_view_open_notices(notices, docs, "a");
        assert_int_equal(json_array_size(open), !seen);
        json_decref(open);
        json_decref(docs);
    }
    json_decref(notices);
}

TEST(of_the_duty_list_a_later_notice_hides_no_earlier_one)
{
    json_t *notices = parse("[{\"id\":\"gap\",\"incident\":\"W-duty\",\"clock\":\"-\"},"
                            "{\"id\":\"missed\",\"incident\":\"W-duty\",\"clock\":\"-\"}]"),
           *docs = parse("[{\"id\":\"W-duty\",\"kind\":\"duty\",\"notices\":["
                         "{\"id\":\"gap\",\"step\":\"gap-1\",\"states\":{\"a\":\"queued\"}},"
                         "{\"id\":\"missed\",\"step\":\"missed-M1-1\",\"states\":{\"a\":"
                         "\"queued\"}}]}]"),
           *open = hy_view_open_notices(notices, docs, "a");

    assert_int_equal(json_array_size(open), 2);
    json_decref(open);
    json_decref(docs);
    json_decref(notices);
}

TEST(a_reminder_that_was_acknowledged_asks_no_longer_until_the_next)
{
    static const struct {
        const char *incident;
        const char *state; /* of the one that is listed; NULL: none is */
    } cases[] = {
        {"\"ack\":null,\"notices\":[{\"id\":\"n\",\"states\":{\"a\":\"queued\"}}]", "queued"},
        {"\"ack\":null,\"notices\":[{\"id\":\"n\",\"states\":{\"a\":\"shown\"}}]", "shown"},
        {"\"ack\":{\"at\":\"2026-11-23T09:59:59+08:00\"},"
         "\"notices\":[{\"id\":\"n\",\"states\":{\"a\":\"sent\"}}]", "sent"}, /* before it was told */
        {"\"ack\":{\"at\":\"2026-11-23T10:00:00+08:00\"},"
         "\"notices\":[{\"id\":\"n\",\"states\":{\"a\":\"shown\"}}]", NULL}, /* by a colleague */
        {"\"ack\":null,\"notices\":[{\"id\":\"n\",\"states\":{\"a\":\"acknowledged\"}}]", NULL},
    };
    json_t *notices = parse("[{\"id\":\"n\",\"incident\":\"I\",\"clock\":\"H5\","
                            "\"at\":\"2026-11-23T10:00:00+08:00\"}]");

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_freep)
        char *text = hy_xasprintf("[{\"id\":\"I\",\"state\":\"collected\",\"obligations\":["
                                  "{\"id\":\"I/H5\",\"clock\":\"H5\",\"state\":\"open\"}],%s}]",
                                  cases[i].incident);
        json_t *docs = parse(text), *open = hy_view_open_notices(notices, docs, "a");
        assert_int_equal(json_array_size(open), cases[i].state != NULL);
        if (cases[i].state)
            assert_string_equal(
                json_string_value(json_object_get(json_array_get(open, 0), "state")),
                cases[i].state);
        json_decref(open);
        json_decref(docs);
    }
    json_decref(notices);
}

/* A clock that took another's place is another one; who is asked to approve or to take over is asked
 * until it is done, whoever acknowledged the alarm. */
TEST(what_asks_until_it_is_done)
{
    static const char incident[] =
        "[{\"id\":\"I\",\"state\":\"%s\",\"ack\":{\"at\":\"2026-11-23T10:00:01+08:00\"},"
        "\"obligations\":[{\"id\":\"I/H5\",\"clock\":\"H5\",\"state\":\"superseded\"},"
        "{\"id\":\"I/H5.2\",\"clock\":\"H5\",\"state\":\"open\"}],"
        "\"drafts\":[{\"id\":\"D1\",\"state\":\"%s\"}]}]";
    static const struct {
        const char *clock, *step, *at, *state, *draft;
        bool asks;
    } rows[] = {
        {"H5.2", "left-1h", "10:05", "assigned", "draft", true},
        {"H5", "left-2h", "10:05", "assigned", "draft", false},
        {"-", "open", "10:00", "assigned", "draft", false},
        {"-", "approve-7", "10:00", "reviewing", "proposed", true},
        {"-", "approve-7", "10:00", "reviewing", "approved", false},
        {"-", "assigned-9", "10:00", "assigned", "draft", true},
        {"-", "assigned-9", "10:00", "accepted", "draft", false},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        HY_CLEANUP(hy_freep)
        char *doc = hy_xasprintf(incident, rows[i].state, rows[i].draft),
             *told = hy_xasprintf("[{\"id\":\"n\",\"incident\":\"I\",\"clock\":\"%s\","
                                  "\"step\":\"%s\",\"at\":\"2026-11-23T%s:00+08:00\"}]",
                                  rows[i].clock, rows[i].step, rows[i].at);
        json_t *docs = parse(doc), *notices = parse(told),
               *open = hy_view_open_notices(notices, docs, "a");
        if (json_array_size(open) != rows[i].asks)
            fail_msg("row %zu: %zu", i, json_array_size(open));
        json_decref(open);
        json_decref(notices);
        json_decref(docs);
    }
}

TEST(what_the_stream_was_not_read_back_to_stands_in_the_documents)
{
    json_t *docs = parse(
        "[{\"id\":\"I\",\"kind\":\"emergency\",\"level\":2,\"title\":\"爆炸\",\"state\":\"collected\","
        "\"ack\":null,\"obligations\":[{\"id\":\"I/H5\",\"clock\":\"H5\",\"state\":\"open\","
        "\"label\":\"5小时内发布权威信息\",\"start\":\"2026-11-23T09:12:00+08:00\","
        "\"due\":\"2026-11-23T14:12:00+08:00\"}],\"notices\":["
        "{\"id\":\"I/-/open\",\"clock\":\"-\",\"step\":\"open\",\"states\":{\"a\":\"queued\"}},"
        "{\"id\":\"I/H5/left-2h\",\"clock\":\"H5\",\"step\":\"left-2h\",\"states\":{\"b\":\"queued\"}},"
        "{\"id\":\"I/H5/left-1h\",\"clock\":\"H5\",\"step\":\"left-1h\",\"states\":{\"a\":\"queued\"}}"
        "]}]"),
           *notices = parse("[{\"id\":\"I/H5/left-1h\",\"incident\":\"I\",\"clock\":\"H5\"}]");
    hy_wall now;

    assert_true(hy_wall_parse(HY_STR("2026-11-23T13:13:00+08:00"), &now));
    hy_view_add_recorded(notices, docs, "a", now);
    assert_int_equal(json_array_size(notices), 2); /* the one that was read, once */
    const json_t *n = json_array_get(notices, 1);
    assert_string_equal(json_string_value(json_object_get(n, "id")), "I/-/open");
    assert_string_equal(json_string_value(json_object_get(n, "title")), "【重大】爆炸");
    assert_string_equal(json_string_value(json_object_get(n, "body")),
                        "较早的提醒还在等您处理，请签收办理。5小时内发布权威信息，11月23日 14:12 到期");
    assert_string_equal(json_string_value(json_object_get(n, "lamp")), "red");
    json_t *open = hy_view_open_notices(notices, docs, "a");
    assert_int_equal(json_array_size(open), 2);
    json_decref(open);
    json_decref(notices);
    json_decref(docs);
}

TEST(a_list_comes_in_pages)
{
    static const struct {
        const char *after;
        size_t limit;
        const char *first, *next; /* first NULL: no such row */
        size_t n;
    } cases[] = {
        {"", 0, "a", "", 3},  {"", 2, "a", "b", 2},  {"b", 2, "c", "", 1}, {"", 3, "a", "", 3},
        {"c", 2, "", "", 0},  {"x", 2, NULL, "", 0}, {"a", 1, "b", "b", 1},
    };
    json_t *list = parse("[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char next[16] = "?";
        json_t *page =
            hy_view_page(list, hy_str(cases[i].after), cases[i].limit, next, sizeof(next));
        assert_int_equal(page == NULL, cases[i].first == NULL);
        assert_string_equal(next, cases[i].next);
        assert_int_equal(json_array_size(page), cases[i].n);
        if (cases[i].n)
            assert_string_equal(json_string_value(json_object_get(json_array_get(page, 0), "id")),
                                cases[i].first);
        json_decref(page);
    }
    json_decref(list);
}

TEST(addressees_as_ids_or_objects)
{
    json_t *a = parse("{\"to\":[\"lilei\",\"wangmin\"]}"),
           *b = parse("{\"to\":[{\"id\":\"wangmin\"}]}");

    assert_true(hy_view_is_to(a, "wangmin"));
    assert_true(hy_view_is_to(b, "wangmin"));
    assert_false(hy_view_is_to(b, "lilei"));
    json_decref(a);
    json_decref(b);
}
