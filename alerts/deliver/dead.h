/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be delivered (hy:{O}:dead): people see it, mend the channel and have it sent once
 * more.  Used by the command line and by the board. */
#pragma once
#include "core/json.h"
#include "core/redis.h"

enum { HY_DEAD_SHOWN = 200 };

/* Lua: resend(prefix, id of the entry, now, ttl ms) sends one again and gives an hy_dead_answer. */
#define HY_DEAD_RETRY_LUA                                                                          \
    "local function resend(P, id, now, ttl)\n"                                                     \
    "  local e = redis.call('XRANGE', P .. 'dead', id, id)\n"                                      \
    "  if #e == 0 then return 1 end\n"                                                             \
    "  local l = cjson.decode(e[1][2][2])\n"                                                       \
    "  local c, d = l.channel, P .. 'delivery:' .. l.notice\n"                                     \
    "  redis.call('XDEL', P .. 'dead', id)\n"                                                      \
    "  if redis.call('HEXISTS', d, 'notice') == 0 then return 2 end\n"                             \
    "  if redis.call('HGET', d, c) ~= 'failed' then return 3 end\n"                                \
    "  redis.call('HSET', d, c, 'queued', c .. '|since', now, c .. '|tries', 0)\n"                 \
    "  redis.call('PEXPIRE', d, ttl)\n"                                                            \
    "  redis.call('ZADD', P .. 'outbox', now, l.member or ('0|' .. c .. '|' .. l.notice))\n"       \
    "  return 0\n"                                                                                 \
    "end\n"

/* What would become of it, for whoever may only read (keys and arguments as below): the board, which
 * then adds the id to the set hy:{O}:resend; the role `deliver` takes it from there. */
extern struct hy_script hy_dead_look_script;
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
