/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/explain.h"

#include "core/utf8.h"
#include "crawler/page/list_explain.h"
#include "crawler/page/quote.h"


enum {
    MAX_LEFT = 15,   /* lines left out that are shown */
    MAX_SHOWN = 3,   /* paragraphs from either end of the text */
    LINE_CHARS = 48, /* of a paragraph */
    MAX_EVIDENCE = 8,
};

/* -- making --------------------------------------------------------------------------------- */

static json_t *explain_title(const struct hy_explained *e)
{
    json_t *o = json_object();

    if (e->title) {
        hy_explain_path(o, e->view->dom, e->title);
        hy_json_set_str(o, "why", HY_STR("页面上的标题，与网页自称的标题相符"));
    } else if (e->meta->og_title.n) {
        hy_json_set_str(o, "why", HY_STR("og:title，去掉网站名（页面上没有与它相符的标题）"));
    } else {
        hy_json_set_str(o, "why", HY_STR("<title>，去掉网站名（页面上没有与它相符的标题）"));
    }
    hy_json_set_str(o, "stated",
                    hy_utf8_head(e->meta->title.n ? e->meta->title : e->meta->og_title, 120));
    return o;
}

struct ends {
    uint32_t first, last; /* kept lines of the body lie in [first, last) */
};

static struct ends kept_lines(const struct hy_body *b)
{
    struct ends e = {b->last, b->first};

    for (uint32_t i = b->first; i < b->last; i++)
        if (b->keep[i]) {
            e.first = HY_MIN(e.first, i);
            e.last = i + 1;
        }
    return e;
}

/* Of a line inside the body's element that was not taken. */
static const char *why_left(const struct hy_line *l, uint32_t i, const struct ends *ends,
                            enum hy_zone zone)
{
    if (l->zone > zone)
        return l->zone == HY_ZONE_COMMENT ? "读者评论"
                                          : "所在元素叫导航、页脚、推荐、分享一类的名字";
    if (i < ends->first)
        return "标题、时间、来源行";
    if (hy_line_is_button(l))
        return "按钮";
    if (2 * l->link_weight > l->weight)
        return "链接，不是正文";
    if (i >= ends->last)
        return "正文已结束（相关阅读、声明等）";
    return "图片说明或链接框";
}

static json_t *explain_body(const struct hy_explained *e)
{
    const struct hy_body *b = e->body;
    struct ends ends = kept_lines(b);
    json_t *o = json_object(), *left = json_array();
    size_t kept = 0, more = 0;

    for (uint32_t i = b->first; i < b->last; i++) {
        const struct hy_line *l = &e->view->line[i];
        kept += b->keep[i];
        if (b->keep[i] || l->weight == 0)
            continue;
        if (json_array_size(left) >= MAX_LEFT) {
            more++;
            continue;
        }
        json_t *one = json_object();
        hy_json_set_str(one, "text", hy_utf8_head(l->text, LINE_CHARS));
        hy_json_set_str(one, "why", hy_str(why_left(l, i, &ends, b->zone)));
        json_array_append_new(left, one);
    }
    if (b->root)
        hy_explain_path(o, e->view->dom, b->root);
    hy_json_set_int(o, "paragraphs", (int64_t)kept);
    hy_json_set_int(o, "outside", (int64_t)e->view->n - (b->last - b->first));
    hy_json_set_int(o, "left_more", (int64_t)more);
    json_object_set_new(o, "left", left);
    return o;
}

