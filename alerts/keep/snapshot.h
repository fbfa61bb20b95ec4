/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots of the state, so that a start need not read the whole journal.
 *
 * A snapshot belongs to one line of the journal, an entry in which the leader states the digest of
 * the state (entry type `keeper`, event `state`).  It counts only if that very line stands in the
 * mirror where the snapshot says and if what is loaded has that digest: a forged, damaged or
 * foreign one is refused, and one that is merely old only costs time.
 *
 * A file holds all documents, or those changed since the snapshot it names as its base.  Files lie
 * beside the mirror: <mirror>.snap-<seq, 12 digits>.  docs/JOURNAL.md describes the format.
 *
 *     {"base":n|null,"digest":..,"documents":n,"end":bytes,"format":"huiying-snapshot",
 *      "hash":..,"office":..,"seq":n,"v":1}
 *     D <seq of last change> <kind> <open 0|1> <item ids as JSON> <id as JSON> <document>
 *     G <seq> <what grouping remembers>
 *     Z <number of D> <number of G> <BLAKE2b of the lines G> */
#pragma once
#include "alerts/keep/mirror.h"
#include "alerts/decide/regroup.h"
#include "alerts/decide/state.h"

enum { HY_SNAPSHOT_V = 1 };

struct hy_snapshot_at { /* the line of the journal it belongs to */
    struct hy_head head;
    off_t end; /* of that line in the mirror */
};

/* Write one: to a temporary file, fsync, rename.  base: seq of the snapshot that holds what has not
 * changed since; 0: none, write all. */
HY_MUST_CHECK int hy_snapshot_write(const char *mirror, const char *office,
                                    const struct hy_snapshot_at *at, int64_t base,
                                    struct hy_state *s, const struct hy_regroup *r,
                                    struct hy_err *err);

/* Load the snapshot `seq` of this mirror, with those it builds on, into an empty state and
 * regroup.  Checks everything except that the journal has that line.  The state refers to the
 * mapped files: keep *ret_files until it is freed. */
struct hy_snapshot_files;
HY_MUST_CHECK int hy_snapshot_load(const char *mirror, const char *office, int64_t seq,
                                   struct hy_state *s, struct hy_regroup *r,
                                   struct hy_snapshot_at *ret, struct hy_snapshot_files **ret_files,
                                   struct hy_err *err);
void hy_snapshot_files_free(struct hy_snapshot_files *f); /* NULL is a no-op */
/* Does `entry` (may be NULL) state a digest of the state, and is it this one? */
bool hy_snapshot_states(const json_t *entry);
bool hy_snapshot_is_stated(const json_t *entry, const char *digest);

/* Seqs of the snapshots beside the mirror, newest first; free(ret->v). */
struct hy_snapshot_list {
    int64_t *v;
    size_t n, room;
};
void hy_snapshot_list(const char *mirror, struct hy_snapshot_list *ret);
/* What to build the next one on: `newest`, which is known to be good (0: none), unless its chain
 * has become so long or so large that writing all is cheaper in the end; then 0. */
int64_t hy_snapshot_base(const char *mirror, int64_t newest);
/* Remove all files but those that these two (0: none) consist of. */
void hy_snapshot_prune(const char *mirror, int64_t newest, int64_t before);
