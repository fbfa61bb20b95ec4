/* SPDX-License-Identifier: Apache-2.0 */
/* huiying duty: who is on duty, where the plan has gaps, the plan as a calendar, and changing it.
 *
 * Looking needs only the rules; with a Redis at hand (--redis, or a running service) what people
 * changed by hand counts too.  Changing goes through the keeper like everybody's commands. */
#include "alerts/keep/cmd_duty.h"

#include "alerts/decide/decide.h"
#include "alerts/keep/send.h"
#include "core/command.h"
#include "core/mem.h"
#include "rules/names.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAPS_SHOWN = 100, STRETCHES_SHOWN = 400 };

#define ROW(name, field, arg, help)                                                                \
    {                                                                                              \
        name, 0, HY_OPT_TEXT, offsetof(struct hy_duty_opts, field), arg, help                              \
    }
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct hy_duty_opts),
    ROW("at", at, "T", "look at this time (now)"),
    ROW("from", from, "T", "from then on (now)"),
    ROW("to", to, "T", "until then (14 days later; ical: 60)"),
    ROW("person", person, "PERSON", "ical: only this one's turns"),
    ROW("as", as, "PERSON", "who acts: an id of duty.yaml"),
    ROW("id", id, "HEX", "id of the command: sending it twice acts once"),
    ROW("duty", duty, "PERSON", "override: who is on duty"),
    ROW("second", second, "PERSON", "override: who is second"),
    ROW("who", who, "PERSON", "away: who (yourself)"),
    ROW("with", with, "PERSON", "swap: with whom"),
    ROW("theirs", theirs, "T", "swap: a time in the other's turn; without: they take yours"),
    ROW("why", why, "TEXT", "why"),
    ROW("kind", kind, "KIND", "route: emergency (default), opinion, message, source, ..."),
    ROW("level", level, "1-4", "route: the level"),
    ROW("unit", unit, "UNIT,..", "route: units concerned"),
    ROW("place", place, "CODE,..", "route: division codes"),
    ROW("topic", topic, "TOPIC,..", "route: topics"),
    ROW("class", class, "CLASS", "route: urgent (default), normal, digest"),
    ROW("post", post, "POST", "route: a notice for this post (duty)"),
    ROW("expect", expect, "PERSON,..", "route: exit 1 unless exactly these are told"),
    ROW("what", what, "WHAT", "silence: sources, source, incident, unit, topic, drills"),
    ROW("scope", scope, "ID", "silence: which one"),
    ROW("channel", channel, "CHANNEL", "test: a webhook's id or mail:PERSON"),
    {"explain", 0, HY_OPT_FLAG, offsetof(struct hy_duty_opts, explain), NULL,
     "route: every row of the tree, and why it holds or not"},
    {"refuse", 0, HY_OPT_FLAG, offsetof(struct hy_duty_opts, refuse), NULL, "answer: no instead of yes"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct hy_duty_opts, json), NULL, "one JSON object a line"},
    {NULL},
};
extern const struct hy_command hy_cmd_duty;

/* ---- looking ---- */

