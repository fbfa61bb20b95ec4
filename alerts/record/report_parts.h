/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the reports share among themselves: the period's collection and the parts that
 * stand in several reports.  Nobody else includes this. */
#pragma once
#include "alerts/record/coverage.h"
#include "alerts/record/report.h"
#include "core/vec.h"

enum { HY_REPORT_LATE_CASES = 20 }; /* messages are many; the log has them all */

struct hy_report_row {        /* one obligation of one document */
    json_t *doc, *obligation; /* doc is owned, obligation stands in it; NULL: the document itself */
    int64_t order;
};
struct hy_report_rows {
    struct hy_report_row *v;
    size_t n, room;
};

struct hy_report {
    struct hy_report_opts o;
    enum hy_report_kind kind;
    struct hy_stats *stats, *week; /* week: the seven days before, for the daily report */
    struct hy_stats *cases;        /* documents, messages, requests */
    struct hy_coverage *coverage;
    struct hy_report_rows sources;                  /* every source */
    struct hy_report_rows fresh;                    /* incidents of the period */
    struct hy_report_rows open, late, good, waived; /* obligations of incidents */
    struct hy_report_rows due;                      /* of cases: still to be done */
    struct hy_report_rows late_cases;               /* obligations of cases: the latest of them */
    struct hy_report_rows released;                 /* responses of the period, as `obligation` */
};

/* Keep the first of a list that may grow with the record. */
void hy_report_cut(struct hy_report_rows *list, size_t max);

/* Between head and foot (report_daily.c, report_quarterly.c). */
void hy_report_daily(struct hy_report *r, struct hy_buf *out);
void hy_report_quarterly(struct hy_report *r, struct hy_buf *out);

/* A figure at the head, and how often each topic was met (report_tiles.c). */
void hy_report_tile(struct hy_buf *out, const char *label, int64_t n, bool red);
void hy_report_tile_rate(struct hy_buf *out, const char *label, struct hy_rate rate);
void hy_report_topics(const struct hy_report *r, struct hy_buf *out);

/* ---- parts of the reports on a period (report_sections.c) ---- */

void hy_report_releases(const struct hy_report *r, struct hy_buf *out);
void hy_report_rumors(const struct hy_report *r, struct hy_buf *out);
void hy_report_health(const struct hy_report *r, struct hy_buf *out);   /* the sources now */
void hy_report_coverage(const struct hy_report *r, struct hy_buf *out); /* over the period */
void hy_report_cases(struct hy_report *r, struct hy_buf *out);
void hy_report_unit_clocks(struct hy_report *r, struct hy_buf *out);
void hy_report_waived(const struct hy_report *r, struct hy_buf *out);
void hy_report_follow(const struct hy_report *r, struct hy_buf *out);
void hy_report_list(const struct hy_report *r, const struct hy_report_rows *list, const char *none,
                    struct hy_buf *out);
void hy_report_clocks_table(const struct hy_stats *s, struct hy_buf *out);

/* ---- parts of the reports on one incident (report_facts.c, report_timeline.c) ---- */

void hy_report_facts(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
/* `replaced`: also those that another one took the place of. */
void hy_report_clocks(const struct hy_report_opts *o, const json_t *doc, bool replaced,
                      struct hy_buf *out);
void hy_report_timeline(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
void hy_report_responses(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
void hy_report_toll(const json_t *facts,
                    struct hy_buf *out); /* "死亡3人；受伤2至5人", or nothing */
void hy_report_blanks(struct hy_buf *out, const char *const *titles, size_t n);

/* How many titles doubt, how many pass on what the office said (report_evaluation.c). */
void hy_report_wording(const json_t *doc, struct hy_buf *out);
/* What a reminder was about: "5小时内发布权威信息，到期前2小时" (report_timeline.c).  Not escaped.
 */
void hy_report_notice(const json_t *doc, const json_t *notice, struct hy_buf *out);

/* 评估 and 问责 (report_evaluation.c, report_accountability.c), between head and foot. */
void hy_report_evaluation(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
void hy_report_accountability(const struct hy_report_opts *o, const json_t *doc,
                              struct hy_buf *out);
