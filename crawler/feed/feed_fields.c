/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in an element becomes a value: texts without markup, absolute addresses, times; the
 * most trusted element wins. */
#include "crawler/feed/feed_parts.h"

#include "core/mem.h"
#include "core/url.h"
#include "core/utf8.h"
#include "crawler/page/html_text.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

enum { MAX_ID = 2048, MAX_TITLE = 1000 };

/* -- values ------------------------------------------------------------------------------------ */

static bool has_scheme(struct hy_str s)
{
    size_t n = 0;

    while (n < s.n && (isalnum((unsigned char)s.p[n]) || memchr("+.-", s.p[n], 3)))
        n++;
    return n > 0 && n < s.n && s.p[n] == ':' && isalpha((unsigned char)s.p[0]);
}

bool hy_feed_is_http_(struct hy_str s)
{
    return (s.n > 7 && hy_str_ieq(hy_str_sub(s, 0, 7), HY_STR("http://"))) ||
           (s.n > 8 && hy_str_ieq(hy_str_sub(s, 0, 8), HY_STR("https://")));
}

static const char *keep(struct hy_feed_parser *p, struct hy_str s, size_t max_chars)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_text_defuse(hy_utf8_head(s, max_chars), &b);
    const char *kept = hy_arena_str(p->arena, hy_buf_view(&b)).p;
    hy_buf_release(&b);
    return kept;
}

/* An absolute URL as written, a relative one resolved; "" for what is no http URL. */
const char *hy_feed_keep_url_(struct hy_feed_parser *p, struct hy_str s, const char *base)
{
    s = hy_str_trim(s);
    if (hy_feed_is_http_(s))
        return keep(p, s, MAX_ID);
    if (has_scheme(s) || s.n == 0 || s.n > MAX_ID)
        return "";
    HY_CLEANUP(hy_freep) char *resolved = hy_url_resolve(hy_str(base), s);
    return resolved ? keep(p, hy_str(resolved), MAX_ID) : "";
}

/* Identifiers stay as they are; those that are relative paths become absolute. */
const char *hy_feed_keep_id_(struct hy_feed_parser *p, struct hy_str s, const char *base,
                             bool is_url)
{
    s = hy_str_trim(s);
    const char *url =
        is_url && hy_str_has(s, HY_STR("/")) && !has_scheme(s) ? hy_feed_keep_url_(p, s, base) : "";
    return url[0] ? url : keep(p, s, MAX_ID);
}

/* Decoded in place of what was collected; nothing when it is no base64 or no UTF-8. */
static void decode_base64(struct hy_buf *text)
{
    unsigned char *bin = hy_xmalloc(text->n + 1);
    size_t n = 0;

    if (sodium_base642bin(bin, text->n + 1, text->p, text->n, " \t\r\n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        !hy_utf8_valid(hy_str_n((char *)bin, n)))
        n = 0;
    hy_buf_clear(text);
    hy_buf_add(text, bin, n);
    free(bin);
}

static void to_one_line(struct hy_buf *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->p[i] == '\n')
            b->p[i] = ' ';
}

static const char *keep_text(struct hy_feed_parser *p, struct field_in_work *w)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (w->mode == BASE64)
        decode_base64(&w->text);
    struct hy_str s = hy_buf_view(&w->text);
    if (w->mode == MAYBE_MARKUP && !hy_text_looks_like_html(s))
        hy_text_defuse(hy_str_trim(s), &out);
    else
        hy_html_text(s, &out);
    if (w->field == TITLE)
        to_one_line(&out);
    struct hy_str view = hy_buf_view(&out);
    if (w->field == TITLE)
        view = hy_utf8_head(view, MAX_TITLE);
    const char *kept = hy_arena_str(p->arena, view).p;
    hy_buf_release(&out);
    return kept;
}

/* -- filling fields ---------------------------------------------------------------------------- */

static bool outranks(struct hy_feed_parser *p, enum field f, int rank)
{
    int *have = &p->rank[p->entry_depth > 0][f];

    if (rank <= *have)
        return false;
    *have = rank;
    return true;
}

void hy_feed_set_link_(struct hy_feed_parser *p, const char *url, int rank)
{
    if (url[0] == '\0' || !outranks(p, LINK, rank))
        return;
    if (p->entry_depth)
        p->entry.url = url;
    else
        p->feed->url = url;
}

