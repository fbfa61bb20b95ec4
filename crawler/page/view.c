/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/view.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <string.h>

enum {
    MAX_WORD = 24,         /* of a class name */
    MAX_NAMES_BYTES = 400, /* of class and id: generated soup behind that */
    LETTERS_PER_WEIGHT = 3,
    MAX_LINK_NODES = 60, /* below an <a>; more is a link that nobody closed */
};

struct hy_viewer {
    HY_VEC(struct hy_line) lines;
    HY_VEC(uint8_t) zones;
    HY_VEC(uint32_t) bytes;
    struct hy_buf text;
    struct hy_view view;
};

/* Words in class and id that name what is around an article, never the article. */
static const char *const noise_words[] = {
    "nav",         "navi",         "navbar",     "navigation", "menu",        "menus",
    "breadcrumb*", "crumb*",       "footer",     "foot",       "copyright",   "sidebar",
    "side",        "aside",        "related",    "relate",     "recommend*",  "share",
    "sharing",     "social",       "respond",    "advert*",    "ads",         "adsense",
    "banner",      "sponsor*",     "promo",      "promotion",  "popup",       "modal",
    "login",       "signup",       "signin",     "subscribe*", "newsletter*", "cookie*",
    "consent",     "gdpr",         "pager",      "pagination", "paginate",    "pagenav",
    "toolbar",     "topbar",       "hotnews",    "rank",       "ranking",     "qrcode",
    "weixin",      "tags",         "taglist",    "skip",       "outbrain*",   "taboola*",
    "dropdown",    "tooltip",      "search",     "searchbox",  "friendlink",  "prevnext",
    "nextprev",    "byline",       "authorbox",  "toc",        "shoutbox",    "avatar",
    "userinfo",    "postprofile",  "authorinfo", "signature",  "masthead",    "infobar",
    "hotlist",     "relatedlinks", "sharebar",   "statement",  "disclaimer",  "sign",
    NULL,
};

/* Dialogs in which a site asks for consent, by the programs that draw them: often longer than the
 * page behind them, never part of it. */
static const char *const consent_words[] = {
    "onetrust*", "optanon*",      "cookiebot*", "cookieconsent*", "cookieyes*", "truste*",
    "didomi*",   "usercentrics*", "quantcast*", "osano*",         "termly*",    NULL};

/* The same for what readers wrote below it. */
static const char *const comment_words[] = {"comment*",  "disqus*",   "pinglun",
                                            "reply",     "replies",   "replylist",
                                            "guestbook", "livefyre*", NULL};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool word_matches(const char *word, size_t n, const char *const *words)
{
    for (; *words; words++) {
        if (word[0] != (*words)[0])
            continue;
        size_t len = strlen(*words);
        bool prefix = (*words)[len - 1] == '*';
        if (prefix ? n >= len - 1 && strncmp(word, *words, len - 1) == 0
                   : n == len && strncmp(word, *words, n) == 0)
            return true;
    }
    return false;
}

/* Cut "relatedNews_box-2" into related, news, box. */
static bool text_matches(struct hy_str s, const char *const *words)
{
    static const char *const about[] = {"with", "without", "has", "no", "show", "hide", NULL};
    char word[MAX_WORD];
    size_t n = 0;
    bool spoken_of = false; /* "with-sidebar" stands beside one */

    for (size_t i = 0; i <= s.n; i++) {
        bool letter = i < s.n && is_letter(s.p[i]);
        bool hump = letter && i && s.p[i] < 'a' && s.p[i - 1] >= 'a';
        if (n && (!letter || hump)) {
            if (!spoken_of && word_matches(word, n, words))
                return true;
            spoken_of = word_matches(word, n, about);
            n = 0;
        }
        if (letter && n < MAX_WORD)
            word[n++] = lower(s.p[i]);
    }
    return false;
}

