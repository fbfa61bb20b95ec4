/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows libxlsxwriter.  Its constant-memory mode keeps one row of a sheet and
 * writes text in place, so both sheets are written strictly downwards. */
#include "alerts/record/export_xlsx.h"

#include "alerts/record/stats.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

enum {
    A4 = 9,
    CELL_CHARS = 16000,
    DAYS_TO_1970 = 25569,
    CREATED = 946684800 /* 2000-01-01: no clock in the bytes */
};

struct group { /* rows of one unit or clock */
    char *name;
    int64_t n[HY_RESULT_COUNT];
};
struct groups {
    struct group *v;
    size_t n, room;
};

struct hy_xlsx {
    lxw_workbook *book;
    lxw_worksheet *summary, *rows; /* summary NULL: the rows have no results to count */
    lxw_format *head, *text, *time, *span, *red_text, *red_span, *title, *number;
    struct hy_export_form form;
    size_t result, clock, lead; /* columns */
    lxw_col_t columns;          /* of the sheet: early and late are two */
    size_t n;
    struct groups units, clocks;
    struct hy_buf cell; /* its text with a NUL */
};

static lxw_format *format(lxw_workbook *book, const char *number, bool red)
{
    lxw_format *f = workbook_add_format(book);

    format_set_font_name(f, "Noto Sans CJK SC");
    format_set_font_size(f, 10);
    format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
    if (number)
        format_set_num_format(f, number);
    if (red) {
        format_set_font_color(f, 0x9C0006);
        format_set_bg_color(f, 0xFFC7CE);
    }
    return f;
}

static void set_formats(struct hy_xlsx *x)
{
    x->text = format(x->book, NULL, false);
    x->red_text = format(x->book, NULL, true);
    x->number = format(x->book, "0", false);
    x->time = format(x->book, "yyyy-mm-dd hh:mm:ss", false);
    x->span = format(x->book, "[h]:mm:ss", false);
    x->red_span = format(x->book, "[h]:mm:ss", true);
    x->title = format(x->book, NULL, false);
    format_set_bold(x->title);
    format_set_font_size(x->title, 14);
    x->head = format(x->book, NULL, false);
    format_set_bold(x->head);
    format_set_bg_color(x->head, 0xD9E2F3);
    format_set_text_wrap(x->head);
    format_set_border(x->head, LXW_BORDER_THIN);
}

/* ---- the rows ---- */

static double width_of(const struct hy_export_column *c)
{
    static const struct {
        const char *name;
        double width;
    } wide[] = {{"title", 36},    {"basis", 30},      {"url", 36},         {"hash", 18},
                {"previous", 18}, {"steps", 30},      {"escalations", 30}, {"unseen", 24},
                {"coverage", 18}, {"delay_cause", 24}};

    for (size_t i = 0; i < HY_COUNT(wide); i++)
        if (strcmp(c->name, wide[i].name) == 0)
            return wide[i].width;
    return c->kind == HY_CELL_TIME ? 19 : 14;
}

/* Spreadsheets cannot show a duration below zero, so early and late are two columns. */
static const char *const span_label[2][2] = {{"提前时长", "超时时长"}, {"early", "late"}};

static void write_head(struct hy_xlsx *x)
{
    lxw_col_t col = 0;

    for (size_t i = 0; i < x->form.n; i++) {
        const struct hy_export_column *c = x->form.column[i];
        for (int k = 0; k < (c->kind == HY_CELL_MINUTES ? 2 : 1); k++, col++) {
            const char *label = hy_export_head(&x->form, i);
            if (c->kind == HY_CELL_MINUTES)
                label = span_label[x->form.o.english][k];
            worksheet_set_column(x->rows, col, col, width_of(c), NULL);
            worksheet_write_string(x->rows, 0, col, label, x->head);
        }
    }
    x->columns = col;
    worksheet_set_row(x->rows, 0, 32, NULL);
    worksheet_freeze_panes(x->rows, 1, 3);
}

static void set_page(lxw_worksheet *s, const char *title)
{
    HY_CLEANUP(hy_freep) char *header = hy_xasprintf("&C%s · &A", title);

    worksheet_set_paper(s, A4);
    worksheet_set_landscape(s);
    worksheet_set_margins(s, 0.4, 0.4, 0.6, 0.6);
    worksheet_set_header(s, header);
    worksheet_set_footer(s, "&C第 &P 页 共 &N 页");
}

