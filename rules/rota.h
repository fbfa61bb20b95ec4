/* SPDX-License-Identifier: Apache-2.0 */
/* The rota of duty.yaml: whose turn it is at a moment.
 *
 *     rota:
 *       handover: ["08:30", "17:30"]   # a turn begins at each of these times; one is enough
 *       start: 2026-11-23              # first day of the first turn
 *       days: 1                        # length of a turn, with one hand-over a day
 *       turns: [{duty: wangmin, second: lilei}, ...]       # one after the other, for ever
 *       holidays: [{duty: ..}]         # turns of the days off (calendar), counted by themselves
 *       overrides:                     # what is not named stays with the rota; the last one wins
 *         - {from: T, to: T, duty: hanmei, second: wangmin, why: 换班}
 *       away: [{who: lilei, from: T, to: T, why: 年假}]    # holds no post meanwhile
 *
 * What people change by hand (swaps, sick leave) comes as struct hy_hand from the keeper's record
 * and lies above the file.  People are ids here; rules/duty.c knows whom they mean.  Pure. */
#pragma once
#include "core/json.h"
#include "core/vec.h"
#include "rules/yaml.h"

struct hy_calendar;

enum { HY_HANDOVERS_MAX = 6 };

struct hy_change {
    hy_wall from, to;
    const char *duty, *second; /* NULL: stays as it is */
    const char *why;           /* may be NULL */
};
struct hy_absence {
    hy_wall from, to;
    const char *who, *why;
};
struct hy_hand { /* borrows all texts */
    HY_VEC(struct hy_change) changes;
    HY_VEC(struct hy_absence) away;
};
static inline void hy_hand_release(struct hy_hand *h)
{
    hy_vec_release(&h->changes);
    hy_vec_release(&h->away);
}

struct hy_rota {
    struct hy_texts handover;
    int64_t start, days;
    struct hy_rows turns, holidays, overrides, away;
    struct hy_pos pos;
    /* derived */
    int64_t minute[HY_HANDOVERS_MAX];
    size_t n_handovers;
    HY_VEC(int32_t) days_off; /* how many lie between `start` and the i-th day after it */
};
extern const struct hy_y_schema hy_rota_schema;

/* Fill what follows from what was written, and report what the schema cannot know.  `is_person`
 * says whether an id is one of the people. */
void hy_rota_derive(struct hy_rota *r, bool (*is_person)(const void *user, struct hy_str id),
                    const void *user, struct hy_diag *d);
/* "people 里没有..." */
void hy_rota_report_nobody(const char *id, struct hy_pos pos, struct hy_diag *d);
/* Which days are off; beyond the years the calendar knows every day counts as a working day. */
void hy_rota_use_calendar(struct hy_rota *r, const struct hy_calendar *c);
void hy_rota_release(struct hy_rota *r); /* what was derived; the schema frees the rest */

/* Who stands in the plan at a moment, and for how long that stays so. */
struct hy_watch {
    hy_wall from, to;
    const char *duty, *second; /* NULL: nobody */
    const char *why;           /* of a change, else NULL */
    const struct hy_absence *duty_away, *second_away; /* that is why nobody stands there */
};
/* False when no turn has begun; then *ret only has `from` and `to`.  `hand` may be NULL. */
bool hy_rota_at(const struct hy_rota *r, const struct hy_hand *hand, hy_wall now,
                struct hy_watch *ret);
/* The absence of a person at a moment, or NULL. */
const struct hy_absence *hy_rota_away(const struct hy_rota *r, const struct hy_hand *hand,
                                      const char *who, hy_wall now);
/* Does the plan name a second anywhere? */
bool hy_rota_has_second(const struct hy_rota *r);
/* The changes and absences of the keeper's document about the duty list that are in force; views
 * into it. */
void hy_hand_read(const json_t *doc, struct hy_hand *ret);
