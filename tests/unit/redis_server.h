/* SPDX-License-Identifier: Apache-2.0 */
/* A private Redis for one test: unix socket and append-only file in a fresh directory, gone with
 * the test.  Dies with the test process (PDEATHSIG), also when that is killed.
 *
 *     struct redis_server s;
 *     redis_server_start(&s);              s.url is what hy_redis_new() takes
 *     redis_server_signal(&s, SIGSTOP);    freeze; SIGCONT thaws
 *     redis_server_kill(&s);               kill -9 and wait
 *     redis_server_again(&s);              same directory, same socket, same data
 *     redis_server_end(&s);                stop and remove everything */
#pragma once
#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/redis.h"

struct redis_server {
    char dir[64], url[128];
    pid_t pid; /* 0: not running */
};

static inline void redis_server_exec(const struct redis_server *s, pid_t parent)
{
    char path[128];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(path, sizeof(path), "%s/redis.sock", s->dir);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path, "--dir", s->dir,
           "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile", "redis.log",
           "--maxmemory-policy", "noeviction", "--daemonize", "no", (char *)NULL);
    perror("redis-server");
    _exit(127);
}

static inline void redis_server_again(struct redis_server *s)
{
    pid_t parent = getpid();
    struct hy_err err = HY_ERR_INIT;

    s->pid = fork();
    assert(s->pid >= 0);
    if (s->pid == 0)
        redis_server_exec(s, parent);
    for (int i = 0; i < 12000; i++) { /* until it listens and has loaded, perhaps gigabytes */
        struct hy_redis_sync *c = NULL;
        if (hy_redis_sync_open(s->url, &c, &err) == 0) {
            hy_redis_sync_close(c);
            return;
        }
        usleep(10000);
    }
    fprintf(stderr, "redis-server did not start: %s\n", err.msg);
    abort();
}

static inline void redis_server_start(struct redis_server *s)
{
    *s = (struct redis_server){.dir = "/tmp/hy-redis-XXXXXX"};
    if (mkdtemp(s->dir) == NULL)
        abort();
    snprintf(s->url, sizeof(s->url), "unix://%s/redis.sock", s->dir);
    redis_server_again(s);
}

static inline void redis_server_signal(const struct redis_server *s, int signo)
{
    kill(s->pid, signo);
}

static inline void redis_server_kill(struct redis_server *s)
{
    char path[128];

    kill(s->pid, SIGKILL);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    snprintf(path, sizeof(path), "%s/redis.sock", s->dir);
    unlink(path); /* a stale socket would refuse instead of being absent; both are tested */
    s->pid = 0;
}

static inline int redis_server_unlink(const char *path, const struct stat *st, int what,
                                      struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

static inline void redis_server_end(struct redis_server *s)
{
    if (s->pid)
        redis_server_kill(s);
    nftw(s->dir, redis_server_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* One command over a connection of its own; the answer as text (status, string, integer or "").
 * Valid until the next call. */
static inline const char *redis_server_ask(const struct redis_server *s, const char *command)
{
    static char out[1024];
    struct hy_redis_sync *c = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    out[0] = '\0';
    if (hy_redis_sync_open(s->url, &c, &err) < 0 || hy_redis_sync_cmd(c, &r, &err, command) < 0)
        snprintf(out, sizeof(out), "%s", err.msg);
    else if (r->type == REDIS_REPLY_INTEGER)
        snprintf(out, sizeof(out), "%lld", r->integer);
    else
        snprintf(out, sizeof(out), HY_STR_FMT, HY_STR_ARG(hy_reply_str(r)));
    freeReplyObject(r);
    hy_redis_sync_close(c);
    return out;
}
