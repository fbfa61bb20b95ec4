/* SPDX-License-Identifier: Apache-2.0 */
/* Main text in three steps.
 *
 *  1. Lines that read like prose are worth their weight; sums go up the tree.
 *  2. From <body> down: step into the child that holds nearly all of the worth, until it is spread
 *     over several children.  That is the text's element; neighbours that read like text join.
 *  3. Inside it lists of links, captions of buttons and the like are left out. */
#include "crawler/page/body.h"

#include "core/mem.h"
#include "core/vec.h"
#include "crawler/page/when.h"

#include <stdlib.h>
#include <string.h>

enum {
    MIN_PROSE = 6,          /* weight of the shortest line that counts as prose */
    MIN_PROSE_NO_STOP = 16, /* the same without any punctuation */
    ENOUGH = 200,           /* weight of a text that is surely one */
    MAX_HEAD = 24,          /* lines in front of the text that may be heading and info */
    CAPTION_LINE = 100,     /* weight of the longest line below a picture */
    CAPTION_DEPTH = 3,      /* elements around a line whose names may call it one */
};
#define ARTICLE_SHARE 0.3 /* of the worth that the page's only <article> must hold */
#define DESCEND 0.75 /* share of the worth that a child must hold to be entered */

struct sums {
    enum hy_zone zone;               /* lines up to this zone count */
    uint32_t *worth, *weight, *link; /* per node, of everything below */
    bool *boxed;                     /* per node: in a box of links */
};

uint32_t hy_line_prose(const struct hy_line *l, enum hy_zone zone)
{
    uint32_t own = l->weight - HY_MIN(l->weight, l->link_weight);

    if (l->zone > zone || own < MIN_PROSE || 2 * l->link_weight > l->weight)
        return 0;
    if (l->stops == 0 && own < MIN_PROSE_NO_STOP)
        return 0;
    return l->heading ? own / 2 : own;
}

static struct sums sum_up(const struct hy_view *v, enum hy_zone zone)
{
    uint32_t n = v->dom->n;
    struct sums s = {zone, hy_xcalloc(n + 1, sizeof(uint32_t)), hy_xcalloc(n + 1, sizeof(uint32_t)),
                     hy_xcalloc(n + 1, sizeof(uint32_t)), hy_xcalloc(n + 1, sizeof(bool))};

    for (uint32_t i = 0; i < v->n; i++) {
        const struct hy_line *l = &v->line[i];
        s.worth[l->block] += hy_line_prose(l, zone);
        s.weight[l->block] += l->weight;
        s.link[l->block] += l->link_weight;
    }
    for (uint32_t i = n; i-- > 1;) {
        uint32_t parent = v->dom->node[i].parent;
        s.worth[parent] += s.worth[i];
        s.weight[parent] += s.weight[i];
        s.link[parent] += s.link[i];
    }
    return s;
}

static void sums_release(struct sums *s)
{
    free(s->worth);
    free(s->weight);
    free(s->link);
    free(s->boxed);
}

static bool may_enter(enum hy_tag tag)
{
    switch (tag) {
    case HY_TAG_TEXT:
    case HY_TAG_P:
    case HY_TAG_PRE:
    case HY_TAG_LI:
    case HY_TAG_BLOCKQUOTE:
    case HY_TAG_H1:
    case HY_TAG_H2:
    case HY_TAG_H3:
    case HY_TAG_H4:
    case HY_TAG_A:
    case HY_TAG_UL:
    case HY_TAG_OL:
    case HY_TAG_DL:
    case HY_TAG_DD:
        return false;
    default:
        return true;
    }
}

static uint32_t best_child(const struct hy_dom *d, const struct sums *s, uint32_t at)
{
    uint32_t best = 0;

    for (uint32_t c = at + 1; c && c < d->node[at].end; c = d->node[c].next)
        if (may_enter(d->node[c].tag) && (best == 0 || s->worth[c] > s->worth[best]))
            best = c;
    return best;
}

/* The page's only <article> below `at`, when it holds enough of the worth; else 0.  Teasers of other
 * articles around it may hold more. */
static uint32_t only_article(const struct hy_dom *d, const struct sums *s, uint32_t at)
{
    uint32_t found = 0;

    for (uint32_t i = at + 1; i < d->node[at].end; i++) {
        if (d->node[i].tag != HY_TAG_ARTICLE || s->worth[i] == 0)
            continue;
        if (found)
            return 0;
        found = i;
        i = d->node[i].end - 1;
    }
    return found && s->worth[found] > ENOUGH && s->worth[found] >= ARTICLE_SHARE * s->worth[at]
               ? found
               : 0;
}

static uint32_t find_root(const struct hy_view *v, const struct sums *s)
{
    uint32_t at = hy_dom_find(v->dom, 0, HY_TAG_BODY);

    while (at) {
        uint32_t child = best_child(v->dom, s, at);
        if (child == 0 || s->worth[child] == 0 || s->worth[child] < DESCEND * s->worth[at])
            child = only_article(v->dom, s, at);
        if (child == 0)
            break;
        at = child;
    }
    return at;
}

/* -- inside the root ------------------------------------------------------------------------ */

