/* SPDX-License-Identifier: Apache-2.0 */
/* What 日报 and 季通报 have in common: the figures at their head and the topics of their incidents.
 */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"

#include <stdio.h>
#include <string.h>

enum { WEEK = 7, TOPICS_MAX = 12 };

static void tile(struct hy_buf *out, const char *label, const char *value, bool red)
{
    hy_buf_printf(out, "<div%s><b>%s</b><span class=\"label\">%s</span></div>",
                  red ? " class=\"red\"" : "", value, label);
}

void hy_report_tile(struct hy_buf *out, const char *label, int64_t n, bool red)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)n);
    tile(out, label, text, red);
}

void hy_report_tile_rate(struct hy_buf *out, const char *label, struct hy_rate rate)
{
    char text[64], long_label[96];

    if (hy_rate_stands(rate))
        snprintf(text, sizeof(text), "%.1f%%", hy_rate_percent(rate));
    else
        snprintf(text, sizeof(text), "—");
    snprintf(long_label, sizeof(long_label), "%s %lld/%lld%s", label, (long long)rate.part,
             (long long)rate.whole, hy_rate_stands(rate) ? "" : "，不足5件");
    tile(out, long_label, text, false);
}

static int64_t count_in(const struct hy_counts *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].name, name) == 0)
            return list->v[i].n;
    return 0;
}

void hy_report_topics(const struct hy_report *r, struct hy_buf *out)
{
    const struct hy_counts *list = &r->stats->topics;

    hy_report_h2(out, "主题分布");
    if (list->n == 0) {
        hy_buf_puts(out, "<p class=\"none\">没有新事件。</p>");
        return;
    }
    hy_buf_printf(
        out,
        "<table class=\"narrow\"><thead><tr><th>主题</th><th class=\"n\">本期（件）</th>%s</tr>"
        "</thead><tbody>",
        r->kind == HY_REPORT_DAILY ? "<th class=\"n\">前七天日均（件）</th>" : "");
    for (size_t i = 0; i < HY_MIN(list->n, (size_t)TOPICS_MAX); i++) {
        hy_buf_puts(out, "<tr><td>");
        hy_html_puts(out, list->v[i].name);
        hy_buf_puts(out, "</td>");
        hy_buf_printf(out, "<td class=\"n\">%lld</td>", (long long)list->v[i].n);
        if (r->kind == HY_REPORT_DAILY)
            hy_buf_printf(out, "<td class=\"n\">%.1f</td>",
                          (double)count_in(&r->week->topics, list->v[i].name) / WEEK);
        hy_buf_puts(out, "</tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n");
}
