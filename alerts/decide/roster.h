/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about the duty list share (duty.c, roster.c, swap.c).
 *
 * All that people change by hand is one document, "W-duty": `changes`, `away`, `swaps`, `gaps`.  A
 * row is never removed while it may matter; cancelling marks it.  duty.yaml stays as it is, what
 * stands here lies above it (rules/rota.h).
 *
 * Nobody is put on duty behind his back: taking a turn over is anybody's own decision, giving one
 * away needs the other's consent (a swap), and only a supervisor or an administrator disposes of
 * others, who are told. */
#pragma once
#include "alerts/decide/command.h"

/* "11月23日 08:30 至 11月24日 08:30" */
void hy_roster_span(struct hy_buf *b, hy_wall from, hy_wall to);
const char *hy_roster_name(const struct hy_decide *d, struct hy_str id); /* of a person */

/* A supervisor or administrator; the person himself. */
bool hy_roster_disposes(const struct hy_work *w);
bool hy_roster_is_actor(const struct hy_work *w, struct hy_str id);

void hy_roster_flatten(json_t *row, const char *key); /* {"id":..} becomes the id alone */
HY_MUST_CHECK int hy_roster_check_span(struct hy_work *w, const json_t *row);
HY_MUST_CHECK int hy_roster_check_room(struct hy_work *w, const char *list);
/* The list with `row` (stolen) behind it, without what ended long ago. */
json_t *hy_roster_with(const struct hy_work *w, const char *list, json_t *row);
/* The row, signed, with its id and state; stolen and given back. */
json_t *hy_roster_row(const struct hy_work *w, json_t *row, const char *list, char prefix);
void hy_roster_act(struct hy_work *w, json_t *set); /* one entry; steals set */
/* Tell everybody named, except who did it, and look whether a gap came of it.  Steals people,
 * releases body. */
void hy_roster_told(struct hy_work *w, json_t *people, struct hy_buf *body);
