/* SPDX-License-Identifier: Apache-2.0 */
/* The lexicon, compiled: which words of which groups stand in an item, and which of them count.
 *
 * A word does not count where a longer word of the same purpose or any stop phrase covers it
 * (爆炸 in 瓦斯爆炸 and in 爆炸头), and is marked as negated where a negation stands before it in
 * the same clause (未发生爆炸) - unless the negation itself is covered by a stop phrase (不排除).
 * What the words are worth together is the score's business. */
#pragma once
#include "analyzer/match.h"
#include "analyzer/normal.h"
#include "rules/lexicon.h"

struct hy_lexis;

enum { HY_LEXIS_TITLE, HY_LEXIS_TEXT, HY_LEXIS_FIELDS };

struct hy_hit {
    uint32_t group; /* index in the lexicon's groups */
    uint8_t purpose; /* of the group: a table of thousands is far away */
    uint8_t field;
    bool negated;
    uint32_t start, end;       /* bytes in the field's normal text */
    uint32_t clause, sentence; /* counted over both fields; equal numbers are one clause */
    double weight;             /* as the lexicon says for this field */
};

/* What was found in one item; in the arena. */
struct hy_found {
    struct hy_normal field[HY_LEXIS_FIELDS];
    struct hy_hit *hits; /* title first, then by start */
    size_t n;
    uint16_t *of_group; /* hits that are not negated, per group */
    uint32_t *groups;   /* those that have one, ascending: of thousands a text meets a few */
    size_t n_groups;
    const bool *pack_on; /* per pack of the lexicon */
};

/* l must outlive it.  tables: the directory through which processes share the matcher's, or NULL.
 */
struct hy_lexis *hy_lexis_new(const struct hy_lexicon *l, const char *tables);
/* The lexicon of an office, which was lent the nation's (rules/rules.h): costs what it differs by.
 * `national` is borrowed; its answers are those of hy_lexis_new(l). */
struct hy_lexis *hy_lexis_new_over(const struct hy_lexis *national, const struct hy_lexicon *l,
                                   const char *tables);
bool hy_lexis_is_shared(const struct hy_lexis *x);
void hy_lexis_free(struct hy_lexis *x); /* NULL is a no-op */
/* day: of the item, which decides what packs are on (rules/season.h); HY_DAY_UNKNOWN. */
struct hy_found hy_lexis_find(const struct hy_lexis *x, struct hy_str title, struct hy_str text,
                              int64_t day, struct hy_arena *arena);

/* The same in two steps, the first of which serves every lexicon over the same nation's. */
struct hy_raw_hits {
    struct hy_match_hit *v;
    size_t n;
};
struct hy_lexis_text { /* in the arena */
    const struct hy_lexis *nation; /* whose words were looked for */
    struct hy_normal field[HY_LEXIS_FIELDS];
    struct hy_raw_hits raw[HY_LEXIS_FIELDS]; /* words of the nation, by start, the longer first */
};
struct hy_lexis_text hy_lexis_read(const struct hy_lexis *x, struct hy_str title,
                                   struct hy_str text, struct hy_arena *arena);
/* Does the text serve x: was it read over the same nation's? */
bool hy_lexis_reads(const struct hy_lexis *x, const struct hy_lexis_text *t);
struct hy_found hy_lexis_judge(const struct hy_lexis *x, const struct hy_lexis_text *t,
                               int64_t day, struct hy_arena *arena);