static void moment_text(hy_wall t, char out[32])
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    snprintf(out, 32, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

static const char *name_or(const struct hy_person *p, const struct hy_absence *away)
{
    return p ? p->name : away ? "（不在岗）" : "（无人）";
}

static json_t *id_or_null(const struct hy_person *p)
{
    return p ? json_string(p->id) : json_null();
}

static void print_shift(const struct hy_duty_job *j, const struct hy_shift *t)
{
    char from[32], to[32];

    if (j->o->json) {
        HY_CLEANUP(hy_json_freep) json_t *o = json_object();
        hy_json_set_time(o, "from", t->from, HY_CST);
        hy_json_set_time(o, "to", t->to, HY_CST);
        json_object_set_new(o, "duty", id_or_null(t->duty));
        json_object_set_new(o, "second", id_or_null(t->second));
        json_object_set_new(o, "why", t->why ? json_string(t->why) : json_null());
        hy_json_print(o);
        return;
    }
    moment_text(t->from, from);
    moment_text(t->to, to);
    printf("%s → %s  值班 %s  备班 %s%s%s\n", from, to, name_or(t->duty, t->duty_away),
           name_or(t->second, t->second_away), t->why ? "  " : "", t->why ? t->why : "");
}

static int show_now(struct hy_duty_job *j, struct hy_err *err)
{
    struct hy_shift t;
    bool nobody = true;

    (void)err;
    hy_duty_turn(j->rules->duty, &j->hand, j->from, &t);
    print_shift(j, &t);
    for (int post = 0; post < HY_POST_COUNT && !j->o->json; post++) {
        const struct hy_person *who[HY_DUTY_PEOPLE_MAX];
        struct hy_ask ask = {.post = (enum hy_post)post, .now = j->from, .hand = &j->hand};
        bool gap;
        size_t n = hy_duty_who(j->rules->duty, &ask, who, HY_DUTY_PEOPLE_MAX, &gap);
        printf("  %s：", hy_post_label[post]);
        for (size_t i = 0; i < n; i++)
            printf("%s%s", i ? "、" : "", who[i]->name);
        printf("%s\n", n == 0 ? "没有人" : gap ? "（空缺，由上一级代）" : "");
    }
    nobody = t.duty == NULL;
    return nobody ? hy_fail(err, HY_E_NOTFOUND, "这时没有人值班") : HY_OK;
}

static int show_list(struct hy_duty_job *j, struct hy_err *err)
{
    hy_wall at = j->from;
    struct hy_shift t;

    (void)err;
    for (int i = 0; i < STRETCHES_SHOWN && at.ms < j->to.ms; i++, at = t.to)
        if (hy_duty_turn(j->rules->duty, &j->hand, at, &t))
            print_shift(j, &t);
    return HY_OK;
}

static int show_gaps(struct hy_duty_job *j, struct hy_err *err)
{
    struct hy_gap gaps[GAPS_SHOWN];
    size_t n = hy_duty_gaps(j->rules->duty, &j->hand, j->from, j->to, gaps, GAPS_SHOWN);

    for (size_t i = 0; i < n; i++) {
        char from[32], to[32];
        moment_text(gaps[i].from, from);
        moment_text(gaps[i].to, to);
        if (j->o->json) {
            HY_CLEANUP(hy_json_freep)
            json_t *o = json_pack("{s:s,s:s}", "post", hy_post_name[gaps[i].post], "why",
                                  gaps[i].why);
            hy_json_set_time(o, "from", gaps[i].from, HY_CST);
            hy_json_set_time(o, "to", gaps[i].to, HY_CST);
            hy_json_print(o);
        } else {
            printf("%s → %s  没有%s：%s\n", from, to, hy_post_label[gaps[i].post], gaps[i].why);
        }
    }
    if (n == 0 && !j->o->json)
        printf("没有空缺。\n");
    return n == 0 ? HY_OK : hy_fail(err, HY_E_NOTFOUND, "值班表有 %zu 处空缺", n);
}

static int show_ical(struct hy_duty_job *j, struct hy_err *err)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_ical what = {hy_str(j->rules->office->id), hy_str(j->rules->office->name),
                           hy_str(j->o->person), j->from, j->to, j->now};

    if (what.person.n && hy_duty_person(j->rules->duty, what.person) == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "duty.yaml 里没有“%s”", j->o->person);
    hy_duty_ical(j->rules->duty, &j->hand, &what, &out);
    fwrite(out.p, 1, out.n, stdout);
    hy_buf_release(&out);
    return HY_OK;
}

/* ---- changing ---- */

static void set_text(json_t *args, const char *key, const char *text)
{
    if (text)
        hy_json_set_str(args, key, hy_str(text));
}

