/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows, and how they are written as text. */
#include "alerts/record/export.h"

#include "alerts/record/export_parts.h"
#include "core/mem.h"
#include "rules/names.h"
#include "rules/windows.h"

#include <string.h>

/* ---- rows ---- */

static bool is_unit(const json_t *unit, struct hy_str wanted)
{
    return hy_str_eq(hy_json_str(unit, "id"), wanted) ||
           hy_str_eq(hy_json_str(unit, "name"), wanted);
}

static bool is_kind(const json_t *doc, const char *wanted)
{
    struct hy_str kind = hy_json_str(doc, "kind");
    int i = hy_name_index(hy_matter_name, kind);

    return hy_str_is(kind, wanted) || (i >= 0 && strcmp(hy_matter_label[i], wanted) == 0);
}

bool hy_export_is_named(const json_t *doc, const struct hy_export_opts *o)
{
    for (size_t i = 0; i < o->n_ids; i++)
        if (hy_str_is(hy_json_str(doc, "id"), o->ids[i]))
            return true;
    return o->n_ids == 0;
}

static bool is_wanted_doc(const json_t *doc, const struct hy_export_opts *o)
{
    const json_t *lead = json_object_get(json_object_get(doc, "units"), "lead");

    return hy_export_is_named(doc, o) && (o->kind == NULL || is_kind(doc, o->kind)) &&
           (o->unit == NULL || is_unit(lead, hy_str(o->unit)));
}

static bool is_wanted(const struct hy_export_source *s, hy_wall from, hy_wall to)
{
    const struct hy_export_opts *o = s->opts;
    int64_t begins = hy_json_time(s->o, "start").ms;

    if ((hy_wall_known(from) && begins < from.ms) || (hy_wall_known(to) && begins >= to.ms))
        return false;
    if (o->clock && !hy_str_is(hy_json_str(s->o, "clock"), o->clock))
        return false;
    return o->result == NULL || strcmp(hy_result_name[s->result], o->result) == 0 ||
           strcmp(hy_result_label[s->result], o->result) == 0;
}

int hy_export_each(const json_t *doc, const struct hy_export_form *f, hy_wall from, hy_wall to,
                   struct hy_str prev, hy_export_fn fn, void *user, struct hy_err *err)
{
    struct hy_export_source s = {.doc = doc, .opts = &f->o, .prev = prev};
    struct hy_export_row row = {.text = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    size_t i, shared = 0; /* bytes of the cells that all rows have in common */
    json_t *o;
    int rc = HY_OK;

    if (!is_wanted_doc(doc, &f->o))
        return HY_OK;
    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        s.o = o;
        s.result = row.result = hy_result_of(o, f->o.now);
        if (rc < 0 || !is_wanted(&s, from, to))
            continue;
        if (shared == 0) {
            hy_buf_char(&row.text, '\n'); /* so that it is never empty */
            hy_export_fill(f, &s, HY_OF_DOC, &row);
            shared = row.text.n;
        }
        row.text.n = shared;
        hy_export_fill(f, &s, HY_OF_ROW, &row);
        rc = fn(&row, user, err);
    }
    hy_buf_release(&row.text);
    return rc;
}

/* ---- text ---- */

/* A cell that begins like this runs as a formula in a spreadsheet. */
static bool is_formula(struct hy_str s)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠"}; /* some programs fold these */

    for (size_t i = 0; i < HY_COUNT(wide); i++)
        if (hy_str_starts(s, hy_str(wide[i])))
            return true;
    return s.n > 0 && hy_char_in(s.p[0], "=+-@\t\r");
}

static void csv_cell(struct hy_str s, bool guard, struct hy_buf *out)
{
    hy_buf_char(out, '"');
    if (guard && is_formula(s))
        hy_buf_char(out, '\'');
    for (const char *quote; s.n && (quote = memchr(s.p, '"', s.n));) {
        size_t n = (size_t)(quote - s.p) + 1;
        hy_buf_add(out, s.p, n);
        hy_buf_char(out, '"');
        s = hy_str_sub(s, n, s.n);
    }
    hy_buf_str(out, s);
    hy_buf_char(out, '"');
}

void hy_export_csv_head(const struct hy_export_form *f, struct hy_buf *out)
{
    hy_buf_puts(out, "\xEF\xBB\xBF");
    for (size_t i = 0; i < f->n; i++) {
        hy_buf_puts(out, i ? "," : "");
        csv_cell(hy_str(hy_export_head(f, i)), false, out);
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_csv_row(const struct hy_export_form *f, const struct hy_export_row *row,
                       struct hy_buf *out)
{
    for (size_t i = 0; i < f->n; i++) {
        hy_buf_puts(out, i ? "," : "");
        csv_cell(hy_export_cell(row, i), !f->o.raw && f->column[i]->kind == HY_CELL_TEXT, out);
    }
    hy_buf_puts(out, "\r\n");
}

void hy_export_jsonl_row(const struct hy_export_form *f, const struct hy_export_row *row,
                         struct hy_buf *out)
{
    hy_buf_char(out, '{');
    for (size_t i = 0; i < f->n; i++) {
        size_t column = f->sorted[i];
        hy_json_put_key(out, hy_export_head(f, column));
        hy_json_put_str(out, hy_export_cell(row, column));
    }
    hy_buf_puts(out, "}\n");
}
