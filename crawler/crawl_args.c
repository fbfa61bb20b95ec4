/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/crawl_args.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void hy_arg_take_(struct hy_args *a, char *s)
{
    hy_vec_push(&a->v, s);
    hy_vec_push(&a->n, strlen(s));
}

void hy_arg_(struct hy_args *a, const char *s)
{
    hy_arg_take_(a, hy_xstrdup(s));
}

void hy_arg_bytes_(struct hy_args *a, struct hy_str s)
{
    hy_vec_push(&a->v, hy_str_dup(s));
    hy_vec_push(&a->n, s.n);
}

void hy_arg_number_(struct hy_args *a, int64_t n)
{
    hy_arg_take_(a, hy_xasprintf("%" PRId64, n));
}

void hy_arg_key_(struct hy_args *a, const char *kind, const char *id)
{
    hy_arg_take_(a, hy_xasprintf("hy:crawl:%s:%s", kind, id));
}

void hy_args_release_(struct hy_args *a)
{
    for (size_t i = 0; i < a->v.n; i++)
        free(a->v.v[i]);
    hy_vec_release(&a->v);
    hy_vec_release(&a->n);
}

void hy_eval_(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
              struct hy_args *a)
{
    hy_redis_eval(r, s, fn, user, nkeys, (int)a->v.n, (const char **)a->v.v, a->n.v);
    hy_args_release_(a);
}

void hy_args_send_(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_args *a)
{
    hy_redis_cmdv(r, fn, user, (int)a->v.n, (const char **)a->v.v, a->n.v);
    hy_args_release_(a);
}
