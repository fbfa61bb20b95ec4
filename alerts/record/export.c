/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/export.h"

#include "alerts/keep/incident.h"
#include "alerts/record/stats.h"
#include "core/mem.h"
#include "rules/names.h"
#include "rules/office.h"
#include "rules/windows.h"

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
TEXT(basis, s->o, "basis")
TEXT(clock_id, s->o, "clock")
TEXT(label, s->o, "label")
TIME(start, s->o, "start")
TIME(due, s->o, "due")
TIME(ended, s->o, "ended")
TIME(fetched, json_array_get(json_object_get(s->doc, "items"), 0), "fetched")
TIME(scored, json_array_get(json_object_get(s->doc, "items"), 0), "scored")
TIME(acknowledged, json_object_get(s->doc, "ack"), "at")
TIMES(occurred)
TIMES(first_public)
TIMES(detected)
TIMES(confirmed)
TIMES(graded)
TIMES(assigned)
EVIDENCE(hash)
EVIDENCE(by)
TEXT(reason, s->o, "reason")
TEXT(waiver_basis, json_object_get(s->o, "waiver"), "basis")
TEXT(waiver_approver, json_object_get(s->o, "waiver"), "approver")

/* A name of the rules as people read it, and as it is written under English headers. */
static void named(const struct source *s, struct hy_str name, const char *const *names,
                  const char *const *labels, struct hy_buf *out)
{
    int i = hy_name_index(names, name);

    if (s->opts->english || i < 0)
        hy_buf_str(out, name);
    else
        hy_buf_puts(out, labels[i]);
}

static void event_class(const struct source *s, struct hy_buf *out)
{
    static const char *const names[] = {"none",          "natural_disaster", "accident",
                                        "public_health", "social_safety",    NULL};
    static const char *const labels[] = {"", "自然灾害", "事故灾难", "公共卫生事件",
                                         "社会安全事件"};

    named(s, hy_json_str(s->doc, "event_class"), names, labels, out);
}

static void kind(const struct source *s, struct hy_buf *out)
{
    named(s, hy_json_str(s->doc, "kind"), hy_matter_name, hy_matter_label, out);
}

static void anchor(const struct source *s, struct hy_buf *out)
{
    named(s, hy_json_str(s->o, "anchor"), hy_anchor_name, hy_anchor_label, out);
}

static void evidence_form(const struct source *s, struct hy_buf *out)
{
    named(s, hy_json_str(json_object_get(s->o, "evidence"), "form"), hy_act_name, hy_act_label,
          out);
}

/* The response that ended the obligation, or NULL. */
static const json_t *response_of(const struct source *s)
{
    struct hy_str id = hy_json_str(json_object_get(s->o, "evidence"), "response");

    return id.n ? hy_list_find(json_object_get(s->doc, "responses"), id) : NULL;
}

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

void hy_export_public_title(const json_t *doc, struct hy_buf *out)
{
    const struct source s = {.doc = doc};
    size_t before = out->n;

    place(&s, out);
    hy_buf_puts(out, out->n > before ? " " : "");
    before = out->n;
    topic(&s, out);
    if (out->n == before)
        hy_buf_puts(out, "事件");
}

static void title(const struct source *s, struct hy_buf *out)
{
    if (s->opts->public)
        hy_export_public_title(s->doc, out);
    else
        hy_buf_str(out, hy_json_str(s->doc, "title"));
}

/* Only what anybody can open. */
static void url(const struct source *s, struct hy_buf *out)
{
    struct hy_str u = hy_json_str(json_object_get(s->o, "evidence"), "url");

    if (!s->opts->public || hy_rules_is_http(u))
        hy_buf_str(out, u);
}

static void level(const struct source *s, struct hy_buf *out)
{
    int64_t n = hy_json_int(s->doc, "level", 0);

    hy_buf_puts(out, hy_level_label[n >= 0 && n <= 4 ? n : 0]);
}

static void opinion_level(const struct source *s, struct hy_buf *out)
{
    int64_t n = hy_json_int(s->doc, "opinion_level", 0);

    if (n >= 1 && n <= 4)
        hy_buf_printf(out, "%lld级", (long long)n);
}

