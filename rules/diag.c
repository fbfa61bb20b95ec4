/* SPDX-License-Identifier: Apache-2.0 */
/* Collects mistakes and shows them.  Storage is bounded: after MAX_RECORDS the rest is counted, and
 * a line of any length is shown as the part around the caret. */
#include "rules/diag.h"

#include "core/hash.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_RECORDS = 300, MAX_NAME = 64, SHOW_COLUMNS = 100, CARET_AT = 50 };

struct file {
    char *name; /* positions borrow it: never moves */
    char *text;
    size_t n;
};

struct record {
    struct hy_pos pos;
    size_t file, seq; /* order for printing */
    bool warning;
    char *msg;
};

struct hy_diag {
    HY_VEC(struct file) files;
    HY_VEC(struct record) records;
    size_t errors, warnings, dropped;
    char chain[HY_SHA256_HEX]; /* hash over the hashes of all files so far */
};

/* Columns on a terminal: East Asian wide characters take two (Unicode TR11, W and F). */
static int width_of(uint32_t c)
{
    static const uint32_t wide[][2] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
        {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
        {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };

    if (c == 0x200B || c == 0xFEFF || (c >= 0x300 && c <= 0x36F))
        return 0;
    for (size_t i = 0; i < HY_COUNT(wide); i++)
        if (c >= wide[i][0] && c <= wide[i][1])
            return 2;
    return 1;
}

/* Control characters never reach a terminal or a page. */
static uint32_t visible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ? 0xFFFD : c;
}

const char *hy_diag_shown(struct hy_str s, char *buf, size_t size)
{
    struct hy_buf b = HY_BUF_INIT(size - 5);
    size_t at = 0;

    while (at < s.n && !b.overflow)
        hy_buf_utf8(&b, visible(hy_utf8_next(s, &at)));
    snprintf(buf, size, HY_STR_FMT "%s", HY_STR_ARG(hy_buf_view(&b)), b.overflow ? "…" : "");
    hy_buf_release(&b);
    return buf;
}

/* --- collecting --- */

static size_t file_index(const struct hy_diag *d, const char *name)
{
    size_t i = 0;

    while (i < d->files.n && d->files.v[i].name != name)
        i++;
    return i;
}

static bool line_of(const struct hy_diag *d, struct hy_pos pos, struct hy_str *ret)
{
    size_t i = file_index(d, pos.file);

    if (i == d->files.n || d->files.v[i].text == NULL || pos.line < 1)
        return false;
    struct hy_str text = {d->files.v[i].text, d->files.v[i].n};
    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);)
        if (it.no == (size_t)pos.line) {
            *ret = it.line;
            return true;
        }
    return false;
}

/* Signs of the Chinese keyboard where YAML has its own, at the head of what is underlined. */
static const struct {
    const char *wide, *half;
} wide_signs[] = {
    {"“", "\""}, {"”", "\""}, {"＂", "\""}, {"‘", "'"}, {"’", "'"}, {"【", "["},
    {"［", "["},  {"｛", "{"},  {"－", "-"},  {"＃", "#"}, {"０", "0"}, {"１", "1"},
    {"２", "2"},  {"３", "3"},  {"４", "4"},  {"５", "5"}, {"６", "6"}, {"７", "7"},
    {"８", "8"},  {"９", "9"},
};

static void hint_wide(const struct hy_diag *d, struct hy_pos pos, struct hy_buf *out)
{
    struct hy_str line, s;
    size_t at = 0, from;

    if (!line_of(d, pos, &line))
        return;
    for (int i = 1; i < pos.column && at < line.n; i++)
        hy_utf8_next(line, &at);
    from = at;
    for (int i = 0; i < pos.width && at < line.n; i++)
        hy_utf8_next(line, &at);
    s = hy_str_sub(line, from, at);
    if ((at = hy_str_find(s, HY_STR(" ＃"), 0)) != HY_NPOS)
        s = hy_str_sub(s, at + 1, s.n);
    for (size_t i = 0; i < HY_COUNT(wide_signs); i++)
        if (hy_str_starts(s, hy_str(wide_signs[i].wide)))
            hy_buf_printf(out, "（“%s”是全角符号，要用半角的 %s）", wide_signs[i].wide,
                          wide_signs[i].half);
}

