/* SPDX-License-Identifier: Apache-2.0 */
/* Who should answer?  A proposal with its reasons; a person assigns.
 *
 * 属地管理、分级负责、谁主管谁负责: where it happened, whose business it is, how high it must go, and
 * when none of that is known who is on duty anyway.  Pure: rules and document in, steps out. */
#pragma once
#include "core/clock.h"
#include "core/json.h"

struct hy_rules;

/* doc: an incident, or an item with its score.  New reference:
 * {"lead":{"id","name"},"support":[{"id","name"}],"call":[names of people],
 *  "steps":[{"step":"territorial|line|upper|duty","holds","lead","units":[{"id","name"}],"why"}]}
 * `id` is null for a unit that topics.yaml does not list. */
json_t *hy_route(const struct hy_rules *rules, const json_t *doc, hy_wall now);
/* The same for people to read; explain: every step, also those that do not hold. */
void hy_route_print(const json_t *route, bool explain, struct hy_buf *out);
