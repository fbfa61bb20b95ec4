/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/date.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/url_percent.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "crawler/page/when.h"

#include <stdlib.h>
#include <string.h>

enum {
    MIN_WITNESS = 40, /* what a witness of the time of day must reach */
    MIN_SCORE = 45,   /* what the best day must reach to be believed */
    MAX_CANDIDATES = 200,
    MAX_VALUE = 80,   /* bytes of an attribute or script value that may be a date */
    HEAD_LINES = 12,  /* lines behind the heading where the time usually stands */
    LINE_CHARS = 120, /* a longer line is prose */
    SHAPE_BYTES = 30,
    LABEL_LINE = 8, /* weight of a line that is only a label */
    EXPLAIN_CHARS = 60,
    MAX_REFUSED = 12,
};

/* What raised or lowered a date's worth, as --explain tells it (zh-CN: its readers are people). */
enum reason {
    BY_HEADING,
    BEFORE_BODY,
    IN_BODY_HEAD,
    AT_BODY_END,
    IN_BODY,
    BEHIND_BODY,
    ELSEWHERE,
    SAYS_PUBLISHED,
    SAYS_WRITTEN,
    SAYS_ANSWERED,
    CALLED_DATE,
    HAS_TIME,
    IN_TEXT,
    IN_LINKS,
    IN_NOISE,
    IN_COMMENT,
    REASON_COUNT
};
static const char *const reason_name[REASON_COUNT] = {
    [BY_HEADING] = "标题旁边",
    [BEFORE_BODY] = "正文之前不远处",
    [IN_BODY_HEAD] = "正文开头",
    [AT_BODY_END] = "正文末尾（落款）",
    [IN_BODY] = "正文中间",
    [BEHIND_BODY] = "正文之后",
    [ELSEWHERE] = "离正文很远",
    [SAYS_PUBLISHED] = "写明是发布时间",
    [SAYS_WRITTEN] = "写明是成文日期，不是发布日期",
    [SAYS_ANSWERED] = "写明是答复时间",
    [CALLED_DATE] = "所在元素的名称是时间",
    [HAS_TIME] = "精确到分",
    [IN_TEXT] = "同一行还有别的文字",
    [IN_LINKS] = "在链接列表里",
    [IN_NOISE] = "在导航、页脚、推荐一类的框里",
    [IN_COMMENT] = "在读者评论里",
};

struct candidate {
    struct hy_when when;
    hy_wall at;
    int offset_min;
    int score;
    const char *from;
    int64_t day; /* as written */
    struct hy_str text;
    uint64_t shape;    /* of the line it stands in; lines alike are a list */
    struct hy_str key; /* name of the meta tag or script variable, empty for text */
    uint32_t reasons;  /* bits of enum reason */
};

struct search {
    const struct hy_view *v;
    const struct hy_date_how *how;
    struct hy_when_how read;
    struct candidate c[MAX_CANDIDATES];
    size_t n;
    bool chinese;
    json_t *refused; /* what looked like a time and is none: for --explain, else NULL */
};

static int64_t day_of(const struct candidate *c)
{
    struct hy_civil day = hy_civil_of(c->at, c->offset_min);

    return hy_days_of(day.year, day.month, day.day);
}

static void refuse(struct search *s, struct hy_str text, const char *why)
{
    if (s->refused == NULL || json_array_size(s->refused) >= MAX_REFUSED)
        return;
    json_t *o = json_object();
    hy_json_set_str(o, "text", hy_utf8_head(text, EXPLAIN_CHARS));
    hy_json_set_str(o, "why", hy_str(why));
    json_array_append_new(s->refused, o);
}

static void add(struct search *s, const struct hy_when *w, const char *from, int score,
                struct hy_str text)
{
    struct candidate c = {.when = *w, .score = score, .from = from, .text = text};

    c.offset_min = w->has_offset ? w->offset_min : s->how->offset_min;
    c.at = hy_when_wall(w, s->how->now, s->how->offset_min);
    if (!hy_wall_known(c.at) || s->n == MAX_CANDIDATES)
        return;
    if (hy_wall_known(s->how->latest) && c.at.ms > s->how->latest.ms + HY_DAY_MS) {
        refuse(s, text, "晚于抓取时间，不可能是发布时间");
        return;
    }
    c.day = day_of(&c);
    s->c[s->n++] = c;
}

