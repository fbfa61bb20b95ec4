/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the facts: what their files hand each other.  Nobody else includes this. */
#pragma once
#include "analyzer/facts.h"

/* A word that says what is counted. */
struct fact_cue {
    const char *text;
    enum hy_fact_kind kind;
    bool before, after, serious; /* where the amount may stand */
    bool late;                   /* said of an event that has been told: bodies, treatment */
};
/* The longest cue that stands at i, with its length in characters; NULL: none does. */
const struct fact_cue *facts_cue_at(const struct hy_chars *t, size_t i, size_t *ret_len);
