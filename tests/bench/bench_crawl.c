/* SPDX-License-Identifier: Apache-2.0 */
/* How soon are new items found for the visits we may make?  A simulated world of sources with
 * heavy-tailed posting rates and days and nights, visited by the real scheduling code; peers are
 * uniform polling and the same code told the true rates, at the same budget.  Deterministic. */
#include "core/mem.h"
#include "crawler/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SOURCES = 2000, DAYS = 21, MEASURED_FROM = 10, VISITS_PER_HOUR = 1000 };
#define MEAN_PER_DAY 10.0
#define DIURNAL 0.9

enum policy { UNIFORM, LEARNED, KNOWN };

struct source {
    double rate, phase; /* items a day; day's shift in days */
    double *items;      /* days since the start, ascending */
    size_t n, next;     /* next: first item not found yet */
    struct hy_rate learned;
    double share;
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

/* Items by thinning a Poisson stream whose rate rises and falls with the hours. */
static void make_items(struct source *s)
{
    size_t room = 0;

    for (double t = 0; (t -= log(uniform()) / (s->rate * (1 + DIURNAL))) < DAYS;) {
        double level = 1 + DIURNAL * sin(2 * M_PI * (t + s->phase));
        if (uniform() * (1 + DIURNAL) > level)
            continue;
        if (s->n == room) {
            room = room ? room * 2 : 64;
            s->items = hy_xrealloc(s->items, room * sizeof(*s->items));
        }
        s->items[s->n++] = t;
    }
}

static void make_world(struct world *w, double (*draw)(void))
{
    double sum = 0;

    for (size_t i = 0; i < SOURCES; i++)
        sum += w->s[i].rate = draw();
    for (size_t i = 0; i < SOURCES; i++) {
        w->s[i].rate *= MEAN_PER_DAY * SOURCES / sum;
        w->s[i].phase = uniform() < 0.3 ? uniform() : 0;
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

static hy_wall wall(double days)
{
    return (hy_wall){1 + (int64_t)(days * (double)HY_DAY_MS)};
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
    struct hy_interval_limits lim = {60000, HY_DAY_MS};
    struct visits *q = hy_xcalloc(1, sizeof(*q));
    struct delays d = {0};
    double now = 0;

    for (size_t i = 0; i < SOURCES; i++) {
        struct source *s = &w->s[i];
        s->next = 0;
        s->learned = (struct hy_rate){0};
        double rate = policy == KNOWN     ? s->rate
                      : policy == UNIFORM ? 1
                                          : hy_rate_per_day(&s->learned);
        s->share = hy_budget_move(&budget, 0, 1, rate);
        push(q, uniform() * SOURCES / (24.0 * VISITS_PER_HOUR), i);
    }
    while (now < to + 1) {
        size_t i = pop(q, &now);
        struct source *s = &w->s[i];
        double found = visit(s, now, from, to, &d);
        if (policy == LEARNED) {
            hy_rate_note(&s->learned, found, wall(now));
            s->share = hy_budget_move(&budget, s->share, 1, hy_rate_per_day(&s->learned));
        }
        push(q, now + (double)hy_schedule_interval(&budget, s->share, lim) / (double)HY_DAY_MS, i);
    }
    free(q);
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

static void compare(const char *law, double (*draw)(void))
{
    struct world *w = hy_xcalloc(1, sizeof(*w));
    struct delays day[2], later[3];

    make_world(w, draw);
    for (int p = UNIFORM; p <= LEARNED; p++)
        day[p] = play(w, (enum policy)p, 0, 1);
    for (int p = UNIFORM; p <= KNOWN; p++)
        later[p] = play(w, (enum policy)p, MEASURED_FROM, DAYS - 1);
    print("delay_mean", law, "uniform", later[LEARNED].sum / (double)later[LEARNED].n,
          later[UNIFORM].sum / (double)later[UNIFORM].n);
    print("delay_p95", law, "uniform", percentile(&later[LEARNED], 0.95),
          percentile(&later[UNIFORM], 0.95));
    print("delay_first_day", law, "uniform", day[LEARNED].sum / (double)day[LEARNED].n,
          day[UNIFORM].sum / (double)day[UNIFORM].n);
    print("delay_mean_known", law, "true rates", later[LEARNED].sum / (double)later[LEARNED].n,
          later[KNOWN].sum / (double)later[KNOWN].n);
    for (size_t i = 0; i < HY_COUNT(day); i++)
        free(day[i].v);
    for (size_t i = 0; i < HY_COUNT(later); i++)
        free(later[i].v);
    for (size_t i = 0; i < SOURCES; i++)
        free(w->s[i].items);
    free(w);
}

int main(void)
{
    compare("", lognormal_rate);
    compare("_pareto", pareto_rate);
    return 0;
}
