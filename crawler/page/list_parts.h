/* SPDX-License-Identifier: Apache-2.0 */
/* What list.c (pages) and list_json.c share with list_row.c (dates and counts of one row) and
 * list_signature.c (where a link stands).  Private to these files. */
#pragma once
#include "core/buf.h"
#include "crawler/page/list.h"

struct hy_list *hy_list_new_(void);
/* Adds a link unless the list is full or has this address already; strings are copied. */
void hy_list_add_(struct hy_list *l, const struct hy_link *link);

/* Times and count of replies that stand in the text of a row. */
void hy_list_row_(struct hy_str text, const struct hy_list_hints *hints, struct hy_link *ret);

/* The same for all links that stand in the same place of a repeated structure. */
uint64_t hy_list_signature_(const struct hy_dom *d, uint32_t i);
/* Does it stand in navigation, footer or the like? */
bool hy_list_in_chrome_(const struct hy_dom *d, uint32_t i);
