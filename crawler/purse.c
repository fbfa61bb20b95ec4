/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/purse.h"

#include "core/mem.h"

#define SAVED_MAX_MS HY_DAY_MS
#define OWED_MAX_MS HY_HOUR_MS
#define SOON_MS (2 * HY_MINUTE_MS)
#define SAVED_SPREAD_MS (2 * HY_HOUR_MS)
#define OWED_SPREAD_MS (10 * HY_MINUTE_MS)
#define LEAST 0.1 /* of the budget, however much is owed; and of that, for those who can wait */

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

static void count(struct hy_purse *p, const struct hy_wanted *w, double sign)
{
    p->wanted = HY_MAX(p->wanted + sign * w->visits, 0.0);
    if (w->haste != HY_HASTE_NONE)
        p->hurried = HY_MAX(p->hurried + sign * w->visits, 0.0);
}

void hy_purse_want(struct hy_purse *p, struct hy_wanted *w, double visits, enum hy_haste haste)
{
    count(p, w, -1);
    *w = (struct hy_wanted){visits, haste};
    count(p, w, 1);
}

int64_t hy_purse_stretch(struct hy_purse *p, int64_t ms, enum hy_haste haste, hy_wall now)
{
    if (p->per_day <= 0 || haste == HY_HASTE_LIMIT)
        return ms;
    fill(p, now);
    double spread = (double)(p->level > 0 ? SAVED_SPREAD_MS : OWED_SPREAD_MS);
    double allowed = HY_MAX(p->per_day + p->level * (double)HY_DAY_MS / spread, LEAST * p->per_day);
    double first = HY_MIN(p->hurried, (1 - LEAST) * allowed);
    double wanted = haste == HY_HASTE_SOON ? p->hurried : p->wanted - p->hurried;
    double room = haste == HY_HASTE_SOON ? first : allowed - first;
    return wanted > room ? (int64_t)((double)ms * wanted / room) : ms;
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
