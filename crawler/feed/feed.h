/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds and sitemaps: RSS 0.9x, 1.0 (RDF) and 2.0, Atom 0.3 and 1.0, sitemap and sitemap index,
 * news sitemap.  Pure.  The only file that knows expat.
 *
 * Lenient: bytes are decoded by the charset that HTTP, the XML declaration or the bytes themselves
 * give; HTML's named entities work; what is not well-formed is mended and read again; from hopeless
 * input the entries up to the damage are kept.  Document type declarations are cut out before
 * parsing, so no entity is ever expanded and none is fetched.
 *
 * Texts leave as plain text (paragraphs separated by '\n'): markup is removed, the inside of
 * scripts, styles and embedded objects with it, so nothing active can pass.  Links are absolute
 * (xml:base honoured) and http or https.  Author names are not read. */
#pragma once
#include "crawler/page/stamp.h"
#include "core/err.h"
#include "core/item.h"
#include "core/mem.h"

enum { HY_FEED_MAX_ENTRIES = 50000 }; /* the sitemap protocol's own limit */
#define HY_FEED_MAX_BYTES ((size_t)16 << 20)

struct hy_feed_entry { /* strings are "" when absent, never NULL; owned by the feed */
    const char *id, *url, *title;
    const char *summary;  /* what the feed calls summary or description */
    const char *text;     /* full content; the summary when the feed has no other */
    const char *comments; /* URL of the discussion */
    struct hy_stamp published, updated;
};

struct hy_feed {
    const char *format; /* rss atom rdf sitemap sitemapindex unknown; static */
    const char *title, *url, *charset;
    const char *hub;  /* WebSub hub, "" when none */
    const char *next; /* next page of a paged feed (RFC 5005), "" when none */
    int64_t ttl_ms;   /* how long the publisher says nothing changes; 0: not said */
    uint32_t skip_hours; /* bit 0: midnight UTC; the publisher says that nothing comes then */
    uint32_t skip_days;  /* bit 0: Sunday */
    bool mended;      /* was not well-formed */
    struct hy_feed_entry *entries;
    size_t n;
    struct hy_arena *arena; /* everything above lives here */
};

/* `url`: where the bytes came from ("" if unknown, then relative links are dropped);
 * `content_type`: the HTTP header or "".  Unknown formats give a feed of format "unknown" without
 * entries; HY_E_TOOBIG above HY_FEED_MAX_BYTES is the only error. */
HY_MUST_CHECK int hy_feed_parse(struct hy_str bytes, struct hy_str url, struct hy_str content_type,
                                struct hy_feed **ret, struct hy_err *err);
void hy_feed_free(struct hy_feed *f); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_feed, hy_feed_free)
