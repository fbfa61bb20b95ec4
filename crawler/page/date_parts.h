/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the publish time share: date_marks.c gathers what a page tells machines,
 * date_lines.c what it shows people, date.c believes one of them.  Private to these files. */
#pragma once
#include "crawler/page/date.h"
#include "crawler/page/when.h"

enum {
    HY_DATE_MAX = 200,      /* candidates */
    HY_DATE_VALUE = 80,     /* bytes of an attribute or script value that may be a date */
    HY_DATE_MIN_SCORE = 45, /* what the best day must reach to be believed */
};

/* What raised or lowered a date's worth, as --explain tells it (zh-CN: its readers are people). */
enum hy_date_reason {
    BY_HEADING,
    BEFORE_BODY,
    IN_BODY_HEAD,
    AT_BODY_END,
    IN_BODY,
    BEHIND_BODY,
    ELSEWHERE,
    SAYS_PUBLISHED,
    SAYS_WRITTEN,
    SAYS_ANSWERED,
    CALLED_DATE,
    HAS_TIME,
    IN_TEXT,
    IN_LINKS,
    IN_NOISE,
    IN_COMMENT,
    REASON_COUNT
};
struct hy_date_candidate {
    struct hy_when when;
    hy_wall at;
    int offset_min;
    int score;
    const char *from;
    int64_t day; /* as written */
    struct hy_str text;
    uint64_t shape;    /* of the line it stands in; lines alike are a list */
    struct hy_str key; /* name of the meta tag or script variable, empty for text */
    uint32_t reasons;  /* bits of enum hy_date_reason */
};

struct hy_date_search {
    const struct hy_view *v;
    const struct hy_date_how *how;
    struct hy_when_how read;
    struct hy_date_candidate c[HY_DATE_MAX];
    size_t n;
    bool chinese;
    json_t *refused; /* what looked like a time and is none: for --explain, else NULL */
};

/* One more candidate, unless it lies after the fetch or there are too many. */
void hy_date_add_(struct hy_date_search *s, const struct hy_when *w, const char *from, int score,
                  struct hy_str text);
/* What looked like a time and is none. */
void hy_date_refuse_(struct hy_date_search *s, struct hy_str text, const char *why);

/* JSON-LD, meta tags, time elements, the address, scripts. */
void hy_date_from_marks_(struct hy_date_search *s, const struct hy_meta *m);
/* `title`: node of the heading, 0: none. */
void hy_date_from_lines_(struct hy_date_search *s, const struct hy_body *b, uint32_t title);
