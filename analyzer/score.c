/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the parts together: find words, places, bodies and numbers once, then let each score take
 * its contributions.  Every contribution is explained where it is added, so that an explanation
 * cannot differ from the score. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* What another score's word is worth as a sign that government is concerned at all. */
static const double relevance_share[HY_PURPOSE_COUNT] = {
    [HY_PURPOSE_RELEVANCE] = 1,   [HY_PURPOSE_HARDSHIP] = 0.8, [HY_PURPOSE_POLICY] = 0.7,
    [HY_PURPOSE_EMERGENCY] = 0.4, [HY_PURPOSE_TOPIC] = 0.6,
};
enum { FIRST_BODY = 40, NEXT_BODY = 15, FIRST_PLACE = 6, NEXT_PLACE = 2 };
#define FOREIGN_RELEVANCE 0.3

/* -- compiling ------------------------------------------------------------------------------ */

/* "@emergency" stands for all groups of that purpose. */
static bool names_group(const char *ref, const struct hy_word_group *g)
{
    return ref[0] == '@' ? strcmp(ref + 1, hy_purpose_name[g->purpose]) == 0
                         : strcmp(ref, g->id) == 0;
}

static struct group_refs refs_of(const struct hy_lexicon *l, const struct hy_texts *names)
{
    const struct hy_word_group *g = l->groups.v;
    struct group_refs refs = {
        hy_xcalloc(l->groups.n * (names->n ? names->n : 1) + 1, sizeof(uint32_t)), 0};

    for (size_t i = 0; i < names->n; i++)
        for (size_t k = 0; k < l->groups.n; k++)
            if (names_group(names->v[i], &g[k]))
                refs.v[refs.n++] = (uint32_t)k;
    return refs;
}

static struct compiled_rule compiled_of(const struct hy_lexicon *l, const struct hy_word_rule *r)
{
    struct compiled_rule c = {refs_of(l, &r->all), refs_of(l, &r->any), refs_of(l, &r->none),
                              hy_xcalloc(l->groups.n + 1, sizeof(bool))};

    for (size_t i = 0; i < c.any.n; i++)
        c.is_any[c.any.v[i]] = true;
    return c;
}

/* Index + 1 of a topic; 0 without one. */
static uint8_t topic_number(const struct hy_lexicon *l, const char *id)
{
    const struct hy_topic *t = id ? hy_lexicon_topic(l, hy_str(id)) : NULL;

    if (t == NULL)
        return 0;
    return (uint8_t)HY_MIN(t - (const struct hy_topic *)l->topics.v + 1, (ptrdiff_t)MAX_TOPICS);
}

struct hy_scorer *hy_scorer_new(const struct hy_rules *rules)
{
    const struct hy_lexicon *l = rules->lexicon;
    const struct hy_word_group *groups = l->groups.v;
    const struct hy_word_rule *r = l->rules.v;
    struct hy_scorer *s = hy_xcalloc(1, sizeof(*s));

    s->rules = rules;
    s->lexis = hy_lexis_new(l);
    s->topic_of = hy_xcalloc(l->groups.n + 1, 1);
    s->topic_of_rule = hy_xcalloc(l->rules.n + 1, 1);
    s->compiled = hy_xcalloc(l->rules.n + 1, sizeof(*s->compiled));
    for (size_t i = 0; i < l->groups.n; i++)
        s->topic_of[i] = topic_number(l, groups[i].topic);
    for (size_t i = 0; i < l->rules.n; i++) {
        s->topic_of_rule[i] = topic_number(l, r[i].topic);
        s->compiled[i] = compiled_of(l, &r[i]);
    }
    return s;
}

void hy_scorer_free(struct hy_scorer *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->rules->lexicon->rules.n; i++) {
        free(s->compiled[i].all.v);
        free(s->compiled[i].any.v);
        free(s->compiled[i].none.v);
        free(s->compiled[i].is_any);
    }
    free(s->compiled);
    free(s->topic_of);
    free(s->topic_of_rule);
    hy_lexis_free(s->lexis);
    free(s);
}

/* -- the plain scores ----------------------------------------------------------------------- */

static double repeated(struct scoring *g, uint32_t group)
{
    uint8_t n = g->repeats[group];

    g->repeats[group] += n < 250;
    return 1.0 / (1 + n);
}

static void add_purpose(struct scoring *g, enum hy_purpose purpose, double *score)
{
    const struct hy_word_rule *r = g->s->rules->lexicon->rules.v;

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if (scoring_group(g, h->group)->purpose != (int)purpose)
            continue;
        score_explain_hit(g, h, gain(score, h->weight * repeated(g, h->group)), NULL);
    }
    for (size_t i = 0; i < g->s->rules->lexicon->rules.n; i++) {
        if (r[i].purpose != (int)purpose || !score_rule_holds(g, &r[i], &g->s->compiled[i]))
            continue;
        score_explain(g, (struct hy_score_hit){.rule = r[i].id,
                                               .purpose = purpose,
                                               .weight = gain(score, r[i].weight)});
    }
}

/* Topics share one purpose but are many scores. */
static void add_topics(struct scoring *g)
{
    const struct hy_word_rule *r = g->s->rules->lexicon->rules.v;

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        uint8_t topic = g->s->topic_of[h->group];
        if (topic == 0)
            continue;
        double w = h->weight * repeated(g, h->group);
        score_explain_hit(g, h, gain(&g->topic[topic - 1], w), NULL);
    }
    for (size_t i = 0; i < g->s->rules->lexicon->rules.n; i++) {
        uint8_t topic = g->s->topic_of_rule[i];
        if (topic == 0 || !score_rule_holds(g, &r[i], &g->s->compiled[i]))
            continue;
        score_explain(g, (struct hy_score_hit){.rule = r[i].id,
                                               .purpose = HY_PURPOSE_TOPIC,
                                               .weight = gain(&g->topic[topic - 1], r[i].weight)});
    }
}

