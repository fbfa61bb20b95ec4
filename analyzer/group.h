/* SPDX-License-Identifier: Apache-2.0 */
/* Which incident does an item belong to?
 *
 * Analyzers compute a `trace` of each item: the little that grouping needs (fingerprint, sketch of
 * its text, places, event type, matter, time), as JSON small enough for the journal.  The keeper
 * (or the `group` command) holds one hy_group with the traces of the incidents that are still
 * open and asks for a verdict per item.  Deterministic: the same traces in the same order give the
 * same verdicts, whoever computed them. */
#pragma once
#include "core/json.h"
#include "rules/rules.h"

/* Trace of a scored item (an item object that has its "score").  New reference. */
json_t *hy_trace_of(const json_t *scored);

struct hy_group;
struct hy_group_verdict {
    const char *incident;   /* borrowed until the next call; NULL: a new incident */
    const char *reprint_of; /* id of the item this one repeats; NULL: own text */
    double same;            /* 0..1, how sure */
    const char *why;        /* short code: "reprint", "place+event", "series", ... */
};

struct hy_group *hy_group_new(const struct hy_rules *rules);
void hy_group_free(struct hy_group *g);
struct hy_group_verdict hy_group_place(struct hy_group *g, const json_t *trace, hy_wall now);
/* Remember that the item belongs to the incident (also used to rebuild after a restart). */
void hy_group_join(struct hy_group *g, const char *incident, const char *item_id,
                   const json_t *trace);
void hy_group_merge(struct hy_group *g, const char *from, const char *into);
void hy_group_forget(struct hy_group *g, const char *incident);
/* Two texts side by side, for `group --pairs`. */
double hy_group_same(const json_t *trace_a, const json_t *trace_b, bool *ret_reprint);
