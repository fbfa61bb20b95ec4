/* SPDX-License-Identifier: Apache-2.0 */
#include "core/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define BASE "http://news.example.com:8080/a/b/c.html?q=1#f"

static const struct {
    const char *input, *href; /* href NULL: refused */
} cases[] = {
    {"x.html", "http://news.example.com:8080/a/b/x.html"},
    {"./x/../y", "http://news.example.com:8080/a/b/y"},
    {"../../../z", "http://news.example.com:8080/z"},
    {"/r", "http://news.example.com:8080/r"},
    {"//h.example/p", "http://h.example/p"},
    {"\\\\h.example\\p", "http://h.example/p"},
    {"?x=2", "http://news.example.com:8080/a/b/c.html?x=2"},
    {"#g", "http://news.example.com:8080/a/b/c.html?q=1#g"},
    {"", "http://news.example.com:8080/a/b/c.html?q=1"},
    {"  \thttp://EXAMPLE.com\n ", "http://example.com/"},
    {"http:x", "http://news.example.com:8080/a/b/x"},
    {"https:x", "https://x/"},
    {"https://h:443/", "https://h/"},
    {"https://h:80/", "https://h:80/"},
    {"https://h:/", "https://h/"},
    {"https://h:65536/", NULL},
    {"https://h:8a/", NULL},
    {"https://u:p@h/", "https://u:p@h/"},
    {"https://u@:p@h/", "https://u%40:p@h/"},
    {"https://@/", NULL},
    {"https://", NULL},
    {"http://a b/", NULL},
    {"http://a%00b/", NULL},
    {"http://h/a b?c d#e f", "http://h/a%20b?c%20d#e%20f"},
    {"http://h/%7e%E4%B8", "http://h/%7e%E4%B8"},
    {"http://h/\xE6\x96\xB0?\xE9\x97\xBB", "http://h/%E6%96%B0?%E9%97%BB"},
    {"http://h/'?'", "http://h/'?%27"},
    {"http://h/%2e%2E/x", "http://h/x"},
    {"http://h/a/..", "http://h/"},
    {"http://h/a/.", "http://h/a/"},
    {"http://0x7f.1/", "http://127.0.0.1/"},
    {"http://2130706433/", "http://127.0.0.1/"},
    {"http://017700000001/", "http://127.0.0.1/"},
    {"http://256.1.1.1/", NULL},
    {"http://1.2.3.4.5/", NULL},
    {"http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.1/", "http://127.0.0.1/"}, /* full width 127 */
    {"http://[1:0:0:0::0]/", "http://[1::]/"},
    {"http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]/"},
    {"http://[0:1:0:0:0:1:0:0]/", "http://[0:1::1:0:0]/"},
    {"http://[::1/", NULL},
    {"http://[1:2:3]/", NULL},
    {"http://[::1.2.3.400]/", NULL},
    {"http://[1::2::3]/", NULL},
    {"http://\xE6\x96\xB0\xE9\x97\xBB.\xE4\xB8\xAD\xE5\x9B\xBD/", "http://xn--efvy88h.xn--fiqs8s/"},
    {"mailto:a@b", "mailto:a@b"},
    {"javascript:void(0)", "javascript:void(0)"},
    {"data:text/plain, x ?y", "data:text/plain, x%20?y"},
    {"file:///C|/x/../..", "file:///C:/"},
    {"file://localhost/x", "file:///x"},
    {"non-special://h/..//x", "non-special://h//x"},
    {"web+x:/..//p", "web+x:/.//p"},
};

TEST(parse)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_url base;

    assert_int_equal(hy_url_parse(hy_str(BASE), NULL, &base, &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hy_url u = {0};
        int rc = hy_url_parse(hy_str(cases[i].input), &base, &u, &err);
        const char *got = rc == HY_OK ? u.href : NULL;
        if ((got == NULL) != (cases[i].href == NULL) || (got && strcmp(got, cases[i].href) != 0))
            fail_msg("%s: %s, not %s", cases[i].input, got ? got : "refused", cases[i].href);
        hy_url_release(&u);
    }
    hy_url_release(&base);
}

/* Each byte in each place: the quick way says what the book says, and a space in front, which is
 * nothing to a URL, keeps a text from the quick way. */
TEST(plain_urls_are_read_as_by_the_book)
{
    static const char *const forms[] = {
        " http://a%c.cn/x",      " http://bbs.a%c/x",   " https://a.cn/x%cy", " http://a.cn/%c/y",
        " https://a.cn/%ca?b=c", " http://a.cn/?b%cc",  " http://a.cn/x#y%c", " http://a.cn:8%c/x",
        " http://1.2.3.4%c/",    " http://1.%c.3.25/x", " https://a.cn:44%c/"," http://a.cn:%c80/",
        " http:/%ca.cn/",        " http://a.cn%cx",     " http://a.cn/.%c/x", " http://a.cn/%%2%c./x",
        " %cttp://a.cn/",        " http://1.2.3.4:1%c5/",
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        for (int c = 1; c < 256; c++) {
            struct hy_err err = HY_ERR_INIT;
            struct hy_url quick = {0}, book = {0};
            char text[64];

            snprintf(text, sizeof(text), forms[i], c);
            int rc = hy_url_parse(hy_str(text + 1), NULL, &quick, &err);
            assert_int_equal(hy_url_parse(hy_str(text), NULL, &book, &err), rc);
            if (rc < 0)
                continue;
            assert_string_equal(quick.href, book.href);
            assert_int_equal(quick.n, book.n);
            assert_int_equal(quick.scheme_end, book.scheme_end);
            assert_int_equal(quick.host, book.host);
            assert_int_equal(quick.host_end, book.host_end);
            assert_int_equal(quick.path, book.path);
            assert_int_equal(quick.query, book.query);
            assert_int_equal(quick.hash, book.hash);
            assert_int_equal(quick.port, book.port);
            assert_int_equal(quick.has_host, book.has_host);
            hy_url_release(&quick);
            hy_url_release(&book);
        }
}

TEST(relative_needs_a_base)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_url u, opaque;

    assert_int_equal(hy_url_parse(hy_str("a/b"), NULL, &u, &err), HY_E_PARSE);
    assert_int_equal(hy_url_parse(hy_str("mailto:x"), NULL, &opaque, &err), 0);
    assert_int_equal(hy_url_parse(hy_str("a/b"), &opaque, &u, &err), HY_E_PARSE);
    hy_url_release(&opaque);
}

