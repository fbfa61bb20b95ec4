/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/obligation.h"

#include "core/mem.h"

enum { MIDNIGHT = 1440 };

struct hy_case hy_case_empty(enum hy_matter kind)
{
    struct hy_case c = {.kind = kind};

    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        c.at[i] = HY_WALL_NONE;
    return c;
}

/* ---- days ---- */

static int64_t day_of(hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    return hy_days_of(c.year, c.month, c.day);
}

static hy_wall start_of_day(int64_t day)
{
    return (hy_wall){day * HY_DAY_MS - HY_CST * HY_MINUTE_MS};
}

/* 24:00 is written as the day's last second, which people read as that day. */
static hy_wall end_of_day(int64_t day, int64_t day_ends)
{
    return hy_wall_add_ms(start_of_day(day), day_ends >= MIDNIGHT ? HY_DAY_MS - HY_SECOND_MS
                                                                  : day_ends * HY_MINUTE_MS);
}

/* The n-th month after, on the same day or the last one it has (民法典第二百零二条). */
static int64_t add_months(int64_t day, int64_t n)
{
    int y, m, d;

    hy_date_of(day, &y, &m, &d);
    m += (int)n - 1;
    y += m / 12;
    m = m % 12 + 1;
    while (!hy_date_exists(y, m, d))
        d--;
    return hy_days_of(y, m, d);
}

static bool is_paused_day(const struct hy_reckoning *how, int64_t day)
{
    for (size_t i = 0; i < how->n_pauses; i++)
        if (hy_wall_known(how->pauses[i].to) && day > day_of(how->pauses[i].from) &&
            day <= day_of(how->pauses[i].to))
            return true;
    return false;
}

static int add_workdays(int64_t day, int64_t n, const struct hy_reckoning *how, int64_t *ret,
                        struct hy_err *err)
{
    while (n > 0) {
        bool works;
        if (hy_calendar_is_workday(how->calendar, ++day, &works, err) < 0)
            return err->code;
        n -= works && !is_paused_day(how, day);
    }
    *ret = day;
    return HY_OK;
}

/* The day itself, or the first working day behind it. */
static int settle(int64_t day, const struct hy_reckoning *how, int64_t *ret, struct hy_err *err)
{
    for (bool works = !how->shift; !works; day += !works)
        if (hy_calendar_is_workday(how->calendar, day, &works, err) < 0)
            return err->code;
    *ret = day;
    return HY_OK;
}

static int last_day(struct hy_within within, int64_t first, const struct hy_reckoning *how,
                    int64_t *ret, struct hy_err *err)
{
    switch (within.unit) {
    case HY_IN_WORKDAYS:
        return add_workdays(first, within.n, how, ret, err);
    case HY_IN_DAYS:
        *ret = first;
        return within.n ? settle(first + within.n, how, ret, err) : HY_OK;
    case HY_IN_MONTHS:
        return settle(add_months(first, within.n), how, ret, err);
    case HY_IN_HOURS:
        break;
    }
    hy_bug("unit of time %d has no days", within.unit);
}

int hy_due_by(struct hy_within within, hy_wall start, const struct hy_reckoning *how, hy_wall *ret,
              struct hy_err *err)
{
    int64_t last = 0; /* gcc -O3 does not see that failure returns before it is used */

    if (within.unit == HY_IN_HOURS) {
        *ret = hy_wall_add_ms(start, within.n);
        return HY_OK;
    }
    if (last_day(within, day_of(start), how, &last, err) < 0)
        return err->code;
    *ret = end_of_day(last, how->day_ends);
    return HY_OK;
}

int hy_due_of(struct hy_within within, hy_wall start, const struct hy_calendar *c, hy_wall *ret,
              struct hy_err *err)
{
    const struct hy_reckoning how = {.calendar = c, .day_ends = MIDNIGHT, .shift = true};

    return hy_due_by(within, start, &how, ret, err);
}

/* ---- periods ---- */

void hy_period_at(enum hy_period period, hy_wall t, hy_wall *ret_from, hy_wall *ret_to)
{
    static const int months[] = {[HY_PERIOD_NONE] = 12,
                                 [HY_PERIOD_MONTH] = 1,
                                 [HY_PERIOD_QUARTER] = 3,
                                 [HY_PERIOD_HALF] = 6,
                                 [HY_PERIOD_YEAR] = 12};
    struct hy_civil c = hy_civil_of(t, HY_CST);
    int64_t first = hy_days_of(c.year, (c.month - 1) / months[period] * months[period] + 1, 1);

    *ret_from = start_of_day(first);
    *ret_to = start_of_day(add_months(first, months[period]));
}

