/* SPDX-License-Identifier: Apache-2.0 */
/* One item under the rules of all offices that it can concern.
 *
 * Of one office alone every item is judged.  Of several, first asked is which an item can concern at
 * all (analyzer/concern.h); an item of a source that lies in somebody's own network
 * (`allow_private`) is for the offices that watch it and for nobody else.  What its people look out for
 * concerns an office too.  What an office sees of an
 * item calls the source as the office calls it. */
#pragma once
#include "analyzer/judge.h"

struct hy_judges;
struct hy_lookouts;
struct hy_offices;

/* Takes the offices.  tables: as hy_judge_new. */
struct hy_judges *hy_judges_new(struct hy_offices *offices, const char *tables);
void hy_judges_free(struct hy_judges *j); /* NULL is a no-op */
bool hy_judges_share(const struct hy_judges *j); /* tables are shared with other processes */
const struct hy_offices *hy_judges_offices(const struct hy_judges *j);

/* What the people of an office want to hear of for a while (analyzer/lookout.h); takes it. */
void hy_judges_look_for(struct hy_judges *j, size_t office, struct hy_lookouts *l);

struct hy_finding {
    const char *office; /* id */
    struct hy_verdict verdict;
};
/* The findings are valid until the next item.  HY_E_PARSE: the text is no item. */
HY_MUST_CHECK int hy_judges_item(struct hy_judges *j, struct hy_str text,
                                 const struct hy_finding **ret, size_t *ret_n, struct hy_err *err);
