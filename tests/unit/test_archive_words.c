/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/mark.h"
#include "archive/query.h"
#include "archive/words.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

/* -- cutting ----------------------------------------------------------------------------------- */

static int note(struct hy_str word, void *user)
{
    struct hy_buf *b = user;

    hy_buf_printf(b, "%s" HY_STR_FMT, b->n ? " " : "", HY_STR_ARG(word));
    return 0;
}

static const struct {
    const char *text;
    bool index;
    const char *words;
} cuts[] = {
    {"化工厂", true, "化工 工厂 厂"},
    {"化工厂", false, "化工 工厂"},
    {"火", true, "火"},
    {"火", false, "火"},
    {"", true, ""},
    {"，。！", true, ""},
    {"停水，停电", true, "停水 水 停电 电"},
    {"第3号楼", true, "第 3 号楼 楼"},
    {"5g基站", false, "5g 基站"},
    {"pm2.5超标", true, "pm2 5 超标 标"},
    {"カナ한글", true, "カナ ナ한 한글 글"},
    {"привет мир", true, "привет мир"},
    {HY_WORDS_TITLE "爆炸" HY_WORDS_TITLE_END "起火", true,
     "爆炸 \x02"
     "爆炸 炸 \x02"
     "炸 起火 火"},
    {HY_WORDS_TITLE "爆炸", false,
     "\x02"
     "爆炸"},
    {"\xff\xe7化工", true, "化工 工"},
};

TEST(texts_are_cut_into_pairs_and_words)
{
    for (size_t i = 0; i < HY_COUNT(cuts); i++) {
        struct hy_buf b = HY_BUF_INIT(4096);
        assert_int_equal(hy_words(hy_str(cuts[i].text), cuts[i].index, note, &b), 0);
        assert_string_equal(b.p ? b.p : "", cuts[i].words);
        hy_buf_release(&b);
    }
}

static int stop_at_second(struct hy_str word, void *user)
{
    (void)word;
    return ++*(int *)user == 2 ? 7 : 0;
}

TEST(a_walk_ends_when_told_and_long_words_are_cut)
{
    char text[200];
    int n = 0;
    struct hy_buf b = HY_BUF_INIT(4096);

    assert_int_equal(hy_words(hy_str("一二三四"), true, stop_at_second, &n), 7);
    assert_int_equal(n, 2);
    memset(text, 'a', sizeof(text));
    hy_words(hy_str_n(text, sizeof(text)), true, note, &b);
    assert_int_equal(b.n, 60);
    hy_buf_release(&b);
}

/* -- what people type -------------------------------------------------------------------------- */

static const struct {
    const char *typed;
    const char *expression; /* NULL: refused */
    bool needs_text;
} queries[] = {
    {"爆炸", "((\"爆炸\"))", false},
    {"化工厂 爆炸", "((\"化工\" AND \"工厂\")) AND ((\"爆炸\"))", true},
    {"起火|爆炸 -演练", "((\"起火\") OR (\"爆炸\")) NOT (\"演练\")", false},
    {"火", "((\"火\" *))", false},
    {"\"今天 停水\"", "((\"今天\" AND \"停水\"))", true},
    {"“今天停水", "((\"今天\" AND \"天停\" AND \"停水\"))", true}, /* never closed */
    {"ＰＭ２．５　超標", "((\"pm2\" AND \"5\")) AND ((\"超标\"))", true},
    {"爆炸 - 演练", "((\"爆炸\")) AND ((\"演练\"))", false},
    {"-演练 爆炸", "((\"爆炸\")) NOT (\"演练\")", false},
    {"|爆炸|", "((\"爆炸\"))", false},
    {"爆炸 AND 火灾 OR \"x\" NEAR(a b)",
     "((\"爆炸\")) AND ((\"and\")) AND ((\"火灾\")) AND ((\"or\")) AND ((\"x\")) AND "
     "((\"near\" AND \"a\")) AND ((\"b\"))",
     true},
    {"\"\"\" ' ; DROP TABLE words --", "((\"drop\" AND \"table\" AND \"words\"))", true},
    {"《停水通知》", "((\"停水\" AND \"水通\" AND \"通知\"))", true},
    {"爆*炸", "((\"爆炸\"))", false},
    {"", "", false},
    {"　 ", "", false},
    {"？！", NULL, false},
    {"-演练", NULL, false},
};

TEST(whatever_is_typed_is_a_search)
{
    for (size_t i = 0; i < HY_COUNT(queries); i++) {
        struct hy_query q = {0};
        struct hy_err err = HY_ERR_INIT;
        struct hy_buf b = HY_BUF_INIT(4096);
        int rc = hy_query_parse(hy_str(queries[i].typed), &q, &err);
        if (queries[i].expression == NULL) {
            assert_int_equal(rc, HY_E_PARSE);
            assert_true(err.msg[0] != '\0');
            continue;
        }
        assert_int_equal(rc, HY_OK);
        hy_query_expression(&q, false, &b);
        assert_string_equal(b.p ? b.p : "", queries[i].expression);
        assert_int_equal(hy_query_needs_text(&q), queries[i].needs_text);
        hy_buf_release(&b);
        hy_query_release(&q);
    }
}

