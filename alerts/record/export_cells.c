/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in each column of the log.  A column is of the document (the same in all its rows,
 * made once) or of the row; in the public form the internal ones are left out. */
#include "alerts/record/export_parts.h"

#include "alerts/decide/incident.h"
#include "alerts/record/who.h"
#include "core/mem.h"
#include "rules/names.h"
#include "rules/office.h"
#include "rules/windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- cells ---- */

static void names_of(const json_t *list, const char *key, struct hy_buf *out)
{
    size_t i;
    json_t *v;

    json_array_foreach (list, i, v) {
        struct hy_str s = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, key);
        hy_buf_puts(out, i ? "；" : "");
        hy_buf_str(out, s);
    }
}

#define TEXT(name, object, key)                                                                    \
    static void name(const struct hy_export_source *s, struct hy_buf *out)                         \
    {                                                                                              \
        hy_buf_str(out, hy_json_str(object, key));                                                 \
    }
#define TIME(name, object, key)                                                                    \
    static hy_wall name(const struct hy_export_source *s)                                          \
    {                                                                                              \
        return hy_json_time(object, key);                                                          \
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
TEXT(waiver_basis, json_object_get(s->o, "waiver"), "basis")

/* A name of the rules as people read it, and as it is written under English headers. */
static void named(const struct hy_export_source *s, struct hy_str name, const char *const *names,
                  const char *const *labels, struct hy_buf *out)
{
    int i = hy_name_index(names, name);

    if (s->opts->english || i < 0)
        hy_buf_str(out, name);
    else
        hy_buf_puts(out, labels[i]);
}

static void event_class(const struct hy_export_source *s, struct hy_buf *out)
{
    static const char *const names[] = {"none",          "natural_disaster", "accident",
                                        "public_health", "social_safety",    NULL};
    static const char *const labels[] = {"", "自然灾害", "事故灾难", "公共卫生事件",
                                         "社会安全事件"};

    named(s, hy_json_str(s->doc, "event_class"), names, labels, out);
}

static void kind(const struct hy_export_source *s, struct hy_buf *out)
{
    named(s, hy_json_str(s->doc, "kind"), hy_matter_name, hy_matter_label, out);
}

static void anchor(const struct hy_export_source *s, struct hy_buf *out)
{
    named(s, hy_json_str(s->o, "anchor"), hy_anchor_name, hy_anchor_label, out);
}

static void evidence_form(const struct hy_export_source *s, struct hy_buf *out)
{
    named(s, hy_json_str(json_object_get(s->o, "evidence"), "form"), hy_act_name, hy_act_label,
          out);
}

static const json_t *response_of(const struct hy_export_source *s)
{
    return hy_who_response(s->doc, s->o);
}

/* People by name, and by id under English headers. */
static void entered_by(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, s->opts->english ? hy_json_str(json_object_get(s->o, "evidence"), "by")
                                     : hy_who_entered(s->doc, s->o));
}

static void waiver_approver(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, s->opts->english ? hy_json_str(json_object_get(s->o, "waiver"), "approver")
                                     : hy_who_waived(s->doc, s->o));
}

/* Why another clock took its place; of a merged incident also where it went. */
static void reason(const struct hy_export_source *s, struct hy_buf *out)
{
    struct hy_str into = hy_json_str(s->doc, "merged_into");

    hy_buf_str(out, hy_json_str(s->o, "reason"));
    if (into.n && s->result == HY_RESULT_SUPERSEDED)
        hy_buf_printf(out, " " HY_STR_FMT, HY_STR_ARG(into));
}

static void place(const struct hy_export_source *s, struct hy_buf *out)
{
    names_of(json_object_get(s->doc, "places"), "name", out);
}

static void topic(const struct hy_export_source *s, struct hy_buf *out)
{
    const json_t *first = json_array_get(json_object_get(s->doc, "topics"), 0);
    struct hy_str name = hy_json_str(first, "name");

    hy_buf_str(out, name.n ? name : hy_json_str(first, "id"));
}

void hy_export_public_title(const json_t *doc, struct hy_buf *out)
{
    const struct hy_export_source s = {.doc = doc};
    size_t before = out->n;

    place(&s, out);
    hy_buf_puts(out, out->n > before ? " " : "");
    before = out->n;
    topic(&s, out);
    if (out->n == before)
        hy_buf_puts(out, "事件");
}

