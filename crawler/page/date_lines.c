/* SPDX-License-Identifier: Apache-2.0 */
/* The publish time as pages show it to people: dates in lines, weighed by where the line stands and
 * what it calls them.  Who is right is decided in date.c. */
#include "crawler/page/date_parts.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum {
    HEAD_LINES = 12,  /* lines behind the heading where the time usually stands */
    LINE_CHARS = 120, /* a longer line is prose */
    SHAPE_BYTES = 30,
    LABEL_LINE = 8, /* weight of a line that is only a label */
};

struct place {
    uint32_t title_line, first, last; /* line numbers: heading; main text [first, last) */
    uint32_t sentence;                /* first line of it that is no heading */
    enum hy_zone zone;                /* of the main text: a board of messages is all comments */
};

static const char *const published_words[] = {
    "发布时间", "发布日期",  "发布于",   "发表时间",       "发表于",    "发表日期", "发稿时间",
    "时间：",   "时间:",     "日期：",   "日期:",          "发布：",    "更新时间", "更新日期",
    "来源",     "成文日期",  "公布日期", "發布時間",       "發表於",    "发文日期", "published",
    "posted",   "publicado", "publié",   "veröffentlicht", "posted on", "date:",    "stand:",
};

static const char *const wrong_words[] = {
    "今天是",
    "农历",
    "版权",
    "copyright",
    "©",
    "截至",
    "截止",
    "注册",
    "最后登录",
    "登录时间",
    "加入时间",
    "joined",
    "expires",
    "valid until",
    "有效期",
    "上次更新时间：今天",
    "last post",
    "last reply",
    "latest activity",
    "最后发表",
    "最后回复",
    "最新回复",
};

/* Labels of the index in front of a government paper.  A paper is written, then published; when it
 * takes effect or ends is no time of the page at all. */
static const char *const written_labels[] = {"成文日期", "成文时间", "生成日期", "生成时间",
                                             "印发日期", "印发时间", "签发日期", "形成日期"};
static const char *const effect_labels[] = {"有效期",   "生效日期", "生效时间",
                                            "实施日期", "施行日期", "废止日期",
                                            "失效日期", "截止日期", "截止时间"};
static const char *const public_labels[] = {
    "发布日期", "发布时间", "公开日期", "公开时间", "公布日期", "公布时间", "发文日期",
    "发文时间", "发布于",   "发表时间", "留言时间", "留言日期", "来信时间", "来信日期",
    "写信时间", "提问时间", "咨询时间", "投诉时间", "提交时间", "反映时间"};
/* On a board where citizens write to an office: what the office did later. */
static const char *const answer_labels[] = {"回复时间", "回复日期", "答复时间", "答复日期",
                                            "办结时间", "受理时间", "转办时间", "办理时间"};

enum label { LABEL_NONE, LABEL_WRITTEN, LABEL_EFFECT, LABEL_PUBLIC, LABEL_ANSWER };

/* The last label in `s` and where it ends. */
static void last_label(struct hy_str s, const char *const *words, size_t n, enum label label,
                       enum label *best, size_t *best_end)
{
    for (size_t i = 0; i < n; i++)
        for (size_t at = hy_str_find(s, hy_str(words[i]), 0); at != HY_NPOS;
             at = hy_str_find(s, hy_str(words[i]), at + 1))
            if (at + strlen(words[i]) > *best_end) {
                *best_end = at + strlen(words[i]);
                *best = label;
            }
}

static enum label label_in(struct hy_str s)
{
    enum label best = LABEL_NONE;
    size_t end = 0;

    last_label(s, written_labels, HY_COUNT(written_labels), LABEL_WRITTEN, &best, &end);
    last_label(s, effect_labels, HY_COUNT(effect_labels), LABEL_EFFECT, &best, &end);
    last_label(s, public_labels, HY_COUNT(public_labels), LABEL_PUBLIC, &best, &end);
    last_label(s, answer_labels, HY_COUNT(answer_labels), LABEL_ANSWER, &best, &end);
    return best;
}

