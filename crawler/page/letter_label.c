/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/letter_label.h"

#include <string.h>

enum {
    LABEL_LINE = 60, /* weight of the longest line of labels and values */
    FIRST = 3,       /* bytes of the first character of a label */
    SURE_LABEL = 12, /* bytes of a label that needs no colon: four characters */
    OWN_LABEL = 9,   /* and of one that is no common word */
    MAX_LABEL = 255,
    HEAD_LINE = 32,   /* weight of the longest head with a name in front */
    STATUS_LINE = 16, /* weight of a label with a status */
};

static const struct label {
    const char *text;
    enum hy_label role;
} labels[] = {
    {"留言时间", HY_LABEL_LETTER_TIME},
    {"来信时间", HY_LABEL_LETTER_TIME},
    {"写信时间", HY_LABEL_LETTER_TIME},
    {"提交时间", HY_LABEL_LETTER_TIME},
    {"提问时间", HY_LABEL_LETTER_TIME},
    {"咨询时间", HY_LABEL_LETTER_TIME},
    {"投诉时间", HY_LABEL_LETTER_TIME},
    {"诉求时间", HY_LABEL_LETTER_TIME},
    {"信件时间", HY_LABEL_LETTER_TIME},
    {"发信时间", HY_LABEL_LETTER_TIME},
    {"反映时间", HY_LABEL_LETTER_TIME},
    {"留言日期", HY_LABEL_LETTER_TIME},
    {"来信日期", HY_LABEL_LETTER_TIME},
    {"写信日期", HY_LABEL_LETTER_TIME},
    {"提交日期", HY_LABEL_LETTER_TIME},
    {"咨询日期", HY_LABEL_LETTER_TIME},
    {"提问日期", HY_LABEL_LETTER_TIME},
    {"信件标题", HY_LABEL_LETTER_TITLE},
    {"来信标题", HY_LABEL_LETTER_TITLE},
    {"留言标题", HY_LABEL_LETTER_TITLE},
    {"信件主题", HY_LABEL_LETTER_TITLE},
    {"来信主题", HY_LABEL_LETTER_TITLE},
    {"留言主题", HY_LABEL_LETTER_TITLE},
    {"咨询主题", HY_LABEL_LETTER_TITLE},
    {"咨询标题", HY_LABEL_LETTER_TITLE},
    {"诉求标题", HY_LABEL_LETTER_TITLE},
    {"标题", HY_LABEL_LETTER_TITLE},
    {"主题", HY_LABEL_LETTER_TITLE},
    {"信件内容", HY_LABEL_LETTER_TEXT},
    {"来信内容", HY_LABEL_LETTER_TEXT},
    {"留言内容", HY_LABEL_LETTER_TEXT},
    {"诉求内容", HY_LABEL_LETTER_TEXT},
    {"咨询内容", HY_LABEL_LETTER_TEXT},
    {"投诉内容", HY_LABEL_LETTER_TEXT},
    {"提问内容", HY_LABEL_LETTER_TEXT},
    {"反映内容", HY_LABEL_LETTER_TEXT},
    {"写信内容", HY_LABEL_LETTER_TEXT},
    {"问题内容", HY_LABEL_LETTER_TEXT},
    {"问题描述", HY_LABEL_LETTER_TEXT},
    {"来信正文", HY_LABEL_LETTER_TEXT},
    {"信件正文", HY_LABEL_LETTER_TEXT},
    {"内容", HY_LABEL_LETTER_TEXT},
    {"写信人", HY_LABEL_LETTER_INFO},
    {"来信人", HY_LABEL_LETTER_INFO},
    {"留言人", HY_LABEL_LETTER_INFO},
    {"咨询人", HY_LABEL_LETTER_INFO},
    {"投诉人", HY_LABEL_LETTER_INFO},
    {"提问人", HY_LABEL_LETTER_INFO},
    {"发信人", HY_LABEL_LETTER_INFO},
    {"反映人", HY_LABEL_LETTER_INFO},
    {"留言网友", HY_LABEL_LETTER_INFO},
    {"信件编号", HY_LABEL_LETTER_INFO},
    {"信件编码", HY_LABEL_LETTER_INFO},
    {"来信编号", HY_LABEL_LETTER_INFO},
    {"留言编号", HY_LABEL_LETTER_INFO},
    {"留言ID", HY_LABEL_LETTER_INFO},
    {"工单编号", HY_LABEL_LETTER_INFO},
    {"信件类型", HY_LABEL_LETTER_INFO},
    {"信件类别", HY_LABEL_LETTER_INFO},
    {"来信类型", HY_LABEL_LETTER_INFO},
    {"来信类别", HY_LABEL_LETTER_INFO},
    {"留言类型", HY_LABEL_LETTER_INFO},
    {"留言类别", HY_LABEL_LETTER_INFO},
    {"诉求类型", HY_LABEL_LETTER_INFO},
    {"诉求类别", HY_LABEL_LETTER_INFO},
    {"问题类型", HY_LABEL_LETTER_INFO},
    {"留言对象", HY_LABEL_LETTER_INFO},
    {"收信人", HY_LABEL_LETTER_INFO},
    {"收件人", HY_LABEL_LETTER_INFO},
    {"来信对象", HY_LABEL_LETTER_INFO},
    {"写信对象", HY_LABEL_LETTER_INFO},
    {"诉求编号", HY_LABEL_LETTER_INFO},
    {"信件状态", HY_LABEL_LETTER_INFO},
    {"来信状态", HY_LABEL_LETTER_INFO},
    {"留言状态", HY_LABEL_LETTER_INFO},
    {"受理单位", HY_LABEL_STATUS},
    {"受理部门", HY_LABEL_STATUS},
    {"受理时间", HY_LABEL_STATUS},
    {"受理编号", HY_LABEL_STATUS},
    {"交办时间", HY_LABEL_STATUS},
    {"转办时间", HY_LABEL_STATUS},
    {"交办单位", HY_LABEL_STATUS},
    {"办理状态", HY_LABEL_STATUS},
    {"处理状态", HY_LABEL_STATUS},
    {"回复状态", HY_LABEL_STATUS},
    {"答复状态", HY_LABEL_STATUS},
    {"办理进度", HY_LABEL_STATUS},
    {"所属地区", HY_LABEL_STATUS},
    {"所属领域", HY_LABEL_STATUS},
    {"所属区域", HY_LABEL_STATUS},
    {"是否公开", HY_LABEL_STATUS},
    {"公开状态", HY_LABEL_STATUS},
    {"浏览次数", HY_LABEL_STATUS},
    {"浏览量", HY_LABEL_STATUS},
    {"点击数", HY_LABEL_STATUS},
    {"点击量", HY_LABEL_STATUS},
    {"阅读量", HY_LABEL_STATUS},
    {"发布时间", HY_LABEL_STATUS},
    {"发布日期", HY_LABEL_STATUS},
    {"查询码", HY_LABEL_STATUS},
    {"编号", HY_LABEL_STATUS},
    {"类型", HY_LABEL_STATUS},
    {"类别", HY_LABEL_STATUS},
    {"领域", HY_LABEL_STATUS},
    {"状态", HY_LABEL_STATUS},
    {"姓名", HY_LABEL_STATUS},
    {"昵称", HY_LABEL_STATUS},
    {"附件", HY_LABEL_STATUS},
    {"回复单位", HY_LABEL_REPLY_INFO},
    {"答复单位", HY_LABEL_REPLY_INFO},
    {"办理单位", HY_LABEL_REPLY_INFO},
    {"承办单位", HY_LABEL_REPLY_INFO},
    {"处理单位", HY_LABEL_REPLY_INFO},
    {"回复部门", HY_LABEL_REPLY_INFO},
    {"答复部门", HY_LABEL_REPLY_INFO},
    {"办理部门", HY_LABEL_REPLY_INFO},
    {"承办部门", HY_LABEL_REPLY_INFO},
    {"处理部门", HY_LABEL_REPLY_INFO},
    {"回复机构", HY_LABEL_REPLY_INFO},
    {"答复机构", HY_LABEL_REPLY_INFO},
    {"回复人", HY_LABEL_REPLY_INFO},
    {"答复人", HY_LABEL_REPLY_INFO},
    {"回复时间", HY_LABEL_REPLY_TIME},
    {"答复时间", HY_LABEL_REPLY_TIME},
    {"回复日期", HY_LABEL_REPLY_TIME},
    {"答复日期", HY_LABEL_REPLY_TIME},
    {"办结时间", HY_LABEL_REPLY_TIME},
    {"办理时间", HY_LABEL_REPLY_TIME},
    {"处理时间", HY_LABEL_REPLY_TIME},
    {"反馈时间", HY_LABEL_REPLY_TIME},
    {"回复内容", HY_LABEL_REPLY_TEXT},
    {"答复内容", HY_LABEL_REPLY_TEXT},
    {"办理结果", HY_LABEL_REPLY_TEXT},
    {"处理结果", HY_LABEL_REPLY_TEXT},
    {"办理情况", HY_LABEL_REPLY_TEXT},
    {"处理情况", HY_LABEL_REPLY_TEXT},
    {"答复意见", HY_LABEL_REPLY_TEXT},
    {"回复意见", HY_LABEL_REPLY_TEXT},
    {"办理意见", HY_LABEL_REPLY_TEXT},
    {"处理意见", HY_LABEL_REPLY_TEXT},
    {"回复情况", HY_LABEL_REPLY_TEXT},
    {"答复情况", HY_LABEL_REPLY_TEXT},
    {"反馈内容", HY_LABEL_REPLY_TEXT},
    {"反馈结果", HY_LABEL_REPLY_TEXT},
    {"答复结果", HY_LABEL_REPLY_TEXT},
    {"回复结果", HY_LABEL_REPLY_TEXT},
    {"官方回复", HY_LABEL_REPLY_HEAD},
    {"官方答复", HY_LABEL_REPLY_HEAD},
    {"单位回复", HY_LABEL_REPLY_HEAD},
    {"单位答复", HY_LABEL_REPLY_HEAD},
    {"部门回复", HY_LABEL_REPLY_HEAD},
    {"部门答复", HY_LABEL_REPLY_HEAD},
    {"领导回复", HY_LABEL_REPLY_HEAD},
    {"办理回复", HY_LABEL_REPLY_HEAD},
    {"最终回复", HY_LABEL_REPLY_HEAD},
    {"最新回复", HY_LABEL_REPLY_HEAD},
    {"处理进展", HY_LABEL_REPLY_HEAD},
    {"回复", HY_LABEL_REPLY_HEAD},
    {"答复", HY_LABEL_REPLY_HEAD},
    {"网友追问", HY_LABEL_AGAIN},
    {"追问内容", HY_LABEL_AGAIN},
    {"追问", HY_LABEL_AGAIN},
    {"补充内容", HY_LABEL_AGAIN},
    {"补充留言", HY_LABEL_AGAIN},
    {"评价内容", HY_LABEL_AGAIN},
    {"满意度", HY_LABEL_RATING},
    {"满意程度", HY_LABEL_RATING},
    {"是否满意", HY_LABEL_RATING},
    {"解决程度", HY_LABEL_RATING},
    {"办理态度", HY_LABEL_RATING},
    {"办理速度", HY_LABEL_RATING},
    {"回复态度", HY_LABEL_RATING},
    {"网友评价", HY_LABEL_RATING},
    {"办理评价", HY_LABEL_RATING},
    {"服务评价", HY_LABEL_RATING},
    {"群众评价", HY_LABEL_RATING},
    {"评价", HY_LABEL_RATING},
    {"评分", HY_LABEL_RATING},
    {"非常满意", HY_LABEL_RATING},
    {"基本满意", HY_LABEL_RATING},
    {"不满意", HY_LABEL_RATING},
    {"满意", HY_LABEL_RATING},
};

