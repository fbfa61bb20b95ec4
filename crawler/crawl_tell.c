/* SPDX-License-Identifier: Apache-2.0 */
/* What the keepers hear of a source: an event in the stream of every office that watches it, under
 * the name the office gave it.
 *
 * Told first, stored after: only when every stream has the event, `then` stores the state that it is
 * about.  An event may so come twice, with the same id, and is never missing.  One script for both
 * would be simpler, but the offices' keys may lie in another Redis than the crawl's. */
#include "crawler/crawl.h"

#include "core/log.h"
#include "rules/office.h"

#include <stdlib.h>

enum { EVENTS_MAX = 20000 };

struct telling {
    void (*then)(void *user, bool told);
    void *user;
    size_t waiting;
    bool failed;
};

static void settle(struct telling *t)
{
    if (--t->waiting > 0)
        return;
    if (t->then)
        t->then(t->user, !t->failed);
    free(t);
}

static void on_told(const redisReply *reply, void *user)
{
    struct telling *t = user;

    if (reply && reply->type == REDIS_REPLY_ERROR)
        hy_log(HY_ERROR, "health_not_told", HY_KV("err", reply->str));
    t->failed = t->failed || reply == NULL || reply->type == REDIS_REPLY_ERROR;
    settle(t);
}

static void tell_one(struct hy_crawl *c, const struct hy_wish *w, json_t *event, struct telling *t)
{
    HY_CLEANUP(hy_freep) char *text = NULL;

    hy_json_set_str(event, "source", hy_str(w->source->id));
    hy_json_set_str(event, "name", hy_str(w->source->name));
    text = hy_json_text(event);
    t->waiting++;
    hy_redis_cmd(c->redis, on_told, t, "XADD hy:{%s}:health MAXLEN ~ %d * event %s",
                 c->offices->at[w->office]->office->id, EVENTS_MAX, text);
}

void hy_crawl_tell_(struct hy_crawl *c, const struct hy_crawl_source *s, json_t *event,
                    void (*then)(void *user, bool told), void *user)
{
    struct telling *t = hy_xcalloc(1, sizeof(*t));

    *t = (struct telling){.then = then, .user = user, .waiting = 1}; /* ours, until all are sent */
    for (size_t i = 0; event && s->common && i < s->common->n_wishes; i++)
        tell_one(c, &s->common->wishes[i], event, t);
    json_decref(event);
    settle(t);
}
