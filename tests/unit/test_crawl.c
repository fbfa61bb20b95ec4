/* SPDX-License-Identifier: Apache-2.0 */
/* The crawl role as a process of its own, with real libcurl and real Redis, against a scripted
 * server: pages appear and change, the crawler and Redis are killed, nothing is lost or repeated.
 */
#include "core/command.h"
#include "core/json.h"
#include "core/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>

#include "tests/unit/http_server.h"
#include "tests/unit/redis_server.h"

#include "tests/unit/harness.h"

/* Longer than what a killed crawler leaves behind: its host leases (20 s) and its place in the crew
 * (10 s). */
enum { PATIENCE_MS = 60000 };

struct world {
    struct redis_server redis;
    struct server *web;
    char dir[64];
    pid_t crawler;
    bool slow_beat; /* a crew of several needs time to hear of each other on a busy machine */
};

/* -- the office's rules: the sample's, with sources of our own ----------------------------------
 */

static void write_rules(struct world *w, const char *sources)
{
    char path[512], target[512];
    DIR *d = opendir(HY_RULES_DIR "/sample");

    snprintf(w->dir, sizeof(w->dir), "/tmp/hy-crawl-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, "sources.yaml") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", w->dir, e->d_name);
        snprintf(target, sizeof(target), HY_RULES_DIR "/sample/%s", e->d_name);
        assert_int_equal(symlink(target, path), 0);
    }
    closedir(d);
    snprintf(path, sizeof(path), "%s/sources.yaml", w->dir);
    FILE *f = fopen(path, "we");
    fputs(sources, f);
    fclose(f);
}

static void remove_rules(struct world *w)
{
    char path[512];
    DIR *d = opendir(w->dir);

    for (struct dirent *e; (e = readdir(d));) {
        snprintf(path, sizeof(path), "%s/%s", w->dir, e->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(w->dir);
}

#define SOURCE(id, kind, path)                                                                     \
    "  - {id: " id ", name: " id ", kind: " kind ", url: \"http://127.0.0.1:%d" path               \
    "\", gap: 20ms, visit_min: 100ms, visit_max: 150ms, allow_private: true}\n"

/* -- processes --------------------------------------------------------------------------------- */

/* The real binary, by exec: the test has threads (its web servers), and what a child may do between
 * fork and exec without one of their locks is little. */
static pid_t crawler_fork(struct world *w)
{
    const char *binary = getenv("HUIYING") ? getenv("HUIYING") : "build/dev/huiying";
    const char *verbose = getenv("HUIYING_TEST_VERBOSE");
    pid_t parent = getpid();

    setenv("HUIYING_NATIONAL", HY_RULES_DIR "/national", 1);
    setenv("HY_CRAWL_BEAT_MS", w->slow_beat ? "3000" : "300", 1);
    fflush(NULL);
    pid_t crawler = fork();
    if (crawler == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        if (verbose == NULL)
            dup2(null, 2);
        execl(binary, "huiying", "crawl", "-c", w->dir, "--redis", w->redis.url, (char *)NULL);
        _exit(127);
    }
    return crawler;
}

/* Exit status of `huiying crawl log SITE`. */
static int site_log(struct world *w, const struct server *site)
{
    const char *binary = getenv("HUIYING") ? getenv("HUIYING") : "build/dev/huiying";
    char host[64];
    int status;

    snprintf(host, sizeof(host), "127.0.0.1:%d", site->port);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (getenv("HUIYING_TEST_VERBOSE") == NULL)
            dup2(null, 1);
        execl(binary, "huiying", "crawl", "log", host, "--redis", w->redis.url, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void crawler_start(struct world *w)
{
    w->crawler = crawler_fork(w);
}

static void crawler_end(struct world *w, int signo)
{
    int status;

    kill(w->crawler, signo);
    waitpid(w->crawler, &status, 0);
    if (signo == SIGTERM)
        assert_int_equal(status, 0);
}

static void begin(struct world *w, const char *sources_format, const struct script *scripts)
{
    char sources[4096];

    redis_server_start(&w->redis);
    w->web = server_start(scripts);
    int p = w->web->port;
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wformat-nonliteral\"")
        snprintf(sources, sizeof(sources), sources_format, p, p, p, p, p, p);
    _Pragma("GCC diagnostic pop") write_rules(w, sources);
    crawler_start(w);
}

static void end(struct world *w)
{
    crawler_end(w, SIGTERM);
    server_stop(w->web);
    redis_server_end(&w->redis);
    remove_rules(w);
}

/* -- looking into Redis ------------------------------------------------------------------------ */

static char *ask(struct world *w, const char *command, const char *key, const char *field)
{
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;
    char *text = NULL;
    const char *argv[] = {command, key, field};
    size_t lengths[] = {strlen(command), strlen(key), strlen(field)};

    if (hy_redis_sync_open(w->redis.url, &r, &err) < 0)
        return hy_xstrdup("");
    if (hy_redis_sync_cmdv(r, &reply, &err, field[0] ? 3 : 2, argv, lengths) == 0) {
        text = reply->type == REDIS_REPLY_INTEGER ? hy_xasprintf("%lld", reply->integer)
                                                  : hy_str_dup(hy_reply_str(reply));
        freeReplyObject(reply);
    }
    hy_redis_sync_close(r);
    return text ? text : hy_xstrdup("");
}

static void await(struct world *w, const char *command, const char *key, const char *field,
                  const char *want)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    char *got = NULL;

    do {
        free(got);
        got = ask(w, command, key, field);
        if (strcmp(got, want) == 0) {
            free(got);
            return;
        }
        usleep(20000);
    } while (hy_mono_now().us < give_up.us);
    fail_msg("%s %s %s: %s, not %s", command, key, field, got, want);
}

static void await_items(struct world *w, const char *n)
{
    await(w, "XLEN", "hy:items", "", n);
}

/* After two more visits of the source nothing has been added. */
static void await_no_more_than(struct world *w, const char *source, const char *n)
{
    char key[64], want[32];
    int64_t visits = 0;

    snprintf(key, sizeof(key), "hy:crawl:source:%s", source);
    char *now = ask(w, "HGET", key, "visits");
    hy_str_to_i64(hy_str(now), &visits);
    free(now);
    for (int i = 0; i < 1000; i++) {
        int64_t v = 0;
        now = ask(w, "HGET", key, "visits");
        hy_str_to_i64(hy_str(now), &v);
        free(now);
        if (v >= visits + 3)
            break;
        usleep(20000);
    }
    snprintf(want, sizeof(want), "%s", n);
    await_items(w, want);
}

static json_t *entry_at(struct world *w, const char *stream, const char *field, size_t i)
{
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;
    json_t *o = NULL;

    assert_int_equal(hy_redis_sync_open(w->redis.url, &r, &err), 0);
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err, "XRANGE %s - +", stream), 0);
    assert_true(i < reply->elements);
    struct hy_str text = hy_reply_field(reply->element[i]->element[1], field);
    assert_int_equal(hy_json_parse(text, &o, &err), 0);
    freeReplyObject(reply);
    hy_redis_sync_close(r);
    return o;
}

