/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/season.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>

#define ALWAYS "全年"
enum { FIRST_DAY = 101, LAST_DAY = 1231 };

static bool digits(struct hy_str s, int64_t *ret)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && hy_str_to_i64(s, ret);
}

/* "03-01" or "2026-03-01". */
static bool read_day(struct hy_str s, bool *ret_yearly, int64_t *ret)
{
    int64_t part[3] = {0};
    struct hy_str one;
    size_t n = 0;

    for (s = hy_str_trim(s); n < 3 && s.n && hy_str_cut(&s, '-', &one); n++)
        if (one.n != (n == 0 && s.n > 2 ? 4u : 2u) || !digits(one, &part[n]))
            return false;
    *ret_yearly = n == 2;
    if (n < 2 || s.n)
        return false;
    if (n == 2) {
        *ret = part[0] * 100 + part[1];
        return hy_date_exists(2000, (int)part[0], (int)part[1]);
    }
    if (!hy_date_exists((int)part[0], (int)part[1], (int)part[2]))
        return false;
    *ret = hy_days_of((int)part[0], (int)part[1], (int)part[2]);
    return true;
}

static void read_period(const struct hy_y_node *n, struct hy_seasons *periods, struct hy_diag *d)
{
    struct hy_str s = hy_y_kind(n) == HY_Y_SCALAR ? hy_str_trim(hy_y_scalar(n)) : HY_STR("");
    size_t dots = hy_str_find(s, HY_STR(".."), 0);
    struct hy_season p = {.yearly = true, .from = FIRST_DAY, .to = LAST_DAY};
    bool to_yearly;

    if (hy_str_is(s, ALWAYS)) {
        hy_vec_push(periods, p);
        return;
    }
    if (dots == HY_NPOS || !read_day(hy_str_sub(s, 0, dots), &p.yearly, &p.from) ||
        !read_day(hy_str_sub(s, dots + 2, s.n), &to_yearly, &p.to) || p.yearly != to_yearly)
        hy_diag_at(d, hy_y_pos(n, d),
                   "时段应写成 每年 06-01..09-30、某年 2026-03-03..2026-03-12 或 " ALWAYS
                   "，写的是“%s”",
                   HY_SHOWN(s));
    else if (!p.yearly && p.to < p.from)
        hy_diag_at(d, hy_y_pos(n, d), "时段的最后一天早于第一天：“%s”", HY_SHOWN(s));
    else
        hy_vec_push(periods, p);
}

static void read_periods(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    if (hy_y_kind(n) != HY_Y_SEQ) {
        read_period(n, field, d);
        return;
    }
    for (size_t i = 0; i < hy_y_count(n); i++)
        read_period(hy_y_at(n, i, NULL), field, d);
}

static void release_periods(void *field)
{
    struct hy_seasons *periods = field;

    hy_vec_release(periods);
}

#define AT(field) offsetof(struct hy_word_pack, field)
static const struct hy_y_key keys[] = {
    {"", HY_Y_POS, AT(pos)},
    {"id", HY_Y_TEXT, AT(id), .required = true, .unique = true, .help = "编号"},
    {"name", HY_Y_TEXT, AT(name), .required = true, .help = "名称"},
    {"note", HY_Y_TEXT, AT(note), .help = "说明"},
    {"periods", HY_Y_CUSTOM, AT(periods), .custom = read_periods, .custom_free = release_periods,
     .help = "何时启用：每年 06-01..09-30，某年 2026-03-03..2026-03-12，或 " ALWAYS "；不写就不启用"},
    {0},
};
const struct hy_y_schema hy_word_pack_schema = {sizeof(struct hy_word_pack), keys, NULL};

/* A day, and the same as seasons of every year count it. */
struct asked {
    int64_t day;
    int of_year; /* month * 100 + day; 0: the day is not known */
};

static struct asked asked_of(int64_t day)
{
    struct asked a = {.day = day};
    int year, month, of_month;

    if (day == HY_DAY_UNKNOWN)
        return a;
    hy_date_of(day, &year, &month, &of_month);
    a.of_year = month * 100 + of_month;
    return a;
}

static bool covers(const struct hy_season *p, const struct asked *a)
{
    if (p->yearly && p->from == FIRST_DAY && p->to == LAST_DAY)
        return true;
    if (a->of_year == 0)
        return false;
    if (p->yearly && p->to < p->from)
        return a->of_year >= p->from || a->of_year <= p->to;
    int64_t day = p->yearly ? a->of_year : a->day;
    return day >= p->from && day <= p->to;
}

void hy_word_packs_on(const struct hy_word_pack *packs, size_t n, int64_t day, bool *ret)
{
    struct asked a = n ? asked_of(day) : (struct asked){0};

    for (size_t i = 0; i < n; i++) {
        ret[i] = false;
        for (size_t k = 0; k < packs[i].periods.n && !ret[i]; k++)
            ret[i] = covers(&packs[i].periods.v[k], &a);
    }
}
