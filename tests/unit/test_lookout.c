/* SPDX-License-Identifier: Apache-2.0 */
/* Words of risk assessments: which items have them, when they count, what is no list of them. */
#include "analyzer/lookout.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

#define HEATING                                                                                    \
    "{\"id\":\"A1\",\"from\":\"2026-11-23T09:00:00+08:00\",\"to\":\"2026-11-30T09:00:00+08:00\","    \
    "\"words\":[\"供热 涨价\",\"热力公司\",\"热\"]}"
#define BUSES                                                                                      \
    "{\"id\":\"A2\",\"from\":\"2026-11-23T09:00:00+08:00\",\"to\":\"2026-11-24T09:00:00+08:00\","    \
    "\"words\":[\"公交　停运\"]}"

static hy_wall at(const char *text)
{
    hy_wall t;

    assert_true(hy_wall_parse(hy_str(text), &t));
    return t;
}

TEST(items_are_found_by_words_while_the_lookout_is_on)
{
    static const struct {
        const char *title, *text, *now, *want;
    } cases[] = {
        {"关于供热的通知", "明年不再涨价", "2026-11-23T09:00:00+08:00", "A1:供热 涨价"},
        {"涨价了", "说的是菜价", "2026-11-23T10:00:00+08:00", ""},
        {"供熱價格", "要漲價", "2026-11-23T10:00:00+08:00", "A1:供热 涨价"},
        {"供-热", "涨*价", "2026-11-23T10:00:00+08:00", "A1:供热 涨价"},
        {"热力公司说供热不涨价", "", "2026-11-23T10:00:00+08:00", "A1:供热 涨价,热力公司"},
        {"热", "一个字的词不算", "2026-11-23T10:00:00+08:00", ""},
        {"公交今起停运，热力公司抢修", "", "2026-11-23T10:00:00+08:00", "A1:热力公司 A2:公交　停运"},
        {"公交今起停运", "", "2026-11-24T09:00:00+08:00", ""},
        {"热力公司", "", "2026-11-23T08:59:59+08:00", ""},
        {"热力公司", "", "2026-11-30T09:00:00+08:00", ""},
        {NULL, NULL, "2026-11-23T10:00:00+08:00", ""},
    };
    HY_CLEANUP(hy_lookouts_freep) struct hy_lookouts *l = hy_lookouts_new();
    struct hy_arena *arena = hy_arena_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_lookouts_add(l, HY_STR(HEATING), &err), HY_OK);
    assert_int_equal(hy_lookouts_add(l, HY_STR(BUSES), &err), HY_OK);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_item item = {.title = (char *)cases[i].title, .text = (char *)cases[i].text};
        struct hy_buf got = HY_BUF_INIT(1000);
        size_t k, m;
        json_t *o, *word;
        json_t *list = hy_lookouts_match(l, &item, at(cases[i].now), arena);
        json_array_foreach (list, k, o) {
            hy_buf_printf(&got, "%s%s:", k ? " " : "", json_string_value(json_object_get(o, "id")));
            json_array_foreach (json_object_get(o, "words"), m, word)
                hy_buf_printf(&got, "%s%s", m ? "," : "", json_string_value(word));
        }
        assert_string_equal(got.p ? got.p : "", cases[i].want);
        hy_buf_release(&got);
        json_decref(list);
    }
    hy_arena_free(arena);
}

TEST(what_is_no_lookout_is_left_out)
{
    static const char *const bad[] = {
        "", "[]", "{", "{\"id\":\"\",\"from\":\"2026-11-23T09:00:00+08:00\",\"to\":\"x\"}",
        "{\"id\":\"A1\",\"from\":null,\"to\":\"2026-11-23T09:00:00+08:00\",\"words\":[\"热力\"]}"};
    HY_CLEANUP(hy_lookouts_freep) struct hy_lookouts *l = hy_lookouts_new();

    for (size_t i = 0; i < HY_COUNT(bad); i++) {
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_lookouts_add(l, hy_str(bad[i]), &err), HY_E_PARSE);
    }
    assert_int_equal(hy_lookouts_count(l), 0);
}

TEST(a_phrase_needs_words_of_two_characters)
{
    static const struct {
        const char *phrase;
        bool ok;
    } cases[] = {{"供热", true}, {"供热 涨价", true}, {"", false}, {" \t　", false}, {"热", false},
                 {"供热 涨", false}, {"5G 基站", true}};

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        if (hy_lookout_phrase_ok(hy_str(cases[i].phrase)) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].phrase);
}