static json_t *item_at(struct world *w, size_t i)
{
    return entry_at(w, "hy:items", "item", i);
}

/* -- pages ------------------------------------------------------------------------------------- */

#define HTML                                                                                       \
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n"
#define PAGE(body)                                                                                 \
    {                                                                                              \
        {SEND, HTML body, 0}, {CLOSE},                                                             \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define NEWS(n, title) "<li><a href='/n/2026/" n ".html'>" title "</a></li>"
#define LIST(items) PAGE("<html><body><h1>新闻</h1><ul class=list>" items "</ul></body></html>")
#define ARTICLE(title, text)                                                                                   \
    PAGE("<html><head><title>" title "</title></head><body><h1>" title                                         \
         "</h1><p>2026-11-20 10:01 来源：清溪日报"                                                      \
         "</p><div class=content><p>" text                                                                     \
         "事情发生以后，有关部门已经赶到现场，正在了解情况，结果将及时公布。" \
         "</p><p>记者还将继续关注此事的进展，并请读者留意后续消息。</p></div></body></html>")

static const struct step robots[] = PAGE("User-agent: *\nDisallow: /n/2026/3\n");
static const struct step list_3[] = LIST(NEWS("1", "清溪县城东新建一座立交桥") NEWS(
    "2", "江口区滨河小区今日恢复供水") NEWS("3", "这一篇按规定是不许采集的"));
static const struct step list_4[] =
    LIST(NEWS("4", "云岭县脐橙开园预计产量两万吨") NEWS("1", "清溪县城东新建一座立交桥")
             NEWS("2", "江口区滨河小区今日恢复供水") NEWS("3", "这一篇按规定是不许采集的"));
static const struct step list_5[] =
    LIST(NEWS("5", "南屏区老旧小区加装电梯一百台") NEWS("4", "云岭县脐橙开园预计产量两万吨")
             NEWS("1", "清溪县城东新建一座立交桥") NEWS("2", "江口区滨河小区今日恢复供水"));
static const struct step article_1[] =
    ARTICLE("清溪县城东新建一座立交桥", "城东立交桥今天开工。电话13812345678。");
static const struct step article_2[] =
    ARTICLE("江口区滨河小区今日恢复供水", "停水四天的滨河小区恢复供水。");
static const struct step article_4[] = ARTICLE("云岭县脐橙开园预计产量两万吨", "脐橙陆续成熟。");
static const struct step article_5[] =
    ARTICLE("南屏区老旧小区加装电梯一百台", "加装电梯惠及居民。");
#define COMMON                                                                                     \
    {"/robots.txt", robots}, {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},         \
        {"/n/2026/4.html", article_4},                                                             \
    {                                                                                              \
        "/n/2026/5.html", article_5                                                                \
    }
static const struct script day_3[] = {COMMON, {"/list/", list_3}, {0}};
static const struct script day_4[] = {COMMON, {"/list/", list_4}, {0}};
static const struct script day_5[] = {COMMON, {"/list/", list_5}, {0}};

static size_t times_asked(struct world *w, const char *line)
{
    size_t n = 0;

    for (const char *p = w->web->log; (p = strstr(p, line)); p++)
        n++;
    return n;
}

static void await_asked(struct world *w, const char *line)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (times_asked(w, line) == 0) {
        if (hy_mono_now().us > give_up.us)
            fail_msg("nobody asked for %s", line);
        usleep(20000);
    }
}

/* `huiying crawl A [B [C]]`: its exit status, its output in `out`. */
static int crawl_command(struct world *w, char out[8192], const char *a, const char *b,
                         const char *c)
{
    const char *binary = getenv("HUIYING") ? getenv("HUIYING") : "build/dev/huiying";
    char rest[4096]; /* is read and not looked at */
    int fd[2], status;
    size_t n = 0;
    ssize_t got;

    fflush(NULL);
    assert_int_equal(pipe(fd), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fd[1], 1);
        close(fd[0]);
        close(fd[1]);
        execl(binary, "huiying", "crawl", "--redis", w->redis.url, a, b, c, (char *)NULL);
        _exit(127);
    }
    close(fd[1]);
    while ((got = n < 8191 ? read(fd[0], out + n, 8191 - n) : read(fd[0], rest, sizeof(rest))) > 0)
        n += n < 8191 ? (size_t)got : 0;
    out[n] = '\0';
    close(fd[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A killed crawler's lease runs out in a while: do as time does. */
static void forget_lease(struct world *w)
{
    char command[128];

    snprintf(command, sizeof(command), "DEL hy:crawl:host:http://127.0.0.1:%d", w->web->port);
    redis_server_ask(&w->redis, command);
}

TEST(every_page_once_over_crashes_of_crawler_and_redis)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), day_3);
    await_items(&w, "2");
    assert_int_equal(strncmp(w.web->log, "/robots.txt\n", 12), 0);
    json_t *first = item_at(&w, 0);
    assert_string_equal(hy_json_str(first, "source").p, "news");
    assert_true(hy_str_has(hy_json_str(first, "text"), HY_STR("立交桥")) ||
                hy_str_has(hy_json_str(first, "text"), HY_STR("供水")));
    assert_false(hy_str_has(hy_json_str(first, "text"), HY_STR("13812345678")));
    json_decref(first);
    await_no_more_than(&w, "news", "2");
    assert_int_equal(times_asked(&w, "/n/2026/3.html"), 0);

    server_switch(w.web, day_4);
    await_items(&w, "3");
    crawler_end(&w, SIGKILL);
    forget_lease(&w);
    crawler_start(&w);
    await_no_more_than(&w, "news", "3");

    redis_server_kill(&w.redis);
    server_switch(w.web, day_5);
    redis_server_again(&w.redis);
    await_items(&w, "4");
    await_no_more_than(&w, "news", "4");
    assert_int_equal(times_asked(&w, "/n/2026/1.html"), 1);
    end(&w);
}

#define HEALTH "hy:{qingxi}:health"

/* The i-th thing the keeper was told of sources. */
static void expect_event(struct world *w, size_t i, const char *from, const char *to, bool gap)
{
    json_t *o = entry_at(w, HEALTH, "event", i);

    assert_string_equal(hy_json_str(o, "source").p, "news");
    assert_string_equal(hy_json_str(o, "from").p, from);
    assert_string_equal(hy_json_str(o, "to").p, to);
    assert_true(hy_json_str(o, "id").n && hy_json_str(o, "why").n);
    assert_true(hy_wall_known(hy_json_time(o, "since")) && hy_wall_known(hy_json_time(o, "at")));
    const json_t *g = json_object_get(o, "gap");
    assert_int_equal(g != NULL, gap);
    assert_true(!gap || hy_json_time(g, "from").ms < hy_json_time(g, "to").ms);
    json_decref(o);
}

