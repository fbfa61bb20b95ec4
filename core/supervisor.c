/* SPDX-License-Identifier: Apache-2.0 */
/* One small state machine per child.  Only enter() writes a state; only reap() learns of deaths,
 * and it waits for our own pids alone, so that other users of waitpid() are not robbed. */
#include "core/supervisor.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RESTART_FIRST_MS = 100,
    RESTART_LAST_MS = 5000,
    YOUNG_MS = 10000, /* who dies younger has its back-off doubled */
    LOUD_DEATHS = 4,  /* so many young deaths in a row are an error and not a warning */
    NO_SUCH_FILE = 127,
};

enum state { WAITING, STARTED, READY, STOPPING, OVER, STATE_COUNT };
static const char *const state_name[] = {
    [WAITING] = "waiting",   [STARTED] = "started", [READY] = "ready",
    [STOPPING] = "stopping", [OVER] = "over",
};
_Static_assert(HY_COUNT(state_name) == STATE_COUNT, "name every state");

struct child {
    struct hy_supervisor *s;
    enum state state;
    struct hy_child spec;
    char **argv, *name_value; /* owned copies */
    pid_t pid;   /* 0: not running */
    bool was_ready;
    int young_deaths;
    hy_mono first_start, start;
    int64_t delay_ms;
    int sign_fd; /* -1: nothing to hear */
    struct hy_watch *sign;
    hy_mono look; /* when `timer` is due while READY */
    struct hy_timer
        *timer; /* restart while WAITING, a look at it while READY, SIGKILL while STOPPING */
};

struct hy_supervisor {
    struct hy_loop *loop;
    struct hy_supervisor_events ev;
    HY_VEC(struct child *) children; /* in the order of their start */
    bool stopping;
    int64_t patience_ms;
    struct hy_timer *stopped; /* reports on_stopped from a turn of its own */
};

static void enter(struct child *c, enum state next)
{
    hy_log(HY_DEBUG, "child_state", HY_KV("child", c->spec.name),
           HY_KV("from", state_name[c->state]), HY_KV("to", state_name[next]));
    c->state = next;
}

/* ---- in the new process ---- */

static void only_our_descriptors(const struct child *c, int ready_fd)
{
    int null = open("/dev/null", O_RDWR);

    dup2(null, STDIN_FILENO);
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    fcntl(ready_fd, F_SETFD, 0);
    if (c->spec.keep_fd)
        fcntl(c->spec.keep_fd, F_SETFD, 0);
}

static _Noreturn void become(const struct child *c, int ready_fd, pid_t parent)
{
    char number[16];
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, c->spec.death_signal ? c->spec.death_signal : SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the parent died before the line above */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    only_our_descriptors(c, ready_fd);
    snprintf(number, sizeof(number), "%d", ready_fd);
    setenv("HUIYING_READY_FD", number, 1);
    if (c->name_value)
        putenv(c->name_value);
    execvp(c->spec.file ? c->spec.file : c->argv[0], c->argv);
    _exit(errno == ENOENT ? NO_SUCH_FILE : 1);
}

/* ---- starting ---- */

static void stop_listening(struct child *c)
{
    hy_watch_free(HY_TAKE(c->sign));
    if (c->sign_fd >= 0)
        close(c->sign_fd);
    c->sign_fd = -1;
}

static void look_again(struct child *c)
{
    if (c->state != READY || c->spec.silent_ms == 0)
        return;
    c->look = hy_mono_add_ms(hy_loop_mono(c->s->loop), c->spec.silent_ms);
    hy_timer_arm(c->timer, c->spec.silent_ms);
}

/* Each byte is a sign of life, the first one that it is ready. */
static void on_sign(void *user)
{
    struct child *c = user;
    char bytes[256];
    ssize_t n = read(c->sign_fd, bytes, sizeof(bytes));

    if (n <= 0) {
        stop_listening(c);
        return;
    }
    bool first = c->state == STARTED;
    if (first)
        enter(c, READY);
    look_again(c);
    c->was_ready = true;
    if (first && c->s->ev.on_ready)
        c->s->ev.on_ready(c->s->ev.user, c->spec.name);
}

