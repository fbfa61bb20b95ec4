/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/charset.h"

#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

TEST(labels)
{
    assert_string_equal(hy_charset_of_label(hy_str(" GB2312 ")), "GBK");
    assert_string_equal(hy_charset_of_label(hy_str("utf8")), "UTF-8");
    assert_string_equal(hy_charset_of_label(hy_str("Latin1")), "windows-1252");
    assert_string_equal(hy_charset_of_label(hy_str("x-sjis")), "Shift_JIS");
    assert_string_equal(hy_charset_of_label(hy_str("gb18030")), "gb18030");
    assert_null(hy_charset_of_label(hy_str("")));
    assert_null(hy_charset_of_label(hy_str("utf")));
    assert_null(hy_charset_of_label(hy_str("gbk utf-8")));
    assert_null(hy_charset_of_label(hy_str("hz-gb-2312"))); /* decided by the bytes */
}

TEST(content_type)
{
    assert_string_equal(hy_charset_of_content_type(hy_str("text/html; charset=gbk")), "GBK");
    assert_string_equal(hy_charset_of_content_type(hy_str("text/html;Charset=\"UTF-8\"")), "UTF-8");
    assert_null(hy_charset_of_content_type(hy_str("text/html")));
    assert_null(hy_charset_of_content_type(hy_str("text/html; charset=")));
}

/* "新闻" and friends; the bytes of a page as a server sends them. */
#define GB                                                                                         \
    "<p>\xD0\xC2\xCE\xC5\xD6\xD0\xD0\xC4\xB7\xA2\xB2\xBC\xCF\xFB\xCF\xA2\xA3\xAC\xC4\xBF\xC7\xB0<" \
    "/p>"
#define U8 "<p>\xE6\x96\xB0\xE9\x97\xBB\xE4\xB8\xAD\xE5\xBF\x83\xE5\x8F\x91\xE5\xB8\x83</p>"
#define BIG "<p>\xB7\x73\xBB\x44\xA4\xA4\xA4\xDF\xB5\x6F\xA7\x47</p>"

static const struct {
    const char *bytes, *type, *name;
    enum hy_charset_from from;
} cases[] = {
    {"", "", "UTF-8", HY_CHARSET_FALLBACK},
    {"<p>plain", "", "UTF-8", HY_CHARSET_FALLBACK},
    {"\xEF\xBB\xBF<p>", "text/html; charset=gbk", "UTF-8", HY_CHARSET_BOM},
    {U8, "", "UTF-8", HY_CHARSET_CONTENT},
    {U8, "text/html; charset=utf-8", "UTF-8", HY_CHARSET_HTTP},
    {U8, "text/html; charset=gbk", "UTF-8", HY_CHARSET_CONTENT}, /* the label lies */
    {"<meta charset=gb2312>" U8, "", "UTF-8", HY_CHARSET_CONTENT},
    {GB, "", "gb18030", HY_CHARSET_CONTENT},
    {"<meta charset=gb2312>" GB, "", "gb18030", HY_CHARSET_META},
    {"<meta charset=utf-8>" GB, "", "gb18030", HY_CHARSET_CONTENT}, /* so does this one */
    {GB, "text/html; charset=ISO-8859-1", "gb18030", HY_CHARSET_CONTENT},
    {"<meta charset=big5>" BIG, "", "Big5", HY_CHARSET_META},
    {BIG, "text/html; charset=big5", "Big5", HY_CHARSET_HTTP},
    {"<meta charset=euc-jp>x", "", "EUC-JP", HY_CHARSET_META},
    {"<p>caf\xE9 cr\xE8me br\xFBl\xE9"
     "e, d\xE9j\xE0 vu</p>",
     "", "windows-1252", HY_CHARSET_FALLBACK},
};

TEST(sniff)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hy_charset c = hy_charset_sniff(hy_str(cases[i].bytes), hy_str(cases[i].type), true);
        if (strcmp(c.name, cases[i].name) != 0)
            fail_msg("case %zu: %s, not %s", i, c.name, cases[i].name);
        if (cases[i].from != HY_CHARSET_FALLBACK)
            assert_int_equal(c.from, cases[i].from);
    }
}

TEST(few_broken_bytes_do_not_change_the_charset)
{
    struct hy_buf page = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (int i = 0; i < 20; i++)
        hy_buf_puts(&page, U8);
    hy_buf_puts(&page, "\xE6\x96<br>\xFF");
    assert_string_equal(hy_charset_sniff(hy_buf_view(&page), hy_str(""), true).name, "UTF-8");
    hy_buf_release(&page);
}

static const struct {
    const char *html, *name;
} metas[] = {
    {"<meta charset=gbk>", "GBK"},
    {"<META CHARSET = 'gbk' >", "GBK"},
    {"<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", "GBK"},
    {"<meta content='text/html; charset=gb2312' http-equiv=content-type>", "GBK"},
    {"<meta content='text/html; charset=gb2312'>", NULL}, /* without the pragma */
    {"<!-- <meta charset=big5> --><meta charset=gbk>", "GBK"},
    {"<p title='<meta charset=big5>'><meta charset=gbk>", "GBK"},
    {"<meta charset=nonsense><meta charset=gbk>", "GBK"},
    {"<meta charset=gbk", NULL},
    {"<meta charset=utf-16>", "UTF-8"},
    {"<metacharset=gbk>", NULL},
    {"<", NULL},
    {"<meta ", NULL},
};

