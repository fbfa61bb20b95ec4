/* SPDX-License-Identifier: Apache-2.0 */
/* 季通报: figures of a quarter by clock and unit, its late and its good cases, and what people have
 * to write themselves. */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOOD_MAX = 5, WEEK = 7, BARS_MAX = 400 };

static void cell_n(struct hy_buf *out, int64_t n, bool late)
{
    hy_buf_printf(out, "<td class=\"n%s\">%lld</td>", late && n ? " late" : "", (long long)n);
}

static void cell_rate(struct hy_buf *out, struct hy_rate rate)
{
    hy_buf_puts(out, "<td class=\"n\">");
    hy_rate_text(rate, out);
    hy_buf_puts(out, "</td>");
}

static void tally_cells(struct hy_buf *out, const struct hy_tally *t)
{
    cell_n(out, t->n[HY_RESULT_MET], false);
    cell_n(out, hy_tally_late(t), true);
    cell_n(out, t->n[HY_RESULT_WAIVED], false);
    cell_n(out, t->n[HY_RESULT_RUNNING], false);
    cell_rate(out, hy_tally_on_time(t));
}

#define TALLY_HEAD                                                                                 \
    "<th class=\"n\">按时</th><th class=\"n\">超时</th><th class=\"n\">免除</th>"            \
    "<th class=\"n\">未到期</th><th class=\"n\">按时率</th>"

/* One column a day from the first to the last of the period, also where nothing happened. */
static void trend(const struct hy_report *r, struct hy_buf *out)
{
    int64_t days = (r->o.to.ms - r->o.from.ms + HY_DAY_MS - 1) / HY_DAY_MS;
    size_t n = (size_t)HY_MIN(HY_MAX(days, 1), (int64_t)BARS_MAX), at = 0;
    struct hy_bar *bars = hy_xcalloc(n, sizeof(*bars));
    char(*label)[16] = hy_xcalloc(n, sizeof(*label));
    const struct hy_counts *have = &r->stats->days;

    for (size_t i = 0; i < n; i++) {
        struct hy_civil c = hy_civil_of(hy_wall_add_ms(r->o.from, (int64_t)i * HY_DAY_MS), HY_CST);
        char day[40];
        snprintf(day, sizeof(day), "%04d-%02d-%02d", c.year, c.month, c.day);
        snprintf(label[i], sizeof(label[i]), "%d/%d", c.month % 100, c.day % 100);
        bars[i].label = label[i];
        if (at < have->n && strcmp(have->v[at].name, day) == 0)
            bars[i].good = have->v[at++].n;
    }
    hy_chart_columns(out, "每天新发现的事件（件）", bars, n, n > 31 ? WEEK : 1);
    free(bars);
    free(label);
}

static void hours(const struct hy_report *r, struct hy_buf *out)
{
    struct hy_bar bars[24];
    char label[24][8];

    for (int i = 0; i < 24; i++) {
        snprintf(label[i], sizeof(label[i]), "%d时", i % 24);
        bars[i] = (struct hy_bar){label[i], r->stats->hours[i], 0};
    }
    hy_chart_columns(out, "事件发现的时刻分布（件）", bars, 24, 2);
}

static void overview(struct hy_report *r, struct hy_buf *out)
{
    struct hy_stats *s = r->stats;
    struct {
        const char *name;
        struct hy_samples *v;
    } rows[] = {{"发现用时（系统发现－首次公开传播）", &s->latency[HY_LATENCY_DETECTION]},
                {"签收用时（签收－发现）", &s->latency[HY_LATENCY_ACK]},
                {"首次回应用时（首次发布－首次公开传播）", &s->latency[HY_LATENCY_RESPONSE]},
                {"　其中：特别重大", &s->first_of_level[1]},
                {"　其中：重大", &s->first_of_level[2]},
                {"　其中：较大", &s->first_of_level[3]},
                {"　其中：一般", &s->first_of_level[4]}};

    hy_report_h2(out, "总体情况");
    hy_buf_printf(out,
                  "<p class=\"lead\">本期发现事件%lld件，确认%lld件，排除%lld件，另有并案%lld件；"
                  "登记回应%lld次，办结%lld件。预警准确率（确认÷已判断）",
                  (long long)s->incidents, (long long)s->confirmed, (long long)s->dismissed,
                  (long long)s->merged, (long long)s->responses, (long long)s->closed);
    hy_rate_text(hy_stats_precision(s), out);
    hy_buf_puts(out, "，免回应率（免除÷应完成）");
    hy_rate_text(hy_tally_waived(&s->all), out);
    hy_buf_puts(out, "，重新打开率");
    hy_rate_text((struct hy_rate){s->reopened, s->closed + s->reopened}, out);
    hy_buf_puts(out, "。</p>");
    trend(r, out);
    hy_report_clocks_table(r->stats, out);
    hy_buf_puts(out, "<table><thead><tr><th>用时</th><th>中位数与 P90</th></tr></thead><tbody>");
    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        hy_buf_printf(out, "<tr><td>%s</td><td>", rows[i].name);
        hy_samples_text(rows[i].v, out);
        hy_buf_puts(out, "</td></tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n");
    hours(r, out);
}

