/* SPDX-License-Identifier: Apache-2.0 */
/* Days that a text writes out: 2010-01-29, 二〇一〇年一月二十九日, 上月3日, 29日.
 *
 * A part that is left out is the latest that lies not after today; what no calendar has (2月30日)
 * or only the lunar one keeps its span without a value. */
#include "analyzer/read_date_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

bool read_day_set(struct day *d, int y, int m, int day)
{
    d->resolved = hy_date_exists(y, m, day);
    d->year = y;
    d->month = m;
    d->day = day;
    return m >= 1 && m <= 12 && day >= 1 && day <= 31;
}

static int full_year(int y, size_t digits)
{
    if (digits <= 2 && y < 100)
        return y >= 50 ? 1900 + y : 2000 + y;
    return y;
}

/* 2010-01-29  2010/1/29  2010.1.29  2010 01 29  13.5.2015  3-7-07  12-11-10 */
bool read_day_numeric(const struct ctx *x, size_t i, struct day *d)
{
    const struct hy_chars *t = x->t;
    int v[3];
    size_t len[3], at = i;
    uint32_t sep = 0;

    if (i > 0 && (hy_is_digit(t->c[i - 1]) || t->c[i - 1] == '.' || hy_is_ascii_alpha(t->c[i - 1])))
        return false;
    for (int k = 0; k < 3; k++) {
        if (k) {
            uint32_t c = at_or0(t, at);
            if ((c != '-' && c != '/' && c != '.' && c != ' ') || (sep && c != sep))
                return false;
            sep = c;
            at++;
        }
        if (!hy_is_digit(at_or0(t, at)) || !hy_small_int(t, &at, &v[k], &len[k]))
            return false;
    }
    if (hy_is_digit(at_or0(t, at)) || (sep != ' ' && at_or0(t, at) == sep))
        return false;
    d->end = at;
    if (len[0] == 4)
        return len[1] <= 2 && len[2] <= 2 && read_day_set(d, v[0], v[1], v[2]);
    if (len[2] == 4 && sep != ' ')
        return len[0] <= 2 && len[1] <= 2 && read_day_set(d, v[2], v[1], v[0]);
    if (sep == '.' || sep == ' ' || len[2] != 2 || len[0] > 2 || len[1] > 2)
        return false;
    if (len[0] == 2 && v[0] > 0 && read_day_set(d, full_year(v[0], 2), v[1], v[2]) && d->resolved)
        return true;
    return read_day_set(d, v[2] >= 50 ? 1900 + v[2] : 2000 + v[2], v[1], v[0]);
}

/* [ ,]星期X behind a date belongs to it. */
static size_t weekday_tail(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist weeks = {.list = {"星期", "礼拜", "周", NULL}};
    size_t j = i + (at_or0(t, i) == ',' || at_or0(t, i) == ' ' || at_or0(t, i) == '(');
    size_t len = hy_wordlist_at(t, j, &weeks, NULL);
    uint32_t c = at_or0(t, j + len);

    if (len == 0)
        return i;
    if ((hy_han_digit(c) >= 1 && hy_han_digit(c) <= 6) || c == 0x65E5 || c == 0x5929)
        return j + len + 1 + (at_or0(t, i) == '(' && at_or0(t, j + len + 1) == ')');
    return i;
}

static size_t month_at(const struct ctx *x, size_t i, int *ret)
{
    const struct hy_chars *t = x->t;
    size_t digits, at = hy_skip_spaces(t, i);
    uint32_t c = at_or0(t, at);

    if (c == 0x6B63 && at_or0(t, at + 1) == 0x6708) { /* 正月 */
        *ret = 1;
        return at + 2;
    }
    if ((c == 0x814A || c == 0x81D8) && at_or0(t, at + 1) == 0x6708) { /* 腊月 */
        *ret = 12;
        return at + 2;
    }
    if (!hy_small_int(t, &at, ret, &digits) || *ret < 1 || *ret > 12)
        return 0;
    at = hy_skip_spaces(t, at);
    return at_or0(t, at) == 0x6708 ? at + 1 : 0;
}

/* 10日, 12号, 初一, and Chinese numerals alone (八月十五). */
static size_t mday_at(const struct ctx *x, size_t i, int *ret, bool *ret_lunar)
{
    const struct hy_chars *t = x->t;
    size_t digits, at = hy_skip_spaces(t, i);
    bool first = at_or0(t, at) == 0x521D; /* 初 */

    at += first;
    bool han = !hy_is_digit(at_or0(t, at));
    if (!hy_small_int(t, &at, ret, &digits) || *ret < 1 || *ret > 31)
        return 0;
    if (first) {
        *ret_lunar = true;
        return *ret <= 10 ? at : 0;
    }
    size_t sign = hy_skip_spaces(t, at);
    uint32_t c = at_or0(t, sign);
    if (c == 0x65E5 || c == 0x53F7 || c == 0x865F)
        return sign + 1;
    uint32_t next = at_or0(t, at);
    if (han && (*ret >= 10 || next == 0) && next != 0x4E2A && next != 0x591A && next != 0x5E74 &&
        next != 0x5929 && next != 0x4EFD && next != 0x4F59)
        return at;
    return 0;
}

