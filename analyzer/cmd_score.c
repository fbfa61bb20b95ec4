/* SPDX-License-Identifier: Apache-2.0 */
/* huiying score: items in, the same items with "score" out. */
#include "analyzer/score.h"
#include "core/command.h"
#include "core/stage.h"
#include "rules/rules.h"

#include <stdio.h>

struct options {
    const char *config;
    bool explain;
};

struct job {
    const struct hy_scorer *scorer;
    struct hy_arena *arena;
    bool explain;
};

static int score_line(const struct hy_json_line *line, void *user, struct hy_buf *value,
                      struct hy_err *err)
{
    struct job *job = user;
    struct hy_item item;

    hy_arena_reset(job->arena);
    if (hy_item_from_line(line, job->arena, &item, err) < 0)
        return err->code;
    hy_score_write(hy_score_item(job->scorer, &item, job->arena), job->explain, value);
    return HY_OK;
}

extern const struct hy_command hy_cmd_score;

static int run(const void *opts, int nargs, char **args)
{
    const struct options *o = opts;
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (hy_rules_open(o->config, &rules, &err) < 0)
        return hy_command_fail(&hy_cmd_score, &err);
    HY_CLEANUP(hy_scorer_freep) struct hy_scorer *scorer = hy_scorer_new(rules);
    struct job job = {scorer, hy_arena_new(), o->explain};
    int exit_code = hy_stage_add(nargs ? args[0] : "-", "score", score_line, &job);
    hy_arena_free(job.arena);
    return exit_code;
}

static const struct hy_opt options[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct options, config), "DIR",
     "rules of an office; without it the national rules alone"},
    {"explain", 0, HY_OPT_FLAG, offsetof(struct options, explain), NULL,
     "add every contribution with its place in the text"},
    {0},
};

const struct hy_command hy_cmd_score = {
    .name = "score",
    .usage = "[-c DIR] [--explain] [FILE|-]",
    .summary = "judge items: topic, urgency, event, level, places, units",
    .details =
        "Reads items as JSON Lines and writes them with the member \"score\".\n\n"
        "  echo '{\"id\":\"1\",\"title\":\"化工厂爆炸，3人死亡\"}' | huiying score --explain",
    .opts = options,
    .opts_size = sizeof(struct options),
    .run = run,
};