static json_t *explain_letter(const struct hy_explained *e)
{
    const struct hy_letter *l = e->letter;
    json_t *o = json_object(), *left = json_array();
    size_t kept = 0, more = 0;

    for (uint32_t i = l->first; i < l->last; i++) {
        const struct hy_line *line = &e->view->line[i];
        kept += l->of[i] != 0;
        if (l->of[i] || line->weight == 0)
            continue;
        if (json_array_size(left) >= MAX_LEFT) {
            more++;
            continue;
        }
        json_t *one = json_object();
        hy_json_set_str(one, "text", hy_utf8_head(line->text, LINE_CHARS));
        hy_json_set_str(one, "why", HY_STR("来信、答复或评价的状态行，或页面的其他内容"));
        json_array_append_new(left, one);
    }
    hy_json_set_int(o, "paragraphs", (int64_t)kept);
    hy_json_set_int(o, "outside", (int64_t)l->first);
    hy_json_set_int(o, "left_more", (int64_t)more);
    json_object_set_new(o, "left", left);
    return o;
}

static json_t *explain_origin(const struct hy_explained *e, const struct hy_item *it)
{
    json_t *o = json_object();
    bool meta = it->origin && hy_str_has(e->meta->origin, hy_str(it->origin));

    hy_json_set_str(o, "why",
                    it->origin == NULL ? HY_STR("正文上下没有写明来源或转自的单位")
                    : meta             ? HY_STR("网页的元数据 ContentSource")
                                       : HY_STR("正文上下写明来源、转自的那一行"));
    return o;
}

/* What stands in a thread and is not counted as the words of the floor it stands in. */
static json_t *explain_quotes(const struct hy_view *v, const struct hy_thread *t)
{
    static const char *const why[] = {
        [HY_QUOTE_NAMED] = "在这一层里标明是别人的话", [HY_QUOTE_SAID] = "与另一层的话相同"};
    json_t *quotes = json_array();

    for (uint32_t i = 0; t->n && i < v->n && json_array_size(quotes) < MAX_LEFT; i++) {
        if (t->quoted[i] <= HY_QUOTE_HEAD || v->line[i].weight == 0)
            continue;
        json_t *one = json_object();
        hy_json_set_str(one, "text", hy_utf8_head(v->line[i].text, LINE_CHARS));
        hy_json_set_str(one, "why", hy_str(why[t->quoted[i]]));
        json_array_append_new(quotes, one);
    }
    return quotes;
}

static const char *why_kind(const struct hy_explained *e, const struct hy_item *it)
{
    switch (it->kind) {
    case HY_ITEM_THREAD:
        return e->letter->n ? "像来信：标明了来信、答复各自的时间、单位或内容，楼层是答复"
               : e->thread->n ? "像论坛：同样结构的楼层重复出现，每层有时间和文字"
                              : "网页的 JSON-LD 自称是问答或帖子";
    case HY_ITEM_LIST:
        return "链接多、成段的文字少：引向别的网页";
    case HY_ITEM_ARTICLE:
        return "有成段的文字";
    default:
        return "没有成段的文字，也没有链接：可能要由浏览器运行脚本才有内容";
    }
}

void hy_explain(const struct hy_explained *e, const struct hy_item *it, json_t *out)
{
    json_object_set_new(out, "title", explain_title(e));
    json_object_set_new(out, "body", e->letter->n ? explain_letter(e) : explain_body(e));
    json_object_set_new(out, "origin", explain_origin(e, it));
    json_t *kind = json_object();
    hy_json_set_str(kind, "why", hy_str(why_kind(e, it)));
    json_object_set_new(out, "kind", kind);
    if (it->kind == HY_ITEM_THREAD && e->letter->n == 0)
        json_object_set_new(out, "quotes", explain_quotes(e->view, e->thread));
}

/* -- printing ------------------------------------------------------------------------------- */

static const struct {
    const char *code, *zh;
} words[] = {
    {"article", "文章"},    {"thread", "帖子"},       {"list", "列表"},     {"other", "其他"},
    {"second", "精确到秒"}, {"minute", "精确到分"},   {"day", "只到日期"},  {"none", "没有"},
    {"jsonld", "JSON-LD"},  {"meta", "元数据或脚本"}, {"time", "时间标签"}, {"url", "网址"},
    {"text", "页面文字"},
};

static const char *zh(struct hy_str code)
{
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_is(code, words[i].code))
            return words[i].zh;
    return "";
}

