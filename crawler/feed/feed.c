/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a feed over expat's events and collects its entries.
 *
 * Namespaces are resolved by us (feed_names.c) and not by expat, because feeds use prefixes they
 * never declare.  Every element is looked up in one table; its row says which field it fills and
 * how much it is to be trusted: a value of higher rank replaces one of lower rank (feed_fields.c).
 */
#include "crawler/feed/feed.h"

#include "core/url.h"
#include "crawler/feed/charset.h"
#include "crawler/feed/feed_parts.h"
#include "crawler/feed/mend.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *root, *format;
    const char *entry; /* what an entry is called where it is not item or entry */
} formats[] = {
    {"rss", "rss", NULL},         {"rdf", "rdf", NULL},
    {"feed", "atom", NULL},       {"channel", "rss", NULL},
    {"urlset", "sitemap", "url"}, {"sitemapindex", "sitemapindex", "sitemap"},
};

/* -- elements ---------------------------------------------------------------------------------- */

/* Inside a text field: child elements go back into markup, so that one routine makes text of it
 * all.  Their attributes do not matter to a text. */
static void child_tag(struct field_in_work *w, const char *qname, bool closing)
{
    if (w->field != TITLE && w->field != SUMMARY && w->field != CONTENT)
        return;
    hy_buf_printf(&w->text, closing ? "</%s>" : "<%s>", qname);
}

static enum mode mode_of(const struct hy_feed_parser *p, const struct hy_feed_row *row,
                         const char **atts)
{
    struct hy_str type = hy_str(hy_feed_attr_(atts, "type")),
                  mode = hy_str(hy_feed_attr_(atts, "mode"));
    bool html = hy_str_is(type, "html") || hy_str_is(type, "text/html");

    if (hy_str_is(mode, "base64"))
        return BASE64;
    if (row->ns == NS_XHTML)
        return LITERAL;
    if (!p->atom)
        return row->field == TITLE ? MAYBE_MARKUP : MARKUP;
    if (html && !hy_str_is(mode, "xml"))
        return MARKUP;
    if (mode.n == 0 && hy_str_has(type, HY_STR("/")) && !hy_str_starts(type, HY_STR("text/")) &&
        !hy_str_ends(type, HY_STR("xml")) && !hy_str_starts(type, HY_STR("multipart/")))
        return BASE64;
    return LITERAL;
}

static void begin_field(struct hy_feed_parser *p, const struct hy_feed_row *row, const char **atts)
{
    struct field_in_work *w = &p->work;
    struct hy_str permalink = hy_str(hy_feed_attr_(atts, "isPermaLink"));

    w->field = row->field;
    w->rank = row->rank;
    w->depth = p->depth;
    w->mode = mode_of(p, row, atts);
    w->permalink = permalink.n == 0 || hy_str_ieq(permalink, HY_STR("true"));
    hy_buf_clear(&w->text);
}

