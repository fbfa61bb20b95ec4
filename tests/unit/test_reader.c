/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/sandbox/reader.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/processes.h"

#define NOW ((hy_wall){INT64_C(1795417200000)})
#define TEXT                                                                                       \
    "今天上午，清溪县城关镇一处仓库起火，消防人员赶到现场，火势很快得到控制，没有人员伤亡。"

static struct hy_reader *reader;

static int item_of(const char *html, const char *type, struct hy_item *ret, char **last)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_extract_how how = {.url = HY_STR("http://bbs.example/thread-7-1-1.html"),
                                 .fetched = NOW,
                                 .latest = NOW,
                                 .offset_min = HY_CST};

    int rc = hy_reader_item(reader, hy_str(html), hy_str(type), &how, ret, last, &err);
    if (rc < 0 && strstr(err.msg, "http://bbs.example/thread-7-1-1.html") == NULL)
        fail_msg("no address in: %s", err.msg);
    return rc;
}

TEST(item)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it = {0};
    char *last = NULL;

    assert_int_equal(hy_reader_new(&reader, &err), HY_OK);
    assert_int_equal(
        item_of("<title>仓库起火</title><h1>仓库起火</h1><p>2026-11-20 09:12<p>" TEXT
                "<div class=pagination><strong>1</strong><a href=thread-7-2-1.html>2</a></div>",
                "text/html; charset=utf-8", &it, &last),
        HY_OK);
    assert_string_equal(it.title, "仓库起火");
    assert_string_equal(it.text, TEXT);
    assert_string_equal(it.url, "http://bbs.example/thread-7-1-1.html");
    assert_string_equal(it.charset, "UTF-8");
    assert_string_equal(it.published_from, "text");
    assert_int_equal(it.precision, HY_PREC_MINUTE);
    assert_string_equal(last, "http://bbs.example/thread-7-2-1.html");
    hy_item_release(&it);
    free(last);
    hy_reader_free(reader);
}

/* Encodings whose tables come from files: they must have been read before the doors closed. */
static const struct {
    const char *charset, *bytes, *text;
} encoded[] = {
    {"gb18030", "\xC7\xE5\xCF\xAA \x81\x39\xEF\x30", "清溪 㐁"},
    {"big5", "\xB2\x4D\xB7\xCB", "清溪"},
    {"shift_jis", "\x90\xB4", "清"},
    {"euc-kr", "\xC3\xBB\xB0\xE8", "청계"},
    {"euc-jp", "\xC0\xB6", "清"},
    {"windows-1251", "\xCC\xEE", "Мо"},
    {"koi8-r", "\xED\xCF", "Мо"},
    {"iso-8859-2", "\xB1", "ą"},
};

TEST(encodings_inside)
{
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_reader_new(&reader, &err), HY_OK);
    for (size_t i = 0; i < sizeof(encoded) / sizeof(encoded[0]); i++) {
        char html[200], type[60];
        struct hy_item it = {0};
        snprintf(html, sizeof(html), "<title>%s</title>", encoded[i].bytes);
        snprintf(type, sizeof(type), "text/html; charset=%s", encoded[i].charset);
        assert_int_equal(item_of(html, type, &it, NULL), HY_OK);
        assert_string_equal(it.title, encoded[i].text);
        hy_item_release(&it);
    }
    hy_reader_free(reader);
}

TEST(list)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_list *l = NULL;
    struct hy_buf html = HY_BUF_INIT(10000);

    assert_int_equal(hy_reader_new(&reader, &err), HY_OK);
    hy_buf_puts(&html, "<ul class=news>");
    for (int i = 0; i < 12; i++)
        hy_buf_printf(&html,
                      "<li><a href=/2026/a%d.html>清溪县城关镇第%d号仓库今天上午起火</a>"
                      "<span>2026-11-%02d</span></li>",
                      i, i, i + 1);
    hy_buf_puts(&html, "</ul>");
    assert_int_equal(hy_reader_list(reader, hy_buf_view(&html), HY_STR("text/html; charset=utf-8"),
                                    HY_STR("http://news.example/"),
                                    &(struct hy_list_hints){.now = NOW, .zone_min = HY_CST}, &l,
                                    &err),
                     HY_OK);
    assert_int_equal(l->n, 12);
    assert_string_equal(l->v[3].url, "http://news.example/2026/a3.html");
    assert_int_equal(l->v[3].precision, HY_PREC_DAY);
    assert_false(l->wall);
    hy_list_free(l);
    hy_buf_release(&html);
    hy_reader_free(reader);
}

/* A page that is refused says so with its address; the next one is read. */
TEST(hostile_page_costs_itself)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf html = HY_BUF_INIT(10000000);
    struct hy_item it = {0};

    assert_int_equal(hy_reader_new(&reader, &err), HY_OK);
    for (int i = 0; i < 100000; i++)
        hy_buf_puts(&html, "<div>");
    assert_int_equal(item_of(html.p, "text/html", &it, NULL), HY_E_TOOBIG);
    assert_int_equal(item_of("<title>a</title>", "text/html", &it, NULL), HY_OK);
    hy_item_release(&it);
    hy_buf_release(&html);
    hy_reader_free(reader);
}

static pid_t held;

static void let_go(int signo __attribute__((unused)))
{
    kill(held, SIGCONT);
}

/* The reader is held before the page comes, with the signal waiting that ends it at the end of its
 * time; the page is not to blame. */
TEST(a_page_that_was_too_slow_once_is_read_again)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it = {0};
    struct sigaction on = {.sa_handler = let_go};
    struct itimerval soon = {.it_value = {.tv_usec = 100000}};

    setenv("HY_SANDBOX", "unlocked", 1); /* under sanitizers; elsewhere it is locked all the same */
    assert_int_equal(hy_reader_new(&reader, &err), HY_OK);
    unsetenv("HY_SANDBOX");
    held = child_of(child_of(getpid()));
    assert_true(held > 0);
    sigaction(SIGALRM, &on, NULL);
    kill(held, SIGSTOP);
    kill(held, SIGPROF);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(item_of("<title>a</title>", "text/html", &it, NULL), HY_OK);
    assert_int_not_equal(child_of(child_of(getpid())), held);
    hy_item_release(&it);
    hy_reader_free(reader);
}
