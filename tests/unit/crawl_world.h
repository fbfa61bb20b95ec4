/* SPDX-License-Identifier: Apache-2.0 */
/* The crawl role as a process of its own, with real libcurl and real Redis, against a scripted
 * server, for test_crawl*.c: rules and processes, looking into Redis, pages that several tests
 * need. */
#pragma once
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
enum { PATIENCE_MS = 60000, BEAT_MS = 300, SLOW_BEAT_MS = 1000 };

struct world {
    struct redis_server redis;
    struct server *web;
    char dir[64];
    pid_t crawler;
    const char *fetch_ms; /* how long a request may take; NULL: as ever */
    const char *budget; /* --budget; NULL: none */
    bool slow_beat; /* a crew of several needs time to hear of each other on a busy machine */
};

/* -- the office's rules: the sample's, with sources of our own ----------------------------------
 */

static inline void write_rules(struct world *w, const char *sources)
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

static inline void remove_rules(struct world *w)
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
static inline pid_t crawler_fork(struct world *w)
{
    const char *binary = getenv("HUIYING") ? getenv("HUIYING") : "build/dev/huiying";
    const char *verbose = getenv("HUIYING_TEST_VERBOSE");
    pid_t parent = getpid();
    char beat[16];

    setenv("HUIYING_NATIONAL", HY_RULES_DIR "/national", 1);
    snprintf(beat, sizeof(beat), "%d", w->slow_beat ? SLOW_BEAT_MS : BEAT_MS);
    setenv("HY_CRAWL_BEAT_MS", beat, 1);
    if (w->fetch_ms)
        setenv("HY_CRAWL_FETCH_MS", w->fetch_ms, 1);
    else
        unsetenv("HY_CRAWL_FETCH_MS");
    fflush(NULL);
    pid_t crawler = fork();
    if (crawler == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        if (verbose == NULL)
            dup2(null, 2);
        execl(binary, "huiying", "crawl", "-c", w->dir, "--redis", w->redis.url,
              w->budget ? "--budget" : NULL, w->budget, (char *)NULL);
        _exit(127);
    }
    return crawler;
}

/* Exit status of `huiying crawl log SITE`. */
static inline int site_log(struct world *w, const struct server *site)
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

static inline void crawler_start(struct world *w)
{
    w->crawler = crawler_fork(w);
}

static inline void crawler_end(struct world *w, int signo)
{
    int status;

    kill(w->crawler, signo);
    waitpid(w->crawler, &status, 0);
    if (signo == SIGTERM)
        assert_int_equal(status, 0);
}

static inline void begin(struct world *w, const char *sources_format, const struct script *scripts)
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

static inline void end(struct world *w)
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

static inline void await(struct world *w, const char *command, const char *key, const char *field,
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

static inline void await_items(struct world *w, const char *n)
{
    await(w, "XLEN", "hy:items", "", n);
}

/* After two more visits of the source nothing has been added. */
static inline void await_no_more_than(struct world *w, const char *source, const char *n)
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

static inline json_t *entry_at(struct world *w, const char *stream, const char *field, size_t i)
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

static inline json_t *item_at(struct world *w, size_t i)
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

static inline size_t times_asked_of(struct server *web, const char *line)
{
    size_t n = 0;

    pthread_mutex_lock(&web->lock); /* its threads write on */
    for (const char *p = web->log; (p = strstr(p, line)); p++)
        n++;
    pthread_mutex_unlock(&web->lock);
    return n;
}

static inline size_t times_asked(struct world *w, const char *line)
{
    return times_asked_of(w->web, line);
}

static inline void await_asked(struct world *w, const char *line)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);

    while (times_asked(w, line) == 0) {
        if (hy_mono_now().us > give_up.us)
            fail_msg("nobody asked for %s", line);
        usleep(20000);
    }
}

/* `huiying crawl A [B [C]]`: its exit status, its output in `out`. */
static inline int crawl_command(struct world *w, char out[8192], const char *a, const char *b,
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
static inline void forget_lease(struct world *w)
{
    char command[128];

    snprintf(command, sizeof(command), "DEL hy:crawl:host:http://127.0.0.1:%d", w->web->port);
    redis_server_ask(&w->redis, command);
}

#define HEALTH "hy:{qingxi}:health"

/* The i-th thing the keeper was told of sources. */
static inline void expect_event(struct world *w, size_t i, const char *from, const char *to,
                                bool gap)
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

#define ANOTHER(n)                                                                                 \
    static const struct step another_##n[] =                                                       \
        ARTICLE("第" #n "篇报道的标题在这里", "这是第" #n "篇。")

#define AT(n)                                                                                      \
    {                                                                                              \
        "/n/2026/" #n ".html", another_##n                                                         \
    }
static const struct step map_robots[] =
    PAGE("User-agent: *\nSitemap: http://example.org/map.xml\n");

/* -- captures ---------------------------------------------------------------------------------- */

static inline json_t *capture_at(struct world *w, size_t i, size_t *ret_body)
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
static inline void expect_capture(struct world *w, size_t i, const char *change, int status,
                                  bool body)
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

static inline void ask_recheck(struct world *w, const char *path)
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

#define MOVED(to)                                                                                  \
    {                                                                                              \
        {SEND, "HTTP/1.0 302 Found\r\nSet-Cookie: seen=1\r\nLocation: " to "\r\n\r\n", 0},         \
            {CLOSE},                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static inline bool last_item_says(struct world *w, size_t i, const char *text)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_at(w, i);

    return hy_str_has(hy_json_str(o, "text"), hy_str(text));
}

/* The first of the n items, from `from` on, that says so; n: none. */
static inline size_t item_that_says(struct world *w, size_t n, const char *text, size_t from)
{
    size_t i = from;

    while (i < n && !last_item_says(w, i, text))
        i++;
    return i;
}

static inline bool some_item_says(struct world *w, size_t n, const char *text)
{
    return item_that_says(w, n, text, 0) < n;
}
