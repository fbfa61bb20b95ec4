/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's clock has jumped ahead while the program ran: people are told, once.
 *
 * What can be known: between two looks the wall clock went further than the time that passed (a
 * monotonic clock that counts sleep as well).  Either somebody set the clock, or the whole machine,
 * being a virtual one, stood still; and if it was set, either what it said before was wrong or what it
 * says now.  The notice says exactly that.  A clock that was already wrong when the program started
 * cannot be seen, nor one that is made to run a little faster.
 *
 * A jump is a row of the duty list's document (`set_aheads`), so that of several keepers that saw it
 * only one tells.  Pure. */
#pragma once
#include "alerts/decide/decide.h"

enum { HY_SET_AHEAD_MS = 5 * 60 * 1000 }; /* as set_back.h: by less, nobody needs to be told */

/* Looking at both clocks again and again, whether we lead or not. */
struct hy_look {
    hy_wall wall; /* of the newest look */
    hy_mono boot; /* 0: there was none yet */
    hy_wall from, to; /* a jump nobody has been told of: what the clock should have said, what it said;
                       * the same: there is none */
};
/* One that comes back before it was told is forgotten. */
void hy_look_again(struct hy_look *l, hy_wall wall, hy_mono boot);
bool hy_look_jumped(const struct hy_look *l);
void hy_look_told(struct hy_look *l);

/* Unless the record has it already. */
void hy_set_ahead_tell(struct hy_decide *d, hy_wall from, hy_wall to);
/* Is what has been due since `first` late because the clock has jumped just now? */
bool hy_set_ahead_explains(const struct hy_decide *d, hy_wall first);
