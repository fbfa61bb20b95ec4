/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of a report that may grow with the record: the first of them are kept. */
#include "alerts/record/report_parts.h"

#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
    const struct hy_report_row *x = a, *y = b;

    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return hy_str_cmp(hy_json_str(x->obligation ? x->obligation : x->doc, "id"),
                      hy_json_str(y->obligation ? y->obligation : y->doc, "id"));
}

void hy_report_cut(struct hy_report_rows *list, size_t max)
{
    if (list->n)
        qsort(list->v, list->n, sizeof(*list->v), by_order);
    while (list->n > max)
        json_decref(list->v[--list->n].doc);
}
