/* SPDX-License-Identifier: Apache-2.0 */
/* Proposes other weights and thresholds from what people confirmed and dismissed.  Pure and
 * deterministic: the same items give the same proposal.
 *
 * What it may change: the weight of a word group (`weight`, `title_weight` as written in the file)
 * or both by half, three quarters, five or six quarters, each group once, and the thresholds alert,
 * list and hardship_list by 3, 6 or 10.  What it wants: no confirmed item unlisted (that costs 3),
 * no dismissed one listed (that costs 1).  Each step takes the one change that saves most; a change
 * that saves less than MIN_GAIN on the items it was learned from is noise and not made, nor is one
 * that rests on fewer than MIN_SUPPORT items.
 *
 * Guard against learning by heart: a third of the items, whole incidents at a time, is held out
 * (by a hash of the incident), never looked at while searching, and decides at the end: if what was
 * learned does not lower the cost there, nothing is proposed.  Below MIN_EACH confirmed and
 * dismissed incidents on either part nothing is even tried. */
#pragma once
#include "analyzer/trial.h"
#include "rules/rules.h"

struct hy_tune;

enum hy_tune_outcome {
    HY_TUNE_PROPOSED,
    HY_TUNE_TOO_FEW,   /* labels */
    HY_TUNE_NOTHING,   /* no change saves enough */
    HY_TUNE_NOT_BETTER /* on the items held out */
};
struct hy_tune_change {
    const char *id;  /* of the group; NULL: a threshold */
    const char *key; /* "weight", "title_weight"; "alert", ... */
    const char *name;
    double from, to;
    int64_t support, saved; /* judged items it concerns, cost it saves while learning */
    struct hy_pos pos;      /* of the row */
};
struct hy_tune_parts { /* tallies of judged items, before and after */
    struct hy_tally learn[2], held[2];
    int64_t incidents[2][HY_VERDICT_COUNT]; /* learned from, held out */
};

/* The rules are changed while searching and hold the proposal afterwards. */
struct hy_tune *hy_tune_new(struct hy_rules *rules);
void hy_tune_free(struct hy_tune *t); /* NULL is a no-op */
/* Copies what it needs; lines without a verdict pass. */
HY_MUST_CHECK int hy_tune_item(struct hy_tune *t, const json_t *line, struct hy_err *err);
/* `step` (may be NULL) is told how far the search is. */
enum hy_tune_outcome hy_tune_search(struct hy_tune *t, void (*step)(void *, size_t, size_t),
                                    void *user);
const struct hy_tune_change *hy_tune_changes(const struct hy_tune *t, size_t *ret_n);
const struct hy_tune_parts *hy_tune_parts(const struct hy_tune *t);
