/* SPDX-License-Identifier: Apache-2.0 */
/* When to visit which source, so that new items are found soonest for the visits we may make. Pure.
 *
 * The rate l of a source and its rhythm F(t) are learned by crawler/rate.h.  With weights w and a
 * budget of B visits a day a source gets, at each time, the part
 *
 *     f(t) = B ((1 - m) (w l F(t))^p / S + m / N)
 *
 * of them; S = sum over all N sources of the week's mean of (w l F)^p, so B holds over a week and
 * busy hours get more of it than quiet ones.  The next visit is due when the integral of f since
 * this one reaches 1.  The mean delay is minimal for p = 0.5 and m = 0.  p = 0.4 and m = 0.18 give
 * up 4-6 % of it for 12-15 % of the 95th percentile: it is the quiet sources, which the even part
 * keeps from waiting too long, that make the tail (bench "crawl").
 *
 * That the budget holds from hour to hour, and when something was misjudged, is crawler/purse.h's.
 *
 * The other half is politeness: a gate per host says when the next request may start, and a host's
 * lists together get at most half of the requests its gap leaves room for; the other half is for
 * the pages they announce. */
#pragma once
#include "core/clock.h"
#include "crawler/rate.h"

#define HY_SCHEDULE_POWER 0.4
#define HY_SCHEDULE_EVEN 0.18

/* All sources together. */
struct hy_budget {
    double visits_per_day; /* of the whole crawler */
    double sum;            /* S, kept by hy_budget_move */
    size_t sources;
};
/* The source's share of S changes from `old_share` (0: new) to the result (0: gone when weight is
 * 0); keep it with the source. */
double hy_budget_move(struct hy_budget *b, double old_share, double weight,
                      const struct hy_rate *rate);

struct hy_interval_limits {
    int64_t min_ms, max_ms; /* floor of politeness, ceiling of patience */
};
/* The part, at most 1, of the `visits` a day that all lists of one host want at present, which a gap
 * of gap_ms has room for.  Each comes so much later, whatever its rate or its window say: the pages
 * they announce need the other half. */
double hy_schedule_host_part(double visits, int64_t gap_ms);
/* Milliseconds from a visit at `now` to the next. */
int64_t hy_schedule_interval(const struct hy_budget *b, double share, const struct hy_rate *rate,
                             hy_wall now, struct hy_interval_limits lim);
/* A list shows only its newest `shown` entries: when `fresh` of them came in the `since_ms` since
 * the visit before, the next visit should come before half the list has changed again.  The
 * shorter of that and the interval, but not below the floor. */
int64_t hy_schedule_window(int64_t interval_ms, int64_t since_ms, size_t fresh, size_t shown,
                           struct hy_interval_limits lim);
/* A feed may say in which hours (bit 0: midnight, UTC) and on which days (bit 0: Sunday) nothing
 * comes: skipHours and skipDays of RSS 2.0.  Milliseconds from `now` to the end of such a stretch; 0:
 * it lies in none.  More than all hours or days skipped is no statement. */
int64_t hy_schedule_skip(uint32_t hours, uint32_t days, hy_wall now);
/* The n-th failure in a row (1, 2, ...): doubling from the interval, at most 6 h, spread by
 * `spread` in [0,1) so that sources that died together do not come back together. */
int64_t hy_schedule_backoff(int64_t interval_ms, int failures, double spread);

/* Politeness towards one host. */
struct hy_gate {
    hy_wall ready;     /* no request before this */
    double latency_ms; /* moving average */
    int refusals;      /* 429 and 503 in a row */
    const char *why;   /* what made the last gap as long as it is; static */
};
enum { HY_GATE_FLOOR_MS = 1000, HY_GATE_CEILING_MS = 60000 };
/* What is between two requests while the host is well: the largest of floor_ms (0:
 * HY_GATE_FLOOR_MS), crawl_delay_ms, and ten times the host's usual latency (at most the ceiling;
 * crawl_delay has no ceiling). */
int64_t hy_gate_gap(const struct hy_gate *g, int64_t floor_ms, int64_t crawl_delay_ms);
/* After a request that ended at `now`: the gap is hy_gate_gap().  `busy` (429, 503) doubles it each
 * time from 30 s on; retry_after_ms (-1: none) is obeyed when it is longer, up to a day. */
void hy_gate_done(struct hy_gate *g, hy_wall now, int64_t elapsed_ms, int64_t floor_ms,
                  int64_t crawl_delay_ms, bool busy, int64_t retry_after_ms);
