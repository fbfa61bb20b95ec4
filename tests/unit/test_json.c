/* SPDX-License-Identifier: Apache-2.0 */
#include "core/item.h"
#include "core/mem.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>

#include "tests/unit/harness.h"

static json_t *parse(const char *text)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *v = NULL;

    if (hy_json_parse(hy_str(text), &v, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    return v;
}

TEST(the_written_form_is_canonical)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {" { \"b\" : 1 , \"a\" : [ true , null ] } ", "{\"a\":[true,null],\"b\":1}"},
        {"{\"清\":\"\\u6eaa\"}", "{\"清\":\"溪\"}"},
        {"\"\\ud83d\\udca5/\\/\"", "\"💥//\""},
        {"[1.5,0.1,1e3,-0]", "[1.5,0.1,1000.0,0]"},
        {"\"a\\u0000b\"", "\"a\\u0000b\""},
        {"7", "7"},
        {"\"\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f\\\"\\\\\"",
         "\"\\b\\t\\n\\f\\r\\u0001\\u001F\x7f\\\"\\\\\""},
        {"[]", "[]"},
        {"{}", "{}"},
        {"[1e300,-2.5e-7,9223372036854775807,-9223372036854775808]",
         "[1e300,-2.5e-7,9223372036854775807,-9223372036854775808]"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        json_t *v = parse(cases[i].in);
        char *text = hy_json_text(v);
        assert_string_equal(text, cases[i].out);
        free(text);
        json_decref(v);
    }
}

static void assert_as_jansson(double v)
{
    HY_CLEANUP(hy_json_freep) json_t *number = json_real(v);
    HY_CLEANUP(hy_freep)
    char *theirs = json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    HY_CLEANUP(hy_freep) char *ours = hy_json_text(number);

    assert_string_equal(ours, theirs);
}

TEST(numbers_are_written_as_jansson_writes_them)
{
    static const double some[] = {0,          -0.0,
                                  0.1,        0.0001,
                                  -0.0001,    0.00005,
                                  1e-9,       1.0 / 3,
                                  99.9999,    100,
                                  -273.15,    1e6,
                                  9999999,    1e7,
                                  12345678.9, 1e15,
                                  1e300,      0.30000000000000004,
                                  2.5e-5,     4503599627370497.5};
    uint64_t random = 1;

    for (size_t i = 0; i < HY_COUNT(some); i++) {
        assert_as_jansson(some[i]);
        assert_as_jansson(-some[i]);
    }
    for (int i = 0; i < 20000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double v = (double)(int64_t)(random >> 24) / 1e6;
        assert_as_jansson(v);
        assert_as_jansson(round(v) / 10000);
        assert_as_jansson((double)(random >> 40) / 10000);
    }
}

TEST(a_member_written_beside_takes_its_place_in_the_order)
{
    HY_CLEANUP(hy_json_freep)
    json_t *o = json_pack("{s:i,s:s,s:i}", "z", 1, "score", "old", "a", 2);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_json_write_with(
        o, &(struct hy_json_member){.key = HY_STR("score"), .json = HY_STR("{\"x\":1}")}, 1, &b);
    assert_string_equal(b.p, "{\"a\":2,\"score\":{\"x\":1},\"z\":1}");
    hy_buf_release(&b);
}

TEST(signs_that_need_escaping_are_found_wherever_they_stand)
{
    for (size_t n = 1; n < 24; n++)
        for (size_t at = 0; at < n; at++)
            for (size_t k = 0; k < 4; k++) {
                char text[24];
                memset(text, k % 2 ? '\xC3' : '!', n);
                for (size_t i = 1; k % 2 && i < n; i += 2)
                    text[i] = '\xA9';
                text[at] = "\"\\\n\x1f"[k];
                HY_CLEANUP(hy_json_freep) json_t *v = json_stringn_nocheck(text, n);
                HY_CLEANUP(hy_freep) char *ours = hy_json_text(v);
                HY_CLEANUP(hy_json_freep) json_t *plain = json_stringn(text + at, 1);
                HY_CLEANUP(hy_freep) char *escaped = hy_json_text(plain);
                assert_int_equal(strlen(ours), n + strlen(escaped) - 1);
            }
}

TEST(what_is_not_json_is_refused_with_its_place)
{
    static const char *const cases[] = {
        "",         "{",           "{\"a\":1,}", "{\"a\":1,\"a\":2}", "[1]x", "nul",
        "\"\xff\"", "\"\\ud800\"", "01",         "{'a':1}",
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_err err = HY_ERR_INIT;
        json_t *v = NULL;
        if (hy_json_parse(hy_str(cases[i]), &v, &err) != HY_E_PARSE)
            fail_msg("%s was accepted", cases[i]);
        assert_null(v);
        assert_non_null(strstr(err.msg, "at line 1, column"));
    }
}

TEST(nesting_without_end_is_refused)
{
    enum { DEPTH = 100000 };
    char *deep = hy_xmalloc(DEPTH + 1);
    struct hy_err err = HY_ERR_INIT;
    json_t *v = NULL;

    memset(deep, '[', DEPTH);
    deep[DEPTH] = '\0';
    assert_int_equal(hy_json_parse(hy_str(deep), &v, &err), HY_E_PARSE);
    free(deep);
}

