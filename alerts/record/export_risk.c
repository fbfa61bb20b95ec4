/* SPDX-License-Identifier: Apache-2.0 */
/* One table of columns; how a cell is read follows from its `how`.  In the public form nothing stands
 * that anybody typed, and no person. */
#include "alerts/record/export_risk.h"

#include "alerts/decide/risk.h"
#include "alerts/record/export_parts.h"

#include <string.h>

enum how { TEXT, TIME, LIST, NAMED, COUNT, OPINIONS, INCIDENTS, STEPS, SEQUENCE, PREVIOUS };

struct word {
    const char *name, *label;
};
static const struct word types[] = {{"policy", "政策文件"},
                                    {"event", "活动"},
                                    {"project", "工程项目"},
                                    {"announcement", "公告、调价"},
                                    {"other", "其他"},
                                    {NULL, NULL}};
static const struct word grades[] = {{"high", "高"}, {"medium", "中"}, {"low", "低"}, {NULL, NULL}};
static const struct word states[] = {{"proposed", "待审批"},
                                     {"approved", "已批准"},
                                     {"rejected", "已退回"},
                                     {"ended", "关注已结束"},
                                     {NULL, NULL}};
static const struct word checks[] = {
    {"wording", "内容表述"}, {"timing", "时机"}, {"method", "方式"}, {NULL, NULL}};

/* `object` is the member of the document that has `key`; NULL: the document itself. */
struct column {
    struct hy_export_column is; /* first: a form points to it */
    enum how how;
    const char *object, *key;
    const struct word *words;
};
static const struct column columns[] = {
    {{"assessment", "评估编号", HY_CELL_TEXT, false}, TEXT, NULL, "id", NULL},
    {{"title", "拟发布事项", HY_CELL_TEXT, true}, TEXT, NULL, "name", NULL},
    {{"type", "种类", HY_CELL_TEXT, false}, NAMED, NULL, "type", types},
    {{"unit", "发布单位", HY_CELL_TEXT, false}, TEXT, "lead", "name", NULL},
    {{"topic", "话题", HY_CELL_TEXT, false}, TEXT, NULL, "topic", NULL},
    {{"opened", "提出时间", HY_CELL_TIME, false}, TIME, NULL, "opened", NULL},
    {{"release", "拟发布时间", HY_CELL_TIME, false}, TIME, NULL, "release", NULL},
    {{"watch_to", "关注到", HY_CELL_TIME, false}, TIME, "watch", "to", NULL},
    {{"grade", "风险等级", HY_CELL_TEXT, false}, NAMED, NULL, "grade", grades},
    {{"summary", "主要内容", HY_CELL_TEXT, true}, TEXT, NULL, "summary", NULL},
    {{"risks", "风险点", HY_CELL_TEXT, true}, LIST, NULL, "risks", NULL},
    {{"words", "关注的词", HY_CELL_TEXT, true}, LIST, NULL, "words", NULL},
    {{"plan", "应对预案", HY_CELL_TEXT, true}, TEXT, NULL, "plan", NULL},
    {{"drafted_by", "拟稿人", HY_CELL_TEXT, true}, TEXT, "drafted", "name", NULL},
    {{"drafted", "拟稿时间", HY_CELL_TIME, false}, TIME, "drafted", "at", NULL},
    {{"n_opinions", "征求意见数", HY_CELL_NUMBER, false}, COUNT, NULL, "opinions", NULL},
    {{"opinions", "专家和单位意见", HY_CELL_TEXT, true}, OPINIONS, NULL, "opinions", NULL},
    {{"state", "状态", HY_CELL_TEXT, false}, NAMED, NULL, "state", states},
    {{"decided_by", "审批人", HY_CELL_TEXT, true}, TEXT, "decided", "name", NULL},
    {{"decided", "审批时间", HY_CELL_TIME, false}, TIME, "decided", "at", NULL},
    {{"checks", "三项研判", HY_CELL_TEXT, false}, LIST, "decided", "checks", checks},
    {{"comment", "批示", HY_CELL_TEXT, true}, TEXT, "decided", "comment", NULL},
    {{"rejected_for", "退回理由", HY_CELL_TEXT, true}, TEXT, "decided", "reason", NULL},
    {{"n_caught", "发现相关信息数", HY_CELL_NUMBER, false}, SEQUENCE, NULL, "n_caught", NULL},
    {{"incidents", "转入的事件", HY_CELL_TEXT, false}, INCIDENTS, NULL, "caught", NULL},
    {{"ended", "结束时间", HY_CELL_TIME, false}, TIME, "ended", "at", NULL},
    {{"ended_for", "结束理由", HY_CELL_TEXT, true}, TEXT, "ended", "reason", NULL},
    {{"history", "经过", HY_CELL_TEXT, true}, STEPS, NULL, "history", NULL},
    {{"sequence", "日志序号", HY_CELL_NUMBER, false}, SEQUENCE, NULL, "version", NULL},
    {{"previous", "日志前一条哈希", HY_CELL_TEXT, false}, PREVIOUS, NULL, NULL, NULL},
};
_Static_assert(HY_COUNT(columns) <= HY_EXPORT_COLUMNS_MAX, "room for every column");

/* ---- cells ---- */

