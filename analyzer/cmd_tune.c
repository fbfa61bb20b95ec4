/* SPDX-License-Identifier: Apache-2.0 */
/* huiying tune: a proposal of weights and thresholds, as a diff that a person accepts or not. */
#include "analyzer/backtest.h"
#include "analyzer/tune_files.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/stage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *config;
    bool json, apply, yes;
};
struct job {
    const struct options *o;
    const char *path;
    struct hy_diag *diag; /* holds the names of the rule files */
    struct hy_rules *old, *rules;
    struct hy_tune *tune;
    struct hy_tune_files files;
    struct hy_backtest *archive;
    enum hy_tune_outcome outcome;
};

extern const struct hy_command hy_cmd_tune;

static const char *const outcome_name[] = {"proposed", "too_few_labels", "nothing", "not_better"};
static const char *const outcome_text[] = {
    "提出以下修改。请看过再决定；不合适的一行可以不要。",
    "研判结论太少，不提修改：学习和留出两部分都至少要有 8 起属实、8 起已排除的事件。",
    "没有哪一处修改能明显少出错，不提修改。",
    "学到的修改在留出的事件上没有少出错，不提修改（多半只是记住了个别例子）。",
};

static int take(const json_t *line, void *user, struct hy_err *err)
{
    return hy_tune_item(user, line, err);
}

static int replay(const json_t *line, void *user, struct hy_err *err)
{
    return hy_backtest_item(user, line, err);
}

static void show(void *user, size_t done, size_t total)
{
    struct hy_progress *p = user;

    p->total = total;
    hy_progress_at(p, done);
}

/* ---- the report ---- */

static void put_share(struct hy_buf *out, const char *label, double before, double after)
{
    char a[16] = "—", b[16] = "—";

    if (before >= 0)
        snprintf(a, sizeof(a), "%.1f%%", before * 100);
    if (after >= 0)
        snprintf(b, sizeof(b), "%.1f%%", after * 100);
    hy_buf_printf(out, "  %s %s → %s", label, a, b);
}

static void put_part(struct hy_buf *out, const char *label, const struct hy_tally *before,
                     const struct hy_tally *after)
{
    hy_buf_printf(out, "  %s：", label);
    put_share(out, "准确率", hy_tally_precision(before), hy_tally_precision(after));
    put_share(out, "；查全率", hy_tally_recall(before), hy_tally_recall(after));
    hy_buf_char(out, '\n');
}

static void put_labels(const struct job *j, struct hy_buf *out)
{
    const struct hy_tune_parts *p = hy_tune_parts(j->tune);

    hy_buf_printf(
        out, "研判过的事件：学习用 %lld 起属实、%lld 起已排除；留出 %lld 起属实、%lld 起已排除\n",
        (long long)p->incidents[0][HY_VERDICT_CONFIRMED],
        (long long)p->incidents[0][HY_VERDICT_DISMISSED],
        (long long)p->incidents[1][HY_VERDICT_CONFIRMED],
        (long long)p->incidents[1][HY_VERDICT_DISMISSED]);
}

static void put_change(const struct hy_tune_change *c, struct hy_buf *out)
{
    hy_buf_printf(out, "  %s%s%s%s %s  %.10g → %.10g   涉及 %lld 条，", c->name ? c->name : "",
                  c->id ? "（" : "", c->id ? c->id : "", c->id ? "）" : "", c->key, c->from, c->to,
                  (long long)c->support);
    if (c->saved)
        hy_buf_printf(out, "学习时少错 %lld\n", (long long)c->saved);
    else
        hy_buf_str(out, HY_STR("与上一行一起改\n"));
}

static void put_changes(const struct job *j, struct hy_buf *out)
{
    size_t n;
    const struct hy_tune_change *c = hy_tune_changes(j->tune, &n);

    for (size_t i = 0; i < n; i++)
        put_change(&c[i], out);
}

