/* SPDX-License-Identifier: Apache-2.0 */
/* One item under one office's rules: what the archive keeps of it, and what the keeper hears.
 *
 * Pure but for the clock that stamps a hit. */
#pragma once
#include "core/item.h"

struct hy_judge;
struct hy_lookouts;
struct hy_reading;
struct hy_rules;

/* The rules must outlive it.  tables: the directory through which processes share their tables, or
 * NULL. */
struct hy_judge *hy_judge_new(const struct hy_rules *rules, const char *tables);
bool hy_judge_is_shared(const struct hy_judge *j);
void hy_judge_free(struct hy_judge *j); /* NULL is a no-op */
const struct hy_rules *hy_judge_rules(const struct hy_judge *j);
/* What people want to hear of for a while, whatever it scores; takes it (NULL: nothing). */
void hy_judge_look_for(struct hy_judge *j, struct hy_lookouts *l);
/* Is this one of it? */
bool hy_judge_looks_for(const struct hy_judge *j, const struct hy_item *item,
                        struct hy_arena *arena);

/* Views, valid until the judge's next item. */
struct hy_verdict {
    struct hy_str scored; /* the item with rules_version and score */
    struct hy_str hit; /* the same with every contribution and the trace; "": nobody has to hear */
    double seconds;    /* what judging took */
};
/* What is the same for every office over one set of national rules (analyzer/score.h). */
const struct hy_reading *hy_judge_read(const struct hy_judge *j, const struct hy_item *item,
                                       struct hy_arena *arena);
/* The line and the item that was read from it, which may bear another source; the arena is scratch
 * until it is reset. */
struct hy_verdict hy_judge_item(struct hy_judge *j, const struct hy_json_line *line,
                                const struct hy_item *item, const struct hy_reading *reading,
                                struct hy_arena *arena);
