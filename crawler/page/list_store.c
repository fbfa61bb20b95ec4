/* SPDX-License-Identifier: Apache-2.0 */
/* The list as it is handed out, and what a page says beside its entries: the feed it names, and
 * whether it is no list but a wall. */
#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/url.h"
#include "crawler/page/list_parts.h"

#include <stdlib.h>
#include <string.h>

struct hy_list *hy_list_new(void)
{
    struct hy_list *l = hy_xcalloc(1, sizeof(*l));

    l->arena = hy_arena_new();
    l->v = hy_xcalloc(HY_LIST_MAX_LINKS, sizeof(*l->v));
    l->next = l->feed = l->why = "";
    return l;
}

const char *hy_list_keep(struct hy_list *l, struct hy_str s)
{
    return hy_arena_str(l->arena, s).p;
}

void hy_list_add(struct hy_list *l, const struct hy_link *link)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->v[i].url, link->url) == 0)
            return;
    if (l->n == HY_LIST_MAX_LINKS)
        return;
    struct hy_link *to = &l->v[l->n++];
    *to = *link;
    to->url = hy_list_keep(l, hy_str(link->url));
    to->title = hy_list_keep(l, hy_str(link->title));
}

void hy_list_free(struct hy_list *l)
{
    if (l == NULL)
        return;
    hy_arena_free(l->arena);
    free(l->v);
    free(l);
}

void hy_list_feed_(struct hy_list *l, const struct hy_dom *d, struct hy_str base)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct hy_str type = hy_dom_attr(d, i, "type");
        if (d->node[i].tag != HY_TAG_LINK ||
            (!hy_str_is(type, "application/rss+xml") && !hy_str_is(type, "application/atom+xml")))
            continue;
        HY_CLEANUP(hy_freep) char *url = hy_url_resolve(base, hy_dom_attr(d, i, "href"));
        if (url) {
            l->feed = hy_list_keep(l, hy_str(url));
            return;
        }
    }
}

/* A page that lets nobody in: a password field or the words of a barrier, and hardly any link. */
bool hy_list_is_wall_(const struct hy_list *l, const struct hy_dom *d)
{
    static const char *const words[] = {"请登录",   "请先登录",   "需要登录",      "登录后",
                                        "安全验证", "人机验证",   "访问验证",      "请输入验证码",
                                        "访问受限", "访问被拒绝", "Just a moment", "Access Denied",
                                        "captcha"};
    struct hy_buf b = HY_BUF_INIT(2000);
    bool wall = false;

    for (uint32_t i = 0; i < d->n && !wall; i++)
        wall = d->node[i].tag == HY_TAG_INPUT &&
               hy_str_ieq(hy_dom_attr(d, i, "type"), HY_STR("password"));
    if (d->n)
        hy_dom_text(d, 0, &b);
    for (size_t k = 0; k < HY_COUNT(words) && !wall; k++)
        wall = hy_str_has(hy_buf_view(&b), hy_str(words[k]));
    hy_buf_release(&b);
    return wall && l->n < 3;
}
