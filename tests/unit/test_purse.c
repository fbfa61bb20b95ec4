/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/purse.h"

#include "core/mem.h"
#include "crawler/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/harness.h"

static hy_wall at(int64_t ms)
{
    return (hy_wall){INT64_C(1800000000000) + ms};
}

static struct hy_purse given(double per_hour, size_t sources)
{
    struct hy_purse p = {0};

    hy_purse_give(&p, 24 * per_hour, sources, at(0));
    return p;
}

static bool is_open(struct hy_purse *p, enum hy_haste haste, hy_wall now)
{
    return hy_purse_open(p, haste, now).ms == now.ms;
}

TEST(without_a_budget_nothing_is_put_off)
{
    struct hy_purse p = given(0, 3);
    struct hy_wanted w = {0};

    hy_purse_want(&p, &w, 1e6, HY_HASTE_NONE);
    for (int i = 0; i < 1000; i++)
        hy_purse_spend(&p, at(0));
    assert_true(is_open(&p, HY_HASTE_NONE, at(0)));
    assert_int_equal(hy_purse_stretch(&p, 5000, HY_HASTE_NONE, at(0)), 5000);
}

TEST(what_is_spent_comes_back_as_the_budget_says)
{
    struct hy_purse p = given(60, 2);

    assert_true(is_open(&p, HY_HASTE_NONE, at(0)));
    hy_purse_spend(&p, at(0)); /* their first visits are given */
    hy_purse_spend(&p, at(0));
    hy_wall next = hy_purse_open(&p, HY_HASTE_NONE, at(0));
    assert_true(llabs(next.ms - at(HY_MINUTE_MS).ms) <= 1);
    assert_false(is_open(&p, HY_HASTE_NONE, at(HY_MINUTE_MS - 2)));
    assert_true(is_open(&p, HY_HASTE_NONE, next));
    p = given(60, 0);
    assert_true(is_open(&p, HY_HASTE_SOON, at(0)));
    assert_true(is_open(&p, HY_HASTE_LIMIT, at(0)));
    for (int i = 0; i < 2; i++) /* what is in a hurry owes two minutes */
        hy_purse_spend(&p, at(0));
    assert_false(is_open(&p, HY_HASTE_SOON, at(0)));
    for (int i = 0; i < 1000; i++) /* what is at its ceiling owes an hour, the rest is forgiven */
        hy_purse_spend(&p, at(0));
    assert_true(is_open(&p, HY_HASTE_LIMIT, at(0)));
    assert_false(is_open(&p, HY_HASTE_NONE, at(61 * HY_MINUTE_MS)));
    assert_true(is_open(&p, HY_HASTE_NONE, at(62 * HY_MINUTE_MS + 2)));
}

TEST(a_clock_that_was_set_gives_no_more_than_a_day)
{
    struct hy_purse p = given(10, 1);
    int n = 0;

    hy_purse_spend(&p, at(0));
    hy_wall late = at(400 * HY_DAY_MS);
    for (; is_open(&p, HY_HASTE_NONE, late); n++)
        hy_purse_spend(&p, late);
    assert_int_equal(n, 240);
    assert_false(is_open(&p, HY_HASTE_NONE, at(0))); /* back again: nothing came in between */
    assert_true(is_open(&p, HY_HASTE_NONE, at(6 * HY_MINUTE_MS + 1)));
}

TEST(who_wants_more_than_there_is_comes_later_by_as_much)
{
    struct hy_purse p = given(60, 0);
    struct hy_wanted a = {0}, b = {0};

    hy_purse_want(&p, &a, 24 * 90, HY_HASTE_NONE);
    hy_purse_want(&p, &b, 24 * 30, HY_HASTE_NONE);
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_NONE, at(0)), 20000);
    hy_purse_want(&p, &a, 24 * 30, HY_HASTE_NONE); /* it became calm */
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_NONE, at(0)), 10000);
    hy_purse_want(&p, &b, 0, HY_HASTE_NONE);
    assert_true(fabs(p.wanted - 24 * 30) < 1e-6);
    hy_purse_want(&p, &a, 24 * 90, HY_HASTE_NONE); /* saved: one and a half are allowed */
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_NONE, at(HY_HOUR_MS)), 10000);
}

TEST(who_is_in_a_hurry_has_nine_tenths_before_the_others)
{
    struct hy_purse p = given(100, 0);
    struct hy_wanted hurried = {0}, other = {0};

    hy_purse_want(&p, &hurried, 24 * 50, HY_HASTE_SOON);
    hy_purse_want(&p, &other, 24 * 100, HY_HASTE_NONE);
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_SOON, at(0)), 10000);
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_NONE, at(0)), 20000);
    hy_purse_want(&p, &hurried, 24 * 180, HY_HASTE_SOON);
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_SOON, at(0)), 20000);
    assert_int_equal(hy_purse_stretch(&p, 10000, HY_HASTE_LIMIT, at(0)), 10000);
    assert_true(llabs(hy_purse_stretch(&p, 10000, HY_HASTE_NONE, at(0)) - 100000) <= 1);
    for (int i = 0; i < 10; i++) /* owed: six minutes, so four tenths are allowed */
        hy_purse_spend(&p, at(0));
    assert_true(llabs(hy_purse_stretch(&p, 10000, HY_HASTE_SOON, at(0)) - 50000) <= 1);
    hy_purse_want(&p, &hurried, 0, HY_HASTE_NONE);
    assert_true(p.hurried < 1e-6 && fabs(p.wanted - 2400) < 1e-6);
}

