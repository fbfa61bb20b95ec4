/* SPDX-License-Identifier: Apache-2.0 */
/* Reads values that are one text: numbers, names, durations, dates.  A value that does not fit is
 * reported and leaves the field as it was. */
#include "core/mem.h"
#include "rules/names.h"
#include "rules/yaml_tree.h"

#include <math.h>
#include <stdlib.h>

static bool out_of_range(const struct hy_y_key *k, double v)
{
    return k->max > k->min && (v < (double)k->min || v > (double)k->max);
}

static void read_int(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                     struct hy_diag *d)
{
    int64_t v;

    if (!hy_str_to_i64(n->text, &v)) {
        hy_diag_at(d, n->pos, "“%s”应为整数，写的是“%s”", k->key, HY_SHOWN(n->text));
        return;
    }
    if (k->max > k->min && (v < k->min || v > k->max)) {
        hy_diag_at(d, n->pos, "“%s”应在 %lld 到 %lld 之间，写的是 %lld", k->key, (long long)k->min,
                   (long long)k->max, (long long)v);
        return;
    }
    *(int64_t *)field = v;
}

static void read_num(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                     struct hy_diag *d)
{
    char *end;
    double v = n->text.n ? strtod(n->text.p, &end) : NAN; /* arena text ends with a NUL */

    if (n->text.n == 0 || *end != '\0' || !isfinite(v)) {
        hy_diag_at(d, n->pos, "“%s”应为数字，写的是“%s”", k->key, HY_SHOWN(n->text));
        return;
    }
    if (out_of_range(k, v)) {
        hy_diag_at(d, n->pos, "“%s”应在 %lld 到 %lld 之间，写的是 %g", k->key, (long long)k->min,
                   (long long)k->max, v);
        return;
    }
    *(double *)field = v;
}

static void read_bool(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    static const char *const words[] = {"false", "true", "否", "是", "no", "yes", "False", "True"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_is(n->text, words[i])) {
            *(bool *)field = i % 2;
            return;
        }
    hy_diag_at(d, n->pos, "“%s”应为 是/否（或 true/false），写的是“%s”", k->key, HY_SHOWN(n->text));
}

static void read_name(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    int i = hy_name_index(k->names, n->text);

    if (i < 0)
        hy_name_report(k->key, n->text, k->names, n->pos, d);
    else
        *(int *)field = i;
}

static void read_duration(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                          struct hy_diag *d)
{
    int64_t ms;

    if (!hy_duration_parse(n->text, &ms)) {
        hy_diag_at(d, n->pos, "“%s”应为时长，如 90s、10m、5h、2d，写的是“%s”", k->key,
                   HY_SHOWN(n->text));
        return;
    }
    if (out_of_range(k, (double)ms)) {
        hy_diag_at(d, n->pos, "“%s”应在 %g 秒到 %g 秒之间，写的是“%s”", k->key,
                   (double)k->min / 1000, (double)k->max / 1000, HY_SHOWN(n->text));
        return;
    }
    *(int64_t *)field = ms;
}

/* Exactly `digits` digits at the head of *s, and `sep` behind them unless it is 0. */
static bool take_digits(struct hy_str *s, int digits, char sep, int *ret)
{
    *ret = 0;
    for (int i = 0; i < digits; i++) {
        if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
            return false;
        *ret = *ret * 10 + (s->p[0] - '0');
        *s = hy_str_sub(*s, 1, s->n);
    }
    if (sep == 0)
        return s->n == 0;
    if (s->n == 0 || s->p[0] != sep)
        return false;
    *s = hy_str_sub(*s, 1, s->n);
    return true;
}

static void read_date(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    struct hy_str s = n->text;
    int year, month, day;

    if (!take_digits(&s, 4, '-', &year) || !take_digits(&s, 2, '-', &month) ||
        !take_digits(&s, 2, 0, &day)) {
        hy_diag_at(d, n->pos, "“%s”应为日期，如 2026-10-01，写的是“%s”", k->key, HY_SHOWN(n->text));
        return;
    }
    if (!hy_date_exists(year, month, day)) {
        hy_diag_at(d, n->pos, "“%s”：没有 %s 这一天", k->key, HY_SHOWN(n->text));
        return;
    }
    *(int64_t *)field = hy_days_of(year, month, day);
}

static void read_time(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    if (hy_wall_parse(n->text, field))
        return;
    hy_diag_at(d, n->pos, "“%s”应为带时区的时间，如 2026-10-01T08:00:00+08:00，写的是“%s”", k->key,
               HY_SHOWN(n->text));
}

static void read_text(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    char **to = field;

    (void)k;
    (void)d;
    free(*to);
    *to = hy_str_dup(n->text);
}

/* Readers of scalar types, and what such a value is called. */
static const struct {
    const char *noun;
    void (*read)(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                 struct hy_diag *d);
} scalar_types[] = {
    [HY_Y_TEXT] = {"文字", read_text}, [HY_Y_INT] = {"整数", read_int},
    [HY_Y_NUM] = {"数字", read_num},   [HY_Y_BOOL] = {"是/否", read_bool},
    [HY_Y_NAME] = {"文字", read_name}, [HY_Y_DURATION] = {"时长", read_duration},
    [HY_Y_DATE] = {"日期", read_date}, [HY_Y_TIME] = {"时间", read_time},
};

void hy_y_report_kind(const char *key, const char *want, const struct hy_y_node *n,
                      struct hy_diag *d)
{
    static const char *const is[] = {
        [HY_Y_SCALAR] = "文字", [HY_Y_SEQ] = "列表", [HY_Y_MAPPING] = "“键: 值”"};
    const char *hint = "";

    if (n->kind == HY_Y_SCALAR && hy_str_has(n->text, HY_STR("：")))
        hint = "；冒号要用半角“:”，后面空一格";
    else if (n->kind == HY_Y_SCALAR && hy_str_find_char(n->text, ':', 0) != HY_NPOS)
        hint = "；冒号后面要空一格";
    if (key[0])
        hy_diag_at(d, n->pos, "“%s”应为%s，这里却是%s%s", key, want, is[n->kind], hint);
    else
        hy_diag_at(d, n->pos, "这里应为%s，却是%s%s", want, is[n->kind], hint);
}

void hy_y_read_scalar(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    if (n->kind != HY_Y_SCALAR) {
        hy_y_report_kind(k->key, scalar_types[k->type].noun, n, d);
        return;
    }
    scalar_types[k->type].read(k, n, field, d);
}