static void plan_restart(struct child *c)
{
    int64_t delay = c->delay_ms;

    enter(c, WAITING);
    c->delay_ms = HY_MIN(delay * 2, (int64_t)RESTART_LAST_MS);
    hy_timer_arm(c->timer, delay);
}

static void launch(struct child *c)
{
    int fds[2];
    pid_t self = getpid(), pid = -1;

    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == 0) {
        pid = fork();
        if (pid == 0)
            become(c, fds[1], self);
        close(fds[1]);
        if (pid < 0)
            close(fds[0]);
    }
    if (pid < 0) { /* out of processes or descriptors: as if it had died at once */
        hy_log(HY_ERROR, "child_not_started", HY_KV("child", c->spec.name),
               HY_KV("err", strerror(errno)));
        plan_restart(c);
        return;
    }
    enter(c, STARTED);
    c->pid = pid;
    c->start = hy_loop_mono(c->s->loop);
    c->sign_fd = fds[0];
    c->sign = hy_watch_new(c->s->loop, fds[0], on_sign, c);
}

/* ---- stopping ---- */

static void stop_next(struct hy_supervisor *s);

static void on_stopped(void *user)
{
    struct hy_supervisor *s = user;

    if (s->ev.on_stopped)
        s->ev.on_stopped(s->ev.user);
}

/* It has been silent for too long, unless we could not listen ourselves. */
static void look_at(struct child *c)
{
    hy_mono now = hy_loop_mono(c->s->loop);

    if ((now.us - c->look.us) / 1000 > c->spec.silent_ms) {
        look_again(c);
        return;
    }
    hy_log(HY_ERROR, "child_hangs", HY_KV("child", c->spec.name),
           HY_KVN("silent_ms", c->spec.silent_ms));
    kill(c->pid, SIGKILL);
}

static void on_timer(void *user)
{
    struct child *c = user;

    if (c->state == WAITING)
        launch(c);
    else if (c->state == READY)
        look_at(c);
    else if (c->state == STOPPING && c->pid) {
        hy_log(HY_WARN, "child_killed", HY_KV("child", c->spec.name),
               HY_KVN("waited_ms", c->s->patience_ms));
        kill(c->pid, SIGKILL);
    }
}

static void ask_to_stop(struct child *c)
{
    enter(c, STOPPING);
    hy_timer_arm(c->timer, c->s->patience_ms);
    kill(c->pid, SIGTERM);
    kill(c->pid, SIGCONT); /* a frozen process hears nothing */
}

/* The last started that is still there; when none is, we are done. */
static void stop_next(struct hy_supervisor *s)
{
    for (size_t i = s->children.n; i-- > 0;) {
        struct child *c = s->children.v[i];
        if (c->state == STOPPING)
            return; /* its death calls us again */
        if (c->pid) {
            ask_to_stop(c);
            return;
        }
        hy_timer_cancel(c->timer);
        enter(c, OVER);
    }
    hy_timer_arm(s->stopped, 0);
}

void hy_supervisor_stop(struct hy_supervisor *s, int64_t patience_ms)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->patience_ms = patience_ms;
    stop_next(s);
}

/* ---- deaths ---- */

static bool has_refused(const struct child *c, int status, hy_mono now)
{
    return !c->was_ready && WIFEXITED(status) && WEXITSTATUS(status) != 0 &&
           now.us - c->first_start.us < YOUNG_MS * INT64_C(1000);
}

