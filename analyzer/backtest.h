/* SPDX-License-Identifier: Apache-2.0 */
/* What would other rules have raised or missed?  Every item is judged under both rule sets; what is
 * told to another circle is kept with the words that made the difference.  Pure: items one after
 * the other, memory grows only with the differences. */
#pragma once
#include "analyzer/group.h"
#include "analyzer/trial.h"
#include "rules/rules.h"

enum hy_backtest_kind {
    HY_BACKTEST_RAISED, /* told more urgently than before */
    HY_BACKTEST_MISSED, /* less urgently */
    HY_BACKTEST_OTHER,  /* told the same, but with another level, unit or topic */
    HY_BACKTEST_KINDS
};

struct hy_backtest;
/* `before` NULL: the verdicts that stand in the lines (`score`); lines without one are skipped and
 * counted.  Both must outlive it. */
struct hy_backtest *hy_backtest_new(const struct hy_rules *after, const struct hy_rules *before);
void hy_backtest_free(struct hy_backtest *b); /* NULL is a no-op */
HY_MUST_CHECK int hy_backtest_item(struct hy_backtest *b, const json_t *line, struct hy_err *err);

/* {"items","skipped","labelled","days","before":tally,"after":tally,
 *  "raised":[..],"missed":[..],"other":[..]} with rows
 * {"id","title","published","url","verdict","before","after","emergency":[b,a],"level":[b,a],
 *  "gained":[words],"lost":[words]}.  New reference. */
json_t *hy_backtest_json(const struct hy_backtest *b);
/* For people, in Chinese; of each list the first `most`, confirmed and dismissed ones before those
 * nobody judged. */
void hy_backtest_text(const struct hy_backtest *b, size_t most, struct hy_buf *out);
