/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/quote.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "crawler/page/floor.h"
#include "crawler/page/when.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD_LINE = 40,     /* weight of the longest head */
    PLAIN_SAYS = 4,     /* of `says`: heads without a link to whoever said it */
    MAX_NAME = 60,      /* bytes in front of " wrote:" */
    RULE = 5,           /* so many dashes end what a head began: "-----------------" */
    MIN_SAID = 5,       /* weight of words that are recognised */
    MAX_NEEDLE = 40,    /* characters of them that are looked for */
    MAX_QUOTED = 60,    /* lines down to the dashes */
    MAX_SEARCHES = 300, /* a page */
};

/* -- elements ------------------------------------------------------------------------------- */

static const char *const quote_names[] = {"quote*",   "blockquote*", "bbquote",
                                          "bbcquote", "yinyong*",    NULL};

static bool is_named(const struct hy_dom *d, uint32_t i)
{
    static const char *const parts[] = {"class", "id"};

    for (size_t k = 0; k < HY_COUNT(parts); k++) { /* a quick look: few are */
        struct hy_str s = hy_dom_attr(d, i, parts[k]);
        if (hy_str_has(s, HY_STR("uote")) || hy_str_has(s, HY_STR("yinyong")))
            return hy_names_match(d, i, quote_names);
    }
    return false;
}

static size_t bytes_of(const struct hy_view *v, uint32_t first, uint32_t last)
{
    if (first >= last)
        return 0;
    const struct hy_line *end = &v->line[last - 1];
    return (size_t)(end->text.p + end->text.n - v->line[first].text.p);
}

/* What holds half of the page is the page, whatever it is called. */
static bool is_quote(const struct hy_view *v, uint32_t i)
{
    const struct hy_node *n = &v->dom->node[i];

    if (n->tag != HY_TAG_BLOCKQUOTE && (n->n_attrs == 0 || !hy_tag_is_block(n->tag) ||
                                        n->tag == HY_TAG_BODY || !is_named(v->dom, i)))
        return false;
    return 2 * bytes_of(v, hy_view_line_at(v, i), hy_view_line_at(v, n->end)) <
           bytes_of(v, 0, v->n);
}

struct candidate {
    uint64_t kind; /* hash of tag and class */
    uint32_t floor, node;
};

static uint64_t kind_of(const struct hy_dom *d, uint32_t i)
{
    return hy_hash64(hy_dom_attr(d, i, "class")) + d->node[i].tag;
}

