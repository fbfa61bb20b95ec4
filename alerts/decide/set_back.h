/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's clock was ahead and has been set back: what was done too early is owed again.
 *
 * Nobody can tell a clock that runs ahead from an outage, so while it is ahead everything falls due,
 * late, as it should.  When it comes back, the record is what shows it: its newest line lies in the
 * future.  Then of every open document
 * - reminders that fired and whose time is still to come wait again, under a further number;
 * - what the program itself stamped in the future (detected, confirmed, graded, acknowledged, ...) is
 *   taken back by as much as the clock was, and clocks that began there begin earlier;
 * - the ladder, the waits for a screen and the end of an acknowledgement that began there are counted
 *   from now;
 * - lines of 督办 of that time are marked (also of a document that has ended meanwhile).
 * What people entered stays: they are told, with the matters in which they answered meanwhile.
 * Entries stay as written; the times they carry are what the clock said.
 *
 * A setting back is a row of the duty list's document, as a round of catching up is
 * (alerts/decide/missed.h), and nothing else is decided until it is `told`.  Pure. */
#pragma once
#include "alerts/decide/decide.h"

/* Member of a line of 督办 that was written while the clock was ahead: its time is wrong, and what it
 * says of a limit is no evidence. */
#define HY_CLOCK_AHEAD "clock_ahead"

enum { HY_SET_BACK_MS = 5 * 60 * 1000 }; /* by less, servers differ among themselves */

/* Was the clock set back, as the record has it, or is a setting back still to be mended? */
bool hy_set_back_is(const struct hy_decide *d, hy_wall newest);
void hy_set_back_begin(struct hy_decide *d, hy_wall newest); /* unless one is open */
/* The next document that has anything to mend; false: there is none any more, tell.  Begin with an
 * empty walk. */
bool hy_set_back_mend(struct hy_decide *d, struct hy_walk *walk);
void hy_set_back_tell(struct hy_decide *d);