static void title(const struct hy_export_source *s, struct hy_buf *out)
{
    if (s->opts->public)
        hy_export_public_title(s->doc, out);
    else
        hy_buf_str(out, hy_json_str(s->doc, "title"));
}

/* Only what anybody can open. */
static void url(const struct hy_export_source *s, struct hy_buf *out)
{
    struct hy_str u = hy_json_str(json_object_get(s->o, "evidence"), "url");

    if (!s->opts->public || hy_rules_is_http(u))
        hy_buf_str(out, u);
}

static void level(const struct hy_export_source *s, struct hy_buf *out)
{
    int64_t n = hy_json_int(s->doc, "level", 0);

    hy_buf_puts(out, hy_level_label[n >= 0 && n <= 4 ? n : 0]);
}

static void opinion_level(const struct hy_export_source *s, struct hy_buf *out)
{
    int64_t n = hy_json_int(s->doc, "opinion_level", 0);

    if (n >= 1 && n <= 4)
        hy_buf_printf(out, "%lld级", (long long)n);
}

static void disposition(const struct hy_export_source *s, struct hy_buf *out)
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
static void ref(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(s->doc, "ref"));
}

static void pack(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(s->o, "pack"));
    hy_buf_char(out, ' ');
    hy_buf_str(out, hy_json_str(s->o, "version"));
}

static void lead(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(json_object_get(json_object_get(s->doc, "units"), "lead"), "name"));
}

static void support(const struct hy_export_source *s, struct hy_buf *out)
{
    names_of(json_object_get(json_object_get(s->doc, "units"), "support"), "name", out);
}

/* The latency ledger's "alerted" and "shown": the first notice of the incident, and when a program
 * first displayed any of them. */
static hy_wall alerted(const struct hy_export_source *s)
{
    return hy_first_notice(s->doc, "at");
}

static hy_wall shown(const struct hy_export_source *s)
{
    return hy_first_notice(s->doc, "shown");
}

static hy_wall responded(const struct hy_export_source *s)
{
    return hy_first_response(s->doc);
}

static hy_wall first_action(const struct hy_export_source *s)
{
    hy_wall ack = hy_json_time(json_object_get(s->doc, "ack"), "at");
    hy_wall confirmed = hy_json_time(json_object_get(s->doc, "times"), "confirmed");
    bool confirm_first = hy_wall_known(confirmed) && (!hy_wall_known(ack) || confirmed.ms < ack.ms);

    return confirm_first ? confirmed : ack;
}

static void result(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_puts(out, (s->opts->english ? hy_result_name : hy_result_label)[s->result]);
}

static void minutes(const struct hy_export_source *s, struct hy_buf *out)
{
    const json_t *v = json_object_get(s->o, "minutes");

    if (json_is_integer(v))
        hy_buf_int(out, json_integer_value(v));
}

static void channels(const struct hy_export_source *s, struct hy_buf *out)
{
    names_of(json_object_get(response_of(s), "channels"), "name", out);
}

/* What a person wrote about it when the late answer was recorded. */
static void delay_cause(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, hy_json_str(response_of(s), "delay_cause"));
}

static void yes_no(bool yes, const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_puts(out, s->opts->english ? (yes ? "yes" : "no") : (yes ? "是" : "否"));
}

static void regraded(const struct hy_export_source *s, struct hy_buf *out)
{
    struct hy_str how = hy_json_str(s->o, "regraded"); /* 升级 or 降级 */

    if (how.n)
        hy_buf_str(out, how);
    else
        yes_no(json_is_true(json_object_get(s->doc, "upgraded")), s, out);
}

static void entered_late(const struct hy_export_source *s, struct hy_buf *out)
{
    yes_no(json_is_true(json_object_get(json_object_get(s->o, "evidence"), "entered_late")), s,
           out);
}

/* The page that ended the clock says something else since, though nobody recorded a correction. */
static bool is_edited(const struct hy_export_source *s)
{
    struct hy_str url = hy_json_str(json_object_get(s->o, "evidence"), "url");
    size_t i;
    json_t *found;

    json_array_foreach (json_object_get(s->doc, "found"), i, found)
        if (url.n && hy_str_eq(hy_json_str(found, "url"), url) &&
            json_array_size(json_object_get(found, "edits")) > 0)
            return true;
    return false;
}

