/* SPDX-License-Identifier: Apache-2.0 */
/* huiying incident: see and act from a terminal.  Acts travel through hy:{O}:cmd like everybody
 * else's and are judged by the keeper; the reply comes back in the feed. */
#include "alerts/decide/incident.h"
#include "alerts/decide/route.h"
#include "alerts/keep/send.h"
#include "core/mem.h"
#include "core/redis.h"
#include "core/role.h"
#include "rules/duty.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts {
    struct hy_role_opts role;
    const char *as, *reason, *clock, *url, *published, *form, *basis, *approver, *approval;
    const char *support;
    const char *disposition, *follow_up, *occurred, *first_public, *kind, *found, *id;
    bool json, all, explain;
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
    ROW("approver", approver, "PERSON", "who is to approve that"),
    ROW("approval", approval, "NUMBER", "number of the signed paper that approves it already"),
    ROW("support", support, "UNIT,..", "supporting units"),
    ROW("kind", kind, "KIND", "emergency or opinion"),
    ROW("occurred", occurred, "T", "when it happened"),
    ROW("first-public", first_public, "T", "when it was first public"),
    ROW("disposition", disposition, "CLASS,..", "suggestion, hardship, major_issue, ..."),
    ROW("follow-up", follow_up, "TEXT", "URL or words on what was made public"),
    {"all", 0, HY_OPT_FLAG, offsetof(struct opts, all), NULL, "list closed ones too"},
    {"explain", 0, HY_OPT_FLAG, offsetof(struct opts, explain), NULL,
     "route: every step and why it does or does not hold"},
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
    {"ack", NULL, false},      {"approve", "what", false},       {"assign", "lead", false},
    {"close", NULL, false},    {"confirm", NULL, false},         {"dismiss", "reason", false},
    {"level", "level", true},  {"merge", "into", false},         {"note", "text", false},
    {"reject", "what", false}, {"reject_found", "found", false}, {"reopen", "reason", false},
    {"respond", NULL, false},  {"state", "to", false},           {"times", NULL, false},
    {"waive", "clock", false},
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
    set_text(args, "approval", o->approval);
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

static int print_reply(const struct job *j, const json_t *reply)
{
    HY_CLEANUP(hy_freep)
    char *fine = hy_xasprintf("好：事件 " HY_STR_FMT "，日志第 %lld 条",
                              HY_STR_ARG(hy_json_str(reply, "incident")),
                              (long long)hy_json_int(reply, "seq", 0));

    return hy_cli_print_reply(reply, j->o->json, fine);
}

static int act(struct job *j, const struct verb *v, int nargs, char **args, int *ret_exit,
               struct hy_err *err)
{
    struct hy_sender_cli sender = {j->redis, j->office};
    HY_CLEANUP(hy_json_freep) json_t *cmd = NULL;
    HY_CLEANUP(hy_json_freep) json_t *reply = NULL;
    json_t *actor = NULL;

    if (nargs < 1)
        return hy_fail(err, HY_E_USAGE, "which incident?");
    if (hy_cli_actor(j->rules, j->o->as, &actor, err) < 0)
        return err->code;
    cmd = hy_cli_command(j->o->id, v->name, args[0], actor,
                         args_of(j->o, v, nargs > 1 ? args[1] : NULL));
    if (hy_cli_send(&sender, cmd, &reply, err) < 0)
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

static const char *result_of(struct hy_str state)
{
    static const char *const words[][2] = {{"open", "进行中"},
                                           {"met", "按时完成"},
                                           {"late", "超时完成"},
                                           {"waived", "免除"},
                                           {"superseded", "已改期"}};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_is(state, words[i][0]))
            return words[i][1];
    return "";
}

static void print_clock(const json_t *o)
{
    printf("  %-8s 到期 " HY_STR_FMT "  " HY_STR_FMT "  %s\n",
           json_string_value(json_object_get(o, "clock")), HY_STR_ARG(hy_json_str(o, "due")),
           HY_STR_ARG(hy_json_str(o, "label")), result_of(hy_json_str(o, "state")));
}

static void print_incident(const struct job *j, const json_t *doc, bool clocks)
{
    int64_t level = hy_json_int(doc, "level", 0);
    size_t i;
    json_t *o;

    if (j->o->json) {
        hy_json_print(doc);
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

static void print_route(const struct job *j, const json_t *doc)
{
    HY_CLEANUP(hy_json_freep) json_t *route = hy_route(j->rules, doc, hy_wall_now());
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (j->o->json) {
        hy_json_print(route);
        return;
    }
    hy_route_print(route, j->o->explain, &text);
    fwrite(text.p, 1, text.n, stdout);
    hy_buf_release(&text);
}

/* "-": incidents or scored items from standard input, one a line; nothing else need be running. */
static int route_lines(struct job *j, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0;

    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        no++;
        if (hy_json_parse(hy_str_n(line, (size_t)n), &doc, err) < 0)
            return hy_wrap(err, "line %zu", no);
        print_route(j, doc);
    }
    return HY_OK;
}

static int route(struct job *j, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    if (nargs < 1)
        return hy_fail(err, HY_E_USAGE, "which incident?  (- reads scored items)");
    if (strcmp(args[0], "-") == 0)
        return route_lines(j, err);
    if (get(j, args[0], &doc, err) < 0)
        return err->code;
    print_route(j, doc);
    return HY_OK;
}

static bool needs_redis(int nargs, char **args)
{
    return nargs != 2 || strcmp(args[0], "route") != 0 || strcmp(args[1], "-") != 0;
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
    if (strcmp(what, "route") == 0)
        return route(j, nargs - 1, args + 1, err);
    if (v == NULL)
        return hy_fail(err, HY_E_USAGE, "no verb \"%s\" (see --help)", what);
    return act(j, v, nargs - 1, args + 1, ret_exit, err);
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct job j = {.o = o};
    struct hy_err err = HY_ERR_INIT;
    int exit_code = HY_EXIT_OK, rc = hy_role_resolve_office(&o->role, &role, &err);

    if (rc == HY_OK)
        rc = hy_rules_open(role.config, &j.rules, &err);
    if (rc == HY_OK && needs_redis(nargs, args))
        rc = hy_redis_sync_open(role.redis, &j.redis, &err);
    if (rc == HY_OK) {
        j.office = j.rules->office->id;
        rc = do_it(&j, nargs, args, &exit_code, &err);
    }
    hy_redis_sync_close(j.redis);
    hy_rules_free(j.rules);
    return rc == HY_OK ? exit_code : hy_command_fail(&hy_cmd_incident, &err);
}

const struct hy_command hy_cmd_incident = {
    .name = "incident",
    .usage = "list | show ID | route ID | VERB ID [OPERAND] --as PERSON -c DIR ...",
    .summary = "see incidents and act on them",
    .details =
        "Verbs: ack, confirm, dismiss ID WHY, level ID 1-4, assign ID UNIT, respond ID,\n"
        "reject_found ID F1, waive ID CLOCK, approve ID W1, reject ID W1, merge ID INTO,\n"
        "times ID, note ID TEXT, state ID NEXT, close ID, reopen ID WHY.  A waiver counts when\n"
        "another person has approved it; until then its clock runs.  route ID (or - for scored "
        "items from\n"
        "standard input) proposes who should answer; --explain says why.\n\n"
        "Example:\n"
        "  huiying incident level I20261123-0001 2 --reason 已核实伤亡 --as wangmin -c DIR\n"
        "  huiying incident respond I20261123-0001 --url https://... --published "
        "2026-11-23T13:40:00+08:00 --as wangmin -c DIR",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
