/* SPDX-License-Identifier: Apache-2.0 */
/* The search is greedy: try every single change, keep the best, again.  A change of a group's
 * weight only concerns items in which the group occurs, so only those are judged again; a threshold
 * concerns all.  A number is not tried where what is wrong now is no more than the best change
 * found so far saves, and after the first round only where it would have saved something then. */
#include "analyzer/tune.h"

#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MISSED_COST = 3,
    FALSE_COST = 1,
    MIN_GAIN = 3,
    MIN_SUPPORT = 5,
    MIN_EACH = 8, /* incidents of each verdict, on each part */
    MAX_CHANGES = 8,
    PARTS = 3, /* one of them is held out */
};
static const double factors[] = {0.5, 0.75, 1.25, 1.5};
static const double shifts[] = {-10, -6, -3, 3, 6, 10};

static const struct {
    const char *key, *name;
    size_t offset;
} thresholds[] = {
    {"alert", "叫醒的突发分", offsetof(struct hy_alert_limits, alert)},
    {"list", "列入清单的突发分", offsetof(struct hy_alert_limits, list)},
    {"hardship_list", "列入清单的诉求分", offsetof(struct hy_alert_limits, hardship_list)},
};
static const struct {
    const char *key;
    size_t offset;
} weights[] = {
    {"weight", offsetof(struct hy_word_group, weight)},
    {"title_weight", offsetof(struct hy_word_group, title_weight)},
};

struct sample {
    struct hy_item item;
    enum hy_verdict verdict;
    bool held;
    enum hy_told first, told; /* under the old rules, and now */
    uint8_t *groups;          /* bit set: groups that occur */
};
struct hy_tune {
    struct hy_rules *rules;
    struct hy_scorer *scorer; /* of the rules as they are now */
    struct hy_arena *arena;
    HY_VEC(struct sample) samples;
    HY_VEC(struct hy_tune_change) changes;
    struct hy_map *incidents; /* "<held><verdict><incident>" */
    struct hy_tune_parts parts;
    void (*step)(void *, size_t, size_t);
    void *user;
};

/* What may change in one step: a number, or both weights of a group. */
struct knob {
    double *value;
    double *with; /* the group's title_weight, changed by the same factor; NULL: alone */
    const char *id, *key, *name;
    size_t group; /* SIZE_MAX: a threshold */
    struct hy_pos pos;
    bool idle; /* no change of it saved anything in the first round */
};

struct hy_tune *hy_tune_new(struct hy_rules *rules)
{
    struct hy_tune *t = hy_xcalloc(1, sizeof(*t));

    t->rules = rules;
    t->scorer = hy_scorer_new(rules);
    t->arena = hy_arena_new();
    t->incidents = hy_map_new(NULL);
    return t;
}

void hy_tune_free(struct hy_tune *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->samples.n; i++) {
        hy_item_release(&t->samples.v[i].item);
        free(t->samples.v[i].groups);
    }
    hy_vec_release(&t->samples);
    hy_vec_release(&t->changes);
    hy_map_free(t->incidents);
    hy_scorer_free(t->scorer);
    hy_arena_free(t->arena);
    free(t);
}

/* ---- taking items ---- */

static const struct hy_word_group *group_at(const struct hy_tune *t, size_t i)
{
    return (const struct hy_word_group *)t->rules->lexicon->groups.v + i;
}

static void mark_groups(const struct hy_tune *t, const struct hy_score *score, uint8_t *groups)
{
    for (size_t i = 0; i < t->rules->lexicon->groups.n; i++)
        for (size_t k = 0; k < score->n_hits; k++)
            if (strcmp(score->hits[k].rule, group_at(t, i)->id) == 0) {
                groups[i / 8] |= (uint8_t)(1 << i % 8);
                break;
            }
}

static enum hy_told judge(struct hy_tune *t, struct sample *s, bool mark)
{
    hy_arena_reset(t->arena);
    struct hy_score *score = hy_score_item(t->scorer, &s->item, t->arena);
    enum hy_told told = score->alert;

    if (mark)
        mark_groups(t, score, s->groups);
    return told;
}

/* Items of one incident lie on one side, so that no copy of what was learned is held out. */
static void place(struct hy_tune *t, struct sample *s, struct hy_str incident)
{
    char mark[4] = {0, (char)('0' + s->verdict), ':', 0};

    s->held = hy_hash64(incident) % PARTS == 0;
    mark[0] = s->held ? 'h' : 'l';
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(incident);
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("%s%s", mark, id);
    if (hy_map_get(t->incidents, hy_str(key)) == NULL)
        t->parts.incidents[s->held][s->verdict]++;
    hy_map_set(t->incidents, hy_str(key), t);
}

