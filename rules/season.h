/* SPDX-License-Identifier: Apache-2.0 */
/* Word packs that are on for a time only: 两会, 汛期, 高考.  A group or rule that names a pack counts
 * on the days of the pack's periods and not on others.  The day is the item's own - published, else
 * fetched - so that the same item always gets the same score. */
#pragma once
#include "core/vec.h"
#include "rules/yaml.h"

struct hy_season {
    bool yearly;      /* from and to are month * 100 + day; to < from: over the turn of the year */
    int64_t from, to; /* else days since 1970-01-01; both inclusive */
};
struct hy_seasons {
    struct hy_season *v;
    size_t n, room;
};
struct hy_word_pack {
    char *id, *name, *note;
    struct hy_seasons periods; /* none: off */
    struct hy_pos pos;
};

#define HY_DAY_UNKNOWN INT64_MIN /* on no such day is a pack on, except one that always is */

extern const struct hy_y_schema hy_word_pack_schema;
/* Which of n packs are on that day; ret has room for n. */
void hy_word_packs_on(const struct hy_word_pack *packs, size_t n, int64_t day, bool *ret);
