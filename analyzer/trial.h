/* SPDX-License-Identifier: Apache-2.0 */
/* Archived items with the office's verdicts, judged again under some rules: what backtest and tune
 * stand on.  Pure.
 *
 * A line is an item, with or without `label` (what `huiying archive export` writes):
 * {"verdict":"confirmed|dismissed|none","reason","level","unit","topics","incident"}.  A person who
 * confirmed an incident says that its items were worth telling; one who dismissed it, that they
 * were not.  "none" and no label say nothing. */
#pragma once
#include "analyzer/score.h"
#include "core/json.h"

enum hy_verdict { HY_VERDICT_NONE, HY_VERDICT_CONFIRMED, HY_VERDICT_DISMISSED, HY_VERDICT_COUNT };
extern const char *const hy_verdict_name[HY_VERDICT_COUNT + 1];
enum hy_verdict hy_verdict_of(const json_t *line);
/* HY_E_PARSE when the line has a label and it says none of the above: somebody judged it, and it
 * must not pass for not judged. */
HY_MUST_CHECK int hy_verdict_check(const json_t *line, struct hy_err *err);

/* What people decided of confirmed items, and how often the score had proposed just that. */
struct hy_agreement {
    int64_t said, same;
};

/* How often items of each verdict were told to each circle, and what follows from it. */
struct hy_tally {
    int64_t told[HY_VERDICT_COUNT][HY_TOLD_COUNT];
    struct hy_agreement level, unit; /* unit: the one in the lead */
    int64_t incidents; /* newly alerted ones, reprints and follow-ups not counted again */
};
void hy_tally_add(struct hy_tally *t, enum hy_verdict v, enum hy_told told);
void hy_tally_compare(struct hy_tally *t, const json_t *line, const json_t *score);
double hy_agreement_share(const struct hy_agreement *a);            /* -1: people said nothing */
int64_t hy_tally_told(const struct hy_tally *t, enum hy_told from); /* items told at least so */
/* Of the judged items that were listed or alerted the share that was confirmed; of the confirmed
 * ones the share that was listed or alerted.  -1: there is none to divide by. */
double hy_tally_precision(const struct hy_tally *t);
double hy_tally_recall(const struct hy_tally *t);
json_t *hy_tally_json(const struct hy_tally *t, double days); /* new reference */

/* The time span of the items seen, at least one day. */
struct hy_span_days {
    hy_wall first, last;
};
void hy_span_add(struct hy_span_days *s, hy_wall at);
double hy_span_days(const struct hy_span_days *s);