static void print_str(FILE *out, const json_t *o, const char *key)
{
    struct hy_str s = hy_json_str(o, key);

    fwrite(s.p, 1, s.n, out);
}

static void print_title(const json_t *item, const json_t *why, FILE *out)
{
    fputs("标题　", out);
    print_str(out, item, "title");
    fputs("\n　　　", out);
    if (hy_json_str(why, "element").n) {
        print_str(out, why, "element");
        fputs("：", out);
    }
    print_str(out, why, "why");
    fputs("\n　　　网页自称：", out);
    print_str(out, why, "stated");
    fputc('\n', out);
}

/* 2026-11-20T14:05:00+08:00 as people write it, as far as it is known. */
static void print_time(FILE *out, struct hy_str at, struct hy_str precision)
{
    size_t n = hy_str_is(precision, "day") ? 10 : hy_str_is(precision, "minute") ? 16 : 19;

    for (size_t i = 0; i < n && i < at.n; i++)
        fputc(at.p[i] == 'T' ? ' ' : at.p[i], out);
    if (n > 10 && at.n > 19 && !hy_str_is(hy_str_sub(at, 19, at.n), "+08:00"))
        fprintf(out, "（%.*s）", (int)(at.n - 19), at.p + 19);
}

static void print_evidence(const json_t *d, FILE *out)
{
    fprintf(out, "　　　%s %3d 分　", hy_json_bool(d, "chosen") ? "→" : "　",
            (int)hy_json_int(d, "score", 0));
    print_time(out, hy_json_str(d, "at"), hy_json_str(d, "precision"));
    fprintf(out, "　%s", zh(hy_json_str(d, "from")));
    if (hy_json_str(d, "why").n) {
        fputs("：", out);
        print_str(out, d, "why");
    }
    fputs("　“", out);
    print_str(out, d, "text");
    fputs("”\n", out);
}

/* Evidence of several kinds for one day adds up, so the chosen one need not be the best alone. */
static int day_score(const json_t *dates)
{
    const json_t *d;
    size_t i;

    json_array_foreach (dates, i, d)
        if (hy_json_bool(d, "chosen"))
            return (int)hy_json_int(d, "day_score", 0);
    return 0;
}

static void print_dates(const json_t *item, const json_t *why, FILE *out)
{
    const json_t *dates = json_object_get(why, "dates"), *no = json_object_get(why, "no_dates"), *d;
    struct hy_str precision = hy_json_str(item, "published_precision");
    size_t i;

    fputs("时间　", out);
    if (hy_json_str(item, "published").n) {
        print_time(out, hy_json_str(item, "published"), precision);
        fprintf(out, "（%s，来自%s", zh(precision), zh(hy_json_str(item, "published_from")));
        if (hy_json_bool(why, "opening"))
            fputs("；帖子以首层自己的时间为准", out);
        else if (hy_json_bool(why, "letter_time"))
            fputs("；以来信自己的时间为准", out);
        else
            fprintf(out, "；这一天的证据合计 %d 分", day_score(dates));
        fputs("）\n", out);
    } else {
        fprintf(out, "不知道：没有哪一天的证据够 %d 分\n", (int)hy_json_int(why, "date_needs", 0));
    }
    json_array_foreach (dates, i, d)
        if (i < MAX_EVIDENCE || hy_json_bool(d, "chosen"))
            print_evidence(d, out);
    if (json_array_size(dates) > MAX_EVIDENCE)
        fprintf(out, "　　　另有 %zu 处较弱的证据\n", json_array_size(dates) - MAX_EVIDENCE);
    json_array_foreach (no, i, d) {
        fputs("　　　　 不算　“", out);
        print_str(out, d, "text");
        fputs("”：", out);
        print_str(out, d, "why");
        fputc('\n', out);
    }
}

