/* SPDX-License-Identifier: Apache-2.0 */
/* What all reports share: head and foot, styles, and how an incident and a clock are named. */
#include "alerts/record/report.h"

#include "alerts/record/export.h"
#include "alerts/record/html.h"
#include "core/mem.h"

#include <stdio.h>

const char *const hy_report_name[] = {"daily",      "quarterly",      "incident", "flash",
                                      "evaluation", "accountability", NULL};

static const char style[] =
    "@page{size:A4;margin:20mm 17mm 18mm;@bottom-center{content:\"第 \" counter(page) \" 页 共 \" "
    "counter(pages) \" 页\";font:9pt sans-serif;color:#555}}\n"
    "*{box-sizing:border-box}\n"
    "html{font:10.5pt/1.65 \"Noto Serif CJK SC\",\"Source Han Serif "
    "SC\",SimSun,serif;color:#1a1a1a;"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
    "body{max-width:176mm;margin:0 auto;padding:8mm 0;counter-reset:part}\n"
    "h1,h2,h3,th,figcaption,.label,.lead b,svg{font-family:\"Noto Sans CJK SC\",\"Source Han Sans "
    "SC\",\"Microsoft YaHei\",sans-serif}\n"
    "header{border-bottom:2.4pt solid #b01818;padding-bottom:3mm;margin-bottom:5mm}\n"
    "header .office{font-size:11pt;color:#444;letter-spacing:.08em}\n"
    "h1{color:#b01818;font-size:25pt;line-height:1.3;letter-spacing:.12em;margin:1mm 0 2mm}\n"
    "header .about{display:flex;justify-content:space-between;gap:6mm;font-size:9.5pt;color:#444}\n"
    "h2{font-size:13pt;margin:6mm 0 2mm;break-after:avoid}\n"
    "h2::before{counter-increment:part;content:counter(part,cjk-ideographic) \"、\"}\n"
    "h3{font-size:11pt;margin:4mm 0 1mm;break-after:avoid}\n"
    "p{margin:1mm 0 2mm;text-align:justify}\n"
    "p.lead{text-indent:2em}\n"
    ".subject{font-size:14pt;font-weight:bold;line-height:1.45;margin:0 0 3mm}\n"
    ".tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:3mm;margin:0 0 4mm}\n"
    ".tiles div{border:.6pt solid #c9c9c9;border-top:2pt solid #2f5f9e;padding:2mm 3mm;"
    "break-inside:avoid}\n"
    ".tiles div.red{border-top-color:#b01818}\n"
    ".tiles b{display:block;font:bold 17pt/1.3 \"Noto Sans CJK SC\",sans-serif;"
    "font-variant-numeric:tabular-nums}\n"
    ".tiles .label{font-size:9pt;color:#444}\n"
    "table{border-collapse:collapse;width:100%;font-size:9.2pt;line-height:1.45;margin:1mm 0 3mm}\n"
    "table.narrow{width:62%}\n"
    "thead{display:table-header-group}\n"
    "tr{break-inside:avoid}\n"
    "tbody tr:nth-child(-n+2),tbody tr:nth-last-child(2){break-after:avoid}\n"
    "th,td{border:.5pt solid #b8b8b8;padding:1mm 1.6mm;vertical-align:top;text-align:left;"
    "overflow-wrap:anywhere}\n"
    "th{background:#eef2f7;font-weight:bold;white-space:nowrap}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "td.t{white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    "td.late,.late{color:#a01010;font-weight:bold}\n"
    "tr.total td{font-weight:bold;background:#f7f7f7}\n"
    "dl{display:grid;grid-template-columns:8em 1fr 8em 1fr;margin:0 0 3mm;border-top:.5pt solid "
    "#b8b8b8;font-size:9.8pt}\n"
    "dt,dd{margin:0;padding:1mm 1.6mm;border-bottom:.5pt solid #b8b8b8}\n"
    "dt{background:#eef2f7;font-weight:bold}\n"
    "dd.wide{grid-column:span 3}\n"
    "figure{margin:2mm 0 4mm;break-inside:avoid}\n"
    "figcaption{font-size:9.2pt;color:#444;margin-bottom:1mm}\n"
    "svg{width:100%;height:auto;display:block}\n"
    "svg text{font-size:11px;fill:#444}\n"
    ".good{fill:#2f6fb5}.bad{fill:#c0392b}.grid{stroke:#ddd;stroke-width:.8}\n"
    ".note,.none{color:#555;font-size:9.2pt}\n"
    ".blank{break-inside:avoid}\n"
    ".fill{border-bottom:.5pt solid #888;height:8mm}\n"
    "footer{margin-top:6mm;border-top:1pt solid #b01818;padding-top:3mm;break-inside:avoid;"
    "font-size:9pt;color:#444}\n"
    ".sign{display:flex;justify-content:space-between;font-size:10.5pt;color:#1a1a1a;margin-bottom:"
    "3mm}\n"
    "a{color:inherit;text-decoration:none;border-bottom:.4pt solid #999}\n"
    "@media screen{body{padding:10mm 6mm}}\n"
    ".tick{white-space:nowrap;margin-right:1.2em}\n"
    "@media print{body{padding:0 .8pt 0 0;max-width:none}}\n";

void hy_report_head(const struct hy_report_opts *o, const char *title, const char *about,
                    struct hy_buf *out)
{
    hy_buf_puts(out, "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'\">\n<title>");
    hy_html_puts(out, title);
    hy_buf_printf(
        out, "</title>\n<style>\n%s</style></head>\n<body>\n<header><div class=\"office\">", style);
    hy_html_puts(out, o->office);
    hy_buf_puts(out, "</div><h1>");
    hy_html_puts(out, title);
    hy_buf_puts(out, "</h1><div class=\"about\"><span>");
    hy_html_puts(out, about);
    hy_buf_puts(out, "</span><span>数据截止 ");
    hy_html_time(out, o->now);
    hy_buf_printf(out, "</span><span>%s</span></div></header>\n",
                  o->public ? "公开口径（已去标识）" : "内部资料");
}

void hy_report_foot(const struct hy_report_opts *o, struct hy_buf *out)
{
    hy_buf_puts(out, "<footer>");
    if (!o->public)
        hy_buf_puts(out,
                    "<div class=\"sign\"><span>编制：＿＿＿＿＿＿</span><span>审核：＿＿＿＿＿＿"
                    "</span><span>签发：＿＿＿＿＿＿</span></div>");
    hy_buf_puts(
        out, "本件由系统根据日志中的记录生成，只列事实和时间。“超时”指超过本单位设定的时限，不代表"
             "对责任的认定；定级、定性和问责由有权人员依法决定。</footer>\n</body></html>\n");
}

void hy_report_h2(struct hy_buf *out, const char *text)
{
    hy_buf_puts(out, "<h2>");
    hy_html_puts(out, text);
    hy_buf_puts(out, "</h2>\n");
}

void hy_report_title(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (o->public)
        hy_export_public_title(doc, &b);
    else
        hy_buf_str(&b, hy_json_str(doc, "title"));
    hy_html_escape(out, hy_buf_view(&b));
    hy_buf_release(&b);
}

void hy_report_places(const json_t *doc, struct hy_buf *out)
{
    size_t i;
    json_t *p;

    json_array_foreach (json_object_get(doc, "places"), i, p) {
        hy_buf_puts(out, i ? "、" : "");
        hy_html_escape(out, hy_json_str(p, "name"));
    }
    if (json_array_size(json_object_get(doc, "places")) == 0)
        hy_buf_puts(out, "—");
}

void hy_report_clock(const json_t *obligation, struct hy_buf *out)
{
    struct hy_str label = hy_json_str(obligation, "label");

    hy_html_escape(out, label.n ? label : hy_json_str(obligation, "clock"));
}

void hy_report_standing(const struct hy_report_opts *o, const json_t *obligation,
                        struct hy_buf *out)
{
    enum hy_result r = hy_result_of(obligation, o->now);
    hy_wall due = hy_json_time(obligation, "due"), ended = hy_json_time(obligation, "ended");
    bool late = r == HY_RESULT_LATE || r == HY_RESULT_OVERDUE;
    hy_wall at = r == HY_RESULT_LATE || r == HY_RESULT_MET ? ended : o->now;

    hy_buf_printf(out, late ? "<span class=\"late\">%s" : "<span>%s", hy_result_label[r]);
    if (r <= HY_RESULT_RUNNING && hy_wall_known(at) && hy_wall_known(due)) {
        hy_buf_puts(out, r == HY_RESULT_MET ? "，提前" : r == HY_RESULT_RUNNING ? "，还有" : " ");
        hy_span_text(due.ms > at.ms ? due.ms - at.ms : at.ms - due.ms, out);
    }
    if (r == HY_RESULT_SUPERSEDED && !o->public && hy_json_str(obligation, "reason").n) {
        hy_buf_puts(out, "（");
        hy_html_escape(out, hy_json_str(obligation, "reason"));
        hy_buf_puts(out, "）");
    }
    hy_buf_printf(out, "%s</span>", r == HY_RESULT_OVERDUE ? "，尚未完成" : "");
}

void hy_report_unit(const json_t *doc, struct hy_buf *out)
{
    struct hy_str name =
        hy_json_str(json_object_get(json_object_get(doc, "units"), "lead"), "name");

    hy_html_escape(out, name.n ? name : HY_STR("未交办"));
}

static hy_wall day_start(int year, int month, int day)
{
    return hy_wall_of(&(struct hy_civil){.year = year, .month = month, .day = day}, HY_CST);
}

void hy_report_period(enum hy_report_kind kind, hy_wall now, hy_wall *from, hy_wall *to)
{
    struct hy_civil c = hy_civil_of(hy_wall_known(*from) ? *from : now, HY_CST);
    int month = (c.month - 1) / 3 * 3 + 1;
    bool quarter = kind == HY_REPORT_QUARTERLY;

    if (!hy_wall_known(*from))
        *from = quarter ? day_start(c.year, month - 3, 1) : day_start(c.year, c.month, c.day);
    if (hy_wall_known(*to))
        return;
    c = hy_civil_of(*from, HY_CST);
    *to = quarter ? day_start(c.year, c.month + 3, c.day) : day_start(c.year, c.month, c.day + 1);
}
