/* SPDX-License-Identifier: Apache-2.0 */
/* huiying incident: see and act from a terminal.  Acts travel through hy:{O}:cmd like everybody
 * else's and are judged by the keeper; the reply comes back in the feed. */
#include "alerts/keep/incident.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/duty.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_SECONDS = 10, MAX_LIST = 32 };

struct opts {
    struct hy_role_opts role;
    const char *as, *reason, *clock, *url, *published, *form, *basis, *approver, *support;
    const char *disposition, *follow_up, *occurred, *first_public, *kind, *found, *id;
    bool json, all;
};
#define ROW(name, field, arg, help)                                                                \
    {                                                                                              \
        name, 0, HY_OPT_TEXT, offsetof(struct opts, field), arg, help                              \
    }
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    ROW("as", as, "PERSON", "who acts: an id of duty.yaml"),
    ROW("id", id, "HEX", "id of the command: sending it twice acts once"),
    ROW("reason", reason, "TEXT", "why"),
    ROW("clock", clock, "H5,H24", "which clocks"),
    ROW("form", form, "FORM", "release (default), conference, briefing, interview, reply, ..."),
    ROW("url", url, "URL", "where it was published"),
    ROW("published", published, "T", "when it was published"),
    ROW("found", found, "F1", "the found response this confirms"),
    ROW("basis", basis, "TEXT", "why no response is owed"),
    ROW("approver", approver, "PERSON", "who approved that"),
    ROW("support", support, "UNIT,..", "supporting units"),
    ROW("kind", kind, "KIND", "emergency or opinion"),
    ROW("occurred", occurred, "T", "when it happened"),
    ROW("first-public", first_public, "T", "when it was first public"),
    ROW("disposition", disposition, "CLASS,..", "suggestion, hardship, major_issue, ..."),
    ROW("follow-up", follow_up, "TEXT", "URL or words on what was made public"),
    {"all", 0, HY_OPT_FLAG, offsetof(struct opts, all), NULL, "list closed ones too"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "JSON instead of text"},
    {NULL},
};
extern const struct hy_command hy_cmd_incident;

struct job {
    const struct opts *o;
    struct hy_redis_sync *redis;
    struct hy_rules *rules;
    const char *office;
};

/* ---- acting ---- */

