/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/fetch/robots.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static const struct {
    const char *robots, *agent, *url;
    bool allowed;
} cases[] = {
    {"", "huiying", "http://a.example/x", true},
    {"User-agent: *\nDisallow: /admin\n", "huiying", "http://a.example/admin/1", false},
    {"User-agent: *\nDisallow: /admin\n", "huiying", "http://a.example/news", true},
    /* the own group replaces "*", wherever it stands */
    {"User-agent: *\nDisallow: /\nUser-agent: HuiYing\nDisallow: /b\n", "huiying", "http://a/c",
     true},
    {"User-agent: huiying/2.0\nDisallow: /b\nUser-agent: *\nDisallow: /\n", "huiying", "http://a/b",
     false},
    /* an own group without rules allows everything */
    {"User-agent: huiying\n\nUser-agent: *\nDisallow: /\n", "huiying", "http://a/b", false},
    {"User-agent: huiying\nDisallow:\nUser-agent: *\nDisallow: /\n", "huiying", "http://a/b", true},
    /* two groups of one agent are one */
    {"User-agent: huiying\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: "
     "huiying\nDisallow: /b",
     "huiying", "http://a/b", false},
    /* the longest pattern wins, allow wins a tie */
    {"User-agent: *\nDisallow: /d/\nAllow: /d/open\n", "huiying", "http://a/d/open.html", true},
    {"User-agent: *\nDisallow: /d\nAllow: /d\n", "huiying", "http://a/d", true},
    /* '*' and '$' */
    {"User-agent: *\nDisallow: /*.php$\n", "huiying", "http://a/x.php", false},
    {"User-agent: *\nDisallow: /*.php$\n", "huiying", "http://a/x.php?a=1", true},
    {"User-agent: *\nDisallow: /a*b*c\n", "huiying", "http://a/a-b-b-c-d", false},
    {"User-agent: *\nDisallow: /a*b*c$\n", "huiying", "http://a/abcbc", false},
    {"User-agent: *\nDisallow: /a*b*c$\n", "huiying", "http://a/abcb", true},
    {"User-agent: *\nDisallow: /*?sid=\n", "huiying", "http://a/t?sid=1", false},
    {"User-agent: *\nDisallow: *\n", "huiying", "http://a/t", false},
    /* escapes */
    {"User-agent: *\nDisallow: /\xE6\x96\xB0\n", "huiying", "http://a/%E6%96%B0/1", false},
    {"User-agent: *\nDisallow: /%e6%96%b0\n", "huiying", "http://a/%E6%96%B0/1", false},
    /* forms of lines */
    {"\xEF\xBB\xBFUser-agent: *\rDisallow: /x\r\r", "huiying", "http://a/x", false},
    {"user-agent *\ndisallow /x", "huiying", "http://a/x", false},
    {"User-agent: *\nDisallow: /x # private\n", "huiying", "http://a/x", false},
    {"User-agent: a\nUser-agent: huiying\nCrawl-delay: 3\nUser-agent: b\nDisallow: /", "huiying",
     "http://a/x", false},
    {"Disallow: /\nUser-agent: *\nAllow: /\n", "huiying", "http://a/x", true},
    {"User-agent: *\nDisallow: /\nAllow: /n/index.html\n", "huiying", "http://a/n/", true},
    /* URLs without path, with fragment */
    {"User-agent: *\nDisallow: /\nAllow: /$\n", "huiying", "http://a.example", true},
    {"User-agent: *\nDisallow: /\nAllow: /$\n", "huiying", "http://a.example?q", false},
    {"User-agent: *\nDisallow: /x\n", "huiying", "http://a.example/#/x", true},
    {"User-agent: *\nDisallow: /\n", "huiying", "http://a.example/robots.txt", true},
};

TEST(decisions)
{
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_robots *r = hy_robots_parse(hy_str(cases[i].robots), cases[i].agent);
        if (hy_robots_allows(r, hy_str(cases[i].url)) != cases[i].allowed)
            fail_msg("case %zu: %s in %s", i, cases[i].url, cases[i].robots);
        hy_robots_free(r);
    }
}

TEST(crawl_delay_and_sitemaps)
{
    struct hy_robots *r = hy_robots_parse(
        HY_STR("Sitemap: http://a/1.xml\nUser-agent: *\nCrawl-delay: 2.5\nDisallow: /x\n"
               "User-agent: huiying\nCrawl-delay: 10\nsitemap: http://a/2.xml"),
        "huiying");

    assert_int_equal(hy_robots_delay_ms(r), 10000);
    assert_string_equal(hy_robots_sitemap(r, 0), "http://a/1.xml");
    assert_string_equal(hy_robots_sitemap(r, 1), "http://a/2.xml");
    assert_null(hy_robots_sitemap(r, 2));
    hy_robots_free(r);
    r = hy_robots_parse(HY_STR("User-agent: *\nCrawl-delay: 2.5\nCrawl-delay: many"), "huiying");
    assert_int_equal(hy_robots_delay_ms(r), 2500);
    hy_robots_free(r);
}

TEST(only_the_first_half_megabyte_counts)
{
    char *text = malloc(HY_ROBOTS_MAX + 100);
    const char *tail = "\nUser-agent: *\nDisallow: /\n";

    memset(text, '#', HY_ROBOTS_MAX);
    memcpy(text + HY_ROBOTS_MAX, tail, strlen(tail) + 1);
    struct hy_robots *r = hy_robots_parse(hy_str(text), "huiying");
    assert_true(hy_robots_allows(r, HY_STR("http://a/x")));
    hy_robots_free(r);
    free(text);
}

TEST(statuses)
{
    assert_int_equal(hy_robots_access_of(200), HY_ROBOTS_RULES);
    assert_int_equal(hy_robots_access_of(404), HY_ROBOTS_FREE);
    assert_int_equal(hy_robots_access_of(403), HY_ROBOTS_FREE);
    assert_int_equal(hy_robots_access_of(429), HY_ROBOTS_WAIT);
    assert_int_equal(hy_robots_access_of(503), HY_ROBOTS_WAIT);
    assert_int_equal(hy_robots_access_of(0), HY_ROBOTS_WAIT);
}
