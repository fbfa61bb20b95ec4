/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/repeat.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vec.h"
#include "crawler/page/quote.h"

#include <stdlib.h>

enum {
    MIN_FLOORS = 3,
    SHARE = 4,         /* one floor in so many has it */
    COUNTER_LINE = 16, /* weight up to which digits do not matter: "赞 3", "Reply 12" */
    SHORT_LINE = 60,
};

struct said {
    uint64_t what;
    uint32_t floor, line;
};

static uint64_t key_of(const struct hy_line *l)
{
    char text[3 * COUNTER_LINE + 1];
    size_t n = 0;

    if (l->weight > COUNTER_LINE || l->text.n >= sizeof(text))
        return hy_hash64(l->text);
    for (size_t i = 0; i < l->text.n; i++)
        if (l->text.p[i] < '0' || l->text.p[i] > '9')
            text[n++] = l->text.p[i];
    return hy_hash64((struct hy_str){text, n});
}

static int by_what(const void *a, const void *b)
{
    const struct said *x = a, *y = b;

    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static bool is_often(size_t in, size_t floors)
{
    return in >= MIN_FLOORS && SHARE * in >= floors;
}

/* Of a long text the first is kept: somebody wrote it, the others sign with it.  What others only
 * quote is left out of their floors and stays in the one that said it. */
static void mark(const struct hy_view *v, const uint8_t *quoted, const struct said *s, size_t n,
                 size_t floors, bool *ret)
{
    size_t in = 0, own = 0;

    for (size_t i = 0, last = SIZE_MAX; i < n; i++) {
        in += i == 0 || s[i].floor != s[i - 1].floor;
        if (quoted[s[i].line] == HY_QUOTE_NOT && s[i].floor != last) {
            last = s[i].floor;
            own++;
        }
    }
    for (size_t i = v->line[s[0].line].weight > SHORT_LINE; i < n; i++)
        ret[s[i].line] = is_often(quoted[s[i].line] ? in : own, floors);
}

bool *hy_repeat_find(const struct hy_view *v, const uint8_t *quoted, const struct hy_floor *floor,
                     size_t n)
{
    bool *ret = hy_xcalloc(v->n + 1, sizeof(*ret));
    HY_VEC(struct said) said = {0};

    for (uint32_t f = 0; n >= MIN_FLOORS && f < n; f++)
        for (uint32_t i = floor[f].first; i < floor[f].last; i++)
            if (v->line[i].zone <= floor[f].zone)
                hy_vec_push(&said, (struct said){key_of(&v->line[i]), f, i});
    if (said.n)
        qsort(said.v, said.n, sizeof(*said.v), by_what);
    for (size_t from = 0, to; from < said.n; from = to) {
        for (to = from; to < said.n && said.v[to].what == said.v[from].what; to++)
            ;
        mark(v, quoted, said.v + from, to - from, n, ret);
    }
    hy_vec_release(&said);
    return ret;
}
