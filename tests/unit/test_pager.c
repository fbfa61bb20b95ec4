/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/pager.h"

#include "crawler/page/page.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static const struct {
    const char *url, *html, *last; /* NULL: none */
} cases[] = {
    {"http://a.example/thread-9-1-1.html",
     "<a href=/thread-9-2-1.html>2</a> <a href=thread-9-3-1.html>... 3</a><a "
     "href=/thread-9-2-1.html>下一页</a>",
     "http://a.example/thread-9-3-1.html"},
    {"http://a.example/thread-9-3-1.html",
     "<a href=/thread-9-1-1.html>1</a> <a href=/thread-9-2-1.html>2</a>", NULL},
    {"http://a.example/t/5", "<a href='/t/5?page=2'>2</a><a href='/t/5?page=11'>11</a>",
     "http://a.example/t/5?page=11"},
    {"http://a.example/t?id=5&pn=1", "<a href='/t?id=5&amp;pn=4#bottom'>4</a>",
     "http://a.example/t?id=5&pn=4"},
    /* other threads, reply counts and authors are no pages */
    {"http://a.example/thread-9-1-1.html",
     "<a href=/thread-12-1-1.html>7</a><a href=/user-3.html>3</a>", NULL},
    {"http://a.example/t/5", "<a href=/t/55>55</a>",
     "http://a.example/t/55"}, /* cannot be told apart */
    {"http://a.example/thread-9-1-1.html", "<a href=/thread-9-2-1.html>2026-11-20</a><a>3</a>",
     NULL},
    {"http://a.example/x", "<p>no links", NULL},
};

TEST(last_pages)
{
    struct hy_page *p = hy_page_new();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(
            hy_page_load(p, hy_str(cases[i].html), HY_STR("text/html; charset=utf-8"), &err), 0);
        char *last = hy_pager_last(hy_page_dom(p), hy_str(cases[i].url));
        if ((last == NULL) != (cases[i].last == NULL) || (last && strcmp(last, cases[i].last) != 0))
            fail_msg("case %zu: %s", i, last ? last : "none");
        free(last);
    }
    hy_page_free(p);
}

TEST(pages_in_between)
{
    static const struct {
        const char *first, *last;
        int64_t n, k;
        const char *page;
    } rows[] = {
        {"http://a.example/thread-9-1-1.html", "http://a.example/thread-9-40-1.html", 40, 7,
         "http://a.example/thread-9-7-1.html"},
        {"http://a.example/thread-1-1-1.html", "http://a.example/thread-1-11-1.html", 11, 2,
         "http://a.example/thread-1-2-1.html"},
        {"http://a.example/t/5", "http://a.example/t/5?page=11", 11, 10,
         "http://a.example/t/5?page=10"},
        {"http://a.example/t/1#p2", "http://a.example/t/1?page=11", 11, 3,
         "http://a.example/t/1?page=3"},
        {"http://a.example/t?id=5&pn=1", "http://a.example/t?id=5&pn=4", 4, 2,
         "http://a.example/t?id=5&pn=2"},
        {"http://a.example/t/5", "http://b.example/x", 0, 0, NULL},
        {"http://a.example/t/5", "", 0, 0, NULL},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_str first = hy_str(rows[i].first), last = hy_str(rows[i].last);
        assert_int_equal(hy_pager_number(first, last), rows[i].n);
        if (rows[i].page == NULL)
            continue;
        HY_CLEANUP(hy_freep) char *page = hy_pager_page(first, last, rows[i].k);
        assert_string_equal(page, rows[i].page);
    }
}
