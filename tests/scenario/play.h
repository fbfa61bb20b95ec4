/* SPDX-License-Identifier: Apache-2.0 */
/* What the scenarios of the keeper share: a private Redis, keepers on it with an accelerated clock,
 * and how to talk to a Redis that may be dead at any moment.
 *
 * HUIYING names the binary; HY_CHAOS_SEED replays a run. */
#pragma once
#include "alerts/decide/incident.h"
#include "alerts/keep/journal.h"
#include "core/clock.h"
#include "core/map.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "tests/unit/redis_server.h"

#include "tests/unit/harness.h"

enum { OFFICE_LEN = 64 };

struct keeper {
    pid_t pid;
    char data[96];
};
struct play {
    struct redis_server redis;
    struct keeper keeper;
    char clock_path[96], office[OFFICE_LEN];
    hy_wall now;
    bool real_clock; /* keepers started from now on go by it */
    uint64_t seed;
    int keeper_kills, redis_kills;
    char rules[96]; /* directory of the office's rules and, beside it, the national ones */
    rlim_t stack;   /* of keepers started from now on; 0: as we have it */
    void (*mend)(struct play *p); /* asked when Redis does not answer; may be NULL */
    char via[128];  /* where keepers find Redis when it is not the socket itself; "": there */
};

static inline uint32_t random_below(struct play *p, uint32_t n)
{
    p->seed = p->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(p->seed >> 33) % n;
}

/* ---- processes ---- */

static inline void set_clock(struct play *p, hy_wall now)
{
    char beside[128];
    FILE *f;

    snprintf(beside, sizeof(beside), "%s.new", p->clock_path);
    f = fopen(beside, "w");
    fprintf(f, "%lld\n", (long long)now.ms);
    fclose(f);
    rename(beside, p->clock_path);
    p->now = now;
}

static inline void keeper_exec(const struct play *p, const struct keeper *k, pid_t parent)
{
    char log[128], rules[128];
    const char *binary = getenv("HUIYING");

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(log, sizeof(log), "%s/keep.log", p->redis.dir);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDERR_FILENO);
    snprintf(rules, sizeof(rules), "%s/sample", p->rules);
    if (!p->real_clock)
        setenv("HUIYING_TEST_CLOCK", p->clock_path, 1);
    if (p->stack)
        setrlimit(RLIMIT_STACK, &(struct rlimit){p->stack, p->stack});
    execl(binary, binary, "keep", "-c", rules, "--redis", p->via[0] ? p->via : p->redis.url,
          "--data", k->data, (char *)NULL);
    perror(binary);
    _exit(127);
}

static inline void keeper_start(const struct play *p, struct keeper *k)
{
    pid_t parent = getpid();

    k->pid = fork();
    assert_true(k->pid >= 0);
    if (k->pid == 0)
        keeper_exec(p, k, parent);
}

static inline void keeper_kill(struct keeper *k, int signo)
{
    if (k->pid == 0)
        return;
    kill(k->pid, signo);
    while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    k->pid = 0;
}

static inline void play_prepare(struct play *p)
{
    const char *seed = getenv("HY_CHAOS_SEED");
    hy_wall start;
    int64_t n = 20261123;

    *p = (struct play){0};
    if (seed)
        hy_str_to_i64(hy_str(seed), &n);
    p->seed = (uint64_t)n;
    redis_server_start(&p->redis);
    snprintf(p->keeper.data, sizeof(p->keeper.data), "%s/data", p->redis.dir);
    snprintf(p->clock_path, sizeof(p->clock_path), "%s/clock", p->redis.dir);
    snprintf(p->office, sizeof(p->office), "qingxi");
    snprintf(p->rules, sizeof(p->rules), "tests/scenario/rules");
    assert_true(hy_wall_parse(HY_STR("2026-11-23T09:00:00+08:00"), &start));
    set_clock(p, start);
}

/* The national rules and the scenarios' office in a directory of the test, to be changed there. */
static inline void play_copy_rules(struct play *p)
{
    int status;

    snprintf(p->rules, sizeof(p->rules), "%s/rules", p->redis.dir);
    pid_t child = fork();
    if (child == 0) {
        execlp("sh", "sh", "-c", "cp -r rules \"$0\" && cp -r tests/scenario/rules/sample \"$0\"",
               p->rules, (char *)NULL);
        _exit(127);
    }
    assert_true(waitpid(child, &status, 0) == child && status == 0);
}

static inline void play_begin(struct play *p)
{
    play_prepare(p);
    keeper_start(p, &p->keeper);
}