static void corrected(const struct hy_export_source *s, struct hy_buf *out)
{
    bool by_people = json_array_size(json_object_get(response_of(s), "corrections")) > 0;

    if (!by_people && is_edited(s))
        hy_buf_puts(out, s->opts->english ? "page changed" : "页面有改动");
    else
        yes_no(by_people, s, out);
}

static void sequence(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_int(out, hy_json_int(s->doc, "version", 0));
}

static void previous(const struct hy_export_source *s, struct hy_buf *out)
{
    hy_buf_str(out, s->prev);
}

/* ---- the columns ---- */

static const struct column {
    struct hy_export_column is;
    enum hy_export_of of;
    void (*text)(const struct hy_export_source *s, struct hy_buf *out); /* or */
    hy_wall (*time)(const struct hy_export_source *s);
} columns[] = {
    {{"obligation", "义务编号", HY_CELL_TEXT, false}, HY_OF_ROW, .text = obligation},
    {{"incident", "事件编号", HY_CELL_TEXT, false}, HY_OF_DOC, .text = incident},
    {{"kind", "事项类别", HY_CELL_TEXT, false}, HY_OF_DOC, .text = kind},
    {{"ref", "外部编号", HY_CELL_TEXT, true}, HY_OF_DOC, .text = ref},
    {{"title", "事件标题", HY_CELL_TEXT, false}, HY_OF_DOC, .text = title},
    {{"place", "地点", HY_CELL_TEXT, false}, HY_OF_DOC, .text = place},
    {{"topic", "主题", HY_CELL_TEXT, false}, HY_OF_DOC, .text = topic},
    {{"event_class", "事件类别", HY_CELL_TEXT, false}, HY_OF_DOC, .text = event_class},
    {{"level", "事件级别", HY_CELL_TEXT, false}, HY_OF_DOC, .text = level},
    {{"opinion_level", "舆情等级", HY_CELL_TEXT, false}, HY_OF_DOC, .text = opinion_level},
    {{"disposition", "处置分类", HY_CELL_TEXT, false}, HY_OF_DOC, .text = disposition},
    {{"pack", "规则包与版本", HY_CELL_TEXT, false}, HY_OF_ROW, .text = pack},
    {{"basis", "依据", HY_CELL_TEXT, false}, HY_OF_ROW, .text = basis},
    {{"clock", "时限", HY_CELL_TEXT, false}, HY_OF_ROW, .text = clock_id},
    {{"label", "时限名称", HY_CELL_TEXT, false}, HY_OF_ROW, .text = label},
    {{"anchor", "起算点", HY_CELL_TEXT, false}, HY_OF_ROW, .text = anchor},
    {{"start", "起算时间", HY_CELL_TIME, false}, HY_OF_ROW, .time = start},
    {{"occurred", "事发时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = time_occurred},
    {{"first_public", "首次公开传播时间", HY_CELL_TIME, false},
     HY_OF_DOC,
     .time = time_first_public},
    {{"detected", "系统发现时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = time_detected},
    {{"confirmed", "人工确认时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = time_confirmed},
    {{"graded", "定级时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = time_graded},
    {{"assigned", "交办时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = time_assigned},
    {{"fetched", "首条采集时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = fetched},
    {{"scored", "首条研判时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = scored},
    {{"alerted", "首次提醒时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = alerted},
    {{"shown", "首次显示时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = shown},
    {{"acknowledged", "签收时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = acknowledged},
    {{"responded", "首次回应时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = responded},
    {{"due", "到期时间", HY_CELL_TIME, false}, HY_OF_ROW, .time = due},
    {{"lead", "牵头单位", HY_CELL_TEXT, false}, HY_OF_DOC, .text = lead},
    {{"support", "配合单位", HY_CELL_TEXT, false}, HY_OF_DOC, .text = support},
    {{"on_duty", "值班人员", HY_CELL_TEXT, true}, HY_OF_DOC, .text = hy_export_on_duty},
    {{"first_action", "首次处置时间", HY_CELL_TIME, false}, HY_OF_DOC, .time = first_action},
    {{"ended", "结束时间", HY_CELL_TIME, false}, HY_OF_ROW, .time = ended},
    {{"form", "回应形式", HY_CELL_TEXT, false}, HY_OF_ROW, .text = evidence_form},
    {{"channels", "发布渠道", HY_CELL_TEXT, true}, HY_OF_ROW, .text = channels},
    {{"url", "发布网址", HY_CELL_TEXT, false}, HY_OF_ROW, .text = url},
    {{"hash", "页面快照哈希", HY_CELL_TEXT, false}, HY_OF_ROW, .text = evidence_hash},
    {{"result", "结果", HY_CELL_TEXT, false}, HY_OF_ROW, .text = result},
    {{"minutes", "提前（负为超时）分钟", HY_CELL_MINUTES, false}, HY_OF_ROW, .text = minutes},
    {{"delay_cause", "超时原因", HY_CELL_TEXT, true}, HY_OF_ROW, .text = delay_cause},
    {{"waiver_basis", "免回应依据", HY_CELL_TEXT, true}, HY_OF_ROW, .text = waiver_basis},
    {{"waiver_approver", "免回应批准人", HY_CELL_TEXT, true}, HY_OF_ROW, .text = waiver_approver},
    {{"reason", "替代原因", HY_CELL_TEXT, true}, HY_OF_ROW, .text = reason},
    {{"steps", "时限提醒", HY_CELL_TEXT, true}, HY_OF_ROW, .text = hy_export_steps},
    {{"escalations", "升级和督办", HY_CELL_TEXT, true}, HY_OF_DOC, .text = hy_export_escalations},
    {{"coverage", "期间来源覆盖", HY_CELL_TEXT, false}, HY_OF_ROW, .text = hy_export_coverage},
    {{"unseen", "期间未看到的来源", HY_CELL_TEXT, true}, HY_OF_ROW, .text = hy_export_unseen},
    {{"regraded", "是否改级", HY_CELL_TEXT, false}, HY_OF_ROW, .text = regraded},
    {{"corrected", "是否更正", HY_CELL_TEXT, false}, HY_OF_ROW, .text = corrected},
    {{"entered_late", "是否补录", HY_CELL_TEXT, false}, HY_OF_ROW, .text = entered_late},
    {{"entered_by", "登记人", HY_CELL_TEXT, true}, HY_OF_ROW, .text = entered_by},
    {{"sequence", "日志序号", HY_CELL_NUMBER, false}, HY_OF_DOC, .text = sequence},
    {{"previous", "日志前一条哈希", HY_CELL_TEXT, false}, HY_OF_DOC, .text = previous},
};
_Static_assert(HY_COUNT(columns) <= HY_EXPORT_COLUMNS_MAX, "room for every column");

/* That of their bytes. */
void hy_export_sort_keys(struct hy_export_form *f)
{
    for (size_t i = 0; i < f->n; i++) {
        size_t k = i;
        for (; k > 0 && strcmp(hy_export_head(f, f->sorted[k - 1]), hy_export_head(f, i)) > 0; k--)
            f->sorted[k] = f->sorted[k - 1];
        f->sorted[k] = (unsigned char)i;
    }
}

void hy_export_form_init(struct hy_export_form *f, const struct hy_export_opts *o)
{
    *f = (struct hy_export_form){.o = *o,
                                 .title = "回应时效台账",
                                 .sheet = "台账",
                                 .sheet_en = "log",
                                 .has_results = true};
    for (size_t i = 0; i < HY_COUNT(columns); i++)
        if (!columns[i].is.internal || !o->public)
            f->column[f->n++] = &columns[i].is;
    hy_export_sort_keys(f);
}

const char *hy_export_head(const struct hy_export_form *f, size_t column)
{
    return f->o.english ? f->column[column]->name : f->column[column]->label;
}

size_t hy_export_find(const struct hy_export_form *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->column[i]->name, name) == 0)
            return i;
    hy_bug("the log has no column %s", name);
}

static void fill_cell(const struct column *c, const struct hy_export_source *s, size_t i,
                      struct hy_export_row *row)
{
    char text[HY_TIME_SIZE];
    size_t from = row->text.n;

    if (c->time) {
        row->time[i] = c->time(s);
        if (hy_wall_known(row->time[i]))
            hy_buf_puts(&row->text, hy_wall_format(row->time[i], HY_CST, text));
    } else {
        c->text(s, &row->text);
    }
    row->cell[i].from = from;
    row->cell[i].n = row->text.n - from;
}

void hy_export_fill(const struct hy_export_form *f, const struct hy_export_source *s,
                    enum hy_export_of of, struct hy_export_row *row)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct column *c = (const struct column *)(const void *)f->column[i];
        if (c->of == of)
            fill_cell(c, s, i, row);
    }
}
