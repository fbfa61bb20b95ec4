/* SPDX-License-Identifier: Apache-2.0 */
/* The crawl role as a process of its own, with real libcurl and real Redis, against a scripted
 * server: pages appear and change, the crawler and Redis are killed, nothing is lost or repeated.
 */
#include "core/command.h"
#include "core/json.h"
#include "core/log.h"

#include <dirent.h>
#include <fcntl.h>

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
    struct hy_redis_sync *r = NULL; /* its lease has not run out: do as time does */
    struct hy_err err = HY_ERR_INIT;
    char key[128];
    assert_int_equal(hy_redis_sync_open(w.redis.url, &r, &err), 0);
    snprintf(key, sizeof(key), "hy:crawl:host:http://127.0.0.1:%d", w.web->port);
    redisReply *reply = NULL;
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err, "DEL %s", key), 0);
    freeReplyObject(reply);
    hy_redis_sync_close(r);
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
static const struct script hints_day[] = {
    {"/robots.txt", map_robots},   {"/n/2026/1.html", article_1}, {"/n/2026/2.html", article_2},
    {"/n/2026/4.html", article_4}, {"/list/", hinting},           {0}};

TEST(feeds_and_sitemaps_that_a_site_names_are_hints_only)
{
    struct world w = {0};
    char want[128];

    begin(&w, "sources:\n" SOURCE("news", "list", "/list/"), hints_day);
    snprintf(want, sizeof(want), "http://127.0.0.1:%d/rss.xml\nhttp://example.org/map.xml",
             w.web->port);
    await(&w, "HGET", "hy:crawl:source:news", "suggested", want);
    await_no_more_than(&w, "news", "3");
    assert_int_equal(times_asked(&w, "/rss.xml"), 0);
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

/* `huiying crawl quarantine VERB [URL]`: its exit status, its output in `out`. */
static int quarantine(struct world *w, const char *verb, const char *url, char out[8192])
{
    const char *binary = getenv("HUIYING") ? getenv("HUIYING") : "build/dev/huiying";
    int pipe_fd[2], status;
    size_t n = 0;
    ssize_t got;

    fflush(NULL);
    assert_int_equal(pipe(pipe_fd), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_fd[1], 1);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        execl(binary, "huiying", "crawl", "--redis", w->redis.url, "quarantine", verb, url,
              (char *)NULL);
        _exit(127);
    }
    close(pipe_fd[1]);
    char rest[4096]; /* of a page is not looked at */
    while ((got = n < 8191 ? read(pipe_fd[0], out + n, 8191 - n)
                           : read(pipe_fd[0], rest, sizeof(rest))) > 0)
        n += n < 8191 ? (size_t)got : 0;
    out[n] = '\0';
    close(pipe_fd[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

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

    assert_int_equal(quarantine(&w, "list", NULL, out), 1);
    assert_non_null(strstr(out, url));
    assert_int_equal(quarantine(&w, "show", url, out), 0);
    assert_non_null(strstr(out, "一层套一层的网页"));
    assert_int_equal(quarantine(&w, "again", "http://nobody.example/", out), 1);
    assert_int_equal(quarantine(&w, "again", url, out), 0);
    await(&w, "HLEN", "hy:crawl:quarantine", "", "1"); /* it is as it was */
    assert_int_equal(times_asked(&w, "/n/2026/2.html"), 2);
    server_switch(w.web, mended_day);
    assert_int_equal(quarantine(&w, "again", url, out), 0);
    await_items(&w, "3");
    assert_int_equal(quarantine(&w, "list", NULL, out), 0);
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

static void await_asked(struct world *w, const char *line)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (times_asked(w, line) == 0) {
        if (hy_mono_now().us > give_up.us)
            fail_msg("nobody asked for %s", line);
        usleep(20000);
    }
}

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
