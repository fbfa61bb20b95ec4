/* SPDX-License-Identifier: Apache-2.0 */
/* The record of pre-release risk assessments (事前舆情风险评估): one row each, beside the log of
 * clocks, because an assessment has none.  What was to be released and when, what was feared, who
 * judged it and how, what was heard in the days after, and its place in the journal.  Pure. */
#pragma once
#include "alerts/record/export.h"

/* Columns for the options' language and form; rows are written as those of the log are. */
void hy_export_risk_form(struct hy_export_form *f, const struct hy_export_opts *o);
/* The row of one assessment that was opened in [from, to) and is of the wanted unit. */
HY_MUST_CHECK int hy_export_risk(const json_t *doc, const struct hy_export_form *f, hy_wall from,
                                 hy_wall to, struct hy_str prev, hy_export_fn fn, void *user,
                                 struct hy_err *err);
