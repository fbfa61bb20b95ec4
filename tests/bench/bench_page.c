/* SPDX-License-Identifier: Apache-2.0 */
/* Pages a second: bytes -> item by our path, against the plain chain that everybody writes first
 * (uchardet, iconv, Gumbo with malloc, a walk that collects the text).  The plain chain does less:
 * it finds no title, no time and no main text.
 *
 *     bench_page [FILE...]      without files: pages made here, half of them in GB18030 */
#include "core/clock.h"
#include "core/hash.h"
#include "core/vec.h"
#include "crawler/page/extract.h"
#include "crawler/sandbox/reader.h"

#include <gumbo.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <uchardet/uchardet.h>

enum { PAGES = 40, ROUNDS = 20, PARAGRAPHS = 60, SCRIPT_LINES = 250, LINKS = 120 };

struct pages {
    HY_VEC(struct hy_buf) list;
};

/* Han characters of the first level of GB 2312, by a small generator: text that no predictor
 * learns by heart. */
static uint32_t next_random(void)
{
    static uint64_t state = 20261123;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static void add_text(struct hy_buf *b, size_t chars)
{
    for (size_t i = 0; i < chars; i++) {
        unsigned char gb[2] = {(unsigned char)(0xB0 + next_random() % 39),
                               (unsigned char)(0xA1 + next_random() % 94)};
        hy_buf_add(b, gb, 2);
        if (i % 17 == 16)
            hy_buf_puts(b, i % 34 == 33 ? "\xA1\xA3" : "\xA3\xAC"); /* 。， */
    }
}

static struct hy_buf make_page(size_t no)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&b, "<!DOCTYPE html><html><head><meta charset=\"gb2312\"><title>");
    add_text(&b, 18);
    hy_buf_puts(&b, "_x</title><style>");
    for (size_t i = 0; i < SCRIPT_LINES; i++)
        hy_buf_printf(&b, ".c%zu{margin:%zupx;color:#%06x}\n", i, i, next_random() & 0xFFFFFF);
    hy_buf_puts(&b, "</style><script>");
    for (size_t i = 0; i < SCRIPT_LINES; i++)
        hy_buf_printf(&b, "var v%zu = %u; if (v%zu < 3) { f(v%zu); }\n", i, next_random(), i, i);
    hy_buf_puts(&b, "</script></head><body><div class=\"nav\"><ul>");
    for (size_t i = 0; i < LINKS; i++) {
        hy_buf_printf(&b, "<li class=\"c%zu\"><a href=\"/n/%u.html\" target=\"_blank\">", i,
                      next_random());
        add_text(&b, 8);
        hy_buf_puts(&b, "</a></li>\n");
    }
    hy_buf_printf(&b, "</ul></div><div id=\"main\"><div class=\"time\">2026-11-%02zu 09:12</div>",
                  no % 28 + 1);
    for (size_t i = 0; i < PARAGRAPHS; i++) {
        hy_buf_puts(&b, "<p style=\"text-indent:2em\"><span>");
        add_text(&b, 90);
        hy_buf_puts(&b, "</span></p>\n");
    }
    hy_buf_puts(&b, "</div></body></html>");
    return b;
}

static void make_pages(struct pages *p)
{
    for (size_t i = 0; i < PAGES; i++) {
        struct hy_buf gb = make_page(i), text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        if (i % 2 == 0) {
            hy_vec_push(&p->list, gb);
            continue;
        }
        hy_charset_decode(hy_charset_of_label(HY_STR("gb18030")), hy_buf_view(&gb), &text);
        hy_buf_release(&gb);
        hy_vec_push(&p->list, text);
    }
}

static int read_pages(struct pages *p, int n, char **paths)
{
    for (int i = 0; i < n; i++) {
        struct hy_err err = HY_ERR_INIT;
        struct hy_buf b = HY_BUF_INIT(HY_PAGE_MAX_BYTES);
        if (hy_buf_read_file(&b, paths[i], &err) < 0) {
            fprintf(stderr, "bench_page: %s\n", err.msg);
            return -1;
        }
        hy_vec_push(&p->list, b);
    }
    return 0;
}

/* -- the two chains ------------------------------------------------------------------------- */

static size_t ours(const struct pages *p)
{
    static struct hy_page *page;
    size_t bytes = 0;

    if (page == NULL)
        page = hy_page_new();
    for (size_t i = 0; i < p->list.n; i++) {
        struct hy_extract_how how = {.fetched = HY_WALL_NONE, .offset_min = HY_CST};
        struct hy_err err = HY_ERR_INIT;
        struct hy_item it;
        if (hy_page_load(page, hy_buf_view(&p->list.v[i]), (struct hy_str){0}, &err) < 0)
            continue;
        hy_extract(page, &how, &it);
        bytes += strlen(it.text);
        hy_item_release(&it);
    }
    return bytes;
}