static void disposition(const struct source *s, struct hy_buf *out)
{
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(s->doc, "disposition"), i, v) {
        hy_buf_puts(out, i ? "；" : "");
        named(s, json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, "id"),
              hy_disposition_name, hy_disposition_label, out);
    }
}

/* The number outside: of a letter, a ticket, a document. */
static void ref(const struct source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(s->doc, "ref"));
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

/* The latency ledger's "alerted" and "shown": the first notice of the incident, and when a program
 * first displayed any of them. */
static void earliest(const struct source *s, const char *key, struct hy_buf *out)
{
    hy_wall first = HY_WALL_NONE;
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n) {
        hy_wall t = hy_json_time(n, key);
        if (hy_wall_known(t) && (!hy_wall_known(first) || t.ms < first.ms))
            first = t;
    }
    time_cell(first, out);
}

static void alerted(const struct source *s, struct hy_buf *out)
{
    earliest(s, "at", out);
}

static void shown(const struct source *s, struct hy_buf *out)
{
    earliest(s, "shown", out);
}

static void responded(const struct source *s, struct hy_buf *out)
{
    time_cell(hy_first_response(s->doc), out);
}

static void first_action(const struct source *s, struct hy_buf *out)
{
    hy_wall ack = hy_json_time(json_object_get(s->doc, "ack"), "at");
    hy_wall confirmed = hy_json_time(json_object_get(s->doc, "times"), "confirmed");
    bool confirm_first = hy_wall_known(confirmed) && (!hy_wall_known(ack) || confirmed.ms < ack.ms);

    time_cell(confirm_first ? confirmed : ack, out);
}

static const char *result_of(const struct source *s, bool english)
{
    enum hy_result r = hy_result_of(s->o, s->opts->now);

    return english ? hy_result_name[r] : hy_result_label[r];
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

/* What was sent about the incident as a whole: who was paged while nobody acknowledged, and what
 * the supervisor urged. */
static void escalations(const struct source *s, struct hy_buf *out)
{
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(s->doc, "notices"), i, n) {
        if (!hy_str_is(hy_json_str(n, "clock"), "-") || hy_str_is(hy_json_str(n, "step"), "open"))
            continue;
        hy_buf_printf(out, "%s" HY_STR_FMT " " HY_STR_FMT " ", out->n ? "；" : "",
                      HY_STR_ARG(hy_json_str(n, "step")), HY_STR_ARG(hy_json_str(n, "at")));
        names_of(json_object_get(n, "to"), "name", out);
    }
    json_array_foreach (json_object_get(s->doc, "urges"), i, n)
        hy_buf_printf(out, "%s督办 " HY_STR_FMT, out->n ? "；" : "",
                      HY_STR_ARG(hy_json_str(n, "at")));
}

/* The stretch in which the obligation could be met, as far as it has come. */
static hy_wall watched_until(const struct source *s)
{
    hy_wall ended = hy_json_time(s->o, "ended");

    return hy_wall_known(ended) ? ended : hy_json_time(s->o, "due");
}

static void coverage(const struct source *s, struct hy_buf *out)
{
    hy_seen_text(hy_coverage_of(s->opts->coverage, hy_json_time(s->o, "start"), watched_until(s)),
                 out);
}

static void unseen(const struct source *s, struct hy_buf *out)
{
    hy_coverage_unseen(s->opts->coverage, hy_json_time(s->o, "start"), watched_until(s), out);
}

static void channels(const struct source *s, struct hy_buf *out)
{
    names_of(json_object_get(response_of(s), "channels"), "name", out);
}

/* What a person wrote about it when the late answer was recorded. */
static void delay_cause(const struct source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(response_of(s), "delay_cause"));
}

static void yes_no(bool yes, const struct source *s, struct hy_buf *out)
{
    hy_buf_puts(out, s->opts->english ? (yes ? "yes" : "no") : (yes ? "是" : "否"));
}

static void regraded(const struct source *s, struct hy_buf *out)
{
    struct hy_str how = hy_json_str(s->o, "regraded"); /* 升级 or 降级 */

    if (how.n)
        hy_buf_str(out, how);
    else
        yes_no(json_is_true(json_object_get(s->doc, "upgraded")), s, out);
}

static void entered_late(const struct source *s, struct hy_buf *out)
{
    yes_no(json_is_true(json_object_get(json_object_get(s->o, "evidence"), "entered_late")), s,
           out);
}

