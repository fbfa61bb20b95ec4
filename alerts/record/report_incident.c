/* SPDX-License-Identifier: Apache-2.0 */
/* 快报 (facts, sources, due times, on one page) and 专报 (the same with spread, what happened when,
 * responses and evidence) on one incident. */
#include "alerts/record/export.h"
#include "alerts/record/html.h"
#include "alerts/decide/incident.h"
#include "alerts/record/report_parts.h"
#include "alerts/record/who.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS_MAX = 60, FLASH_ITEMS = 5 };

static void pair(struct hy_buf *out, const char *name, struct hy_str value, bool wide)
{
    hy_buf_printf(out, "<dt>%s</dt><dd%s>", name, wide ? " class=\"wide\"" : "");
    hy_html_escape(out, value.n ? value : HY_STR("—"));
    hy_buf_puts(out, "</dd>");
}

static void pair_time(struct hy_buf *out, const char *name, hy_wall t)
{
    hy_buf_printf(out, "<dt>%s</dt><dd>", name);
    hy_html_time(out, t);
    hy_buf_puts(out, "</dd>");
}

void hy_report_toll(const json_t *facts, struct hy_buf *out)
{
    static const struct {
        const char *key, *label, *unit;
    } rows[] = {{"deaths", "死亡", "人"},    {"injured", "受伤", "人"},
                {"missing", "失联", "人"},   {"trapped", "被困", "人"},
                {"evacuated", "转移", "人"}, {"loss_yuan", "直接经济损失", "元"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        const json_t *f = json_object_get(facts, rows[i].key);
        int64_t min = hy_json_int(f, "min", -1), max = hy_json_int(f, "max", min);
        if (min < 0)
            continue;
        hy_buf_printf(out, "%s%s%lld", out->n ? "；" : "", rows[i].label, (long long)min);
        if (max > min)
            hy_buf_printf(out, "至%lld", (long long)max);
        hy_buf_puts(out, rows[i].unit);
    }
}

static void level(const json_t *doc, struct hy_buf *out)
{
    int64_t set = hy_json_int(doc, "level", 0), proposed = hy_json_int(doc, "level_proposed", 0);
    int64_t n = set ? set : proposed;

    hy_buf_puts(out, hy_level_label[n >= 0 && n <= 4 ? n : 0]);
    if (n && !set)
        hy_buf_puts(out, "（系统建议，待人工定级）");
}

static void stage(const json_t *doc, struct hy_buf *out)
{
    struct hy_str into = hy_json_str(doc, "merged_into");

    hy_buf_puts(out, hy_stage_label[hy_incident_stage(doc)]);
    if (into.n)
        hy_buf_printf(out, "（并入 " HY_STR_FMT "）", HY_STR_ARG(into));
}

static void merged(const struct hy_report_opts *o, struct hy_buf *out)
{
    size_t i;
    json_t *doc;

    json_array_foreach (o->merged, i, doc) {
        hy_buf_printf(out, "%s" HY_STR_FMT " ", i ? "；" : "", HY_STR_ARG(hy_json_str(doc, "id")));
        if (o->public)
            hy_export_public_title(doc, out);
        else
            hy_buf_str(out, hy_json_str(doc, "title"));
    }
}

void hy_report_facts(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    const json_t *times = json_object_get(doc, "times");
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(out, "<p class=\"subject\">");
    hy_report_title(o, doc, out);
    hy_buf_puts(out, "</p><dl>");
    pair(out, "事件编号", hy_json_str(doc, "id"), false);
    stage(doc, &b);
    pair(out, "当前阶段", hy_buf_view(&b), false);
    hy_buf_clear(&b);
    level(doc, &b);
    pair(out, "事件级别", hy_buf_view(&b), false);
    hy_buf_puts(out, "<dt>地点</dt><dd>");
    hy_report_places(doc, out);
    hy_buf_puts(out, "</dd>");
    pair_time(out, "事发", hy_json_time(times, "occurred"));
    pair_time(out, "首次公开传播", hy_json_time(times, "first_public"));
    pair_time(out, "系统发现", hy_json_time(times, "detected"));
    pair_time(out, "人工确认", hy_json_time(times, "confirmed"));
    hy_buf_puts(out, "<dt>牵头单位</dt><dd>");
    hy_report_unit(doc, out);
    hy_buf_puts(out, "</dd>");
    pair_time(out, "交办", hy_json_time(times, "assigned"));
    hy_buf_clear(&b);
    hy_report_toll(json_object_get(doc, "facts"), &b);
    hy_buf_puts(&b, b.n ? "（来自公开信息，待核实）" : "");
    pair(out, "伤亡损失", hy_buf_view(&b), true);
    hy_buf_clear(&b);
    merged(o, &b);
    if (b.n)
        pair(out, "并入的事件", hy_buf_view(&b), true);
    hy_buf_puts(out, "</dl>\n");
    hy_buf_release(&b);
}

/* Why nothing is owed, and who said so. */
static void waiver(const json_t *doc, const json_t *obligation, struct hy_buf *out)
{
    const json_t *w = json_object_get(obligation, "waiver");

    if (!json_is_object(w))
        return;
    hy_buf_puts(out, "<br>免除依据：");
    hy_html_escape(out, hy_json_str(w, "basis"));
    hy_buf_puts(out, "（批准人：");
    hy_html_escape(out, hy_who_waived(doc, obligation));
    if (hy_wall_known(hy_json_time(obligation, "ended"))) {
        hy_buf_puts(out, "，");
        hy_html_time(out, hy_json_time(obligation, "ended"));
    }
    if (hy_json_str(w, "approval").n) {
        hy_buf_puts(out, "，书面批准 ");
        hy_html_escape(out, hy_json_str(w, "approval"));
    }
    hy_buf_puts(out, "）");
}

static void clocks_part(const struct hy_report_opts *o, const json_t *doc, bool replaced,
                        struct hy_buf *out)
{
    const json_t *list = json_object_get(doc, "obligations");
    size_t i;
    json_t *ob;

    hy_report_h2(out, "回应时限");
    if (json_array_size(list) == 0) {
        hy_buf_puts(out, "<p class=\"none\">目前没有起算的时限。</p>");
        return;
    }
    hy_buf_puts(out, "<table><thead><tr><th>时限</th><th>起算</th><th>到期</th><th>情况</th>"
                     "<th>依据</th></tr></thead><tbody>");
    json_array_foreach (list, i, ob) {
        if (!replaced && hy_result_of(ob, o->now) == HY_RESULT_SUPERSEDED)
            continue;
        hy_buf_puts(out, "<tr><td>");
        hy_report_clock(ob, out);
        hy_buf_puts(out, "</td><td class=\"t\">");
        hy_html_time(out, hy_json_time(ob, "start"));
        hy_buf_puts(out, "</td><td class=\"t\">");
        hy_html_time(out, hy_json_time(ob, "due"));
        hy_buf_puts(out, "</td><td>");
        hy_report_standing(o, ob, out);
        hy_buf_puts(out, "</td><td>");
        hy_html_escape(out, hy_json_str(ob, "basis"));
        if (!o->public)
            waiver(doc, ob, out);
        hy_buf_puts(out, "</td></tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n");
}

void hy_report_clocks(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    clocks_part(o, doc, true, out);
}

static struct hy_str source_name(const struct hy_report_opts *o, struct hy_str id)
{
    HY_CLEANUP(hy_freep) char *key = hy_str_dup(id);
    struct hy_str name = hy_json_str(o->sources, key);

    return name.n ? name : id;
}

static void item_row(const struct hy_report_opts *o, const json_t *doc, const json_t *item,
                     struct hy_buf *out)
{
    hy_buf_puts(out, "<tr><td class=\"t\">");
    hy_html_time(out, hy_json_time(item, "published"));
    hy_buf_puts(out, "</td><td>");
    hy_html_escape(out, source_name(o, hy_json_str(item, "source")));
    hy_buf_puts(out, "</td><td>");
    if (o->public)
        hy_report_title(o, doc, out);
    else
        hy_html_link(out, hy_json_str(item, "url"), hy_json_str(item, "title"));
    hy_buf_printf(out, "</td><td>%s</td></tr>",
                  hy_json_str(item, "reprint_of").n ? "转载" : "原发");
}

static void items_part(const struct hy_report_opts *o, const json_t *doc, size_t max,
                       struct hy_buf *out)
{
    const json_t *list = json_object_get(doc, "items");
    size_t n = json_array_size(list), i;
    json_t *item;

    hy_report_h2(out, max < ITEMS_MAX ? "信息来源" : "传播情况");
    hy_buf_printf(out, "<p class=\"lead\">共收集相关信息%zu条，其中转载%lld条。</p>", n,
                  (long long)hy_json_int(doc, "reprints", 0));
    if (n == 0)
        return;
    hy_buf_puts(out, "<table><thead><tr><th>发布时间</th><th>来源</th><th>标题</th><th>性质</th>"
                     "</tr></thead><tbody>");
    json_array_foreach (list, i, item)
        if (i < max)
            item_row(o, doc, item, out);
    hy_buf_puts(out, "</tbody></table>");
    if (n > max)
        hy_buf_printf(out, "<p class=\"note\">只列前%zu条，其余%zu条见台账。</p>", max, n - max);
}

/* ---- responses ---- */

static void change_row(const json_t *row, const json_t *d, const char *from, const char *to,
                       const char *kind, size_t *n, struct hy_buf *out)
{
    if ((*n)++ == 0)
        hy_buf_puts(out, "<h3>发布之间的出入和发布后的修改</h3><table><thead><tr><th>发布</"
                         "th><th>情况</th><th>项目</th><th>先前</th>"
                         "<th>现在</th></tr></thead><tbody>");
    hy_buf_puts(out, "<tr><td>");
    hy_html_link(out, hy_json_str(row, "url"), hy_json_str(row, "title"));
    hy_buf_printf(out, "</td><td class=\"t\">%s</td><td>", kind);
    hy_html_escape(out, hy_json_str(d, "label"));
    hy_buf_puts(out, "</td><td>");
    hy_html_escape(out, hy_json_str(d, from));
    hy_buf_puts(out, "</td><td>");
    hy_html_escape(out, hy_json_str(d, to));
    hy_buf_puts(out, "</td></tr>");
}

/* Two official figures are what people will ask about: releases that differ from each other, and
 * what was changed in one afterwards. */
static void differences_part(const json_t *doc, struct hy_buf *out)
{
    size_t i, k, m, n = 0;
    json_t *row, *edit, *d;

    json_array_foreach (json_object_get(doc, "found"), i, row) {
        if (hy_str_is(hy_json_str(row, "state"), "rejected"))
            continue;
        json_array_foreach (json_object_get(row, "diverges"), k, d)
            change_row(row, d, "there", "here", "与另一次发布不同", &n, out);
        json_array_foreach (json_object_get(row, "edits"), k, edit)
            json_array_foreach (json_object_get(edit, "changes"), m, d)
                change_row(row, d, "from", "to", "发布后修改", &n, out);
    }
    if (n)
        hy_buf_puts(out, "</tbody></table>\n");
}

void hy_report_responses(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    const json_t *list = json_object_get(doc, "responses");
    size_t i;
    json_t *r;

    hy_report_h2(out, "回应情况与证据");
    if (json_array_size(list) == 0)
        hy_buf_puts(out, "<p class=\"none\">尚未登记回应。</p>");
    json_array_foreach (list, i, r) {
        hy_buf_printf(out, "<h3>回应%zu　发布于 ", i + 1);
        hy_html_time(out, hy_json_time(r, "published"));
        hy_buf_puts(out, "</h3><p>");
        hy_html_link(out, hy_json_str(r, "url"), hy_str(NULL));
        hy_buf_puts(out, "</p><p class=\"note\">页面快照 SHA-256：");
        hy_html_escape(out, hy_json_str(r, "hash").n ? hy_json_str(r, "hash") : HY_STR("无"));
        hy_buf_puts(out, "</p>");
    }
    if (o->public)
        return;
    differences_part(doc, out);
    json_array_foreach (json_object_get(doc, "found"), i, r) {
        if (!hy_str_is(hy_json_str(r, "state"), "proposed"))
            continue;
        hy_buf_puts(out, "<p>疑似回应，待人工确认：");
        hy_html_link(out, hy_json_str(r, "url"), hy_json_str(r, "title"));
        hy_buf_puts(out, "</p>");
    }
}

void hy_report_blanks(struct hy_buf *out, const char *const *titles, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hy_buf_printf(out,
                      "<div class=\"blank\"><h3>%s</h3><div class=\"fill\"></div>"
                      "<div class=\"fill\"></div></div>",
                      titles[i]);
}

/* Words are counted by us, views are for people to state. */
static void content_part(const json_t *doc, struct hy_buf *out)
{
    static const char *const blanks[] = {"媒体观点", "网民观点"};

    hy_report_h2(out, "内容分析");
    if (json_array_size(json_object_get(doc, "items")))
        hy_report_wording(doc, out);
    hy_report_blanks(out, blanks, HY_COUNT(blanks));
}

static void attachments_part(const json_t *doc, struct hy_buf *out)
{
    hy_buf_puts(out, "<p class=\"note\">附件：证据包（huiying archive package ");
    hy_html_escape(out, hy_json_str(doc, "id"));
    hy_buf_puts(out, "）；时效台账（huiying export ");
    hy_html_escape(out, hy_json_str(doc, "id"));
    hy_buf_puts(out, "）。</p>");
}

static void judgement_part(struct hy_buf *out)
{
    static const char *const blanks[] = {"已核实的事实", "有出入的数字和说法", "研判意见",
                                         "处置建议"};

    hy_report_h2(out, "研判与建议（人工填写）");
    hy_report_blanks(out, blanks, HY_COUNT(blanks));
}

static void special(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    hy_report_facts(o, doc, out);
    hy_report_clocks(o, doc, out);
    items_part(o, doc, ITEMS_MAX, out);
    if (!o->public)
        content_part(doc, out);
    hy_report_timeline(o, doc, out);
    hy_report_responses(o, doc, out);
    if (o->public)
        return;
    judgement_part(out);
    attachments_part(doc, out);
}

static void flash(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    hy_report_facts(o, doc, out);
    clocks_part(o, doc, false, out); /* on one page: only what counts */
    items_part(o, doc, FLASH_ITEMS, out);
}

void hy_report_incident(const struct hy_report_opts *o, enum hy_report_kind kind, const json_t *doc,
                        struct hy_buf *out)
{
    static const struct {
        const char *title;
        void (*write)(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
    } kinds[HY_REPORT_COUNT] = {
        [HY_REPORT_INCIDENT] = {"舆情专报", special},
        [HY_REPORT_FLASH] = {"舆情快报", flash},
        [HY_REPORT_EVALUATION] = {"舆情回应评估", hy_report_evaluation},
        [HY_REPORT_ACCOUNTABILITY] = {"问责证据材料", hy_report_accountability},
    };
    bool drill = json_is_true(json_object_get(doc, "drill"));
    HY_CLEANUP(hy_freep)
    char *title = hy_xasprintf("%s%s", drill ? "演练·" : "", kinds[kind].title);

    hy_report_head(o, title, hy_json_str(doc, "id").p, out);
    kinds[kind].write(o, doc, out);
    hy_buf_printf(out, "<p class=\"note\">日志序号 %lld，可用 huiying verify 核对。</p>",
                  (long long)hy_json_int(doc, "version", 0));
    hy_report_foot(o, out);
}
