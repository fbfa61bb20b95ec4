/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/title.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum {
    MAX_TITLE_BYTES = 600,
    MAX_TITLE_CHARS = 300, /* of <title>; nobody reads on, and a hostile one is a megabyte */
    MAX_HEADINGS = 500,    /* that are compared; the title is not behind so many */
    MIN_CHARS = 3,         /* of a heading that is compared with <title> */
    MIN_PART_WEIGHT = 4,   /* a part of <title> shorter than this is a section or a site */
};

static const char *const title_words[] = {"title", "headline", "subject",   "heading",   "biaoti",
                                          "bt",    "arttitle", "artititle", "posttitle", NULL};

/* -- comparing ------------------------------------------------------------------------------ */

/* Letters, digits and Han only, ASCII in lower case: what people see as the same title. */
static void bare(struct hy_str s, struct hy_buf *out)
{
    for (size_t i = 0; i < s.n;) {
        uint32_t c = hy_utf8_next(s, &i);
        if (c >= 'A' && c <= 'Z')
            c += 32;
        if (c >= 0xFF01 && c <= 0xFF5E)
            c -= 0xFEE0;
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      (c >= 0xC0 && !(c >= 0x2000 && c <= 0x303F) && c != 0xFFFD);
        if (letter)
            hy_buf_utf8(out, c);
    }
}

struct choice {
    uint32_t node;
    bool badged; /* take <title> instead of the heading's own text */
    double score;
    struct hy_buf text;
};

static double tag_bonus(const struct hy_dom *d, uint32_t i)
{
    switch (d->node[i].tag) {
    case HY_TAG_H1:
        return 0.4;
    case HY_TAG_H2:
        return 0.2;
    case HY_TAG_H3:
        return 0.1;
    default:
        return 0;
    }
}

static bool is_candidate(const struct hy_view *v, uint32_t i)
{
    const struct hy_node *n = &v->dom->node[i];

    if (v->zone[i] == HY_ZONE_HIDDEN || n->end - i > 60)
        return false;
    if (n->tag >= HY_TAG_H1 && n->tag <= HY_TAG_H4)
        return true;
    return n->n_attrs && (hy_tag_is_block(n->tag) || n->tag == HY_TAG_SPAN) &&
           hy_names_match(v->dom, i, title_words);
}

/* A heading that <title> (or og:title) repeats is the title; the longer the agreement the surer. */
static double agreement(struct hy_str heading, struct hy_str whole)
{
    if (hy_utf8_count(heading) < MIN_CHARS || whole.n == 0)
        return 0;
    if (hy_str_has(whole, heading))
        return (double)heading.n / (double)whole.n;
    if (hy_str_has(heading, whole))
        return (double)whole.n / (double)heading.n;
    return 0;
}

/* A heading with a badge in it ("原创", "Updated") around what <title> says whole. */
static bool is_badged(struct hy_str heading, struct hy_str whole)
{
    return whole.n && heading.n > whole.n && 5 * whole.n > 4 * heading.n &&
           hy_str_has(heading, whole);
}

static void try_heading(const struct hy_view *v, uint32_t i, struct hy_str whole, struct hy_str og,
                        struct choice *best)
{
    struct hy_buf text = HY_BUF_INIT(MAX_TITLE_BYTES), key = HY_BUF_INIT(MAX_TITLE_BYTES);

    hy_dom_text(v->dom, i, &text);
    bare(hy_buf_view(&text), &key);
    double a = agreement(hy_buf_view(&key), whole), b = agreement(hy_buf_view(&key), og);
    double score = HY_MAX(a, b);
    if (score > 0.2 && !text.overflow) {
        score += tag_bonus(v->dom, i) - (v->zone[i] == HY_ZONE_NOISE ? 0.5 : 0);
        if (score > best->score) {
            best->score = score;
            best->node = i;
            best->badged = is_badged(hy_buf_view(&key), whole);
            hy_buf_clear(&best->text);
            hy_buf_str(&best->text, hy_buf_view(&text));
        }
    }
    hy_buf_release(&text);
    hy_buf_release(&key);
}

static void best_heading(const struct hy_view *v, const struct hy_meta *m, struct choice *best)
{
    struct hy_buf whole = HY_BUF_INIT(MAX_TITLE_BYTES), og = HY_BUF_INIT(MAX_TITLE_BYTES);

    bare(m->title, &whole);
    bare(m->og_title, &og);
    int tried = 0;
    for (uint32_t i = 0; i < v->dom->n && tried < MAX_HEADINGS; i++)
        if (is_candidate(v, i) && ++tried)
            try_heading(v, i, hy_buf_view(&whole), hy_buf_view(&og), best);
    hy_buf_release(&whole);
    hy_buf_release(&og);
}

