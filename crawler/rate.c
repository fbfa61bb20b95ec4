/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/rate.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

#define HALF_LIFE_DAYS 7.0
#define PRIOR_ITEMS 0.5 /* one item in half a day, worth a quarter of a day of watching */
#define PRIOR_DAYS 0.25
#define FACTOR_MIN 0.05
#define FACTOR_MAX 8.0
/* The longest absence in which hours still mean something; longer ones teach the rate alone. */
#define ABSENCE_MAX_MS (8 * HY_DAY_MS)

/* Hours and days are the same arithmetic over two parts of one array.
 *
 * `own` of the hours is next to nothing, because the common rhythm has had its say already: what
 * came between two visits is spread over the hours as they were thought to be (learn_hours), so a
 * source of which little is known confirms what it borrowed.  With half an item an hour on top the
 * prior counted twice, and nights were never believed to be as empty as they are. */
static const struct part {
    int from, n;
    double half_life_days;
    double own;    /* pseudo-items a source's bin takes from the common rhythm */
    double common; /* and the common one from "even" */
} parts[] = {
    {0, HY_RHYTHM_HOURS, 28, 0.02, 20.0},
    {HY_RHYTHM_HOURS, HY_RHYTHM_DAYS, 56, 6.0, 60.0},
};
enum { HOURS, DAYS };

/* -- the bins of a time ------------------------------------------------------------------------ */

struct bins {
    int hour, day;
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

enum { SUNDAY = 0, MONDAY = 1, FRIDAY = 5, SATURDAY = 6 };

/* `days` since 1970-01-01 -> the weekday it is like.  A year without a notice has weekdays only. */
static int weekday_of(const struct hy_calendar *c, int64_t days)
{
    int day = (int)(((days + 4) % 7 + 7) % 7);
    struct hy_err err = HY_ERR_INIT;
    bool works;

    if (c == NULL || hy_calendar_is_workday(c, days, &works, &err) < 0)
        return day;
    if (day == SUNDAY || day == SATURDAY)
        return !works ? day : day == SATURDAY ? FRIDAY : MONDAY;
    return works ? day : SUNDAY;
}

static struct bins bins_of(const struct hy_rate *r, hy_wall t)
{
    int64_t hours = floor_div(t.ms + HY_CST * HY_MINUTE_MS, HY_HOUR_MS);
    int64_t days = floor_div(hours, 24);

