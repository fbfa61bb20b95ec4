/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a Cluster: one is connected to when the first command for one of its slots comes;
 * who has which slot is asked whenever a node is lost or an answer says that slots have moved. */
#include "core/redis_parts.h"

#include <stdlib.h>

enum { LOOK_LAST_MS = 1000 };

void hy_redis_look_soon(struct hy_redis *r, int64_t ms)
{
    if (!r->asked)
        hy_timer_arm(r->look, ms);
}

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

static bool owns_anything(const struct hy_cluster *c, int node)
{
    for (int s = 0; s < HY_SLOTS; s++)
        if (hy_cluster_owner(c, s) == node)
            return true;
    return false;
}

/* Who is down and owns nothing any more need not come back for us. */
static void forget_nodes(struct hy_redis *r)
{
    for (size_t i = 0; i < r->nodes.n; i++) {
        struct hy_redis_node *n = r->nodes.v[i];
        if (n->link && hy_link_is_down(n->link) && !owns_anything(r->cluster, (int)i))
            hy_link_free(HY_TAKE(n->link));
    }
}

static void slots_came(struct hy_redis *r)
{
    forget_nodes(r);
    hy_timer_arm(r->again, 0);
    hy_timer_arm(r->retell, 0);
}

static struct hy_link *anybody(const struct hy_redis *r, size_t *ret)
{
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_up(r->nodes.v[i]->link)) {
            *ret = i;
            return r->nodes.v[i]->link;
        }
    return NULL;
}

static bool any_is_down(const struct hy_redis *r)
{
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_down(r->nodes.v[i]->link))
            return true;
    return false;
}

/* Until every slot in use is with somebody who answers. */
static void look_on(struct hy_redis *r)
{
    if (r->freed || (r->cluster->known && !any_is_down(r)))
        return;
    hy_redis_look_soon(r, r->look_ms);
    r->look_ms = HY_MIN(r->look_ms * 2, (int64_t)LOOK_LAST_MS);
}

static void on_slots(const redisReply *reply, void *user)
{
    struct hy_redis *r = user;
    size_t i;

    r->asked = false;
    if (r->freed)
        return;
    if (reply && anybody(r, &i) && hy_cluster_learn(r->cluster, reply, &r->cluster->nodes.v[i]))
        slots_came(r);
    look_on(r);
}

/* A node that is connected is asked in passing; without one the loop stands still, as with
 * Sentinels, for there is nothing that it could do for an office meanwhile. */
void hy_redis_look(void *user)
{
    static const char question[] = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
    struct hy_redis *r = user;
    struct hy_err err = HY_ERR_INIT;
    size_t ignored;
    struct hy_link *k = anybody(r, &ignored);

    if (k) {
        r->asked = true;
        hy_link_send(k, on_slots, r, question, sizeof(question) - 1);
        return;
    }
    if (hy_cluster_ask(r->cluster, &err) == HY_OK)
        slots_came(r);
    else
        hy_redis_tell_down(r, &err);
    look_on(r);
}
