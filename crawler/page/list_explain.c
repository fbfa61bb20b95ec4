/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/list_explain.h"

#include "core/utf8.h"
#include "core/vec.h"

#include <stdlib.h>

enum { MAX_BLOCKS = 6, MAX_LINKS = 10, TITLE_CHARS = 40 };

static int by_score(const void *a, const void *b)
{
    double x = json_number_value(json_object_get(*(json_t *const *)a, "score"));
    double y = json_number_value(json_object_get(*(json_t *const *)b, "score"));

    return (x < y) - (x > y);
}

static json_t *sorted(const json_t *blocks)
{
    HY_VEC(json_t *) all = {0};
    json_t *list = json_array(), *o;
    size_t i;

    json_array_foreach (blocks, i, o)
        hy_vec_push(&all, o);
    if (all.n)
        qsort(all.v, all.n, sizeof(*all.v), by_score);
    for (i = 0; i < all.n && i < MAX_BLOCKS; i++)
        json_array_append(list, all.v[i]);
    hy_vec_release(&all);
    return list;
}

static json_t *link_json(const struct hy_link *l)
{
    json_t *o = json_object();

    hy_json_set_str(o, "url", hy_str(l->url));
    hy_json_set_str(o, "title", hy_str(l->title));
    hy_json_set_time(o, "published", l->published, HY_CST);
    hy_json_set_str(o, "precision", hy_str(hy_precision_name[l->precision]));
    hy_json_set_time(o, "last_reply", l->last_reply, HY_CST);
    hy_json_set_int(o, "replies", l->replies);
    return o;
}

json_t *hy_list_explain(const struct hy_dom *d, struct hy_str url, struct hy_list_hints hints)
{
    HY_CLEANUP(hy_json_freep) json_t *blocks = json_array();
    json_t *o = json_object(), *links = json_array();

    hints.blocks = blocks;
    HY_CLEANUP(hy_list_freep) struct hy_list *l = hy_list_html(d, url, &hints);
    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(links, link_json(&l->v[i]));
    hy_json_set_str(o, "why", hy_str(l->why));
    hy_json_set_str(o, "next", hy_str(l->next));
    hy_json_set_str(o, "feed", hy_str(l->feed));
    json_object_set_new(o, "wall", json_boolean(l->wall));
    hy_json_set_int(o, "compared", (int64_t)json_array_size(blocks));
    json_object_set_new(o, "blocks", sorted(blocks));
    json_object_set_new(o, "links", links);
    return o;
}

/* -- for people ------------------------------------------------------------------------------ */

/* What spoke against a block, the weightiest first; "" when nothing did. */
static const char *against(const json_t *b)
{
    int64_t n = hy_json_int(b, "links", 1);

    if (hy_json_bool(b, "chrome"))
        return "，在导航、页脚一类的位置";
    if (2 * hy_json_int(b, "foreign", 0) > n)
        return "，多数指向别的网站";
    if (2 * hy_json_int(b, "urls", 0) < n || 2 * hy_json_int(b, "titles", 0) < n)
        return "，标题或网址重复";
    if (json_number_value(json_object_get(b, "headlines")) < 0.3)
        return "，文字太短，不像标题";
    if (n < 3)
        return "，太少";
    return hy_json_int(b, "dated", 0) ? "" : "，旁边没有日期";
}

static void print_block(const json_t *b, FILE *out)
{
    struct hy_str element = hy_json_str(b, "element");

    fprintf(out, "　　　%s %5.1f 分　" HY_STR_FMT "　%d 个链接，前 5 个里 %d 个有日期%s\n",
            hy_json_bool(b, "taken") ? "→" : "　", json_number_value(json_object_get(b, "score")),
            HY_STR_ARG(element), (int)hy_json_int(b, "links", 0), (int)hy_json_int(b, "dated", 0),
            against(b));
}

static void print_link(const json_t *o, FILE *out)
{
    struct hy_str title = hy_json_str(o, "title"), url = hy_json_str(o, "url");
    struct hy_str at = hy_json_str(o, "published"), reply = hy_json_str(o, "last_reply");
    struct hy_str head = hy_utf8_head(title, TITLE_CHARS);
    bool day = hy_str_is(hy_json_str(o, "precision"), "day");

    fprintf(out, "　　　%-16.*s　" HY_STR_FMT "%s　" HY_STR_FMT, (int)HY_MIN(at.n, day ? 10 : 16),
            at.n ? at.p : "", HY_STR_ARG(head), head.n < title.n ? "……" : "", HY_STR_ARG(url));
    if (hy_json_int(o, "replies", -1) >= 0)
        fprintf(out, "　%d 回复", (int)hy_json_int(o, "replies", 0));
    if (reply.n)
        fprintf(out, "　最后回复 %.16s", reply.p);
    fputc('\n', out);
}

static void print_named(const char *label, struct hy_str value, FILE *out)
{
    if (value.n)
        fprintf(out, "　　　%s　" HY_STR_FMT "\n", label, HY_STR_ARG(value));
}

void hy_list_explain_print(const json_t *list, FILE *out)
{
    const json_t *links = json_object_get(list, "links"), *blocks = json_object_get(list, "blocks");
    size_t i;
    json_t *o;

    if (list == NULL)
        return;
    fprintf(out, "列表　取了 %zu 条", json_array_size(links));
    if (json_array_size(blocks))
        fprintf(out, "，比较了 %d 块链接：标题像句子、各不相同、有日期、网址有编号的一块得分高",
                (int)hy_json_int(list, "compared", 0));
    fputc('\n', out);
    if (json_array_size(links) == 0)
        fputs("　　　没有一块像新闻标题（或者选择器什么也没有选中）：请写 selectors.item，用 --item 先试\n",
              out);
    json_array_foreach (blocks, i, o)
        print_block(o, out);
    json_array_foreach (links, i, o)
        if (i < MAX_LINKS)
            print_link(o, out);
    if (json_array_size(links) > MAX_LINKS)
        fprintf(out, "　　　……（另有 %zu 条）\n", json_array_size(links) - MAX_LINKS);
    print_named("下一页", hy_json_str(list, "next"), out);
    print_named("订阅", hy_json_str(list, "feed"), out);
    if (hy_json_bool(list, "wall"))
        fputs("　　　这像是登录或验证页，不是列表\n", out);
}
