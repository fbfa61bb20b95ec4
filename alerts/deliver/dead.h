/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be delivered (hy:{O}:dead): people see it, mend the channel and have it sent once
 * more.  Used by the command line and by the board. */
#pragma once
#include "core/json.h"
#include "core/redis.h"

enum { HY_DEAD_SHOWN = 200 };

/* KEYS: dead, outbox.  ARGV: prefix of the office's keys, id of the entry, now, ttl ms.  The answer
 * is one of hy_dead_answer. */
extern struct hy_script hy_dead_retry_script;
enum hy_dead_answer { HY_DEAD_QUEUED, HY_DEAD_GONE, HY_DEAD_EXPIRED, HY_DEAD_DONE, HY_DEAD_ANSWERS };
/* 中文 for people. */
extern const char *const hy_dead_answer_text[HY_DEAD_ANSWERS];
bool hy_dead_is_id(struct hy_str id); /* "1795690545123-0" */
/* Keys and arguments of the script, for hy_redis_eval and hy_redis_sync_eval; free with
 * hy_dead_args_release. */
struct hy_dead_args {
    char *text[6];
};
void hy_dead_args(struct hy_dead_args *a, const char *office, struct hy_str entry, hy_wall now);
void hy_dead_args_release(struct hy_dead_args *a);
/* -1: not an answer of the script. */
int hy_dead_answer(const redisReply *r);

/* The letters of an XREVRANGE over the stream, each with its `id`.  New reference. */
json_t *hy_dead_letters(const redisReply *entries);