/* White space and the brackets around a label; 0: none at `at`. */
static size_t blank_at(struct hy_str s, size_t at)
{
    static const char *const blanks[] = {"\xC2\xA0", "\xE3\x80\x80", "【", "[", "［", "■", "●"};

    if (at < s.n && s.p[at] == ' ')
        return 1;
    for (size_t i = 0; at < s.n && i < HY_COUNT(blanks); i++)
        if (s.p[at] == blanks[i][0] && hy_str_starts(hy_str_sub(s, at, s.n), hy_str(blanks[i])))
            return strlen(blanks[i]);
    return 0;
}

/* "来 信 人": the end of the label in `s`, 0 when it does not begin with it. */
static size_t label_end(struct hy_str s, const char *label)
{
    size_t at = 0, skip;

    for (size_t i = 0; label[i]; i++) {
        while ((skip = blank_at(s, at)))
            at += skip;
        if (at >= s.n || s.p[at++] != label[i])
            return 0;
    }
    return at;
}

/* Behind ":" and the like, which may be missing behind a long label; 0: the word goes on. */
static size_t behind_mark(struct hy_str s, size_t end, bool may_miss)
{
    static const char *const marks[] = {":", "：", "】", "]", "］", "|", "｜"};
    size_t at = end, skip;
    bool marked = false;

    for (bool more = true; more;) {
        more = false;
        while ((skip = blank_at(s, at)))
            at += skip;
        for (size_t i = 0; i < HY_COUNT(marks) && !more; i++)
            if (hy_str_starts(hy_str_sub(s, at, s.n), hy_str(marks[i]))) {
                at += strlen(marks[i]);
                more = marked = true;
            }
    }
    return marked || (may_miss && (at > end || at == s.n)) ? at : 0;
}

