/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of windows.yaml as they stand, between the schema that fills them (windows_schema.c) and
 * what is made of them (windows_read.c).  Nobody else includes this. */
#pragma once
#include "rules/windows_parts.h"

#include <stdint.h>

enum { UNSET = INT32_MIN }; /* no number was written */

struct raw_step {
    char *id, *at;
    int64_t after, left, share, late, day, every;
    struct hy_texts to, unless;
    int urgency;
    bool urge;
    struct hy_pos pos;
};
struct raw_variant { /* of by_type and by_level: the texts as they stand */
    char *key, *within;
    struct hy_pos pos;
};
struct raw_variants {
    struct raw_variant *v;
    size_t n, room;
};
struct raw_reminder {
    char *id;
    struct hy_rows steps;
    struct hy_pos pos;
};
struct raw_window {
    char *id, *label, *basis, *within, *extend, *until, *remind;
    struct hy_texts kinds, levels, dispositions, types, anchor, ended_by, units;
    struct raw_variants by_type, by_level;
    int64_t need;
    int period, counts;
    bool repeat, earlier, pausable, shift;
    struct hy_rows steps;
    struct hy_pos pos;
};
struct raw_pack {
    char *id, *version, *name, *legal, *day_ends;
    int64_t unknown_level;
    int upgrade;
    struct hy_rows clocks;
    struct hy_pos pos;
};
