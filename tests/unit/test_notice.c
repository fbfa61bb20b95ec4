/* SPDX-License-Identifier: Apache-2.0 */
/* What an official text says of itself: account or everyday work, follow-up, reply, which day. */
#include "analyzer/notice.h"
#include "analyzer/read.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

static const struct {
    const char *title, *text;
    bool account, follow_up, reply;
} cases[] = {
    {"情况通报", "11月23日，某区发生一起火灾事故，造成3人受伤，原因正在调查。", true, false, false},
    {"续报", "截至11月24日，3名伤员已有2人出院。", true, true, false},
    {"供餐事件处置进展", "学生已全部返校。", true, true, false},
    {"关于供热问题的答复", "您反映的问题收悉，管网已修复。", true, false, true},
    {"情况说明", "有网民反映停车收费过高，经查属实，已责令退还。", true, false, true},
    /* 工作 in the title is no sign of everyday work here. */
    {"关于群众反映窗口工作人员作风问题的情况通报", "经查属实，给予政务处分。", true, false, true},
    {"开展消防安全检查", "组织人员对商户开展检查。", false, false, false},
    /* Figures of a time and ranks come in the form of an account. */
    {"关于第二季度食品抽检情况的通报", "抽检120批次，合格118批次。", false, false, false},
    {"关于师德考核结果的通报", "优秀率20%。", false, false, false},
};

TEST(a_notice_says_what_it_is)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_doc doc = hy_doc_of(arena, hy_str(cases[i].title), hy_str(cases[i].text));
        if ((hy_notice_genre(&doc) > 0) != cases[i].account)
            fail_msg("%s: genre %d", cases[i].title, hy_notice_genre(&doc));
        if (hy_notice_is_follow_up(&doc) != cases[i].follow_up)
            fail_msg("%s: follow-up", cases[i].title);
        if (hy_notice_is_reply(&doc) != cases[i].reply)
            fail_msg("%s: reply", cases[i].title);
    }
}

static const struct {
    const char *title, *text, *event; /* NULL: not said */
} days[] = {
    {"通报", "11月20日8时许，发生一起事故。", "2026-11-20T08:00:00+08:00"},
    {"续报", "截至11月22日，伤员已出院。", NULL},
    {"续报", "截至11月22日，11月20日事故的伤员已出院。", "2026-11-20T00:00:00+08:00"},
    {"关于“11·20”事故的续报", "11月22日6时，明火扑灭。", "2026-11-20T00:00:00+08:00"},
    {"关于“11·20”事故的通报", "11月20日6时，发生火灾。", "2026-11-20T06:00:00+08:00"},
    {"“12·9”事故调查报告", "全文公布。", "2025-12-09T00:00:00+08:00"},
    {"答复", "补贴将于12月5日前发放到位。", NULL}, /* not last year's */
    {"说明", "自11月1日起系统停用。", NULL},       /* how long it has been so */
    {"“5G·2”", "“13·40”", NULL},
};

TEST(the_day_of_an_event_is_not_any_date)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    hy_wall now, want;

    assert_true(hy_wall_parse(hy_str("2026-11-23T09:12:00+08:00"), &now));
    for (size_t i = 0; i < HY_COUNT(days); i++) {
        struct hy_doc doc = hy_doc_of(arena, hy_str(days[i].title), hy_str(days[i].text));
        hy_wall got = hy_read_event_time(arena, &doc, now, HY_CST);
        if (days[i].event == NULL) {
            if (hy_wall_known(got))
                fail_msg("%s %s: a time", days[i].title, days[i].text);
            continue;
        }
        assert_true(hy_wall_parse(hy_str(days[i].event), &want));
        if (got.ms != want.ms)
            fail_msg("%s %s: %lld", days[i].title, days[i].text, (long long)(got.ms - want.ms));
    }
}

TEST(a_month_long_over_is_read_as_its_middle)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    hy_wall now, want;

    assert_true(hy_wall_parse(hy_str("2026-11-23T09:12:00+08:00"), &now));
    assert_true(hy_wall_parse(hy_str("2024-07-15T00:00:00+08:00"), &want));
    struct hy_doc old = hy_doc_of(arena, hy_str("通报"), hy_str("2024年7月，渡口发生碰撞。"));
    struct hy_doc fresh = hy_doc_of(arena, hy_str("通报"), hy_str("2026年11月，2024年7月3日起"));
    assert_int_equal(hy_read_old_month(&old, now, HY_CST).ms, want.ms);
    assert_false(hy_wall_known(hy_read_old_month(&fresh, now, HY_CST)));
}
