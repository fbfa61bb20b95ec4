/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/html_text.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/html_entities.h"

#include <ctype.h>
#include <string.h>

/* windows-1252 at 0x80-0x9F: what numeric references in that range mean to browsers. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
};

enum what { INLINE, BLOCK, HIDDEN, BREAK }; /* HIDDEN: its inside is dropped if it is closed */
static const struct {
    const char *name;
    enum what what;
    bool active; /* never in any output, not even as text */
} elements[] = {
    {"a", INLINE},
    {"abbr", INLINE},
    {"address", BLOCK},
    {"applet", HIDDEN, true},
    {"article", BLOCK},
    {"aside", BLOCK},
    {"audio", HIDDEN},
    {"b", INLINE},
    {"base", BREAK, true},
    {"big", INLINE},
    {"blink", INLINE},
    {"blockquote", BLOCK},
    {"body", BLOCK},
    {"br", BREAK},
    {"button", INLINE},
    {"caption", BLOCK},
    {"center", BLOCK},
    {"cite", INLINE},
    {"code", INLINE},
    {"col", INLINE},
    {"dd", BLOCK},
    {"del", INLINE},
    {"div", BLOCK},
    {"dl", BLOCK},
    {"dt", BLOCK},
    {"em", INLINE},
    {"embed", INLINE, true},
    {"fieldset", BLOCK},
    {"figcaption", BLOCK},
    {"figure", BLOCK},
    {"font", INLINE},
    {"footer", BLOCK},
    {"form", BLOCK},
    {"frame", INLINE, true},
    {"frameset", INLINE, true},
    {"h1", BLOCK},
    {"h2", BLOCK},
    {"h3", BLOCK},
    {"h4", BLOCK},
    {"h5", BLOCK},
    {"h6", BLOCK},
    {"head", HIDDEN},
    {"header", BLOCK},
    {"hr", BREAK},
    {"html", BLOCK},
    {"i", INLINE},
    {"iframe", HIDDEN, true},
    {"img", INLINE},
    {"input", INLINE},
    {"ins", INLINE},
    {"kbd", INLINE},
    {"label", INLINE},
    {"li", BLOCK},
    {"link", INLINE, true},
    {"math", INLINE},
    {"meta", INLINE, true},
    {"nav", BLOCK},
    {"noscript", INLINE},
    {"object", HIDDEN, true},
    {"ol", BLOCK},
    {"option", BLOCK},
    {"p", BLOCK},
    {"param", INLINE},
    {"pre", BLOCK},
    {"q", INLINE},
    {"s", INLINE},
    {"samp", INLINE},
    {"script", HIDDEN, true},
    {"section", BLOCK},
    {"select", BLOCK},
    {"small", INLINE},
    {"span", INLINE},
    {"strike", INLINE},
    {"strong", INLINE},
    {"style", HIDDEN, true},
    {"sub", INLINE},
    {"sup", INLINE},
    {"svg", INLINE},
    {"table", BLOCK},
    {"tbody", BLOCK},
    {"td", BLOCK},
    {"textarea", BLOCK},
    {"tfoot", BLOCK},
    {"th", BLOCK},
    {"thead", BLOCK},
    {"title", INLINE},
    {"tr", BLOCK},
    {"tt", INLINE},
    {"u", INLINE},
    {"ul", BLOCK},
    {"var", INLINE},
    {"video", HIDDEN},
};

static int element_of(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(elements); i++)
        if (hy_str_ieq(name, hy_str(elements[i].name)))
            return (int)i;
    return -1;
}

/* -- character references ---------------------------------------------------------------------- */

static bool named(struct hy_str name, struct hy_buf *out)
{
    size_t lo = 0, hi = HY_COUNT(entities);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = hy_str_cmp(name, hy_str(entities[mid].name));
        if (c == 0) {
            hy_buf_utf8(out, entities[mid].code);
            return true;
        }
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

static uint32_t as_browsers_read(uint32_t code)
{
    if (code >= 0x80 && code <= 0x9F)
        return windows_1252[code - 0x80];
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ||
        (code < 0x20 && code != '\t' && code != '\n' && code != '\r'))
        return 0xFFFD;
    return code;
}

static size_t numeric(struct hy_str s, size_t at, struct hy_buf *out)
{
    size_t i = at + 2;
    bool hex = i < s.n && (s.p[i] | 32) == 'x';
    uint32_t code = 0;
    size_t first = i += hex;

    for (; i < s.n && (hex ? isxdigit((unsigned char)s.p[i]) : isdigit((unsigned char)s.p[i]));
         i++) {
        int d = isdigit((unsigned char)s.p[i]) ? s.p[i] - '0' : (s.p[i] | 32) - 'a' + 10;
        code = HY_MIN(code * (hex ? 16 : 10) + (uint32_t)d, (uint32_t)0x110000);
    }
    if (i == first)
        return 0;
    hy_buf_utf8(out, as_browsers_read(code));
    return i + (i < s.n && s.p[i] == ';') - at;
}

