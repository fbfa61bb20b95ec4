/* SPDX-License-Identifier: Apache-2.0 */
/* huiying group: scored items in time order get their incident; with --pairs two texts are
 * compared. */
#include "analyzer/group.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"

#include <stdio.h>

struct opts {
    const char *dir;
    bool pairs, json;
};

struct state {
    struct hy_group *group;
    int64_t incidents, lines;
};

/* What the office itself published is no incident; it may answer one. */
static void answer_line(struct state *s, json_t *line, const char *name, const json_t *trace)
{
    struct hy_group_answer a = hy_group_answer(s->group, trace, hy_json_time(line, "published"));

    json_object_set_new(line, "incident", json_null());
    json_object_set_new(line, "reprint_of", json_null());
    json_object_set_new(line, "answers", a.incident ? json_string(a.incident) : json_null());
    json_object_set_new(line, "same", json_real(a.sure));
    json_object_set_new(line, "why", json_string(a.why));
    if (a.incident) {
        HY_CLEANUP(hy_freep) char *incident = hy_xstrdup(a.incident);
        hy_group_noticed(s->group, incident, name, trace);
    }
}

static int group_line(json_t *line, void *user, struct hy_err *err)
{
    struct state *s = user;
    HY_CLEANUP(hy_json_freep) json_t *trace = NULL;
    char made[32], item[32];
    struct hy_str id = hy_json_str(line, "id");

    s->lines++;
    if (!json_is_object(json_object_get(line, "score")))
        return hy_fail(err, HY_E_PARSE, "\"score\" is missing: feed the output of huiying score");
    snprintf(item, sizeof(item), "%lld", (long long)s->lines);
    HY_CLEANUP(hy_freep) char *name = id.n ? hy_str_dup(id) : hy_xstrdup(item);
    if (json_is_integer(json_object_get(line, "id"))) {
        free(name);
        name = hy_xasprintf("%lld", (long long)hy_json_int(line, "id", 0));
    }
    trace = hy_trace_of(line);
    if (hy_json_bool(line, "official")) {
        answer_line(s, line, name, trace);
        return HY_OK;
    }
    struct hy_group_verdict v = hy_group_place(s->group, trace, hy_json_time(line, "published"));
    if (v.incident == NULL)
        snprintf(made, sizeof(made), "I%06lld", (long long)++s->incidents);
    HY_CLEANUP(hy_freep) char *incident = hy_xstrdup(v.incident ? v.incident : made);
    json_object_set_new(line, "incident", json_string(incident));
    json_object_set_new(line, "reprint_of", v.reprint_of ? json_string(v.reprint_of) : json_null());
    json_object_set_new(line, "same", json_real(v.same));
    json_object_set_new(line, "why", json_string(v.why));
    hy_group_join(s->group, incident, name, trace);
    return HY_OK;
}

static int pair_line(json_t *line, void *user, struct hy_err *err)
{
    const json_t *a = json_object_get(line, "a"), *b = json_object_get(line, "b");
    bool reprint = false;

    (void)user;
    if (!json_is_object(a) || !json_is_object(b))
        return hy_fail(err, HY_E_PARSE, "\"a\" and \"b\" must be objects with title and text");
    HY_CLEANUP(hy_json_freep) json_t *ta = hy_trace_of(a);
    HY_CLEANUP(hy_json_freep) json_t *tb = hy_trace_of(b);
    json_object_set_new(line, "same", json_real(hy_group_same(ta, tb, &reprint)));
    json_object_set_new(line, "reprint", json_boolean(reprint));
    return HY_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    struct state s = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;
    int rc;

    if (o->pairs)
        return hy_stage_run(nargs ? args[0] : NULL, pair_line, NULL);
    if (o->dir && hy_rules_open(o->dir, &rules, &err) < 0)
        return fprintf(stderr, "huiying group: %s\n", err.msg), HY_EXIT_NO;
    s.group = hy_group_new(rules);
    rc = hy_stage_run(nargs ? args[0] : NULL, group_line, &s);
    hy_group_free(s.group);
    return rc;
}

static const struct hy_opt rows[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct opts, dir), "DIR", "the office's rules"},
    {"pairs", 0, HY_OPT_FLAG, offsetof(struct opts, pairs), NULL, "compare the texts of each line"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "accepted for uniformity"},
    {NULL},
};

const struct hy_command hy_cmd_group = {
    .name = "group",
    .usage = "[-c DIR] [--pairs] [FILE|-]",
    .summary = "scored items in time order -> same lines with \"incident\", \"reprint_of\"",
    .details = "With --pairs: lines {\"id\",\"a\":{title,text},\"b\":{..}} get \"same\" (0..1, "
               "from .5 on one\n"
               "topic) and \"reprint\" (true when one repeats the other's text).\n"
               "A line with \"official\": true is a notice of the office: it opens no incident "
               "and gets\n"
               "\"answers\", the incident it answers, and the reason in \"why\".\n\n"
               "  huiying score items.jsonl | huiying group",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
