/* SPDX-License-Identifier: Apache-2.0 */
/* Puts together what title, body, thread and date find. */
#include "crawler/page/extract.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/body.h"
#include "crawler/page/date.h"
#include "crawler/page/explain.h"
#include "core/mask.h"
#include "crawler/page/letter.h"
#include "crawler/page/meta.h"
#include "crawler/page/origin.h"
#include "crawler/page/thread.h"
#include "crawler/page/title.h"
#include "crawler/page/view.h"
#include "crawler/page/when.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIST_LINKS = 150, /* weight of link texts that a list page has at least */
    FEW_WORDS = 20, /* weight of scraps that are no text: "价格 销量" between the links of a shop */
    LINKS_PER_WORD = 5,
    LIST_TITLE = 4, /* weight of a title in a list */
    LIST_ROWS = 4,
    SENTENCE = 20,
    STATED_BODY = 300, /* bytes of JSON-LD text that are worth a look */
};

/* Control characters would surprise every consumer; NUL would cut the text in C.  Gumbo writes
 * numeric references of surrogates as they are, which is no valid UTF-8. */
static char *finish_text(struct hy_buf *b, bool raw)
{
    struct hy_buf valid = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t n = 0;

    hy_charset_decode("UTF-8", hy_buf_view(b), &valid);
    hy_buf_release(b);
    char *text = hy_buf_take(&valid);
    if (text == NULL)
        text = hy_xstrdup("");
    for (size_t i = 0; text[i]; i++)
        if ((unsigned char)text[i] >= ' ' || text[i] == '\n')
            text[n++] = text[i];
    text[n] = '\0';
    if (!raw)
        hy_mask(text, n);
    return text;
}

static void take_date(const struct hy_page *p, const struct hy_view *v, const struct hy_meta *m,
                      const struct hy_body *b, uint32_t title, const struct hy_extract_how *how,
                      struct hy_item *ret)
{
    struct hy_date d = hy_date_find(
        v, m, b,
        &(struct hy_date_how){.url = how->url,
                              .html = hy_page_html(p),
                              .now = how->fetched,
                              .latest = how->latest.ms > 0 ? how->latest : how->fetched,
                              .offset_min = how->offset_min,
                              .title = title,
                              .explain = how->explain});

    ret->published = d.at;
    ret->published_offset_min = d.offset_min;
    ret->precision = d.precision;
    ret->published_from = d.from;
}

static void take_origin(const struct hy_view *v, const struct hy_meta *m, const struct hy_body *b,
                        bool raw, struct hy_item *ret)
{
    struct hy_buf name = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_str(&name, hy_origin_find(v, m, b));
    ret->origin = name.n ? finish_text(&name, raw) : NULL;
    hy_buf_release(&name);
}

/* -- kind ----------------------------------------------------------------------------------- */

/* Titles that are links, each with a day beside it, and no sentence anywhere: a short list. */
static bool is_dated_list(const struct hy_view *v)
{
    size_t dated = 0;

    for (uint32_t i = 0; i < v->n; i++) {
        const struct hy_line *l = &v->line[i];
        struct hy_when w;
        size_t at = 0, next = 0;
        if (l->link_weight == 0 && l->stops >= 2 && l->weight >= SENTENCE &&
            l->zone <= HY_ZONE_COMMENT)
            return false;
        if (l->link_weight < LIST_TITLE || 3 * l->link_weight < 2 * l->weight)
            continue;
        dated += hy_when_next(l->text, &at, (struct hy_when_how){0}, &w) ||
                 (i + 1 < v->n && v->line[i + 1].weight < LIST_TITLE &&
                  hy_when_next(v->line[i + 1].text, &next, (struct hy_when_how){0}, &w));
    }
    return dated >= LIST_ROWS;
}

/* More words in links than in text, and many of them: a page that leads to others. */
static enum hy_item_kind kind_of(const struct hy_view *v, const struct hy_body *b)
{
    uint64_t links = 0, text = 0;

    for (uint32_t i = 0; i < v->n; i++) {
        links += v->line[i].link_weight;
        text += b->keep[i] && v->line[i].stops ? v->line[i].weight : 0;
    }
    if (is_dated_list(v))
        return HY_ITEM_LIST;
    if (b->weight == 0)
        return links ? HY_ITEM_LIST : HY_ITEM_OTHER;
    if (text == 0 && b->weight < FEW_WORDS && links > LINKS_PER_WORD * b->weight)
        return HY_ITEM_LIST;
    return links > LIST_LINKS && links > 2 * text ? HY_ITEM_LIST : HY_ITEM_ARTICLE;
}

static void add_paragraphs(struct hy_str text, struct hy_buf *out)
{
    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) {
        struct hy_str line = hy_str_trim(it.line);
        if (line.n == 0)
            continue;
        if (out->n)
            hy_buf_char(out, '\n');
        hy_buf_str(out, line);
    }
}