#define OLDER "<a href='/list/2'>下一页</a>"
static const struct step window_1[] = LIST(NEWS("1", "清溪县城东新建一座立交桥") NEWS(
    "2", "江口区滨河小区今日恢复供水") NEWS("9", "市图书馆周末延长开放时间"));
static const struct step window_2[] = LIST(NEWS("4", "云岭县脐橙开园预计产量两万吨") NEWS(
    "5", "南屏区老旧小区加装电梯一百台") NEWS("6", "全市秋季运动会圆满落幕") "</ul>" OLDER "<ul>");
static const struct step window_2_older[] = LIST(NEWS("7", "菜市场改造完成重新开业") NEWS(
    "8", "公交三路调整首末班车时间") NEWS("1", "清溪县城东新建一座立交桥"));
static const struct step window_3[] = LIST(NEWS("10", "湿地公园迎来今年首批候鸟") NEWS(
    "11", "社区医院开展免费义诊活动") NEWS("12", "老年大学新学期开始招生"));
#define ANOTHER(n)                                                                                 \
    static const struct step another_##n[] =                                                       \
        ARTICLE("第" #n "篇报道的标题在这里", "这是第" #n "篇。")
ANOTHER(6);
ANOTHER(7);
ANOTHER(8);
ANOTHER(9);
ANOTHER(10);
ANOTHER(11);
ANOTHER(12);
#define AT(n)                                                                                      \
    {                                                                                              \
        "/n/2026/" #n ".html", another_##n                                                         \
    }
static const struct script window_day_1[] = {COMMON, AT(9), {"/list/", window_1}, {0}};
static const struct script window_day_2[] = {
    COMMON, AT(6), AT(7), AT(8), AT(9), {"/list/", window_2}, {"/list/2", window_2_older}, {0}};
static const struct script window_day_3[] = {COMMON, AT(10), AT(11), AT(12), {"/list/", window_3},
                                             {0}};

TEST(a_list_without_known_ground_is_read_backwards_and_a_gap_is_told)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), window_day_1);
    await_items(&w, "3");
    server_switch(w.web, window_day_2);
    await_items(&w, "8"); /* 4, 5, 6 of the first page and 7, 8 of the one behind it */
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "0");
    await_no_more_than(&w, "news", "8");
    assert_int_equal(times_asked(&w, "/list/2\n"), 1);
    server_switch(w.web, window_day_3);
    await_items(&w, "11");
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "1");
    char *why = ask(&w, "HGET", "hy:crawl:source:news", "why");
    assert_non_null(strstr(why, "可能有遗漏"));
    free(why);
    await_no_more_than(&w, "news", "11");
    await(&w, "HGET", "hy:crawl:source:news", "gaps", "1");
    expect_event(&w, 0, "new", "healthy", false);
    expect_event(&w, 1, "healthy", "healthy", true);
    await(&w, "XLEN", HEALTH, "", "2"); /* each change once */
    end(&w);
}

static const struct step hinting[] = {
    {SEND,
     HTML "<html><head><link rel=alternate type='application/rss+xml' href='/rss.xml'></head>"
          "<body><ul>" NEWS("1", "清溪县城东新建一座立交桥") NEWS("2", "江口区滨河小区今日恢复供水")
              NEWS("4", "云岭县脐橙开园预计产量两万吨") "</ul></body></html>",
     0},
    {CLOSE},
    {0}};
static const struct step map_robots[] =
    PAGE("User-agent: *\nSitemap: http://example.org/map.xml\n");
#define RSS(items)                                                                                 \
    {                                                                                              \
        {SEND,                                                                                     \
         "HTTP/1.0 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss><channel><title>f</title>" \
         items "</channel></rss>",                                                                 \
         0},                                                                                       \
            {CLOSE},                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define ENTRY(n, title) "<item><title>" title "</title><link>/n/2026/" n ".html</link></item>"
static const struct step rss_1[] = RSS(ENTRY("1", "清溪县城东新建一座立交桥")
                                           ENTRY("9", "很久以前的一条旧闻没有日期"));
static const struct step rss_2[] = RSS(ENTRY("5", "南屏区老旧小区加装电梯一百台")
                                           ENTRY("1", "清溪县城东新建一座立交桥"));
static const struct script hints_day[] = {
    {"/robots.txt", map_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/4.html", article_4}, {"/n/2026/5.html", article_5}, AT(9),
    {"/list/", hinting},           {"/rss.xml", rss_1},           {0}};
static const struct script hints_day_2[] = {
    {"/robots.txt", map_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/4.html", article_4}, {"/n/2026/5.html", article_5}, AT(9),
    {"/list/", hinting},           {"/rss.xml", rss_2},           {0}};

TEST(a_feed_that_the_list_names_is_polled_beside_it)
{
    struct world w = {0};
    char out[8192];

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), hints_day);
    await(&w, "HGET", "hy:crawl:source:news", "suggested", "http://example.org/map.xml");
    await_asked(&w, "/rss.xml\n");
    await_no_more_than(&w, "news", "3"); /* undated and there before we came: no news */
    server_switch(w.web, hints_day_2);
    await_items(&w, "4"); /* the list does not show it */
    await_no_more_than(&w, "news", "4"); /* by then what was found is counted in Redis */
    assert_int_equal(crawl_command(&w, out, "sources", NULL, NULL), 0);
    assert_non_null(strstr(out, "/rss.xml"));
    assert_non_null(strstr(out, "先于列表发现 1 条"));
    end(&w);
}

TEST(what_is_found_is_not_polled_where_the_office_says_no)
{
    struct world w = {0};
    char want[128];

    begin(&w,
          "sources:\n  - {id: news, name: news, kind: list, url: \"http://127.0.0.1:%d/list/\", gap: "
          "20ms, visit_min: 100ms, visit_max: 150ms, allow_private: true, discover: false}\n",
          hints_day);
    snprintf(want, sizeof(want), "http://127.0.0.1:%d/rss.xml\nhttp://example.org/map.xml",
             w.web->port);
    await(&w, "HGET", "hy:crawl:source:news", "suggested", want);
    await_no_more_than(&w, "news", "3");
    assert_int_equal(times_asked(&w, "/rss.xml"), 0);
    end(&w);
}

/* Written when the test runs: the port and the day are not known before. */
static char own_robots_text[256], own_map_text[2048];
static const struct step own_robots[] = {{SEND, own_robots_text, 0}, {CLOSE}, {0}};
static const struct step own_map[] = {{SEND, own_map_text, 0}, {CLOSE}, {0}};
static const struct script no_map_day[] = {COMMON, {"/list/", list_3}, {0}};
static const struct script map_day[] = {
    {"/robots.txt", own_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/3.html", article_4}, {"/n/2026/5.html", article_5}, {"/shop/6.html", another_6},
    {"/n/2026/7.html", another_7}, {"/list/", list_3},            {"/map.xml", own_map},
    {0}};

static void write_map(int port)
{
    char now[HY_TIME_SIZE], old[HY_TIME_SIZE];

    hy_wall_format(hy_wall_now(), 0, now);
    hy_wall_format(hy_wall_add_ms(hy_wall_now(), -30 * HY_DAY_MS), 0, old);
    snprintf(own_robots_text, sizeof(own_robots_text),
             "HTTP/1.0 200 OK\r\n\r\nUser-agent: *\nSitemap: http://127.0.0.1:%d/map.xml\n", port);
    snprintf(own_map_text, sizeof(own_map_text),
             "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\n\r\n"
             "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
             "<url><loc>http://127.0.0.1:%d/n/2026/5.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://127.0.0.1:%d/n/2026/7.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://127.0.0.1:%d/shop/6.html</loc><lastmod>%s</lastmod></url>"
             "<url><loc>http://elsewhere.example/n/2026/8.html</loc><lastmod>%s</lastmod></url>"
             "</urlset>",
             port, now, port, old, port, now, now);
}

TEST(of_a_sitemap_what_is_new_and_lies_where_the_list_points)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), no_map_day);
    await_items(&w, "2");
    crawler_end(&w, SIGTERM); /* robots.txt is read once in hours: from the beginning */
    redis_server_ask(&w.redis, "FLUSHALL");
    write_map(w.web->port);
    server_switch(w.web, map_day);
    crawler_start(&w);
    await_items(&w, "4"); /* three of the list, and /n/2026/5.html */
    await_asked(&w, "/n/2026/5.html\n");
    await_no_more_than(&w, "news", "4");
    assert_int_equal(times_asked(&w, "/shop/6.html"), 0);
    assert_int_equal(times_asked(&w, "/n/2026/7.html"), 0);
    end(&w);
}

