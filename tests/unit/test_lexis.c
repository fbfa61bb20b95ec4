/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/lexis.h"
#include "rules/rules.h"
#include "rules/season.h"

#include "tests/unit/harness.h"

/* The list of groups an item meets is what counting them all would give. */
TEST(the_groups_that_are_met_are_listed_in_order)
{
    static const char *const titles[] = {"", "化工厂爆炸致3人死亡", "未发生爆炸",
                                         "小区停暖气居民投诉，市应急管理局通报火灾",
                                         "爆炸爆炸爆炸，洪水，地震，停电，物业"};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_err err = HY_ERR_INIT;
    size_t met = 0;

    assert_int_equal(hy_rules_open(NULL, &rules, &err), HY_OK);
    struct hy_lexis *x = hy_lexis_new(rules->lexicon, NULL);
    for (size_t i = 0; i < HY_COUNT(titles); i++) {
        struct hy_found f =
            hy_lexis_find(x, hy_str(titles[i]), hy_str(titles[i]), HY_DAY_UNKNOWN, arena);
        size_t n = 0;
        for (uint32_t k = 0; k < rules->lexicon->groups.n; k++) {
            if (f.of_group[k] == 0)
                continue;
            assert_true(n < f.n_groups);
            assert_int_equal(f.groups[n++], k);
        }
        assert_int_equal(n, f.n_groups);
        met += n;
    }
    assert_true(met > 5);
    hy_lexis_free(x);
}
