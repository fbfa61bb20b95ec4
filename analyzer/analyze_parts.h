/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the role `analyze`: what its files share.  Nobody else includes this. */
#pragma once
#include "analyzer/judges.h"
#include "core/beat.h"
#include "core/loop.h"
#include "core/map.h"
#include "core/redis.h"

#define ITEMS "hy:items"

struct analyzer {
    /* analyze.c: nothing is on its way any more; new items are asked for unless something is. */
    void (*go_on)(struct analyzer *a), (*read_more)(struct analyzer *a);
    struct hy_loop *loop;
    struct hy_redis *reader; /* blocks in XREADGROUP */
    struct hy_redis *writer; /* everything else */
    struct hy_timer *retry, *claim, *look;
    struct hy_beat *beat;
    struct hy_judges *judges;
    const char *config; /* borrowed */
    char *tables;       /* where the processes share their tables */
    char consumer[96];
    int64_t rules;           /* how often they were loaded */
    struct hy_map *lookouts; /* office -> char *, as Redis told them last */
    size_t asking;           /* offices whose answer has not come */
    bool knows_lookouts;     /* since the connection is up */
    bool reading, claiming;
    size_t unanswered; /* entries on their way */
    int64_t done, passed;
    int64_t dropped; /* scored items that found no room since the last one that did */
};

/* analyze_found.c: judges an item and sends what was found; or sets it aside. */
void analyze_item(struct analyzer *a, const char *id, struct hy_str item);
void analyze_set_aside(struct analyzer *a, const char *id, struct hy_str item, const char *reason);
/* analyze_lookouts.c: reads again what people look out for; the first answer makes the role ready.
 */
void analyze_ask_lookouts(void *analyzer);
