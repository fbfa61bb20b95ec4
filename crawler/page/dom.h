/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed page as one flat array of nodes in document order.
 *
 *     0 html ─┬─ 1 head ── 2 title ── 3 "text"
 *             └─ 4 body ─┬─ 5 p ── 6 "text"        the subtree of node i is [i, node[i].end)
 *                        └─ 7 p                     its parent, next sibling: by index, 0 = none
 *
 * Nobody recurses: a walk over a subtree is a loop from i to end.  Script and style bodies and
 * comments are gone (JSON-LD is kept as the text of its script).  Everything is borrowed from the
 * page and valid until its next load. */
#pragma once
#include "core/buf.h"
#include "core/str.h"

/* Tags that somebody asks for; all others are HY_TAG_OTHER and have their `name`. */
/* clang-format off */
#define HY_TAGS(X) \
    X(A, "a") X(ABBR, "abbr") X(ADDRESS, "address") X(ARTICLE, "article") X(ASIDE, "aside") \
    X(AUDIO, "audio") X(B, "b") X(BASE, "base") X(BLOCKQUOTE, "blockquote") X(BODY, "body") \
    X(BR, "br") X(BUTTON, "button") X(CAPTION, "caption") X(CENTER, "center") X(CODE, "code") \
    X(DD, "dd") X(DEL, "del") X(DETAILS, "details") X(DIV, "div") X(DL, "dl") X(DT, "dt") \
    X(EM, "em") X(EMBED, "embed") X(FIELDSET, "fieldset") X(FIGCAPTION, "figcaption") \
    X(FIGURE, "figure") X(FONT, "font") X(FOOTER, "footer") X(FORM, "form") X(H1, "h1") \
    X(H2, "h2") X(H3, "h3") X(H4, "h4") X(H5, "h5") X(H6, "h6") X(HEAD, "head") \
    X(HEADER, "header") X(HR, "hr") X(HTML, "html") X(I, "i") X(IFRAME, "iframe") X(IMG, "img") \
    X(INPUT, "input") X(INS, "ins") X(LABEL, "label") X(LEGEND, "legend") X(LI, "li") \
    X(LINK, "link") X(MAIN, "main") X(MENU, "menu") X(META, "meta") X(NAV, "nav") \
    X(NOSCRIPT, "noscript") X(OBJECT, "object") X(OL, "ol") X(OPTION, "option") X(P, "p") \
    X(PRE, "pre") X(Q, "q") X(S, "s") X(SCRIPT, "script") X(SECTION, "section") \
    X(SELECT, "select") X(SMALL, "small") X(SPAN, "span") X(STRONG, "strong") X(STYLE, "style") \
    X(SUB, "sub") X(SUMMARY, "summary") X(SUP, "sup") X(SVG, "svg") X(TABLE, "table") \
    X(TBODY, "tbody") X(TD, "td") X(TEMPLATE, "template") X(TEXTAREA, "textarea") \
    X(TFOOT, "tfoot") X(TH, "th") X(THEAD, "thead") X(TIME, "time") X(TITLE, "title") X(TR, "tr") \
    X(U, "u") X(UL, "ul") X(VIDEO, "video")
/* clang-format on */

enum hy_tag {
    HY_TAG_TEXT, /* not an element: `text` holds characters */
    HY_TAG_OTHER,
#define HY_TAG_ENUM(id, name) HY_TAG_##id,
    HY_TAGS(HY_TAG_ENUM)
#undef HY_TAG_ENUM
        HY_TAG_COUNT
};

struct hy_attr {
    struct hy_str name, value; /* name in lower case */
};

struct hy_node {
    struct hy_str text;          /* of text nodes: as in the page, entities decoded */
    const struct hy_attr *attrs; /* of elements */
    uint32_t n_attrs;
    uint32_t parent, next; /* next sibling; 0 = none (node 0 is the root and nobody's sibling) */
    uint32_t end;          /* one behind the last descendant */
    uint16_t depth;        /* 0 for the root */
    uint16_t tag;          /* enum hy_tag */
};

struct hy_dom {
    const struct hy_node *node;
    uint32_t n;
};

/* The attribute's value; empty if absent. */
struct hy_str hy_dom_attr(const struct hy_dom *d, uint32_t i, const char *name);
bool hy_dom_has_attr(const struct hy_dom *d, uint32_t i, const char *name);
/* First descendant of `from` (itself excluded) with this tag; 0 if none. */
uint32_t hy_dom_find(const struct hy_dom *d, uint32_t from, enum hy_tag tag);
/* Nearest ancestor with this tag; 0 if none. */
uint32_t hy_dom_up(const struct hy_dom *d, uint32_t i, enum hy_tag tag);
/* Append the text below a node on one line: white space runs become one space, ends trimmed. */
void hy_dom_text(const struct hy_dom *d, uint32_t i, struct hy_buf *out);
/* Is `word` one of the words of the class attribute, or the id (ASCII case folded)? */
bool hy_dom_is_called(const struct hy_dom *d, uint32_t i, const char *word);
const char *hy_tag_name(enum hy_tag tag); /* "#text", "other", "div" */
bool hy_tag_is_block(enum hy_tag tag);    /* starts a new line when shown */
