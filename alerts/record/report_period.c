/* SPDX-License-Identifier: Apache-2.0 */
/* 日报 and 季通报.  Numbers come from alerts/stats; the incidents that are listed one by one are
 * kept while the record goes by, and only those. */
#include "alerts/record/html.h"
#include "alerts/keep/incident.h"
#include "alerts/record/report_parts.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 200, GOOD_MAX = 5, WEEK = 7, TOPICS_MAX = 12, BARS_MAX = 400 };

struct hy_report *hy_report_new(const struct hy_report_opts *o, enum hy_report_kind kind)
{
    struct hy_report *r = hy_xcalloc(1, sizeof(*r));

    r->o = *o;
    r->kind = kind;
    r->stats = hy_stats_new(o->from, o->to, o->now);
    r->cases = hy_stats_new(o->from, o->to, o->now);
    r->coverage = hy_coverage_new(o->now);
    r->week = hy_stats_new(hy_wall_add_ms(o->from, -WEEK * HY_DAY_MS), o->from, o->now);
    return r;
}

static void free_rows(struct hy_report_rows *list)
{
    for (size_t i = 0; i < list->n; i++)
        json_decref(list->v[i].doc);
    hy_vec_release(list);
}

void hy_report_free(struct hy_report *r)
{
    if (r == NULL)
        return;
    hy_stats_free(r->stats);
    hy_stats_free(r->week);
    hy_stats_free(r->cases);
    hy_coverage_free(r->coverage);
    free_rows(&r->sources);
    free_rows(&r->waived);
    free_rows(&r->due);
    free_rows(&r->released);
    free_rows(&r->fresh);
    free_rows(&r->open);
    free_rows(&r->late);
    free_rows(&r->good);
    free(r);
}

static void keep(struct hy_report_rows *list, json_t *doc, json_t *obligation, int64_t order)
{
    hy_vec_push(list, (struct hy_report_row){json_incref(doc), obligation, order});
}

static void sort_obligation(struct hy_report *r, json_t *doc, json_t *o)
{
    enum hy_result result = hy_result_of(o, r->o.now);
    bool within = hy_stats_within(r->stats, hy_json_time(o, "start"));
    int64_t due = hy_json_time(o, "due").ms, ended = hy_json_time(o, "ended").ms;
    bool daily = r->kind == HY_REPORT_DAILY;

    if (daily && (result == HY_RESULT_RUNNING || result == HY_RESULT_OVERDUE))
        keep(&r->open, doc, o, due);
    else if (!daily && within && (result == HY_RESULT_LATE || result == HY_RESULT_OVERDUE))
        keep(&r->late, doc, o, due - (result == HY_RESULT_LATE ? ended : r->o.now.ms));
    else if (!daily && within && result == HY_RESULT_MET)
        keep(&r->good, doc, o, ended - hy_json_time(o, "start").ms);
    else if (!daily && within && result == HY_RESULT_WAIVED)
        keep(&r->waived, doc, o, due);
}

static int by_order(const void *a, const void *b)
{
    const struct hy_report_row *x = a, *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return hy_str_cmp(hy_json_str(x->obligation ? x->obligation : x->doc, "id"),
                      hy_json_str(y->obligation ? y->obligation : y->doc, "id"));
}

/* Keep the first of a list that may grow with the record. */
static void cut(struct hy_report_rows *list, size_t max)
{
    if (list->n)
        qsort(list->v, list->n, sizeof(*list->v), by_order);
    while (list->n > max)
        json_decref(list->v[--list->n].doc);
}

static void add_case(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *o;

    hy_stats_add(r->cases, doc);
    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        enum hy_result result = hy_result_of(o, r->o.now);
        if (r->kind == HY_REPORT_DAILY &&
            (result == HY_RESULT_RUNNING || result == HY_RESULT_OVERDUE))
            keep(&r->due, doc, o, hy_json_time(o, "due").ms);
    }
}

static void add_releases(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *response;

    json_array_foreach (json_object_get(doc, "responses"), i, response) {
        hy_wall published = hy_json_time(response, "published");
        if (hy_stats_within(r->stats, published) &&
            !json_is_true(json_object_get(response, "withdrawn")))
            keep(&r->released, doc, response, published.ms);
    }
}

static void add_incident(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *o;

    hy_stats_add(r->stats, doc);
    hy_stats_add(r->week, doc);
    if (hy_incident_stage(doc) == HY_STAGE_MERGED)
        return;
    if (r->kind == HY_REPORT_DAILY && hy_stats_within(r->stats, hy_json_time(doc, "opened")))
        keep(&r->fresh, doc, NULL, hy_json_time(doc, "opened").ms);
    if (r->kind == HY_REPORT_DAILY)
        add_releases(r, doc);
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        sort_obligation(r, doc, o);
    if (r->good.n > 2 * LIST_MAX)
        cut(&r->good, GOOD_MAX * 4);
}

