/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of 日报 and 季通报 that speak of one thing each: releases, rumours, sources, cases, units
 * by clock, waivers, follow-ups. */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"
#include "alerts/record/who.h"

enum { LIST_MAX = 200, RUMOR_FROM = 50 };

static void none(struct hy_buf *out, const char *text)
{
    hy_buf_printf(out, "<p class=\"none\">%s</p>", text);
}

static void table(struct hy_buf *out, const char *head)
{
    hy_buf_printf(out, "<table><thead><tr>%s</tr></thead><tbody>", head);
}

static void end(struct hy_buf *out, size_t n)
{
    hy_buf_puts(out, "</tbody></table>\n");
    if (n > LIST_MAX)
        hy_buf_printf(out, "<p class=\"note\">只列前%d件，其余%zu件见台账。</p>", LIST_MAX,
                      n - LIST_MAX);
}

static void cell_n(struct hy_buf *out, int64_t n, bool late)
{
    hy_buf_printf(out, "<td class=\"n%s\">%lld</td>", late && n ? " late" : "", (long long)n);
}

static void tally_cells(struct hy_buf *out, const struct hy_tally *t)
{
    cell_n(out, t->n[HY_RESULT_MET], false);
    cell_n(out, hy_tally_late(t), true);
    cell_n(out, t->n[HY_RESULT_WAIVED], false);
    cell_n(out, t->n[HY_RESULT_RUNNING], false);
    hy_buf_puts(out, "<td class=\"n\">");
    hy_rate_text(hy_tally_on_time(t), out);
    hy_buf_puts(out, "</td>");
}
#define TALLY_HEAD                                                                                 \
    "<th class=\"n\">按时</th><th class=\"n\">超时</th><th class=\"n\">免除</th>"            \
    "<th class=\"n\">未到期</th><th class=\"n\">按时率</th>"

void hy_report_clocks_table(const struct hy_stats *s, struct hy_buf *out)
{
    if (s->clocks.n == 0) {
        none(out, "没有起算的时限。");
        return;
    }
    table(out, "<th>时限</th>" TALLY_HEAD);
    for (size_t i = 0; i < s->clocks.n; i++) {
        hy_buf_puts(out, "<tr><td>");
        hy_html_puts(out, *s->clocks.v[i].label ? s->clocks.v[i].label : s->clocks.v[i].name);
        hy_buf_puts(out, "</td>");
        tally_cells(out, &s->clocks.v[i]);
        hy_buf_puts(out, "</tr>");
    }
    hy_buf_puts(out, "<tr class=\"total\"><td>合计</td>");
    tally_cells(out, &s->all);
    hy_buf_puts(out, "</tr></tbody></table>\n");
}

/* What is known of the matter besides its title: toll, and that an answer came all the same. */
static void facts_line(const struct hy_report_row *row, struct hy_buf *out)
{
    hy_wall response = hy_first_response(row->doc);

    hy_html_escape(out, hy_json_str(row->doc, "id"));
    hy_buf_puts(out, "　");
    hy_report_places(row->doc, out);
    struct hy_buf toll = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_report_toll(json_object_get(row->doc, "facts"), &toll);
    hy_buf_puts(out, toll.n ? "　" : "");
    hy_html_escape(out, hy_buf_view(&toll));
    hy_buf_release(&toll);
    if (hy_wall_known(response)) {
        hy_buf_puts(out, "　首次回应 ");
        hy_html_time(out, response);
    }
}

void hy_report_list(const struct hy_report *r, const struct hy_report_rows *list, const char *text,
                    struct hy_buf *out)
{
    if (list->n == 0) {
        none(out, text);
        return;
    }
    table(out, "<th>事项</th><th>牵头单位</th><th>时限</th><th>到期</th><th>情况</th>");
    for (size_t i = 0; i < HY_MIN(list->n, (size_t)LIST_MAX); i++) {
        const struct hy_report_row *row = &list->v[i];
        hy_buf_puts(out, "<tr><td>");
        hy_report_title(&r->o, row->doc, out);
        hy_buf_puts(out, "<br><span class=\"note\">");
        facts_line(row, out);
        hy_buf_puts(out, "</span></td><td>");
        hy_report_unit(row->doc, out);
        hy_buf_puts(out, "</td><td>");
        hy_report_clock(row->obligation, out);
        hy_buf_puts(out, "</td><td class=\"t\">");
        hy_html_time(out, hy_json_time(row->obligation, "due"));
        hy_buf_puts(out, "</td><td>");
        hy_report_standing(&r->o, row->obligation, out);
        hy_buf_puts(out, "</td></tr>");
    }
    end(out, list->n);
}

