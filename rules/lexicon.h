/* SPDX-License-Identifier: Apache-2.0 */
/* The words an office listens for: lexicon/ *.yaml (word groups) and topics.yaml (topics, rules
 * over groups, units).  Plain data as written; analyzer/score.c compiles it.
 *
 * A weight is a share of what is still missing to 100: a hit of weight 40 on a score of 50 adds 20.
 * So contributions add up to the score exactly, no list of words can exceed 100, and one word of
 * weight 50 or more says "yes" by itself. */
#pragma once
#include "rules/quantity.h"
#include "rules/season.h"
#include "rules/yaml.h"

struct hy_section;

enum hy_purpose {
    HY_PURPOSE_EMERGENCY, /* names an event: 火灾 */
    HY_PURPOSE_CONTEXT,   /* goes with events, is none: 救援人员 */
    HY_PURPOSE_HARDSHIP,
    HY_PURPOSE_RUMOR,
    HY_PURPOSE_POLICY,
    HY_PURPOSE_RELEVANCE, /* concerns government at all */
    HY_PURPOSE_TOPIC,
    HY_PURPOSE_TRAP,     /* looks like an event and is none; the group's id is the trap */
    HY_PURPOSE_NEGATION, /* cancels what follows in the clause */
    HY_PURPOSE_TURN,     /* ends a negation: 未炒熟致24人中毒 */
    HY_PURPOSE_STOP,     /* longer phrase that hides the words inside it */
    HY_PURPOSE_STANCE,   /* speaks for a disposition class; the group's id is stance.CLASS */
    HY_PURPOSE_HELPER,   /* no weight of its own; rules refer to it */
    HY_PURPOSE_COUNT
};
extern const char *const hy_purpose_name[HY_PURPOSE_COUNT + 1];
/* A stop phrase hides every word inside it; one that is the phrase itself only when it would name an
 * event or a negation: 无证 is no 无, and still a complaint where a group says so. */
static inline bool hy_purpose_is_stopped(int purpose)
{
    return purpose == HY_PURPOSE_EMERGENCY || purpose == HY_PURPOSE_CONTEXT ||
           purpose == HY_PURPOSE_NEGATION || purpose == HY_PURPOSE_TURN;
}

enum hy_event_class {
    HY_CLASS_NONE, /* null */
    HY_CLASS_NATURAL_DISASTER,
    HY_CLASS_ACCIDENT,
    HY_CLASS_PUBLIC_HEALTH,
    HY_CLASS_SOCIAL_SAFETY,
    HY_CLASS_COUNT
};
extern const char *const hy_event_class_name[HY_CLASS_COUNT + 1]; /* [0] is "none" */

/* Who hears of an item: nobody, readers of the daily digest, readers of the list, who is on duty.
 */
enum hy_told { HY_TOLD_NONE, HY_TOLD_DIGEST, HY_TOLD_LIST, HY_TOLD_ALERT, HY_TOLD_COUNT };
extern const char *const hy_told_name[HY_TOLD_COUNT + 1]; /* none digest list alert */

/* How far a trap reaches. */
enum hy_scope { HY_SCOPE_CLAUSE, HY_SCOPE_SENTENCE, HY_SCOPE_TITLE, HY_SCOPE_DOCUMENT };

/* A place that an item must name for a rule. */
enum hy_near_place {
    HY_NEAR_ANYWHERE, /* none need be named */
    HY_NEAR_MINE,
    HY_NEAR_FOREIGN,
    HY_NEAR_NAMED,     /* any */
    HY_NEAR_ELSEWHERE, /* another division of the country */
    HY_NEAR_COUNTY     /* ours, and no coarser than a county: somebody is in charge of it */
};
enum hy_where { HY_WHERE_ANY, HY_WHERE_TITLE, HY_WHERE_TEXT };

struct hy_word {
    char *text;
    double weight; /* < 0: that of the group */
    struct hy_pos pos;
};
struct hy_words {
    struct hy_word *v;
    size_t n, room;
};

