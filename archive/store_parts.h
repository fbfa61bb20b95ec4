/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store share.  Private to archive/store*.c and expire.c. */
#pragma once
#include "archive/facets.h"
#include "archive/index.h"
#include "archive/names.h"
#include "archive/store.h"

enum { HY_BODY_MAX = 64 << 20, HY_DOC_MAX = 16 << 20 };

enum hy_doc_kind { HY_DOC_ITEM, HY_DOC_INCIDENT };

struct hy_store {
    char *dir;
    int lock; /* -1: read only */
    struct hy_db *db;
    struct hy_blobs *blobs;
    struct hy_names *names;
    /* of the transaction: applied in order of rows when it is committed */
    struct hy_index_ops ops;
    HY_VEC(struct hy_facet) facets;
};

/* Seconds of `t` with a running number that no document has yet. */
HY_MUST_CHECK int hy_store_free_row(struct hy_store *s, hy_wall t, int64_t *ret,
                                    struct hy_err *err);
/* Work out what a document is filtered by, to be written at the commit. */
HY_MUST_CHECK int hy_store_facet(struct hy_store *s, int64_t row, struct hy_str id,
                                 enum hy_doc_kind kind, const json_t *doc, struct hy_err *err);
/* The same for one that is stored, because its incident changed; unknown: nothing. */
HY_MUST_CHECK int hy_store_refacet(struct hy_store *s, struct hy_str id, struct hy_err *err);

/* Columns of `item` for hy_store_item_of(): an item as hy_store_get_item() gives it. */
#define HY_STORE_ITEM                                                                              \
    "item.doc, item.body, (SELECT incident FROM pin WHERE pin.item = item.id ORDER BY incident "   \
    "DESC LIMIT "                                                                                  \
    "1)"
HY_MUST_CHECK int hy_store_item_of(const struct hy_rows *r, json_t **ret, struct hy_err *err);

/* Packed forms. */
void hy_store_pack_json(const json_t *o, struct hy_buf *out);
HY_MUST_CHECK int hy_store_unpack_json(struct hy_str packed, json_t **ret, struct hy_err *err);
/* Keep a body as a version unless an item or a version has it. */
HY_MUST_CHECK int hy_store_keep_version(struct hy_store *s, struct hy_str item, struct hy_str hash,
                                        struct hy_str packed, hy_wall at, struct hy_err *err);
