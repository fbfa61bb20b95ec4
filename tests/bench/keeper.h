/* SPDX-License-Identifier: Apache-2.0 */
/* What benches of the keeper share: starting one on a Redis of its own, asking that Redis, and the
 * line of a figure. */
#pragma once
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "tests/unit/redis_server.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct redis_server server;
static struct hy_redis_sync *redis;

static inline int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline redisReply *ask(int argc, const char *const *argv)
{
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    if (hy_redis_sync_cmdv(redis, &r, &err, argc, (const char **)argv, NULL) < 0) {
        fprintf(stderr, "bench: %s\n", err.msg);
        exit(1);
    }
    return r;
}
#define ASK(...) ask((int)HY_COUNT(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})

static inline int64_t number(redisReply *r)
{
    int64_t n = r->integer;

    freeReplyObject(r);
    return n;
}

static inline void connect_redis(void)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_redis_sync_open(server.url, &redis, &err) < 0) {
        fprintf(stderr, "bench: %s\n", err.msg);
        exit(1);
    }
}

/* The program of the same build, or the one that HUIYING names. */
static inline pid_t keeper_start(const char *self, const char *data)
{
    char path[PATH_MAX];
    const char *named = getenv("HUIYING"), *slash = strrchr(self, '/');
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(path, sizeof(path), "%.*s/../huiying", slash ? (int)(slash - self) : 1,
             slash ? self : ".");
    execl(named ? named : path, "huiying", "keep", "-c", "tests/scenario/rules/sample", "--redis", server.url,
          "--data", data, (char *)NULL);
    perror(path);
    _exit(127);
}

static inline void keeper_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* `less`: smaller is better. */
static inline void figure(const char *bench, const char *metric, double ours, const char *unit,
                          const char *peer, double theirs, bool less)
{
    printf("{\"bench\":\"%s\",\"metric\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"peer\":\"%s\","
           "\"peer_value\":%.3f,\"ratio\":%.2f}\n",
           bench, metric, ours, unit, peer, theirs, less ? theirs / ours : ours / theirs);
    fflush(stdout);
}