static void set_title(struct hy_feed_parser *p, struct field_in_work *w)
{
    const char *text = keep_text(p, w);

    if (text[0] == '\0' || !outranks(p, TITLE, w->rank))
        return;
    if (p->entry_depth)
        p->entry.title = text;
    else
        p->feed->title = text;
}

static void set_id(struct hy_feed_parser *p, struct field_in_work *w, struct hy_str s,
                   const char *base)
{
    if (p->entry_depth == 0 || s.n == 0 || !outranks(p, ID, w->rank))
        return;
    p->entry.id = hy_feed_keep_id_(p, s, base, w->permalink);
    if (w->permalink && hy_feed_is_http_(hy_str(p->entry.id)))
        hy_feed_set_link_(p, p->entry.id, 1);
}

static void set_time(struct hy_feed_parser *p, struct field_in_work *w, struct hy_str s)
{
    struct hy_stamp t = hy_stamp_parse(s, HY_CST, p->china);

    if (!hy_wall_known(t.at) || !outranks(p, w->field, w->rank))
        return;
    if (w->field == PUBLISHED)
        p->entry.published = t;
    else
        p->entry.updated = t;
}

static uint32_t day_bit(struct hy_str name)
{
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};

    for (size_t i = 0; i < HY_COUNT(days); i++)
        if (hy_str_ieq(name, hy_str(days[i])))
            return 1u << i;
    return 0;
}

void hy_feed_finish_field_(struct hy_feed_parser *p)
{
    struct field_in_work *w = &p->work;
    struct hy_str s = hy_str_trim(hy_buf_view(&w->text));
    const char *base = p->base[HY_MIN(p->depth, (size_t)HY_FEED_DEPTH - 1)], *text;
    int64_t minutes;

    switch (w->field) {
    case TITLE:
        set_title(p, w);
        break;
    case LINK:
        hy_feed_set_link_(p, hy_feed_keep_url_(p, s, base), w->rank);
        break;
    case ID:
        set_id(p, w, s, base);
        break;
    case SUMMARY:
    case CONTENT:
        text = keep_text(p, w);
        if (text[0] && outranks(p, w->field, w->rank))
            *(w->field == SUMMARY ? &p->entry.summary : &p->entry.text) = text;
        break;
    case COMMENTS:
        p->entry.comments = hy_feed_keep_url_(p, s, base);
        break;
    case PUBLISHED:
    case UPDATED:
        set_time(p, w, s);
        break;
    case LANGUAGE:
        p->china |= s.n >= 2 && hy_str_ieq(hy_str_sub(s, 0, 2), HY_STR("zh"));
        break;
    case TTL:
        if (hy_str_to_i64(s, &minutes) && minutes > 0 && minutes < 100000)
            p->feed->ttl_ms = minutes * HY_MINUTE_MS;
        break;
    case SKIP_HOUR: /* 24 is midnight too */
        if (hy_str_to_i64(s, &minutes) && minutes >= 0 && minutes <= 24)
            p->feed->skip_hours |= 1u << minutes % 24;
        break;
    case SKIP_DAY:
        p->feed->skip_days |= day_bit(s);
        break;
    case NOTHING:
    case ENTRY:
    case SKIP:
    case FIELD_COUNT:
        break;
    }
    w->depth = 0;
}

/* -- links with attributes ----------------------------------------------------------------------
 */

static bool rel_is(struct hy_str rel, const char *what)
{
    struct hy_str word;

    while (hy_str_cut(&rel, ' ', &word))
        if (hy_str_ieq(word, hy_str(what)))
            return true;
    return false;
}

void hy_feed_link_element_(struct hy_feed_parser *p, const char **atts, const char *base)
{
    struct hy_str rel = hy_str(hy_feed_attr_(atts, "rel")),
                  type = hy_str(hy_feed_attr_(atts, "type"));
    const char *url = hy_feed_keep_url_(p, hy_str(hy_feed_attr_(atts, "href")), base);
    bool page =
        type.n == 0 || hy_str_is(type, "text/html") || hy_str_is(type, "application/xhtml+xml");

    if (rel.n == 0 || rel_is(rel, "alternate"))
        hy_feed_set_link_(p, url, page ? 4 : 2);
    else if (!p->entry_depth && rel_is(rel, "hub"))
        p->feed->hub = url;
    else if (!p->entry_depth && (rel_is(rel, "next") || rel_is(rel, "prev-archive")))
        p->feed->next = url;
}