static json_t *args_of(const struct hy_duty_opts *o, const char *verb, const char *operand)
{
    json_t *args = json_object();

    set_text(args, "from", o->from);
    set_text(args, "to", o->to);
    set_text(args, "duty", o->duty);
    set_text(args, "second", o->second);
    set_text(args, "who", o->who);
    set_text(args, "with", o->with);
    set_text(args, "mine", o->at);
    set_text(args, "theirs", o->theirs);
    set_text(args, "why", o->why);
    set_text(args, "reason", o->why);
    set_text(args, "what", o->what);
    set_text(args, "scope", o->scope);
    set_text(args, "person", o->person);
    set_text(args, "channel", o->channel);
    if (strcmp(verb, "silence_end") == 0)
        set_text(args, "silence", operand);
    if (strcmp(verb, "duty_cancel") == 0)
        set_text(args, "row", operand);
    if (strcmp(verb, "swap_answer") == 0) {
        set_text(args, "swap", operand);
        json_object_set_new(args, "agree", json_boolean(!o->refuse));
    }
    return args;
}

static int act(struct hy_duty_job *j, const char *verb, const char *operand, int *ret_exit,
               struct hy_err *err)
{
    struct hy_sender_cli sender = {j->redis, j->rules->office->id};
    HY_CLEANUP(hy_json_freep) json_t *cmd = NULL;
    HY_CLEANUP(hy_json_freep) json_t *reply = NULL;
    json_t *actor = NULL;

    if (j->redis == NULL)
        return hy_fail(err, HY_E_USAGE, "changing the duty list needs the service: --redis URL");
    if (hy_cli_actor(j->rules, j->o->as, &actor, err) < 0)
        return err->code;
    cmd = hy_cli_command(j->o->id, verb, HY_DUTY_DOC, actor, args_of(j->o, verb, operand));
    if (hy_cli_send(&sender, cmd, &reply, err) < 0)
        return err->code;
    *ret_exit = hy_cli_print_reply(reply, j->o->json, "好，已登记。");
    return HY_OK;
}

static const struct word {
    const char *name;
    int (*look)(struct hy_duty_job *j, struct hy_err *err); /* NULL: it changes something */
    const char *verb;
    int days; /* how far it looks by default */
} words[] = {
    {"now", show_now, NULL, 1},   {"list", show_list, NULL, 14},
    {"gaps", show_gaps, NULL, 14}, {"ical", show_ical, NULL, 60},
    {"route", hy_duty_show_route, NULL, 1},
    {"override", NULL, "override", 0}, {"away", NULL, "away", 0},
    {"swap", NULL, "swap", 0},         {"answer", NULL, "swap_answer", 0},
    {"cancel", NULL, "duty_cancel", 0},
    {"silence", NULL, "silence", 0},   {"unsilence", NULL, "silence_end", 0},
    {"test", NULL, "alarm_test", 0},
};

static const struct word *find_word(const char *name)
{
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    return NULL;
}

/* ---- frame ---- */

static int read_time(const char *text, const char *option, hy_wall otherwise, hy_wall *ret,
                     struct hy_err *err)
{
    *ret = otherwise;
    if (text && (!hy_day_or_time_parse(hy_str(text), ret) || !hy_wall_known(*ret)))
        return hy_fail(err, HY_E_USAGE, "%s \"%s\" is no time: 2026-11-23T13:40:00+08:00", option,
                       text);
    return HY_OK;
}

static int read_span(struct hy_duty_job *j, const struct word *w, struct hy_err *err)
{
    const struct hy_duty_opts *o = j->o;

    j->now = hy_wall_now();
    if (read_time(o->at ? o->at : o->from, o->at ? "--at" : "--from", j->now, &j->from, err) < 0)
        return err->code;
    return read_time(o->to, "--to", hy_wall_add_ms(j->from, w->days * HY_DAY_MS), &j->to, err);
}

