/* SPDX-License-Identifier: Apache-2.0 */
/* robots.txt as RFC 9309 means it: may this agent fetch this URL?  Pure.
 *
 * Groups are chosen by product token (case-insensitive), else "*"; the longest matching path
 * pattern decides and "allow" wins a tie; '*' and a final '$' are the only special characters.
 * URLs are compared in the form they are sent (percent-encoded, as core/url writes them).  Only the
 * first HY_ROBOTS_MAX bytes count.  Crawl-delay is not in the RFC, but owners who write it mean it.
 *
 * Parsing never fails: what cannot be understood is skipped, as the RFC asks. */
#pragma once
#include "core/mem.h"
#include "core/str.h"

#define HY_ROBOTS_MAX ((size_t)500 * 1024) /* RFC 9309 section 2.5: at least 500 KiB */

struct hy_robots; /* the rules of one site for one agent */

/* Keep what concerns `agent` (a product token such as "huiying"). */
struct hy_robots *hy_robots_parse(struct hy_str text, const char *agent);
void hy_robots_free(struct hy_robots *r); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_robots, hy_robots_free)

/* `url` absolute; its path and query count, its fragment does not.  /robots.txt itself is always
 * allowed. */
bool hy_robots_allows(const struct hy_robots *r, struct hy_str url);
/* What the owner asks between two requests, in milliseconds; 0 when nothing is said. */
int64_t hy_robots_delay_ms(const struct hy_robots *r);
/* Sitemaps named in the file (for every agent); NULL behind the last.  Valid while r lives. */
const char *hy_robots_sitemap(const struct hy_robots *r, size_t i);

/* What an answer to GET /robots.txt means (RFC 9309 section 2.3.1). */
enum hy_robots_access {
    HY_ROBOTS_RULES, /* 2xx: parse the body */
    HY_ROBOTS_FREE,  /* 4xx: there are no rules */
    HY_ROBOTS_WAIT,  /* 5xx, 429, unreachable: assume complete disallow and ask again later */
};
enum hy_robots_access hy_robots_access_of(int status); /* 0: no answer at all */
