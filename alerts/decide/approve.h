/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about four eyes share: proposing (waive.c, draft.c) and deciding
 * (approve.c). */
#pragma once
#include "alerts/decide/command.h"

/* Who decides about time: a waiver, an extension. */
#define HY_SUPERIORS (1u << HY_ROLE_APPROVER | 1u << HY_ROLE_SUPERVISOR)

/* A row of the list, signed, with the next id and state "proposed".  New reference. */
json_t *hy_proposal(const struct hy_work *w, const char *list, char prefix);
/* Tell whoever may approve it: the person it names, else the posts. */
void hy_ask_approval(struct hy_work *w, const json_t *o, unsigned posts, const char *what);
/* The newest of a list in this state, or NULL. */
const json_t *hy_newest_in(const json_t *list, const char *state);
/* The newest obligation of the clock if it is open, else NULL. */
const json_t *hy_open_obligation(const struct hy_work *w, struct hy_str clock);
/* Into `put`: the clock of an approved waiver ends. */
void hy_apply_waiver(struct hy_work *w, json_t *waiver, json_t *set, json_t *put);