bool hy_names_match(const struct hy_dom *d, uint32_t i, const char *const *words)
{
    return text_matches(hy_str_sub(hy_dom_attr(d, i, "class"), 0, MAX_NAMES_BYTES), words) ||
           text_matches(hy_str_sub(hy_dom_attr(d, i, "id"), 0, MAX_NAMES_BYTES), words);
}

/* -- zones ---------------------------------------------------------------------------------- */

static bool is_never_shown(enum hy_tag tag)
{
    switch (tag) {
    case HY_TAG_HEAD:
    case HY_TAG_SCRIPT:
    case HY_TAG_STYLE:
    case HY_TAG_NOSCRIPT:
    case HY_TAG_TEMPLATE:
    case HY_TAG_IFRAME:
    case HY_TAG_SELECT:
    case HY_TAG_TEXTAREA:
    case HY_TAG_BUTTON:
    case HY_TAG_SVG:
    case HY_TAG_OBJECT:
    case HY_TAG_AUDIO:
    case HY_TAG_VIDEO:
        return true;
    default:
        return false;
    }
}

/* "hidden md:block", "d-none d-md-flex": hidden on small screens only. */
static bool shows_on_wide_screens(struct hy_str one)
{
    static const char *const screens[] = {
        "sm:", "md:", "lg:", "xl:", "2xl:", "d-sm-", "d-md-", "d-lg-", "d-xl-", "d-xxl-"};

    for (size_t i = 0; i < HY_COUNT(screens); i++)
        if (hy_str_starts(one, hy_str(screens[i])))
            return !hy_str_ends(one, HY_STR("hidden")) && !hy_str_ends(one, HY_STR("none"));
    return false;
}

/* Classes that mean "not shown" in the style sheets that most sites are built on, which we do not
 * read. */
static bool is_hidden_by_class(const struct hy_dom *d, uint32_t i)
{
    static const char *const names[] = {"hidden",          "is-hidden", "d-none",
                                        "visually-hidden", "sr-only",   "screen-reader-text",
                                        "visuallyhidden"};
    struct hy_str class = hy_dom_attr(d, i, "class"), one;
    bool hidden = false;

    while (class.n && hy_str_cut(&class, ' ', &one)) {
        for (size_t k = 0; k < HY_COUNT(names); k++)
            hidden = hidden || hy_str_is(one, names[k]);
        if (shows_on_wide_screens(one))
            return false;
    }
    return hidden;
}

static bool has_display_none(struct hy_str style)
{
    for (size_t at = hy_str_find(style, HY_STR("display"), 0); at != HY_NPOS;
         at = hy_str_find(style, HY_STR("display"), at)) {
        at += 7;
        while (at < style.n && (style.p[at] == ' ' || style.p[at] == ':'))
            at++;
        if (hy_str_ieq(hy_str_sub(style, at, at + 4), HY_STR("none")))
            return true;
    }
    return false;
}

static enum hy_zone zone_of(const struct hy_dom *d, uint32_t i)
{
    const struct hy_node *n = &d->node[i];

    if (n->tag == HY_TAG_TEXT)
        return HY_ZONE_PLAIN;
    if (is_never_shown(n->tag))
        return HY_ZONE_HIDDEN;
    if (n->n_attrs &&
        (hy_dom_has_attr(d, i, "hidden") || has_display_none(hy_dom_attr(d, i, "style")) ||
         is_hidden_by_class(d, i) || hy_names_match(d, i, consent_words)))
        return HY_ZONE_HIDDEN;
    if (n->tag == HY_TAG_NAV || n->tag == HY_TAG_FOOTER || n->tag == HY_TAG_ASIDE)
        return HY_ZONE_NOISE;
    if (n->n_attrs == 0 || n->tag == HY_TAG_BODY || n->tag == HY_TAG_HTML ||
        n->tag == HY_TAG_ARTICLE || n->tag == HY_TAG_MAIN || n->tag == HY_TAG_A)
        return HY_ZONE_PLAIN;
    if (hy_names_match(d, i, noise_words))
        return HY_ZONE_NOISE;
    return hy_names_match(d, i, comment_words) ? HY_ZONE_COMMENT : HY_ZONE_PLAIN;
}

