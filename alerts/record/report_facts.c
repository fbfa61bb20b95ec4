/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that several reports on one incident have: the facts, the clocks, the responses with what
 * differs between them, lines to be filled in by hand. */
#include "alerts/record/report_parts.h"

#include "alerts/decide/incident.h"
#include "alerts/record/export.h"
#include "alerts/record/html.h"
#include "alerts/record/who.h"

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

void hy_report_clocks(const struct hy_report_opts *o, const json_t *doc, bool replaced,
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
