/* SPDX-License-Identifier: Apache-2.0 */
/* A trace: what grouping keeps of an item, about 1.3 KB of JSON however long the text was.
 *
 * `shingles` is a bottom-k sketch: the k smallest hashes of the character 5-grams of title and text
 * (signs deleted).  The share of common ones among the k smallest of both estimates the resemblance
 * (Broder 1997); for texts of fewer than k shingles it is exact.  `terms` are the most telling
 * words and character pairs with their weights: the more telling, the rarer their characters are in
 * Chinese and the more often they stand in the text; the title counts more. */
#pragma once
#include "core/clock.h"
#include "core/json.h"

enum { HY_TRACE_SHINGLES = 128, HY_TRACE_TERMS = 96, HY_TRACE_PLACES = 6 };

struct hy_trace_term {
    uint32_t hash;   /* 30 bits */
    uint32_t weight; /* 1..63 */
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

struct hy_trace {
    uint32_t shingles[HY_TRACE_SHINGLES]; /* ascending */
    size_t n_shingles;
    struct hy_trace_term terms[HY_TRACE_TERMS]; /* ascending by hash */
    size_t n_terms;
    char places[HY_TRACE_PLACES][13];
    size_t n_places;
    hy_wall at;           /* published, else fetched */
    char event_class[24]; /* "" when none */
    char event_type[32];
    int emergency;  /* 0..100 */
    int64_t deaths; /* -1 when not known */
    bool alerting;  /* alert is "alert" */
    enum hy_unreal unreal;
};

/* Read a trace as hy_trace_of() (analyzer/group.h) wrote it; unknown or broken parts stay empty. */
void hy_trace_parse(const json_t *trace, struct hy_trace *ret);
/* Share of common shingles, 0..1. */
double hy_trace_resemblance(const struct hy_trace *a, const struct hy_trace *b);
/* Cosine of the terms, 0..1. */
double hy_trace_cosine(const struct hy_trace *a, const struct hy_trace *b);