/* The first date in a value that should be one. */
static void add_value(struct search *s, struct hy_str value, const char *from, int score,
                      struct hy_str key)
{
    struct hy_when w;
    struct hy_when_how how = s->read;
    size_t at = 0, n = s->n;

    how.compact = true;
    if (value.n && value.n <= MAX_VALUE && hy_when_next(value, &at, how, &w))
        add(s, &w, from, score, value);
    if (s->n > n)
        s->c[n].key = key;
}

/* -- metadata ------------------------------------------------------------------------------- */

static const struct {
    const char *name; /* of <meta name|property|itemprop>, without "-_.:" and in lower case */
    int score;
} meta_rows[] = {
    {"articlepublishedtime", 88},
    {"ogpublishedtime", 85},
    {"datepublished", 85},
    {"publishedtime", 80},
    {"pubdate", 85},
    {"publishdate", 85},
    {"publicationdate", 85},
    {"publishtime", 85},
    {"publisheddate", 80},
    {"pubtime", 80},
    {"dcdateissued", 80},
    {"dctermscreated", 70},
    {"dcdate", 65},
    {"dctermsdate", 65},
    {"dctermsissued", 75},
    {"date", 60},
    {"articledate", 70},
    {"sailthrudate", 75},
    {"parselypubdate", 80},
    {"citationpublicationdate", 75},
    {"citationdate", 65},
    {"datecreated", 65},
    {"created", 55},
    {"articlecreated", 70},
    {"weiboarticlecreateat", 80},
    {"firstpublished", 80},
    {"originalpublicationdate", 85},
    {"releasedate", 60},
    {"articleupdatedtime", 35},
    {"articlemodifiedtime", 40},
    {"ogupdatedtime", 40},
    {"datemodified", 40},
    {"lastmodified", 30},
    {"revised", 30},
    {"timestamp", 45},
    {"dcdatecreated", 70},
    {"rnewsdatepublished", 80},
    {"cxenseparserecspublishtime", 80},
    {"bttime", 60},
    {"itempublished", 70},
    {"displaydate", 70},
    {"videoreleasedate", 55},
    {"bookreleasedate", 30},
    {"dcdatemodified", 35},
    {"dateupdate", 62},
    {"dctermsmodified", 35},
};

static int meta_score(struct hy_str name)
{
    char key[40];
    size_t n = 0;

    if (name.n == 0)
        return 0;
    for (size_t i = 0; i < name.n && n < sizeof(key) - 1; i++) {
        char c = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 32 : name.p[i]);
        if (!hy_char_in(c, "-_.: "))
            key[n++] = c;
    }
    key[n] = '\0';
    for (size_t i = 0; i < HY_COUNT(meta_rows); i++)
        if (strcmp(meta_rows[i].name, key) == 0)
            return meta_rows[i].score;
    return 0;
}

static void from_meta_tags(struct search *s)
{
    static const char *const names[] = {"property", "name", "itemprop", "http-equiv"};
    const struct hy_dom *d = s->v->dom;

    for (uint32_t i = 0; i < d->n; i++) {
        if (d->node[i].tag != HY_TAG_META)
            continue;
        int score = 0;
        struct hy_str name = {0};
        for (size_t k = 0; k < HY_COUNT(names); k++) {
            struct hy_str one = hy_dom_attr(d, i, names[k]);
            if (meta_score(one) <= score)
                continue;
            score = meta_score(one);
            name = one;
        }
        if (score)
            add_value(s, hy_dom_attr(d, i, "content"), "meta", score, name);
    }
}

