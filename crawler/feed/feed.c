/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of feeds over expat's events.
 *
 * Namespaces are resolved here and not by expat, because feeds use prefixes they never declare.
 * Every element is looked up in one table by (kind of namespace, name); the row says which field it
 * fills and how much it is to be trusted: a value of higher rank replaces one of lower rank. */
#include "crawler/feed/feed.h"

#include "core/arena.h"
#include "core/url.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "crawler/feed/charset.h"
#include "crawler/feed/mend.h"
#include "crawler/page/html_text.h"

#include <ctype.h>
#include <expat.h>
#include <sodium.h>
#include <string.h>

enum { MAX_DEPTH = 256, MAX_PREFIXES = 128, MAX_FIELD = 2 << 20, MAX_ID = 2048, MAX_TITLE = 1000 };

enum ns {
    NS_CORE,
    NS_ATOM,
    NS_DC,
    NS_TERMS,
    NS_CONTENT,
    NS_XHTML,
    NS_RDF,
    NS_NEWS,
    NS_ITUNES,
    NS_XML,
    NS_OTHER
};
static const struct {
    const char *uri; /* prefix of the namespace name, lower case, without http:// */
    enum ns ns;
} namespaces[] = {
    {"www.w3.org/2005/atom", NS_ATOM},
    {"purl.org/atom/", NS_ATOM},
    {"purl.org/echo", NS_ATOM},
    {"purl.org/pie", NS_ATOM},
    {"purl.org/rss/1.0/modules/content", NS_CONTENT},
    {"purl.org/rss/1.0/modules/", NS_OTHER},
    {"purl.org/rss/", NS_CORE},
    {"purl.org/net/rss", NS_CORE},
    {"my.netscape.com/", NS_CORE},
    {"backend.userland.com/rss", NS_CORE},
    {"blogs.law.harvard.edu/tech/rss", NS_CORE},
    {"cyber.law.harvard.edu/rss", NS_CORE},
    {"channel.netscape.com/rdf/simple", NS_CORE},
    {"www.sitemaps.org/schemas/sitemap/", NS_CORE},
    {"www.google.com/schemas/sitemap/0", NS_CORE},
    {"www.google.com/schemas/sitemap-news/", NS_NEWS},
    {"purl.org/dc/elements/", NS_DC},
    {"purl.org/dc/terms", NS_TERMS},
    {"www.w3.org/1999/xhtml", NS_XHTML},
    {"www.w3.org/1999/02/22-rdf-syntax-ns", NS_RDF},
    {"www.itunes.com/dtds/podcast", NS_ITUNES},
    {"www.w3.org/xml/1998/namespace", NS_XML},
};
static const struct { /* what a prefix means when nobody declared it */
    const char *prefix;
    enum ns ns;
} usual_prefixes[] = {
    {"xml", NS_XML},         {"atom", NS_ATOM}, {"dc", NS_DC},       {"dcterms", NS_TERMS},
    {"content", NS_CONTENT}, {"rdf", NS_RDF},   {"xhtml", NS_XHTML}, {"itunes", NS_ITUNES},
    {"news", NS_NEWS},       {"rss", NS_CORE},
};

