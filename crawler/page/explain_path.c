/* SPDX-License-Identifier: Apache-2.0 */
/* Where an element is, as a person finds it on the page. */
#include "crawler/page/explain.h"

enum { LEVELS = 3 }; /* of the path to an element */

static void add_name(const struct hy_dom *d, uint32_t i, struct hy_buf *out)
{
    struct hy_str id = hy_dom_attr(d, i, "id"), class = hy_dom_attr(d, i, "class"), one;

    hy_buf_printf(out, "%s", hy_tag_name((enum hy_tag)d->node[i].tag));
    if (id.n)
        hy_buf_printf(out, "#%.*s", (int)HY_MIN(id.n, (size_t)30), id.p);
    if (class.n && hy_str_cut(&class, ' ', &one) && one.n)
        hy_buf_printf(out, ".%.*s", (int)HY_MIN(one.n, (size_t)30), one.p);
}

void hy_explain_path(json_t *o, const struct hy_dom *d, uint32_t i)
{
    struct hy_buf path = HY_BUF_INIT(2000);
    uint32_t up[LEVELS], n = 0;

    for (; i && n < LEVELS && d->node[i].tag != HY_TAG_BODY; i = d->node[i].parent)
        up[n++] = i;
    while (n--) {
        add_name(d, up[n], &path);
        if (n)
            hy_buf_add(&path, " > ", 3);
    }
    hy_json_set_str(o, "element", path.n ? hy_buf_view(&path) : HY_STR("body"));
    hy_buf_release(&path);
}