/* A page drawn by scripts may have its text only in JSON-LD; answers make it a thread. */
static void take_stated_text(const struct hy_meta *m, bool raw, struct hy_buf *text,
                             struct hy_item *ret)
{
    hy_buf_clear(text);
    add_paragraphs(m->body, text);
    ret->kind = m->n_answers ? HY_ITEM_THREAD : HY_ITEM_ARTICLE;
    ret->replies = hy_xcalloc(m->n_answers + 1, sizeof(*ret->replies));
    for (size_t i = 0; i < m->n_answers; i++) {
        struct hy_buf answer = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        struct hy_reply *r = &ret->replies[ret->n_replies++];
        add_paragraphs(m->answer[i], text);
        add_paragraphs(m->answer[i], &answer);
        *r = (struct hy_reply){.text = finish_text(&answer, raw), .published = HY_WALL_NONE};
    }
}

/* -- threads -------------------------------------------------------------------------------- */

/* `w` may be NULL. */
static void take_when(const struct hy_when *w, const struct hy_extract_how *how, hy_wall *at,
                      enum hy_precision *precision)
{
    *at = w ? hy_when_wall(w, how->fetched, how->offset_min) : HY_WALL_NONE;
    *precision = hy_wall_known(*at) ? w->precision : HY_PREC_NONE;
}

static void take_floor_time(const struct hy_floor *f, const struct hy_extract_how *how, hy_wall *at,
                            enum hy_precision *precision)
{
    take_when(f->has_when ? &f->when : NULL, how, at, precision);
}

/* The text of a thread is all of it, so that nothing escapes the analyzer, what a floor quotes of
 * another under a mark; `replies` are its floors but the first, each with its own words, for those
 * who want to tell them apart. */
static void take_thread(const struct hy_view *v, const struct hy_thread *t,
                        const struct hy_extract_how *how, struct hy_buf *text, struct hy_item *ret)
{
    ret->kind = HY_ITEM_THREAD;
    ret->replies = hy_xcalloc(t->n, sizeof(*ret->replies));
    for (size_t i = 0; i < t->n; i++) {
        struct hy_buf floor = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        hy_thread_text(v, t, i, false, &floor);
        if (floor.n && text->n)
            hy_buf_char(text, '\n');
        hy_buf_str(text, hy_buf_view(&floor));
        if (i && hy_thread_quotes(t, i)) {
            hy_buf_clear(&floor);
            hy_thread_text(v, t, i, true, &floor);
        }
        if (i == 0 || floor.n == 0) {
            hy_buf_release(&floor);
            continue;
        }
        struct hy_reply *r = &ret->replies[ret->n_replies++];
        take_floor_time(&t->floor[i], how, &r->published, &r->precision);
        r->text = finish_text(&floor, how->raw);
    }
}

/* A letter to an office: the text is what the citizen says, so that no answer's words are taken for
 * a complaint; the office's answers are replies, and so is what the citizen says afterwards. */
static void take_letter(const struct hy_view *v, const struct hy_letter *l,
                        const struct hy_extract_how *how, struct hy_buf *text, struct hy_item *ret)
{
    ret->kind = HY_ITEM_THREAD;
    ret->replies = hy_xcalloc(l->n, sizeof(*ret->replies));
    for (size_t i = 0; i < l->n; i++) {
        const struct hy_letter_part *p = &l->part[i];
        struct hy_buf words = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        hy_letter_text(v, l, i, &words);
        if (!p->office && words.n) {
            if (text->n)
                hy_buf_char(text, '\n');
            hy_buf_str(text, hy_buf_view(&words));
        }
        if (i == 0 || words.n == 0) {
            hy_buf_release(&words);
            continue;
        }
        struct hy_reply *r = &ret->replies[ret->n_replies++];
        take_when(p->has_when ? &p->when : NULL, how, &r->published, &r->precision);
        r->text = finish_text(&words, how->raw);
    }
}

/* The letter's time, or none: the page's other times are the answer's. */
static void take_letter_time(const struct hy_letter *l, const struct hy_extract_how *how,
                             struct hy_item *ret)
{
    const struct hy_letter_part *p = &l->part[0];
    hy_wall at;
    enum hy_precision precision;

    take_when(p->has_when ? &p->when : NULL, how, &at, &precision);
    for (size_t i = 1; i < l->n && !hy_wall_known(at); i++) {
        hy_wall reply;
        take_when(l->part[i].has_when ? &l->part[i].when : NULL, how, &reply, &precision);
        if (!hy_wall_known(reply) || !hy_wall_known(ret->published) ||
            ret->published.ms < reply.ms - HY_DAY_MS)
            continue;
        ret->published = HY_WALL_NONE;
        ret->precision = HY_PREC_NONE;
        ret->published_from = NULL;
    }
    if (!hy_wall_known(at))
        return;
    ret->published = at;
    ret->precision = precision;
    ret->published_offset_min = p->when.has_offset ? p->when.offset_min : how->offset_min;
    ret->published_from = "text";
    if (how->explain)
        json_object_set_new(how->explain, "letter_time", json_true());
}

