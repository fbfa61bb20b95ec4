/* SPDX-License-Identifier: Apache-2.0 */
/* `huiying drill`: begins a practice incident through the keeper. */
#include "alerts/decide/decide.h"
#include "alerts/keep/send.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/role.h"
#include "rules/office.h"

#include <stdio.h>

struct opts {
    struct hy_role_opts role;
    const char *as, *text, *id;
    int64_t level;
    bool json;
};

extern const struct hy_command hy_cmd_drill;

static int send(const struct opts *o, const struct hy_role *role, const struct hy_rules *rules,
                const char *title, json_t **ret, struct hy_err *err)
{
    struct hy_redis_sync *redis = NULL;
    json_t *actor = NULL, *args;

    if (hy_cli_actor(rules, o->as, &actor, err) < 0)
        return err->code;
    args = json_pack("{s:s,s:I}", "title", title, "level", (json_int_t)(o->level ? o->level : 3));
    if (args == NULL) {
        json_decref(actor);
        return hy_fail(err, HY_E_USAGE, "the title is no UTF-8");
    }
    if (o->text)
        hy_json_set_str(args, "text", hy_str(o->text));
    HY_CLEANUP(hy_json_freep)
    json_t *cmd = hy_cli_command(o->id, "drill", HY_DUTY_DOC, actor, args);
    if (hy_redis_sync_open(role->redis, &redis, err) < 0)
        return err->code;
    struct hy_sender_cli sender = {redis, rules->office->id};
    int rc = hy_cli_send(&sender, cmd, ret, err);
    hy_redis_sync_close(redis);
    return rc;
}

static int tell(const struct opts *o, const json_t *reply)
{
    HY_CLEANUP(hy_freep)
    char *fine = hy_xasprintf("演练开始：" HY_STR_FMT, HY_STR_ARG(hy_json_str(reply, "incident")));

    return hy_cli_print_reply(reply, o->json, fine);
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    HY_CLEANUP(hy_json_freep) json_t *reply = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (nargs != 1)
        hy_fail(&err, HY_E_USAGE, "one sentence says what the drill is about");
    if (nargs != 1 || hy_role_resolve_office(&o->role, &role, &err) < 0 ||
        hy_rules_open(role.config, &rules, &err) < 0 ||
        send(o, &role, rules, args[0], &reply, &err) < 0)
        return hy_command_fail(&hy_cmd_drill, &err);
    return tell(o, reply);
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"as", 0, HY_OPT_TEXT, offsetof(struct opts, as), "PERSON", "who begins it (id of duty.yaml)"},
    {"level", 0, HY_OPT_NUMBER, offsetof(struct opts, level), "1-4", "its level (3)"},
    {"text", 0, HY_OPT_TEXT, offsetof(struct opts, text), "TEXT", "what has happened, for those who practise"},
    {"id", 0, HY_OPT_TEXT, offsetof(struct opts, id), "HEX", "of the command: sent twice it runs once"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "the keeper's reply"},
    {NULL},
};

const struct hy_command hy_cmd_drill = {
    .name = "drill",
    .usage = "TITLE --as PERSON [--level N] [--text TEXT] -c DIR",
    .summary = "begin a practice incident: clocks and notices run, marked, never in statistics",
    .details = "Everybody practises what he would do: acknowledge, assign, respond, close.  At most\n"
               "three run at once; supervisors, administrators and duty officers may begin one.\n\n"
               "  huiying drill '城东一化工仓库起火' --level 2 --as fang.lan -c rules/sample",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