static inline void play_end(struct play *p)
{
    keeper_kill(&p->keeper, SIGKILL);
    redis_server_end(&p->redis);
}

/* ---- talking to Redis, which may be dead at any moment ---- */

static inline redisReply *ask(struct play *p, int argc, const char **argv)
{
    struct hy_err err = HY_ERR_INIT;

    for (int i = 0; i < 2000; i++) {
        struct hy_redis_sync *c = NULL;
        redisReply *r = NULL;
        int rc = hy_redis_sync_open(p->redis.url, &c, &err);
        if (rc == HY_OK)
            rc = hy_redis_sync_cmdv(c, &r, &err, argc, argv, NULL);
        hy_redis_sync_close(c);
        if (rc == HY_OK)
            return r;
        if (p->mend)
            p->mend(p);
        usleep(10000);
    }
    fail_msg("Redis: %s", err.msg);
    return NULL;
}
#define ASK(p, ...)                                                                                \
    ask(p, (int)HY_COUNT(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})

static inline const char *key(const struct play *p, const char *what)
{
    static char out[4][160];
    static unsigned n;
    char *k = out[n++ % 4];

    snprintf(k, sizeof(out[0]), "hy:{%s}:%s", p->office, what);
    return k;
}

static inline int64_t ask_number(struct play *p, const char *command, const char *what)
{
    redisReply *r = ASK(p, command, key(p, what));
    int64_t n = r->integer;

    freeReplyObject(r);
    return n;
}

/* What opens an incident of level 2. */
static inline void play_hit(struct play *p, int n, hy_wall published)
{
    char time[HY_TIME_SIZE], id[16], title[64];

    snprintf(id, sizeof(id), "item%d", n);
    snprintf(title, sizeof(title), "第%d号事件", n);
    hy_wall_format(published, HY_CST, time);
    json_t *hit = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", id,
                            "url", "http://a.cn/", "source", "x", "title", title, "text", "文字",
                            "hash", id, "published", time, "fetched", time, "published_precision",
                            "second", "score", "alert", "alert", "emergency", 90, "level", 2);
    char *text = hy_json_text(hit);
    freeReplyObject(ASK(p, "XADD", key(p, "hits"), "*", "hit", text));
    free(text);
    json_decref(hit);
}

/* ---- looking ---- */

/* Every entry of a stream, in pages; how many. */
static inline size_t each_entry(struct play *p, const char *stream,
                                void (*each)(const redisReply *entry, void *user), void *user)
{
    char from[64] = "-";
    size_t all = 0;

    for (size_t n = 1; n > 0; all += n) {
        redisReply *r = ASK(p, "XRANGE", key(p, stream), from, "+", "COUNT", "5000");
        n = r->elements;
        for (size_t i = 0; i < n; i++)
            each(r->element[i], user);
        if (n > 0)
            snprintf(from, sizeof(from), "(%s", r->element[n - 1]->element[0]->str);
        freeReplyObject(r);
    }
    return all;
}

struct mirror_lines {
    FILE *f;
    char *line;
    size_t room;
};

static inline void compare_line(const redisReply *entry, void *user)
{
    struct mirror_lines *m = user;
    struct hy_str there = hy_reply_field(entry->element[1], "e");
    ssize_t n = getline(&m->line, &m->room, m->f);

    assert_true(n > 0 && hy_str_eq(there, hy_str_n(m->line, (size_t)n - 1)));
}

/* The mirror verifies and is, byte for byte, Redis' stream. */
static inline void check_journal(struct play *p, const struct keeper *k)
{
    char path[256];
    struct hy_err err = HY_ERR_INIT;
    struct hy_head head;
    struct mirror_lines m = {0};
    size_t count;

    snprintf(path, sizeof(path), "%s/journal/%s.jsonl", k->data, p->office);
    if (hy_journal_verify(path, NULL, NULL, &count, &head, &err) < 0)
        fail_msg("%s", err.msg);
    m.f = fopen(path, "r");
    assert_int_equal(each_entry(p, "journal", compare_line, &m), count);
    fclose(m.f);
    free(m.line);
}

static inline int64_t fence_of(struct play *p)
{
    redisReply *r = ASK(p, "GET", key(p, "fence"));
    int64_t n = 0;

    hy_str_to_i64(hy_reply_str(r), &n);
    freeReplyObject(r);
    return n;
}

static inline bool timers_due(struct play *p)
{
    char now[32];
    snprintf(now, sizeof(now), "%lld", (long long)p->now.ms);
    redisReply *r = ASK(p, "ZCOUNT", key(p, "timers"), "-inf", now);
    bool due = r->integer > 0;

    freeReplyObject(r);
    return due;
}
