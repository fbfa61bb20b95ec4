/* SPDX-License-Identifier: Apache-2.0 */
/* Dates by their patterns over the folded string; the first that fits at a place counts. */
#include "crawler/page/when.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/when_parts.h"

#include <string.h>

enum { MIN_YEAR = 1990, MAX_YEAR = 2099 };

/* Months by the letters their names start with in the languages of the web's news; folding has
 * dropped what is no ASCII letter, so "März" is "m", sign, "rz". */
static const struct {
    const char *prefix;
    int month;
} months[] = {
    {"january", 1},   {"jan", 1},        {"januar", 1},       {"janvier", 1},    {"enero", 1},
    {"ene", 1},       {"gennaio", 1},    {"gen", 1},          {"janeiro", 1},    {"januari", 1},
    {"february", 2},  {"feb", 2},        {"februar", 2},      {"f\013vrier", 2}, {"febrero", 2},
    {"febbraio", 2},  {"fevereiro", 2},  {"fev", 2},          {"februari", 2},   {"f\013v", 2},
    {"march", 3},     {"mar", 3},        {"m\013rz", 3},      {"mars", 3},       {"marzo", 3},
    {"mar\013o", 3},  {"maart", 3},      {"mrt", 3},          {"april", 4},      {"apr", 4},
    {"avril", 4},     {"abril", 4},      {"abr", 4},          {"aprile", 4},     {"avr", 4},
    {"may", 5},       {"mai", 5},        {"mayo", 5},         {"maggio", 5},     {"maio", 5},
    {"mei", 5},       {"mag", 5},        {"june", 6},         {"jun", 6},        {"juni", 6},
    {"juin", 6},      {"junio", 6},      {"giugno", 6},       {"junho", 6},      {"giu", 6},
    {"july", 7},      {"jul", 7},        {"juli", 7},         {"juillet", 7},    {"julio", 7},
    {"luglio", 7},    {"julho", 7},      {"juil", 7},         {"lug", 7},        {"august", 8},
    {"aug", 8},       {"ao\013t", 8},    {"agosto", 8},       {"ago", 8},        {"augustus", 8},
    {"september", 9}, {"sep", 9},        {"sept", 9},         {"septembre", 9},  {"septiembre", 9},
    {"settembre", 9}, {"setembro", 9},   {"set", 9},          {"october", 10},   {"oct", 10},
    {"okt", 10},      {"oktober", 10},   {"octobre", 10},     {"octubre", 10},   {"ottobre", 10},
    {"outubro", 10},  {"out", 10},       {"ott", 10},         {"november", 11},  {"nov", 11},
    {"novembre", 11}, {"noviembre", 11}, {"novembro", 11},    {"december", 12},  {"dec", 12},
    {"dezember", 12}, {"dez", 12},       {"d\013cembre", 12}, {"diciembre", 12}, {"dicembre", 12},
    {"dezembro", 12}, {"dic", 12},       {"d\013c", 12},
};

static bool month_name(const struct hy_folded *f, size_t *i, int *ret)
{
    size_t n = 0;

    while (is_letter(f->c[*i + n]) || (n && f->c[*i + n] == S_OTHER))
        n++;
    for (size_t k = 0; n >= 3 && k < HY_COUNT(months); k++)
        if (strlen(months[k].prefix) == n && memcmp(months[k].prefix, f->c + *i, n) == 0) {
            *ret = months[k].month;
            *i += n;
            if (f->c[*i] == '.')
                ++*i;
            return true;
        }
    return false;
}

static bool plausible(const struct hy_when *w)
{
    return w->year >= MIN_YEAR && w->year <= MAX_YEAR && hy_date_exists(w->year, w->month, w->day);
}

/* -- dates ---------------------------------------------------------------------------------- */

/* 2022-2-13, 2022/2/13, 2022.2.13, 2022年2月13日 */
static bool year_first(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at;

    if (!number(f, &i, 4, 4, &w->year))
        return false;
    i = skip_blanks(f, i);
    char sep = f->c[i];
    if (sep != '-' && sep != '/' && sep != '.' && sep != S_YEAR)
        return false;
    i = skip_blanks(f, i + 1);
    if (!number(f, &i, 1, 2, &w->month))
        return false;
    i = skip_blanks(f, i);
    if (f->c[i] != (sep == S_YEAR ? S_MONTH : sep))
        return false;
    i = skip_blanks(f, i + 1);
    if (!number(f, &i, 1, 2, &w->day))
        return false;
    size_t behind = skip_blanks(f, i);
    if (f->c[behind] == S_DAY)
        i = behind + 1;
    *at = i;
    return plausible(w);
}

