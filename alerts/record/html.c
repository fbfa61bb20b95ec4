/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/html.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/office.h"

#include <stdio.h>
#include <string.h>

static bool is_shown(uint32_t c)
{
    if (c < 0x20)
        return c == '\n' || c == '\t';
    if (c == 0x7F || (c >= 0x80 && c < 0xA0) || c == 0xFEFF)
        return false;
    return !(c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E) ||
             (c >= 0x2066 && c <= 0x2069));
}

void hy_html_escape(struct hy_buf *out, struct hy_str s)
{
    static const char special[] = "&<>\"'";
    static const char *const escaped[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

    for (size_t at = 0; at < s.n;) {
        uint32_t c = hy_utf8_next(s, &at);
        const char *found = c && c < 0x80 ? strchr(special, (char)c) : NULL;
        if (found)
            hy_buf_puts(out, escaped[found - special]);
        else if (is_shown(c))
            hy_buf_utf8(out, c);
    }
}

void hy_html_puts(struct hy_buf *out, const char *s)
{
    hy_html_escape(out, hy_str(s));
}

void hy_html_link(struct hy_buf *out, struct hy_str url, struct hy_str text)
{
    bool link = hy_rules_is_http(url);

    if (link) {
        hy_buf_puts(out, "<a href=\"");
        hy_html_escape(out, url);
        hy_buf_puts(out, "\" rel=\"noreferrer\">");
    }
    hy_html_escape(out, text.n ? text : url);
    hy_buf_puts(out, link ? "</a>" : "");
}

void hy_html_time(struct hy_buf *out, hy_wall t)
{
    struct hy_civil c;

    if (!hy_wall_known(t)) {
        hy_buf_puts(out, "—");
        return;
    }
    c = hy_civil_of(t, HY_CST);
    hy_buf_printf(out, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

/* ---- charts ---- */

enum {
    WIDE = 680,
    HALF_LABEL = 20,
    TALL = 150,  /* of the columns' field */
    LEFT = 34,   /* for the numbers of the axis */
    ROW = 24,    /* of the lying bars */
    LABEL = 170, /* for their names */
    FIELD = 380
};

static int64_t most(const struct hy_bar *v, size_t n)
{
    int64_t max = 1;

    for (size_t i = 0; i < n; i++)
        max = HY_MAX(max, v[i].good + v[i].bad);
    return max;
}

static void begin(struct hy_buf *out, const char *title, int height)
{
    hy_buf_puts(out, "<figure><figcaption>");
    hy_html_puts(out, title);
    hy_buf_printf(out, "</figcaption><svg viewBox=\"0 0 %d %d\" role=\"img\">", WIDE, height);
}

static void rect(struct hy_buf *out, const char *class, double x, double y, double w, double h)
{
    if (w > 0 && h > 0)
        hy_buf_printf(out,
                      "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                      class, x, y, w, h);
}

static void axis(struct hy_buf *out, int64_t max)
{
    for (int i = 0; i <= 2; i++) {
        int64_t value = max * i / 2;
        double y = 10 + TALL - (double)TALL * (double)value / (double)max;
        if (i && value == max * (i - 1) / 2)
            continue;
        hy_buf_printf(out,
                      "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                      "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%lld</text>",
                      LEFT, WIDE, y, y, LEFT - 5, y + 4, (long long)value);
    }
}

void hy_chart_columns(struct hy_buf *out, const char *title, const struct hy_bar *v, size_t n,
                      size_t every)
{
    int64_t max = most(v, n);
    double step = (double)(WIDE - LEFT) / (double)HY_MAX(n, 1);

    begin(out, title, TALL + 34);
    axis(out, max);
    for (size_t i = 0; i < n; i++) {
        double x = LEFT + step * (double)i, unit = (double)TALL / (double)max;
        double good = unit * (double)v[i].good, bad = unit * (double)v[i].bad;
        rect(out, "good", x + step * 0.12, 10 + TALL - good, step * 0.76, good);
        rect(out, "bad", x + step * 0.12, 10 + TALL - good - bad, step * 0.76, bad);
        if (i % every)
            continue;
        bool at_edge = x + step / 2 + HALF_LABEL > WIDE; /* it would be cut off */
        hy_buf_printf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">",
                      at_edge ? (double)WIDE : x + step / 2, TALL + 27, at_edge ? "end" : "middle");
        hy_html_puts(out, v[i].label);
        hy_buf_puts(out, "</text>");
    }
    hy_buf_puts(out, "</svg></figure>");
}

void hy_chart_bars(struct hy_buf *out, const char *title, const struct hy_bar *v, size_t n)
{
    double unit = (double)FIELD / (double)most(v, n);

    begin(out, title, (int)n * ROW + 4);
    for (size_t i = 0; i < n; i++) {
        int64_t all = v[i].good + v[i].bad;
        double y = (double)(i * ROW), good = unit * (double)v[i].good;
        double bad = unit * (double)v[i].bad;
        hy_buf_printf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LABEL - 8, y + 16);
        hy_html_escape(out, hy_utf8_head(hy_str(v[i].label), 13));
        hy_buf_puts(out, "</text>");
        rect(out, "good", LABEL, y + 4, good, ROW - 8);
        rect(out, "bad", LABEL + good, y + 4, bad, ROW - 8);
        hy_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\">%lld/%lld</text>", LABEL + good + bad + 8,
                      y + 16, (long long)v[i].good, (long long)all);
    }
    hy_buf_puts(out, "</svg></figure>");
}
