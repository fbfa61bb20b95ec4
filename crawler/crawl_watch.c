/* SPDX-License-Identifier: Apache-2.0 */
/* While a clock of an office runs, its own channels are looked at as often as politeness allows: a
 * notice that answers must be found before the clock says late.  The keeper says so by a key that
 * dies without it (hy:{O}:watch, alerts/keep/keep_watch.c).  Robots.txt, the gap of the host and
 * its share of room hold as ever. */
#include "crawler/crawl.h"

#include "core/log.h"
#include "rules/office.h"

#include <stdlib.h>

bool hy_crawl_is_watched_(const struct hy_crawl *c, const struct hy_crawl_source *s)
{
    for (size_t i = 0; s->common && i < s->common->n_wishes; i++) {
        const struct hy_wish *w = &s->common->wishes[i];
        const char *office = c->offices->at[w->office]->office->id;
        if (w->source->official && hy_map_get(c->watched, hy_str(office)))
            return true;
    }
    return false;
}

static void hasten(struct hy_crawl *c, hy_wall now)
{
    struct hy_str id;
    void *value;

    for (size_t at = 0; hy_map_next(c->sources, &at, &id, &value);) {
        struct hy_crawl_source *s = value;
        if (!s->rules || !s->loaded || s->health.failures || !hy_crawl_is_watched_(c, s))
            continue;
        s->next.ms = HY_MIN(s->next.ms, now.ms + s->rules->visit_min_ms);
        s->haste = HY_HASTE_LIMIT;
    }
    hy_crawl_wake_(c);
}

struct looking {
    struct hy_crawl *c;
    char *office;
};

static void set_watched(struct hy_crawl *c, struct hy_str office, bool watched)
{
    bool before = hy_map_get(c->watched, office) != NULL;

    if (watched == before)
        return;
    hy_log(HY_INFO, watched ? "own_channels_watched" : "own_channels_as_usual",
           HY_KVS("office", office));
    if (watched) {
        hy_map_set(c->watched, office, c);
        hasten(c, hy_wall_now());
    } else
        hy_map_remove(c->watched, office);
}

static void on_key(const redisReply *reply, void *user)
{
    struct looking *l = user;

    /* without an answer: as before */
    if (!l->c->stopping && reply && reply->type != REDIS_REPLY_ERROR)
        set_watched(l->c, hy_str(l->office), reply->type == REDIS_REPLY_STRING);
    free(l->office);
    free(l);
}

void hy_crawl_watch_look_(struct hy_crawl *c)
{
    for (size_t i = 0; c->offices && i < c->offices->n; i++) {
        const char *office = c->offices->at[i]->office->id;
        struct looking *l = hy_xmalloc(sizeof(*l));
        *l = (struct looking){c, hy_xstrdup(office)};
        hy_redis_cmd(c->redis, on_key, l, "GET hy:{%s}:watch", office);
    }
}