TEST(meta)
{
    for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
        const char *name = hy_charset_of_meta(hy_str(metas[i].html));
        if ((name == NULL) != (metas[i].name == NULL) || (name && strcmp(name, metas[i].name) != 0))
            fail_msg("%s: %s", metas[i].html, name ? name : "nothing");
    }
}

/* What browsers show for malformed input, U+FFFD written as '?'. */
static const struct {
    const char *name, *bytes, *text;
} decoded[] = {
    {"UTF-8", "a\x80z", "a?z"},
    {"UTF-8", "a\xE6\x96z", "a?z"}, /* a cut character is one */
    {"UTF-8", "\xE6\x96", "?"},
    {"UTF-8", "\xC0\xAF", "??"},
    {"UTF-8", "\xED\xA0\x80", "???"},
    {"UTF-8", "\xF4\x90\x80\x80", "????"},
    {"UTF-8", "\xEF\xBB\xBFx", "x"},
    {"gb18030", "\xC4\xE3\xBA\xC3", "你好"},
    {"gb18030", "\x80", "€"},
    {"gb18030", "\xFF", "?"},
    {"gb18030", "\xC4", "?"},
    {"gb18030", "\xC4<b>", "?<b>"}, /* markup behind half a character survives */
    {"gb18030", "\x81\x30", "?"},
    {"gb18030", "\x81\x30\x81", "?"},
    {"gb18030", "\x81\x30<", "?0<"},
    {"gb18030", "\x94\x39\xDA\x33", "\U0001F4A9"},
    {"gb18030", "\xFE\x39\xFE\x39", "?"},
    {"gb18030", "\xA3\xA0", "\u3000"},
    {"GBK", "\x82\x35\x90\x37", "\u9FB4"},
    {"Big5", "\xA7\x41\xA6\x6E", "你好"},
    {"Big5", "\x88\x62", "\u00CA\u0304"},
    {"Big5", "\xA1", "?"},
    {"Big5", "\xFF\x41", "?A"},
    {"Big5", "\x81<", "?<"},
    {"Big5", "\xA3\xE1", "€"},
    {"UTF-16LE", "\xFF\xFE\x60\x4F", "你"},
    {"UTF-16BE", "\xD8\x3D\xDC\xA9\xD8\x3D", "\U0001F4A9?"},
    {"windows-1252", "\x80\x81\xE9", "€\xC2\x81é"},
    {"EUC-JP", "\xC6\xFC\xFF\xCB\xDC", "日?本"},
    {"Shift_JIS", "\x93\xFA\x96\x7B", "日本"},
};

TEST(decode)
{
    for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
        struct hy_buf out = HY_BUF_INIT(1000), want = HY_BUF_INIT(1000);
        hy_charset_decode(decoded[i].name, hy_str(decoded[i].bytes), &out);
        for (const char *p = decoded[i].text; *p; p++)
            hy_buf_puts(&want, *p == '?' ? "\xEF\xBF\xBD" : (char[]){*p, 0});
        if (!hy_str_eq(hy_buf_view(&out), hy_buf_view(&want)))
            fail_msg("case %zu (%s): %s, not %s", i, decoded[i].name, out.p, want.p);
        hy_buf_release(&out);
        hy_buf_release(&want);
    }
}

/* Scripts are long, and what is decoded goes out by the block. */
TEST(runs_of_ascii_of_any_length)
{
    static const size_t lengths[] = {0, 1, 7, 8, 4087, 4088, 4089, 4096, 9000};
    static const char *const names[] = {"gb18030", "Big5"}, *const han[] = {"\xd6\xd0", "\xa4\xa4"};

    for (size_t i = 0; i < HY_COUNT(lengths) * HY_COUNT(names); i++) {
        size_t n = lengths[i / HY_COUNT(names)], which = i % HY_COUNT(names);
        struct hy_buf in = HY_BUF_INIT(100000), want = HY_BUF_INIT(100000),
                      out = HY_BUF_INIT(100000), tight = HY_BUF_INIT(n ? n - 1 : 0);
        for (int part = 0; part < 3; part++) {
            for (size_t k = 0; k < n; k++) {
                hy_buf_char(&in, 'a');
                hy_buf_char(&want, 'a');
            }
            hy_buf_puts(&in, han[which]);
            hy_buf_puts(&want, "中");
        }
        hy_charset_decode(names[which], hy_buf_view(&in), &out);
        assert_string_equal(out.p, want.p);
        hy_charset_decode(names[which], hy_buf_view(&in), &tight);
        assert_true(tight.overflow);
        hy_buf_release(&in);
        hy_buf_release(&want);
        hy_buf_release(&out);
        hy_buf_release(&tight);
    }
}
