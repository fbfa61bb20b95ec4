/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as text, and arguments as they go over the wire. */
#include "core/redis.h"

#include <stdio.h>

struct hy_str hy_reply_str(const redisReply *r)
{
    if (r == NULL || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
        return hy_str(NULL);
    return hy_str_n(r->str, r->len);
}

struct hy_str hy_reply_field(const redisReply *pairs, const char *field)
{
    if (pairs == NULL || pairs->type != REDIS_REPLY_ARRAY)
        return hy_str(NULL);
    for (size_t i = 0; i + 1 < pairs->elements; i += 2)
        if (hy_str_is(hy_reply_str(pairs->element[i]), field))
            return hy_reply_str(pairs->element[i + 1]);
    return hy_str(NULL);
}

void hy_wire_arg(struct hy_wire *w, struct hy_str arg)
{
    char head[24];
    int n = snprintf(head, sizeof(head), "$%zu\r\n", arg.n);

    hy_buf_add(&w->b, head, (size_t)n);
    hy_buf_str(&w->b, arg);
    hy_buf_add(&w->b, "\r\n", 2);
    w->argc++;
}

void hy_wire_release(struct hy_wire *w)
{
    hy_buf_release(&w->b);
    w->argc = 0;
}
