/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of grouping: what its files hand each other.  Nobody else includes this. */
#pragma once
#include "analyzer/group.h"
#include "analyzer/group_index.h"
#include "analyzer/same.h"
#include "core/map.h"
#include "core/vec.h"

enum {
    FIRST_KEPT = 12, /* members of an incident: its first ... */
    LAST_KEPT = 24,  /* ... and its latest */
    SHINGLE_KEYS = 8,
    TERM_KEYS = 32,      /* a member is found by its most telling terms, compared by all */
    TERM_POSTINGS = 200, /* newest members a term leads to */
    SHINGLE_POSTINGS = 200,
    SERIES_POSTINGS = 4,
    TOP = 48, /* candidates whose similarity is computed exactly */
};

struct incident;
struct member {
    struct hy_trace *t; /* owned */
    char *item;         /* owned */
    struct incident *of;
    uint64_t serial; /* age */
    double norm;     /* of the weighted terms, at `norm_at` items */
    size_t norm_at;
    bool pinned; /* put here by a person */
};
struct notice {
    struct hy_trace *t; /* owned */
    char *item;         /* owned */
    bool refused;
};
struct incident {
    char *id;
    HY_VEC(uint32_t) members; /* slots, oldest first */
    HY_VEC(struct notice) notices;
    HY_VEC(char *) apart; /* ids of incidents that people told from this one; owned */
    hy_wall first, last;  /* publish times of its items */
    size_t items;
    bool real, unreal; /* holds an emergency; holds a drill, story, memory or rule of one */
};
struct hy_group {
    const struct hy_rules *rules;    /* names for explanations; may be NULL */
    HY_VEC(struct member *) members; /* by slot; NULL: free */
    HY_VEC(uint32_t) free_slots;
    struct hy_index shingles, terms, series;
    struct hy_map *incidents; /* id -> struct incident */
    size_t seen;              /* items counted in the df of terms */
    double log_seen;          /* log(seen + 50) */
    size_t bytes, budget;     /* of members */
    size_t live_keys;         /* entries the indexes need; more are stale */
    uint64_t serial;
    HY_VEC(float) dots; /* scratch by slot */
    HY_VEC(uint32_t) touched;
};

/* group_keep.c: what is held */
void group_set_seen(struct hy_group *g, size_t seen);
struct incident *group_incident(struct hy_group *g, const char *id); /* made when there is none */
void group_incident_free(void *incident);
void group_drop(struct hy_group *g, struct incident *x);
/* The first members say what it was about, the latest where it went; what people put here stays. */
void group_keep_member(struct hy_group *g, struct incident *x, uint32_t slot);
void group_add_member(struct hy_group *g, struct incident *x, const char *item_id,
                      const struct hy_trace *t, bool pinned);
void group_unlink(struct hy_group *g, uint32_t slot);
void group_free_member(struct member *m);
void group_note_times(struct incident *x, hy_wall at);

/* group_similar.c: what the words of the stream say */
/* Between 1 (never seen) and about .1 (everywhere). */
double group_idf(const struct hy_group *g, uint32_t hash);
/* The weight above which a term leads to its member, and how many of that very weight do too. */
uint32_t group_telling_weight(const struct hy_trace *t, size_t *ret_ties);
double group_norm(const struct hy_group *g, const struct hy_trace *t);
double group_cosine(const struct hy_group *g, const struct hy_trace *a, double norm_a,
                    struct member *b);
struct member *group_find_reprint(struct hy_group *g, const struct hy_trace *t, double *ret);
struct incident *group_find_series(struct hy_group *g, const struct hy_trace *t);
struct incident *group_find_event(struct hy_group *g, const struct hy_trace *t, double *ret);