/* The floor whose time is the best known for the opening: its own, else the earliest answer's,
 * which is at least no earlier than the question.  NULL: no floor has one. */
static const struct hy_floor *opening_of(const struct hy_thread *t,
                                         const struct hy_extract_how *how, hy_wall *ret_at,
                                         enum hy_precision *ret_precision)
{
    const struct hy_floor *best = NULL;

    for (size_t i = 0; i < t->n; i++) {
        hy_wall at;
        enum hy_precision precision;
        take_floor_time(&t->floor[i], how, &at, &precision);
        if (!hy_wall_known(at) || (best && at.ms >= ret_at->ms))
            continue;
        best = &t->floor[i];
        *ret_at = at;
        *ret_precision = precision;
        if (i == 0)
            break;
    }
    return best;
}

/* The opening post says best when the thread began, unless the page knows it more exactly.  No
 * thread is younger than one of its answers. */
static void take_opening_time(const struct hy_thread *t, const struct hy_extract_how *how,
                              struct hy_item *ret)
{
    hy_wall at = HY_WALL_NONE;
    enum hy_precision precision = HY_PREC_NONE;
    const struct hy_floor *first = opening_of(t, how, &at, &precision);
    bool machine = ret->published_from && strcmp(ret->published_from, "text") != 0;
    bool later =
        t->is_forum && hy_wall_known(ret->published) && ret->published.ms > at.ms + HY_DAY_MS;
    if (first == NULL || (machine && ret->precision >= precision && !later) ||
        (first != t->floor && !later))
        return;
    ret->published = at;
    ret->precision = precision;
    ret->published_offset_min = first->when.has_offset ? first->when.offset_min : how->offset_min;
    ret->published_from = "text";
    if (how->explain)
        json_object_set_new(how->explain, "opening", json_true());
}

void hy_extract(const struct hy_page *p, const struct hy_extract_how *how, struct hy_item *ret)
{
    struct hy_viewer *viewer = hy_viewer_new();
    const struct hy_view *v = hy_viewer_look(viewer, hy_page_dom(p));
    struct hy_buf title = HY_BUF_INIT(HY_BUF_UNBOUNDED), text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_meta meta;
    struct hy_body body;
    struct hy_thread thread;
    struct hy_letter letter;

    *ret = (struct hy_item){.published = HY_WALL_NONE, .fetched = how->fetched};
    hy_meta_read(v->dom, &meta);
    struct hy_title t = hy_title_find(v, &meta, &title);
    hy_body_find(v, t.node, hy_buf_view(&title), &body);
    take_date(p, v, &meta, &body, t.node, how, ret);
    hy_thread_find(v, &meta, &body, how->url, &thread);
    hy_letter_find(v, t.node, meta.title, &letter);
    ret->kind = kind_of(v, &body);
    if (letter.n) {
        take_letter(v, &letter, how, &text, ret);
        take_letter_time(&letter, how, ret);
        if (letter.title.n) {
            hy_buf_clear(&title);
            hy_buf_str(&title, letter.title);
        }
    } else if (thread.n && !thread.is_forum && ret->kind == HY_ITEM_ARTICLE) {
        /* the newest post; the others have pages of their own */
        hy_thread_text(v, &thread, 0, true, &text);
        take_opening_time(&thread, how, ret);
    } else if (thread.n && thread.is_forum) {
        take_thread(v, &thread, how, &text, ret);
        take_opening_time(&thread, how, ret);
    } else {
        hy_body_text(v, &body, &text);
        if (3 * text.n < meta.body.n && meta.body.n > STATED_BODY)
            take_stated_text(&meta, how->raw, &text, ret);
        if (text.n == 0) /* better than nothing of a page that only a browser can draw */
            add_paragraphs(meta.description, &text);
    }
    ret->url = how->url.n ? hy_str_dup(how->url) : NULL;
    ret->charset = hy_xstrdup(hy_page_charset(p).name);
    take_origin(v, &meta, &body, how->raw, ret);
    ret->title = finish_text(&title, how->raw);
    ret->text = finish_text(&text, how->raw);
    hy_item_hash(ret);
    if (how->explain)
        hy_explain(&(struct hy_explained){v, &meta, &body, &thread, &letter, t.node}, ret,
                   how->explain);
    hy_letter_release(&letter);
    hy_thread_release(&thread);
    hy_body_release(&body);
    hy_meta_release(&meta);
    hy_viewer_free(viewer);
}
