/* SPDX-License-Identifier: Apache-2.0 */
/* The stored documents one after the other, for exports and reports.  Read only.
 *
 * Two places hold them: Redis, read in pages, so that memory does not grow with their number; and a
 * journal file, which is checked and folded first (memory: all its documents) and needs nothing but
 * the file.  Both give first the sources, then the incidents, the cases and the risk assessments, each in
 * the order of their ids, so the same record gives the same output wherever it was read.  Drills are left to the
 * caller. */
#pragma once
#include "alerts/decide/incident.h"
#include "core/redis.h"

/* Which documents: bits of enum hy_doc_kind. */
enum {
    HY_RECORD_INCIDENTS = 1u << HY_DOC_INCIDENT,
    HY_RECORD_CASES = 1u << HY_DOC_CASE,
    HY_RECORD_SOURCES = 1u << HY_DOC_SOURCE,
    HY_RECORD_RISKS = 1u << HY_DOC_RISK,
};

/* `prev` is the previous hash of the line that last changed the document: its place in the record.
 * Both are borrowed.  A failure ends the walk. */
typedef int (*hy_record_fn)(const json_t *doc, struct hy_str prev, void *user, struct hy_err *err);

/* `what` names the progress bar. */
HY_MUST_CHECK int hy_record_redis(struct hy_redis_sync *redis, const char *office, unsigned kinds,
                                  const char *what, hy_record_fn each, void *user,
                                  struct hy_err *err);
/* A line that is still being written (no end) is left out.  HY_E_PARSE or HY_E_STATE naming the
 * line when the chain is broken: nothing is reported from a record that was tampered with. */
HY_MUST_CHECK int hy_record_file(const char *path, unsigned kinds, const char *what,
                                 hy_record_fn each, void *user, struct hy_err *err);
