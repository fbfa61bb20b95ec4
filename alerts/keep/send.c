/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/send.h"

#include "core/clock.h"
#include "core/command.h"
#include "core/hash.h"
#include "core/mem.h"
#include "rules/duty.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WAIT_SECONDS = 10, LOOK_MS = 50, LOOK_AT = 200 };

int hy_cli_actor(const struct hy_rules *rules, const char *as, json_t **ret, struct hy_err *err)
{
    const struct hy_person *p;

    if (as == NULL)
        return hy_fail(err, HY_E_USAGE, "who acts? --as PERSON (an id of duty.yaml)");
    p = rules->duty ? hy_duty_person(rules->duty, hy_str(as)) : NULL;
    if (p == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "duty.yaml 里没有“%s”", as);
    json_t *roles = json_array();
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

/* ---- many at once ---- */

struct hy_script hy_send_all_script = {
    .text = "for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'cmd', ARGV[i]) end\n"
            "return #ARGV"};

static int write_all(const struct hy_sender_cli *j, const json_t *cmds, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:{%s}:cmd", j->office);
    HY_CLEANUP(hy_wire_release) struct hy_wire wire = HY_WIRE_INIT;
    struct hy_str stream = hy_str(key);
    redisReply *r = NULL;
    size_t i;
    json_t *cmd;

    json_array_foreach (cmds, i, cmd) {
        HY_CLEANUP(hy_freep) char *text = hy_json_text(cmd);
        hy_wire_arg(&wire, hy_str(text));
    }
    int rc = hy_redis_sync_eval(j->redis, &hy_send_all_script, &r, err, 1, 1, &stream, &wire);
    freeReplyObject(r);
    return rc;
}

/* Replies of some commands from `from` on, as far as they are there; how many came in a row. */
static int look(const struct hy_sender_cli *j, const json_t *cmds, size_t from, json_t *replies,
                size_t *ret, struct hy_err *err)
{
    size_t n = HY_MIN(json_array_size(cmds) - from, (size_t)LOOK_AT);
    const char *argv[LOOK_AT + 1] = {"MGET"};
    char *keys[LOOK_AT];
    redisReply *r = NULL;

    for (size_t i = 0; i < n; i++)
        argv[i + 1] = keys[i] = hy_xasprintf(
            "hy:{%s}:reply:" HY_STR_FMT, j->office,
            HY_STR_ARG(hy_json_str(json_array_get(cmds, from + i), "id")));
    int rc = hy_redis_sync_cmdv(j->redis, &r, err, (int)n + 1, argv, NULL);
    for (*ret = 0; rc == HY_OK && *ret < r->elements; ++*ret) {
        struct hy_err ignored = HY_ERR_INIT;
        json_t *reply = NULL;
        if (r->element[*ret]->type != REDIS_REPLY_STRING)
            break;
        if (hy_json_parse(hy_reply_str(r->element[*ret]), &reply, &ignored) < 0)
            reply = json_null();
        json_array_append_new(replies, reply);
    }
    freeReplyObject(r);
    for (size_t i = 0; i < n; i++)
        free(keys[i]);
    return rc;
}

int hy_cli_print_reply(const json_t *reply, bool json, const char *fine)
{
    bool ok = json_is_true(json_object_get(reply, "ok"));

    if (json)
        hy_json_print(reply);
    else if (ok)
        printf("%s\n", fine);
    else
        fprintf(stderr, "未执行：" HY_STR_FMT "\n", HY_STR_ARG(hy_json_str(reply, "message")));
    return ok ? HY_EXIT_OK : HY_EXIT_NO;
}

int hy_cli_send_all(const struct hy_sender_cli *j, const json_t *cmds, json_t **ret,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *replies = json_array();
    size_t n = json_array_size(cmds);
    hy_mono last = hy_mono_now();

    if (write_all(j, cmds, err) < 0)
        return err->code;
    while (json_array_size(replies) < n &&
           hy_mono_now().us - last.us < WAIT_SECONDS * INT64_C(1000000)) {
        size_t got;
        if (look(j, cmds, json_array_size(replies), replies, &got, err) < 0)
            return err->code;
        if (got)
            last = hy_mono_now();
        else
            nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * INT64_C(1000000)}, NULL);
    }
    while (json_array_size(replies) < n)
        json_array_append_new(replies, json_null());
    *ret = HY_TAKE(replies);
    return HY_OK;
}
