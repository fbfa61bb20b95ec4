/* SPDX-License-Identifier: Apache-2.0 */
/* Puts together what title, body, thread and date find. */
#include "crawler/extract.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/body.h"
#include "crawler/date.h"
#include "crawler/mask.h"
#include "crawler/meta.h"
#include "crawler/title.h"
#include "crawler/view.h"

#include <stdlib.h>

/* Control characters would surprise every consumer; NUL would cut the text in C.  Gumbo writes
 * numeric references of surrogates as they are, which is no valid UTF-8. */
static char *finish_text(struct hy_buf *b, bool raw)
{
    struct hy_buf valid = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t n = 0;

    hy_charset_decode("UTF-8", hy_buf_view(b), &valid);
    hy_buf_release(b);
    char *text = hy_buf_take(&valid);
    if (text == NULL)
        text = hy_xstrdup("");
    for (size_t i = 0; text[i]; i++)
        if ((unsigned char)text[i] >= ' ' || text[i] == '\n')
            text[n++] = text[i];
    text[n] = '\0';
    if (!raw)
        hy_mask(text, n);
    return text;
}

static void take_date(const struct hy_page *p, const struct hy_view *v, const struct hy_meta *m,
                      const struct hy_body *b, uint32_t title, const struct hy_extract_how *how,
                      struct hy_item *ret)
{
    struct hy_date d = hy_date_find(
        v, m, b,
        &(struct hy_date_how){.url = how->url,
                              .html = hy_page_html(p),
                              .now = how->fetched,
                              .latest = hy_wall_known(how->latest) ? how->latest : how->fetched,
                              .offset_min = how->offset_min,
                              .title = title,
                              .explain = how->explain});

    ret->published = d.at;
    ret->published_offset_min = d.offset_min;
    ret->precision = d.precision;
    ret->published_from = d.from;
}

void hy_extract(const struct hy_page *p, const struct hy_extract_how *how, struct hy_item *ret)
{
    struct hy_viewer *viewer = hy_viewer_new();
    const struct hy_view *v = hy_viewer_look(viewer, hy_page_dom(p));
    struct hy_buf title = HY_BUF_INIT(HY_BUF_UNBOUNDED), text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_meta meta;
    struct hy_body body;

    *ret = (struct hy_item){.published = HY_WALL_NONE, .fetched = how->fetched};
    hy_meta_read(v->dom, &meta);
    struct hy_title t = hy_title_find(v, &meta, &title);
    hy_body_find(v, t.node, hy_buf_view(&title), &body);
    hy_body_text(v, &body, &text);
    take_date(p, v, &meta, &body, t.node, how, ret);
    ret->url = how->url.n ? hy_str_dup(how->url) : NULL;
    ret->charset = hy_xstrdup(hy_page_charset(p).name);
    ret->title = finish_text(&title, how->raw);
    ret->text = finish_text(&text, how->raw);
    ret->kind = HY_ITEM_ARTICLE;
    hy_item_hash(ret);
    hy_body_release(&body);
    hy_meta_release(&meta);
    hy_viewer_free(viewer);
}