/* -- <title> alone -------------------------------------------------------------------------- */

/* Signs between a title and the name of the site; a hyphen only with blanks around it. */
static const char *const separators[] = {
    "_", "|", "｜", " - ", " – ", " — ", "--", " :: ", "»", "«", " · ", "・", "–", "—", "-", NULL};

static size_t weight(struct hy_str s)
{
    size_t han = 0, letters = 0;

    for (size_t i = 0; i < s.n;) {
        uint32_t c = hy_utf8_next(s, &i);
        han += hy_is_han(c) || (c >= 0x3040 && c <= 0x30FF);
        letters += (c | 32) >= 'a' && (c | 32) <= 'z';
    }
    return han + letters / 3;
}

static bool has_han(struct hy_str s)
{
    for (size_t i = 0; i < s.n;)
        if (hy_is_han(hy_utf8_next(s, &i)))
            return true;
    return false;
}

static bool is_word_char(struct hy_str t, size_t i)
{
    char c = i < t.n ? t.p[i] : ' ';

    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Where `mark` parts a title from a site: not the hyphen of "C919-100", nor half of the dash
 * 坚持人民至上——某县纪实. */
static size_t find_separator(struct hy_str t, struct hy_str mark)
{
    static const char dash[] = "——";
    bool narrow = mark.n == 1 && *mark.p == '-';

    for (size_t at = hy_str_find(t, mark, 0); at != HY_NPOS;
         at = hy_str_find(t, mark, at + mark.n)) {
        if (narrow && at && is_word_char(t, at - 1) && is_word_char(t, at + 1))
            continue;
        if (!hy_str_starts(hy_str_sub(t, at, t.n), hy_str(dash)))
            return at;
        at += mark.n; /* behind both halves */
    }
    return HY_NPOS;
}

/* The first separator that leaves a real part in front; what stands before a short part goes on. */
static struct hy_str without_site(struct hy_str t)
{
    for (const char *const *sep = separators; *sep; sep++) {
        struct hy_str mark = hy_str(*sep);
        if (mark.n == 1 && **sep == '-' && !has_han(t))
            continue; /* "x-ray" */
        size_t at = find_separator(t, mark);
        if (at == HY_NPOS)
            continue;
        struct hy_str head = hy_str_trim(hy_str_sub(t, 0, at));
        struct hy_str tail = hy_str_trim(hy_str_sub(t, at + mark.n, t.n));
        if (weight(head) >= MIN_PART_WEIGHT)
            return head;
        if (weight(tail) > 2 * MIN_PART_WEIGHT)
            return without_site(tail);
    }
    return t;
}

static uint32_t only_h1(const struct hy_view *v)
{
    uint32_t found = 0;

    for (uint32_t i = 0; i < v->dom->n; i++) {
        if (v->dom->node[i].tag != HY_TAG_H1 || v->zone[i] != HY_ZONE_PLAIN)
            continue;
        if (found)
            return 0;
        found = i;
    }
    return found;
}

static void add_one_line(struct hy_str s, struct hy_buf *out)
{
    bool space = false;
    size_t start = out->n;

    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        uint32_t c = hy_utf8_next(s, &i);
        if (hy_is_space(c) || c < 0x20) {
            space = true;
            continue;
        }
        if (space && out->n > start)
            hy_buf_char(out, ' ');
        space = false;
        hy_buf_add(out, s.p + from, i - from);
    }
}

struct hy_title hy_title_find(const struct hy_view *v, const struct hy_meta *m, struct hy_buf *out)
{
    struct choice best = {.text = HY_BUF_INIT(MAX_TITLE_BYTES)};
    struct hy_title t = {0};

    best_heading(v, m, &best);
    if (best.node) {
        if (best.badged)
            add_one_line(hy_utf8_head(hy_str_trim(m->title), MAX_TITLE_CHARS), out);
        else
            hy_buf_str(out, hy_buf_view(&best.text));
        t.node = best.node;
    } else {
        struct hy_str stated = hy_str_trim(m->og_title.n ? m->og_title : m->title);
        struct hy_str s = without_site(hy_utf8_head(stated, MAX_TITLE_CHARS));
        uint32_t h1 = only_h1(v);
        size_t before = out->n;
        if (h1 && (s.n == 0 || weight(s) < MIN_PART_WEIGHT))
            hy_dom_text(v->dom, h1, out);
        if (out->n > before)
            t.node = h1;
        else
            add_one_line(s, out);
    }
    hy_buf_release(&best.text);
    return t;
}
