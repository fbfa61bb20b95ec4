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

/* Words of one to four of 70 characters, some pairs of which begin none: against a naive search. */
TEST(the_bits_in_front_hide_no_word)
{
    enum { WORDS = 3000, LONGEST = 4, TEXT = 4000 };
    static uint32_t word[WORDS][LONGEST], text[TEXT];
    static size_t length[WORDS];
    HY_CLEANUP(hy_trie_freep) struct hy_trie *t = hy_trie_new();
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    uint32_t random = 7;

    for (size_t i = 0; i < WORDS; i++) {
        length[i] = (random = random * 1664525 + 1013904223) % 50 ? 2 + (random >> 9) % 3 : 1;
        hy_buf_clear(&b);
        for (size_t k = 0; k < length[i]; k++) {
            word[i][k] = 0x4E00 + ((random = random * 1664525 + 1013904223) >> 16) % 70 * 37;
            hy_buf_utf8(&b, word[i][k]);
        }
        *hy_trie_slot(t, hy_buf_view(&b)) = 1;
    }
    for (size_t i = 0; i < TEXT; i++)
        text[i] = 0x4E00 + ((random = random * 1664525 + 1013904223) >> 16) % 80 * 37;
    for (size_t i = 0; i < TEXT; i++) {
        size_t best = 0, max = i % 7 ? SIZE_MAX : i % 3;
        uint32_t v = 0;
        for (size_t w = 0; w < WORDS; w++)
            if (length[w] > best && length[w] <= max && length[w] <= TEXT - i &&
                memcmp(text + i, word[w], length[w] * sizeof(*text)) == 0)
                best = length[w];
        assert_int_equal(hy_trie_longest(t, text + i, TEXT - i, max, &v), best);
    }
    hy_buf_release(&b);
}

TEST(a_set_of_characters_has_its_own_and_no_others)
{
    static struct hy_charset set = {.list = u"局厅a"};

    assert_true(hy_charset_has(&set, 0x5C40) && hy_charset_has(&set, 0x5385));
    assert_true(hy_charset_has(&set, 'a') && !hy_charset_has(&set, 'b'));
    assert_false(hy_charset_has(&set, 0) || hy_charset_has(&set, 0x15C40));
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