bool hy_label_has_words(const struct hy_line *l)
{
    return l->stops || l->weight > STATUS_LINE;
}

/* "满意 基本满意 不满意": the boxes to tick, in one line. */
static bool is_scale(struct hy_str s)
{
    static const char *const marks[] = {"非常满意", "比较满意", "基本满意", "很不满意",
                                        "不满意",   "满意",     "一般",     "★",
                                        "☆",        "/",        "｜",       "|"};
    size_t at = 0;
    bool any = false;

    while (at < s.n) {
        size_t step = blank_at(s, at);
        for (size_t i = 0; i < HY_COUNT(marks) && step == 0; i++)
            if (hy_str_starts(hy_str_sub(s, at, s.n), hy_str(marks[i])))
                step = strlen(marks[i]);
        if (step == 0)
            return false;
        any = true;
        at += step;
    }
    return any;
}

/* "您对本次答复是否满意？ 满意 不满意" */
static bool asks_for_rating(const struct hy_line *l)
{
    return l->weight <= LABEL_LINE &&
           ((hy_str_starts(l->text, HY_STR("您对")) && hy_str_has(l->text, HY_STR("满意"))) ||
            is_scale(l->text));
}

/* "  【来信内容】": where the label itself begins. */
static size_t label_begin(struct hy_str s)
{
    size_t at = 0, skip;

    while (at < s.n && (skip = blank_at(s, at)))
        at += skip;
    return at;
}

