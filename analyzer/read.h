/* SPDX-License-Identifier: Apache-2.0 */
/* Reads dates, times, durations, numbers, quantities, phone numbers and URLs out of Chinese text.
 *
 * Spans of one kind never overlap; spans of different kinds may (a number inside a quantity is a
 * number too).  Relative dates (昨日, 上周三, 3天前) are resolved against `at`; without it they get
 * no value but keep their span.  Whole years and months alone (2008年, 5月) are no dates. Two-digit
 * years are 19xx from 50 on.  A day without a year is the latest one not after `at`: news tell the
 * past.  Linear in the text. */
#pragma once
#include "analyzer/chars.h"
#include "core/clock.h"
#include "core/json.h"

enum hy_read_kind {
    HY_READ_DATE,     /* day */
    HY_READ_TIME,     /* time of day */
    HY_READ_DATETIME, /* both */
    HY_READ_DURATION,
    HY_READ_NUMBER,
    HY_READ_QUANTITY, /* number and unit */
    HY_READ_PHONE,
    HY_READ_URL,
    HY_READ_KIND_COUNT
};
extern const char *const hy_read_kind_name[HY_READ_KIND_COUNT];

struct hy_reading {
    enum hy_read_kind kind;
    size_t start, end;    /* code points */
    bool resolved;        /* the value below is known */
    struct hy_civil when; /* date, time, datetime: the fields that the kind has */
    double number;        /* number, quantity; durations: how many of the unit */
    double max;           /* ranges (3至5人): upper end, else equal to number */
    int bound;            /* -1 at most, 0 exact or about, 1 at least (余, 以上, 数十) */
    const char *unit; /* quantity: static name ("人", "万元" -> "元"); duration: Y M W D TH TM TS */
};
struct hy_readings {
    const struct hy_reading *v; /* by start; in the arena */
    size_t n;
};

/* at: HY_WALL_NONE when not known; zone in minutes. */
struct hy_readings hy_read(struct hy_arena *arena, const struct hy_chars *text, hy_wall at,
                           int offset_min);
/* One object of the answer of `huiying read`.  New reference. */
json_t *hy_reading_json(const struct hy_reading *r, const struct hy_chars *text);

/* The number that starts at `at`: any writing, with 万/亿, 余/多/几, 数十, ranges. */
struct hy_amount {
    size_t start, end;
    double min, max; /* max is infinite for a lower bound */
    bool about;      /* 约, 近, 左右 */
};
bool hy_read_amount(const struct hy_chars *text, size_t at, struct hy_amount *ret);
/* Is c part of numerals: a digit of any kind, or 十百千万亿? */
bool hy_is_numeral(uint32_t c);
/* When the event happened, by a name like “3·20” or the first date or time of the text that is not
 * after `at` (昨日22时许, 5日上午); HY_WALL_NONE when the text does not say. */
hy_wall hy_read_event_time(struct hy_arena *arena, const struct hy_doc *doc, hy_wall at,
                           int offset_min);
/* The first month of the text that is long over (2024年7月), as its middle; else HY_WALL_NONE. */
hy_wall hy_read_old_month(const struct hy_doc *doc, hy_wall at, int offset_min);
