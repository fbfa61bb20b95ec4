/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, times of day and both together.
 *
 * A date is one of a few forms (table `forms`), tried where a character may begin one; the longest
 * wins.  A time that follows a date at once makes a datetime.  What cannot be resolved (no `at`,
 * lunar calendar, 2月30日) keeps its span without a value. */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <uchar.h>

struct day {
    size_t end;
    bool resolved;
    int year, month, day;
    int part; /* day part swallowed by the date (昨晚): enum part + 1 */
};

struct ctx {
    const struct hy_chars *t;
    bool known; /* `today` is known */
    int64_t today;
    int year, month, mday, weekday;
};

static uint32_t at_or0(const struct hy_chars *t, size_t i)
{
    return i < t->n ? t->c[i] : 0;
}

static bool set_date(struct day *d, int y, int m, int day)
{
    d->resolved = hy_date_exists(y, m, day);
    d->year = y;
    d->month = m;
    d->day = day;
    return m >= 1 && m <= 12 && day >= 1 && day <= 31;
}

static void set_days(struct day *d, const struct ctx *x, int64_t days)
{
    d->resolved = x->known;
    if (x->known)
        hy_date_of(days, &d->year, &d->month, &d->day);
}

static int full_year(int y, size_t digits)
{
    if (digits <= 2 && y < 100)
        return y >= 50 ? 1900 + y : 2000 + y;
    return y;
}

/* ---- forms ---- */

/* 2010-01-29  2010/1/29  2010.1.29  2010 01 29  13.5.2015  3-7-07  12-11-10 */
static bool numeric(const struct ctx *x, size_t i, struct day *d)
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
        return len[1] <= 2 && len[2] <= 2 && set_date(d, v[0], v[1], v[2]);
    if (len[2] == 4 && sep != ' ')
        return len[0] <= 2 && len[1] <= 2 && set_date(d, v[2], v[1], v[0]);
    if (sep == '.' || sep == ' ' || len[2] != 2 || len[0] > 2 || len[1] > 2)
        return false;
    if (len[0] == 2 && v[0] > 0 && set_date(d, full_year(v[0], 2), v[1], v[2]) && d->resolved)
        return true;
    return set_date(d, v[2] >= 50 ? 1900 + v[2] : 2000 + v[2], v[1], v[0]);
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
    set_date(d, y, m, day);
}

/* [农历][Y年]M月D日[，星期X] */
static bool calendar(const struct ctx *x, size_t i, struct day *d)
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
        set_date(d, y, m, day);
    else if (!year_end)
        past_year(x, d, m, day);
    d->resolved = d->resolved && !lunar;
    d->end = weekday_tail(t, end);
    return true;
}

/* 大年初一, 本月十日, 上月3日, 29日, 12号 */
static bool month_day(const struct ctx *x, size_t i, struct day *d)
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
        set_date(d, y, (m + 11) % 12 + 1, day);
        d->resolved = d->resolved && x->known;
        d->end = end;
        return true;
    }
    return false;
}

static bool bare_day(const struct ctx *x, size_t i, struct day *d)
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
        set_date(d, y, m, day);
    }
    return true;
}

enum part { DAWN, MORNING, NOON, AFTERNOON, EVENING, NIGHT };

/* 昨天, 今晚, 大后天 */
static bool relative(const struct ctx *x, size_t i, struct day *d)
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
static bool half_relative(const struct ctx *x, size_t i, struct day *d)
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
static bool weekday(const struct ctx *x, size_t i, struct day *d)
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
static bool ago(const struct ctx *x, size_t i, struct day *d)
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
        set_date(d, m / 12, m % 12 + 1, last);
    }
    return true;
}

/* ---- time of day ---- */

struct clock {
    size_t start, end;
    int hour, minute, second;
};

static const struct {
    const char *word;
    enum part part;
} day_parts[] = {
    {"凌晨", DAWN},      {"清晨", MORNING},   {"早晨", MORNING}, {"早上", MORNING},
    {"上午", MORNING},   {"中午", NOON},      {"正午", NOON},    {"午间", NOON},
    {"下午", AFTERNOON}, {"午后", AFTERNOON}, {"傍晚", EVENING}, {"晚上", EVENING},
    {"晚间", EVENING},   {"夜间", NIGHT},     {"夜里", NIGHT},   {"深夜", NIGHT},
    {"半夜", NIGHT},     {"当晚", EVENING},   {"午夜", NIGHT},   {"早间", MORNING},
    {"晚", EVENING},     {"早", MORNING},     {"晨", MORNING},
};

static size_t part_at(const struct hy_chars *t, size_t i, enum part *ret)
{
    for (size_t k = 0; k < HY_COUNT(day_parts); k++) {
        size_t len = hy_chars_at(t, i, day_parts[k].word);
        if (len) {
            *ret = day_parts[k].part;
            return len;
        }
    }
    return 0;
}

static int hour_in(int hour, enum part part)
{
    if ((part == AFTERNOON || part == EVENING) && hour < 12)
        return hour + 12;
    if (part == NIGHT && hour >= 6 && hour < 12)
        return hour + 12;
    if (part == NIGHT && hour == 12)
        return 0;
    if (part == NOON && hour >= 1 && hour < 4)
        return hour + 12;
    if (part == DAWN && hour == 12)
        return 0;
    return hour;
}

