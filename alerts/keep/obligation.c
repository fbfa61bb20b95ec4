/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/obligation.h"

#include "core/mem.h"

struct hy_case hy_case_empty(enum hy_matter kind)
{
    struct hy_case c = {.kind = kind};

    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        c.at[i] = HY_WALL_NONE;
    return c;
}

static int64_t day_of(hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    return hy_days_of(c.year, c.month, c.day);
}

static hy_wall start_of_day(int64_t day)
{
    return (hy_wall){day * HY_DAY_MS - HY_CST * HY_MINUTE_MS};
}

int hy_due_of(struct hy_within within, hy_wall start, const struct hy_calendar *c, hy_wall *ret,
              struct hy_err *err)
{
    int64_t last;

    if (!within.working) {
        *ret = hy_wall_add_ms(start, within.n);
        return HY_OK;
    }
    if (hy_calendar_add(c, day_of(start), (int)within.n, &last, err) < 0)
        return err->code;
    *ret = hy_wall_add_ms(start_of_day(last + 1), -HY_SECOND_MS);
    return HY_OK;
}

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

static bool applies(const struct hy_window *w, enum hy_matter kind, int64_t level)
{
    if (!(w->kinds & 1u << kind))
        return false;
    return kind != HY_MATTER_EMERGENCY || w->levels == 0 || (w->levels & 1u << level);
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

static int add_window(const struct hy_pack *p, const struct hy_window *w, const struct hy_case *c,
                      const struct hy_calendar *calendar, struct hy_obligations *ret,
                      struct hy_err *err)
{
    bool by_level = c->kind == HY_MATTER_EMERGENCY && w->levels != 0;
    struct hy_obligation o = {
        .pack = p, .window = w, .provisional = by_level && (c->level == 0 || c->level_proposed)};

    if (!applies(w, c->kind, c->level ? c->level : p->unknown_level) ||
        !find_anchor(w, c, &o.anchor))
        return HY_OK;
    if (c->upgraded && p->upgrade == HY_UPGRADE_FROM_GRADING && o.anchor != HY_ANCHOR_RESPONDED &&
        hy_wall_known(c->at[HY_ANCHOR_GRADED]))
        o.anchor = HY_ANCHOR_GRADED;
    o.start = c->at[o.anchor];
    o.due = HY_WALL_NONE;
    int rc = hy_due_of(w->within, o.start, calendar, &o.due, err);
    hy_vec_push(ret, o);
    return rc < 0 ? hy_wrap(err, "%s", w->id) : HY_OK;
}

int hy_obligations_of(const struct hy_case *c, const struct hy_windows *windows,
                      const struct hy_calendar *calendar, struct hy_str pack,
                      struct hy_obligations *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations list = {0};

    if (pack.n && hy_windows_pack(windows, pack) == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "没有规则包“" HY_STR_FMT "”", HY_STR_ARG(pack));
    for (size_t i = 0; i < hy_windows_count(windows); i++) {
        const struct hy_pack *p = hy_windows_at(windows, i);
        if (pack.n ? !hy_str_is(pack, p->id) : !p->in_use)
            continue;
        for (size_t k = 0; k < p->n_windows; k++)
            if (add_window(p, &p->windows[k], c, calendar, &list, err) < 0)
                return err->code;
    }
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
        for (size_t k = 0; p->in_use && k < p->n_windows; k++)
            all &= add_window(p, &p->windows[k], c, calendar, ret, why) == HY_OK;
    }
    return all;
}
