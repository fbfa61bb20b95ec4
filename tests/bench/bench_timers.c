/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: the real keeper on a Redis that syncs every write, with a million others pending.
 *
 * - lateness: SPREAD incidents have a reminder due in SECONDS consecutive seconds; measured from
 *   the due time to the moment a reader of the notices has it, so with decision, journal, mirror
 *   with fsync and commit.
 *   Clocks end at whole seconds, so SPREAD / SECONDS of them are due at once, and the last waits for
 *   the others;
 * - lateness_alone: the same with ALONE of them due one after the other, so what one timer takes;
 * - fires per second: BURST incidents have one due in the same instant.
 *
 * Three limits are measured in the same run on the same machine: two syncs of the disk, which a timer
 * waits for whatever decides it ("two-syncs"), and on the same Redis what it takes when it is given the same
 * bytes in scripts of as many timers, with nobody deciding anything ("same-bytes"), and when each timer
 * is only taken out and its id written to a stream ("claim-only", what the goal was measured with).
 *
 * The peers have as many pending on the same Redis, one after the other: BullMQ and Sidekiq
 * (tests/bench/timers/), and what people write first, a poller that takes one due member at a time
 * by ZPOPMIN every POLL_MS and writes it to a stream.  None of them decides anything or keeps a
 * journal; a job of theirs counts as soon as a worker has it.  HY_BENCH_ALONE measures ours only, to
 * profile it. */
#include "core/vec.h"
#include "tests/bench/keeper.h"

#include <fcntl.h>

enum {
    PENDING = 1000000,
    ALONE = 200, /* one after the other, before the others */
    APART_MS = 47,
    SPREAD = 400,
    SECONDS = 8,
    BURST = 2000,
    ALONE_S = (ALONE * APART_MS + 999) / 1000 + 1,
    AHEAD_S = 30 + ALONE_S, /* time to set everything up */
    POLL_MS = 100,
    STEP_H = 3, /* left-2h of five hours */
};
#define OFFICE "hy:{qingxi}:"
static const char timers[] = OFFICE "timers", peer_timers[] = "peer:timers";

/* ---- what is measured ---- */

struct fired {
    HY_VEC(double) spread_ms, alone_ms; /* lateness of each */
    double burst_ms;                  /* of the last one */
    int burst;
    pid_t keeper;
    double spent_us; /* by the keeper in the burst, once all of it is there */
};

/* Processor time of a process, which does not ask how busy the machine is. */
static double spent_us(pid_t pid)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("/proc/%d/schedstat", (int)pid);
    FILE *f = fopen(path, "r");
    double ns = 0;

    if (f == NULL || fscanf(f, "%lf", &ns) != 1)
        fprintf(stderr, "bench_timers: %s cannot be read\n", path);
    if (f)
        fclose(f);
    return ns / 1000;
}

static void note(struct fired *f, int64_t due_ms, int64_t burst_at_ms)
{
    double late = (double)(now_us() - due_ms * 1000) / 1000;

    if (due_ms < burst_at_ms - (SECONDS + 1) * 1000) {
        hy_vec_push(&f->alone_ms, late);
    } else if (due_ms < burst_at_ms) {
        hy_vec_push(&f->spread_ms, late);
    } else {
        f->burst++;
        f->burst_ms = HY_MAX(f->burst_ms, late);
    }
}

static bool is_complete(const struct fired *f)
{
    return f->spread_ms.n == SPREAD && f->burst == BURST;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Of a hundred, sorted by then. */
static double percentile(double *v, size_t n, size_t of_100)
{
    qsort(v, n, sizeof(double), ascending);
    return v[n * of_100 / 100];
}

static double fires_per_s(const struct fired *f)
{
    return BURST / f->burst_ms * 1000;
}

/* ---- pending ---- */

/* In batches, far in the future. */
static void add_pending(const char *key)
{
    enum { BATCH = 500 };
    static char text[2 * BATCH][48];
    const char *argv[2 + 2 * BATCH] = {"ZADD", key};

    for (int n = 0; n < PENDING; n += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            snprintf(text[2 * i], sizeof(text[0]), "%lld", 4000000000000LL + n + i);
            snprintf(text[2 * i + 1], sizeof(text[0]), "I20990101-%06d/H5/left-1h", n + i);
        }
        for (int i = 0; i < 2 * BATCH; i++)
            argv[2 + i] = text[i];
        freeReplyObject(ask((int)HY_COUNT(argv), argv));
    }
}