/* -- captures ---------------------------------------------------------------------------------- */

static json_t *capture_at(struct world *w, size_t i, size_t *ret_body)
{
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;
    json_t *o = NULL;

    assert_int_equal(hy_redis_sync_open(w->redis.url, &r, &err), 0);
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err, "XRANGE hy:captures - +"), 0);
    assert_true(i < reply->elements);
    const redisReply *fields = reply->element[i]->element[1];
    assert_int_equal(hy_json_parse(hy_reply_field(fields, "meta"), &o, &err), 0);
    *ret_body = hy_reply_field(fields, "body").n;
    freeReplyObject(reply);
    hy_redis_sync_close(r);
    return o;
}

/* The next capture says `change`; its status is `status`, and it has a body or not. */
static void expect_capture(struct world *w, size_t i, const char *change, int status, bool body)
{
    char n[16];
    size_t bytes;

    snprintf(n, sizeof(n), "%zu", i + 1);
    await(w, "XLEN", "hy:captures", "", n);
    HY_CLEANUP(hy_json_freep) json_t *meta = capture_at(w, i, &bytes);
    assert_string_equal(hy_json_str(meta, "change").p, change);
    assert_int_equal(hy_json_int(meta, "status", 0), status);
    assert_int_equal(bytes > 0, body);
}

static void ask_recheck(struct world *w, const char *path)
{
    char member[256];
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;

    snprintf(member, sizeof(member), "news http://127.0.0.1:%d%s", w->web->port, path);
    assert_int_equal(hy_redis_sync_open(w->redis.url, &r, &err), 0);
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err, "ZADD hy:crawl:recheck 1 %s", member), 0);
    freeReplyObject(reply);
    hy_redis_sync_close(r);
    await(w, "ZCARD", "hy:crawl:recheck", "", "0");
}

static const struct step moved_4[] = {
    {SEND, "HTTP/1.0 302 Found\r\nLocation: /n/real/4.html\r\nConnection: close\r\n\r\n", 0},
    {CLOSE},
    {0}};
static const struct step list_1[] = LIST(NEWS("4", "云岭县脐橙开园预计产量两万吨"));
static const struct step changed_4[] =
    ARTICLE("云岭县脐橙开园预计产量三万吨", "产量更正为三万吨。");
static const struct step gone_4[] = {
    {SEND, "HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct step deleted_4[] = PAGE("<html><head><title>提示信息</title></head><body><p>"
                                            "抱歉，指定的主题不存在或已被删除</p></body></html>");
#define EVIDENCE(list, page)                                                                       \
    {                                                                                              \
        {"/robots.txt", robots}, {"/list/", list}, {"/n/2026/4.html", moved_4},                    \
            {"/n/real/4.html", page},                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
static const struct script evidence_first[] = EVIDENCE(list_1, article_4);
static const struct script evidence_changed[] = EVIDENCE(list_1, changed_4);
static const struct script evidence_gone[] = EVIDENCE(list_1, gone_4);
static const struct script evidence_deleted[] = EVIDENCE(list_1, deleted_4);

TEST(pages_are_captured_when_they_appear_change_and_disappear)
{
    struct world w = {0};
    size_t bytes;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    HY_CLEANUP(hy_json_freep) json_t *meta = capture_at(&w, 0, &bytes);
    HY_CLEANUP(hy_json_freep) json_t *item = item_at(&w, 0);
    const json_t *hops = json_object_get(meta, "redirects");
    assert_int_equal(json_array_size(hops), 1);
    assert_true(hy_str_ends(hy_json_str(json_array_get(hops, 0), "url"), HY_STR("/n/2026/4.html")));
    assert_true(hy_str_ends(hy_json_str(meta, "final_url"), HY_STR("/n/real/4.html")));
    assert_string_equal(hy_json_str(meta, "item").p, hy_json_str(item, "id").p);
    assert_string_equal(hy_json_str(meta, "hash").p, hy_json_str(item, "hash").p);
    assert_string_equal(hy_json_str(meta, "text").p, hy_json_str(item, "text").p);

    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 1, "same", 200, false);
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 2, "changed", 200, true);
    await_items(&w, "2");
    server_switch(w.web, evidence_gone);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 3, "gone", 404, false);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 4, "same", 404, false);
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 5, "changed", 200, true);
    server_switch(w.web, evidence_deleted);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 6, "gone", 200, true);
    await_items(&w, "3");
    end(&w);
}

TEST(captures_that_nobody_takes_are_dropped_and_counted)
{
    struct world w = {0};
    char *bytes;
    int64_t n;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    bytes = ask(&w, "HGET", "hy:captures:load", "bytes");
    assert_true(hy_str_to_i64(hy_str(bytes), &n) && n > 500 && n < 5000);
    free(bytes);
    redis_server_ask(&w.redis, "HSET hy:captures:load bytes 67108000");
    server_switch(w.web, evidence_changed);
    ask_recheck(&w, "/n/2026/4.html");
    await(&w, "HGET", "hy:captures:load", "dropped", "1");
    await_items(&w, "2"); /* the item goes its way */
    await(&w, "XLEN", "hy:captures", "", "1");
    redis_server_ask(&w.redis, "XTRIM hy:captures MAXLEN 0"); /* somebody took it */
    server_switch(w.web, evidence_first);
    ask_recheck(&w, "/n/2026/4.html");
    expect_capture(&w, 0, "changed", 200, true);
    end(&w);
}

