/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one row of a list: when was it published, when was the last reply, how many replies. */
#include "analyzer/read.h"
#include "core/utf8.h"
#include "crawler/page/list_parts.h"

#include <ctype.h>

enum { MAX_ROW = 4000, MAX_TIMES = 8 };

struct row_time {
    hy_wall at;
    enum hy_precision precision;
};
struct row_times {
    struct row_time v[MAX_TIMES];
    size_t n;
};

static void add_time(struct row_times *ts, hy_wall at, enum hy_precision precision,
                     const struct hy_list_hints *hints)
{
    bool sane = at.ms > 0 && (!hy_wall_known(hints->now) || at.ms <= hints->now.ms + HY_DAY_MS);

    if (sane && ts->n < MAX_TIMES)
        ts->v[ts->n++] = (struct row_time){at, precision};
}

static void from_reading(struct row_times *ts, const struct hy_reading *r,
                         const struct hy_list_hints *hints)
{
    struct hy_civil c = r->when;

    if (!r->resolved)
        return;
    if (r->kind == HY_READ_DATE) {
        c.hour = c.minute = c.second = 0;
        add_time(ts, hy_wall_of(&c, hints->zone_min), HY_PREC_DAY, hints);
    } else if (r->kind == HY_READ_DATETIME) {
        add_time(ts, hy_wall_of(&c, hints->zone_min), HY_PREC_MINUTE, hints);
    }
}

/* A time of day alone is today's. */
static void from_time_of_day(struct row_times *ts, const struct hy_reading *r,
                             const struct hy_list_hints *hints)
{
    if (r->kind != HY_READ_TIME || !r->resolved || !hy_wall_known(hints->now))
        return;
    struct hy_civil c = hy_civil_of(hints->now, hints->zone_min);
    c.hour = r->when.hour;
    c.minute = r->when.minute;
    c.second = c.ms = 0;
    add_time(ts, hy_wall_of(&c, hints->zone_min), HY_PREC_MINUTE, hints);
}

static int two_digits(struct hy_str s, size_t *at)
{
    int v = 0;
    size_t n = 0;

    while (n < 2 && *at < s.n && isdigit((unsigned char)s.p[*at])) {
        v = v * 10 + (s.p[(*at)++] - '0');
        n++;
    }
    return n ? v : -1;
}

/* "11-23", "11/23 09:12" at `at`: month and day of the latest such day that is not ahead. */
static bool month_day(struct hy_str s, size_t at, const struct hy_list_hints *hints,
                      struct row_times *ts)
{
    struct hy_civil c = hy_civil_of(hints->now, hints->zone_min);
    int month = two_digits(s, &at);
    bool exact = false;

    if (month < 1 || month > 12 || at >= s.n || (s.p[at] != '-' && s.p[at] != '/'))
        return false;
    at++;
    int day = two_digits(s, &at);
    if (day < 1 || day > 31 || (at < s.n && (isdigit((unsigned char)s.p[at]) || s.p[at] == '-')))
        return false;
    c = (struct hy_civil){.year = c.year, .month = month, .day = day};
    while (at < s.n && s.p[at] == ' ')
        at++;
    int hour = two_digits(s, &at);
    if (hour >= 0 && hour < 24 && at < s.n && s.p[at] == ':') {
        at++;
        c.hour = hour;
        c.minute = HY_MAX(two_digits(s, &at), 0);
        exact = true;
    }
    if (hy_wall_of(&c, hints->zone_min).ms > hints->now.ms + HY_DAY_MS)
        c.year--;
    if (!hy_date_exists(c.year, c.month, c.day))
        return false;
    add_time(ts, hy_wall_of(&c, hints->zone_min), exact ? HY_PREC_MINUTE : HY_PREC_DAY, hints);
    return true;
}

static void find_month_days(struct hy_str s, const struct hy_list_hints *hints,
                            struct row_times *ts)
{
    for (size_t at = 0; at < s.n; at++) {
        bool starts = at == 0 || (!isalnum((unsigned char)s.p[at - 1]) && s.p[at - 1] != '-' &&
                                  s.p[at - 1] != '/');
        if (starts && isdigit((unsigned char)s.p[at]))
            month_day(s, at, hints, ts);
    }
}

static struct row_times times_of(struct hy_str text, const struct hy_list_hints *hints)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_chars chars = hy_chars_of(arena, text);
    struct hy_readings rs = hy_read(arena, &chars, hints->now, hints->zone_min);
    struct row_times ts = {.n = 0};

    for (size_t i = 0; i < rs.n; i++)
        from_reading(&ts, &rs.v[i], hints);
    if (ts.n == 0 && hy_wall_known(hints->now))
        find_month_days(text, hints, &ts);
    for (size_t i = 0; ts.n == 0 && i < rs.n; i++)
        from_time_of_day(&ts, &rs.v[i], hints);
    hy_arena_free(arena);
    return ts;
}

/* The first word of the row that is a number and nothing else. */
static int count_of(struct hy_str text)
{
    struct hy_str word;
    int64_t v;

    while (hy_str_cut(&text, '\n', &word)) {
        size_t slash = hy_str_find_char(word, '/', 0);
        word = hy_str_trim(hy_str_sub(word, 0, slash == HY_NPOS ? word.n : slash));
        if (word.n && word.n < 8 && hy_str_to_i64(word, &v) && v >= 0)
            return (int)v;
    }
    return -1;
}

void hy_list_row_(struct hy_str text, const struct hy_list_hints *hints, struct hy_link *ret)
{
    text = hy_str_sub(text, 0, hy_utf8_valid_prefix(hy_str_sub(text, 0, MAX_ROW), true));
    struct row_times ts = times_of(text, hints);

    for (size_t i = 0; i < ts.n; i++) {
        bool first = !hy_wall_known(ret->published);
        if (first || ts.v[i].at.ms < ret->published.ms) {
            ret->published = ts.v[i].at;
            ret->precision = ts.v[i].precision;
        }
        if (hints->forum && (!hy_wall_known(ret->last_reply) || ts.v[i].at.ms > ret->last_reply.ms))
            ret->last_reply = ts.v[i].at;
    }
    if (hints->forum)
        ret->replies = count_of(text);
}
