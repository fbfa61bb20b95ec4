/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/page.h"
#include "crawler/page/slim.h"

#include <string.h>
#include <time.h>

#include "tests/unit/harness.h"

static struct hy_page *loaded(const char *html)
{
    struct hy_page *p = hy_page_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_page_load(p, hy_str(html), hy_str(""), &err), 0);
    return p;
}

TEST(tree_is_flat_and_linked)
{
    struct hy_page *p = loaded("<title>T</title><body><div id=a class='x Y'><p>one<p>two</div>"
                               "<ul><li>three</ul>");
    const struct hy_dom *d = hy_page_dom(p);
    uint32_t div = hy_dom_find(d, 0, HY_TAG_DIV), para = hy_dom_find(d, div, HY_TAG_P);

    assert_true(hy_dom_is_called(d, div, "a"));
    assert_true(hy_dom_is_called(d, div, "y"));
    assert_int_equal(d->node[para].parent, div);
    assert_int_equal(d->node[d->node[para].next].tag, HY_TAG_P);
    assert_int_equal(d->node[div].end, d->node[div].next);
    assert_int_equal(d->node[0].end, d->n);
    for (uint32_t i = 1; i < d->n; i++) {
        assert_true(d->node[i].parent < i);
        assert_true(d->node[i].end > i && d->node[i].end <= d->node[d->node[i].parent].end);
        assert_int_equal(d->node[i].depth, d->node[d->node[i].parent].depth + 1);
    }
    struct hy_buf text = HY_BUF_INIT(100);
    hy_dom_text(d, hy_dom_find(d, 0, HY_TAG_BODY), &text);
    assert_string_equal(text.p, "one two three");
    hy_buf_release(&text);
    hy_page_free(p);
}

TEST(page_is_reused)
{
    struct hy_page *p = loaded("<p>one");
    struct hy_err err = HY_ERR_INIT;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(hy_page_load(p, hy_str("<p>two<b>three"), hy_str(""), &err), 0);
        assert_int_not_equal(hy_dom_find(hy_page_dom(p), 0, HY_TAG_B), 0);
    }
    hy_page_free(p);
}

static const struct {
    const char *html, *slim;
} slims[] = {
    {"<p>a<script>if (a<b) '</p>'</script>b", "<p>a<script></script>b"},
    {"<script src=x></script>", "<script src=x></script>"},
    {"<script type='application/ld+json'>{}</script>",
     "<script type='application/ld+json'>{}</script>"},
    {"<style>p{}</STYLE>x", "<style></STYLE>x"},
    {"a<!-- b -- > c -->d", "ad"},
    {"a<!-->b", "ab"},
    {"a<!-- never closed", "a"},
    {"a<b title='<script>'>c", "a<b title='<script>'>c"},
    {"1 < 2 <3", "1 < 2 <3"},
    {"<textarea><p></textarea>", "<textarea></textarea>"},
    {"<title><b></title>", "<title><b></title>"},
    {"<script", "<script"},
    {"<script>", "<script>"},
    {"</", "</"},
    {"", ""},
};

TEST(slim)
{
    for (size_t i = 0; i < sizeof(slims) / sizeof(slims[0]); i++) {
        struct hy_buf out = HY_BUF_INIT(1000);
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_slim(hy_str(slims[i].html), &out, &err), 0);
        assert_string_equal(out.p ? out.p : "", slims[i].slim);
        hy_buf_release(&out);
    }
}

static int64_t cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Inputs that take an unguarded parser seconds and more, or crash it. */
static const struct {
    const char *unit;
    size_t times;
    bool refused;
} hostile[] = {
    {"<div>", 100000, true},   {"<ul><li>", 50000, true},    {"<b>", 10000, true},
    {"<a><div>", 30000, true}, {"<p>", 100000, false},       {"<br>", 300000, false},
    {"<", 1000000, false},     {"<table>", 20000, true},     {"&amp;", 200000, false},
    {"<li>", 50000, false},    {"<body a=1>", 20000, false}, {"\xE6\x96", 500000, false},
    {"<font>x", 1500, false},  {"<svg><g>", 5000, true},     {"<select><option>", 30000, true},
};

TEST(hostile_pages_cost_little)
{
    struct hy_page *p = hy_page_new();

    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        struct hy_buf html = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        struct hy_err err = HY_ERR_INIT;
        for (size_t k = 0; k < hostile[i].times; k++)
            hy_buf_puts(&html, hostile[i].unit);
        int64_t start = cpu_ms();
        int rc = hy_page_load(p, hy_buf_view(&html), hy_str(""), &err);
        if (hostile[i].refused)
            assert_int_not_equal(rc, 0);
        if (cpu_ms() - start > 3000) /* the deadline is 50 ms + 70 ms/MB; this allows valgrind */
            fail_msg("%s took %d ms", hostile[i].unit, (int)(cpu_ms() - start));
        hy_buf_release(&html);
    }
    hy_page_free(p);
}

TEST(too_many_attributes)
{
    struct hy_buf html = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_page *p = hy_page_new();
    struct hy_err err = HY_ERR_INIT;

    hy_buf_puts(&html, "<p");
    for (int i = 0; i < 20000; i++)
        hy_buf_printf(&html, " a%d=1", i);
    assert_int_equal(hy_page_load(p, hy_buf_view(&html), hy_str(""), &err), HY_E_TOOBIG);
    assert_int_equal(hy_page_dom(p)->n, 0);
    hy_buf_release(&html);
    hy_page_free(p);
}
