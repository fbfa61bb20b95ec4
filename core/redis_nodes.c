/* SPDX-License-Identifier: Apache-2.0 */
/* Who has which slot of a Cluster: asked whenever a node is lost or an answer says that slots have
 * moved, until every slot in use is with somebody who answers. */
#include "core/redis_parts.h"


enum { LOOK_LAST_MS = 1000 };

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
