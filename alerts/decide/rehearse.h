/* SPDX-License-Identifier: Apache-2.0 */
/* What would come of a command?  The keeper's own judgement on copies, for people who want to see
 * the clocks of a merge, a split or a level before they decide.  Nothing is stored or sent.  Pure. */
#pragma once
#include "core/clock.h"
#include "core/json.h"

struct hy_rules;

/* docs: array of the documents the command is about, its own first.  New reference:
 * {"ok","message"?,"code"?,"field"?,"hints"?,
 *  "incidents":[{"id","title","state","level","items","reprints","times","obligations":[{"clock",
 *               "label","state","anchor","start","due","basis","known"}]}],  what changed or is new
 *  "told":[{"title","to":[names]}]}
 * A new incident has "id": null; `known`: the document had this clock running, due at that time. */
json_t *hy_rehearse(const struct hy_rules *rules, const json_t *docs, const json_t *cmd,
                    hy_wall now);
