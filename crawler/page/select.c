/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/select.h"

#include <string.h>

/* End of the simple selector that starts at `at`. */
static size_t simple_end(struct hy_str s, size_t at)
{
    if (s.p[at] == '[') {
        size_t close = hy_str_find_char(s, ']', at);
        return close == HY_NPOS ? s.n : close + 1;
    }
    size_t end = at + 1;
    while (end < s.n && memchr(".#[", s.p[end], 3) == NULL)
        end++;
    return end;
}

static bool matches_attr(const struct hy_dom *d, uint32_t i, struct hy_str inside)
{
    struct hy_str name = inside, value = hy_str("");
    size_t eq = hy_str_find_char(inside, '=', 0);
    char key[64];

    if (eq != HY_NPOS) {
        name = hy_str_sub(inside, 0, eq);
        value = hy_str_sub(inside, eq + 1, inside.n);
        if (value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\''))
            value = hy_str_sub(value, 1, value.n - 1);
    }
    if (name.n >= sizeof(key))
        return false;
    memcpy(key, name.p, name.n);
    key[name.n] = '\0';
    if (!hy_dom_has_attr(d, i, key))
        return false;
    return eq == HY_NPOS || hy_str_eq(hy_dom_attr(d, i, key), value);
}

static bool has_class(const struct hy_dom *d, uint32_t i, struct hy_str name)
{
    struct hy_str words = hy_dom_attr(d, i, "class"), word;

    while (hy_str_cut(&words, ' ', &word))
        if (hy_str_eq(hy_str_trim(word), name))
            return true;
    return false;
}

static bool matches_simple(const struct hy_dom *d, uint32_t i, struct hy_str simple)
{
    struct hy_str rest = hy_str_sub(simple, 1, simple.n);

    switch (simple.p[0]) {
    case '.':
        return has_class(d, i, rest);
    case '#':
        return hy_str_eq(hy_dom_attr(d, i, "id"), rest);
    case '[':
        return matches_attr(d, i, hy_str_sub(simple, 1, simple.n - 1));
    case '*':
        return true;
    default:
        return hy_str_ieq(simple, hy_str(hy_tag_name(d->node[i].tag)));
    }
}

static bool matches_step(const struct hy_dom *d, uint32_t i, struct hy_str step)
{
    if (d->node[i].tag == HY_TAG_TEXT || step.n == 0)
        return false;
    for (size_t at = 0; at < step.n;) {
        size_t end = simple_end(step, at);
        if (!matches_simple(d, i, hy_str_sub(step, at, end)))
            return false;
        at = end;
    }
    return true;
}

/* Cut the last step off; *ret_child says whether ">" stands before it. */
static struct hy_str last_step(struct hy_str *s, bool *ret_child)
{
    *s = hy_str_trim(*s);
    size_t at = s->n;
    while (at > 0 && s->p[at - 1] != ' ' && s->p[at - 1] != '>')
        at--;
    struct hy_str step = hy_str_sub(*s, at, s->n);
    *s = hy_str_trim(hy_str_sub(*s, 0, at));
    *ret_child = s->n && s->p[s->n - 1] == '>';
    if (*ret_child)
        *s = hy_str_trim(hy_str_sub(*s, 0, s->n - 1));
    return step;
}

/* Greedy from the inside out, nearest ancestor first; chains of mixed ">" and white space that need
 * more are beyond "simple". */
bool hy_select_matches(const struct hy_dom *d, uint32_t i, uint32_t scope, struct hy_str selector)
{
    bool child;

    if (!matches_step(d, i, last_step(&selector, &child)))
        return false;
    while (selector.n) {
        bool next_child;
        struct hy_str step = last_step(&selector, &next_child);
        do {
            if (i == scope || i == 0)
                return false;
            i = d->node[i].parent;
        } while (!matches_step(d, i, step) && !child);
        if (!matches_step(d, i, step))
            return false;
        child = next_child;
    }
    return true;
}

uint32_t hy_select_next(const struct hy_dom *d, uint32_t from, uint32_t scope,
                        struct hy_str selector)
{
    for (uint32_t i = from > scope ? from : scope + 1; i < d->node[scope].end; i++)
        if (hy_select_matches(d, i, scope, selector))
            return i;
    return 0;
}