static size_t year_at(const struct ctx *x, size_t i, int *ret)
{
    static const struct {
        const char *word;
        int delta;
    } words[] = {{"今年", 0}, {"去年", -1}, {"明年", 1}, {"前年", -2}, {"当年", 0}, {"上年", -1}};
    const struct hy_chars *t = x->t;
    size_t digits, at = i;

    for (size_t k = 0; k < HY_COUNT(words); k++) {
        size_t len = hy_chars_at(t, i, words[k].word);
        if (len) {
            *ret = x->known ? x->year + words[k].delta : 0;
            return i + len;
        }
    }
    if (!hy_small_int(t, &at, ret, &digits))
        return 0;
    bool thousand = digits == 1 && *ret >= 1000;
    if (digits < 2 && !thousand)
        return 0;
    *ret = full_year(*ret, digits);
    at = hy_skip_spaces(t, at);
    return at_or0(t, at) == 0x5E74 ? at + 1 : 0;
}

/* The latest year in which m-d is not after today. */
static void past_year(const struct ctx *x, struct day *d, int m, int day)
{
    d->month = m;
    d->day = day;
    d->resolved = false;
    if (!x->known)
        return;
    int y = x->year - (m > x->month || (m == x->month && day > x->mday));
    read_day_set(d, y, m, day);
}

/* [农历][Y年]M月D日[，星期X] */
bool read_day_calendar(const struct ctx *x, size_t i, struct day *d)
{
    const struct hy_chars *t = x->t;
    bool lunar = hy_chars_at(t, i, "农历") || hy_chars_at(t, i, "阴历");
    size_t at = i + (lunar ? 2 : 0);
    int y = 0, m, day;
    size_t year_end = year_at(x, at, &y);
    size_t month_end = month_at(x, year_end ? year_end : at, &m);

    if (i > 0 && hy_is_digit(t->c[i]) && (hy_is_digit(t->c[i - 1]) || t->c[i - 1] == '.'))
        return false;
    if (month_end == 0)
        return false;
    lunar = lunar || t->c[month_end - 2] == 0x6B63 || t->c[month_end - 2] == 0x814A;
    size_t end = mday_at(x, month_end, &day, &lunar);
    if (end == 0)
        return false;
    if (year_end && y)
        read_day_set(d, y, m, day);
    else if (!year_end)
        past_year(x, d, m, day);
    d->resolved = d->resolved && !lunar;
    d->end = weekday_tail(t, end);
    return true;
}

/* 大年初一, 本月十日, 上月3日, 29日, 12号 */
bool read_day_of_month(const struct ctx *x, size_t i, struct day *d)
{
    static const struct {
        const char *word;
        int delta;
    } words[] = {{"本月", 0},   {"上月", -1}, {"下月", 1},  {"上个月", -1},
                 {"下个月", 1}, {"当月", 0},  {"这个月", 0}};
    bool lunar = false;
    int day;
    size_t end;

    if (hy_chars_at(x->t, i, "大年初")) {
        end = mday_at(x, i + 2, &day, &lunar);
        d->end = end;
        d->resolved = false;
        return end > 0;
    }
    for (size_t k = 0; k < HY_COUNT(words); k++) {
        size_t len = hy_chars_at(x->t, i, words[k].word);
        if (len == 0 || (end = mday_at(x, i + len, &day, &lunar)) == 0)
            continue;
        int m = x->month + words[k].delta;
        int y = x->year + (m > 12) - (m < 1);
        read_day_set(d, y, (m + 11) % 12 + 1, day);
        d->resolved = d->resolved && x->known;
        d->end = end;
        return true;
    }
    return false;
}

bool read_day_bare(const struct ctx *x, size_t i, struct day *d)
{
    static struct hy_wordlist not_after = {
        .list = {"内", "楼",   "线",   "院", "文", "房",   "门", "店",   "厅",   "铺",
                 "机", "染",   "地",   "馆", "台", "车",   "元", "令",   "码",   "矿",
                 "住", "称",   "游",   "本", "报", "均",   "元", "公告", "文件", "桥",
                 "井", "岛",   "船",   "轮", "球", "选手", "位", "公寓", "种子", "召",
                 "工", "卫星", "飞船", "家", "仓", "坑",   NULL}};
    static struct hy_wordlist not_before = {
        .list = {"路", "街", "巷", "道", "弄", "里", "第", "年",   "段", "楼", "座", "幢",
                 "栋", "县", "镇", "村", "区", "园", "每", "神舟", "型", "神", "近", "约",
                 "满", "达", "共", "了", "个", "过", "-",  "/",    ".",  "#",  NULL}};
    const struct hy_chars *t = x->t;
    size_t digits, at = i;
    int day;

    if (i > 0 && (hy_is_digit(t->c[i - 1]) || hy_han_digit(t->c[i - 1]) >= 0 ||
                  hy_han_unit(t->c[i - 1]) > 0 || hy_is_ascii_alpha(t->c[i - 1])))
        return false;
    if (hy_wordlist_before(t, i, &not_before, NULL))
        return false;
    if (!hy_small_int(t, &at, &day, &digits) || day < 1 || day > 31)
        return false;
    uint32_t c = at_or0(t, at);
    if ((c != 0x65E5 && c != 0x53F7) || hy_wordlist_at(t, at + 1, &not_after, NULL))
        return false;
    d->end = weekday_tail(t, at + 1);
    d->resolved = false;
    if (x->known) {
        int m = x->month, y = x->year;
        for (int back = 0; back < 3; back++, m = m == 1 ? (y--, 12) : m - 1)
            if ((back || day <= x->mday) && hy_date_exists(y, m, day))
                break;
        read_day_set(d, y, m, day);
    }
    return true;
}
