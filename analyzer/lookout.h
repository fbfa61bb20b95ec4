/* SPDX-License-Identifier: Apache-2.0 */
/* What people want to hear of for a while: the words of pre-release risk assessments (事前舆情风险评估)
 * from the release on.
 *
 * They are no rules: they come from the record (alerts/decide/risk.c) and last for some days,
 * while rules are files and last.  So they change no score - the same rules and the same item go on
 * to give the same one - but stand beside it, and only make sure that the keeper hears of the item.
 *
 * A phrase is words with spaces between them, all of which must occur in title or text, in any order
 * and in any way of writing (analyzer/normal.h).  Pure. */
#pragma once
#include "core/arena.h"
#include "core/item.h"

struct hy_lookouts;

enum { HY_LOOKOUT_WORD_MIN = 2 }; /* characters of a word; a single one occurs everywhere */

struct hy_lookouts *hy_lookouts_new(void);
void hy_lookouts_free(struct hy_lookouts *l); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_lookouts, hy_lookouts_free)
/* {"id","from","to","words":[phrases]}, times RFC 3339.  HY_E_PARSE: it is not one, and is left out. */
HY_MUST_CHECK int hy_lookouts_add(struct hy_lookouts *l, struct hy_str text, struct hy_err *err);
size_t hy_lookouts_count(const struct hy_lookouts *l);

/* Those that are on at `now` and whose phrases the item has: [{"id","words":[phrases]}].  New
 * reference; NULL: none. */
json_t *hy_lookouts_match(const struct hy_lookouts *l, const struct hy_item *item, hy_wall now,
                          struct hy_arena *arena);

/* Can the phrase be looked for: is there a word, and each long enough? */
bool hy_lookout_phrase_ok(struct hy_str phrase);
