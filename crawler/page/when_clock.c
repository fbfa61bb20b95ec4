/* SPDX-License-Identifier: Apache-2.0 */
/* Times of day beside a date: 20:04:17, 8:04 PM, 下午3点05分, 19时, with a zone behind them. */
#include "crawler/page/when_parts.h"

#include "core/mem.h"

#include <string.h>

enum { MAX_GAP = 14 }; /* characters between a date and its time of day */

static size_t skip_zone(const struct hy_folded *f, size_t i, struct hy_when *w)
{
    size_t k = skip_blanks(f, i);
    int h, m = 0;

    if (f->c[k] == 'z' && !is_letter(f->c[k + 1])) {
        w->has_offset = true;
        return k + 1;
    }
    if (memcmp(f->c + k, "gmt", 3) == 0 || memcmp(f->c + k, "utc", 3) == 0) {
        w->has_offset = true;
        k += 3;
    }
    if (f->c[k] != '+' && (f->c[k] != '-' || k != i))
        return w->has_offset ? k : i;
    int sign = f->c[k++] == '-' ? -1 : 1;
    if (!digits(f, &k, 2, &h) && !digits(f, &k, 1, &h))
        return i;
    if (f->c[k] == ':')
        k++;
    if (!digits(f, &k, 2, &m))
        m = 0;
    if (h > 14 || m > 59)
        return i;
    w->has_offset = true;
    w->offset_min = sign * (h * 60 + m);
    return k;
}

static size_t skip_half(const struct hy_folded *f, size_t i, int *ret_half)
{
    size_t k = skip_blanks(f, i);

    if ((f->c[k] == 'a' || f->c[k] == 'p') &&
        (f->c[k + 1] == 'm' || (f->c[k + 1] == '.' && f->c[k + 2] == 'm')) &&
        !is_letter(f->c[k + (f->c[k + 1] == 'm' ? 2 : 3)])) {
        *ret_half = f->c[k] == 'p' ? S_PM : S_AM;
        return k + (f->c[k + 1] == 'm' ? 2 : 3);
    }
    return i;
}

/* 20:04, 20:04:17.250, 8:04 pm, 20时04分17秒, 3点 is not taken (no minutes) */
static bool clock_at(const struct hy_folded *f, size_t *at, int half, struct hy_when *w)
{
    size_t i = *at;
    int h, m, s = 0;
    bool seconds = false;

    if (!number(f, &i, 1, 2, &h))
        return false;
    bool han = f->c[i] == S_HOUR;
    if (f->c[i] != ':' && !han && !(f->c[i] == 'h' && is_digit(f->c[i + 1])))
        return false;
    i++;
    if (!number(f, &i, han ? 1 : 2, 2, &m))
        return false;
    if (f->c[i] == (han ? S_MINUTE : ':')) {
        size_t k = i + 1;
        seconds = number(f, &k, 1, 2, &s);
        i = seconds ? k : han ? i + 1 : i;
        if (seconds && f->c[i] == S_SECOND)
            i++;
        if (seconds && f->c[i] == '.')
            for (i++; is_digit(f->c[i]); i++)
                ;
    }
    i = skip_half(f, i, &half);
    if (h > 24 || m > 59 || s > 60)
        return false;
    if (half == S_PM && h < 12)
        h += 12;
    if (half == S_AM && h == 12)
        h = 0;
    w->hour = h;
    w->minute = m;
    w->second = s;
    w->precision = seconds ? HY_PREC_SECOND : HY_PREC_MINUTE;
    *at = skip_zone(f, i, w);
    return true;
}

bool hy_when_time_behind_(const struct hy_folded *f, size_t *at, struct hy_when *w)
{
    size_t i = *at, words = 0;
    int half = 0;

    for (; i < f->n && i - *at < MAX_GAP; i++) {
        char c = f->c[i];
        if (is_digit(c)) {
            if (!clock_at(f, &i, half, w))
                return false;
            *at = i;
            return true;
        }
        if (c == S_AM || c == S_PM)
            half = c;
        else if (is_letter(c))
            words++;
        if (c == S_HAN && i - *at > 4)
            return false;
        if (words > 8)
            return false;
    }
    return false;
}

void hy_when_time_before_(const struct hy_folded *f, size_t begin, struct hy_when *w)
{
    size_t start = begin > 16 ? begin - 16 : 0;

    for (size_t i = start; i < begin; i++) {
        size_t k = i;
        struct hy_when t = *w;
        if (is_digit(f->c[i]) && (i == 0 || !is_digit(f->c[i - 1])) && clock_at(f, &k, 0, &t) &&
            k <= begin && begin - k <= 6) {
            *w = t;
            return;
        }
    }
}
