/* SPDX-License-Identifier: Apache-2.0 */
/* One obligation as it is stored in its document (decide_obligation.c), for decide_clocks.c, which
 * decides when obligations open, end and are superseded.
 *
 * What is stored lasts: within, anchor, basis and version stay readable when the rules have long
 * changed. */
#pragma once
#include "alerts/keep/decide.h"
#include "alerts/keep/obligation.h"

/* A new obligation of the document; `old` (may be NULL) is what it takes the place of: reminders
 * that went out for it lately are not sent again.  New reference. */
json_t *hy_clock_open(const struct hy_decide *d, const json_t *doc, const struct hy_obligation *f,
                      const json_t *old);
void hy_clock_supersede(const struct hy_decide *d, json_t *o, const char *why);
/* The recorded response that ends it, or NULL while there is none. */
const json_t *hy_clock_end_of(const json_t *doc, const json_t *o);
void hy_clock_end(json_t *o, const json_t *response);
bool hy_clock_is(const json_t *o, const char *state);