static void add(struct hy_diag *d, bool warning, struct hy_pos pos, const char *fmt, va_list ap)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    char text[2048];

    (*(warning ? &d->warnings : &d->errors))++;
    if (d->records.n >= MAX_RECORDS) {
        d->dropped++;
        return;
    }
    vsnprintf(text, sizeof(text), fmt, ap);
    struct hy_str s = hy_str(text);
    s.n = hy_utf8_valid_prefix(s, false);
    hy_buf_str(&b, s);
    if (!warning)
        hint_wide(d, pos, &b);
    hy_vec_push(&d->records, (struct record){.pos = pos,
                                             .file = file_index(d, pos.file),
                                             .seq = d->records.n,
                                             .warning = warning,
                                             .msg = hy_buf_take(&b)});
}

void hy_diag_at(struct hy_diag *d, struct hy_pos pos, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(d, false, pos, fmt, ap);
    va_end(ap);
}

void hy_diag_warn(struct hy_diag *d, struct hy_pos pos, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(d, true, pos, fmt, ap);
    va_end(ap);
}

size_t hy_diag_errors(const struct hy_diag *d)
{
    return d->errors;
}

size_t hy_diag_warnings(const struct hy_diag *d)
{
    return d->warnings;
}

struct hy_pos hy_diag_file(struct hy_diag *d, const char *path, struct hy_str bytes, bool keep)
{
    struct file f = {.name = hy_xstrdup(path)};
    char link[2 * HY_SHA256_HEX];

    if (keep) {
        f.text = hy_str_dup(bytes);
        f.n = bytes.n;
    }
    char own[HY_SHA256_HEX];
    snprintf(link, sizeof(link), "%s%s", d->chain, hy_sha256_hex(bytes, own));
    hy_sha256_hex(hy_str(link), d->chain);
    hy_vec_push(&d->files, f);
    return (struct hy_pos){.file = f.name};
}

size_t hy_diag_files(const struct hy_diag *d)
{
    return d->files.n;
}

void hy_diag_follow(struct hy_diag *d, const struct hy_diag *before)
{
    memcpy(d->chain, before->chain, sizeof(d->chain));
}

void hy_diag_version(const struct hy_diag *d, char out[17])
{
    snprintf(out, 17, "%.16s", d->chain);
}

/* --- showing --- */

static int by_place(const void *a, const void *b)
{
    const struct record *x = a, *y = b;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->pos.line != y->pos.line)
        return x->pos.line < y->pos.line ? -1 : 1;
    if (x->pos.column != y->pos.column)
        return x->pos.column < y->pos.column ? -1 : 1;
    return x->seq < y->seq ? -1 : 1;
}

/* The records in the order of files and lines; malloc'ed. */
static struct record *sorted(const struct hy_diag *d)
{
    struct record *v = hy_xcalloc(d->records.n + 1, sizeof(*v));

    if (d->records.n)
        memcpy(v, d->records.v, d->records.n * sizeof(*v));
    qsort(v, d->records.n, sizeof(*v), by_place);
    return v;
}

/* One line cut to what fits around the caret: the characters [from, to) are shown. */
struct view {
    struct hy_str line;
    int caret;   /* character index the caret stands under */
    size_t from; /* byte offset of the first character shown */
    int first;   /* its character index */
    bool cut_left;
};

static struct view view_of(struct hy_str line, int column)
{
    struct view v = {.line = line, .caret = column - 1};
    size_t at = 0;
    int columns = 0, chars = 0;

    while (at < line.n && chars < v.caret) { /* columns before the caret */
        columns += width_of(hy_utf8_next(line, &at));
        chars++;
    }
    v.caret = chars; /* a column behind the end stands at the end */
    while (columns > CARET_AT + SHOW_COLUMNS / 4) {
        columns -= width_of(hy_utf8_next(line, &v.from));
        v.first++;
        v.cut_left = true;
    }
    return v;
}

static void print_source(const struct view *v, struct hy_buf *out)
{
    size_t at = v->from;
    int columns = 0;

    if (v->cut_left)
        hy_buf_puts(out, "…");
    while (at < v->line.n && columns < SHOW_COLUMNS) {
        uint32_t c = hy_utf8_next(v->line, &at);
        c = c == '\t' ? ' ' : visible(c);
        columns += width_of(c);
        hy_buf_utf8(out, c);
    }
    if (at < v->line.n)
        hy_buf_puts(out, "…");
    hy_buf_char(out, '\n');
}

static void repeat(struct hy_buf *out, char c, int n)
{
    while (n-- > 0)
        hy_buf_char(out, c);
}

