/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

#include "core/mem.h"

#include <stdio.h>

#include "tests/unit/harness.h"

/* How many characters, U+FFFD included, and how long the valid beginning is. */
TEST(decoding)
{
    static const struct {
        struct hy_str in;
        size_t chars, valid, valid_if_cut;
    } cases[] = {
        {HY_STR(""), 0, 0, 0},
        {HY_STR("abc"), 3, 3, 3},
        {HY_STR("清溪县"), 3, 9, 9},
        {HY_STR("💥"), 1, 4, 4},
        {HY_STR("a\xff"), 2, 1, 1},
        {HY_STR("\xc0\x80"), 2, 0, 0},         /* overlong NUL */
        {HY_STR("\xe0\x80\xaf"), 3, 0, 0},     /* overlong */
        {HY_STR("\xed\xa0\x80"), 3, 0, 0},     /* surrogate */
        {HY_STR("\xf4\x90\x80\x80"), 4, 0, 0}, /* beyond U+10FFFF */
        {HY_STR("\x80"), 1, 0, 0},             /* stray continuation */
        {HY_STR("溪\xe6\xb8"), 3, 3, 5},       /* cut after two of three */
        {HY_STR("溪\xf0\x9f\x92"), 4, 3, 6},   /* cut after three of four */
        {HY_STR("溪\xe6\xb8x"), 4, 3, 3},      /* not cut but broken */
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        size_t n = 0, at = 0;
        for (; at < cases[i].in.n; n++)
            (void)hy_utf8_next(cases[i].in, &at);
        if (n != cases[i].chars || hy_utf8_valid_prefix(cases[i].in, false) != cases[i].valid ||
            hy_utf8_valid_prefix(cases[i].in, true) != cases[i].valid_if_cut)
            fail_msg("case %zu: %zu characters, %zu valid, %zu if cut", i, n,
                     hy_utf8_valid_prefix(cases[i].in, false),
                     hy_utf8_valid_prefix(cases[i].in, true));
        assert_int_equal(hy_utf8_valid(cases[i].in), cases[i].valid == cases[i].in.n);
    }
}

TEST(ascii_at_the_beginning)
{
    char text[40];

    for (size_t n = 0; n <= sizeof(text); n++)
        for (size_t high = 0; high <= n; high++) {
            memset(text, 'a', sizeof(text));
            if (high < n)
                text[high] = (char)0x80;
            assert_int_equal(hy_utf8_ascii_prefix(text, n), high);
        }
    assert_int_equal(hy_utf8_ascii_prefix("\x00\x7f", 2), 2);
}

TEST(backwards)
{
    struct hy_str s = HY_STR("a清💥");
    size_t at = s.n;

    assert_int_equal(hy_utf8_prev(s, &at), 0x1F4A5);
    assert_int_equal(hy_utf8_prev(s, &at), 0x6E05);
    assert_int_equal(hy_utf8_prev(s, &at), 'a');
    assert_int_equal(at, 0);
}

TEST(offsets_in_characters)
{
    struct hy_str s = HY_STR("a清💥b");

    assert_int_equal(hy_utf8_count(s), 4);
    assert_int_equal(hy_utf8_offset(s, 0), 0);
    assert_int_equal(hy_utf8_offset(s, 2), 4);
    assert_int_equal(hy_utf8_offset(s, 3), 8);
    assert_int_equal(hy_utf8_offset(s, 4), 9);
    assert_int_equal(hy_utf8_offset(s, 99), 9);
    assert_true(hy_str_is(hy_utf8_head(s, 2), "a清"));
}

TEST(kinds_of_characters)
{
    static const uint32_t han[] = {0x4E00, 0x9FFF, 0x3400, 0x3007, 0x20000, 0xF900};
    static const uint32_t other[] = {'a', 0x3002, 0xAC00, 0x3042, 0xFF10};
    static const uint32_t space[] = {' ', '\t', 0xA0, 0x3000, 0xFEFF, 0x2028, 0x200B};

    for (size_t i = 0; i < HY_COUNT(han); i++)
        assert_true(hy_is_han(han[i]));
    for (size_t i = 0; i < HY_COUNT(other); i++) {
        assert_false(hy_is_han(other[i]));
        assert_false(hy_is_space(other[i]));
    }
    for (size_t i = 0; i < HY_COUNT(space); i++)
        assert_true(hy_is_space(space[i]));
}

TEST(marks_are_not_stacked)
{
    static const char *const cases[][2] = {
        {"爆炸", "爆炸"},
        {"Vi\xE1\xBB\x87t e\xCC\x82\xCC\x81", "Vi\xE1\xBB\x87t e\xCC\x82\xCC\x81"},
        {"Z\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xE2\x83\x9D"
         "a\xCC\x81",
         "Z\xCC\x81\xCC\x82"
         "a\xCC\x81"},
        {"", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_freep) char *calm = hy_utf8_unstacked(hy_str(cases[i][0]));
        assert_string_equal(calm, cases[i][1]);
    }
}
