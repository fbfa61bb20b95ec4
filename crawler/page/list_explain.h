/* SPDX-License-Identifier: Apache-2.0 */
/* Why these links: what `huiying extract --explain` says of a list page. */
#pragma once
#include "crawler/page/list.h"

#include <stdio.h>

/* {"why","next","feed","wall","blocks":[..],"links":[..]}, owned.  Blocks by their score, the best
 * first. */
json_t *hy_list_explain(const struct hy_dom *d, struct hy_str url, struct hy_list_hints hints);
void hy_list_explain_print(const json_t *list, FILE *out); /* Chinese; NULL: nothing */
