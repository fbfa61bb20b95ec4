/* SPDX-License-Identifier: Apache-2.0 */
#include "core/str.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static void assert_str(struct hy_str got, const char *want)
{
    if (!hy_str_is(got, want))
        fail_msg("got \"" HY_STR_FMT "\", want \"%s\"", HY_STR_ARG(got), want);
}

TEST(views)
{
    struct hy_str s = HY_STR("回应 huiying");

    assert_int_equal(hy_str(NULL).n, 0);
    assert_str(hy_str_sub(s, 7, 9), "hu");
    assert_str(hy_str_sub(s, 7, 1000), "huiying");
    assert_str(hy_str_sub(s, 9, 7), "");
    assert_str(hy_str_sub(s, 1000, 2000), "");
    char *copy = hy_str_dup(hy_str_sub(s, 0, 6));
    assert_string_equal(copy, "回应");
    free(copy);
}

TEST(views_of_nothing_may_point_nowhere)
{
    struct hy_str none = {NULL, 0}, head;

    assert_int_equal(hy_str_sub(none, 0, 5).n, 0);
    assert_int_equal(hy_str_find(none, HY_STR("a"), 0), HY_NPOS);
    assert_int_equal(hy_str_find(none, none, 0), 0);
    assert_int_equal(hy_str_find_char(none, 'a', 0), HY_NPOS);
    assert_true(hy_str_starts(none, none));
    assert_true(hy_str_ends(none, none));
    assert_int_equal(hy_str_trim(none).n, 0);
    head = hy_str("before");
    assert_false(hy_str_cut(&none, ',', &head)); /* exhausted */
    assert_int_equal(head.n, 0);
    char *copy = hy_str_dup((struct hy_str){NULL, 0});
    assert_string_equal(copy, "");
    free(copy);
}

TEST(comparing)
{
    assert_true(hy_str_eq(hy_str(""), hy_str(NULL)));
    assert_true(hy_str_eq(hy_str_n("a\0b", 3), hy_str_n("a\0b", 3)));
    assert_false(hy_str_eq(hy_str_n("a\0b", 3), hy_str_n("a\0c", 3)));
    assert_true(hy_str_ieq(HY_STR("Content-TYPE"), HY_STR("content-type")));
    assert_false(hy_str_ieq(HY_STR("a"), HY_STR("ab")));
    assert_true(hy_str_starts(HY_STR("abc"), HY_STR("")));
    assert_true(hy_str_starts(HY_STR("abc"), HY_STR("abc")));
    assert_false(hy_str_starts(HY_STR("ab"), HY_STR("abc")));
    assert_true(hy_str_ends(HY_STR("abc"), HY_STR("bc")));
    assert_false(hy_str_ends(HY_STR("c"), HY_STR("bc")));
    assert_true(hy_str_cmp(HY_STR("a"), HY_STR("b")) < 0);
    assert_true(hy_str_cmp(HY_STR("ab"), HY_STR("a")) > 0);
    assert_true(hy_str_cmp(HY_STR("\xff"), HY_STR("a")) > 0); /* bytes, not signed chars */
    assert_int_equal(hy_str_cmp(hy_str(""), hy_str("")), 0);
}

TEST(finding)
{
    struct hy_str s = HY_STR("abcabc");

    assert_int_equal(hy_str_find(s, HY_STR("bc"), 0), 1);
    assert_int_equal(hy_str_find(s, HY_STR("bc"), 2), 4);
    assert_int_equal(hy_str_find(s, HY_STR("bc"), 5), HY_NPOS);
    assert_int_equal(hy_str_find(s, HY_STR(""), 6), 6);
    assert_int_equal(hy_str_find(s, HY_STR(""), 7), HY_NPOS);
    assert_int_equal(hy_str_find(s, HY_STR("abcabcd"), 0), HY_NPOS);
    assert_int_equal(hy_str_find_char(s, 'c', 3), 5);
    assert_int_equal(hy_str_find_char(s, 'a', 6), HY_NPOS);
    assert_int_equal(hy_str_find_char(hy_str(""), 'a', 0), HY_NPOS);
    assert_true(hy_str_has(s, HY_STR("cab")));
}

TEST(trimming)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"", ""}, {" \t\r\n", ""}, {" a b ", "a b"}, {"a", "a"}, {"　a", "　a"}};

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_str(hy_str_trim(hy_str(cases[i].in)), cases[i].out);
}

/* Pieces joined by '|', with a '.' behind the last. */
static void cut_all(const char *in, char sep, char *out, size_t size)
{
    struct hy_str rest = hy_str(in), head;
    size_t n = 0;

    out[0] = '\0';
    while (hy_str_cut(&rest, sep, &head))
        n += (size_t)snprintf(out + n, size - n, HY_STR_FMT "|", HY_STR_ARG(head));
    snprintf(out + n, size - n, ".");
}

TEST(cutting)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"a,b", "a|b|."}, {"a", "a|."}, {"", "|."}, {"a,", "a||."}, {",", "||."}};
    char out[64];

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        cut_all(cases[i].in, ',', out, sizeof(out));
        assert_string_equal(out, cases[i].out);
    }
}

TEST(numbers)
{
    static const struct {
        const char *in;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+7", true, 7},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x1", false, 0},
        {"１", false, 0},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        int64_t v = 0;
        bool ok = hy_str_to_i64(hy_str(cases[i].in), &v);
        if (ok != cases[i].ok || (ok && v != cases[i].value))
            fail_msg("\"%s\" gives %d, %lld", cases[i].in, ok, (long long)v);
    }
}

TEST(numbers_are_written_as_printf_does)
{
    static const int64_t cases[] = {0, 1, -1, 9, 10, -10, 12345, INT64_MAX, INT64_MIN};
    char room[HY_I64_SIZE], want[HY_I64_SIZE];

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        snprintf(want, sizeof(want), "%lld", (long long)cases[i]);
        assert_true(hy_str_is(hy_str_of_i64(cases[i], room), want));
    }
}

TEST(lines)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"a", "1:a|"},
        {"a\n", "1:a|"},
        {"a\r\nb", "1:a|2:b|"},
        {"\n\nb\n", "1:|2:|3:b|"},
        {"a\rb\r\n", "1:a\rb|"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char out[64] = "";
        size_t n = 0;
        for (struct hy_lines it = hy_lines(hy_str(cases[i].in)); hy_lines_next(&it);)
            n += (size_t)snprintf(out + n, sizeof(out) - n, "%zu:" HY_STR_FMT "|", it.no,
                                  HY_STR_ARG(it.line));
        assert_string_equal(out, cases[i].out);
    }
}
