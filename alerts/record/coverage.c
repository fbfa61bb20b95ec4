/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/coverage.h"

#include "alerts/record/stats.h"
#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>

enum { NAMED_MAX = 6, LEAST_MS = 1000 /* less would read "0秒" */ };

struct stretch { /* disjoint, in order of time */
    int64_t from, to;
    int64_t before; /* ms of the stretches before this one */
};
struct stretches {
    struct stretch *v;
    size_t n, room;
};
struct source {
    char *name;
    struct stretches watched, seen;
};
struct hy_coverage {
    hy_wall now;
    HY_VEC(struct source) sources;
};

struct hy_coverage *hy_coverage_new(hy_wall now)
{
    struct hy_coverage *c = hy_xcalloc(1, sizeof(*c));

    c->now = now;
    return c;
}

void hy_coverage_free(struct hy_coverage *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->sources.n; i++) {
        free(c->sources.v[i].name);
        hy_vec_release(&c->sources.v[i].watched);
        hy_vec_release(&c->sources.v[i].seen);
    }
    hy_vec_release(&c->sources);
    free(c);
}

/* ---- one source ---- */

static void add(struct stretches *list, int64_t from, int64_t to)
{
    const struct stretch *last = list->n ? &list->v[list->n - 1] : NULL;
    int64_t before = last ? last->before + last->to - last->from : 0;

    from = last ? HY_MAX(from, last->to) : from;
    if (to > from)
        hy_vec_push(list, (struct stretch){from, to, before});
}

static int by_start(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static struct stretches gaps_of(const json_t *doc)
{
    struct stretches list = {0};
    size_t i;
    json_t *g;

    json_array_foreach (json_object_get(doc, "gaps"), i, g) {
        hy_wall from = hy_json_time(g, "from"), to = hy_json_time(g, "to");
        if (hy_wall_known(from) && hy_wall_known(to))
            hy_vec_push(&list, (struct stretch){from.ms, to.ms, 0});
    }
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), by_start);
    return list;
}

/* What is left of [from, to) without the gaps. */
static void add_without(struct stretches *list, const struct stretches *gaps, int64_t from,
                        int64_t to)
{
    for (size_t i = 0; i < gaps->n && gaps->v[i].from < to; i++) {
        add(list, from, HY_MIN(gaps->v[i].from, to));
        from = HY_MAX(from, gaps->v[i].to);
    }
    add(list, from, to);
}

void hy_coverage_add(struct hy_coverage *c, const json_t *doc)
{
    struct hy_str name = hy_json_str(doc, "name");
    struct source s = {.name = hy_str_dup(name.n ? name : hy_json_str(doc, "source"))};
    struct stretches gaps = gaps_of(doc);
    size_t i;
    json_t *w;

    json_array_foreach (json_object_get(doc, "windows"), i, w) {
        struct hy_str state = hy_json_str(w, "state");
        hy_wall from = hy_json_time(w, "from"), to = hy_json_time(w, "to");
        if (!hy_wall_known(from) || hy_str_is(state, "new"))
            continue;
        int64_t end = hy_wall_known(to) ? to.ms : c->now.ms;
        add(&s.watched, from.ms, end);
        if (hy_str_is(state, "healthy") || hy_str_is(state, "quiet"))
            add_without(&s.seen, &gaps, from.ms, end);
    }
    hy_vec_release(&gaps);
    hy_vec_push(&c->sources, s);
}

/* ms of the list that lie before t. */
static int64_t before(const struct stretches *list, int64_t t)
{
    size_t low = 0, high = list->n; /* the first that begins at t or later */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->v[middle].from < t)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    const struct stretch *s = &list->v[low - 1];
    return s->before + HY_MIN(t, s->to) - s->from;
}

static int64_t within(const struct stretches *list, int64_t from, int64_t to)
{
    return before(list, to) - before(list, from);
}

/* ---- all of them ---- */

static bool cut(const struct hy_coverage *c, hy_wall from, hy_wall *to)
{
    if (!hy_wall_known(*to) || to->ms > c->now.ms)
        *to = c->now;
    return hy_wall_known(from) && from.ms < to->ms;
}

struct hy_seen hy_coverage_of(const struct hy_coverage *c, hy_wall from, hy_wall to)
{
    struct hy_seen sum = {0};

    if (c == NULL || !cut(c, from, &to))
        return sum;
    for (size_t i = 0; i < c->sources.n; i++) {
        const struct source *s = &c->sources.v[i];
        int64_t watched = within(&s->watched, from.ms, to.ms);
        sum.sources += watched > 0;
        sum.watched += watched;
        sum.seen += within(&s->seen, from.ms, to.ms);
    }
    return sum;
}

void hy_seen_text(struct hy_seen s, struct hy_buf *out)
{
    int64_t tenths = s.watched ? s.seen / HY_MAX(s.watched / 1000, 1) : 0;

    if (s.watched == 0)
        return;
    tenths = s.seen == s.watched ? 1000 : HY_MIN(tenths, 999); /* rounded down */
    hy_buf_printf(out, "%lld.%lld%%（%zu个来源）", (long long)tenths / 10, (long long)tenths % 10,
                  s.sources);
}

struct unseen {
    const char *name;
    int64_t ms;
};

static bool is_longer(const struct unseen *x, const struct unseen *y)
{
    return x->ms != y->ms ? x->ms > y->ms : strcmp(x->name, y->name) < 0;
}

/* Keep the longest NAMED_MAX, in order. */
static void keep_longest(struct unseen *top, size_t n, struct unseen u)
{
    size_t i = HY_MIN(n, (size_t)NAMED_MAX);

    if (i == NAMED_MAX && !is_longer(&u, &top[--i]))
        return;
    for (; i > 0 && is_longer(&u, &top[i - 1]); i--)
        top[i] = top[i - 1];
    top[i] = u;
}

void hy_coverage_unseen(const struct hy_coverage *c, hy_wall from, hy_wall to, struct hy_buf *out)
{
    struct unseen top[NAMED_MAX];
    size_t n = 0;

    if (c == NULL || !cut(c, from, &to))
        return;
    for (size_t i = 0; i < c->sources.n; i++) {
        const struct source *s = &c->sources.v[i];
        int64_t ms = within(&s->watched, from.ms, to.ms) - within(&s->seen, from.ms, to.ms);
        if (ms >= LEAST_MS)
            keep_longest(top, n++, (struct unseen){s->name, ms});
    }
    for (size_t i = 0; i < HY_MIN(n, (size_t)NAMED_MAX); i++) {
        hy_buf_puts(out, i ? "；" : "");
        hy_buf_puts(out, top[i].name);
        hy_span_text(top[i].ms, out);
    }
    if (n > NAMED_MAX)
        hy_buf_printf(out, "；等%zu个来源", n);
}