/* Half a minute's worth of commands has doubled Redis' log, so that it writes it anew some time soon.
 * That takes a second once a day of real life; not in the seconds that are measured. */
static void rewrite_log(void)
{
    freeReplyObject(ASK("BGREWRITEAOF"));
    for (bool busy = true; busy;) {
        usleep(50000);
        redisReply *r = ASK("INFO", "persistence");
        busy = strstr(r->str, "aof_rewrite_in_progress:1") || strstr(r->str, "aof_rewrite_scheduled:1");
        freeReplyObject(r);
    }
}

static double bytes_per_timer(const char *key)
{
    int64_t bytes = number(ASK("MEMORY", "USAGE", key, "SAMPLES", "0"));

    return (double)bytes / (double)number(ASK("ZCARD", key));
}

/* ---- ours ---- */

/* An incident whose reminder is due at `due`. */
static void send_hit(int n, hy_wall due)
{
    char published[HY_TIME_SIZE], id[32];

    snprintf(id, sizeof(id), "item%d", n);
    hy_wall_format(hy_wall_add_ms(due, -STEP_H * HY_HOUR_MS), HY_CST, published);
    json_t *hit =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", id, "url",
                  "http://a.cn/", "source", "x", "title", id, "text", "文字", "hash", id,
                  "published", published, "fetched", published, "published_precision", "second",
                  "score", "alert", "alert", "emergency", 90, "level", 2);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(hit);
    freeReplyObject(ASK("XADD", OFFICE "hits", "*", "hit", text));
    json_decref(hit);
}

static void take_notice(const redisReply *entry, struct fired *f, int64_t burst_at_ms)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *notice = NULL;

    if (hy_json_parse(hy_reply_field(entry->element[1], "notice"), &notice, &err) == HY_OK &&
        hy_str_is(hy_json_str(notice, "step"), "left-2h"))
        note(f, hy_json_time(notice, "due").ms, burst_at_ms);
}

static void read_notices(struct fired *f, int64_t burst_at_ms)
{
    char last[48] = "0-0";
    double before_us = 0;

    while (!is_complete(f)) {
        if (f->burst == 0)
            before_us = spent_us(f->keeper);
        redisReply *r =
            ASK("XREAD", "COUNT", "1000", "BLOCK", "1000", "STREAMS", OFFICE "notices", last);
        const redisReply *entries = r->type == REDIS_REPLY_ARRAY ? r->element[0]->element[1] : NULL;
        for (size_t i = 0; entries && i < entries->elements; i++) {
            take_notice(entries->element[i], f, burst_at_ms);
            snprintf(last, sizeof(last), "%s", entries->element[i]->element[0]->str);
        }
        freeReplyObject(r);
        f->spent_us = spent_us(f->keeper) - before_us;
        if (now_us() / 1000 > burst_at_ms + 60000) {
            fprintf(stderr, "bench_timers: reminders are missing\n");
            exit(1);
        }
    }
}

/* ---- limits ---- */

/* The keeper's script without its guard: operations, each with its number of arguments before it. */
static struct hy_script ops_script = {.text = "local i = 1\n"
                                              "while i <= #ARGV do\n"
                                              "  local n = tonumber(ARGV[i])\n"
                                              "  redis.call(unpack(ARGV, i + 1, i + n))\n"
                                              "  i = i + n + 1\n"
                                              "end\n"
                                              "return 1\n"};

static void op(struct hy_wire *w, int n, const struct hy_str *args)
{
    hy_wire_int(w, n);
    for (int i = 0; i < n; i++)
        hy_wire_arg(w, args[i]);
}
#define OP(w, ...)                                                                                 \
    op(w, (int)HY_COUNT(((const struct hy_str[]){__VA_ARGS__})),                                   \
       (const struct hy_str[]){__VA_ARGS__})