/* -- a province's first hours ------------------------------------------------------------------ */

/* All sources are new, and it is the only hour anybody has seen, so they take it for the busiest.
 * What they post has a heavy tail: lists of the largest run over at once. */
enum { SOURCES = 1000, BUDGET = 14000, POSTS_A_DAY = 240, WATCHED_MS = 3 * 3600 * 1000, TICK_MS = 250, SHOWN = 20 };

struct site {
    struct hy_rate rate;
    double share, per_day;
    struct hy_wanted wanted;
    enum hy_haste haste;
    hy_wall next, last;
};

static double chance(void)
{
    static uint64_t seed = 88172645463325252ULL;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double poisson(double mean)
{
    double n = 0;

    if (mean > 50) /* large enough to be itself */
        return floor(mean + 0.5);
    for (double p = exp(-mean), u = chance(); u > p; n++)
        u *= chance();
    return n;
}

struct province {
    struct site *sites;
    struct hy_budget budget;
    struct hy_purse purse;
    struct hy_rhythm common;
    bool paid; /* the purse has a say */
};

static void visit(struct province *v, struct site *s, hy_wall now)
{
    struct hy_interval_limits lim = {60000, 2 * HY_HOUR_MS};
    int64_t since = now.ms - s->last.ms;
    double fresh = s->last.ms ? poisson(s->per_day * (double)since / (double)HY_DAY_MS) : 0;

    hy_rate_note(&s->rate, &v->common, fresh, now);
    s->share = hy_budget_move(&v->budget, s->share, 1, &s->rate);
    int64_t by_rate = hy_schedule_interval(&v->budget, s->share, &s->rate, now, lim);
    int64_t ms = by_rate;
    if (s->last.ms)
        ms = hy_schedule_window(by_rate, since, (size_t)fresh, SHOWN, lim);
    s->haste = ms < by_rate ? HY_HASTE_SOON : HY_HASTE_NONE;
    hy_purse_want(&v->purse, &s->wanted, (double)HY_DAY_MS / (double)ms, s->haste);
    hy_purse_spend(&v->purse, now);
    if (v->paid)
        ms = HY_MIN(hy_purse_stretch(&v->purse, ms, s->haste, now), lim.max_ms);
    s->last = now;
    s->next = hy_wall_add_ms(now, ms);
}

/* As the role does it: whoever is due, in an order that never changes. */
static size_t look(struct province *v, hy_wall now, int64_t *ret_longest)
{
    size_t n = 0;

    for (size_t i = 0; i < SOURCES; i++) {
        struct site *s = &v->sites[i];
        bool limit = now.ms - s->last.ms >= 2 * HY_HOUR_MS;
        if (s->next.ms > now.ms ||
            (v->paid && !is_open(&v->purse, limit ? HY_HASTE_LIMIT : s->haste, now)))
            continue;
        if (s->last.ms)
            *ret_longest = HY_MAX(*ret_longest, now.ms - s->last.ms);
        visit(v, s, now);
        n++;
    }
    return n;
}

/* Visits in each stretch of ten minutes. */
static void first_hours(bool paid, size_t counts[WATCHED_MS / 600000], int64_t *ret_longest)
{
    struct province v = {.paid = paid, .budget = {.visits_per_day = 24.0 * BUDGET}};

    v.sites = hy_xcalloc(SOURCES, sizeof(*v.sites));
    hy_purse_give(&v.purse, 24.0 * BUDGET, SOURCES, at(0));
    for (size_t i = 0; i < SOURCES; i++) {
        v.sites[i].per_day = POSTS_A_DAY / 6.0 * HY_MIN(pow(chance(), -1 / 1.2), 500.0);
        v.sites[i].share = hy_budget_move(&v.budget, 0, 1, &v.sites[i].rate);
        hy_purse_want(&v.purse, &v.sites[i].wanted, 24.0 * BUDGET / SOURCES, HY_HASTE_NONE);
    }
    for (int64_t ms = 0; ms < WATCHED_MS; ms += TICK_MS)
        counts[ms / 600000] += look(&v, at(ms), ret_longest);
    free(v.sites);
}

TEST(the_first_hours_of_a_province_cost_what_was_given)
{
    enum { STRETCHES = WATCHED_MS / 600000, EACH = BUDGET / 6 };
    size_t counts[STRETCHES] = {0}, sum = 0;
    int64_t longest = 0;

    first_hours(true, counts, &longest);
    for (size_t i = 0; i < STRETCHES; i++) {
        sum += counts[i];
        assert_true(sum <= SOURCES + (i + 1) * EACH + BUDGET / 30); /* what was promised */
        assert_true(i < 1 || counts[i] < EACH + EACH / 8);
    }
    assert_true(sum > (size_t)EACH * STRETCHES * 9 / 10); /* and it is spent */
    assert_true(longest < 30 * HY_MINUTE_MS); /* nobody starves: the mean is 4 minutes */
}

/* The test above would be worth nothing if nobody wanted more. */
TEST(the_first_hours_of_a_province_would_cost_more)
{
    size_t counts[WATCHED_MS / 600000] = {0};
    int64_t longest = 0;

    first_hours(false, counts, &longest);
    assert_true(counts[1] > 2 * BUDGET / 6);
}
