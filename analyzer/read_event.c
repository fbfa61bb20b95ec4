/* SPDX-License-Identifier: Apache-2.0 */
/* When did the event of a text happen?  Its first date, unless that says how far the text goes
 * (截至3月14日); a name like “3·20”事故 says the day even in a follow-up that begins with a later
 * one. */
#include "analyzer/read.h"

enum {
    MONTHS_OLD_DAYS = 45,
    MIDDLE_DAY = 15,
    TO_COME_DAYS = 180, /* a day without a year that lies so far back is one to come */
    SINCE_DAYS = 6,
};

static bool is_quote(uint32_t c)
{
    return c == '"' || c == '\'' || c == 0x201C || c == 0x201D || c == 0x2018 || c == 0x2019 ||
           c == 0x300C || c == 0x300D;
}

/* A number of at most two digits at *at, which goes behind it; 0: none. */
static int small_number(const struct hy_chars *t, size_t *at)
{
    int n = 0;

    for (int i = 0; i < 2 && *at < t->n && t->c[*at] - '0' < 10; i++)
        n = n * 10 + (int)(t->c[(*at)++] - '0');
    return n;
}

/* The last such day that is not after `at`. */
static hy_wall day_before(int month, int day, hy_wall at, int offset_min)
{
    struct hy_civil c = hy_civil_of(at, offset_min);
    struct hy_civil d = {.year = c.year, .month = month, .day = day};

    if (month > c.month || (month == c.month && day > c.day))
        d.year--;
    return hy_wall_of(&d, offset_min);
}

/* “3·20” */
static hy_wall named_day(const struct hy_chars *t, hy_wall at, int offset_min)
{
    for (size_t i = 0; i + 4 < t->n; i++) {
        size_t k = i + 1;
        if (!is_quote(t->c[i]))
            continue;
        int month = small_number(t, &k);
        if (month < 1 || month > 12 || k >= t->n ||
            (t->c[k] != 0xB7 && t->c[k] != 0x2022 && t->c[k] != 0x30FB && t->c[k] != '.'))
            continue;
        k++;
        int day = small_number(t, &k);
        if (day >= 1 && day <= 31 && k < t->n && is_quote(t->c[k]))
            return day_before(month, day, at, offset_min);
    }
    return HY_WALL_NONE;
}

static bool is_as_of(const struct hy_chars *t, size_t start)
{
    static struct hy_wordlist words = {.list = {"截至", "截止", "截止到", "截至到", NULL}};

    return hy_wordlist_before(t, start, &words, NULL) > 0;
}

/* 将于5月15日前到账, read as that of last year. */
static bool is_to_come(const struct hy_chars *t, const struct hy_reading *r, hy_wall when,
                       hy_wall at)
{
    if (!hy_wall_known(at) || at.ms - when.ms < TO_COME_DAYS * HY_DAY_MS)
        return false;
    for (size_t i = r->start; i < r->end; i++)
        if (t->c[i] == 0x5E74 /* 年 */ || t->c[i] == '-' || t->c[i] == '/' || t->c[i] == '.')
            return false;
    return true;
}

/* 自4月6日起: how long it has been so, not when it happened. */
static bool is_long_since(const struct hy_chars *t, const struct hy_reading *r, hy_wall when,
                          hy_wall at)
{
    static struct hy_wordlist words = {.list = {"起", "以来", "开始", NULL}};

    return hy_wall_known(at) && at.ms - when.ms > SINCE_DAYS * HY_DAY_MS &&
           hy_wordlist_at(t, r->end, &words, NULL) > 0;
}

static hy_wall first_date(struct hy_arena *arena, const struct hy_chars *t, hy_wall at,
                          int offset_min)
{
    struct hy_readings all = hy_read(arena, t, at, offset_min);

    for (size_t i = 0; i < all.n; i++) {
        const struct hy_reading *r = &all.v[i];
        struct hy_civil c = r->when;
        if ((r->kind != HY_READ_DATE && r->kind != HY_READ_DATETIME) || !r->resolved ||
            is_as_of(t, r->start))
            continue;
        hy_wall when = hy_wall_of(&c, offset_min);
        if ((!hy_wall_known(at) || when.ms <= at.ms) && !is_to_come(t, r, when, at) &&
            !is_long_since(t, r, when, at))
            return when;
    }
    return HY_WALL_NONE;
}

static bool same_day(hy_wall a, hy_wall b, int offset_min)
{
    struct hy_civil x = hy_civil_of(a, offset_min), y = hy_civil_of(b, offset_min);

    return x.year == y.year && x.month == y.month && x.day == y.day;
}

hy_wall hy_read_event_time(struct hy_arena *arena, const struct hy_doc *doc, hy_wall at,
                           int offset_min)
{
    hy_wall named = HY_WALL_NONE, dated = HY_WALL_NONE;

    for (int f = HY_TITLE; f < HY_FIELD_COUNT && hy_wall_known(at) && !hy_wall_known(named); f++)
        named = named_day(&doc->field[f], at, offset_min);
    for (int f = HY_TITLE; f < HY_FIELD_COUNT && !hy_wall_known(dated); f++)
        dated = first_date(arena, &doc->field[f], at, offset_min);
    if (!hy_wall_known(named) || (hy_wall_known(dated) && same_day(named, dated, offset_min)))
        return dated; /* which also says the hour */
    return named;
}

/* 2024年7月, and no day behind it. */
static hy_wall month_at(const struct hy_chars *t, size_t i, int offset_min)
{
    struct hy_civil c = {.day = MIDDLE_DAY};
    size_t k = i;

    for (; k < t->n && k < i + 4 && t->c[k] - '0' < 10; k++)
        c.year = c.year * 10 + (int)(t->c[k] - '0');
    if (k != i + 4 || c.year < 1990 || k >= t->n || t->c[k] != 0x5E74 /* 年 */)
        return HY_WALL_NONE;
    k++;
    c.month = small_number(t, &k);
    if (c.month < 1 || c.month > 12 || k >= t->n || t->c[k] != 0x6708 /* 月 */ ||
        (k + 1 < t->n && t->c[k + 1] - '0' < 10))
        return HY_WALL_NONE;
    return hy_wall_of(&c, offset_min);
}

hy_wall hy_read_old_month(const struct hy_doc *doc, hy_wall at, int offset_min)
{
    for (int f = HY_TITLE; f < HY_FIELD_COUNT && hy_wall_known(at); f++)
        for (size_t i = 0; i < doc->field[f].n; i++) {
            hy_wall when = month_at(&doc->field[f], i, offset_min);
            if (hy_wall_known(when) && at.ms - when.ms > MONTHS_OLD_DAYS * HY_DAY_MS)
                return when;
        }
    return HY_WALL_NONE;
}