/* 20220213, 20220213200417; a time only with all of it. */
static bool compact(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at;

    if (!digits(f, &i, 4, &w->year) || !digits(f, &i, 2, &w->month) || !digits(f, &i, 2, &w->day) ||
        !plausible(w))
        return false;
    size_t k = i;
    if (digits(f, &k, 2, &w->hour) && digits(f, &k, 2, &w->minute) &&
        digits(f, &k, 2, &w->second) && w->hour < 24 && w->minute < 60 && w->second < 60) {
        w->precision = HY_PREC_SECOND;
        i = k;
    }
    *at = i;
    return !is_digit(f->c[i]);
}

/* Behind a day in English: st nd rd th; "de" and "." in other languages. */
static size_t skip_ordinal(const struct hy_folded *f, size_t i)
{
    static const char *const words[] = {"st", "nd", "rd", "th", "er"};

    for (size_t k = 0; k < HY_COUNT(words); k++)
        if (memcmp(f->c + i, words[k], 2) == 0 && !is_letter(f->c[i + 2]))
            i += 2;
    while (f->c[i] == '.' || f->c[i] == ',' || f->c[i] == ' ' || f->c[i] == '-' || f->c[i] == '/')
        i++;
    if (memcmp(f->c + i, "de ", 3) == 0 || memcmp(f->c + i, "of ", 3) == 0)
        i += 3;
    return i;
}

/* 13 Feb 2022, 13. Februar 2022, 13 de febrero de 2022, 13-Feb-2022 */
static bool day_month_name(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at;

    if (!number(f, &i, 1, 2, &w->day))
        return false;
    i = skip_ordinal(f, i);
    if (!month_name(f, &i, &w->month))
        return false;
    i = skip_ordinal(f, i);
    if (f->c[i] == '\'')
        i++;
    if (!number(f, &i, 4, 4, &w->year))
        return false;
    *at = i;
    return plausible(w);
}

/* Feb 13, 2022 */
static bool month_name_first(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at;

    if (!month_name(f, &i, &w->month))
        return false;
    i = skip_ordinal(f, i);
    if (!number(f, &i, 1, 2, &w->day) && !(digits(f, &i, 2, &w->day)))
        return false;
    size_t before = i;
    i = skip_ordinal(f, i);
    if (i == before || !number(f, &i, 4, 4, &w->year))
        return false;
    *at = i;
    return plausible(w);
}

/* 13.02.2022, 02/13/2022, 13-02-2022 */
static bool year_last(const struct hy_folded *f, size_t *at, bool day_first, struct hy_when *w)
{
    size_t i = *at;
    int a, b;

    if (!number(f, &i, 1, 2, &a))
        return false;
    char sep = f->c[i];
    if (sep != '-' && sep != '/' && sep != '.')
        return false;
    i++;
    if (!number(f, &i, 1, 2, &b) || f->c[i] != sep)
        return false;
    i++;
    if (!number(f, &i, 4, 4, &w->year))
        return false;
    bool first = sep == '.' ? true : a > 12 ? true : b > 12 ? false : day_first;
    w->day = first ? a : b;
    w->month = first ? b : a;
    *at = i;
    return plausible(w);
}

/* 02-13, 2月13日: only with a time of day behind it, which the caller checks. */
static bool without_year(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at;

    if (!number(f, &i, 1, 2, &w->month))
        return false;
    char sep = f->c[i];
    if (sep != '-' && sep != '/' && sep != S_MONTH)
        return false;
    i++;
    if (!number(f, &i, 1, 2, &w->day))
        return false;
    if (sep == S_MONTH && f->c[i] != S_DAY)
        return false;
    *at = i + (f->c[i] == S_DAY);
    w->year = 0;
    return hy_date_exists(2000, w->month, w->day);
}

static bool date_at(const struct hy_folded *f, size_t *at, struct hy_when_how how,
                    struct hy_when *w)
{
    if (is_digit(f->c[*at]))
        return year_first(f, at, w) || (how.compact && compact(f, at, w)) ||
               day_month_name(f, at, w) || year_last(f, at, how.day_first, w);
    return month_name_first(f, at, w);
}

/* -- relative forms ------------------------------------------------------------------------- */

static const struct {
    const char *word;
    int days;
} days_ago[] = {{"今天", 0}, {"昨天", 1}, {"前天", 2}, {"昨日", 1}, {"今日", 0}};

static const struct {
    const char *word;
    int64_t ms;
} units_ago[] = {
    {"秒前", HY_SECOND_MS},        {"秒钟前", HY_SECOND_MS},     {"分钟前", HY_MINUTE_MS},
    {"分前", HY_MINUTE_MS},        {"小时前", HY_HOUR_MS},       {"天前", HY_DAY_MS},
    {"周前", 7 * HY_DAY_MS},       {"分鐘前", HY_MINUTE_MS},     {"小時前", HY_HOUR_MS},
    {"minutes ago", HY_MINUTE_MS}, {"minute ago", HY_MINUTE_MS}, {"hours ago", HY_HOUR_MS},
    {"hour ago", HY_HOUR_MS},      {"days ago", HY_DAY_MS},      {"day ago", HY_DAY_MS},
};

