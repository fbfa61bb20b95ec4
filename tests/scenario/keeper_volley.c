/* SPDX-License-Identifier: Apache-2.0 */
/* Many timers due in the same instant, by the real clock, because only by that transactions are
 * prepared before their time and decided on top of one another; and something breaks in the middle of
 * each.  Every reminder comes once, none before its time, and the journal is whole.
 *
 * HUIYING names the binary; HY_CHAOS_SEED replays a run. */
#include "tests/scenario/play.h"

enum {
    TOGETHER = 200, /* more than one transaction */
    APART_S = 7,    /* between two volleys: longer than a frozen leader's lease and a take-over */
    SETUP_S = 25,
    PATIENCE_S = 60,
    STEP_H = 3, /* left-2h of five hours */
};

struct office {
    struct play p;
    struct keeper second;
    hy_wall first; /* when the first volley is due */
};

static void sleep_until(hy_wall t)
{
    int64_t left = t.ms - hy_wall_now().ms;

    if (left > 0)
        usleep((useconds_t)left * 1000);
}

/* ---- what breaks, a moment before or after a volley is due ---- */

static void kill_both(struct office *o)
{
    keeper_kill(&o->p.keeper, SIGKILL);
    keeper_kill(&o->second, SIGKILL);
    keeper_start(&o->p, &o->p.keeper);
    keeper_start(&o->p, &o->second);
}

/* Until another leads; what the frozen ones have prepared is refused when they wake. */
static void freeze_both_in_turn(struct office *o)
{
    pid_t pids[] = {o->p.keeper.pid, o->second.pid};

    for (size_t i = 0; i < HY_COUNT(pids); i++)
        kill(pids[i], SIGSTOP);
    usleep(3500000);
    for (size_t i = 0; i < HY_COUNT(pids); i++)
        kill(pids[i], SIGCONT);
}

static void freeze_leader(struct office *o)
{
    int64_t fence = fence_of(&o->p);
    pid_t pids[] = {o->p.keeper.pid, o->second.pid};
    static unsigned turn; /* nobody knows who leads: each of them once */
    pid_t pid = pids[turn++ % HY_COUNT(pids)];

    kill(pid, SIGSTOP);
    for (int i = 0; i < 200 && fence_of(&o->p) == fence; i++)
        usleep(20000);
    kill(pid, SIGCONT);
}

static void kill_redis(struct office *o)
{
    redis_server_kill(&o->p.redis);
    redis_server_again(&o->p.redis);
}

static void (*const breaks[])(struct office *) = {kill_both, freeze_leader, kill_redis, freeze_leader,
                                                  freeze_both_in_turn, kill_both};

/* ---- what must come out ---- */

static hy_wall due_of(const struct office *o, size_t volley)
{
    return hy_wall_add_ms(o->first, (int64_t)volley * APART_S * HY_SECOND_MS);
}

struct seen {
    struct hy_map *ids;
    size_t n;
};

/* An entry of a stream is called by the millisecond in which Redis took it. */
static void look(const redisReply *entry, void *user)
{
    struct seen *s = user;
    struct hy_str stamp = hy_reply_str(entry->element[0]), ms;
    HY_CLEANUP(hy_json_freep) json_t *n = NULL;
    struct hy_err err = HY_ERR_INIT;
    int64_t at;

    assert_int_equal(hy_json_parse(hy_reply_field(entry->element[1], "notice"), &n, &err), HY_OK);
    struct hy_str id = hy_json_str(n, "id");
    if (hy_map_get(s->ids, id))
        fail_msg("twice: %.*s", HY_STR_ARG(id));
    hy_map_set(s->ids, id, s);
    hy_str_cut(&stamp, '-', &ms);
    if (!hy_str_is(hy_json_str(n, "step"), "left-2h"))
        return;
    s->n++;
    if (!hy_str_to_i64(ms, &at) || at < hy_json_time(n, "due").ms)
        fail_msg("too early: %.*s", HY_STR_ARG(id));
}

static size_t reminders(struct office *o)
{
    struct seen s = {.ids = hy_map_new(NULL)};

    each_entry(&o->p, "notices", look, &s);
    hy_map_free(s.ids);
    return s.n;
}

/* ---- all of it ---- */

static void open_all(struct office *o)
{
    size_t n = 0;

    o->first.ms = (hy_wall_now().ms / HY_SECOND_MS + SETUP_S) * HY_SECOND_MS;
    for (size_t v = 0; v < HY_COUNT(breaks); v++)
        for (size_t i = 0; i < TOGETHER; i++)
            play_hit(&o->p, (int)n++, hy_wall_add_ms(due_of(o, v), -STEP_H * HY_HOUR_MS));
    for (int i = 0; ask_number(&o->p, "XLEN", "hits") > 0; i++) {
        if (i == 2000)
            fail_msg("the keeper does not take its inputs");
        usleep(20000);
    }
    int64_t left = (o->first.ms - hy_wall_now().ms) / HY_SECOND_MS;
    print_message("%zu incidents, %lld s before the first volley\n", n, (long long)left);
    assert_true(left > 0);
}

TEST(what_is_due_together_comes_once_and_not_before_its_time)
{
    struct office o = {0};
    size_t want = HY_COUNT(breaks) * TOGETHER, n = 0;

    play_prepare(&o.p);
    o.p.real_clock = true;
    snprintf(o.second.data, sizeof(o.second.data), "%s/data2", o.p.redis.dir);
    keeper_start(&o.p, &o.p.keeper);
    keeper_start(&o.p, &o.second);
    open_all(&o);
    for (size_t v = 0; v < HY_COUNT(breaks); v++) {
        sleep_until(hy_wall_add_ms(due_of(&o, v), (int64_t)random_below(&o.p, 120) - 40));
        breaks[v](&o);
    }
    for (int i = 0; i < PATIENCE_S && (n = reminders(&o)) < want; i++)
        sleep(1);
    assert_int_equal(n, want);
    keeper_kill(&o.second, SIGKILL);
    for (int64_t length = -1, now; (now = ask_number(&o.p, "XLEN", "journal")) != length; sleep(1))
        length = now;
    keeper_kill(&o.p.keeper, SIGTERM);
    keeper_start(&o.p, &o.p.keeper); /* leads, and so levels its mirror */
    int64_t fence = fence_of(&o.p);
    for (int i = 0; i < 1000 && fence_of(&o.p) == fence; i++)
        usleep(20000);
    keeper_kill(&o.p.keeper, SIGTERM);
    check_journal(&o.p, &o.p.keeper);
    assert_int_equal(reminders(&o), want);
    play_end(&o.p);
}
