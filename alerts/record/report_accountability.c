/* SPDX-License-Identifier: Apache-2.0 */
/* 问责: the evidence of one incident, and nothing but evidence.  What it was and what follows from
 * it is left to be written by people. */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"
#include "alerts/record/step.h"
#include "core/mem.h"

static const char *state_label(struct hy_str state)
{
    static const struct {
        const char *name, *label;
    } rows[] = {{"queued", "未送达"},   {"sent", "已发出"},   {"shown", "已显示"},
                {"failed", "送达失败"}, {"closed", "已关闭"}, {"acknowledged", "已签收"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (hy_str_is(state, rows[i].name))
            return rows[i].label;
    return "不明";
}

static void notice_row(const json_t *doc, const json_t *n, struct hy_buf *out)
{
    size_t i;
    json_t *p;

    hy_buf_puts(out, "<tr><td class=\"t\">");
    hy_html_time(out, hy_json_time(n, "at"));
    hy_buf_puts(out, "</td><td>");
    struct hy_buf about = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_report_notice(doc, n, &about);
    hy_html_escape(out, hy_buf_view(&about));
    hy_buf_release(&about);
    hy_buf_puts(out, "</td><td>");
    json_array_foreach (json_object_get(n, "to"), i, p) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(p, "id"));
        hy_buf_puts(out, i ? "；" : "");
        hy_html_escape(out, hy_json_str(p, "name"));
        hy_buf_printf(out, "（%s）", state_label(hy_json_str(json_object_get(n, "states"), id)));
    }
    hy_buf_puts(out, "</td><td class=\"t\">");
    hy_html_time(out, hy_json_time(n, "shown"));
    hy_buf_puts(out, "</td></tr>");
}

static void warnings_part(const json_t *doc, struct hy_buf *out)
{
    const json_t *list = json_object_get(doc, "notices");
    size_t i;
    json_t *n;

    hy_report_h2(out, "发出的提醒和送达情况");
    if (json_array_size(list) == 0) {
        hy_buf_puts(out, "<p class=\"none\">没有发出过提醒。</p>");
        return;
    }
    hy_buf_puts(out, "<table><thead><tr><th>发出</th><th>内容</th><th>收件人（状态）</th>"
                     "<th>首次显示</th></tr></thead><tbody>");
    json_array_foreach (list, i, n)
        notice_row(doc, n, out);
    hy_buf_puts(out, "</tbody></table>\n<p class=\"note\">“已显示”表示程序显示过，不表示有人读过。"
                     "</p>");
}

/* Lists of what people did, each with who and when: word for word as entered. */
static void acts_part(const json_t *doc, struct hy_buf *out)
{
    static const struct {
        const char *list, *label, *text;
    } rows[] = {{"returns", "退回", "reason"},
                {"urges", "督办", "text"},
                {"calls", "点名", "text"},
                {"waivers", "申请免回应", "basis"},
                {"extensions", "申请延期", "reason"},
                {"verifications", "核实", "answer"},
                {"consultations", "会商", "conclusions"},
                {"notes", "记录", "text"},
                {"evaluations", "评估", "lessons"}};
    size_t n = 0, i;
    json_t *a;

    hy_report_h2(out, "有关人员的处置和说明（照录）");
    for (size_t k = 0; k < HY_COUNT(rows); k++)
        json_array_foreach (json_object_get(doc, rows[k].list), i, a) {
            if (n++ == 0)
                hy_buf_puts(out, "<table><thead><tr><th>时间</th><th>事项</th><th>经手人</th>"
                                 "<th>内容</th></tr></thead><tbody>");
            hy_buf_puts(out, "<tr><td class=\"t\">");
            hy_html_time(out, hy_json_time(a, "at"));
            hy_buf_printf(out, "%s</td><td class=\"t\">%s</td><td>", hy_step_doubt(a, false),
                          rows[k].label);
            struct hy_str name = hy_json_str(a, "name");
            hy_html_escape(out, name.n ? name : hy_json_str(a, "by"));
            hy_buf_puts(out, "</td><td>");
            hy_html_escape(out, hy_json_str(a, rows[k].text));
            hy_buf_puts(out, "</td></tr>");
        }
    hy_buf_puts(out, n ? "</tbody></table>\n" : "<p class=\"none\">没有记录。</p>");
}

/* The headings of the rules (DOMAIN 5), to be ticked by a person or by nobody. */
static void decision_part(struct hy_buf *out)
{
    static const char *const faults[] = {"处置不得力",        "回应不妥当",     "报告不及时",
                                         "重要信息不发布",    "重大政策不解读", "热点回应不及时",
                                         "弄虚作假、隐瞒实情"};
    static const char *const measures[] = {"不予问责", "通报批评", "约谈", "整改", "移交"};
    static const char *const blanks[] = {"涉事单位的说明", "造成的影响及依据",
                                         "决定人、日期和理由"};

    hy_report_h2(out, "认定和处理（由有权人员填写）");
    hy_buf_puts(out, "<p>情形：");
    for (size_t i = 0; i < HY_COUNT(faults); i++)
        hy_buf_printf(out, "<span class=\"tick\">□ %s</span> ", faults[i]);
    hy_buf_puts(out, "</p><p>处理：");
    for (size_t i = 0; i < HY_COUNT(measures); i++)
        hy_buf_printf(out, "<span class=\"tick\">□ %s</span> ", measures[i]);
    hy_buf_puts(out, "</p>");
    hy_report_blanks(out, blanks, HY_COUNT(blanks));
}

void hy_report_accountability(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    hy_buf_puts(out, "<p class=\"note\">本件只列日志中的证据，不作认定，不提处理意见。</p>");
    hy_report_facts(o, doc, out);
    hy_report_clocks(o, doc, true, out);
    hy_report_timeline(o, doc, out);
    warnings_part(doc, out);
    hy_report_responses(o, doc, out);
    acts_part(doc, out);
    decision_part(out);
}
