/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of Redis commands and scripts, gathered one by one.  Private to crawl*.c. */
#pragma once
#include "core/redis.h"
#include "core/vec.h"

struct hy_args {      /* zeroed: none */
    HY_VEC(char *) v; /* owned */
    HY_VEC(size_t) n;
};
void hy_arg_(struct hy_args *a, const char *s);
void hy_arg_take_(struct hy_args *a, char *s);
void hy_arg_bytes_(struct hy_args *a, struct hy_str s);
void hy_arg_number_(struct hy_args *a, int64_t n);
void hy_arg_key_(struct hy_args *a, const char *kind, const char *id); /* hy:crawl:<kind>:<id> */
void hy_args_release_(struct hy_args *a);
/* Both release the arguments. */
void hy_eval_(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
              struct hy_args *a);
void hy_args_send_(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_args *a);
