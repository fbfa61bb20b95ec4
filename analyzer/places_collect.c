/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the names of places in a text, longest first, without those that are the name of a road or
 * part of another word. */
#include "analyzer/places_parts.h"

#include "core/mem.h"

#include <uchar.h>

/* 河南路, 南京东路, 北京大街: the name of a road, whatever city it is in. */
static bool is_road(const struct hy_chars *t, size_t end)
{
    static struct hy_wordlist roads = {.list = {"路",   "街",   "大街",   "大道", "道口", "巷",
                                                "东路", "西路", "南路",   "北路", "中路", "东街",
                                                "西街", "南街", "北街",   "一路", "二路", "三路",
                                                "四路", "环路", "里小区", "新村", NULL}};
    static struct hy_wordlist not_road = {.list = {"路段", "路况", "路网", "路上", "路边", "街头",
                                                   "街上", "路透", "路线", "街坊", "路人", "路遇",
                                                   "街景", "道路", "路面", "街道", NULL}};

    return hy_wordlist_at(t, end, &roads, NULL) > 0 && !hy_wordlist_at(t, end, &not_road, NULL);
}

/* 北京银行, 上海大众: a firm or a dish, not the city - left to the stop words; here only what
 * follows by form. */
static bool is_inside_word(const struct hy_chars *t, size_t start, size_t end,
                           const struct hy_name *n)
{
    if (!n->shortened || n->level < HY_DIV_COUNTY)
        return false;
    uint32_t before = start > 0 ? t->c[start - 1] : 0, after = end < t->n ? t->c[end] : 0;
    static const char16_t bad_after[] = u"化性度们着";

    (void)before;
    for (size_t i = 0; bad_after[i]; i++)
        if (bad_after[i] == after)
            return true;
    return false;
}

static bool acceptable(const struct hy_chars *t, size_t start, size_t end, const struct hy_name *n)
{
    /* 福州市民: the city and its citizens */
    if (n->kind == HY_NAME_DIVISION && !n->shortened && end < t->n && t->c[end - 1] == 0x5E02 &&
        (t->c[end] == 0x6C11 || t->c[end] == 0x573A))
        return false;
    if (n->kind != HY_NAME_DIVISION || !n->shortened)
        return true;
    return !is_road(t, end) && !is_inside_word(t, start, end, n);
}

/* 崇礼县: a name the table has as 崇礼区 today; counties become districts and cities. */
static bool was_county(const struct hy_chars *t, size_t end, const struct hy_name *n)
{
    uint32_t c = end < t->n ? t->c[end] : 0, next = end + 1 < t->n ? t->c[end + 1] : 0;

    return n->kind == HY_NAME_DIVISION && n->shortened && n->level == HY_DIV_COUNTY &&
           n->next == NULL && (c == 0x53BF || (c == 0x5E02 && next != 0x573A && next != 0x6C11));
}

static bool is_firm(const struct hy_name *n)
{
    return n->kind == HY_NAME_DIVISION && n->next == NULL && !n->guarded && n->level != HY_DIV_TOWN;
}

/* The name that begins at i goes to *out.  Where it ends; i when there is none. */
static size_t collect_at(const struct hy_places *rules, const struct hy_chars *t,
                         enum hy_field field, size_t i, candidates *out)
{
    size_t len = 0;
    const struct hy_name *n = hy_places_match(rules, t->c, t->n, i, SIZE_MAX, &len);

    while (n && n->kind != HY_NAME_STOP && !acceptable(t, i, i + len, n))
        n = len > 1 ? hy_places_match(rules, t->c, t->n, i, len - 1, &len) : NULL;
    if (n == NULL)
        return i;
    if (n->kind != HY_NAME_STOP) {
        bool renamed = was_county(t, i + len, n);
        len += renamed;
        struct candidate c = {
            .name = n, .span = {field, i, i + len}, .firm = renamed || is_firm(n)};
        c.follows =
            out->n && out->v[out->n - 1].span.field == field && out->v[out->n - 1].span.end == i;
        hy_vec_push(out, c);
    }
    return i + len;
}

/* First where names may begin, some dozens of characters ahead, then which: the names of a country
 * are far away, and fetched together they are waited for once. */
void places_collect(const struct hy_places *rules, const struct hy_chars *t, enum hy_field field,
                    candidates *out)
{
    enum { AHEAD = 64 };
    const struct hy_place_tries names = hy_places_tries(rules);
    size_t may_begin[AHEAD], n, end = 0;

    for (size_t i = 0; i < t->n;) {
        n = 0;
        for (size_t until = HY_MIN(i + AHEAD, t->n); i < until; i++)
            if (t->c[i] >= 0x2E80 && hy_place_may_begin(&names, t->c[i], t->c[i + 1])) {
                hy_trie_prefetch(names.national, t->c[i], t->c[i + 1]);
                may_begin[n++] = i;
            }
        for (size_t k = 0; k < n; k++)
            if (may_begin[k] >= end)
                end = collect_at(rules, t, field, may_begin[k], out);
    }
}