static void corrected(const struct source *s, struct hy_buf *out)
{
    yes_no(json_array_size(json_object_get(response_of(s), "corrections")) > 0, s, out);
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
    struct hy_export_column is;
    cell_fn fill;
} columns[] = {
    {{"obligation", "义务编号", HY_CELL_TEXT, false}, obligation},
    {{"incident", "事件编号", HY_CELL_TEXT, false}, incident},
    {{"kind", "事项类别", HY_CELL_TEXT, false}, kind},
    {{"ref", "外部编号", HY_CELL_TEXT, true}, ref},
    {{"title", "事件标题", HY_CELL_TEXT, false}, title},
    {{"place", "地点", HY_CELL_TEXT, false}, place},
    {{"topic", "主题", HY_CELL_TEXT, false}, topic},
    {{"event_class", "事件类别", HY_CELL_TEXT, false}, event_class},
    {{"level", "事件级别", HY_CELL_TEXT, false}, level},
    {{"opinion_level", "舆情等级", HY_CELL_TEXT, false}, opinion_level},
    {{"disposition", "处置分类", HY_CELL_TEXT, false}, disposition},
    {{"pack", "规则包与版本", HY_CELL_TEXT, false}, pack},
    {{"basis", "依据", HY_CELL_TEXT, false}, basis},
    {{"clock", "时限", HY_CELL_TEXT, false}, clock_id},
    {{"label", "时限名称", HY_CELL_TEXT, false}, label},
    {{"anchor", "起算点", HY_CELL_TEXT, false}, anchor},
    {{"start", "起算时间", HY_CELL_TIME, false}, start},
    {{"occurred", "事发时间", HY_CELL_TIME, false}, time_occurred},
    {{"first_public", "首次公开传播时间", HY_CELL_TIME, false}, time_first_public},
    {{"detected", "系统发现时间", HY_CELL_TIME, false}, time_detected},
    {{"confirmed", "人工确认时间", HY_CELL_TIME, false}, time_confirmed},
    {{"graded", "定级时间", HY_CELL_TIME, false}, time_graded},
    {{"assigned", "交办时间", HY_CELL_TIME, false}, time_assigned},
    {{"fetched", "首条采集时间", HY_CELL_TIME, false}, fetched},
    {{"scored", "首条研判时间", HY_CELL_TIME, false}, scored},
    {{"alerted", "首次提醒时间", HY_CELL_TIME, false}, alerted},
    {{"shown", "首次显示时间", HY_CELL_TIME, false}, shown},
    {{"acknowledged", "签收时间", HY_CELL_TIME, false}, acknowledged},
    {{"responded", "首次回应时间", HY_CELL_TIME, false}, responded},
    {{"due", "到期时间", HY_CELL_TIME, false}, due},
    {{"lead", "牵头单位", HY_CELL_TEXT, false}, lead},
    {{"support", "配合单位", HY_CELL_TEXT, false}, support},
    {{"on_duty", "值班人员", HY_CELL_TEXT, true}, on_duty},
    {{"first_action", "首次处置时间", HY_CELL_TIME, false}, first_action},
    {{"ended", "完成时间", HY_CELL_TIME, false}, ended},
    {{"form", "回应形式", HY_CELL_TEXT, false}, evidence_form},
    {{"channels", "发布渠道", HY_CELL_TEXT, true}, channels},
    {{"url", "发布网址", HY_CELL_TEXT, false}, url},
    {{"hash", "页面快照哈希", HY_CELL_TEXT, false}, evidence_hash},
    {{"result", "结果", HY_CELL_TEXT, false}, result},
    {{"minutes", "提前（负为超时）分钟", HY_CELL_MINUTES, false}, minutes},
    {{"delay_cause", "超时原因", HY_CELL_TEXT, true}, delay_cause},
    {{"waiver_basis", "免回应依据", HY_CELL_TEXT, true}, waiver_basis},
    {{"waiver_approver", "免回应批准人", HY_CELL_TEXT, true}, waiver_approver},
    {{"reason", "替代原因", HY_CELL_TEXT, true}, reason},
    {{"steps", "时限提醒", HY_CELL_TEXT, true}, steps},
    {{"escalations", "升级和督办", HY_CELL_TEXT, true}, escalations},
    {{"coverage", "期间来源覆盖", HY_CELL_TEXT, false}, coverage},
    {{"unseen", "期间未看到的来源", HY_CELL_TEXT, true}, unseen},
    {{"regraded", "是否改级", HY_CELL_TEXT, false}, regraded},
    {{"corrected", "是否更正", HY_CELL_TEXT, false}, corrected},
    {{"entered_late", "是否补录", HY_CELL_TEXT, false}, entered_late},
    {{"entered_by", "登记人", HY_CELL_TEXT, true}, evidence_by},
    {{"sequence", "日志序号", HY_CELL_NUMBER, false}, sequence},
    {{"previous", "日志前一条哈希", HY_CELL_TEXT, false}, previous},
};

