/* SPDX-License-Identifier: Apache-2.0 */
/* Which incident does an item belong to, and which one does an official notice answer?
 *
 * Analyzers compute a `trace` of each item: the little that grouping needs (fingerprint, sketch of
 * its text, places, event type, matter, times), as JSON small enough for the journal.  The keeper
 * (or the `group` command) holds one hy_group with the traces of the incidents that are still
 * open and asks for a verdict per item.  Deterministic: the same traces in the same order give the
 * same verdicts, whoever computed them.
 *
 * What people decide is kept as a constraint: items of merged incidents stay together
 * (hy_group_merge), an item that a person took out of an incident, and every copy of it, belongs
 * where the person put it (hy_group_move), and a notice that was rejected is not proposed again.
 *
 * Memory: a title takes about 0.5 KB, a long report 1.5 KB, a made day's mix 0.85 KB; a reprint
 * takes nothing, and of an incident its first 12 and latest 24 different texts are kept.  Above the
 * budget (512 MB counted, about 800 MB resident, a million items of which two in five are reprints)
 * the incidents that have been silent longest are forgotten.  docs/BENCHMARKS.md has the numbers.
 */
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
    const char *why;        /* short code: "reprint", "series", "place+event", "matter", "new" */
};

enum { HY_GROUP_BUDGET = 512 * 1024 * 1024 };

struct hy_group *hy_group_new(const struct hy_rules *rules);
void hy_group_free(struct hy_group *g);
void hy_group_set_budget(struct hy_group *g, size_t bytes); /* default HY_GROUP_BUDGET */
size_t hy_group_bytes(const struct hy_group *g);            /* in use, indexes included */
struct hy_group_verdict hy_group_place(struct hy_group *g, const json_t *trace, hy_wall now);
/* Remember that the item belongs to the incident (also used to rebuild after a restart). */
void hy_group_join(struct hy_group *g, const char *incident, const char *item_id,
                   const json_t *trace);
void hy_group_forget(struct hy_group *g, const char *incident);

/* ---- what people say ---- */

/* All of `from` belongs to `into`. */
void hy_group_merge(struct hy_group *g, const char *from, const char *into);
/* The item of `from` belongs to `into` (which may be new), and so does every text that repeats it.
 * The two incidents are alike: from now on the single most similar item decides between them, not
 * the number of similar ones.  A later merge of the two takes that back. */
void hy_group_move(struct hy_group *g, const char *from, const char *into, const char *item_id,
                   const json_t *trace);

/* ---- official notices ---- */

struct hy_group_answer {
    const char *incident; /* borrowed until the next call; NULL: none that is open */
    double sure;          /* 0..1 */
    char why[512];        /* for people, in Chinese */
};
/* The incident that a notice of the office's own channel answers. */
struct hy_group_answer hy_group_answer(struct hy_group *g, const json_t *trace, hy_wall now);
/* The notice was proposed as an answer to the incident; or that was refused by a person. */
void hy_group_noticed(struct hy_group *g, const char *incident, const char *item_id,
                      const json_t *trace);
void hy_group_refuse(struct hy_group *g, const char *incident, const char *item_id);

/* Two texts side by side, for `group --pairs`. */
double hy_group_same(const json_t *trace_a, const json_t *trace_b, bool *ret_reprint);
