/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/export.h"

#include "alerts/incident.h"
#include "alerts/obligation.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source { /* what a cell is made from */
    const json_t *doc, *o;
    const struct hy_export_opts *opts;
    struct hy_str prev;
};
typedef void (*cell_fn)(const struct source *s, struct hy_buf *out);

/* ---- cells ---- */

static void time_cell(hy_wall t, struct hy_buf *out)
{
    char text[HY_TIME_SIZE];

    if (hy_wall_known(t))
        hy_buf_puts(out, hy_wall_format(t, HY_CST, text));
}

static void names_of(const json_t *list, const char *key, struct hy_buf *out)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v) {
        struct hy_str s = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, key);
        hy_buf_printf(out, "%s" HY_STR_FMT, i ? "；" : "", HY_STR_ARG(s));
    }
}

#define TEXT(name, object, key)                                                                    \
    static void name(const struct source *s, struct hy_buf *out)                                   \
    {                                                                                              \
        hy_buf_str(out, hy_json_str(object, key));                                                 \
    }
#define TIME(name, object, key)                                                                    \
    static void name(const struct source *s, struct hy_buf *out)                                   \
    {                                                                                              \
        time_cell(hy_json_time(object, key), out);                                                 \
    }
#define TIMES(key) TIME(time_##key, json_object_get(s->doc, "times"), #key)
#define EVIDENCE(key) TEXT(evidence_##key, json_object_get(s->o, "evidence"), #key)

TEXT(obligation, s->o, "id")
TEXT(incident, s->doc, "id")
TEXT(title, s->doc, "title")
TEXT(event_class, s->doc, "event_class")
TEXT(basis, s->o, "basis")
TEXT(clock_id, s->o, "clock")
TEXT(anchor, s->o, "anchor")
TEXT(label, s->o, "label")
TIME(start, s->o, "start")
TIME(due, s->o, "due")
TIME(ended, s->o, "ended")
TIMES(occurred)
TIMES(first_public)
TIMES(detected)
TIMES(confirmed)
TIMES(graded)
TIMES(assigned)
EVIDENCE(url)
EVIDENCE(form)
EVIDENCE(hash)
EVIDENCE(by)
TEXT(reason, s->o, "reason")
TEXT(waiver_basis, json_object_get(s->o, "waiver"), "basis")
TEXT(waiver_approver, json_object_get(s->o, "waiver"), "approver")

static void place(const struct source *s, struct hy_buf *out)
{
    names_of(json_object_get(s->doc, "places"), "name", out);
}

static void topic(const struct source *s, struct hy_buf *out)
{
    const json_t *first = json_array_get(json_object_get(s->doc, "topics"), 0);
    struct hy_str name = hy_json_str(first, "name");

    hy_buf_str(out, name.n ? name : hy_json_str(first, "id"));
}

static void level(const struct source *s, struct hy_buf *out)
{
    int64_t n = hy_json_int(s->doc, "level", 0);

    hy_buf_puts(out, hy_level_label[n >= 0 && n <= 4 ? n : 0]);
}

static void disposition(const struct source *s, struct hy_buf *out)
{
    names_of(json_object_get(s->doc, "disposition"), "id", out);
}

static void pack(const struct source *s, struct hy_buf *out)
{
    hy_buf_printf(out, HY_STR_FMT " " HY_STR_FMT, HY_STR_ARG(hy_json_str(s->o, "pack")),
                  HY_STR_ARG(hy_json_str(s->o, "version")));
}

static void lead(const struct source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(json_object_get(json_object_get(s->doc, "units"), "lead"), "name"));
}

static void support(const struct source *s, struct hy_buf *out)
{
    names_of(json_object_get(json_object_get(s->doc, "units"), "support"), "name", out);
}

static void on_duty(const struct source *s, struct hy_buf *out)
{
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n)
        if (hy_str_is(hy_json_str(n, "step"), "open"))
            names_of(json_object_get(n, "to"), "name", out);
}

