/* SPDX-License-Identifier: Apache-2.0 */
/* 评估: what spread before and after the first response.  Every judgement is left to people. */
#include "alerts/record/html.h"
#include "alerts/record/report_parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { BEFORE_H = 24, AFTER_H = 48, BARS = BEFORE_H + AFTER_H, SOURCES_MAX = 500 };

/* Words in titles that doubt or that pass on what the office said.  A proxy: it counts words, not
 * opinions, and says nothing about who wrote. */
static const char *const doubting[] = {"质疑", "瞒报", "真相", "不实", "隐瞒", "拖延", "不作为",
                                       "追问", "迟迟", "为何", "网传", "疑似", "删帖"};
static const char *const relaying[] = {"通报", "回应", "发布会", "澄清",     "辟谣",
                                       "公布", "官方", "说明",   "最新进展", "处置"};

struct side { /* of the response */
    int64_t items, reprints, sources, doubting, relaying;
    struct hy_str seen[SOURCES_MAX];
    size_t n_seen;
};

static bool has_any(struct hy_str title, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (hy_str_has(title, hy_str(words[i])))
            return true;
    return false;
}

static void count_source(struct side *s, struct hy_str source)
{
    for (size_t i = 0; i < s->n_seen; i++)
        if (hy_str_eq(s->seen[i], source))
            return;
    if (s->n_seen < SOURCES_MAX)
        s->seen[s->n_seen++] = source;
    s->sources++;
}

static void count_item(struct side *s, const json_t *item)
{
    struct hy_str title = hy_json_str(item, "title");

    s->items++;
    s->reprints += hy_json_str(item, "reprint_of").n > 0;
    s->doubting += has_any(title, doubting, HY_COUNT(doubting));
    s->relaying += has_any(title, relaying, HY_COUNT(relaying));
    count_source(s, hy_json_str(item, "source"));
}

static hy_wall item_time(const json_t *item)
{
    hy_wall t = hy_json_time(item, "published");

    return hy_wall_known(t) ? t : hy_json_time(item, "fetched");
}

static void count_sides(const json_t *doc, hy_wall response, struct side side[2],
                        struct hy_bar bars[BARS])
{
    size_t i;
    json_t *item;

    json_array_foreach (json_object_get(doc, "items"), i, item) {
        hy_wall t = item_time(item);
        if (!hy_wall_known(t))
            continue;
        int64_t ms = t.ms - response.ms + BEFORE_H * HY_HOUR_MS;
        if (ms < 0 || ms >= BARS * HY_HOUR_MS)
            continue;
        bool after = t.ms >= response.ms;
        count_item(&side[after], item);
        *(after ? &bars[ms / HY_HOUR_MS].good : &bars[ms / HY_HOUR_MS].bad) += 1;
    }
}

static void side_row(struct hy_buf *out, const char *name, const struct side *s)
{
    hy_buf_printf(out,
                  "<tr><td>%s</td><td class=\"n\">%lld</td><td class=\"n\">%lld</td>"
                  "<td class=\"n\">%lld</td><td class=\"n\">",
                  name, (long long)s->items, (long long)s->reprints, (long long)s->sources);
    hy_rate_text((struct hy_rate){s->doubting, s->items}, out);
    hy_buf_puts(out, "</td><td class=\"n\">");
    hy_rate_text((struct hy_rate){s->relaying, s->items}, out);
    hy_buf_puts(out, "</td></tr>");
}

void hy_report_wording(const json_t *doc, struct hy_buf *out)
{
    struct side *all = hy_xcalloc(1, sizeof(*all));
    size_t i;
    json_t *item;

    json_array_foreach (json_object_get(doc, "items"), i, item)
        count_item(all, item);
    hy_buf_puts(out, "<p class=\"lead\">标题含质疑用词 ");
    hy_rate_text((struct hy_rate){all->doubting, all->items}, out);
    hy_buf_puts(out, "，标题转述官方 ");
    hy_rate_text((struct hy_rate){all->relaying, all->items}, out);
    hy_buf_puts(out, "。只数字词，不是对观点的判断。</p>");
    free(all);
}

static void spread_part(const struct hy_report_opts *o, const json_t *doc, hy_wall response,
                        struct hy_buf *out)
{
    struct side *side = hy_xcalloc(2, sizeof(*side));
    struct hy_bar bars[BARS] = {0};
    char label[BARS][16];

