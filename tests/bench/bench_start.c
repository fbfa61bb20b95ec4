/* SPDX-License-Identifier: Apache-2.0 */
/* Starting with years behind: a journal of a million entries, a hundred thousand closed incidents
 * and two thousand open ones, made by the keeper's own decisions.
 *
 * - first_answer: from exec to the first answered command, after kill -9, with a snapshot and as many
 *   entries behind it as there can be;
 * - takeover: the same from the kill of a leader, by a standby that follows;
 * - first_answer_whole: without any snapshot, from the whole journal;
 * - refill: Redis lost everything; from exec until it has all of it again (minutes: only with
 *   HY_BENCH_REFILL).
 *
 * Peers are the limits of docs/BENCHMARKS.md.  HY_BENCH_ENTRIES makes it smaller. */
#include "alerts/decide/decide.h"
#include "alerts/keep/snapshot.h"
#include "core/hash.h"
#include "rules/diag.h"
#include "rules/office.h"
#include "tests/bench/keeper.h"

#include <glob.h>

enum {
    ENTRIES = 1000000,
    PER_INCIDENT = 10,
    OPEN_PERCENT = 2,
    BEHIND = 4900, /* entries after the snapshot: the next one would come at 5,000 */
    KEEP_HOT = 2 << 20,
    TRIES = 5,
};
#define OFFICE "hy:{qingxi}:"

struct maker {
    struct hy_rules *rules;
    struct hy_state *state;
    struct hy_regroup *regroup;
    struct hy_decide d;
    FILE *f;
    char dir[128], path[160];
    int64_t bytes, commands;
    struct hy_head head; /* of the finished journal */
};

static void fail(const char *what, const struct hy_err *err)
{
    fprintf(stderr, "bench_start: %s: %s\n", what, err->msg);
    exit(1);
}

/* ---- making the years ---- */

static void commit(struct maker *m)
{
    size_t i;
    json_t *e;

    m->bytes += (int64_t)m->d.lines.n;
    if (fwrite(m->d.lines.p, 1, m->d.lines.n, m->f) != m->d.lines.n)
        exit(1);
    json_array_foreach (m->d.entries, i, e)
        hy_regroup_note(m->regroup, e);
    json_array_foreach (m->d.replies, i, e)
        if (!json_is_true(json_object_get(e, "ok"))) {
            fprintf(stderr, "bench_start: refused: %s\n",
                    json_string_value(json_object_get(e, "message")));
            exit(1);
        }
    hy_decide_clear(&m->d);
    hy_state_cool(m->state, KEEP_HOT);
}

static void act(struct maker *m, const char *incident, const char *verb, json_t *args)
{
    char id[40];

    snprintf(id, sizeof(id), "made-%lld", (long long)m->commands++);
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s,s,s]},s:o}", "id", id, "verb", verb,
                            "incident", incident, "actor", "id", "lin.yue", "name", "林悦", "roles",
                            "duty", "analyst", "supervisor", "args", args);
    hy_decide_command(&m->d, cmd);
    json_decref(cmd);
    commit(m);
}

static char *hit(struct maker *m, int n)
{
    char id[40], url[64], time[HY_TIME_SIZE];

    snprintf(id, sizeof(id), "%032x", n);
    snprintf(url, sizeof(url), "https://bbs.qx.example/thread/%d.html", n);
    hy_wall_format(m->d.now, HY_CST, time);
    json_t *h = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", id, "url", url, "source",
        "bbs", "title", "清溪县一化工厂爆炸现场浓烟", "text",
        "今天上午有网友发帖称厂区传来巨响，附近居民已经撤离，消防和应急部门赶到现场处置。", "hash",
        id, "published", time, "fetched", time, "published_precision", "second", "score", "alert",
        "alert", "emergency", 90, "level", 2);
    hy_decide_hit(&m->d, h, &(struct hy_place_verdict){0});
    json_decref(h);
    commit(m);
    return hy_str_dup(hy_str(hy_state_item(m->state, hy_str(id))));
}

/* What an office does about one matter, until it has PER_INCIDENT lines. */
static void incident(struct maker *m, int n, bool open)
{
    int64_t from = m->state->head.seq;
    HY_CLEANUP(hy_freep) char *id = hit(m, n);

    act(m, id, "ack", json_object());
    while (m->state->head.seq - from < PER_INCIDENT - (open ? 0 : 2))
        act(m, id, "note", json_pack("{s:s}", "text", "已联系现场，正在核实伤亡人数和起火原因"));
    if (!open)
        act(m, id, "dismiss", json_pack("{s:s}", "reason", "查实为旧闻，与本地无关"));
}