enum field {
    NOTHING,
    ENTRY, /* begins an entry */
    SKIP,  /* an element of its own: what is inside is not ours */
    TITLE,
    LINK,
    ID,
    SUMMARY,
    CONTENT,
    COMMENTS,
    PUBLISHED,
    UPDATED,
    LANGUAGE,
    TTL,
    FIELD_COUNT
};
enum where { ANYWHERE, IN_ENTRY, IN_FEED };
static const struct row {
    enum ns ns;
    const char *name;
    enum field field;
    int rank;
    enum where where;
} rows[] = {
    {NS_CORE, "item", ENTRY, 0, ANYWHERE},
    {NS_CORE, "entry", ENTRY, 0, ANYWHERE},
    {NS_CORE, "title", TITLE, 5, ANYWHERE},
    {NS_CORE, "link", LINK, 5, ANYWHERE},
    {NS_CORE, "guid", ID, 5, IN_ENTRY},
    {NS_CORE, "id", ID, 5, ANYWHERE},
    {NS_CORE, "description", SUMMARY, 5, IN_ENTRY},
    {NS_CORE, "summary", SUMMARY, 5, IN_ENTRY},
    {NS_CORE, "content", CONTENT, 4, IN_ENTRY},
    {NS_CORE, "fullitem", CONTENT, 4, IN_ENTRY},
    {NS_CORE, "body", CONTENT, 4, IN_ENTRY},
    {NS_CORE, "comments", COMMENTS, 5, IN_ENTRY},
    {NS_CORE, "pubDate", PUBLISHED, 5, IN_ENTRY},
    {NS_CORE, "published", PUBLISHED, 5, IN_ENTRY},
    {NS_CORE, "issued", PUBLISHED, 3, IN_ENTRY},
    {NS_CORE, "created", PUBLISHED, 1, IN_ENTRY},
    {NS_CORE, "updated", UPDATED, 5, IN_ENTRY},
    {NS_CORE, "modified", UPDATED, 4, IN_ENTRY},
    {NS_CORE, "lastmod", UPDATED, 4, IN_ENTRY},
    {NS_CORE, "loc", LINK, 5, IN_ENTRY},
    {NS_CORE, "language", LANGUAGE, 5, IN_FEED},
    {NS_CORE, "ttl", TTL, 5, IN_FEED},
    {NS_CORE, "image", SKIP, 0, ANYWHERE},
    {NS_CORE, "textInput", SKIP, 0, ANYWHERE},
    {NS_CORE, "author", SKIP, 0, ANYWHERE},
    {NS_CORE, "contributor", SKIP, 0, ANYWHERE},
    {NS_CORE, "source", SKIP, 0, ANYWHERE},
    {NS_DC, "title", TITLE, 3, ANYWHERE},
    {NS_DC, "description", SUMMARY, 3, IN_ENTRY},
    {NS_DC, "date", UPDATED, 3, IN_ENTRY},
    {NS_DC, "language", LANGUAGE, 3, IN_FEED},
    {NS_TERMS, "issued", PUBLISHED, 3, IN_ENTRY},
    {NS_TERMS, "created", PUBLISHED, 1, IN_ENTRY},
    {NS_TERMS, "modified", UPDATED, 3, IN_ENTRY},
    {NS_CONTENT, "encoded", CONTENT, 5, IN_ENTRY},
    {NS_XHTML, "body", CONTENT, 4, IN_ENTRY},
    {NS_XHTML, "div", CONTENT, 3, IN_ENTRY},
    {NS_ITUNES, "summary", SUMMARY, 1, IN_ENTRY},
    {NS_NEWS, "title", TITLE, 4, IN_ENTRY},
    {NS_NEWS, "publication_date", PUBLISHED, 5, IN_ENTRY},
};

static const struct {
    const char *root, *format;
    const char *entry; /* what an entry is called where it is not item or entry */
} formats[] = {
    {"rss", "rss", NULL},         {"rdf", "rdf", NULL},
    {"feed", "atom", NULL},       {"channel", "rss", NULL},
    {"urlset", "sitemap", "url"}, {"sitemapindex", "sitemapindex", "sitemap"},
};

enum mode { LITERAL, MARKUP, MAYBE_MARKUP, BASE64 }; /* what character data is */

struct field_in_work {
    enum field field;
    int rank;
    size_t depth; /* of its element; 0: none */
    enum mode mode;
    bool permalink;
    struct hy_buf text;
};

struct parser {
    struct hy_feed *feed;
    struct hy_arena *arena;
    XML_Parser xml;
    size_t depth;                /* of the element that is open */
    const char *base[MAX_DEPTH]; /* URL that is the base inside of it */
    struct {
        struct hy_str prefix;
        enum ns ns;
        size_t depth;
    } prefixes[MAX_PREFIXES];
    size_t n_prefixes;
    size_t skip_depth;  /* inside an element of SKIP; 0: no */
    size_t entry_depth; /* 0: outside */
    const char *entry_name;
    bool atom, china;

    struct field_in_work work;
    struct hy_feed_entry entry;
    int rank[2][FIELD_COUNT]; /* of the values so far: of the feed, of the entry */
    HY_VEC(struct hy_feed_entry) entries;
};

/* -- names ------------------------------------------------------------------------------------- */

static enum ns ns_of_uri(struct hy_str uri)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < HY_COUNT(schemes); i++)
        if (hy_str_starts(uri, hy_str(schemes[i])))
            uri = hy_str_sub(uri, strlen(schemes[i]), uri.n);
    for (size_t i = 0; i < HY_COUNT(namespaces); i++) {
        struct hy_str known = hy_str(namespaces[i].uri);
        if (uri.n >= known.n && hy_str_ieq(hy_str_sub(uri, 0, known.n), known))
            return namespaces[i].ns;
    }
    return uri.n ? NS_OTHER : NS_CORE;
}

struct name {
    enum ns ns;
    struct hy_str prefix, local;
};

