/* SPDX-License-Identifier: Apache-2.0 */
/* How soon are new items found for the visits we may make?  A simulated world of sources with
 * heavy-tailed posting rates, days, nights and (a third of them) free weekends, visited by the real
 * scheduling code; peers are uniform polling and the same code told the true rates and rhythms, at
 * the same budget.  Deterministic.  Then what fetching costs (crawl_fetch.h). */
#include "core/curl.h"
#include "core/mem.h"
#include "crawler/purse.h"
#include "crawler/schedule.h"
#include "tests/unit/redis_server.h"

#include "tests/bench/crawl_fetch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOURCES = 2000, DAYS = 21, MEASURED_FROM = 10, VISITS_PER_HOUR = 1000 };
#define MEAN_PER_DAY 10.0
#define DIURNAL 0.9
#define WEEKEND 0.2 /* of a weekday's items, where weekends are free */

enum policy { UNIFORM, LEARNED, KNOWN };

/* How a world's sources differ, and when they post. */
struct law {
    const char *name;           /* behind a metric's name */
    double (*draw)(void);       /* a source's items a day, before they are scaled */
    double free_part;           /* of the sources, whose weekends are free */
    double (*hour)(double day); /* level at a time of the day, [0,1); the day's mean is 1 */
    double peak;                /* its largest value */
    bool shown;                 /* the main figures are of it, not only the held-out ones */
};

struct source {
    double rate, phase; /* items a day; day's shift in days */
    bool weekends_free;
    const struct law *law;
    double *items;  /* days since the start, ascending */
    size_t n, next; /* next: first item not found yet */
    struct hy_rate learned;
    double share;
    struct hy_wanted wanted;
};

struct world {
    struct source s[SOURCES];
};

struct visits { /* binary heap by time */
    struct {
        double at;
        size_t source;
    } v[SOURCES + 1];
    size_t n;
};

struct delays {
    double *v; /* minutes */
    size_t n, room;
    double sum;
    double per_hour; /* visits made */
    size_t hours[DAYS * 24 + 48];
};

static uint64_t seed = 88172645463325252ULL;

static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double lognormal_rate(void)
{
    return exp(1.6 * normal() - 1.6 * 1.6 / 2);
}

static double pareto_rate(void)
{
    return HY_MIN(pow(uniform(), -1 / 1.1), 3000.0);
}

/* The world begins on a Monday. */
static double level_of_day(const struct source *s, int day)
{
    bool weekend = day % 7 >= 5;
    double mean = s->weekends_free ? (5 + 2 * WEEKEND) / 7 : 1;

    return (s->weekends_free && weekend ? WEEKEND : 1) / mean;
}

static double wave(double day)
{
    return 1 + DIURNAL * sin(2 * M_PI * day);
}

/* From one minute to the next: open, lunch, open, evening, night. */
static double office(double day)
{
    static const struct {
        int until;
        double level;
    } parts[] = {{8, 0.03}, {12, 2.6}, {14, 1.0}, {18, 2.2}, {23, 0.52}, {24, 0.03}};
    size_t i = 0;

    while (day * 24 >= parts[i].until)
        i++;
    return parts[i].level;
}

static double level_of_hour(const struct source *s, double t)
{
    return s->law->hour(fmod(t + s->phase, 1));
}

/* Items by thinning a Poisson stream whose rate rises and falls with the hours and days. */
static void make_items(struct source *s)
{
    double peak = s->law->peak * 2; /* no day is twice the mean */
    size_t room = 0;

    for (double t = 0; (t -= log(uniform()) / (s->rate * peak)) < DAYS;) {
        double level = level_of_hour(s, t) * level_of_day(s, (int)t);
        if (uniform() * peak > level)
            continue;
        if (s->n == room) {
            room = room ? room * 2 : 64;
            s->items = hy_xrealloc(s->items, room * sizeof(*s->items));
        }
        s->items[s->n++] = t;
    }
}