/* What the keeper writes of one timer. */
struct bytes {
    char *document, *line, *notice;
};

static char *newest(const char *stream, const char *field)
{
    redisReply *r = ASK("XREVRANGE", stream, "+", "-", "COUNT", "1");
    char *text = hy_str_dup(hy_reply_field(r->element[0]->element[1], field));

    freeReplyObject(r);
    return text;
}

static struct bytes sample(void)
{
    struct bytes b = {.line = newest(OFFICE "journal", "e"), .notice = newest(OFFICE "notices", "notice")};
    struct hy_str incident = hy_json_peek_str(hy_str(b.notice), HY_STR("incident"));
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf(OFFICE "incident:" HY_STR_FMT, HY_STR_ARG(incident));
    redisReply *r = ASK("GET", key);

    b.document = hy_str_dup(hy_reply_str(r));
    freeReplyObject(r);
    return b;
}

static void write_same(struct hy_wire *w, const struct bytes *b, const char *member)
{
    const struct hy_str doc = hy_str(b->document), notice = hy_str(b->notice), star = HY_STR("*"),
                        feed = HY_STR("limit:feed"), data = HY_STR("data"), add = HY_STR("XADD");
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("limit:incident:%s", member);

    OP(w, add, HY_STR("limit:journal"), star, HY_STR("e"), hy_str(b->line));
    OP(w, add, HY_STR("limit:notices"), star, HY_STR("notice"), notice);
    OP(w, add, feed, HY_STR("MAXLEN"), HY_STR("~"), HY_STR("20000"), star, data, notice);
    OP(w, HY_STR("SET"), hy_str(key), doc);
    OP(w, add, feed, HY_STR("MAXLEN"), HY_STR("~"), HY_STR("20000"), star, data, hy_str(member));
    OP(w, HY_STR("ZREM"), HY_STR("limit:timers"), hy_str(member));
}

static void write_claim(struct hy_wire *w, const char *member)
{
    OP(w, HY_STR("ZREM"), HY_STR("limit:timers"), hy_str(member));
    OP(w, HY_STR("XADD"), HY_STR("limit:fired"), HY_STR("*"), HY_STR("id"), hy_str(member));
}

/* Timers a second; `b` NULL: only the claim. */
static double limit(const struct bytes *b, int timers_n, int batch)
{
    char score[32], member[48];

    for (int n = 0; n < timers_n; n++) {
        snprintf(score, sizeof(score), "%d", n);
        snprintf(member, sizeof(member), "I20261123-%06d/H5/left-2h", n);
        freeReplyObject(ASK("ZADD", "limit:timers", score, member));
    }
    int64_t from = now_us();
    for (int n = 0; n < timers_n; n += batch) {
        HY_CLEANUP(hy_wire_release) struct hy_wire w = HY_WIRE_INIT;
        struct hy_err err = HY_ERR_INIT;
        redisReply *r = NULL;
        for (int i = n; i < n + batch && i < timers_n; i++) {
            snprintf(member, sizeof(member), "I20261123-%06d/H5/left-2h", i);
            if (b)
                write_same(&w, b, member);
            else
                write_claim(&w, member);
        }
        if (hy_redis_sync_eval(redis, &ops_script, &r, &err, 0, 0, NULL, &w) < 0) {
            fprintf(stderr, "bench_timers: %s\n", err.msg);
            exit(1);
        }
        freeReplyObject(r);
    }
    return timers_n * 1e6 / (double)(now_us() - from);
}

static void compare_limits(double ours)
{
    struct bytes b = sample();

    fprintf(stderr, "bench_timers: a timer writes a line of %zu bytes, a notice of %zu, a document of %zu\n",
            strlen(b.line), strlen(b.notice), strlen(b.document));
    figure("timers", "fires_s", ours, "1/s", "same-bytes", limit(&b, BURST, 128), false);
    figure("timers", "fires_s", ours, "1/s", "claim-only", limit(NULL, 20 * BURST, 1000), false);
    free(b.line);
    free(b.notice);
    free(b.document);
}

/* What a timer that is alone waits for whatever the program does, with the same bytes on the same disk:
 * its line in the mirror and its script in Redis' log, each synced, one after the other. */
