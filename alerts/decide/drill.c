/* SPDX-License-Identifier: Apache-2.0 */
/* A practice incident.  It runs as a real one does - clocks, ladder, notices marked 演练 - so that
 * people practise what they will do; it is made by hand, no item ever joins it, and exports, reports
 * and statistics leave it out by its `drill`. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"
#include "core/mem.h"

#include <stdio.h>

enum { OPEN_MAX = 3 };

static const struct hy_field fields[] = {
    {"title", "演练的情况", HY_F_TEXT, .required = true},
    {"level", "级别", HY_F_INT, .required = true, .min = 1, .max = 4},
    {"text", "情况说明", HY_F_BODY},
    {NULL},
};

static size_t open_drills(const struct hy_decide *d)
{
    struct hy_walk walk = {.kinds = 1u << HY_DOC_INCIDENT, .open = true, .passing = true};
    const json_t *doc;
    size_t n = 0;

    while ((doc = hy_state_next(d->state, &walk)))
        n += json_is_true(json_object_get(doc, "drill"));
    return n;
}

/* What the analyzer would have said of such a page. */
static json_t *hit_of(const struct hy_work *w, const json_t *given)
{
    json_t *hit = json_object(), *score = json_object();
    HY_CLEANUP(hy_freep)
    char *title = hy_xasprintf("【演练】" HY_STR_FMT, HY_STR_ARG(hy_json_str(given, "title")));

    hy_json_set_str(hit, "title", hy_str(title));
    hy_json_set_time(hit, "published", w->d->now, HY_CST);
    json_object_set_new(hit, "published_precision", json_string("second"));
    hy_json_set_time(hit, "fetched", w->d->now, HY_CST);
    json_object_set(score, "level", json_object_get(given, "level"));
    hy_json_set_int(score, "relevance", 100);
    hy_json_set_int(score, "emergency", 100);
    json_object_set_new(score, "alert", json_string("alert"));
    json_object_set_new(hit, "score", score);
    return hit;
}

int hy_do_drill(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *given = json_object();

    if (hy_fields_read(w, fields, given) < 0)
        return HY_E_STATE;
    if (open_drills(w->d) >= OPEN_MAX)
        return hy_refuse(w, "state", NULL, "已有 %d 场演练没有办结，请先办结", OPEN_MAX);
    HY_CLEANUP(hy_json_freep) json_t *hit = hit_of(w, given);
    json_t *doc = hy_hit_document(w->d, hit);
    json_object_set_new(doc, "drill", json_true());
    json_object_set_new(doc, "drill_by", hy_signed(w));
    if (hy_json_str(given, "text").n)
        hy_json_set_str(doc, "excerpt", hy_json_str(given, "text"));
    hy_state_next_id(w->d->state, 'I', w->d->now, w->opened);
    hy_emit(w->d, HY_ENTRY_OPEN, hy_str(w->opened),
            hy_entry_data(json_incref((json_t *)w->args), doc, NULL));
    hy_clocks_refresh(w->d, hy_str(w->opened), NULL);
    hy_page(w->d, hy_str(w->opened));
    w->incident = hy_str(w->opened);
    hy_hint(w, "演练已开始，值班员会收到带“演练”字样的提醒；演练不进统计和台账，练完请办结");
    return HY_OK;
}
