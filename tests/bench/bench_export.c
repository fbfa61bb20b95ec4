/* SPDX-License-Identifier: Apache-2.0 */
/* The timeliness log of a million obligations: rows a second of CPU of each form (making the
 * documents included), and the memory the longest takes.  Peer: the goals of docs/BENCHMARKS.md
 * (50,000 workbook rows in a second, 8 MB), since no other program makes this log; of the workbook
 * also libxlsxwriter alone, told to write the very same cells 50,000 times. */
#include "alerts/record/export.h"
#include "alerts/record/export_xlsx.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { ROWS = 1000000, PER_DOC = 4, SHEET = 50000, SOURCES = 40, WINDOWS = 300 };

static hy_wall base;

static json_t *document(int n)
{
    json_t *doc, *list = json_array();
    char id[32], text[HY_TIME_SIZE];
    hy_wall start = hy_wall_add_ms(base, (int64_t)n * 30000);

    snprintf(id, sizeof(id), "I20260101-%06d", n);
    hy_wall_format(start, HY_CST, text);
    for (int i = 0; i < PER_DOC; i++) {
        json_t *o =
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:{s:s,s:s}}", "id", id, "clock",
                      i ? "H24" : "H5", "label", "5小时内发布权威信息", "state",
                      n % 7 ? "met" : "late", "start", text, "anchor", "first_public", "minutes",
                      n % 7 ? 30 : -12, "pack", "national", "basis", "国办发〔2016〕61号第二条",
                      "evidence", "url", "https://www.qx.example/xxgk/1.html", "form", "release");
        hy_json_set_time(o, "due", hy_wall_add_ms(start, 5 * HY_HOUR_MS), HY_CST);
        hy_json_set_time(o, "ended", hy_wall_add_ms(start, 4 * HY_HOUR_MS), HY_CST);
        json_array_append_new(list, o);
    }
    doc = json_pack("{s:s,s:s,s:s,s:i,s:[{s:s}],s:{s:s,s:s},s:{s:{s:s,s:s}},s:i,s:o}", "id", id,
                    "title", "江口区一仓库起火，三人受伤", "kind", "emergency", "level", 2,
                    "places", "name", "江口区", "times", "first_public", text, "detected", text,
                    "units", "lead", "id", "emergency", "name", "应急管理局", "version", n,
                    "obligations", list);
    return doc;
}

static struct hy_coverage *sources(void)
{
    struct hy_coverage *c = hy_coverage_new(hy_wall_add_ms(base, 400 * HY_DAY_MS));

    for (int s = 0; s < SOURCES; s++) {
        json_t *doc = json_pack("{s:s,s:[]}", "name", "区闻网", "windows");
        for (int i = 0; i < WINDOWS; i++) {
            json_t *w = json_pack("{s:s}", "state", i % 2 ? "blind" : "healthy");
            hy_json_set_time(w, "from", hy_wall_add_ms(base, i * HY_DAY_MS), HY_CST);
            hy_json_set_time(w, "to", hy_wall_add_ms(base, (i + 1) * HY_DAY_MS), HY_CST);
            json_array_append_new(json_object_get(doc, "windows"), w);
        }
        hy_coverage_add(c, doc);
        json_decref(doc);
    }
    return c;
}

