/* SPDX-License-Identifier: Apache-2.0 */
/* The ways by which notices leave the house, what could not be sent on them, and sending it again.
 */
#include "alerts/board/board.h"
#include "alerts/deliver/dead.h"
#include "core/log.h"
#include "core/mem.h"
#include "rules/duty.h"

#include <stdlib.h>

static void add_channel(json_t *list, const char *id, const char *kind, const char *name)
{
    json_t *o = json_pack("{s:s,s:s}", "id", id, "kind", kind);

    if (name)
        json_object_set_new(o, "name", json_string(name));
    json_array_append_new(list, o);
}

static json_t *channels_of(const struct hy_duty *duty)
{
    const struct hy_hook *hooks;
    size_t n = duty ? hy_duty_hooks(duty, &hooks) : 0;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        add_channel(list, hooks[i].id, hy_hook_kind_name[hooks[i].kind], NULL);
    for (size_t i = 0; duty && hy_duty_mailer(duty) && i < hy_duty_count(duty); i++) {
        const struct hy_person *p = hy_duty_at(duty, i);
        HY_CLEANUP(hy_freep) char *id = hy_xasprintf("mail:%s", p->id);
        if (p->mail)
            add_channel(list, id, "mail", p->name);
    }
    return list;
}

static void on_letters(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    json_t *v;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    v = json_pack("{s:o,s:o}", "channels", channels_of(b->rules->duty), "dead", hy_dead_letters(r));
    hy_json_set_int(v, "now", hy_loop_wall(b->loop).ms);
    hy_http_json(req, 200, v);
}

void hy_board_deliveries(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    hy_redis_cmd(b->redis, on_letters, req, "XREVRANGE hy:{%s}:dead + - COUNT %d", b->office,
                 HY_DEAD_SHOWN);
}

static void on_wished(const redisReply *r, void *user)
{
    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_no_redis(user);
    else
        hy_http_json(user, 200, json_pack("{s:s}", "message", hy_dead_answer_text[HY_DEAD_QUEUED]));
}

/* The board may only wish: the id goes where the role `deliver` takes it from. */
static void on_looked(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    int answer = hy_dead_answer(r);

    if (answer < 0)
        hy_board_no_redis(req);
    else if (answer != HY_DEAD_QUEUED)
        hy_http_problem(req, 404, "not_found", hy_dead_answer_text[answer]);
    else
        hy_redis_cmd(b->redis, on_wished, req, "SADD hy:{%s}:resend %s", b->office,
                     (const char *)hy_http_state(req));
}

void hy_board_redeliver(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    struct hy_dead_args a;

    if (body == NULL)
        return;
    if (!hy_dead_is_id(hy_json_str(body, "id"))) {
        hy_http_problem(req, 422, "invalid", "请写明重发哪一条（id）");
        return;
    }
    hy_log(HY_INFO, "redeliver", HY_KV("by", hy_sender_of(req)->id),
           HY_KVS("letter", hy_json_str(body, "id")));
    hy_dead_args(&a, b->office, hy_json_str(body, "id"), hy_loop_wall(b->loop));
    hy_http_set_state(req, hy_str_dup(hy_json_str(body, "id")), free);
    hy_redis_eval(b->redis, &hy_dead_look_script, on_looked, req, 2, HY_COUNT(a.text),
                  (const char **)a.text, NULL);
    hy_dead_args_release(&a);
}
