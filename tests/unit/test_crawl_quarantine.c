/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that cannot be read safely are put aside, told, and may come back. */
#include "tests/unit/crawl_world.h"
#include "tests/unit/processes.h"

/* -- quarantine -------------------------------------------------------------------------------- */

/* Nested so deep that no parser should be asked to read it. */
static const struct step nested[] = {{SEND, HTML "<html><body><h1>一层套一层的网页</h1>", 0},
                                     {REPEAT, "<div>", 30000},
                                     {CLOSE},
                                     {0}};
static const struct script nested_day[] = {
    {"/robots.txt", robots},       {"/list/", list_4},
    {"/n/2026/1.html", article_1}, {"/n/2026/2.html", nested},
    {"/n/2026/4.html", article_4}, {0}};
static const struct script mended_day[] = {COMMON, {"/list/", list_4}, {0}};

TEST(a_page_that_cannot_be_read_safely_is_put_aside_told_and_may_come_back)
{
    struct world w = {0};
    char url[256], out[8192];

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), nested_day);
    await_items(&w, "2"); /* the others */
    await(&w, "HLEN", "hy:crawl:quarantine", "", "1");
    await_no_more_than(&w, "news", "2");
    assert_int_equal(times_asked(&w, "/n/2026/2.html"), 1); /* known: not asked for again */
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "0");
    server_url(w.web, "/n/2026/2.html", url);
    bool told = false;
    for (size_t i = 0; i < 2; i++) {
        json_t *e = entry_at(&w, HEALTH, "event", i);
        told |= hy_str_is(hy_json_str(json_object_get(e, "page"), "url"), url);
        json_decref(e);
    }
    assert_true(told);
    await(&w, "XLEN", HEALTH, "", "2"); /* that, and new -> healthy */

    assert_int_equal(crawl_command(&w, out, "quarantine", NULL, NULL), 1);
    assert_non_null(strstr(out, url));
    assert_int_equal(crawl_command(&w, out, "quarantine", "show", url), 0);
    assert_non_null(strstr(out, "一层套一层的网页"));
    assert_int_equal(crawl_command(&w, out, "quarantine", "again", "http://nobody.example/"), 1);
    assert_int_equal(crawl_command(&w, out, "quarantine", "again", url), 0);
    await(&w, "HLEN", "hy:crawl:quarantine", "", "1"); /* it is as it was */
    assert_int_equal(times_asked(&w, "/n/2026/2.html"), 2);
    server_switch(w.web, mended_day);
    assert_int_equal(crawl_command(&w, out, "quarantine", "again", url), 0);
    await_items(&w, "3");
    assert_int_equal(crawl_command(&w, out, "quarantine", NULL, NULL), 0);
    end(&w);
}

/* Of the sandbox: its keeper, and below it its worker. */
static pid_t worker_of(struct world *w)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    pid_t keeper, worker = 0;

    while (worker == 0 && hy_mono_now().us < give_up.us)
        if ((keeper = child_of(w->crawler)))
            worker = child_of(keeper);
    assert_true(worker > 0);
    return worker;
}

static int64_t count(struct world *w, const char *command, const char *key)
{
    HY_CLEANUP(hy_freep) char *text = ask(w, command, key, "");
    int64_t n = 0;

    assert_true(hy_str_to_i64(hy_str(text), &n));
    return n;
}

/* The reader is held before the page comes and killed when the page has been sent.  The crawler may
 * not have handed it over yet: then a reader died and the next one read it ("same"); try again. */
static void kill_over_page(struct world *w)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    do {
        size_t asked = times_asked(w, "/n/real/4.html");
        int64_t captures = count(w, "XLEN", "hy:captures");
        pid_t worker = worker_of(w);
        assert_int_equal(kill(worker, SIGSTOP), 0);
        ask_recheck(w, "/n/2026/4.html");
        while (times_asked(w, "/n/real/4.html") == asked && hy_mono_now().us < give_up.us)
            usleep(5000);
        kill(worker, SIGKILL);
        while (count(w, "HLEN", "hy:crawl:quarantine") == 0 &&
               count(w, "XLEN", "hy:captures") == captures && hy_mono_now().us < give_up.us)
            usleep(5000);
    } while (count(w, "HLEN", "hy:crawl:quarantine") == 0 && hy_mono_now().us < give_up.us);
    assert_int_equal(count(w, "HLEN", "hy:crawl:quarantine"), 1);
}

/* Its list comes once a day: nothing but the page is read while the reader is held. */
TEST(a_page_that_kills_its_reader_costs_that_page)
{
    struct world w = {0};

    setenv("HY_SANDBOX", "unlocked", 1); /* under sanitizers; elsewhere it is locked all the same */
    begin(&w,
          "sources:\n  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", "
          "gap: 20ms, visit_min: 1d, visit_max: 7d, allow_private: true}\n",
          evidence_first);
    unsetenv("HY_SANDBOX");
    await_items(&w, "1");
    kill_over_page(&w);
    server_switch(w.web, evidence_changed); /* other bytes, and a new reader is there */
    ask_recheck(&w, "/n/2026/4.html");
    await_items(&w, "2");
    end(&w);
}
