/* SPDX-License-Identifier: Apache-2.0 */
/* One numeral in any writing that Chinese news use: 1,234  １２３４  3.5万  一百零五  二〇〇八
 * 三千二 500余万  三分之一  负六点六.
 *
 * A numeral is a row of digits and units.  `section` collects what stands below the next 万 or 亿,
 * `total` what is above; a last digit without a unit counts a tenth of the unit before it unless 零
 * stands between (九百九 = 990, 九百零九 = 909).  Which numerals are numbers (四川 is none) says
 * read_number.c. */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <math.h>

static const struct {
    uint32_t c;
    int digit;
} han_digits[] = {
    {0x96F6, 0}, {0x3007, 0}, {0x25CB, 0}, {0x4E00, 1}, {0x58F9, 1}, {0x4E8C, 2}, {0x8D30, 2},
    {0x8CB3, 2}, {0x4E24, 2}, {0x5169, 2}, {0x4FE9, 2}, {0x5006, 2}, {0x4E09, 3}, {0x53C1, 3},
    {0x56DB, 4}, {0x8086, 4}, {0x4E94, 5}, {0x4F0D, 5}, {0x516D, 6}, {0x9646, 6}, {0x9678, 6},
    {0x4E03, 7}, {0x67D2, 7}, {0x516B, 8}, {0x634C, 8}, {0x4E5D, 9}, {0x7396, 9},
};
static const struct {
    uint32_t c;
    double unit;
} han_units[] = {
    {0x5341, 10},  {0x62FE, 10},  {0x767E, 100}, {0x4F70, 100}, {0x5343, 1000}, {0x4EDF, 1000},
    {0x4E07, 1e4}, {0x842C, 1e4}, {0x4EBF, 1e8}, {0x5104, 1e8}, {0x5146, 1e12},
};

/* Read 两 as a digit, but not as the last one of 三千两百两 (there it is the weight). */
bool hy_is_liang(uint32_t c)
{
    return c == 0x4E24 || c == 0x5169 || c == 0x4FE9 || c == 0x5006;
}

int hy_han_digit(uint32_t c)
{
    if (c < 0x25CB || c > 0x96F6)
        return -1;
    for (size_t i = 0; i < HY_COUNT(han_digits); i++)
        if (han_digits[i].c == c)
            return han_digits[i].digit;
    return -1;
}

double hy_han_unit(uint32_t c)
{
    if (c < 0x4E07 || c > 0x842C)
        return 0;
    for (size_t i = 0; i < HY_COUNT(han_units); i++)
        if (han_units[i].c == c)
            return han_units[i].unit;
    return 0;
}

bool hy_small_int(const struct hy_chars *t, size_t *at, int *ret, size_t *ret_digits)
{
    size_t i = *at;
    int v = 0, d;

    if (i < t->n && hy_is_digit(t->c[i])) {
        while (i < t->n && hy_is_digit(t->c[i]) && i - *at < 5)
            v = v * 10 + (int)(t->c[i++] - '0');
        *ret_digits = i - *at;
    } else {
        while (i < t->n && i - *at < 4 && (d = hy_han_digit(t->c[i])) >= 0) {
            v = v * 10 + d;
            i++;
        }
        size_t lead = i - *at;
        if (lead <= 1 && i < t->n && hy_han_unit(t->c[i]) == 10) {
            v = (lead ? v : 1) * 10;
            i++;
            if (i < t->n && (d = hy_han_digit(t->c[i])) >= 0 && !hy_is_liang(t->c[i])) {
                v += d;
                i++;
            }
        } else if (lead == 1 && i < t->n && hy_han_unit(t->c[i]) == 1000) {
            v *= 1000; /* 两千年 */
            i++;
        }
        *ret_digits = lead;
    }
    if (i == *at || i - *at > 4)
        return false;
    *at = i;
    *ret = v;
    return true;
}

