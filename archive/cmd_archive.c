/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive: the role without operands, and what people ask the archive for. */
#include "archive/archive.h"
#include "archive/cmd.h"

#include "core/mem.h"
#include "rules/offices.h"

#include <stdio.h>
#include <string.h>

extern const struct hy_command hy_cmd_archive;

#define AT(field) offsetof(struct hy_archive_opts, field)
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct hy_archive_opts),
    {"common", 0, HY_OPT_TEXT, AT(common), "DIR",
     "of one office among several: the archive that takes the captures for all"},
    {"from", 0, HY_OPT_TEXT, AT(from), "T", "published at T or later (2026-11-01 or RFC 3339)"},
    {"to", 0, HY_OPT_TEXT, AT(to), "T", "published before T"},
    {"source", 0, HY_OPT_TEXT, AT(source), "ID", "of this source"},
    {"place", 0, HY_OPT_TEXT, AT(place), "CODE",
     "of this division, or in it (990100: its counties too)"},
    {"topic", 0, HY_OPT_TEXT, AT(topic), "ID", "of this topic"},
    {"level", 0, HY_OPT_NUMBER, AT(level), "1-4", "of this level"},
    {"state", 0, HY_OPT_TEXT, AT(state), "STATE", "of incidents in this state, and their items"},
    {"alert", 0, HY_OPT_TEXT, AT(alert), "CLASS", "none, digest, list or alert"},
    {"items", 0, HY_OPT_FLAG, AT(items), NULL, "items only"},
    {"incidents", 0, HY_OPT_FLAG, AT(incidents), NULL, "incidents only"},
    {"rank", 0, HY_OPT_FLAG, AT(rank), NULL,
     "titles that hold all words first (default: newest first)"},
    {"limit", 'n', HY_OPT_NUMBER, AT(limit), "N", "hits of a page (default 20, at most 200)"},
    {"after", 0, HY_OPT_TEXT, AT(after), "MARK",
     "the next page: what the page before printed as next"},
    {"facets", 0, HY_OPT_FLAG, AT(facets), NULL, "count the hits by source, place, topic, ..."},
    {"labels", 0, HY_OPT_FLAG, AT(labels), NULL, "add people's verdicts as `label`"},
    {"journal", 0, HY_OPT_TEXT, AT(journal), "FILE",
     "the journal, instead of the office's in Redis"},
    {"output", 'o', HY_OPT_TEXT, AT(out), "FILE", "default standard output"},
    {"json", 0, HY_OPT_FLAG, AT(json), NULL, "answer as JSON"},
    {NULL},
};

static int run_role(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};

    (void)nargs, (void)args;
    if (hy_role_resolve_office(&o->role, &role, err) < 0)
        return err->code;
    if (o->common && hy_offices_several(role.config))
        return hy_fail(err, HY_E_USAGE, "--common is for the archive of one office; %s holds several",
                       role.config);
    return hy_archive_run(&role, o->common, err);
}

/* Operands behind the verb: at least, at most. */
static const struct verb {
    const char *name;
    int least, most;
    int (*run)(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err);
} verbs[] = {
    {"search", 0, 100, hy_archive_search}, {"show", 1, 1, hy_archive_show},
    {"history", 1, 1, hy_archive_history}, {"package", 1, 1, hy_archive_package},
    {"export", 0, 0, hy_archive_export},   {"stats", 0, 0, hy_archive_stats},
    {"check", 0, 0, hy_archive_check},     {"rebuild", 0, 0, hy_archive_rebuild},
};

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    return NULL;
}

static int run(const void *options, int nargs, char **args)
{
    static const struct verb role = {"", 0, 0, run_role};
    const struct verb *v = nargs ? verb_of(args[0]) : &role;
    struct hy_err err = HY_ERR_INIT;
    int operands = nargs ? nargs - 1 : 0, rc;

    if (v == NULL)
        rc = hy_fail(&err, HY_E_USAGE,
                     "what is \"%s\"? search, show, history, package, export, "
                     "stats, check, rebuild, or nothing for the role",
                     args[0]);
    else if (operands < v->least || operands > v->most)
        rc = hy_fail(&err, HY_E_USAGE, "%s takes %s", v->name,
                     v->most ? "one operand" : "no operands");
    else
        rc = v->run(options, operands, args + 1, &err);
    return rc < 0 ? hy_command_fail(&hy_cmd_archive, &err) : rc;
}

const struct hy_command hy_cmd_archive = {
    .name = "archive",
    .usage = "[-c DIR] [--data DIR] [--redis URL] | "
             "search|show|history|package|export|stats|check|rebuild ...",
    .summary = "role: keep evidence and everything scored, searchable; and ask for it",
    .details =
        "Without a verb: the role, which stores captured pages and scored items in DATA/archive,\n"
        "keeps what belongs to incidents and lets the rest expire (office.yaml, retention).\n\n"
        "  huiying archive search '化工厂 爆炸' --from 2026-11-01 --place 990100\n"
        "      words are all to be found; \"今天 停水\" as it stands, 起火|爆炸 one of them, -演练 "
        "not\n"
        "  huiying archive show HASH|ID [-o FILE]     a text or page by its SHA-256; an item, an "
        "incident\n"
        "  huiying archive history ID                 when a page appeared, changed, went; with "
        "the difference\n"
        "  huiying archive package INCIDENT -o I.zip  everything about an incident, verifiable "
        "without us\n"
        "                                             (.zip, .tar.gz or .tar.zst)\n"
        "  huiying archive export [--from T] [--to T] [--labels]   items with scores, as JSON "
        "Lines\n"
        "  huiying archive stats                      how much is kept\n"
        "  huiying archive check                      is everything whole: database, index, pages\n"
        "  huiying archive rebuild                    make the index anew from the texts",
    .opts = rows,
    .opts_size = sizeof(struct hy_archive_opts),
    .run = run,
};
