/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/feed/mend.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/html_text.h"

#include <ctype.h>
#include <string.h>

enum { MAX_ENTITIES = 64, MAX_ENTITY_TEXT = 256, MAX_DEPTH = 200, MAX_ATTRS = 64 };

/* -- prepare ----------------------------------------------------------------------------------- */

struct preparer {
    struct hy_str s;
    struct hy_buf *out;
    struct {
        struct hy_str name, text;
    } entities[MAX_ENTITIES];
    size_t n_entities;
};

static void put_escaped(struct hy_buf *out, struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&':
            hy_buf_puts(out, "&amp;");
            break;
        case '<':
            hy_buf_puts(out, "&lt;");
            break;
        case '>':
            hy_buf_puts(out, "&gt;");
            break;
        case '"':
            hy_buf_puts(out, "&quot;");
            break;
        default:
            hy_buf_char(out, s.p[i]);
        }
    }
}

static bool is_forbidden(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF;
}

/* Text without the characters XML forbids; `escape` for what was CDATA. */
static void put_clean(struct hy_buf *out, struct hy_str s, bool escape)
{
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = hy_utf8_next(s, &at);
        if (is_forbidden(c))
            continue;
        if (escape || c == '>')
            put_escaped(out, hy_str_sub(s, from, at));
        else
            hy_buf_str(out, hy_str_sub(s, from, at));
    }
}

static bool is_xml_name(struct hy_str name)
{
    static const char *const five[] = {"amp", "lt", "gt", "quot", "apos"};

    for (size_t i = 0; i < HY_COUNT(five); i++)
        if (hy_str_is(name, five[i]))
            return true;
    return false;
}

/* What stands at '&'; returns the length consumed. */
static size_t reference(struct preparer *p, size_t at)
{
    struct hy_buf chars = HY_BUF_INIT(8);
    size_t end = at + 1, n;

    while (end < p->s.n && end - at < 40 &&
           (isalnum((unsigned char)p->s.p[end]) || memchr("_-.:", p->s.p[end], 4)))
        end++;
    struct hy_str name = hy_str_sub(p->s, at + 1, end);
    bool closed = name.n && end < p->s.n && p->s.p[end] == ';';
    if (closed && is_xml_name(name)) {
        hy_buf_str(p->out, hy_str_sub(p->s, at, end + 1));
        return end + 1 - at;
    }
    for (size_t i = 0; closed && i < p->n_entities; i++) {
        if (hy_str_eq(name, p->entities[i].name)) {
            put_clean(p->out, p->entities[i].text, true);
            return end + 1 - at;
        }
    }
    n = hy_html_reference(p->s, at, &chars);
    if (n)
        put_clean(p->out, hy_buf_view(&chars), true);
    else
        hy_buf_puts(p->out, "&amp;");
    hy_buf_release(&chars);
    return n ? n : 1;
}

/* <!ENTITY name "text"> without references inside; parameter and external entities are ignored. */
static void entity(struct preparer *p, struct hy_str decl)
{
    struct hy_str rest = hy_str_trim(hy_str_sub(decl, strlen("<!ENTITY"), decl.n));
    size_t n = 0;

    while (n < rest.n && !isspace((unsigned char)rest.p[n]))
        n++;
    struct hy_str name = hy_str_sub(rest, 0, n), value = hy_str_trim(hy_str_sub(rest, n, rest.n));
    if (name.n == 0 || value.n < 2 || (value.p[0] != '"' && value.p[0] != '\''))
        return;
    size_t close = hy_str_find_char(value, value.p[0], 1);
    if (close == HY_NPOS || close > MAX_ENTITY_TEXT || p->n_entities == MAX_ENTITIES)
        return;
    value = hy_str_sub(value, 1, close);
    if (hy_str_find_char(value, '&', 0) == HY_NPOS && hy_str_find_char(value, '%', 0) == HY_NPOS) {
        p->entities[p->n_entities].name = name;
        p->entities[p->n_entities++].text = value;
    }
}

/* Behind a document type declaration; its internal subset is looked through. */
static size_t doctype(struct preparer *p, size_t at)
{
    bool subset = false;
    char quote = 0;

    for (size_t i = at + 2; i < p->s.n; i++) {
        char c = p->s.p[i];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            subset = true;
        } else if (c == ']') {
            subset = false;
        } else if (c == '<' && hy_str_starts(hy_str_sub(p->s, i, p->s.n), HY_STR("<!ENTITY"))) {
            size_t end = i;
            while (end < p->s.n && end - i < 4 * MAX_ENTITY_TEXT && p->s.p[end] != '>')
                end++;
            entity(p, hy_str_sub(p->s, i, end));
        } else if (c == '>' && !subset) {
            return i + 1;
        }
    }
    size_t gt = hy_str_find_char(p->s, '>', at); /* unbalanced: give up at the first '>' */
    return gt == HY_NPOS ? p->s.n : gt + 1;
}

