/* SPDX-License-Identifier: Apache-2.0 */
/* Scored item -> trace.  Everything grouping will ever know of a text is decided here, by the
 * analyzer, so that the keeper never reads texts. */
#include "analyzer/trace_parts.h"

#include "analyzer/group.h"
#include "analyzer/notice.h"
#include "analyzer/read.h"
#include "analyzer/trace.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <uchar.h>

enum { SERIES_CHARS = 6 };

/* What stays of the title of a bulletin when its numbers and dates change; 0 when too little does.
 */
static uint32_t series_of(const struct hy_chars *title)
{
    static const char16_t changing[] =
        u"零〇一二两三四五六七八九十百千万亿年月日时分例人名起宗号第至";
    uint64_t key = 11;
    size_t n = 0;

    for (size_t i = 0; i < title->n; i++) {
        bool changes = !hy_is_han(title->c[i]);
        for (size_t k = 0; changing[k] && !changes; k++)
            changes = changing[k] == title->c[i];
        if (changes)
            continue;
        key = (key ^ title->c[i]) * UINT64_C(0x100000001B3);
        n++;
    }
    return n >= SERIES_CHARS && n < title->n ? trace_mix(key) | 1 : 0;
}

/* Only what nobody is woken for: two fires may have one title, and are two. */
static void put_series(json_t *o, const struct hy_doc *doc, const json_t *score)
{
    uint32_t series = series_of(&doc->field[HY_TITLE]);

    if (series && !hy_str_is(hy_json_str(score, "alert"), "alert"))
        hy_json_set_int(o, "k", series);
}

/* What an official notice says of itself; also asked of texts that are none. */
static void put_notice(json_t *o, const struct hy_doc *doc)
{
    int genre = hy_notice_genre(doc);

    if (genre != 0)
        hy_json_set_int(o, "g", genre);
    if (hy_notice_is_follow_up(doc))
        json_object_set_new(o, "f", json_true());
    if (hy_notice_is_reply(doc))
        json_object_set_new(o, "u", json_true());
}

json_t *hy_trace_of(const json_t *scored)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, hy_json_str(scored, "title"), hy_json_str(scored, "text"));
    json_t *o = json_object();
    hy_wall at = hy_json_time(scored, "published");

    trace_put_words(o, arena, &doc);
    if (!hy_wall_known(at))
        at = hy_json_time(scored, "fetched");
    if (hy_wall_known(at))
        hy_json_set_int(o, "t", at.ms);
    put_notice(o, &doc);
    hy_wall event = hy_read_event_time(arena, &doc, at, HY_CST);
    /* Of what an office tells without a day, at least what is long over; citizens tell of the year
     * in which they bought their flat. */
    if (!hy_wall_known(event) && hy_json_int(o, "g", 0) > 0)
        event = hy_read_old_month(&doc, at, HY_CST);
    if (hy_wall_known(event))
        hy_json_set_int(o, "o", event.ms);
    trace_put_score(o, json_object_get(scored, "score"));
    uint32_t mark = trace_mark(&doc, hy_json_str(o, "e"));
    if (mark)
        hy_json_set_int(o, "y", mark);
    put_series(o, &doc, json_object_get(scored, "score"));
    return o;
}
