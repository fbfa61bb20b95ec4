/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/schedule.h"

#include "core/mem.h"

#include <math.h>

enum { BUSY_FIRST_MS = 30000, LATENCY_FACTOR = 10 };
#define BACKOFF_MAX_MS (6 * HY_HOUR_MS)
#define RETRY_AFTER_MAX_MS HY_DAY_MS

/* The week's mean of F^p.  Hours and days are factors of each other, so it is their product. */
static double mean_level(const struct hy_rhythm *r)
{
    double hours = 0, days = 0;

    for (int i = 0; i < HY_RHYTHM_BINS; i++) {
        double f = r->factor[i] > 0 ? (double)r->factor[i] : 1;
        *(i < HY_RHYTHM_HOURS ? &hours : &days) += pow(f, HY_SCHEDULE_POWER);
    }
    return hours / HY_RHYTHM_HOURS * days / HY_RHYTHM_DAYS;
}

double hy_budget_move(struct hy_budget *b, double old_share, double weight,
                      const struct hy_rate *rate)
{
    double share = 0;

    if (weight > 0)
        share = pow(weight * hy_rate_per_day(rate), HY_SCHEDULE_POWER) * mean_level(&rate->rhythm);
    b->sum = HY_MAX(b->sum + share - old_share, 0.0);
    b->sources = b->sources + (share > 0) - (old_share > 0);
    return share;
}

double hy_schedule_host_part(double visits, int64_t gap_ms)
{
    double room = (double)HY_DAY_MS / (double)gap_ms / 2;

    return visits > room ? room / visits : 1;
}

int64_t hy_schedule_interval(const struct hy_budget *b, double share, const struct hy_rate *rate,
                             hy_wall now, struct hy_interval_limits lim)
{
    double part = 0, ms = 0;

    if (share <= 0 || b->visits_per_day <= 0 || b->sources == 0)
        return lim.max_ms;
    double per_ms = b->visits_per_day / (double)HY_DAY_MS;
    double by_rate = per_ms * (1 - HY_SCHEDULE_EVEN) * share / b->sum / mean_level(&rate->rhythm);
    double even = per_ms * HY_SCHEDULE_EVEN / (double)b->sources;
    while (ms < (double)lim.max_ms) { /* hour by hour */
        hy_wall t = hy_wall_add_ms(now, (int64_t)ms);
        double left = (double)(HY_HOUR_MS - (t.ms % HY_HOUR_MS + HY_HOUR_MS) % HY_HOUR_MS);
        double f = by_rate * pow(hy_rate_factor(rate, t), HY_SCHEDULE_POWER) + even;
        if (part + f * left >= 1) {
            ms += (1 - part) / f;
            break;
        }
        part += f * left;
        ms += left;
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

static bool is_skipped(uint32_t hours, uint32_t days, int64_t hour)
{
    int64_t day = hour / 24;

    return hours >> (hour % 24) & 1 || days >> ((day + 4) % 7) & 1;
}

int64_t hy_schedule_skip(uint32_t hours, uint32_t days, hy_wall now)
{
    enum { ALL_HOURS = (1 << 24) - 1, ALL_DAYS = (1 << 7) - 1, WEEK_HOURS = 7 * 24 };
    int64_t first = now.ms / HY_HOUR_MS, h = first;

    if (now.ms < 0 || (hours & ALL_HOURS) == ALL_HOURS || (days & ALL_DAYS) == ALL_DAYS)
        return 0;
    while (h < first + WEEK_HOURS && is_skipped(hours, days, h))
        h++;
    return h == first ? 0 : h * HY_HOUR_MS - now.ms;
}

int64_t hy_schedule_backoff(int64_t interval_ms, int failures, double spread)
{
    double ms = (double)interval_ms * exp2(HY_MIN(failures, 20) - 1);

    ms = HY_MIN(ms, (double)BACKOFF_MAX_MS);
    ms = HY_MAX(ms, (double)interval_ms); /* who asks for slow visits keeps them */
    return (int64_t)(ms * (1.0 + 0.25 * spread));
}

static int64_t gap_of(const struct hy_gate *g, int64_t floor_ms, int64_t crawl_delay_ms,
                      const char **ret_why)
{
    int64_t slow = HY_MIN((int64_t)(g->latency_ms * LATENCY_FACTOR), (int64_t)HY_GATE_CEILING_MS);
    int64_t gap = floor_ms > 0 ? floor_ms : HY_GATE_FLOOR_MS;

    *ret_why = "floor";
    if (slow > gap) {
        gap = slow;
        *ret_why = "latency";
    }
    if (crawl_delay_ms > gap) {
        gap = crawl_delay_ms;
        *ret_why = "crawl-delay";
    }
    return gap;
}

int64_t hy_gate_gap(const struct hy_gate *g, int64_t floor_ms, int64_t crawl_delay_ms)
{
    const char *why;

    return gap_of(g, floor_ms, crawl_delay_ms, &why);
}

void hy_gate_done(struct hy_gate *g, hy_wall now, int64_t elapsed_ms, int64_t floor_ms,
                  int64_t crawl_delay_ms, bool busy, int64_t retry_after_ms)
{
    g->latency_ms =
        g->latency_ms == 0 ? (double)elapsed_ms : 0.7 * g->latency_ms + 0.3 * (double)elapsed_ms;
    int64_t gap = gap_of(g, floor_ms, crawl_delay_ms, &g->why);

    g->refusals = busy ? HY_MIN(g->refusals + 1, 20) : 0;
    if (busy) {
        gap = HY_MAX(gap, (int64_t)BUSY_FIRST_MS);
        gap = HY_MIN(gap << (g->refusals - 1), BACKOFF_MAX_MS);
        g->why = retry_after_ms > gap ? "retry-after" : "busy";
        gap = HY_MAX(gap, HY_MIN(retry_after_ms, RETRY_AFTER_MAX_MS));
    }
    g->ready = hy_wall_add_ms(now, gap);
}