struct hy_word_group {
    char *id, *name, *note; /* note: for the people who edit the file */
    int purpose;            /* enum hy_purpose */
    double weight;          /* 0..100, of a hit in the text */
    double title_weight;    /* of a hit in the title; < 0: one and a half times weight */
    int event_class;        /* enum hy_event_class; emergency only */
    char *event_type;       /* earthquake, fire, ...; emergency only */
    char *topic;            /* topic only: id of a topic */
    char *unit;    /* emergency only: id of the unit in charge of such events; may be NULL */
    int scope;     /* trap only: enum hy_scope */
    double factor; /* trap only: what is left of the emergency score */
    int at_most;   /* trap only: enum hy_told, however high the score */
    int at_least;  /* trap only: the same when the words alone would make the list */
    bool yields;   /* trap only: says nothing where the title states that people came to harm */
    char *pack;    /* id of a pack: counts on its days only; NULL: always */
    struct hy_words words;
    bool own; /* of the office's directory, added or in place of a national one */
    struct hy_pos pos, pack_pos;
};

struct hy_topic {
    char *id, *name;  /* "environment.air", 空气污染 */
    char *unit;       /* id of the unit in charge; may be NULL */
    double threshold; /* a topic below it is not reported */
    struct hy_pos pos;
};

/* A condition over groups; when it holds it adds like a word.  "@emergency" stands for all groups
 * of that purpose. */
struct hy_word_rule {
    char *id, *name;
    int purpose;          /* what it adds to */
    struct hy_texts all;  /* each of these groups occurs */
    struct hy_texts any;  /* at least `count` hits of these groups together */
    struct hy_texts none; /* none of these occurs */
    int64_t count;        /* default 1 */
    int64_t near;         /* characters between the words of `all` and `any`; 0: no limit */
    bool same_sentence;
    int where; /* enum hy_where; holds for the place too */
    int64_t deaths, injured, missing, trapped, evacuated; /* at least so many stated; 0: any */
    struct hy_quantity_tests numbers; /* all of them hold */
    int place; /* enum hy_near_place: a place of this kind is named */
    struct hy_texts within;  /* a place in one of these divisions is named */
    struct hy_texts source_kinds; /* kinds of source, "official", or ... */
    struct hy_texts sources;      /* ... ids of sources: the item comes from one of these */
    char *pack;
    double weight;
    bool floor;   /* brings the score up to its weight and adds nothing to more */
    double votes; /* for its event type; < 0: weight */
    int event_class;
    char *event_type, *topic;
    struct hy_pos pos, pack_pos;
};

struct hy_unit {
    char *id, *name;
    struct hy_texts aliases;
    bool own; /* of the office's directory */
    struct hy_pos pos;
};

/* From which scores on somebody is told. */
struct hy_alert_limits {
    double alert, list, digest; /* emergency score */
    double hardship, rumor;     /* a digest from here on */
    double hardship_list;       /* the list, when a place of ours is named */
    double relevance;           /* below it only emergencies are kept */
};

struct hy_lexicon {
    struct hy_rows groups; /* struct hy_word_group */
    struct hy_rows topics; /* struct hy_topic */
    struct hy_rows rules;  /* struct hy_word_rule */
    struct hy_rows units;  /* struct hy_unit */
    struct hy_rows packs;  /* struct hy_word_pack */
    struct hy_alert_limits limits;
};

extern const struct hy_section hy_section_lexicon;
struct hy_rules;
/* References between files, and words and rules that can do nothing (rules/lexicon_check.c). */
void hy_lexicon_check(const struct hy_rules *rules, struct hy_diag *d);
/* "330100" as an office writes it is "3301" in the table of divisions. */
static inline struct hy_str hy_division_stem(const char *code)
{
    struct hy_str s = hy_str(code);

    while (s.n > 2 && s.n <= 6 && hy_str_ends(s, HY_STR("00")))
        s.n -= 2;
    return s;
}
/* A pack whose dates have all passed was forgotten; today as days since 1970-01-01. */
void hy_lexicon_check_packs(const struct hy_rules *rules, int64_t today, struct hy_diag *d);

/* NULL if there is none. */
const struct hy_topic *hy_lexicon_topic(const struct hy_lexicon *l, struct hy_str id);
const struct hy_unit *hy_lexicon_unit(const struct hy_lexicon *l, struct hy_str id);
const struct hy_word_pack *hy_lexicon_pack(const struct hy_lexicon *l, struct hy_str id);
