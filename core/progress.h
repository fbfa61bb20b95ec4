/* SPDX-License-Identifier: Apache-2.0 */
/* A progress bar on the standard error of a person: nothing is written where that is no terminal,
 * and at most five times a second.
 *
 *     struct hy_progress p = hy_progress_new("导出", total);
 *     for (...) hy_progress_at(&p, done);
 *     hy_progress_end(&p); */
#pragma once
#include "core/clock.h"

struct hy_progress {
    const char *what; /* borrowed */
    bool on;
    size_t total, done; /* in any unit */
    hy_mono shown;
};
struct hy_progress hy_progress_new(const char *what, size_t total);
void hy_progress_at(struct hy_progress *p, size_t done);
void hy_progress_end(struct hy_progress *p); /* leaves the line */
/* "导出 [#####.....]  50 %  500/1000"; what the functions above print. */
#define HY_PROGRESS_SIZE 160
const char *hy_progress_text(const struct hy_progress *p, char out[HY_PROGRESS_SIZE]);
