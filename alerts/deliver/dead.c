/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/deliver/dead.h"

#include "alerts/deliver/queue.h"
#include "core/mem.h"

#include <stdlib.h>

/* A letter whose message is not `failed` any more was sent on another way: it only goes. */
struct hy_script hy_dead_retry_script = {.text = HY_DEAD_RETRY_LUA
                                         "return resend(ARGV[1], ARGV[2], ARGV[3], ARGV[4])"};

struct hy_script hy_dead_look_script = {
    .reads_only = true,
    .text = "local e = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])\n"
            "if #e == 0 then return 1 end\n"
            "local l = cjson.decode(e[1][2][2])\n"
            "local d = ARGV[1] .. 'delivery:' .. l.notice\n"
            "if redis.call('HEXISTS', d, 'notice') == 0 then return 2 end\n"
            "if redis.call('HGET', d, l.channel) ~= 'failed' then return 3 end\n"
            "return 0"};

const char *const hy_dead_answer_text[HY_DEAD_ANSWERS] = {
    [HY_DEAD_QUEUED] = "已重新排队，马上再发；结果看这条提醒的回执",
    [HY_DEAD_GONE] = "没有这一条，可能别人已经重发过了",
    [HY_DEAD_EXPIRED] = "这条提醒已超过 30 天，内容没有了，不能重发",
    [HY_DEAD_DONE] = "这条提醒后来已经发出去了，不用重发",
};

bool hy_dead_is_id(struct hy_str id)
{
    struct hy_str ms;
    int64_t n;

    return id.n < 40 && hy_str_cut(&id, '-', &ms) && hy_str_to_i64(ms, &n) && n >= 0 &&
           hy_str_to_i64(id, &n) && n >= 0;
}

void hy_dead_args(struct hy_dead_args *a, const char *office, struct hy_str entry, hy_wall now)
{
    *a = (struct hy_dead_args){{hy_xasprintf("hy:{%s}:dead", office),
                                hy_xasprintf("hy:{%s}:outbox", office),
                                hy_xasprintf("hy:{%s}:", office), hy_str_dup(entry),
                                hy_xasprintf("%lld", (long long)now.ms),
                                hy_xasprintf("%lld", (long long)(HY_DELIVERY_DAYS * HY_DAY_MS))}};
}

void hy_dead_args_release(struct hy_dead_args *a)
{
    for (size_t i = 0; i < HY_COUNT(a->text); i++)
        free(a->text[i]);
}

int hy_dead_answer(const redisReply *r)
{
    return r && r->type == REDIS_REPLY_INTEGER && r->integer >= 0 && r->integer < HY_DEAD_ANSWERS
               ? (int)r->integer
               : -1;
}

json_t *hy_dead_letters(const redisReply *entries)
{
    json_t *list = json_array();

    for (size_t i = 0; entries->type == REDIS_REPLY_ARRAY && i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        struct hy_err ignored = HY_ERR_INIT;
        json_t *letter = NULL;
        if (e->elements != 2 ||
            hy_json_parse(hy_reply_field(e->element[1], "delivery"), &letter, &ignored) < 0)
            continue;
        hy_json_set_str(letter, "id", hy_reply_str(e->element[0]));
        json_array_append_new(list, letter);
    }
    return list;
}
