/* SPDX-License-Identifier: Apache-2.0 */
/* Where a link stands in the structure of its page, as one number: links with the same one are
 * entries of the same block. */
#include "core/hash.h"
#include "core/mem.h"
#include "crawler/page/list_parts.h"

#include <ctype.h>
#include <string.h>

enum {
    CLASS_LEVELS = 6, /* ancestors whose class counts */
    FEW_SIBLINGS = 4, /* links of one parent that are told apart by their place */
};

static bool is_unstable(struct hy_str word)
{
    static const char *const words[] = {
        "odd", "even", "first",  "last", "active",  "on",     "cur",  "current",  "hover", "new",
        "hot", "top",  "common", "lock", "visited", "unread", "read", "selected", "alt"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_ieq(word, hy_str(words[i])))
            return true;
    for (size_t i = 0; i < word.n; i++)
        if (isdigit((unsigned char)word.p[i]))
            return true;
    return word.n == 0;
}

static void add_words(struct hy_buf *b, struct hy_str words)
{
    struct hy_str word;

    while (hy_str_cut(&words, ' ', &word))
        if (!is_unstable(word))
            hy_buf_printf(b, "." HY_STR_FMT, HY_STR_ARG(word));
}

static bool is_container(enum hy_tag tag)
{
    return tag == HY_TAG_UL || tag == HY_TAG_OL || tag == HY_TAG_TABLE || tag == HY_TAG_SECTION ||
           tag == HY_TAG_MAIN || tag == HY_TAG_ASIDE || tag == HY_TAG_DIV;
}

/* Which of its parent's children of the same tag is node i, and how many are there? */
static void place_of(const struct hy_dom *d, uint32_t i, int *ret_place, int *ret_count)
{
    uint32_t c = d->node[i].parent + 1;

    for (*ret_place = *ret_count = 0; c; c = d->node[c].next) {
        if (d->node[c].tag != d->node[i].tag)
            continue;
        *ret_place = c < i ? *ret_place + 1 : *ret_place;
        if (++*ret_count > 1000)
            return;
    }
}

uint64_t hy_list_signature_(const struct hy_dom *d, uint32_t i)
{
    struct hy_buf b = HY_BUF_INIT(8192);
    int place, count;

    for (int level = 0; i != 0 && level < 64; level++, i = d->node[i].parent) {
        enum hy_tag tag = d->node[i].tag;
        hy_buf_printf(&b, "<%d", (int)tag);
        if (level < CLASS_LEVELS)
            add_words(&b, hy_dom_attr(d, i, "class"));
        if (level > 0 && level < CLASS_LEVELS && is_container(tag))
            add_words(&b, hy_dom_attr(d, i, "id"));
        if (tag == HY_TAG_TD || tag == HY_TAG_TH || level == 0) {
            place_of(d, i, &place, &count);
            if (level > 0 || count <= FEW_SIBLINGS)
                hy_buf_printf(&b, "@%d", place);
        }
    }
    uint64_t h = hy_hash64(hy_buf_view(&b));
    hy_buf_release(&b);
    return h;
}

bool hy_list_in_chrome_(const struct hy_dom *d, uint32_t i)
{
    static const enum hy_tag tags[] = {HY_TAG_NAV, HY_TAG_HEADER, HY_TAG_FOOTER, HY_TAG_ASIDE};
    static const char *const names[] = {"nav",     "navbar", "menu",       "header",
                                        "footer",  "foot",   "links",      "side",
                                        "sidebar", "crumb",  "breadcrumb", "copyright"};

    for (; i != 0; i = d->node[i].parent) {
        for (size_t k = 0; k < HY_COUNT(tags); k++)
            if (d->node[i].tag == tags[k])
                return true;
        for (size_t k = 0; k < HY_COUNT(names); k++)
            if (hy_dom_is_called(d, i, names[k]))
                return true;
    }
    return false;
}
