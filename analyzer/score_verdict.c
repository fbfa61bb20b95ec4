/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the scores: level, responsible units, disposition class, and whether somebody
 * is told.  All of it are proposals that people confirm. */
#include "analyzer/score_parts.h"

#include "analyzer/read.h"
#include "core/mem.h"

#include <string.h>

enum { LOWEST_LEVEL = 4, STANCE_SCORE = 50 };

static double least(const struct hy_fact *f)
{
    return f->known ? (double)f->min : -1;
}

/* "6.4级地震", "发生里氏7.8级地震": the largest magnitude in the title, else in the text. */
static double magnitude_of(const struct scoring *g)
{
    double best = -1;

    for (int f = 0; f < HY_FIELD_COUNT && best < 0; f++) {
        const struct hy_chars *c = &g->doc.field[f];
        for (size_t at = 0; at + 1 < c->n; at++) {
            struct hy_amount a;
            if (!hy_read_amount(c, at, &a))
                continue;
            if (a.end < c->n && c->c[a.end] == 0x7EA7 /* 级 */ && a.min < 10 && a.min > best)
                best = a.min;
            at = a.end > at ? a.end - 1 : at;
        }
    }
    return best;
}

static void find_level(struct scoring *g)
{
    const struct hy_fact *f = g->facts.best;
    struct hy_level_facts known = HY_LEVEL_FACTS_NONE;
    struct hy_score *out = g->out;

    if (out->event_class == HY_CLASS_NONE || out->emergency < g->s->rules->lexicon->limits.list)
        return;
    known.deaths = least(&f[HY_DEATHS]);
    known.injured = known.sick = least(&f[HY_INJURED]);
    known.missing = least(&f[HY_MISSING]);
    known.trapped = least(&f[HY_TRAPPED]);
    known.evacuated = least(&f[HY_EVACUATED]);
    known.loss_yuan = least(&f[HY_LOSS_YUAN]);
    if (out->event_class == HY_CLASS_SOCIAL_SAFETY)
        known.gathered = (double)hy_facts_gathered(&g->doc);
    if (out->event_type && strcmp(out->event_type, "earthquake") == 0)
        known.magnitude = magnitude_of(g);
    const struct hy_level_row *row =
        hy_levels_find(g->s->rules->levels, out->event_type, out->event_class, &known);
    out->level = row ? (int)row->level : LOWEST_LEVEL;
    out->level_basis = row ? row->basis : NULL;
}

static void propose_unit(struct scoring *g, struct hy_score_unit *list, const char *id,
                         const char *why)
{
    const struct hy_unit *u = id ? hy_lexicon_unit(g->s->rules->lexicon, hy_str(id)) : NULL;

    if (u == NULL || g->out->n_units == MAX_UNITS)
        return;
    for (size_t i = 0; i < g->out->n_units; i++)
        if (strcmp(list[i].id, u->id) == 0)
            return;
    list[g->out->n_units++] = (struct hy_score_unit){u->id, u->name, why};
}

/* The unit whose name or alias a named body ends with, so that 清溪市教育局 is 教育局. */
static const struct hy_unit *unit_of_body(const struct hy_lexicon *l, struct hy_str name)
{
    const struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->units.n; i++) {
        if (hy_str_ends(name, hy_str(u[i].name)))
            return &u[i];
        for (size_t k = 0; k < u[i].aliases.n; k++)
            if (hy_str_ends(name, hy_str(u[i].aliases.v[k])))
                return &u[i];
    }
    return NULL;
}

static bool is_in_charge(const struct hy_word_group *e, const char *type)
{
    return e->unit && e->event_type && strcmp(e->event_type, type) == 0;
}

/* The unit of the first group that speaks of the item's event type; where only rules say what it
 * is (围墙倒了), of the first group there is. */
