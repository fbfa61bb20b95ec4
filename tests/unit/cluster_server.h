/* SPDX-License-Identifier: Apache-2.0 */
/* A real Redis Cluster of two masters for one test: the first has the lower half of the slots, the
 * second the upper.  Slots and keys are moved by hand, step by step, so that a test can look at
 * every moment of it.
 *
 *     struct cluster_server c;
 *     cluster_server_start(&c);
 *     cluster_server_open_slot(&c, slot, 0, 1);      migrating from the first to the second
 *     cluster_server_move_key(&c, "hy:{b}:n", 0, 1);
 *     cluster_server_give_slot(&c, slot, 1);         and done
 *     cluster_server_kill(&c, 0); cluster_server_again(&c, 0);
 *     cluster_server_end(&c); */
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/redis_server.h"

struct cluster_server {
    char dir[2][64];
    int port[2];
    pid_t pid[2]; /* 0: not running */
};

/* A free port whose second, 10000 above, is free too: the nodes talk to each other there. */
static inline int cluster_server_free_port(void)
{
    for (int tries = 0; tries < 200; tries++) {
        int port = 20000 + (int)arc4random_uniform(12000), bound = 0, fd[2];
        for (int i = 0; i < 2; i++) {
            struct sockaddr_in at = {.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)(port + i * 10000)),
                                     .sin_addr = {htonl(INADDR_LOOPBACK)}};
            fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            bound += bind(fd[i], (struct sockaddr *)&at, sizeof(at)) == 0;
        }
        close(fd[0]);
        close(fd[1]);
        if (bound == 2)
            return port;
    }
    abort();
}

/* One command to one node, past every router. */
static inline const char *cluster_server_ask(const struct cluster_server *c, int node,
                                             const char *command)
{
    struct redis_server s = {0};

    snprintf(s.url, sizeof(s.url), "redis://127.0.0.1:%d", c->port[node]);
    return redis_server_ask(&s, command);
}

static inline void cluster_server_tell(const struct cluster_server *c, int node,
                                       const char *command)
{
    const char *answer = cluster_server_ask(c, node, command);

    if (strcmp(answer, "OK") != 0) {
        fprintf(stderr, "%s: %s\n", command, answer);
        abort();
    }
}

static inline void cluster_server_exec(const struct cluster_server *c, int node, pid_t parent)
{
    char port[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(port, sizeof(port), "%d", c->port[node]);
    execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--dir",
           c->dir[node], "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no",
           "--cluster-node-timeout", "2000", "--appendonly", "yes", "--appendfsync", "always",
           "--save", "", "--logfile", "redis.log", "--daemonize", "no", (char *)NULL);
    _exit(127);
}

static inline void cluster_server_spawn(struct cluster_server *c, int node)
{
    pid_t parent = getpid();

    c->pid[node] = fork();
    assert(c->pid[node] >= 0);
    if (c->pid[node] == 0)
        cluster_server_exec(c, node, parent);
    for (int i = 0; i < 1000 && strcmp(cluster_server_ask(c, node, "PING"), "PONG") != 0; i++)
        usleep(10000);
}

static inline bool cluster_server_is_ok(const struct cluster_server *c, int node)
{
    const char *info = cluster_server_ask(c, node, "CLUSTER INFO");

    return strstr(info, "cluster_state:ok") && strstr(info, "cluster_slots_assigned:16384");
}

static inline void cluster_server_settle(const struct cluster_server *c)
{
    for (int node = 0; node < 2; node++)
        for (int i = 0; !cluster_server_is_ok(c, node); i++) {
            if (i == 2000)
                abort();
            usleep(10000);
        }
}

static inline void cluster_server_again(struct cluster_server *c, int node)
{
    cluster_server_spawn(c, node);
    cluster_server_settle(c);
}

static inline void cluster_server_start(struct cluster_server *c)
{
    char meet[64];

    *c = (struct cluster_server){0};
    for (int i = 0; i < 2; i++) {
        snprintf(c->dir[i], sizeof(c->dir[i]), "/tmp/hy-cluster-XXXXXX");
        if (mkdtemp(c->dir[i]) == NULL)
            abort();
        c->port[i] = cluster_server_free_port();
        cluster_server_spawn(c, i);
    }
    cluster_server_tell(c, 0, "CLUSTER ADDSLOTSRANGE 0 8191");
    cluster_server_tell(c, 1, "CLUSTER ADDSLOTSRANGE 8192 16383");
    cluster_server_tell(c, 1, "CLUSTER SET-CONFIG-EPOCH 2");
    snprintf(meet, sizeof(meet), "CLUSTER MEET 127.0.0.1 %d", c->port[0]);
    cluster_server_tell(c, 1, meet);
    cluster_server_settle(c);
}

static inline void cluster_server_id(const struct cluster_server *c, int node, char ret[48])
{
    snprintf(ret, 48, "%.47s", cluster_server_ask(c, node, "CLUSTER MYID"));
}

static inline void cluster_server_open_slot(const struct cluster_server *c, int slot, int from,
                                            int to)
{
    char id[48], command[128];

    cluster_server_id(c, from, id);
    snprintf(command, sizeof(command), "CLUSTER SETSLOT %d IMPORTING %s", slot, id);
    cluster_server_tell(c, to, command);
    cluster_server_id(c, to, id);
    snprintf(command, sizeof(command), "CLUSTER SETSLOT %d MIGRATING %s", slot, id);
    cluster_server_tell(c, from, command);
}

static inline void cluster_server_move_key(const struct cluster_server *c, const char *key,
                                           int from, int to)
{
    char command[256];

    snprintf(command, sizeof(command), "MIGRATE 127.0.0.1 %d %s 0 5000", c->port[to], key);
    cluster_server_tell(c, from, command);
}

static inline void cluster_server_give_slot(const struct cluster_server *c, int slot, int to)
{
    char id[48], command[128];

    cluster_server_id(c, to, id);
    snprintf(command, sizeof(command), "CLUSTER SETSLOT %d NODE %s", slot, id);
    cluster_server_tell(c, to, command);
    cluster_server_tell(c, 1 - to, command);
}

static inline void cluster_server_kill(struct cluster_server *c, int node)
{
    kill(c->pid[node], SIGKILL);
    while (waitpid(c->pid[node], NULL, 0) < 0 && errno == EINTR)
        ;
    c->pid[node] = 0;
}

static inline void cluster_server_end(struct cluster_server *c)
{
    for (int i = 0; i < 2; i++) {
        if (c->pid[i])
            cluster_server_kill(c, i);
        nftw(c->dir[i], redis_server_unlink, 16, FTW_DEPTH | FTW_PHYS);
    }
}
