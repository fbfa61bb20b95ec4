/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read dates share: when_fold.c folds a string, when_clock.c reads times of
 * day, when.c dates.  Private to these files. */
#pragma once
#include "core/str.h"
#include "crawler/page/when.h"

enum {
    HY_WHEN_CHARS = 600
}; /* of a string that is looked at; dates in longer lines stand in front */

/* The string is folded to one byte a character, so that patterns are plain comparisons. */
enum sign {
    S_YEAR = 1, /* 年 */
    S_MONTH,    /* 月 */
    S_DAY,      /* 日 号 */
    S_HOUR,     /* 时 点 */
    S_MINUTE,   /* 分 */
    S_SECOND,   /* 秒 */
    S_AM,       /* 上午 凌晨 早上 */
    S_PM,       /* 下午 晚上 晚间 傍晚 */
    S_HAN,      /* any other */
    S_WEEK,     /* 星期三, 周三 and what follows up to its day */
    S_OTHER,
};

struct hy_folded {
    char c[HY_WHEN_CHARS + 16]; /* zeros behind the text: patterns may look ahead */
    size_t n;
};

void hy_when_fold_(struct hy_str s, struct hy_folded *f);

/* A time of day may follow at some distance: "(星期日) 下午", "T", " at ", ", ". */
bool hy_when_time_behind_(const struct hy_folded *f, size_t *at, struct hy_when *w);
/* Times may stand before the date: "20:04 13/02/2022", "8:04 PM, Feb 13, 2022". */
void hy_when_time_before_(const struct hy_folded *f, size_t begin, struct hy_when *w);

/* -- pieces: inline, every character of every line meets them ---------------------------------- */

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Number of min..max digits at *i, with no digit behind it. */
static inline bool number(const struct hy_folded *f, size_t *i, size_t min, size_t max, int *ret)
{
    size_t n = 0;
    int v = 0;

    while (n < max && is_digit(f->c[*i + n]))
        v = v * 10 + (f->c[*i + n++] - '0');
    if (n < min || is_digit(f->c[*i + n]))
        return false;
    *i += n;
    *ret = v;
    return true;
}

static inline size_t skip_blanks(const struct hy_folded *f, size_t i)
{
    while (f->c[i] == ' ')
        i++;
    return i;
}

/* Exactly `n` digits, more may follow: the compact forms. */
static inline bool digits(const struct hy_folded *f, size_t *i, size_t n, int *ret)
{
    int v = 0;

    for (size_t k = 0; k < n; k++) {
        if (!is_digit(f->c[*i + k]))
            return false;
        v = v * 10 + (f->c[*i + k] - '0');
    }
    *i += n;
    *ret = v;
    return true;
}