static size_t skip_to(struct hy_str s, size_t at, struct hy_str end)
{
    size_t found = hy_str_find(s, end, at);

    return found == HY_NPOS ? s.n : found + end.n;
}

/* What stands at '<'; returns where to go on. */
static size_t markup(struct preparer *p, size_t at)
{
    struct hy_str rest = hy_str_sub(p->s, at, p->s.n);

    if (hy_str_starts(rest, HY_STR("<![CDATA["))) {
        size_t end = hy_str_find(p->s, HY_STR("]]>"), at + 9);
        put_clean(p->out, hy_str_sub(p->s, at + 9, end == HY_NPOS ? p->s.n : end), true);
        return end == HY_NPOS ? p->s.n : end + 3;
    }
    if (hy_str_starts(rest, HY_STR("<!--")))
        return skip_to(p->s, at + 4, HY_STR("-->"));
    if (hy_str_starts(rest, HY_STR("<?")))
        return skip_to(p->s, at + 2, HY_STR("?>"));
    if (rest.n > 9 && hy_str_ieq(hy_str_sub(rest, 0, 9), HY_STR("<!DOCTYPE")))
        return doctype(p, at);
    if (hy_str_starts(rest, HY_STR("<!")))
        return skip_to(p->s, at, HY_STR(">"));
    hy_buf_char(p->out, '<');
    return at + 1;
}

/* '>' of tags must stay what they are, '>' of text may: so only "]]>" is escaped. */
static void put_plain(struct preparer *p, struct hy_str s)
{
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = hy_utf8_next(s, &at);
        if (is_forbidden(c))
            continue;
        bool ends_cdata = c == '>' && from >= 2 && s.p[from - 1] == ']' && s.p[from - 2] == ']';
        if (ends_cdata)
            hy_buf_puts(p->out, "&gt;");
        else
            hy_buf_str(p->out, hy_str_sub(s, from, at));
    }
}

void hy_feed_prepare(struct hy_str text, struct hy_buf *out)
{
    struct preparer p = {.s = text, .out = out};
    size_t at = hy_str_find_char(text, '<', 0); /* nothing counts before the first tag */

    while (at < text.n) {
        size_t from = at;
        while (at < text.n && text.p[at] != '<' && text.p[at] != '&')
            at++;
        put_plain(&p, hy_str_sub(text, from, at));
        if (at < text.n)
            at = text.p[at] == '&' ? at + reference(&p, at) : markup(&p, at);
    }
}

/* -- mend -------------------------------------------------------------------------------------- */

struct mender {
    struct hy_str s;
    size_t last_gt; /* behind the last '>' */
    struct hy_buf *out;
    struct hy_str open[MAX_DEPTH];
    size_t depth;
};

static bool is_name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
    return is_name_start(c) || isdigit((unsigned char)c) || c == '-' || c == '.' || c == ':';
}

static struct hy_str name_at(struct hy_str s, size_t at)
{
    size_t end = at;

    if (at < s.n && is_name_start(s.p[at]))
        while (end < s.n && is_name(s.p[end]))
            end++;
    return hy_str_sub(s, at, end);
}

/* References were repaired before; only what would end the value is escaped. */
static void put_value(struct hy_buf *out, struct hy_str v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] == '<')
            hy_buf_puts(out, "&lt;");
        else if (v.p[i] == '"')
            hy_buf_puts(out, "&quot;");
        else
            hy_buf_char(out, v.p[i]);
    }
}

/* One attribute value at *at, quoted in any way or not at all. */
static struct hy_str value_at(struct hy_str tag, size_t *at)
{
    size_t from = *at, end;
    char quote = from < tag.n ? tag.p[from] : 0;

    if (quote == '"' || quote == '\'') {
        end = hy_str_find_char(tag, quote, from + 1);
        end = end == HY_NPOS ? tag.n : end;
        *at = end + 1;
        return hy_str_sub(tag, from + 1, end);
    }
    for (end = from; end < tag.n && !isspace((unsigned char)tag.p[end]);)
        end++;
    *at = end;
    return hy_str_sub(tag, from, end);
}

static size_t skip_space(struct hy_str s, size_t at)
{
    while (at < s.n && isspace((unsigned char)s.p[at]))
        at++;
    return at;
}