int hy_tune_item(struct hy_tune *t, const json_t *line, struct hy_err *err)
{
    struct hy_str incident = hy_json_str(json_object_get(line, "label"), "incident");
    struct sample s = {.verdict = hy_verdict_of(line)};

    if (hy_verdict_check(line, err) < 0)
        return err->code;
    if (s.verdict == HY_VERDICT_NONE)
        return HY_OK;
    if (hy_item_from_json(line, &s.item, err) < 0)
        return err->code;
    place(t, &s, incident.n ? incident : hy_json_str(line, "id"));
    s.groups = hy_xcalloc(t->rules->lexicon->groups.n / 8 + 1, 1);
    s.first = s.told = judge(t, &s, true);
    hy_vec_push(&t->samples, s);
    return HY_OK;
}

/* ---- cost ---- */

static int64_t cost_of(enum hy_verdict v, enum hy_told told)
{
    if (v == HY_VERDICT_CONFIRMED)
        return told < HY_TOLD_LIST ? MISSED_COST : 0;
    return told >= HY_TOLD_LIST ? FALSE_COST : 0;
}

static int64_t cost(const struct hy_tune *t, bool held, bool first)
{
    int64_t sum = 0;

    for (size_t i = 0; i < t->samples.n; i++) {
        const struct sample *s = &t->samples.v[i];
        if (s->held == held)
            sum += cost_of(s->verdict, first ? s->first : s->told);
    }
    return sum;
}

static bool concerns(const struct knob *k, const struct sample *s)
{
    return k->group == SIZE_MAX || (s->groups[k->group / 8] >> k->group % 8 & 1);
}

static void recompile(struct hy_tune *t)
{
    hy_scorer_free(t->scorer);
    t->scorer = hy_scorer_new(t->rules);
}

static void turn(const struct knob *k, double value)
{
    if (k->with)
        *k->with = HY_MIN(round(*k->with * value / *k->value), 100.0);
    *k->value = value;
}

/* What the change saves on the items learned from. */
static int64_t saved_by(struct hy_tune *t, const struct knob *k, double value)
{
    double was = *k->value, with = k->with ? *k->with : 0;
    int64_t saved = 0;

    turn(k, value);
    recompile(t);
    for (size_t i = 0; i < t->samples.n; i++) {
        struct sample *s = &t->samples.v[i];
        if (!s->held && concerns(k, s))
            saved += cost_of(s->verdict, s->told) - cost_of(s->verdict, judge(t, s, false));
    }
    *k->value = was;
    if (k->with)
        *k->with = with;
    return saved;
}

static void note_change(struct hy_tune *t, const struct knob *k, const char *key, double from,
                        double to, int64_t saved)
{
    struct hy_tune_change c = {k->id, key, k->name, from, to, 0, saved, k->pos};

    for (size_t i = 0; i < t->samples.n; i++)
        c.support += !t->samples.v[i].held && concerns(k, &t->samples.v[i]);
    hy_vec_push(&t->changes, c);
}

static void settle(struct hy_tune *t, const struct knob *k, double value, int64_t saved)
{
    double was = *k->value, with = k->with ? *k->with : 0;

    turn(k, value);
    recompile(t);
    note_change(t, k, k->key, was, value, saved);
    if (k->with)
        note_change(t, k, weights[1].key, with, *k->with, 0);
    for (size_t i = 0; i < t->samples.n; i++)
        if (concerns(k, &t->samples.v[i]))
            t->samples.v[i].told = judge(t, &t->samples.v[i], false);
}

/* ---- the search ---- */

struct knobs {
    HY_VEC(struct knob) v;
};

static int64_t support_of(const struct hy_tune *t, const struct knob *k)
{
    int64_t n = 0;

    for (size_t i = 0; i < t->samples.n; i++)
        n += !t->samples.v[i].held && concerns(k, &t->samples.v[i]);
    return n;
}

/* Each weight alone, then both: what is too loud often is in both fields. */
static void add_group_knobs(const struct hy_tune *t, struct hy_word_group *g, size_t no,
                            struct knobs *all)
{
    struct knob k = {.id = g->id, .name = g->name, .group = no, .pos = g->pos};

    if (support_of(t, &k) < MIN_SUPPORT)
        return;
    for (size_t w = 0; w < HY_COUNT(weights); w++) {
        k.value = (double *)(void *)((char *)g + weights[w].offset);
        k.key = weights[w].key;
        if (*k.value > 0)
            hy_vec_push(&all->v, k);
    }
    if (g->weight > 0 && g->title_weight > 0) {
        k.value = &g->weight;
        k.key = weights[0].key;
        k.with = &g->title_weight;
        hy_vec_push(&all->v, k);
    }
}

static struct knobs knobs_of(struct hy_tune *t)
{
    struct hy_lexicon *l = t->rules->lexicon;
    struct hy_word_group *g = l->groups.v;
    struct knobs all = {0};