static void await_asked_times(struct world *w, const char *line, size_t n)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (times_asked(w, line) < n && hy_mono_now().us < give_up.us)
        usleep(20000);
    assert_true(times_asked(w, line) >= n);
}

/* A list that would come once in minutes comes at once when a clock runs, and again and again. */
TEST(own_channels_come_often_while_a_clock_runs)
{
    struct world w = {0};

    begin(
        &w,
        "sources:\n"
        "  - {id: own, name: own, kind: list, url: \"http://127.0.0.1:%d/list/\", official: true, "
        "gap: 20ms, visit_min: 100ms, visit_max: 7d, allow_private: true}\n",
        evidence_first);
    await_asked_times(&w, "/list/", 1);
    redis_server_ask(&w.redis, "SET hy:{qingxi}:watch 1");
    await_asked_times(&w, "/list/", 8);
    end(&w);
}

TEST(a_recheck_obeys_robots_and_knows_its_source)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    expect_capture(&w, 0, "first", 200, true);
    ask_recheck(&w, "/n/2026/3.html"); /* forbidden: taken from the queue, not asked for */
    redis_server_ask(&w.redis, "ZADD hy:crawl:recheck 1 nobody");
    await_no_more_than(&w, "news", "1");
    assert_int_equal(times_asked(&w, "/n/2026/3.html"), 0);
    await(&w, "ZCARD", "hy:crawl:recheck", "", "1"); /* what is no page of ours stays */
    end(&w);
}

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
        assert_int_equal(sites[i]->most_open, 1);
        assert_int_equal(site_log(&w, sites[i]), 0); /* never two at once, none early */
        server_stop(sites[i]);
    }
    redis_server_end(&w.redis);
    remove_rules(&w);
}

static const struct step busy[] = {
    {SEND, "HTTP/1.0 429 Too Many\r\nRetry-After: 3600\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct script busy_day[] = {{"/robots.txt", robots}, {"/list/", busy}, {0}};

TEST(a_site_that_asked_to_wait_is_left_alone_by_whoever_comes_next)
{
    struct world w = {0};
    struct server *other = server_start(day_3);
    char rules[512], key[128];

    redis_server_start(&w.redis);
    w.web = server_start(busy_day);
    snprintf(rules, sizeof(rules),
             "sources:\n" SOURCE("news", "list", "/list/") SOURCE("other", "list", "/list/"),
             w.web->port, other->port);
    write_rules(&w, rules);
    crawler_start(&w);
    await(&w, "HGET", "hy:crawl:source:news", "last_status", "429");
    crawler_end(&w, SIGTERM);
    crawler_start(&w);
    await_items(&w, "2");
    await_no_more_than(&w, "other", "2"); /* by now it would have been asked again */
    assert_int_equal(times_asked(&w, "/list/\n"), 1);
    snprintf(key, sizeof(key), "hy:crawl:gate:http://127.0.0.1:%d", w.web->port);
    char *ready = ask(&w, "HGET", key, "ready");
    int64_t ms = 0;
    assert_true(hy_str_to_i64(hy_str(ready), &ms));
    assert_true(ms > hy_wall_now().ms + 3400 * HY_SECOND_MS);
    free(ready);
    assert_int_equal(site_log(&w, w.web), 0);
    assert_int_equal(site_log(&w, other), 0);
    snprintf(key, sizeof(key), "hy:crawl:log:http://127.0.0.1:%d", w.web->port);
    char early[512];
    snprintf(early, sizeof(early),
             "XADD %s * request {\"start\":%lld,\"end\":%lld,\"next\":%lld,\"status\":200}", key,
             (long long)ms - 9000, (long long)ms - 8000, (long long)ms);
    redis_server_ask(&w.redis, early);
    assert_int_equal(site_log(&w, w.web), 1); /* earlier than promised: it says so */
    server_stop(other);
    end(&w);
}

/* -- hostile sites ------------------------------------------------------------------------------- */

#define HOSTILE(n, title) "<li><a href='/h/" n ".html'>" title "</a></li>"
static const struct step hostile_list[] = LIST(
    HOSTILE("nul", "正文里有空字节的一篇报道") HOSTILE("label", "编码写错了的一篇报道")
        HOSTILE("loop", "自己跳到自己的一篇报道") HOSTILE("ring", "跳来跳去回到原处的报道")
            HOSTILE("cookie", "没有饼干就不让看的报道") HOSTILE("short", "长度写得太长的一篇报道")
                HOSTILE("bomb", "压缩起来很小的一篇报道") HOSTILE("heads", "头部没完没了的一篇报道")
                    HOSTILE("chunks", "块没完没了的一篇报道") HOSTILE("good", "云岭县脐橙开园预计产量两万吨"));
static const char nul_page[] =
    HTML "<html><body><h1>正文里有空字节的一篇报道</h1><p>2026-11-20 10:01</p><div><p>水厂\0检修，"
         "\0\0停水时间从今晚十点到明早六点，请居民提前储水，给大家带来不便敬请谅解。</p></div></body></html>";
/* GBK, and the header says UTF-8 */
static const char mislabelled[] =
    "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><h1>"
    "\xb1\xe0\xc2\xeb\xd0\xb4\xb4\xed\xc1\xcb\xb5\xc4\xd2\xbb\xc6\xaa\xb1\xa8\xb5\xc0"
    "</h1><p>2026-11-20 10:01</p><div><p>"
    "\xcb\xae\xb3\xa7\xbc\xec\xd0\xde\xa3\xac\xcd\xa3\xcb\xae\xca\xb1\xbc\xe4"
    "\xb4\xd3\xbd\xf1\xcd\xed\xca\xae\xb5\xe3\xb5\xbd\xc3\xf7\xd4\xe7\xc1\xf9\xb5\xe3"
    "\xa3\xac\xc7\xeb\xbe\xd3\xc3\xf1\xcc\xe1\xc7\xb0\xb4\xa2\xcb\xae\xa1\xa3"
    "</p></div></body></html>";
#define MOVED(to)                                                                                  \
    {                                                                                              \
        {SEND, "HTTP/1.0 302 Found\r\nSet-Cookie: seen=1\r\nLocation: " to "\r\n\r\n", 0},         \
            {CLOSE},                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
static const struct step nul_step[] = {{BYTES, nul_page, sizeof(nul_page) - 1}, {CLOSE}, {0}};
static const struct step label_step[] = {{BYTES, mislabelled, sizeof(mislabelled) - 1}, {CLOSE}, {0}};
static const struct step loop_step[] = MOVED("/h/loop.html");
static const struct step cookie_step[] = MOVED("/h/cookie.html");
static const struct step ring_step[] = MOVED("/h/ring2.html");
static const struct step ring2_step[] = MOVED("/h/ring.html");
static const struct step short_step[] = {
    {SEND, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999\r\n\r\n<p>x", 0},
    {CLOSE},
    {0}};
static const struct step heads_step[] = {
    {SEND, "HTTP/1.1 200 OK\r\n", 0}, {REPEAT, "X-Header: 0123456789abcdef\r\n", 100000}, {CLOSE}, {0}};
static const struct step chunks_step[] = {
    {SEND, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", 0},
    {REPEAT, "10\r\n0123456789abcdef\r\n", 1000000},
    {CLOSE},
    {0}};
/* gzip of 32 MB of nothing: made when the test runs */
static uint8_t bomb[64 * 1024];
static char bomb_head[160];
static struct step bomb_step[] = {{SEND, bomb_head, 0}, {BYTES, (const char *)bomb, 0}, {CLOSE}, {0}};
static const struct script hostile_day[] = {
    {"/robots.txt", map_robots},    {"/list/", hostile_list},     {"/h/nul.html", nul_step},
    {"/h/label.html", label_step},  {"/h/loop.html", loop_step},  {"/h/ring.html", ring_step},
    {"/h/ring2.html", ring2_step},  {"/h/cookie.html", cookie_step}, {"/h/short.html", short_step},
    {"/h/bomb.html", bomb_step},    {"/h/heads.html", heads_step}, {"/h/chunks.html", chunks_step},
    {"/h/good.html", article_4},    {0}};

static void make_bomb(void)
{
    static uint8_t nothing[32 << 20];
    struct isal_zstream z;

    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.next_in = nothing;
    z.avail_in = sizeof(nothing);
    z.next_out = bomb;
    z.avail_out = sizeof(bomb);
    z.end_of_stream = 1;
    assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
    bomb_step[1].n = z.total_out;
    snprintf(bomb_head, sizeof(bomb_head),
             "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
             "Content-Length: %zu\r\n\r\n",
             (size_t)z.total_out);
}

static bool last_item_says(struct world *w, size_t i, const char *text)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_at(w, i);

    return hy_str_has(hy_json_str(o, "text"), hy_str(text));
}

/* The first of the n items, from `from` on, that says so; n: none. */
static size_t item_that_says(struct world *w, size_t n, const char *text, size_t from)
{
    size_t i = from;

    while (i < n && !last_item_says(w, i, text))
        i++;
    return i;
}

static bool some_item_says(struct world *w, size_t n, const char *text)
{
    return item_that_says(w, n, text, 0) < n;
}

/* What can be read is read, what cannot costs itself, and the source stays healthy. */
TEST(each_hostile_page_costs_itself)
{
    struct world w = {0};

    make_bomb();
    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), hostile_day);
    await_items(&w, "3");
    await_asked(&w, "/h/chunks.html\n");
    await_asked(&w, "/h/bomb.html\n");
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "0"); /* all of them are over */
    await_no_more_than(&w, "news", "3");
    assert_true(some_item_says(&w, 3, "停水时间从今晚十点到明早六点，请居民提前储水，给大家"));
    assert_true(some_item_says(&w, 3, "从今晚十点到明早六点，请居民提前储水。")); /* in spite of its label */
    assert_true(some_item_says(&w, 3, "脐橙陆续成熟"));
    assert_int_equal(times_asked(&w, "/h/loop.html\n"), 6); /* the page, and five hops */
    assert_int_equal(times_asked(&w, "/h/chunks.html\n"), 1);
    assert_int_equal(times_asked(&w, "/h/bomb.html\n"), 1);
    await(&w, "HGET", "hy:crawl:source:news", "state", "healthy");
    end(&w);
}

static const struct step cookie_list[] = MOVED("/list/");
static const struct script cookie_day[] = {
    {"/robots.txt", map_robots}, {"/list/", cookie_list}, {0}};

TEST(a_list_behind_a_wall_of_cookies_is_blind_and_says_so)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), cookie_day);
    await(&w, "HGET", "hy:crawl:source:news", "state", "blind");
    char *why = ask(&w, "HGET", "hy:crawl:source:news", "why");
    assert_non_null(strstr(why, "Cookie"));
    free(why);
    assert_null(strstr(w.web->request, "seen=1")); /* it was not brought back */
    end(&w);
}

