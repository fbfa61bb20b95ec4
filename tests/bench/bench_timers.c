/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: the real keeper on a Redis that syncs every write, with a million others pending.
 *
 * - lateness: SPREAD incidents have a reminder due in SECONDS consecutive seconds; measured from
 *   the due time to the moment a reader of the notices has it, so with decision, journal, mirror
 *   with fsync and commit.
 * - fires per second: BURST incidents have one due in the same instant.
 *
 * The peers have as many pending on the same Redis, one after the other: BullMQ and Sidekiq
 * (tests/bench/timers/), and what people write first, a poller that takes one due member at a time
 * by ZPOPMIN every POLL_MS and writes it to a stream.  None of them decides anything or keeps a
 * journal; a job of theirs counts as soon as a worker has it.  HY_BENCH_ALONE measures ours only, to
 * profile it. */
#include "core/vec.h"
#include "tests/bench/keeper.h"

enum {
    PENDING = 1000000,
    SPREAD = 400,
    SECONDS = 8,
    BURST = 2000,
    AHEAD_S = 30, /* time to set everything up */
    POLL_MS = 100,
    STEP_H = 3, /* left-2h of five hours */
};
#define OFFICE "hy:{qingxi}:"
static const char timers[] = OFFICE "timers", peer_timers[] = "peer:timers";

/* ---- what is measured ---- */

struct fired {
    HY_VEC(double) spread_ms; /* lateness of each */
    double burst_ms;          /* of the last one */
    int burst;
};

static void note(struct fired *f, int64_t due_ms, int64_t burst_at_ms)
{
    double late = (double)(now_us() - due_ms * 1000) / 1000;

    if (due_ms != burst_at_ms) {
        hy_vec_push(&f->spread_ms, late);
        return;
    }
    f->burst++;
    f->burst_ms = HY_MAX(f->burst_ms, late);
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

static double p99(struct fired *f)
{
    qsort(f->spread_ms.v, f->spread_ms.n, sizeof(double), ascending);
    return f->spread_ms.v[f->spread_ms.n * 99 / 100];
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

    while (!is_complete(f)) {
        redisReply *r =
            ASK("XREAD", "COUNT", "1000", "BLOCK", "1000", "STREAMS", OFFICE "notices", last);
        const redisReply *entries = r->type == REDIS_REPLY_ARRAY ? r->element[0]->element[1] : NULL;
        for (size_t i = 0; entries && i < entries->elements; i++) {
            take_notice(entries->element[i], f, burst_at_ms);
            snprintf(last, sizeof(last), "%s", entries->element[i]->element[0]->str);
        }
        freeReplyObject(r);
        if (now_us() / 1000 > burst_at_ms + 60000) {
            fprintf(stderr, "bench_timers: reminders are missing\n");
            exit(1);
        }
    }
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
    pid_t keeper = keeper_start(self, data);
    hy_wall start = {(now_us() / 1000000 + AHEAD_S) * 1000};
    hy_wall burst = hy_wall_add_ms(start, (SECONDS + 1) * HY_SECOND_MS);

    for (int n = 0; n < SPREAD; n++)
        send_hit(n, hy_wall_add_ms(start, n % SECONDS * HY_SECOND_MS));
    for (int n = 0; n < BURST; n++)
        send_hit(SPREAD + n, burst);
    while (number(ASK("XLEN", OFFICE "hits")) > 0)
        usleep(20000);
    add_pending(timers);
    *ret_bytes = bytes_per_timer(timers);
    if (now_us() / 1000 >= start.ms) {
        fprintf(stderr, "bench_timers: this machine needs more than %d s to prepare\n", AHEAD_S);
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
        fprintf(stderr, "bench_timers: no figures from %s\n", command);
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

static void compare_program(const struct figures *ours, const char *peer, const char *command)
{
    HY_CLEANUP(hy_json_freep) json_t *f = run_program(command);

    if (f)
        compare(ours, peer,
                &(struct figures){json_number_value(json_object_get(f, "lateness_p99")),
                                  json_number_value(json_object_get(f, "fires_s")),
                                  json_number_value(json_object_get(f, "bytes_per_timer"))});
}

int main(int argc, char **argv)
{
    struct fired fired = {0}, poller = {0};
    struct figures ours, naive;

    (void)argc;
    redis_server_start(&server);
    connect_redis();
    run_ours(argv[0], &fired, &ours.bytes);
    ours.lateness_p99 = p99(&fired);
    ours.fires_s = fires_per_s(&fired);
    fprintf(stderr, "bench_timers: median %.2f ms late\n", fired.spread_ms.v[SPREAD / 2]);
    compare(&ours, "goal", &(struct figures){1, 120000, 260});
    if (getenv("HY_BENCH_ALONE"))
        return 0; /* the server dies with us */
    compare_program(&ours, "bullmq", "node tests/bench/timers/bullmq.mjs");
    compare_program(&ours, "sidekiq", "ruby tests/bench/timers/sidekiq.rb");
    fresh_redis();
    add_pending(peer_timers);
    naive.bytes = bytes_per_timer(peer_timers);
    run_peer(&poller);
    naive.lateness_p99 = p99(&poller);
    naive.fires_s = fires_per_s(&poller);
    compare(&ours, "zpopmin-poller-100ms", &naive);
    hy_vec_release(&fired.spread_ms);
    hy_vec_release(&poller.spread_ms);
    hy_redis_sync_close(redis);
    redis_server_end(&server);
    return 0;
}
