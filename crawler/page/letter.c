/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the lines from the heading down.  A label says what follows it and whose it is; a
 * label that stands alone in a cell has its value in the next line. */
#include "crawler/page/letter.h"

#include "core/mem.h"
#include "crawler/page/body.h"
#include "crawler/page/letter_label.h"

#include <stdlib.h>
#include <string.h>

enum {
    LABEL_LINE = 60, /* weight of the longest line of labels and values */
    BESIDE = 8,      /* characters beside a time that stands in a line of its own */
    MIN_WORDS = 4,   /* weight of the shortest letter */
};

/* -- the pass ------------------------------------------------------------------------------- */

struct pass {
    const struct hy_view *v;
    struct hy_letter *l;
    enum hy_label pending; /* a label whose value is the next line */
    int part;              /* whose words are read; -1: nobody's */
    bool begun, open;      /* its words have begun; any line is words */
    bool labelled;         /* a label said where the letter begins */
    bool unit_seen;        /* of the reply that is read */
    bool reply_timed;      /* the head of the page says when the reply came */
    struct hy_when reply_when;
    size_t letter_labels, reply_labels; /* that only letters and their answers have */
    bool office_label;                  /* any that an answer may have */
};

static void set_time(struct hy_letter_part *p, const struct hy_when *w)
{
    if (!p->has_when) {
        p->has_when = true;
        p->when = *w;
    }
}

static void set_reply_time(struct pass *p, const struct hy_when *w)
{
    if (p->part > 0 && p->l->part[p->part].office) {
        set_time(&p->l->part[p->part], w);
        return;
    }
    p->reply_timed = true;
    p->reply_when = *w;
}

/* The words of another begin; those of one who has said nothing yet go on. */
static void turn_to(struct pass *p, bool office)
{
    struct hy_letter *l = p->l;

    if (l->n == HY_LETTER_PARTS) {
        p->part = -1;
        return;
    }
    if (l->n > 1 && !p->begun && l->part[l->n - 1].office == office) {
        p->part = (int)l->n - 1;
        return;
    }
    l->part[l->n] = (struct hy_letter_part){.office = office};
    if (office && p->reply_timed) {
        set_time(&l->part[l->n], &p->reply_when);
        p->reply_timed = false;
    }
    p->part = (int)l->n++;
    p->begun = p->open = p->unit_seen = false;
}

/* Lines of labels are read for times, whichever label stands first. */
static void read_times(struct pass *p, struct hy_str s)
{
    struct hy_when w;

    if (hy_label_time(s, HY_LABEL_LETTER_TIME, &w))
        set_time(&p->l->part[0], &w);
    if (hy_label_time(s, HY_LABEL_REPLY_TIME, &w))
        set_reply_time(p, &w);
}

static void take_value(struct pass *p, enum hy_label role, struct hy_str value)
{
    struct hy_when w;
    size_t at = 0;

    if (role == HY_LABEL_LETTER_TITLE && p->l->title.n == 0)
        p->l->title = value;
    if ((role != HY_LABEL_LETTER_TIME && role != HY_LABEL_REPLY_TIME) ||
        !hy_when_next(value, &at, (struct hy_when_how){0}, &w))
        return;
    if (role == HY_LABEL_LETTER_TIME)
        set_time(&p->l->part[0], &w);
    else
        set_reply_time(p, &w);
}

static void open_words(struct pass *p, uint32_t i, const struct hy_labelled *f, bool at_once)
{
    p->open = at_once;
    if (f->value == p->v->line[i].text.n)
        return;
    p->begun = true; /* the words begin behind the label */
    p->l->of[i] = (uint8_t)(p->part + 1);
    p->l->label[i] = (uint8_t)f->value;
}

/* A label says that the letter begins here: what was taken for it, or for a reply, was not. */
static void begin_letter(struct pass *p, uint32_t i)
{
    struct hy_letter *l = p->l;

    if (l->n > 1 && l->part[1].has_when) {
        p->reply_timed = true;
        p->reply_when = l->part[1].when;
    }
    memset(l->of + l->first, 0, i - l->first);
    l->n = 1;
    p->part = 0;
    p->begun = false;
    p->labelled = true;
}

static bool letter_has_begun(const struct pass *p)
{
    return p->part != 0 || p->begun;
}