static const char *unit_of_event(const struct scoring *g)
{
    const struct hy_rows *groups = &g->s->rules->lexicon->groups;
    const char *type = g->out->event_type;

    for (size_t i = 0; type && i < g->found.n; i++)
        if (is_in_charge(scoring_group(g, g->found.hits[i].group), type))
            return scoring_group(g, g->found.hits[i].group)->unit;
    for (uint32_t i = 0; type && i < groups->n; i++)
        if (is_in_charge(scoring_group(g, i), type))
            return scoring_group(g, i)->unit;
    return NULL;
}

/* 谁主管: by event type first, then by topic, then who is named. */
static void find_units(struct scoring *g)
{
    const struct hy_lexicon *l = g->s->rules->lexicon;
    struct hy_score_unit *list = hy_arena_alloc(g->arena, MAX_UNITS * sizeof(*list));

    g->out->units = list;
    if (g->out->emergency >= l->limits.list)
        propose_unit(g, list, unit_of_event(g), g->out->event_type);
    for (size_t i = 0; i < g->out->n_topics && i < 3; i++) {
        const struct hy_topic *t = hy_lexicon_topic(l, hy_str(g->out->topics[i].id));
        propose_unit(g, list, t->unit, t->id);
    }
    for (size_t i = 0; i < g->bodies.n && i < 8; i++) {
        const struct hy_unit *u = unit_of_body(l, g->bodies.v[i].name);
        if (u)
            propose_unit(g, list, u->id, "named");
    }
}

/* The disposition class whose words weigh most. */
static void find_stance(struct scoring *g)
{
    double best = 0;

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if (h->purpose != HY_PURPOSE_STANCE || h->negated || h->weight <= best)
            continue;
        const char *id = scoring_group(g, h->group)->id;
        best = h->weight;
        g->out->stance = strncmp(id, "stance.", 7) == 0 ? id + 7 : id;
    }
    if (g->out->rumor >= STANCE_SCORE)
        g->out->stance = "false_info";
    else if (g->out->stance == NULL && g->out->hardship >= STANCE_SCORE)
        g->out->stance = "hardship";
}

static bool names_own_place(const struct scoring *g)
{
    for (size_t i = 0; i < g->places.n; i++)
        if (g->places.v[i].where == HY_PLACE_MINE)
            return true;
    return false;
}

/* Relevance gates what is said in passing, never an event of ours: how long the rest of a text is
 * must not decide whether anybody hears of it. */
static enum hy_told told_by_scores(const struct scoring *g, bool far)
{
    const struct hy_alert_limits *limit = &g->s->rules->lexicon->limits;
    const struct hy_score *out = g->out;

    if (out->emergency >= limit->list && !far)
        return out->emergency >= limit->alert ? HY_TOLD_ALERT : HY_TOLD_LIST;
    if (out->emergency >= limit->digest && !far)
        return HY_TOLD_DIGEST;
    if (out->relevance < limit->relevance)
        return HY_TOLD_NONE;
    if (out->hardship >= limit->hardship_list && names_own_place(g))
        return HY_TOLD_LIST;
    return out->emergency >= limit->digest || out->hardship >= limit->hardship ||
                   out->rumor >= limit->rumor
               ? HY_TOLD_DIGEST
               : HY_TOLD_NONE;
}

static void find_alert(struct scoring *g)
{
    bool far = hy_places_is_foreign(&g->places) || hy_places_is_elsewhere(&g->places);
    int told = HY_MIN((int)told_by_scores(g, far), g->at_most);

    if (g->undamped >= g->s->rules->lexicon->limits.list && !far)
        told = HY_MAX(told, g->at_least);
    g->out->alert = (enum hy_told)told;
}

static void list_traps(struct scoring *g)
{
    const char **list = hy_arena_alloc(g->arena, (MAX_TRAPS + 1) * sizeof(*list));

    if (hy_places_is_foreign(&g->places) && !score_has_trap(g, "foreign") && g->n_traps < MAX_TRAPS)
        g->trap[g->n_traps++] = "foreign";
    memcpy(list, g->trap, g->n_traps * sizeof(*list));
    g->out->traps = list;
    g->out->n_traps = g->n_traps;
}

void score_verdict(struct scoring *g)
{
    find_level(g);
    find_units(g);
    find_stance(g);
    find_alert(g);
    list_traps(g);
}
