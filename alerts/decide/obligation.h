/* SPDX-License-Identifier: Apache-2.0 */
/* From facts to obligations: which clocks run, since when, until when.  Pure.
 *
 * - The first known time of a window's anchor order starts its clock; a window with none known has
 *   no obligation yet.
 * - An emergency whose level is unknown gets the clocks of the pack's `unknown_level`, marked
 *   provisional; one whose level is only proposed gets those of the proposed level, provisional.
 * - Hour clocks run through nights and holidays.  Working-day clocks do not count the first day
 *   and end with the last second of their last working day; a year without calendar is an error.
 *   Of a pausable one the days of a consultation do not count (条例第三十三条: 征求意见所需时间
 *   不计算在内): those after the day of asking, up to and with the day of the answer.
 * - A limit in calendar days or months that ends on a day off ends on the next working day (民法典
 *   第二百零三条), "the same day" (0cd) and a window with `shift: false` excepted.
 * - "Within five hours" is met at exactly five hours: hy_in_time() compares whole seconds. */
#pragma once
#include "core/vec.h"
#include "rules/calendar.h"
#include "rules/windows.h"

struct hy_pause {     /* of a pausable clock */
    hy_wall from, to; /* `to` HY_WALL_NONE: it goes on */
};
struct hy_extension {
    struct hy_str clock; /* id of the window */
    struct hy_within by;
};
struct hy_version { /* of a pack that a running case goes on with */
    struct hy_str pack, version;
};
struct hy_case { /* what is known about the matter; lists are borrowed */
    enum hy_matter kind;
    int level;              /* 1-4; 0: not known */
    bool level_proposed;    /* by the machine, not yet by a person */
    bool upgraded;          /* the level was raised after it had been confirmed once */
    struct hy_str types[2]; /* what `types` and `by_type` are compared with: type, event class */
    unsigned dispositions;  /* bit set of enum hy_disposition */
    hy_wall at[HY_ANCHOR_COUNT];
    const struct hy_pause *pauses;
    size_t n_pauses;
    const struct hy_extension *extensions;
    size_t n_extensions;
    const struct hy_version *versions; /* packs not named here: the newest */
    size_t n_versions;
};
struct hy_case hy_case_empty(enum hy_matter kind);

struct hy_obligation { /* pack and window are borrowed from the rules */
    const struct hy_pack *pack;
    const struct hy_window *window;
    enum hy_anchor anchor;
    struct hy_within within; /* with variant and extension; n 0: until the period's end or a date */
    hy_wall start, due;
    bool provisional;
    bool paused; /* a consultation goes on: `due` is what it would be if it ended at once */
};
struct hy_obligations {
    struct hy_obligation *v;
    size_t n, room;
};
static inline void hy_obligations_release(struct hy_obligations *list)
{
    hy_vec_release(list);
}

/* Those of all packs in use, or of one pack (`pack` not empty, used or not), in file order.
 * HY_E_NOTFOUND for an unknown pack or a year without calendar. */
HY_MUST_CHECK int hy_obligations_of(const struct hy_case *c, const struct hy_windows *windows,
                                    const struct hy_calendar *calendar, struct hy_str pack,
                                    struct hy_obligations *ret, struct hy_err *err);

/* Those of all packs in use, going on where working days cannot be counted: `due` of such an
 * obligation is HY_WALL_NONE, the result false, and *why names the year.  For the keeper, whose
 * hour clocks must not stand still because of a missing calendar.  Adds to *ret. */
bool hy_obligations_known(const struct hy_case *c, const struct hy_windows *windows,
                          const struct hy_calendar *calendar, struct hy_obligations *ret,
                          struct hy_err *why);

/* The same obligation from another start: one that is owed once more, or whose clock ran already
 * before its anchor was set again.  HY_E_NOTFOUND: a year without calendar; nothing changed. */
HY_MUST_CHECK int hy_obligation_from(struct hy_obligation *o, const struct hy_case *c, hy_wall start,
                                     const struct hy_calendar *calendar, struct hy_err *err);

/* How days are counted. */
struct hy_reckoning {
    const struct hy_calendar *calendar;
    int64_t day_ends; /* minute; 1440: midnight, the last second of the day */
    bool shift;
    const struct hy_pause *pauses;
    size_t n_pauses;
};
HY_MUST_CHECK int hy_due_by(struct hy_within within, hy_wall start, const struct hy_reckoning *how,
                            hy_wall *ret, struct hy_err *err);
/* The same until midnight, shifted, without pauses. */
HY_MUST_CHECK int hy_due_of(struct hy_within within, hy_wall start, const struct hy_calendar *c,
                            hy_wall *ret, struct hy_err *err);
/* When a reminder is due (its first time, if it repeats). */
HY_MUST_CHECK int hy_step_due(const struct hy_step *s, hy_wall start, hy_wall due,
                              const struct hy_calendar *c, hy_wall *ret, struct hy_err *err);
/* The period that `t` lies in: first instant, and first instant of the next. */
void hy_period_at(enum hy_period period, hy_wall t, hy_wall *ret_from, hy_wall *ret_to);
bool hy_in_time(hy_wall ended, hy_wall due);
/* Whole minutes from `ended` to `due`: positive early, negative late. */
int64_t hy_minutes_early(hy_wall ended, hy_wall due);