/* All forms need a digit; most lines of a text have none, and twenty words are not looked for. */
static bool has_digit(const struct hy_folded *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (is_digit(f->c[i]))
            return true;
    return false;
}

/* Offsets here are bytes turned into characters by the caller's count. */
static bool relative(struct hy_str s, const struct hy_folded *f, struct hy_when *w)
{
    if (!has_digit(f))
        return false;
    for (size_t i = 0; i < HY_COUNT(days_ago); i++) {
        size_t at = hy_str_find(s, hy_str(days_ago[i].word), 0);
        if (at == HY_NPOS)
            continue;
        size_t chars = hy_utf8_count(hy_str_sub(s, 0, at)), end = chars + 2;
        struct hy_when t = {.relative = true,
                            .ago_days = days_ago[i].days,
                            .precision = HY_PREC_DAY,
                            .begin = chars};
        if (end > f->n || !hy_when_time_behind_(f, &end, &t))
            continue; /* "今天" in a sentence */
        t.end = end;
        *w = t;
        return true;
    }
    for (size_t i = 0; i < HY_COUNT(units_ago); i++) {
        size_t at = hy_str_find(s, hy_str(units_ago[i].word), 0), from = at;
        while (at != HY_NPOS && from && (is_digit(s.p[from - 1]) || s.p[from - 1] == ' '))
            from--;
        int64_t n;
        if (at != HY_NPOS && hy_utf8_count(hy_str_sub(s, 0, at)) + 8 > HY_WHEN_CHARS)
            at = HY_NPOS; /* what is not folded is not looked at */
        if (at == HY_NPOS || !hy_str_to_i64(hy_str_trim(hy_str_sub(s, from, at)), &n) || n > 1000)
            continue;
        *w = (struct hy_when){.relative = true,
                              .ago_ms = n * units_ago[i].ms,
                              .precision =
                                  units_ago[i].ms >= HY_DAY_MS ? HY_PREC_DAY : HY_PREC_MINUTE,
                              .begin = hy_utf8_count(hy_str_sub(s, 0, from))};
        w->end = hy_utf8_count(hy_str_sub(s, 0, at + strlen(units_ago[i].word)));
        return true;
    }
    return false;
}

/* -- public --------------------------------------------------------------------------------- */

static bool starts_token(const struct hy_folded *f, size_t i)
{
    char c = f->c[i], before = i ? f->c[i - 1] : ' ';

    if (is_digit(c))
        return !is_digit(before);
    return is_letter(c) && !is_letter(before);
}

bool hy_when_next(struct hy_str s, size_t *at, struct hy_when_how how, struct hy_when *ret)
{
    struct hy_folded f;

    memset(f.c, 0, sizeof(f.c));
    hy_when_fold_(s, &f);
    for (size_t i = *at; i < f.n; i++) {
        struct hy_when w = {.precision = HY_PREC_DAY, .begin = i, .length = f.n};
        size_t end = i;
        if (!starts_token(&f, i))
            continue;
        if (date_at(&f, &end, how, &w)) {
            if (w.precision == HY_PREC_DAY && !hy_when_time_behind_(&f, &end, &w))
                hy_when_time_before_(&f, i, &w);
        } else {
            end = i;
            if (!without_year(&f, &end, &w) || !hy_when_time_behind_(&f, &end, &w))
                continue;
        }
        w.end = end;
        *ret = w;
        *at = end;
        return true;
    }
    if (*at == 0 && relative(s, &f, ret)) {
        ret->length = f.n;
        *at = f.n;
        return true;
    }
    return false;
}

static hy_wall relative_wall(const struct hy_when *w, hy_wall now, int offset_min)
{
    if (!hy_wall_known(now))
        return HY_WALL_NONE;
    if (w->ago_ms)
        return hy_wall_add_ms(now, -w->ago_ms);
    struct hy_civil c = hy_civil_of(hy_wall_add_ms(now, -w->ago_days * HY_DAY_MS), offset_min);
    c.hour = w->hour;
    c.minute = w->minute;
    c.second = w->second;
    c.ms = 0;
    return hy_wall_of(&c, offset_min);
}

hy_wall hy_when_wall(const struct hy_when *w, hy_wall now, int default_offset_min)
{
    int offset = w->has_offset ? w->offset_min : default_offset_min;
    struct hy_civil c = {.year = w->year, .month = w->month, .day = w->day};

    if (w->relative)
        return relative_wall(w, now, offset);
    if (w->precision >= HY_PREC_MINUTE) {
        c.hour = w->hour;
        c.minute = w->minute;
    }
    if (w->precision >= HY_PREC_SECOND)
        c.second = w->second;
    if (w->year)
        return hy_wall_of(&c, offset);
    if (!hy_wall_known(now))
        return HY_WALL_NONE;
    c.year = hy_civil_of(now, offset).year;
    hy_wall t = hy_wall_of(&c, offset);
    if (t.ms > now.ms + HY_DAY_MS) {
        c.year--;
        t = hy_wall_of(&c, offset);
    }
    return t;
}