static double two_syncs_ms(size_t of_100)
{
    enum { LINE = 2500, SCRIPT = 9000 };
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/syncs", server.dir);
    static char bytes[SCRIPT];
    double took[ALONE];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    memset(bytes, 'x', sizeof(bytes));
    for (int n = 0; n < ALONE; n++) {
        int64_t from = now_us();
        if (write(fd, bytes, LINE) != LINE || fdatasync(fd) < 0 ||
            write(fd, bytes, SCRIPT) != SCRIPT || fdatasync(fd) < 0) {
            perror(path);
            exit(1);
        }
        took[n] = (double)(now_us() - from) / 1000;
        usleep(20000);
    }
    close(fd);
    return percentile(took, ALONE, of_100);
}

/* NUMBERS asks for a millisecond, or where the disk is slow for two syncs and a fifth of one. */
static void compare_alone(struct fired *f)
{
    double p50 = percentile(f->alone_ms.v, ALONE, 50), p99 = percentile(f->alone_ms.v, ALONE, 99);
    double syncs = two_syncs_ms(99);

    figure("timers", "lateness_alone_p50", p50, "ms", "two-syncs", two_syncs_ms(50), true);
    figure("timers", "lateness_alone_p99", p99, "ms", "two-syncs", syncs, true);
    figure("timers", "lateness_alone_p99", p99, "ms", "goal", HY_MAX(1., syncs + .2), true);
}

/* ---- the peer ---- */

static bool take_one(struct fired *f, int64_t burst_at_ms)
{
    redisReply *r = ASK("ZPOPMIN", peer_timers);
    int64_t due;

    if (!hy_str_to_i64(hy_reply_str(r->element[1]), &due) || due > now_us() / 1000) {
        freeReplyObject(ASK("ZADD", peer_timers, r->element[1]->str, r->element[0]->str));
        freeReplyObject(r);
        return false;
    }
    freeReplyObject(ASK("XADD", "peer:notices", "*", "notice", r->element[0]->str));
    freeReplyObject(r);
    note(f, due, burst_at_ms);
    return true;
}

static void add_peer_timer(int n, int64_t due_ms)
{
    char score[32], member[32];

    snprintf(score, sizeof(score), "%lld", (long long)due_ms);
    snprintf(member, sizeof(member), "job%d", n);
    freeReplyObject(ASK("ZADD", peer_timers, score, member));
}

static void run_peer(struct fired *f)
{
    int64_t start = (now_us() / 1000000 + 3) * 1000;

    for (int n = 0; n < SPREAD; n++)
        add_peer_timer(n, start + n % SECONDS * 1000);
    for (int n = 0; n < BURST; n++)
        add_peer_timer(SPREAD + n, start + (SECONDS + 1) * 1000);
    while (!is_complete(f))
        if (!take_one(f, start + (SECONDS + 1) * 1000))
            usleep(POLL_MS * 1000);
}

/* ---- all of it ---- */

static void run_ours(const char *self, struct fired *f, double *ret_bytes)
{
    char data[128];
    snprintf(data, sizeof(data), "%s/data", server.dir);
    pid_t keeper = f->keeper = keeper_start(self, data);
    hy_wall start = {(now_us() / 1000000 + AHEAD_S) * 1000};
    hy_wall burst = hy_wall_add_ms(start, (SECONDS + 1) * HY_SECOND_MS);

    for (int n = 0; n < ALONE; n++)
        send_hit(SPREAD + BURST + n, hy_wall_add_ms(start, -ALONE_S * HY_SECOND_MS + n * APART_MS));
    for (int n = 0; n < SPREAD; n++)
        send_hit(n, hy_wall_add_ms(start, n % SECONDS * HY_SECOND_MS));
    for (int n = 0; n < BURST; n++)
        send_hit(SPREAD + n, burst);
    while (number(ASK("XLEN", OFFICE "hits")) > 0)
        usleep(20000);
    add_pending(timers);
    rewrite_log();
    *ret_bytes = bytes_per_timer(timers);
    if (now_us() / 1000 >= start.ms - ALONE_S * HY_SECOND_MS) {
        fprintf(stderr, "bench_timers: this machine needs more than %d s to prepare\n", AHEAD_S - ALONE_S);
        exit(1);
    }
    read_notices(f, burst.ms);
    keeper_kill(keeper);
}

