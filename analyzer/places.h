/* SPDX-License-Identifier: Apache-2.0 */
/* Which places does an item name, and are they ours?
 *
 * Longest match over the names of the country (rules/places.h), then judged: 鼓楼区 alone counts
 * only with a city that has one near it (or when it is the office's own), short names that are
 * also common words need a neighbour that makes them a place, 河南路 and 四平路 are roads, not
 * provinces.  A province, city and county written in a row are one mention with the finest code.
 * Addresses that continue with a road, village, park or building are one mention as well. */
#pragma once
#include "analyzer/chars.h"
#include "core/json.h"
#include "rules/places.h"

enum hy_place_where {
    HY_PLACE_MINE,      /* the office's division or below; without an office: all of the country */
    HY_PLACE_ABOVE,     /* contains the office's division (its province, its city, 中国) */
    HY_PLACE_ELSEWHERE, /* another division of the country */
    HY_PLACE_FOREIGN,
    HY_PLACE_UNKNOWN, /* an address without a division: XX村, XX广场 */
    HY_PLACE_WHERE_COUNT
};
extern const char *const hy_place_where_name[HY_PLACE_WHERE_COUNT];

struct hy_place {
    const char *code;   /* "11", "1101", "110105", "110105001"; "" when it is no division */
    struct hy_str name; /* as written */
    struct hy_span span;
    enum hy_place_where where;
    int level;     /* enum hy_division_level of code; 0 when it has none */
    bool exact;    /* finer than a county: a town, an address, a local name */
    bool attached; /* part of a longer name: 北京大学, 利物浦队; not in the JSON */
};

struct hy_place_list {
    const struct hy_place *v; /* in text order, title first; in the arena */
    size_t n;
    const struct hy_places *rules; /* whose names they are */
    bool sports; /* sports news that names a place abroad or an army: they are clubs */
};

struct hy_place_list hy_places_find(struct hy_arena *arena, const struct hy_places *rules,
                                    const struct hy_doc *doc);
/* The finest place of the item that is ours; NULL if none is. */
const struct hy_place *hy_places_own(const struct hy_place_list *list);
/* True when places are named, none of them ours, and one is foreign or elsewhere. */
bool hy_places_is_elsewhere(const struct hy_place_list *list);
bool hy_places_is_foreign(const struct hy_place_list *list);
/* [{code,name,field,start,end,where,exact?}], without regions and attached names.  New reference.
 */
void hy_places_write(const struct hy_place_list *list, const struct hy_doc *doc,
                     struct hy_buf *out); /* JSON */