/* 17:00[:05] [am|pm] */
static bool digital(const struct hy_chars *t, size_t i, struct clock *k)
{
    size_t digits, at = i;
    int pm = 0;

    if (i > 0 && (hy_is_digit(t->c[i - 1]) || t->c[i - 1] == ':' || t->c[i - 1] == '.'))
        return false;
    *k = (struct clock){.start = i};
    if (!hy_is_digit(at_or0(t, i)) || !hy_small_int(t, &at, &k->hour, &digits) || digits > 2 ||
        at_or0(t, at) != ':')
        return false;
    at++;
    if (!hy_is_digit(at_or0(t, at)) || !hy_small_int(t, &at, &k->minute, &digits) || digits != 2)
        return false;
    if (at_or0(t, at) == ':' && hy_is_digit(at_or0(t, at + 1))) {
        size_t s = at + 1;
        if (hy_small_int(t, &s, &k->second, &digits) && digits == 2)
            at = s;
    }
    if (hy_is_digit(at_or0(t, at)) || k->hour > 24 || k->minute > 59 || k->second > 59)
        return false;
    static struct hy_wordlist ams = {
        .list = {"a.m.", "am", "AM", "A.M.", "p.m.", "pm", "PM", "P.M.", NULL}};
    size_t which = 0, j = hy_skip_spaces(t, at), len = hy_wordlist_at(t, j, &ams, &which);
    if (len) {
        pm = which >= 4 ? 1 : -1;
        at = j + len;
    }
    if (pm > 0 && k->hour < 12)
        k->hour += 12;
    k->end = at;
    return true;
}

/* 9点, 十点半, 15时20分, 16时40分50秒, 九点二十, 零点整 */
static bool spoken(const struct hy_chars *t, size_t i, bool part, struct clock *k)
{
    static struct hy_wordlist not_time = {
        .list = {"点建议", "点意见", "点要求", "点原因", "点五",   "点希望", "时间",
                 "时期",   "时代",   "时候",   "时速",   "点多元", "点球",   "点钟方向",
                 "时而",   "点击",   "点赞",   "点半数", "时尚",   "点儿",   NULL}};
    size_t digits, at = i;
    uint32_t c;

    *k = (struct clock){.start = i};
    if (!hy_small_int(t, &at, &k->hour, &digits) || k->hour > 24)
        return false;
    at = hy_skip_spaces(t, at);
    c = at_or0(t, at);
    if (c != 0x70B9 && c != 0x9EDE && c != 0x65F6 && c != 0x6642)
        return false;
    static struct hy_wordlist whole = {
        .list = {"点整", "点半", "点钟", "点许", "点左", "点多", "点一刻", NULL}};
    bool some = !part && !hy_is_digit(t->c[i]) && (k->hour == 1 || k->hour == 2) && c == 0x70B9;
    if (hy_wordlist_at(t, at, &not_time, NULL) ||
        (some && !hy_wordlist_at(t, at, &whole, NULL))) /* 一点好处 */
        return false;
    k->end = ++at;
    c = at_or0(t, at);
    if (c == 0x949F || c == 0x9418) /* 点钟 */
        c = at_or0(t, k->end = ++at);
    if (c == 0x534A) { /* 半 */
        k->minute = 30;
        k->end = at + 1;
    } else if (c == 0x6574) { /* 整 */
        k->end = at + 1;
    } else if (hy_chars_at(t, at, "一刻") || hy_chars_at(t, at, "三刻")) {
        k->minute = hy_chars_at(t, at, "一刻") ? 15 : 45;
        k->end = at + 2;
    } else {
        int m, s;
        size_t j = at + (c == 0x96F6), jd; /* 八点零五 */
        bool zero = c == 0x96F6;
        if (hy_small_int(t, &j, &m, &jd) && m <= 59) {
            c = at_or0(t, j);
            bool minutes = c == 0x5206 && at_or0(t, j + 1) != 0x4E4B;
            if (minutes || ((part || m >= 10) && (m >= 10 || zero) && hy_han_unit(c) == 0 &&
                            !hy_is_digit(t->c[at]))) {
                k->minute = m;
                k->end = at = j + minutes;
                if (minutes && at_or0(t, at) == 0x8BB8)
                    k->end = at; /* 许 is no part of it */
                j = at;
                if (minutes && hy_small_int(t, &j, &s, &jd) && s <= 59 && at_or0(t, j) == 0x79D2) {
                    k->second = s;
                    k->end = j + 1;
                }
            }
        }
    }
    return true;
}

/* [大约][day part]clock[左右] */
static bool time_at(const struct hy_chars *t, size_t i, int given_part, struct clock *ret)
{
    enum part part = MORNING;
    size_t about = hy_chars_at(t, i, "大约");
    size_t at = hy_skip_spaces(t, i + about);
    size_t len = part_at(t, at, &part);
    bool has = len > 0 || given_part > 0;

    if (!len && given_part)
        part = (enum part)(given_part - 1);
    at = hy_skip_spaces(t, at + len);
    if (!digital(t, at, ret) && !spoken(t, at, has, ret))
        return false;
    if (has)
        ret->hour = hour_in(ret->hour, part);
    if (about)
        ret->end += hy_chars_at(t, ret->end, "左右");
    ret->start = i;
    return ret->hour <= 24;
}

/* ---- collecting ---- */

static bool (*const forms[])(const struct ctx *, size_t, struct day *) = {
    numeric, calendar, month_day, bare_day, relative, half_relative, weekday, ago,
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
        if (time_at(x->t, joint(x->t, d.end), d.part, &k)) {
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
        hy_han_unit(before) > 0 || !time_at(x->t, i, 0, &k))
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
