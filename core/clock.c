/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include "core/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *test_path(void)
{
    return getenv("HUIYING_TEST_CLOCK");
}

static bool test_clock(int64_t *ret)
{
    const char *path = test_path();
    char text[32];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    return n > 0 && hy_str_to_i64(hy_str_trim(hy_str_n(text, (size_t)n)), ret);
}

bool hy_wall_is_real(void)
{
    return test_path() == NULL;
}

hy_wall hy_wall_now(void)
{
    struct timespec ts;
    int64_t ms;

    if (test_clock(&ms))
        return (hy_wall){ms};
    clock_gettime(CLOCK_REALTIME, &ts);
    return (hy_wall){ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000};
}

static hy_mono read_clock(clockid_t which)
{
    struct timespec ts;

    clock_gettime(which, &ts);
    return (hy_mono){ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000};
}

hy_mono hy_mono_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

hy_mono hy_boot_now(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t hy_days_of(int y, int m, int d)
{
    int64_t year = (int64_t)y - (m <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

void hy_date_of(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

bool hy_date_exists(int year, int month, int day)
{
    int y, m, d;

    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    hy_date_of(hy_days_of(year, month, day), &y, &m, &d);
    return y == year && m == month && d == day;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct hy_civil hy_civil_of(hy_wall t, int offset_min)
{
    int64_t local = t.ms + offset_min * HY_MINUTE_MS;
    int64_t days = floor_div(local, HY_DAY_MS);
    int64_t in_day = local - days * HY_DAY_MS;
    struct hy_civil c = {.hour = (int)(in_day / HY_HOUR_MS),
                         .minute = (int)(in_day / HY_MINUTE_MS % 60),
                         .second = (int)(in_day / HY_SECOND_MS % 60),
                         .ms = (int)(in_day % 1000),
                         .weekday = (int)((days % 7 + 11) % 7)};

    hy_date_of(days, &c.year, &c.month, &c.day);
    return c;
}

hy_wall hy_wall_of(const struct hy_civil *c, int offset_min)
{
    int months = c->month - 1;
    int year = c->year + (int)floor_div(months, 12);
    int month = (int)(months - floor_div(months, 12) * 12) + 1;
    int64_t days = hy_days_of(year, month, 1) + c->day - 1;

    return (hy_wall){days * HY_DAY_MS + c->hour * HY_HOUR_MS +
                     (c->minute - (int64_t)offset_min) * HY_MINUTE_MS + c->second * HY_SECOND_MS +
                     c->ms};
}

static char *put(char *out, int n, int digits)
{
    for (int i = digits; i-- > 0; n /= 10)
        out[i] = (char)('0' + n % 10);
    return out + digits;
}

/* By hand: a log of a million rows holds fifteen million times. */
const char *hy_wall_format(hy_wall t, int offset_min, char out[HY_TIME_SIZE])
{
    struct hy_civil c = hy_civil_of(t, offset_min);
    const struct {
        int n, digits;
        char before;
    } parts[] = {{c.month, 2, '-'},  {c.day, 2, '-'},    {c.hour, 2, 'T'},
                 {c.minute, 2, ':'}, {c.second, 2, ':'}, {c.ms, c.ms ? 3 : 0, '.'}};
    int abs = offset_min < 0 ? -offset_min : offset_min;
    char *p = put(out, c.year % 10000, 4);

    for (size_t i = 0; i < HY_COUNT(parts); i++)
        if (parts[i].digits) {
            *p++ = parts[i].before;
            p = put(p, parts[i].n, parts[i].digits);
        }
    *p++ = offset_min < 0 ? '-' : '+';
    p = put(p, abs / 60 % 100, 2);
    *p++ = ':';
    p = put(p, abs % 60, 2);
    *p = '\0';
    return out;
}

/* Exactly `digits` decimal digits at *s, in [lo, hi]; advances. */
static bool number(struct hy_str *s, size_t digits, int lo, int hi, int *ret)
{
    int v = 0;

    if (s->n < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = hy_str_sub(*s, digits, s->n);
    *ret = v;
    return v >= lo && v <= hi;
}

static bool literal(struct hy_str *s, const char *any_of)
{
    for (; s->n && *any_of; any_of++) {
        if (s->p[0] == *any_of) {
            *s = hy_str_sub(*s, 1, s->n);
            return true;
        }
    }
    return false;
}

static void fraction(struct hy_str *s, int *ret_ms)
{
    int scale = 100;

    for (*ret_ms = 0; s->n && s->p[0] >= '0' && s->p[0] <= '9'; *s = hy_str_sub(*s, 1, s->n)) {
        *ret_ms += (s->p[0] - '0') * scale;
        scale /= 10;
    }
}

static bool zone(struct hy_str *s, int *ret_min)
{
    int h, m;
    bool west = s->n && s->p[0] == '-';

    *ret_min = 0;
    if (literal(s, "Zz"))
        return true;
    if (!literal(s, "+-") || !number(s, 2, 0, 23, &h))
        return false;
    literal(s, ":");
    if (!number(s, 2, 0, 59, &m))
        return false;
    *ret_min = (west ? -1 : 1) * (h * 60 + m);
    return true;
}

bool hy_wall_parse(struct hy_str s, hy_wall *ret)
{
    struct hy_civil c = {0};
    int offset;

    if (!number(&s, 4, 0, 9999, &c.year) || !literal(&s, "-") || !number(&s, 2, 1, 12, &c.month) ||
        !literal(&s, "-") || !number(&s, 2, 1, 31, &c.day) || !literal(&s, "Tt ") ||
        !number(&s, 2, 0, 23, &c.hour) || !literal(&s, ":") || !number(&s, 2, 0, 59, &c.minute))
        return false;
    if (literal(&s, ":") && !number(&s, 2, 0, 60, &c.second))
        return false;
    if (literal(&s, ".,"))
        fraction(&s, &c.ms);
    if (!zone(&s, &offset) || s.n || !hy_date_exists(c.year, c.month, c.day))
        return false;
    *ret = hy_wall_of(&c, offset);
    return true;
}

bool hy_day_or_time_parse(struct hy_str s, hy_wall *ret)
{
    char text[40];

    *ret = HY_WALL_NONE;
    if (s.n == 0 || hy_wall_parse(s, ret))
        return true;
    snprintf(text, sizeof(text), HY_STR_FMT "T00:00:00+08:00",
             HY_STR_ARG(hy_str_sub(s, 0, sizeof(text) - 20)));
    return hy_wall_parse(hy_str(text), ret);
}

bool hy_duration_parse(struct hy_str s, int64_t *ret_ms)
{
    static const struct {
        const char *unit; /* "ms" stands before "s", which it ends with */
        int64_t ms;
    } units[] = {
        {"ms", 1}, {"s", HY_SECOND_MS}, {"m", HY_MINUTE_MS}, {"h", HY_HOUR_MS}, {"d", HY_DAY_MS}};
    int64_t v;

    for (size_t i = 0; i < HY_COUNT(units); i++) {
        struct hy_str unit = hy_str(units[i].unit);
        if (!hy_str_ends(s, unit))
            continue;
        if (!hy_str_to_i64(hy_str_sub(s, 0, s.n - unit.n), &v) || v < 0 || v > 1000000)
            return false;
        *ret_ms = v * units[i].ms;
        return true;
    }
    return false;
}
