/* SPDX-License-Identifier: Apache-2.0 */
/* Unified diff by the longest common subsequence of lines.  Rule files have some hundred lines and
 * a proposal changes a few of them, so common head and tail are cut off and the table of the rest
 * is small; beyond MAX_TABLE lines the rest is one hunk. */
#include "core/mem.h"
#include "core/vec.h"
#include "rules/amend.h"

#include <stdlib.h>

enum { CONTEXT = 3, MAX_TABLE = 4000 };

struct lines {
    HY_VEC(struct hy_str) v;
};

static struct lines split(struct hy_str text)
{
    struct lines l = {0};

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);)
        hy_vec_push(&l.v, it.line);
    if (text.n && text.p[text.n - 1] == '\n' && l.v.n && l.v.v[l.v.n - 1].n == 0)
        l.v.n--;
    return l;
}

/* One step of the script: ' ' both, '-' old, '+' new; line numbers from 0. */
struct step {
    char op;
    size_t old, new;
};
struct script {
    HY_VEC(struct step) v;
};

static void add(struct script *s, char op, size_t *old, size_t *new)
{
    hy_vec_push(&s->v, (struct step){op, *old, *new});
    *old += op != '+';
    *new += op != '-';
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t k)
{
    return hy_str_eq(a->v.v[i], b->v.v[k]);
}

/* Lines [i, end_a) against [k, end_b). */
static void align(const struct lines *a, size_t i, size_t end_a, const struct lines *b, size_t k,
                  size_t end_b, struct script *s)
{
    size_t n = end_a - i, m = end_b - k, from_a = i, from_b = k;
    bool table = n <= MAX_TABLE && m <= MAX_TABLE;
    uint16_t *common = hy_xcalloc(table ? (n + 1) * (m + 1) : 1, sizeof(*common));

    for (size_t x = n; table && x-- > 0;)
        for (size_t y = m; y-- > 0;)
            common[x * (m + 1) + y] =
                same(a, from_a + x, b, from_b + y)
                    ? (uint16_t)(common[(x + 1) * (m + 1) + y + 1] + 1)
                    : HY_MAX(common[(x + 1) * (m + 1) + y], common[x * (m + 1) + y + 1]);
    while (i < end_a || k < end_b) {
        size_t x = i - from_a, y = k - from_b;
        if (i < end_a && k < end_b && same(a, i, b, k))
            add(s, ' ', &i, &k);
        else if (i < end_a && (k == end_b || !table ||
                               common[(x + 1) * (m + 1) + y] >= common[x * (m + 1) + y + 1]))
            add(s, '-', &i, &k);
        else
            add(s, '+', &i, &k);
    }
    free(common);
}

static struct script script_of(const struct lines *a, const struct lines *b)
{
    struct script s = {0};
    size_t i = 0, k = 0, tail = 0;

    while (i < a->v.n && k < b->v.n && same(a, i, b, k))
        add(&s, ' ', &i, &k);
    while (tail < a->v.n - i && tail < b->v.n - k &&
           same(a, a->v.n - 1 - tail, b, b->v.n - 1 - tail))
        tail++;
    align(a, i, a->v.n - tail, b, k, b->v.n - tail, &s);
    i = a->v.n - tail;
    k = b->v.n - tail;
    while (i < a->v.n)
        add(&s, ' ', &i, &k);
    return s;
}

static void put_hunk(const struct script *s, size_t from, size_t to, const struct lines *a,
                     const struct lines *b, struct hy_buf *out)
{
    size_t old = 0, new = 0;

    for (size_t i = from; i < to; i++) {
        old += s->v.v[i].op != '+';
        new += s->v.v[i].op != '-';
    }
    hy_buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", s->v.v[from].old + (old > 0), old,
                  s->v.v[from].new + (new > 0), new);
    for (size_t i = from; i < to; i++) {
        const struct step *t = &s->v.v[i];
        hy_buf_char(out, t->op);
        hy_buf_str(out, t->op == '+' ? b->v.v[t->new] : a->v.v[t->old]);
        hy_buf_char(out, '\n');
    }
}

static size_t next_change(const struct script *s, size_t from)
{
    while (from < s->v.n && s->v.v[from].op == ' ')
        from++;
    return from;
}

/* Changes nearer to each other than two contexts share a hunk. */
static void put_hunks(const struct script *s, const struct lines *a, const struct lines *b,
                      struct hy_buf *out)
{
    for (size_t at = next_change(s, 0); at < s->v.n;) {
        size_t from = at > CONTEXT ? at - CONTEXT : 0, last = at, next;
        while ((next = next_change(s, last + 1)) < s->v.n && next - last <= 2 * CONTEXT)
            last = next;
        put_hunk(s, from, HY_MIN(last + 1 + CONTEXT, s->v.n), a, b, out);
        at = next;
    }
}

void hy_amend_diff(const char *path, struct hy_str before, struct hy_str after, struct hy_buf *out)
{
    if (hy_str_eq(before, after))
        return;
    struct lines a = split(before), b = split(after);
    struct script s = script_of(&a, &b);

    hy_buf_printf(out, "--- %s%s\n+++ b/%s\n", before.n ? "a/" : "/dev/null", before.n ? path : "",
                  path);
    put_hunks(&s, &a, &b, out);
    hy_vec_release(&a.v);
    hy_vec_release(&b.v);
    hy_vec_release(&s.v);
}
