/* SPDX-License-Identifier: Apache-2.0 */
/* The form of the journal and its chain: what the keeper writes and everybody who reads the record
 * stands on.
 *
 * A line is one JSON object with sorted keys, except that "hash" stands last:
 *     {"actor":..,"at":..,"cmd":..?,"data":{..},"incident":..,"prev":..,"seq":n,"type":..,"v":1,
 *      "hash":"<64 hex digits>"}
 * hash = SHA-256 of the bytes of the line with `,"hash":"..."` taken out; prev = hash of the line
 * before, 64 zeros for the first.  Editing a line breaks its own hash, dropping or moving one
 * breaks the seq and prev of the next.  Format version 1; the bytes as written are what counts,
 * nobody writes a line again from its parsed form.  Pure. */
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
