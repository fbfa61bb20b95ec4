/* SPDX-License-Identifier: Apache-2.0 */
/* A trace: what grouping keeps of an item, about 1.3 KB of JSON however long the text was.
 *
 * `shingles` is a bottom-k sketch: the k smallest hashes of the character 5-grams of title and text
 * (signs deleted).  The share of common ones among the k smallest of both estimates the resemblance
 * (Broder 1997); for texts of fewer than k shingles it is exact.  `terms` are the most telling
 * words and character pairs with their weights: the more telling, the rarer the pair is in Chinese
 * (analyzer/rarity.h) and the more often it stands in the text; the title counts more. */
#pragma once
#include "core/clock.h"
#include "core/json.h"
#include "rules/lexicon.h"

enum {
    HY_TRACE_SHINGLES = 128,
    HY_TRACE_TERMS = 96,
    HY_TRACE_PLACES = 6,
    HY_TRACE_NAMES = 4,       /* places finer than a county */
    HY_TRACE_NAME_CHARS = 10, /* of a longer one the end */
    HY_TRACE_MATTERS = 4,
    HY_TRACE_TOPICS = 4,
    HY_TRACE_SPARE_BITS = 4, /* hashes have 30 bits in the JSON and 26 in a term */
    HY_TRACE_NAME_BYTES = HY_TRACE_NAMES * (HY_TRACE_NAME_CHARS * 4 + 1),
};

/* What does not happen now, whatever its words are, and why. */
enum hy_unreal {
    HY_REAL,
    HY_UNREAL_FICTION,
    HY_UNREAL_DRILL,
    HY_UNREAL_NORMATIVE,
    HY_UNREAL_HISTORIC,
    HY_UNREAL_COUNT
};

/* A trace in memory.  The arrays lie elsewhere: in a hy_trace_room or in one block with the trace
 * (hy_trace_keep), so that a title costs some 300 bytes and not as much as a report. */
struct hy_trace {
    const uint32_t *shingles; /* ascending */
    const uint32_t *terms;    /* ascending: hash << 6 | weight (1..63) */
    const char *names;        /* n_names texts, each with its NUL; those of the title first */
    uint16_t n_shingles, n_terms;
    uint8_t n_places, n_names, n_title_names;
    uint8_t event_class; /* enum hy_event_class */
    uint8_t unreal;      /* enum hy_unreal */
    uint8_t emergency;   /* 0..100 */
    int8_t genre;        /* of an official notice, analyzer/notice.h */
    bool follow_up;      /* the same, hy_notice_is_follow_up() */
    bool reply;          /* the same, hy_notice_is_reply() */
    bool alerting;       /* alert is "alert" */
    uint32_t mark; /* the number its kind of event is told apart by; 0: none (trace_mark.c) */
    uint32_t series;     /* title without its numbers; 0: none, or somebody is woken for it */
    uint8_t n_matters;
    uint16_t matters[HY_TRACE_MATTERS]; /* hashes of their ids, best first */
    uint8_t n_topics;
    uint16_t topics[HY_TRACE_TOPICS]; /* hashes of the ids of topics, without their parts */
    uint64_t places[HY_TRACE_PLACES]; /* division codes as numbers */
    int64_t deaths, injured;          /* -1 when not known */
    hy_wall at;                       /* published, else fetched */
    hy_wall event; /* when it happened, by the text's first date; HY_WALL_NONE: not said */
    char event_type[24];
};
struct hy_trace_room {
    uint32_t shingles[HY_TRACE_SHINGLES], terms[HY_TRACE_TERMS];
    char names[HY_TRACE_NAME_BYTES];
};

static inline uint32_t hy_term_hash(uint32_t term)
{
    return term >> 6;
}
static inline uint32_t hy_term_weight(uint32_t term)
{
    return term & 63;
}

/* Hash of the term that is this pair of characters. */
uint32_t hy_trace_pair(uint32_t a, uint32_t b);

/* Read a trace as hy_trace_of() (analyzer/group.h) wrote it; unknown or broken parts stay empty.
 * It points into `room`. */
void hy_trace_parse(const json_t *trace, struct hy_trace_room *room, struct hy_trace *ret);
/* A copy that needs no room: one block, to be freed with free(). */
struct hy_trace *hy_trace_keep(const struct hy_trace *t);
size_t hy_trace_bytes(const struct hy_trace *t); /* of that block */

/* Share of common shingles, 0..1. */
double hy_trace_resemblance(const struct hy_trace *a, const struct hy_trace *b);
/* Cosine of the terms, 0..1. */
double hy_trace_cosine(const struct hy_trace *a, const struct hy_trace *b);

/* How well do the places of both fit?  In the order of strength. */
enum hy_place_fit {
    HY_PLACES_CONFLICT, /* each names another */
    HY_PLACES_SIBLINGS, /* one county, but the titles are about different spots in it */
    HY_PLACES_OPEN,     /* one of the two names none */
    HY_PLACES_PROVINCE,
    HY_PLACES_CITY, /* one of the two names no more than the city */
    HY_PLACES_COUNTY,
    HY_PLACES_EXACT /* one spot: 滨河小区 */
};
/* Both bear a number, and another: typhoon 3 and typhoon 5, kilometre 12 and kilometre 30. */
bool hy_trace_marks_differ(const struct hy_trace *a, const struct hy_trace *b);
/* Do both name one matter?  2: the first of both, 1: any, 0: none. */
int hy_trace_matters(const struct hy_trace *a, const struct hy_trace *b);
/* How far do the fields of government that both are about agree?  Offices and people choose other
 * words, but both speak of schools, or of water. */
enum hy_topic_fit {
    HY_TOPICS_OPEN, /* one of the two has none */
    HY_TOPICS_OTHER,
    HY_TOPICS_SHARED,
    HY_TOPICS_NEAR, /* the first of one is among those of the other */
    HY_TOPICS_FIRST,
    HY_TOPICS_COUNT
};
enum hy_topic_fit hy_trace_topics(const struct hy_trace *a, const struct hy_trace *b);
enum hy_place_fit hy_trace_places(const struct hy_trace *a, const struct hy_trace *b);