/* -- personal numbers ---------------------------------------------------------------------------- */

static const struct step private_page[] = ARTICLE(
    "云岭县脐橙开园预计产量两万吨",
    "联系人电话13812345678，身份证110101199003074514，车牌京A12345，"
    "银行卡6222021234567890128，邮箱zhang.san@example.cn。");
static const struct script private_day[] = {
    {"/robots.txt", map_robots}, {"/list/", list_1}, {"/n/2026/4.html", private_page}, {0}};

/* Masked before anything leaves the crawler; only the page as it came, which expires, has them. */
TEST(personal_numbers_do_not_leave_the_crawler_but_in_the_raw_page)
{
    static const char *const secret[] = {"13812345678",         "110101199003074514", "京A12345",
                                         "6222021234567890128", "zhang.san@"};
    struct world w = {0};
    size_t bytes;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), private_day);
    await_items(&w, "1");
    HY_CLEANUP(hy_json_freep) json_t *item = item_at(&w, 0);
    HY_CLEANUP(hy_json_freep) json_t *meta = capture_at(&w, 0, &bytes);
    HY_CLEANUP(hy_freep) char *item_text = hy_json_text(item);
    HY_CLEANUP(hy_freep) char *meta_text = hy_json_text(meta);
    assert_non_null(strstr(item_text, "联系人电话"));
    assert_true(bytes > 0);
    for (size_t i = 0; i < HY_COUNT(secret); i++) {
        if (strstr(item_text, secret[i]))
            fail_msg("%s in the item: %s", secret[i], item_text);
        if (strstr(meta_text, secret[i]))
            fail_msg("%s in the capture: %s", secret[i], meta_text);
    }
    end(&w);
}

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

/* The children of a process, the first ones; the sandbox's keeper, and below it its worker. */
static pid_t child_of(pid_t parent)
{
    char path[64], text[64] = "";

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *f = fopen(path, "re");
    if (f && fgets(text, sizeof(text), f) == NULL)
        text[0] = '\0';
    if (f)
        fclose(f);
    int64_t pid = 0;
    return hy_str_to_i64(hy_str_trim(hy_str(text)), &pid) ? (pid_t)pid : 0;
}

/* The reader is held before the page comes and killed while it has it.  Where it works in the
 * crawler itself (sanitizers) there is nobody to kill. */
TEST(a_page_that_kills_its_reader_costs_that_page)
{
    struct world w = {0};
    pid_t keeper, worker = 0;

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), evidence_first);
    await_items(&w, "1");
    keeper = child_of(w.crawler);
    worker = keeper ? child_of(keeper) : 0;
    if (worker == 0) {
        end(&w);
        return;
    }
    assert_int_equal(kill(worker, SIGSTOP), 0);
    ask_recheck(&w, "/n/2026/4.html");
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    while (times_asked(&w, "/n/real/4.html") < 2 && hy_mono_now().us < give_up.us)
        usleep(5000);
    kill(worker, SIGKILL);
    await(&w, "HLEN", "hy:crawl:quarantine", "", "1");
    server_switch(w.web, day_5); /* a new reader is there: the others are read */
    await_items(&w, "4");
    end(&w);
}

