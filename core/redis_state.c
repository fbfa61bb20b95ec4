/* SPDX-License-Identifier: Apache-2.0 */
/* Is Redis there, as one who waits for it sees it; and which slot a key has. */
#include "core/redis_parts.h"

static bool link_serves(const struct hy_link *k)
{
    return k == NULL || hy_link_is_up(k);
}

/* A node that is being connected to for the first time lets commands wait, so it is not down. */
bool hy_redis_is_up(const struct hy_redis *r)
{
    if (r->freed || !link_serves(r->offices))
        return false;
    if (!link_serves(r->crawl) && !(r->offices_matter_only && (r->offices || r->cluster)))
        return false;
    if (r->cluster && !r->cluster->known)
        return false;
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_down(r->nodes.v[i]->link))
            return false;
    return true;
}

/* Each loss is told, and each time that all is there after one: callers wait for that to send
 * again. */
void hy_redis_tell_up(void *user)
{
    struct hy_redis *r = user;

    if (r->told_up || !hy_redis_is_up(r))
        return;
    r->told_up = true;
    r->told_down = false;
    if (r->ev.on_up)
        r->ev.on_up(r->ev.user);
}

void hy_redis_tell_down(struct hy_redis *r, const struct hy_err *why)
{
    r->told_up = false;
    if (r->told_down || r->freed)
        return;
    r->told_down = true;
    if (r->ev.on_down)
        r->ev.on_down(r->ev.user, why); /* may free r */
}

void hy_redis_look_soon(struct hy_redis *r, int64_t ms)
{
    if (!r->asked)
        hy_timer_arm(r->look, ms);
}

int hy_redis_slot_of(const struct hy_redis *r, struct hy_str key)
{
    return r->cluster && hy_key_is_of_office(key) ? hy_key_slot(key) : -1;
}
