/* SPDX-License-Identifier: Apache-2.0 */
/* office.yaml: who we are, where we are, and which channels are our own, so that what is published
 * there counts as an authoritative release. */
#pragma once
#include "rules/rules.h"

enum hy_office_level {
    HY_OFFICE_COUNTY,
    HY_OFFICE_CITY,
    HY_OFFICE_PROVINCE,
    HY_OFFICE_LEVEL_COUNT
};
extern const char *const hy_office_level_name[]; /* county city province; NULL-terminated */

/* A site or account of the office itself. */
struct hy_channel {
    struct hy_pos pos;
    char *id, *name;
    struct hy_texts urls; /* prefixes: scheme, host and the beginning of the path */
    bool authoritative;   /* a page here counts as 权威信息; default true */
};

/* How long what was found is kept (archive/expire.h). */
struct hy_retention {
    struct hy_pos pos;
    int64_t raw_ms;      /* pages as fetched; default 30 days */
    int64_t text_ms;     /* titles and texts, and being found by a search; default 180 days */
    int64_t record_ms;   /* times, source and scores of an item; default 3 years */
    int64_t evidence_ms; /* all of it for incidents, from their end; 0, the default: it stays */
};

/* An office below us that lets us look on (its own office.yaml says so by `superior`). */
struct hy_subordinate {
    struct hy_pos pos;
    char *id, *name;
};

struct hy_office {
    struct hy_pos pos;
    char *id;                /* a-z 0-9 -, the O of the Redis keys */
    char *name;              /* 清溪市人民政府 */
    int level;               /* enum hy_office_level */
    char *division;          /* six digits, as in places.yaml and the national table */
    int64_t zone_min;        /* minutes east of UTC, default HY_CST */
    char *contact;           /* mail address or URL in the crawler's agent string; never NULL */
    struct hy_rows channels; /* of struct hy_channel */
    char *board_url;         /* of the board, for links in messages; may be NULL */
    char *listen;            /* ADDR:PORT of its board; NULL: what --listen says */
    char *superior;          /* id of the office that may read what is ours; NULL: none */
    struct hy_rows subordinates; /* of struct hy_subordinate */
    struct hy_retention retention;
    struct hy_pos id_pos, division_pos, contact_pos, board_url_pos, superior_pos;
};

extern const struct hy_section hy_section_office;

static inline const struct hy_channel *hy_office_channels(const struct hy_office *o)
{
    return o->channels.v;
}
static inline const struct hy_subordinate *hy_office_subordinates(const struct hy_office *o)
{
    return o->subordinates.v;
}
/* NULL: no office of this id is below us. */
const struct hy_subordinate *hy_office_subordinate(const struct hy_office *o, struct hy_str id);
/* The authoritative channel whose prefix `url` (canonical) begins with, or NULL.  A prefix ends at
 * a path boundary: http://a.cn/news matches /news and /news/1 and not /newspaper. */
const struct hy_channel *hy_office_own_channel(const struct hy_office *o, struct hy_str url);
/* An id that may stand in keys and URLs: a-z 0-9 - , at most 40. */
bool hy_rules_is_id(struct hy_str s);
/* Looks like an absolute http(s) address without spaces. */
bool hy_rules_is_http(struct hy_str url);
/* The crawler's agent string, which names us and whom to complain to; o may be NULL. */
const char *hy_office_agent(const struct hy_office *o, char *buf, size_t size);
