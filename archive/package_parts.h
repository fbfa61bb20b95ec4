/* SPDX-License-Identifier: Apache-2.0 */
/* Between package.c, which makes the whole, and package_items.c, which adds the evidence. */
#pragma once
#include "archive/package.h"
#include "core/json.h"
#include "core/map.h"

struct hy_packing {
    struct hy_store *s;
    struct hy_pack *out;
    struct hy_str incident;
    hy_wall made;
    json_t *files;                    /* of the manifest */
    struct hy_map *names;             /* of files that are in it */
    struct hy_map *incidents, *items; /* ids */
    json_t *item_ids;                 /* sorted */
    struct hy_buf lines, chain, captures, warc, readme;
    struct hy_head head, first; /* of the journal; first: where the chain begins */
    struct hy_package_counts n;
};

/* A file of the package, listed in its manifest. */
HY_MUST_CHECK int hy_package_add(struct hy_packing *p, const char *name, struct hy_str bytes,
                                 struct hy_err *err);
void hy_package_time(struct hy_buf *out, hy_wall t); /* as README.txt and changes/ write it */
/* Pages, texts, differences and the web archive of all items. */
HY_MUST_CHECK int hy_package_items(struct hy_packing *p, struct hy_err *err);
