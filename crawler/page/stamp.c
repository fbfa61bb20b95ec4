/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as programs write them.  Two families: those that begin with a year in digits (W3C, ISO
 * 8601, Chinese forms) and those with the month as a word (RFC 822, asctime, Java).  A date that is
 * half nonsense ("2012 11:47:32 +00:zz") is no date: a wrong time starts wrong clocks. */
#include "crawler/page/stamp.h"

#include "core/mem.h"

#include <ctype.h>
#include <strings.h>

enum { MAX_DATE = 100, MAX_WORDS = 8, MAX_ZONE_MIN = 24 * 60 };

static const struct {
    const char *name;
    int minutes;
} zones[] = {
    {"ut", 0},     {"gmt", 0},    {"utc", 0},    {"z", 0},      {"wet", 0},    {"west", 60},
    {"cet", 60},   {"met", 60},   {"bst", 60},   {"cest", 120}, {"mest", 120}, {"mesz", 120},
    {"eet", 120},  {"eest", 180}, {"msk", 180},  {"ist", 330},  {"hkt", 480},  {"sgt", 480},
    {"jst", 540},  {"kst", 540},  {"adt", -180}, {"ast", -240}, {"at", -240},  {"edt", -240},
    {"est", -300}, {"et", -300},  {"cdt", -300}, {"cst", -360}, {"ct", -360},  {"mdt", -360},
    {"mst", -420}, {"mt", -420},  {"pdt", -420}, {"pst", -480}, {"pt", -480},  {"a", -60},
    {"n", 60},     {"m", -720},   {"y", 720},
};
static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct parts {
    int year, month, day, hour, minute, second;
    bool has_time, has_seconds;
    bool has_zone;
    int zone_min;
};

/* -- scanning ---------------------------------------------------------------------------------- */

struct scan {
    struct hy_str s;
    size_t at;
};

static bool at_end(const struct scan *sc)
{
    return sc->at == sc->s.n;
}

static char peek(const struct scan *sc)
{
    return sc->at < sc->s.n ? sc->s.p[sc->at] : '\0';
}

static bool eat(struct scan *sc, const char *literal)
{
    struct hy_str l = hy_str(literal);

    if (!hy_str_starts(hy_str_sub(sc->s, sc->at, sc->s.n), l))
        return false;
    sc->at += l.n;
    return true;
}

static void spaces(struct scan *sc)
{
    while (peek(sc) == ' ' || peek(sc) == '\t')
        sc->at++;
}

/* A number of min to max digits; -1 when there is none. */
static int digits(struct scan *sc, size_t min, size_t max)
{
    size_t n = 0;
    int v = 0;

    while (n < max && sc->at + n < sc->s.n && isdigit((unsigned char)sc->s.p[sc->at + n])) {
        v = v * 10 + (sc->s.p[sc->at + n] - '0');
        n++;
    }
    if (n < min)
        return -1;
    sc->at += n;
    return v;
}

static bool ranges_ok(const struct parts *p)
{
    return hy_date_exists(p->year, p->month, p->day) && p->hour < 24 && p->minute < 60 &&
           p->second < 60 && p->hour >= 0 && p->minute >= 0 && p->second >= 0 &&
           p->zone_min > -MAX_ZONE_MIN && p->zone_min < MAX_ZONE_MIN;
}

/* "+08:00", "-0800", "+8", "Z", "GMT", "GMT+8", "Etc/GMT" up to the end. */
static bool zone(struct scan *sc, struct parts *p, bool china)
{
    char name[12];
    size_t n = 0;
    int sign, h, m = 0;

    if (strncasecmp(sc->s.p + sc->at, "etc/", HY_MIN(sc->s.n - sc->at, (size_t)4)) == 0 &&
        sc->s.n - sc->at > 4)
        sc->at += 4;
    while (n < sizeof(name) - 1 && isalpha((unsigned char)peek(sc))) {
        name[n++] = (char)tolower((unsigned char)peek(sc));
        sc->at++;
    }
    name[n] = '\0';
    p->has_zone = true;
    for (size_t i = 0; n && i < HY_COUNT(zones); i++)
        if (hy_str_is(hy_str(name), zones[i].name))
            p->zone_min = zones[i].minutes;
    if (china && hy_str_is(hy_str(name), "cst"))
        p->zone_min = HY_CST;
    if (at_end(sc))
        return true;
    if (peek(sc) == '(') /* "+0800 (CST)": a comment */
        return n > 0;
    sign = eat(sc, "-") ? -1 : eat(sc, "+") ? 1 : 0;
    if (sign == 0)
        return false;
    h = digits(sc, 1, 2);
    if (h >= 0 && !at_end(sc) && peek(sc) != ' ') {
        eat(sc, ":");
        m = digits(sc, 2, 2);
    }
    spaces(sc);
    p->zone_min = sign * (h * 60 + m);
    return h >= 0 && m >= 0 && m < 60 && (at_end(sc) || peek(sc) == '(');
}

