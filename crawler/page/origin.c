/* SPDX-License-Identifier: Apache-2.0 */
/* Looked for in the lines around the main text only: above its first line and in the few behind its
 * last one, so that lists of other articles do not speak for this one. */
#include "crawler/page/origin.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum {
    LONGEST_LINE = 60, /* weight of a line that says where from */
    ABOVE = 12,        /* lines before the text */
    BEHIND = 4,        /* and after it */
    LEAST = 2,         /* characters of a name */
    MOST = 24,
    NO_PERSON = 5, /* so many Han characters are no person's name */
};

static const char *const marks[] = {
    "信息来源", "文章来源", "新闻来源", "稿件来源", "来源", "來源", "稿源", "转载自", "转自", "轉自", "摘自", "出处", "Source",
};

/* Behind these begins something else. */
static const char *const ends[] = {
    "作者", "编辑", "责编", "记者", "通讯员", "发布", "时间", "日期", "字体", "字号", "浏览",
    "阅读", "点击", "分享", "打印", "责任", "审核", "点赞", "评论", "【", "】", "（", "）", "(", ")",
    "|", "　", " ", "，", "。", "；", ";", "\t", "[", "]", "/", "丨",
};

/* Words that no person is called. */
static const char *const organs[] = {
    "报", "网", "社", "台", "局", "委", "办", "府", "部", "院", "厅", "会", "署", "站", "刊", "杂志",
    "中心", "公司", "集团", "传媒", "融媒", "新闻", "客户端", "公众号", "微信", "微博", "视频", "频道",
    "在线", "电视", "广播", "论坛", "日报", "发布", "大学", "学校", "医院", "News", "Daily", "Times",
};

static bool has_one(struct hy_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (hy_str_has(s, hy_str(list[i])))
            return true;
    return false;
}

static bool is_name(struct hy_str s)
{
    size_t n = 0, han = 0;

    for (size_t i = 0; i < s.n; n++)
        han += hy_is_han(hy_utf8_next(s, &i));
    if (n < LEAST || n > MOST || (s.p[0] >= '0' && s.p[0] <= '9') || hy_str_has(s, HY_STR("：")) || hy_str_has(s, HY_STR("://")))
        return false;
    return han >= NO_PERSON || has_one(s, organs, HY_COUNT(organs));
}

static struct hy_str without_quotes(struct hy_str s)
{
    static const char *const quotes[][2] = {{"《", "》"}, {"“", "”"}, {"\"", "\""}};

    for (size_t i = 0; i < HY_COUNT(quotes); i++)
        if (hy_str_starts(s, hy_str(quotes[i][0]))) {
            size_t from = strlen(quotes[i][0]), end = hy_str_find(s, hy_str(quotes[i][1]), from);
            return end == HY_NPOS ? s : hy_str_sub(s, from, end);
        }
    return s;
}

/* What stands at the beginning of `s`, up to a blank or the next thing the line says. */
static struct hy_str name_at(struct hy_str s)
{
    size_t end = s.n;

    for (size_t i = 0; i < HY_COUNT(ends); i++) {
        size_t at = hy_str_find(s, hy_str(ends[i]), 0);
        end = at != HY_NPOS && at < end ? at : end;
    }
    s = without_quotes(hy_str_trim(hy_str_sub(s, 0, end)));
    return is_name(s) ? s : (struct hy_str){0};
}

/* "来源：新华社", "来源: 新华社"; "转自新华网" needs no colon. */
static struct hy_str named_in(struct hy_str line, struct hy_str next)
{
    for (size_t i = 0; i < HY_COUNT(marks); i++) {
        struct hy_str mark = hy_str(marks[i]);
        size_t at = hy_str_find(line, mark, 0);
        if (at == HY_NPOS)
            continue;
        struct hy_str rest = hy_str_trim(hy_str_sub(line, at + mark.n, line.n));
        bool colon = hy_str_starts(rest, HY_STR("：")) || hy_str_starts(rest, HY_STR(":"));
        if (!colon && !hy_str_is(hy_str_sub(mark, mark.n - 3, mark.n), "自"))
            continue;
        if (colon)
            rest = hy_str_trim(hy_str_sub(rest, rest.p[0] == ':' ? 1 : 3, rest.n));
        return name_at(rest.n ? rest : next);
    }
    return (struct hy_str){0};
}

static struct hy_str of_line(const struct hy_view *v, uint32_t i)
{
    const struct hy_line *l = &v->line[i];

    if (l->weight > LONGEST_LINE || l->zone > HY_ZONE_NOISE)
        return (struct hy_str){0};
    return named_in(l->text, i + 1 < v->n ? v->line[i + 1].text : hy_str(""));
}

struct hy_str hy_origin_find(const struct hy_view *v, const struct hy_meta *m,
                             const struct hy_body *b)
{
    struct hy_str found = without_quotes(m->origin);
    uint32_t from = b->first > ABOVE ? b->first - ABOVE : 0, to = HY_MIN(b->last + BEHIND, v->n);

    if (is_name(found))
        return found;
    found = (struct hy_str){0};
    if (b->weight == 0)
        return found;
    for (uint32_t i = from; i < to && found.n == 0; i++)
        if (i < b->first || i + BEHIND >= b->last || hy_line_is_info(&v->line[i]))
            found = of_line(v, i);
    return found;
}
