/* SPDX-License-Identifier: Apache-2.0 */
/* The first rule files of an office, made from what people filled in.
 *
 *     form  {"office":{"id","name","level","division","contact"?,"channel":{"name","url"}?},
 *            "sources":[{"name","kind","url","official"?}],
 *            "people":[{"id","name","roles":[..]}]}
 *     texts {"office.yaml": text, ...} of the files that are not there yet
 *
 * A file that is there is never touched, whoever wrote it: what was begun by hand goes on by hand.
 * Nothing is written that the checker has a word against.  Later edits are people's (the board only
 * offers lines to paste), so this is for a folder without office.yaml and for nothing else. */
#pragma once
#include "core/json.h"

/* The folder has no office.yaml: there is no office yet. */
bool hy_first_is_needed(const char *dir);
/* Names of the files that are to be made; new reference. */
json_t *hy_first_missing(const char *dir);
/* HY_E_USAGE with a sentence for people: something is missing or too much. */
HY_MUST_CHECK int hy_first_compose(const char *dir, const json_t *form, hy_wall now, json_t **ret,
                                   struct hy_err *err);
/* What `huiying check` would say of the folder with these texts, tried in a folder below `data`.
 * HY_E_PARSE: mistakes stand in *mistakes, by file and line. */
HY_MUST_CHECK int hy_first_check(const char *dir, const char *data, const json_t *texts,
                                 struct hy_buf *mistakes, struct hy_err *err);
/* Each file appears whole or not at all, mode 0644, and none replaces another; office.yaml last.
 * HY_E_STATE: one has appeared meanwhile. */
HY_MUST_CHECK int hy_first_write(const char *dir, const json_t *texts, struct hy_err *err);
bool hy_first_may_write(const char *dir);