static bool is_box(enum hy_tag tag)
{
    return tag == HY_TAG_DIV || tag == HY_TAG_UL || tag == HY_TAG_OL || tag == HY_TAG_DL ||
           tag == HY_TAG_TABLE || tag == HY_TAG_SECTION || tag == HY_TAG_TD || tag == HY_TAG_FORM;
}

/* Per node of the root's subtree: is it in a box that is mostly links?  From the top down, so that
 * depth costs nothing. */
static void find_link_boxes(const struct hy_view *v, struct sums *s, uint32_t root)
{
    for (uint32_t i = root + 1; i < v->dom->node[root].end; i++) {
        bool own = is_box(v->dom->node[i].tag) && s->weight[i] && 2 * s->link[i] > s->weight[i] &&
                   4 * s->worth[i] < s->weight[i];
        s->boxed[i] = own || s->boxed[v->dom->node[i].parent];
    }
}

static const char *const buttons[] = {
    "分享到",    "上一篇",   "下一篇",        "打印本页",      "关闭窗口",     "返回顶部",
    "我要评论",  "扫一扫",   "字号",          "加入收藏",      "责任编辑收藏", "点击收藏",
    "打印",      "关闭",     "收藏",          "评论",          "分享",         "举报",
    "点赞",      "字体",     "上一页",        "下一页",        "返回列表",     "回到顶部",
    "查看全文",  "展开全文", "Advertisement", "ADVERTISEMENT", "Share",        "Share this",
    "Read more", "回复",     "引用",          "只看楼主",      "只看该作者",   "收起",
    "收起回复",  "编辑",     "删除",          "转发",          "关注",         "赞同",
    "Advert",
};

bool hy_line_is_button(const struct hy_line *l)
{
    if (l->weight > 14)
        return false;
    for (size_t i = 0; i < HY_COUNT(buttons); i++) {
        struct hy_str b = hy_str(buttons[i]);
        if (hy_str_eq(l->text, b) || (b.n >= 9 && l->stops == 0 && hy_str_starts(l->text, b)))
            return true;
    }
    return false;
}

/* Words of the line that says when, where from and by whom, between heading and text. */
static const char *const info_words[] = {
    "来源",   "作者",      "字号",    "阅读",         "浏览", "点击", "评论",
    "编辑",   "发布",      "发表",    "时间",         "日期", "更新", "记者",
    "稿源",   "出处",      "分享",    "打印",         "字体", "By ",  "by ",
    "Posted", "Published", "Updated", "Last updated", "责编", "人气", "來源",
};

bool hy_line_is_info(const struct hy_line *l)
{
    struct hy_when w;
    size_t at = 0;
    int words = 0;

    if (l->weight > 40 || l->stops > 3)
        return false;
    for (size_t i = 0; i < HY_COUNT(info_words); i++)
        words += hy_str_has(l->text, hy_str(info_words[i]));
    bool date = hy_when_next(l->text, &at, (struct hy_when_how){0}, &w);
    if (date && w.length - (w.end - w.begin) <= 4)
        return true;
    return words >= (date ? 1 : 2) || (words && l->weight < 10);
}

/* Headings of what follows an article. */
static const char *const tail_headings[] = {
    "相关阅读",         "相关新闻",
    "相关文章",         "相关报道",
    "相关链接",         "延伸阅读",
    "推荐阅读",         "热门推荐",
    "为你推荐",         "猜你喜欢",
    "更多新闻",         "热点新闻",
    "精彩推荐",         "相关推荐",
    "网友评论",         "最新评论",
    "热门评论",         "相关专题",
    "热门文章",         "最新文章",
    "您可能感兴趣",     "免责声明",
    "版权声明",         "热点推荐",
    "今日关注",         "阅读排行",
    "点击排行",         "更多阅读",
    "编辑推荐",         "热门新闻",
    "往期回顾",         "更多精彩",
    "推荐文章",         "推荐新闻",
    "大家还看",         "新闻推荐",
    "图片新闻",         "标签",
    "你可能",           "大家都在",
    "今日热点",         "本类推荐",
    "Related",          "You may also",
    "More from",        "Read more",
    "Recommended",      "Comments",
    "Most popular",     "Share this",
    "Trending",         "Tags",
    "Related articles", "Related stories",
    "About the author", "Leave a",
    "More stories",     "Sign up",
    "Most read",        "See also",
    "Topics",           "Popular",
};

static bool is_tail_heading(const struct hy_line *l)
{
    if (l->weight > 12 || l->text.n > 60)
        return false;
    if (l->heading && hy_str_starts(l->text, HY_STR("More ")))
        return true;
    for (size_t i = 0; i < HY_COUNT(tail_headings); i++)
        if (hy_str_starts(l->text, hy_str(tail_headings[i])))
            return true;
    return false;
}

/* What stands below a picture, and whose picture it is. */
static bool is_caption(const struct hy_view *v, const struct hy_line *l)
{
    static const char *const words[] = {"caption*", "credit*", "photocredit", "imagecredit", NULL};
    const struct hy_dom *d = v->dom;
    uint32_t i = l->block;

    for (int up = 0; up < CAPTION_DEPTH && i; up++, i = d->node[i].parent) {
        if (d->node[i].tag == HY_TAG_FIGCAPTION)
            return true;
        if (l->weight < CAPTION_LINE && d->node[i].n_attrs && hy_names_match(d, i, words))
            return true;
    }
    return false;
}

