/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of concern: the indexes that concern_build.c makes of the rules and concern.c asks. Nobody
 * else includes this. */
#pragma once
#include "analyzer/concern.h"
#include "analyzer/match.h"
#include "core/map.h"

/* Which offices each key points to: those of key k are office[first[k]] .. office[first[k + 1]]. */
struct concern_index {
    struct hy_map *key_of; /* text -> key + 1 */
    uint32_t *first, *office;
    size_t n;
};

struct hy_concern {
    size_t n; /* offices */
    struct hy_match *match;
    struct concern_index words;    /* key: word of the matcher */
    struct concern_index sources;  /* ids */
    struct concern_index hosts;    /* of the sources' addresses */
    struct concern_index channels; /* prefixes of addresses */
    uint64_t *always;              /* bits */
    size_t bits;                   /* words of 64 of them */
};

void concern_build_words(struct hy_concern *c, const struct hy_rules *const *rules);
void concern_build_origins(struct hy_concern *c, const struct hy_rules *const *rules);
