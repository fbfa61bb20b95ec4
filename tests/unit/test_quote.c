/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quote.h"
#include "core/utf8.h"

#include <string.h>

#include "tests/unit/harness.h"

TEST(blanking_keeps_offsets)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_str text =
        HY_STR("厂里着火了，死了 3 人é𠮷，ok\n> 死了 3 人é𠮷，ok...\n没有的事\n>> 不是引用");
    struct hy_str blank = hy_quote_blank(text, arena);

    assert_int_equal(blank.n, text.n);
    assert_int_equal(hy_utf8_count(blank), hy_utf8_count(text));
    assert_true(hy_str_find(blank, HY_STR("死了"), 0) < 20);
    assert_int_equal(hy_str_find(blank, HY_STR("死了"), 25), HY_NPOS);
    assert_int_equal(hy_str_find(blank, HY_STR("ok"), 40), HY_NPOS);
    assert_int_equal(hy_str_find(blank, HY_STR("没有的事"), 0),
                     hy_str_find(text, HY_STR("没有的事"), 0));
    assert_true(hy_str_has(blank, HY_STR(">> 不是引用")));
    hy_arena_free(arena);
}

/* The post itself is gone, or the newest stand in front. */
TEST(what_stands_nowhere_else_counts_once)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_str blank =
        hy_quote_blank(HY_STR("> 厂里炸了\n真的？\n> 厂里炸了\n> 没有的事\n没有的事"), arena);

    assert_int_equal(hy_str_find(blank, HY_STR("厂里炸了"), 0), 2);
    assert_int_equal(hy_str_find(blank, HY_STR("厂里炸了"), 3), HY_NPOS);
    assert_int_equal(hy_str_find(blank, HY_STR("没有的事"), 0),
                     blank.n - strlen("没有的事")); /* in the line of its own */
    hy_arena_free(arena);
}

TEST(nothing_quoted_is_no_copy)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_str text = HY_STR("厂里着火了\n5 > 3");

    assert_ptr_equal(hy_quote_blank(text, arena).p, text.p);
    hy_arena_free(arena);
}

TEST(own_lines)
{
    struct hy_buf out = HY_BUF_INIT(200);

    hy_quote_own(HY_STR("> 楼上的话\n顶\n> 又一句\n再说"), &out);
    assert_true(hy_str_eq(hy_buf_view(&out), HY_STR("顶\n再说")));
    hy_buf_release(&out);
}