/* "9:12", "09:12:00", "09:12:00.123". */
static bool clock_time(struct scan *sc, struct parts *p)
{
    p->has_time = true;
    p->hour = digits(sc, 1, 2);
    if (p->hour < 0)
        return false;
    bool colon = eat(sc, ":") || eat(sc, "\xEF\xBC\x9A") || eat(sc, "\xE6\x97\xB6"); /* ： 时 */
    p->minute = colon || isdigit((unsigned char)peek(sc)) ? digits(sc, 1, 2) : 0;
    eat(sc, "\xE5\x88\x86"); /* 分 */
    if (p->minute < 0)
        return false;
    if (eat(sc, ":") || (!colon && isdigit((unsigned char)peek(sc)))) {
        p->has_seconds = true;
        p->second = digits(sc, 1, 2);
        if (p->second < 0)
            return false;
        if (eat(sc, ".") || eat(sc, ","))
            while (isdigit((unsigned char)peek(sc)))
                sc->at++;
    }
    return true;
}

/* -- year first -------------------------------------------------------------------------------- */

static bool ordinal(struct parts *p, int day_of_year)
{
    int64_t days = hy_days_of(p->year, 1, 1) + day_of_year - 1;

    hy_date_of(days, &p->year, &p->month, &p->day);
    return day_of_year >= 1 && day_of_year <= 366;
}

/* Digits only: 20261123, 261123, 2026327 (day of the year), 1795425120 (Unix time is not ours to
 * guess: refused). */
static bool compact_date(struct scan *sc, struct parts *p, size_t run)
{
    switch (run) {
    case 4:
        p->year = digits(sc, 4, 4);
        return true;
    case 6:
        p->year = 2000 + digits(sc, 2, 2);
        break;
    case 7:
        p->year = digits(sc, 4, 4);
        return ordinal(p, digits(sc, 3, 3));
    case 8:
        p->year = digits(sc, 4, 4);
        break;
    default:
        return false;
    }
    p->month = digits(sc, 2, 2);
    p->day = digits(sc, 2, 2);
    return true;
}

static bool year_first_date(struct scan *sc, struct parts *p)
{
    static const char *const seps[] = {"-", "/", ".", "\xE5\xB9\xB4"}; /* 年 */
    size_t run = 0, sep = 0;

    while (sc->at + run < sc->s.n && isdigit((unsigned char)sc->s.p[sc->at + run]))
        run++;
    struct hy_str rest = hy_str_sub(sc->s, sc->at + run, sc->s.n);
    while (sep < HY_COUNT(seps) && !hy_str_starts(rest, hy_str(seps[sep])))
        sep++;
    if (sep == HY_COUNT(seps) || run != 4)
        return compact_date(sc, p, run);
    p->year = digits(sc, 4, 4);
    eat(sc, seps[sep]);
    size_t before = sc->at;
    int third = digits(sc, 3, 3);
    if (third >= 0 && sep == 0)
        return ordinal(p, third);
    sc->at = before;
    p->month = digits(sc, 1, 2);
    if (p->month < 0)
        return false;
    if (eat(sc, sep == 3 ? "\xE6\x9C\x88" : seps[sep])) { /* 月 */
        p->day = digits(sc, 1, 2);
        eat(sc, "\xE6\x97\xA5"); /* 日 */
    }
    return p->day >= 0;
}

static bool year_first(struct hy_str s, struct parts *p, bool china)
{
    struct scan sc = {.s = s};

    *p = (struct parts){.month = 1, .day = 1};
    if (!year_first_date(&sc, p))
        return false;
    if (at_end(&sc))
        return true;
    if (!eat(&sc, "T") && !eat(&sc, "t") && peek(&sc) != ' ')
        return false;
    spaces(&sc);
    if (!clock_time(&sc, p))
        return false;
    spaces(&sc);
    return at_end(&sc) || zone(&sc, p, china);
}

/* -- month as a word --------------------------------------------------------------------------- */

