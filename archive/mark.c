/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/mark.h"

#include "analyzer/normal.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>

enum { MARKS_MAX = 2000, LEAD_SHARE = 4 };

struct span {
    size_t start, end; /* bytes of the original */
    size_t word;
};
struct spans {
    HY_VEC(struct span) v;
};

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return x->start != y->start ? (x->start < y->start ? -1 : 1) : (x->end > y->end ? -1 : 1);
}

/* Overlapping ones become one. */
static void join(struct spans *s)
{
    size_t n = 0;

    if (s->v.n)
        qsort(s->v.v, s->v.n, sizeof(*s->v.v), by_start);
    for (size_t i = 0; i < s->v.n; i++) {
        if (n && s->v.v[i].start < s->v.v[n - 1].end)
            s->v.v[n - 1].end = HY_MAX(s->v.v[n - 1].end, s->v.v[i].end);
        else
            s->v.v[n++] = s->v.v[i];
    }
    s->v.n = n;
}

static void find_all(const struct hy_query *q, const struct hy_normal *n, struct spans *out)
{
    for (size_t i = 0; i < q->v.n; i++) {
        struct hy_str word = hy_str(q->v.v[i].text);
        if (q->v.v[i].without)
            continue;
        for (size_t at = 0; (at = hy_str_find(n->text, word, at)) != HY_NPOS; at += word.n) {
            hy_vec_push(&out->v, (struct span){hy_normal_origin(n, at),
                                               hy_normal_origin_end(n, at + word.n), i});
            if (out->v.n == MARKS_MAX)
                return;
        }
    }
}

static void find_marks(const struct hy_query *q, struct hy_str text, struct spans *out)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_normal n = hy_normalize(text, arena);

    find_all(q, &n, out);
    hy_arena_free(arena);
    join(out);
}

static json_t *pair(size_t a, size_t b)
{
    return json_pack("[II]", (json_int_t)a, (json_int_t)b);
}

json_t *hy_mark(const struct hy_query *q, struct hy_str text)
{
    json_t *list = json_array();
    struct spans s = {0};
    size_t byte = 0, chars = 0;

    find_marks(q, text, &s);
    for (size_t i = 0; i < s.v.n; i++) { /* spans rise, so the text is counted once */
        size_t start = chars + hy_utf8_count(hy_str_sub(text, byte, s.v.v[i].start));
        chars = start + hy_utf8_count(hy_str_sub(text, s.v.v[i].start, s.v.v[i].end));
        byte = s.v.v[i].end;
        json_array_append_new(list, pair(start, chars));
    }
    hy_vec_release(&s.v);
    return list;
}

/* -- snippets ---------------------------------------------------------------------------------- */

/* The span from which a window of `bytes` holds most different words. */
static size_t best_start(const struct spans *s, size_t bytes)
{
    size_t best = 0, most = 0;

    for (size_t i = 0; i < s->v.n; i++) {
        uint64_t words = 0;
        for (size_t k = i; k < s->v.n && s->v.v[k].end <= s->v.v[i].start + bytes; k++)
            words |= UINT64_C(1) << (s->v.v[k].word % 64);
        size_t n = (size_t)__builtin_popcountll(words);
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return best;
}

/* `chars` code points back from `at`, or forward. */
static size_t back(struct hy_str text, size_t at, size_t chars)
{
    while (at > 0 && chars-- > 0)
        hy_utf8_prev(text, &at);
    return at;
}

static size_t forward(struct hy_str text, size_t at, size_t chars)
{
    while (at < text.n && chars-- > 0)
        hy_utf8_next(text, &at);
    return at;
}

/* Runs of white space become one blank. */
static char *squeezed(struct hy_str s)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    bool space = true;

    for (size_t at = 0; at < s.n;) {
        uint32_t c = hy_utf8_next(s, &at);
        bool is = hy_is_space(c) || c < ' ';
        if (!is)
            hy_buf_utf8(&b, c);
        else if (!space)
            hy_buf_char(&b, ' ');
        space = is;
    }
    return hy_buf_take(&b);
}

json_t *hy_mark_snippet(const struct hy_query *q, struct hy_str text, size_t chars)
{
    struct spans s = {0};
    size_t from = 0, to;

    find_marks(q, text, &s);
    if (s.v.n)
        from = back(text, s.v.v[best_start(&s, chars * 3)].start, chars / LEAD_SHARE);
    hy_vec_release(&s.v);
    to = forward(text, from, chars);
    if (to == text.n)
        from = back(text, to, chars); /* the end of the text: show more of what leads there */
    HY_CLEANUP(hy_freep) char *piece = squeezed(hy_str_sub(text, from, to));
    json_t *o = json_object();
    hy_json_set_str(o, "text", hy_str(piece));
    json_object_set_new(o, "marks", hy_mark(q, hy_str(piece)));
    json_object_set_new(o, "before", json_boolean(from > 0));
    json_object_set_new(o, "after", json_boolean(to < text.n));
    return o;
}
