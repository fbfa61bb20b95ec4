/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that creates an event base.  libevent's default clock is CLOCK_MONOTONIC_COARSE,
 * which makes every timer up to 4 ms late; the precise one costs nothing we can measure. */
#include "core/loop.h"

#include "core/manager.h"
#include "core/mem.h"
#include "core/vec.h"

#include <event2/event.h>
#include <signal.h>

struct now { /* apart from the loop, so that asking does not need a writable loop */
    bool mono_read, wall_read;
    hy_mono mono;
    hy_wall wall;
};
struct grave {
    void *ptr;
    void (*free_fn)(void *);
};
struct on_signal {
    struct event *ev;
    void (*fn)(void *user);
    void *user;
};
struct hy_loop {
    struct event_base *base;
    struct now *now;
    bool stop;
    HY_VEC(struct grave) graves;
    HY_VEC(struct on_signal *) signals;
};
struct hy_timer {
    struct event *ev;
    void (*fn)(void *user);
    void *user;
};
struct hy_watch {
    struct event *ev;
    void (*fn)(void *user);
    void *user;
};

static void *need(void *made, const char *what)
{
    if (made == NULL)
        hy_bug("libevent cannot create %s", what);
    return made;
}

static struct event_base *precise_base(void)
{
    struct event_config *conf = need(event_config_new(), "a configuration");

    event_config_set_flag(conf, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = need(event_base_new_with_config(conf), "an event base");
    event_config_free(conf);
    return base;
}

struct event_base *hy_loop_base(struct hy_loop *l)
{
    return l->base;
}

hy_mono hy_loop_mono(const struct hy_loop *l)
{
    if (!l->now->mono_read) {
        l->now->mono = hy_mono_now();
        l->now->mono_read = true;
    }
    return l->now->mono;
}

hy_wall hy_loop_wall(const struct hy_loop *l)
{
    if (!l->now->wall_read) {
        l->now->wall = hy_wall_now();
        l->now->wall_read = true;
    }
    return l->now->wall;
}

void hy_loop_stop(struct hy_loop *l)
{
    l->stop = true;
}

/* ---- signals ---- */

static void signal_fired(evutil_socket_t signo, short what, void *user)
{
    struct on_signal *s = user;

    (void)signo, (void)what;
    s->fn(s->user);
}

void hy_loop_on_signal(struct hy_loop *l, int signo, void (*fn)(void *user), void *user)
{
    struct on_signal *s = hy_xcalloc(1, sizeof(*s));

    *s = (struct on_signal){.fn = fn, .user = user};
    s->ev = need(evsignal_new(l->base, signo, signal_fired, s), "a signal event");
    event_add(s->ev, NULL);
    hy_vec_push(&l->signals, s);
}

/* ---- turns ---- */

static void sweep(struct hy_loop *l)
{
    while (l->graves.n) {
        struct grave g = l->graves.v[--l->graves.n];
        g.free_fn(g.ptr);
    }
}

void hy_loop_defer_free(struct hy_loop *l, void *ptr, void (*free_fn)(void *))
{
    hy_vec_push(&l->graves, (struct grave){ptr, free_fn});
}

static void stop_on_signal(void *user)
{
    hy_loop_stop(user);
}

struct reload {
    void (*fn)(void *user);
    void *user;
};

static void reload_on_signal(void *user)
{
    struct reload *r = user;

    if (r->fn)
        r->fn(r->user);
}

static void signals_drop(struct hy_loop *l, size_t keep)
{
    while (l->signals.n > keep) {
        struct on_signal *s = l->signals.v[--l->signals.n];
        event_free(s->ev);
        free(s);
    }
}

/* A loop that turns is alive: whoever watches over the process (core/manager.h) hears of it. */
static void alive(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what, (void)user;
    hy_manager_alive();
}

static struct event *heartbeat(struct hy_loop *l)
{
    int64_t ms = hy_manager_alive_every();
    struct timeval every = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (ms == 0)
        return NULL;
    struct event *ev = need(event_new(l->base, -1, EV_PERSIST, alive, NULL), "a heartbeat");
    event_add(ev, &every);
    return ev;
}

void hy_loop_run(struct hy_loop *l, void (*on_reload)(void *user), void *user)
{
    struct reload reload = {on_reload, user};
    size_t before = l->signals.n;
    struct event *beat = heartbeat(l);

    hy_loop_on_signal(l, SIGTERM, stop_on_signal, l);
    hy_loop_on_signal(l, SIGINT, stop_on_signal, l);
    hy_loop_on_signal(l, SIGHUP, reload_on_signal, &reload);
    while (!l->stop) {
        l->now->mono_read = l->now->wall_read = false;
        if (event_base_loop(l->base, EVLOOP_ONCE) < 0)
            hy_bug("the event loop failed");
        sweep(l);
    }
    l->stop = false;
    l->now->mono_read = l->now->wall_read = false;
    signals_drop(l, before);
    if (beat)
        event_free(beat);
}

/* ---- timers ---- */

static void timer_fired(evutil_socket_t fd, short what, void *user)
{
    struct hy_timer *t = user;

    (void)fd, (void)what;
    t->fn(t->user); /* may free t */
}

struct hy_timer *hy_timer_new(struct hy_loop *l, void (*fn)(void *user), void *user)
{
    struct hy_timer *t = hy_xcalloc(1, sizeof(*t));

    *t = (struct hy_timer){.fn = fn, .user = user};
    t->ev = need(evtimer_new(l->base, timer_fired, t), "a timer");
    return t;
}

void hy_timer_arm(struct hy_timer *t, int64_t delay_ms)
{
    int64_t ms = HY_MAX(delay_ms, INT64_C(0));
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    if (evtimer_add(t->ev, &tv) < 0)
        hy_bug("libevent cannot arm a timer");
}

void hy_timer_cancel(struct hy_timer *t)
{
    evtimer_del(t->ev);
}

void hy_timer_free(struct hy_timer *t)
{
    if (t == NULL)
        return;
    event_free(t->ev);
    free(t);
}

/* ---- descriptors ---- */

static void watch_fired(evutil_socket_t fd, short what, void *user)
{
    struct hy_watch *w = user;

    (void)fd, (void)what;
    w->fn(w->user); /* may free w */
}

struct hy_watch *hy_watch_new(struct hy_loop *l, int fd, void (*fn)(void *user), void *user)
{
    struct hy_watch *w = hy_xcalloc(1, sizeof(*w));

    *w = (struct hy_watch){.fn = fn, .user = user};
    w->ev = need(event_new(l->base, fd, EV_READ | EV_PERSIST, watch_fired, w), "a watch");
    if (event_add(w->ev, NULL) < 0)
        hy_bug("libevent cannot watch descriptor %d", fd);
    return w;
}

void hy_watch_free(struct hy_watch *w)
{
    if (w == NULL)
        return;
    event_free(w->ev);
    free(w);
}

/* ---- life cycle ---- */

struct hy_loop *hy_loop_new(void)
{
    struct hy_loop *l = hy_xcalloc(1, sizeof(*l));

    l->base = precise_base();
    l->now = hy_xcalloc(1, sizeof(*l->now));
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of write(), not our death */
    return l;
}

void hy_loop_free(struct hy_loop *l)
{
    if (l == NULL)
        return;
    sweep(l);
    signals_drop(l, 0);
    event_base_free(l->base);
    hy_vec_release(&l->graves);
    hy_vec_release(&l->signals);
    free(l->now);
    free(l);
}
