/* SPDX-License-Identifier: Apache-2.0 */
/* The vocabulary of feeds: namespaces, prefixes that nobody declares, and one table that says of
 * each element which field it fills and how much it is to be trusted. */
#include "crawler/feed/feed_parts.h"

#include "core/mem.h"

#include <string.h>

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

static const struct hy_feed_row rows[] = {
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
    {NS_CORE, "hour", SKIP_HOUR, 5, IN_FEED},
    {NS_CORE, "day", SKIP_DAY, 5, IN_FEED},
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

static enum ns ns_of_prefix(const struct hy_feed_parser *p, struct hy_str prefix)
{
    for (size_t i = p->n_prefixes; i > 0; i--)
        if (hy_str_eq(p->prefixes[i - 1].prefix, prefix))
            return p->prefixes[i - 1].ns;
    for (size_t i = 0; i < HY_COUNT(usual_prefixes); i++)
        if (hy_str_is(prefix, usual_prefixes[i].prefix))
            return usual_prefixes[i].ns;
    return prefix.n ? NS_OTHER : NS_CORE;
}

struct hy_feed_name hy_feed_name_(const struct hy_feed_parser *p, const char *qname)
{
    struct hy_str q = hy_str(qname);
    size_t colon = hy_str_find_char(q, ':', 0);
    struct hy_feed_name n = {.prefix = hy_str_sub(q, 0, colon == HY_NPOS ? 0 : colon),
                             .local = hy_str_sub(q, colon == HY_NPOS ? 0 : colon + 1, q.n)};

    n.ns = ns_of_prefix(p, n.prefix);
    if (n.ns == NS_OTHER && n.prefix.n == 0) /* an unknown default namespace: some feed's own */
        n.ns = NS_CORE;
    return n;
}

/* Value of an attribute by local name, whatever its prefix; "" if absent. */
const char *hy_feed_attr_(const char **atts, const char *name)
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

void hy_feed_declare_(struct hy_feed_parser *p, const char **atts)
{
    for (size_t i = 0; atts[i] && p->n_prefixes < HY_FEED_PREFIXES; i += 2) {
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

const struct hy_feed_row *hy_feed_row_(const struct hy_feed_parser *p, struct hy_feed_name n)
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

const struct hy_feed_row hy_feed_entry_row_ = {NS_CORE, "item", ENTRY, 0, ANYWHERE};
