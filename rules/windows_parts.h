/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of windows.yaml's section share: the file as it was walked, and packs made of it.
 */
#pragma once
#include "rules/windows.h"

struct hy_windows_file {
    struct hy_texts use, dispositions, consult;
    struct hy_rows reminders, packs; /* rows of windows_raw.h */
};
extern const struct hy_y_schema hy_windows_schema; /* fills a struct hy_windows_file */

struct hy_reminder { /* a list of steps with a name, so that many clocks can share it */
    char *id;
    struct hy_step *steps;
    size_t n;
};
struct hy_reminders {
    struct hy_reminder *v;
    size_t n, room;
};
void hy_steps_free(struct hy_step *steps, size_t n);
void hy_reminders_copy(const struct hy_reminders *from, struct hy_reminders *to);
void hy_reminders_release(struct hy_reminders *r);

/* Adds the file's reminders; one of an earlier file with the same name gives way. */
void hy_windows_read_reminders(const struct hy_windows_file *f, struct hy_reminders *ret,
                               struct hy_diag *d);
/* The i-th pack of the file; mistakes that a schema cannot see go to d. */
struct hy_pack hy_windows_read_pack(const struct hy_windows_file *f, size_t i,
                                    const struct hy_reminders *reminders, struct hy_diag *d);