static void put_attributes(struct hy_buf *out, struct hy_str tag)
{
    struct hy_str seen[MAX_ATTRS];
    size_t n = 0;

    for (size_t at = 0; (at = skip_space(tag, at)) < tag.n && n < MAX_ATTRS;) {
        struct hy_str name = name_at(tag, at), value;
        if (name.n == 0) {
            at++;
            continue;
        }
        at = skip_space(tag, at + name.n);
        value = name;
        if (at < tag.n && tag.p[at] == '=') {
            at = skip_space(tag, at + 1);
            value = value_at(tag, &at);
        }
        bool repeated = false;
        for (size_t i = 0; i < n; i++)
            repeated |= hy_str_eq(seen[i], name);
        if (repeated)
            continue;
        seen[n++] = name;
        hy_buf_printf(out, " " HY_STR_FMT "=\"", HY_STR_ARG(name));
        put_value(out, value);
        hy_buf_char(out, '"');
    }
}

/* The '>' that ends the tag: outside of quotes if they match, else the first. */
static size_t find_gt(const struct mender *m, size_t at)
{
    char quote = 0;

    for (size_t i = at; i < m->s.n && m->s.p[i] != '<'; i++) {
        if (quote)
            quote = m->s.p[i] == quote ? 0 : quote;
        else if ((m->s.p[i] == '"' || m->s.p[i] == '\'') && m->s.p[i - 1] == '=')
            quote = m->s.p[i];
        else if (m->s.p[i] == '>')
            return i;
    }
    size_t lt = hy_str_find_char(m->s, '<', at);
    return hy_str_find_char(hy_str_sub(m->s, 0, lt), '>', at); /* before the next tag */
}

static void close_down_to(struct mender *m, size_t depth)
{
    for (; m->depth > depth; m->depth--)
        hy_buf_printf(m->out, "</" HY_STR_FMT ">", HY_STR_ARG(m->open[m->depth - 1]));
}

static void close_tag(struct mender *m, struct hy_str name)
{
    for (size_t d = m->depth; d > 0; d--) {
        if (hy_str_eq(m->open[d - 1], name)) {
            close_down_to(m, d - 1);
            return;
        }
    }
}

static void open_tag(struct mender *m, struct hy_str name, struct hy_str attrs, bool empty)
{
    if (m->depth == MAX_DEPTH)
        return;
    hy_buf_printf(m->out, "<" HY_STR_FMT, HY_STR_ARG(name));
    put_attributes(m->out, attrs);
    hy_buf_puts(m->out, empty ? "/>" : ">");
    if (!empty)
        m->open[m->depth++] = name;
}

static size_t mend_tag(struct mender *m, size_t at)
{
    bool closing = at + 1 < m->s.n && m->s.p[at + 1] == '/';
    struct hy_str name = name_at(m->s, at + 1 + closing);
    size_t from = at + 1 + closing + name.n;
    size_t gt = name.n && from < m->last_gt ? find_gt(m, from) : HY_NPOS;

    if (name.n == 0 || (gt == HY_NPOS && from < m->last_gt && !closing)) {
        hy_buf_puts(m->out, "&lt;");
        return at + 1;
    }
    if (gt == HY_NPOS) { /* "</rss" at the end, or in front of the next tag */
        if (closing)
            close_tag(m, name);
        return closing ? from : m->s.n;
    }
    struct hy_str attrs = hy_str_sub(m->s, from, gt);
    bool empty = attrs.n && attrs.p[attrs.n - 1] == '/';
    if (closing)
        close_tag(m, name);
    else
        open_tag(m, name, hy_str_sub(attrs, 0, attrs.n - empty), empty);
    return gt + 1;
}

void hy_feed_mend(struct hy_str prepared, struct hy_buf *out)
{
    const char *gt = prepared.n ? memrchr(prepared.p, '>', prepared.n) : NULL;
    HY_CLEANUP(hy_freep) struct mender *m = hy_xcalloc(1, sizeof(*m));

    m->s = prepared;
    m->last_gt = gt ? (size_t)(gt - prepared.p) + 1 : 0;
    m->out = out;
    hy_buf_puts(out, "<" HY_FEED_MENDED ">");
    for (size_t at = 0; at < prepared.n;) {
        if (prepared.p[at] == '<') {
            at = mend_tag(m, at);
        } else {
            hy_buf_char(out, prepared.p[at]);
            at++;
        }
    }
    close_down_to(m, 0);
    hy_buf_puts(out, "</" HY_FEED_MENDED ">");
}