static void make_world(struct world *w, const struct law *law)
{
    double sum = 0;

    for (size_t i = 0; i < SOURCES; i++)
        sum += w->s[i].rate = law->draw();
    for (size_t i = 0; i < SOURCES; i++) {
        w->s[i].rate *= MEAN_PER_DAY * SOURCES / sum;
        w->s[i].phase = uniform() < 0.3 ? uniform() : 0;
        w->s[i].weekends_free = uniform() < law->free_part;
        w->s[i].law = law;
        make_items(&w->s[i]);
    }
}

static void push(struct visits *q, double at, size_t source)
{
    size_t i = ++q->n;

    for (; i > 1 && q->v[i / 2].at > at; i /= 2)
        q->v[i] = q->v[i / 2];
    q->v[i].at = at;
    q->v[i].source = source;
}

static size_t pop(struct visits *q, double *ret_at)
{
    size_t first = q->v[1].source, i = 1, child;
    double at = q->v[q->n].at;
    size_t source = q->v[q->n--].source;

    *ret_at = q->v[1].at;
    for (; (child = 2 * i) <= q->n; i = child) {
        if (child < q->n && q->v[child + 1].at < q->v[child].at)
            child++;
        if (at <= q->v[child].at)
            break;
        q->v[i] = q->v[child];
    }
    q->v[i].at = at;
    q->v[i].source = source;
    return first;
}

/* 2026-11-23, a Monday, begins in China. */
static hy_wall wall(double days)
{
    return (hy_wall){INT64_C(1795363200000) + (int64_t)(days * (double)HY_DAY_MS)};
}

/* What the code would know after watching for ever. */
static struct hy_rate truth(const struct source *s)
{
    struct hy_rate r = {.items = s->rate * 1e6, .days = 1e6};

    for (int i = 0; i < HY_RHYTHM_HOURS; i++)
        r.rhythm.factor[i] = (float)level_of_hour(s, (i + 0.5) / 24);
    for (int i = 0; i < HY_RHYTHM_DAYS; i++)
        r.rhythm.factor[HY_RHYTHM_HOURS + i] = (float)level_of_day(s, (i + 6) % 7);
    return r;
}

/* Uniform polling is the same code told that all are alike. */
static struct hy_rate start(const struct source *s, enum policy policy)
{
    return policy == KNOWN ? truth(s) : (struct hy_rate){0};
}

static void add_delay(struct delays *d, double minutes)
{
    if (d->n == d->room) {
        d->room = d->room ? d->room * 2 : 1024;
        d->v = hy_xrealloc(d->v, d->room * sizeof(*d->v));
    }
    d->v[d->n++] = minutes;
    d->sum += minutes;
}

static double visit(struct source *s, double now, double from, double to, struct delays *d)
{
    double found = 0;

    for (; s->next < s->n && s->items[s->next] <= now; s->next++, found++)
        if (s->items[s->next] >= from && s->items[s->next] < to)
            add_delay(d, (now - s->items[s->next]) * 24 * 60);
    return found;
}

/* Delays of the items posted in [from, to). */
static struct delays play(struct world *w, enum policy policy, double from, double to)
{
    struct hy_budget budget = {.visits_per_day = 24.0 * VISITS_PER_HOUR};
    struct hy_purse purse = {0};
    struct hy_interval_limits lim = {60000, HY_DAY_MS};
    struct visits *q = hy_xcalloc(1, sizeof(*q));
    struct hy_rhythm common = {0};
    struct delays d = {0};
    double now = 0;
    size_t visits = 0;

