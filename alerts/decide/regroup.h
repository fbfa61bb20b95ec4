/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of items across restarts: what the journal says about which item joined which incident and
 * what people said to that, kept as short texts beside the hy_group and the hy_heat_base that are
 * made of them.
 *
 * After a start the texts are there at once and the group follows bit by bit (hy_regroup_warm),
 * because comparing twenty thousand traces takes longer than anybody should wait for a timer. Until
 * it is warm nobody may ask it. */
#pragma once
#include "analyzer/group.h"
#include "analyzer/heat.h"
#include "core/vec.h"

struct hy_regroup;
struct hy_regroup *hy_regroup_new(const struct hy_rules *rules);
void hy_regroup_free(struct hy_regroup *r); /* NULL is a no-op */

/* Remember what an entry says: items, found notices, merges, incidents that others continue.  Other
 * entries say nothing. */
void hy_regroup_note(struct hy_regroup *r, const json_t *entry);
/* Bring up to n remembered texts into the group; true when all are in. */
bool hy_regroup_warm(struct hy_regroup *r, size_t n);
struct hy_group *hy_regroup_group(struct hy_regroup *r); /* warm only */
const struct hy_heat_base *hy_regroup_sources(const struct hy_regroup *r);

/* The oldest texts beyond what grouping can use are forgotten; those of incidents that are open
 * stay. */
void hy_regroup_trim(struct hy_regroup *r, bool (*is_open)(struct hy_str incident, void *user),
                     void *user);
/* For snapshots: texts with their seq, oldest first; putting one in borrows it. */
size_t hy_regroup_count(const struct hy_regroup *r);
struct hy_str hy_regroup_text(const struct hy_regroup *r, size_t i, int64_t *ret_seq);
void hy_regroup_put(struct hy_regroup *r, struct hy_str text, int64_t seq);
