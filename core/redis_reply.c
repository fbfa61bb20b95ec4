/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as text, and arguments as they go over the wire. */
#include "core/redis.h"

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

/* Without printf(): a transaction has some ten thousand of them. */
void hy_wire_join(struct hy_wire *w, const struct hy_str *part, size_t n)
{
    size_t bytes = 0;

    for (size_t i = 0; i < n; i++)
        bytes += part[i].n;
    hy_buf_char(&w->b, '$');
    hy_buf_int(&w->b, (int64_t)bytes);
    hy_buf_add(&w->b, "\r\n", 2);
    for (size_t i = 0; i < n; i++)
        hy_buf_str(&w->b, part[i]);
    hy_buf_add(&w->b, "\r\n", 2);
    w->argc++;
}

void hy_wire_arg(struct hy_wire *w, struct hy_str arg)
{
    hy_wire_join(w, &arg, 1);
}

void hy_wire_int(struct hy_wire *w, int64_t v)
{
    char room[HY_I64_SIZE];

    hy_wire_arg(w, hy_str_of_i64(v, room));
}

void hy_wire_release(struct hy_wire *w)
{
    hy_buf_release(&w->b);
    w->argc = 0;
}