/* 1234  1,234,567  10.233  .5  2e5  40k */
static bool ascii_at(const struct hy_chars *t, size_t at, struct hy_numeral *ret)
{
    size_t i = at, group;
    double v = 0, scale = 1;

    while (i < t->n && hy_is_digit(t->c[i]))
        v = v * 10 + (double)(t->c[i++] - '0');
    bool grouped = i - at >= 1 && i - at <= 3;
    while (grouped && i + 3 < t->n + 0 && t->c[i] == ',') {
        for (group = 1; group <= 3 && hy_is_digit(t->c[i + group]); group++)
            ;
        if (group <= 3 || (i + 4 < t->n && hy_is_digit(t->c[i + 4])))
            break;
        for (group = 1; group <= 3; group++)
            v = v * 10 + (double)(t->c[i + group] - '0');
        i += 4;
    }
    ret->positional = true;
    if (i + 1 < t->n && t->c[i] == '.' && hy_is_digit(t->c[i + 1])) {
        size_t from = i + 1;
        for (i = from; i < t->n && hy_is_digit(t->c[i]); i++)
            v += (double)(t->c[i] - '0') * (scale /= 10);
        if (i + 1 < t->n && t->c[i] == '.' && hy_is_digit(t->c[i + 1]))
            return false; /* 192.168.0.1, 2015.5.13 */
        v = round(v * pow(10, (double)(i - from))) / pow(10, (double)(i - from));
        ret->positional = false;
    }
    if (i == at)
        return false;
    ret->start = at;
    ret->end = i;
    ret->value = v;
    return true;
}

/* 2e5, 40k: only as the whole numeral. */
static void ascii_suffix(const struct hy_chars *t, struct hy_numeral *n)
{
    size_t i = n->end;

    if (i >= t->n)
        return;
    if ((t->c[i] | 32) == 'k' && !(i + 1 < t->n && hy_is_ascii_alpha(t->c[i + 1]))) {
        n->value *= 1000;
        n->end = i + 1;
    } else if ((t->c[i] | 32) == 'e') {
        bool minus = i + 1 < t->n && t->c[i + 1] == '-';
        size_t from = i + 1 + (minus || (i + 1 < t->n && t->c[i + 1] == '+'));
        int e = 0;
        for (i = from; i < t->n && hy_is_digit(t->c[i]) && i - from < 3; i++)
            e = e * 10 + (int)(t->c[i] - '0');
        if (i == from)
            return;
        n->value *= pow(10, minus ? -e : e);
        n->end = i;
    }
}

struct parse {
    const struct hy_chars *t;
    double total, section, digit, spread; /* spread: 三四百 adds 100 to max */
    double small, large;                  /* last unit of the section; last 万/亿 */
    size_t digits;                        /* Chinese digits pending in `digit` */
    bool pending, ascii, zero, any_unit, more;
};

static bool is_more(uint32_t c)
{
    return c == 0x4F59 || c == 0x591A || c == 0x51E0 || c == 0x5E7E || c == 0x9918 || c == 0x8A31 ||
           c == 0x6570; /* 余多几幾餘 許 数 */
}

/* Where the next token stands when spaces may lie between: only around units. */
static size_t next_token(const struct parse *p, size_t i, bool after_unit)
{
    size_t j = hy_skip_spaces(p->t, i);

    if (j == i || j >= p->t->n)
        return i;
    uint32_t c = p->t->c[j];
    bool unit = hy_han_unit(c) > 0 || is_more(c);
    if (unit || (after_unit && hy_han_digit(c) >= 0) ||
        (after_unit && hy_is_digit(c) && j == i + 1))
        return j;
    return i;
}

static bool take_unit(struct parse *p, double unit)
{
    bool have = p->pending || p->section > 0;

    if (unit < 1e4) {
        if (p->small && unit >= p->small)
            return false;
        if (!p->pending && p->section > 0 && !p->zero)
            return false;
        double d = p->pending && p->digit > 0 ? p->digit : 1;
        if (p->digits == 2 && !p->ascii) { /* 三四百: from 300 on */
            double hi = fmod(d, 10), lo = floor(d / 10);
            if (hi != lo + 1)
                return false;
            d = lo;
            p->spread = unit;
        } else if (p->digits > 2) {
            return false;
        }
        p->section += d * unit;
        p->small = unit;
    } else {
        if (!have && p->total == 0)
            return false;
        if (p->digits == 2 && !p->ascii && p->section == 0) {
            double hi = fmod(p->digit, 10), lo = floor(p->digit / 10);
            if (hi == lo + 1 && lo > 0) {
                p->digit = lo;
                p->spread = 1;
            }
        }
        double s = p->section + (p->pending ? p->digit : 0);
        if (p->large && unit > p->large)
            p->total = (p->total + s) * unit;
        else if (p->large == unit && !have)
            p->total *= unit;
        else
            p->total += s * unit;
        p->spread *= unit;
        p->section = 0;
        p->small = 0;
        p->large = unit;
    }
    p->pending = p->ascii = p->zero = false;
    p->digits = 0;
    p->any_unit = true;
    return true;
}

