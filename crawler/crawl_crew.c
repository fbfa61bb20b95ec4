/* SPDX-License-Identifier: Apache-2.0 */
/* The list that all crawlers of one Redis sign (hy:crawl:crew), which forgets who is silent, and what is
 * looked at with each signature. */
#include "core/hash.h"
#include "core/log.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

enum { BEAT_MS = 3000, SET_BACK_MS = 60 * 1000 };
#define BEATS_MISSED 3.33 /* then a crawler counts as gone */

/* Tests do not wait for seconds. */
static int64_t beat_ms(void)
{
    int64_t ms;

    return hy_str_to_i64(hy_str(getenv("HY_CRAWL_BEAT_MS")), &ms) && ms > 0 ? ms : BEAT_MS;
}

/* By Redis' clock: those of several machines differ.  Who seems to live longer than a beat can say was
 * heard by a clock that has been set back since; whoever is alive says so again. */
static const char beat[] = "local t = redis.call('TIME') "
                           "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
                           "redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) "
                           "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) "
                           "redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. (now + ARGV[2]), '+inf') "
                           "return redis.call('ZRANGE', KEYS[1], 0, -1)";
static struct hy_script beat_script = {.text = beat};

static void take_crew(struct hy_crawl *c, const redisReply *reply)
{
    bool same = c->crew.n == reply->elements;

    for (size_t i = 0; same && i < c->crew.n; i++) {
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(hy_reply_str(reply->element[i]));
        bool known = false;
        for (size_t k = 0; k < c->crew.n; k++)
            known |= strcmp(c->crew.v[k], name) == 0;
        same = known;
    }
    if (same)
        return;
    hy_crawl_crew_forget_(c);
    for (size_t i = 0; i < reply->elements; i++)
        hy_vec_push(&c->crew, hy_str_dup(hy_reply_str(reply->element[i])));
    c->crew_version++;
    hy_crawl_share_out_(c);
    hy_crawl_wake_(c);
}

static void on_beat(const redisReply *reply, void *user)
{
    struct hy_crawl *c = user;

    if (!c->stopping && reply && reply->type == REDIS_REPLY_ARRAY)
        take_crew(c, reply);
}

/* Everything that waits for a time of day now waits for one that is hours away.  Ending is cheap: what
 * is started again reads what was planned, and sees what was planned ahead (take_source, on_gate). */
static bool was_set_back(struct hy_crawl *c)
{
    hy_wall now = hy_loop_wall(c->loop), before = c->beat_at;

    c->beat_at = now;
    if (now.ms >= before.ms - SET_BACK_MS)
        return false;
    hy_log(HY_WARN, "clock_set_back", HY_KVN("ms", before.ms - now.ms));
    return true;
}

void hy_crawl_beat_(void *user)
{
    struct hy_crawl *c = user;

    if (was_set_back(c)) {
        hy_loop_stop(c->loop);
        return;
    }
    HY_CLEANUP(hy_freep) char *silent = hy_xasprintf("%.0f", BEATS_MISSED * (double)beat_ms());
    const char *argv[] = {"hy:crawl:crew", c->me, silent};
    size_t lengths[] = {strlen(argv[0]), strlen(argv[1]), strlen(argv[2])};

    if (c->redis_up) {
        hy_redis_eval(c->redis, &beat_script, on_beat, c, 1, HY_COUNT(argv), argv, lengths);
        hy_crawl_quarantine_look_(c); /* first: who was let out is looked at again */
        hy_crawl_rechecks_(c);
        hy_crawl_watch_look_(c);
    }
    hy_timer_arm(c->beat, beat_ms());
}