static void first_action(const struct source *s, struct hy_buf *out)
{
    hy_wall ack = hy_json_time(json_object_get(s->doc, "ack"), "at");
    hy_wall confirmed = hy_json_time(json_object_get(s->doc, "times"), "confirmed");
    bool confirm_first = hy_wall_known(confirmed) && (!hy_wall_known(ack) || confirmed.ms < ack.ms);

    time_cell(confirm_first ? confirmed : ack, out);
}

/* 按时 超时 未到期 免除, and 已替代 for what was superseded. */
static const char *result_of(const struct source *s, bool english)
{
    static const struct {
        const char *state, *label;
    } ended[] = {{"met", "按时"}, {"late", "超时"}, {"waived", "免除"}, {"superseded", "已替代"}};
    struct hy_str state = hy_json_str(s->o, "state");

    for (size_t i = 0; i < HY_COUNT(ended); i++)
        if (hy_str_is(state, ended[i].state))
            return english ? ended[i].state : ended[i].label;
    if (hy_in_time(s->opts->now, hy_json_time(s->o, "due")))
        return english ? "running" : "未到期";
    return english ? "overdue" : "超时";
}

static void result(const struct source *s, struct hy_buf *out)
{
    hy_buf_puts(out, result_of(s, s->opts->english));
}

static void minutes(const struct source *s, struct hy_buf *out)
{
    const json_t *v = json_object_get(s->o, "minutes");

    if (json_is_integer(v))
        hy_buf_printf(out, "%lld", (long long)json_integer_value(v));
}

/* Reminders that were sent, with their times. */
static void steps(const struct source *s, struct hy_buf *out)
{
    size_t i;
    json_t *n;
    struct hy_str suffix = hy_obligation_suffix(s->o);

    json_array_foreach (json_object_get(s->doc, "notices"), i, n)
        if (hy_str_eq(hy_json_str(n, "clock"), suffix))
            hy_buf_printf(out, "%s" HY_STR_FMT " " HY_STR_FMT, out->n ? "；" : "",
                          HY_STR_ARG(hy_json_str(n, "step")), HY_STR_ARG(hy_json_str(n, "at")));
}

static void yes_no(bool yes, const struct source *s, struct hy_buf *out)
{
    hy_buf_puts(out, s->opts->english ? (yes ? "yes" : "no") : (yes ? "是" : "否"));
}

static void regraded(const struct source *s, struct hy_buf *out)
{
    yes_no(json_is_true(json_object_get(s->doc, "upgraded")), s, out);
}

static void entered_late(const struct source *s, struct hy_buf *out)
{
    yes_no(json_is_true(json_object_get(json_object_get(s->o, "evidence"), "entered_late")), s,
           out);
}

static void sequence(const struct source *s, struct hy_buf *out)
{
    hy_buf_printf(out, "%lld", (long long)hy_json_int(s->doc, "version", 0));
}

static void previous(const struct source *s, struct hy_buf *out)
{
    hy_buf_str(out, s->prev);
}