int hy_xlsx_open(const char *path, const struct hy_export_form *form, struct hy_xlsx **ret,
                 struct hy_err *err)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_doc_properties about = {.title = (char *)form->title, .created = CREATED};
    struct hy_xlsx *x = hy_xcalloc(1, sizeof(*x));

    x->form = *form;
    x->cell = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    if (form->has_results) {
        x->result = hy_export_find(form, "result");
        x->clock = hy_export_find(form, "clock");
        x->lead = hy_export_find(form, "lead");
    }
    x->book = workbook_new_opt(path, &options);
    if (x->book == NULL) {
        free(x);
        return hy_fail(err, HY_E_IO, "%s: cannot make a workbook", path);
    }
    workbook_set_properties(x->book, &about);
    set_formats(x);
    if (form->has_results) {
        x->summary = workbook_add_worksheet(x->book, form->o.english ? "summary" : "汇总");
        set_page(x->summary, form->title);
    }
    x->rows = workbook_add_worksheet(x->book, form->o.english ? form->sheet_en : form->sheet);
    write_head(x);
    set_page(x->rows, form->title);
    worksheet_repeat_rows(x->rows, 0, 0);
    *ret = x;
    return HY_OK;
}

/* Days since the last day of 1899, as spreadsheets count (1900 is a leap year to them), in the
 * zone of the office. */
static double serial_of(hy_wall t)
{
    int64_t ms = t.ms + HY_CST * HY_MINUTE_MS + DAYS_TO_1970 * HY_DAY_MS;

    return (double)ms / (double)HY_DAY_MS;
}

static void write_text(struct hy_xlsx *x, lxw_row_t row, lxw_col_t col, struct hy_str s,
                       lxw_format *f)
{
    hy_buf_clear(&x->cell);
    hy_buf_str(&x->cell, s.n > CELL_CHARS ? hy_utf8_head(s, CELL_CHARS) : s);
    worksheet_write_string(x->rows, row, col, x->cell.p, f); /* never a formula, never a link */
}

/* Minutes early or late as a part of a day, in the one of two columns that it belongs to. */
static void write_span(struct hy_xlsx *x, lxw_row_t row, lxw_col_t col, struct hy_str s)
{
    int64_t minutes = 0;

    if (!hy_str_to_i64(s, &minutes))
        return;
    if (minutes >= 0)
        worksheet_write_number(x->rows, row, col, (double)minutes / 1440, x->span);
    else
        worksheet_write_number(x->rows, row, col + 1, (double)-minutes / 1440, x->red_span);
}

static void write_cell(struct hy_xlsx *x, lxw_row_t row, lxw_col_t col,
                       const struct hy_export_row *from, size_t column, lxw_format *f)
{
    struct hy_str s = hy_export_cell(from, column);
    enum hy_cell kind = x->form.column[column]->kind;
    int64_t n;

    if (s.n == 0)
        return;
    if (kind == HY_CELL_MINUTES)
        write_span(x, row, col, s);
    else if (kind == HY_CELL_TIME)
        worksheet_write_number(x->rows, row, col, serial_of(from->time[column]), x->time);
    else if (kind == HY_CELL_NUMBER && hy_str_to_i64(s, &n))
        worksheet_write_number(x->rows, row, col, (double)n, x->number);
    else
        write_text(x, row, col, s, f);
}

static void count(struct groups *list, struct hy_str name, enum hy_result result)
{
    size_t i = 0;

    while (i < list->n && !hy_str_is(name, list->v[i].name))
        i++;
    if (i == list->n)
        hy_vec_push(list, (struct group){hy_str_dup(name), {0}});
    list->v[i].n[result]++;
}

int hy_xlsx_row(struct hy_xlsx *x, const struct hy_export_row *row, struct hy_err *err)
{
    bool late = x->form.has_results &&
                (row->result == HY_RESULT_LATE || row->result == HY_RESULT_OVERDUE);
    lxw_col_t col = 0;

    if (x->n == HY_XLSX_ROWS_MAX)
        return hy_fail(err, HY_E_TOOBIG,
                       "一张工作表放不下 %d 行以上，请用 --format csv，或用 --from、--to 分段导出",
                       HY_XLSX_ROWS_MAX);
    x->n++;
    for (size_t i = 0; i < x->form.n; i++) {
        const struct hy_export_column *c = x->form.column[i];
        write_cell(x, (lxw_row_t)x->n, col, row, i, late && i == x->result ? x->red_text : x->text);
        col += c->kind == HY_CELL_MINUTES ? 2 : 1;
    }
    if (!x->form.has_results)
        return HY_OK;
    count(&x->clocks, hy_export_cell(row, x->clock), row->result);
    count(&x->units, hy_export_cell(row, x->lead), row->result);
    return HY_OK;
}

