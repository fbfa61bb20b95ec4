/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mask.h"

#include <string.h>

enum { PHONE = 11, ID_NEW = 18, ID_OLD = 15, CARD_MIN = 16, CARD_MAX = 19, PLATE = 6 };

struct masker {
    char *p;
    size_t n, count;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    char l = (char)(c | 32);

    return is_digit(c) || (l >= 'a' && l <= 'z');
}

static void stars(struct masker *m, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (is_alnum(m->p[i]))
            m->p[i] = '*';
    m->count++;
}

/* -- numbers -------------------------------------------------------------------------------- */

/* GB 11643: seventeen digits, the eighteenth is their weighted sum modulo 11. */
static bool is_id_card(const char *d, size_t n, char last)
{
    static const int weight[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;

    if (n != ID_NEW)
        return false;
    for (int i = 0; i < 17; i++)
        sum += (d[i] - '0') * weight[i];
    return "10X98765432"[sum % 11] == (last == 'x' ? 'X' : last);
}

/* The first generation: region, yymmdd, sequence; no check digit, so the date must be one. */
static bool is_old_id_card(const char *d, size_t n)
{
    int month = (d[8] - '0') * 10 + d[9] - '0', day = (d[10] - '0') * 10 + d[11] - '0';

    return n == ID_OLD && d[0] >= '1' && d[0] <= '6' && month >= 1 && month <= 12 && day >= 1 &&
           day <= 31;
}

/* ISO/IEC 7812 check digit (Luhn). */
static bool is_bank_card(const char *d, size_t n)
{
    int sum = 0;

    if (n < CARD_MIN || n > CARD_MAX || d[0] < '3' || d[0] > '6')
        return false;
    for (size_t i = 0; i < n; i++) {
        int v = d[n - 1 - i] - '0';
        if (i % 2)
            v = v > 4 ? 2 * v - 9 : 2 * v;
        sum += v;
    }
    return sum % 10 == 0;
}

static bool is_mobile(const char *d, size_t n)
{
    return n == PHONE && d[0] == '1' && d[1] >= '3' && d[1] <= '9';
}

/* A run of digits that may be grouped by single blanks or hyphens ("138 1234 5678"): its digits to
 * `d`, its end in *end. */
static size_t collect(const struct masker *m, size_t i, char d[CARD_MAX + 1], size_t *end)
{
    size_t n = 0;

    while (i < m->n && n <= CARD_MAX) {
        if (is_digit(m->p[i])) {
            d[n++] = m->p[i++];
            *end = i;
        } else if ((m->p[i] == ' ' || m->p[i] == '-') && i + 1 < m->n && is_digit(m->p[i + 1])) {
            i++;
        } else {
            break;
        }
    }
    return n;
}

static size_t plain_run(const struct masker *m, size_t i)
{
    while (i < m->n && is_digit(m->p[i]))
        i++;
    return i;
}

/* Mask digits so that the first `head` and last `tail` stay. */
static void mask_digits(struct masker *m, size_t from, size_t to, size_t head, size_t tail)
{
    size_t a = from, b = to;

    while (head && a < to)
        head -= is_alnum(m->p[a++]) ? 1 : 0;
    while (tail && b > a)
        tail -= is_alnum(m->p[--b]) ? 1 : 0;
    stars(m, a, b);
}

/* At the first digit of a run; returns where to go on. */
static size_t number_at(struct masker *m, size_t i)
{
    char d[CARD_MAX + 1];
    size_t end = i, plain = plain_run(m, i), n = plain - i;

    if (n == 17 && plain < m->n && (m->p[plain] | 32) == 'x') {
        memcpy(d, m->p + i, 17);
        if (is_id_card(d, ID_NEW, 'x')) {
            mask_digits(m, i, plain + 1, 6, 0);
            return plain + 1;
        }
    }
    if (n > CARD_MAX)
        return plain;
    n = collect(m, i, d, &end);
    if (n == ID_NEW && end == plain && is_id_card(d, n, d[17]))
        mask_digits(m, i, end, 6, 0);
    else if (n == ID_OLD && end == plain && is_old_id_card(d, n))
        mask_digits(m, i, end, 6, 0);
    else if (is_mobile(d, n))
        mask_digits(m, i, end, 3, 4);
    else if (is_bank_card(d, n))
        mask_digits(m, i, end, 4, 4);
    else
        end = plain; /* a group that makes no number: look at its parts one by one */
    return end;
}

/* "86" in front belongs to the country. */
static size_t behind_country_code(const struct masker *m, size_t i)
{
    if (i + 2 < m->n && m->p[i] == '8' && m->p[i + 1] == '6') {
        size_t k = i + 2 + (m->p[i + 2] == ' ' || m->p[i + 2] == '-');
        if (plain_run(m, k) - k == PHONE && m->p[k] == '1')
            return k;
    }
    return i;
}

/* -- mail and plates ------------------------------------------------------------------------ */

static bool is_mail_char(char c)
{
    return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+';
}

static bool ends_with(const struct masker *m, size_t from, size_t to, const char *tail)
{
    size_t n = strlen(tail);

    return to - from >= n && strncasecmp(m->p + to - n, tail, n) == 0;
}

/* At an '@'. */
static void mail_at(struct masker *m, size_t at)
{
    size_t from = at, to = at + 1;

    while (from && is_mail_char(m->p[from - 1]))
        from--;
    while (to < m->n && is_mail_char(m->p[to]))
        to++;
    while (to > at + 1 && m->p[to - 1] == '.')
        to--;
    if (from == at || !memchr(m->p + at + 1, '.', to - at - 1) || ends_with(m, at, to, ".gov.cn"))
        return;
    stars(m, from + (at - from > 2 ? 1 : 0), at);
}

/* The provinces' signs, three bytes each. */
static const char provinces[] = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

static bool is_province(const char *p)
{
    for (size_t i = 0; i + 3 < sizeof(provinces); i += 3)
        if (memcmp(provinces + i, p, 3) == 0)
            return true;
    return false;
}

/* A capital behind a province's sign: 粤B·12345, 京A12345, 粤BD12345 (new energy). */
static size_t plate_at(struct masker *m, size_t i)
{
    size_t k = i + 1, n = 0, digits = 0;

    if (k + 1 < m->n && memcmp(m->p + k, "\xC2\xB7", 2) == 0)
        k += 2;
    size_t from = k;
    for (; k < m->n && is_alnum(m->p[k]) && n <= PLATE; k++, n++)
        digits += is_digit(m->p[k]);
    if ((n != 5 && n != PLATE) || digits < 3 || (k < m->n && is_alnum(m->p[k])))
        return i + 1;
    stars(m, from + 1, k - 1);
    return k;
}

size_t hy_mask(char *text, size_t n)
{
    struct masker m = {text, n, 0};

    for (size_t i = 0; i < n;) {
        char c = text[i];
        if (is_digit(c)) {
            size_t start = behind_country_code(&m, i);
            i = number_at(&m, start);
        } else if (c == '@') {
            mail_at(&m, i++);
        } else if (c >= 'A' && c <= 'Z' && i >= 3 && is_province(text + i - 3)) {
            i = plate_at(&m, i);
        } else {
            i++;
        }
    }
    return m.count;
}