    hy_purse_give(&purse, budget.visits_per_day, SOURCES, wall(0));
    for (size_t i = 0; i < SOURCES; i++) {
        struct source *s = &w->s[i];
        s->next = 0;
        s->wanted = (struct hy_wanted){0};
        hy_purse_want(&purse, &s->wanted, budget.visits_per_day / SOURCES, HY_HASTE_NONE);
        s->learned = start(s, policy);
        s->share = hy_budget_move(&budget, 0, 1, &s->learned);
        push(q, uniform() * SOURCES / (24.0 * VISITS_PER_HOUR), i);
    }
    while (now < to + 1) {
        size_t i = pop(q, &now);
        struct source *s = &w->s[i];
        hy_wall open = hy_purse_open(&purse, HY_HASTE_NONE, wall(now));
        if (open.ms > wall(now).ms) {
            push(q, now + (double)(open.ms - wall(now).ms) / (double)HY_DAY_MS, i);
            continue;
        }
        hy_purse_spend(&purse, wall(now));
        double found = visit(s, now, from, to, &d);
        d.hours[(size_t)(now * 24)]++;
        visits++;
        if (policy == LEARNED) {
            hy_rate_note(&s->learned, &common, found, wall(now));
            s->share = hy_budget_move(&budget, s->share, 1, &s->learned);
        }
        int64_t ms = hy_schedule_interval(&budget, s->share, &s->learned, wall(now), lim);
        hy_purse_want(&purse, &s->wanted, (double)HY_DAY_MS / (double)ms, HY_HASTE_NONE);
        ms = HY_MIN(hy_purse_stretch(&purse, ms, HY_HASTE_NONE, wall(now)), lim.max_ms);
        push(q, now + (double)ms / (double)HY_DAY_MS, i);
    }
    free(q);
    d.per_hour = (double)visits / (now * 24);
    return d;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double percentile(struct delays *d, double p)
{
    qsort(d->v, d->n, sizeof(*d->v), by_size);
    return d->v[(size_t)(p * (double)(d->n - 1))];
}

static void print(const char *metric, const char *law, const char *peer, double value, double other)
{
    printf(
        "{\"bench\":\"crawl\",\"metric\":\"%s%s\",\"value\":%.2f,\"unit\":\"min\",\"peer\":\"%s\","
        "\"peer_value\":%.2f,\"ratio\":%.3f}\n",
        metric, law, value, peer, other, other / value);
}

struct played {
    struct delays day[LEARNED + 1], later[KNOWN + 1]; /* by policy: the first day; measured days */
};

static double mean_of(const struct delays *d)
{
    return d->sum / (double)d->n;
}

static void play_all(const struct law *law, struct played *ret)
{
    struct world *w = hy_xcalloc(1, sizeof(*w));

    make_world(w, law);
    for (int p = UNIFORM; p <= LEARNED; p++)
        ret->day[p] = play(w, (enum policy)p, 0, 1);
    for (int p = UNIFORM; p <= KNOWN; p++)
        ret->later[p] = play(w, (enum policy)p, MEASURED_FROM, DAYS - 1);
    for (size_t i = 0; i < SOURCES; i++)
        free(w->s[i].items);
    free(w);
}

static void forget(struct played *p)
{
    for (size_t i = 0; i < HY_COUNT(p->day); i++)
        free(p->day[i].v);
    for (size_t i = 0; i < HY_COUNT(p->later); i++)
        free(p->later[i].v);
}

static void compare(const struct law *law)
{
    struct played p;

    play_all(law, &p);
    print("delay_mean", law->name, "uniform", mean_of(&p.later[LEARNED]),
          mean_of(&p.later[UNIFORM]));
    print("delay_p95", law->name, "uniform", percentile(&p.later[LEARNED], 0.95),
          percentile(&p.later[UNIFORM], 0.95));
    print("delay_first_day", law->name, "uniform", mean_of(&p.day[LEARNED]),
          mean_of(&p.day[UNIFORM]));
    print("delay_mean_known", law->name, "true rates and rhythms", mean_of(&p.later[LEARNED]),
          mean_of(&p.later[KNOWN]));
    printf("{\"bench\":\"crawl\",\"metric\":\"visits%s\",\"value\":%.1f,\"unit\":\"1/h\",\"peer\":"
           "\"budget\",\"peer_value\":%d,\"ratio\":%.3f}\n",
           law->name, p.later[LEARNED].per_hour, VISITS_PER_HOUR,
           VISITS_PER_HOUR / p.later[LEARNED].per_hour);
    size_t first = p.later[LEARNED].hours[0], most = first;
    for (size_t i = 0; i < HY_COUNT(p.later[LEARNED].hours); i++)
        most = HY_MAX(most, p.later[LEARNED].hours[i]);
    printf("{\"bench\":\"crawl\",\"metric\":\"visits_first_hour%s\",\"value\":%zu,\"unit\":\"1/h\",\"peer\":"
           "\"budget and a first visit each\",\"peer_value\":%d,\"ratio\":%.3f,\"busiest\":%zu}\n",
           law->name, first, VISITS_PER_HOUR + SOURCES,
           (double)(VISITS_PER_HOUR + SOURCES) / (double)first, most);
    forget(&p);
}

/* -- held-out worlds ----------------------------------------------------------------------------
 */

/* The constants of the scheduler were chosen on the worlds above.  Here are worlds nobody looked at
 * before: mean and worst of the four figures, as parts of what the goal compares with. */
enum { HELD_OUT = 5, FIGURES = 4 };
static const struct {
    const char *name;
    double goal;
} figures[FIGURES] = {{"mean", 0.60}, {"p95", 0.95}, {"first_day", 0.70}, {"known", 1.03}};

static void one_world(const struct law *law, double ret[FIGURES])
{
    struct played p;

    play_all(law, &p);
    ret[0] = mean_of(&p.later[LEARNED]) / mean_of(&p.later[UNIFORM]);
    ret[1] = percentile(&p.later[LEARNED], 0.95) / percentile(&p.later[UNIFORM], 0.95);
    ret[2] = mean_of(&p.day[LEARNED]) / mean_of(&p.day[UNIFORM]);
    ret[3] = mean_of(&p.later[LEARNED]) / mean_of(&p.later[KNOWN]);
    forget(&p);
}

static void held_out(const struct law *law)
{
    double sum[FIGURES] = {0}, squares[FIGURES] = {0}, worst[FIGURES] = {0}, got[FIGURES];

    for (int run = 1; run <= HELD_OUT; run++) {
        seed = 0x9E3779B97F4A7C15ULL * (uint64_t)(run + 1000);
        one_world(law, got);
        for (int i = 0; i < FIGURES; i++) {
            sum[i] += got[i];
            squares[i] += got[i] * got[i];
            worst[i] = HY_MAX(worst[i], got[i]);
        }
    }
    for (int i = 0; i < FIGURES; i++) {
        double mean = sum[i] / HELD_OUT, var = squares[i] / HELD_OUT - mean * mean;
        printf("{\"bench\":\"crawl\",\"metric\":\"held_out_%s%s\",\"value\":%.3f,\"unit\":\"x\","
               "\"peer\":\"goal\",\"peer_value\":%.2f,\"ratio\":%.3f,\"deviation\":%.3f,"
               "\"worst\":%.3f,\"worlds\":%d}\n",
               figures[i].name, law->name, mean, figures[i].goal, figures[i].goal / mean,
               sqrt(HY_MAX(var, 0.0)), worst[i], HELD_OUT);
    }
}

static const struct law laws[] = {
    {"", lognormal_rate, 0, wave, 1 + DIURNAL, true},
    {"_pareto", pareto_rate, 0, wave, 1 + DIURNAL, true},
    {"_week", lognormal_rate, 0.33, wave, 1 + DIURNAL, true},
    {"_office", lognormal_rate, 0.33, office, 2.6, false},
};

/* bench_crawl [fetch]: all of it, or only what fetching costs. */
int main(int argc, char **argv)
{
    bool only_fetch = argc > 1 && strcmp(argv[1], "fetch") == 0;

    if (!only_fetch) {
        for (size_t i = 0; i < HY_COUNT(laws); i++)
            if (laws[i].shown)
                compare(&laws[i]);
        for (size_t i = 0; i < HY_COUNT(laws); i++)
            held_out(&laws[i]);
    }
    bench_fetch();
    if (!only_fetch)
        bench_known();
    return 0;
}
