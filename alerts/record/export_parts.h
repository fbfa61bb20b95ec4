/* SPDX-License-Identifier: Apache-2.0 */
/* Between export.c, which chooses and writes rows, and export_cells.c, which fills them. */
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
