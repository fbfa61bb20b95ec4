/* SPDX-License-Identifier: Apache-2.0 */
/* huiying verify, huiying journal cat: the record proves itself and can be read. */
#include "alerts/keep/journal.h"
#include "core/mem.h"
#include "core/role.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts {
    struct hy_role_opts role;
    bool json;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "answer as one JSON object"},
    {NULL},
};
extern const struct hy_command hy_cmd_verify, hy_cmd_journal;

/* The given file, or the only journal of the data directory. */
static int journal_path(const struct opts *o, int nargs, char **args, char **ret,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_freep) char *pattern = NULL;
    glob_t g = {0};

    if (nargs > 0) {
        *ret = hy_xstrdup(args[0]);
        return HY_OK;
    }
    if (hy_role_resolve(&o->role, &role, err) < 0)
        return err->code;
    pattern = hy_xasprintf("%s/journal/*.jsonl", role.data);
    if (glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc == 1)
        *ret = hy_xstrdup(g.gl_pathv[0]);
    size_t n = g.gl_pathc;
    globfree(&g);
    if (n == 1)
        return HY_OK;
    return hy_fail(err, HY_E_USAGE, n ? "%s: several journals, name one" : "%s: no journal there",
                   pattern);
}

static void print_verdict(bool json, const char *path, size_t count, const struct hy_head *head,
                          const struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    HY_CLEANUP(hy_freep) char *text = NULL;

    if (!json) {
        if (err->code == HY_OK)
            printf("ok: %zu 条，末尾哈希 %s\n", count, head->hash);
        else
            printf("broken: 前 %zu 条完好；%s\n", count, err->msg);
        return;
    }
    json_object_set_new(o, "ok", json_boolean(err->code == HY_OK));
    hy_json_set_str(o, "file", hy_str(path));
    hy_json_set_int(o, "count", (int64_t)count);
    hy_json_set_str(o, "hash", hy_str(head->hash));
    if (err->code != HY_OK)
        hy_json_set_str(o, "broken", hy_str(err->msg));
    text = hy_json_text(o);
    printf("%s\n", text);
}

static int run_verify(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_freep) char *path = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_head head = HY_HEAD_INIT;
    size_t count = 0;

    if (journal_path(o, nargs, args, &path, &err) < 0)
        return hy_command_fail(&hy_cmd_verify, &err);
    int rc = hy_journal_verify(path, NULL, NULL, &count, &head, &err);
    if (rc == HY_E_IO)
        return hy_command_fail(&hy_cmd_verify, &err);
    print_verdict(o->json, path, count, &head, &err);
    return rc == HY_OK ? HY_EXIT_OK : HY_EXIT_NO;
}

const struct hy_command hy_cmd_verify = {
    .name = "verify",
    .usage = "[--data DIR] [FILE|-]",
    .summary = "the journal's chain: ok, or the first broken entry",
    .details = "Checks that no entry was edited, dropped, moved or re-dated since it was written.\n"
               "Without FILE the journal of the data directory.\n\n"
               "Example:\n  huiying verify data/journal/qingxi.jsonl",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run_verify,
};

static int cat(const char *path, struct hy_err *err)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    while ((n = getline(&line, &room, f)) > 0)
        fwrite(line, 1, (size_t)n, stdout);
    free(line);
    if (f != stdin)
        fclose(f);
    return HY_OK;
}

static int run_journal(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_freep) char *path = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (nargs < 1 || strcmp(args[0], "cat") != 0) {
        fprintf(stderr, "huiying journal: say `huiying journal cat [FILE]`\n");
        return HY_EXIT_USAGE;
    }
    if (journal_path(o, nargs - 1, args + 1, &path, &err) < 0 || cat(path, &err) < 0)
        return hy_command_fail(&hy_cmd_journal, &err);
    return HY_EXIT_OK;
}

const struct hy_command hy_cmd_journal = {
    .name = "journal",
    .usage = "cat [--data DIR] [FILE]",
    .summary = "print the journal's lines as they were written",
    .details = "Example:\n  huiying journal cat | tail -1 | jq .",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run_journal,
};