size_t hy_export_columns(const struct hy_export_column *ret[HY_EXPORT_COLUMNS_MAX],
                         const struct hy_export_opts *o)
{
    size_t n = 0;

    _Static_assert(HY_COUNT(columns) <= HY_EXPORT_COLUMNS_MAX, "room for every column");
    for (size_t i = 0; i < HY_COUNT(columns); i++)
        if (!columns[i].is.internal || !o->public)
            ret[n++] = &columns[i].is;
    return n;
}

/* ---- rows ---- */

static bool is_unit(const json_t *unit, struct hy_str wanted)
{
    return hy_str_eq(hy_json_str(unit, "id"), wanted) ||
           hy_str_eq(hy_json_str(unit, "name"), wanted);
}

static bool is_kind(const struct source *s, const char *wanted)
{
    struct hy_str kind = hy_json_str(s->doc, "kind");
    int i = hy_name_index(hy_matter_name, kind);

    return hy_str_is(kind, wanted) || (i >= 0 && strcmp(hy_matter_label[i], wanted) == 0);
}

static bool is_wanted(const struct source *s)
{
    const struct hy_export_opts *o = s->opts;

    if (o->kind && !is_kind(s, o->kind))
        return false;

    if (o->clock && !hy_str_is(hy_json_str(s->o, "clock"), o->clock))
        return false;
    if (o->unit &&
        !is_unit(json_object_get(json_object_get(s->doc, "units"), "lead"), hy_str(o->unit)))
        return false;
    return o->result == NULL || strcmp(result_of(s, false), o->result) == 0 ||
           strcmp(result_of(s, true), o->result) == 0;
}

static json_t *row_of(const struct source *s)
{
    json_t *row = json_object();
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (columns[i].is.internal && s->opts->public)
            continue;
        hy_buf_clear(&b);
        columns[i].fill(s, &b);
        hy_json_set_str(row, columns[i].is.name, hy_buf_view(&b));
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
        if (is_wanted(&s))
            json_array_append_new(rows, row_of(&s));
    }
    return rows;
}

/* A cell that begins like this runs as a formula in a spreadsheet. */
static bool is_formula(struct hy_str s)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"}; /* some programs fold these */

    for (size_t i = 0; i < HY_COUNT(wide); i++)
        if (hy_str_starts(s, hy_str(wide[i])))
            return true;
    return s.n > 0 && hy_char_in(s.p[0], "=+-@\t\r");
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
        if (columns[i].is.internal && o->public)
            continue;
        hy_buf_puts(out, first ? "" : ",");
        csv_cell(hy_str(o->english ? columns[i].is.name : columns[i].is.label), false, out);
        first = false;
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_csv_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out)
{
    bool first = true;

    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (columns[i].is.internal && o->public)
            continue;
        hy_buf_puts(out, first ? "" : ",");
        csv_cell(hy_json_str(row, columns[i].is.name),
                 !o->raw && columns[i].is.kind == HY_CELL_TEXT, out);
        first = false;
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_jsonl_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out)
{
    HY_CLEANUP(hy_json_freep) json_t *line = json_object();

    for (size_t i = 0; i < HY_COUNT(columns); i++)
        if (json_object_get(row, columns[i].is.name))
            json_object_set(line, o->english ? columns[i].is.name : columns[i].is.label,
                            json_object_get(row, columns[i].is.name));
    hy_json_write(line, out);
    hy_buf_char(out, '\n');
}
