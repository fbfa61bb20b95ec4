/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/feed/feed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/harness.h"

static struct hy_feed *parse_as(const char *xml, const char *type)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_feed *f = NULL;

    if (hy_feed_parse(hy_str(xml), HY_STR("http://news.example.cn/a/rss.xml"), hy_str(type), &f,
                      &err))
        fail_msg("%s", err.msg);
    return f;
}

static struct hy_feed *parse(const char *xml)
{
    return parse_as(xml, "");
}

#define ATOM "<feed xmlns='http://www.w3.org/2005/Atom'>"

TEST(rss_with_everything)
{
    struct hy_feed *f = parse(
        "<?xml version='1.0' encoding='UTF-8'?>\n<rss version='2.0' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>清溪新闻</title>"
        "<link>http://news.example.cn/</link><ttl>15</ttl>"
        "<skipHours><hour>0</hour><hour> 24 </hour><hour>3</hour><hour>77</hour></skipHours>"
        "<skipDays><day>Sunday</day><day>saturday</day><day>节日</day></skipDays><item><title>化工园区起火 &amp; "
        "扑灭</title>"
        "<link>/a/1.html</link><guid isPermaLink='false'>n-1</guid>"
        "<description>&lt;p&gt;摘要&lt;/p&gt;</description>"
        "<content:encoded><![CDATA[<p>第一段</p><p>第二段<script>alert(1)</script></p>]]>"
        "</content:encoded><pubDate>Mon, 23 Nov 2026 09:12:00 +0800</pubDate>"
        "<comments>http://bbs.example.cn/t1</comments></item></channel></rss>");

    assert_string_equal(f->format, "rss");
    assert_string_equal(f->title, "清溪新闻");
    assert_string_equal(f->charset, "UTF-8");
    assert_int_equal(f->ttl_ms, 15 * HY_MINUTE_MS);
    assert_int_equal(f->skip_hours, 1u << 0 | 1u << 3);
    assert_int_equal(f->skip_days, 1u << 0 | 1u << 6);
    assert_false(f->mended);
    assert_int_equal(f->n, 1);
    const struct hy_feed_entry *e = &f->entries[0];
    assert_string_equal(e->id, "n-1");
    assert_string_equal(e->url, "http://news.example.cn/a/1.html");
    assert_string_equal(e->title, "化工园区起火 & 扑灭");
    assert_string_equal(e->summary, "摘要");
    assert_string_equal(e->text, "第一段\n第二段");
    assert_string_equal(e->comments, "http://bbs.example.cn/t1");
    char t[HY_TIME_SIZE];
    assert_string_equal(hy_wall_format(e->published.at, HY_CST, t), "2026-11-23T09:12:00+08:00");
    hy_feed_free(f);
}