static void put_effect(const struct job *j, struct hy_buf *out)
{
    const struct hy_tune_parts *p = hy_tune_parts(j->tune);
    HY_CLEANUP(hy_json_freep) json_t *all = hy_backtest_json(j->archive);
    const json_t *before = json_object_get(all, "before"), *after = json_object_get(all, "after");

    hy_buf_str(out, HY_STR("\n效果（清单以上算报出）\n"));
    put_part(out, "留出的事件（没有用来学习）", &p->held[0], &p->held[1]);
    put_part(out, "学习用的事件", &p->learn[0], &p->learn[1]);
    hy_buf_printf(out, "  全部归档：每天叫醒 %.2f → %.2f 起；清单 %lld → %lld 条\n",
                  hy_json_num(before, "alerts_per_day", 0), hy_json_num(after, "alerts_per_day", 0),
                  (long long)hy_json_int(before, "list", 0),
                  (long long)hy_json_int(after, "list", 0));
}

static void print_text(const struct job *j)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    put_labels(j, &out);
    hy_buf_printf(&out, "%s\n", outcome_text[j->outcome]);
    if (j->outcome == HY_TUNE_PROPOSED) {
        hy_buf_char(&out, '\n');
        put_changes(j, &out);
        put_effect(j, &out);
        hy_buf_char(&out, '\n');
        hy_tune_files_diff(&j->files, &out);
    }
    fwrite(out.p, 1, out.n, stdout);
    hy_buf_release(&out);
}

static json_t *changes_json(const struct job *j)
{
    size_t n;
    const struct hy_tune_change *c = hy_tune_changes(j->tune, &n);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "id", c[i].id ? json_string(c[i].id) : json_null());
        hy_json_set_str(o, "key", hy_str(c[i].key));
        json_object_set_new(o, "from", json_real(c[i].from));
        json_object_set_new(o, "to", json_real(c[i].to));
        hy_json_set_int(o, "support", c[i].support);
        hy_json_set_int(o, "saved", c[i].saved);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *part_json(const struct job *j, bool held, const struct hy_tally t[2])
{
    const int64_t *incidents = hy_tune_parts(j->tune)->incidents[held];
    json_t *o = json_object();

    hy_json_set_int(o, "confirmed_incidents", incidents[HY_VERDICT_CONFIRMED]);
    hy_json_set_int(o, "dismissed_incidents", incidents[HY_VERDICT_DISMISSED]);
    json_object_set_new(o, "before", hy_tally_json(&t[0], 1));
    json_object_set_new(o, "after", hy_tally_json(&t[1], 1));
    return o;
}

static void print_json(const struct job *j)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    const struct hy_tune_parts *p = hy_tune_parts(j->tune);
    struct hy_buf diff = HY_BUF_INIT(HY_BUF_UNBOUNDED), out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    bool proposed = j->outcome == HY_TUNE_PROPOSED;

    hy_json_set_str(o, "outcome", hy_str(outcome_name[j->outcome]));
    json_object_set_new(o, "learned", part_json(j, false, p->learn));
    json_object_set_new(o, "held_out", part_json(j, true, p->held));
    json_object_set_new(o, "changes", proposed ? changes_json(j) : json_array());
    if (proposed) {
        HY_CLEANUP(hy_json_freep) json_t *all = hy_backtest_json(j->archive);
        hy_tune_files_diff(&j->files, &diff);
        json_object_set(o, "before", json_object_get(all, "before"));
        json_object_set(o, "after", json_object_get(all, "after"));
    }
    hy_json_set_str(o, "diff", hy_buf_view(&diff));
    hy_json_write(o, &out);
    hy_buf_char(&out, '\n');
    fwrite(out.p, 1, out.n, stdout);
    hy_buf_release(&diff);
    hy_buf_release(&out);
}

/* ---- steps ---- */

static int learn(struct job *j)
{
    struct hy_progress bar = hy_progress_new("调参", 1);
    int rc;

    j->tune = hy_tune_new(j->rules);
    rc = hy_stage_read(j->path, "读取", take, j->tune);
    j->outcome = hy_tune_search(j->tune, show, &bar);
    hy_progress_end(&bar);
    return rc;
}

