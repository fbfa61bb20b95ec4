/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/desktop/sse.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

static struct hy_buf seen;

static void on_event(void *user, struct hy_str id, struct hy_str type, struct hy_str data)
{
    (void)user;
    hy_buf_printf(&seen, "[" HY_STR_FMT "|" HY_STR_FMT "|" HY_STR_FMT "]", HY_STR_ARG(id),
                  HY_STR_ARG(type), HY_STR_ARG(data));
}

static const struct {
    const char *bytes, *events;
} cases[] = {
    {"data: a\n\n", "[|message|a]"},
    {"id: 5\nevent: notice\ndata: {}\n\n", "[5|notice|{}]"},
    {"data: a\ndata: b\n\n", "[|message|a\nb]"},
    {"data:a\r\ndata:  b\r\n\r\n", "[|message|a\n b]"},
    {"data: a\r\rdata: b\n\n", "[|message|a][|message|b]"},
    {": heartbeat\n\n", ""},
    {"event: notice\n\n", ""},  /* no data, no event */
    {"data: unfinished\n", ""}, /* dispatched only by the empty line */
    {"id: 1\ndata: a\n\ndata: b\n\n", "[1|message|a][1|message|b]"}, /* the id stays */
    {"data\n\n", "[|message|]"},
    {"unknown: x\nretry: 3\ndata: a\n\n", "[|message|a]"},
};

/* In one piece and byte by byte the answer is the same. */
TEST(events_whatever_the_pieces)
{
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            struct hy_sse s;
            struct hy_str bytes = hy_str(cases[i].bytes);
            seen = HY_BUF_INIT(HY_BUF_UNBOUNDED);
            hy_sse_init(&s, on_event, NULL);
            for (size_t at = 0; bytewise && at < bytes.n; at++)
                hy_sse_feed(&s, hy_str_sub(bytes, at, at + 1));
            if (!bytewise)
                hy_sse_feed(&s, bytes);
            assert_string_equal(hy_buf_view(&seen).p, cases[i].events);
            hy_sse_release(&s);
            hy_buf_release(&seen);
        }
    }
}

TEST(an_event_above_the_cap_is_dropped_whole)
{
    struct hy_sse s;
    HY_CLEANUP(hy_freep) char *big = hy_xmalloc(HY_SSE_EVENT_CAP);

    memset(big, 'x', HY_SSE_EVENT_CAP);
    seen = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_sse_init(&s, on_event, NULL);
    hy_sse_feed(&s, HY_STR("data: "));
    hy_sse_feed(&s, hy_str_n(big, HY_SSE_EVENT_CAP));
    hy_sse_feed(&s, HY_STR("\n\ndata: b\n\n"));
    assert_string_equal(hy_buf_view(&seen).p, "[|message|b]");
    hy_sse_release(&s);
    hy_buf_release(&seen);
}