/* The clocks that a response ended, and how. */
static void ended_clocks(const struct hy_report *r, const struct hy_report_row *row,
                         struct hy_buf *out)
{
    struct hy_str id = hy_json_str(row->obligation, "id");
    size_t n = 0, i;
    json_t *o;

    json_array_foreach (json_object_get(row->doc, "obligations"), i, o) {
        struct hy_str by = hy_json_str(json_object_get(o, "evidence"), "response");
        if (!by.n || !hy_str_eq(by, id))
            continue;
        hy_buf_puts(out, n++ ? "<br>" : "");
        hy_report_clock(o, out);
        hy_buf_puts(out, "：");
        hy_report_standing(&r->o, o, out);
    }
    hy_buf_puts(out, n ? "" : "—");
}

void hy_report_releases(const struct hy_report *r, struct hy_buf *out)
{
    hy_report_h2(out, "当天发布的回应");
    if (r->released.n == 0) {
        none(out, "没有登记的发布。");
        return;
    }
    table(out, "<th>发布时间</th><th>事项</th><th>牵头单位</th><th>完成的时限</th><th>网址</th>");
    for (size_t i = 0; i < HY_MIN(r->released.n, (size_t)LIST_MAX); i++) {
        const struct hy_report_row *row = &r->released.v[i];
        hy_buf_puts(out, "<tr><td class=\"t\">");
        hy_html_time(out, hy_json_time(row->obligation, "published"));
        hy_buf_puts(out, "</td><td>");
        hy_report_title(&r->o, row->doc, out);
        hy_buf_puts(out, "</td><td>");
        hy_report_unit(row->doc, out);
        hy_buf_puts(out, "</td><td>");
        ended_clocks(r, row, out);
        hy_buf_puts(out, "</td><td>");
        hy_html_link(out, hy_json_str(row->obligation, "url"), hy_str(NULL));
        hy_buf_puts(out, "</td></tr>");
    }
    end(out, r->released.n);
}

/* What smells of a rumour and nobody has spoken to: for a person to look at first. */
void hy_report_rumors(const struct hy_report *r, struct hy_buf *out)
{
    size_t n = 0;

    hy_report_h2(out, "疑似不实信息（待核实）");
    for (size_t i = 0; i < r->fresh.n; i++) {
        const json_t *doc = r->fresh.v[i].doc;
        int64_t rumor = hy_json_int(json_object_get(doc, "score"), "rumor", 0);
        if (rumor < RUMOR_FROM || n == LIST_MAX)
            continue;
        if (n++ == 0)
            table(out, "<th>编号</th><th>内容</th><th>首次公开传播</th><th>回应</th>");
        hy_buf_puts(out, "<tr><td class=\"t\">");
        hy_html_escape(out, hy_json_str(doc, "id"));
        hy_buf_puts(out, "</td><td>");
        hy_report_title(&r->o, doc, out);
        hy_buf_puts(out, "</td><td class=\"t\">");
        hy_html_time(out, hy_json_time(json_object_get(doc, "times"), "first_public"));
        hy_buf_printf(out, "</td><td>%s</td></tr>",
                      hy_wall_known(hy_first_response(doc)) ? "已回应" : "未回应");
    }
    if (n)
        end(out, n);
    else
        none(out, "没有。");
}