void hy_report_add(struct hy_report *r, json_t *doc)
{
    enum hy_doc_kind kind = hy_doc_kind_of(doc);

    if (json_is_true(json_object_get(doc, "drill")))
        return;
    if (kind == HY_DOC_INCIDENT) {
        add_incident(r, doc);
    } else if (kind == HY_DOC_CASE) {
        add_case(r, doc);
    } else {
        hy_coverage_add(r->coverage, doc);
        keep(&r->sources, doc, NULL, 0);
    }
}

/* ---- parts ---- */

static void tile(struct hy_buf *out, const char *label, const char *value, bool red)
{
    hy_buf_printf(out, "<div%s><b>%s</b><span class=\"label\">%s</span></div>",
                  red ? " class=\"red\"" : "", value, label);
}

static void tile_n(struct hy_buf *out, const char *label, int64_t n, bool red)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)n);
    tile(out, label, text, red);
}

static void tile_rate(struct hy_buf *out, const char *label, struct hy_rate rate)
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

/* ---- 日报 ---- */

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

static int64_t count_in(const struct hy_counts *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].name, name) == 0)
            return list->v[i].n;
    return 0;
}

static void topics_part(const struct hy_report *r, struct hy_buf *out)
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
        cell_n(out, list->v[i].n, false);
        if (r->kind == HY_REPORT_DAILY)
            hy_buf_printf(out, "<td class=\"n\">%.1f</td>",
                          (double)count_in(&r->week->topics, list->v[i].name) / WEEK);
        hy_buf_puts(out, "</tr>");
    }
    hy_buf_puts(out, "</tbody></table>\n");
}

static void write_daily(struct hy_report *r, struct hy_buf *out)
{
    int64_t late = 0;
    struct hy_civil c = hy_civil_of(r->o.from, HY_CST);
    char about[64];

    snprintf(about, sizeof(about), "%d年%d月%d日", c.year, c.month, c.day);
    for (size_t i = 0; i < r->open.n; i++)
        late += hy_result_of(r->open.v[i].obligation, r->o.now) == HY_RESULT_OVERDUE;
    hy_report_head(&r->o, "舆情日报", about, out);
    hy_buf_puts(out, "<div class=\"tiles\">");
    tile_n(out, "新发现事件", r->stats->incidents, false);
    tile_n(out, "已确认", r->stats->confirmed, false);
    tile_n(out, "运行中的时限", (int64_t)r->open.n - late, false);
    tile_n(out, "超时未完成", late, late > 0);
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
    topics_part(r, out);
    hy_report_h2(out, "当天起算时限的完成情况");
    hy_report_clocks_table(r->stats, out);
    hy_report_health(r, out);
}

/* ---- 季通报 ---- */

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

static void write_quarterly(struct hy_report *r, struct hy_buf *out)
{
    struct hy_civil a = hy_civil_of(r->o.from, HY_CST);
    struct hy_civil b = hy_civil_of(hy_wall_add_ms(r->o.to, -1), HY_CST);
    char about[96];

    snprintf(about, sizeof(about), "%d年%d月%d日至%d年%d月%d日", a.year, a.month, a.day, b.year,
             b.month, b.day);
    hy_report_head(&r->o, "政务舆情回应季度通报", about, out);
    hy_buf_puts(out, "<div class=\"tiles\">");
    tile_n(out, "发现事件", r->stats->incidents, false);
    tile_n(out, "应完成的时限", hy_tally_on_time(&r->stats->all).whole, false);
    tile_rate(out, "按时率", hy_tally_on_time(&r->stats->all));
    tile_n(out, "超时", hy_tally_late(&r->stats->all), hy_tally_late(&r->stats->all) > 0);
    hy_buf_puts(out, "</div>\n");
    overview(r, out);
    units_part(r, out);
    hy_report_cases(r, out);
    hy_report_follow(r, out);
    hy_report_waived(r, out);
    topics_part(r, out);
    hy_report_h2(out, "回应较快的事件");
    cut(&r->good, GOOD_MAX);
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

void hy_report_write(struct hy_report *r, struct hy_buf *out)
{
    hy_stats_finish(r->stats);
    hy_stats_finish(r->week);
    hy_stats_finish(r->cases);
    cut(&r->due, SIZE_MAX);
    cut(&r->waived, SIZE_MAX);
    cut(&r->released, SIZE_MAX);
    cut(&r->open, SIZE_MAX);
    cut(&r->late, SIZE_MAX);
    cut(&r->fresh, SIZE_MAX);
    (r->kind == HY_REPORT_DAILY ? write_daily : write_quarterly)(r, out);
    hy_report_foot(&r->o, out);
}
