/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/normal.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

TEST(one_form_for_all_ways_of_writing)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"化工廠發生爆炸", "化工厂发生爆炸"},
        {"ＡＢＣ１２３，！", "abc123,!"},
        {"P2P平台", "p2p平台"},
        {"爆*炸", "爆炸"},
        {"爆\u200B炸\uFEFF了", "爆炸了"},
        {"化 工 厂 爆 炸", "化工厂爆炸"},
        {"浓烟 大火", "浓烟 大火"}, /* two words stay two words */
        {"2*3", "2*3"},
        {"爆**\u200B*炸", "爆炸"},
        {"爆************炸", "爆************炸"}, /* a line of stars breaks no word */
        {"爆.炸", "爆炸"},
        {"爆．炸", "爆炸"},
        {"清\u200B \u200B溪", "清溪"},
        {"全角　空格", "全角 空格"},
        {"", ""},
    };
    struct hy_arena *a = hy_arena_new();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        hy_arena_reset(a);
        assert_string_equal(hy_normalize(hy_str(cases[i].in), a).text.p, cases[i].out);
    }
    hy_arena_free(a);
}

TEST(the_way_back_names_the_original_characters)
{
    struct hy_arena *a = hy_arena_new();
    struct hy_str in = HY_STR("Ａ爆*\u200B炸物");
    struct hy_normal n = hy_normalize(in, a);
    size_t at = hy_str_find(n.text, HY_STR("爆炸"), 0);
    size_t from = hy_normal_origin(&n, at), to = hy_normal_origin_end(&n, at + 6);

    assert_true(hy_str_eq(hy_str_sub(in, from, to), HY_STR("爆*\u200B炸")));
    assert_int_equal(hy_normal_origin(&n, n.text.n), in.n);
    hy_arena_free(a);
}

TEST(invalid_bytes_do_not_grow)
{
    struct hy_arena *a = hy_arena_new();

    assert_string_equal(hy_normalize(hy_str_n("\xff\xfe爆", 5), a).text.p, "??爆");
    hy_arena_free(a);
}
