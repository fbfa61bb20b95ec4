/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/floor.h"

#include "core/mem.h"

#include <stdlib.h>

enum {
    DATE_LINE = 60, /* a time of a floor stands in a line of at most this weight */
    DATE_ATTR = 60, /* bytes */
    CREDIT_LINE = 16,
    BESIDE = 24,    /* characters beside a time that is no part of a sentence */
    BEHIND = 5,     /* and behind the stamp of a post: " #12", " 3楼" */
    LINK_TITLE = 7, /* a longer link is a title, not a name or a button */
    FURNITURE_LINE = 60,
    MIN_TEXT = 3, /* weight of the shortest post */
};
/* Share of the page's text that a lone floor must hold. */
#define MIN_COVER 0.4
#define MIN_COVER_SURELY 0.2
#define MOST 0.6 /* of a floor's text that an element inside must hold to be the floor itself */

static bool has_one(struct hy_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; s.n && i < n; i++)
        if (hy_str_has(s, hy_str(list[i])))
            return true;
    return false;
}

/* -- lines ---------------------------------------------------------------------------------- */

static const char *const furniture[] = {
    "您需要登录",  "你需要登录",     "登录后才可以", "登录后才能",      "请登录后",
    "登录后发表",  "登录后可",       "Powered by",   "本版积分规则",    "快速回复",
    "使用道具",    "电梯直达",       "马上注册",     "没有帐号",        "没有账号",
    "只看该作者",  "倒序浏览",       "高级模式",     "小黑屋",          "Archiver",
    "发表新帖",    "返回列表",       "显示全部楼层", "只看楼主",        "快速回帖",
    "个人签名",    "该用户从未签到", "当前离线",     "当前在线",        "加为好友",
    "发短消息",    "查看个人网站",   "最后登录",     "注册时间",        "在线时间",
    "加好友",      "此帖被",         "回复此楼",     "引用此楼",        "举报此帖",
    "发表回复",    "点击回复",       "must log in",  "Log in to reply", "to post a reply",
    "Quick reply", "Quick Reply",
};

/* Names of the points a forum gives its members. */
static const char *const credits[] = {
    "积分", "威望", "金币", "金钱",   "贡献",     "精华",      "帖子", "主题",
    "听众", "好友", "等级", "经验",   "阅读权限", "级别",      "发帖", "鲜花",
    "铜钱", "魅力", "来自", "Posts:", "Joined:",  "Location:",
};

static bool has_digit(struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9')
            return true;
    return false;
}

static bool is_credit(const struct hy_line *l)
{
    if (l->weight > CREDIT_LINE || l->stops || !has_digit(l->text))
        return false;
    for (size_t i = 0; i < HY_COUNT(credits); i++)
        if (hy_str_starts(l->text, hy_str(credits[i])))
            return true;
    return false;
}

static bool is_edit_mark(struct hy_str s)
{
    return has_digit(s) && (hy_str_has(s, HY_STR("最后由")) || hy_str_has(s, HY_STR("最后编辑")) ||
                            hy_str_has(s, HY_STR("Last edited by")));
}

/* "3楼", "12楼回复", "#7": the number of a floor. */
static bool is_floor_number(struct hy_str s)
{
    size_t i = s.n && s.p[0] == '#', from = i;

    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    struct hy_str rest = hy_str_trim(hy_str_sub(s, i, s.n));
    if (i == from || i > 6)
        return false;
    return rest.n == 0 ? from > 0 : rest.n <= 12 && hy_str_starts(rest, HY_STR("楼"));
}

bool hy_line_is_furniture(const struct hy_line *l)
{
    if (l->weight > FURNITURE_LINE)
        return false;
    if (l->weight <= 4 && is_floor_number(l->text))
        return true;
    return is_credit(l) || is_edit_mark(l->text) ||
           has_one(l->text, furniture, HY_COUNT(furniture));
}

/* -- time ----------------------------------------------------------------------------------- */

static bool is_other_date(struct hy_str s)
{
    static const char *const words[] = {
        "注册",      "登录",      "加入",      "签到",     "Joined",   "Registered", "生日",
        "Last seen", "last post", "Last post", "最后回复", "最后发表", "最新回复"};

    return has_one(s, words, HY_COUNT(words)) || is_edit_mark(s);
}

static bool attr_time(const struct hy_dom *d, uint32_t i, struct hy_when *ret)
{
    size_t at = 0;
    struct hy_str value = d->node[i].tag == HY_TAG_TIME ? hy_dom_attr(d, i, "datetime")
                          : d->node[i].n_attrs          ? hy_dom_attr(d, i, "title")
                                                        : (struct hy_str){0};

    return value.n && value.n < DATE_ATTR &&
           hy_when_next(value, &at, (struct hy_when_how){.compact = true}, ret) &&
           !is_other_date(value);
}

