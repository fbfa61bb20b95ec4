/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the feed reader share: feed_names.c knows the vocabulary, feed_fields.c makes
 * values of what stands in elements, feed.c follows the document.  Private to these files. */
#pragma once
#include "core/arena.h"
#include "core/vec.h"
#include "crawler/feed/feed.h"

enum { HY_FEED_DEPTH = 256, HY_FEED_PREFIXES = 128, HY_FEED_FIELD = 2 << 20 };

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
    SKIP_HOUR,
    SKIP_DAY,
    FIELD_COUNT
};
enum where { ANYWHERE, IN_ENTRY, IN_FEED };
struct hy_feed_row {
    enum ns ns;
    const char *name;
    enum field field;
    int rank;
    enum where where;
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

struct hy_feed_parser {
    struct hy_feed *feed;
    struct hy_arena *arena;
    struct XML_ParserStruct *xml;
    size_t depth;                    /* of the element that is open */
    const char *base[HY_FEED_DEPTH]; /* URL that is the base inside of it */
    struct {
        struct hy_str prefix;
        enum ns ns;
        size_t depth;
    } prefixes[HY_FEED_PREFIXES];
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

struct hy_feed_name {
    enum ns ns;
    struct hy_str prefix, local;
};

struct hy_feed_name hy_feed_name_(const struct hy_feed_parser *p, const char *qname);
/* Value of an attribute by local name, whatever its prefix; "" if absent. */
const char *hy_feed_attr_(const char **atts, const char *name);
void hy_feed_declare_(struct hy_feed_parser *p, const char **atts);
/* What an element means here; NULL: nothing. */
const struct hy_feed_row *hy_feed_row_(const struct hy_feed_parser *p, struct hy_feed_name n);
extern const struct hy_feed_row hy_feed_entry_row_;

/* An address without a scheme is resolved; NULL or "" for what is none. */
const char *hy_feed_keep_url_(struct hy_feed_parser *p, struct hy_str s, const char *base);
const char *hy_feed_keep_id_(struct hy_feed_parser *p, struct hy_str s, const char *base,
                             bool is_url);
bool hy_feed_is_http_(struct hy_str s);
/* A value of higher rank replaces one of lower rank. */
void hy_feed_set_link_(struct hy_feed_parser *p, const char *url, int rank);
void hy_feed_link_element_(struct hy_feed_parser *p, const char **atts, const char *base);
/* The element of the field in work has ended. */
void hy_feed_finish_field_(struct hy_feed_parser *p);
