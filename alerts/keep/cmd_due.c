/* SPDX-License-Identifier: Apache-2.0 */
/* huiying due: lines of facts -> their obligations, by the same code as the keeper's. */
#include "alerts/decide/obligation.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"
#include "rules/rules.h"

#include <stdio.h>

struct opts {
    const char *config, *within, *anchor;
};
static const struct hy_opt rows[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct opts, config), "DIR", "the office's rules"},
    {"within", 0, HY_OPT_TEXT, offsetof(struct opts, within), "5h,3wd",
     "windows given by hand instead of the packs"},
    {"anchor", 0, HY_OPT_TEXT, offsetof(struct opts, anchor), "NAME",
     "the time that starts them (default first_public)"},
    {NULL},
};

enum { MAX_WINDOWS = 32 };

struct job {
    const struct hy_rules *rules;
    enum hy_anchor anchor; /* by hand */
    struct hy_str names[MAX_WINDOWS];
    struct hy_within within[MAX_WINDOWS];
    size_t n; /* 0: the packs decide */
};

extern const struct hy_command hy_cmd_due;

enum { FACTS_MAX = 32 };
struct facts { /* one line: a case with what its lists borrow */
    struct hy_case c;
    struct hy_pause pauses[FACTS_MAX];
    struct hy_extension extensions[FACTS_MAX];
};

static int read_time(const json_t *o, const char *key, hy_wall *ret, struct hy_err *err)
{
    const json_t *v = json_object_get(o, key);

    *ret = hy_json_time(o, key);
    if (v && !json_is_null(v) && !hy_wall_known(*ret))
        return hy_fail(err, HY_E_PARSE, "\"%s\" is not a time (RFC 3339)", key);
    return HY_OK;
}

static int read_pauses(const json_t *line, struct facts *f, struct hy_err *err)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(line, "pauses"), i, o) {
        if (i == FACTS_MAX)
            return hy_fail(err, HY_E_TOOBIG, "more than %d pauses", FACTS_MAX);
        if (read_time(o, "from", &f->pauses[i].from, err) < 0 ||
            read_time(o, "to", &f->pauses[i].to, err) < 0)
            return hy_wrap(err, "pauses");
        if (!hy_wall_known(f->pauses[i].from))
            return hy_fail(err, HY_E_PARSE, "a pause needs \"from\"");
    }
    f->c.pauses = f->pauses;
    f->c.n_pauses = i;
    return HY_OK;
}

static int read_extensions(const json_t *line, struct facts *f, struct hy_err *err)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(line, "extensions"), i, o) {
        struct hy_str by = hy_json_str(o, "within");
        if (i == FACTS_MAX)
            return hy_fail(err, HY_E_TOOBIG, "more than %d extensions", FACTS_MAX);
        f->extensions[i].clock = hy_json_str(o, "clock");
        if (!hy_within_parse(by, &f->extensions[i].by))
            return hy_fail(err, HY_E_PARSE, "extensions: \"" HY_STR_FMT "\" is not 5h, 3wd, 30cd",
                           HY_STR_ARG(by));
    }
    f->c.extensions = f->extensions;
    f->c.n_extensions = i;
    return HY_OK;
}

static int read_dispositions(const json_t *line, struct hy_case *c, struct hy_err *err)
{
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(line, "dispositions"), i, v) {
        struct hy_str name = hy_str(json_string_value(v));
        int at = hy_name_index(hy_disposition_name, name);
        if (at < 0)
            return hy_fail(err, HY_E_PARSE, "disposition \"" HY_STR_FMT "\" is not known",
                           HY_STR_ARG(name));
        c->dispositions |= 1u << at;
    }
    return HY_OK;
}

static int read_level(const json_t *line, struct hy_case *c, struct hy_err *err)
{
    const json_t *level = json_object_get(line, "level");

    if (level == NULL || json_is_null(level))
        return HY_OK;
    c->level = (int)json_integer_value(level);
    if (c->level < 1 || c->level > 4)
        return hy_fail(err, HY_E_PARSE, "\"level\" must be 1 to 4 or null");
    return HY_OK;
}

static int read_facts(const json_t *line, struct facts *f, struct hy_err *err)
{
    struct hy_str kind = hy_json_str(line, "kind");
    int matter = hy_name_index(hy_matter_name, kind);

    if (matter < 0)
        return hy_fail(err, HY_E_PARSE, "\"kind\" \"" HY_STR_FMT "\" is not known",
                       HY_STR_ARG(kind));
    f->c = hy_case_empty((enum hy_matter)matter);
    f->c.types[0] = hy_json_str(line, hy_json_str(line, "type").n ? "type" : "event_type");
    f->c.types[1] = hy_json_str(line, "event_class");
    f->c.upgraded = hy_json_bool(line, "upgraded");
    f->c.level_proposed = hy_json_bool(line, "level_proposed");
    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        if (read_time(line, hy_anchor_name[i], &f->c.at[i], err) < 0)
            return err->code;
    if (read_level(line, &f->c, err) < 0 || read_dispositions(line, &f->c, err) < 0 ||
        read_pauses(line, f, err) < 0)
        return err->code;
    return read_extensions(line, f, err);
}

