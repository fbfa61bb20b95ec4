/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/schedule.h"

#include "core/mem.h"

#include <math.h>

#define HALF_LIFE_DAYS 7.0
#define PRIOR_ITEMS 0.5 /* one item in half a day, worth a quarter of a day of watching */
#define PRIOR_DAYS 0.25
enum { BUSY_FIRST_MS = 30000, LATENCY_FACTOR = 10 };
#define BACKOFF_MAX_MS (6 * HY_HOUR_MS)
#define RETRY_AFTER_MAX_MS HY_DAY_MS

void hy_rate_note(struct hy_rate *r, double fresh, hy_wall now)
{
    if (r->at.ms != 0) {
        double days = (double)HY_MAX(now.ms - r->at.ms, INT64_C(0)) / (double)HY_DAY_MS;
        double keep = exp2(-days / HALF_LIFE_DAYS);
        r->items = r->items * keep + fresh;
        r->days = r->days * keep + days;
    }
    r->at = now;
}

double hy_rate_per_day(const struct hy_rate *r)
{
    return (PRIOR_ITEMS + r->items) / (PRIOR_DAYS + r->days);
}

double hy_budget_move(struct hy_budget *b, double old_share, double weight, double per_day)
{
    double share = weight > 0 ? pow(weight * per_day, HY_SCHEDULE_POWER) : 0;

    b->sum = HY_MAX(b->sum + share - old_share, 0.0);
    b->sources = b->sources + (share > 0) - (old_share > 0);
    return share;
}

int64_t hy_schedule_interval(const struct hy_budget *b, double share, struct hy_interval_limits lim)
{
    double ms = (double)lim.max_ms;

    if (share > 0 && b->visits_per_day > 0 && b->sources) {
        double part = (1 - HY_SCHEDULE_EVEN) * share / b->sum;
        part += HY_SCHEDULE_EVEN / (double)b->sources;
        ms = (double)HY_DAY_MS / (b->visits_per_day * part);
    }
    return (int64_t)HY_MAX(HY_MIN(ms, (double)lim.max_ms), (double)lim.min_ms);
}

int64_t hy_schedule_window(int64_t interval_ms, int64_t since_ms, size_t fresh, size_t shown,
                           struct hy_interval_limits lim)
{
    if (fresh == 0 || since_ms <= 0)
        return interval_ms;
    double ms = (double)since_ms * (double)shown / (2.0 * (double)fresh);
    return HY_MAX(HY_MIN(interval_ms, (int64_t)HY_MIN(ms, (double)interval_ms)), lim.min_ms);
}

int64_t hy_schedule_backoff(int64_t interval_ms, int failures, double spread)
{
    double ms = (double)interval_ms * exp2(HY_MIN(failures, 20) - 1);

    ms = HY_MIN(ms, (double)BACKOFF_MAX_MS);
    ms = HY_MAX(ms, (double)interval_ms); /* who asks for slow visits keeps them */
    return (int64_t)(ms * (1.0 + 0.25 * spread));
}

void hy_gate_done(struct hy_gate *g, hy_wall now, int64_t elapsed_ms, int64_t floor_ms,
                  int64_t crawl_delay_ms, bool busy, int64_t retry_after_ms)
{
    g->latency_ms =
        g->latency_ms == 0 ? (double)elapsed_ms : 0.7 * g->latency_ms + 0.3 * (double)elapsed_ms;
    int64_t slow = HY_MIN((int64_t)(g->latency_ms * LATENCY_FACTOR), (int64_t)HY_GATE_CEILING_MS);
    int64_t gap = HY_MAX(floor_ms > 0 ? floor_ms : HY_GATE_FLOOR_MS, slow);

    gap = HY_MAX(gap, crawl_delay_ms);
    g->refusals = busy ? HY_MIN(g->refusals + 1, 20) : 0;
    if (busy) {
        gap = HY_MAX(gap, (int64_t)BUSY_FIRST_MS);
        gap = HY_MIN(gap << (g->refusals - 1), BACKOFF_MAX_MS);
        gap = HY_MAX(gap, HY_MIN(retry_after_ms, RETRY_AFTER_MAX_MS));
    }
    g->ready = hy_wall_add_ms(now, gap);
}
