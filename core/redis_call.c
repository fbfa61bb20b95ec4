/* SPDX-License-Identifier: Apache-2.0 */
/* A command that may have to be sent again: of a script, or to a cluster.  Where it goes, how long
 * it may be put off, and what an answer means that is none ("go there", "not now", "which
 * script?"). */
#include "core/redis_parts.h"

#include <stdlib.h>
#include <string.h>

enum { GIVE_UP_MS = 5000 }; /* then its link counts as lost, like one that is silent */

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

/* -- to a node -------------------------------------------------------------------------------- */

static void on_node_up(void *user)
{
    struct hy_redis_node *n = user;
    struct hy_call *c;

    while (n->link && hy_link_is_up(n->link) && (c = TAILQ_FIRST(&n->waiting))) {
        TAILQ_REMOVE(&n->waiting, c, entry);
        hy_call_put(n->link, c);
    }
    hy_redis_tell_up(n->r);
}

static void on_node_down(void *user, const struct hy_err *why)
{
    struct hy_redis_node *n = user;
    struct hy_redis *r = n->r;
    struct hy_call *c;

    r->look_ms = HY_LOOK_FIRST_MS;
    hy_redis_look_soon(r, HY_LOOK_FIRST_MS); /* another node may have its slots by now */
    hy_timer_arm(r->retell, HY_LATER_MS);
    while (!r->freed && (c = TAILQ_FIRST(&n->waiting))) {
        TAILQ_REMOVE(&n->waiting, c, entry);
        hy_call_put(n->link, c);
    }
    hy_redis_tell_down(r, why);
}

static struct hy_link *connect_node(struct hy_redis *r, struct hy_redis_node *n, int i)
{
    struct hy_redis_address at = hy_cluster_address(r->cluster, i);

    at.host = hy_xstrdup(at.host);
    at.user = at.user ? hy_xstrdup(at.user) : NULL;
    at.password = at.password ? hy_xstrdup(at.password) : NULL;
    struct hy_link *k =
        hy_link_new(r->loop, &at, NULL, (struct hy_redis_events){on_node_up, on_node_down, n});
    if (r->deadline_ms)
        hy_link_set_deadline(k, r->deadline_ms);
    return k;
}

static struct hy_redis_node *node_at(struct hy_redis *r, int i)
{
    while (r->nodes.n <= (size_t)i) {
        struct hy_redis_node *n = hy_xcalloc(1, sizeof(*n));
        n->r = r;
        TAILQ_INIT(&n->waiting);
        hy_vec_push(&r->nodes, n);
    }
    if (r->nodes.v[i]->link == NULL)
        r->nodes.v[i]->link = connect_node(r, r->nodes.v[i], i);
    return r->nodes.v[i];
}

void hy_call_send_to(struct hy_call *c, int i)
{
    struct hy_redis_node *n = node_at(c->r, i);

    c->node = i;
    if (hy_link_is_up(n->link) || hy_link_is_down(n->link))
        hy_call_put(n->link, c); /* down: answered with NULL in a later turn */
    else
        TAILQ_INSERT_TAIL(&n->waiting, c, entry);
}

/* -- answers ----------------------------------------------------------------------------------- */

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

static void again_as_text(struct hy_call *c)
{
    hy_script_as_text(c);
    hy_call_send(c);
}

static void on_answer(const redisReply *reply, void *user)
{
    struct hy_call *c = user;
    bool unknown = c->script && reply && reply->type == REDIS_REPLY_ERROR &&
                   strncmp(reply->str, "NOSCRIPT", 8) == 0;

    if (c->r->freed)
        finish(c, reply);
    else if (unknown)
        again_as_text(c);
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
