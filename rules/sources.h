/* SPDX-License-Identifier: Apache-2.0 */
/* sources.yaml: the pages an office watches.  Everything but id, name, kind and url has a default
 * that is polite and works for most sites. */
#pragma once
#include "rules/rules.h"

enum hy_source_kind {
    HY_SOURCE_LIST,    /* an HTML page with links to articles */
    HY_SOURCE_FEED,    /* RSS or Atom */
    HY_SOURCE_SITEMAP, /* sitemap.xml or an index of them */
    HY_SOURCE_FORUM,   /* an HTML list of threads that come up again with every reply */
    HY_SOURCE_PAGE,    /* one page that changes in place */
    HY_SOURCE_JSON,    /* a JSON answer with a list of entries */
    HY_SOURCE_KIND_COUNT
};
extern const char *const hy_source_kind_name[]; /* list feed ...; NULL-terminated */

/* Only where the automatic way fails.  A selector is a chain of simple steps, outermost first:
 * "div.news ul > li a"; a step is tag, .class, #id or [attr=value] and joins of them.  For kind
 * json the same fields are dotted paths: "data.list", "title", "url".  NULL: automatic. */
struct hy_selectors {
    char *item;  /* one entry of the list */
    char *link;  /* within the entry; default its first link */
    char *title; /* within the entry of a list, or in a page */
    char *date;
    char *body; /* in a page */
};

/* A stretch of every day, in minutes from midnight; it may go over midnight. from == to: none. */
struct hy_hours {
    int from_min, to_min;
};

struct hy_source {
    struct hy_pos pos;
    char *id;   /* a-z 0-9 - */
    char *name; /* as people read it: 清溪论坛 */
    int kind;   /* enum hy_source_kind */
    char *url;
    char *charset;          /* override; NULL: find out */
    int64_t gap_ms;         /* least time between two requests to the host; default 2 s */
    int64_t visit_min_ms;   /* the list is visited at most this often; default 1 min */
    int64_t visit_max_ms;   /* ... and at least this often; default 1 h */
    int64_t quiet_after_ms; /* nothing new for so long is worth a look; 0: learn it; default 0 */
    int64_t credibility;    /* 0-100, default 50 */
    char *region;           /* division code whose news this is; NULL: the office's own */
    struct hy_hours quiet_hours; /* no requests then, in China's time; what is due waits */
    bool allow_private;     /* may resolve to a private or loopback address */
    bool official; /* the office's own channel: what it publishes is matched to incidents */
    bool enabled;  /* default true */
    bool discover; /* feeds and sitemaps the site names are polled too; default true */
    struct hy_selectors selectors;
    struct hy_pos url_pos, charset_pos, region_pos;
};

struct hy_sources {
    struct hy_rows rows; /* of struct hy_source; ids are unique */
};

extern const struct hy_section hy_section_sources;

/* When the quiet hours that `now` lies in end; HY_WALL_NONE: it lies in none. */
hy_wall hy_source_quiet_until(const struct hy_source *s, hy_wall now);

static inline const struct hy_source *hy_sources_at(const struct hy_sources *s, size_t i)
{
    return (const struct hy_source *)s->rows.v + i;
}
/* NULL when there is none of this id. */
const struct hy_source *hy_sources_find(const struct hy_sources *s, struct hy_str id);