static double peak_mb(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

/* Of this process and not of the clock: others use the machine too. */
static double cpu_seconds(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void figure(const char *metric, double value, const char *unit, double goal, bool more)
{
    printf("{\"bench\":\"export\",\"metric\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"peer\":"
           "\"goal\",\"peer_value\":%.0f,\"ratio\":%.2f}\n",
           metric, value, unit, goal, more ? value / goal : goal / value);
    fflush(stdout);
}

struct bare;
struct out {
    const struct hy_export_form *form;
    bool jsonl;
    struct hy_buf text;
    struct hy_xlsx *xlsx;
    struct bare *bare;
};

static int text_row(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    struct out *out = user;

    (void)err;
    (out->jsonl ? hy_export_jsonl_row : hy_export_csv_row)(out->form, row, &out->text);
    return HY_OK;
}

static int sheet_row(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    return hy_xlsx_row(((struct out *)user)->xlsx, row, err);
}

static void each(int n, struct out *out, hy_export_fn fn)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *doc = document(n);

    if (hy_export_each(doc, out->form, HY_WALL_NONE, HY_WALL_NONE, HY_STR("abc"), fn, out, &err) <
        0)
        hy_bug("%s", err.msg);
    json_decref(doc);
}

static void text_form(const char *metric, bool jsonl, const struct hy_export_form *form)
{
    FILE *file = fopen("/dev/null", "we");
    struct out out = {.form = form, .jsonl = jsonl, .text = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    double began = cpu_seconds();

    for (int n = 0; n < ROWS / PER_DOC; n++) {
        hy_buf_clear(&out.text);
        each(n, &out, text_row);
        fwrite(out.text.p, 1, out.text.n, file);
    }
    figure(metric, ROWS / (cpu_seconds() - began), "rows/s", 50000, true);
    fclose(file);
    hy_buf_release(&out.text);
}

/* One row's cells, as the library is told them. */
struct bare {
    struct {
        char *text; /* NULL: a number */
        double number;
        double step; /* from one document to the next, as in document() */
    } cell[80];
    size_t n;
};

static int bare_row(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    struct out *out = user;
    struct bare *b = out->bare;
    int64_t n;

    (void)err;
    for (size_t i = b->n = 0; i < out->form->n && i < HY_COUNT(b->cell); i++) {
        struct hy_str s = hy_export_cell(row, i);
        enum hy_cell kind = out->form->column[i]->kind;
        free(b->cell[b->n].text);
        b->cell[b->n].text = NULL;
        if (s.n == 0)
            continue;
        if (kind == HY_CELL_TIME)
            b->cell[b->n].number = (double)row->time[i].ms / (double)HY_DAY_MS + 25569;
        else if (kind != HY_CELL_TEXT && hy_str_to_i64(s, &n))
            b->cell[b->n].number = kind == HY_CELL_MINUTES ? (double)n / 1440 : (double)n;
        else
            b->cell[b->n].text = hy_str_dup(s);
        b->cell[b->n++].step = kind == HY_CELL_TIME ? 30000.0 / HY_DAY_MS : 0;
    }
    return HY_OK;
}

/* What the library alone needs for as many cells of the same kinds. */
static double bare_library(const struct hy_export_form *form)
{
    char path[] = "/tmp/bench_export.XXXXXX";
    int fd = mkstemp(path);
    struct bare cells = {.n = 0};
    struct out out = {.form = form, .bare = &cells};
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};

    close(fd);
    each(1, &out, bare_row);
    double began = cpu_seconds();
    lxw_workbook *book = workbook_new_opt(path, &options);
    lxw_format *format = workbook_add_format(book);
    format_set_num_format(format, "yyyy-mm-dd hh:mm:ss"); /* a plain one is looked up per cell */
    lxw_worksheet *sheet = workbook_add_worksheet(book, NULL);
    for (int n = 0; n < SHEET; n++)
        for (size_t i = 0; i < cells.n; i++)
            if (cells.cell[i].text)
                worksheet_write_string(sheet, (lxw_row_t)n, (lxw_col_t)i, cells.cell[i].text,
                                       format);
            else
                worksheet_write_number(sheet, (lxw_row_t)n, (lxw_col_t)i,
                                       cells.cell[i].number + cells.cell[i].step * (n / PER_DOC),
                                       format);
    if (workbook_close(book))
        hy_bug("libxlsxwriter");
    double rate = SHEET / (cpu_seconds() - began);
    for (size_t i = 0; i < HY_COUNT(cells.cell); i++)
        free(cells.cell[i].text);
    unlink(path);
    return rate;
}

static double workbook(const char *metric, int rows, const struct hy_export_form *form)
{
    char path[] = "/tmp/bench_export.XXXXXX";
    int fd = mkstemp(path);
    struct hy_err err = HY_ERR_INIT;
    struct out out = {.form = form};
    double began = cpu_seconds();

    close(fd);
    if (hy_xlsx_open(path, form, &out.xlsx, &err) < 0)
        hy_bug("%s", err.msg);
    for (int n = 0; n < rows / PER_DOC; n++)
        each(n, &out, sheet_row);
    if (hy_xlsx_close(out.xlsx, &err) < 0)
        hy_bug("%s", err.msg);
    double rate = rows / (cpu_seconds() - began);
    figure(metric, rate, "rows/s", 50000, true);
    unlink(path);
    return rate;
}

int main(void)
{
    struct hy_export_opts o = {0};
    struct hy_export_form form;
    struct hy_coverage *c;

    hy_wall_parse(HY_STR("2026-01-01T00:00:00+08:00"), &base);
    o.now = hy_wall_add_ms(base, 400 * HY_DAY_MS);
    o.coverage = c = sources();
    hy_export_form_init(&form, &o);
    double before = peak_mb();
    text_form("csv_1m", false, &form);
    text_form("jsonl_1m", true, &form);
    figure("text_peak_mb", peak_mb() - before + 0.1, "MB", 8, false);
    double ours = workbook("xlsx_50k", SHEET, &form), bare = bare_library(&form);
    printf(
        "{\"bench\":\"export\",\"metric\":\"xlsx_50k_library\",\"value\":%.1f,\"unit\":\"rows/s\","
        "\"peer\":\"libxlsxwriter\",\"peer_value\":%.1f,\"ratio\":%.2f}\n",
        ours, bare, ours / bare);
    workbook("xlsx_1m", ROWS, &form);
    figure("all_peak_mb", peak_mb() - before + 0.1, "MB", 64, false);
    hy_coverage_free(c);
    return 0;
}
