/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/sandbox/answer.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "crawler/page/list_parts.h"
#include "tests/unit/harness.h"

#define AT ((hy_wall){INT64_C(1795417200000)})

static void sample_item(struct hy_buf *out)
{
    struct hy_reply reply[] = {{"已经报警", AT, HY_PREC_MINUTE},
                               {"注意安全", HY_WALL_NONE, HY_PREC_NONE}};
    struct hy_item it = {.title = "仓库起火",
                         .text = "今天上午\n火势得到控制",
                         .published = AT,
                         .published_offset_min = HY_CST,
                         .precision = HY_PREC_MINUTE,
                         .published_from = "meta",
                         .charset = "GB18030",
                         .origin = "清溪日报",
                         .kind = HY_ITEM_THREAD,
                         .replies = reply,
                         .n_replies = 2};

    hy_item_hash(&it);
    hy_answer_put_item(&it, "http://bbs.example/2", out);
}

static void sample_list(struct hy_buf *out)
{
    struct hy_list *l = hy_list_new();

    hy_list_add(l, &(struct hy_link){"http://a.example/1", "一", AT, HY_PREC_DAY, AT, 7});
    hy_list_add(l, &(struct hy_link){"http://a.example/2", "", HY_WALL_NONE, HY_PREC_NONE,
                                      HY_WALL_NONE, -1});
    l->next = "http://a.example/p2";
    l->feed = "";
    l->why = "ul.news";
    l->wall = true;
    hy_answer_put_list(l, out);
    hy_list_free(l);
}

TEST(item_comes_out_as_it_went_in)
{
    struct hy_buf b = HY_BUF_INIT(10000);
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it = {0};
    char *last = NULL;

    sample_item(&b);
    assert_int_equal(hy_answer_take_item(hy_buf_view(&b), &it, &last, &err), HY_OK);
    assert_string_equal(it.title, "仓库起火");
    assert_string_equal(it.text, "今天上午\n火势得到控制");
    assert_int_equal(it.published.ms, AT.ms);
    assert_int_equal(it.published_offset_min, HY_CST);
    assert_int_equal(it.precision, HY_PREC_MINUTE);
    assert_string_equal(it.published_from, "meta");
    assert_string_equal(it.charset, "GB18030");
    assert_string_equal(it.origin, "清溪日报");
    assert_int_equal(it.kind, HY_ITEM_THREAD);
    assert_int_equal(strlen(it.hash), 64);
    assert_int_equal(it.n_replies, 2);
    assert_string_equal(it.replies[0].text, "已经报警");
    assert_int_equal(it.replies[0].precision, HY_PREC_MINUTE);
    assert_false(hy_wall_known(it.replies[1].published));
    assert_string_equal(last, "http://bbs.example/2");
    assert_null(it.url);
    free(last);
    hy_item_release(&it);
    hy_buf_release(&b);
}

TEST(list_comes_out_as_it_went_in)
{
    struct hy_buf b = HY_BUF_INIT(10000);
    struct hy_err err = HY_ERR_INIT;
    struct hy_list *l = NULL;

    sample_list(&b);
    assert_int_equal(hy_answer_take_list(hy_buf_view(&b), &l, &err), HY_OK);
    assert_int_equal(l->n, 2);
    assert_string_equal(l->v[0].url, "http://a.example/1");
    assert_int_equal(l->v[0].last_reply.ms, AT.ms);
    assert_int_equal(l->v[0].replies, 7);
    assert_string_equal(l->v[1].title, "");
    assert_false(hy_wall_known(l->v[1].published));
    assert_int_equal(l->v[1].replies, -1);
    assert_string_equal(l->next, "http://a.example/p2");
    assert_string_equal(l->why, "ul.news");
    assert_true(l->wall);
    hy_list_free(l);
    hy_buf_release(&b);
}

static int take(bool list, struct hy_str in)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it = {0};
    struct hy_list *l = NULL;
    char *last = NULL;
    int rc = list ? hy_answer_take_list(in, &l, &err) : hy_answer_take_item(in, &it, &last, &err);

    assert_true(rc == HY_OK || rc == HY_E_STATE);
    if (rc == HY_OK && !list) { /* what is believed is text and a kind that has a name */
        assert_true(it.kind < HY_ITEM_KIND_COUNT && it.precision < HY_PREC_COUNT);
        hy_item_release(&it);
    }
    free(last);
    hy_list_free(l);
    return rc;
}

/* A copy of its own, so that the address checker sees a read behind its end. */
static int take_copy(bool list, struct hy_str in)
{
    char *copy = hy_xmalloc(in.n + 1);

    memcpy(copy, in.p, in.n);
    copy = hy_xrealloc(copy, in.n ? in.n : 1);
    int rc = take(list, hy_str_n(copy, in.n));
    free(copy);
    return rc;
}

TEST(nothing_is_believed)
{
    for (int list = 0; list < 2; list++) {
        struct hy_buf b = HY_BUF_INIT(10000);
        (list ? sample_list : sample_item)(&b);
        for (size_t n = 0; n < b.n; n++) /* cut short */
            assert_int_equal(take_copy(list, hy_str_n(b.p, n)), HY_E_STATE);
        hy_buf_char(&b, 'x'); /* more than was announced */
        assert_int_equal(take_copy(list, hy_buf_view(&b)), HY_E_STATE);
        b.n--;
        for (size_t i = 0; i < b.n; i++) { /* any byte is anything */
            static const char values[] = {'\0', '\x7F', '\x80', '\xFF'};
            char was = b.p[i];
            for (size_t k = 0; k < sizeof(values); k++) {
                b.p[i] = values[k];
                take_copy(list, hy_buf_view(&b));
            }
            b.p[i] = was;
        }
        hy_buf_release(&b);
    }
}

/* A NUL in a text would cut it behind our back; half a character would be no text. */
TEST(strings_are_text)
{
    static const char *const bad[] = {"\xE4\xBB", "\xED\xA0\x80", "\xFF"};
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
        struct hy_buf b = HY_BUF_INIT(10000);
        struct hy_item it = {.title = "abc", .published = HY_WALL_NONE}, got = {0};
        char title[8] = "abc";
        if (i < sizeof(bad) / sizeof(bad[0]))
            snprintf(title, sizeof(title), "%s", bad[i]);
        it.title = title;
        hy_answer_put_item(&it, NULL, &b);
        if (i == sizeof(bad) / sizeof(bad[0]))
            *(char *)memmem(b.p, b.n, "abc", 3) = '\0';
        assert_int_equal(hy_answer_take_item(hy_buf_view(&b), &got, NULL, &err), HY_E_STATE);
        hy_buf_release(&b);
    }
}