    for (int i = 0; i < BARS; i++) {
        snprintf(label[i], sizeof(label[i]), "%+d时", i - BEFORE_H);
        bars[i].label = label[i];
    }
    count_sides(doc, response, side, bars);
    hy_report_h2(out, "回应前后的传播");
    hy_buf_puts(out, "<p>首次回应发布于 ");
    hy_html_time(out, response);
    hy_buf_puts(out, "。</p>");
    hy_chart_columns(out, "每小时的相关信息（条）：红为回应前，蓝为回应后；横轴为距首次回应的小时",
                     bars, BARS, 12);
    hy_buf_puts(out, "<table><thead><tr><th>时段</th><th class=\"n\">信息</th><th class=\"n\">其中"
                     "转载</th><th class=\"n\">来源</th><th class=\"n\">标题含质疑用词</th>"
                     "<th class=\"n\">标题转述官方</th></tr></thead><tbody>");
    side_row(out, "回应前24小时", &side[0]);
    side_row(out, "回应后48小时", &side[1]);
    hy_buf_puts(out, "</tbody></table>\n");
    if (o->now.ms < response.ms + AFTER_H * HY_HOUR_MS)
        hy_buf_puts(out, "<p class=\"note\">回应后未满48小时，数字还会变。</p>");
    hy_buf_puts(out, "<p class=\"note\">用词比例只数标题里的字词，不是对观点的判断；前后变化不等于"
                     "回应的效果，报道本来就会随时间减少。</p>");
    free(side);
}

static void heat_part(const json_t *doc, hy_wall response, struct hy_buf *out)
{
    const json_t *heat = json_object_get(doc, "heat");
    hy_wall peak = hy_json_time(heat, "peak_at");

    if (!json_is_object(heat))
        return;
    hy_report_h2(out, "热度");
    hy_buf_printf(out, "<p class=\"lead\">最高热度%.0f（满分100）", hy_json_num(heat, "peak", 0));
    if (hy_wall_known(peak)) {
        hy_buf_puts(out, "，出现于 ");
        hy_html_time(out, peak);
        hy_buf_puts(out, peak.ms < response.ms ? "，在首次回应之前" : "，在首次回应之后");
    }
    hy_buf_printf(out, "；最近一条信息时热度%.0f，涉及%lld个来源。</p>",
                  hy_json_num(heat, "value", 0), (long long)hy_json_int(heat, "sources", 0));
}

static void scores_part(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    static const struct {
        const char *key, *label;
    } scores[] = {{"timeliness", "及时性"},
                  {"targeting", "针对性"},
                  {"effectiveness", "有效性"},
                  {"initiative", "主动性"}};
    static const char *const blanks[] = {"经验与不足"};
    const json_t *list = json_object_get(doc, "evaluations");
    size_t i;
    json_t *e;

    hy_report_h2(out, "人工评估");
    if (json_array_size(list) == 0)
        hy_buf_puts(out, "<p class=\"none\">尚未评估（及时性、针对性、有效性，各0至10分）。</p>");
    json_array_foreach (list, i, e) {
        hy_buf_puts(out, "<p>");
        for (size_t k = 0; k < HY_COUNT(scores); k++)
            if (hy_json_int(e, scores[k].key, -1) >= 0)
                hy_buf_printf(out, "%s%lld分　", scores[k].label,
                              (long long)hy_json_int(e, scores[k].key, 0));
        hy_html_time(out, hy_json_time(e, "at"));
        hy_buf_puts(out, "</p><p>");
        hy_html_escape(out, o->public ? hy_str("") : hy_json_str(e, "lessons"));
        hy_buf_puts(out, "</p>");
    }
    if (!o->public)
        hy_report_blanks(out, blanks, HY_COUNT(blanks));
}

void hy_report_evaluation(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    hy_wall response = hy_first_response(doc);

    hy_report_facts(o, doc, out);
    hy_report_clocks(o, doc, true, out);
    if (hy_wall_known(response)) {
        spread_part(o, doc, response, out);
        heat_part(doc, response, out);
    } else {
        hy_report_h2(out, "回应前后的传播");
        hy_buf_puts(out, "<p class=\"none\">尚未登记回应，没有前后可比。</p>");
    }
    scores_part(o, doc, out);
}
