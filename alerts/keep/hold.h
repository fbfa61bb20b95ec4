/* SPDX-License-Identifier: Apache-2.0 */
/* Which input is being worked on, written down so that it survives the death of the process: the
 * keeper that starts next sees what the last one died of.
 *
 *     if (hy_hold_begin(h, "cmd/17-0") >= HY_HOLD_DEATHS) ... set it aside, do not touch it
 *     ... decide ...
 *     hy_hold_end(h);
 *
 * A small file beside the mirror, written without fsync: the page cache outlives a process, and
 * when the whole machine dies, that was not the input's fault.  So an input costs two small
 * writes and no round trip, and the blame always falls on a single input, never on a batch.
 *
 * An input that dies without hy_hold_end() has been counted.  A file that cannot be written or
 * read only means that nothing is counted: the hold never stops the keeper. */
#pragma once
#include "core/err.h"
#include "core/str.h"

enum { HY_HOLD_DEATHS = 2 }; /* after so many an input is set aside */

struct hy_hold;
/* Reads what an earlier process left.  Never fails; a file of another shape counts as empty. */
struct hy_hold *hy_hold_open(const char *path);
void hy_hold_close(struct hy_hold *h); /* NULL is a no-op */
/* Begin to work on `name` (stream and id, at most 55 bytes; longer ones are not counted).  Returns
 * how many processes died of it; from HY_HOLD_DEATHS on nothing is begun. */
int hy_hold_begin(struct hy_hold *h, const char *name);
/* The input begun has been survived.  The record of one that was set aside stays, harmless, until
 * its room is needed: should the setting aside not be committed, the next keeper knows it still. */
void hy_hold_end(struct hy_hold *h);
