/* SPDX-License-Identifier: Apache-2.0 */
/* Units behind numerals: quantities (20万公斤, 3人, 1.2亿元) and durations (48小时, 三年半). */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

static const struct {
    const char *text, *name;
    double factor;
} units[] = {
    {"元", "元", 1},
    {"万元", "元", 1e4},
    {"亿元", "元", 1e8},
    {"美元", "美元", 1},
    {"欧元", "欧元", 1},
    {"日元", "日元", 1},
    {"港元", "港元", 1},
    {"余元", "元", 1},
    {"人", "人", 1},
    {"名", "人", 1},
    {"位", "人", 1},
    {"例", "例", 1},
    {"人次", "人次", 1},
    {"户", "户", 1},
    {"间", "间", 1},
    {"家", "家", 1},
    {"辆", "辆", 1},
    {"架", "架", 1},
    {"艘", "艘", 1},
    {"头", "头", 1},
    {"公里", "千米", 1},
    {"千米", "千米", 1},
    {"海里", "海里", 1},
    {"米", "米", 1},
    {"厘米", "厘米", 1},
    {"毫米", "毫米", 1},
    {"英里", "英里", 1},
    {"英尺", "英尺", 1},
    {"里", "里", 1},
    {"km", "千米", 1},
    {"cm", "厘米", 1},
    {"mm", "毫米", 1},
    {"m", "米", 1},
    {"公斤", "千克", 1},
    {"千克", "千克", 1},
    {"kg", "千克", 1},
    {"斤", "斤", 1},
    {"克", "克", 1},
    {"毫克", "毫克", 1},
    {"吨", "吨", 1},
    {"两", "两", 1},
    {"亩", "亩", 1},
    {"公顷", "公顷", 1},
    {"平方米", "平方米", 1},
    {"平方公里", "平方千米", 1},
    {"平方千米", "平方千米", 1},
    {"立方米", "立方米", 1},
    {"升", "升", 1},
    {"毫升", "毫升", 1},
    {"千瓦", "千瓦", 1},
    {"兆瓦", "兆瓦", 1},
    {"瓦", "瓦", 1},
    {"比特", "比特", 1},
    {"千比特", "千比特", 1},
    {"级", "级", 1},
    {"度", "度", 1},
    {"℃", "摄氏度", 1},
    {"摄氏度", "摄氏度", 1},
    {"%", "%", 1},
    {"mg", "毫克", 1},
    {"g", "克", 1},
    {"kb", "千字节", 1},
    {"mb", "兆字节", 1},
    {"gb", "吉字节", 1},
};

/* Words whose first character looks like a unit. */
static struct hy_wordlist no_unit = {
    .list = {"人民币", "名为", "名叫", "位于", "级别", "度过", "里面", "头条", "家长",
             "人大",   "里程", "升级", "升至", "升高", "克服", "间接", "度假", "瓦斯",
             "瓦解",   "两会", "两岸", "位名", "里的", "家属", NULL}};

static bool fold_eq(const struct hy_chars *t, size_t at, const char *ascii, size_t *ret)
{
    size_t i = 0;

    for (; ascii[i]; i++)
        if ((unsigned char)ascii[i] >= 0x80 || at + i >= t->n ||
            (t->c[at + i] | 32) != (uint32_t)ascii[i])
            return false;
    *ret = i;
    return !(at + i < t->n && hy_is_ascii_alpha(t->c[at + i]));
}

size_t hy_unit_at(const struct hy_chars *t, size_t at, const char **ret_name, double *ret_factor)
{
    size_t i = hy_skip_spaces(t, at), best = 0;

    if (i - at > 1 || i >= t->n || hy_wordlist_at(t, i, &no_unit, NULL))
        return 0;
    bool ascii = hy_is_ascii_alpha(t->c[i]);
    for (size_t u = 0; u < HY_COUNT(units); u++) {
        size_t len = 0;
        if (ascii ? !fold_eq(t, i, units[u].text, &len)
                  : (len = hy_chars_at(t, i, units[u].text)) == 0)
            continue;
        if (len > best) {
            best = len;
            *ret_name = units[u].name;
            *ret_factor = units[u].factor;
        }
    }
    return best ? i + best - at : 0;
}

/* ---- durations ---- */

static const struct {
    const char *text, *iso; /* P<n>iso, T... for parts of a day */
} spans[] = {
    {"年", "Y"},        {"个月", "M"},    {"個月", "M"},  {"周", "W"},      {"週", "W"},
    {"个星期", "W"},    {"个礼拜", "W"},  {"星期", "W"},  {"天", "D"},      {"日", "D"},
    {"个工作日", "WD"}, {"工作日", "WD"}, {"小时", "TH"}, {"个小时", "TH"}, {"小時", "TH"},
    {"钟头", "TH"},     {"个钟头", "TH"}, {"分钟", "TM"}, {"分鐘", "TM"},   {"秒", "TS"},
    {"秒钟", "TS"},     {"周年", "Y"},
};
/* Behind these a numeral and 年 or 日 is a point in time or an age, not a length. */
static struct hy_wordlist not_after = {.list = {"级", "代", "度", "月",   "初", "底", "末",
                                                "前", "后", "後", "来访", "款", "生", "龄",
                                                "薪", "报", "检", "历",   "起", NULL}};
