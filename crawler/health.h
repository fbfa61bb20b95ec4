/* SPDX-License-Identifier: Apache-2.0 */
/* Is a source quiet or are we blind?  Pure: evidence in, state and one sentence out.
 *
 *   new      not one good visit yet
 *   healthy  visits work, and new things come about as often as usual
 *   quiet    visits work, nothing new for longer than usual, which may well be
 *   blind    we would not see something new: errors, refusals, no links where there were some, a
 *            log-in or challenge page, or silence that its own rate makes very unlikely */
#pragma once
#include "core/clock.h"

enum hy_health_state { HY_NEW, HY_HEALTHY, HY_QUIET, HY_BLIND, HY_HEALTH_COUNT };
extern const char *const hy_health_name[HY_HEALTH_COUNT];

enum hy_visit_end {                   /* what became of one visit */
                    HY_VISIT_FRESH,   /* new items */
                    HY_VISIT_SAME,    /* readable, nothing new (or 304) */
                    HY_VISIT_EMPTY,   /* readable, but no links or entries found */
                    HY_VISIT_WALL,    /* 200 with a log-in, captcha or challenge page */
                    HY_VISIT_ROBOTS,  /* robots.txt forbids */
                    HY_VISIT_REFUSED, /* 401, 403, 404, 410, ... */
                    HY_VISIT_FAILED,  /* no answer, timeout, 5xx, garbage */
                    HY_VISIT_END_COUNT
};

struct hy_health { /* zeroed: new */
    enum hy_health_state state;
    int failures;      /* visits without a readable list, in a row */
    hy_wall first_bad; /* of this row */
    hy_wall last_ok, last_new;
    hy_wall gap_from, gap_to; /* the newest gap: items of this time may have been missed; 0: none */
    int gaps;                 /* how many there have been */
    char why[160];            /* Chinese, for the board's sources page */
};
struct hy_visit {
    enum hy_visit_end end;
    const char *detail; /* the error's own words, "" if none */
    hy_wall newest;     /* publish time of the newest entry shown; HY_WALL_NONE */
    double per_day;     /* learned rate, and from how many days of watching */
    double watched_days;
    int64_t quiet_after_ms; /* the operator's own limit of silence; 0: by the rate */
};
/* A visit had nothing in common with the one that ended at `from`, and the way back through older
 * pages did not reach known ground.  Shown in `why` of good visits for a day. */
void hy_health_gap(struct hy_health *h, hy_wall from, hy_wall to);
/* True when the state changed. */
bool hy_health_note(struct hy_health *h, const struct hy_visit *v, hy_wall now);
