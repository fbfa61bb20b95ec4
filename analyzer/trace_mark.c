/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers by which events of one kind at one place are told apart: typhoons are numbered through
 * the year, accidents on one road lie at kilometre posts.  A magnitude is none: what follows a
 * quake belongs to it. */
#include "analyzer/trace_parts.h"

#include "analyzer/read.h"
#include "analyzer/trace.h"

#include <string.h>

enum { MOST = 9999, POSTS_APART = 2 };

/* 第3号台风, 今年第11号台风“海葵” */
static uint32_t typhoon_at(const struct hy_chars *t, size_t i)
{
    struct hy_amount a;
    size_t len;

    if ((len = hy_chars_at(t, i, "第")) == 0 || !hy_read_amount(t, i + len, &a) || a.min != a.max ||
        a.min < 1 || a.min > MOST || (len = hy_chars_at(t, a.end, "号")) == 0)
        return 0;
    size_t next = a.end + len;
    next += hy_chars_at(t, next, "强");
    return hy_chars_at(t, next, "台风") || hy_chars_at(t, next, "热带风暴") ? (uint32_t)a.min : 0;
}

/* K30+200, K1280公里: the kilometre, and one more, for a road begins at 0. */
static uint32_t post_at(const struct hy_chars *t, size_t i)
{
    uint32_t n = 0;
    size_t k = i + 1;

    bool inside = i > 0 && t->c[i - 1] < 128 && t->c[i - 1] != ' '; /* a flight MK30 */
    if ((t->c[i] != 'K' && t->c[i] != 'k') || inside)
        return 0;
    while (k < t->n && t->c[k] >= '0' && t->c[k] <= '9' && n <= MOST)
        n = n * 10 + (t->c[k++] - '0');
    return k > i + 1 && n <= MOST ? n + 1 : 0;
}

static const struct {
    const char *type;
    uint32_t (*at)(const struct hy_chars *t, size_t i);
} kinds[] = {{"storm", typhoon_at}, {"flood", typhoon_at}, {"traffic_accident", post_at}};

static uint32_t first(const struct hy_chars *t, uint32_t (*at)(const struct hy_chars *, size_t))
{
    for (size_t i = 0; i < t->n; i++) {
        uint32_t n = at(t, i);
        if (n)
            return n;
    }
    return 0;
}

uint32_t trace_mark(const struct hy_doc *doc, struct hy_str type)
{
    for (size_t k = 0; k < HY_COUNT(kinds); k++) {
        if (!hy_str_is(type, kinds[k].type))
            continue;
        uint32_t n = first(&doc->field[HY_TITLE], kinds[k].at);
        return n ? n : first(&doc->field[HY_TEXT], kinds[k].at);
    }
    return 0;
}

bool hy_trace_marks_differ(const struct hy_trace *a, const struct hy_trace *b)
{
    bool road = strcmp(a->event_type, "traffic_accident") == 0;
    uint32_t apart = a->mark > b->mark ? a->mark - b->mark : b->mark - a->mark;

    return a->mark && b->mark && strcmp(a->event_type, b->event_type) == 0 &&
           apart > (road ? POSTS_APART : 0);
}
