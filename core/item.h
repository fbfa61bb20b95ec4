/* SPDX-License-Identifier: Apache-2.0 */
/* An item: one article, thread or entry as huiying passes it from stage to stage.  Its JSON form is
 * a contract with other programs (field names in hy_item_to_json).  Author names are not part of it
 * and never will be. */
#pragma once
#include "core/json_line.h"

enum hy_precision { HY_PREC_NONE, HY_PREC_DAY, HY_PREC_MINUTE, HY_PREC_SECOND, HY_PREC_COUNT };
enum hy_item_kind {
    HY_ITEM_ARTICLE,
    HY_ITEM_THREAD,
    HY_ITEM_LIST,
    HY_ITEM_OTHER,
    HY_ITEM_KIND_COUNT
};

extern const char *const hy_precision_name[HY_PREC_COUNT];      /* none day minute second */
extern const char *const hy_item_kind_name[HY_ITEM_KIND_COUNT]; /* article thread list other */

struct hy_reply { /* one floor of a thread behind the first */
    char *text;
    hy_wall published;
    enum hy_precision precision;
};

struct hy_item {
    char *id;                 /* stable: derived from the canonical URL */
    char *url;                /* final, canonical */
    char *source;             /* id of the row in sources.yaml; may be NULL for stage commands */
    char *title, *text;       /* UTF-8, text as paragraphs separated by '\n' */
    hy_wall published;        /* HY_WALL_NONE when unknown */
    int published_offset_min; /* zone the page gave, HY_CST where it gave none */
    enum hy_precision precision;
    const char *published_from; /* jsonld meta time url text feed list; static string or NULL */
    hy_wall fetched;
    char *charset;
    char *origin; /* whom the page names as where it comes from (来源, 转自); NULL: nobody */
    enum hy_item_kind kind;
    struct hy_reply *replies;
    size_t n_replies;
    char hash[65]; /* SHA-256 of title '\n' text; "" when not computed */
};

/* The static string for published_from; NULL for anything else. */
const char *hy_item_from_name(struct hy_str s);

void hy_item_release(struct hy_item *it);
void hy_item_hash(struct hy_item *it);
/* New reference.  Times in the item's own offset; `published` null when unknown. */
json_t *hy_item_to_json(const struct hy_item *it);
/* Missing fields stay empty; only `title` and `text` of another type are errors. */
HY_MUST_CHECK int hy_item_from_json(const json_t *o, struct hy_item *ret, struct hy_err *err);
/* The same of a line, with all texts in the arena: never released, gone with the arena. */
HY_MUST_CHECK int hy_item_from_line(const struct hy_json_line *l, struct hy_arena *arena,
                                    struct hy_item *ret, struct hy_err *err);