    return (struct bins){(int)(hours - days * 24),
                         HY_RHYTHM_HOURS + weekday_of(r->calendar, days)};
}

static hy_wall hour_end(hy_wall t)
{
    return (hy_wall){(floor_div(t.ms, HY_HOUR_MS) + 1) * HY_HOUR_MS};
}

static double factor_at(const struct hy_rhythm *r, int bin)
{
    return r->factor[bin] > 0 ? (double)r->factor[bin] : 1.0;
}

static double factor_of(const struct hy_rhythm *r, struct bins b)
{
    return factor_at(r, b.hour) * factor_at(r, b.day);
}

double hy_rate_factor(const struct hy_rate *r, hy_wall t)
{
    return factor_of(&r->rhythm, bins_of(r, t));
}

/* Days from `from` to `to`, each hour counted by what is usual in it. */
static double usual_days(const struct hy_rate *r, hy_wall from, hy_wall to)
{
    double days = 0;

    if (to.ms - from.ms > ABSENCE_MAX_MS)
        return (double)(to.ms - from.ms) / (double)HY_DAY_MS;
    for (hy_wall t = from, end; t.ms < to.ms; t = end) {
        end = hour_end(t);
        end.ms = HY_MIN(end.ms, to.ms);
        days += factor_of(&r->rhythm, bins_of(r, t)) * (double)(end.ms - t.ms) / (double)HY_DAY_MS;
    }
    return days;
}

/* -- factors ----------------------------------------------------------------------------------- */

/* Neighbouring hours know of each other; days do not. */
static void smooth(float *v, int n)
{
    float first = v[0], before = v[n - 1];

    for (int i = 0; i < n; i++) {
        float here = v[i], behind = i + 1 < n ? v[i + 1] : first;
        v[i] = (before + 2 * here + behind) / 4;
        before = here;
    }
}

/* `own`: of a source, not of all together. */
static void refactor(struct hy_rhythm *r, const struct hy_rhythm *common, bool own)
{
    for (size_t k = 0; k < HY_COUNT(parts); k++) {
        const struct part *p = &parts[k];
        float *v = r->factor + p->from, sum = 0;
        double prior = own ? p->own : p->common;

        for (int i = 0; i < p->n; i++) {
            int bin = p->from + i;
            double usual = common ? factor_at(common, bin) : 1.0;
            v[i] = (float)((prior * usual + (double)r->seen[bin]) / (prior + (double)r->due[bin]));
        }
        if (k == HOURS)
            smooth(v, p->n);
        for (int i = 0; i < p->n; i++)
            sum += v[i];
        for (int i = 0; i < p->n; i++)
            v[i] =
                (float)HY_MIN(HY_MAX((double)(v[i] * (float)p->n / sum), FACTOR_MIN), FACTOR_MAX);
    }
}

/* -- learning ---------------------------------------------------------------------------------- */

static void decay(struct hy_rhythm *r, double days)
{
    for (size_t k = 0; k < HY_COUNT(parts); k++) {
        float keep = (float)exp2(-days / parts[k].half_life_days);
        for (int i = parts[k].from; i < parts[k].from + parts[k].n; i++) {
            r->seen[i] *= keep;
            r->due[i] *= keep;
        }
    }
}

/* A busy source counts in the common rhythm like one of four items a day. */
static double common_weight(double per_day)
{
    return 1 / HY_MAX(per_day / 4, 1.0);
}

static void add(struct hy_rhythm *to, int bin, double seen, double due)
{
    to->seen[bin] += (float)seen;
    to->due[bin] += (float)due;
}

/* `fresh` items over the hours since `from`, as they are usually spread over them. */
static void learn_hours(struct hy_rate *r, struct hy_rhythm *common, double fresh, hy_wall from,
                        hy_wall now, double usual)
{
    double l = hy_rate_per_day(r), weight = common_weight(l);

    for (hy_wall t = from, end; t.ms < now.ms; t = end) {
        end = hour_end(t);
        end.ms = HY_MIN(end.ms, now.ms);
        struct bins b = bins_of(r, t);
        double days = (double)(end.ms - t.ms) / (double)HY_DAY_MS;
        double hour = factor_at(&r->rhythm, b.hour), day = factor_at(&r->rhythm, b.day);
        double seen = usual > 0 ? fresh * days * hour * day / usual : 0;
        add(&r->rhythm, b.hour, seen, l * days * day);
        add(&r->rhythm, b.day, seen, l * days * hour);
        if (common == NULL)
            continue;
        add(common, b.hour, seen * weight, l * days * day * weight);
        add(common, b.day, seen * weight, l * days * hour * weight);
    }
}

/* The common rhythm forgets with the mean of its sources' clocks: it has none of its own, so its
 * weight is bounded instead. */
static void bound(struct hy_rhythm *common)
{
    for (size_t k = 0; k < HY_COUNT(parts); k++) {
        double most = 100 * parts[k].common, due = 0;
        for (int i = 0; i < parts[k].n; i++)
            due = HY_MAX(due, (double)common->due[parts[k].from + i]);
        if (due <= most)
            continue;
        float keep = (float)(most / due / 2);
        for (int i = parts[k].from; i < parts[k].from + parts[k].n; i++) {
            common->seen[i] *= keep;
            common->due[i] *= keep;
        }
    }
}

void hy_rate_note(struct hy_rate *r, struct hy_rhythm *common, double fresh, hy_wall now)
{
    if (r->at.ms != 0) {
        hy_wall from = {HY_MIN(r->at.ms, now.ms)};
        double real = (double)(now.ms - from.ms) / (double)HY_DAY_MS;
        double usual = usual_days(r, from, now);
        double keep = exp2(-real / HALF_LIFE_DAYS);
        r->items = r->items * keep + fresh;
        r->hits = r->hits * keep + (fresh > 0);
        r->days = r->days * keep + usual;
        decay(&r->rhythm, real);
        if (now.ms - from.ms <= ABSENCE_MAX_MS)
            learn_hours(r, common, fresh, from, now, usual);
        if (common) {
            bound(common);
            refactor(common, NULL, false);
        }
    }
    refactor(&r->rhythm, common, true);
    r->at = now;
}

double hy_rate_per_day(const struct hy_rate *r)
{
    return (PRIOR_ITEMS + r->items) / (PRIOR_DAYS + r->days);
}

double hy_rate_expected_hits(const struct hy_rate *r, hy_wall from, hy_wall to)
{
    double per_day = (PRIOR_ITEMS + r->hits) / (PRIOR_DAYS + r->days);

    return from.ms < to.ms ? per_day * usual_days(r, from, to) : 0;
}

/* -- between processes ------------------------------------------------------------------------- */

void hy_rhythm_join(struct hy_rhythm *common, const struct hy_rate *r)
{
    double weight = common_weight(hy_rate_per_day(r));

    for (int i = 0; i < HY_RHYTHM_BINS; i++)
        add(common, i, (double)r->rhythm.seen[i] * weight, (double)r->rhythm.due[i] * weight);
    bound(common);
    refactor(common, NULL, false);
}

void hy_rhythm_write(const struct hy_rhythm *r, struct hy_buf *out)
{
    for (int i = 0; i < HY_RHYTHM_BINS; i++)
        hy_buf_printf(out, "%s%.4g/%.4g", i ? " " : "", (double)r->seen[i], (double)r->due[i]);
}

static bool read_number(struct hy_str s, float *ret)
{
    char text[32], *end;

    if (s.n == 0 || s.n >= sizeof(text))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double v = strtod(text, &end);
    *ret = (float)v;
    return *end == '\0' && v >= 0 && v < 1e9;
}

bool hy_rhythm_read(struct hy_rhythm *r, struct hy_str text, const struct hy_rhythm *common)
{
    struct hy_rhythm got = {0};
    struct hy_str pair, seen;
    int n = 0;

    for (; n < HY_RHYTHM_BINS && hy_str_cut(&text, ' ', &pair); n++)
        if (!hy_str_cut(&pair, '/', &seen) || !read_number(seen, &got.seen[n]) ||
            !read_number(pair, &got.due[n]))
            return false;
    if (n < HY_RHYTHM_BINS)
        return false;
    *r = got;
    refactor(r, common, true);
    return true;
}