/* What people changed, where a service is at hand. */
static int read_hand(struct hy_duty_job *j, const struct hy_role *role, bool must, struct hy_err *err)
{
    struct hy_err no_redis = HY_ERR_INIT;
    redisReply *r = NULL;
    int rc = HY_OK;

    if (hy_redis_sync_open(role->redis, &j->redis, &no_redis) < 0)
        return must ? (*err = no_redis, no_redis.code) : HY_OK;
    if (hy_redis_sync_cmd(j->redis, &r, err, "GET hy:{%s}:incident:%s", j->rules->office->id,
                          HY_DUTY_DOC) < 0)
        return err->code;
    if (r->type == REDIS_REPLY_STRING)
        rc = hy_json_parse(hy_reply_str(r), &j->doc, err);
    freeReplyObject(r);
    return rc;
}

static int do_it(struct hy_duty_job *j, const struct hy_role *role, int nargs, char **args, int *ret_exit,
                 struct hy_err *err)
{
    const struct word *w = find_word(nargs > 0 ? args[0] : "now");
    bool asked = j->o->role.redis != NULL;

    if (w == NULL)
        return hy_fail(err, HY_E_USAGE, "no word \"%s\" (see --help)", args[0]);
    if (j->rules->duty == NULL || hy_duty_count(j->rules->duty) == 0)
        return hy_fail(err, HY_E_NOTFOUND, "没有值班表（duty.yaml）");
    if (read_hand(j, role, w->look == NULL || asked, err) < 0)
        return err->code;
    hy_hand_read(j->doc, &j->hand);
    if (w->look == NULL)
        return act(j, w->verb, nargs > 1 ? args[1] : NULL, ret_exit, err);
    if (read_span(j, w, err) < 0)
        return err->code;
    return w->look(j, err);
}

static int run(const void *options, int nargs, char **args)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_duty_job j = {.o = options};
    struct hy_err err = HY_ERR_INIT;
    int exit_code = HY_EXIT_OK, rc = hy_role_resolve_office(&j.o->role, &role, &err);

    if (rc == HY_OK)
        rc = hy_rules_open(role.config, &j.rules, &err);
    if (rc == HY_OK)
        rc = do_it(&j, &role, nargs, args, &exit_code, &err);
    hy_redis_sync_close(j.redis);
    hy_hand_release(&j.hand);
    json_decref(j.doc);
    hy_rules_free(j.rules);
    return rc == HY_OK ? exit_code : hy_command_fail(&hy_cmd_duty, &err);
}

const struct hy_command hy_cmd_duty = {
    .name = "duty",
    .usage = "now | list | gaps | ical | route | override | swap | answer S1 | away | cancel ROW | silence | unsilence Q1 | test -c DIR ...",
    .summary = "the duty list: who, gaps, calendar, overrides, swaps, absences",
    .details = "Looking: now, list, gaps (exit 1 when there are any), ical (a calendar file).\n"
               "route: who would be told of such a matter, by the tree in duty.yaml.\n"
               "Changing, through the keeper: override (put somebody on duty), swap (asks the\n"
               "other, who answers), away (holiday, illness), cancel, silence (for maintenance; has an\n"
               "end), unsilence, test (an alarm the whole way, to yourself or a channel).\n\n"
               "Example:\n"
               "  huiying duty gaps -c rules/sample --to 2026-12-31\n"
               "  huiying duty route --explain --unit ecology --level 3 -c rules/sample\n"
               "  huiying duty route --unit ecology --level 3 --expect fang.lan,lin.yue -c DIR\n"
               "  huiying duty override --from 2026-11-28T08:30:00+08:00 \\\n"
               "      --to 2026-11-29T08:30:00+08:00 --duty he.chuan --why 换班 --as gu.wen\n"
               "  huiying duty swap --at 2026-11-28T12:00:00+08:00 --with he.chuan \\\n"
               "      --theirs 2026-11-30T12:00:00+08:00 --as lin.yue\n"
               "  huiying duty ical --person lin.yue -c rules/sample > duty.ics",
    .opts = rows,
    .opts_size = sizeof(struct hy_duty_opts),
    .run = run,
};
