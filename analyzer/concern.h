/* SPDX-License-Identifier: Apache-2.0 */
/* Which of many offices can an item concern at all?
 *
 * One crawl serves up to thousands of offices, and a full score for each of them would cost
 * milliseconds an item.  One look over the text answers first which offices are candidates.  An
 * item can concern an office when
 *
 *   - it comes from a source the office watches (by its id; when no office knows the id, by the
 *     host of its address), or lies on the office's own channel;
 *   - it names a place of the office, by whatever meaning of an ambiguous name, or a division that
 *     contains it (a quake "in the province" is its business);
 *   - it names a unit or a word that the office's directory adds to the national rules.  What many
 *     offices add (停水) is vocabulary and tells nobody apart, so it does not count;
 *   - the office has no division: every place of the country is its own.
 *
 * Invariant (tests/unit/test_concern.c): for an office that is no candidate the scorer finds no
 * place of the office and none that contains it, its source is not the office's, and either
 *
 *   1. places are named and all lie elsewhere: then the most it says is "digest", the news of
 *      elsewhere that a reader of its own sources sees in passing; or
 *   2. no place is named at all: the scorer of one office takes such a text for a matter of its
 *      own, because its own sources printed it.  Among many offices that would call everybody for
 *      every title without a place.
 *
 * Both belong to the offices that watch the source, and those are candidates.  So a service for
 * many offices scores for the candidates and for nobody else: the others have nothing of their own
 * to say, only what each of them would say alike. */
#pragma once
#include "core/arena.h"
#include "core/item.h"

struct hy_concern;
struct hy_rules;

/* The rules of n offices, loaded with one set of national rules; borrowed, they must outlive it.
 * Never changes; reload by building another. */
struct hy_concern *hy_concern_new(const struct hy_rules *const *rules, size_t n);
void hy_concern_free(struct hy_concern *c); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_concern, hy_concern_free)
/* The candidates as indexes into the array given to hy_concern_new(), ascending, and how many.
 * ret_offices has room for all n.  The arena is scratch. */
size_t hy_concern_find(const struct hy_concern *c, const struct hy_item *item,
                       struct hy_arena *arena, uint32_t *ret_offices);
size_t hy_concern_bytes(const struct hy_concern *c); /* memory it takes */