#define THREAD(n, title, replies)                                                                  \
    "<tr><th><a href=/t-" n ".html>" title "</a></th><td>某网友</td><td><a href=/t-" n             \
    ".html>" replies "</a></td></tr>"
#define FLOOR(text)                                                                                \
    "<div class=post><span>2026-11-20 10:05</span><div class=message>" text "</div></div>"
#define TOPIC(more)                                                                                \
    PAGE("<html><body><h1>求助：江口区滨河小区停水四天</h1>" FLOOR(                                \
        "江口区滨河小区停水四天没人管，老人孩子都在提水，哪位领导能管一管？") more                 \
         "</body></html>")
static const struct step board_0[] =
    PAGE("<html><body><table>" THREAD("1", "求助：江口区滨河小区停水四天", "0")
             THREAD("2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>");
static const struct step board_1[] =
    PAGE("<html><body><table>" THREAD("1", "求助：江口区滨河小区停水四天", "1")
             THREAD("2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>");
static const struct step topic_0[] = TOPIC("");
static const struct step topic_1[] =
    TOPIC(FLOOR("我们楼也没有水，打了三次电话都没有人来，实在太不方便了。"));
static const struct step topic_2[] =
    ARTICLE("清溪至云岭自驾路线分享一下", "从清溪市区出发走省道。");
static const struct script quiet_board[] = {
    {"/robots.txt", robots}, {"/b/", board_0}, {"/t-1.html", topic_0}, {"/t-2.html", topic_2}, {0}};
static const struct script bumped_board[] = {
    {"/robots.txt", robots}, {"/b/", board_1}, {"/t-1.html", topic_1}, {"/t-2.html", topic_2}, {0}};

TEST(a_thread_with_a_new_reply_comes_again_under_its_id)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), quiet_board);
    await_items(&w, "2");
    server_switch(w.web, bumped_board);
    await_items(&w, "3");
    json_t *again = item_at(&w, 2);
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        json_t *o = item_at(&w, i);
        found |= hy_str_eq(hy_json_str(o, "id"), hy_json_str(again, "id"));
        json_decref(o);
    }
    assert_true(found);
    json_decref(again);
    await_no_more_than(&w, "board", "3");
    end(&w);
}

/* A list is often copied out before the pages it names. */
static const struct step early_list[] = LIST(NEWS("7", "清溪市图书馆延长开放时间至晚上九点"));
static const struct step article_7[] =
    ARTICLE("清溪市图书馆延长开放时间至晚上九点", "图书馆晚上九点闭馆。");
static const struct script announced[] = {{"/robots.txt", robots}, {"/list/", early_list}, {0}};
static const struct script arrived[] = {
    {"/robots.txt", robots}, {"/list/", early_list}, {"/n/2026/7.html", article_7}, {0}};

TEST(a_page_that_is_announced_before_it_is_there_is_asked_for_again)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), announced);
    await_asked(&w, "/n/2026/7.html\n");
    server_switch(w.web, arrived);
    await_items(&w, "1");
    json_t *o = item_at(&w, 0);
    assert_non_null(strstr(hy_json_str(o, "text").p, "九点闭馆"));
    json_decref(o);
    await_no_more_than(&w, "news", "1");
    end(&w);
}

/* A thread of many pages, /thread-7-1.html and so on, written when the test runs. */
enum { LONG_PAGES = 12, FLOORS_SIZE = 4096 };
static struct long_thread {
    char page[LONG_PAGES + 1][FLOORS_SIZE], path[LONG_PAGES + 1][32]; /* [0]: the board */
    struct step step[LONG_PAGES + 1][3];
    struct script script[LONG_PAGES + 4];
} long_threads[3]; /* one a day: the server reads one while the next is written */

#define POST(id, text)                                                                             \
    "<div id=post_" id " class=post><em>发表于 2026-11-20 10:0" id "</em><div class=message>" text  \
    "</div></div>"
static void write_page(struct long_thread *t, int k, int pages, const char *opening)
{
    snprintf(t->path[k], sizeof(t->path[k]), "/thread-7-%d.html", k);
    snprintf(t->page[k], FLOORS_SIZE,
             HTML "<html><body><h1>求助：江口区滨河小区停水四天</h1>"
                  "<div class=pg><a href=/thread-7-2.html>2</a> <a href=/thread-7-%d.html>... %d</a></div>" POST(
                      "1", "%s第%d页甲楼的居民说水还没有来，希望尽快解决。")
                      POST("2", "第%d页乙楼的居民说已经打过电话，正在等待答复。")
                          POST("3", "第%d页丙楼的居民说物业也没有消息。") "</body></html>",
             pages, pages, opening, k, k, k);
    t->step[k][0] = (struct step){SEND, t->page[k], 0};
    t->step[k][1] = (struct step){CLOSE, NULL, 0};
}

/* The board says so many replies; `missing`: a page that is not there just now. */
static const struct script *write_thread(int day, int pages, int replies, int missing)
{
    struct long_thread *t = &long_threads[day];
    struct script *sc = t->script;
    int n = 0;

    snprintf(t->page[0], FLOORS_SIZE,
             HTML "<html><body><table>"
                  "<tr><th><a href=/thread-7-1.html>求助：江口区滨河小区停水四天</a></th><td>某网友</td>"
                  "<td><a href=/thread-7-1.html>%d</a></td></tr>" THREAD(
                      "2", "清溪至云岭自驾路线分享一下", "3") "</table></body></html>",
             replies);
    t->step[0][0] = (struct step){SEND, t->page[0], 0};
    t->step[0][1] = (struct step){CLOSE, NULL, 0};
    sc[n++] = (struct script){"/robots.txt", robots};
    sc[n++] = (struct script){"/b/", t->step[0]};
    sc[n++] = (struct script){"/t-2.html", topic_2};
    for (int k = 1; k <= pages; k++) {
        write_page(t, k, pages, k == 1 ? "停水四天没人管，哪位领导能管一管？" : "");
        if (k != missing)
            sc[n++] = (struct script){t->path[k], t->step[k]};
    }
    sc[n] = (struct script){0};
    return sc;
}

