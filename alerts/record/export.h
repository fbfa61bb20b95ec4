/* SPDX-License-Identifier: Apache-2.0 */
/* The response-timeliness log (回应时效台账): one row per obligation in a fixed order of columns:
 * what it is about, rule and basis, the six times, the latency ledger (published, fetched, scored,
 * alerted, shown, acknowledged, responded), the answer and its evidence, result, reminders and
 * escalations, what the sources saw meanwhile, and the place in the journal.  Pure: documents in,
 * text out. */
#pragma once
#include "alerts/record/coverage.h"

enum { HY_EXPORT_COLUMNS_MAX = 64 };

struct hy_export_opts {
    bool public;  /* de-identified: no persons, no inner steps, no text anybody typed */
    bool english; /* code names as header instead of Chinese labels */
    bool raw;     /* do not guard cells that a spreadsheet would run as a formula */
    hy_wall now;
    const char *unit;   /* only rows of this lead unit (id or name); NULL: all */
    const char *clock;  /* only this clock, "H5"; NULL: all */
    const char *result; /* only this result, by label or code name; NULL: all */
    const char *kind;   /* only this matter, by label or code name ("message"); NULL: all */
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
/* The columns of this form in their order; the number of them.  Static storage. */
size_t hy_export_columns(const struct hy_export_column *ret[HY_EXPORT_COLUMNS_MAX],
                         const struct hy_export_opts *o);

/* Rows of one incident, as objects of column -> text; `prev` is the previous hash of the journal
 * line that last changed it ("" when unknown).  Only obligations that start in [from, to). */
json_t *hy_export_rows(const json_t *doc, const struct hy_export_opts *o, hy_wall from, hy_wall to,
                       struct hy_str prev);
/* CSV as spreadsheets read it: BOM, CRLF, quotes where needed. */
void hy_export_csv_head(const struct hy_export_opts *o, struct hy_buf *out);
void hy_export_csv_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out);
void hy_export_jsonl_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out);
/* The public form holds no free text: what anybody wrote about the matter may name a person, so
 * place and topic stand for the title. */
void hy_export_public_title(const json_t *doc, struct hy_buf *out);