static bool take_digit(struct parse *p, int d, uint32_t c)
{
    if (p->pending) {
        if (p->any_unit || p->ascii || hy_is_liang(c) || p->digits >= 12)
            return false;
        p->digit = p->digit * 10 + d;
        p->digits++;
        return true;
    }
    if (p->any_unit && d == 0) {
        p->zero = true;
        return true;
    }
    p->digit = d;
    p->digits = 1;
    p->pending = true;
    return true;
}

/* 千米, 千克: the 千 belongs to the unit. */
static bool is_kilo_unit(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist kilo = {.list = {"千克", "千米", "千瓦", "千卡", "千帕", "千赫",
                                               "千伏", "千焦", "千比特", "千字节", NULL}};

    return hy_wordlist_at(t, i, &kilo, NULL) > 0;
}

/* A last digit is worth keeping only if it is not the start of something else: 三千两百两. */
static double finish(const struct parse *p)
{
    double unit = p->small ? p->small : p->large;
    double rest = p->section;

    if (p->pending)
        rest += p->any_unit && !p->ascii && !p->zero && p->digits == 1 ? p->digit * unit / 10
                                                                       : p->digit;
    return p->total + rest;
}

/* 点 and Chinese digits behind an integer; 十点二十 is a time. */
static size_t han_decimals(const struct hy_chars *t, size_t i, double *value)
{
    size_t j = hy_skip_spaces(t, i);
    double v = 0, scale = 1;
    int d;

    if (j >= t->n || (t->c[j] != 0x70B9 && t->c[j] != 0x9EDE))
        return 0;
    size_t from = j = hy_skip_spaces(t, j + 1);
    while (j < t->n && (d = hy_han_digit(t->c[j])) >= 0 && !hy_is_liang(t->c[j])) {
        v += d * (scale /= 10);
        j++;
    }
    if (j == from || (j < t->n && (hy_han_unit(t->c[j]) == 10 || t->c[j] == 0x5206)))
        return 0;
    double p10 = pow(10, (double)(j - from));
    *value += round(v * p10) / p10;
    return j;
}

static size_t plain_at(const struct hy_chars *t, size_t at, struct hy_numeral *ret)
{
    struct parse p = {.t = t};
    size_t i = at, end = at;
    bool after_unit = false;

    while (i < t->n) {
        size_t j = i > at ? next_token(&p, i, after_unit) : i;
        uint32_t c = t->c[j];
        int d = hy_han_digit(c);
        double unit = hy_han_unit(c);
        if (hy_is_digit(c)) {
            struct hy_numeral n = {0};
            if (p.pending || !ascii_at(t, j, &n))
                break;
            p.pending = p.ascii = true;
            p.digit = n.value;
            p.digits = n.positional ? 1 : 3;
            ret->han = ret->han || i > at;
            i = end = n.end;
            after_unit = false;
        } else if (d >= 0) {
            if ((p.any_unit && hy_is_liang(c) && !(j + 1 < t->n && hy_han_unit(t->c[j + 1]) > 0)) ||
                !take_digit(&p, d, c))
                break;
            ret->han = true;
            i = j + 1;
            after_unit = false;
            if (p.pending)
                end = i;
        } else if (unit > 0) {
            if (p.ascii || p.pending)
                if (unit == 1000 && is_kilo_unit(t, j))
                    break;
            if (p.ascii)
                p.digits = 1;
            if (!take_unit(&p, unit))
                break;
            ret->han = true;
            i = end = j + 1;
            after_unit = true;
        } else if (is_more(c) && (p.any_unit || p.ascii)) {
            size_t k = hy_skip_spaces(t, j + 1);
            if (k >= t->n || hy_han_unit(t->c[k]) < 1e4)
                break;
            p.more = true;
            i = j + 1;
        } else {
            break;
        }
    }
    if (end == at)
        return 0;
    ret->value = finish(&p);
    ret->max = ret->value + p.spread;
    ret->more = p.more;
    ret->positional = !p.any_unit;
    if (ret->han) {
        size_t dec = han_decimals(t, end, &ret->value);
        if (dec) {
            end = dec;
            double unit = end < t->n ? hy_han_unit(t->c[end]) : 0;
            if (unit >= 1e4) { /* 一点二亿 */
                ret->value *= unit;
                end++;
                if (end < t->n && hy_han_unit(t->c[end]) == 1e8 && unit == 1e4)
                    ret->value *= hy_han_unit(t->c[end++]);
            }
            ret->max = ret->value;
        }
    }
    return end;
}

