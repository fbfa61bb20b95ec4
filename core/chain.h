/* SPDX-License-Identifier: Apache-2.0 */
/* The form of the journal and its chain: what the keeper writes and everybody who reads the record
 * stands on.  What happened, in order, each line carrying the hash of the one before.
 *
 * A line is one JSON object with sorted keys, except that "hash" stands last:
 *     {"actor":..,"at":..,"cmd":..?,"data":{..},"incident":..,"prev":..,"seq":n,"term":n,"type":..,
 *      "v":2,"hash":"<64 hex digits>"}
 * hash = SHA-256 of the bytes of the line with `,"hash":"..."` taken out; prev = hash of the line
 * before, 64 zeros for the first.  Editing a line breaks its own hash, dropping or moving one
 * breaks the seq and prev of the next.  The bytes as written are what counts, nobody writes a line
 * again from its parsed form.  term = the fencing token of the leader that wrote it; it never goes
 * down, so the record itself shows that no leader wrote after its successor.
 *
 * Format 1 is the same without "term".  A journal may go from format 1 to 2 at any line and not
 * back; docs/JOURNAL.md describes both and how a format is added.
 *
 * Pure.  The file of the lines is alerts/keep/mirror.h, the Redis stream of the same lines belongs
 * to the keeper. */
#pragma once
#include "core/json.h"

#define HY_HASH_ZERO "0000000000000000000000000000000000000000000000000000000000000000"
enum { HY_JOURNAL_LINE_MAX = 4 * 1024 * 1024, HY_JOURNAL_V = 2 };

struct hy_head { /* where a chain ends */
    int64_t seq; /* 0: empty */
    char hash[65];
    int64_t term; /* of the newest line; 0: format 1 */
};
#define HY_HEAD_INIT ((struct hy_head){0, HY_HASH_ZERO, 0})

/* Seal an entry ({actor, at, data, incident, type, cmd?}) into the line that follows *head in
 * head->term, append it (without '\n') to out and advance *head. */
void hy_journal_seal(const json_t *entry, struct hy_head *head, struct hy_buf *out);

/* Check a line against the chain so far and advance *head.  HY_E_PARSE for a malformed or edited
 * line, HY_E_STATE for one that does not follow; the messages are Chinese and name the seq.
 * ret: the parsed line, new reference.  NULL: its data is not looked into, which takes a tenth of
 * the time. */
HY_MUST_CHECK int hy_journal_check(struct hy_str line, struct hy_head *head, json_t **ret,
                                   struct hy_err *err);

/* A line by itself: its own hash is checked, what stands before it is not.  *head is where a chain
 * would be behind it. */
HY_MUST_CHECK int hy_journal_alone(struct hy_str line, struct hy_head *head, json_t **ret,
                                   struct hy_err *err);

/* The hash at the end of a line that has been checked, and its seq without parsing it (-1: it has
 * none). */
struct hy_str hy_journal_hash(struct hy_str line);
int64_t hy_journal_seq(struct hy_str line);
