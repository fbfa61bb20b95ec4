/* SPDX-License-Identifier: Apache-2.0 */
/* Who stands behind an obligation's end, by name.  Obligations hold ids; the rows of the document
 * that made them hold names too.  An id that no row explains stands for itself. */
#pragma once
#include "core/json.h"

/* The response that ended it, or NULL. */
const json_t *hy_who_response(const json_t *doc, const json_t *obligation);
/* Who entered that response. */
struct hy_str hy_who_entered(const json_t *doc, const json_t *obligation);
/* Who approved its waiver. */
struct hy_str hy_who_waived(const json_t *doc, const json_t *obligation);