static void cell_span(struct hy_buf *out, struct hy_samples *s,
                      int64_t (*measure)(struct hy_samples *))
{
    hy_buf_puts(out, "<td class=\"n\">");
    if (s->n >= HY_STATS_LEAST)
        hy_span_text(measure(s), out);
    else
        hy_buf_puts(out, "—");
    hy_buf_puts(out, "</td>");
}

static void units_table(struct hy_report *r, struct hy_buf *out)
{
    struct hy_stats *s = r->stats;

    hy_buf_puts(out, "<table><thead><tr><th>牵头单位</th><th class=\"n\">事件</th>" TALLY_HEAD
                     "<th class=\"n\">回应</th><th class=\"n\">中位数</th>"
                     "<th class=\"n\">P90</th></tr></thead><tbody>");
    for (size_t i = 0; i < s->units.n; i++) {
        struct hy_unit_stats *u = &s->units.v[i];
        hy_buf_puts(out, "<tr><td>");
        hy_html_puts(out, *u->name ? u->name : "未交办");
        hy_buf_puts(out, "</td>");
        cell_n(out, u->incidents, false);
        tally_cells(out, &u->all);
        cell_n(out, (int64_t)u->first.n, false);
        cell_span(out, &u->first, hy_samples_median);
        cell_span(out, &u->first, hy_samples_p90);
        hy_buf_puts(out, "</tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n<p class=\"note\">回应：有首次回应时间的事件数；中位数和 "
                     "P90 是首次回应用时。</p>\n");
}

static void units_part(struct hy_report *r, struct hy_buf *out)
{
    struct hy_stats *s = r->stats;
    struct hy_bar *bars = hy_xcalloc(s->units.n + 1, sizeof(*bars));
    size_t n = 0;

    for (size_t i = 0; i < s->units.n; i++) {
        const struct hy_tally *t = &s->units.v[i].all;
        if (hy_tally_on_time(t).whole)
            bars[n++] = (struct hy_bar){*s->units.v[i].name ? s->units.v[i].name : "未交办",
                                        t->n[HY_RESULT_MET], hy_tally_late(t)};
    }
    hy_report_h2(out, "各单位情况");
    if (n)
        hy_chart_bars(out, "按时（蓝）与超时（红）的时限数；右边是 按时/应完成", bars, n);
    if (s->units.n)
        units_table(r, out);
    else
        hy_buf_puts(out, "<p class=\"none\">没有事件。</p>");
    hy_report_unit_clocks(r, out);
    free(bars);
}

static void blanks_part(struct hy_buf *out)
{
    static const char *const blanks[] = {"主要问题", "整改任务与期限", "下一季度安排"};

    for (size_t i = 0; i < HY_COUNT(blanks); i++) {
        hy_report_h2(out, blanks[i]);
        hy_buf_puts(out, "<div class=\"fill\"></div><div class=\"fill\"></div>");
    }
}

void hy_report_quarterly(struct hy_report *r, struct hy_buf *out)
{
    struct hy_civil a = hy_civil_of(r->o.from, HY_CST);
    struct hy_civil b = hy_civil_of(hy_wall_add_ms(r->o.to, -1), HY_CST);
    char about[96];

    snprintf(about, sizeof(about), "%d年%d月%d日至%d年%d月%d日", a.year, a.month, a.day, b.year,
             b.month, b.day);
    hy_report_head(&r->o, "政务舆情回应季度通报", about, out);
    hy_buf_puts(out, "<div class=\"tiles\">");
    hy_report_tile(out, "发现事件", r->stats->incidents, false);
    hy_report_tile(out, "应完成的时限", hy_tally_on_time(&r->stats->all).whole, false);
    hy_report_tile_rate(out, "按时率", hy_tally_on_time(&r->stats->all));
    hy_report_tile(out, "超时", hy_tally_late(&r->stats->all), hy_tally_late(&r->stats->all) > 0);
    hy_buf_puts(out, "</div>\n");
    overview(r, out);
    units_part(r, out);
    hy_report_cases(r, out);
    hy_report_follow(r, out);
    hy_report_waived(r, out);
    hy_report_topics(r, out);
    hy_report_h2(out, "回应较快的事件");
    hy_report_cut(&r->good, GOOD_MAX);
    hy_report_list(r, &r->good, "没有按时完成的时限。", out);
    hy_report_h2(out, "超时的事件");
    hy_report_list(r, &r->late, "没有超时。", out);
    hy_report_coverage(r, out);
    if (!r->o.public)
        blanks_part(out);
    hy_buf_puts(out,
                "<p class=\"note\">口径：事件按发现时间、时限按起算时间归入本期；演练不计。按时率＝"
                "按时÷（按时＋超时），免除、未到期和已替代的不计；到期未完成的算超时。不足5件的不计"
                "率和中位数。P90 指九成不超过的用时。</p>");
}
