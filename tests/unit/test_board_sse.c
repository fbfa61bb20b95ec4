/* SPDX-License-Identifier: Apache-2.0 */
/* Framing of events, order of stream ids, who may see what, which document is told. */
#include "alerts/board/feed.h"
#include "alerts/board/sse.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

TEST(frames)
{
    static const struct {
        const char *id, *type, *data, *want;
    } cases[] = {
        {"1-0", "incident", "{}", "id: 1-0\nevent: incident\ndata: {}\n\n"},
        {"", "reload", "{}", "event: reload\ndata: {}\n\n"},
        {"1-0", "", "a\nb", "id: 1-0\ndata: a\ndata: b\n\n"},
        {"1-0", "", "a\r\nb\rc", "id: 1-0\ndata: a\ndata: b\ndata: c\n\n"},
        {"1-0", "", "", "id: 1-0\ndata: \n\n"},
        {"1-0", "", "a\n\nevent: x", "id: 1-0\ndata: a\ndata: \ndata: event: x\n\n"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf out = HY_BUF_INIT(1000);
        hy_sse_frame(&out, hy_str(cases[i].id), hy_str(cases[i].type), hy_str(cases[i].data));
        assert_string_equal(out.p, cases[i].want);
        hy_buf_release(&out);
    }
}

TEST(stream_ids_are_ordered_by_number)
{
    uint64_t ms, seq;

    assert_true(hy_stream_id_parse(HY_STR("1700000000000-12"), &ms, &seq));
    assert_true(ms == 1700000000000u && seq == 12);
    assert_false(hy_stream_id_parse(HY_STR("12"), &ms, &seq));
    assert_false(hy_stream_id_parse(HY_STR("-1-2"), &ms, &seq));
    assert_false(hy_stream_id_parse(HY_STR("1-x"), &ms, &seq));
    assert_false(hy_stream_id_parse(HY_STR("1-2-3"), &ms, &seq));
    assert_true(hy_stream_id_cmp(HY_STR("9-0"), HY_STR("10-0")) < 0);
    assert_true(hy_stream_id_cmp(HY_STR("10-9"), HY_STR("10-10")) < 0);
    assert_int_equal(hy_stream_id_cmp(HY_STR("10-1"), HY_STR("10-1")), 0);
    assert_true(hy_stream_id_cmp(HY_STR("x"), HY_STR("0-0")) < 0);
}

TEST(addressed_events)
{
    static const struct {
        const char *to, *person;
        bool sees;
    } cases[] = {
        {"", "wangmin", true},
        {"[]", "wangmin", true},
        {"wangmin", "wangmin", true},
        {"lilei,wangmin", "wangmin", true},
        {"[\"lilei\",\"wangmin\"]", "wangmin", true},
        {"wangmin2", "wangmin", false},
        {"[\"lilei\"]", "wangmin", false},
        {"lilei", "", false},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        if (hy_sse_is_for(hy_str(cases[i].to), hy_str(cases[i].person)) != cases[i].sees)
            fail_msg("%s for %s", cases[i].to, cases[i].person);
}

TEST(of_a_document_the_last_event_stays)
{
    struct hy_feed_event v[] = {
        {.type = HY_STR("incident"), .data = HY_STR("I1")},
        {.type = HY_STR("notice"), .data = HY_STR("{}")},
        {.type = HY_STR("incident"), .data = HY_STR("I2")},
        {.type = HY_STR("incident"), .data = HY_STR("{\"id\":\"I1\"}")}, /* as it was written once */
        {.type = HY_STR("reply"), .data = HY_STR("I1")},
        {.type = HY_STR("incident"), .data = HY_STR("I1")},
    };
    static const char *const want[] = {"", "{}", "I2", "{\"id\":\"I1\"}", "I1", "I1"};

    assert_true(hy_feed_names(&v[0]));
    assert_false(hy_feed_names(&v[1]));
    assert_false(hy_feed_names(&v[3]));
    assert_false(hy_feed_names(&v[4]));
    hy_feed_thin((struct hy_feed_events){v, HY_COUNT(v)});
    for (size_t i = 0; i < HY_COUNT(want); i++)
        if (!hy_str_is(v[i].data, want[i]))
            fail_msg("%zu: " HY_STR_FMT, i, HY_STR_ARG(v[i].data));
}