/* How the words of the command line become the args of a verb. */
static const struct verb {
    const char *name;
    const char *operand; /* what the second operand means; NULL: there is none */
    bool number;
} verbs[] = {
    {"ack", NULL, false},        {"assign", "lead", false},    {"close", NULL, false},
    {"confirm", NULL, false},    {"dismiss", "reason", false}, {"level", "level", true},
    {"merge", "into", false},    {"note", "text", false},      {"reject_found", "found", false},
    {"reopen", "reason", false}, {"respond", NULL, false},     {"state", "to", false},
    {"times", NULL, false},      {"waive", "clock", false},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static void set_text(json_t *args, const char *key, const char *text)
{
    if (text)
        hy_json_set_str(args, key, hy_str(text));
}

static void set_list(json_t *args, const char *key, const char *text)
{
    struct hy_str rest = hy_str(text), one;
    json_t *list;

    if (text == NULL)
        return;
    list = json_array();
    while (rest.n && hy_str_cut(&rest, ',', &one))
        json_array_append_new(list, hy_json_of_str(one));
    json_object_set_new(args, key, list);
}

static json_t *args_of(const struct opts *o, const struct verb *v, const char *operand)
{
    json_t *args = json_object();
    int64_t n;

    set_text(args, "reason", o->reason);
    set_text(args, "form", o->form);
    set_text(args, "url", o->url);
    set_text(args, "published", o->published);
    set_text(args, "found", o->found);
    set_text(args, "basis", o->basis);
    set_text(args, "approver", o->approver);
    set_text(args, "kind", o->kind);
    set_text(args, "follow_up", o->follow_up);
    set_text(args, "occurred", o->occurred);
    set_text(args, "first_public", o->first_public);
    set_list(args, "clock", o->clock);
    set_list(args, "support", o->support);
    set_list(args, "disposition", o->disposition);
    if (strcmp(v->name, "confirm") == 0)
        json_object_set_new(args, "times", json_copy(args));
    if (v->operand && operand && v->number && hy_str_to_i64(hy_str(operand), &n))
        hy_json_set_int(args, v->operand, n);
    else if (v->operand && operand)
        set_text(args, v->operand, operand);
    return args;
}

static int actor_of(const struct job *j, json_t **ret, struct hy_err *err)
{
    const struct hy_person *p;
    json_t *roles = json_array();

    if (j->o->as == NULL)
        return hy_fail(err, HY_E_USAGE, "who acts? --as PERSON (an id of duty.yaml)");
    p = j->rules->duty ? hy_duty_person(j->rules->duty, hy_str(j->o->as)) : NULL;
    if (p == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "duty.yaml 里没有“%s”", j->o->as);
    for (int r = 0; r < HY_ROLE_COUNT; r++)
        if (p->roles & 1u << r)
            json_array_append_new(roles, json_string(hy_role_name[r]));
    *ret = json_pack("{s:s,s:s,s:o}", "id", p->id, "name", p->name, "roles", roles);
    return HY_OK;
}

/* Newest id of the feed, so that the reply cannot be missed. */
static int feed_end(struct job *j, char ret[64], struct hy_err *err)
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

static int await_reply(struct job *j, const char *id, char at[64], json_t **ret, struct hy_err *err)
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

static int send(struct job *j, json_t *cmd, json_t **ret, struct hy_err *err)
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

static int print_reply(const struct job *j, const json_t *reply)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(reply);
    bool ok = json_is_true(json_object_get(reply, "ok"));

    if (j->o->json)
        printf("%s\n", text);
    else if (ok)
        printf("好：事件 %s，日志第 %lld 条\n",
               json_string_value(json_object_get(reply, "incident")),
               (long long)hy_json_int(reply, "seq", 0));
    else
        fprintf(stderr, "未执行：%s\n", json_string_value(json_object_get(reply, "message")));
    return ok ? HY_EXIT_OK : HY_EXIT_NO;
}

static int act(struct job *j, const struct verb *v, int nargs, char **args, int *ret_exit,
               struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *cmd = json_object();
    HY_CLEANUP(hy_json_freep) json_t *reply = NULL;
    json_t *actor = NULL;
    char id[33];

    if (nargs < 1)
        return hy_fail(err, HY_E_USAGE, "which incident?");
    if (actor_of(j, &actor, err) < 0)
        return err->code;
    hy_random_hex(id, 16);
    hy_json_set_str(cmd, "id", hy_str(j->o->id ? j->o->id : id));
    hy_json_set_str(cmd, "verb", hy_str(v->name));
    hy_json_set_str(cmd, "incident", hy_str(args[0]));
    json_object_set_new(cmd, "actor", actor);
    json_object_set_new(cmd, "args", args_of(j->o, v, nargs > 1 ? args[1] : NULL));
    hy_json_set_time(cmd, "at", hy_wall_now(), HY_CST);
    hy_json_set_str(cmd, "via", HY_STR("cli"));
    if (send(j, cmd, &reply, err) < 0)
        return err->code;
    *ret_exit = print_reply(j, reply);
    return HY_OK;
}

/* ---- seeing ---- */

static int get(struct job *j, const char *id, json_t **ret, struct hy_err *err)
{
    redisReply *r = NULL;
    int rc;

    if (hy_redis_sync_cmd(j->redis, &r, err, "GET hy:{%s}:incident:%s", j->office, id) < 0)
        return err->code;
    rc = r->type == REDIS_REPLY_STRING ? hy_json_parse(hy_reply_str(r), ret, err)
                                       : hy_fail(err, HY_E_NOTFOUND, "没有事件 %s", id);
    freeReplyObject(r);
    return rc;
}

