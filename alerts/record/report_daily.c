/* SPDX-License-Identifier: Apache-2.0 */
/* 日报: what is still to be done, what is new, what was published, and is anything unseen. */
#include "alerts/record/html.h"
#include "alerts/decide/incident.h"
#include "alerts/record/report_parts.h"

#include <stdio.h>

enum { LIST_MAX = 200 };

static void fresh_part(const struct hy_report *r, struct hy_buf *out)
{
    hy_report_h2(out, "新发现的事件");
    if (r->fresh.n == 0) {
        hy_buf_puts(out, "<p class=\"none\">没有新发现的事件。</p>");
        return;
    }
    hy_buf_puts(out, "<table><thead><tr><th>发现</th><th>事件</th><th>地点</th><th>级别</th>"
                     "<th>阶段</th><th>牵头单位</th></tr></thead><tbody>");
    for (size_t i = 0; i < HY_MIN(r->fresh.n, (size_t)LIST_MAX); i++) {
        const json_t *doc = r->fresh.v[i].doc;
        struct hy_civil c = hy_civil_of(hy_json_time(doc, "opened"), HY_CST);
        int64_t level = hy_json_int(doc, "level", 0);
        hy_buf_printf(out, "<tr><td class=\"t\">%02d:%02d</td><td>", c.hour, c.minute);
        hy_report_title(&r->o, doc, out);
        hy_buf_puts(out, "</td><td>");
        hy_report_places(doc, out);
        hy_buf_printf(out, "</td><td class=\"t\">%s</td><td class=\"t\">%s</td><td>",
                      hy_level_label[level >= 0 && level <= 4 ? level : 0],
                      hy_stage_label[hy_incident_stage(doc)]);
        hy_report_unit(doc, out);
        hy_buf_puts(out, "</td></tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n");
}

void hy_report_daily(struct hy_report *r, struct hy_buf *out)
{
    int64_t late = 0;
    struct hy_civil c = hy_civil_of(r->o.from, HY_CST);
    char about[64];

    snprintf(about, sizeof(about), "%d年%d月%d日", c.year, c.month, c.day);
    for (size_t i = 0; i < r->open.n; i++)
        late += hy_result_of(r->open.v[i].obligation, r->o.now) == HY_RESULT_OVERDUE;
    hy_report_head(&r->o, "舆情日报", about, out);
    hy_buf_puts(out, "<div class=\"tiles\">");
    hy_report_tile(out, "新发现事件", r->stats->incidents, false);
    hy_report_tile(out, "已确认", r->stats->confirmed, false);
    hy_report_tile(out, "运行中的时限", (int64_t)r->open.n - late, false);
    hy_report_tile(out, "超时未完成", late, late > 0);
    hy_buf_puts(out, "</div>\n");
    if (r->o.duty && !r->o.public) {
        hy_buf_puts(out, "<p>值班（按排班表，临时调换见看板）：");
        hy_html_puts(out, r->o.duty);
        hy_buf_puts(out, "</p>\n");
    }
    hy_report_h2(out, "待完成的时限（按剩余时间）");
    hy_report_list(r, &r->open, "没有待完成的时限。", out);
    fresh_part(r, out);
    hy_report_releases(r, out);
    hy_report_rumors(r, out);
    hy_report_h2(out, "待办的文件、留言和申请（按剩余时间）");
    hy_report_list(r, &r->due, "没有待办的文件、留言和申请。", out);
    hy_report_topics(r, out);
    hy_report_h2(out, "当天起算时限的完成情况");
    hy_report_clocks_table(r->stats, out);
    hy_report_health(r, out);
}
