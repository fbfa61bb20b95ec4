/* SPDX-License-Identifier: Apache-2.0 */
/* The first rule files of an office, made from what people filled in.
 *
 *     form  {"office":{"id","name","level","division","contact"?,"channel":{"name","url"}?},
 *            "sources":[{"name","kind","url","official"?}],
 *            "people":[{"id","name","roles":[..]}]}
 *     texts {"office.yaml": text, ...} of the files that are not there yet
 *
 * A file that is there is never touched, whoever wrote it: what was begun by hand goes on by hand.
 * The one exception are the placeholders of the package (packaging/office): a file whose bytes are
 * still exactly those was written by nobody, counts as not there and is replaced.  One character
 * changed makes it somebody's.
 *
 * Nothing is written that the checker has a word against.  Later edits are people's (the board only
 * offers lines to paste), so this is for a folder without an office and for nothing else. */
#pragma once
#include "core/json.h"

/* The folder has no office.yaml, or the package's placeholder: there is no office yet. */
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
/* Each file appears whole or not at all, mode 0644, and none replaces another but a placeholder;
 * office.yaml last.  HY_E_STATE: one has appeared or was edited meanwhile. */
HY_MUST_CHECK int hy_first_write(const char *dir, const json_t *texts, struct hy_err *err);
bool hy_first_may_write(const char *dir);
/* For a folder that is not ours to write: the files into DATA/first, and the command that puts them
 * in place by somebody whose folder it is.  *ret is the caller's. */
HY_MUST_CHECK int hy_first_offer(const char *dir, const char *data, const json_t *texts, char **ret,
                                 struct hy_err *err);