static void print_clock(const json_t *o)
{
    printf("  %-8s %-10s 到期 " HY_STR_FMT "  " HY_STR_FMT "\n",
           json_string_value(json_object_get(o, "clock")),
           json_string_value(json_object_get(o, "state")), HY_STR_ARG(hy_json_str(o, "due")),
           HY_STR_ARG(hy_json_str(o, "label")));
}

static void print_incident(const struct job *j, const json_t *doc, bool clocks)
{
    HY_CLEANUP(hy_freep) char *text = j->o->json ? hy_json_text(doc) : NULL;
    int64_t level = hy_json_int(doc, "level", 0);
    size_t i;
    json_t *o;

    if (text) {
        printf("%s\n", text);
        return;
    }
    printf(HY_STR_FMT "  %s  %s  " HY_STR_FMT "\n", HY_STR_ARG(hy_json_str(doc, "id")),
           hy_stage_label[hy_incident_stage(doc)], hy_level_label[level],
           HY_STR_ARG(hy_json_str(doc, "title")));
    if (!clocks)
        return;
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        print_clock(o);
}

static int list(struct job *j, struct hy_err *err)
{
    redisReply *r = NULL;
    int rc = HY_OK;

    if (hy_redis_sync_cmd(j->redis, &r, err, "ZRANGE hy:{%s}:incidents 0 -1", j->office) < 0)
        return err->code;
    for (size_t i = 0; rc == HY_OK && i < r->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        rc = get(j, r->element[i]->str, &doc, err);
        if (rc == HY_OK && (j->o->all || hy_incident_is_open(doc)))
            print_incident(j, doc, false);
    }
    freeReplyObject(r);
    return rc;
}

static int show(struct job *j, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    if (nargs < 1)
        return hy_fail(err, HY_E_USAGE, "which incident?");
    if (get(j, args[0], &doc, err) < 0)
        return err->code;
    print_incident(j, doc, true);
    return HY_OK;
}

static int do_it(struct job *j, int nargs, char **args, int *ret_exit, struct hy_err *err)
{
    const char *what = nargs > 0 ? args[0] : "list";
    const struct verb *v = find_verb(what);

    *ret_exit = HY_EXIT_OK;
    if (strcmp(what, "list") == 0)
        return list(j, err);
    if (strcmp(what, "show") == 0)
        return show(j, nargs - 1, args + 1, err);
    if (v == NULL)
        return hy_fail(err, HY_E_USAGE, "no verb \"%s\" (see --help)", what);
    return act(j, v, nargs - 1, args + 1, ret_exit, err);
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct job j = {.o = o};
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    int exit_code = HY_EXIT_OK, rc = hy_role_resolve_office(&o->role, &role, &err);

    if (rc == HY_OK)
        rc = hy_rules_load(role.config, &j.rules, d, &err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(role.redis, &j.redis, &err);
    if (rc == HY_OK) {
        j.office = j.rules->office->id;
        rc = do_it(&j, nargs, args, &exit_code, &err);
    }
    hy_redis_sync_close(j.redis);
    hy_rules_free(j.rules);
    hy_diag_free(d);
    return rc == HY_OK ? exit_code : hy_command_fail(&hy_cmd_incident, &err);
}

const struct hy_command hy_cmd_incident = {
    .name = "incident",
    .usage = "list | show ID | VERB ID [OPERAND] --as PERSON -c DIR ...",
    .summary = "see incidents and act on them",
    .details = "Verbs: ack, confirm, dismiss ID WHY, level ID 1-4, assign ID UNIT, respond ID,\n"
               "reject_found ID F1, waive ID CLOCK, merge ID INTO, times ID, note ID TEXT,\n"
               "state ID NEXT, close ID, reopen ID WHY.\n\n"
               "Example:\n"
               "  huiying incident level I20261123-0001 2 --reason 已核实伤亡 --as wangmin -c DIR\n"
               "  huiying incident respond I20261123-0001 --url https://... --published "
               "2026-11-23T13:40:00+08:00 --as wangmin -c DIR",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
