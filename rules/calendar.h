/* SPDX-License-Identifier: Apache-2.0 */
/* Working days: the yearly State Council notice as data (calendar/YEAR.yaml), with make-up
 * workdays and regional overlays.
 *
 *     year: 2026
 *     basis: 国务院办公厅关于2026年部分节假日安排的通知
 *     holidays:
 *       - {name: 春节, from: 2026-02-15, to: 2026-02-23, makeup: [2026-02-14, 2026-02-28]}
 *
 * Regional overlays (calendar/regions/NAME-YEAR.yaml of the national rules: 宁夏 has 开斋节 and
 * 古尔邦节) apply to an office that asks for them in a file of its own calendar/:
 *
 *     include: [ningxia]
 *
 * `checked: false` marks dates that wait for the notice; huiying check warns of them.
 *
 * An office's file of the same year adds its local holidays (and make-up days) to the national
 * ones; it cannot stand in for the national notice.  A year without a national file is an error
 * wherever working days are counted: a wrong guess here is a missed deadline.  Half-day holidays
 * do not make a day off.  Days are counted since 1970-01-01 (hy_days_of). */
#pragma once
#include "rules/yaml.h"

struct hy_rules;
struct hy_section;
struct hy_calendar;

extern const struct hy_section hy_section_calendar;

struct hy_calendar *hy_calendar_new(void);
void hy_calendar_free(struct hy_calendar *c);
/* Merge one file's text; tests use it without a directory. */
HY_MUST_CHECK int hy_calendar_add_text(struct hy_calendar *c, struct hy_str text, const char *name,
                                       bool national, struct hy_diag *d, struct hy_err *err);

/* Holidays in force that nobody has checked against the notice: i-th file, or NULL. */
const char *hy_calendar_unchecked(const struct hy_calendar *c, size_t i);
bool hy_calendar_has_year(const struct hy_calendar *c, int year); /* a national notice is there */
/* HY_E_NOTFOUND naming the year without a notice. */
HY_MUST_CHECK int hy_calendar_is_workday(const struct hy_calendar *c, int64_t day, bool *ret,
                                         struct hy_err *err);
/* The n-th working day after `day`, which itself does not count (民法典第二百零一条: 开始的当日
 * 不计入).  Negative n counts backwards, 0 is `day` itself. */
HY_MUST_CHECK int hy_calendar_add(const struct hy_calendar *c, int64_t day, int n, int64_t *ret,
                                  struct hy_err *err);