/* The date of `until` that comes first at or after the day of `start`. */
static hy_wall until_date(const struct hy_window *w, hy_wall start, int64_t day_ends)
{
    struct hy_civil c = hy_civil_of(start, HY_CST);
    int year = c.year, day = w->until_day;

    if (w->until_month < c.month || (w->until_month == c.month && day < c.day))
        year++;
    while (!hy_date_exists(year, w->until_month, day))
        day--;
    return end_of_day(hy_days_of(year, w->until_month, day), day_ends);
}

/* ---- steps ---- */

static int step_on_day(const struct hy_step *s, hy_wall due, const struct hy_calendar *c,
                       hy_wall *ret, struct hy_err *err)
{
    int64_t day;

    if (hy_calendar_add(c, day_of(due), (int)s->n, &day, err) < 0)
        return err->code;
    *ret = hy_wall_add_ms(start_of_day(day), s->minute * HY_MINUTE_MS);
    return HY_OK;
}

int hy_step_due(const struct hy_step *s, hy_wall start, hy_wall due, const struct hy_calendar *c,
                hy_wall *ret, struct hy_err *err)
{
    switch (s->when) {
    case HY_WHEN_AFTER:
        *ret = hy_wall_add_ms(start, s->n);
        return HY_OK;
    case HY_WHEN_LEFT:
        *ret = hy_wall_add_ms(due, -s->n);
        return HY_OK;
    case HY_WHEN_SHARE:
        *ret = hy_wall_add_ms(start, (due.ms - start.ms) / 100 * s->n);
        return HY_OK;
    case HY_WHEN_LATE: /* late begins when the last second in time is over */
        *ret = hy_wall_add_ms(due, s->n + HY_SECOND_MS);
        return HY_OK;
    case HY_WHEN_DAY:
        return step_on_day(s, due, c, ret, err);
    }
    hy_bug("step of kind %d", s->when);
}

bool hy_in_time(hy_wall ended, hy_wall due)
{
    return ended.ms < due.ms - due.ms % HY_SECOND_MS + HY_SECOND_MS;
}

int64_t hy_minutes_early(hy_wall ended, hy_wall due)
{
    return (due.ms - ended.ms) / HY_MINUTE_MS;
}

/* ---- which clocks ---- */

static bool has_type(const struct hy_case *c, const char *type)
{
    return (c->types[0].n && hy_str_is(c->types[0], type)) ||
           (c->types[1].n && hy_str_is(c->types[1], type));
}

static bool has_any_type(const struct hy_case *c, const struct hy_texts *types)
{
    for (size_t i = 0; i < types->n; i++)
        if (has_type(c, types->v[i]))
            return true;
    return types->n == 0;
}

static bool applies(const struct hy_window *w, const struct hy_case *c, int level)
{
    if (!(w->kinds & 1u << c->kind) || !has_any_type(c, &w->types))
        return false;
    if (w->dispositions && !(w->dispositions & c->dispositions))
        return false;
    if (c->kind == HY_MATTER_PERIODIC) /* one document per duty and period */
        return has_type(c, w->id);
    return c->kind != HY_MATTER_EMERGENCY || w->levels == 0 || (w->levels & 1u << level);
}

static bool find_anchor(const struct hy_window *w, const struct hy_case *c, enum hy_anchor *ret)
{
    for (size_t i = 0; i < w->n_anchors; i++) {
        if (!hy_wall_known(c->at[w->anchors[i]]))
            continue;
        *ret = w->anchors[i];
        return true;
    }
    return false;
}

static void take_variant(const struct hy_variant *v, size_t n, struct hy_str key,
                         struct hy_within *within)
{
    for (size_t i = 0; key.n && i < n; i++)
        if (hy_str_is(key, v[i].key))
            *within = v[i].within;
}

/* The type's own limit wins over its class's, that over the level's. */
static struct hy_within within_of(const struct hy_window *w, const struct hy_case *c, int level)
{
    const char digit = (char)('0' + level);
    struct hy_within within = w->within;

    take_variant(w->by_level, w->n_by_level, hy_str_n(&digit, 1), &within);
    take_variant(w->by_type, w->n_by_type, c->types[1], &within);
    take_variant(w->by_type, w->n_by_type, c->types[0], &within);
    for (size_t i = 0; i < c->n_extensions; i++)
        if (hy_str_is(c->extensions[i].clock, w->id) && c->extensions[i].by.unit == within.unit)
            within.n += c->extensions[i].by.n;
    return within;
}

static bool is_paused(const struct hy_window *w, const struct hy_case *c)
{
    bool paused = false;

    for (size_t i = 0; w->pausable && i < c->n_pauses; i++)
        paused |= !hy_wall_known(c->pauses[i].to);
    return paused;
}

