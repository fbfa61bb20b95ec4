/* SPDX-License-Identifier: Apache-2.0 */
/* Times of day: 17:00:05, 下午三点半, 22时许.
 *
 * The part of the day, said here or by the date before (昨晚十点), makes the hour one of 24. */
#include "analyzer/read_date_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

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
bool read_clock_at(const struct hy_chars *t, size_t i, int given_part, struct clock *ret)
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
