/* SPDX-License-Identifier: Apache-2.0 */
/* What is not evidence goes when its time is over (office.yaml, `retention`):
 *
 *     raw        bytes of pages, which may hold anything their authors wrote
 *     text       titles, texts and addresses, and with them the words of the index
 *     record     what is left of an item then: times, source, scores
 *     evidence   all of these, for incidents, counted from their end; 0: they stay
 *
 * Items of an incident are kept with it.  One that was dismissed protects its items for one more
 * keeping time from that day on, so that a mistake can be taken back.
 *
 * What is deleted from the database is overwritten with zeros; of pages the files are removed. */
#pragma once
#include "archive/store.h"
#include "rules/office.h"

/* One pass over everything, in slices of some hundred rows and a transaction each. */
struct hy_expiry {
    int stage;
    int64_t at, n;                 /* where the stage has come to */
    int64_t pages, texts, records; /* gone in this pass */
    bool done;
};
HY_MUST_CHECK int hy_expire(struct hy_store *s, struct hy_expiry *e,
                            const struct hy_retention *keep, hy_wall now, struct hy_err *err);
/* Once a week the index is written anew, so that nothing is left in it of texts that have gone
 * (pairs of characters, but also words of letters).  A slice; *busy: there is more, call again. */
HY_MUST_CHECK int hy_expire_words(struct hy_store *s, hy_wall now, bool *busy, struct hy_err *err);
/* Remove files of pages that nothing refers to (left by a crash). */
HY_MUST_CHECK int hy_expire_sweep(struct hy_store *s, int64_t *ret_removed, struct hy_err *err);
