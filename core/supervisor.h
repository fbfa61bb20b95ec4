/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes that must keep running: started, restarted when they die, ended in order.
 *
 * Every child dies with us, even when we are killed with -9 (PR_SET_PDEATHSIG; therefore only the
 * main thread may start children).  A child runs in a process group of its own, so that Ctrl-C
 * reaches us alone and we decide the order.  It inherits standard output and error, reads
 * /dev/null, and no other descriptor than the named one.
 *
 * A child says by hy_manager_ready() (core/manager.h) that it does its work, and every HY_ALIVE_MS
 * that it still does.  One that says nothing for `silent_ms` hangs, and is killed and started again;
 * a pause of our own is not held against it.  One that exits with a
 * status of its own before that, soon after its first start, has refused (bad input, occupied
 * port): it said why and is not started again.  Whatever else dies comes back, after 100 ms at
 * first, after 5 s at most while it keeps dying young. */
#pragma once
#include "core/loop.h"

#include <stdbool.h>

struct hy_supervisor;

struct hy_child {
    const char *name;        /* in logs; static */
    const char *file;        /* to execute (PATH is searched); NULL: argv[0]; static */
    const char *const *argv; /* copied */
    const char *name_value;  /* one "NAME=VALUE" more in its environment, copied; NULL: none.  For a
                              * secret: the list of processes does not show it */
    int keep_fd;             /* a descriptor the child shall hold open, or 0 for none */
    int death_signal;        /* sent by the kernel when we die; 0: SIGKILL */
    int64_t silent_ms;       /* once it was ready; 0: nobody waits for it */
    bool reload;             /* forward hy_supervisor_reload() as SIGHUP */
};

struct hy_supervisor_events {
    void (*on_ready)(void *user, const char *name); /* each time; may be NULL */
    void (*on_refused)(void *user, const char *name,
                       int status); /* exit status, 127: no such file */
    void (*on_stopped)(void *user); /* hy_supervisor_stop() is done */
    void *user;
};

struct hy_supervisor *hy_supervisor_new(struct hy_loop *l, struct hy_supervisor_events ev);
void hy_supervisor_free(struct hy_supervisor *s); /* kills what still runs; NULL is a no-op */

void hy_supervisor_start(struct hy_supervisor *s, const struct hy_child *child);
bool hy_supervisor_is_ready(const struct hy_supervisor *s, const char *name);
void hy_supervisor_reload(struct hy_supervisor *s);
/* End the children one after the other, the last started first: SIGTERM, SIGKILL after
 * `patience_ms`.  on_stopped follows in a later turn. */
void hy_supervisor_stop(struct hy_supervisor *s, int64_t patience_ms);
bool hy_supervisor_is_stopped(const struct hy_supervisor *s); /* nothing runs or will */