TEST(too_long)
{
    char *text = malloc(HY_URL_MAX_BYTES + 100);
    struct hy_err err = HY_ERR_INIT;
    struct hy_url u;

    memset(text, 'a', HY_URL_MAX_BYTES + 100);
    memcpy(text, "http://h/", 9);
    assert_int_equal(hy_url_parse(hy_str_n(text, HY_URL_MAX_BYTES + 100), NULL, &u, &err),
                     HY_E_TOOBIG);
    free(text);
}

TEST(parts)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_url u;

    assert_int_equal(hy_url_parse(hy_str("https://me@bbs.example.cn:81/t/1?p=2#x"), NULL, &u, &err),
                     0);
    assert_true(hy_str_is(hy_url_scheme(&u), "https"));
    assert_true(hy_str_is(hy_url_host(&u), "bbs.example.cn"));
    assert_int_equal(hy_url_port(&u), 81);
    assert_true(hy_str_is(hy_url_path(&u), "/t/1"));
    assert_true(hy_str_is(hy_url_query(&u), "?p=2"));
    assert_true(hy_str_is(hy_url_target(&u), "/t/1?p=2"));
    assert_true(hy_url_is_http(&u));
    char *origin = hy_url_origin(&u);
    assert_string_equal(origin, "https://bbs.example.cn:81");
    free(origin);
    hy_url_release(&u);
}

static const struct {
    const char *url, *canonical;
} canonical[] = {
    {"http://H.example:80/a?b=1&a=2#x", "http://h.example/a?b=1&a=2"}, /* order is kept */
    {"http://h.example/a?utm_source=x&id=3&UTM_medium=y", "http://h.example/a?id=3"},
    {"http://h.example/a?spm=1.2.3&", "http://h.example/a"},
    {"http://h.example/a;jsessionid=AB12?x=1", "http://h.example/a?x=1"},
    {"http://h.example/a?PHPSESSID=0123456789abcdef&p=1", "http://h.example/a?p=1"},
    {"http://h.example/a?sid=0123456789abcdef0123&p=1", "http://h.example/a?p=1"},
    {"http://h.example/a?sid=17&p=1", "http://h.example/a?sid=17&p=1"}, /* an id, no session */
    {"http://h.example/a?s=fire", "http://h.example/a?s=fire"},
    {"http://u:p@h.example/", "http://h.example/"},
    {"http://h.example/?", "http://h.example/"},
};

TEST(a_page_for_phones_is_known_by_its_twin)
{
    static const char *const rows[][2] = {
        {"https://m.example.com.cn/n/1.html?id=2", "https://www.example.com.cn/n/1.html?id=2"},
        {"http://wap.qingxi.gov.cn/a", "http://www.qingxi.gov.cn/a"},
        {"http://3g.example.cn:8080/a", "http://www.example.cn:8080/a"},
        {"https://www.example.cn/m/1", NULL},
        {"https://m.bbs.example.cn/1", NULL},
        {"https://bbs.example.cn/1", NULL},
        {"https://m.cn/1", NULL},
        {"https://m/1", NULL},
        {"http://127.0.0.1:8/1", NULL},
        {"http://[::1]/1", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *got = hy_url_desktop(hy_str(rows[i][0]));
        if (rows[i][1])
            assert_string_equal(got ? got : "none", rows[i][1]);
        else
            assert_null(got);
        free(got);
    }
}

TEST(canonical_form)
{
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
        struct hy_url u;
        assert_int_equal(hy_url_parse(hy_str(canonical[i].url), NULL, &u, &err), 0);
        char *got = hy_url_canonical(&u);
        assert_string_equal(got, canonical[i].canonical);
        free(got);
        hy_url_release(&u);
    }
}

static const struct {
    const char *host, *owner;
} owners[] = {
    {"bbs.example.com", "example.com"},
    {"a.b.example.com.cn", "example.com.cn"},
    {"www.city.gov.cn", "city.gov.cn"},
    {"x.county.bj.cn", "county.bj.cn"},
    {"www.example.co.uk", "example.co.uk"},
    {"localhost", "localhost"},
    {"10.0.0.1", "10.0.0.1"},
    {"[::1]", "[::1]"},
    {"com.cn", "com.cn"},
    {"", ""},
};

TEST(registrable)
{
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
        assert_true(hy_str_is(hy_url_registrable(hy_str(owners[i].host)), owners[i].owner));
}

TEST(resolve)
{
    char *a = hy_url_resolve(hy_str("http://h.example/x/"), hy_str("y"));
    char *b = hy_url_resolve(hy_str("http://h.example/x/"), hy_str("mailto:y@z"));

    assert_string_equal(a, "http://h.example/x/y");
    assert_null(b);
    free(a);
}
