/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times as pages write them: 2022-02-13 20:04:17, 2022年2月13日 下午3点05分,
 * 二〇二二年二月十三日, ２０２２／２／１３, 13 Feb 2022, Feb 13th, 2022 8:04 PM, 13.02.2022,
 * RFC 3339 and RFC 822 forms, 02-13 20:04 (no year), 昨天 07:17, 3小时前.
 *
 * This reads one string and invents nothing: what a page means by a date is crawler/page/date.h. */
#pragma once
#include "core/clock.h"
#include "core/item.h"

struct hy_when {
    int year, month, day;     /* year 0: not written */
    int hour, minute, second; /* valid as far as `precision` says */
    int offset_min;           /* valid when has_offset */
    bool has_offset;
    bool relative;  /* counted back from "now" */
    int64_t ago_ms; /* relative: this long before */
    int ago_days;   /* relative: whole days before, with the time of day above (昨天 07:17) */
    enum hy_precision precision;
    size_t begin, end; /* in characters of the string */
    size_t length;     /* of the string, in characters */
};

struct hy_when_how {
    bool day_first; /* 03/04/2020 is the third of April */
    bool compact;   /* also 20220213 and 20220213200417: only where a date is expected */
};

/* The first date at or behind character *at; *at moves behind it.  False when there is none. */
bool hy_when_next(struct hy_str s, size_t *at, struct hy_when_how how, struct hy_when *ret);
/* The instant; `now` resolves relative and year-less forms (HY_WALL_NONE: they stay unknown).  A
 * year-less date is the latest one not after now. */
hy_wall hy_when_wall(const struct hy_when *w, hy_wall now, int default_offset_min);
