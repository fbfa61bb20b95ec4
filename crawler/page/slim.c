/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/slim.h"

#include "core/mem.h"

#include <string.h>

enum {
    MAX_ATTRIBUTES = 512, /* of one tag; the parser compares each with all before */
    MAX_DEPTH = 2000,
    MAX_NAME = 12, /* longest tag name we look at */
};

enum body {
    BODY_MARKUP, /* parse on behind the tag */
    BODY_DROP,   /* text up to the end tag, of no use */
    BODY_KEEP,   /* text up to the end tag, as it is */
    BODY_SCRIPT, /* dropped unless it is JSON-LD */
};

/* Elements whose content is no markup. */
static const struct {
    const char *name;
    enum body body;
} raw_text[] = {
    {"script", BODY_SCRIPT}, {"style", BODY_DROP}, {"iframe", BODY_DROP},   {"noembed", BODY_DROP},
    {"noframes", BODY_DROP}, {"xmp", BODY_KEEP},   {"textarea", BODY_DROP}, {"title", BODY_KEEP},
};

/* Elements without an end tag of their own, or whose end the next one implies: they do not add to
 * the depth, however many stand in a row. */
static const char flat[] = " area base br col embed hr img input link meta param source track wbr"
                           " p li dt dd option optgroup tr td th tbody thead tfoot colgroup"
                           " html head body frame keygen ";

struct scan {
    struct hy_str s;
    size_t i;      /* where we are */
    size_t copied; /* everything before is in `out` or was dropped */
    size_t depth;
    struct hy_buf *out;
};

static bool is_alpha(char c)
{
    c |= 32;
    return c >= 'a' && c <= 'z';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Lower-cased tag name at `i` with a blank on both sides; empty when too long. */
static size_t read_name(struct hy_str s, size_t i, char ret[MAX_NAME + 3])
{
    size_t n = 0, start = i;

    while (i < s.n && !is_space(s.p[i]) && s.p[i] != '/' && s.p[i] != '>')
        i++;
    ret[n++] = ' ';
    if (i - start <= MAX_NAME)
        for (size_t k = start; k < i && n <= MAX_NAME; k++)
            ret[n++] = (char)(s.p[k] >= 'A' && s.p[k] <= 'Z' ? s.p[k] | 32 : s.p[k]);
    ret[n++] = ' ';
    ret[n] = '\0';
    return i;
}

static size_t skip_value(struct hy_str s, size_t i)
{
    if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
        const char *close = memchr(s.p + i + 1, s.p[i], s.n - i - 1);
        return close ? (size_t)(close - s.p) + 1 : s.n;
    }
    while (i < s.n && !is_space(s.p[i]) && s.p[i] != '>')
        i++;
    return i;
}

/* From behind the name to behind the '>'; false when there are too many attributes. */
static bool skip_attributes(struct hy_str s, size_t *at)
{
    size_t i = *at, n = 0;

    for (;;) {
        while (i < s.n && (is_space(s.p[i]) || s.p[i] == '/'))
            i++;
        if (i >= s.n || s.p[i] == '>')
            break;
        if (++n > MAX_ATTRIBUTES)
            return false;
        size_t start = i;
        while (i < s.n && !is_space(s.p[i]) && s.p[i] != '/' && s.p[i] != '>' &&
               (s.p[i] != '=' || i == start))
            i++;
        size_t equals = i;
        while (equals < s.n && is_space(s.p[equals]))
            equals++;
        if (equals < s.n && s.p[equals] == '=') {
            i = equals + 1;
            while (i < s.n && is_space(s.p[i]))
                i++;
            i = skip_value(s, i);
        }
    }
    *at = i < s.n ? i + 1 : s.n;
    return true;
}

/* Where "</name" stands at or behind `i`; the end when it never comes. */
static size_t find_end_tag(struct hy_str s, size_t i, struct hy_str name)
{
    while (i < s.n) {
        const char *lt = memchr(s.p + i, '<', s.n - i);
        if (lt == NULL)
            return s.n;
        i = (size_t)(lt - s.p);
        if (i + 2 + name.n <= s.n && s.p[i + 1] == '/' &&
            hy_str_ieq(hy_str_sub(s, i + 2, i + 2 + name.n), name) &&
            (i + 2 + name.n == s.n || !is_alpha(s.p[i + 2 + name.n])))
            return i;
        i++;
    }
    return s.n;
}

