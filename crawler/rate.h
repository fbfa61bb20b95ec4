/* SPDX-License-Identifier: Apache-2.0 */
/* How often does a source post, and at which hours?  Learned online from its visits.  Pure.
 *
 *     rate now = l * H[hour of the day] * D[day of the week]
 *
 * l: items a day, gamma-Poisson, (0.5 + n) / (0.25 + e) for n items in e days, both decayed with a
 * half-life of 7 days.  H and D: what came in this hour (on this day) over what l alone would have
 * brought, decayed with 28 and 56 days and drawn towards the rhythm of all sources together, so
 * that a source of three items a day has a night too, and a new one from its first evening.  Hours
 * count in e by what is usual in them: a night without news is no reason to think less of a
 * source.
 *
 * Times are those of one zone for all sources (HY_CST).  Where the office's calendar is known, a
 * public holiday counts as a Sunday and a make-up workday as a Monday or Friday. */
#pragma once
#include "core/buf.h"
#include "rules/calendar.h"
#include "core/clock.h"

enum { HY_RHYTHM_HOURS = 24, HY_RHYTHM_DAYS = 7, HY_RHYTHM_BINS = 24 + 7 };

struct hy_rhythm {                /* zeroed: every hour is like the others */
    float seen[HY_RHYTHM_BINS];   /* items; hours first, then days from Sunday; decayed */
    float due[HY_RHYTHM_BINS];    /* what an even rate would have brought */
    float factor[HY_RHYTHM_BINS]; /* around 1; 0: not reckoned yet, counts as 1 */
};

struct hy_rate {        /* zeroed: nothing known yet */
    double items, days; /* decayed */
    double hits;        /* visits that found something; decayed like items */
    hy_wall at;         /* of the last observation; 0 ms: none */
    struct hy_rhythm rhythm;
    const struct hy_calendar *calendar; /* borrowed; NULL: weekdays are all that is known */
};

/* A visit at `now` found `fresh` items that were not there at the visit before.  The first call
 * only starts the clock: what stood on the page before we came says nothing about the rate.
 * `common`: the rhythm of all sources together, learned by the way; NULL: there is none. */
void hy_rate_note(struct hy_rate *r, struct hy_rhythm *common, double fresh, hy_wall now);
double hy_rate_per_day(const struct hy_rate *r);
/* How usual `t` is for the source: 1 on the average. */
double hy_rate_factor(const struct hy_rate *r, hy_wall t);
/* Visits with something new that were to be expected between two times: bursts count once. */
double hy_rate_expected_hits(const struct hy_rate *r, hy_wall from, hy_wall to);

/* What a source learned in another process, into the common rhythm. */
void hy_rhythm_join(struct hy_rhythm *common, const struct hy_rate *r);
/* As text of numbers, and back; false when it is none.  `common` as above. */
void hy_rhythm_write(const struct hy_rhythm *r, struct hy_buf *out);
bool hy_rhythm_read(struct hy_rhythm *r, struct hy_str text, const struct hy_rhythm *common);