/* "办理时间", "咨询时间" and "承办单位" stand in guides to services as well. */
static bool is_strong(const char *label)
{
    static const char *const common[] = {"咨询", "投诉", "办理", "承办",
                                         "处理", "反馈", "办结", "收"};

    for (size_t i = 0; i < HY_COUNT(common); i++)
        if (strncmp(label, common[i], strlen(common[i])) == 0)
            return false;
    return strlen(label) >= OWN_LABEL;
}

/* What label i is in the line `s`, whose own first character is where the label begins. */
static struct hy_labelled labelled(const struct label *label, struct hy_str s, bool alone_in_cell,
                                   bool has_words)
{
    size_t n = strlen(label->text), end = label_end(s, label->text);
    bool own = n >= OWN_LABEL, rating = label->role == HY_LABEL_RATING;
    bool alone = (alone_in_cell || rating) && end == s.n;

    if (end == 0)
        return (struct hy_labelled){0};
    if (own && rating && !has_words) /* "满意度评价 ★★★" */
        return (struct hy_labelled){HY_LABEL_RATING, s.n, own};
    size_t value = behind_mark(s, end, n >= SURE_LABEL || alone);
    if (value == 0 || value > MAX_LABEL || (!own && label->role == HY_LABEL_STATUS && has_words))
        return (struct hy_labelled){0};
    return (struct hy_labelled){label->role, value, own, is_strong(label->text)};
}