static void make_years(struct maker *m, int64_t entries)
{
    hy_wall now = hy_wall_now();
    int64_t n = entries / PER_INCIDENT;

    for (int i = 0; i < n; i++) {
        bool open = i >= n - n * OPEN_PERCENT / 100;
        m->d.now = hy_wall_add_ms(now, -(n - i) * 60 * 1000 * (open ? 1 : 5) / (open ? 60 : 1));
        incident(m, i, open);
    }
    m->d.now = now;
}

/* The leader's statement, the snapshot that belongs to it, and what came after. */
static void finish(struct maker *m)
{
    struct hy_err err = HY_ERR_INIT;
    char digest[HY_DIGEST_HEX];
    json_t *args = json_object();

    hy_json_set_str(args, "digest", hy_str(hy_state_digest(m->state, digest)));
    hy_json_set_int(args, "documents", (int64_t)hy_state_count(m->state));
    hy_decide_keeper(&m->d, "state", args);
    commit(m);
    struct hy_snapshot_at at = {m->state->head, (off_t)m->bytes};
    if (hy_snapshot_write(m->path, "qingxi", &at, 0, m->state, m->regroup, &err) < 0)
        fail("snapshot", &err);
    for (int i = 0; m->state->head.seq < at.head.seq + BEHIND; i++) {
        struct hy_walk w = {.open = true,
                            .kinds = 1u << HY_DOC_INCIDENT,
                            .at = hy_state_count(m->state) - 1 - (size_t)(i % 1000)};
        HY_CLEANUP(hy_freep)
        char *id = hy_str_dup(hy_json_str(hy_state_next(m->state, &w), "id"));
        act(m, id, "note", json_pack("{s:s}", "text", "值班记录：情况没有变化，继续关注"));
    }
    m->head = m->state->head;
    if (fclose(m->f) != 0)
        exit(1);
}

static void make(struct maker *m, int64_t entries)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_diag *diag = hy_diag_new();

    if (hy_rules_load("rules/sample", &m->rules, diag, &err) < 0)
        fail("rules/sample", &err);
    hy_diag_free(diag);
    m->state = hy_state_new();
    m->regroup = hy_regroup_new(m->rules);
    hy_decide_init(&m->d, m->state, m->rules, hy_wall_now());
    m->f = fopen(m->path, "w");
    if (m->f == NULL)
        exit(1);
    make_years(m, entries);
    finish(m);
    fprintf(stderr, "bench_start: %lld entries, %zu documents, %lld MB\n",
            (long long)m->state->head.seq, hy_state_count(m->state),
            (long long)(m->bytes >> 20));
    hy_decide_release(&m->d);
    hy_regroup_free(m->regroup);
    hy_state_free(m->state);
}

/* ---- measuring ---- */

