/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as one HTML file each: 日报, 季通报, 专报, 快报, 评估, 问责.  Styles and charts are
 * inside, no script, made for A4 paper (a browser prints or saves it as PDF).  Pure: documents in,
 * HTML out; the same record and time give the same bytes.
 *
 * A report says what the record holds and whose decision is still open; it proposes no fault and
 * no measure, and what only people can write (problems, tasks) is a ruled blank.  The public form
 * shows neither persons nor titles nor what was typed, as the public log. */
#pragma once
#include "alerts/record/stats.h"

enum hy_report_kind {
    HY_REPORT_DAILY,
    HY_REPORT_QUARTERLY,
    HY_REPORT_INCIDENT,
    HY_REPORT_FLASH,
    HY_REPORT_EVALUATION,
    HY_REPORT_ACCOUNTABILITY, /* never in the public form */
    HY_REPORT_COUNT
};
extern const char *const hy_report_name[HY_REPORT_COUNT + 1]; /* daily ...; NULL-terminated */

struct hy_report_opts {
    const char *office; /* for the head; "" when not known */
    const char *duty;   /* who is on duty, for the daily report; NULL: not known */
    bool public;
    hy_wall from, to, now;
    /* Of one incident, borrowed; NULL: none, not known. */
    const json_t *merged;  /* documents of incidents that were merged into it */
    const json_t *sources; /* id -> name */
};

/* The period a report is about when none is given: the day of `now` so far for the daily one, the
 * last whole quarter for the quarterly one; with `from` the day or quarter that begins there. */
void hy_report_period(enum hy_report_kind kind, hy_wall now, hy_wall *from, hy_wall *to);

/* Of one incident: 专报, 快报, 评估 or 问责. */
void hy_report_incident(const struct hy_report_opts *o, enum hy_report_kind kind, const json_t *doc,
                        struct hy_buf *out);

/* Of a period: give it every document in the order of record.h, then write. */
struct hy_report;
struct hy_report *hy_report_new(const struct hy_report_opts *o, enum hy_report_kind kind);
void hy_report_free(struct hy_report *r);
HY_DEFINE_FREEP(struct hy_report, hy_report_free)
void hy_report_add(struct hy_report *r, json_t *doc); /* keeps what it lists */
void hy_report_write(struct hy_report *r, struct hy_buf *out);

/* ---- for the parts (report_*.c) ---- */

void hy_report_head(const struct hy_report_opts *o, const char *title, const char *about,
                    struct hy_buf *out);
void hy_report_foot(const struct hy_report_opts *o, struct hy_buf *out);
void hy_report_h2(struct hy_buf *out, const char *text); /* 一、二、 are counted by the styles */
/* Title of an incident as this form may show it. */
void hy_report_title(const struct hy_report_opts *o, const json_t *doc, struct hy_buf *out);
void hy_report_places(const json_t *doc, struct hy_buf *out);
/* "H5 5小时内发布权威信息", result in words and how much early, late or left. */
void hy_report_clock(const json_t *obligation, struct hy_buf *out);
void hy_report_standing(const struct hy_report_opts *o, const json_t *obligation,
                        struct hy_buf *out);
/* A cell of the lead unit: its name, or that there is none. */
void hy_report_unit(const json_t *doc, struct hy_buf *out);