/* Elements that carry a machine-readable time. */
static void from_time_tags(struct search *s)
{
    const struct hy_dom *d = s->v->dom;
    int seen = 0;

    for (uint32_t i = 1; i < d->n; i++) {
        const struct hy_node *n = &d->node[i];
        struct hy_str prop = hy_dom_attr(d, i, "itemprop");
        int score = meta_score(prop);
        if (n->tag != HY_TAG_TIME && n->tag != HY_TAG_ABBR && score == 0)
            continue;
        if (n->tag == HY_TAG_META || s->v->zone[i] == HY_ZONE_HIDDEN)
            continue;
        struct hy_str value = hy_dom_attr(d, i, n->tag == HY_TAG_ABBR ? "title" : "datetime");
        if (value.n == 0)
            value = hy_dom_attr(d, i, "content");
        if (value.n == 0 && i + 1 < n->end)
            value = d->node[i + 1].text;
        if (score == 0)
            score = hy_dom_has_attr(d, i, "pubdate")    ? 80
                    : hy_dom_is_called(d, i, "updated") ? 45
                                                        : 66;
        if (n->tag == HY_TAG_TIME)
            score -= HY_MIN(3 * seen++, 24); /* the first is the article's, later ones of others */
        if (s->v->zone[i] == HY_ZONE_NOISE)
            score -= 15;
        add_value(s, hy_str_trim(value), "time", score,
                  prop.n ? prop : hy_str(hy_tag_name((enum hy_tag)n->tag)));
    }
}

/* -- the address ---------------------------------------------------------------------------- */

static bool url_digits(struct hy_str s, size_t i, size_t n, int *ret)
{
    int v = 0;

    if (i + n > s.n)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (s.p[i + k] < '0' || s.p[i + k] > '9')
            return false;
        v = v * 10 + (s.p[i + k] - '0');
    }
    *ret = v;
    return true;
}