static void print_caret(const struct view *v, int width, struct hy_buf *out)
{
    size_t at = v->from;
    int before = v->cut_left, under = 0;

    for (int i = v->first; i < v->caret && at < v->line.n; i++)
        before += width_of(hy_utf8_next(v->line, &at));
    for (int i = 0; i < width && at < v->line.n && before + under < SHOW_COLUMNS; i++)
        under += width_of(hy_utf8_next(v->line, &at));
    repeat(out, ' ', before);
    hy_buf_char(out, '^');
    repeat(out, '~', under - 1);
    hy_buf_char(out, '\n');
}

static void print_head(const struct record *r, struct hy_buf *out)
{
    if (r->pos.file)
        hy_buf_puts(out, r->pos.file);
    if (r->pos.file && r->pos.line > 0)
        hy_buf_printf(out, ":%d:%d", r->pos.line, r->pos.column);
    hy_buf_printf(out, "%s%s: %s", r->pos.file ? ": " : "", r->warning ? "警告" : "错误", r->msg);
}

static void print_record(const struct hy_diag *d, const struct record *r, struct hy_buf *out)
{
    struct hy_str line;

    print_head(r, out);
    hy_buf_char(out, '\n');
    if (!line_of(d, r->pos, &line) || hy_utf8_valid_prefix(line, false) < line.n)
        return; /* what is no UTF-8 would be shown as something else than the editor shows */
    struct view v = view_of(line, r->pos.column);
    hy_buf_printf(out, "%6d | ", r->pos.line);
    print_source(&v, out);
    hy_buf_puts(out, "       | ");
    print_caret(&v, r->pos.width, out);
}

void hy_diag_print(const struct hy_diag *d, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) struct record *v = sorted(d);

    for (size_t i = 0; i < d->records.n; i++)
        print_record(d, &v[i], out);
    if (d->dropped)
        hy_buf_printf(out, "……还有 %zu 处没有列出，请先改正上面的。\n", d->dropped);
}

void hy_diag_print_json(const struct hy_diag *d, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) struct record *v = sorted(d);

    for (size_t i = 0; i < d->records.n; i++) {
        HY_CLEANUP(hy_json_freep) json_t *o = json_object();
        if (v[i].pos.file)
            hy_json_set_str(o, "file", hy_str(v[i].pos.file));
        hy_json_set_int(o, "line", v[i].pos.line);
        hy_json_set_int(o, "column", v[i].pos.column);
        hy_json_set_int(o, "width", v[i].pos.width);
        hy_json_set_str(o, "severity", hy_str(v[i].warning ? "warning" : "error"));
        hy_json_set_str(o, "message", hy_str(v[i].msg));
        hy_json_write(o, out);
        hy_buf_char(out, '\n');
    }
}

void hy_diag_first(const struct hy_diag *d, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) struct record *v = sorted(d);

    for (size_t i = 0; i < d->records.n; i++)
        if (!v[i].warning) {
            print_head(&v[i], out);
            return;
        }
}

/* --- near names --- */

static size_t decode(struct hy_str s, uint32_t out[MAX_NAME])
{
    size_t n = 0;

    for (size_t at = 0; at < s.n && n < MAX_NAME;)
        out[n++] = hy_utf8_next(s, &at);
    return n;
}

/* Edit distance with neighbours swapped counting one (optimal string alignment). */
static size_t distance(const uint32_t *a, size_t na, const uint32_t *b, size_t nb)
{
    size_t rows[3][MAX_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            now[j] = HY_MIN(HY_MIN(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = HY_MIN(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[nb];
}

const char *hy_near_name(struct hy_str s, const char *const *names, size_t n)
{
    uint32_t a[MAX_NAME], b[MAX_NAME];
    size_t na = decode(s, a), best = HY_MAX((size_t)1, na / 3) + 1;
    const char *ret = NULL;

    for (size_t i = 0; i < n; i++) {
        size_t nb = decode(hy_str(names[i]), b);
        size_t far = distance(a, na, b, nb);
        if (far < best && far * 2 < HY_MAX(na, nb)) { /* more than half of it must agree */
            best = far;
            ret = names[i];
        }
    }
    return ret;
}

/* --- life cycle --- */

struct hy_diag *hy_diag_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_diag));
}

void hy_diag_free(struct hy_diag *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->files.n; i++) {
        free(d->files.v[i].name);
        free(d->files.v[i].text);
    }
    for (size_t i = 0; i < d->records.n; i++)
        free(d->records.v[i].msg);
    hy_vec_release(&d->files);
    hy_vec_release(&d->records);
    free(d);
}
