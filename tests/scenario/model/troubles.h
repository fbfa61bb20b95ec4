/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that breaks, with how often; and mending it again. */
#pragma once
#include "tests/scenario/model/world.h"

#include <dirent.h>

static inline const char *mirror_of(const struct world *w, int keeper)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/journal/%s.jsonl", w->keepers[keeper].data, w->p.office);
    return path;
}

static inline off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? 0 : st.st_size;
}

/* As a disk that is full from the next bytes on: writes are cut short, then fail. */
static inline void limit_files(pid_t pid, off_t size)
{
    struct rlimit l = {.rlim_cur = size < 0 ? RLIM_INFINITY : (rlim_t)size,
                       .rlim_max = RLIM_INFINITY};

    if (pid)
        prlimit(pid, RLIMIT_FSIZE, &l, NULL);
}

static inline void break_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    keeper_kill(&w->keepers[i], SIGKILL);
    w->frozen[i] = false;
    w->p.keeper_kills++;
}

static inline void break_both_keepers(struct world *w)
{
    for (int i = 0; i < KEEPERS; i++) {
        keeper_kill(&w->keepers[i], SIGKILL);
        w->frozen[i] = false;
        w->p.keeper_kills++;
    }
}

static inline void break_redis(struct world *w)
{
    redis_server_kill(&w->p.redis);
    w->p.redis_kills++;
}

static inline void break_reply(struct world *w)
{
    w->proxy.faults->cut_after = (long)random_below(&w->p, 4000);
}

static inline void break_speed(struct world *w)
{
    w->proxy.faults->delay_ms = 20 + (int)random_below(&w->p, 400);
}

static inline void freeze_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    if (w->keepers[i].pid == 0)
        return;
    kill(w->keepers[i].pid, SIGSTOP);
    w->frozen[i] = true;
}

static inline char *newest_log(const struct world *w)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", w->p.redis.dir);
    char *found = NULL;
    DIR *d = opendir(dir);

    for (struct dirent *e; d && (e = readdir(d));)
        if (strstr(e->d_name, ".incr.aof")) {
            free(found);
            found = hy_xasprintf("%s/%s", dir, e->d_name);
        }
    if (d)
        closedir(d);
    return found;
}

static inline void fill_disk_of_redis(struct world *w)
{
    HY_CLEANUP(hy_freep) char *path = newest_log(w);

    if (path && w->p.redis.pid)
        limit_files(w->p.redis.pid, size_of(path) + (off_t)random_below(&w->p, 20000));
}

static inline void fill_disk_of_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    limit_files(w->keepers[i].pid, size_of(mirror_of(w, i)) + (off_t)random_below(&w->p, 20000));
}

/* What the delivery has said of its messages and no keeper has written down yet goes with the data, and
 * these are sent again.  How many these are is the keepers' backlog, which no constant bounds: a large
 * office on a loaded machine had 31 more than the 16 that are on their way. */
static inline void count_lost_receipts(struct world *w)
{
    struct hy_redis_sync *c = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    if (hy_redis_sync_open(w->p.redis.url, &c, &err) == HY_OK &&
        hy_redis_sync_cmd(c, &r, &err, "XLEN %s", key(&w->p, "cmd")) == HY_OK)
        w->lost_receipts += (size_t)r->integer;
    freeReplyObject(r);
    hy_redis_sync_close(c);
}

