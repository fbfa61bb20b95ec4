/* SPDX-License-Identifier: Apache-2.0 */
/* The proof that no clock is lost: a made-up fortnight of an office is played to real keepers on a
 * real Redis by an accelerated clock, while everything that can break breaks at random, and what
 * came out is held against a model that knows the rules of the game and nothing of the keeper.
 *
 * The model is the table of reminders below.  A command has no single moment, so the model counts
 * with three answers: a notice must be there (its time had come, and everything was settled, before
 * the command that ends it was sent), must not be there (its time came after the answer to that
 * command was seen), or may.
 *
 * Held against it:
 * - every notice that must be there is, none that must not, none twice;
 * - none before its time; none later than the first moment everything was well again; what is late
 *   says by how much;
 * - when the clock has been ahead and is set back, what it brought too early comes again at its time;
 * - every command that was answered stands in the journal exactly once, every hit opened exactly one
 *   incident, though both are sent again and again until there is an answer;
 * - every notice that rings ends as sent or as failed outside, what is sent has arrived, and nothing
 *   arrives twice but where something died between sending and writing it down;
 * - whatever still asks for the officer has been shown on her screen, and the record says so;
 * - the journal's chain is whole, and Redis and the mirror hold the same bytes;
 * - at the end Redis is emptied, and all of it holds once more.
 *
 * HY_CHAOS_SEED replays a run, HY_CHAOS_INCIDENTS sets its size, HY_CHAOS_LOG=1 tells what breaks,
 * HY_CHAOS_DESK=1 adds a board and a desktop agent, which may take seconds to find each other again. */
#include "tests/scenario/model/check.h"
#include "tests/scenario/model/record.h"
#include "tests/scenario/model/told.h"

static void check_all(struct world *w)
{
    int keeper = leader(w);

    check_journal(&w->p, &w->keepers[keeper]);
    check_commands(w, keeper);
    check_notices(w);
    check_outside(w);
}

static void world_begin(struct world *w)
{
    const char *size = getenv("HY_CHAOS_INCIDENTS");
    int64_t n = INCIDENTS;

    signal(SIGXFSZ, SIG_IGN); /* inherited: a full disk is an error, not a signal */
    *w = (struct world){.verbose = getenv("HY_CHAOS_LOG") != NULL,
                        .with_desk = getenv("HY_CHAOS_DESK") != NULL};
    play_prepare(&w->p);
    w->p.mend = mend_some;
    outside_start(&w->outside, &w->p);
    if (w->with_desk)
        desk_start(&w->desk, &w->p);
    proxy_start(&w->proxy, w->p.redis.dir, "redis.sock");
    snprintf(w->p.via, sizeof(w->p.via), "unix://%s", w->proxy.path);
    if (size)
        hy_str_to_i64(hy_str(size), &n);
    w->n = (int)n;
    w->all = hy_xcalloc((size_t)w->n, sizeof(*w->all));
    w->max_clock = w->p.now.ms;
    for (int i = 0; i < w->n; i++)
        plan_incident(w, i);
    for (int i = 0; i < KEEPERS; i++) {
        HY_CLEANUP(hy_freep) char *data = hy_xasprintf("%s/data%d", w->p.redis.dir, i);
        snprintf(w->keepers[i].data, sizeof(w->keepers[i].data), "%s", data);
        keeper_start(&w->p, &w->keepers[i]);
    }
}

static void world_end(struct world *w)
{
    for (int i = 0; i < KEEPERS; i++)
        keeper_kill(&w->keepers[i], SIGKILL);
    outside_end(&w->outside);
    if (w->with_desk)
        desk_end(&w->desk);
    proxy_end(&w->proxy);
    redis_server_end(&w->p.redis);
    for (int i = 0; i < w->n; i++) {
        free(w->all[i].hit);
        for (size_t a = 0; a < HY_COUNT(w->all[i].acts); a++)
            free(w->all[i].acts[a].text);
    }
    free(w->all);
    hy_vec_release(&w->settled);
    hy_vec_release(&w->turns);
}

static void live(struct world *w)
{
    hy_wall end = hy_wall_add_ms(w->p.now, SPAN_H * HY_HOUR_MS);

    settle(w);
    while (w->p.now.ms < end.ms) {
        move_clock(w, (int64_t)(1 + random_below(&w->p, 2 * TICK_MIN)) * HY_MINUTE_MS);
        attend_all(w);
        if (random_below(&w->p, 3) == 0)
            cause_trouble(w);
        usleep(1000 * random_below(&w->p, 60));
        mend_redis(w);
        if (random_below(&w->p, 3) == 0 || w->p.now.ms - newest_settled(w) > ALONE_H * HY_HOUR_MS)
            settle(w);
    }
    settle(w);
}

/* What the office's size may cost: the text of every document, HY_HOT_BYTES of them parsed (docs/SOAK.md
 * has what was measured), and while a snapshot is written what has changed since twice.  Redis has the documents, the journal and the
 * feed, and more while it rewrites its log. */
static void check_memory(const struct world *w)
{
    int64_t keeper_mb = w->keeper_peak_kb >> 10, redis_mb = w->redis_peak_kb >> 10;

    print_message("memory at most: keeper %lld MB, Redis %lld MB\n", (long long)keeper_mb,
                  (long long)redis_mb);
#ifndef HY_SANITIZED
    if (keeper_mb > 400 + w->n / 25)
        fail_msg("the keeper of %d incidents took %lld MB", w->n, (long long)keeper_mb);
    if (redis_mb > 350 + w->n / 4)
        fail_msg("the Redis of %d incidents took %lld MB", w->n, (long long)redis_mb);
#endif
}

TEST(everything_breaks_and_nothing_is_lost)
{
    struct world *w = &world;

    world_begin(w);
    live(w);
    check_all(w);
    for (size_t i = 0; i < HY_COUNT(troubles); i++)
        print_message("%4d x %s\n", troubles[i].times, troubles[i].name);
    wipe_redis(w);
    settle(w);
    check_all(w);
    check_memory(w);
    print_message("%d incidents, %lld journal entries, Redis ended itself %zu times\n", w->n,
                  (long long)ask_number(&w->p, "XLEN", "journal"), w->redis_full_deaths);
    world_end(w);
}