/* An anchor without address leads nowhere: often an unclosed name that runs through the page. */
static bool is_link(const struct hy_dom *d, uint32_t i)
{
    return d->node[i].tag == HY_TAG_A && hy_dom_has_attr(d, i, "href") &&
           d->node[i].end - i < MAX_LINK_NODES;
}

/* Bytes of text outside links below each node. */
static void count_text(struct hy_viewer *v, const struct hy_dom *d)
{
    uint32_t link_end = 0;

    v->bytes.n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct hy_node *n = &d->node[i];
        if (i >= link_end && is_link(d, i))
            link_end = n->end;
        bool counts =
            n->tag == HY_TAG_TEXT && i >= link_end && !is_never_shown(d->node[n->parent].tag);
        hy_vec_push(&v->bytes, counts ? (uint32_t)hy_str_trim(n->text).n : 0);
    }
    for (uint32_t i = d->n; i-- > 1;)
        v->bytes.v[d->node[i].parent] += v->bytes.v[i];
}

/* A zone reaches down to everything below it.  What is hidden but holds most of the page's text is
 * shown by some script, and a <noscript> with most of the text is the page for us. */
static void find_zones(struct hy_viewer *v, const struct hy_dom *d)
{
    uint32_t body = hy_dom_find(d, 0, HY_TAG_BODY);

    count_text(v, d);
    v->zones.n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        uint8_t above = i ? v->zones.v[d->node[i].parent] : HY_ZONE_PLAIN;
        uint8_t own = above == HY_ZONE_HIDDEN ? HY_ZONE_HIDDEN : (uint8_t)zone_of(d, i);
        bool bulk = own == HY_ZONE_HIDDEN && v->bytes.v[i] > v->bytes.v[body] / 2 &&
                    (d->node[i].tag == HY_TAG_NOSCRIPT || !is_never_shown(d->node[i].tag)) &&
                    !hy_names_match(d, i, consent_words);
        hy_vec_push(&v->zones, HY_MAX(above, bulk ? HY_ZONE_PLAIN : own));
    }
}

/* -- lines ---------------------------------------------------------------------------------- */

struct state {
    const struct hy_dom *d;
    struct hy_viewer *v;
    struct hy_line line; /* being filled; text.n != 0 once it has begun */
    size_t start;        /* of its text in v->text */
    uint32_t letters, link_letters;
    uint32_t link_end, heading_end; /* inside a link or heading up to this node */
    uint32_t block;
    bool space, open;
};

static void finish(struct state *s)
{
    if (!s->open)
        return;
    s->line.text = hy_str_n(NULL, s->v->text.n - s->start); /* the pointer follows at the end */
    s->line.weight += s->letters / LETTERS_PER_WEIGHT;
    s->line.link_weight += s->link_letters / LETTERS_PER_WEIGHT;
    hy_vec_push(&s->v->lines, s->line);
    s->open = false;
    s->letters = s->link_letters = 0;
}

static void begin(struct state *s, uint32_t node)
{
    s->line = (struct hy_line){.node = node,
                               .block = s->block,
                               .zone = s->v->zones.v[node],
                               .heading = node < s->heading_end};
    s->start = s->v->text.n;
    s->open = true;
    s->space = false;
}

static bool is_stop(uint32_t c)
{
    switch (c) {
    case ',':
    case '.':
    case '!':
    case '?':
    case ';':
    case 0x3002:
    case 0xFF01:
    case 0xFF1F:
    case 0xFF1B:
    case 0xFF0C:
    case 0x3001:
    case 0x2026:
        return true;
    default:
        return false;
    }
}

