/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the score: what its files hand each other.  Nobody else includes this. */
#pragma once
#include "analyzer/bodies.h"
#include "analyzer/facts.h"
#include "analyzer/lexis.h"
#include "analyzer/places.h"
#include "analyzer/score.h"
#include "rules/levels.h"
#include "rules/rules.h"
#include "rules/sources.h"

enum { MAX_TRAPS = 16, MAX_UNITS = 6, MAX_TYPES = 32, MAX_CONFLICTS = 8 };

struct group_refs {
    uint32_t *v;
    size_t n;
};

struct hy_scorer {
    const struct hy_rules *rules;
    struct hy_lexis *lexis;
    struct compiled_rule *compiled; /* one per row of lexicon->rules */
    uint16_t *topic_of;             /* per group: index of its topic + 1, 0 without one */
    uint16_t *topic_of_rule;
    uint16_t *parent_of;     /* per topic: index of the coarser one + 1, 0 without one */
    struct group_refs *asks; /* per group: the rules that cannot hold without it or one like it */
};

struct compiled_rule {
    struct group_refs all, any, none;
    bool *is_any;  /* per group */
    uint16_t pack; /* index + 1; 0: holds on any day */
    uint32_t from; /* kinds of source, one bit each; 0: any source */
};
enum { FROM_OFFICIAL = 1u << 30 }; /* an own channel; below it 1 << enum hy_source_kind */

/* What the traps of its sentence and clause leave of a hit. */
struct trap_share {
    double factor;
    const char *trap;
};

/* Everything known about one item while it is being scored; lives in the arena. */
struct scoring {
    const struct hy_scorer *s;
    const struct hy_item *item;
    struct hy_arena *arena;
    struct hy_found found;
    struct hy_doc doc;
    struct hy_facts facts;
    struct hy_place_list places;
    struct hy_body_list bodies;
    const struct hy_source *source; /* NULL: not known */
    struct hy_score *out;
    struct hy_score_hit *hits;
    size_t n_hits, room;
    uint8_t *repeats;        /* per group: how often it has counted already */
    uint8_t *strongest;      /* per group: the heaviest word of an event so far */
    struct trap_share *left; /* per hit */
    uint32_t *may_hold;      /* rules that some found group lets hold, ascending */
    size_t n_may_hold;
    double damping; /* by traps that hold for the whole item */
    double *topic;  /* per topic */
    const char *trap[MAX_TRAPS];
    size_t n_traps;
    int at_most, at_least; /* who is told, by traps */
    bool harm_in_title;    /* it states how many people came to harm */
    double undamped;       /* emergency before traps of the whole item */
    double class_weight[HY_CLASS_COUNT];
    struct type_votes {
        const char *id;
        enum hy_event_class class;
        double votes;
    } type[MAX_TYPES];
    size_t n_types;
    struct hy_score_conflict *conflict;
};

static inline const struct hy_word_group *scoring_group(const struct scoring *g, size_t i)
{
    return (const struct hy_word_group *)g->s->rules->lexicon->groups.v + i;
}

/* A trap that counts in this item: pets and advice are no reason to doubt three dead in a title. */
static inline bool scoring_is_trap(const struct scoring *g, const struct hy_hit *h)
{
    return h->purpose == HY_PURPOSE_TRAP &&
           !(scoring_group(g, h->group)->yields && g->harm_in_title);
}

/* Add w of the missing share; the gain is what it added.  Never more than is missing: the last bit
 * of a product may say so. */
static inline double gain(double *score, double w)
{
    double missing = 100 - *score, added = w * missing / 100;

    added = added < missing ? added : missing;

    *score += added;
    return added;
}

/* What a rule that holds adds: its share of what is missing, or what its floor lacks. */
static inline double rule_gain(double *score, const struct hy_word_rule *r, double share)
{
    double w = r->weight * share;

    if (!r->floor)
        return gain(score, w);
    double added = HY_MAX(w - *score, 0.0);
    *score += added;
    return added;
}

/* score_hits.c */
void score_explain(struct scoring *g, struct hy_score_hit hit);
void score_explain_hit(struct scoring *g, enum hy_sum to, const struct hy_hit *h, double added,
                       const char *why);
/* `at`: a word for which the rule holds. */
void score_explain_rule(struct scoring *g, enum hy_sum to, const struct hy_word_rule *r,
                        const struct hy_hit *at, double added);
/* A place, body or number: code points of the document. */
void score_explain_span(struct scoring *g, enum hy_sum to, const char *rule,
                        const struct hy_span *span, double added);
void score_find_traps(struct scoring *g);
bool score_has_trap(const struct scoring *g, const char *id);
/* Code point in the original at which byte `at` of a field's normal text stands. */
size_t score_code_point(const struct scoring *g, int field, uint32_t at);
/* Traps reach their sentence or clause: one walk over the hits, whatever the text. */
void score_spread_traps(struct scoring *g);
/* What they leave of a hit of g->found. */
double score_factor_at(const struct scoring *g, const struct hy_hit *h, const char **ret_trap);

/* score_sums.c: hardship, rumor, policy, topics, relevance */
void score_sums(struct scoring *g);
uint16_t score_topic_number(const struct hy_lexicon *l, const char *id);

/* score_facts.c */
void score_sift_facts(struct scoring *g);
/* score_event.c: emergency, its class and type */
void score_emergency(struct scoring *g);
/* score_occurred.c: after the emergency */
void score_occurred(struct scoring *g);
/* score_conflicts.c: after the time */
void score_conflicts(struct scoring *g);
/* score_rules.c */
/* Which rules the found groups let hold at all: of hundreds nearly always none. */
void score_choose_rules(struct scoring *g);
/* Where: the first word of `all`, else of `any`, for which it holds. */
bool score_rule_holds(const struct scoring *g, size_t rule, const struct hy_hit **ret_at);
/* score_matter.c */
void score_matters(struct scoring *g);
/* score_verdict.c: level, units, stance, alert */
void score_verdict(struct scoring *g);