static void copy_until(struct scan *k, size_t end)
{
    hy_buf_add(k->out, k->s.p + k->copied, end - k->copied);
    k->copied = end;
}

static void skip_to(struct scan *k, size_t from, size_t to)
{
    copy_until(k, from);
    k->copied = k->i = to;
}

static void comment(struct scan *k)
{
    size_t end = k->i + 4;

    if (end < k->s.n && k->s.p[end] == '>') { /* "<!-->" */
        skip_to(k, k->i, end + 1);
        return;
    }
    end = hy_str_find(k->s, HY_STR("--"), k->i + 2);
    while (end != HY_NPOS && end + 2 < k->s.n && k->s.p[end + 2] != '>' &&
           !hy_str_starts(hy_str_sub(k->s, end + 2, k->s.n), HY_STR("!>")))
        end = hy_str_find(k->s, HY_STR("--"), end + 1);
    if (end == HY_NPOS || end + 2 >= k->s.n)
        skip_to(k, k->i, k->s.n);
    else
        skip_to(k, k->i, end + (k->s.p[end + 2] == '>' ? 3 : 4));
}

static bool is_json_ld(struct hy_str tag)
{
    return hy_str_has(tag, HY_STR("ld+json"));
}

/* Behind the start tag of an element of raw text. */
static void raw_body(struct scan *k, size_t tag_start, size_t row)
{
    struct hy_str name = hy_str(raw_text[row].name);
    enum body body = raw_text[row].body;
    size_t end = find_end_tag(k->s, k->i, name);

    if (body == BODY_SCRIPT)
        body = is_json_ld(hy_str_sub(k->s, tag_start, k->i)) ? BODY_KEEP : BODY_DROP;
    if (body == BODY_DROP)
        skip_to(k, k->i, end);
    else
        k->i = end;
}

static int start_tag(struct scan *k, struct hy_err *err)
{
    char name[MAX_NAME + 3];
    size_t start = k->i;

    k->i = read_name(k->s, k->i + 1, name);
    if (!skip_attributes(k->s, &k->i))
        return hy_fail(err, HY_E_TOOBIG, "a tag has more than %d attributes", MAX_ATTRIBUTES);
    size_t n = strlen(name);
    for (size_t row = 0; row < HY_COUNT(raw_text); row++)
        if (strncmp(name + 1, raw_text[row].name, n - 2) == 0 &&
            raw_text[row].name[n - 2] == '\0') {
            raw_body(k, start, row);
            return HY_OK;
        }
    if (!strstr(flat, name) && k->s.p[k->i - 2] != '/' && ++k->depth > MAX_DEPTH)
        return hy_fail(err, HY_E_TOOBIG, "elements nest deeper than %d", MAX_DEPTH);
    return HY_OK;
}

static void end_tag(struct scan *k)
{
    char name[MAX_NAME + 3];

    k->i = read_name(k->s, k->i + 2, name);
    const char *close = memchr(k->s.p + k->i, '>', k->s.n - k->i);
    k->i = close ? (size_t)(close - k->s.p) + 1 : k->s.n;
    if (k->depth && !strstr(flat, name))
        k->depth--;
}

int hy_slim(struct hy_str html, struct hy_buf *out, struct hy_err *err)
{
    struct scan k = {.s = html, .out = out};

    while (k.i < html.n) {
        const char *lt = memchr(html.p + k.i, '<', html.n - k.i);
        if (lt == NULL)
            break;
        k.i = (size_t)(lt - html.p);
        char next = k.i + 1 < html.n ? html.p[k.i + 1] : '\0';
        if (is_alpha(next)) {
            if (start_tag(&k, err) < 0)
                return err->code;
        } else if (next == '/' && k.i + 2 < html.n && is_alpha(html.p[k.i + 2])) {
            end_tag(&k);
        } else if (hy_str_starts(hy_str_sub(html, k.i, html.n), HY_STR("<!--"))) {
            comment(&k);
        } else {
            k.i++;
        }
    }
    copy_until(&k, html.n);
    return HY_OK;
}
