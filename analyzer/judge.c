/* SPDX-License-Identifier: Apache-2.0 */
/* Nearly all items concern nobody, so only a hit is built as a value: the scored item is the line
 * that came with two members more. */
#include "analyzer/judge.h"

#include "analyzer/group.h"
#include "analyzer/lookout.h"
#include "analyzer/score.h"
#include "core/item.h"
#include "core/mem.h"
#include "rules/office.h"
#include "rules/rules.h"

#include <stdlib.h>

struct hy_judge {
    const struct hy_rules *rules;
    struct hy_scorer *scorer;
    struct hy_lookouts *lookouts; /* may be NULL */
    struct hy_buf version; /* of the rules, as JSON */
    struct hy_buf score, scored, hit, source;
};

/* Own channels always pass: what they publish may be the response somebody waits for. */
static bool passes(const struct hy_judge *j, const struct hy_item *item, const struct hy_score *s)
{
    const struct hy_office *office = j->rules->office;

    return s->alert != HY_TOLD_NONE ||
           (office && item->url && hy_office_own_channel(office, hy_str(item->url)));
}

static void put_scored(struct hy_judge *j, const struct hy_json_line *line,
                       const struct hy_item *item)
{
    hy_buf_clear(&j->source);
    if (item->source)
        hy_json_put_str(&j->source, hy_str(item->source));
    const struct hy_json_member more[] = { /* by key; source: as the office calls it */
        {.key = HY_STR("rules_version"), .json = hy_buf_view(&j->version)},
        {.key = HY_STR("score"), .json = hy_buf_view(&j->score)},
        {.key = HY_STR("source"), .json = hy_buf_view(&j->source)},
    };

    hy_buf_clear(&j->scored);
    hy_json_line_write(line, more, HY_COUNT(more) - (item->source == NULL), &j->scored);
}

static void put_hit(struct hy_judge *j, struct hy_score *score, json_t *watch, hy_wall now)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (hy_json_parse(hy_buf_view(&j->scored), &o, &err) < 0)
        hy_bug("a scored item is not JSON: %s", err.msg);
    json_object_set_new(o, "score", hy_score_to_json(score, true));
    json_object_set_new(o, "trace", hy_trace_of(o));
    hy_json_set_time(o, "scored", now, HY_CST); /* for the latency ledger */
    if (watch)
        json_object_set(o, "watch", watch);
    hy_json_write(o, &j->hit);
}

static json_t *watched(const struct hy_judge *j, const struct hy_item *item, hy_wall now,
                       struct hy_arena *arena)
{
    return j->lookouts ? hy_lookouts_match(j->lookouts, item, now, arena) : NULL;
}

bool hy_judge_looks_for(const struct hy_judge *j, const struct hy_item *item,
                        struct hy_arena *arena)
{
    if (j->lookouts == NULL || hy_lookouts_count(j->lookouts) == 0) /* nearly always, and cheap */
        return false;
    HY_CLEANUP(hy_json_freep) json_t *watch = watched(j, item, hy_wall_now(), arena);
    return watch != NULL;
}

const struct hy_reading *hy_judge_read(const struct hy_judge *j, const struct hy_item *item,
                                       struct hy_arena *arena)
{
    return hy_score_read(j->scorer, item, arena);
}

struct hy_verdict hy_judge_item(struct hy_judge *j, const struct hy_json_line *line,
                                const struct hy_item *item, const struct hy_reading *reading,
                                struct hy_arena *arena)
{
    hy_mono began = hy_mono_now();
    struct hy_score *score = hy_score_reading(j->scorer, reading, item, arena);

    hy_buf_clear(&j->score);
    hy_score_write(score, false, &j->score);
    put_scored(j, line, item);
    hy_buf_clear(&j->hit);
    hy_wall now = hy_wall_now();
    HY_CLEANUP(hy_json_freep) json_t *watch = watched(j, item, now, arena);
    if (watch || passes(j, item, score))
        put_hit(j, score, watch, now);
    return (struct hy_verdict){
        .scored = hy_buf_view(&j->scored),
        .hit = hy_buf_view(&j->hit),
        .seconds = (double)(hy_mono_now().us - began.us) / 1e6,
    };
}

const struct hy_rules *hy_judge_rules(const struct hy_judge *j)
{
    return j->rules;
}

void hy_judge_look_for(struct hy_judge *j, struct hy_lookouts *l)
{
    hy_lookouts_free(j->lookouts);
    j->lookouts = l;
}

bool hy_judge_is_shared(const struct hy_judge *j)
{
    return hy_scorer_is_shared(j->scorer);
}

struct hy_judge *hy_judge_new(const struct hy_rules *rules, const char *tables)
{
    struct hy_judge *j = hy_xcalloc(1, sizeof(*j));

    j->rules = rules;
    j->scorer = hy_scorer_new_in(rules, tables);
    j->version = j->score = j->scored = j->hit = j->source =
        (struct hy_buf)HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_json_put_str(&j->version, hy_str(rules->version));
    return j;
}

void hy_judge_free(struct hy_judge *j)
{
    if (j == NULL)
        return;
    hy_buf_release(&j->version);
    hy_buf_release(&j->score);
    hy_buf_release(&j->scored);
    hy_buf_release(&j->hit);
    hy_buf_release(&j->source);
    hy_lookouts_free(j->lookouts);
    hy_scorer_free(j->scorer);
    free(j);
}
