/* SPDX-License-Identifier: Apache-2.0 */
/* Is a source quiet or are we blind?  Pure: evidence in, state and one sentence out.
 *
 *   new         not one good visit yet
 *   healthy     visits work, and new things come about as often as usual
 *   quiet       visits work, nothing new for longer than on the average, which at these hours is
 *               usual
 *   suspicious  visits work, nothing new, and by the source's own rate and hours that is very
 *               unlikely; or for longer than the operator wants to believe
 *   blind       we would not see something new: errors, refusals, a log-in or challenge page, no
 *               entries (or far fewer) where there were some, the same copy again and again, all
 *               article pages alike, times that cannot be
 *
 * Besides the state a source may have gaps: stretches in which items may have been missed though
 * visits worked. */
#pragma once
#include "core/clock.h"
#include "crawler/rate.h"

enum hy_health_state { HY_NEW, HY_HEALTHY, HY_QUIET, HY_SUSPICIOUS, HY_BLIND, HY_HEALTH_COUNT };
extern const char *const hy_health_name[HY_HEALTH_COUNT];

enum hy_visit_end {                   /* what became of one visit */
                    HY_VISIT_FRESH,   /* new items */
                    HY_VISIT_SAME,    /* readable, nothing new (or 304) */
                    HY_VISIT_EMPTY,   /* readable, but no links or entries found */
                    HY_VISIT_SHRUNK,  /* a small part of the usual entries, none of them known */
                    HY_VISIT_WALL,    /* 200 with a log-in, captcha or challenge page */
                    HY_VISIT_ROBOTS,  /* robots.txt forbids */
                    HY_VISIT_REFUSED, /* 401, 403, 404, 410, ... */
                    HY_VISIT_FAILED,  /* no answer, timeout, 5xx, garbage */
                    HY_VISIT_END_COUNT
};

enum { HY_HEALTH_ALIKE = 4 }; /* different article pages in a row with one text: no articles */

struct hy_health { /* zeroed: new */
    enum hy_health_state state;
    hy_wall since;     /* of this state: when it began, as far as we can tell; 0: not known */
    int failures;      /* visits without a readable list, in a row */
    hy_wall first_bad; /* of this row */
    hy_wall last_ok, last_new;
    hy_wall gap_from, gap_to; /* the newest gap: items of this time may have been missed; 0: none */
    int gaps;                 /* how many there have been */
    char why[240];            /* Chinese, for the board's sources page */
};
struct hy_visit {
    enum hy_visit_end end;
    const char *detail;         /* the error's own words, "" if none */
    hy_wall newest;             /* publish time of the newest entry shown; HY_WALL_NONE */
    const struct hy_rate *rate; /* what was learned of it */
    int64_t quiet_after_ms;     /* the operator's own limit of silence; 0: by the rate */
    bool frozen;                /* byte for byte what the visit before got, or 304 */
    bool future;                /* most entries are dated more than a day after now */
    int alike;                  /* article pages in a row that differ in address only */
    hy_wall server;             /* the server's clock; HY_WALL_NONE: not said */
};
/* A visit had nothing in common with the one that ended at `from`, and the way back through older
 * pages did not reach known ground.  Shown in `why` of good visits for a day. */
void hy_health_gap(struct hy_health *h, hy_wall from, hy_wall to);
/* True when the state changed. */
bool hy_health_note(struct hy_health *h, const struct hy_visit *v, hy_wall now);