/* The whole archive under the old rules and the proposed ones. */
static int look_back(struct job *j)
{
    j->archive = hy_backtest_new(j->rules, j->old);
    return hy_stage_read(j->path, "回测", replay, j->archive);
}

static bool is_confirmed(const struct options *o)
{
    char answer[16] = "";

    if (o->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "huiying tune: 没有写入。请加 --yes 表示看过并同意以上修改\n");
        return false;
    }
    fprintf(stderr, "写入以上修改？输入 yes 确认：");
    return fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
}

static int apply(struct job *j, struct hy_err *err)
{
    if (!is_confirmed(j->o))
        return HY_EXIT_NO;
    if (hy_tune_files_apply(j->o->config, &j->files, err) < 0)
        return hy_command_fail(&hy_cmd_tune, err);
    fprintf(stderr, "已写入 %s；向 analyze 和 keep 发 SIGHUP 后生效\n", j->o->config);
    return HY_EXIT_OK;
}

static int work(struct job *j, struct hy_err *err)
{
    int rc = learn(j);

    if (j->outcome == HY_TUNE_PROPOSED) {
        size_t n;
        const struct hy_tune_change *c = hy_tune_changes(j->tune, &n);
        if (hy_tune_files_make(j->o->config, c, n, &j->files, err) < 0)
            return hy_command_fail(&hy_cmd_tune, err);
        if (look_back(j) != HY_EXIT_OK)
            rc = HY_EXIT_NO;
    }
    if (j->o->json)
        print_json(j);
    else
        print_text(j);
    if (j->o->apply && j->outcome == HY_TUNE_PROPOSED)
        return apply(j, err);
    return rc;
}

static int open_rules(struct job *j, struct hy_err *err)
{
    if (j->o->config == NULL || j->path == NULL || strcmp(j->path, "-") == 0)
        return hy_fail(err, HY_E_USAGE, "-c DIR and a file of items are needed (it is read twice)");
    if (hy_rules_open(j->o->config, &j->old, err) < 0)
        return err->code;
    return hy_rules_load(j->o->config, &j->rules, j->diag, err);
}

static int run(const void *options, int nargs, char **args)
{
    struct job j = {.o = options, .path = nargs == 1 ? args[0] : NULL, .diag = hy_diag_new()};
    struct hy_err err = HY_ERR_INIT;
    int rc = open_rules(&j, &err) < 0 ? hy_command_fail(&hy_cmd_tune, &err) : work(&j, &err);

    hy_tune_files_release(&j.files);
    hy_backtest_free(j.archive);
    hy_tune_free(j.tune);
    hy_rules_free(j.rules);
    hy_rules_free(j.old);
    hy_diag_free(j.diag);
    return rc;
}

static const struct hy_opt rows[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct options, config), "DIR", "the office's rules"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct options, json), NULL, "one JSON object"},
    {"apply", 0, HY_OPT_FLAG, offsetof(struct options, apply), NULL,
     "write the proposal after a person said yes"},
    {"yes", 0, HY_OPT_FLAG, offsetof(struct options, yes), NULL,
     "with --apply: the person has read it"},
    {NULL},
};

const struct hy_command hy_cmd_tune = {
    .name = "tune",
    .usage = "-c DIR [--json] [--apply [--yes]] ITEMS.jsonl",
    .summary = "proposes weights and thresholds from the office's own verdicts, as a diff",
    .details =
        "Reads archived items with verdicts (huiying archive export), learns from two thirds of "
        "the\n"
        "incidents and tests on the rest.  Prints what it would change, the effect before and\n"
        "after, and a diff of the rule files; nothing is written without --apply.  With few\n"
        "verdicts, or when the rest does not get better, nothing is proposed.\n\n"
        "Example:\n"
        "  huiying archive export >items.jsonl && huiying tune -c rules/qingxi items.jsonl",
    .opts = rows,
    .opts_size = sizeof(struct options),
    .run = run,
};