static void begin_entry(struct hy_feed_parser *p, const char **atts, const char *base)
{
    const char *about = hy_feed_attr_(atts, "about");

    p->entry_depth = p->depth;
    p->entry =
        (struct hy_feed_entry){.published = {.at = HY_WALL_NONE}, .updated = {.at = HY_WALL_NONE}};
    memset(p->rank[1], 0, sizeof(p->rank[1]));
    if (about[0] == '\0')
        return;
    p->entry.id = hy_feed_keep_id_(p, hy_str(about), base, true);
    hy_feed_set_link_(p, hy_feed_keep_url_(p, hy_str(about), base), 1);
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static void finish_entry(struct hy_feed_parser *p)
{
    struct hy_feed_entry *e = &p->entry;

    p->entry_depth = 0;
    e->id = or_empty(e->id);
    e->title = or_empty(e->title);
    e->summary = or_empty(e->summary);
    e->text = e->text ? e->text : e->summary;
    e->comments = or_empty(e->comments);
    e->url = e->url ? e->url : hy_feed_is_http_(hy_str(e->id)) ? e->id : "";
    if (e->id[0] == '\0')
        e->id = e->url;
    if (!hy_wall_known(e->published.at))
        e->published = e->updated;
    hy_vec_push(&p->entries, *e);
    if (p->entries.n == HY_FEED_MAX_ENTRIES)
        XML_StopParser(p->xml, XML_FALSE);
}

static void begin_root(struct hy_feed_parser *p, struct hy_feed_name n, const char **atts)
{
    for (size_t i = 0; i < HY_COUNT(formats); i++) {
        if (hy_str_ieq(n.local, hy_str(formats[i].root))) {
            p->feed->format = formats[i].format;
            p->entry_name = formats[i].entry;
            p->atom = strcmp(formats[i].format, "atom") == 0;
        }
    }
    struct hy_str lang = hy_str(hy_feed_attr_(atts, "xml:lang"));
    p->china |= lang.n >= 2 && hy_str_ieq(hy_str_sub(lang, 0, 2), HY_STR("zh"));
}

static void set_base(struct hy_feed_parser *p, const char **atts)
{
    const char *outer = p->base[HY_MIN(p->depth, (size_t)HY_FEED_DEPTH) - 1];
    struct hy_str own = hy_str_trim(hy_str(hy_feed_attr_(atts, "xml:base")));

    if (p->depth >= HY_FEED_DEPTH)
        return;
    p->base[p->depth] = outer;
    if (own.n == 0)
        return;
    HY_CLEANUP(hy_freep) char *resolved = hy_url_resolve(hy_str(outer), own);
    if (resolved)
        p->base[p->depth] = hy_arena_str(p->arena, hy_str(resolved)).p;
}

/* An element of the vocabulary, outside of any text field. */
static void begin_element(struct hy_feed_parser *p, struct hy_feed_name n, const char **atts)
{
    const char *base = p->base[HY_MIN(p->depth, (size_t)HY_FEED_DEPTH - 1)];
    bool is_entry = p->entry_name && n.ns != NS_OTHER && hy_str_is(n.local, p->entry_name);
    const struct hy_feed_row *row = is_entry ? &hy_feed_entry_row_ : hy_feed_row_(p, n);

    if (row == NULL)
        return;
    if (row->field == ENTRY) {
        if (p->entry_depth == 0)
            begin_entry(p, atts, base);
    } else if (row->field == SKIP) {
        p->skip_depth = p->depth;
    } else if (row->field == LINK && (hy_feed_attr_(atts, "href")[0] || n.ns == NS_ATOM)) {
        hy_feed_link_element_(p, atts, base);
    } else {
        begin_field(p, row, atts);
        const char *src = row->field == CONTENT ? hy_feed_attr_(atts, "src") : "";
        if (src[0])
            hy_feed_set_link_(p, hy_feed_keep_url_(p, hy_str(src), base), 1);
    }
}

static void on_start(void *user, const char *qname, const char **atts)
{
    struct hy_feed_parser *p = user;

    if (strcmp(qname, HY_FEED_MENDED) == 0 && p->depth == 0)
        return;
    p->depth++;
    hy_feed_declare_(p, atts);
    set_base(p, atts);
    struct hy_feed_name n = hy_feed_name_(p, qname);
    if (p->depth == 1)
        begin_root(p, n, atts);
    if (p->work.depth)
        child_tag(&p->work, qname, false);
    else if (p->skip_depth == 0)
        begin_element(p, n, atts);
}

static void on_end(void *user, const char *qname)
{
    struct hy_feed_parser *p = user;

    if (p->depth == 0)
        return;
    if (p->work.depth == p->depth)
        hy_feed_finish_field_(p);
    else if (p->work.depth)
        child_tag(&p->work, qname, true);
    if (p->skip_depth == p->depth)
        p->skip_depth = 0;
    if (p->entry_depth == p->depth)
        finish_entry(p);
    while (p->n_prefixes && p->prefixes[p->n_prefixes - 1].depth == p->depth)
        p->n_prefixes--;
    p->depth--;
}

static void on_text(void *user, const char *s, int n)
{
    struct hy_feed_parser *p = user;
    struct field_in_work *w = &p->work;
    bool text = w->field == TITLE || w->field == SUMMARY || w->field == CONTENT;

    if (w->depth == 0 || w->text.n > HY_FEED_FIELD)
        return;
    if (!text || w->mode != LITERAL) {
        hy_buf_add(&w->text, s, (size_t)n);
        return;
    }
    for (int i = 0; i < n; i++) { /* characters, not markup */
        if (s[i] == '<')
            hy_buf_puts(&w->text, "&lt;");
        else if (s[i] == '&')
            hy_buf_puts(&w->text, "&amp;");
        else
            hy_buf_char(&w->text, s[i]);
    }
}

/* -- runs -------------------------------------------------------------------------------------- */

static void reset(struct hy_feed_parser *p, struct hy_str url)
{
    struct hy_feed *f = p->feed;

    f->format = "unknown";
    f->title = f->url = f->hub = f->next = "";
    f->ttl_ms = 0;
    f->skip_hours = f->skip_days = 0;
    p->entries.n = 0;
    p->depth = p->n_prefixes = p->skip_depth = p->entry_depth = p->work.depth = 0;
    p->entry_name = NULL;
    p->atom = false;
    memset(p->rank, 0, sizeof(p->rank));
    p->base[0] = hy_arena_str(p->arena, url).p;
    struct hy_url u;
    struct hy_err err = HY_ERR_INIT;
    p->china = false;
    if (hy_url_parse(url, NULL, &u, &err) == HY_OK) {
        p->china = hy_str_ends(hy_url_host(&u), HY_STR(".cn"));
        hy_url_release(&u);
    }
}

/* True when the text was well-formed to its end. */
static bool parse(struct hy_feed_parser *p, struct hy_str xml, struct hy_str url)
{
    reset(p, url);
    p->xml = XML_ParserCreate("UTF-8");
    if (p->xml == NULL)
        hy_bug("no memory for an XML parser");
    XML_SetUserData(p->xml, p);
    XML_SetElementHandler(p->xml, on_start, on_end);
    XML_SetCharacterDataHandler(p->xml, on_text);
    enum XML_Status status = XML_Parse(p->xml, xml.p, (int)xml.n, XML_TRUE);
    bool full = p->entries.n == HY_FEED_MAX_ENTRIES;
    XML_ParserFree(p->xml);
    return status == XML_STATUS_OK || full;
}

static int read_document(struct hy_feed_parser *p, struct hy_str utf8, struct hy_str url,
                         struct hy_err *err)
{
    struct hy_buf prepared = HY_BUF_INIT(4 * HY_FEED_MAX_BYTES);
    struct hy_buf mended = HY_BUF_INIT(8 * HY_FEED_MAX_BYTES);
    int rc;

    hy_feed_prepare(utf8, &prepared);
    rc = hy_buf_check(&prepared, "feed with its entities replaced", err);
    if (rc == HY_OK && !parse(p, hy_buf_view(&prepared), url)) {
        p->feed->mended = true;
        hy_feed_mend(hy_buf_view(&prepared), &mended);
        rc = hy_buf_check(&mended, "repaired feed", err);
        if (rc == HY_OK)
            parse(p, hy_buf_view(&mended), url); /* what was read up to an error is kept */
    }
    hy_buf_release(&prepared);
    hy_buf_release(&mended);
    return rc;
}

int hy_feed_parse(struct hy_str bytes, struct hy_str url, struct hy_str content_type,
                  struct hy_feed **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_feed_freep) struct hy_feed *f = hy_xcalloc(1, sizeof(*f));
    HY_CLEANUP(hy_freep) struct hy_feed_parser *p = hy_xcalloc(1, sizeof(*p));
    struct hy_buf utf8 = HY_BUF_INIT(4 * HY_FEED_MAX_BYTES);
    char label[HY_XML_LABEL_SIZE] = "";

    f->arena = hy_arena_new();
    if (bytes.n > HY_FEED_MAX_BYTES)
        return hy_fail(err, HY_E_TOOBIG, "feed of %zu bytes (limit %zu)", bytes.n,
                       HY_FEED_MAX_BYTES);
    hy_xml_decode(bytes, content_type, &utf8, label);
    f->charset = hy_arena_str(f->arena, hy_str(label)).p;
    p->feed = f;
    p->arena = f->arena;
    p->work.text = HY_BUF_INIT(4 * HY_FEED_FIELD);
    int rc = read_document(p, hy_buf_view(&utf8), url, err);
    f->entries = p->entries.v;
    f->n = p->entries.n;
    hy_buf_release(&p->work.text);
    hy_buf_release(&utf8);
    if (rc == HY_OK)
        *ret = HY_TAKE(f);
    return rc;
}

void hy_feed_free(struct hy_feed *f)
{
    if (f == NULL)
        return;
    free(f->entries);
    hy_arena_free(f->arena);
    free(f);
}
