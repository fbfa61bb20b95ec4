/* SPDX-License-Identifier: Apache-2.0 */
/* Days that a text counts from today: 昨天, 今晚, 上周三, 3天前.
 *
 * Without a known today they keep their span without a value. */
#include "analyzer/read_date_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

static void set_days(struct day *d, const struct ctx *x, int64_t days)
{
    d->resolved = x->known;
    if (x->known)
        hy_date_of(days, &d->year, &d->month, &d->day);
}

/* 昨天, 今晚, 大后天 */
bool read_day_relative(const struct ctx *x, size_t i, struct day *d)
{
    static const struct {
        const char *word;
        int delta, part;
    } words[] = {{"大前天", -3, 0}, {"大后天", 3, 0}, {"大後天", 3, 0}, {"前天", -2, 0},
                 {"前日", -2, 0},   {"昨天", -1, 0},  {"昨日", -1, 0},  {"今天", 0, 0},
                 {"今日", 0, 0},    {"明天", 1, 0},   {"明日", 1, 0},   {"后天", 2, 0},
                 {"後天", 2, 0}};
    static struct hy_wordlist names = {.list = {"今日头条", "今日说法", "前日本", "明日之后",
                                                "明日方舟", "今日俄罗斯", "昨日重现", "明日之星",
                                                "明日香", NULL}};

    if (hy_wordlist_at(x->t, i, &names, NULL))
        return false;
    if (at_or0(x->t, i) == 0x540E && i > 0 && x->t->c[i - 1] == 0x7136) /* 然后天 */
        return false;
    for (size_t k = 0; k < HY_COUNT(words); k++) {
        size_t len = hy_chars_at(x->t, i, words[k].word);
        if (len) {
            set_days(d, x, x->today + words[k].delta);
            d->end = i + len;
            return true;
        }
    }
    return false;
}

/* 昨晚, 今早: only with a time behind it. */
bool read_day_half(const struct ctx *x, size_t i, struct day *d)
{
    static const struct {
        const char *word;
        int delta;
        enum part part;
    } words[] = {{"昨晚", -1, EVENING}, {"昨夜", -1, NIGHT},  {"今晚", 0, EVENING},
                 {"今早", 0, MORNING},  {"今晨", 0, DAWN},    {"昨早", -1, MORNING},
                 {"明早", 1, MORNING},  {"明晚", 1, EVENING}, {"前晚", -2, EVENING},
                 {"今午", 0, NOON},     {"当晚", 0, EVENING}};

    for (size_t k = 0; k < HY_COUNT(words); k++) {
        size_t len = hy_chars_at(x->t, i, words[k].word);
        if (len) {
            set_days(d, x, x->today + words[k].delta);
            d->end = i + len;
            d->part = (int)words[k].part + 1;
            return true;
        }
    }
    return false;
}

/* 星期一, 上周三, 这个礼拜天, 上上個週三 */
bool read_day_of_week(const struct ctx *x, size_t i, struct day *d)
{
    static struct hy_wordlist weeks = {.list = {"星期", "礼拜", "禮拜", "周", "週", NULL}};
    const struct hy_chars *t = x->t;
    size_t at = i;
    int week = 0;
    bool relative_week = false;

    for (uint32_t c; (c = at_or0(t, at)) == 0x4E0A || c == 0x4E0B; at++)
        week += c == 0x4E0A ? -1 : 1;
    if (at == i && (at_or0(t, at) == 0x8FD9 || at_or0(t, at) == 0x672C || at_or0(t, at) == 0x9019))
        at++;
    relative_week = at > i;
    if (relative_week && (at_or0(t, at) == 0x4E2A || at_or0(t, at) == 0x500B))
        at++;
    size_t len = hy_wordlist_at(t, at, &weeks, NULL);
    uint32_t c = at_or0(t, at + len);
    int wd = c == 0x65E5 || c == 0x5929 ? 7 : hy_han_digit(c);
    uint32_t before = i > 0 ? t->c[i - 1] : 0;
    if (len == 0 || wd < 1 || wd > 7 || (len == 1 && c == 0x5929))
        return false;
    if (!relative_week && (hy_han_digit(before) >= 0 || hy_is_digit(before) || before == 0x6BCF ||
                           before == 0x4E2A || hy_chars_at(t, at, "周一围")))
        return false;
    if (len == 1 && c == 0x65E5 && !relative_week && (at_or0(t, at + 2) == 0x672C))
        return false;
    d->end = at + len + 1;
    int64_t monday = x->today - (x->weekday + 6) % 7;
    int64_t day = monday + wd - 1 + 7 * week;
    if (!relative_week && day > x->today)
        day -= 7;
    set_days(d, x, day);
    return true;
}

/* 3天前, 5年后, 两周前 */
bool read_day_ago(const struct ctx *x, size_t i, struct day *d)
{
    static const struct {
        const char *unit;
        int days, months;
    } units[] = {{"个星期", 7, 0}, {"星期", 7, 0}, {"周", 7, 0}, {"天", 1, 0},
                 {"日", 1, 0},     {"个月", 0, 1}, {"年", 0, 12}};
    const struct hy_chars *t = x->t;
    size_t digits, at = i, len = 0, k;
    int n;

    if (i > 0 && (hy_is_digit(t->c[i - 1]) || hy_han_digit(t->c[i - 1]) >= 0 ||
                  hy_han_unit(t->c[i - 1]) > 0 || t->c[i - 1] == '.'))
        return false;
    if (!hy_small_int(t, &at, &n, &digits) || n > 200)
        return false;
    at = hy_skip_spaces(t, at);
    for (k = 0; k < HY_COUNT(units); k++)
        if ((len = hy_chars_at(t, at, units[k].unit)) > 0)
            break;
    uint32_t c = at_or0(t, at + len);
    if (len == 0 || (c != 0x524D && c != 0x540E && c != 0x5F8C))
        return false;
    d->end = at + len + 1;
    int sign = c == 0x524D ? -1 : 1;
    set_days(d, x, x->today + sign * n * units[k].days);
    if (x->known && units[k].months) {
        int m = x->year * 12 + x->month - 1 + sign * n * units[k].months;
        int last = x->mday;
        while (!hy_date_exists(m / 12, m % 12 + 1, last) && last > 28)
            last--;
        read_day_set(d, m / 12, m % 12 + 1, last);
    }
    return true;
}