static const struct column {
    const char *name, *label;
    bool internal; /* left out of the public form */
    bool number;   /* a cell that may begin with a minus */
    cell_fn fill;
} columns[] = {
    {"obligation", "义务编号", false, false, obligation},
    {"incident", "事件编号", false, false, incident},
    {"title", "事件标题", false, false, title},
    {"place", "地点", false, false, place},
    {"topic", "主题", false, false, topic},
    {"event_class", "事件类别", false, false, event_class},
    {"level", "事件级别", false, false, level},
    {"disposition", "处置分类", false, false, disposition},
    {"pack", "规则包与版本", false, false, pack},
    {"basis", "依据", false, false, basis},
    {"clock", "时限", false, false, clock_id},
    {"label", "时限名称", false, false, label},
    {"anchor", "起算点", false, false, anchor},
    {"start", "起算时间", false, false, start},
    {"occurred", "事发时间", false, false, time_occurred},
    {"first_public", "首次公开传播时间", false, false, time_first_public},
    {"detected", "系统发现时间", false, false, time_detected},
    {"confirmed", "人工确认时间", false, false, time_confirmed},
    {"graded", "定级时间", false, false, time_graded},
    {"assigned", "交办时间", false, false, time_assigned},
    {"due", "到期时间", false, false, due},
    {"lead", "牵头单位", false, false, lead},
    {"support", "配合单位", false, false, support},
    {"on_duty", "值班人员", true, false, on_duty},
    {"first_action", "首次处置时间", false, false, first_action},
    {"ended", "完成时间", false, false, ended},
    {"form", "回应形式", false, false, evidence_form},
    {"url", "发布网址", false, false, evidence_url},
    {"hash", "页面快照哈希", false, false, evidence_hash},
    {"result", "结果", false, false, result},
    {"minutes", "提前（负为超时）分钟", false, true, minutes},
    {"waiver_basis", "免回应依据", false, false, waiver_basis},
    {"waiver_approver", "免回应批准人", true, false, waiver_approver},
    {"reason", "替代原因", false, false, reason},
    {"steps", "提醒和升级", true, false, steps},
    {"regraded", "是否升级", false, false, regraded},
    {"entered_late", "是否补录", false, false, entered_late},
    {"entered_by", "登记人", true, false, evidence_by},
    {"sequence", "日志序号", false, false, sequence},
    {"previous", "日志前一条哈希", false, false, previous},
};

/* ---- rows ---- */

static json_t *row_of(const struct source *s)
{
    json_t *row = json_object();
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (columns[i].internal && s->opts->public)
            continue;
        hy_buf_clear(&b);
        columns[i].fill(s, &b);
        hy_json_set_str(row, columns[i].name, hy_buf_view(&b));
    }
    hy_buf_release(&b);
    return row;
}

json_t *hy_export_rows(const json_t *doc, const struct hy_export_opts *o, hy_wall from, hy_wall to,
                       struct hy_str prev)
{
    json_t *rows = json_array(), *ob;
    size_t i;

    json_array_foreach (json_object_get(doc, "obligations"), i, ob) {
        struct source s = {doc, ob, o, prev};
        int64_t begins = hy_json_time(ob, "start").ms;
        if ((hy_wall_known(from) && begins < from.ms) || (hy_wall_known(to) && begins >= to.ms))
            continue;
        json_array_append_new(rows, row_of(&s));
    }
    return rows;
}

/* A cell that begins like this runs as a formula in a spreadsheet. */
static bool is_formula(struct hy_str s)
{
    return s.n > 0 && strchr("=+-@\t\r", s.p[0]);
}

static void csv_cell(struct hy_str s, bool guard, struct hy_buf *out)
{
    hy_buf_char(out, '"');
    if (guard && is_formula(s))
        hy_buf_char(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            hy_buf_char(out, '"');
        hy_buf_char(out, s.p[i]);
    }
    hy_buf_char(out, '"');
}

void hy_export_csv_head(const struct hy_export_opts *o, struct hy_buf *out)
{
    bool first = true;

    hy_buf_puts(out, "\xEF\xBB\xBF");
    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (columns[i].internal && o->public)
            continue;
        hy_buf_puts(out, first ? "" : ",");
        csv_cell(hy_str(o->english ? columns[i].name : columns[i].label), false, out);
        first = false;
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_csv_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out)
{
    bool first = true;

    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (columns[i].internal && o->public)
            continue;
        hy_buf_puts(out, first ? "" : ",");
        csv_cell(hy_json_str(row, columns[i].name), !o->raw && !columns[i].number, out);
        first = false;
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_jsonl_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out)
{
    HY_CLEANUP(hy_json_freep) json_t *line = json_object();

    for (size_t i = 0; i < HY_COUNT(columns); i++)
        if (json_object_get(row, columns[i].name))
            json_object_set(line, o->english ? columns[i].name : columns[i].label,
                            json_object_get(row, columns[i].name));
    hy_json_write(line, out);
    hy_buf_char(out, '\n');
}
