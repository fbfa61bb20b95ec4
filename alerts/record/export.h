/* SPDX-License-Identifier: Apache-2.0 */
/* The response-timeliness log (回应时效台账): one row per obligation in a fixed order of columns:
 * what it is about, rule and basis, the six times, the latency ledger (published, fetched, scored,
 * alerted, shown, acknowledged, responded), the answer and its evidence, result, reminders and
 * escalations, what the sources saw meanwhile, and the place in the journal.  Pure: documents in,
 * text out. */
#pragma once
#include "alerts/record/coverage.h"
#include "alerts/record/stats.h"

enum { HY_EXPORT_COLUMNS_MAX = 64 };

struct hy_export_opts {
    bool public;  /* de-identified: no persons, no inner steps, no text anybody typed */
    bool english; /* code names as header instead of Chinese labels */
    bool raw;     /* do not guard cells that a spreadsheet would run as a formula */
    hy_wall now;
    const char *unit;       /* only rows of this lead unit (id or name); NULL: all */
    const char *clock;      /* only this clock, "H5"; NULL: all */
    const char *result;     /* only this result, by label or code name; NULL: all */
    const char *kind;       /* only this matter, by label or code name ("message"); NULL: all */
    const char *const *ids; /* only these incidents and cases; NULL: all */
    size_t n_ids;
    const struct hy_coverage *coverage; /* of the sources; NULL: nothing is known */
};

/* What stands in a column.  A row holds text in every case: times in RFC 3339, numbers in digits,
 * "" for what is not known. */
enum hy_cell { HY_CELL_TEXT, HY_CELL_TIME, HY_CELL_NUMBER, HY_CELL_MINUTES };
struct hy_export_column {
    const char *name, *label; /* code name and Chinese header */
    enum hy_cell kind;
    bool internal; /* left out of the public form */
};
struct hy_export_form { /* which columns, in their order */
    struct hy_export_opts o;
    const char *title, *sheet, *sheet_en; /* of the whole record; of its rows in a workbook */
    bool has_results;                     /* rows can be counted by result, unit and clock */
    const struct hy_export_column *column[HY_EXPORT_COLUMNS_MAX]; /* static storage */
    size_t n;
    unsigned char sorted[HY_EXPORT_COLUMNS_MAX]; /* columns by their heads */
};
void hy_export_form_init(struct hy_export_form *f, const struct hy_export_opts *o);
const char *hy_export_head(const struct hy_export_form *f, size_t column);
size_t hy_export_find(const struct hy_export_form *f, const char *name); /* it must be there */

struct hy_export_row {
    struct hy_buf text; /* of all cells, one after the other */
    struct {
        size_t from, n;
    } cell[HY_EXPORT_COLUMNS_MAX];
    hy_wall time[HY_EXPORT_COLUMNS_MAX]; /* of columns of times */
    enum hy_result result;
};
static inline struct hy_str hy_export_cell(const struct hy_export_row *row, size_t column)
{
    return hy_str_n(row->text.p + row->cell[column].from, row->cell[column].n);
}

bool hy_export_is_named(const json_t *doc, const struct hy_export_opts *o); /* by `ids` */

/* Give `fn` each row of one document that the options want, borrowed until it returns; stops at
 * its first failure.  `prev` is the previous hash of the journal line that last changed it ("" when
 * unknown).  Only obligations that start in [from, to). */
typedef int (*hy_export_fn)(const struct hy_export_row *row, void *user, struct hy_err *err);
HY_MUST_CHECK int hy_export_each(const json_t *doc, const struct hy_export_form *f, hy_wall from,
                                 hy_wall to, struct hy_str prev, hy_export_fn fn, void *user,
                                 struct hy_err *err);

/* CSV as spreadsheets read it: BOM, CRLF, quotes; JSON Lines with sorted keys. */
void hy_export_csv_head(const struct hy_export_form *f, struct hy_buf *out);
void hy_export_csv_row(const struct hy_export_form *f, const struct hy_export_row *row,
                       struct hy_buf *out);
void hy_export_jsonl_row(const struct hy_export_form *f, const struct hy_export_row *row,
                         struct hy_buf *out);
/* The public form holds no free text: what anybody wrote about the matter may name a person, so
 * place and topic stand for the title. */
void hy_export_public_title(const json_t *doc, struct hy_buf *out);