static int by_kind(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Do nearly all floors have one, the first as well? */
static bool is_part_of_floors(const struct candidate *c, size_t n, size_t floors)
{
    size_t in = 0;

    for (size_t i = 0; i < n; i++)
        in += i == 0 || c[i].floor != c[i - 1].floor;
    return c[0].floor == 0 && 10 * in >= 9 * floors;
}

bool *hy_quote_elements(const struct hy_view *v, const struct hy_floor *floor, size_t n)
{
    bool *in = hy_xcalloc(v->dom->n + 1, sizeof(*in));
    HY_VEC(struct candidate) found = {0};
    uint32_t f = 0;

    for (uint32_t i = 1; n && i < v->dom->n; i++) {
        if (!is_quote(v, i))
            continue;
        uint32_t line = hy_view_line_at(v, i);
        while (f < n && line >= floor[f].last)
            f++;
        if (f < n && line >= floor[f].first)
            hy_vec_push(&found, (struct candidate){kind_of(v->dom, i), f, i});
    }
    if (found.n)
        qsort(found.v, found.n, sizeof(*found.v), by_kind);
    for (size_t from = 0, to; from < found.n; from = to) {
        for (to = from; to < found.n && found.v[to].kind == found.v[from].kind; to++)
            ;
        for (size_t i = from; !is_part_of_floors(found.v + from, to - from, n) && i < to; i++)
            in[found.v[i].node] = true;
    }
    for (uint32_t i = 1; i < v->dom->n; i++)
        in[i] = in[i] || in[v->dom->node[i].parent];
    hy_vec_release(&found);
    return in;
}

/* -- heads ---------------------------------------------------------------------------------- */

/* Words with which software begins a quotation. */
static const char *const begins[] = {
    "原帖由",
    "原贴由",
    "原帖者",
    "最初由",
    "Originally posted by",
    "Originally Posted by",
    "引用内容",
    "Quote:",
    "QUOTE:",
    "QUOTE(",
    "Quoting ",
};
/* Of somebody's words, in a line that ends with a colon; the name stands in front. */
static const char *const says[] = {"写道",   "说道",   "wrote",  "said",   "说",  "发表的",
                                   "的回复", "的帖子", "的发言", "的评论", "的话"};

static struct hy_str without_colon(struct hy_str s)
{
    static const char *const colons[] = {":", "：", "↑", "»"};

    s = hy_str_trim(s);
    for (size_t i = 0; i < HY_COUNT(colons); i++)
        if (hy_str_ends(s, hy_str(colons[i])))
            return without_colon(hy_str_sub(s, 0, s.n - strlen(colons[i])));
    return s;
}

/* "2楼 张三", "第12楼", "#12", "12#": which floor is meant. */
static bool names_floor(struct hy_str s)
{
    static const char *const marks[] = {"第", "#"};
    size_t i = 0;

    s = hy_str_trim(s);
    for (size_t k = 0; k < HY_COUNT(marks); k++)
        if (hy_str_starts(s, hy_str(marks[k])))
            s = hy_str_sub(s, strlen(marks[k]), s.n);
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    struct hy_str rest = hy_str_trim(hy_str_sub(s, i, s.n));
    return i && (rest.n == 0 || hy_str_starts(rest, HY_STR("楼")) ||
                 hy_str_starts(rest, HY_STR("#")) || hy_str_starts(rest, HY_STR("层")));
}

static bool is_told(struct hy_str bare)
{
    for (size_t k = 0; k < HY_COUNT(says); k++)
        if (hy_str_ends(bare, hy_str(says[k])))
            return true;
    return false;
}

/* "引用", "引用 3楼 张三 的回复：", "回复 3# 张三 的帖子"; "引用法律条文吧" is none, and behind
 * "回复 3楼 张三：" the floor's own words go on. */
static bool is_reference(struct hy_str s)
{
    struct hy_str bare = without_colon(s);
    bool colon = bare.n < s.n;

    if (hy_str_starts(bare, HY_STR("引用"))) {
        struct hy_str rest = hy_str_sub(bare, strlen("引用"), bare.n);
        return rest.n == 0 || names_floor(rest) || is_told(bare);
    }
    if (!hy_str_starts(bare, HY_STR("回复")))
        return false;
    struct hy_str rest = hy_str_sub(bare, strlen("回复"), bare.n);
    return names_floor(rest) && (colon || is_told(bare) || hy_str_has(rest, HY_STR("#")));
}

/* "张三 发表于 2026-11-23 08:11": also how a floor names itself, so only what is around it tells.
 */
static bool is_stamp(struct hy_str s)
{
    static const char *const words[] = {"发表于", "发布于", "posted on"};
    struct hy_when w;
    size_t at = 0;

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_has(s, hy_str(words[i])))
            return hy_when_next(s, &at, (struct hy_when_how){0}, &w);
    return false;
}

/* A line that is nothing but a head wherever it stands. */
static bool is_head(const struct hy_line *l)
{
    if (l->weight > HEAD_LINE)
        return false;
    for (size_t i = 0; i < HY_COUNT(begins); i++)
        if (hy_str_starts(l->text, hy_str(begins[i])))
            return true;
    return is_reference(l->text);
}

/* "invest4 wrote: Sat Feb 24, 2024 5:12 pm" */
static struct hy_str without_time(struct hy_str s)
{
    struct hy_when w;
    size_t at = 0;

    return hy_when_next(s, &at, (struct hy_when_how){0}, &w) && w.end == w.length
               ? hy_str_trim(hy_utf8_head(s, w.begin))
               : s;
}

/* One that is a head because a quotation follows: "@张三 在 停水 中说：", "李四 wrote:". */
static bool is_head_above(const struct hy_line *l)
{
    struct hy_str text = without_time(l->text), bare = without_colon(text);

    if (l->weight > HEAD_LINE)
        return false;
    if (is_head(l) || is_stamp(l->text) || hy_str_has(l->text, HY_STR(" said in ")))
        return true;
    bool one = l->link_weight || hy_str_starts(l->text, HY_STR("@"));
    for (size_t i = 0; i < HY_COUNT(says); i++)
        if (bare.n < text.n && hy_str_ends(bare, hy_str(says[i])))
            return one || i < PLAIN_SAYS; /* "官方是这样说：" goes on with its own words */
    return false;
}

struct hy_str hy_quote_words(struct hy_str line)
{
    static const char *const heads[] = {" wrote:", " Wrote:", " said:", "写道：", "写道:"};
    struct hy_when w;
    size_t at = 0;

    for (size_t i = 0; i < HY_COUNT(heads); i++) {
        size_t found = hy_str_find(hy_str_sub(line, 0, MAX_NAME), hy_str(heads[i]), 0);
        if (found == HY_NPOS)
            continue;
        line = hy_str_trim(hy_str_sub(line, found + strlen(heads[i]), line.n));
        if (hy_when_next(line, &at, (struct hy_when_how){0}, &w) && w.begin == 0)
            line = hy_str_trim(hy_str_sub(line, hy_utf8_head(line, w.end).n, line.n));
        break;
    }
    return line;
}