    for (size_t i = 0; i < l->groups.n; i++)
        add_group_knobs(t, &g[i], i, &all);
    for (size_t i = 0; i < HY_COUNT(thresholds); i++) {
        double *value = (double *)(void *)((char *)&l->limits + thresholds[i].offset);
        hy_vec_push(&all.v, (struct knob){.value = value,
                                          .key = thresholds[i].key,
                                          .name = thresholds[i].name,
                                          .group = SIZE_MAX});
    }
    return all;
}

/* What is wrong now among the items the number concerns: more no change of it can save. */
static int64_t at_stake(const struct hy_tune *t, const struct knob *k)
{
    int64_t sum = 0;

    for (size_t i = 0; i < t->samples.n; i++) {
        const struct sample *s = &t->samples.v[i];
        if (!s->held && concerns(k, s))
            sum += cost_of(s->verdict, s->told);
    }
    return sum;
}

static bool is_changed(const struct hy_tune *t, const struct knob *k)
{
    for (size_t i = 0; i < t->changes.n; i++)
        if (t->changes.v[i].id == k->id && (k->id || t->changes.v[i].key == k->key))
            return true;
    return false;
}

static double value_at(const struct knob *k, size_t way)
{
    if (k->group == SIZE_MAX)
        return *k->value + shifts[way];
    return round(*k->value * factors[way]);
}

/* The best change of one number; 0 when none saves anything. */
static int64_t best_of(struct hy_tune *t, const struct knob *k, double *ret_value)
{
    size_t ways = k->group == SIZE_MAX ? HY_COUNT(shifts) : HY_COUNT(factors);
    int64_t best = 0;

    for (size_t way = 0; way < ways; way++) {
        double value = value_at(k, way);
        if (value <= 0 || value > 100 || value == *k->value)
            continue;
        int64_t saved = saved_by(t, k, value);
        if (saved > best) {
            best = saved;
            *ret_value = value;
        }
    }
    return best;
}

/* The one change that saves most; of equals the first, so a group before a threshold, which
 * reaches further than the items it was learned from. */
static int64_t best_change(struct hy_tune *t, struct knobs *all, const struct knob **ret_k,
                           double *ret_value)
{
    int64_t best = 0;

    for (size_t i = 0; i < all->v.n; i++) {
        struct knob *k = &all->v.v[i];
        double value = 0;
        if (k->idle || is_changed(t, k) || at_stake(t, k) <= best)
            continue;
        int64_t saved = best_of(t, k, &value);
        k->idle = saved == 0;
        if (saved > best) {
            best = saved;
            *ret_k = k;
            *ret_value = value;
        }
        if (t->step)
            t->step(t->user, i + 1 + t->changes.n * all->v.n, all->v.n * (MAX_CHANGES + 1));
    }
    return best;
}

static bool has_enough(const struct hy_tune *t)
{
    for (int held = 0; held < 2; held++)
        if (t->parts.incidents[held][HY_VERDICT_CONFIRMED] < MIN_EACH ||
            t->parts.incidents[held][HY_VERDICT_DISMISSED] < MIN_EACH)
            return false;
    return true;
}

static void tally(struct hy_tune *t)
{
    for (size_t i = 0; i < t->samples.n; i++) {
        const struct sample *s = &t->samples.v[i];
        struct hy_tally *part = s->held ? t->parts.held : t->parts.learn;
        hy_tally_add(&part[0], s->verdict, s->first);
        hy_tally_add(&part[1], s->verdict, s->told);
    }
}

enum hy_tune_outcome hy_tune_search(struct hy_tune *t, void (*step)(void *, size_t, size_t),
                                    void *user)
{
    t->step = step;
    t->user = user;
    if (!has_enough(t)) {
        tally(t);
        return HY_TUNE_TOO_FEW;
    }
    struct knobs all = knobs_of(t);
    for (size_t n = 0; n < MAX_CHANGES; n++) {
        const struct knob *k = NULL;
        double value = 0;
        int64_t saved = best_change(t, &all, &k, &value);
        if (saved < MIN_GAIN)
            break;
        settle(t, k, value, saved);
    }
    recompile(t);
    hy_vec_release(&all.v);
    tally(t);
    if (t->changes.n == 0)
        return HY_TUNE_NOTHING;
    return cost(t, true, false) < cost(t, true, true) ? HY_TUNE_PROPOSED : HY_TUNE_NOT_BETTER;
}

const struct hy_tune_change *hy_tune_changes(const struct hy_tune *t, size_t *ret_n)
{
    *ret_n = t->changes.n;
    return t->changes.v;
}

const struct hy_tune_parts *hy_tune_parts(const struct hy_tune *t)
{
    return &t->parts;
}
