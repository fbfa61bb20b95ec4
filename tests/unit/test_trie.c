/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/chars.h"
#include "core/mem.h"
#include "core/trie.h"

#include "tests/unit/harness.h"

TEST(the_longest_word_within_the_bound)
{
    static const uint32_t text[] = {0x5317, 0x4EAC, 0x5E02, 0x533A}; /* 北京市区 */
    struct hy_trie *t = hy_trie_new();
    uint32_t v = 0;

    *hy_trie_slot(t, HY_STR("北京")) = 1;
    *hy_trie_slot(t, HY_STR("北京市")) = 2;
    assert_int_equal(hy_trie_longest(t, text, 4, 4, &v), 3);
    assert_int_equal(v, 2);
    assert_int_equal(hy_trie_longest(t, text, 4, 2, &v), 2);
    assert_int_equal(v, 1);
    assert_int_equal(hy_trie_longest(t, text + 1, 3, 3, &v), 0);
    assert_int_equal(hy_trie_longest(t, text, 0, 4, &v), 0);
    hy_trie_free(t);
    hy_trie_free(NULL);
}

TEST(many_words_survive_growth)
{
    struct hy_trie *t = hy_trie_new();
    char word[16];
    uint32_t c[16], v;

    for (uint32_t i = 1; i <= 5000; i++) {
        int n = snprintf(word, sizeof(word), "w%u", i);
        *hy_trie_slot(t, hy_str_n(word, (size_t)n)) = i;
    }
    for (uint32_t i = 1; i <= 5000; i++) {
        int n = snprintf(word, sizeof(word), "w%u", i);
        for (int k = 0; k < n; k++)
            c[k] = (unsigned char)word[k];
        assert_int_equal(hy_trie_longest(t, c, (size_t)n, SIZE_MAX, &v), n);
        assert_int_equal(v, i);
    }
    hy_trie_free(t);
}

TEST(lists_are_searched_both_ways)
{
    static struct hy_wordlist words = {.list = {"公安", "公安局", "局", NULL}};
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_chars t = hy_chars_of(arena, HY_STR("市公安局长"));
    size_t which = 9;

    assert_int_equal(hy_wordlist_at(&t, 1, &words, &which), 3);
    assert_int_equal(which, 1);
    assert_int_equal(hy_wordlist_before(&t, 4, &words, &which), 3);
    assert_int_equal(which, 1);
    assert_int_equal(hy_wordlist_before(&t, 3, &words, &which), 2);
    assert_int_equal(hy_wordlist_at(&t, 5, &words, NULL), 0);
    assert_int_equal(hy_wordlist_before(&t, 0, &words, NULL), 0);
}

TEST(width_is_folded_and_offsets_stay)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_chars t = hy_chars_of(arena, HY_STR("３０人，Ａ"));

    assert_int_equal(t.n, 5);
    assert_int_equal(t.c[0], '3');
    assert_int_equal(t.c[3], ',');
    assert_true(hy_str_is(hy_chars_text(&t, 0, 3), "３０人"));
    assert_int_equal(hy_chars_at(&t, 2, "人"), 1);
    assert_int_equal(hy_chars_before(&t, 3, "0人"), 2);
}
