/* SPDX-License-Identifier: Apache-2.0 */
/* The sums without a story of their own: hardship, rumor, policy, every topic, and how far
 * government is concerned at all. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* What another score's word is worth as a sign that government is concerned at all. */
static const double relevance_share[HY_PURPOSE_COUNT] = {
    [HY_PURPOSE_RELEVANCE] = 1,   [HY_PURPOSE_HARDSHIP] = 0.8, [HY_PURPOSE_POLICY] = 0.7,
    [HY_PURPOSE_EMERGENCY] = 0.4, [HY_PURPOSE_TOPIC] = 0.6,
};
/* And what a rule is worth: a complaint that only its neighbours make one (押金 and 退不了) names
 * nothing public by any single word. */
static const double rule_share[HY_PURPOSE_COUNT] = {
    [HY_PURPOSE_RELEVANCE] = 1,
    [HY_PURPOSE_HARDSHIP] = 0.8,
};
enum { FIRST_BODY = 40, NEXT_BODY = 15, FIRST_PLACE = 6, NEXT_PLACE = 2, MAX_SIGNS = 4 };
#define FOREIGN_RELEVANCE 0.3
#define LEAST_LEFT 0.25 /* a trap leaves at least so much of the relevance */

static void forget_repeats(struct scoring *g)
{
    for (size_t i = 0; i < g->found.n; i++)
        g->repeats[g->found.hits[i].group] = 0;
}

/* 1, 1/2, 1/3, ... */
static double repeated(struct scoring *g, uint32_t group)
{
    uint8_t n = g->repeats[group];

    g->repeats[group] += n < 250;
    return 1.0 / (1 + n);
}

static void add_rules_of(struct scoring *g, enum hy_purpose purpose, bool floor, enum hy_sum to,
                         double share, double *score)
{
    const struct hy_word_rule *r = g->s->rules->lexicon->rules.v;
    const struct hy_hit *at;

    for (size_t k = 0; k < g->n_may_hold; k++) {
        uint32_t i = g->may_hold[k];
        if (r[i].purpose == (int)purpose && r[i].floor == floor && score_rule_holds(g, i, &at))
            score_explain_rule(g, to, &r[i], at, rule_gain(score, &r[i], share));
    }
}

/* Floors last: they ask what everything else came to. */
static void add_rules(struct scoring *g, enum hy_purpose purpose, enum hy_sum to, double share,
                      double *score)
{
    add_rules_of(g, purpose, false, to, share, score);
    add_rules_of(g, purpose, true, to, share, score);
}

static void add_purpose(struct scoring *g, enum hy_purpose purpose, enum hy_sum to, double *score)
{
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if (h->purpose != purpose)
            continue;
        score_explain_hit(g, to, h, gain(score, h->weight * repeated(g, h->group)), NULL);
    }
    add_rules(g, purpose, to, 1, score);
}

/* -- topics --------------------------------------------------------------------------------- */

uint16_t score_topic_number(const struct hy_lexicon *l, const char *id)
{
    const struct hy_topic *t = id ? hy_lexicon_topic(l, hy_str(id)) : NULL;

    return t ? (uint16_t)(t - (const struct hy_topic *)l->topics.v + 1) : 0;
}

/* Topics share one purpose but are many scores. */
static void add_topics(struct scoring *g)
{
    const struct hy_word_rule *r = g->s->rules->lexicon->rules.v;

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        uint16_t topic = g->s->topic_of[h->group];
        if (topic == 0)
            continue;
        double w = h->weight * repeated(g, h->group);
        score_explain_hit(g, HY_SUM_TOPIC, h, gain(&g->topic[topic - 1], w), NULL);
    }
    for (size_t k = 0; k < g->n_may_hold; k++) {
        uint32_t i = g->may_hold[k];
        uint16_t topic = g->s->topic_of_rule[i];
        const struct hy_hit *at;
        if (topic && score_rule_holds(g, i, &at))
            score_explain_rule(g, HY_SUM_TOPIC, &r[i], at, gain(&g->topic[topic - 1], r[i].weight));
    }
}

/* A finer topic ("environment.air") counts for its parent too. */
static void share_with_parents(struct scoring *g)
{
    const struct hy_lexicon *l = g->s->rules->lexicon;
    const struct hy_topic *t = l->topics.v;

    for (size_t i = 0; i < l->topics.n; i++) {
        uint16_t parent = g->s->parent_of[i];
        if (parent == 0 || g->topic[i] <= 0)
            continue;
        score_explain(g, (struct hy_score_hit){.rule = t[i].id,
                                               .purpose = HY_PURPOSE_TOPIC,
                                               .to = HY_SUM_TOPIC,
                                               .topic = t[parent - 1].id,
                                               .weight = gain(&g->topic[parent - 1], g->topic[i])});
    }
}

