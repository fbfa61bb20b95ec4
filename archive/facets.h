/* SPDX-License-Identifier: Apache-2.0 */
/* What a search filters and counts by, of every document, in blocks of the order of time.
 *
 * A search that finds 300,000 of a million documents wants source, place, topic, level and state of
 * each.  One row of a table per document costs 0.7 us each; blocks of 512 records of 32 bytes cost
 * a hundredth of that, and they lie in the same database, so they are never older or newer than the
 * index.
 *
 * A document is named by its row, a number that orders by time:
 *     row = seconds since 1970 << 8 | running number */
#pragma once
#include "archive/db.h"
#include "core/clock.h"

enum { HY_FACET_VALUES = 4, HY_FACET_BLOCK = 512 };

enum hy_facet_score {
    HY_FACET_RELEVANCE,
    HY_FACET_EMERGENCY,
    HY_FACET_HARDSHIP,
    HY_FACET_RUMOR,
    HY_FACET_SCORES
};

/* Numbers of values (archive/names.h), 0: none.  Of places and topics the first four count. */
struct hy_facet {
    int64_t row;
    uint16_t places[HY_FACET_VALUES], topics[HY_FACET_VALUES];
    uint16_t source;
    uint8_t state;                              /* of the incident it belongs to */
    uint8_t level : 3, alert : 2, incident : 1; /* incident: is one, else an item */
    uint8_t scores[HY_FACET_SCORES];            /* 0-100 */
};
_Static_assert(sizeof(struct hy_facet) == 32, "as stored");

static inline int64_t hy_row_first(hy_wall t) /* the least row of that second */
{
    return t.ms / 1000 * 256;
}
static inline hy_wall hy_row_time(int64_t row)
{
    return (hy_wall){row / 256 * 1000};
}

extern const char hy_facets_schema[];

/* Insert or replace records in rising order of rows, each >= 0; remove one.  In the caller's
 * transaction. */
HY_MUST_CHECK int hy_facets_set(struct hy_db *db, const struct hy_facet *v, size_t n,
                                struct hy_err *err);
HY_MUST_CHECK int hy_facets_remove(struct hy_db *db, int64_t row, struct hy_err *err);
/* False when there is none of this row. */
HY_MUST_CHECK int hy_facets_get(struct hy_db *db, int64_t row, struct hy_facet *ret, bool *ret_has,
                                struct hy_err *err);

/* A walk from the newest to the oldest.  Of one connection one at a time. */
struct hy_facets_walk {
    struct hy_db *db;
    struct hy_facet block[HY_FACET_BLOCK];
    size_t left;   /* of the block, its first ones */
    int64_t first; /* least row the block is for; what is older lies in others */
};
/* Start at rows <= `from`. */
HY_MUST_CHECK int hy_facets_begin(struct hy_facets_walk *w, struct hy_db *db, int64_t from,
                                  struct hy_err *err);
/* 1: the next older one, 0: no more. */
HY_MUST_CHECK int hy_facets_next(struct hy_facets_walk *w, const struct hy_facet **ret,
                                 struct hy_err *err);
/* 1: the one of `row`, 0: there is none; rows asked for must fall. */
HY_MUST_CHECK int hy_facets_at(struct hy_facets_walk *w, int64_t row, const struct hy_facet **ret,
                               struct hy_err *err);
