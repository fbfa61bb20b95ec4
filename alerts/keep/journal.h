/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: what happened, in order, each line carrying the hash of the one before.
 *
 * A line is one JSON object with sorted keys, except that "hash" stands last:
 *     {"actor":..,"at":..,"cmd":..?,"data":{..},"incident":..,"prev":..,"seq":n,"type":..,"v":1,
 *      "hash":"<64 hex digits>"}
 * hash = SHA-256 of the bytes of the line with `,"hash":"..."` taken out; prev = hash of the line
 * before, 64 zeros for the first.  Editing a line breaks its own hash, dropping or moving one
 * breaks the seq and prev of the next.  Format version 1; the bytes as written are what counts,
 * nobody writes a line again from its parsed form.
 *
 * Here live the format, the chain and its check (all pure) and the file mirror (append, fsync,
 * read).  The Redis stream of the same lines belongs to alerts/keep/keep.c. */
#pragma once
#include "core/json.h"

#define HY_HASH_ZERO "0000000000000000000000000000000000000000000000000000000000000000"
enum { HY_JOURNAL_LINE_MAX = 4 * 1024 * 1024 };

struct hy_head { /* where a chain ends */
    int64_t seq; /* 0: empty */
    char hash[65];
};
#define HY_HEAD_INIT ((struct hy_head){0, HY_HASH_ZERO})

/* Seal an entry ({actor, at, data, incident, type, cmd?}) into the line that follows *head, append
 * it (without '\n') to out and advance *head. */
void hy_journal_seal(const json_t *entry, struct hy_head *head, struct hy_buf *out);

/* Check a line against the chain so far and advance *head.  HY_E_PARSE for a malformed or edited
 * line, HY_E_STATE for one that does not follow; the messages are Chinese and name the seq.
 * ret (may be NULL): the parsed line, new reference. */
HY_MUST_CHECK int hy_journal_check(struct hy_str line, struct hy_head *head, json_t **ret,
                                   struct hy_err *err);

/* The hash at the end of a line that has been checked; a view into it. */
struct hy_str hy_journal_hash(struct hy_str line);

/* The mirror: an append-only file of lines. */
struct hy_mirror;
/* Opens or creates; reads and checks what is there, giving each line to `each` (may be NULL).  A
 * last line without its end (the machine died while writing) is cut off: it was never
 * acknowledged.  Any other damage is
 * HY_E_PARSE or HY_E_STATE naming file and line.  *ret is NULL when another process holds it. */
typedef int (*hy_mirror_fn)(struct hy_str line, const json_t *entry, void *user,
                            struct hy_err *err);
HY_MUST_CHECK int hy_mirror_open(const char *path, hy_mirror_fn each, void *user,
                                 struct hy_mirror **ret, struct hy_err *err);
void hy_mirror_close(struct hy_mirror *m); /* NULL is a no-op */
struct hy_head hy_mirror_head(const struct hy_mirror *m);
const char *hy_mirror_path(const struct hy_mirror *m);
/* Append whole lines (each with its '\n') that end at `head`, and fsync.  On failure the file is
 * cut back to what it was. */
HY_MUST_CHECK int hy_mirror_append(struct hy_mirror *m, struct hy_str lines, struct hy_head head,
                                   struct hy_err *err);
/* Take back the last append (its Redis transaction was refused). */
HY_MUST_CHECK int hy_mirror_undo(struct hy_mirror *m, struct hy_err *err);

/* Check a whole file or stream of lines; *ret_count lines are right, *head is where they end. */
HY_MUST_CHECK int hy_journal_verify(const char *path, size_t *ret_count, struct hy_head *head,
                                    struct hy_err *err);