static bool signed_plain(const struct hy_chars *t, size_t at, struct hy_numeral *ret)
{
    size_t i = at;
    bool letter = at > 0 && (hy_is_ascii_alpha(t->c[at - 1]) || hy_is_digit(t->c[at - 1]));

    *ret = (struct hy_numeral){.start = at};
    if (i < t->n && (t->c[i] == 0x8D1F || t->c[i] == 0x8CA0)) {
        ret->negative = true;
        i++;
    } else if (i + 1 < t->n && t->c[i] == '-' && !letter && !(at > 0 && t->c[at - 1] == '-')) {
        ret->negative = true;
        i++;
    }
    size_t end = 0;
    if (i < t->n && t->c[i] == '.' && i + 1 < t->n && hy_is_digit(t->c[i + 1]) &&
        !(i > 0 && (hy_is_digit(t->c[i - 1]) || t->c[i - 1] == '.'))) {
        struct hy_numeral n = {0};
        if (ascii_at(t, i, &n)) {
            ret->value = ret->max = n.value;
            end = n.end;
        }
    } else if (i < t->n && t->c[i] == 0x534A && i + 1 < t->n && hy_han_unit(t->c[i + 1]) == 100) {
        ret->value = ret->max = 50; /* 半百 */
        ret->han = true;
        end = i + 2;
    } else {
        end = plain_at(t, i, ret);
    }
    if (end == 0 || end <= i)
        return false;
    ret->end = end;
    if (!ret->han)
        ascii_suffix(t, ret);
    if (!ret->han)
        ret->max = ret->value;
    if (ret->negative)
        ret->value = -ret->value, ret->max = ret->value;
    return true;
}

/* A分之B and C又A分之B; 百分之B is B and the caller's percent. */
static void fraction(const struct hy_chars *t, struct hy_numeral *n)
{
    struct hy_numeral b, low;
    size_t i = hy_skip_spaces(t, n->end);

    if (i < t->n && t->c[i] == 0x5206) { /* 分 */
        i = hy_skip_spaces(t, i + 1);
        if (i < t->n && t->c[i] == 0x4E4B) {
            i = hy_skip_spaces(t, i + 1);
            if (n->value != 0 && i < t->n && signed_plain(t, i, &b)) {
                n->value = b.value / n->value;
                n->end = b.end;
            }
        }
    } else if (i < t->n && t->c[i] == 0x53C8) { /* 又 */
        i = hy_skip_spaces(t, i + 1);
        if (i >= t->n || !signed_plain(t, i, &low))
            return;
        size_t before = low.end;
        fraction(t, &low);
        if (low.end == before)
            return;
        n->value = n->value < 0 ? n->value - low.value : n->value + low.value;
        n->end = low.end;
    } else if (!n->han && i == n->end && i + 1 < t->n && t->c[i] == '/' &&
               hy_is_digit(t->c[i + 1]) && n->end - n->start <= 3) {
        struct hy_numeral d = {0};
        if (ascii_at(t, i + 1, &d) && d.value != 0 && d.end - d.start <= 3 &&
            !(d.end < t->n && t->c[d.end] == '/')) {
            n->value /= d.value;
            n->end = d.end;
        }
    }
    n->max = n->value;
}

bool hy_numeral_at(const struct hy_chars *t, size_t at, struct hy_numeral *ret)
{
    if (!signed_plain(t, at, ret))
        return false;
    size_t i = ret->end < t->n ? ret->end : 0;
    if (i && (t->c[i] == 0x5206 || t->c[i] == 0x53C8 || t->c[i] == '/' || t->c[i] == ' ')) {
        size_t before = ret->end;
        double max = ret->max;
        fraction(t, ret);
        if (ret->end == before)
            ret->max = max;
    }
    return true;
}