static const struct {
    const char *xml;
    const char *url, *title, *text, *id; /* NULL: not looked at */
} entries[] = {
    /* Atom: links by rel and type, xml:base, xhtml */
    {ATOM "<entry><link rel='self' href='/s'/><link rel='alternate' "
          "href='/x'/><title>a</title></entry></feed>",
     "http://news.example.cn/x", "a", NULL, NULL},
    {"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://b.example/d/'><entry><link "
     "href='1.html'/></entry></feed>",
     "http://b.example/d/1.html", NULL, NULL, NULL},
    {ATOM "<entry><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>一 &lt; "
          "二</p><script>x()</script></div></content></entry></feed>",
     "", "", "一 < 二", NULL},
    {ATOM "<entry><title type='text'>标签 &lt;b&gt; 的历史</title></entry></feed>", NULL,
     "标签 <b> 的历史", NULL, NULL},
    {ATOM "<entry><title type='html'>重要&lt;b&gt;通知&lt;/b&gt;</title></entry></feed>", NULL,
     "重要通知", NULL, NULL},
    {ATOM
     "<entry><id>http://x.example/ID</id><source><title>别家</title></source><title>自家</title>"
     "</entry></feed>",
     "http://x.example/ID", "自家", NULL, "http://x.example/ID"},
    /* RDF with its items outside of the channel */
    {"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
     "xmlns='http://purl.org/rss/1.0/'>"
     "<channel><title>c</title></channel><item "
     "rdf:about='http://x.example/1'><title>t</title></item>"
     "</rdf:RDF>",
     "http://x.example/1", "t", NULL, "http://x.example/1"},
    /* sitemaps */
    {"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
     "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc> "
     "http://x.example/a?b=1&amp;c=2 "
     "</loc><news:news><news:title>标题</news:title></news:news></url></urlset>",
     "http://x.example/a?b=1&c=2", "标题", "", NULL},
    /* elements of other vocabularies do not disturb */
    {"<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item><title>真</title>"
     "<media:title>假</media:title><image><title>图</title></image></item></channel></rss>",
     NULL, "真", NULL, NULL},
    /* HTML's references, declared entities, code points of windows-1252 */
    {"<!DOCTYPE rss [<!ENTITY co \"清溪市\">]><rss><channel><item><title>&co;&hellip;&mdash;&#146;"
     "</title></item></channel></rss>",
     NULL, "清溪市…—’", NULL, NULL},
    /* broken: stray ampersand, unclosed tags, cut off in the middle */
    {"<rss><channel><item><title>A & "
     "B</title><link>http://x.example/?a=1&b=2</link></item></channel></rss>",
     "http://x.example/?a=1&b=2", "A & B", NULL, NULL},
    {"<rss><channel><item><title>甲<br>乙</title><link>http://x.example/1</link></item></channel></"
     "rss>",
     "http://x.example/1", "甲 乙", NULL, NULL},
    {"<rss><channel><item><title>一</title></item><item><title>二</tit", NULL, "一", NULL, NULL},
    {"junk <rss><channel><item a=1 a=2><title>x</title></item></channel>", NULL, "x", NULL, NULL},
    {"<rss><channel><item><dc:date>2026-11-23</dc:date><title>x\x01y</title></item></channel></"
     "rss>",
     NULL, "xy", NULL, NULL},
    /* nothing active passes, however it is escaped */
    {"<rss><channel><item><link>javascript:alert(1)</link><title>&amp;lt;script>x</title></item></"
     "channel></rss>",
     "", "＜script>x", NULL, NULL},
};

TEST(entries_of_all_kinds)
{
    for (size_t i = 0; i < HY_COUNT(entries); i++) {
        struct hy_feed *f = parse(entries[i].xml);
        if (f->n == 0)
            fail_msg("case %zu: no entry", i);
        const struct hy_feed_entry *e = &f->entries[0];
        const struct {
            const char *want, *got;
        } fields[] = {{entries[i].url, e->url},
                      {entries[i].title, e->title},
                      {entries[i].text, e->text},
                      {entries[i].id, e->id}};
        for (size_t k = 0; k < HY_COUNT(fields); k++)
            if (fields[k].want && strcmp(fields[k].want, fields[k].got) != 0)
                fail_msg("case %zu field %zu: %s, got %s", i, k, fields[k].want, fields[k].got);
        hy_feed_free(f);
    }
}

TEST(charsets)
{
    static const struct {
        const char *head, *title; /* bytes */
        const char *type, *want;
    } cases[] = {
        {"<?xml version='1.0' encoding='gb2312'?>", "\xC7\xE5\xCF\xAA", "", "清溪"},
        {"", "\xC7\xE5\xCF\xAA", "text/xml; charset=GBK", "清溪"},
        {"<?xml version='1.0' encoding='utf-8'?>", "\xC7\xE5\xCF\xAA\xCA\xD0\xC6\xF0\xBB\xF0", "",
         "清溪市起火"},
        {"<?xml version='1.0' encoding='gb2312'?>", "清溪", "", "清溪"}, /* a lie */
        {"<?xml version='1.0' encoding='big5'?>", "\xB2\x4D\xB7\xCB", "", "清溪"},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char xml[400];
        snprintf(xml, sizeof(xml), "%s<rss><channel><title>%s</title></channel></rss>",
                 cases[i].head, cases[i].title);
        struct hy_feed *f = parse_as(xml, cases[i].type);
        assert_string_equal(f->title, cases[i].want);
        hy_feed_free(f);
    }
}

