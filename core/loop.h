/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop of a role: one libevent base with precise timers, one cached `now` per turn,
 * signals as events.
 *
 * A role gives its callbacks and runs until hy_loop_stop().  Nothing is freed inside a callback
 * that may still be on the stack: hy_loop_defer_free() puts it off to the end of the turn. */
#pragma once
#include "core/clock.h"
#include "core/err.h"

struct event_base;
struct hy_loop;
struct hy_timer;
struct hy_watch;

struct hy_loop *hy_loop_new(void);    /* never NULL */
void hy_loop_free(struct hy_loop *l); /* last: after everything that lives on it; sweeps */
struct event_base *hy_loop_base(struct hy_loop *l); /* for the files that wrap another library */

/* Run until stopped; each turn: read the clocks, dispatch, sweep.  SIGTERM and SIGINT stop the
 * loop, SIGHUP calls on_reload (may be NULL), SIGPIPE is ignored.  May be called again. */
void hy_loop_run(struct hy_loop *l, void (*on_reload)(void *user), void *user);
void hy_loop_stop(struct hy_loop *l); /* at the end of this turn; before run: run returns at once */

/* Read once per turn, by the first who asks: the same answer until the turn ends. */
hy_mono hy_loop_mono(const struct hy_loop *l);
hy_wall hy_loop_wall(const struct hy_loop *l);

void hy_loop_defer_free(struct hy_loop *l, void *ptr, void (*free_fn)(void *));

/* One more signal as an event (SIGCHLD, SIGUSR1, ...), until the loop is freed. */
void hy_loop_on_signal(struct hy_loop *l, int signo, void (*fn)(void *user), void *user);

/* One-shot timer that may be armed again; fires in a later turn, never inside arm. */
struct hy_timer *hy_timer_new(struct hy_loop *l, void (*fn)(void *user), void *user);
void hy_timer_free(struct hy_timer *t); /* NULL is a no-op; safe inside its own callback */
void hy_timer_arm(struct hy_timer *t, int64_t delay_ms);
void hy_timer_cancel(struct hy_timer *t);

/* Calls fn in every turn in which `fd` can be read (end of file included).  The fd stays the
 * caller's; free the watch before closing it. */
struct hy_watch *hy_watch_new(struct hy_loop *l, int fd, void (*fn)(void *user), void *user);
void hy_watch_free(struct hy_watch *w); /* NULL is a no-op; safe inside its own callback */
