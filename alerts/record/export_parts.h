/* SPDX-License-Identifier: Apache-2.0 */
/* Between export.c, which chooses and writes rows, and export_cells.c and export_sent.c, which fill
 * them. */
#pragma once
#include "alerts/record/export.h"

struct hy_export_source { /* what a row is made from */
    const json_t *doc, *o;
    const struct hy_export_opts *opts;
    struct hy_str prev;
    enum hy_result result; /* of o */
};
enum hy_export_of { HY_OF_DOC, HY_OF_ROW };

/* Append the cells of one kind; those of the document come first and stay. */
void hy_export_fill(const struct hy_export_form *f, const struct hy_export_source *s,
                    enum hy_export_of of, struct hy_export_row *row);
/* The order of the keys in a line of JSON, of whatever columns the form has. */
void hy_export_sort_keys(struct hy_export_form *f);

/* Cells on what went on around an obligation (export_sent.c). */
void hy_export_on_duty(const struct hy_export_source *s, struct hy_buf *out);
void hy_export_steps(const struct hy_export_source *s, struct hy_buf *out);
void hy_export_escalations(const struct hy_export_source *s, struct hy_buf *out);
void hy_export_coverage(const struct hy_export_source *s, struct hy_buf *out);
void hy_export_unseen(const struct hy_export_source *s, struct hy_buf *out);
