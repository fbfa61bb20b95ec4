/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind analyzer/read.h share: numerals, and one collector per group of kinds.
 * Nobody else includes this. */
#pragma once
#include "analyzer/read.h"
#include "core/vec.h"

typedef HY_VEC(struct hy_reading) hy_reading_vec;

/* One numeral in any writing. */
struct hy_numeral {
    size_t start, end;
    double value;
    double max; /* of 三四百; else equal to value */
    bool han;   /* written in Chinese */
    bool negative;
    bool more;       /* 余, 多 or 几 inside: 500余万 */
    bool positional; /* 二〇〇八, or plain ASCII digits */
};
/* The numeral starting at `at` (sign included). */
bool hy_numeral_at(const struct hy_chars *t, size_t at, struct hy_numeral *ret);
/* Value of a Chinese digit (一壹), -1 if c is none; of 十百千万亿, 0 if c is none. */
int hy_han_digit(uint32_t c);
double hy_han_unit(uint32_t c);
bool hy_is_liang(uint32_t c); /* 两 and its kin: a digit that is also a weight */
/* A whole number of at most four ASCII digits, or Chinese below 100 or digit by digit, without 点
 * or 万: what dates are made of.  *at moves behind it. */
bool hy_small_int(const struct hy_chars *t, size_t *at, int *ret, size_t *ret_digits);

static inline bool hy_is_digit(uint32_t c)
{
    return c - '0' < 10;
}
static inline bool hy_is_ascii_alpha(uint32_t c)
{
    return (c | 32) - 'a' < 26;
}
static inline size_t hy_skip_spaces(const struct hy_chars *t, size_t at)
{
    while (at < t->n && t->c[at] == ' ')
        at++;
    return at;
}

void hy_read_numbers(const struct hy_chars *t, hy_reading_vec *out);
void hy_read_dates(const struct hy_chars *t, hy_wall at, int offset_min, hy_reading_vec *out);
void hy_read_durations(const struct hy_chars *t, hy_reading_vec *out);
void hy_read_contacts(const struct hy_chars *t, hy_reading_vec *out);
/* The unit at `at` (optional space before it): its length with the space, its name and by how much
 * the number is multiplied (万元: 10000 元). */
size_t hy_unit_at(const struct hy_chars *t, size_t at, const char **ret_name, double *ret_factor);
