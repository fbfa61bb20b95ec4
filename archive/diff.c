/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/diff.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <stdlib.h>

enum {
    AROUND = 1,              /* sentences of what stayed, before and after a change */
    TABLE_MAX = 4 * 1000000, /* cells of the table; beyond it nothing is matched */
};

struct sentences {
    HY_VEC(struct hy_str) v;
};

static bool ends_sentence(uint32_t c)
{
    return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF1B || c == '\n' || c == '!' ||
           c == '?';
}

/* With their closing signs; blank ones do not count. */
static void split(struct hy_str text, struct sentences *out)
{
    for (size_t at = 0, from = 0; at < text.n;) {
        uint32_t c = hy_utf8_next(text, &at);
        if (!ends_sentence(c) && at < text.n)
            continue;
        struct hy_str s = hy_str_trim(hy_str_sub(text, from, at));
        if (s.n)
            hy_vec_push(&out->v, s);
        from = at;
    }
}

struct line {
    char kind; /* ' ' stayed, '-' gone, '+' come */
    struct hy_str text;
};
struct script {
    HY_VEC(struct line) v;
};

static void put(struct script *s, char kind, struct hy_str text)
{
    hy_vec_push(&s->v, (struct line){kind, text});
}

/* Length of the longest common subsequence of every pair of tails; (n + 1) x (m + 1). */
static uint16_t *table_of(const struct hy_str *a, size_t n, const struct hy_str *b, size_t m)
{
    uint16_t *t = hy_xcalloc((n + 1) * (m + 1), sizeof(*t));

    for (size_t i = n; i-- > 0;)
        for (size_t k = m; k-- > 0;)
            t[i * (m + 1) + k] = hy_str_eq(a[i], b[k])
                                     ? (uint16_t)(t[(i + 1) * (m + 1) + k + 1] + 1)
                                     : HY_MAX(t[(i + 1) * (m + 1) + k], t[i * (m + 1) + k + 1]);
    return t;
}

/* Between the common beginning and end: what is gone before what came in its place. */
static void middle(const struct hy_str *a, size_t n, const struct hy_str *b, size_t m,
                   struct script *out)
{
    bool fits = (n + 1) * (m + 1) <= TABLE_MAX && HY_MIN(n, m) < UINT16_MAX;
    HY_CLEANUP(hy_freep) uint16_t *t = fits ? table_of(a, n, b, m) : NULL;
    size_t i = 0, k = 0;

    while (i < n || k < m) {
        if (t && i < n && k < m && hy_str_eq(a[i], b[k])) {
            put(out, ' ', a[i]);
            i++;
            k++;
        } else if (i < n && (k == m || !t || t[(i + 1) * (m + 1) + k] >= t[i * (m + 1) + k + 1])) {
            put(out, '-', a[i++]);
        } else {
            put(out, '+', b[k++]);
        }
    }
}

static void compare(const struct sentences *a, const struct sentences *b, struct script *out)
{
    size_t n = a->v.n, m = b->v.n, head = 0, tail = 0;

    while (head < n && head < m && hy_str_eq(a->v.v[head], b->v.v[head]))
        put(out, ' ', a->v.v[head++]);
    while (tail < n - head && tail < m - head &&
           hy_str_eq(a->v.v[n - 1 - tail], b->v.v[m - 1 - tail]))
        tail++;
    if (n > head + tail || m > head + tail)
        middle(a->v.v + head, n - head - tail, b->v.v + head, m - head - tail, out);
    for (size_t i = n - tail; i < n; i++)
        put(out, ' ', a->v.v[i]);
}

static bool is_near_change(const struct script *s, size_t i)
{
    size_t from = i > AROUND ? i - AROUND : 0, to = HY_MIN(i + AROUND + 1, s->v.n);

    for (size_t k = from; k < to; k++)
        if (s->v.v[k].kind != ' ')
            return true;
    return false;
}

static void write_lines(const struct script *s, struct hy_buf *out)
{
    bool left_out = false;

    for (size_t i = 0; i < s->v.n; i++) {
        const struct line *l = &s->v.v[i];
        if (!is_near_change(s, i)) {
            left_out = true;
            continue;
        }
        if (left_out)
            hy_buf_puts(out, "  ……\n");
        left_out = false;
        hy_buf_printf(out, "%s " HY_STR_FMT "\n",
                      l->kind == '-'   ? "删"
                      : l->kind == '+' ? "增"
                                       : "  ",
                      HY_STR_ARG(l->text));
    }
    if (left_out)
        hy_buf_puts(out, "  ……\n");
}

struct hy_diff_counts hy_diff(struct hy_str before, struct hy_str after, struct hy_buf *out)
{
    struct sentences a = {0}, b = {0};
    struct script s = {0};
    struct hy_diff_counts n = {0};

    split(before, &a);
    split(after, &b);
    compare(&a, &b, &s);
    for (size_t i = 0; i < s.v.n; i++) {
        n.gone += s.v.v[i].kind == '-';
        n.come += s.v.v[i].kind == '+';
    }
    if (n.gone || n.come)
        write_lines(&s, out);
    hy_vec_release(&a.v);
    hy_vec_release(&b.v);
    hy_vec_release(&s.v);
    return n;
}