/* -- words that stand elsewhere ------------------------------------------------------------- */

struct quotes {
    const struct hy_view *v;
    const bool *in;
    uint8_t *mark;            /* the answer */
    const struct hy_floor *f; /* the floor that is looked at */
    uint32_t first, last;     /* lines of all floors */
    int searches;
    bool newest_first;
    bool opening;    /* f is the first of the page */
    bool stamped;    /* its own time was seen ... */
    uint32_t unseen; /* ... in the lines before this one */
};

/* Of its longest line what is left when software has cut it short ("..."). */
static struct hy_str needle_of(const struct hy_view *v, uint32_t first, uint32_t last)
{
    uint32_t best = first;

    for (uint32_t i = first; i < last; i++)
        best = v->line[i].weight > v->line[best].weight ? i : best;
    if (first == last || v->line[best].weight < MIN_SAID)
        return (struct hy_str){0};
    struct hy_str s = v->line[best].text;
    while (hy_str_ends(s, HY_STR(".")) || hy_str_ends(s, HY_STR("…")))
        s = hy_str_sub(s, 0, s.n - (s.p[s.n - 1] == '.' ? 1 : strlen("…")));
    return hy_utf8_head(s, MAX_NEEDLE);
}

/* Do the words of lines [first, last) stand in an older floor? */
static bool is_said(struct quotes *q, uint32_t first, uint32_t last)
{
    const struct hy_view *v = q->v;
    struct hy_str needle = needle_of(v, first, last);
    uint32_t from = q->newest_first ? q->f->last : q->first;
    uint32_t to = q->newest_first ? q->last : q->f->first;

    if (needle.n == 0 || from >= to || q->searches++ >= MAX_SEARCHES)
        return false;
    return hy_str_has((struct hy_str){v->line[from].text.p, bytes_of(v, from, to)}, needle);
}

/* -- floors --------------------------------------------------------------------------------- */

/* A quotation that names its author in itself: <cite>, a link or "@" in front, a head. */
static bool has_head(const struct hy_view *v, uint32_t node, uint32_t first)
{
    static const char *const attrs[] = {"cite", "data-quote", "data-author", "data-username",
                                        "data-post"};
    const struct hy_dom *d = v->dom;

    for (size_t i = 0; i < HY_COUNT(attrs); i++)
        if (hy_dom_has_attr(d, node, attrs[i]))
            return true;
    const struct hy_line *l = &v->line[first];
    for (uint32_t i = node; i < l->node; i++)
        if (d->node[i].tag == HY_TAG_A)
            return true;
    return is_head_above(l) || hy_str_starts(l->text, HY_STR("@"));
}

static void set_all(struct quotes *q, uint32_t first, uint32_t last, enum hy_quote what)
{
    for (uint32_t i = first; i < last; i++)
        if (is_head(&q->v->line[i]) || (i == first && is_head_above(&q->v->line[i])))
            q->mark[i] = HY_QUOTE_HEAD;
        else
            q->mark[i] = (uint8_t)what;
}

/* The quotation `node` of lines [first, last). */
static void judge(struct quotes *q, uint32_t node, uint32_t first, uint32_t last)
{
    const struct hy_view *v = q->v;
    bool above = first > q->f->first && is_head_above(&v->line[first - 1]);
    bool named = above || has_head(v, node, first);

    if (above)
        q->mark[first - 1] = HY_QUOTE_HEAD;
    if (named || (!q->opening && is_named(v->dom, node)))
        set_all(q, first, last, HY_QUOTE_NAMED);
    else if (is_said(q, first, last))
        set_all(q, first, last, HY_QUOTE_SAID);
}

/* The outermost quotation around line i that is part of the floor, or 0. */
static uint32_t quote_around(const struct quotes *q, uint32_t i)
{
    const struct hy_dom *d = q->v->dom;
    uint32_t found = 0;

    for (uint32_t at = q->v->line[i].block; at && q->in[at]; at = d->node[at].parent)
        if (hy_view_line_at(q->v, at) >= q->f->first &&
            hy_view_line_at(q->v, d->node[at].end) <= q->f->last)
            found = at;
    return found;
}

/* The element that holds line i and more behind it, where text goes on in an element around it:
 * the box of a quotation amid the floor's words.  0: there is none. */
static uint32_t box_around(const struct quotes *q, uint32_t i)
{
    const struct hy_view *v = q->v;
    const struct hy_dom *d = v->dom;
    uint32_t at = v->line[i].block;

    while (at && hy_view_line_at(v, d->node[at].end) <= i + 1)
        at = d->node[at].parent;
    uint32_t end = hy_view_line_at(v, d->node[at].end);
    if (at == 0 || end >= q->f->last || hy_view_line_at(v, at) < q->f->first)
        return 0;
    uint32_t outer = v->line[end].block;
    return outer < at && d->node[at].end <= d->node[outer].end ? at : 0;
}