static void died_unasked(struct child *c, int status)
{
    hy_mono now = hy_loop_mono(c->s->loop);
    bool young = now.us - c->start.us < YOUNG_MS * INT64_C(1000);

    if (has_refused(c, status, now)) {
        enter(c, OVER);
        c->s->ev.on_refused(c->s->ev.user, c->spec.name, WEXITSTATUS(status));
        return;
    }
    c->young_deaths = young ? c->young_deaths + 1 : 0;
    if (!young)
        c->delay_ms = RESTART_FIRST_MS;
    hy_log(c->young_deaths < LOUD_DEATHS ? HY_WARN : HY_ERROR,
           c->young_deaths < LOUD_DEATHS ? "child_died" : "child_crash_loop",
           HY_KV("child", c->spec.name), HY_KV("by", WIFSIGNALED(status) ? "signal" : "exit"),
           HY_KVN("number", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)),
           HY_KVN("again_in_ms", c->delay_ms));
    plan_restart(c);
}

static void bury(struct child *c, int status)
{
    if (c->sign_fd >= 0)
        on_sign(c); /* it may have been ready and dead in one turn */
    stop_listening(c);
    hy_timer_cancel(c->timer);
    c->pid = 0;
    if (c->state != STOPPING && !c->s->stopping) {
        died_unasked(c, status);
        return;
    }
    enter(c, OVER);
    if (c->s->stopping)
        stop_next(c->s);
}

static void reap(void *user)
{
    struct hy_supervisor *s = user;
    int status;

    for (size_t i = 0; i < s->children.n; i++) {
        struct child *c = s->children.v[i];
        if (c->pid && waitpid(c->pid, &status, WNOHANG) == c->pid)
            bury(c, status);
    }
}

/* ---- public ---- */

void hy_supervisor_start(struct hy_supervisor *s, const struct hy_child *spec)
{
    struct child *c = hy_xcalloc(1, sizeof(*c));
    size_t n = 0;

    *c = (struct child){.s = s, .spec = *spec, .delay_ms = RESTART_FIRST_MS, .sign_fd = -1};
    while (spec->argv[n])
        n++;
    c->argv = hy_xcalloc(n + 1, sizeof(*c->argv));
    for (size_t i = 0; i < n; i++)
        c->argv[i] = hy_xstrdup(spec->argv[i]);
    c->name_value = spec->name_value ? hy_xstrdup(spec->name_value) : NULL;
    c->timer = hy_timer_new(s->loop, on_timer, c);
    c->first_start = hy_loop_mono(s->loop);
    hy_vec_push(&s->children, c);
    launch(c);
}

bool hy_supervisor_is_ready(const struct hy_supervisor *s, const char *name)
{
    for (size_t i = 0; i < s->children.n; i++)
        if (strcmp(s->children.v[i]->spec.name, name) == 0)
            return s->children.v[i]->state == READY;
    return false;
}

void hy_supervisor_reload(struct hy_supervisor *s)
{
    for (size_t i = 0; i < s->children.n; i++) {
        const struct child *c = s->children.v[i];
        if (c->state == READY && c->spec.reload) /* not yet ready: SIGHUP would end it */
            kill(c->pid, SIGHUP);
    }
}

bool hy_supervisor_is_stopped(const struct hy_supervisor *s)
{
    for (size_t i = 0; i < s->children.n; i++)
        if (s->children.v[i]->state != OVER)
            return false;
    return true;
}

struct hy_supervisor *hy_supervisor_new(struct hy_loop *l, struct hy_supervisor_events ev)
{
    struct hy_supervisor *s = hy_xcalloc(1, sizeof(*s));

    *s = (struct hy_supervisor){.loop = l, .ev = ev, .stopped = hy_timer_new(l, on_stopped, s)};
    hy_loop_on_signal(l, SIGCHLD, reap, s);
    return s;
}

static void child_free(struct child *c)
{
    if (c->pid) {
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    stop_listening(c);
    hy_timer_free(c->timer);
    for (char **a = c->argv; *a; a++)
        free(*a);
    free(c->argv);
    free(c->name_value);
    free(c);
}

void hy_supervisor_free(struct hy_supervisor *s)
{
    if (s == NULL)
        return;
    for (size_t i = s->children.n; i-- > 0;)
        child_free(s->children.v[i]);
    hy_timer_free(s->stopped);
    hy_vec_release(&s->children);
    free(s); /* the loop must not run again: it still knows us by SIGCHLD */
}
