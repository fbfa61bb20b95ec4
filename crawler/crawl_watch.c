/* SPDX-License-Identifier: Apache-2.0 */
/* While a clock of the office runs, its own channels are looked at as often as politeness allows: a
 * notice that answers must be found before the clock says late.  The keeper says so by a key that
 * dies without it (hy:{O}:watch, alerts/keep/keep_watch.c).  Robots.txt, the gap of the host and
 * its share of room hold as ever. */
#include "crawler/crawl.h"

#include "core/log.h"
#include "rules/office.h"

static void hasten(struct hy_crawl *c, hy_wall now)
{
    struct hy_str id;
    void *value;

    for (size_t at = 0; hy_map_next(c->sources, &at, &id, &value);) {
        struct hy_crawl_source *s = value;
        if (s->rules && s->rules->official && s->loaded && s->health.failures == 0)
            s->next.ms = HY_MIN(s->next.ms, now.ms + s->rules->visit_min_ms);
    }
    hy_crawl_wake_(c);
}

static void on_key(const redisReply *reply, void *user)
{
    struct hy_crawl *c = user;

    if (c->stopping || reply == NULL || reply->type == REDIS_REPLY_ERROR)
        return; /* as before */
    bool watched = reply->type == REDIS_REPLY_STRING, before = c->watched;
    c->watched = watched;
    if (watched != before)
        hy_log(HY_INFO, watched ? "own_channels_watched" : "own_channels_as_usual");
    if (watched && !before)
        hasten(c, hy_wall_now());
}

void hy_crawl_watch_look_(struct hy_crawl *c)
{
    if (c->rules && c->rules->office)
        hy_redis_cmd(c->redis, on_key, c, "GET hy:{%s}:watch", c->rules->office->id);
}
