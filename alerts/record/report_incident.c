/* SPDX-License-Identifier: Apache-2.0 */
/* 快报 (facts, sources, due times, on one page) and 专报 (the same with spread, what happened when,
 * responses and evidence) on one incident. */
#include "alerts/record/export.h"
#include "alerts/record/html.h"
#include "alerts/decide/incident.h"
#include "alerts/record/report_parts.h"
#include "alerts/record/who.h"
#include "core/mem.h"

#include <stdio.h>

enum { ITEMS_MAX = 60, FLASH_ITEMS = 5 };

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
    hy_report_clocks(o, doc, true, out);
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
    hy_report_clocks(o, doc, false, out); /* on one page: only what counts */
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