static int reckon(struct hy_obligation *o, const struct hy_case *c,
                  const struct hy_calendar *calendar, struct hy_err *err)
{
    const struct hy_window *w = o->window;
    struct hy_reckoning how = {
        .calendar = calendar, .day_ends = o->pack->day_ends, .shift = w->shift};
    hy_wall from, next;

    if (w->pausable) {
        how.pauses = c->pauses;
        how.n_pauses = c->n_pauses;
    }
    if (w->with_period) {
        hy_period_at(w->period, o->start, &from, &next);
        o->due = hy_wall_add_ms(next, -HY_SECOND_MS);
        return HY_OK;
    }
    if (w->until_month) {
        o->due = until_date(w, o->start, o->pack->day_ends);
        return HY_OK;
    }
    return hy_due_by(o->within, o->start, &how, &o->due, err);
}

int hy_obligation_from(struct hy_obligation *o, const struct hy_case *c, hy_wall start,
                       const struct hy_calendar *calendar, struct hy_err *err)
{
    struct hy_obligation moved = *o;

    moved.start = start;
    if (reckon(&moved, c, calendar, err) < 0)
        return err->code;
    *o = moved;
    return HY_OK;
}

static int add_window(const struct hy_pack *p, const struct hy_window *w, const struct hy_case *c,
                      const struct hy_calendar *calendar, struct hy_obligations *ret,
                      struct hy_err *err)
{
    bool by_level = c->kind == HY_MATTER_EMERGENCY && (w->levels != 0 || w->n_by_level);
    int level = c->level ? c->level : (int)p->unknown_level;
    struct hy_obligation o = {
        .pack = p,
        .window = w,
        .within = within_of(w, c, level),
        .due = HY_WALL_NONE,
        .provisional = by_level && (c->level == 0 || c->level_proposed),
        .paused = is_paused(w, c),
    };

    if (!applies(w, c, level) || !find_anchor(w, c, &o.anchor))
        return HY_OK;
    if (c->upgraded && p->upgrade == HY_UPGRADE_FROM_GRADING && o.anchor != HY_ANCHOR_RESPONDED &&
        hy_wall_known(c->at[HY_ANCHOR_GRADED]))
        o.anchor = HY_ANCHOR_GRADED;
    o.start = c->at[o.anchor];
    int rc = reckon(&o, c, calendar, err);
    hy_vec_push(ret, o);
    return rc < 0 ? hy_wrap(err, "%s", w->id) : HY_OK;
}

/* The version of a pack in use that this case goes by: the one it began with, if it is still there.
 */
static const struct hy_pack *version_of(const struct hy_pack *p, const struct hy_case *c,
                                        const struct hy_windows *windows)
{
    for (size_t i = 0; i < c->n_versions; i++) {
        if (!hy_str_is(c->versions[i].pack, p->id))
            continue;
        const struct hy_pack *old =
            hy_windows_version(windows, c->versions[i].pack, c->versions[i].version);
        return old ? old : p;
    }
    return p;
}

static int add_pack(const struct hy_pack *p, const struct hy_case *c,
                    const struct hy_calendar *calendar, struct hy_obligations *ret,
                    struct hy_err *err)
{
    int rc = HY_OK;

    for (size_t k = 0; k < p->n_windows; k++)
        if (add_window(p, &p->windows[k], c, calendar, ret, err) < 0)
            rc = err->code; /* go on: the others can be reckoned */
    return rc;
}

int hy_obligations_of(const struct hy_case *c, const struct hy_windows *windows,
                      const struct hy_calendar *calendar, struct hy_str pack,
                      struct hy_obligations *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations list = {0};
    const struct hy_pack *one = pack.n ? hy_windows_pack(windows, pack) : NULL;
    int rc = HY_OK;

    if (pack.n && one == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "没有规则包“" HY_STR_FMT "”", HY_STR_ARG(pack));
    if (one)
        rc = add_pack(version_of(one, c, windows), c, calendar, &list, err);
    for (size_t i = 0; rc == HY_OK && !one && i < hy_windows_count(windows); i++)
        if (hy_windows_at(windows, i)->in_use)
            rc = add_pack(version_of(hy_windows_at(windows, i), c, windows), c, calendar, &list,
                          err);
    if (rc < 0)
        return rc;
    *ret = list;
    list = (struct hy_obligations){0};
    return HY_OK;
}

bool hy_obligations_known(const struct hy_case *c, const struct hy_windows *windows,
                          const struct hy_calendar *calendar, struct hy_obligations *ret,
                          struct hy_err *why)
{
    bool all = true;

    for (size_t i = 0; i < hy_windows_count(windows); i++) {
        const struct hy_pack *p = hy_windows_at(windows, i);
        if (p->in_use)
            all &= add_pack(version_of(p, c, windows), c, calendar, ret, why) == HY_OK;
    }
    return all;
}