static json_t *answer_row(const char *clock, enum hy_anchor anchor, hy_wall start, hy_wall due)
{
    json_t *o = json_object();

    json_object_set_new(o, "clock", json_string(clock));
    json_object_set_new(o, "anchor", json_string(hy_anchor_name[anchor]));
    hy_json_set_time(o, "start", start, HY_CST);
    hy_json_set_time(o, "due", due, HY_CST);
    return o;
}

static int by_packs(const struct job *job, const json_t *line, const struct hy_case *c,
                    json_t *list, struct hy_err *err)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations found = {0};

    if (hy_obligations_of(c, job->rules->windows, job->rules->calendar, hy_json_str(line, "pack"),
                          &found, err) < 0)
        return err->code;
    for (size_t i = 0; i < found.n; i++) {
        const struct hy_obligation *f = &found.v[i];
        json_t *o = answer_row(f->window->id, f->anchor, f->start, f->due);
        json_object_set_new(o, "basis", json_string(f->window->basis));
        json_object_set_new(o, "label", json_string(f->window->label));
        json_object_set_new(o, "pack", json_string(f->pack->id));
        json_object_set_new(o, "version", json_string(f->pack->version));
        json_object_set_new(o, "provisional", json_boolean(f->provisional));
        if (f->paused)
            json_object_set_new(o, "paused", json_true());
        json_array_append_new(list, o);
    }
    return HY_OK;
}

static int by_hand(const struct job *job, const struct hy_case *c, json_t *list, struct hy_err *err)
{
    hy_wall start = c->at[job->anchor], due;

    for (size_t i = 0; hy_wall_known(start) && i < job->n; i++) {
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(job->names[i]);
        if (hy_due_of(job->within[i], start, job->rules->calendar, &due, err) < 0)
            return err->code;
        json_array_append_new(list, answer_row(name, job->anchor, start, due));
    }
    return HY_OK;
}

static int answer(json_t *line, void *user, struct hy_err *err)
{
    const struct job *job = user;
    HY_CLEANUP(hy_json_freep) json_t *list = json_array();
    struct facts f = {0};

    if (read_facts(line, &f, err) < 0)
        return err->code;
    if ((job->n ? by_hand(job, &f.c, list, err) : by_packs(job, line, &f.c, list, err)) < 0)
        return err->code;
    json_object_set(line, "obligations", list);
    return HY_OK;
}

static int read_windows(const struct opts *o, struct job *job, struct hy_err *err)
{
    struct hy_str rest = hy_str(o->within), name;
    int anchor = hy_name_index(hy_anchor_name, hy_str(o->anchor ? o->anchor : "first_public"));

    if (anchor < 0)
        return hy_fail(err, HY_E_USAGE, "--anchor %s is not known", o->anchor);
    job->anchor = (enum hy_anchor)anchor;
    while (rest.n && hy_str_cut(&rest, ',', &name)) {
        if (job->n == MAX_WINDOWS)
            return hy_fail(err, HY_E_USAGE, "--within: more than %d windows", MAX_WINDOWS);
        if (!hy_within_parse(name, &job->within[job->n]))
            return hy_fail(err, HY_E_USAGE, "--within: \"" HY_STR_FMT "\" is not 5h, 2d or 3wd",
                           HY_STR_ARG(name));
        job->names[job->n++] = name;
    }
    return HY_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct job job = {0};

    if (read_windows(o, &job, &err) < 0 || hy_rules_open(o->config, &rules, &err) < 0)
        return hy_command_fail(&hy_cmd_due, &err);
    job.rules = rules;
    return hy_stage_run(nargs > 0 ? args[0] : NULL, answer, &job);
}

const struct hy_command hy_cmd_due = {
    .name = "due",
    .usage = "[-c DIR] [--within 120h,3wd [--anchor NAME]] [FILE|-]",
    .summary = "facts -> the obligations that follow from them, with start and due time",
    .details =
        "One JSON object a line: kind (emergency, opinion, document, message, foi, ...), level\n"
        "(1-4 or null) and the times occurred, first_public, detected, confirmed, graded,\n"
        "assigned, signed, approved, received, formed, ... (the anchors of windows.yaml) as far\n"
        "as they are known.  Also: type (kind of message, event type), event_class,\n"
        "dispositions [..], pauses [{from,to}], extensions [{clock,within}], upgraded.\n"
        "A limit is 5h, 20m, 2d (hours, never paused), 3wd (working days), 30cd (calendar\n"
        "days), 3mo (months).\n\n"
        "Examples:\n"
        "  echo '{\"id\":1,\"kind\":\"document\",\"signed\":\"2026-09-30T15:00:00+08:00\"}' |"
        " huiying due\n"
        "  echo '{\"id\":2,\"kind\":\"message\",\"type\":\"consult\",\"received\":"
        "\"2026-09-30T15:00:00+08:00\"}' | huiying due",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
