/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the parts together: find words, places, bodies and numbers once, then let each score take
 * its contributions.  Every contribution is explained where it is added, so that an explanation
 * cannot differ from the score. */
#include "analyzer/score_parts.h"

#include "core/mem.h"
#include "core/quote.h"

#include <stdlib.h>
#include <string.h>

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
    refs.v = hy_xrealloc(refs.v, (refs.n + 1) * sizeof(*refs.v)); /* thousands of offices do this */
    return refs;
}

static uint32_t from_of(const struct hy_texts *kinds)
{
    uint32_t from = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        if (strcmp(kinds->v[i], "official") == 0)
            from |= FROM_OFFICIAL;
        for (int k = 0; k < HY_SOURCE_KIND_COUNT; k++)
            if (strcmp(kinds->v[i], hy_source_kind_name[k]) == 0)
                from |= 1u << k;
    }
    return from;
}

static uint16_t pack_of(const struct hy_lexicon *l, const char *id)
{
    const struct hy_word_pack *p = id ? hy_lexicon_pack(l, hy_str(id)) : NULL;

    return p ? (uint16_t)(p - (const struct hy_word_pack *)l->packs.v + 1) : 0;
}

static struct compiled_rule compiled_of(const struct hy_lexicon *l, const struct hy_word_rule *r)
{
    struct compiled_rule c = {
        .all = refs_of(l, &r->all),
        .any = refs_of(l, &r->any),
        .none = refs_of(l, &r->none),
        .is_any = hy_xcalloc(l->groups.n + 1, sizeof(bool)),
        .pack = pack_of(l, r->pack),
        .from = from_of(&r->source_kinds),
    };

    for (size_t i = 0; i < c.any.n; i++)
        c.is_any[c.any.v[i]] = true;
    return c;
}

/* A rule is filed under its first group of `all`, or under every one of `any`: without one of them
 * it holds nowhere. */
static const struct group_refs *key_of(const struct compiled_rule *c, size_t *ret_n)
{
    *ret_n = c->all.n ? 1 : c->any.n;
    return c->all.n ? &c->all : &c->any;
}

static struct group_refs *asks_of(const struct hy_lexicon *l, const struct compiled_rule *rules)
{
    struct group_refs *asks = hy_xcalloc(l->groups.n + 1, sizeof(*asks));
    size_t n;

    for (int fill = 0; fill <= 1; fill++) {
        for (size_t g = 0; fill && g < l->groups.n; g++) {
            asks[g].v = hy_xcalloc(asks[g].n + 1, sizeof(*asks[g].v));
            asks[g].n = 0;
        }
        for (size_t i = 0; i < l->rules.n; i++) {
            const struct group_refs *key = key_of(&rules[i], &n);
            for (size_t k = 0; k < n; k++) {
                struct group_refs *a = &asks[key->v[k]];
                if (fill)
                    a->v[a->n] = (uint32_t)i;
                a->n++;
            }
        }
    }
    return asks;
}

/* "environment.air" -> "environment" */
static uint16_t parent_of(const struct hy_lexicon *l, const char *id)
{
    const char *dot = strchr(id, '.');
    HY_CLEANUP(hy_freep) char *parent = hy_str_dup(hy_str_n(id, dot ? (size_t)(dot - id) : 0));

    return dot ? score_topic_number(l, parent) : 0;
}

static void free_lexis(void *lexis)
{
    hy_lexis_free(lexis);
}

/* Offices that share the national rules share the tables made of them. */
static struct hy_lexis *lexis_for(const struct hy_rules *rules, const char *tables)
{
    if (rules->national == NULL || !hy_national_is_shared(rules->national))
        return hy_lexis_new(rules->lexicon, tables);
    void **national = hy_national_keep(rules->national, free_lexis);
    if (*national == NULL)
        *national = hy_lexis_new(hy_national_rules(rules->national)->lexicon, tables);
    return hy_lexis_new_over(*national, rules->lexicon, NULL);
}

struct hy_scorer *hy_scorer_new_in(const struct hy_rules *rules, const char *tables)
{
    const struct hy_lexicon *l = rules->lexicon;
    const struct hy_word_group *groups = l->groups.v;
    const struct hy_word_rule *r = l->rules.v;
    struct hy_scorer *s = hy_xcalloc(1, sizeof(*s));

