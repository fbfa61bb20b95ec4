/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of open incidents are looked at again, whether or not the crawler passes by: a page that is
 * changed or taken away while the clocks run is part of the matter.
 *
 * The older a page the rarer: a quarter of its age, between half an hour and a day.  Each visit
 * that the crawler reports, asked for or not, sets the next one.  What is asked and not answered
 * (robots, a source that is gone) is asked ever more rarely. */
#pragma once
#include "archive/store.h"

/* An item of an open incident: from now on; known: nothing changes.  Within a transaction. */
HY_MUST_CHECK int hy_watch_begin(struct hy_store *s, struct hy_str item, hy_wall now,
                                 struct hy_err *err);
/* The incident is not open any more: its items are left alone unless another open one has them. */
HY_MUST_CHECK int hy_watch_end(struct hy_store *s, struct hy_str incident, struct hy_err *err);
/* A capture came. */
HY_MUST_CHECK int hy_watch_answered(struct hy_store *s, struct hy_str item, hy_wall at,
                                    struct hy_err *err);
/* At most `most` that are due, as members of hy:crawl:recheck ("<source> <url>") in an array, and
 * counted as asked.  Within a transaction. */
HY_MUST_CHECK int hy_watch_ask(struct hy_store *s, hy_wall now, int most, json_t **ret,
                               struct hy_err *err);
/* The id of the item whose address is `url`, as the crawler makes it; malloc'ed, NULL when that is
 * no http address. */
char *hy_watch_item_of(struct hy_str url);
