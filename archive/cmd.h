/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `huiying archive`.  Each gives an exit code or a failure that is still to be told.
 * Private to archive/cmd*.c. */
#pragma once
#include "archive/store.h"
#include "core/role.h"

struct hy_archive_opts {
    struct hy_role_opts role;
    const char *common; /* of the role */
    const char *from, *to, *source, *place, *topic, *state, *alert, *after, *journal, *out;
    int64_t level, limit;
    bool items, incidents, rank, facets, labels, json;
};

struct hy_archive_name {
    const char *code, *name;
};
extern const struct hy_archive_name hy_archive_names[]; /* ends with a row of NULL */

typedef int hy_archive_verb(const struct hy_archive_opts *o, int nargs, char **args,
                            struct hy_err *err);
hy_archive_verb hy_archive_search, hy_archive_show, hy_archive_history, hy_archive_package,
    hy_archive_export, hy_archive_stats, hy_archive_check, hy_archive_rebuild;

/* The archive of the data directory. */
HY_MUST_CHECK int hy_archive_open(const struct hy_archive_opts *o, enum hy_store_mode mode,
                                  struct hy_store **ret, struct hy_err *err);
/* --from and --to; HY_WALL_NONE where they are not given. */
HY_MUST_CHECK int hy_archive_period(const struct hy_archive_opts *o, hy_wall *ret_from,
                                    hy_wall *ret_to, struct hy_err *err);
/* Of the crawled text nothing reaches the terminal that could move its cursor. */
void hy_archive_marked(struct hy_str text, const json_t *marks, bool bold);
void hy_archive_line(const char *before, struct hy_str text, const char *after);
/* "2026-11-23 09:12"; "" when unknown. */
#define HY_SHORT_TIME 32
const char *hy_archive_time(hy_wall t, char out[HY_SHORT_TIME]);