static const char *health_label(const json_t *source)
{
    static const struct {
        const char *name, *label;
    } rows[] = {{"new", "尚未访问"}, {"suspicious", "内容可疑"}, {"blind", "看不到"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (hy_str_is(hy_json_str(source, "health"), rows[i].name))
            return rows[i].label;
    return NULL; /* healthy, quiet */
}

void hy_report_health(const struct hy_report *r, struct hy_buf *out)
{
    size_t bad = 0;

    hy_report_h2(out, "来源健康");
    hy_buf_puts(out, "<p>当天来源覆盖：");
    size_t before = out->n;
    hy_seen_text(hy_coverage_of(r->coverage, r->o.from, r->o.to), out);
    hy_buf_puts(out, out->n == before ? "没有来源的记录。</p>" : "。</p>");
    for (size_t i = 0; i < r->sources.n; i++) {
        const json_t *s = r->sources.v[i].doc;
        if (health_label(s) == NULL)
            continue;
        if (bad++ == 0)
            table(out, "<th>来源</th><th>状态</th><th>自</th><th>原因</th>");
        hy_buf_puts(out, "<tr><td>");
        hy_html_escape(out, hy_json_str(s, "name"));
        hy_buf_printf(out, "</td><td class=\"t late\">%s</td><td class=\"t\">", health_label(s));
        hy_html_time(out, hy_json_time(s, "since"));
        hy_buf_puts(out, "</td><td>");
        hy_html_escape(out, r->o.public ? hy_str("") : hy_json_str(s, "why"));
        hy_buf_puts(out, "</td></tr>");
    }
    if (bad)
        end(out, 0);
    else if (r->sources.n)
        hy_buf_printf(out, "<p class=\"none\">%zu个来源都看得到。</p>", r->sources.n);
}

void hy_report_coverage(const struct hy_report *r, struct hy_buf *out)
{
    struct hy_buf unseen = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_report_h2(out, "监测覆盖");
    hy_buf_puts(out, "<p class=\"lead\">本期来源覆盖（看到的时间÷监看的时间）：");
    size_t before = out->n;
    hy_seen_text(hy_coverage_of(r->coverage, r->o.from, r->o.to), out);
    if (out->n == before)
        hy_buf_puts(out, "没有来源的记录，无法说明");
    hy_coverage_unseen(r->coverage, r->o.from, r->o.to, &unseen);
    if (unseen.n) {
        hy_buf_puts(out, "。没有看到的时间：");
        hy_html_escape(out, hy_buf_view(&unseen));
    }
    hy_buf_puts(out, "。没有看到的时间里发布的内容可能漏采。</p>\n");
    hy_buf_release(&unseen);
}

static void matters_table(const struct hy_stats *s, struct hy_buf *out)
{
    table(out, "<th>类别</th><th class=\"n\">登记</th><th class=\"n\">办结</th>"
               "<th class=\"n\">答复率（已答复÷未排除）</th><th class=\"n\">满意率（满意÷已评）"
               "</th>");
    for (int i = 0; i < HY_MATTER_COUNT; i++) {
        const struct hy_matter_stats *m = &s->matters[i];
        if (m->n == 0)
            continue;
        hy_buf_printf(out, "<tr><td>%s</td>", hy_matter_label[i]);
        cell_n(out, m->n, false);
        cell_n(out, m->closed, false);
        hy_buf_puts(out, "<td class=\"n\">");
        hy_rate_text((struct hy_rate){m->answered, m->n - m->dismissed}, out);
        hy_buf_puts(out, "</td><td class=\"n\">");
        hy_rate_text(m->satisfied, out);
        hy_buf_puts(out, "</td></tr>");
    }
    end(out, 0);
}

void hy_report_cases(struct hy_report *r, struct hy_buf *out)
{
    const struct hy_stats *s = r->cases;

    hy_report_h2(out, "文件、留言和申请");
    if (s->incidents == 0 && s->clocks.n == 0) {
        none(out, "没有登记的文件、留言和申请。");
        return;
    }
    hy_buf_printf(out, "<p class=\"lead\">本期登记%lld件，办结%lld件；已答复或公开（÷未排除的）",
                  (long long)s->incidents, (long long)s->closed);
    hy_rate_text(hy_stats_answered(s), out);
    hy_buf_puts(out, "；答复用时");
    hy_samples_text(&r->cases->latency[HY_LATENCY_RESPONSE], out);
    hy_buf_puts(out, "。</p>\n");
    if (s->incidents)
        matters_table(s, out);
    hy_report_clocks_table(s, out);
    if (r->late_cases.n == 0)
        return;
    hy_buf_puts(out, "<h3>超时的事项</h3>");
    hy_report_list(r, &r->late_cases, "", out);
    int64_t more = hy_tally_late(&s->all) - (int64_t)r->late_cases.n;
    if (more > 0)
        hy_buf_printf(out, "<p class=\"note\">只列超时最久的%zu项，其余%lld项见台账。</p>",
                      r->late_cases.n, (long long)more);
}

/* One row a unit and clock: on-time rates are never mixed over clocks of different length. */
void hy_report_unit_clocks(struct hy_report *r, struct hy_buf *out)
{
    const struct hy_stats *both[] = {r->stats, r->cases};
    size_t n = 0;

    for (size_t k = 0; k < HY_COUNT(both); k++)
        for (size_t i = 0; i < both[k]->units.n; i++) {
            const struct hy_unit_stats *u = &both[k]->units.v[i];
            for (size_t c = 0; c < u->clocks.n; c++, n++) {
                if (n == 0)
                    table(out, "<th>牵头单位</th><th>时限</th>" TALLY_HEAD);
                hy_buf_puts(out, "<tr><td>");
                hy_html_puts(out, c ? "" : *u->name ? u->name : "未交办");
                hy_buf_puts(out, "</td><td>");
                hy_html_puts(out,
                             *u->clocks.v[c].label ? u->clocks.v[c].label : u->clocks.v[c].name);
                hy_buf_puts(out, "</td>");
                tally_cells(out, &u->clocks.v[c]);
                hy_buf_puts(out, "</tr>");
            }
        }
    if (n)
        hy_buf_puts(out, "</tbody></table>\n");
}

void hy_report_waived(const struct hy_report *r, struct hy_buf *out)
{
    hy_report_h2(out, "免回应");
    hy_buf_puts(out, "<p>免回应率（免除÷应完成）");
    hy_rate_text(hy_tally_waived(&r->stats->all), out);
    hy_buf_puts(out, "。</p>");
    if (r->waived.n == 0 || r->o.public)
        return;
    table(out, "<th>事项</th><th>牵头单位</th><th>时限</th><th>依据</th><th>批准人</th>");
    for (size_t i = 0; i < HY_MIN(r->waived.n, (size_t)LIST_MAX); i++) {
        const struct hy_report_row *row = &r->waived.v[i];
        const json_t *w = json_object_get(row->obligation, "waiver");
        hy_buf_puts(out, "<tr><td>");
        hy_report_title(&r->o, row->doc, out);
        hy_buf_puts(out, "</td><td>");
        hy_report_unit(row->doc, out);
        hy_buf_puts(out, "</td><td>");
        hy_report_clock(row->obligation, out);
        hy_buf_puts(out, "</td><td>");
        hy_html_escape(out, hy_json_str(w, "basis"));
        hy_buf_puts(out, "</td><td>");
        hy_html_escape(out, hy_who_waived(row->doc, row->obligation));
        hy_buf_puts(out, "</td></tr>");
    }
    end(out, r->waived.n);
}

/* Of every class with closed incidents: was what it owes the public published? */
static void class_table(const struct hy_stats *s, struct hy_buf *out)
{
    size_t n = 0;

    for (int i = 0; i < HY_DISPOSITION_COUNT; i++) {
        struct hy_rate rate = s->classes[i];
        if (rate.whole == 0)
            continue;
        if (n++ == 0)
            table(out, "<th>处置分类</th><th>应公开的后续</th><th class=\"n\">已办结</th>"
                       "<th class=\"n\">已公开</th><th class=\"n\">后续公开率</th>");
        hy_buf_printf(out, "<tr><td>%s</td><td>%s</td>", hy_disposition_label[i],
                      hy_disposition_owes[i]);
        cell_n(out, rate.whole, false);
        cell_n(out, rate.part, false);
        hy_buf_puts(out, "<td class=\"n\">");
        hy_rate_text(rate, out);
        hy_buf_puts(out, "</td></tr>");
    }
    if (n)
        end(out, 0);
    else
        none(out, "没有已办结并分类的事件。");
}

void hy_report_follow(const struct hy_report *r, struct hy_buf *out)
{
    hy_report_h2(out, "后续发布");
    hy_buf_puts(out, "<p class=\"lead\">持续发布按期率（按期的间隔÷应发布的间隔）");
    hy_rate_text(hy_tally_on_time(&r->stats->follow), out);
    hy_buf_puts(out, "；更正率（更正过的发布÷发布）");
    hy_rate_text((struct hy_rate){r->stats->corrected, r->stats->responses}, out);
    hy_buf_puts(out, "。</p>\n");
    class_table(r->stats, out);
}
