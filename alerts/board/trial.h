/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the office's rules with one edit, for `check`, `score` and `backtest` to look at.  The
 * rules in force are never touched: files stay the truth, people change them by hand. */
#pragma once
#include "core/json.h"

struct hy_trial_edit {
    struct hy_str file; /* "sources.yaml", "lexicon/local.yaml": a-z 0-9 _ - and one folder */
    struct hy_str text;
    bool append; /* behind what stands there */
};

/* A sentence when the edit's file name or size is none of a rule file, else NULL. */
const char *hy_trial_objection(const struct hy_trial_edit *edit);
/* Copies `rules` into a new folder below `data` and applies the edit; *ret is the folder's path,
 * owned. */
HY_MUST_CHECK int hy_trial_make(const char *rules, const char *data,
                                const struct hy_trial_edit *edit, char **ret, struct hy_err *err);
void hy_trial_remove(const char *dir); /* with all that is in it; NULL is a no-op */
/* {name: text} of the rule files below `dir`; New reference. */
HY_MUST_CHECK int hy_trial_files(const char *dir, json_t **ret, struct hy_err *err);