static enum ns ns_of_prefix(const struct parser *p, struct hy_str prefix)
{
    for (size_t i = p->n_prefixes; i > 0; i--)
        if (hy_str_eq(p->prefixes[i - 1].prefix, prefix))
            return p->prefixes[i - 1].ns;
    for (size_t i = 0; i < HY_COUNT(usual_prefixes); i++)
        if (hy_str_is(prefix, usual_prefixes[i].prefix))
            return usual_prefixes[i].ns;
    return prefix.n ? NS_OTHER : NS_CORE;
}

static struct name name_of(const struct parser *p, const char *qname)
{
    struct hy_str q = hy_str(qname);
    size_t colon = hy_str_find_char(q, ':', 0);
    struct name n = {.prefix = hy_str_sub(q, 0, colon == HY_NPOS ? 0 : colon),
                     .local = hy_str_sub(q, colon == HY_NPOS ? 0 : colon + 1, q.n)};

    n.ns = ns_of_prefix(p, n.prefix);
    if (n.ns == NS_OTHER && n.prefix.n == 0) /* an unknown default namespace: some feed's own */
        n.ns = NS_CORE;
    return n;
}

/* Value of an attribute by local name, whatever its prefix; "" if absent. */
static const char *attr(const char **atts, const char *name)
{
    for (size_t i = 0; atts[i]; i += 2) {
        const char *colon = strchr(atts[i], ':');
        if (hy_str_ieq(hy_str(atts[i]), hy_str(name)) ||
            (colon && strncmp(atts[i], "xml", 3) != 0 &&
             hy_str_ieq(hy_str(colon + 1), hy_str(name))))
            return atts[i + 1];
    }
    return "";
}

static void declare_prefixes(struct parser *p, const char **atts)
{
    for (size_t i = 0; atts[i] && p->n_prefixes < MAX_PREFIXES; i += 2) {
        struct hy_str name = hy_str(atts[i]), prefix;
        if (hy_str_is(name, "xmlns"))
            prefix = hy_str("");
        else if (hy_str_starts(name, HY_STR("xmlns:")))
            prefix = hy_str_sub(name, 6, name.n);
        else
            continue;
        p->prefixes[p->n_prefixes].prefix = hy_arena_str(p->arena, prefix);
        p->prefixes[p->n_prefixes].ns = ns_of_uri(hy_str(atts[i + 1]));
        p->prefixes[p->n_prefixes++].depth = p->depth;
    }
}

/* -- values ------------------------------------------------------------------------------------ */

static bool has_scheme(struct hy_str s)
{
    size_t n = 0;

    while (n < s.n && (isalnum((unsigned char)s.p[n]) || memchr("+.-", s.p[n], 3)))
        n++;
    return n > 0 && n < s.n && s.p[n] == ':' && isalpha((unsigned char)s.p[0]);
}

static bool is_http(struct hy_str s)
{
    return (s.n > 7 && hy_str_ieq(hy_str_sub(s, 0, 7), HY_STR("http://"))) ||
           (s.n > 8 && hy_str_ieq(hy_str_sub(s, 0, 8), HY_STR("https://")));
}

static const char *keep(struct parser *p, struct hy_str s, size_t max_chars)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_text_defuse(hy_utf8_head(s, max_chars), &b);
    const char *kept = hy_arena_str(p->arena, hy_buf_view(&b)).p;
    hy_buf_release(&b);
    return kept;
}

/* An absolute URL as written, a relative one resolved; "" for what is no http URL. */
static const char *keep_url(struct parser *p, struct hy_str s, const char *base)
{
    s = hy_str_trim(s);
    if (is_http(s))
        return keep(p, s, MAX_ID);
    if (has_scheme(s) || s.n == 0 || s.n > MAX_ID)
        return "";
    HY_CLEANUP(hy_freep) char *resolved = hy_url_resolve(hy_str(base), s);
    return resolved ? keep(p, hy_str(resolved), MAX_ID) : "";
}

