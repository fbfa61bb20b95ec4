/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, times of day and both together.
 *
 * A date is one of a few forms (table `forms`), tried where a character may begin one; the longest
 * wins.  A time that follows a date at once makes a datetime.  What cannot be resolved (no `at`,
 * lunar calendar, 2月30日) keeps its span without a value. */
#include "analyzer/read_date_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <uchar.h>

static bool (*const forms[])(const struct ctx *, size_t, struct day *) = {
    read_day_numeric,  read_day_calendar, read_day_of_month, read_day_bare,
    read_day_relative, read_day_half,     read_day_of_week,  read_day_ago,
};

static bool date_at(const struct ctx *x, size_t i, struct day *ret)
{
    bool found = false;

    for (size_t k = 0; k < HY_COUNT(forms); k++) {
        struct day d = {0};
        if (forms[k](x, i, &d) && d.end > i && (!found || d.end > ret->end)) {
            *ret = d;
            found = true;
        }
    }
    return found;
}

/* Characters that may begin a date or a time. */
static bool may_begin(uint32_t c)
{
    static const char16_t letters[] =
        u"今明昨前后後大本上下这這周週星礼禮正腊臘农阴去当初凌清早中午傍晚夜深半晨";

    if (c < 0x80)
        return hy_is_digit(c);
    if (hy_han_digit(c) >= 0 || hy_han_unit(c) == 10)
        return true;
    for (size_t i = 0; letters[i]; i++)
        if (letters[i] == c)
            return true;
    return false;
}

/* 2分钟前, 2小时后 */
static bool moment(const struct ctx *x, hy_wall at, int offset_min, size_t i,
                   struct hy_reading *ret)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"小时", HY_HOUR_MS},
                 {"个小时", HY_HOUR_MS},
                 {"分钟", HY_MINUTE_MS},
                 {"秒", HY_SECOND_MS},
                 {"秒钟", HY_SECOND_MS}};
    const struct hy_chars *t = x->t;
    size_t digits, p = i;
    int n;

    if ((i > 0 && (hy_is_digit(t->c[i - 1]) || hy_han_digit(t->c[i - 1]) >= 0 ||
                   hy_han_unit(t->c[i - 1]) > 0)) ||
        !hy_small_int(t, &p, &n, &digits))
        return false;
    p = hy_skip_spaces(t, p);
    for (size_t k = 0; k < HY_COUNT(units); k++) {
        size_t len = hy_chars_at(t, p, units[k].unit);
        uint32_t c = at_or0(t, p + len);
        if (len == 0 || (c != 0x524D && c != 0x540E && c != 0x5F8C))
            continue;
        *ret = (struct hy_reading){
            .kind = HY_READ_DATETIME, .start = i, .end = p + len + 1, .resolved = x->known};
        if (x->known)
            ret->when =
                hy_civil_of(hy_wall_add_ms(at, (c == 0x524D ? -n : n) * units[k].ms), offset_min);
        return true;
    }
    return false;
}

static struct hy_reading with_time(size_t i, const struct day *d, const struct clock *k)
{
    return (struct hy_reading){
        .kind = HY_READ_DATETIME,
        .start = i,
        .end = k->end,
        .resolved = d->resolved,
        .when = {.year = d->year,
                 .month = d->month,
                 .day = d->day,
                 .hour = k->hour,
                 .minute = k->minute,
                 .second = k->second},
    };
}

/* What joins a date and a time: nothing, a space, 的, T, a comma before digits. */
static size_t joint(const struct hy_chars *t, size_t i)
{
    uint32_t c = at_or0(t, i);

    if (c == 'T' || c == 0x7684)
        return i + 1;
    return hy_skip_spaces(t, i);
}

static bool reading_at(const struct ctx *x, hy_wall at, int offset_min, size_t i,
                       struct hy_reading *ret)
{
    struct day d = {0};
    struct clock k;

    if (date_at(x, i, &d)) {
        if (read_clock_at(x->t, joint(x->t, d.end), d.part, &k)) {
            *ret = with_time(i, &d, &k);
            return true;
        }
        *ret = (struct hy_reading){.kind = HY_READ_DATE,
                                   .start = i,
                                   .end = d.end,
                                   .resolved = d.resolved,
                                   .when = {.year = d.year, .month = d.month, .day = d.day}};
        return d.part == 0;
    }
    if (moment(x, at, offset_min, i, ret))
        return true;
    uint32_t before = i > 0 ? x->t->c[i - 1] : 0;
    if (hy_is_digit(before) || before == '.' || before == 0x7B2C || hy_han_digit(before) >= 0 ||
        hy_han_unit(before) > 0 || !read_clock_at(x->t, i, 0, &k))
        return false;
    *ret = (struct hy_reading){.kind = HY_READ_TIME,
                               .start = i,
                               .end = k.end,
                               .resolved = true,
                               .when = {.hour = k.hour, .minute = k.minute, .second = k.second}};
    return true;
}

void hy_read_dates(const struct hy_chars *t, hy_wall at, int offset_min, hy_reading_vec *out)
{
    struct ctx x = {.t = t, .known = hy_wall_known(at)};
    struct hy_reading r;

    if (x.known) {
        struct hy_civil c = hy_civil_of(at, offset_min);
        x.today = hy_days_of(c.year, c.month, c.day);
        x.year = c.year;
        x.month = c.month;
        x.mday = c.day;
        x.weekday = c.weekday;
    }
    for (size_t i = 0; i < t->n;) {
        if (may_begin(t->c[i]) && reading_at(&x, at, offset_min, i, &r)) {
            hy_vec_push(out, r);
            i = r.end;
        } else {
            i++;
        }
    }
}