size_t hy_html_reference(struct hy_str s, size_t at, struct hy_buf *out)
{
    size_t i = at + 1;

    if (i < s.n && s.p[i] == '#')
        return numeric(s, at, out);
    while (i < s.n && i - at < 12 && isalnum((unsigned char)s.p[i]))
        i++;
    if (i == at + 1 || i >= s.n || s.p[i] != ';' || !named(hy_str_sub(s, at + 1, i), out))
        return 0;
    return i + 1 - at;
}

/* -- tags -------------------------------------------------------------------------------------- */

struct tag {
    struct hy_str name;
    bool closing;
    size_t after_name;
};

/* The text under work.  Behind the last '>' no tag can end: knowing it keeps "<a<a<a..." linear. */
struct source {
    struct hy_str s;
    size_t last_gt; /* offset behind the last '>', 0: none */
};

static struct source source_of(struct hy_str s)
{
    const char *gt = s.n ? memrchr(s.p, '>', s.n) : NULL;

    return (struct source){s, gt ? (size_t)(gt - s.p) + 1 : 0};
}

/* Behind the '>' outside of quotes, or behind some '>' when the quotes do not match. */
static size_t tag_end(const struct source *src, size_t at)
{
    struct hy_str s = src->s;
    char quote = 0;

    if (at >= src->last_gt)
        return HY_NPOS;
    for (size_t i = at; i < s.n; i++) {
        if (quote)
            quote = s.p[i] == quote ? 0 : quote;
        else if ((s.p[i] == '"' || s.p[i] == '\'') && s.p[i - 1] == '=')
            quote = s.p[i];
        else if (s.p[i] == '>')
            return i + 1;
    }
    return hy_str_find_char(s, '>', at) + 1;
}

static bool read_tag(struct hy_str s, size_t at, struct tag *ret)
{
    size_t i = at + 1;

    *ret = (struct tag){.closing = i < s.n && s.p[i] == '/'};
    i += ret->closing;
    size_t from = i;
    while (i < s.n && (isalnum((unsigned char)s.p[i]) || s.p[i] == ':' || s.p[i] == '-'))
        i++;
    ret->name = hy_str_sub(s, from, i);
    if (i == from || !isalpha((unsigned char)s.p[from]))
        return false;
    size_t colon = hy_str_find_char(ret->name, ':', 0); /* svg:circle */
    if (colon != HY_NPOS)
        ret->name = hy_str_sub(ret->name, colon + 1, ret->name.n);
    ret->after_name = i;
    return true;
}

/* "<!--...-->", "<!DOCTYPE ...>", "<?...>", "<![CDATA[": its end, or 0 if it is none of them. */
static size_t declaration_end(const struct source *src, size_t at)
{
    struct hy_str s = src->s;
    struct hy_str rest = hy_str_sub(s, at, s.n);
    size_t end;

    if (hy_str_starts(rest, HY_STR("<!--"))) {
        end = hy_str_find(s, HY_STR("-->"), at + 4);
        return end == HY_NPOS ? s.n : end + 3;
    }
    if (hy_str_starts(rest, HY_STR("<![CDATA[")))
        return at + 9;
    if (!(rest.n > 2 &&
          ((rest.p[1] == '!' && isalpha((unsigned char)rest.p[2])) || rest.p[1] == '?')))
        return 0;
    return at < src->last_gt ? hy_str_find_char(s, '>', at) + 1 : 0;
}

/* Behind the closing tag of a hidden element, HY_NPOS when it is never closed. */
static size_t hidden_end(const struct source *src, struct hy_str name, size_t from)
{
    for (size_t at = from; (at = hy_str_find_char(src->s, '<', at)) != HY_NPOS; at++) {
        struct tag t;
        if (read_tag(src->s, at, &t) && t.closing && hy_str_ieq(t.name, name))
            return tag_end(src, t.after_name);
    }
    return HY_NPOS;
}

/* -- text -------------------------------------------------------------------------------------- */

struct writer {
    struct hy_buf *out;
    size_t start;
    bool space, line;                  /* owed before the next character */
    bool unclosed[HY_COUNT(elements)]; /* hidden elements known never to be closed again */
};

/* Where to go on behind the opening tag of a hidden element.  One that is never closed hides
 * nothing, except code, which hides all the rest. */
static size_t hide(struct writer *w, const struct source *src, int e, struct hy_str name,
                   size_t end)
{
    bool code = strcmp(elements[e].name, "script") == 0 || strcmp(elements[e].name, "style") == 0;

    if (w->unclosed[e])
        return end;
    size_t behind = hidden_end(src, name, end);
    if (behind != HY_NPOS)
        return behind;
    w->unclosed[e] = true;
    return code ? src->s.n : end;
}

static void put(struct writer *w, struct hy_str chars)
{
    if (w->out->n > w->start && w->line)
        hy_buf_char(w->out, '\n');
    else if (w->out->n > w->start && w->space)
        hy_buf_char(w->out, ' ');
    w->line = w->space = false;
    hy_buf_str(w->out, chars);
}

static void put_text(struct writer *w, struct hy_str s)
{
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        if (hy_is_space(hy_utf8_next(s, &at)))
            w->space = true;
        else
            put(w, hy_str_sub(s, from, at));
    }
}