/* Seconds until somebody answers a command about nothing. */
static double until_answer(int64_t from_us)
{
    static int n;
    char key[64], cmd[256];

    n++;
    snprintf(key, sizeof(key), OFFICE "reply:probe-%d", n);
    snprintf(cmd, sizeof(cmd),
             "{\"id\":\"probe-%d\",\"verb\":\"ack\",\"incident\":\"I-none\",\"actor\":{\"id\":\"x\","
             "\"name\":\"x\",\"roles\":[\"duty\"]},\"args\":{}}",
             n);
    freeReplyObject(ASK("XADD", OFFICE "cmd", "*", "cmd", cmd));
    for (;;) {
        redisReply *r = ASK("GET", key);
        bool answered = r->type == REDIS_REPLY_STRING;
        freeReplyObject(r);
        if (answered)
            return (double)(now_us() - from_us) / 1e6;
        if (now_us() - from_us > INT64_C(900000000)) {
            fprintf(stderr, "bench_start: no answer\n");
            exit(1);
        }
        usleep(1000);
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Starts it again and again; the median.  Leaves one running. */
static double restart(const char *self, const char *data, pid_t *keeper)
{
    double took[TRIES];

    for (int i = 0; i < TRIES; i++) {
        keeper_kill(*keeper);
        int64_t from = now_us();
        *keeper = keeper_start(self, data);
        took[i] = until_answer(from);
    }
    qsort(took, TRIES, sizeof(*took), ascending);
    return took[TRIES / 2];
}

static void remove_snapshots(const char *mirror)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s.snap-*", mirror);
    glob_t g = {0};

    if (glob(pattern, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            unlink(g.gl_pathv[i]);
    globfree(&g);
}

/* A standby has followed when its mirror is as long as the leader's. */
static void wait_for_standby(const struct maker *m, const char *data)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/journal/qingxi.jsonl", data);
    struct stat a, b;

    while (stat(path, &a) < 0 || stat(m->path, &b) < 0 || a.st_size != b.st_size)
        usleep(100000);
    usleep(1000000);
}

/* As if all of it had been written by way of this Redis: a leader looks at its head, not at what it
 * is made of. */
static void level_redis(const struct maker *m)
{
    char seq[24];

    snprintf(seq, sizeof(seq), "%lld", (long long)m->head.seq);
    freeReplyObject(ASK("HSET", OFFICE "head", "seq", seq, "hash", m->head.hash));
}

static void copy_data(const char *from, const char *to)
{
    HY_CLEANUP(hy_freep) char *command = hy_xasprintf("cp -r %s %s && rm -f %s/journal/*.token",
                                                      from, to, to);
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || status != 0)
        exit(1);
}

/* What no start with a snapshot can be faster than on one processor: its bytes read and hashed. */
static double read_and_hash(const char *mirror)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s.snap-*", mirror);
    HY_CLEANUP(hy_freep) char *room = hy_xmalloc(1 << 20);
    unsigned char sum[HY_BLAKE2B];
    glob_t g = {0};
    int64_t from = now_us();

    if (glob(pattern, 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++) {
            struct hy_hasher h;
            FILE *f = fopen(g.gl_pathv[i], "re");
            hy_hasher_init(&h);
            for (size_t n; f && (n = fread(room, 1, 1 << 20, f)) > 0;)
                hy_hasher_add(&h, hy_str_n(room, n));
            hy_hasher_end(&h, sum);
            if (f)
                fclose(f);
        }
    globfree(&g);
    return (double)(now_us() - from) / 1e6;
}

static void measure(const char *self, struct maker *m)
{
    char data[120], other[120];
    pid_t keeper, standby;

    snprintf(data, sizeof(data), "%s/data", server.dir);
    snprintf(other, sizeof(other), "%s/other", server.dir);
    level_redis(m);
    keeper = keeper_start(self, data);
    until_answer(now_us()); /* it sets the timers */
    double first = restart(self, data, &keeper);
    figure("start", "first_answer", first, "s", "limit", 2, true);
    figure("start", "first_answer", first, "s", "read-and-hash-one-cpu", read_and_hash(m->path), true);
    copy_data(data, other);
    standby = keeper_start(self, other);
    wait_for_standby(m, other);
    int64_t from = now_us();
    keeper_kill(keeper);
    figure("start", "takeover", until_answer(from), "s", "limit", 5, true);
    keeper_kill(standby);
    usleep(3500000); /* its lease */
    remove_snapshots(m->path);
    from = now_us();
    keeper = keeper_start(self, data);
    figure("start", "first_answer_whole", until_answer(from), "s", "limit", 60, true);
    keeper_kill(keeper);
    if (getenv("HY_BENCH_REFILL")) {
        freeReplyObject(ASK("FLUSHALL"));
        from = now_us();
        keeper = keeper_start(self, data);
        figure("start", "refill", until_answer(from), "s", "limit", 120, true);
        keeper_kill(keeper);
    }
}

int main(int argc, char **argv)
{
    struct maker m = {0};
    const char *size = getenv("HY_BENCH_ENTRIES");
    int64_t entries = ENTRIES;

    (void)argc;
    if (size && !hy_str_to_i64(hy_str(size), &entries))
        return 2;
    redis_server_start(&server);
    connect_redis();
    snprintf(m.dir, sizeof(m.dir), "%s/data", server.dir);
    mkdir(m.dir, 0700);
    snprintf(m.dir, sizeof(m.dir), "%s/data/journal", server.dir);
    mkdir(m.dir, 0700);
    snprintf(m.path, sizeof(m.path), "%s/data/journal/qingxi.jsonl", server.dir);
    make(&m, entries);
    measure(argv[0], &m);
    hy_rules_free(m.rules);
    hy_redis_sync_close(redis);
    redis_server_end(&server);
    return 0;
}
