/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read dates hand each other: a day, a time of day, and what today is.
 * Nobody else includes this. */
#pragma once
#include "analyzer/read_parts.h"

enum part { DAWN, MORNING, NOON, AFTERNOON, EVENING, NIGHT };

struct day {
    size_t end;
    bool resolved;
    int year, month, day;
    int part; /* day part swallowed by the date (昨晚): enum part + 1 */
};

struct ctx {
    const struct hy_chars *t;
    bool known; /* `today` is known */
    int64_t today;
    int year, month, mday, weekday;
};

struct clock {
    size_t start, end;
    int hour, minute, second;
};

static inline uint32_t at_or0(const struct hy_chars *t, size_t i)
{
    return i < t->n ? t->c[i] : 0;
}

/* read_day.c, read_day_relative.c: one form each; false when none begins at `i`. */
bool read_day_numeric(const struct ctx *x, size_t i, struct day *d);
bool read_day_calendar(const struct ctx *x, size_t i, struct day *d);
bool read_day_of_month(const struct ctx *x, size_t i, struct day *d);
bool read_day_bare(const struct ctx *x, size_t i, struct day *d);
bool read_day_relative(const struct ctx *x, size_t i, struct day *d);
bool read_day_half(const struct ctx *x, size_t i, struct day *d);
bool read_day_of_week(const struct ctx *x, size_t i, struct day *d);
bool read_day_ago(const struct ctx *x, size_t i, struct day *d);

/* False when no month has such a day; a day that this year's month lacks stays unresolved. */
bool read_day_set(struct day *d, int y, int m, int day);

/* read_clock.c: [大约][day part]clock[左右]; given_part: the part the date has said + 1, or 0. */
bool read_clock_at(const struct hy_chars *t, size_t i, int given_part, struct clock *ret);