TEST(a_thread_is_told_at_once_and_then_with_all_its_pages)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, 6, 5, 0));
    await_items(&w, "3"); /* the other thread's, and this one's twice */
    await_no_more_than(&w, "board", "3");
    await(&w, "ZCARD", "hy:crawl:frontier:board", "", "0");
    for (int k = 1; k <= 6; k++) {
        char page[32];
        snprintf(page, sizeof(page), "/thread-7-%d.html\n", k);
        assert_int_equal(times_asked(&w, page), 1);
    }
    assert_true(strstr(w.web->log, "/thread-7-6.html") < strstr(w.web->log, "/thread-7-2.html"));
    size_t early = item_that_says(&w, 3, "第6页丙楼", 0);
    size_t whole = item_that_says(&w, 3, "第6页丙楼", early + 1);
    assert_true(early < 3 && whole < 3);
    assert_false(last_item_says(&w, early, "第3页甲楼"));
    HY_CLEANUP(hy_json_freep) json_t *a = item_at(&w, early);
    HY_CLEANUP(hy_json_freep) json_t *b = item_at(&w, whole);
    assert_string_equal(hy_json_str(a, "id").p, hy_json_str(b, "id").p);
    const char *text = hy_json_str(b, "text").p, *at = text; /* every floor once and in its place */
    for (int k = 1; k <= 6; k++) {
        char floor[64];
        snprintf(floor, sizeof(floor), "第%d页乙楼", k);
        at = strstr(at, floor);
        assert_non_null(at);
        assert_null(strstr(at + 1, floor));
    }
    const json_t *replies = json_object_get(b, "replies");
    assert_int_equal(json_array_size(replies), 17); /* six pages of three, less the opening */
    assert_true(hy_str_has(hy_json_str(json_array_get(replies, 16), "text"), hy_str("第6页丙楼")));
    end(&w);
}

TEST(a_crash_among_a_threads_pages_leaves_none_out)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, LONG_PAGES, 5, 0));
    await_asked(&w, "/thread-7-2.html\n"); /* told early by now, and the rest is under way */
    crawler_end(&w, SIGKILL);
    forget_lease(&w);
    crawler_start(&w);
    await(&w, "ZCARD", "hy:crawl:frontier:board", "", "0");
    char *n = ask(&w, "XLEN", "hy:items", "");
    int64_t items = 0;
    assert_true(hy_str_to_i64(hy_str(n), &items) && items >= 3);
    free(n);
    for (int k = 1; k <= LONG_PAGES; k++) {
        char floor[64];
        snprintf(floor, sizeof(floor), "第%d页乙楼", k);
        assert_true(last_item_says(&w, (size_t)items - 1, floor));
    }
    end(&w);
}

TEST(pages_between_the_last_visit_and_now_belong_to_the_thread)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("board", "forum", "/b/"), write_thread(0, 3, 5, 0));
    await_items(&w, "3"); /* the first time: told early, then whole */
    await_no_more_than(&w, "board", "3");
    assert_int_equal(times_asked(&w, "/thread-7-3.html"), 1);
    assert_int_equal(times_asked(&w, "/thread-7-2.html"), 1);

    server_switch(w.web, write_thread(1, LONG_PAGES, 23, 7));
    await_items(&w, "4");
    assert_true(last_item_says(&w, 3, "哪位领导能管一管"));
    assert_true(last_item_says(&w, 3, "第3页乙楼"));
    assert_true(last_item_says(&w, 3, "第6页甲楼"));
    assert_true(last_item_says(&w, 3, "第8页甲楼"));
    assert_true(last_item_says(&w, 3, "第12页乙楼"));
    assert_false(last_item_says(&w, 3, "第7页甲楼"));
    assert_int_equal(times_asked(&w, "/thread-7-2.html"), 1);

    server_switch(w.web, write_thread(2, LONG_PAGES, 24, 0));
    await_items(&w, "5");
    assert_true(last_item_says(&w, 4, "第7页甲楼")); /* what was missing is made up for */
    assert_int_equal(times_asked(&w, "/thread-7-5.html"), 1);
    await_no_more_than(&w, "board", "5");
    end(&w);
}

/* A short address that leads to an article which the list names too. */
static const struct step short_address[] = MOVED("/n/2026/4.html");
static const struct step short_list[] =
    LIST(NEWS("s", "云岭县脐橙开园预计产量两万吨") NEWS("2", "江口区滨河小区今日恢复供水")
             NEWS("4", "云岭县脐橙开园预计产量两万吨"));
static const struct script short_day[] = {
    COMMON, {"/list/", short_list}, {"/n/2026/s.html", short_address}, {0}};

TEST(a_redirect_to_a_page_that_is_queued_leaves_nothing_behind)
{
    struct world w = {0};

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), short_day);
    await_items(&w, "2");
    await(&w, "ZCARD", "hy:crawl:frontier:news", "", "0");
    await_no_more_than(&w, "news", "2");
    assert_int_equal(times_asked(&w, "/n/2026/4.html"), 1);
    assert_int_equal(times_asked(&w, "/n/2026/s.html"), 1);
    end(&w);
}

/* Dated an hour before the test runs: the state of a source depends on the age of its newest item.
 */
static char feed_answer[1024];
static const struct step feed[] = {{SEND, feed_answer, 0}, {CLOSE}, {0}};

static void write_feed(void)
{
    time_t published = (time_t)(hy_wall_now().ms / 1000) - 3600;
    struct tm utc;
    char date[64];

    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&published, &utc));
    snprintf(feed_answer, sizeof(feed_answer),
             "HTTP/1.0 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n\r\n"
             "<rss><channel><title>f</title><item><title>页面已经不在的一条消息</title>"
             "<link>/gone.html</link><pubDate>%s</pubDate>"
             "<description>订阅里的正文还在这里。</description></item></channel></rss>",
             date);
}

static const struct step oops[] = {{SEND, "HTTP/1.0 500 Oops\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct step wall[] = PAGE("<form>请登录后浏览<input type=password></form>");
static const struct step garbage[] = {{BYTES, "\xff\xfe\x00\x01garbage\r\n\r\n", 15}, {CLOSE}, {0}};
static const struct step closed[] = {{SEND, "HTTP/1.0 403 Forbidden\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct script odd[] = {{"/feed", feed},        {"/500/", oops},   {"/wall/", wall},
                                    {"/garbage/", garbage}, {"/403/", closed}, {0}};

TEST(odd_sources_get_their_state_and_feeds_stand_in_for_lost_pages)
{
    struct world w = {0};

    write_feed();
    begin(&w,
          "sources:\n" SOURCE("feed", "feed", "/feed") SOURCE("oops", "list", "/500/")
              SOURCE("wall", "list", "/wall/") SOURCE("garbage", "list", "/garbage/")
                  SOURCE("closed", "list", "/403/") SOURCE("missing", "list", "/404/"),
          odd);
    await_items(&w, "1");
    json_t *o = item_at(&w, 0);
    assert_string_equal(hy_json_str(o, "text").p, "订阅里的正文还在这里。");
    assert_string_equal(hy_json_str(o, "published_from").p, "feed");
    json_decref(o);
    static const char *const blind[] = {"oops", "wall", "garbage", "closed", "missing"};
    for (size_t i = 0; i < HY_COUNT(blind); i++) {
        char key[64];
        snprintf(key, sizeof(key), "hy:crawl:source:%s", blind[i]);
        await(&w, "HGET", key, "state", "blind");
    }
    await(&w, "HGET", "hy:crawl:source:feed", "state", "healthy");
    end(&w);
}
