/* SPDX-License-Identifier: Apache-2.0 */
/* A command that may have to be sent again: of a script, or to a cluster.  Where it goes, how long
 * it may be put off, and what an answer means that is none ("go there", "not now", "which
 * script?"). */
#include "core/redis_parts.h"

#include <stdlib.h>
#include <string.h>

enum { GIVE_UP_MS = 5000 }; /* then its link counts as lost, like one that is silent */

int hy_redis_slot_of(const struct hy_redis *r, struct hy_str key)
{
    return r->cluster && hy_key_is_of_office(key) ? hy_key_slot(key) : -1;
}

struct hy_call *hy_call_new(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_str key)
{
    struct hy_call *c = hy_xcalloc(1, sizeof(*c));

    *c = (struct hy_call){.r = r,
                          .fn = fn,
                          .user = user,
                          .slot = hy_redis_slot_of(r, key),
                          .node = -1,
                          .began = hy_mono_now()};
    return c;
}

static void call_free(struct hy_call *c)
{
    free(c->bytes);
    free(c);
}

static void finish(struct hy_call *c, const redisReply *reply)
{
    hy_reply_fn fn = c->fn;
    void *user = c->user;

    call_free(c);
    if (fn)
        fn(reply, user);
}

static void put_off(struct hy_redis *r, struct hy_call *c)
{
    TAILQ_INSERT_TAIL(&r->later, c, entry);
    hy_timer_arm(r->again, HY_LATER_MS);
}

/* True when the cluster sent it elsewhere, and it is on its way there. */
static bool redirected(struct hy_call *c, const redisReply *reply)
{
    struct hy_redis *r = c->r;
    int node = -1;

    if (c->slot < 0)
        return false;
    switch (hy_cluster_redirect(r->cluster, reply, &node)) {
    case HY_REDIRECT_MOVED:
        hy_redis_look_soon(r, HY_LOOK_FIRST_MS); /* others will have moved with it */
        hy_call_send_to(c, node);
        return true;
    case HY_REDIRECT_ASK:
        c->asking = true;
        hy_call_send_to(c, node);
        return true;
    case HY_REDIRECT_LATER:
        put_off(r, c);
        return true;
    case HY_REDIRECT_NONE:
        break;
    }
    return false;
}

static void on_answer(const redisReply *reply, void *user)
{
    struct hy_call *c = user;
    bool unknown = c->script && reply && reply->type == REDIS_REPLY_ERROR &&
                   strncmp(reply->str, "NOSCRIPT", 8) == 0;

    if (c->r->freed)
        finish(c, reply);
    else if (unknown)
        hy_call_as_text(c);
    else if (!redirected(c, reply))
        finish(c, reply);
}

void hy_call_put(struct hy_link *k, struct hy_call *c)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

    if (c->asking)
        hy_link_send(k, NULL, NULL, asking, sizeof(asking) - 1);
    c->asking = false;
    hy_link_send(k, on_answer, c, c->bytes, c->n);
}

void hy_call_send(struct hy_call *c)
{
    struct hy_redis *r = c->r;
    int owner = c->slot < 0 ? -1 : hy_cluster_owner(r->cluster, c->slot);

    if (c->slot < 0)
        hy_call_put(r->offices && hy_key_is_of_office(hy_command_key(hy_str_n(c->bytes, c->n)))
                        ? r->offices
                        : r->crawl,
                    c);
    else if (owner >= 0)
        hy_call_send_to(c, owner);
    else {
        hy_redis_look_soon(r, HY_LOOK_FIRST_MS);
        put_off(r, c);
    }
}

/* Long enough is like silence: whoever waits hears NULL, and on_up when it may send again. */
static bool give_up(struct hy_call *c)
{
    struct hy_redis *r = c->r;
    struct hy_err why = HY_ERR_INIT;

    if (hy_mono_now().us - c->began.us < GIVE_UP_MS * INT64_C(1000))
        return false;
    hy_fail(&why, HY_E_TIMEOUT, "the cluster has put a command off for %d ms", GIVE_UP_MS);
    hy_timer_arm(r->retell, HY_LATER_MS);
    finish(c, NULL);
    if (!r->freed)
        hy_redis_tell_down(r, &why);
    return true;
}

void hy_calls_again(void *user)
{
    struct hy_redis *r = user;
    size_t n = 0;
    struct hy_call *c;

    TAILQ_FOREACH (c, &r->later, entry)
        n++; /* only these: what is put off again waits again */
    while (!r->freed && n-- > 0 && (c = TAILQ_FIRST(&r->later))) {
        TAILQ_REMOVE(&r->later, c, entry);
        if (!give_up(c))
            hy_call_send(c);
    }
}

void hy_calls_end(struct hy_calls *list)
{
    struct hy_call *c;

    while ((c = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, c, entry);
        finish(c, NULL);
    }
}
