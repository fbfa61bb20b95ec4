/* SPDX-License-Identifier: Apache-2.0 */
/* A proposal as files: what the office's rule files would look like.  Numbers are changed in their
 * place.  A group of the national files is not touched there - other offices share them - but taken
 * over into the office's lexicon/tuned.yaml with its words and the new number, where it replaces
 * the national row of the same id. */
#pragma once
#include "analyzer/tune.h"

struct hy_tune_file {
    char *path;           /* below the office's directory, "lexicon/local.yaml" */
    char *before, *after; /* "" for a file that is not there yet */
};
struct hy_tune_files {
    struct hy_tune_file *v;
    size_t n;
};

HY_MUST_CHECK int hy_tune_files_make(const char *dir, const struct hy_tune_change *changes,
                                     size_t n, struct hy_tune_files *ret, struct hy_err *err);
void hy_tune_files_release(struct hy_tune_files *f);
void hy_tune_files_diff(const struct hy_tune_files *f, struct hy_buf *out);
/* Write them; when one cannot be written or the rules cannot be read afterwards, all are put back
 * as they were. */
HY_MUST_CHECK int hy_tune_files_apply(const char *dir, const struct hy_tune_files *f,
                                      struct hy_err *err);
