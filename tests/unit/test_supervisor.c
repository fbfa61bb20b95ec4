/* SPDX-License-Identifier: Apache-2.0 */
/* Children are small bash scripts (dash knows no descriptor above 9); nothing sleeps longer than a
 * test needs to see an event. */
#include "core/supervisor.h"

#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

struct stage {
    struct hy_loop *l;
    struct hy_supervisor *s;
    struct hy_timer *limit;
    char text[256];
    int readies, want_ready; /* stop the loop at so many */
    bool stop_on_refused;
};

static void say(struct stage *t, const char *what, const char *name)
{
    size_t n = strlen(t->text);

    snprintf(t->text + n, sizeof(t->text) - n, "%s %s;", what, name);
}

static void on_ready(void *user, const char *name)
{
    struct stage *t = user;

    say(t, "ready", name);
    if (++t->readies == t->want_ready)
        hy_loop_stop(t->l);
}
static void on_refused(void *user, const char *name, int status)
{
    struct stage *t = user;
    char what[32];

    snprintf(what, sizeof(what), "refused %d", status);
    say(t, what, name);
    hy_loop_stop(t->l);
}
static void on_stopped(void *user)
{
    struct stage *t = user;

    say(t, "stopped", "all");
    hy_loop_stop(t->l);
}
static void too_long(void *user)
{
    (void)user;
    fail_msg("the test waited for 20 seconds");
}

static void setup(struct stage *t)
{
    struct hy_supervisor_events ev = {on_ready, on_refused, on_stopped, t};

    hy_log_setup("test", HY_ERROR);
    *t = (struct stage){.l = hy_loop_new()};
    t->s = hy_supervisor_new(t->l, ev);
    t->limit = hy_timer_new(t->l, too_long, NULL);
    hy_timer_arm(t->limit, 20000);
}

static void teardown(struct stage *t)
{
    hy_supervisor_free(t->s);
    hy_timer_free(t->limit);
    hy_loop_free(t->l);
}

static void start_watched(struct stage *t, const char *name, const char *script, int64_t silent_ms)
{
    const char *argv[] = {"bash", "-c", script, NULL};

    hy_supervisor_start(t->s,
                        &(struct hy_child){.name = name, .argv = argv, .silent_ms = silent_ms});
}

static void start(struct stage *t, const char *name, const char *script)
{
    start_watched(t, name, script, 0);
}

static void run_until_ready(struct stage *t, int n)
{
    t->want_ready = t->readies + n;
    hy_loop_run(t->l, NULL, NULL);
}

static void stop_all(struct stage *t, int64_t patience_ms)
{
    hy_supervisor_stop(t->s, patience_ms);
    hy_loop_run(t->l, NULL, NULL);
    assert_true(hy_supervisor_is_stopped(t->s));
}