    s->rules = rules;
    s->lexis = lexis_for(rules, tables);
    s->topic_of = hy_xcalloc(l->groups.n + 1, sizeof(*s->topic_of));
    s->topic_of_rule = hy_xcalloc(l->rules.n + 1, sizeof(*s->topic_of_rule));
    s->compiled = hy_xcalloc(l->rules.n + 1, sizeof(*s->compiled));
    s->parent_of = hy_xcalloc(l->topics.n + 1, sizeof(*s->parent_of));
    for (size_t i = 0; i < l->groups.n; i++)
        s->topic_of[i] = score_topic_number(l, groups[i].topic);
    for (size_t i = 0; i < l->rules.n; i++) {
        s->topic_of_rule[i] = score_topic_number(l, r[i].topic);
        s->compiled[i] = compiled_of(l, &r[i]);
    }
    s->asks = asks_of(l, s->compiled);
    for (size_t i = 0; i < l->topics.n; i++)
        s->parent_of[i] = parent_of(l, ((const struct hy_topic *)l->topics.v)[i].id);
    return s;
}

struct hy_scorer *hy_scorer_new(const struct hy_rules *rules)
{
    return hy_scorer_new_in(rules, NULL);
}

bool hy_scorer_is_shared(const struct hy_scorer *s)
{
    return hy_lexis_is_shared(s->lexis);
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
    for (size_t i = 0; i < s->rules->lexicon->groups.n; i++)
        free(s->asks[i].v);
    free(s->asks);
    free(s->compiled);
    free(s->parent_of);
    free(s->topic_of);
    free(s->topic_of_rule);
    hy_lexis_free(s->lexis);
    free(s);
}

/* -- one item ------------------------------------------------------------------------------- */

/* The day of the item in Chinese time, as packs count days. */
static int64_t day_of(const struct hy_item *item)
{
    hy_wall at = hy_wall_known(item->published) ? item->published : item->fetched;
    struct hy_civil when;

    if (!hy_wall_known(at))
        return HY_DAY_UNKNOWN;
    when = hy_civil_of(at, HY_CST);
    return hy_days_of(when.year, when.month, when.day);
}

/* What does not depend on the office. */
struct hy_reading {
    struct hy_lexis_text words;
    struct hy_doc doc;
    struct hy_facts facts;
    int64_t day;
};

const struct hy_reading *hy_score_read(const struct hy_scorer *s, const struct hy_item *item,
                                       struct hy_arena *arena)
{
    struct hy_reading *r = hy_arena_alloc(arena, sizeof(*r));
    struct hy_str title = hy_str(item->title), text = hy_str(item->text);

    if (item->kind == HY_ITEM_THREAD) /* another floor's words count there */
        text = hy_quote_blank(text, arena);
    r->words = hy_lexis_read(s->lexis, title, text, arena);
    r->doc = hy_doc_of(arena, title, text);
    r->facts = hy_facts_find(arena, &r->doc);
    r->day = day_of(item);
    return r;
}

static void take_reading(struct scoring *g, const struct hy_reading *r)
{
    if (g->item->source && g->s->rules->sources)
        g->source = hy_sources_find(g->s->rules->sources, hy_str(g->item->source));
    g->found = hy_lexis_judge(g->s->lexis, &r->words, r->day, g->arena);
    g->doc = r->doc;
    g->facts = r->facts;
    g->places = hy_places_find(g->arena, g->s->rules->places, &g->doc);
    g->bodies = hy_bodies_find(g->arena, &g->doc, &g->places);
    g->repeats = hy_arena_alloc(g->arena, g->s->rules->lexicon->groups.n + 1);
    g->strongest = hy_arena_alloc(g->arena, g->s->rules->lexicon->groups.n + 1);
    g->topic = hy_arena_alloc(g->arena, (g->s->rules->lexicon->topics.n + 1) * sizeof(*g->topic));
}

struct hy_score *hy_score_reading(const struct hy_scorer *s, const struct hy_reading *r,
                                  const struct hy_item *item, struct hy_arena *arena)
{
    struct hy_score *out = hy_arena_alloc(arena, sizeof(*out));
    struct scoring *g = hy_arena_alloc(arena, sizeof(*g));

    *g = (struct scoring){.s = s, .item = item, .arena = arena, .out = out};
    if (!hy_lexis_reads(s->lexis, &r->words)) /* an office that kept older rules */
        r = hy_score_read(s, item, arena);
    take_reading(g, r);
    score_choose_rules(g);
    score_find_traps(g);
    score_spread_traps(g);
    score_sift_facts(g);
    score_emergency(g);
    score_sums(g);
    score_occurred(g);
    score_conflicts(g);
    score_verdict(g);
    score_matters(g);
    out->hits = g->hits;
    out->n_hits = g->n_hits;
    out->scoring = g;
    return out;
}

struct hy_score *hy_score_item(const struct hy_scorer *s, const struct hy_item *item,
                               struct hy_arena *arena)
{
    return hy_score_reading(s, hy_score_read(s, item, arena), item, arena);
}