static void count(struct state *s, uint32_t c, bool link)
{
    if (hy_is_han(c) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0xAC00 && c <= 0xD7A3)) {
        s->line.weight++;
        s->line.link_weight += link;
    } else if ((c >= '0' && c <= '9') || is_letter((char)(c < 128 ? c : 0)) || c >= 0xC0) {
        bool stop = is_stop(c);
        s->letters += !stop;
        s->link_letters += link && !stop;
    }
    if (is_stop(c) && s->line.stops < UINT16_MAX)
        s->line.stops++;
}

static void add_text(struct state *s, uint32_t node)
{
    struct hy_str t = s->d->node[node].text;
    bool link = node < s->link_end;

    for (size_t i = 0; i < t.n;) {
        size_t from = i;
        uint32_t c = hy_utf8_next(t, &i);
        if (hy_is_space(c) || (c < 0x20) || c == 0x200B || c == 0xFEFF) {
            s->space = true;
            continue;
        }
        if (!s->open)
            begin(s, node);
        else if (s->space)
            hy_buf_char(&s->v->text, ' ');
        s->space = false;
        hy_buf_add(&s->v->text, t.p + from, i - from);
        count(s, c, link);
    }
}

/* The nearest block around node i, walking up from its parent. */
static uint32_t block_around(const struct hy_dom *d, uint32_t i)
{
    do
        i = d->node[i].parent;
    while (i && (!hy_tag_is_block(d->node[i].tag) || d->node[i].tag == HY_TAG_BR));
    return i;
}

static void enter(struct state *s, uint32_t i)
{
    const struct hy_node *n = &s->d->node[i];

    if (hy_tag_is_block(n->tag) || n->tag == HY_TAG_OTHER)
        finish(s);
    if (i >= s->link_end && is_link(s->d, i))
        s->link_end = n->end;
    if (n->tag >= HY_TAG_H1 && n->tag <= HY_TAG_H6)
        s->heading_end = n->end;
}

static void find_lines(struct hy_viewer *v, const struct hy_dom *d)
{
    struct state s = {.d = d, .v = v};
    uint32_t block_parent = UINT32_MAX;

    for (uint32_t i = 0; i < d->n; i++) {
        if (v->zones.v[i] == HY_ZONE_HIDDEN) {
            i = d->node[i].end - 1;
            continue;
        }
        if (d->node[i].tag != HY_TAG_TEXT) {
            enter(&s, i);
            continue;
        }
        if (d->node[i].parent != block_parent) {
            block_parent = d->node[i].parent;
            s.block = block_around(d, i);
        }
        /* leaving a block ends the line too: the last text was in another one */
        if (s.open && (s.line.block != s.block || v->zones.v[i] != s.line.zone))
            finish(&s);
        add_text(&s, i);
    }
    finish(&s);
}

const struct hy_view *hy_viewer_look(struct hy_viewer *v, const struct hy_dom *d)
{
    size_t at = 0;

    v->lines.n = 0;
    hy_buf_clear(&v->text);
    find_zones(v, d);
    find_lines(v, d);
    for (size_t i = 0; i < v->lines.n; i++) {
        v->lines.v[i].text.p = v->text.p + at;
        at += v->lines.v[i].text.n;
    }
    v->view = (struct hy_view){d, v->lines.v, (uint32_t)v->lines.n, v->zones.v};
    return &v->view;
}

uint32_t hy_view_line_at(const struct hy_view *v, uint32_t node)
{
    uint32_t low = 0, high = v->n;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (v->line[mid].node < node)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct hy_viewer *hy_viewer_new(void)
{
    struct hy_viewer *v = hy_xcalloc(1, sizeof(*v));

    v->text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    return v;
}

void hy_viewer_free(struct hy_viewer *v)
{
    if (v == NULL)
        return;
    hy_vec_release(&v->lines);
    hy_vec_release(&v->zones);
    hy_vec_release(&v->bytes);
    hy_buf_release(&v->text);
    free(v);
}
