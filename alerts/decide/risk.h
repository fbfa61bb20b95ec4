/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-release risk assessments, for the files that share them (risk.c, lookout.c,
 * keep_commit.c).  The document ("A20261123-0001", kind "risk") is in docs/ARCHITECTURE.md.
 *
 *     proposed --approve--> approved            amend leads back to proposed
 *         |  \--reject--> rejected
 *         +---- end, or the last day is over ---> ended
 *
 * Its lookout is on while it is proposed or approved; from when to when stands in `watch`. */
#pragma once
#include "alerts/decide/decide.h"

#define HY_RISK_PREFIX 'A'
/* Steps of the document. */
#define HY_RISK_UNAPPROVED "unapproved" /* the release is near and nobody has signed */
#define HY_RISK_BEGINS "begins"
#define HY_RISK_ENDS "ends"

extern const char *const hy_risk_grade_name[];  /* high medium low; NULL-terminated */
extern const char *const hy_risk_grade_label[]; /* 高 中 低 */

/* Is its lookout to be looked at, now or later? */
bool hy_risk_is_on(const json_t *doc);
/* What the analyzers have to know of it (analyzer/lookout.h); new reference, NULL: nothing. */
json_t *hy_risk_lookout(const json_t *doc);
/* A step that fell due. */
void hy_risk_timer(struct hy_decide *d, const json_t *doc, struct hy_str step, hy_wall due);

/* A marked hit as it is to be decided: `watch` names those lookouts that were on when it was judged,
 * and with any of them it is at least on the list.  New reference; NULL: the hit has no mark. */
json_t *hy_risk_raise(const struct hy_decide *d, const json_t *hit);
/* Nobody would have heard of it but for a lookout, and no lookout wants it any more. */
bool hy_risk_is_unwanted(const json_t *raised);
/* After the decision: the item stands in the assessments that wanted it, and their people are told.
 * NULL is a no-op. */
void hy_risk_catch(struct hy_decide *d, const json_t *raised);
