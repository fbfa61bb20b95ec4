/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers about the record of a period, by the formulas of DOMAIN.md section 5.  Pure: documents
 * in, counts out.
 *
 *     on-time rate    on time / (on time + late); waived, superseded and not due are left out
 *     waiver rate     waived / (on time + late + waived)
 *     alert precision confirmed / (confirmed + dismissed)
 *     detection       detected - first public
 *     acknowledgement acknowledged - opened
 *     first response  earliest published response - first public (detected where unknown); of a
 *                     case: - start of its first clock
 *     reopened rate   reopened / (closed + reopened)
 *     answered        cases or incidents with a response / those that were not dismissed
 *     follow-ups      on time / (on time + late) of the clocks that repeat
 *     correction rate responses corrected / responses
 *     satisfaction    satisfied / rated
 *     class follow-up closed incidents of a class whose deed was published / closed ones of it
 *
 * An incident belongs to the period in which it was opened, an obligation to the one in which its
 * clock started: [from, to).  An open obligation whose time is over is late.  Drills never count;
 * a merged incident counts as merged and nowhere else, its obligations ended with the merging.
 * A latency below zero (a time that was entered wrongly) is left out.
 *
 * A rate always goes with its numerator and denominator; below HY_STATS_LEAST cases there is no
 * rate, median or P90, because one case more would turn it over. */
#pragma once
#include "core/json.h"
#include "core/vec.h"
#include "rules/windows.h"

enum { HY_STATS_LEAST = 5, HY_BUCKET_COUNT = 9 };

/* How an obligation stands. */
enum hy_result {
    HY_RESULT_MET,
    HY_RESULT_LATE,
    HY_RESULT_OVERDUE, /* late and not ended */
    HY_RESULT_RUNNING,
    HY_RESULT_WAIVED,
    HY_RESULT_SUPERSEDED,
    HY_RESULT_COUNT
};
extern const char *const hy_result_name[HY_RESULT_COUNT]; /* met late overdue ... */
extern const char *const hy_result_label[HY_RESULT_COUNT]; /* 按时 超时 超时 未到期 免除 已替代 */
enum hy_result hy_result_of(const json_t *obligation, hy_wall now);

/* When the first response was published; those that were withdrawn do not count. */
hy_wall hy_first_response(const json_t *doc);

struct hy_rate {
    int64_t part, whole;
};
bool hy_rate_stands(struct hy_rate r);                   /* enough cases */
double hy_rate_percent(struct hy_rate r);                /* only of one that stands */
void hy_rate_text(struct hy_rate r, struct hy_buf *out); /* "97.1%（34/35）" or "3/4（不足5件）" */

struct hy_samples { /* durations in ms */
    int64_t *v;
    size_t n, room;
};
/* Median: the middle one, or the mean of the middle two.  P90: the smallest value that at least
 * 90 % do not exceed (nearest rank).  Both sort the samples and need n > 0. */
int64_t hy_samples_median(struct hy_samples *s);
int64_t hy_samples_p90(struct hy_samples *s);
void hy_span_text(int64_t ms, struct hy_buf *out); /* "42秒", "18分钟", "3小时05分", "2天4小时" */
/* "中位数18分钟，P90 42分钟（12件）" or "3件（不足5件）". */
void hy_samples_text(struct hy_samples *s, struct hy_buf *out);

/* The way of an incident, step by step; each a duration of every incident that has both ends. */
enum hy_latency {
    HY_LATENCY_DETECTION, /* first public -> detected */
    HY_LATENCY_FETCH,     /* first public -> fetched, of the first item */
    HY_LATENCY_SCORE,     /* fetched -> scored */
    HY_LATENCY_ALERT,     /* scored -> first notice */
    HY_LATENCY_SHOW,      /* first notice -> first displayed */
    HY_LATENCY_ACK,       /* opened -> acknowledged */
    HY_LATENCY_RESPONSE,  /* first public (of a case: its start) -> first response */
    HY_LATENCY_COUNT
};
extern const char *const hy_latency_name[HY_LATENCY_COUNT + 1]; /* detection fetch ... */
/* Negative: not known, or entered wrongly. */
int64_t hy_latency_of(const json_t *doc, enum hy_latency which);
/* Distributions are counted in buckets of fixed bounds, so that periods can be compared. */
extern const int64_t hy_bucket_bound[HY_BUCKET_COUNT]; /* below this; the last is INT64_MAX */
size_t hy_bucket_of(int64_t ms);
/* Earliest `key` ("at", "shown") of its notices. */
hy_wall hy_first_notice(const json_t *doc, const char *key);

/* Closed, and of this class; with its deed published. */
bool hy_class_is_closed(const json_t *doc, enum hy_disposition class);
bool hy_class_is_followed(const json_t *doc, enum hy_disposition class);

struct hy_tally { /* obligations of one kind */
    char *name, *label;
    int64_t n[HY_RESULT_COUNT];
};
int64_t hy_tally_late(const struct hy_tally *t); /* with overdue */
struct hy_rate hy_tally_on_time(const struct hy_tally *t);
struct hy_rate hy_tally_waived(const struct hy_tally *t);
struct hy_tallies {
    struct hy_tally *v;
    size_t n, room;
};

struct hy_unit_stats { /* of one lead unit; "" when nobody was in charge */
    char *name;
    int64_t incidents, confirmed;
    struct hy_tally all;
    struct hy_tallies clocks;
    struct hy_samples first;
};
struct hy_matter_stats { /* of one kind of matter: messages, documents, ... */
    int64_t n, closed, dismissed, answered;
    struct hy_rate satisfied;
};
struct hy_count { /* of a topic, or of a day ("2026-11-23") */
    char *name;
    int64_t n;
};
struct hy_counts {
    struct hy_count *v;
    size_t n, room;
};

struct hy_stats {
    hy_wall from, to, now; /* from and to may be HY_WALL_NONE: open */
    int64_t incidents, confirmed, dismissed, merged, closed, reopened, responses;
    int64_t answered, corrected; /* documents with a response; responses corrected later */
    int64_t levels[5];           /* 0: none */
    int64_t hours[24];           /* of the day at which incidents were opened, Beijing time */
    struct hy_counts topics, days;
    struct hy_tally all, follow; /* follow: of the clocks that repeat, nameless */
    struct hy_tallies clocks;
    HY_VEC(struct hy_unit_stats) units;
    struct hy_matter_stats matters[HY_MATTER_COUNT];
    struct hy_rate classes[HY_DISPOSITION_COUNT]; /* followed of closed */
    struct hy_samples latency[HY_LATENCY_COUNT], first_of_level[5];
};
struct hy_stats *hy_stats_new(hy_wall from, hy_wall to, hy_wall now);
void hy_stats_free(struct hy_stats *s); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_stats, hy_stats_free)
void hy_stats_add(struct hy_stats *s, const json_t *doc);
struct hy_rate hy_stats_answered(const struct hy_stats *s);
/* Put units, topics and clocks into the order they are shown in: units by name with the nameless
 * last, topics by number, clocks and days by name.  Call once, after the last hy_stats_add(). */
void hy_stats_finish(struct hy_stats *s);
struct hy_rate hy_stats_precision(const struct hy_stats *s);
bool hy_stats_within(const struct hy_stats *s, hy_wall t);
