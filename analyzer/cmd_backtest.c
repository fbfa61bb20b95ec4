/* SPDX-License-Identifier: Apache-2.0 */
/* huiying backtest: what would a change of the rules have raised or missed? */
#include "analyzer/backtest.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"

#include <stdio.h>

enum { MOST = 30 };

struct options {
    const char *config, *against;
    int64_t most;
    bool json;
};

extern const struct hy_command hy_cmd_backtest;

static int take(const json_t *line, void *user, struct hy_err *err)
{
    return hy_backtest_item(user, line, err);
}

static void print(const struct hy_backtest *b, const struct options *o)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (o->json) {
        HY_CLEANUP(hy_json_freep) json_t *report = hy_backtest_json(b);
        hy_json_write(report, &out);
        hy_buf_char(&out, '\n');
    } else {
        hy_backtest_text(b, o->most > 0 ? (size_t)o->most : MOST, &out);
    }
    fwrite(out.p, 1, out.n, stdout);
    hy_buf_release(&out);
}

static int run(const void *options, int nargs, char **args)
{
    const struct options *o = options;
    HY_CLEANUP(hy_rules_freep) struct hy_rules *after = NULL;
    HY_CLEANUP(hy_rules_freep) struct hy_rules *before = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (nargs > 1) {
        hy_fail(&err, HY_E_USAGE, "one file of items, or - for standard input");
        return hy_command_fail(&hy_cmd_backtest, &err);
    }
    if (hy_rules_open(o->config, &after, &err) < 0 ||
        (o->against && hy_rules_open(o->against, &before, &err) < 0))
        return hy_command_fail(&hy_cmd_backtest, &err);
    struct hy_backtest *b = hy_backtest_new(after, before);
    int rc = hy_stage_read(nargs ? args[0] : NULL, "回测", take, b);
    print(b, o);
    hy_backtest_free(b);
    return rc;
}

static const struct hy_opt rows[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct options, config), "DIR", "the new rules"},
    {"against", 0, HY_OPT_TEXT, offsetof(struct options, against), "DIR",
     "the rules to compare with; without it the scores in the lines"},
    {"most", 0, HY_OPT_NUMBER, offsetof(struct options, most), "N", "rows of each list (30)"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct options, json), NULL, "one JSON object, all rows"},
    {NULL},
};

const struct hy_command hy_cmd_backtest = {
    .name = "backtest",
    .usage = "[-c DIR] [--against DIR] [--json] ITEMS.jsonl|-",
    .summary = "what a change of the rules would have raised or missed",
    .details =
        "Judges archived items (huiying archive export) under both rule sets and lists those that\n"
        "would be told to other people, with the words that made the difference; with the "
        "office's\n"
        "verdicts (\"label\") also precision and recall before and after.\n\n"
        "Example: copy the rules, change the copy, and see:\n"
        "  cp -r rules/qingxi /tmp/try && vi /tmp/try/lexicon/local.yaml\n"
        "  huiying backtest -c /tmp/try --against rules/qingxi items.jsonl",
    .opts = rows,
    .opts_size = sizeof(struct options),
    .run = run,
};