TEST(optional_members)
{
    json_t *o = parse("{\"s\":\"x\",\"i\":7,\"d\":1.5,\"b\":true,\"n\":null,"
                      "\"t\":\"2026-11-23T09:12:00+08:00\",\"bad\":\"2026\"}");
    struct hy_err err = HY_ERR_INIT;
    struct hy_str s;

    assert_true(hy_str_is(hy_json_str(o, "s"), "x"));
    assert_int_equal(hy_json_str(o, "i").n, 0);
    assert_int_equal(hy_json_str(o, "absent").n, 0);
    assert_int_equal(hy_json_int(o, "i", -1), 7);
    assert_int_equal(hy_json_int(o, "d", -1), -1);
    assert_int_equal(hy_json_int(o, "s", -1), -1);
    assert_true(hy_json_num(o, "d", 0) == 1.5);
    assert_true(hy_json_num(o, "i", 0) == 7);
    assert_true(hy_json_bool(o, "b"));
    assert_false(hy_json_bool(o, "i"));
    assert_true(hy_wall_known(hy_json_time(o, "t")));
    assert_false(hy_wall_known(hy_json_time(o, "bad")));
    assert_false(hy_wall_known(hy_json_time(o, "n")));
    assert_int_equal(hy_json_need_str(o, "s", &s, &err), 0);
    assert_int_equal(hy_json_need_str(o, "i", &s, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "\"i\""));
    json_decref(o);
}

TEST(an_empty_view_is_an_empty_text)
{
    json_t *v = hy_json_of_str((struct hy_str){NULL, 0});

    assert_string_equal(json_string_value(v), "");
    json_decref(v);
}

/* ---- items ---- */

/* Written by us, read by us, written again: the same. */
TEST(items_survive_the_journey)
{
    static const char *const cases[] = {
        "{\"charset\":null,\"fetched\":null,\"hash\":\"\",\"id\":null,\"kind\":\"article\","
        "\"published\":null,\"published_from\":null,\"published_precision\":\"none\","
        "\"source\":null,\"text\":\"\",\"title\":\"\",\"url\":null}",
        "{\"charset\":\"gb18030\",\"fetched\":\"2026-11-23T09:13:00+08:00\",\"hash\":\"\","
        "\"id\":\"i1\",\"kind\":\"thread\",\"origin\":\"清溪日报\","
        "\"published\":\"2026-11-23T01:12:00+00:00\","
        "\"published_from\":\"meta\",\"published_precision\":\"minute\",\"replies\":[{"
        "\"published\":null,\"published_precision\":\"none\",\"text\":\"看到了\"}],"
        "\"source\":\"s\",\"text\":\"第一段\\n第二段\",\"title\":\"标题\",\"url\":\"http://a.cn/"
        "1\"}",
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_item it = {0};
        struct hy_err err = HY_ERR_INIT;
        json_t *in = parse(cases[i]);
        assert_int_equal(hy_item_from_json(in, &it, &err), 0);
        json_t *out = hy_item_to_json(&it);
        char *text = hy_json_text(out);
        assert_string_equal(text, cases[i]);
        free(text);
        json_decref(in);
        json_decref(out);
        hy_item_release(&it);
    }
}

TEST(an_item_has_text_or_nothing)
{
    static const char *const cases[] = {"{\"title\":1}", "{\"text\":[\"a\"]}"};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_item it = {0};
        struct hy_err err = HY_ERR_INIT;
        json_t *o = parse(cases[i]);
        assert_int_equal(hy_item_from_json(o, &it, &err), HY_E_PARSE);
        assert_null(it.title);
        json_decref(o);
    }
}

TEST(the_hash_tells_title_and_text_apart)
{
    struct hy_item a = {.title = hy_xstrdup("ab"), .text = hy_xstrdup("c")};
    struct hy_item b = {.title = hy_xstrdup("a"), .text = hy_xstrdup("bc")};

    hy_item_hash(&a);
    hy_item_hash(&b);
    assert_int_equal(strlen(a.hash), 64);
    assert_string_not_equal(a.hash, b.hash);
    hy_item_release(&a);
    hy_item_release(&b);
}

TEST(peek_finds_a_top_level_member_without_parsing)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"{\"id\":\"x\"}", "x"},
        {"{\"actor\":{\"id\":\"no\"},\"id\" : \"x\"}", "x"},
        {"{\"a\":[{\"id\":\"no\"}],\"b\":\"}\\\"{\",\"id\":\"x\"", "x"},
        {"{\"b\":\"id\",\"id\":\"x\"}", "x"},
        {"{\"id\":\"a\\\"b\"}", ""},
        {"{\"id\":5}", ""},
        {"{\"id\":\"x", ""},
        {"{\"id\"", ""},
        {"[\"id\"]", ""},
        {"\"", ""},
        {"\"\\", ""},
        {"", ""},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_str got = hy_json_peek_str(hy_str(rows[i].text), HY_STR("id"));
        if (!hy_str_is(got, rows[i].want))
            fail_msg("%s: \"%.*s\"", rows[i].text, HY_STR_ARG(got));
    }
}