/* ---- the summary ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

static void write_group(struct hy_xlsx *x, lxw_row_t row, const struct group *g)
{
    int64_t late = g->n[HY_RESULT_LATE] + g->n[HY_RESULT_OVERDUE];
    struct hy_rate rate = {g->n[HY_RESULT_MET], g->n[HY_RESULT_MET] + late};
    const int64_t cells[] = {g->n[HY_RESULT_MET], late, g->n[HY_RESULT_WAIVED],
                             g->n[HY_RESULT_RUNNING], g->n[HY_RESULT_SUPERSEDED]};
    struct hy_buf b = HY_BUF_INIT(200);

    worksheet_write_string(x->summary, row, 0, *g->name ? g->name : "（未交办）", x->text);
    for (size_t i = 0; i < HY_COUNT(cells); i++)
        worksheet_write_number(x->summary, row, (lxw_col_t)i + 1, (double)cells[i],
                               i == 1 && late ? x->red_text : x->number);
    hy_rate_text(rate, &b);
    worksheet_write_string(x->summary, row, 6, b.p, x->text);
    hy_buf_release(&b);
}

/* Table and chart of one grouping; the row behind both. */
static lxw_row_t write_groups(struct hy_xlsx *x, lxw_row_t row, const char *name,
                              struct groups *list)
{
    static const char *const heads[] = {"按时", "超时", "免除", "未到期", "已替代", "按时率"};
    const char *sheet = x->form.o.english ? "summary" : "汇总";
    lxw_row_t first = row + 1, last = row + (lxw_row_t)list->n;
    lxw_chart *chart;

    worksheet_write_string(x->summary, row, 0, name, x->head);
    for (size_t i = 0; i < HY_COUNT(heads); i++)
        worksheet_write_string(x->summary, row, (lxw_col_t)i + 1, heads[i], x->head);
    if (list->n == 0)
        return row + 2;
    qsort(list->v, list->n, sizeof(*list->v), by_name);
    for (size_t i = 0; i < list->n; i++)
        write_group(x, first + (lxw_row_t)i, &list->v[i]);
    chart = workbook_add_chart(x->book, LXW_CHART_BAR_STACKED);
    for (lxw_col_t col = 1; col <= 2; col++) { /* on time, late */
        lxw_chart_series *s = chart_add_series(chart, NULL, NULL);
        lxw_chart_fill fill = {.color = col == 1 ? 0x2F6FB5 : 0xC0392B};
        chart_series_set_categories(s, sheet, first, 0, last, 0);
        chart_series_set_values(s, sheet, first, col, last, col);
        chart_series_set_name_range(s, sheet, row, col);
        chart_series_set_fill(s, &fill);
    }
    chart_title_set_name(chart, name);
    chart_axis_set_reverse(chart->x_axis);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_BOTTOM);
    lxw_chart_options at = {.x_scale = 0.9, .y_scale = 0.9};
    worksheet_insert_chart_opt(x->summary, row, 8, chart, &at);
    return HY_MAX(last + 3, row + 16);
}

static void write_summary(struct hy_xlsx *x)
{
    HY_CLEANUP(hy_freep)
    char *about =
        hy_xasprintf("%zu 行。按时率 = 按时 ÷（按时 + 超时），免除、未到期和已替代的不计；"
                     "不足 %d 件的不计率。%s",
                     x->n, HY_STATS_LEAST, x->form.o.public ? "公开口径，已去标识。" : "");
    lxw_row_t row;

    worksheet_set_column(x->summary, 0, 0, 26, NULL);
    worksheet_set_column(x->summary, 1, 5, 9, NULL);
    worksheet_set_column(x->summary, 6, 6, 20, NULL);
    worksheet_write_string(x->summary, 0, 0, "回应时效台账汇总", x->title);
    worksheet_write_string(x->summary, 1, 0, about, x->text);
    row = write_groups(x, 3, "按牵头单位", &x->units);
    write_groups(x, row, "按时限", &x->clocks);
    worksheet_fit_to_pages(x->summary, 1, 0);
}

static void free_groups(struct groups *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i].name);
    hy_vec_release(list);
}

int hy_xlsx_close(struct hy_xlsx *x, struct hy_err *err)
{
    lxw_error e;

    if (x->n)
        worksheet_autofilter(x->rows, 0, 0, (lxw_row_t)x->n, x->columns - 1);
    if (x->form.has_results)
        write_summary(x);
    e = workbook_close(x->book);
    free_groups(&x->units);
    free_groups(&x->clocks);
    hy_buf_release(&x->cell);
    free(x);
    return e ? hy_fail(err, HY_E_IO, "cannot write the workbook: %s", lxw_strerror(e)) : HY_OK;
}
