/* SPDX-License-Identifier: Apache-2.0 */
/* Heat of an incident: every item that joins it warms it, and a jump is told.  The formula is
 * analyzer/heat.h's; the outcome stands in the entry, so replaying needs no formula. */
#include "alerts/decide/parts.h"
#include "core/mem.h"

#include <stdio.h>

enum { TOLD_FROM = 2 }; /* the opinion level from which a rise is told at once */

static const char *const level_label[] = {"", "一级", "二级", "三级", "四级"};

/* When it was published; a day says too little to order items by. */
static hy_wall time_of(const struct hy_decide *d, const json_t *hit)
{
    struct hy_str precision = hy_json_str(hit, "published_precision");
    hy_wall at = hy_json_time(hit, "published");

    if (!hy_str_is(precision, "minute") && !hy_str_is(precision, "second"))
        at = hy_json_time(hit, "fetched");
    return hy_wall_known(at) && at.ms < d->now.ms ? at : d->now;
}

/* Replies that came since the last look at this thread. */
static int64_t new_replies(const json_t *doc, const json_t *hit)
{
    const json_t *row = hy_list_find(json_object_get(doc, "items"), hy_json_str(hit, "id"));
    int64_t now = (int64_t)json_array_size(json_object_get(hit, "replies"));

    return HY_MAX(now - hy_json_int(row, "replies", 0), 0);
}

json_t *hy_heat_after(const struct hy_decide *d, const json_t *doc, const json_t *hit,
                      const struct hy_place_verdict *v)
{
    const json_t *heat = json_object_get(doc, "heat");
    const json_t *row = hy_list_find(json_object_get(doc, "items"), hy_json_str(hit, "id"));
    struct hy_str own = hy_json_str(hit, "id"), source = hy_json_str(hit, "source");
    struct hy_heat_item item = {
        .at = time_of(d, hit),
        .source = source.n ? source : HY_STR("?"),
        .text = v->reprint_of ? hy_str(v->reprint_of) : own,
        .reprint = v->reprint_of != NULL,
        .again = row != NULL,
        .new_replies = new_replies(doc, hit),
    };

    return hy_heat_step(json_is_object(heat) ? heat : NULL, &item, d->sources);
}

void hy_tell_heat(struct hy_decide *d, struct hy_str incident, int64_t before)
{
    const json_t *heat = json_object_get(hy_state_incident(d->state, incident), "heat");
    int64_t level = hy_json_int(heat, "opinion_level", 4);
    const json_t *flood = json_array_get(json_object_get(heat, "floods"), 0);
    char body[400], step[32];

    if (level >= before || level > TOLD_FROM || level < 1)
        return;
    int n = snprintf(
        body, sizeof(body),
        "关注度快速上升：热度 %.0f，共 %lld 条信息、%lld 个来源，建议舆情等级升为%s，请研判",
        hy_json_num(heat, "value", 0), (long long)hy_json_int(heat, "items", 0),
        (long long)hy_json_int(heat, "sources", 0), level_label[level]);
    if (flood && n > 0 && (size_t)n < sizeof(body))
        snprintf(body + n, sizeof(body) - (size_t)n, "（注意：" HY_STR_FMT "）",
                 HY_STR_ARG(hy_json_str(flood, "why")));
    snprintf(step, sizeof(step), "heat-%lld", (long long)level);
    hy_notice(d, incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY,
                                       .urgency = HY_NORMAL,
                                       .body = body,
                                       .due = d->now});
}
