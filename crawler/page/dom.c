/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/dom.h"

#include "core/mem.h"
#include "core/utf8.h"

static const char *const tag_names[] = {[HY_TAG_TEXT] = "#text",
                                        [HY_TAG_OTHER] = "other",
#define ROW(id, name) [HY_TAG_##id] = name,
                                        HY_TAGS(ROW)
#undef ROW
};
_Static_assert(HY_COUNT(tag_names) == HY_TAG_COUNT, "name every tag");

static const bool block[HY_TAG_COUNT] = {
    [HY_TAG_ADDRESS] = true,    [HY_TAG_ARTICLE] = true,  [HY_TAG_ASIDE] = true,
    [HY_TAG_BLOCKQUOTE] = true, [HY_TAG_BODY] = true,     [HY_TAG_BR] = true,
    [HY_TAG_CAPTION] = true,    [HY_TAG_CENTER] = true,   [HY_TAG_DD] = true,
    [HY_TAG_DETAILS] = true,    [HY_TAG_DIV] = true,      [HY_TAG_DL] = true,
    [HY_TAG_DT] = true,         [HY_TAG_FIELDSET] = true, [HY_TAG_FIGCAPTION] = true,
    [HY_TAG_FIGURE] = true,     [HY_TAG_FOOTER] = true,   [HY_TAG_FORM] = true,
    [HY_TAG_H1] = true,         [HY_TAG_H2] = true,       [HY_TAG_H3] = true,
    [HY_TAG_H4] = true,         [HY_TAG_H5] = true,       [HY_TAG_H6] = true,
    [HY_TAG_HEADER] = true,     [HY_TAG_HR] = true,       [HY_TAG_LEGEND] = true,
    [HY_TAG_LI] = true,         [HY_TAG_MAIN] = true,     [HY_TAG_MENU] = true,
    [HY_TAG_NAV] = true,        [HY_TAG_OL] = true,       [HY_TAG_OPTION] = true,
    [HY_TAG_P] = true,          [HY_TAG_PRE] = true,      [HY_TAG_SECTION] = true,
    [HY_TAG_SUMMARY] = true,    [HY_TAG_TABLE] = true,    [HY_TAG_TBODY] = true,
    [HY_TAG_TD] = true,         [HY_TAG_TFOOT] = true,    [HY_TAG_TH] = true,
    [HY_TAG_THEAD] = true,      [HY_TAG_TR] = true,       [HY_TAG_UL] = true,
};

const char *hy_tag_name(enum hy_tag tag)
{
    return tag_names[tag];
}

bool hy_tag_is_block(enum hy_tag tag)
{
    return block[tag];
}

static const struct hy_attr *attr_of(const struct hy_dom *d, uint32_t i, const char *name)
{
    const struct hy_node *n = &d->node[i];

    for (uint32_t k = 0; k < n->n_attrs; k++)
        if (hy_str_is(n->attrs[k].name, name))
            return &n->attrs[k];
    return NULL;
}

struct hy_str hy_dom_attr(const struct hy_dom *d, uint32_t i, const char *name)
{
    const struct hy_attr *a = attr_of(d, i, name);

    return a ? a->value : (struct hy_str){"", 0};
}

bool hy_dom_has_attr(const struct hy_dom *d, uint32_t i, const char *name)
{
    return attr_of(d, i, name) != NULL;
}

uint32_t hy_dom_find(const struct hy_dom *d, uint32_t from, enum hy_tag tag)
{
    for (uint32_t i = from + 1; d->n && i < d->node[from].end; i++)
        if (d->node[i].tag == tag)
            return i;
    return 0;
}

uint32_t hy_dom_up(const struct hy_dom *d, uint32_t i, enum hy_tag tag)
{
    while (i) {
        i = d->node[i].parent;
        if (d->node[i].tag == tag)
            return i;
    }
    return 0;
}

/* One line of text: white space runs shrink to one space, none at the ends. */
static void add_words(struct hy_str s, struct hy_buf *out, size_t start, bool *space)
{
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        if (hy_is_space(hy_utf8_next(s, &i))) {
            *space = true;
            continue;
        }
        if (*space && out->n > start)
            hy_buf_char(out, ' ');
        *space = false;
        hy_buf_add(out, s.p + from, i - from);
    }
}

void hy_dom_text(const struct hy_dom *d, uint32_t i, struct hy_buf *out)
{
    size_t start = out->n;
    bool space = false;

    for (uint32_t k = i; d->n && k < d->node[i].end; k++) {
        const struct hy_node *n = &d->node[k];
        if (n->tag == HY_TAG_TEXT)
            add_words(n->text, out, start, &space);
        else if (n->tag == HY_TAG_SCRIPT || n->tag == HY_TAG_STYLE || n->tag == HY_TAG_TEMPLATE)
            k = n->end - 1;
        else if (block[n->tag])
            space = true;
    }
}

bool hy_dom_is_called(const struct hy_dom *d, uint32_t i, const char *word)
{
    struct hy_str classes = hy_dom_attr(d, i, "class"), one;

    if (hy_str_ieq(hy_dom_attr(d, i, "id"), hy_str(word)))
        return true;
    while (classes.n && hy_str_cut(&classes, ' ', &one))
        if (hy_str_ieq(one, hy_str(word)))
            return true;
    return false;
}
