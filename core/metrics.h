/* SPDX-License-Identifier: Apache-2.0 */
/* What this process counts about itself.  A role does not listen anywhere: it lays its figures into
 * Redis (core/beat.h), and the board answers Prometheus for all of them.
 *
 * A metric is a static struct beside the code that counts; it is known from its first use on:
 *     static struct hy_metric fetches = HY_COUNTER("huiying_fetches_total", "Visits by outcome.",
 *                                                  "result");
 *     hy_metric_add(&fetches, "ok", 1);
 * Names and units follow Prometheus' conventions (seconds, bytes, _total).  The values of a label
 * come from our tables, never from pages: a metric holds at most HY_METRIC_SERIES of them, what is
 * beyond is counted as "other".  Not for threads. */
#pragma once
#include "core/json.h"

enum hy_metric_kind { HY_METRIC_COUNTER, HY_METRIC_GAUGE, HY_METRIC_HISTOGRAM };
enum { HY_METRIC_SERIES = 24, HY_METRIC_BUCKETS = 16 };

struct hy_metric_series;
struct hy_metric {
    const char *name, *help;
    const char *label; /* the one label's name; NULL: none */
    enum hy_metric_kind kind;
    const double *bounds; /* of a histogram, ascending, ends with 0 */
    struct hy_metric_series *series;
    size_t n;
    struct hy_metric *next;
};
#define HY_COUNTER(name_, help_, label_)                                                           \
    {.name = (name_), .help = (help_), .label = (label_), .kind = HY_METRIC_COUNTER}
#define HY_GAUGE(name_, help_, label_)                                                             \
    {.name = (name_), .help = (help_), .label = (label_), .kind = HY_METRIC_GAUGE}
#define HY_HISTOGRAM(name_, help_, label_, bounds_)                                                \
    {.name = (name_),                                                                              \
     .help = (help_),                                                                              \
     .label = (label_),                                                                            \
     .kind = HY_METRIC_HISTOGRAM,                                                                  \
     .bounds = (bounds_)}

/* `value` of the label; NULL for a metric without one. */
void hy_metric_add(struct hy_metric *m, const char *value, double by);
void hy_metric_set(struct hy_metric *m, const char *value, double to);
void hy_metric_observe(struct hy_metric *m, const char *value, double seconds);

extern const double hy_bounds_fast[]; /* 1 ms to 10 s: work of ours */
extern const double hy_bounds_slow[]; /* 1 s to a day: what happens between people and machines */

/* All of them, with what the system knows of the process (memory, processor, descriptors):
 * [{"name","help","kind","label"?,"series":[{"value"?,"n"} or {"value"?,"le":[..],"counts":[..],
 * "sum","n"}]}].  `counts` are per bucket, not cumulative, one more than `le`. */
json_t *hy_metrics_json(void);
/* For tests: forget everything that was counted. */
void hy_metrics_reset(void);
