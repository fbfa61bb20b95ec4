/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as Excel, WPS and message systems write them. */
#include "core/table.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

static void expect_table(const char *text, const char *want)
{
    struct hy_table t;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(4096);
    int rc;

    hy_table_begin(&t, hy_str(text));
    while ((rc = hy_table_next(&t, &err)) > 0) {
        hy_buf_printf(&b, "%zu:", t.line);
        for (size_t i = 0; i < t.cells.n; i++)
            hy_buf_printf(&b, "%s" HY_STR_FMT, i ? "|" : "", HY_STR_ARG(t.cells.v[i]));
        hy_buf_char(&b, ' ');
    }
    if (rc < 0)
        hy_buf_puts(&b, err.msg);
    assert_string_equal(b.p ? b.p : "", want);
    hy_buf_release(&b);
    hy_table_release(&t);
}

TEST(rows_cells_and_the_lines_they_begin_on)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"a,b\n1,2\n", "1:a|b 2:1|2 "},
        {"a,b\r\n1,2", "1:a|b 2:1|2 "},
        {"a,b\r1,2\r", "1:a|b 2:1|2 "},
        {"a;b\n1;2,5\n", "1:a|b 2:1|2,5 "},
        {"a\tb\n1\t\n", "1:a|b 2:1| "},
        {"a,b\n\n , \n x , y \n", "1:a|b 4:x|y "},
        {"a\n\"1,\"\"2\"\"\"\n", "1:a 2:1,\"2\" "},
        {"a,b\n\"一\n二\",3\n4,5\n", "1:a|b 2:一\n二|3 4:4|5 "},
        {"a\n\"b", "1:a 第 2 行：有一格以引号开头，到文件末尾也没有结束"},
        {"a\n\"b\"c\n", "1:a 第 2 行：引号结束以后还有文字；格子里的引号要写成两个（\"\"）"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        expect_table(cases[i].text, cases[i].want);
}

TEST(encodings_of_windows)
{
    static const struct {
        struct hy_str bytes;
        const char *want; /* NULL: in none of them */
    } cases[] = {
        {HY_STR("编号"), "编号"},
        {HY_STR("\xef\xbb\xbf编号"), "编号"},
        {HY_STR("\xb1\xe0\xba\xc5"), "编号"},         /* GBK */
        {HY_STR("\x95\x32\x82\x36"), "𠀀"},           /* four bytes of GB18030 */
        {HY_STR("\xff\xfe\x16\x7f\xf7\x53"), "编号"}, /* UTF-16LE */
        {HY_STR("\xfe\xff\x7f\x16\x53\xf7"), "编号"}, /* UTF-16BE */
        {HY_STR("ab\n\xff\xff\n"), NULL},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf out = HY_BUF_INIT(1000);
        struct hy_err err = HY_ERR_INIT;
        int rc = hy_text_utf8(cases[i].bytes, &out, &err);
        if (cases[i].want) {
            assert_int_equal(rc, HY_OK);
            assert_string_equal(out.p, cases[i].want);
        } else {
            assert_int_equal(rc, HY_E_PARSE);
            assert_true(hy_str_starts(hy_str(err.msg), HY_STR("第 2 行")));
        }
        hy_buf_release(&out);
    }
}

TEST(a_long_text_crosses_the_pieces_of_the_converter)
{
    struct hy_buf in = HY_BUF_INIT(1 << 20), out = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;

    for (int i = 0; i < 5001; i++)
        hy_buf_puts(&in, i % 3 ? "\xb1\xe0" : "x");
    assert_int_equal(hy_text_utf8(hy_buf_view(&in), &out, &err), HY_OK);
    assert_int_equal(out.n, 5001 / 3 + 2 * 5001 / 3 * 3);
    assert_true(hy_str_ends(hy_buf_view(&out), HY_STR("x编编")));
    hy_buf_release(&in);
    hy_buf_release(&out);
}