TEST(dates)
{
    static const struct {
        const char *in, *out; /* NULL: no date */
        bool china;
    } cases[] = {
        {"Mon, 23 Nov 2026 09:12:00 +0800", "2026-11-23T09:12:00+08:00", false},
        {"23 November 26 9:12 GMT", "2026-11-23T09:12:00+00:00", false},
        {"Mon, 23 Nov 2026 09:12:00 CST", "2026-11-23T09:12:00-06:00", false},
        {"Mon, 23 Nov 2026 09:12:00 CST", "2026-11-23T09:12:00+08:00", true},
        {"Mon Nov 23 09:12:00 CST 2026", "2026-11-23T09:12:00+08:00", true},
        {"Mon, 23 Nov 2026 09:12:00 GMT+8", "2026-11-23T09:12:00+08:00", false},
        {"Mon, 23 Nov 2026 09:12:00 +0800 (CST)", "2026-11-23T09:12:00+08:00", false},
        {"2026-11-23T09:12:00.5Z", "2026-11-23T09:12:00+00:00", false},
        {"2026-11-23 09:12", "2026-11-23T09:12:00+08:00", false},
        {"2026/11/23 9:12:01", "2026-11-23T09:12:01+08:00", false},
        {"2026年11月23日 09时12分", "2026-11-23T09:12:00+08:00", false},
        {"2026-11", "2026-11-01T00:00:00+08:00", false},
        {"20261123", "2026-11-23T00:00:00+08:00", false},
        {"Mon Nov 23 09:12:00 2026", "2026-11-23T09:12:00+08:00", false},
        {"2026-02-30", NULL, false},
        {"2026-11-23T25:00:00Z", NULL, false},
        {"Mon, 23 Foo 2026 09:12:00 GMT", NULL, false},
        {"yesterday", NULL, false},
        {"", NULL, false},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_stamp t = hy_stamp_parse(hy_str(cases[i].in), HY_CST, cases[i].china);
        char text[HY_TIME_SIZE] = "";
        if (hy_wall_known(t.at) != (cases[i].out != NULL))
            fail_msg("%s: %s", cases[i].in, cases[i].out ? "not read" : "read");
        if (cases[i].out)
            assert_string_equal(hy_wall_format(t.at, t.offset_min, text), cases[i].out);
    }
    assert_int_equal(hy_stamp_parse(HY_STR("2026-11-23"), HY_CST, false).precision, HY_PREC_DAY);
    assert_int_equal(hy_stamp_parse(HY_STR("2026-11-23 09:12"), HY_CST, false).precision,
                     HY_PREC_MINUTE);
}

TEST(no_entity_grows)
{
    struct hy_buf xml = HY_BUF_INIT(HY_FEED_MAX_BYTES);
    struct hy_err err = HY_ERR_INIT;
    struct hy_feed *f = NULL;

    hy_buf_puts(&xml, "<!DOCTYPE rss [<!ENTITY a \"aaaaaaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">"
                      "<!ENTITY c SYSTEM \"file:///etc/passwd\">]><rss><channel><title>&b;&c;");
    hy_buf_puts(&xml, "</title></channel></rss>");
    assert_int_equal(hy_feed_parse(hy_buf_view(&xml), hy_str(""), hy_str(""), &f, &err), 0);
    assert_string_equal(f->title, "&b;&c;");
    hy_feed_free(f);
    hy_buf_release(&xml);
}

/* Each of these was quadratic in some parser. */
TEST(hostile_repetition_is_linear)
{
    static const char *const units[] = {"<a",
                                        "<a ",
                                        "&",
                                        "<!ENTITY ",
                                        "<![CDATA[",
                                        "</a",
                                        "<a b=\"",
                                        "<item><title>&lt;a",
                                        "&lt;object&gt;",
                                        "&lt;!a",
                                        "<x>",
                                        "]]>"};
    for (size_t i = 0; i < HY_COUNT(units); i++) {
        struct hy_buf xml = HY_BUF_INIT(HY_FEED_MAX_BYTES);
        hy_buf_puts(&xml, "<rss><channel><item><description>");
        while (xml.n < 1000000)
            hy_buf_puts(&xml, units[i]);
        clock_t before = clock(); /* processor time: a busy machine is no hostile input */
        hy_feed_free(parse(xml.p));
        if (clock() - before > 5 * CLOCKS_PER_SEC)
            fail_msg("%s took more than 5 s", units[i]);
        hy_buf_release(&xml);
    }
}
