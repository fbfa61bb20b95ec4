/* SPDX-License-Identifier: Apache-2.0 */
/* Filters over facet records, and counts by facet.  Private to search*.c. */
#pragma once
#include "archive/facets.h"
#include "archive/names.h"
#include "archive/search.h"

enum hy_dim {
    HY_DIM_SOURCE,
    HY_DIM_PLACE,
    HY_DIM_TOPIC,
    HY_DIM_STATE,
    HY_DIM_LEVEL,
    HY_DIM_ALERT,
    HY_DIM_KIND,
    HY_DIM_COUNT
};

/* Of each dimension: is it filtered, and which numbers pass? */
struct hy_filter {
    bool on[HY_DIM_COUNT];
    uint8_t *pass[HY_DIM_COUNT]; /* by number; owned; NULL where not on */
    size_t n[HY_DIM_COUNT];
};
/* HY_E_USAGE: a value that cannot be (level 7, alert "often"); a source or topic that nobody has is
 * no mistake, it finds nothing. */
HY_MUST_CHECK int hy_filter_make(const struct hy_search *q, const struct hy_names *names,
                                 struct hy_filter *ret, struct hy_err *err);
void hy_filter_release(struct hy_filter *f);
/* Bit i: the filter of dimension i refuses it. */
unsigned hy_filter_failed(const struct hy_filter *f, const struct hy_facet *r);

struct hy_counts {
    uint32_t *by[HY_DIM_COUNT]; /* by number; owned */
    size_t n[HY_DIM_COUNT];
    uint32_t *days; /* since 1970; owned */
};
void hy_counts_init(struct hy_counts *c, const struct hy_names *names);
void hy_counts_release(struct hy_counts *c);
/* `failed`: 0, counted everywhere; one bit, counted in that dimension only. */
void hy_counts_add(struct hy_counts *c, const struct hy_facet *r, unsigned failed);
/* The `facets` of hy_search(). */
json_t *hy_counts_json(const struct hy_counts *c, const struct hy_names *names);

/* Names of what has no row in `names`. */
extern const char *const hy_search_alert[4]; /* none digest list alert */
extern const char *const hy_search_kind[2];  /* item incident */
