/* SPDX-License-Identifier: Apache-2.0 */
/* huiying archive search: hits as a person reads them, with how many there are of each kind. */
#include "archive/cmd.h"
#include "archive/search.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What code names are called by people; the states are those of alerts/decide/incident.h, which a
 * test holds against this. */
const struct hy_archive_name hy_archive_names[] = {
    {"collected", "收集"},       {"triaged", "初筛"},
    {"verifying", "核实"},       {"assessed", "研判"},
    {"consulting", "会商"},      {"assigned", "交办"},
    {"returned", "退回"},        {"accepted", "受领"},
    {"drafting", "拟稿"},        {"reviewing", "审签"},
    {"responded", "已首次回应"}, {"following", "持续发布"},
    {"settled", "办结"},         {"evaluated", "评估"},
    {"archived", "归档"},        {"dismissed", "排除"},
    {"merged", "并案"},          {"none", "无"},
    {"digest", "汇总"},          {"list", "待办"},
    {"alert", "报警"},           {"item", "条目"},
    {"incident", "事件"},        {NULL, NULL},
};

static struct hy_str named(struct hy_str code)
{
    for (size_t i = 0; hy_archive_names[i].code; i++)
        if (hy_str_is(code, hy_archive_names[i].code))
            return hy_str(hy_archive_names[i].name);
    return code;
}

static char *joined(int n, char **words)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (int i = 0; i < n; i++)
        hy_buf_printf(&b, "%s%s", i ? " " : "", words[i]);
    return hy_buf_take(&b);
}

static void print_hit(const json_t *hit, bool bold)
{
    const json_t *snippet = json_object_get(hit, "snippet");
    char when[HY_SHORT_TIME];

    printf("%s  ", hy_archive_time(hy_json_time(hit, "time"), when));
    hy_archive_marked(hy_json_str(hit, "title"), json_object_get(hit, "title_marks"), bold);
    fputs("\n    ", stdout);
    fputs(hy_json_bool(snippet, "before") ? "……" : "", stdout);
    hy_archive_marked(hy_json_str(snippet, "text"), json_object_get(snippet, "marks"), bold);
    fputs(hy_json_bool(snippet, "after") ? "……\n    " : "\n    ", stdout);
    hy_archive_line("", hy_json_str(hit, "id"), "");
    if (hy_json_str(hit, "source").n)
        hy_archive_line("  来源 ", hy_json_str(hit, "source"), "");
    if (hy_json_int(hit, "level", 0))
        printf("  级别 %lld", (long long)hy_json_int(hit, "level", 0));
    if (hy_json_str(hit, "incident").n)
        hy_archive_line("  事件 ", hy_json_str(hit, "incident"), "");
    if (hy_json_str(hit, "state").n)
        hy_archive_line("  状态 ", named(hy_json_str(hit, "state")), "");
    putchar('\n');
    if (hy_json_str(hit, "url").n)
        hy_archive_line("    ", hy_json_str(hit, "url"), "\n");
}

static void print_facet(const char *label, const json_t *values)
{
    size_t i;
    json_t *v;

    if (json_array_size(values) == 0)
        return;
    printf("%s：", label);
    json_array_foreach (values, i, v) {
        struct hy_str name = hy_json_str(v, "label");
        if (name.n == 0)
            name = named(hy_json_str(v, "value"));
        if (name.n)
            hy_archive_line(i ? "  " : "", name, "");
        else
            printf("%s%lld", i ? "  " : "", (long long)hy_json_int(v, "value", 0));
        printf(" %lld", (long long)hy_json_int(v, "count", 0));
    }
    putchar('\n');
}

static void print_facets(const json_t *facets)
{
    static const char *const labels[][2] = {
        {"source", "来源"}, {"place", "地区"}, {"topic", "主题"},
        {"level", "级别"},  {"state", "状态"}, {"alert", "提示"},
        {"kind", "类别"},   {"day", "日期"},   {"month", "月份"},
    };

    for (size_t i = 0; i < HY_COUNT(labels); i++)
        print_facet(labels[i][1], json_object_get(facets, labels[i][0]));
}

static void print_found(const json_t *o, bool facets)
{
    bool bold = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    struct hy_str next = hy_json_str(o, "next");
    size_t i;
    json_t *hit;

    json_array_foreach (json_object_get(o, "hits"), i, hit)
        print_hit(hit, bold);
    printf("共%s %lld 条", hy_json_bool(o, "exact") ? "" : "约",
           (long long)hy_json_int(o, "total", 0));
    if (next.n)
        printf("；下一页 --after " HY_STR_FMT, HY_STR_ARG(next));
    putchar('\n');
    if (facets)
        print_facets(json_object_get(o, "facets"));
}

int hy_archive_search(const struct hy_archive_opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_store_closep) struct hy_store *s = NULL;
    HY_CLEANUP(hy_freep) char *words = joined(nargs, args);
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    struct hy_search q = {.words = hy_str(words),
                          .source = hy_str(o->source),
                          .place = hy_str(o->place),
                          .topic = hy_str(o->topic),
                          .state = hy_str(o->state),
                          .alert = hy_str(o->alert),
                          .level = (int)HY_MAX(INT64_C(-1), HY_MIN(o->level, INT64_C(99))),
                          .what = o->items       ? HY_SEARCH_ITEMS
                                  : o->incidents ? HY_SEARCH_INCIDENTS
                                                 : HY_SEARCH_ALL,
                          .order = o->rank ? HY_SEARCH_RANK : HY_SEARCH_TIME,
                          .limit = (size_t)HY_MAX(INT64_C(0), o->limit),
                          .cursor = hy_str(o->after),
                          .facets = true};

    if (hy_archive_period(o, &q.from, &q.to, err) < 0 ||
        hy_archive_open(o, HY_STORE_READ, &s, err) < 0 || hy_search(s, &q, &found, err) < 0)
        return err->code;
    if (o->json)
        hy_json_print(found);
    else
        print_found(found, o->facets);
    return json_array_size(json_object_get(found, "hits")) ? HY_EXIT_OK : HY_EXIT_NO;
}