TEST(long_queries_are_refused_with_a_sentence)
{
    struct hy_buf b = HY_BUF_INIT(10000);
    struct hy_query q = {0};
    struct hy_err err = HY_ERR_INIT;

    for (int i = 0; i < HY_QUERY_MAX_WORDS + 1; i++)
        hy_buf_puts(&b, "停水 ");
    assert_int_equal(hy_query_parse(hy_buf_view(&b), &q, &err), HY_E_TOOBIG);
    for (int i = 0; i < HY_QUERY_MAX_CHARS; i++)
        hy_buf_puts(&b, "水");
    assert_int_equal(hy_query_parse(hy_buf_view(&b), &q, &err), HY_E_TOOBIG);
    hy_buf_release(&b);
}

static const struct {
    const char *typed, *text;
    bool matches;
} matches[] = {
    {"化工厂", "这家化工企业的工厂", false},
    {"化工厂", "一化工厂爆炸", true},
    {"《停水通知》", "发布了停水通知", true},
    {"化工厂|派出所", "到派出所报案", true},
    {"派出所 -化工厂", "派出所接到化工厂报警", false},
    {"派出所 -化工厂", "派出所接到化工企业和工厂报警", true},
    {"派出所 -pm", "派出所测得pm10超标", true}, /* the index has said that pm is not a word of it */
};

TEST(the_text_decides_where_pairs_do_not)
{
    for (size_t i = 0; i < HY_COUNT(matches); i++) {
        struct hy_query q = {0};
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_query_parse(hy_str(matches[i].typed), &q, &err), HY_OK);
        assert_int_equal(hy_query_matches(&q, hy_str(matches[i].text)), matches[i].matches);
        hy_query_release(&q);
    }
}

/* -- marks ------------------------------------------------------------------------------------- */

static const struct {
    const char *typed, *text, *marks;
} marked[] = {
    {"爆炸", "化工厂爆炸，又爆炸", "[[3,5],[7,9]]"},
    {"爆炸", "平安无事", "[]"},
    {"爆炸 炸伤", "爆炸伤人", "[[0,3]]"},    /* overlapping: one */
    {"爆炸", "爆*炸了", "[[0,3]]"},          /* as it was written */
    {"清溪县", "清溪縣發生爆炸", "[[0,3]]"}, /* traditional */
    {"pm25", "ＰＭ25超标", "[[0,4]]"},       /* full width */
    {"爆炸 -演练", "爆炸演练", "[[0,2]]"},   /* what is excluded is not marked */
    {"爆炸", "😀爆炸", "[[1,3]]"},            /* code points */
};

TEST(marks_are_spans_of_what_was_written)
{
    for (size_t i = 0; i < HY_COUNT(marked); i++) {
        struct hy_query q = {0};
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_query_parse(hy_str(marked[i].typed), &q, &err), HY_OK);
        HY_CLEANUP(hy_json_freep) json_t *list = hy_mark(&q, hy_str(marked[i].text));
        HY_CLEANUP(hy_freep) char *text = hy_json_text(list);
        assert_string_equal(text, marked[i].marks);
        hy_query_release(&q);
    }
}

TEST(a_snippet_shows_where_most_words_stand_together)
{
    struct hy_buf b = HY_BUF_INIT(100000);
    struct hy_query q = {0};
    struct hy_err err = HY_ERR_INIT;

    hy_buf_puts(&b, "爆炸。");
    for (int i = 0; i < 100; i++)
        hy_buf_puts(&b, "这里什么也没有发生。\n");
    hy_buf_puts(&b, "化工厂发生爆炸，两人受伤。");
    for (int i = 0; i < 100; i++)
        hy_buf_puts(&b, "后来也没有。");
    assert_int_equal(hy_query_parse(hy_str("化工厂 爆炸"), &q, &err), HY_OK);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_mark_snippet(&q, hy_buf_view(&b), 40);
    assert_true(hy_str_has(hy_json_str(o, "text"), HY_STR("化工厂发生爆炸")));
    assert_int_equal(json_array_size(json_object_get(o, "marks")), 2);
    assert_true(hy_json_bool(o, "before") && hy_json_bool(o, "after"));
    assert_true(hy_str_find_char(hy_json_str(o, "text"), '\n', 0) == HY_NPOS);
    HY_CLEANUP(hy_json_freep) json_t *none = hy_mark_snippet(&q, hy_str("短文"), 40);
    assert_string_equal(hy_json_str(none, "text").p, "短文");
    assert_false(hy_json_bool(none, "before") || hy_json_bool(none, "after"));
    hy_query_release(&q);
    hy_buf_release(&b);
}