static const char *label_of(const struct word *words, const char *name)
{
    for (; words && name && words->name; words++)
        if (strcmp(words->name, name) == 0)
            return words->label;
    return name ? name : "";
}

static void put_list(const json_t *list, const struct word *words, struct hy_buf *out)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v)
        hy_buf_printf(out, "%s%s", i ? "；" : "", label_of(words, json_string_value(v)));
}

static void put_opinions(const json_t *list, struct hy_buf *out)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        hy_buf_puts(out, i ? "；" : "");
        hy_buf_str(out, hy_json_str(o, "who"));
        hy_buf_puts(out, "：");
        hy_buf_str(out, hy_json_str(o, "text"));
    }
}

/* Each once, in the order in which the first item of it was heard of. */
static void put_incidents(const json_t *caught, struct hy_buf *out)
{
    size_t i, from = out->n;
    json_t *c;

    json_array_foreach (caught, i, c) {
        struct hy_str id = hy_json_str(c, "incident");
        struct hy_str before = hy_str_sub(hy_buf_view(out), from, out->n);
        if (id.n == 0 || hy_str_has(before, id))
            continue;
        hy_buf_puts(out, before.n ? "；" : "");
        hy_buf_str(out, id);
    }
}

static void put_steps(const json_t *history, struct hy_buf *out)
{
    size_t i;
    json_t *h;

    json_array_foreach (history, i, h) {
        hy_buf_puts(out, i ? "；" : "");
        hy_buf_str(out, hy_json_str(h, "at"));
        hy_buf_printf(out, " %s ", label_of(states, json_string_value(json_object_get(h, "to"))));
        hy_buf_str(out, hy_json_str(h, "name"));
    }
}

static const json_t *object_of(const json_t *doc, const char *object)
{
    if (object && strcmp(object, "lead") == 0)
        return json_object_get(json_object_get(doc, "units"), "lead");
    return object ? json_object_get(doc, object) : doc;
}

static void put_time(hy_wall t, struct hy_export_row *row, size_t i)
{
    char text[HY_TIME_SIZE];

    row->time[i] = t;
    if (hy_wall_known(t))
        hy_buf_puts(&row->text, hy_wall_format(t, HY_CST, text));
}

static void fill(const struct column *c, const json_t *doc, struct hy_str prev, size_t i,
                 struct hy_export_row *row)
{
    const json_t *o = object_of(doc, c->object), *v = c->key ? json_object_get(o, c->key) : NULL;

    switch (c->how) {
    case TEXT:
        hy_buf_str(&row->text, hy_json_str(o, c->key));
        break;
    case TIME:
        put_time(hy_json_time(o, c->key), row, i);
        break;
    case LIST:
        put_list(v, c->words, &row->text);
        break;
    case NAMED:
        hy_buf_puts(&row->text, label_of(c->words, json_string_value(v)));
        break;
    case COUNT:
        hy_buf_printf(&row->text, "%zu", json_array_size(v));
        break;
    case OPINIONS:
        put_opinions(v, &row->text);
        break;
    case INCIDENTS:
        put_incidents(v, &row->text);
        break;
    case STEPS:
        put_steps(v, &row->text);
        break;
    case SEQUENCE:
        hy_buf_printf(&row->text, "%lld", (long long)hy_json_int(o, c->key, 0));
        break;
    case PREVIOUS:
        hy_buf_str(&row->text, prev);
        break;
    }
}

/* ---- rows ---- */

static bool is_wanted(const json_t *doc, const struct hy_export_opts *o, hy_wall from, hy_wall to)
{
    const json_t *lead = object_of(doc, "lead");
    int64_t opened = hy_json_time(doc, "opened").ms;

    if ((hy_wall_known(from) && opened < from.ms) || (hy_wall_known(to) && opened >= to.ms))
        return false;
    return o->unit == NULL || hy_str_is(hy_json_str(lead, "id"), o->unit) ||
           hy_str_is(hy_json_str(lead, "name"), o->unit);
}

int hy_export_risk(const json_t *doc, const struct hy_export_form *f, hy_wall from, hy_wall to,
                   struct hy_str prev, hy_export_fn fn, void *user, struct hy_err *err)
{
    struct hy_export_row row = {.text = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    int rc = HY_OK;

    if (!is_wanted(doc, &f->o, from, to))
        return HY_OK;
    hy_buf_char(&row.text, '\n'); /* so that it is never empty */
    for (size_t i = 0; i < f->n; i++) {
        row.cell[i].from = row.text.n;
        fill((const struct column *)(const void *)f->column[i], doc, prev, i, &row);
        row.cell[i].n = row.text.n - row.cell[i].from;
    }
    rc = fn(&row, user, err);
    hy_buf_release(&row.text);
    return rc;
}

void hy_export_risk_form(struct hy_export_form *f, const struct hy_export_opts *o)
{
    *f = (struct hy_export_form){
        .o = *o, .title = "事前舆情风险评估", .sheet = "风险评估", .sheet_en = "risks"};
    for (size_t i = 0; i < HY_COUNT(columns); i++)
        if (!columns[i].is.internal || !o->public)
            f->column[f->n++] = &columns[i].is;
    hy_export_sort_keys(f);
}
