/* SPDX-License-Identifier: Apache-2.0 */
/* What an item is about, how urgent it is, and why.
 *
 * Pure: the same rules and the same item give the same score.  A scorer is compiled once from a
 * rule set (milliseconds) and then only read. */
#pragma once
#include "analyzer/chars.h"
#include "core/arena.h"
#include "core/item.h"
#include "rules/lexicon.h"

struct hy_hit;
struct hy_rules;
struct hy_scorer;
struct scoring;

struct hy_scorer *hy_scorer_new(const struct hy_rules *rules); /* rules must outlive it */
/* The same with the tables of words shared through a directory (analyzer/match.h). */
struct hy_scorer *hy_scorer_new_in(const struct hy_rules *rules, const char *tables);
bool hy_scorer_is_shared(const struct hy_scorer *s);
void hy_scorer_free(struct hy_scorer *s); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_scorer, hy_scorer_free)

/* The sums that contributions add up to; every topic is a sum of its own. */
enum hy_sum {
    HY_SUM_EMERGENCY,
    HY_SUM_HARDSHIP,
    HY_SUM_RUMOR,
    HY_SUM_POLICY,
    HY_SUM_RELEVANCE,
    HY_SUM_TOPIC,
    HY_SUM_COUNT
};
extern const char *const hy_sum_name[HY_SUM_COUNT]; /* emergency, ..., topic */

/* One contribution.  The weights of one sum add up to it exactly. */
struct hy_score_hit {
    const char *rule; /* id of the group or rule; "facts.deaths", "place", "body", "foreign" */
    enum hy_purpose purpose; /* of the word or rule */
    enum hy_sum to;
    const char *topic;         /* which, when `to` is HY_SUM_TOPIC */
    double weight;             /* what it added; negative for a trap; 0 for a negated word */
    const char *why;           /* "negated", the trap that took a share, or NULL */
    const struct hy_hit *word; /* NULL: no word; inside of the score */
    /* From here on known after hy_score_locate(). */
    bool in_title;
    uint32_t start, end; /* code points in the field; 0, 0 for a rule without a place */
    struct hy_str text;  /* the original's words */
};
struct hy_score_topic {
    const char *id, *name;
    double score; /* 0..100 */
};
struct hy_score_unit {
    const char *id, *name, *why;
};

struct hy_score_time {
    bool known, to_the_minute;
    hy_wall at;
    struct hy_span span;
};
/* What title and body say differently; [HY_TITLE] and [HY_TEXT] of each. */
struct hy_score_conflict {
    const char *what; /* name of a fact, "place" or "time" */
    struct hy_span span[HY_FIELD_COUNT];
    int64_t min[HY_FIELD_COUNT], max[HY_FIELD_COUNT]; /* of a fact */
    const char *code[HY_FIELD_COUNT];                 /* of a place */
    hy_wall at[HY_FIELD_COUNT];                       /* of a time */
};

enum { HY_SCORE_MATTERS = 4 };

struct hy_score { /* all pointers into the arena or the rules */
    double relevance, emergency, hardship, rumor, policy; /* 0..100 */
    enum hy_event_class event_class;
    const char *event_type; /* NULL: none */
    int level;              /* 1..4; 0: none */
    const char *level_basis;
    const struct hy_score_topic *topics; /* best first */
    size_t n_topics;
    const struct hy_score_unit *units; /* best first */
    size_t n_units;
    const char *const *traps;
    size_t n_traps;
    const char *const *matters; /* what it is about, finer than topics (lexicon/matters.yaml) */
    size_t n_matters;
    struct hy_score_time occurred; /* when the event happened; known only of what may be one */
    struct hy_score_time said[HY_FIELD_COUNT]; /* the same by title and by text alone */
    const struct hy_score_conflict *conflicts;
    size_t n_conflicts;
    const char *stance; /* proposed disposition class or NULL */
    enum hy_told alert;
    struct hy_score_hit *hits; /* by sum, then in the order they count */
    size_t n_hits;
    const struct scoring *scoring; /* inside of the score: where hits are looked up */
};

/* Valid until the arena is reset. */
struct hy_score *hy_score_item(const struct hy_scorer *s, const struct hy_item *item,
                               struct hy_arena *arena);
/* The same in two steps, for many offices over one set of national rules (hy_rules_load_many): the
 * text is read once, by any of their scorers, and judged by each (one over other national rules, kept
 * because its newer ones are broken, reads it itself).  The item may differ from the one
 * that was read in all but its texts and times: its source is what each office calls it.  The reading
 * lives in the arena. */
struct hy_reading;
const struct hy_reading *hy_score_read(const struct hy_scorer *s, const struct hy_item *item,
                                       struct hy_arena *arena);
struct hy_score *hy_score_reading(const struct hy_scorer *s, const struct hy_reading *r,
                                  const struct hy_item *item, struct hy_arena *arena);
/* Find out where the hits stand in the original; only explanations need to know. */
void hy_score_locate(struct hy_score *s);
/* The score as other programs read it, with the located hits when explain is set: as JSON text in
 * the canonical form, and the same as a value for those who go on with it (new reference). */
void hy_score_write(struct hy_score *s, bool explain, struct hy_buf *out);
json_t *hy_score_to_json(struct hy_score *s, bool explain);