/* "回复单位" for the second time: another reply. */
static void read_reply_head(struct pass *p, enum hy_label role)
{
    bool in_reply = p->part > 0 && p->l->part[p->part].office;

    if (!in_reply || (role == HY_LABEL_REPLY_INFO && p->unit_seen && p->begun))
        turn_to(p, true);
    p->unit_seen |= role == HY_LABEL_REPLY_INFO;
}

static void take_label(struct pass *p, uint32_t i, const struct hy_labelled *f)
{
    struct hy_str text = p->v->line[i].text, value = hy_str_sub(text, f->value, text.n);

    bool letter = f->role >= HY_LABEL_LETTER_INFO && f->role <= HY_LABEL_LETTER_TEXT;
    bool office = f->role >= HY_LABEL_REPLY_INFO && f->role <= HY_LABEL_REPLY_TEXT;
    p->letter_labels += f->strong && letter;
    p->reply_labels += f->strong && office;
    p->office_label |= f->own && office;
    switch (f->role) {
    case HY_LABEL_LETTER_TEXT:
        if (!p->labelled) {
            begin_letter(p, i);
            open_words(p, i, f, true);
        }
        return;
    case HY_LABEL_REPLY_HEAD:
    case HY_LABEL_REPLY_TEXT:
        if (!letter_has_begun(p) && value.n &&
            !hy_label_has_words(&p->v->line[i])) /* "办理结果：已办结" */
            return;
        turn_to(p, true);
        if (value.n == 0)
            take_value(p, HY_LABEL_REPLY_TIME, text); /* a head may say when */
        open_words(p, i, f, f->role == HY_LABEL_REPLY_TEXT);
        return;
    case HY_LABEL_AGAIN:
        turn_to(p, false);
        open_words(p, i, f, true);
        return;
    case HY_LABEL_RATING:
        if (letter_has_begun(p))
            p->part = -1;
        return;
    case HY_LABEL_REPLY_INFO:
    case HY_LABEL_REPLY_TIME:
        if (letter_has_begun(p))
            read_reply_head(p, f->role);
        break;
    default:
        break;
    }
    read_times(p, text);
    if (value.n)
        take_value(p, f->role, value);
    else
        p->pending = f->role;
}

/* "2026-11-18 08:22", maybe with a name in front. */
static bool is_time_line(const struct hy_line *l, struct hy_when *ret)
{
    size_t at = 0;

    return l->weight <= LABEL_LINE && hy_when_next(l->text, &at, (struct hy_when_how){0}, ret) &&
           ret->length - (ret->end - ret->begin) <= BESIDE;
}

static void take_line(struct pass *p, uint32_t i)
{
    const struct hy_line *l = &p->v->line[i];
    struct hy_when w;

    if (p->part < 0 || l->weight == 0 || hy_line_is_button(l) ||
        (2 * l->link_weight > l->weight && !l->stops))
        return;
    if (is_time_line(l, &w)) {
        set_time(&p->l->part[p->part], &w);
        return;
    }
    if (!p->begun && !p->open && (!hy_line_prose(l, HY_ZONE_COMMENT) || hy_line_is_info(l)))
        return;
    p->begun = true;
    p->l->of[i] = (uint8_t)(p->part + 1);
}

static void look(struct pass *p, uint32_t i)
{
    const struct hy_line *l = &p->v->line[i];

    if (l->zone > HY_ZONE_COMMENT)
        return;
    struct hy_labelled f = hy_label_find(p->v, l);
    enum hy_label pending = p->pending;
    p->pending = HY_LABEL_NONE;
    if (f.role)
        take_label(p, i, &f);
    else if (pending)
        take_value(p, pending, l->text);
    else
        take_line(p, i);
}

/* -- is it one? ----------------------------------------------------------------------------- */

static bool says_board(struct hy_str title)
{
    static const char *const words[] = {"留言板", "信箱", "问政",  "来信", "咨询",    "投诉",
                                        "诉求",   "民意", "12345", "留言", "互动交流"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_has(title, hy_str(words[i])))
            return true;
    return false;
}

static uint32_t words_of(const struct hy_view *v, const struct hy_letter *l, size_t part)
{
    uint32_t sum = 0;

    for (uint32_t i = l->first; i < l->last; i++)
        sum += l->of[i] == part + 1 ? v->line[i].weight : 0;
    return sum;
}

/* Words behind the last reply that stand outside of the element around letter and reply are the
 * page's: other letters, the footer. */