/* The time first: most lines have none, and words are dearer to look for. */
static bool line_time(const struct hy_view *v, uint32_t i, struct hy_when *ret)
{
    const struct hy_line *l = &v->line[i];
    size_t at = 0;

    if (l->weight > DATE_LINE || l->zone > HY_ZONE_NOISE ||
        !hy_when_next(l->text, &at, (struct hy_when_how){0}, ret) || is_other_date(l->text))
        return false;
    return i == 0 || v->line[i - 1].weight >= CREDIT_LINE || /* <dt>注册时间<dd>2012-3-4 */
           has_digit(v->line[i - 1].text) || !is_other_date(v->line[i - 1].text);
}

void hy_floor_times_find(const struct hy_view *v, struct hy_floor_times *ret)
{
    uint32_t n = v->dom->n, next = n;
    struct hy_when w;

    ret->node = hy_xcalloc(n + 1, sizeof(*ret->node));
    ret->line = hy_xcalloc(v->n + 1, sizeof(*ret->line));
    for (uint32_t i = n; i-- > 0;)
        ret->node[i] = next = attr_time(v->dom, i, &w) ? i : next;
    next = v->n;
    for (uint32_t i = v->n; i-- > 0;)
        ret->line[i] = next = line_time(v, i, &w) ? i : next;
}

void hy_floor_times_skip(struct hy_floor_times *t, const struct hy_view *v, const bool *quoted)
{
    uint32_t n = v->dom->n, next = n;

    for (uint32_t i = n; i-- > 0;)
        t->node[i] = next = t->node[i] == i && !quoted[i] ? i : next;
    next = v->n;
    for (uint32_t i = v->n; i-- > 0;)
        t->line[i] = next = t->line[i] == i && !quoted[v->line[i].block] ? i : next;
}

void hy_floor_times_release(struct hy_floor_times *t)
{
    free(t->node);
    free(t->line);
}

bool hy_line_is_stamp(const struct hy_view *v, uint32_t i)
{
    const struct hy_line *l = &v->line[i];
    struct hy_when w;

    if (!line_time(v, i, &w))
        return false;
    if (l->link_weight && l->stops == 0 && w.length - (w.end - w.begin) <= BESIDE)
        return true;
    return !w.relative && w.year && w.precision >= HY_PREC_MINUTE && w.begin <= BESIDE &&
           w.length - w.end <= BEHIND;
}

bool hy_floor_line_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t first,
                        uint32_t last, struct hy_when *ret)
{
    for (; first < v->n && (first = t->line[first]) < last; first++)
        if (line_time(v, first, ret) && ret->length - (ret->end - ret->begin) <= BESIDE)
            return true;
    return false;
}

bool hy_floor_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t node,
                   struct hy_when *ret, uint32_t *ret_node)
{
    uint32_t end = v->dom->node[node].end, first = hy_view_line_at(v, node);

    if (t->node[node] < end) {
        *ret_node = t->node[node];
        return attr_time(v->dom, *ret_node, ret);
    }
    if (first == v->n || t->line[first] >= hy_view_line_at(v, end))
        return false;
    *ret_node = v->line[t->line[first]].node;
    return line_time(v, t->line[first], ret);
}

bool hy_floor_oldest_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t node,
                          struct hy_when *ret)
{
    const struct hy_dom *d = v->dom;
    hy_wall oldest = HY_WALL_NONE;
    struct hy_when w;

    for (uint32_t i = node; i < d->n && (i = t->node[i]) < d->node[node].end; i++) {
        if (!attr_time(d, i, &w))
            continue;
        hy_wall at = hy_when_wall(&w, HY_WALL_NONE, 0);
        if (!hy_wall_known(at) || (hy_wall_known(oldest) && at.ms >= oldest.ms))
            continue;
        oldest = at;
        *ret = w;
    }
    uint32_t at;
    return hy_wall_known(oldest) || hy_floor_time(v, t, node, ret, &at);
}

/* -- the only floor ------------------------------------------------------------------------- */

static const char *const post_names[] = {"post*", "thread*", "topic*", "floor*", "tpc*",
                                         "pid",   "tiezi",   "lz",     "louzhu", "message*",
                                         "plhin", "bbs*",    NULL};
static const char *const message_names[] = {"content*",    "message*", "postmessage", "msg",
                                            "postcontent", "postbody", "body",        "text",
                                            "tpc*",        "neirong",  NULL};

