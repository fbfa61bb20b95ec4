/* SPDX-License-Identifier: Apache-2.0 */
/* Whose visits the budget pays: the sources of our hosts.  Of several crawlers each has the part of
 * it that its sources are of all, and a source counts from the moment it is ours, with what is
 * usual for one of which nothing is known: those that are loaded first would else share what is
 * everybody's. */
#include "crawler/crawl.h"

#include <math.h>

/* Without a budget each source may have visits in the (geometric) middle of its own limits. */
static double usual_visits_per_day(const struct hy_source *s)
{
    return (double)HY_DAY_MS / sqrt((double)s->visit_min_ms * (double)s->visit_max_ms);
}

static bool is_ours(const struct hy_crawl_source *s)
{
    return s->rules && hy_crawl_is_ours_(s->host);
}

void hy_crawl_count_in_(struct hy_crawl *c, struct hy_crawl_source *s)
{
    s->share = hy_budget_move(&c->budget, s->share, is_ours(s), &s->rate);
    if (s->share > 0)
        return;
    hy_purse_want(&c->purse, &s->wanted, 0, HY_HASTE_NONE);
    s->wish = 0;
}

void hy_crawl_share_out_(struct hy_crawl *c)
{
    size_t all = 0, ours = 0;
    double usual = 0;
    struct hy_str key;
    void *value;

    for (size_t at = 0; hy_map_next(c->sources, &at, &key, &value);) {
        struct hy_crawl_source *s = value;
        all += s->rules != NULL;
        hy_crawl_count_in_(c, s);
        if (s->share <= 0)
            continue;
        ours++;
        usual += usual_visits_per_day(s->rules);
    }
    double asked = 24.0 * (double)c->visits_per_hour * (double)ours / (double)HY_MAX(all, (size_t)1);
    c->budget.visits_per_day = c->visits_per_hour ? asked : usual;
    hy_purse_give(&c->purse, asked, ours, hy_loop_wall(c->loop));
    for (size_t at = 0; hy_map_next(c->sources, &at, &key, &value);) {
        struct hy_crawl_source *s = value;
        if (s->share <= 0 || s->wanted.visits > 0)
            continue;
        s->wish = c->budget.visits_per_day / (double)ours;
        hy_purse_want(&c->purse, &s->wanted, s->wish, HY_HASTE_NONE);
    }
}

hy_wall hy_crawl_paid_(struct hy_crawl *c, const struct hy_crawl_source *s, hy_wall now)
{
    bool limit = now.ms - s->last_try.ms >= s->rules->visit_max_ms;

    return hy_purse_open(&c->purse, limit ? HY_HASTE_LIMIT : s->haste, now);
}
