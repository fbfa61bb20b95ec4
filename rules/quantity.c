/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/quantity.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>

static const struct {
    const char *name, *label;
} names[HY_QUANTITY_COUNT] = {
    [HY_QUANTITY_DEATHS] = {"deaths", "死亡"},
    [HY_QUANTITY_INJURED] = {"injured", "受伤"},
    [HY_QUANTITY_MISSING] = {"missing", "失联"},
    [HY_QUANTITY_TRAPPED] = {"trapped", "被困"},
    [HY_QUANTITY_EVACUATED] = {"evacuated", "转移"},
    [HY_QUANTITY_LOSS_YUAN] = {"loss_yuan", "损失"},
};

enum comparison { NOT_LESS, NOT_MORE, MORE, LESS, EQUAL };
/* Those that begin with another one stand before it. */
static const struct {
    const char *text;
    enum comparison how;
} signs[] = {{">=", NOT_LESS}, {"<=", NOT_MORE}, {"≥", NOT_LESS}, {"≤", NOT_MORE}, {"==", EQUAL},
             {">", MORE},      {"<", LESS},      {"=", EQUAL}};

static const struct {
    const char *text;
    int64_t times;
} scales[] = {{"万元", 10000}, {"亿元", 100000000}, {"万", 10000}, {"亿", 100000000},
              {"千", 1000},    {"元", 1},           {"人", 1}};

static bool take(struct hy_str *s, const char *head)
{
    if (!hy_str_starts(*s, hy_str(head)))
        return false;
    *s = hy_str_trim(hy_str_sub(*s, hy_str(head).n, s->n));
    return true;
}

static bool take_name(struct hy_str *s, int *ret)
{
    for (int i = 0; i < HY_QUANTITY_COUNT; i++)
        if (take(s, names[i].name) || take(s, names[i].label)) {
            *ret = i;
            return true;
        }
    return false;
}

static bool take_sign(struct hy_str *s, enum comparison *ret)
{
    for (size_t i = 0; i < HY_COUNT(signs); i++)
        if (take(s, signs[i].text)) {
            *ret = signs[i].how;
            return true;
        }
    return false;
}

static bool read_number(struct hy_str s, int64_t *ret)
{
    int64_t times = 1;

    for (size_t i = 0; i < HY_COUNT(scales); i++)
        if (hy_str_ends(s, hy_str(scales[i].text))) {
            times = scales[i].times;
            s = hy_str_trim(hy_str_sub(s, 0, s.n - hy_str(scales[i].text).n));
            break;
        }
    if (!hy_str_to_i64(s, ret) || *ret < 0 || *ret > INT64_C(1000000000))
        return false;
    *ret *= times;
    return true;
}

static void set_bounds(struct hy_quantity_test *t, enum comparison how, int64_t number)
{
    t->least = how == NOT_LESS || how == EQUAL ? number : how == MORE ? number + 1 : 0;
    t->most = how == NOT_MORE || how == EQUAL ? number : how == LESS ? number - 1 : INT64_MAX;
}

static void read_one(const struct hy_y_node *n, struct hy_quantity_tests *tests, struct hy_diag *d)
{
    struct hy_quantity_test t = {.pos = hy_y_pos(n, d)};
    struct hy_str s = hy_y_kind(n) == HY_Y_SCALAR ? hy_str_trim(hy_y_scalar(n)) : HY_STR("");
    enum comparison how;
    int64_t number;

    if (!take_name(&s, &t.quantity))
        hy_diag_at(d, t.pos,
                   "这里应写“什么 多少”，如 deaths >= 3；可用：deaths 死亡、injured 受伤、"
                   "missing 失联、trapped 被困、evacuated 转移、loss_yuan 损失");
    else if (!take_sign(&s, &how))
        hy_diag_at(d, t.pos, "“%s”后面应写 >=、>、<=、< 或 =，如 %s >= 3", names[t.quantity].name,
                   names[t.quantity].name);
    else if (!read_number(s, &number))
        hy_diag_at(d, t.pos, "“%s”应为整数，可带 万、亿、人、元，如 3 或 1000万元", HY_SHOWN(s));
    else {
        set_bounds(&t, how, number);
        hy_vec_push(tests, t);
    }
}

void hy_quantity_read(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    if (hy_y_kind(n) != HY_Y_SEQ) {
        read_one(n, field, d);
        return;
    }
    for (size_t i = 0; i < hy_y_count(n); i++)
        read_one(hy_y_at(n, i, NULL), field, d);
}

void hy_quantity_release(void *field)
{
    struct hy_quantity_tests *tests = field;

    hy_vec_release(tests);
}