static int by_score(const void *a, const void *b)
{
    const struct hy_score_topic *x = a, *y = b;

    return x->score != y->score ? (x->score < y->score ? 1 : -1) : strcmp(x->id, y->id);
}

static void list_topics(struct scoring *g)
{
    const struct hy_lexicon *l = g->s->rules->lexicon;
    const struct hy_topic *t = l->topics.v;
    struct hy_score_topic *list = hy_arena_alloc(g->arena, (l->topics.n + 1) * sizeof(*list));

    for (size_t i = 0; i < l->topics.n; i++)
        if (g->topic[i] > 0 && g->topic[i] >= t[i].threshold)
            list[g->out->n_topics++] = (struct hy_score_topic){t[i].id, t[i].name, g->topic[i]};
    if (g->out->n_topics > 1)
        qsort(list, g->out->n_topics, sizeof(*list), by_score);
    g->out->topics = list;
}

/* -- relevance ------------------------------------------------------------------------------ */

static void add_bodies_and_places(struct scoring *g, double *relevance)
{
    size_t own = 0;

    for (size_t i = 0; i < HY_MIN(g->bodies.n, (size_t)MAX_SIGNS); i++)
        score_explain_span(g, HY_SUM_RELEVANCE, "body", &g->bodies.v[i].span,
                           gain(relevance, i == 0 ? FIRST_BODY : NEXT_BODY));
    for (size_t i = 0; i < g->places.n && own < MAX_SIGNS; i++)
        if (g->places.v[i].where == HY_PLACE_MINE)
            score_explain_span(g, HY_SUM_RELEVANCE, "place", &g->places.v[i].span,
                               gain(relevance, own++ == 0 ? FIRST_PLACE : NEXT_PLACE));
}

static void take_share(struct scoring *g, double left, struct hy_score_hit by)
{
    double taken = g->out->relevance * (1 - left);

    if (taken <= 0)
        return;
    g->out->relevance -= taken;
    by.to = HY_SUM_RELEVANCE;
    by.weight = -taken;
    score_explain(g, by);
}

static bool is_out_of_scope(const struct hy_word_group *t, const struct hy_hit *h)
{
    return t->scope == HY_SCOPE_TITLE && h->field != HY_LEXIS_TITLE;
}

/* The strongest trap that keeps an item from waking people takes its share, and so does abroad. */
static void take_off_topic(struct scoring *g)
{
    const struct hy_hit *strongest = NULL;
    double left = 1;

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_word_group *t = scoring_group(g, g->found.hits[i].group);
        if (!scoring_is_trap(g, &g->found.hits[i]) || t->at_most == HY_TOLD_ALERT ||
            t->factor >= left || is_out_of_scope(t, &g->found.hits[i]))
            continue;
        left = t->factor;
        strongest = &g->found.hits[i];
    }
    if (strongest) {
        const char *id = scoring_group(g, strongest->group)->id;
        take_share(g, HY_MAX(left, LEAST_LEFT),
                   (struct hy_score_hit){
                       .rule = id, .purpose = HY_PURPOSE_TRAP, .word = strongest, .why = id});
    }
    if (hy_places_is_foreign(&g->places))
        take_share(
            g, FOREIGN_RELEVANCE,
            (struct hy_score_hit){.rule = "foreign", .purpose = HY_PURPOSE_TRAP, .why = "foreign"});
}

static void add_relevance(struct scoring *g)
{
    double *relevance = &g->out->relevance;

    add_bodies_and_places(g, relevance);
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        double share = relevance_share[h->purpose];
        if (share > 0)
            score_explain_hit(g, HY_SUM_RELEVANCE, h,
                              gain(relevance, h->weight * share * repeated(g, h->group)), NULL);
    }
    for (int p = 0; p < HY_PURPOSE_COUNT; p++)
        if (rule_share[p] > 0)
            add_rules(g, (enum hy_purpose)p, HY_SUM_RELEVANCE, rule_share[p], relevance);
    take_off_topic(g);
}

void score_sums(struct scoring *g)
{
    forget_repeats(g); /* the emergency score has counted its own way */
    add_purpose(g, HY_PURPOSE_HARDSHIP, HY_SUM_HARDSHIP, &g->out->hardship);
    add_purpose(g, HY_PURPOSE_RUMOR, HY_SUM_RUMOR, &g->out->rumor);
    add_purpose(g, HY_PURPOSE_POLICY, HY_SUM_POLICY, &g->out->policy);
    add_topics(g);
    share_with_parents(g);
    list_topics(g);
    forget_repeats(g);
    add_relevance(g);
}
