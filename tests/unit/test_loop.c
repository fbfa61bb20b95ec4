/* SPDX-License-Identifier: Apache-2.0 */
#include "core/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

struct trace {
    struct hy_loop *l;
    struct hy_timer *t;
    struct hy_watch *w;
    char text[64];
    int left;
    hy_mono first;
};

static void say(struct trace *t, const char *word)
{
    size_t n = strlen(t->text);

    snprintf(t->text + n, sizeof(t->text) - n, "%s ", word);
}

static void stop(void *user)
{
    struct trace *t = user;

    say(t, "stop");
    hy_loop_stop(t->l);
}

static void rearm(void *user)
{
    struct trace *t = user;

    say(t, "tick");
    if (t->left-- > 0)
        hy_timer_arm(t->t, 0);
    else
        hy_loop_stop(t->l);
}

TEST(timers_fire_in_order_and_may_be_armed_again)
{
    struct trace t = {.l = hy_loop_new(), .left = 2};

    t.t = hy_timer_new(t.l, rearm, &t);
    hy_timer_arm(t.t, 0);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "tick tick tick ");
    hy_timer_free(t.t);
    hy_loop_free(t.l);
}

static void cancel_other(void *user)
{
    struct trace *t = user;

    say(t, "cancel");
    hy_timer_cancel(t->t);
}

TEST(a_cancelled_timer_is_silent)
{
    struct trace t = {.l = hy_loop_new()};
    struct hy_timer *first = hy_timer_new(t.l, cancel_other, &t);
    struct hy_timer *last = hy_timer_new(t.l, stop, &t);

    t.t = hy_timer_new(t.l, rearm, &t);
    hy_timer_arm(first, 1);
    hy_timer_arm(t.t, 5);
    hy_timer_arm(last, 10);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "cancel stop ");
    hy_timer_free(first);
    hy_timer_free(last);
    hy_timer_free(t.t);
    hy_loop_free(t.l);
}

static void free_self(void *user)
{
    struct trace *t = user;

    say(t, "gone");
    hy_timer_free(t->t);
    t->t = NULL;
    hy_loop_stop(t->l);
}

TEST(a_timer_may_free_itself)
{
    struct trace t = {.l = hy_loop_new()};

    t.t = hy_timer_new(t.l, free_self, &t);
    hy_timer_arm(t.t, 0);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "gone ");
    hy_timer_free(t.t);
    hy_loop_free(t.l);
}

static void read_twice(void *user)
{
    struct trace *t = user;

    t->first = hy_loop_mono(t->l);
    usleep(2000);
    say(t, hy_loop_mono(t->l).us == t->first.us ? "same" : "moved");
    hy_loop_stop(t->l);
}

TEST(now_stands_still_within_a_turn_and_is_read_after_the_wait)
{
    struct trace t = {.l = hy_loop_new()};
    struct hy_timer *timer = hy_timer_new(t.l, read_twice, &t);
    int64_t before = hy_loop_mono(t.l).us;

    hy_timer_arm(timer, 20);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "same ");
    assert_true(t.first.us >= before + 20000); /* not the time before the wait */
    assert_true(hy_loop_mono(t.l).us > t.first.us);
    hy_timer_free(timer);
    hy_loop_free(t.l);
}

static void freed(void *user)
{
    say(user, "freed");
}

static void defer(void *user)
{
    struct trace *t = user;

    hy_loop_defer_free(t->l, t, freed);
    say(t, "after");
    hy_loop_stop(t->l);
}

TEST(deferred_frees_wait_for_the_end_of_the_turn)
{
    struct trace t = {.l = hy_loop_new()};
    struct hy_timer *timer = hy_timer_new(t.l, defer, &t);

    hy_timer_arm(timer, 0);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "after freed ");
    hy_timer_free(timer);
    hy_loop_free(t.l);
}

TEST(stopping_before_running_returns_at_once)
{
    struct hy_loop *l = hy_loop_new();

    hy_loop_stop(l);
    hy_loop_run(l, NULL, NULL);
    hy_loop_free(l);
}

static void reloaded(void *user)
{
    say(user, "reload");
    raise(SIGUSR1);
}
static void on_usr1(void *user)
{
    say(user, "usr1");
    raise(SIGTERM);
}
static void on_hup_timer(void *user)
{
    say(user, "start");
    raise(SIGHUP);
}

TEST(signals_arrive_as_events)
{
    struct trace t = {.l = hy_loop_new()};
    struct hy_timer *timer = hy_timer_new(t.l, on_hup_timer, &t);

    hy_loop_on_signal(t.l, SIGUSR1, on_usr1, &t);
    hy_timer_arm(timer, 0);
    hy_loop_run(t.l, reloaded, &t); /* SIGTERM ends it */
    assert_string_equal(t.text, "start reload usr1 ");
    hy_timer_free(timer);
    hy_loop_free(t.l);
}

static int pipe_ends[2];

static void readable(void *user)
{
    struct trace *t = user;
    char c;

    if (read(pipe_ends[0], &c, 1) == 1) {
        say(t, "read");
        close(pipe_ends[1]);
        return;
    }
    say(t, "eof");
    hy_watch_free(t->w);
    hy_loop_stop(t->l);
}

TEST(a_watch_sees_data_and_the_end)
{
    struct trace t = {.l = hy_loop_new()};

    assert_int_equal(pipe(pipe_ends), 0);
    t.w = hy_watch_new(t.l, pipe_ends[0], readable, &t);
    assert_int_equal(write(pipe_ends[1], "x", 1), 1);
    hy_loop_run(t.l, NULL, NULL);
    assert_string_equal(t.text, "read eof ");
    close(pipe_ends[0]);
    hy_loop_free(t.l);
}
