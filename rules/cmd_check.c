/* SPDX-License-Identifier: Apache-2.0 */
/* huiying check: are the rules of an office right?  Prints every mistake and warning of the
 * national files and the office's; with --keys the table of everything that can be written in them.
 */
#include "core/command.h"
#include "core/json.h"
#include "core/mem.h"
#include "rules/calendar.h"
#include "rules/duty.h"
#include "rules/levels.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/offices.h"
#include "rules/sources.h"
#include "rules/windows.h"

#include <stdio.h>
#include <stdlib.h>

struct opts {
    const char *config;
    bool json, keys;
};

/* --- what was loaded, in numbers --- */

static size_t count_sources(const struct hy_rules *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->sources->rows.n; i++)
        n += hy_sources_at(r->sources, i)->enabled;
    return n;
}

static size_t count_words(const struct hy_rules *r)
{
    const struct hy_word_group *g = r->lexicon->groups.v;
    size_t n = 0;

    for (size_t i = 0; i < r->lexicon->groups.n; i++)
        n += g[i].words.n;
    return n;
}

static size_t count_topics(const struct hy_rules *r)
{
    return r->lexicon->topics.n;
}

static size_t count_units(const struct hy_rules *r)
{
    return r->lexicon->units.n;
}

static size_t count_clocks(const struct hy_rules *r)
{
    size_t n = 0;

    for (size_t i = 0; i < hy_windows_count(r->windows); i++)
        if (hy_windows_at(r->windows, i)->in_use)
            n += hy_windows_at(r->windows, i)->n_windows;
    return n;
}

static size_t count_people(const struct hy_rules *r)
{
    return hy_duty_count(r->duty);
}

static const struct {
    const char *key, *unit;
    size_t (*count)(const struct hy_rules *r);
} figures[] = {
    {"sources", "个来源", count_sources}, {"words", "个词", count_words},
    {"topics", "个话题", count_topics},   {"units", "个单位", count_units},
    {"clocks", "种时限", count_clocks},   {"people", "名值班人员", count_people},
};

static void print_summary(const struct hy_rules *r, const struct hy_diag *d)
{
    if (r->office)
        printf("%s（%s）：", r->office->name, r->office->division);
    printf("规则无误：%zu 个文件", hy_diag_files(d));
    for (size_t i = 0; i < HY_COUNT(figures); i++)
        printf("，%zu %s", figures[i].count(r), figures[i].unit);
    if (hy_diag_warnings(d))
        printf("；%zu 处警告", hy_diag_warnings(d));
    printf("；版本 %s\n", r->version);
}

static void print_summary_json(const struct hy_rules *r, const struct hy_diag *d)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    json_object_set_new(o, "ok", json_boolean(r != NULL));
    hy_json_set_int(o, "errors", (int64_t)hy_diag_errors(d));
    hy_json_set_int(o, "warnings", (int64_t)hy_diag_warnings(d));
    hy_json_set_int(o, "files", (int64_t)hy_diag_files(d));
    for (size_t i = 0; r && i < HY_COUNT(figures); i++)
        hy_json_set_int(o, figures[i].key, (int64_t)figures[i].count(r));
    if (r)
        hy_json_set_str(o, "version", hy_str(r->version));
    hy_json_print(o);
}

/* --- the table of keys --- */

static const char *type_text(const struct hy_y_key *k)
{
    static const char *const names[] = {
        [HY_Y_TEXT] = "文字",  [HY_Y_INT] = "整数",    [HY_Y_NUM] = "数字",
        [HY_Y_BOOL] = "是/否", [HY_Y_NAME] = "选一",   [HY_Y_DURATION] = "时长",
        [HY_Y_DATE] = "日期",  [HY_Y_TIME] = "时间",   [HY_Y_TEXTS] = "文字列表",
        [HY_Y_MAP] = "键值",   [HY_Y_LIST] = "列表",   [HY_Y_DICT] = "名称和内容",
        [HY_Y_POS] = "",       [HY_Y_CUSTOM] = "另述",
    };

    return names[k->type];
}

static void print_limits(const struct hy_y_key *k)
{
    if (k->type == HY_Y_NAME)
        for (size_t i = 0; k->names[i]; i++)
            printf("%s`%s`", i ? " " : "：", k->names[i]);
    else if (k->max > k->min && (k->type == HY_Y_INT || k->type == HY_Y_NUM))
        printf("，%lld 到 %lld", (long long)k->min, (long long)k->max);
}

static void print_keys(const struct hy_y_schema *s, const char *path)
{
    for (const struct hy_y_key *k = s->keys; k->key; k++) {
        HY_CLEANUP(hy_freep) char *name = hy_xasprintf("%s%s", path, k->key);
        HY_CLEANUP(hy_freep) char *below = NULL;
        if (k->type == HY_Y_POS)
            continue;
        printf("| `%s` | %s", name, type_text(k));
        print_limits(k);
        printf(" | %s | %s |\n", k->required ? "必填" : "", k->help ? k->help : "");
        if (k->sub && k->sub != s) { /* a tree of rows: once */
            below = hy_xasprintf("%s%s", name, k->type == HY_Y_MAP ? "." : "[].");
            print_keys(k->sub, below);
        }
    }
}

static int print_all_keys(void)
{
    size_t n;
    const struct hy_section *const *s = hy_rules_sections(&n);

    for (size_t i = 0; i < n; i++) {
        if (s[i]->schema == NULL)
            continue;
        printf("### `%s`\n\n| 键 | 类型 | | 说明 |\n|---|---|---|---|\n", s[i]->file);
        print_keys(s[i]->schema, "");
        printf("\n");
    }
    return HY_EXIT_OK;
}