static bool url_digit_at(struct hy_str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* 2019/09/07, 2019-09/07, 2019/0907, 20190907 as parts of the path. */
static bool url_date(struct hy_str s, size_t i, struct hy_when *w)
{
    size_t k = i + 4;

    *w = (struct hy_when){.precision = HY_PREC_DAY};
    if (!url_digits(s, i, 4, &w->year) || (i && url_digit_at(s, i - 1)))
        return false;
    bool sep = k < s.n && hy_char_in(s.p[k], "/-_");
    k += sep;
    if (!url_digits(s, k, 2, &w->month)) {
        if (!sep || !url_digits(s, k, 1, &w->month) || url_digit_at(s, k + 1))
            return false;
        k--;
    }
    k += 2;
    bool sep2 = k < s.n && hy_char_in(s.p[k], "/-_");
    k += sep2;
    if (!url_digits(s, k, 2, &w->day)) {
        if (!sep2 || !url_digits(s, k, 1, &w->day))
            return false;
        k--;
    }
    if (url_digit_at(s, k + 2) && !(!sep && k + 2 - i == 8))
        return false;
    return w->year >= 1995 && w->year <= 2099 && hy_date_exists(w->year, w->month, w->day);
}

/* 29-10-2021, 29.10.2021 */
static bool url_date_day_first(struct hy_str s, size_t i, struct hy_when *w)
{
    *w = (struct hy_when){.precision = HY_PREC_DAY};
    return (i == 0 || !url_digit_at(s, i - 1)) && url_digits(s, i, 2, &w->day) && i + 10 <= s.n &&
           hy_char_in(s.p[i + 2], "-._") && s.p[i + 5] == s.p[i + 2] &&
           url_digits(s, i + 3, 2, &w->month) && url_digits(s, i + 6, 4, &w->year) &&
           !url_digit_at(s, i + 10) && w->year >= 1995 && w->year <= 2099 &&
           hy_date_exists(w->year, w->month, w->day);
}

static void from_url(struct search *s, struct hy_str url, int score)
{
    struct hy_when w;
    size_t start = hy_str_find(url, HY_STR("://"), 0);

    for (size_t i = start == HY_NPOS ? 0 : start + 3; i < url.n; i++)
        if (url_date(url, i, &w) || url_date_day_first(url, i, &w)) {
            add(s, &w, "url", score, url);
            return;
        }
}

/* -- scripts -------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    int score;
} script_keys[] = {
    {"datePublished", 60},   {"publishTime", 72},   {"publish_time", 72}, {"publishDate", 66},
    {"publish_date", 66},    {"pubDate", 66},       {"pubTime", 66},      {"pubtime", 66},
    {"pubdate", 66},         {"publishedAt", 62},   {"published_at", 62}, {"createTime", 56},
    {"create_time", 56},     {"publishedDate", 62}, {"datetime", 48},     {"releaseTime", 56},
    {"var ct ", 70},         {"oriCreateTime", 68}, {"articleTime", 60},  {"newsTime", 60},
    {"first_published", 62}, {"datePosted", 62},
};

/* Seconds or milliseconds since 1970. */
static bool epoch_value(struct hy_str v, struct hy_when *w)
{
    int64_t n;

    if ((v.n != 10 && v.n != 13) || !hy_str_to_i64(v, &n) || n < 0)
        return false;
    struct hy_civil c = hy_civil_of((hy_wall){v.n == 10 ? n * 1000 : n}, HY_CST);
    *w = (struct hy_when){.year = c.year,
                          .month = c.month,
                          .day = c.day,
                          .hour = c.hour,
                          .minute = c.minute,
                          .second = c.second,
                          .offset_min = HY_CST,
                          .has_offset = true,
                          .precision = HY_PREC_SECOND};
    return c.year >= 1995 && c.year <= 2099;
}

/* key" : "value" or key = 'value': what follows the sign, without its quotes. */
static struct hy_str value_behind(struct hy_str s, size_t i)
{
    while (i < s.n && hy_char_in(s.p[i], "\"'\\ \t"))
        i++;
    if (i >= s.n || (s.p[i] != ':' && s.p[i] != '='))
        return (struct hy_str){0};
    i++;
    while (i < s.n && hy_char_in(s.p[i], "\"'\\ \t"))
        i++;
    size_t end = i;
    while (end < s.n && end - i < 40 && !hy_char_in(s.p[end], "\"'\\,;}<\n"))
        end++;
    return hy_str_sub(s, i, end);
}

/* A call in the text that writes a date: <script>show("2020/04/17 01:43")</script>. */
static void from_inline_calls(struct search *s)
{
    struct hy_str html = s->how->html, open = HY_STR("<script>");
    int found = 0;

    for (size_t at = hy_str_find(html, open, 0); at != HY_NPOS && found < 3;
         at = hy_str_find(html, open, at + open.n)) {
        struct hy_str body = hy_str_sub(html, at + open.n, at + open.n + MAX_VALUE);
        size_t end = hy_str_find(body, HY_STR("</script"), 0), from = 0;
        struct hy_when w;
        if (end != HY_NPOS && hy_when_next(hy_str_sub(body, 0, end), &from, s->read, &w))
            add(s, &w, "text", 58 - 6 * found++, hy_str_sub(body, 0, end));
    }
}

static void from_script(struct search *s, struct hy_str body, int *found)
{
    for (size_t k = 0; k < HY_COUNT(script_keys); k++) {
        struct hy_str key = hy_str(script_keys[k].key);
        for (size_t at = hy_str_find(body, key, 0); at != HY_NPOS && found[k] < 2;
             at = hy_str_find(body, key, at + key.n)) {
            struct hy_str value = value_behind(body, at + key.n);
            struct hy_when w;
            size_t from = 0;
            if (value.n < 8)
                continue;
            size_t n = s->n;
            if (epoch_value(value, &w) || hy_when_next(value, &from, s->read, &w))
                add(s, &w, "meta", script_keys[k].score - 10 * found[k]++, value);
            if (s->n > n)
                s->c[n].key = key;
        }
    }
}

static void from_scripts(struct search *s)
{
    struct hy_str html = s->how->html, open = HY_STR("<script"), close = HY_STR("</script");
    int found[HY_COUNT(script_keys)] = {0};

    for (size_t at = hy_str_find(html, open, 0); at != HY_NPOS;) {
        size_t end = hy_str_find(html, close, at);
        from_script(s, hy_str_sub(html, at + open.n, end), found);
        at = end == HY_NPOS ? end : hy_str_find(html, open, end);
    }
}

/* -- what the reader sees ------------------------------------------------------------------- */

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

struct place {
    uint32_t title_line, first, last; /* line numbers: heading; main text [first, last) */
    uint32_t sentence;                /* first line of it that is no heading */
    enum hy_zone zone;                /* of the main text: a board of messages is all comments */
};

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
static int place_score(uint32_t i, const struct place *p, bool mostly, enum reason *ret)
{
    bool by_heading = p->title_line != UINT32_MAX && i + 2 >= p->title_line &&
                      i <= p->title_line + HEAD_LINES &&
                      i <= HY_MAX(p->first + 3, p->title_line + 3);
    const struct {
        bool here;
        enum reason reason;
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
static const char *why_not(const struct search *s, uint32_t i, const struct hy_when *w,
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

static int line_score(struct search *s, uint32_t i, const struct place *p, const struct hy_when *w,
                      uint32_t *ret_reasons)
{
    const struct hy_line *l = &s->v->line[i];
    size_t rest = w->length - (w->end - w->begin);
    bool keyed = has_any(l->text, published_words, HY_COUNT(published_words)) ||
                 (i < p->first && hy_line_is_info(l) && rest > 4);
    bool mostly = rest <= 12 || rest <= w->end - w->begin;
    bool links = l->link_weight * 3 > l->weight && l->weight > 2;
    enum label label = label_of(s->v, i, w);
    enum reason where;
    const char *no = why_not(s, i, w, label, keyed, mostly);

    if (no) {
        refuse(s, l->text, no);
        return 0;
    }
    int score = place_score(i, p, mostly, &where);
    const struct {
        bool so;
        enum reason reason;
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
        score = HY_MIN(score - 30, MIN_SCORE - 5); /* never decides alone */
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
static int limit_by_shape(const struct search *s, uint64_t shape, int score)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].shape == shape && score >= s->c[i].score)
            score = s->c[i].score - 1;
    return score;
}

static void from_lines(struct search *s, const struct place *p)
{
    for (uint32_t i = 0; i < s->v->n && s->n < MAX_CANDIDATES; i++) {
        const struct hy_line *l = &s->v->line[i];
        struct hy_when w;
        size_t at = 0;
        for (int k = 0; k < 3 && hy_when_next(l->text, &at, s->read, &w); k++) {
            uint64_t shape = shape_of(l->text);
            uint32_t reasons = 0;
            int score = limit_by_shape(s, shape, line_score(s, i, p, &w, &reasons) - 2 * k);
            size_t n = s->n;
            if (score > 0)
                add(s, &w, "text", score, l->text);
            if (s->n > n)
                s->c[n].reasons = reasons;
            /* "成文日期" is no list's first entry that "发布日期" would repeat */
            if (s->n > n && label_of(s->v, i, &w) != LABEL_WRITTEN)
                s->c[n].shape = shape;
        }
    }
}

/* -- choice --------------------------------------------------------------------------------- */

/* Witnesses of one day: the best counts whole, others of another kind a fifth each. */
static int day_score(const struct search *s, int64_t day)
{
    int best = 0, sum = 0;
    const char *from[8];
    size_t kinds = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].day == day)
            best = HY_MAX(best, s->c[i].score);
    for (size_t i = 0; i < s->n; i++) {
        bool known = false;
        if (s->c[i].day != day)
            continue;
        for (size_t k = 0; k < kinds; k++)
            known = known || from[k] == s->c[i].from;
        if (!known && kinds < HY_COUNT(from)) {
            from[kinds++] = s->c[i].from;
            sum += s->c[i].score / 5;
        }
    }
    return best + sum - best / 5;
}

static int64_t best_day(const struct search *s, int *ret_score)
{
    int64_t day = 0;

    *ret_score = 0;
    for (size_t i = 0; i < s->n; i++) {
        int score = day_score(s, s->c[i].day);
        if (score > *ret_score || (score == *ret_score && s->c[i].day < day)) {
            *ret_score = score;
            day = s->c[i].day;
        }
    }
    return day;
}

/* Midnight to the second is a day in disguise: a field for a time that nobody filled in. */
static bool is_midnight(const struct hy_when *w)
{
    return w->hour == 0 && w->minute == 0 && w->second == 0 && !w->relative;
}

/* Of the day's witnesses: one that knows the minute before one that does not, then by worth. */
static const struct candidate *best_witness(const struct search *s, int64_t day)
{
    const struct candidate *best = NULL;
    int best_score = 0, top = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].day == day)
            top = HY_MAX(top, s->c[i].score);

    for (size_t i = 0; i < s->n; i++) {
        const struct candidate *c = &s->c[i];
        bool exact = c->when.precision >= HY_PREC_MINUTE && !is_midnight(&c->when);
        int score = c->score + (exact ? 40 : 0);
        if (s->chinese && c->score >= 80 && strcmp(c->from, "text") == 0)
            score += 15; /* what the page shows under its heading is what people go by */
        if (c->day != day || c->score < MIN_WITNESS || 2 * c->score < top)
            continue; /* a reader's comment of the same day */
        if (best == NULL || score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

static void set_why(json_t *o, const struct candidate *c)
{
    struct hy_buf why = HY_BUF_INIT(1000);

    for (size_t i = 0; i < REASON_COUNT; i++)
        if (c->reasons & 1u << i)
            hy_buf_printf(&why, "%s%s", why.n ? "，" : "", reason_name[i]);
    if (c->key.n)
        hy_buf_printf(&why, "%.*s", (int)HY_MIN(c->key.n, (size_t)40), c->key.p);
    hy_json_set_str(o, "why", hy_buf_view(&why));
    hy_buf_release(&why);
}

static int by_day_and_score(const void *a, const void *b)
{
    const struct candidate *const *x = a, *const *y = b;

    return (*y)->score - (*x)->score ? (*y)->score - (*x)->score : *x < *y ? -1 : 1;
}

/* All evidence, the best first; `chosen` may be NULL. */
static void explain(const struct search *s, const struct candidate *chosen, json_t *out)
{
    const struct candidate *order[MAX_CANDIDATES];
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++)
        order[i] = &s->c[i];
    qsort(order, s->n, sizeof(order[0]), by_day_and_score);
    for (size_t i = 0; i < s->n; i++) {
        const struct candidate *c = order[i];
        char time[HY_TIME_SIZE];
        json_t *o = json_object();
        hy_json_set_str(o, "at", hy_str(hy_wall_format(c->at, c->offset_min, time)));
        hy_json_set_str(o, "precision", hy_str(hy_precision_name[c->when.precision]));
        hy_json_set_str(o, "from", hy_str(c->from));
        hy_json_set_int(o, "rank", (int64_t)i + 1);
        hy_json_set_int(o, "score", c->score);
        hy_json_set_int(o, "day_score", day_score(s, c->day));
        json_object_set_new(o, "chosen", json_boolean(c == chosen));
        set_why(o, c);
        hy_json_set_str(o, "text", hy_utf8_head(c->text, EXPLAIN_CHARS));
        json_array_append_new(list, o);
    }
    json_object_set_new(out, "dates", list);
    json_object_set(out, "no_dates", s->refused);
    hy_json_set_int(out, "date_needs", MIN_SCORE);
}

static bool is_day_first(struct hy_str lang)
{
    return lang.n && !(hy_str_ieq(lang, HY_STR("en")) || hy_str_ieq(lang, HY_STR("en-us")) ||
                       hy_str_ieq(hy_str_sub(lang, 0, 2), HY_STR("zh")));
}

static bool is_chinese(const struct hy_meta *m)
{
    if (hy_str_ieq(hy_str_sub(m->lang, 0, 2), HY_STR("zh")))
        return true;
    for (size_t i = 0; i < m->title.n;)
        if (hy_is_han(hy_utf8_next(m->title, &i)))
            return true;
    return false;
}

struct hy_date hy_date_find(const struct hy_view *v, const struct hy_meta *m,
                            const struct hy_body *b, const struct hy_date_how *how)
{
    struct search *s = hy_xcalloc(1, sizeof(*s));
    struct place p = {how->title ? hy_view_line_at(v, how->title) : UINT32_MAX, b->first, b->last,
                      first_sentence(v, b), b->zone};
    struct hy_date none = {.at = HY_WALL_NONE, .offset_min = how->offset_min}, found = none;
    int score;

    s->v = v;
    s->how = how;
    s->chinese = is_chinese(m);
    s->refused = how->explain ? json_array() : NULL;
    s->read.day_first = is_day_first(m->lang);
    add_value(s, m->published, "jsonld", 90, HY_STR("datePublished"));
    from_meta_tags(s);
    from_time_tags(s);
    from_url(s, how->url, 58);
    if (how->url.n == 0)
        from_url(s, m->canonical, 55);
    from_scripts(s);
    from_inline_calls(s);
    from_lines(s, &p);
    int64_t day = best_day(s, &score);
    const struct candidate *c = score >= MIN_SCORE ? best_witness(s, day) : NULL;
    if (c)
        found = (struct hy_date){c->at, c->offset_min,
                                 is_midnight(&c->when) ? HY_PREC_DAY : c->when.precision, c->from};
    if (how->explain)
        explain(s, c, how->explain);
    json_decref(s->refused);
    free(s);
    return found;
}
