/* SPDX-License-Identifier: Apache-2.0 */
/* The timeliness log as a workbook: a summary that counts the very rows behind it, and the rows
 * with frozen head and filters, times as times of the office's zone, durations as durations, late
 * cells red; A4 landscape.  A record without results (risk assessments) has the rows alone.  Rows go
 * to disk as they come, so memory does not grow with them.  The same rows give the same bytes. */
#pragma once
#include "alerts/record/export.h"

enum { HY_XLSX_ROWS_MAX = 1048575 }; /* of a sheet, without its head */

struct hy_xlsx;
HY_MUST_CHECK int hy_xlsx_open(const char *path, const struct hy_export_form *form,
                               struct hy_xlsx **ret, struct hy_err *err);
/* HY_E_TOOBIG behind HY_XLSX_ROWS_MAX. */
HY_MUST_CHECK int hy_xlsx_row(struct hy_xlsx *x, const struct hy_export_row *row,
                              struct hy_err *err);
/* Writes the summary and the file; frees x either way. */
HY_MUST_CHECK int hy_xlsx_close(struct hy_xlsx *x, struct hy_err *err);