static bool is_rule(struct hy_str s)
{
    size_t i = 0;

    while (i < s.n && (s.p[i] == '-' || s.p[i] == '=' || s.p[i] == '_'))
        i++;
    return i == s.n && i >= RULE;
}

/* A line of dashes behind the quotation, or 0: "@张三 2026-11-23 08:11:00 / ... / ---------". */
static uint32_t rule_behind(const struct quotes *q, uint32_t i)
{
    uint32_t last = HY_MIN(q->f->last, i + 1 + MAX_QUOTED);

    for (uint32_t k = i + 1; k < last && q->v->line[k].block == q->v->line[i].block; k++)
        if (is_rule(q->v->line[k].text))
            return k;
    return 0;
}

/* Has the floor a stamp in front of line i?  Looked for only where somebody asks: times are dear.
 */
static bool has_stamp_above(struct quotes *q, uint32_t i)
{
    for (; q->unseen < i && !q->stamped; q->unseen++)
        q->stamped = q->mark[q->unseen] == HY_QUOTE_NOT && hy_line_is_stamp(q->v, q->unseen);
    return q->stamped;
}

/* "@张三 2026-11-23 08:11:00", or a second stamp in a floor that has its own. */
static bool surely_begins(struct quotes *q, uint32_t i)
{
    const struct hy_line *l = &q->v->line[i];
    struct hy_when w;
    size_t at = 0;

    if (is_head(l))
        return true;
    return hy_str_starts(l->text, HY_STR("@"))
               ? hy_when_next(l->text, &at, (struct hy_when_how){0}, &w)
               : is_stamp(l->text) && has_stamp_above(q, i);
}

/* Behind a head without an element called a quotation: what a line of dashes ends, the rest of the
 * head's box, or the lines that another floor has. */
static uint32_t judge_behind(struct quotes *q, uint32_t i)
{
    const struct hy_view *v = q->v;
    bool surely = surely_begins(q, i);
    uint32_t rule = surely ? rule_behind(q, i) : 0, box = surely ? box_around(q, i) : 0;
    uint32_t end = i + 1;

    if (rule) {
        set_all(q, i + 1, rule, HY_QUOTE_NAMED);
        q->mark[rule] = HY_QUOTE_HEAD;
        end = rule + 1;
    } else if (box) {
        end = hy_view_line_at(v, v->dom->node[box].end);
        set_all(q, i + 1, end, HY_QUOTE_NAMED);
    }
    for (; end < q->f->last && is_said(q, end, end + 1); end++)
        q->mark[end] = HY_QUOTE_SAID;
    if (end > i + 1 || is_head(&v->line[i]))
        q->mark[i] = HY_QUOTE_HEAD;
    return end;
}

static bool may_begin(struct quotes *q, uint32_t i)
{
    const struct hy_line *l = &q->v->line[i];

    return l->weight && l->weight <= HEAD_LINE && (is_stamp(l->text) || surely_begins(q, i));
}

static void look_at(struct quotes *q)
{
    const struct hy_view *v = q->v;

    for (uint32_t i = q->f->first; i < q->f->last;) {
        uint32_t node = quote_around(q, i), end = i + 1;
        if (node) {
            end = HY_MAX(end, hy_view_line_at(v, v->dom->node[node].end));
            judge(q, node, i, end);
        } else if (may_begin(q, i) && (end == q->f->last || !quote_around(q, end))) {
            end = judge_behind(q, i);
        }
        i = end;
    }
}

static bool is_newest_first(const struct hy_floor *floor, size_t n)
{
    hy_wall first = hy_when_wall(&floor[0].when, HY_WALL_NONE, HY_CST);
    hy_wall last = hy_when_wall(&floor[n - 1].when, HY_WALL_NONE, HY_CST);

    return floor[0].has_when && floor[n - 1].has_when && hy_wall_known(first) &&
           hy_wall_known(last) && first.ms > last.ms;
}

uint8_t *hy_quote_find(const struct hy_view *v, const bool *elements, const struct hy_floor *floor,
                       size_t n)
{
    struct quotes q = {.v = v, .in = elements, .mark = hy_xcalloc(v->n + 1, sizeof(uint8_t))};

    if (n == 0)
        return q.mark;
    q.first = floor[0].first;
    q.last = floor[n - 1].last;
    q.newest_first = is_newest_first(floor, n);
    for (size_t i = 0; i < n; i++) {
        q.f = &floor[i];
        q.opening = i == 0;
        q.stamped = false;
        q.unseen = q.f->first;
        look_at(&q);
    }
    return q.mark;
}
