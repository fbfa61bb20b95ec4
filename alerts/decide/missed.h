/* SPDX-License-Identifier: Apache-2.0 */
/* Catching up after an outage.
 *
 * Everything that fell due meanwhile fires once, most urgent first, and is written down with how
 * late it is.  But hundreds of alarms at once are one alarm that nobody can read.  So while a round
 * of catching up is open these notices ring nowhere (`quiet` names the round), and its end tells
 * each person once what he was not told.
 *
 * A round is a row of the duty list's document and is closed by the entries that tell people:
 * whoever comes after a crash in the middle goes on with it.  Pure. */
#pragma once
#include "alerts/decide/decide.h"

enum {
    HY_MISSED_AFTER_MS = 60 * 1000, /* that late is an outage, less is a slow moment */
    HY_MISSED_FROM = 6,             /* fewer are told one by one */
};

/* The row of the round that is open, or NULL; its id, or "" (duty.c). */
const json_t *hy_missed_row(const struct hy_decide *d);
struct hy_str hy_missed_round(const struct hy_decide *d);
/* Open a round; `first` is when the oldest was due. */
void hy_missed_begin(struct hy_decide *d, hy_wall first);
/* Close it: one notice a person. */
void hy_missed_tell(struct hy_decide *d);

/* How urgent a timer is, to be compared member by member; smaller comes first. */
struct hy_missed_rank {
    int level;    /* 1 .. 4 of emergencies, 5: none */
    int quiet;    /* enum hy_urgency of the step: 0 is urgent */
    int64_t ends; /* when the clock ends, ms */
    int64_t due;  /* when the timer was due, ms */
};
struct hy_missed_rank hy_missed_rank(const struct hy_state *s, struct hy_str member, hy_wall due);
int hy_missed_compare(const struct hy_missed_rank *a, const struct hy_missed_rank *b);