/* Read what stands in a file that a child wrote; "" while it is not there. */
static const char *content(const char *path)
{
    static char text[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    text[n < 0 ? 0 : n] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

#define READY "echo >&$HUIYING_READY_FD; "
#define WAIT "exec sleep 1000"

TEST(readiness_is_heard)
{
    struct stage t;

    setup(&t);
    start(&t, "a", READY WAIT);
    assert_false(hy_supervisor_is_ready(t.s, "a"));
    run_until_ready(&t, 1);
    assert_true(hy_supervisor_is_ready(t.s, "a"));
    assert_false(hy_supervisor_is_ready(t.s, "b"));
    stop_all(&t, 5000);
    assert_string_equal(t.text, "ready a;stopped all;");
    teardown(&t);
}

TEST(who_dies_comes_back)
{
    struct stage t;

    setup(&t);
    start(&t, "a", READY "kill -9 $$");
    run_until_ready(&t, 3);
    stop_all(&t, 5000);
    assert_string_equal(t.text, "ready a;ready a;ready a;stopped all;");
    teardown(&t);
}

TEST(who_hangs_is_killed_and_comes_back)
{
    struct stage t;

    setup(&t);
    start_watched(&t, "a", READY WAIT, 50);
    run_until_ready(&t, 3);
    stop_all(&t, 5000);
    assert_string_equal(t.text, "ready a;ready a;ready a;stopped all;");
    teardown(&t);
}

/* It says the first word only after the other one, who hangs, has been killed and started twice. */
TEST(who_is_not_ready_yet_may_take_its_time)
{
    struct stage t;
    char path[] = "/tmp/hy-slow-XXXXXX", slow[200], hung[200];
    int fd = mkstemp(path);

    setup(&t);
    snprintf(slow, sizeof(slow), "until [ $(wc -l <%s) -gt 2 ]; do sleep 0.01; done; " READY WAIT,
             path);
    snprintf(hung, sizeof(hung), "echo x >>%s; " READY WAIT, path);
    start_watched(&t, "slow", slow, 50);
    start_watched(&t, "hung", hung, 50);
    run_until_ready(&t, 4);
    stop_all(&t, 5000);
    assert_non_null(strstr(t.text, "ready hung;ready hung;ready hung;"));
    assert_non_null(strstr(t.text, "ready slow;"));
    teardown(&t);
    close(fd);
    unlink(path);
}

TEST(who_exits_before_being_ready_has_refused)
{
    struct stage t;

    setup(&t);
    start(&t, "a", READY WAIT);
    run_until_ready(&t, 1);
    start(&t, "b", "exit 3");
    hy_loop_run(t.l, NULL, NULL);
    stop_all(&t, 5000);
    assert_string_equal(t.text, "ready a;refused 3 b;stopped all;");
    teardown(&t);
}

TEST(who_is_killed_before_being_ready_comes_back)
{
    struct stage t;
    char path[] = "/tmp/hy-once-XXXXXX", script[200];
    int fd = mkstemp(path);

    setup(&t);
    snprintf(script, sizeof(script), "[ -s %s ] || { echo x >%s; kill -9 $$; }; " READY WAIT, path,
             path);
    start(&t, "a", script);
    run_until_ready(&t, 1);
    stop_all(&t, 5000);
    assert_string_equal(t.text, "ready a;stopped all;");
    teardown(&t);
    close(fd);
    unlink(path);
}

TEST(a_missing_program_is_a_refusal_127)
{
    struct stage t;
    const char *argv[] = {"/no/such/program", NULL};

    setup(&t);
    hy_supervisor_start(t.s, &(struct hy_child){.name = "a", .argv = argv});
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "refused 127 a;");
    teardown(&t);
}

TEST(children_end_in_reverse_order)
{
    struct stage t;
    char path[] = "/tmp/hy-order-XXXXXX", script[3][200];
    int fd = mkstemp(path);
    const char *names[] = {"a", "b", "c"};

    setup(&t);
    for (int i = 0; i < 3; i++) {
        snprintf(script[i], sizeof(script[i]),
                 "trap 'echo -n %s >>%s; exit 0' TERM; " READY "while :; do sleep 0.01; done",
                 names[i], path);
        start(&t, names[i], script[i]);
    }
    run_until_ready(&t, 3);
    stop_all(&t, 10000);
    assert_string_equal(content(path), "cba");
    teardown(&t);
    close(fd);
    unlink(path);
}

TEST(who_does_not_listen_is_killed)
{
    struct stage t;

    setup(&t);
    start(&t, "deaf", "trap '' TERM; " READY "while :; do sleep 0.01; done");
    run_until_ready(&t, 1);
    stop_all(&t, 50);
    teardown(&t);
}

TEST(who_is_frozen_is_stopped_too)
{
    struct stage t;

    setup(&t);
    start(&t, "frozen", READY "kill -STOP $$; " WAIT);
    run_until_ready(&t, 1);
    stop_all(&t, 5000);
    teardown(&t);
}

TEST(freeing_kills_what_runs)
{
    struct stage t;
    char path[] = "/tmp/hy-pid-XXXXXX", script[200];
    int fd = mkstemp(path);

    setup(&t);
    snprintf(script, sizeof(script), "echo $$ >%s; " READY WAIT, path);
    start(&t, "a", script);
    run_until_ready(&t, 1);
    pid_t pid = (pid_t)strtoll(content(path), NULL, 10);
    assert_int_equal(kill(pid, 0), 0);
    teardown(&t);
    assert_int_equal(kill(pid, 0), -1);
    close(fd);
    unlink(path);
}

TEST(only_the_named_descriptor_is_inherited)
{
    struct stage t;
    char path[] = "/tmp/hy-fds-XXXXXX", script[200];
    int fd = mkstemp(path), keep = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    int leak = open("/dev/zero", O_RDONLY); /* without O_CLOEXEC, as libraries do it */
    const char *argv[] = {"bash", "-c", script, NULL};

    setup(&t);
    snprintf(
        script, sizeof(script),
        "for f in /proc/self/fd/*; do [ \"$(readlink $f)\" = /dev/zero ] && echo -n \"${f##*/} "
        "\" >>%s; done; " READY WAIT,
        path);
    hy_supervisor_start(t.s, &(struct hy_child){.name = "a", .argv = argv, .keep_fd = keep});
    run_until_ready(&t, 1);
    snprintf(script, sizeof(script), "%d ", keep);
    assert_string_equal(content(path), script);
    teardown(&t);
    close(fd);
    close(keep);
    close(leak);
    unlink(path);
}

/* A supervisor in a process of its own, killed with -9: its child must be gone as well. */
TEST(nobody_is_orphaned)
{
    int fds[2];
    char byte;

    assert_int_equal(pipe(fds), 0);
    pid_t middle = fork();
    if (middle == 0) {
        struct stage t;
        const char *argv[] = {"bash", "-c", READY WAIT, NULL};
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        setup(&t);
        hy_supervisor_start(t.s, &(struct hy_child){.name = "a", .argv = argv, .keep_fd = fds[1]});
        run_until_ready(&t, 1);
        ssize_t n = write(fds[1], "x", 1);
        (void)n;
        for (;;)
            pause();
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    kill(middle, SIGKILL);
    assert_int_equal(read(fds[0], &byte, 1), 0); /* end of file: nobody holds the other end */
    waitpid(middle, NULL, 0);
    close(fds[0]);
}
