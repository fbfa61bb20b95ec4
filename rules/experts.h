/* SPDX-License-Identifier: Apache-2.0 */
/* experts.yaml: whom a consultation may draw on (专家库, 2号 5.6) and which units are always asked to
 * send somebody (联动机制).
 *
 *     liaison: [publicity, cyberspace]        # ids of units
 *     experts:
 *       - {id: li-gong, name: 李工, post: 化工安全, org: 市安全生产专家组, topics: [safety.production]}
 *
 * It is a list for the office's own use, kept by the office; nothing of it is sent or exported. */
#pragma once
#include "rules/rules.h"

struct hy_expert {
    struct hy_pos pos;
    char *id, *name;
    char *post, *org;       /* what for, and from where; may be NULL */
    struct hy_texts topics; /* ids of topics.yaml; none: asked about everything */
    char *available;        /* when, in words; may be NULL */
};
struct hy_experts {
    struct hy_pos pos;
    struct hy_rows rows;     /* of struct hy_expert */
    struct hy_texts liaison; /* ids of units */
};
extern const struct hy_section hy_section_experts;

static inline const struct hy_expert *hy_experts_at(const struct hy_experts *e, size_t i)
{
    return (const struct hy_expert *)e->rows.v + i;
}