static size_t put_reference(struct writer *w, struct hy_str s, size_t at)
{
    struct hy_buf chars = HY_BUF_INIT(8);
    size_t n = hy_html_reference(s, at, &chars);

    if (n)
        put_text(w, hy_buf_view(&chars));
    else
        put(w, HY_STR("&"));
    hy_buf_release(&chars);
    return n ? n : 1;
}

/* What stands at '<'; returns where to go on. */
static size_t markup(struct writer *w, const struct source *src, size_t at)
{
    struct tag t;
    size_t end = declaration_end(src, at);

    if (end)
        return end;
    if (!read_tag(src->s, at, &t)) {
        put(w, HY_STR("<"));
        return at + 1;
    }
    int e = element_of(t.name);
    end = tag_end(src, t.after_name);
    if (end == HY_NPOS && e >= 0) /* cut off in the middle of a tag */
        return src->s.n;
    if (end == HY_NPOS) {
        put(w, HY_STR("<"));
        return at + 1;
    }
    enum what what = e < 0 ? INLINE : elements[e].what;
    if (what == BLOCK || what == BREAK)
        w->line = true;
    bool closed = t.closing || (src->s.p[end - 2] == '/' && !elements[HY_MAX(e, 0)].active);
    return what == HIDDEN && !closed ? hide(w, src, e, t.name, end) : end;
}

static void to_text(struct hy_str html, struct hy_buf *out)
{
    struct writer w = {.out = out, .start = out->n};
    struct source src = source_of(html);

    for (size_t at = 0; at < html.n;) {
        size_t from = at;
        while (at < html.n && html.p[at] != '<' && html.p[at] != '&')
            at++;
        put_text(&w, hy_str_sub(html, from, at));
        if (at == html.n)
            break;
        at = html.p[at] == '&' ? at + put_reference(&w, html, at) : markup(&w, &src, at);
    }
}

/* -- what is left ------------------------------------------------------------------------------ */

static bool opens_active_element(struct hy_str s, size_t at)
{
    size_t i = at + 1;

    while (i < s.n && (isspace((unsigned char)s.p[i]) || s.p[i] == '/'))
        i++;
    size_t from = i;
    while (i < s.n && isalnum((unsigned char)s.p[i]))
        i++;
    int e = element_of(hy_str_sub(s, from, i));
    return e >= 0 && elements[e].active;
}

/* Is the '=' at `at` the one of " onclick="?  Names of handlers are short. */
static bool ends_handler_name(struct hy_str s, size_t at)
{
    size_t end = at, from;

    while (end > 0 && isspace((unsigned char)s.p[end - 1]))
        end--;
    for (from = end; from > 0 && end - from < 64 && isalnum((unsigned char)s.p[from - 1]);)
        from--;
    return end - from > 2 && from > 0 && isspace((unsigned char)s.p[from - 1]) &&
           (s.p[from] | 32) == 'o' && (s.p[from + 1] | 32) == 'n';
}

static bool is_script_colon(struct hy_str s, size_t at)
{
    size_t end = at;

    while (end > 0 && isspace((unsigned char)s.p[end - 1]))
        end--;
    struct hy_str word = hy_str_sub(s, end >= 10 ? end - 10 : 0, end);
    struct hy_str tail = hy_str_sub(word, word.n >= 8 ? word.n - 8 : 0, word.n);
    return hy_str_ieq(word, HY_STR("javascript")) || hy_str_ieq(tail, HY_STR("vbscript"));
}

void hy_text_defuse(struct hy_str text, struct hy_buf *out)
{
    bool in_tag = false; /* a "<" is open */

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '<' || c == '>')
            in_tag = c == '<';
        if (c == '<' && opens_active_element(text, i))
            hy_buf_puts(out, "\xEF\xBC\x9C"); /* ＜ */
        else if (c == '=' && in_tag && ends_handler_name(text, i))
            hy_buf_puts(out, "\xEF\xBC\x9D"); /* ＝ */
        else if (c == ':' && is_script_colon(text, i))
            hy_buf_puts(out, "\xEF\xBC\x9A"); /* ： */
        else
            hy_buf_char(out, c);
    }
}

void hy_html_text(struct hy_str html, struct hy_buf *out)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED); /* never longer than the markup, nearly */

    to_text(html, &text);
    hy_text_defuse(hy_buf_view(&text), out);
    hy_buf_release(&text);
}

bool hy_text_looks_like_html(struct hy_str text)
{
    struct hy_buf ignored = HY_BUF_INIT(64);
    struct source src = source_of(text);
    bool sign = false, known = true;
    struct tag t;

    for (size_t at = 0; at < text.n && known; at++) {
        if (text.p[at] == '&') {
            hy_buf_clear(&ignored);
            sign |= hy_html_reference(text, at, &ignored) > 0;
        } else if (text.p[at] == '<' && read_tag(text, at, &t)) {
            size_t end = tag_end(&src, t.after_name);
            known = end != HY_NPOS && element_of(t.name) >= 0;
            sign |= known && (t.closing || text.p[end - 2] == '/');
        }
    }
    hy_buf_release(&ignored);
    return sign && known;
}
