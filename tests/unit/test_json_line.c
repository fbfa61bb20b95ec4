/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_line.h"

#include "core/mem.h"
#include "tests/unit/harness.h"

static char *with_score(const char *text, bool *ret_plain)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_json_line l = {0};
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_json_line_read(hy_str(text), arena, &l, &err) < 0)
        hy_buf_puts(&out, err.msg);
    else
        hy_json_line_write(
            &l, &(struct hy_json_member){.key = HY_STR("score"), .json = HY_STR("{}")}, 1, &out);
    *ret_plain = l.tree == NULL;
    hy_json_line_release(&l);
    hy_arena_free(arena);
    return hy_buf_take(&out);
}

TEST(a_line_is_read_where_it_stands_or_by_jansson)
{
    static const struct {
        const char *text, *want;
        bool plain;
    } rows[] = {
        {"{}", "{\"score\":{}}", true},
        {" {\"z\" : 1 ,\t\"a\":\"b\"} ", "{\"a\":\"b\",\"score\":{},\"z\":1}", true},
        {"{\"score\":1,\"t\":null}", "{\"score\":{},\"t\":null}", true},
        {"{\"t\":\"a\\n\\\"b\\\"\"}", "{\"score\":{},\"t\":\"a\\n\\\"b\\\"\"}", true},
        {"{\"t\":\"\\u706b\\/\\ud83d\\ude00\\u001f\"}", "{\"score\":{},\"t\":\"火/😀\\u001F\"}",
         true},
        {"{\"n\":-12,\"t\":true,\"f\":false}", "{\"f\":false,\"n\":-12,\"score\":{},\"t\":true}",
         true},
        {"{\"n\":1.50}", "{\"n\":1.5,\"score\":{}}", false},
        {"{\"n\":-0}", "{\"n\":0,\"score\":{}}", false},
        {"{\"n\":[1]}", "{\"n\":[1],\"score\":{}}", false},
        {"{\"\\u0061\":1}", "{\"a\":1,\"score\":{}}", false},
        {"[]", "a line must be a JSON object", true},
        {"{\"a\":1,\"a\":2}",
         "not valid JSON at line 1, column 10: duplicate object key near '\"a\"'", true},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        bool plain;
        HY_CLEANUP(hy_freep) char *got = with_score(rows[i].text, &plain);
        assert_string_equal(got, rows[i].want);
        assert_int_equal(plain, rows[i].plain);
    }
}

TEST(a_line_of_more_members_than_there_is_room_for_is_jansson_s)
{
    struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    bool plain;

    for (int n = 0; n <= HY_JSON_LINE_MEMBERS; n++)
        hy_buf_printf(&line, "%s\"k%02d\":%d", n ? "," : "{", n, n);
    hy_buf_char(&line, '}');
    HY_CLEANUP(hy_freep) char *got = with_score(line.p, &plain);
    line.n--;
    hy_buf_puts(&line, ",\"score\":{}}");
    assert_string_equal(got, line.p);
    assert_false(plain);
    hy_buf_release(&line);
}
