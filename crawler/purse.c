/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/purse.h"

#include "core/mem.h"

#define SAVED_MAX_MS HY_DAY_MS
#define OWED_MAX_MS HY_HOUR_MS
#define SOON_MS (15 * HY_MINUTE_MS)
#define SPREAD_MS (2 * HY_HOUR_MS)
#define ALLOWED_LEAST 0.1 /* of the budget, however much is owed */

static double worth(const struct hy_purse *p, int64_t ms)
{
    return p->per_day * (double)ms / (double)HY_DAY_MS;
}

/* A clock that was set back gives nothing and takes nothing. */
static void fill(struct hy_purse *p, hy_wall now)
{
    int64_t ms = HY_MIN(HY_MAX(now.ms - p->at.ms, INT64_C(0)), (int64_t)SAVED_MAX_MS);
    double most = HY_MAX(worth(p, SAVED_MAX_MS), (double)p->sources);

    p->level = HY_MIN(p->level + worth(p, ms), most);
    p->at = now;
}

void hy_purse_give(struct hy_purse *p, double per_day, size_t sources, hy_wall now)
{
    fill(p, now);
    p->per_day = per_day;
    if (sources > p->sources)
        p->level += (double)(sources - p->sources);
    p->sources = sources;
}

void hy_purse_want(struct hy_purse *p, double *wanted, double visits)
{
    p->wanted = HY_MAX(p->wanted + visits - *wanted, 0.0);
    *wanted = visits;
}

int64_t hy_purse_stretch(struct hy_purse *p, int64_t ms, hy_wall now)
{
    if (p->per_day <= 0)
        return ms;
    fill(p, now);
    double allowed = p->per_day + p->level * (double)HY_DAY_MS / (double)SPREAD_MS;
    allowed = HY_MAX(allowed, ALLOWED_LEAST * p->per_day);
    return p->wanted > allowed ? (int64_t)((double)ms * p->wanted / allowed) : ms;
}

hy_wall hy_purse_open(struct hy_purse *p, enum hy_haste haste, hy_wall now)
{
    if (p->per_day <= 0 || haste == HY_HASTE_LIMIT)
        return now;
    fill(p, now);
    double least = 1 - (haste == HY_HASTE_SOON ? worth(p, SOON_MS) : 0);
    if (p->level >= least)
        return now;
    double ms = (least - p->level) * (double)HY_DAY_MS / p->per_day;
    return hy_wall_add_ms(now, (int64_t)HY_MIN(ms, (double)HY_DAY_MS) + 1);
}

void hy_purse_spend(struct hy_purse *p, hy_wall now)
{
    fill(p, now);
    p->level = HY_MAX(p->level - 1, -(worth(p, OWED_MAX_MS) + 1));
}
