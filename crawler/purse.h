/* SPDX-License-Identifier: Apache-2.0 */
/* The budget as an account: what the lists of all sources together may still be asked for.  Pure.
 *
 * crawler/schedule.h divides a budget by rates and rhythms as they are believed to be, so it holds
 * over a week of an hour that was understood.  A crawler of some minutes has seen one hour only and
 * takes it for the busiest; lists that run over and the owner's ceilings come on top.  So every
 * request for a list is paid from here:
 *
 *     level    rises by the budget, at most to a day's worth; begins with one visit of each source
 *              that nobody has visited yet: a restart neither gives nor takes
 *     allowed  the budget, and level spread over two hours (what is owed over ten minutes)
 *     stretch  wanted / allowed, at least 1: how much later visits come than their sources want
 *              them.  Those in a hurry have nine tenths of `allowed` before the others
 *
 * Nights are saved and spent by day; who has saved nothing spends what he is given.  Whatever
 * happens, at most
 *
 *     sources + budget * (t + 2 min)
 *
 * visits are made in a time t after a start.  Apart from those at a source's ceiling (visit_max),
 * because its owner has the last word, and those of an office's own channels while a clock runs. */
#pragma once
#include "core/clock.h"

#include <stdbool.h>
#include <stddef.h>

enum hy_haste {
    HY_HASTE_NONE,  /* its turn has come, no more */
    HY_HASTE_SOON,  /* items would be missed: before others, and it may owe a little */
    HY_HASTE_LIMIT, /* its ceiling, its first visit, or somebody waits: at once */
};

struct hy_purse {      /* zeroed: no budget; everything may be spent */
    double per_day;    /* budget */
    double level;      /* visits; below 0: owed */
    double wanted, hurried; /* visits a day that all sources want, kept by hy_purse_want; of them,
                               those in a hurry */
    size_t sources;
    hy_wall at;        /* level is of this time */
};

/* The budget, and of how many sources; each one more brings its first visit. */
void hy_purse_give(struct hy_purse *p, double per_day, size_t sources, hy_wall now);
/* What a source wants: keep it there, zeroed at first. */
struct hy_wanted {
    double visits; /* a day */
    enum hy_haste haste;
};
/* From now on it wants that (no visits: it is gone). */
void hy_purse_want(struct hy_purse *p, struct hy_wanted *w, double visits, enum hy_haste haste);
/* Milliseconds to such a visit instead of `ms`. */
int64_t hy_purse_stretch(struct hy_purse *p, int64_t ms, enum hy_haste haste, hy_wall now);
/* When such a visit may be made as things stand: `now`, or later. */
hy_wall hy_purse_open(struct hy_purse *p, enum hy_haste haste, hy_wall now);
/* One request is made. */
void hy_purse_spend(struct hy_purse *p, hy_wall now);
