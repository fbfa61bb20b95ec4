/* SPDX-License-Identifier: Apache-2.0 */
/* The life cycle of incidents and cases (DOMAIN 3.1) and who may move it (3.2): one table.
 *
 * A row says: this verb, on documents of these kinds, in these stages, by these roles, leads there.
 * Everything else is refused - a role that is in no row must not.  Clocks live on obligations, not
 * on stages, and overdue never blocks work.
 *
 * Of the duties of 3.2 the table holds who may; what only the matter itself can tell (a monitor
 * grades below 重大 alone, nobody approves what he wrote) is judged by the verbs. */
#pragma once
#include "alerts/decide/incident.h"
#include "rules/duty.h"
#include "rules/windows.h"

enum { HY_STAY = HY_STAGE_COUNT }; /* the stage stays as it is */

struct hy_move {
    const char *verb;
    unsigned kinds; /* bit set of enum hy_matter */
    unsigned from;  /* bit set of enum hy_stage */
    int to;         /* enum hy_stage or HY_STAY */
    unsigned roles; /* bit set of enum hy_duty_role */
};

/* The first row that fits and that one of `roles` may use; `to` -1: any (for the verb `state`: the
 * stage that is asked for).  NULL: not from here, or not by these roles. */
const struct hy_move *hy_life_find(struct hy_str verb, enum hy_matter kind, enum hy_stage from,
                                   int to, unsigned roles);
/* Roles that may do it from there; `from` -1: from anywhere.  0: nobody. */
unsigned hy_life_roles(struct hy_str verb, enum hy_matter kind, int from, int to);
/* Roles that may send the verb at all, about whatever; 0: there is no such verb. */
unsigned hy_life_senders(struct hy_str verb);
/* Roles for a verb about the duty list or a risk assessment, which have no life cycle; 0: it is not
 * one. */
unsigned hy_life_office(struct hy_str verb);
/* Every row, for documents and tests. */
const struct hy_move *hy_life_table(size_t *ret_n);
/* What people call a stage of a document of this kind: 受理 for a message where an incident says
 * 受领. */
const char *hy_life_label(enum hy_matter kind, enum hy_stage stage);