/* Weight of the text below each node that could be a post's: no headings, links or furniture. */
static uint32_t *text_of(const struct hy_view *v)
{
    uint32_t *text = hy_xcalloc(v->dom->n + 1, sizeof(*text));

    for (uint32_t i = 0; i < v->n; i++) {
        const struct hy_line *l = &v->line[i];
        if (l->zone > HY_ZONE_COMMENT || l->heading || hy_line_is_button(l) || hy_line_is_info(l) ||
            hy_line_is_furniture(l) || 2 * l->link_weight > l->weight)
            continue;
        text[l->block] += l->weight - l->link_weight;
    }
    for (uint32_t i = v->dom->n; i-- > 1;)
        text[v->dom->node[i].parent] += text[i];
    return text;
}

/* A list of threads has more links than text. */
static bool is_list(const struct hy_view *v, const uint32_t *text, uint32_t post)
{
    uint32_t last = hy_view_line_at(v, v->dom->node[post].end), links = 0;

    for (uint32_t i = hy_view_line_at(v, post); i < last; i++)
        links += v->line[i].stops || v->line[i].weight > LINK_TITLE ? v->line[i].link_weight : 0;
    return links > text[post];
}

/* Does the page's main text lie elsewhere? Then the post is a reader's comment on it. */
static bool is_comment(const struct hy_view *v, const struct hy_body *b, const uint32_t *text,
                       uint32_t post)
{
    uint32_t first = hy_view_line_at(v, post), outside = 0;
    uint32_t last = hy_view_line_at(v, v->dom->node[post].end);

    for (uint32_t i = b->first; i < b->last; i++)
        if (b->keep[i] && (i < first || i >= last) && !hy_line_is_furniture(&v->line[i]))
            outside += v->line[i].weight - v->line[i].link_weight;
    return outside > text[post];
}

static bool may_be_post(const struct hy_dom *d, uint32_t i)
{
    enum hy_tag tag = d->node[i].tag;

    return d->node[i].n_attrs && hy_tag_is_block(tag) && tag != HY_TAG_BODY && tag != HY_TAG_HTML &&
           tag != HY_TAG_FORM && hy_names_match(d, i, post_names);
}

/* The outermost element called a post that holds enough, or 0. */
static uint32_t named_post(const struct hy_view *v, const struct hy_floor_times *t,
                           const uint32_t *text, uint32_t least, enum hy_zone zone,
                           struct hy_when *when, uint32_t *time_node)
{
    const struct hy_dom *d = v->dom;

    for (uint32_t i = 1; i < d->n; i++)
        if (text[i] >= least && v->zone[i] <= zone && may_be_post(d, i) &&
            hy_floor_time(v, t, i, when, time_node))
            return i;
    return 0;
}

static uint32_t narrow(const struct hy_view *v, const uint32_t *text, uint32_t post,
                       uint32_t time_node)
{
    uint32_t found = post;

    for (uint32_t i = post + 1; i <= time_node; i++)
        if (time_node < v->dom->node[i].end && text[i] >= MOST * text[post] &&
            may_be_post(v->dom, i))
            found = i;
    return found;
}

/* The element inside a post that is called its text, or the post. */
static uint32_t message_in(const struct hy_view *v, const uint32_t *text, uint32_t post,
                           uint32_t time_node)
{
    const struct hy_dom *d = v->dom;
    uint32_t best = 0;

    for (uint32_t i = post + 1; i < d->node[post].end; i++) {
        bool has_time = i <= time_node && time_node < d->node[i].end;
        if (!has_time && d->node[i].n_attrs && text[i] && (best == 0 || text[i] > text[best]) &&
            hy_names_match(d, i, message_names))
            best = i;
    }
    return best && text[best] >= MOST / 2 * text[post] ? best : post;
}

bool hy_floor_only(const struct hy_view *v, const struct hy_floor_times *t, const struct hy_body *b,
                   bool surely, struct hy_floor *ret)
{
    uint32_t *text = text_of(v), time_node = 0;
    struct hy_when when = {0};
    uint32_t least = (uint32_t)((surely ? MIN_COVER_SURELY : MIN_COVER) * text[0]);

    least = HY_MAX(least, MIN_TEXT);
    uint32_t post = named_post(v, t, text, least, b->zone, &when, &time_node);
    if (post && (is_list(v, text, post) || is_comment(v, b, text, post)))
        post = 0;
    if (post) {
        post = narrow(v, text, post, time_node);
        uint32_t message = message_in(v, text, post, time_node);
        *ret = (struct hy_floor){.first = hy_view_line_at(v, message),
                                 .last = hy_view_line_at(v, v->dom->node[message].end),
                                 .zone = HY_MAX(HY_ZONE_COMMENT, b->zone),
                                 .whole = message != post,
                                 .has_when = true,
                                 .when = when};
    }
    free(text);
    return post != 0;
}
