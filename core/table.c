/* SPDX-License-Identifier: Apache-2.0 */
#include "core/table.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <errno.h>
#include <iconv.h>

/* ---- encodings ---- */

static size_t line_of(struct hy_str bytes, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at && i < bytes.n; i++)
        line += bytes.p[i] == '\n';
    return line;
}

static int convert(struct hy_str bytes, const char *from, struct hy_buf *out, struct hy_err *err)
{
    iconv_t cd = iconv_open("UTF-8", from);
    char piece[4096], *in = (char *)bytes.p;
    size_t left = bytes.n;
    int rc = HY_OK;

    if (cd == (iconv_t)-1)
        return hy_fail(err, HY_E_IO, "这台机器不能转换 %s 编码", from);
    while (left && rc == HY_OK) {
        char *to = piece;
        size_t room = sizeof(piece), was = left;
        if (iconv(cd, &in, &left, &to, &room) == (size_t)-1 && errno != E2BIG)
            rc = hy_fail(err, HY_E_PARSE,
                         "第 %zu 行的文字既不是 UTF-8 也不是 GB18030；请在 Excel 或 WPS 里"
                         "另存为“CSV UTF-8”",
                         line_of(bytes, bytes.n - was + (size_t)(was - left)));
        hy_buf_add(out, piece, (size_t)(to - piece));
    }
    iconv_close(cd);
    return rc < 0 ? rc : hy_buf_check(out, "文字", err);
}

int hy_text_utf8(struct hy_str bytes, struct hy_buf *out, struct hy_err *err)
{
    if (hy_str_starts(bytes, HY_STR("\xff\xfe")))
        return convert(hy_str_sub(bytes, 2, bytes.n), "UTF-16LE", out, err);
    if (hy_str_starts(bytes, HY_STR("\xfe\xff")))
        return convert(hy_str_sub(bytes, 2, bytes.n), "UTF-16BE", out, err);
    if (hy_str_starts(bytes, HY_STR("\xef\xbb\xbf")))
        bytes = hy_str_sub(bytes, 3, bytes.n);
    if (!hy_utf8_valid(bytes))
        return convert(bytes, "GB18030", out, err);
    hy_buf_str(out, bytes);
    return hy_buf_check(out, "文字", err);
}

/* ---- rows ---- */

void hy_table_begin(struct hy_table *t, struct hy_str text)
{
    static const char separators[] = ",\t;";
    struct hy_lines first = hy_lines(text);
    size_t most = 0;

    *t = (struct hy_table){.text = text,
                           .next_line = 1,
                           .separator = separators[0],
                           .bytes = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    if (!hy_lines_next(&first))
        return;
    for (const char *s = separators; *s; s++) {
        size_t n = 0;
        for (size_t i = 0; i < first.line.n; i++)
            n += first.line.p[i] == *s;
        if (n > most) {
            most = n;
            t->separator = *s;
        }
    }
}

static bool at_end(const struct hy_table *t)
{
    return t->at >= t->text.n;
}

static bool ends_row(char c)
{
    return c == '\n' || c == '\r';
}

/* What stands between quotes; t->at is behind the first one. */
static int read_quoted(struct hy_table *t, struct hy_err *err)
{
    size_t line = t->next_line;

    for (; !at_end(t); t->at++) {
        char c = t->text.p[t->at];
        if (c == '"' && t->at + 1 < t->text.n && t->text.p[t->at + 1] == '"')
            t->at++;
        else if (c == '"')
            break;
        t->next_line += c == '\n';
        hy_buf_char(&t->bytes, c);
    }
    if (at_end(t))
        return hy_fail(err, HY_E_PARSE, "第 %zu 行：有一格以引号开头，到文件末尾也没有结束", line);
    t->at++;
    if (!at_end(t) && t->text.p[t->at] != t->separator && !ends_row(t->text.p[t->at]))
        return hy_fail(err, HY_E_PARSE,
                       "第 %zu 行：引号结束以后还有文字；格子里的引号要写成两个（\"\"）",
                       t->next_line);
    return HY_OK;
}

static int read_cell(struct hy_table *t, struct hy_err *err)
{
    if (!at_end(t) && t->text.p[t->at] == '"') {
        t->at++;
        return read_quoted(t, err);
    }
    while (!at_end(t) && t->text.p[t->at] != t->separator && !ends_row(t->text.p[t->at]))
        hy_buf_char(&t->bytes, t->text.p[t->at++]);
    return HY_OK;
}

/* Past the separator (true: the row goes on) or the end of the line. */
static bool goes_on(struct hy_table *t)
{
    if (at_end(t))
        return false;
    char c = t->text.p[t->at++];
    if (c == t->separator)
        return true;
    if (c == '\r' && !at_end(t) && t->text.p[t->at] == '\n')
        t->at++;
    t->next_line++;
    return false;
}

/* Views are made when the row is whole: the buffer moves while it grows. */
static bool make_cells(struct hy_table *t)
{
    size_t from = 0;
    bool any = false;

    t->cells.n = 0;
    for (size_t i = 0; i < t->ends.n; i++) {
        struct hy_str cell = hy_str_trim(hy_str_sub(hy_buf_view(&t->bytes), from, t->ends.v[i]));
        hy_vec_push(&t->cells, cell);
        any |= cell.n > 0;
        from = t->ends.v[i];
    }
    return any;
}

int hy_table_next(struct hy_table *t, struct hy_err *err)
{
    while (!at_end(t)) {
        bool more = true;
        t->line = t->next_line;
        t->ends.n = 0;
        hy_buf_clear(&t->bytes);
        while (more) {
            if (read_cell(t, err) < 0)
                return err->code;
            hy_vec_push(&t->ends, t->bytes.n);
            more = goes_on(t);
        }
        if (make_cells(t))
            return 1;
    }
    return 0;
}

void hy_table_release(struct hy_table *t)
{
    hy_vec_release(&t->cells);
    hy_vec_release(&t->ends);
    hy_buf_release(&t->bytes);
}