static bool wanted(const struct hy_view *v, const struct sums *s, const struct hy_line *l)
{
    if (l->zone > s->zone || hy_line_is_button(l) || is_caption(v, l))
        return false;
    if (l->link_weight && 5 * l->link_weight >= 4 * l->weight && l->stops == 0)
        return false;
    return !s->boxed[l->block];
}

/* Real prose: a sentence, not a heading that happens to be long. */
static bool is_sentence(const struct hy_line *l, enum hy_zone zone)
{
    return l->stops >= 2 && hy_line_prose(l, zone) >= 20;
}

/* From the front: everything down to the last info line in front of the first sentence, and the
 * heading. */
static void cut_head(const struct hy_view *v, uint32_t title, struct hy_str title_text,
                     struct hy_body *b)
{
    uint32_t cut = b->first, seen = 0;

    for (uint32_t i = b->first; i < b->last && seen < MAX_HEAD; i++) {
        const struct hy_line *l = &v->line[i];
        if (!b->keep[i])
            continue;
        seen++;
        bool heading =
            title && (l->node < v->dom->node[title].end || hy_str_eq(l->text, title_text));
        if (heading || hy_line_is_info(l))
            cut = i + 1;
        else if (is_sentence(l, b->zone))
            break;
    }
    for (uint32_t i = b->first; i < cut; i++)
        b->keep[i] = false;
}

/* A heading of other matter ends the text when little prose follows. */
static void cut_tail(const struct hy_view *v, struct hy_body *b)
{
    uint32_t before = 0, all = 0;

    for (uint32_t i = b->first; i < b->last; i++)
        all += b->keep[i] ? hy_line_prose(&v->line[i], b->zone) : 0;
    for (uint32_t i = b->first; i < b->last; i++) {
        if (before && 2 * before > all && is_tail_heading(&v->line[i])) {
            for (; i < b->last; i++)
                b->keep[i] = false;
            return;
        }
        before += b->keep[i] ? hy_line_prose(&v->line[i], b->zone) : 0;
    }
}

static void mark(const struct hy_view *v, struct sums *s, struct hy_body *b)
{
    find_link_boxes(v, s, b->root);
    b->first = hy_view_line_at(v, b->root);
    b->last = hy_view_line_at(v, v->dom->node[b->root].end);
    for (uint32_t i = b->first; i < b->last; i++)
        b->keep[i] = wanted(v, s, &v->line[i]);
}

static void find_in(const struct hy_view *v, enum hy_zone zone, uint32_t title,
                    struct hy_str title_text, struct hy_body *ret)
{
    struct sums s = sum_up(v, zone);

    *ret = (struct hy_body){.keep = hy_xcalloc(v->n + 1, sizeof(bool)), .zone = zone};
    ret->root = find_root(v, &s);
    if (ret->root) {
        mark(v, &s, ret);
        cut_head(v, title, title_text, ret);
        cut_tail(v, ret);
    }
    for (uint32_t i = ret->first; i < ret->last; i++)
        ret->weight += ret->keep[i] ? v->line[i].weight : 0;
    sums_release(&s);
}

/* Is there a sentence already, and most of what would join it readers' comments? */
static bool adds_comments_only(const struct hy_view *v, const struct hy_body *own,
                               const struct hy_body *all)
{
    uint32_t comments = 0;
    bool says = false;

    for (uint32_t i = own->first; i < own->last && !says; i++)
        says = own->keep[i] && is_sentence(&v->line[i], own->zone);
    for (uint32_t i = all->first; i < all->last; i++)
        comments += all->keep[i] && v->line[i].zone == HY_ZONE_COMMENT ? v->line[i].weight : 0;
    return says && 2 * comments > all->weight;
}

/* Names of elements are hints only: where heeding them leaves next to nothing of a page that has
 * text, they are not heeded. */
void hy_body_find(const struct hy_view *v, uint32_t title, struct hy_str title_text,
                  struct hy_body *ret)
{
    struct hy_body all;

    find_in(v, HY_ZONE_PLAIN, title, title_text, ret);
    if (ret->weight > ENOUGH)
        return;
    find_in(v, HY_ZONE_NOISE, title, title_text, &all);
    bool better = all.weight > 5 * ret->weight && !adds_comments_only(v, ret, &all);
    hy_body_release(better ? ret : &all);
    if (better)
        *ret = all;
}

void hy_body_release(struct hy_body *b)
{
    free(b->keep);
    *b = (struct hy_body){0};
}

void hy_body_text(const struct hy_view *v, const struct hy_body *b, struct hy_buf *out)
{
    size_t start = out->n;

    for (uint32_t i = b->first; i < b->last; i++) {
        if (!b->keep[i])
            continue;
        if (out->n > start)
            hy_buf_char(out, '\n');
        hy_buf_str(out, v->line[i].text);
    }
}
