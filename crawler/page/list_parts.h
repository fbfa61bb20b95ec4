/* SPDX-License-Identifier: Apache-2.0 */
/* What list.c (pages), list_json.c and list_store.c share with list_row.c (dates and counts of one row) and
 * list_signature.c (where a link stands).  Private to these files. */
#pragma once
#include "core/buf.h"
#include "crawler/page/list.h"

/* Of a page: the feed it names, into l->feed, and whether it lets nobody in (l is filled). */
void hy_list_feed_(struct hy_list *l, const struct hy_dom *d, struct hy_str base);
bool hy_list_is_wall_(const struct hy_list *l, const struct hy_dom *d);

/* Times and count of replies that stand in the text of a row. */
void hy_list_row_(struct hy_str text, const struct hy_list_hints *hints, struct hy_link *ret);

/* The same for all links that stand in the same place of a repeated structure. */
uint64_t hy_list_signature_(const struct hy_dom *d, uint32_t i);
/* Does it stand in navigation, footer or the like? */
bool hy_list_in_chrome_(const struct hy_dom *d, uint32_t i);