/* "县教育局 2026-11-16 10:20 回复：": the office's name stands in front. */
static bool ends_as_head(const struct hy_line *l)
{
    static const char *const colons[] = {":", "："}, *const verbs[] = {"回复", "答复"};
    struct hy_str s = hy_str_trim(l->text);
    struct hy_when w;
    size_t at = 0;
    bool colon = false;

    if (l->weight > HEAD_LINE)
        return false;
    for (size_t i = 0; i < HY_COUNT(colons) && !colon; i++)
        if ((colon = hy_str_ends(s, hy_str(colons[i]))))
            s = hy_str_trim(hy_str_sub(s, 0, s.n - strlen(colons[i])));
    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        if (hy_str_ends(s, hy_str(verbs[i])))
            return colon || hy_when_next(s, &at, (struct hy_when_how){0}, &w);
    return false;
}

/* Nearly every line of a page has none.  A bit for the second and third byte of each label's first
 * character spares it the walk through the table; that another character may share them costs the walk
 * alone. */
static bool may_begin(struct hy_str s)
{
    static _Thread_local uint64_t bits[64];
    static _Thread_local bool set;

    for (size_t i = 0; !set && i < HY_COUNT(labels); i++)
        bits[labels[i].text[1] & 63] |= UINT64_C(1) << (labels[i].text[2] & 63);
    set = true;
    return bits[s.p[1] & 63] >> (s.p[2] & 63) & 1;
}

struct hy_labelled hy_label_find(const struct hy_view *v, const struct hy_line *l)
{
    size_t begin = label_begin(l->text);
    struct hy_str s = hy_str_sub(l->text, begin, l->text.n);

    if (s.n < FIRST || (unsigned char)s.p[0] < 0xE0) /* no Han character */
        return (struct hy_labelled){0};
    if (asks_for_rating(l))
        return (struct hy_labelled){HY_LABEL_RATING, l->text.n, true};
    if (ends_as_head(l))
        return (struct hy_labelled){HY_LABEL_REPLY_HEAD, l->text.n, false};
    if (!may_begin(s))
        return (struct hy_labelled){0};
    enum hy_tag tag = (enum hy_tag)v->dom->node[l->block].tag;
    bool cell = tag == HY_TAG_TD || tag == HY_TAG_TH || tag == HY_TAG_DT || l->heading;

    for (size_t i = 0; i < HY_COUNT(labels); i++) {
        const char *first = labels[i].text;
        if (s.p[0] != first[0] || s.p[1] != first[1] || s.p[2] != first[2])
            continue;
        struct hy_labelled found = labelled(&labels[i], s, cell, hy_label_has_words(l));
        if (found.role && found.value + begin <= MAX_LABEL) {
            found.value += begin;
            return found;
        }
    }
    return (struct hy_labelled){0};
}

bool hy_label_time(struct hy_str s, enum hy_label role, struct hy_when *ret)
{
    for (size_t i = 0; i < HY_COUNT(labels); i++) {
        size_t found = labels[i].role == role ? hy_str_find(s, hy_str(labels[i].text), 0) : HY_NPOS;
        size_t at = 0;
        if (found != HY_NPOS &&
            hy_when_next(hy_str_sub(s, found, s.n), &at, (struct hy_when_how){0}, ret))
            return true;
    }
    return false;
}
