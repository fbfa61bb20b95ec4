/* SPDX-License-Identifier: Apache-2.0 */
/* What the board makes of the keeper's JSON before it goes out.  Pure; results are new references,
 * arguments are borrowed. */
#pragma once
#include "core/json.h"

/* The nearest due time among open obligations; HY_WALL_NONE when none is open. */
hy_wall hy_view_next_due(const json_t *incident);
/* Rows of the live list, most urgent first: nearest due time, those without a running clock last,
 * newest first.  Items, notes and notices are replaced by their numbers; "told" has the ids of whom
 * the notices went to. */
json_t *hy_view_list(const json_t *incidents);
/* The same rows in the order they are given. */
json_t *hy_view_rows(const json_t *documents);
/* The part of a list that follows the row with id `after` ("": from the start), at most `limit` rows
 * (0: all); `next` gets the id of its last row when more follow, else "".  NULL: no such row. */
json_t *hy_view_page(const json_t *list, struct hy_str after, size_t limit, char *next,
                     size_t next_size);
/* Under which ids the texts lie; of a case it is its own. */
json_t *hy_view_item_ids(const json_t *incident);
/* Clocks of a preview, each with "known": the incident has it open already, due at the same time.
 * New reference to the same list. */
json_t *hy_view_known_clocks(json_t *clocks, const json_t *incident);
bool hy_view_is_to(const json_t *notice, const char *person);
json_t *hy_view_incident_ids(const json_t *notices); /* each once */
/* Those notices (newest first) that still ask something of the person: of each incident that is
 * neither acknowledged nor over the newest, of each open obligation the newest unless it was
 * acknowledged after it was told, and what waits for this person's approval or acceptance.  Each with `state`, how far the record says it got with the person
 * (queued sent failed shown ...): a receipt that was lost on its way can be sent again. */
json_t *hy_view_open_notices(const json_t *notices, const json_t *incidents, const char *person);
/* Adds to the notices (newest first) those that only the documents remember, because the stream was
 * not read so far back: with the document's title and what its clock is now for a text. */
void hy_view_add_recorded(json_t *notices, const json_t *documents, const char *person, hy_wall now);
