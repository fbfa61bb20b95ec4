/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses by their form: what continues a named place (建国路88号, 李家村) and what is one
 * without a known name (张家村, 人民广场). */
#pragma once
#include "analyzer/chars.h"

/* End of the address whose named part ends at `end`: `end` itself when nothing follows. */
size_t hy_address_tail(const struct hy_chars *t, size_t end);
/* The next address without a known name within [from, to). */
bool hy_address_next(const struct hy_chars *t, size_t from, size_t to, size_t *ret_start,
                     size_t *ret_end);
/* Is the place that ends at `end` part of a longer name - a firm, school, team or sight (北京大学, 利物浦
 * 队, 玉龙雪山)?  Then it says where its owner is from, not where something happens. */
bool hy_address_is_attached(const struct hy_chars *t, size_t end);