static void add_bodies_and_places(struct scoring *g, double *relevance)
{
    size_t own = 0;

    for (size_t i = 0; i < HY_MIN(g->bodies.n, (size_t)4); i++)
        gain(relevance, i == 0 ? FIRST_BODY : NEXT_BODY);
    for (size_t i = 0; i < g->places.n && own < 4; i++)
        if (g->places.v[i].where == HY_PLACE_MINE)
            gain(relevance, own++ == 0 ? FIRST_PLACE : NEXT_PLACE);
}

static void score_relevance(struct scoring *g)
{
    double relevance = 0, off_topic = 1;

    add_bodies_and_places(g, &relevance);
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        const struct hy_word_group *group = scoring_group(g, h->group);
        double share = relevance_share[group->purpose];
        if (share > 0) {
            double added = gain(&relevance, h->weight * share * repeated(g, h->group));
            if (group->purpose == HY_PURPOSE_RELEVANCE)
                score_explain_hit(g, h, added, NULL);
        }
        if (group->purpose == HY_PURPOSE_TRAP && group->at_most < HY_TOLD_ALERT)
            off_topic = HY_MIN(off_topic, HY_MAX(group->factor, 0.25));
    }
    if (hy_places_is_foreign(&g->places))
        off_topic *= FOREIGN_RELEVANCE;
    g->out->relevance = relevance * off_topic;
}

/* -- one item ------------------------------------------------------------------------------- */

static int by_score(const void *a, const void *b)
{
    const struct hy_score_topic *x = a, *y = b;

    return x->score != y->score ? (x->score < y->score ? 1 : -1) : strcmp(x->id, y->id);
}

/* A finer topic ("environment.air") counts for its parent too. */
static void share_with_parents(struct scoring *g)
{
    const struct hy_lexicon *l = g->s->rules->lexicon;
    const struct hy_topic *t = l->topics.v;

    for (size_t i = 0; i < HY_MIN(l->topics.n, (size_t)MAX_TOPICS); i++) {
        const char *dot = strchr(t[i].id, '.');
        if (dot == NULL || g->topic[i] <= 0)
            continue;
        uint8_t parent = 0;
        const struct hy_topic *p = hy_lexicon_topic(l, hy_str_n(t[i].id, (size_t)(dot - t[i].id)));
        if (p)
            parent = topic_number(l, p->id);
        if (parent)
            gain(&g->topic[parent - 1], g->topic[i]);
    }
}

static void list_topics(struct scoring *g)
{
    const struct hy_lexicon *l = g->s->rules->lexicon;
    const struct hy_topic *t = l->topics.v;
    size_t n = HY_MIN(l->topics.n, (size_t)MAX_TOPICS);
    struct hy_score_topic *list = hy_arena_alloc(g->arena, (n + 1) * sizeof(*list));

    share_with_parents(g);
    for (size_t i = 0; i < n; i++)
        if (g->topic[i] > 0 && g->topic[i] >= t[i].threshold)
            list[g->out->n_topics++] = (struct hy_score_topic){t[i].id, t[i].name, g->topic[i]};
    qsort(list, g->out->n_topics, sizeof(*list), by_score);
    g->out->topics = list;
}

static void forget_repeats(struct scoring *g)
{
    memset(g->repeats, 0, g->s->rules->lexicon->groups.n);
}

static void read_item(struct scoring *g)
{
    struct hy_str title = hy_str(g->item->title), text = hy_str(g->item->text);

    g->found = hy_lexis_find(g->s->lexis, title, text, g->arena);
    g->doc = hy_doc_of(g->arena, title, text);
    g->facts = hy_facts_find(g->arena, &g->doc);
    g->places = hy_places_find(g->arena, g->s->rules->places, &g->doc);
    g->bodies = hy_bodies_find(g->arena, &g->doc, &g->places);
    g->repeats = hy_arena_alloc(g->arena, g->s->rules->lexicon->groups.n + 1);
    /* each hit speaks at most for its purpose, for relevance and as a trap */
    g->hits = hy_arena_alloc(
        g->arena, (3 * g->found.n + 2 * g->s->rules->lexicon->rules.n + HY_FACT_COUNT + 8) *
                      sizeof(*g->hits));
}

struct hy_score *hy_score_item(const struct hy_scorer *s, const struct hy_item *item,
                               struct hy_arena *arena)
{
    struct hy_score *out = hy_arena_alloc(arena, sizeof(*out));
    struct scoring g = {.s = s, .item = item, .arena = arena, .out = out};

    read_item(&g);
    score_find_traps(&g);
    score_spread_traps(&g);
    score_sift_facts(&g);
    score_emergency(&g);
    forget_repeats(&g);
    add_purpose(&g, HY_PURPOSE_HARDSHIP, &out->hardship);
    add_purpose(&g, HY_PURPOSE_RUMOR, &out->rumor);
    add_purpose(&g, HY_PURPOSE_POLICY, &out->policy);
    add_topics(&g);
    list_topics(&g);
    forget_repeats(&g);
    score_relevance(&g);
    score_verdict(&g);
    out->hits = g.hits;
    out->n_hits = g.n_hits;
    out->facts = hy_facts_json(&g.facts);
    out->places = hy_places_json(&g.places);
    out->bodies = hy_bodies_json(&g.bodies);
    return out;
}

void hy_score_release(struct hy_score *s)
{
    json_decref(s->facts);
    json_decref(s->places);
    json_decref(s->bodies);
    s->facts = s->places = s->bodies = NULL;
}