/* --- the command --- */

/* Working days of a year without a notice cannot be counted; the notice comes late in autumn. */
static void check_years(const struct hy_rules *r, hy_wall now, struct hy_diag *d)
{
    struct hy_civil c = hy_civil_of(now, r->office ? (int)r->office->zone_min : HY_CST);

    for (int year = c.year; year <= c.year + (c.month == 12); year++)
        if (!hy_calendar_has_year(r->calendar, year))
            hy_diag_warn(d, (struct hy_pos){0},
                         "没有 %d 年的放假调休安排（calendar/%d.yaml），按工作日计的时限算不出来",
                         year, year);
    for (size_t i = 0; hy_calendar_unchecked(r->calendar, i); i++)
        hy_diag_warn(d, (struct hy_pos){0},
                     "放假日期还没有按通知核对（核对后把 checked 改成“是”）：%s",
                     hy_calendar_unchecked(r->calendar, i));
}

static void print_mistakes(const struct hy_diag *d, bool json)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (json)
        hy_diag_print_json(d, &out);
    else
        hy_diag_print(d, &out);
    fwrite(out.p ? out.p : "", 1, out.n, stdout);
}

/* *keep (may be NULL): the rules, when they are right. */
static int check(const char *dir, bool json, struct hy_rules **keep)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    int rc = hy_rules_load(dir, &r, d, &err);

    if (rc == HY_OK) {
        check_years(r, hy_wall_now(), d);
        hy_lexicon_check_packs(r, hy_wall_now().ms / HY_DAY_MS, d);
    }
    print_mistakes(d, json);
    if (json)
        print_summary_json(r, d);
    else if (rc == HY_OK)
        print_summary(r, d);
    else
        printf("规则有误：%zu 处错误，%zu 处警告。改正以前，正在运行的服务继续使用原来的规则。\n",
               hy_diag_errors(d), hy_diag_warnings(d));
    if (keep)
        *keep = HY_TAKE(r);
    return rc == HY_OK ? HY_EXIT_OK : HY_EXIT_NO;
}

static void print_conflicts(struct hy_str lines, bool json)
{
    struct hy_str line;

    if (!json)
        fwrite(lines.p ? lines.p : "", 1, lines.n, stdout);
    while (json && hy_str_cut(&lines, '\n', &line)) {
        HY_CLEANUP(hy_json_freep) json_t *o = json_object();
        hy_json_set_str(o, "severity", HY_STR("error"));
        hy_json_set_str(o, "message", line);
        hy_json_print(o);
    }
}

static int check_between(struct hy_rules *const *at, size_t n, bool json)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t bad = hy_offices_conflicts(at, n, &b);

    print_conflicts(hy_buf_view(&b), json);
    return bad ? HY_EXIT_NO : HY_EXIT_OK;
}

/* Each for itself, then one against the other when all are right. */
static int check_several(const char *dir, const struct hy_texts *names, bool json)
{
    struct hy_rules **at = hy_xcalloc(names->n, sizeof(struct hy_rules *));
    int exit = HY_EXIT_OK;

    for (size_t i = 0; i < names->n; i++) {
        HY_CLEANUP(hy_freep) char *below = hy_xasprintf("%s/%s", dir, names->v[i]);
        if (check(below, json, &at[i]) != HY_EXIT_OK)
            exit = HY_EXIT_NO;
    }
    if (exit == HY_EXIT_OK)
        exit = check_between(at, names->n, json);
    for (size_t i = 0; i < names->n; i++)
        hy_rules_free(at[i]);
    free(at);
    return exit;
}

static int check_dir(const char *dir, bool json)
{
    struct hy_texts names = {0};
    struct hy_err err = HY_ERR_INIT;

    if (dir == NULL || !hy_offices_several(dir) || hy_offices_names(dir, &names, &err) < 0)
        return check(dir, json, NULL);
    int exit = check_several(dir, &names, json);
    hy_offices_names_release(&names);
    return exit;
}

extern const struct hy_command hy_cmd_check;

static int run(const void *opts, int nargs, char **args)
{
    const struct opts *o = opts;

    if (nargs > 0) {
        struct hy_err err = HY_ERR_INIT;
        hy_fail(&err, HY_E_USAGE, "\"%s\": give the directory with -c", args[0]);
        return hy_command_fail(&hy_cmd_check, &err);
    }
    return o->keys ? print_all_keys()
                   : check_dir(o->config ? o->config : getenv("HUIYING_CONFIG"), o->json);
}

static const struct hy_opt options[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct opts, config), "DIR",
     "the office's rules (or $HUIYING_CONFIG; else the national ones alone)"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "one JSON object a line"},
    {"keys", 0, HY_OPT_FLAG, offsetof(struct opts, keys), NULL,
     "print the table of all keys (Markdown)"},
    {0},
};

const struct hy_command hy_cmd_check = {
    .name = "check",
    .usage = "[-c DIR] [--json]",
    .summary = "checks the rules of an office and shows all mistakes",
    .details = "Every mistake with file:line:column, the line and what was probably meant.\n"
               "DIR may hold several offices, each in a directory of its own.\n"
               "Exit code 0: no mistakes (there may be warnings), 1: mistakes.\n\n"
               "  huiying check -c rules/sample",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};
