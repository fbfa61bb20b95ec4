/* SPDX-License-Identifier: Apache-2.0 */
/* Several crawlers share the sites, and no site sees two. */
#include "tests/unit/crawl_world.h"

/* With 20 sites one in a thousand runs would leave a crawler without any. */
enum { SITES = 20, CREW = 3 };

/* How many crawlers hold leases. */
static size_t holders(struct world *w, struct server *const *sites)
{
    char *who[SITES];
    size_t n = 0;

    for (size_t i = 0; i < SITES; i++) {
        char key[64];
        bool before = false;
        snprintf(key, sizeof(key), "hy:crawl:host:http://127.0.0.1:%d", sites[i]->port);
        who[i] = ask(w, "GET", key, "");
        for (size_t k = 0; k < i; k++)
            before |= strcmp(who[k], who[i]) == 0;
        n += who[i][0] && !before;
    }
    for (size_t i = 0; i < SITES; i++)
        free(who[i]);
    return n;
}

static void await_holders(struct world *w, struct server *const *sites, size_t n)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    size_t got;

    while ((got = holders(w, sites)) != n && hy_mono_now().us < give_up.us)
        usleep(20000);
    assert_int_equal(got, n); /* not asked again: a lease that is just renewed may be missing */
}

TEST(three_crawlers_share_the_sites_and_no_site_sees_two)
{
    struct world w = {.slow_beat = true};
    struct server *sites[SITES];
    pid_t crew[CREW];
    struct hy_buf rules = HY_BUF_INIT(8192);
    int status;

    redis_server_start(&w.redis);
    hy_buf_printf(&rules, "sources:\n");
    for (int i = 0; i < SITES; i++) {
        sites[i] = server_start(day_3);
        hy_buf_printf(&rules,
                      "  - {id: s%d, name: s%d, kind: list, url: \"http://127.0.0.1:%d/list/\", "
                      "gap: 20ms, visit_min: 100ms, visit_max: 150ms, allow_private: true}\n",
                      i, i, sites[i]->port);
    }
    write_rules(&w, rules.p);
    hy_buf_release(&rules);
    for (int i = 0; i < CREW; i++)
        crew[i] = crawler_fork(&w);
    await_items(&w, "40"); /* two of each site */
    await_holders(&w, sites, CREW);
    for (int i = 0; i < SITES; i++)
        server_switch(sites[i], day_4);
    await_items(&w, "60");
    kill(crew[0], SIGTERM);
    waitpid(crew[0], &status, 0);
    assert_int_equal(status, 0);
    for (int i = 0; i < SITES; i++)
        server_switch(sites[i], day_5);
    await_items(&w, "80"); /* also of the sites of the one that left */
    await_holders(&w, sites, CREW - 1);
    for (int i = 1; i < CREW; i++) {
        kill(crew[i], SIGTERM);
        waitpid(crew[i], &status, 0);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < SITES; i++) {
        assert_int_equal(server_counted(sites[i], &sites[i]->most_busy), 1);
        assert_int_equal(site_log(&w, sites[i]), 0); /* never two at once, none early */
        server_stop(sites[i]);
    }
    redis_server_end(&w.redis);
    remove_rules(&w);
}