/* Each peer begins with an empty one. */
static void fresh_redis(void)
{
    hy_redis_sync_close(redis);
    redis_server_end(&server);
    redis_server_start(&server);
    connect_redis();
}

static FILE *start_program(const char *command, pid_t *ret)
{
    HY_CLEANUP(hy_freep)
    char *line = hy_xasprintf("exec %s %s/redis.sock %d %d %d %d", command, server.dir, PENDING,
                              SPREAD, SECONDS, BURST);
    int ends[2];

    if (pipe(ends) < 0 || (*ret = fork()) < 0)
        exit(1);
    if (*ret == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    return fdopen(ends[0], "r");
}

/* A peer that is a program of its own says its figures as one JSON line; NULL: it said nothing. */
static json_t *run_program(const char *command)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *figures = NULL;
    char text[1024];
    pid_t pid;

    fresh_redis();
    FILE *f = start_program(command, &pid);
    if (fgets(text, sizeof(text), f) == NULL || hy_json_parse(hy_str(text), &figures, &err) < 0)
        fprintf(stderr, "bench_timers: MISSING: %s gave no figures; what it needs is in ./dev\n", command);
    fclose(f);
    waitpid(pid, NULL, 0);
    return figures;
}

struct figures {
    double lateness_p99, fires_s, bytes;
};

static void compare(const struct figures *ours, const char *peer, const struct figures *theirs)
{
    figure("timers", "lateness_p99", ours->lateness_p99, "ms", peer, theirs->lateness_p99, true);
    figure("timers", "fires_s", ours->fires_s, "1/s", peer, theirs->fires_s, false);
    figure("timers", "bytes_per_timer", ours->bytes, "B", peer, theirs->bytes, true);
}

/* False: the peer is missing. */
static bool compare_program(const struct figures *ours, const char *peer, const char *command)
{
    HY_CLEANUP(hy_json_freep) json_t *f = run_program(command);

    if (f)
        compare(ours, peer,
                &(struct figures){json_number_value(json_object_get(f, "lateness_p99")),
                                  json_number_value(json_object_get(f, "fires_s")),
                                  json_number_value(json_object_get(f, "bytes_per_timer"))});
    return f != NULL;
}

int main(int argc, char **argv)
{
    struct fired fired = {0}, poller = {0};
    struct figures ours, naive;

    (void)argc;
    redis_server_start(&server);
    connect_redis();
    run_ours(argv[0], &fired, &ours.bytes);
    ours.lateness_p99 = percentile(fired.spread_ms.v, SPREAD, 99);
    ours.fires_s = fires_per_s(&fired);
    fprintf(stderr,
            "bench_timers: median %.2f ms late; a fire takes the keeper %.0f us of processor time\n",
            fired.spread_ms.v[SPREAD / 2], fired.spent_us / BURST);
    compare(&ours, "goal", &(struct figures){1, 120000, 260});
    compare_alone(&fired);
    compare_limits(ours.fires_s);
    if (getenv("HY_BENCH_ALONE")) {
        redis_server_end(&server);
        return 0;
    }
    bool all = compare_program(&ours, "bullmq", "node tests/bench/timers/bullmq.mjs");
    all &= compare_program(&ours, "sidekiq", "ruby tests/bench/timers/sidekiq.rb");
    fresh_redis();
    add_pending(peer_timers);
    naive.bytes = bytes_per_timer(peer_timers);
    run_peer(&poller);
    naive.lateness_p99 = percentile(poller.spread_ms.v, SPREAD, 99);
    naive.fires_s = fires_per_s(&poller);
    compare(&ours, "zpopmin-poller-100ms", &naive);
    hy_vec_release(&fired.spread_ms);
    hy_vec_release(&fired.alone_ms);
    hy_vec_release(&poller.spread_ms);
    hy_redis_sync_close(redis);
    redis_server_end(&server);
    return all ? 0 : 1;
}
