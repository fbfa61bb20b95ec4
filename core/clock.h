/* SPDX-License-Identifier: Apache-2.0 */
/* Two clocks that cannot be mixed up by accident: hy_wall is what people and regulations mean
 * (UTC milliseconds), hy_mono is for timeouts.  Pure code never asks for the time, it gets `now`.
 *
 * China has one zone without summer time, so a zone is a fixed offset in minutes; HY_CST is the
 * default of every office (office.yaml may say otherwise). */
#pragma once
#include "core/str.h"

typedef struct {
    int64_t ms; /* since 1970-01-01T00:00:00Z; HY_WALL_NONE: not known */
} hy_wall;
typedef struct {
    int64_t us; /* since an arbitrary start, never steps */
} hy_mono;

#define HY_WALL_NONE ((hy_wall){INT64_MIN})
#define HY_CST 480 /* UTC+8, minutes */
#define HY_SECOND_MS INT64_C(1000)
#define HY_MINUTE_MS (60 * HY_SECOND_MS)
#define HY_HOUR_MS (60 * HY_MINUTE_MS)
#define HY_DAY_MS (24 * HY_HOUR_MS)

static inline bool hy_wall_known(hy_wall t)
{
    return t.ms != INT64_MIN;
}
static inline hy_wall hy_wall_add_ms(hy_wall t, int64_t ms)
{
    return (hy_wall){t.ms + ms};
}
static inline hy_mono hy_mono_add_ms(hy_mono t, int64_t ms)
{
    return (hy_mono){t.us + ms * 1000};
}

/* Ask the machine.  Only loops and commands do; the environment variable HUIYING_TEST_CLOCK (a
 * file holding milliseconds since the epoch) replaces the wall clock in scenario tests. */
hy_wall hy_wall_now(void);
bool hy_wall_is_real(void); /* no test has put another one in its place */
hy_mono hy_mono_now(void);
hy_mono hy_boot_now(void); /* the same, and goes on while the machine sleeps */

/* Calendar date and time of day in a zone.  month 1-12, day 1-31, weekday 0 = Sunday. */
struct hy_civil {
    int year, month, day, hour, minute, second, ms, weekday;
};
struct hy_civil hy_civil_of(hy_wall t, int offset_min);
/* Fields out of range carry over (day 32 = next month's); weekday is ignored. */
hy_wall hy_wall_of(const struct hy_civil *c, int offset_min);
/* Days since 1970-01-01 of a proleptic Gregorian date, and back (Hinnant's algorithm). */
int64_t hy_days_of(int year, int month, int day);
void hy_date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day);
bool hy_date_exists(int year, int month, int day);

/* "2026-11-23T09:12:00+08:00"; with milliseconds only when they are not zero. */
#define HY_TIME_SIZE 40
const char *hy_wall_format(hy_wall t, int offset_min, char out[HY_TIME_SIZE]);
/* RFC 3339 with offset or Z; also accepts a space for the T and a missing seconds field. */
bool hy_wall_parse(struct hy_str s, hy_wall *ret);
/* The same, or a day ("2026-11-01", its beginning in China).  Empty: HY_WALL_NONE. */
bool hy_day_or_time_parse(struct hy_str s, hy_wall *ret);
/* "200ms", "90s", "10m", "5h", "2d": milliseconds.  False on anything else ("3wd" is not a
 * duration). */
bool hy_duration_parse(struct hy_str s, int64_t *ret_ms);
