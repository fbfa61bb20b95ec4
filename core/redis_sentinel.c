/* SPDX-License-Identifier: Apache-2.0 */
#include "core/redis_sentinel.h"

#include "core/mem.h"
#include "core/str.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { SENTINEL_MS = 300 };

/* Two strings, or nothing: it does not know the name. */
static bool take_host(const redisReply *r, struct hy_redis_host *ret)
{
    int64_t port;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
        r->element[0]->type != REDIS_REPLY_STRING || r->element[1]->type != REDIS_REPLY_STRING)
        return false;
    if (!hy_str_to_i64(hy_str(r->element[1]->str), &port) || port < 1 || port > 65535)
        return false;
    *ret = (struct hy_redis_host){hy_xstrndup(r->element[0]->str, r->element[0]->len), (int)port};
    return true;
}

static bool ask_one(const struct hy_redis_host *sentinel, const char *name,
                    struct hy_redis_host *ret, char *why, size_t size)
{
    const struct timeval limit = {.tv_usec = SENTINEL_MS * 1000};
    redisContext *c = redisConnectWithTimeout(sentinel->host, sentinel->port, limit);
    redisReply *r = NULL;
    bool known = false;

    if (c && c->err == 0 && redisSetTimeout(c, limit) == REDIS_OK)
        r = redisCommand(c, "SENTINEL get-master-addr-by-name %s", name);
    known = take_host(r, ret);
    if (!known)
        snprintf(why, size, "%s:%d %s", sentinel->host, sentinel->port,
                 c && c->err                        ? c->errstr
                 : r && r->type == REDIS_REPLY_ERROR ? r->str
                                                     : "does not know it");
    freeReplyObject(r);
    if (c)
        redisFree(c);
    return known;
}

int hy_sentinel_ask(struct hy_redis_address *at, struct hy_redis_host *ret, struct hy_err *err)
{
    char why[200] = "";

    for (size_t i = 0; i < at->sentinels.n; i++) {
        struct hy_redis_host asked = at->sentinels.v[i];
        if (!ask_one(&asked, at->master, ret, why, sizeof(why)))
            continue;
        at->sentinels.v[i] = at->sentinels.v[0];
        at->sentinels.v[0] = asked;
        return HY_OK;
    }
    return hy_fail(err, HY_E_REDIS, "no Sentinel says where the Redis \"%s\" is: %s", at->master,
                   why);
}

int hy_sentinel_locate(struct hy_redis_address *at, struct hy_err *err)
{
    struct hy_redis_host now;

    if (at->master == NULL)
        return HY_OK;
    if (hy_sentinel_ask(at, &now, err) < 0)
        return err->code;
    free(at->host);
    at->host = now.host;
    at->port = now.port;
    return HY_OK;
}