static struct hy_wordlist day_length = {
    .list = {"内", "后内", "之内", "以内", "以上", "期限", "时间", NULL}};

static size_t span_at(const struct hy_chars *t, size_t i, size_t *ret_which)
{
    size_t best = 0;

    for (size_t k = 0; k < HY_COUNT(spans); k++) {
        size_t len = hy_chars_at(t, i, spans[k].text);
        if (len > best) {
            best = len;
            *ret_which = k;
        }
    }
    return best;
}

static bool plausible(const struct hy_chars *t, const struct hy_numeral *n, size_t unit, size_t end,
                      const char *iso)
{
    bool year = iso[0] == 'Y', day = iso[0] == 'D' && t->c[unit] == 0x65E5;

    if (n->start > 0 && (t->c[n->start - 1] == 0x7B2C || hy_is_ascii_alpha(t->c[n->start - 1]) ||
                         t->c[n->start - 1] == '.' || t->c[n->start - 1] == 0x6BCF))
        return false;
    if (year && n->positional &&
        (n->value >= 100 || t->c[n->start] == '0' || (n->han && n->end - n->start >= 2)))
        return false;
    if (day)
        return hy_wordlist_at(t, end, &day_length, NULL) > 0 && !hy_chars_before(t, n->start, "月");
    if (hy_chars_at(t, end, "后内") || hy_chars_at(t, end, "以后内"))
        return true;
    if (t->c[unit] == 0x5468 && end < t->n && (hy_han_digit(t->c[end]) >= 1 || t->c[end] == 0x5E74))
        return false; /* 一周三次, 十周年 */
    return !(hy_wordlist_at(t, end, &not_after, NULL) && n->value < 1e6);
}

/* One part: 三年半, 48小时, 半年. */
static bool part_at(const struct hy_chars *t, size_t i, struct hy_reading *ret)
{
    struct hy_numeral n = {0};
    size_t which = 0, at, len;

    if (t->c[i] == 0x534A) { /* 半 */
        n = (struct hy_numeral){.start = i, .end = i + 1, .value = 0.5, .han = true};
        len = span_at(t, i + 1, &which);
        if (i > 0 && (t->c[i - 1] == 0x4E0A || t->c[i - 1] == 0x4E0B || t->c[i - 1] == 0x4E2A ||
                      t->c[i - 1] == 0x524D || t->c[i - 1] == 0x540E || t->c[i - 1] == 0x591A))
            return false;
    } else {
        if (!hy_numeral_at(t, i, &n) || n.negative)
            return false;
        at = hy_skip_spaces(t, n.end);
        if (at < t->n && t->c[at] == 0x591A) /* 十多天 */
            at++;
        if (at < t->n && t->c[at] == 0x4F59)
            at++;
        len = span_at(t, at, &which);
        if (len == 0)
            return false;
        n.end = at;
    }
    if (len == 0)
        return false;
    size_t end = n.end + len;
    double v = n.value;
    if (!plausible(t, &n, n.end, end, spans[which].iso))
        return false;
    if (end < t->n && t->c[end] == 0x534A && !(end + 1 < t->n && t->c[end + 1] == 0x591C)) {
        v += 0.5;
        end++;
    }
    *ret = (struct hy_reading){.kind = HY_READ_DURATION,
                               .start = i,
                               .end = end,
                               .resolved = true,
                               .number = v,
                               .max = v,
                               .unit = spans[which].iso};
    return true;
}

static double unit_seconds(const char *iso)
{
    static const struct {
        const char *iso;
        double s;
    } rows[] = {{"Y", 365 * 86400.0}, {"M", 30 * 86400.0}, {"W", 7 * 86400.0}, {"D", 86400},
                {"WD", 86400},        {"TH", 3600},        {"TM", 60},         {"TS", 1}};

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (strcmp(rows[i].iso, iso) == 0)
            return rows[i].s;
    return 1;
}

/* 一年又一个月21天, 1小时20分钟: parts of falling size in a row make one duration, in seconds. */
static void join_parts(const struct hy_chars *t, struct hy_reading *r)
{
    struct hy_reading next;
    double size = unit_seconds(r->unit);
    bool joined = false;

    for (;;) {
        size_t i = r->end;
        if (i < t->n && (t->c[i] == 0x53C8 || t->c[i] == 0x96F6))
            i++;
        if (i >= t->n || !part_at(t, i, &next) || unit_seconds(next.unit) >= size)
            break;
        if (!joined)
            r->number *= unit_seconds(r->unit);
        size = unit_seconds(next.unit);
        r->number += next.number * size;
        r->unit = "TS";
        r->end = next.end;
        joined = true;
    }
    r->max = r->number;
}

static bool may_start(uint32_t c)
{
    return c < 0x80 ? hy_is_digit(c) : hy_han_digit(c) >= 0 || hy_han_unit(c) == 10 || c == 0x534A;
}

void hy_read_durations(const struct hy_chars *t, hy_reading_vec *out)
{
    struct hy_reading r;
    struct hy_numeral n;

    for (size_t i = 0; i < t->n;) {
        if (!may_start(t->c[i])) {
            i++;
        } else if (part_at(t, i, &r)) {
            join_parts(t, &r);
            hy_vec_push(out, r);
            i = r.end;
        } else {
            i = t->c[i] != 0x534A && hy_numeral_at(t, i, &n) ? n.end : i + 1;
        }
    }
}
