/* SPDX-License-Identifier: Apache-2.0 */
/* One item under one office's rules: what the archive keeps of it, and what the keeper hears.
 *
 * Pure but for the clock that stamps a hit. */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct hy_judge;
struct hy_lookouts;
struct hy_rules;

/* Takes the rules.  tables: the directory through which processes share their tables, or NULL. */
struct hy_judge *hy_judge_new(struct hy_rules *rules, const char *tables);
bool hy_judge_is_shared(const struct hy_judge *j);
void hy_judge_free(struct hy_judge *j); /* NULL is a no-op */
const struct hy_rules *hy_judge_rules(const struct hy_judge *j);
/* What people want to hear of for a while, whatever it scores; takes it (NULL: nothing).  New rules
 * make a new judge, which is given the other's. */
void hy_judge_look_for(struct hy_judge *j, struct hy_lookouts *l);
struct hy_lookouts *hy_judge_take_lookouts(struct hy_judge *j);

/* Views, valid until the next item. */
struct hy_verdict {
    struct hy_str scored; /* the item with rules_version and score */
    struct hy_str hit; /* the same with every contribution and the trace; "": nobody has to hear */
    double seconds;    /* what judging took */
};
/* text: the item as JSON.  HY_E_PARSE when it is none. */
HY_MUST_CHECK int hy_judge_item(struct hy_judge *j, struct hy_str text, struct hy_verdict *ret,
                                struct hy_err *err);
