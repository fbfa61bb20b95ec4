/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of what: the tree `routes` of duty.yaml.
 *
 *     routes:
 *       - name: 生态环境
 *         when: {units: [ecology], topics: [..], places: ["3306"], levels: [3, 4],
 *                kinds: [emergency], classes: [urgent]}      # all that are written must hold
 *         to: [fang.lan, duty]      # people and posts, instead of
 *         for: [duty]               # these posts (default: duty)
 *         also: [zhou.an]           # beside them
 *         everyone: true            # each of them must acknowledge
 *         escalation: [{after: 5m, to: unit_lead}]
 *         routes: [...]             # narrower rows; what they say goes before this row
 *         more: true                # the rows below are looked at too
 *
 * The first row that holds decides, and within it the first narrower one.  Without `routes`, or
 * where no row holds, a notice goes to the posts it names. */
#pragma once
#include "rules/duty.h"

/* What a notice is about.  Lists are borrowed; a list that is empty fits no row that asks for it. */
struct hy_about {
    struct hy_str kind; /* a matter of enum hy_matter, or "source" */
    int level;          /* 1-4; 0: unknown */
    enum hy_urgency urgency;
    HY_VEC(struct hy_str) units, places, topics;
};
void hy_about_release(struct hy_about *a);

struct hy_leaf { /* what one way through the tree came to; borrowed from the rules */
    const struct hy_texts *to;
    unsigned instead_of; /* bit set of enum hy_post */
    const struct hy_rows *escalation;
    bool everyone;
};
enum { HY_LEAVES_MAX = 16 };
struct hy_routing {
    struct hy_leaf leaf[HY_LEAVES_MAX];
    size_t n;
    HY_VEC(const struct hy_texts *) also;
    HY_VEC(struct hy_escalation) escalation; /* empty: the one of duty.yaml */
    bool everyone;
};
/* `explain` (may be NULL) gets a line per row: does it hold, and if not why. */
void hy_duty_route(const struct hy_duty *d, const struct hy_about *about, struct hy_routing *ret,
                   struct hy_buf *explain);
void hy_routing_release(struct hy_routing *r);
/* The people for one post, by the tree; a way whose people are all away counts as not taken. */
size_t hy_routing_people(const struct hy_duty *d, const struct hy_routing *r,
                         const struct hy_ask *ask, const struct hy_person **ret, size_t max);

/* ---- for rules/duty.c ---- */

extern const struct hy_y_schema hy_branch_schema;
/* Reports what the schema cannot know. */
void hy_branches_check(const struct hy_duty *d, const struct hy_rows *rows, struct hy_diag *diag);
void hy_branches_check_refs(const struct hy_rules *r, const struct hy_rows *rows,
                            struct hy_diag *diag);
const struct hy_rows *hy_duty_branches(const struct hy_duty *d);
