/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents and the state that is made of them.
 *
 * An incident IS its JSON document (shape in docs/ARCHITECTURE.md): that is what is stored, shown,
 * exported and what journal entries change, so there is no second form to keep in step.  Beyond
 * the documented members it holds `responses` (every recorded response), `escalation` (who is told
 * while nobody acknowledges) and `touched` (seq of the last person's change, for the version
 * check).  This header gives typed access, the life cycle's states, and the timers that follow
 * from a document.  Pure. */
#pragma once
#include "core/chain.h"
#include "core/map.h"

enum hy_stage { /* DOMAIN 3.1 */
                HY_STAGE_COLLECTED,
                HY_STAGE_TRIAGED,
                HY_STAGE_VERIFYING,
                HY_STAGE_ASSESSED,
                HY_STAGE_CONSULTING,
                HY_STAGE_ASSIGNED,
                HY_STAGE_RETURNED,
                HY_STAGE_ACCEPTED,
                HY_STAGE_DRAFTING,
                HY_STAGE_REVIEWING,
                HY_STAGE_RESPONDED,
                HY_STAGE_FOLLOWING,
                HY_STAGE_SETTLED,
                HY_STAGE_EVALUATED,
                HY_STAGE_ARCHIVED,
                HY_STAGE_DISMISSED,
                HY_STAGE_MERGED,
                HY_STAGE_COUNT
};
extern const char *const hy_stage_name[HY_STAGE_COUNT + 1];
extern const char *const hy_stage_label[HY_STAGE_COUNT]; /* 收集 初筛 ... */
#define HY_STAGES_OPEN                                                                             \
    ((1u << HY_STAGE_SETTLED) - 1) /* everything before settled; the side exits come behind */

/* What a document of the keeper is about.  All of them live in one map and one journal; only what
 * people look for them under differs. */
enum hy_doc_kind {
    HY_DOC_INCIDENT, /* kind emergency or opinion */
    HY_DOC_CASE,     /* any other enum hy_matter: documents, messages, requests, reprints, ... */
    HY_DOC_SOURCE,   /* kind "source": the health of one source */
    HY_DOC_DUTY,   /* kind "duty": what people changed about the duty list */
    HY_DOC_RISK,   /* kind "risk": a pre-release risk assessment (alerts/decide/risk.h) */
    HY_DOC_COUNT
};
extern const char *const hy_doc_name[HY_DOC_COUNT];  /* of their events in the feed */
extern const char *const hy_doc_index[HY_DOC_COUNT]; /* of the sorted set of their ids */
enum hy_doc_kind hy_doc_kind_of(const json_t *doc);

extern const char *const hy_level_label[5]; /* 未定级 特别重大 重大 较大 一般 */

enum hy_stage hy_incident_stage(const json_t *doc);
bool hy_incident_is_open(const json_t *doc); /* only incidents and cases close */
/* Member of a list of objects with this id, or NULL; borrowed. */
json_t *hy_list_find(const json_t *list, struct hy_str id);
/* The newest obligation of a clock ("H5"), by the order they were opened; NULL without one. */
json_t *hy_incident_obligation(const json_t *doc, struct hy_str clock);
/* Text behind the incident's id: "H5", "CONT.2". */
struct hy_str hy_obligation_suffix(const json_t *obligation);
/* The one that a notice is about, by what stands behind the document's id in it; NULL: none. */
const json_t *hy_obligation_by_suffix(const json_t *doc, struct hy_str suffix);
/* A step waits for its time: never fired, or it repeats and its next time is set. */
bool hy_step_waits(const json_t *step);

/* Timers of one document, as members of the sorted set: "<incident>/<obligation or ->/<step>". */
struct hy_pending {
    char *member; /* owned */
    hy_wall due;
};
struct hy_pendings {
    struct hy_pending *v;
    size_t n, room;
};
void hy_pendings_of(const json_t *doc, struct hy_pendings *ret); /* doc NULL: none */
void hy_pendings_release(struct hy_pendings *p);