static void print_origin(const json_t *item, const json_t *why, FILE *out)
{
    struct hy_str origin = hy_json_str(item, "origin");

    fprintf(out, "稿源　" HY_STR_FMT "（", HY_STR_ARG(origin.n ? origin : HY_STR("没有写")));
    print_str(out, why, "why");
    fputs("）\n", out);
}

static void print_text(struct hy_str text, FILE *out)
{
    size_t n = 0, i = 0;

    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);)
        n++;
    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it); i++) {
        if (i == MAX_SHOWN && n > 2 * MAX_SHOWN)
            fprintf(out, "　　　……（%zu 段）\n", n - 2 * MAX_SHOWN);
        if (i >= MAX_SHOWN && i + MAX_SHOWN < n)
            continue;
        struct hy_str head = hy_utf8_head(it.line, LINE_CHARS);
        fprintf(out, "　　　%.*s%s\n", (int)head.n, head.p, head.n < it.line.n ? "……" : "");
    }
}

static void print_body(const json_t *item, const json_t *why, FILE *out)
{
    const json_t *left = json_object_get(why, "left"), *one;
    struct hy_str text = hy_json_str(item, "text");
    size_t i;

    fprintf(out, "正文　%zu 字", hy_utf8_count(text));
    if (hy_json_str(why, "element").n) {
        fputs("，取自 ", out);
        print_str(out, why, "element");
    }
    fputc('\n', out);
    print_text(text, out);
    json_array_foreach (left, i, one) {
        fputs("　　　　 没取　“", out);
        print_str(out, one, "text");
        fputs("”：", out);
        print_str(out, one, "why");
        fputc('\n', out);
    }
    if (hy_json_int(why, "left_more", 0))
        fprintf(out, "　　　　 没取　同一元素里另有 %d 行\n",
                (int)hy_json_int(why, "left_more", 0));
    fprintf(out, "　　　　 没取　这个元素之外的 %d 行（导航、推荐、页脚等）\n",
            (int)hy_json_int(why, "outside", 0));
}

static void print_replies(const json_t *item, FILE *out)
{
    const json_t *replies = json_object_get(item, "replies"), *r;
    size_t i;

    if (json_array_size(replies) == 0)
        return;
    fprintf(out, "楼层　另有 %zu 层\n", json_array_size(replies));
    json_array_foreach (replies, i, r) {
        struct hy_str text = hy_json_str(r, "text");
        struct hy_str head = hy_utf8_head(
            hy_str_sub(text, 0, HY_MIN(hy_str_find_char(text, '\n', 0), text.n)), LINE_CHARS);
        if (i >= 2 * MAX_SHOWN)
            break;
        fputs("　　　", out);
        print_time(out, hy_json_str(r, "published"), HY_STR("minute"));
        fprintf(out, "　%.*s%s\n", (int)head.n, head.p, head.n < text.n ? "……" : "");
    }
}

static void print_quotes(const json_t *why, FILE *out)
{
    const json_t *quotes = json_object_get(why, "quotes"), *q;
    size_t i;

    json_array_foreach (quotes, i, q) {
        fputs(i ? "　　　　 引用　“" : "引用　不算本层的话，不重复计分\n　　　　 引用　“", out);
        print_str(out, q, "text");
        fputs("”：", out);
        print_str(out, q, "why");
        fputc('\n', out);
    }
}

void hy_explain_print(const json_t *item, FILE *out)
{
    const json_t *why = json_object_get(item, "explain");

    fprintf(out, "类型　%s（", zh(hy_json_str(item, "kind")));
    print_str(out, json_object_get(why, "kind"), "why");
    fputs("）\n编码　", out);
    print_str(out, item, "charset");
    fputc('\n', out);
    print_title(item, json_object_get(why, "title"), out);
    print_dates(item, why, out);
    print_origin(item, json_object_get(why, "origin"), out);
    print_body(item, json_object_get(why, "body"), out);
    print_replies(item, out);
    print_quotes(why, out);
    hy_list_explain_print(json_object_get(why, "list"), out);
}