static inline void wipe_redis(struct world *w)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", w->p.redis.dir);

    count_lost_receipts(w);
    redis_server_kill(&w->p.redis);
    w->wipes++;
    nftw(dir, redis_server_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void break_deliver(struct world *w)
{
    deliver_kill(&w->outside);
}

static inline void break_board(struct world *w)
{
    desk_kill(&w->desk.board);
}

static inline void break_agent(struct world *w)
{
    desk_kill(&w->desk.agent);
}

static inline void gateway_refuses(struct world *w)
{
    w->outside.faults->refuse += 1 + (int)random_below(&w->p, 30);
}

static inline void gateway_cuts(struct world *w)
{
    w->outside.faults->cut += 1 + (int)random_below(&w->p, 3);
}

static inline void gateway_slow(struct world *w)
{
    w->outside.faults->slow_ms = 10 + (int)random_below(&w->p, 200);
}

static inline void jump_ahead(struct world *w)
{
    move_clock(w, (int64_t)(1 + random_below(&w->p, 5)) * HY_HOUR_MS);
}

static inline void settle(struct world *w);

/* What is under way carries times of before; and the keeper has its say before the clock goes on:
 * between two questions it has looked at the clock. */
static inline void set_back(struct world *w, int64_t ms)
{
    settle(w);
    hy_vec_push(&w->turns, ((struct turn){w->p.now.ms - ms,
                                          (size_t)ask_number(&w->p, "XLEN", "notices"), false}));
    move_clock(w, -ms);
    settle(w);
    settle(w);
}

static inline void jump_back(struct world *w)
{
    set_back(w, (int64_t)(1 + random_below(&w->p, 90)) * HY_MINUTE_MS);
}

static inline int attend_all(struct world *w);

/* A day ahead, or hours; the office works by that clock for a while, and then it is put right. */
static inline void there_and_back(struct world *w)
{
    int64_t ahead = (int64_t)(2 + random_below(&w->p, 29)) * HY_HOUR_MS;

    settle(w); /* the delivery sends nothing that is a day old */
    move_clock(w, ahead);
    for (uint32_t n = random_below(&w->p, 4); n > 0; n--) {
        attend_all(w);
        move_clock(w, (int64_t)(1 + random_below(&w->p, 5)) * HY_MINUTE_MS);
    }
    set_back(w, ahead);
}

static struct trouble {
    const char *name;
    void (*cause)(struct world *w);
    uint32_t weight;
    int times;
} troubles[] = {
    {"keeper killed", break_keeper, 8, 0},
    {"both keepers killed", break_both_keepers, 3, 0},
    {"Redis killed", break_redis, 5, 0},
    {"reply cut off", break_reply, 8, 0},
    {"Redis slow", break_speed, 3, 0},
    {"keeper frozen", freeze_keeper, 3, 0},
    {"disk of Redis full", fill_disk_of_redis, 2, 0},
    {"disk of a keeper full", fill_disk_of_keeper, 3, 0},
    {"Redis' data wiped", wipe_redis, 2, 0},
    {"delivery killed", break_deliver, 5, 0},
    {"board killed", break_board, 4, 0},
    {"desktop agent killed", break_agent, 4, 0},
    {"gateway refuses", gateway_refuses, 2, 0},
    {"gateway breaks off", gateway_cuts, 3, 0},
    {"gateway slow", gateway_slow, 2, 0},
    {"clock ahead by hours", jump_ahead, 2, 0},
    {"clock back by minutes", jump_back, 2, 0},
    {"clock hours ahead and back", there_and_back, 1, 0},
};

static inline void cause_trouble(struct world *w)
{
    uint32_t sum = 0, at;

    for (size_t i = 0; i < HY_COUNT(troubles); i++)
        sum += troubles[i].weight;
    at = random_below(&w->p, sum);
    for (size_t i = 0; i < HY_COUNT(troubles); i++) {
        if (at >= troubles[i].weight) {
            at -= troubles[i].weight;
            continue;
        }
        troubles[i].times++;
        if (w->verbose)
            print_message("%lld min: %s\n", (long long)(w->p.now.ms / 60000), troubles[i].name);
        troubles[i].cause(w);
        return;
    }
}

/* ---- the supervisor's part: who is dead is started again ---- */

static inline void show_log(const struct world *w)
{
    HY_CLEANUP(hy_freep) char *command =
        hy_xasprintf("tail -n 40 %s/keep.log >&2", w->p.redis.dir);
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static inline void mend_redis(struct world *w)
{
    int status;

    if (w->p.redis.pid && waitpid(w->p.redis.pid, &status, WNOHANG) == w->p.redis.pid) {
        w->redis_full_deaths++; /* it ends itself when it cannot write its log */
        w->p.redis.pid = 0;
    }
    if (w->p.redis.pid == 0)
        redis_server_again(&w->p.redis);
}

static inline void mend_keepers(struct world *w)
{
    int status;

    for (int i = 0; i < KEEPERS; i++) {
        struct keeper *k = &w->keepers[i];
        if (k->pid && waitpid(k->pid, &status, WNOHANG) == k->pid) {
            show_log(w);
            fail_msg("a keeper ended by itself, status %d", status);
        }
        if (k->pid == 0)
            keeper_start(&w->p, k);
    }
}

static inline void mend_outside(struct world *w)
{
    int status;

    w->outside.faults->slow_ms = w->outside.faults->refuse = w->outside.faults->cut = 0;
    if (w->outside.deliver && waitpid(w->outside.deliver, &status, WNOHANG) == w->outside.deliver)
        fail_msg("the delivery ended by itself, status %d", status);
    if (w->outside.deliver == 0)
        deliver_start(&w->p, &w->outside);
}

static inline bool ended(pid_t *pid, int *ret_status)
{
    return *pid && waitpid(*pid, ret_status, WNOHANG) == *pid;
}

static inline void mend_desk(struct world *w)
{
    int status;

    if (!w->with_desk)
        return;
    if (ended(&w->desk.board, &status))
        fail_msg("the board ended by itself, status %d", status);
    if (ended(&w->desk.agent, &status))
        fail_msg("the desktop agent ended by itself, status %d", status);
    if (w->desk.board == 0)
        board_start(&w->p, &w->desk);
    if (w->desk.agent == 0)
        agent_start(&w->p, &w->desk);
}

static inline void mend_some(struct play *p)
{
    (void)p;
    mend_redis(&world);
}

/* Everything is well again. */
static inline void mend_all(struct world *w)
{
    w->proxy.faults->delay_ms = 0;
    w->proxy.faults->cut_after = -1;
    for (int i = 0; i < KEEPERS; i++) {
        if (w->frozen[i] && w->keepers[i].pid)
            kill(w->keepers[i].pid, SIGCONT);
        w->frozen[i] = false;
        limit_files(w->keepers[i].pid, -1);
    }
    limit_files(w->p.redis.pid, -1);
    mend_redis(w);
    mend_keepers(w);
    mend_outside(w);
    mend_desk(w);
}