/* The same in a process of its own, as the crawl role does it. */
static struct hy_reader *reader;

static size_t apart(const struct pages *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < p->list.n; i++) {
        struct hy_extract_how how = {.fetched = HY_WALL_NONE, .offset_min = HY_CST};
        struct hy_err err = HY_ERR_INIT;
        struct hy_item it = {0};
        if (hy_reader_item(reader, hy_buf_view(&p->list.v[i]), (struct hy_str){0}, &how, &it, NULL,
                           &err) < 0)
            continue;
        bytes += strlen(it.text);
        hy_item_release(&it);
    }
    return bytes;
}

static char *plain_decode(struct hy_str s, size_t *ret_n)
{
    uchardet_t ud = uchardet_new();
    size_t room = 2 * s.n + 16, left = room, in_left = s.n;
    char *out = hy_xmalloc(room), *to = out, *in = (char *)(uintptr_t)s.p;

    uchardet_handle_data(ud, s.p, s.n);
    uchardet_data_end(ud);
    iconv_t cd = iconv_open("UTF-8", uchardet_get_charset(ud));
    if (cd != (iconv_t)-1) {
        iconv(cd, &in, &in_left, &to, &left);
        iconv_close(cd);
    }
    uchardet_delete(ud);
    *ret_n = (size_t)(to - out);
    return out;
}

static void plain_text(const GumboNode *n, struct hy_buf *out)
{
    if (n->type == GUMBO_NODE_TEXT)
        hy_buf_puts(out, n->v.text.text);
    if (n->type != GUMBO_NODE_ELEMENT || n->v.element.tag == GUMBO_TAG_SCRIPT ||
        n->v.element.tag == GUMBO_TAG_STYLE)
        return;
    for (unsigned i = 0; i < n->v.element.children.length; i++)
        plain_text(n->v.element.children.data[i], out);
}

static size_t plain(const struct pages *p)
{
    size_t bytes = 0;

    for (size_t i = 0; i < p->list.n; i++) {
        struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        size_t n;
        char *html = plain_decode(hy_buf_view(&p->list.v[i]), &n);
        GumboOutput *o = gumbo_parse_with_options(&kGumboDefaultOptions, html, n);
        plain_text(o->root, &text);
        bytes += text.n;
        gumbo_destroy_output(&kGumboDefaultOptions, o);
        hy_buf_release(&text);
        free(html);
    }
    return bytes;
}

/* Pages a second of the best round: rounds of both chains alternate. */
static double rate(size_t (*chain)(const struct pages *), const struct pages *p)
{
    hy_mono start = hy_mono_now();

    if (chain(p) == 0)
        fprintf(stderr, "bench_page: no text came out\n");
    return (double)p->list.n * 1e6 / (double)(hy_mono_now().us - start.us + 1);
}

int main(int argc, char **argv)
{
    struct pages p = {0};
    double best[3] = {0};
    size_t bytes = 0;
    struct hy_err err = HY_ERR_INIT;

    if (hy_reader_new(&reader, &err) < 0) {
        fprintf(stderr, "bench_page: %s\n", err.msg);
        return 1;
    }
    hy_hash_init();
    if (argc > 1 ? read_pages(&p, argc - 1, argv + 1) < 0 : (make_pages(&p), false))
        return 1;
    for (size_t i = 0; i < p.list.n; i++)
        bytes += p.list.v[i].n;
    for (int r = 0; r < ROUNDS; r++) {
        double a = rate(ours, &p), b = rate(plain, &p);
        best[0] = HY_MAX(best[0], a);
        best[1] = HY_MAX(best[1], b);
        double c = rate(apart, &p);
        best[2] = HY_MAX(best[2], c);
    }
    fprintf(stderr, "%zu pages of %zu KB\n", p.list.n, bytes / p.list.n / 1024);
    printf("{\"bench\":\"page\",\"metric\":\"pages_s\",\"value\":%.0f,\"unit\":\"1/s\","
           "\"peer\":\"naive gumbo chain\",\"peer_value\":%.0f,\"ratio\":%.2f}\n",
           best[0], best[1], best[0] / best[1]);
    printf("{\"bench\":\"page\",\"metric\":\"sandbox_cost\",\"value\":%.0f,\"unit\":\"us a page\","
           "\"peer\":\"in process\",\"peer_value\":%.0f,\"ratio\":%.2f}\n",
           1e6 / best[2], 1e6 / best[0], best[2] / best[0]);
    hy_reader_free(reader);
    for (size_t i = 0; i < p.list.n; i++)
        hy_buf_release(&p.list.v[i]);
    hy_vec_release(&p.list);
    return 0;
}
