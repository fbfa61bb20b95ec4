/* SPDX-License-Identifier: Apache-2.0 */
/* Is this an event report, and of what?  News put the event first, so words count less the deeper
 * they stand; the same group counts half as much each time it comes again. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <string.h>

enum { LEAD_BYTES = 160 * 3, NEAR_BYTES = 600 * 3, MAX_REPEATS = 6 };
#define TITLE_FACT 1.6
#define MANY_FACT 2.3 /* of three people or more: 六人烫伤 */
#define MANY 3
#define LATE_FACT 0.3
#define CONTEXT_ALONE 0.35 /* 救援 without any event */

static double depth_factor(const struct hy_hit *h)
{
    if (h->field == HY_LEXIS_TITLE || h->start < LEAD_BYTES)
        return 1;
    return h->start < NEAR_BYTES ? 0.6 : 0.25;
}

/* 1, 1/2, 1/4, ...: a group that comes again says little new, unless with a stronger word than any
 * before: 超载中巴迎面撞上. */
static double repeat_factor(struct scoring *g, const struct hy_hit *h)
{
    uint8_t n = g->repeats[h->group], weight = (uint8_t)h->weight;

    if (n >= MAX_REPEATS)
        return 0;
    g->repeats[h->group]++;
    if (weight <= g->strongest[h->group])
        return 1.0 / (double)(1 << n);
    g->strongest[h->group] = weight;
    return 1;
}

/* Words vote for their type; the type with most votes names the event, and its class with it. */
static void vote(struct scoring *g, int class, const char *type, double weight)
{
    g->class_weight[class] += weight;
    if (type == NULL)
        return;
    for (size_t i = 0; i < g->n_types; i++)
        if (strcmp(g->type[i].id, type) == 0) {
            g->type[i].votes += weight;
            return;
        }
    if (g->n_types < MAX_TYPES)
        g->type[g->n_types++] = (struct type_votes){type, (enum hy_event_class) class, weight};
}

static void add_words(struct scoring *g, int purpose, double share)
{
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        const char *trap = NULL;

        if (h->purpose != purpose)
            continue;
        if (h->negated) {
            score_explain_hit(g, HY_SUM_EMERGENCY, h, 0, "negated");
            continue;
        }
        double left = score_factor_at(g, h, &trap);
        double w = h->weight * share * depth_factor(h) * left * repeat_factor(g, h);
        if (w <= 0)
            continue;
        score_explain_hit(g, HY_SUM_EMERGENCY, h, gain(&g->out->emergency, w), trap);
        const struct hy_word_group *group = scoring_group(g, h->group);
        if (group->event_type || purpose == HY_PURPOSE_EMERGENCY)
            vote(g, group->event_class, group->event_type, w);
    }
}

static void add_rule(struct scoring *g, const struct hy_word_rule *r, const struct hy_hit *at)
{
    /* What is denied is denied however many words say it together: 爆炸致20人死亡系谣言. */
    const char *trap = NULL;
    double left = score_factor_at(g, at, &trap);
    left = trap && strcmp(trap, "denial") == 0 ? left : 1;
    double added = rule_gain(&g->out->emergency, r, left);

    score_explain_rule(g, HY_SUM_EMERGENCY, r, at, added);
    if (added > 0 || !r->floor) /* a floor that everything stands above has no say */
        vote(g, r->event_class, r->event_type, r->votes < 0 ? r->weight : r->votes);
}

/* Floors last: they ask what everything else came to. */
static void add_rules(struct scoring *g, bool floor)
{
    const struct hy_word_rule *r = g->s->rules->lexicon->rules.v;
    const struct hy_hit *at;

    for (size_t k = 0; k < g->n_may_hold; k++) {
        uint32_t i = g->may_hold[k];
        if (r[i].purpose == HY_PURPOSE_EMERGENCY && r[i].floor == floor &&
            score_rule_holds(g, i, &at))
            add_rule(g, &r[i], at);
    }
}

/* What a stated number of people adds. */
static const struct {
    enum hy_fact_kind kind;
    const char *rule;
    double weight;
} fact_rows[] = {
    {HY_DEATHS, "facts.deaths", 30},       {HY_MISSING, "facts.missing", 24},
    {HY_TRAPPED, "facts.trapped", 24},     {HY_INJURED, "facts.injured", 24},
    {HY_EVACUATED, "facts.evacuated", 14}, {HY_LOSS_YUAN, "facts.loss_yuan", 6},
};

static double title_factor(const struct hy_fact *f, const struct hy_mention *m)
{
    bool harmed = m->kind == HY_DEATHS || m->kind == HY_INJURED || m->kind == HY_MISSING;

    return m->span.field != HY_TITLE ? 1 : harmed && f->min >= MANY ? MANY_FACT : TITLE_FACT;
}

/* A title that says how many died, were hurt or are missing tells of an event though it does not
 * name one (幼儿园致6死1伤); in running text such numbers need something they belong to. */
static void add_facts(struct scoring *g, bool named)
{
    for (size_t i = 0; i < HY_COUNT(fact_rows); i++) {
        const struct hy_fact *f = &g->facts.best[fact_rows[i].kind];
        if (!f->known || f->min == 0)
            continue;
        const struct hy_mention *m = &g->facts.mentions[f->from];
        if (!named && (m->span.field != HY_TITLE || fact_rows[i].kind == HY_LOSS_YUAN))
            continue;
        double depth = m->span.field == HY_TITLE || m->span.start < LEAD_BYTES / 3 ? 1 : 0.5;
        double w = fact_rows[i].weight * depth * (m->cumulative ? 0.4 : 1) *
                   (m->late ? LATE_FACT : 1) * title_factor(f, m);
        score_explain_span(g, HY_SUM_EMERGENCY, fact_rows[i].rule, &m->span,
                           gain(&g->out->emergency, w));
    }
}

/* Traps that hold for the whole item take their share of everything. */
static void damp(struct scoring *g)
{
    if (g->damping >= 1 || g->out->emergency <= 0)
        return;
    double taken = g->out->emergency * (1 - g->damping);

    g->out->emergency -= taken;
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        const struct hy_word_group *t = scoring_group(g, h->group);
        if (!scoring_is_trap(g, h) || h->negated || t->factor > g->damping)
            continue;
        score_explain_hit(g, HY_SUM_EMERGENCY, h, -taken, t->id);
        return;
    }
}

static void choose_class(struct scoring *g)
{
    const struct type_votes *best = NULL;
    int class = HY_CLASS_NONE;

    for (size_t i = 0; i < g->n_types; i++)
        if (best == NULL || g->type[i].votes > best->votes)
            best = &g->type[i];
    for (int c = HY_CLASS_NONE + 1; c < HY_CLASS_COUNT; c++)
        if (g->class_weight[c] > 0 &&
            (class == HY_CLASS_NONE || g->class_weight[c] > g->class_weight[class]))
            class = c;
    g->out->event_type = best ? best->id : NULL;
    g->out->event_class = best ? best->class : (enum hy_event_class) class;
}

void score_emergency(struct scoring *g)
{
    add_words(g, HY_PURPOSE_EMERGENCY, 1);
    bool named = g->out->emergency > 0;
    add_facts(g, named);
    add_words(g, HY_PURPOSE_CONTEXT, named ? 1 : CONTEXT_ALONE);
    add_rules(g, false);
    add_rules(g, true);
    g->undamped = g->out->emergency;
    damp(g);
    choose_class(g);
}