static void cut_tail(const struct hy_view *v, struct hy_letter *l)
{
    const struct hy_dom *d = v->dom;
    uint32_t around = 0, last_part = (uint32_t)l->n;

    for (uint32_t i = l->first; i < l->last; i++) {
        if (l->of[i] == 0)
            continue;
        if (around == 0)
            around = v->line[i].block;
        if (l->of[i] == last_part) { /* its first line */
            while (around && v->line[i].block >= d->node[around].end)
                around = d->node[around].parent;
            if (l->n > 1)
                break;
        }
    }
    for (uint32_t i = l->first; i < l->last; i++)
        if (around && v->line[i].block >= d->node[around].end)
            l->of[i] = 0;
}

/* The page on which letters are written has the same labels. */
static bool is_to_be_filled_in(const struct hy_view *v, const struct hy_letter *l)
{
    uint32_t form = l->first < v->n ? hy_dom_up(v->dom, v->line[l->first].block, HY_TAG_FORM) : 0;

    return form && hy_dom_find(v->dom, form, HY_TAG_TEXTAREA);
}

static bool is_letter(const struct pass *p, struct hy_str page_title)
{
    const struct hy_letter *l = p->l;
    bool board = says_board(page_title), answered = false;

    if (words_of(p->v, l, 0) < MIN_WORDS)
        return false;
    for (size_t i = 1; i < l->n; i++)
        answered = answered || (l->part[i].office && words_of(p->v, l, i) >= MIN_WORDS);
    if (!answered)
        return board && p->letter_labels >= 2 && !is_to_be_filled_in(p->v, l);
    if (board)
        return p->letter_labels || p->reply_labels || (p->labelled && p->office_label);
    return p->letter_labels && p->reply_labels;
}

/* The first line with a label of a letter; v->n: only an answer has labels, v->n + 1: nothing has.
 */
static uint32_t first_label(const struct hy_view *v)
{
    uint32_t found = v->n + 1;

    for (uint32_t i = 0; i < v->n; i++) {
        struct hy_labelled f = hy_label_find(v, &v->line[i]);
        if (f.own && f.role >= HY_LABEL_LETTER_INFO && f.role <= HY_LABEL_LETTER_TEXT)
            return i;
        if (f.own && f.role >= HY_LABEL_REPLY_INFO && f.role <= HY_LABEL_REPLY_TEXT)
            found = v->n;
    }
    return found;
}

/* A page whose <title> names the board alone: the nearest heading above the first label. */
static struct hy_str heading_above(const struct hy_view *v, uint32_t label)
{
    for (uint32_t i = label; i-- > 0;)
        if (v->line[i].heading && v->line[i].zone <= HY_ZONE_COMMENT)
            return v->line[i].text;
    return (struct hy_str){0};
}

void hy_letter_find(const struct hy_view *v, uint32_t title_node, struct hy_str page_title,
                    struct hy_letter *ret)
{
    struct pass p = {.v = v, .l = ret};

    uint32_t label = first_label(v);
    *ret = (struct hy_letter){0};
    if (label > v->n)
        return;
    *ret = (struct hy_letter){.n = 1, .first = label, .last = v->n};
    if (title_node)
        ret->first = HY_MIN(ret->first, hy_view_line_at(v, v->dom->node[title_node].end));
    ret->of = hy_xcalloc(v->n + 1, 1);
    ret->label = hy_xcalloc(v->n + 1, 1);
    for (uint32_t i = ret->first; i < ret->last; i++)
        look(&p, i);
    cut_tail(v, ret);
    if (title_node == 0 && ret->title.n == 0)
        ret->title = heading_above(v, ret->first);
    if (!is_letter(&p, page_title))
        ret->n = 0;
}

void hy_letter_release(struct hy_letter *l)
{
    free(l->of);
    free(l->label);
    *l = (struct hy_letter){0};
}

void hy_letter_text(const struct hy_view *v, const struct hy_letter *l, size_t i,
                    struct hy_buf *out)
{
    size_t start = out->n;

    for (uint32_t k = l->first; k < l->last; k++) {
        if (l->of[k] != i + 1)
            continue;
        if (out->n > start)
            hy_buf_char(out, '\n');
        hy_buf_str(out, hy_str_sub(v->line[k].text, l->label[k], v->line[k].text.n));
    }
}
