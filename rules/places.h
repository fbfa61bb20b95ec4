/* SPDX-License-Identifier: Apache-2.0 */
/* Names of places: the national table of divisions (rules/national/divisions.tsv), countries and
 * large cities abroad, words that only look like places (rules/national/places.yaml), and the
 * office's own divisions and local names (places.yaml of the office).
 *
 * Loaded once, never changed.  Names are kept as code points in trie-like hashes so that all names
 * starting at a position are found in one walk: the country's in one that every office shares, the
 * office's own in a small one before it. */
#pragma once
#include "core/str.h"
#include "core/trie.h"
#include "rules/rules.h"

enum hy_division_level { HY_DIV_NONE, HY_DIV_PROVINCE, HY_DIV_CITY, HY_DIV_COUNTY, HY_DIV_TOWN };

/* What a name means.  One name may mean several things (鼓楼区): rows with the same name are linked
 * by `next`. */
enum hy_name_kind {
    HY_NAME_DIVISION, /* code is a division of the country */
    HY_NAME_LOCAL,    /* the office's own name for something; code is the division it lies in */
    HY_NAME_FOREIGN,
    HY_NAME_NATION, /* 中国, 全国, 我国 */
    HY_NAME_REGION, /* 东北, 长三角, 华北: inside the country, no code */
    HY_NAME_STOP,   /* looks like a place, is none: 四平八稳, 南京路 handled by form */
};
struct hy_name {
    enum hy_name_kind kind;
    enum hy_division_level level;
    const char *code;        /* "" for kinds without one */
    const char *text;        /* UTF-8, as in the table */
    bool shortened;          /* suffix dropped: 朝阳 for 朝阳区 */
    bool guarded;            /* also a common word: needs context */
    bool own;                /* of the office's places.yaml, not of the national files */
    const char *const *near; /* LOCAL: one of these must stand within 30 characters; NULL: none */
    size_t n_near;
    const struct hy_name *next; /* another meaning of the same text */
};

extern const struct hy_section hy_section_places;

/* The names of the country, which all sets over the same national rules share. */
const struct hy_name *hy_places_names(const struct hy_places *p, size_t *ret_n);
/* Those the office's file adds (own), and every other meaning of their texts. */
const struct hy_name *hy_places_own_names(const struct hy_places *p, size_t *ret_n);
/* For who asks at every character whether a name may begin there: the country's names and those of
 * the office, NULL when it has none. */
struct hy_place_tries {
    const struct hy_trie *national, *own;
};
struct hy_place_tries hy_places_tries(const struct hy_places *p);
static inline bool hy_place_may_begin(const struct hy_place_tries *t, uint32_t a, uint32_t b)
{
    return hy_trie_may_begin(t->national, a, b) || (t->own && hy_trie_may_begin(t->own, a, b));
}
/* The longest name starting at c[at] and its length in code points; NULL if there is none.  Call
 * again with max = length - 1 for the next shorter one. */
const struct hy_name *hy_places_match(const struct hy_places *p, const uint32_t *c, size_t n,
                                      size_t at, size_t max, size_t *ret_length);
/* The name of a code ("3301" 杭州市), or NULL. */
const char *hy_places_name_of(const struct hy_places *p, const char *code);
/* Division code of the office ("" without one: every place of the country is its own). */
const char *hy_places_own_code(const struct hy_places *p);
bool hy_places_knows(const struct hy_places *p, const char *code);
/* The same for a code as people write it: "330100" is "3301" in the table. */
bool hy_places_knows_written(const struct hy_places *p, const char *code);
