/* SPDX-License-Identifier: Apache-2.0 */
/* A time that was found on a page, noted as a candidate or as refused. */
#include "crawler/page/date_parts.h"

#include "core/utf8.h"

enum { MAX_REFUSED = 12, EXPLAIN_CHARS = 60 };

static int64_t day_of(const struct hy_date_candidate *c)
{
    struct hy_civil day = hy_civil_of(c->at, c->offset_min);

    return hy_days_of(day.year, day.month, day.day);
}

void hy_date_refuse_(struct hy_date_search *s, struct hy_str text, const char *why)
{
    if (s->refused == NULL || json_array_size(s->refused) >= MAX_REFUSED)
        return;
    json_t *o = json_object();
    hy_json_set_str(o, "text", hy_utf8_head(text, EXPLAIN_CHARS));
    hy_json_set_str(o, "why", hy_str(why));
    json_array_append_new(s->refused, o);
}

void hy_date_add_(struct hy_date_search *s, const struct hy_when *w, const char *from, int score,
                  struct hy_str text)
{
    struct hy_date_candidate c = {.when = *w, .score = score, .from = from, .text = text};

    c.offset_min = w->has_offset ? w->offset_min : s->how->offset_min;
    c.at = hy_when_wall(w, s->how->now, s->how->offset_min);
    if (!hy_wall_known(c.at) || s->n == HY_DATE_MAX)
        return;
    if (hy_wall_known(s->how->latest) && c.at.ms > s->how->latest.ms + HY_DAY_MS) {
        hy_date_refuse_(s, text, "晚于抓取时间，不可能是发布时间");
        return;
    }
    c.day = day_of(&c);
    s->c[s->n++] = c;
}
