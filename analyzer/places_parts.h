/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of finding places: the names that were collected, with what they were judged to mean.
 * Nobody else includes this. */
#pragma once
#include "analyzer/places.h"
#include "core/vec.h"

#include <string.h>

struct candidate {
    const struct hy_name *name; /* first meaning; then the chosen one */
    struct hy_span span;
    bool firm; /* one meaning, needs no context */
    bool dropped;
    bool follows; /* stands right behind the one before it */
};

typedef HY_VEC(struct candidate) candidates;

static inline bool is_prefix(const char *a, const char *of)
{
    return a[0] && strncmp(a, of, strlen(a)) == 0;
}

/* places_collect.c: every name of a field that is not obviously a road or part of another word. */
void places_collect(const struct hy_places *rules, const struct hy_chars *t, enum hy_field field,
                    candidates *out);
/* places_resolve.c: one meaning per name, or it is dropped. */
void places_resolve(const struct hy_places *rules, const struct hy_doc *doc, candidates *all);
