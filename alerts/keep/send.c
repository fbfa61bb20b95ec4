/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/send.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "rules/duty.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_SECONDS = 10 };

int hy_cli_actor(const struct hy_rules *rules, const char *as, json_t **ret, struct hy_err *err)
{
    const struct hy_person *p;
    json_t *roles = json_array();

    if (as == NULL)
        return hy_fail(err, HY_E_USAGE, "who acts? --as PERSON (an id of duty.yaml)");
    p = rules->duty ? hy_duty_person(rules->duty, hy_str(as)) : NULL;
    if (p == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "duty.yaml 里没有“%s”", as);
    for (int r = 0; r < HY_ROLE_COUNT; r++)
        if (p->roles & 1u << r)
            json_array_append_new(roles, json_string(hy_role_name[r]));
    *ret = json_pack("{s:s,s:s,s:o}", "id", p->id, "name", p->name, "roles", roles);
    return HY_OK;
}

json_t *hy_cli_command(const char *id, const char *verb, const char *incident, json_t *actor,
                       json_t *args)
{
    json_t *cmd = json_object();
    char random[33];

    hy_random_hex(random, 16);
    hy_json_set_str(cmd, "id", hy_str(id ? id : random));
    hy_json_set_str(cmd, "verb", hy_str(verb));
    hy_json_set_str(cmd, "incident", hy_str(incident));
    json_object_set_new(cmd, "actor", actor);
    json_object_set_new(cmd, "args", args);
    hy_json_set_time(cmd, "at", hy_wall_now(), HY_CST);
    hy_json_set_str(cmd, "via", HY_STR("cli"));
    return cmd;
}

/* Newest id of the feed, so that the reply cannot be missed. */
static int feed_end(const struct hy_sender_cli *j, char ret[64], struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(j->redis, &r, err, "XREVRANGE hy:{%s}:feed + - COUNT 1", j->office) < 0)
        return err->code;
    snprintf(ret, 64, "%s", r->elements == 1 ? r->element[0]->element[0]->str : "0-0");
    freeReplyObject(r);
    return HY_OK;
}

/* Look through one answer of XREAD for our reply; remembers how far it looked. */
static int scan_feed(const redisReply *r, const char *id, char at[64], json_t **ret)
{
    struct hy_err ignored = HY_ERR_INIT;
    const redisReply *entries = r->element[0]->element[1];

    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        HY_CLEANUP(hy_json_freep) json_t *data = NULL;
        snprintf(at, 64, "%s", e->element[0]->str);
        if (!hy_str_is(hy_reply_field(e->element[1], "type"), "reply") ||
            hy_json_parse(hy_reply_field(e->element[1], "data"), &data, &ignored) < 0 ||
            !hy_str_is(hy_json_str(data, "id"), id))
            continue;
        *ret = HY_TAKE(data);
        return HY_OK;
    }
    return HY_E_NOTFOUND;
}

static int await_reply(const struct hy_sender_cli *j, const char *id, char at[64], json_t **ret, struct hy_err *err)
{
    hy_mono began = hy_mono_now();

    while (hy_mono_now().us - began.us < WAIT_SECONDS * INT64_C(1000000)) {
        redisReply *r = NULL;
        if (hy_redis_sync_cmd(j->redis, &r, err,
                              "XREAD COUNT 500 BLOCK 1000 STREAMS hy:{%s}:feed %s", j->office,
                              at) < 0)
            return err->code;
        int rc = r->type == REDIS_REPLY_ARRAY && r->elements > 0 ? scan_feed(r, id, at, ret)
                                                                 : HY_E_NOTFOUND;
        freeReplyObject(r);
        if (rc == HY_OK)
            return HY_OK;
    }
    return hy_fail(err, HY_E_TIMEOUT,
                   "操作已提交（%s），值守程序 %d 秒内没有答复；它恢复后会处理，不必重复提交", id,
                   WAIT_SECONDS);
}

int hy_cli_send(const struct hy_sender_cli *j, json_t *cmd, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(cmd);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(cmd, "id"));
    redisReply *r = NULL;
    char at[64];

    if (feed_end(j, at, err) < 0 ||
        hy_redis_sync_cmd(j->redis, &r, err, "XADD hy:{%s}:cmd * cmd %s", j->office, text) < 0)
        return err->code;
    freeReplyObject(r);
    return await_reply(j, id, at, ret, err);
}
