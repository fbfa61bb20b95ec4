/* SPDX-License-Identifier: Apache-2.0 */
/* The response-timeliness log (回应时效台账): one row per obligation, columns of DOMAIN.md section
 * 5 in a fixed order.  Pure: documents in, text out. */
#pragma once
#include "core/json.h"

struct hy_export_opts {
    bool public;  /* leave out who did what inside the office */
    bool english; /* code names as header instead of Chinese labels */
    bool raw;     /* do not guard cells that a spreadsheet would run as a formula */
    hy_wall now;
};

/* Rows of one incident, as objects of column -> text; `prev` is the previous hash of the journal
 * line that last changed it ("" when unknown).  Only obligations that start in [from, to). */
json_t *hy_export_rows(const json_t *doc, const struct hy_export_opts *o, hy_wall from, hy_wall to,
                       struct hy_str prev);
/* CSV as spreadsheets read it: BOM, CRLF, quotes where needed. */
void hy_export_csv_head(const struct hy_export_opts *o, struct hy_buf *out);
void hy_export_csv_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out);
void hy_export_jsonl_row(const struct hy_export_opts *o, const json_t *row, struct hy_buf *out);