/* What the page calls a date: the label before it in its line, or alone in the line before. */
static enum label label_of(const struct hy_view *v, uint32_t i, const struct hy_when *w)
{
    struct hy_str text = v->line[i].text;
    enum label label = label_in(hy_utf8_head(text, w->begin));

    if (label == LABEL_NONE && w->begin <= 2 && i && v->line[i - 1].weight <= LABEL_LINE)
        label = label_in(v->line[i - 1].text);
    return label;
}

static bool has_any(struct hy_str s, const char *const *words, size_t n)
{
    char low[LINE_CHARS * 4 + 1];
    size_t len = HY_MIN(s.n, sizeof(low) - 1);

    for (size_t i = 0; i < len; i++)
        low[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 32 : s.p[i]);
    for (size_t i = 0; i < n; i++)
        if (hy_str_has(hy_str_n(low, len), hy_str(words[i])))
            return true;
    return false;
}

static const char *const date_names[] = {"date",      "time",      "datetime", "pubdate", "pubtime",
                                         "timestamp", "published", "publish*", "posted",  "info",
                                         "meta",      "source",    "laiyuan",  "shijian", "riqi",
                                         "fbsj",      "dateline",  NULL};

/* Does an element up to three levels up call itself a date? */
static bool in_date_element(const struct hy_view *v, uint32_t node)
{
    for (int k = 0; k < 3 && node; k++) {
        node = v->dom->node[node].parent;
        if (hy_names_match(v->dom, node, date_names))
            return true;
    }
    return false;
}

static uint32_t first_sentence(const struct hy_view *v, const struct hy_body *b)
{
    for (uint32_t i = b->first; i < b->last; i++)
        if (b->keep[i] && v->line[i].stops >= 2 && v->line[i].weight >= 20)
            return i;
    return b->first + 4;
}

/* A neighbour that is a link and has a date makes the line an entry of a list. */
static bool is_dated_link(const struct hy_view *v, uint32_t i)
{
    struct hy_when w;
    size_t at = 0;

    return i < v->n && v->line[i].link_weight * 3 > v->line[i].weight &&
           hy_when_next(v->line[i].text, &at, (struct hy_when_how){0}, &w);
}

static bool in_link_list(const struct hy_view *v, uint32_t i)
{
    return (i && is_dated_link(v, i - 1)) || is_dated_link(v, i + 1);
}

/* Where a line stands: its worth before anything is known of it. */
static int place_score(uint32_t i, const struct place *p, bool mostly, enum hy_date_reason *ret)
{
    bool by_heading = p->title_line != UINT32_MAX && i + 2 >= p->title_line &&
                      i <= p->title_line + HEAD_LINES &&
                      i <= HY_MAX(p->first + 3, p->title_line + 3);
    const struct {
        bool here;
        enum hy_date_reason reason;
        int score;
    } rows[] = {
        {by_heading, BY_HEADING, 72},
        {i < p->first && i + HEAD_LINES >= p->first, BEFORE_BODY, 52},
        {i < p->first, ELSEWHERE, 32},
        {i < p->last && mostly && i < p->sentence, IN_BODY_HEAD, 58},
        {i < p->last && mostly && i + 3 >= p->last, AT_BODY_END, 50},
        {i < p->last, IN_BODY, 34},
        {i < p->last + 8, BEHIND_BODY, 42},
    };

    for (size_t k = 0; k < HY_COUNT(rows); k++)
        if (rows[k].here) {
            *ret = rows[k].reason;
            return rows[k].score;
        }
    *ret = ELSEWHERE;
    return 24;
}

/* Of a line with a date: is it one that never is a publish time?  NULL: it may be. */
static const char *why_not(const struct hy_date_search *s, uint32_t i, const struct hy_when *w,
                           enum label label, bool keyed, bool mostly)
{
    const struct hy_line *l = &s->v->line[i];

    if (label == LABEL_EFFECT)
        return "写明是生效、有效或截止日期";
    if (label == LABEL_NONE && has_any(l->text, wrong_words, HY_COUNT(wrong_words)))
        return "页面时钟、版权年份、注册或最后回复一类的时间";
    if (!keyed && !mostly && (l->stops > 4 || w->length > LINE_CHARS))
        return "是句子里提到的日期";
    return NULL;
}