/* Identifiers stay as they are; those that are relative paths become absolute. */
static const char *keep_id(struct parser *p, struct hy_str s, const char *base, bool is_url)
{
    s = hy_str_trim(s);
    const char *url =
        is_url && hy_str_has(s, HY_STR("/")) && !has_scheme(s) ? keep_url(p, s, base) : "";
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

static const char *keep_text(struct parser *p, struct field_in_work *w)
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

static bool outranks(struct parser *p, enum field f, int rank)
{
    int *have = &p->rank[p->entry_depth > 0][f];

    if (rank <= *have)
        return false;
    *have = rank;
    return true;
}

static void set_link(struct parser *p, const char *url, int rank)
{
    if (url[0] == '\0' || !outranks(p, LINK, rank))
        return;
    if (p->entry_depth)
        p->entry.url = url;
    else
        p->feed->url = url;
}

static void set_title(struct parser *p, struct field_in_work *w)
{
    const char *text = keep_text(p, w);

    if (text[0] == '\0' || !outranks(p, TITLE, w->rank))
        return;
    if (p->entry_depth)
        p->entry.title = text;
    else
        p->feed->title = text;
}

static void set_id(struct parser *p, struct field_in_work *w, struct hy_str s, const char *base)
{
    if (p->entry_depth == 0 || s.n == 0 || !outranks(p, ID, w->rank))
        return;
    p->entry.id = keep_id(p, s, base, w->permalink);
    if (w->permalink && is_http(hy_str(p->entry.id)))
        set_link(p, p->entry.id, 1);
}

static void set_time(struct parser *p, struct field_in_work *w, struct hy_str s)
{
    struct hy_stamp t = hy_stamp_parse(s, HY_CST, p->china);

    if (!hy_wall_known(t.at) || !outranks(p, w->field, w->rank))
        return;
    if (w->field == PUBLISHED)
        p->entry.published = t;
    else
        p->entry.updated = t;
}

static void finish_field(struct parser *p)
{
    struct field_in_work *w = &p->work;
    struct hy_str s = hy_str_trim(hy_buf_view(&w->text));
    const char *base = p->base[HY_MIN(p->depth, (size_t)MAX_DEPTH - 1)], *text;
    int64_t minutes;

    switch (w->field) {
    case TITLE:
        set_title(p, w);
        break;
    case LINK:
        set_link(p, keep_url(p, s, base), w->rank);
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
        p->entry.comments = keep_url(p, s, base);
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

static void link_element(struct parser *p, const char **atts, const char *base)
{
    struct hy_str rel = hy_str(attr(atts, "rel")), type = hy_str(attr(atts, "type"));
    const char *url = keep_url(p, hy_str(attr(atts, "href")), base);
    bool page =
        type.n == 0 || hy_str_is(type, "text/html") || hy_str_is(type, "application/xhtml+xml");

    if (rel.n == 0 || rel_is(rel, "alternate"))
        set_link(p, url, page ? 4 : 2);
    else if (!p->entry_depth && rel_is(rel, "hub"))
        p->feed->hub = url;
    else if (!p->entry_depth && (rel_is(rel, "next") || rel_is(rel, "prev-archive")))
        p->feed->next = url;
}

/* -- elements ---------------------------------------------------------------------------------- */

/* Inside a text field: child elements go back into markup, so that one routine makes text of it
 * all.  Their attributes do not matter to a text. */
static void child_tag(struct field_in_work *w, const char *qname, bool closing)
{
    if (w->field != TITLE && w->field != SUMMARY && w->field != CONTENT)
        return;
    hy_buf_printf(&w->text, closing ? "</%s>" : "<%s>", qname);
}

static enum mode mode_of(const struct parser *p, const struct row *row, const char **atts)
{
    struct hy_str type = hy_str(attr(atts, "type")), mode = hy_str(attr(atts, "mode"));
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

static void begin_field(struct parser *p, const struct row *row, const char **atts)
{
    struct field_in_work *w = &p->work;
    struct hy_str permalink = hy_str(attr(atts, "isPermaLink"));

    w->field = row->field;
    w->rank = row->rank;
    w->depth = p->depth;
    w->mode = mode_of(p, row, atts);
    w->permalink = permalink.n == 0 || hy_str_ieq(permalink, HY_STR("true"));
    hy_buf_clear(&w->text);
}

static void begin_entry(struct parser *p, const char **atts, const char *base)
{
    const char *about = attr(atts, "about");

    p->entry_depth = p->depth;
    p->entry =
        (struct hy_feed_entry){.published = {.at = HY_WALL_NONE}, .updated = {.at = HY_WALL_NONE}};
    memset(p->rank[1], 0, sizeof(p->rank[1]));
    if (about[0] == '\0')
        return;
    p->entry.id = keep_id(p, hy_str(about), base, true);
    set_link(p, keep_url(p, hy_str(about), base), 1);
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static void finish_entry(struct parser *p)
{
    struct hy_feed_entry *e = &p->entry;

    p->entry_depth = 0;
    e->id = or_empty(e->id);
    e->title = or_empty(e->title);
    e->summary = or_empty(e->summary);
    e->text = e->text ? e->text : e->summary;
    e->comments = or_empty(e->comments);
    e->url = e->url ? e->url : is_http(hy_str(e->id)) ? e->id : "";
    if (e->id[0] == '\0')
        e->id = e->url;
    if (!hy_wall_known(e->published.at))
        e->published = e->updated;
    hy_vec_push(&p->entries, *e);
    if (p->entries.n == HY_FEED_MAX_ENTRIES)
        XML_StopParser(p->xml, XML_FALSE);
}

static const struct row *row_of(const struct parser *p, struct name n)
{
    enum ns ns = n.ns == NS_ATOM ? NS_CORE : n.ns;

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        bool here =
            rows[i].where == ANYWHERE || (rows[i].where == IN_ENTRY) == (p->entry_depth > 0);
        if (rows[i].ns == ns && here && hy_str_ieq(n.local, hy_str(rows[i].name)))
            return &rows[i];
    }
    return NULL;
}

static void begin_root(struct parser *p, struct name n, const char **atts)
{
    for (size_t i = 0; i < HY_COUNT(formats); i++) {
        if (hy_str_ieq(n.local, hy_str(formats[i].root))) {
            p->feed->format = formats[i].format;
            p->entry_name = formats[i].entry;
            p->atom = strcmp(formats[i].format, "atom") == 0;
        }
    }
    struct hy_str lang = hy_str(attr(atts, "xml:lang"));
    p->china |= lang.n >= 2 && hy_str_ieq(hy_str_sub(lang, 0, 2), HY_STR("zh"));
}

static void set_base(struct parser *p, const char **atts)
{
    const char *outer = p->base[HY_MIN(p->depth, (size_t)MAX_DEPTH) - 1];
    struct hy_str own = hy_str_trim(hy_str(attr(atts, "xml:base")));

    if (p->depth >= MAX_DEPTH)
        return;
    p->base[p->depth] = outer;
    if (own.n == 0)
        return;
    HY_CLEANUP(hy_freep) char *resolved = hy_url_resolve(hy_str(outer), own);
    if (resolved)
        p->base[p->depth] = hy_arena_str(p->arena, hy_str(resolved)).p;
}

/* An element of the vocabulary, outside of any text field. */
static void begin_element(struct parser *p, struct name n, const char **atts)
{
    const char *base = p->base[HY_MIN(p->depth, (size_t)MAX_DEPTH - 1)];
    bool is_entry = p->entry_name && n.ns != NS_OTHER && hy_str_is(n.local, p->entry_name);
    const struct row *row = is_entry ? &rows[0] : row_of(p, n);

    if (row == NULL)
        return;
    if (row->field == ENTRY) {
        if (p->entry_depth == 0)
            begin_entry(p, atts, base);
    } else if (row->field == SKIP) {
        p->skip_depth = p->depth;
    } else if (row->field == LINK && (attr(atts, "href")[0] || n.ns == NS_ATOM)) {
        link_element(p, atts, base);
    } else {
        begin_field(p, row, atts);
        const char *src = row->field == CONTENT ? attr(atts, "src") : "";
        if (src[0])
            set_link(p, keep_url(p, hy_str(src), base), 1);
    }
}

static void on_start(void *user, const char *qname, const char **atts)
{
    struct parser *p = user;

    if (strcmp(qname, HY_FEED_MENDED) == 0 && p->depth == 0)
        return;
    p->depth++;
    declare_prefixes(p, atts);
    set_base(p, atts);
    struct name n = name_of(p, qname);
    if (p->depth == 1)
        begin_root(p, n, atts);
    if (p->work.depth)
        child_tag(&p->work, qname, false);
    else if (p->skip_depth == 0)
        begin_element(p, n, atts);
}

static void on_end(void *user, const char *qname)
{
    struct parser *p = user;

    if (p->depth == 0)
        return;
    if (p->work.depth == p->depth)
        finish_field(p);
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
    struct parser *p = user;
    struct field_in_work *w = &p->work;
    bool text = w->field == TITLE || w->field == SUMMARY || w->field == CONTENT;

    if (w->depth == 0 || w->text.n > MAX_FIELD)
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

static void reset(struct parser *p, struct hy_str url)
{
    struct hy_feed *f = p->feed;

    f->format = "unknown";
    f->title = f->url = f->hub = f->next = "";
    f->ttl_ms = 0;
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
static bool parse(struct parser *p, struct hy_str xml, struct hy_str url)
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

static int read_document(struct parser *p, struct hy_str utf8, struct hy_str url,
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
    HY_CLEANUP(hy_freep) struct parser *p = hy_xcalloc(1, sizeof(*p));
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
    p->work.text = HY_BUF_INIT(4 * MAX_FIELD);
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