static int index_of(struct hy_str word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word.n >= 3 && hy_str_ieq(hy_str_sub(word, 0, 3), hy_str(names[i])))
            return (int)i;
    return -1;
}

struct words {
    struct hy_str v[MAX_WORDS];
    size_t n;
};

static bool split(struct hy_str s, struct words *w)
{
    w->n = 0;
    for (size_t at = 0; at < s.n;) {
        size_t end = at;
        while (end < s.n && s.p[end] != ' ' && s.p[end] != '\t' && s.p[end] != ',' &&
               s.p[end] != '\n')
            end++;
        if (end > at) {
            if (w->n == MAX_WORDS)
                return false;
            w->v[w->n++] = hy_str_sub(s, at, end);
        }
        at = end + 1;
    }
    return true;
}

static void drop(struct words *w, size_t at)
{
    w->n--;
    for (size_t i = at; i < w->n; i++)
        w->v[i] = w->v[i + 1];
}

static bool number(struct hy_str s, int *ret)
{
    int64_t v;

    if (s.n == 0 || !isdigit((unsigned char)s.p[0]) || !hy_str_to_i64(s, &v) || v > 9999)
        return false;
    *ret = (int)v;
    return true;
}

static bool year_word(struct hy_str s, int *ret)
{
    if (!number(s, ret) || s.n == 1 || s.n == 3)
        return false;
    if (s.n == 2)
        *ret += *ret < 90 ? 2000 : 1900;
    return true;
}

static bool time_word(struct hy_str s, struct parts *p)
{
    struct scan sc = {.s = s};

    return clock_time(&sc, p) && at_end(&sc);
}

/* "16:29:06 2004" or "16:29:06 CST 2004" behind "Jan 4". */
static bool asctime_tail(const struct words *w, struct parts *p, bool china)
{
    if (!time_word(w->v[2], p) || !year_word(w->v[w->n - 1], &p->year))
        return false;
    if (w->n == 4)
        return true;
    struct scan sc = {.s = w->v[3]};
    return w->n == 5 && zone(&sc, p, china);
}

/* "2004 16:29:06 +0800" behind "4 Jan". */
static bool rfc_tail(const struct words *w, struct parts *p, bool china)
{
    if (!year_word(w->v[2], &p->year))
        return false;
    if (w->n > 3 && !time_word(w->v[3], p))
        return false;
    if (w->n <= 4)
        return true;
    struct hy_str rest =
        hy_str_n(w->v[4].p, (size_t)(w->v[w->n - 1].p + w->v[w->n - 1].n - w->v[4].p));
    struct scan sc = {.s = rest};
    return zone(&sc, p, china);
}

static bool month_word(struct hy_str s, struct parts *p, bool china)
{
    struct words w;

    *p = (struct parts){0};
    if (!split(s, &w) || w.n < 3)
        return false;
    if (index_of(w.v[0], weekdays, HY_COUNT(weekdays)) >= 0)
        drop(&w, 0);
    if (w.n < 3)
        return false;
    bool month_first = index_of(w.v[0], months, HY_COUNT(months)) >= 0;
    p->month = index_of(w.v[month_first ? 0 : 1], months, HY_COUNT(months)) + 1;
    if (p->month == 0 || !number(w.v[month_first ? 1 : 0], &p->day))
        return false;
    if (month_first && hy_str_find_char(w.v[2], ':', 0) != HY_NPOS)
        return w.n >= 4 && asctime_tail(&w, p, china);
    return rfc_tail(&w, p, china);
}

struct hy_stamp hy_stamp_parse(struct hy_str s, int zone_min, bool china)
{
    struct hy_stamp none = {HY_WALL_NONE, zone_min, HY_PREC_NONE};
    struct parts p;

    s = hy_str_trim(s);
    if (s.n == 0 || s.n > MAX_DATE)
        return none;
    bool ok = isdigit((unsigned char)s.p[0]) ? year_first(s, &p, china) || month_word(s, &p, china)
                                             : month_word(s, &p, china);
    if (!ok || !ranges_ok(&p))
        return none;
    struct hy_civil c = {p.year, p.month, p.day, p.hour, p.minute, p.second, 0, 0};
    int offset = p.has_zone ? p.zone_min : zone_min;
    enum hy_precision precision = !p.has_time      ? HY_PREC_DAY
                                  : !p.has_seconds ? HY_PREC_MINUTE
                                                   : HY_PREC_SECOND;
    return (struct hy_stamp){hy_wall_of(&c, offset), offset, precision};
}