static int line_score(struct hy_date_search *s, uint32_t i, const struct place *p,
                      const struct hy_when *w, uint32_t *ret_reasons)
{
    const struct hy_line *l = &s->v->line[i];
    size_t rest = w->length - (w->end - w->begin);
    bool keyed = has_any(l->text, published_words, HY_COUNT(published_words)) ||
                 (i < p->first && hy_line_is_info(l) && rest > 4);
    bool mostly = rest <= 12 || rest <= w->end - w->begin;
    bool links = l->link_weight * 3 > l->weight && l->weight > 2;
    enum label label = label_of(s->v, i, w);
    enum hy_date_reason where;
    const char *no = why_not(s, i, w, label, keyed, mostly);

    if (no) {
        hy_date_refuse_(s, l->text, no);
        return 0;
    }
    int score = place_score(i, p, mostly, &where);
    const struct {
        bool so;
        enum hy_date_reason reason;
        int more;
    } rows[] = {
        {keyed || label == LABEL_PUBLIC, SAYS_PUBLISHED, 14},
        {label == LABEL_WRITTEN, SAYS_WRITTEN, -20},
        {label == LABEL_ANSWER, SAYS_ANSWERED, -30},
        {in_date_element(s->v, l->node), CALLED_DATE, 8},
        {w->precision >= HY_PREC_MINUTE, HAS_TIME, 8},
        {!mostly && !keyed, IN_TEXT, -12},
        {links, IN_LINKS, in_link_list(s->v, i) ? -24 : -6},
        {l->zone == HY_ZONE_NOISE, IN_NOISE, -12},
    };
    *ret_reasons = 1u << where;
    for (size_t k = 0; k < HY_COUNT(rows); k++)
        if (rows[k].so) {
            score += rows[k].more;
            *ret_reasons |= 1u << rows[k].reason;
        }
    if (l->zone == HY_ZONE_COMMENT && p->zone < HY_ZONE_COMMENT) {
        score = HY_MIN(score - 30, HY_DATE_MIN_SCORE - 5); /* never decides alone */
        *ret_reasons |= 1u << IN_COMMENT;
    }
    return score;
}

/* The line without its digits and beyond its start: equal for the items of a list. */
static uint64_t shape_of(struct hy_str text)
{
    char shape[SHAPE_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < text.n && n < SHAPE_BYTES; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            shape[n++] = text.p[i];
    return hy_hash64(hy_str_n(shape, n));
}

/* A time that stands in a row of others of the same make is worth less than the first of them. */
static int limit_by_shape(const struct hy_date_search *s, uint64_t shape, int score)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].shape == shape && score >= s->c[i].score)
            score = s->c[i].score - 1;
    return score;
}

void hy_date_from_lines_(struct hy_date_search *s, const struct hy_body *b, uint32_t title)
{
    struct place p = {title ? hy_view_line_at(s->v, title) : UINT32_MAX, b->first, b->last,
                      first_sentence(s->v, b), b->zone};

    for (uint32_t i = 0; i < s->v->n && s->n < HY_DATE_MAX; i++) {
        const struct hy_line *l = &s->v->line[i];
        struct hy_when w;
        size_t at = 0;
        for (int k = 0; k < 3 && hy_when_next(l->text, &at, s->read, &w); k++) {
            uint64_t shape = shape_of(l->text);
            uint32_t reasons = 0;
            int score = limit_by_shape(s, shape, line_score(s, i, &p, &w, &reasons) - 2 * k);
            size_t n = s->n;
            if (score > 0)
                hy_date_add_(s, &w, "text", score, l->text);
            if (s->n > n)
                s->c[n].reasons = reasons;
            /* "成文日期" is no list's first entry that "发布日期" would repeat */
            if (s->n > n && label_of(s->v, i, &w) != LABEL_WRITTEN)
                s->c[n].shape = shape;
        }
    }
}
