/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the places: the files as they were read, and the names made of them.  Nobody else
 * includes this. */
#pragma once
#include "core/vec.h"
#include "rules/places.h"

struct division_row {
    struct hy_pos pos;
    char *code, *name;
    struct hy_texts also;
};
struct local_row {
    struct hy_pos pos;
    char *name, *in;
    struct hy_texts near, also;
};
struct places_file {
    struct hy_texts nation, regions, guarded, stop, foreign;
    struct hy_rows divisions, local;
};

struct hy_places {
    struct places_file file;
    char *table; /* divisions.tsv, cut in place */
    HY_VEC(struct hy_name) names;
    HY_VEC(char *) made;          /* short names */
    struct hy_trie *trie, *codes; /* value: index into names + 1; NULL: there are none */
    struct hy_trie *guards;
    const struct hy_places *national; /* the country's names below the office's; NULL: these are */
    char own[13];
};

enum hy_division_level places_level(const char *code); /* by its length */
/* The value of a whole word, 0 when the trie has none such. */
uint32_t places_value(const struct hy_trie *t, struct hy_str word);
/* places_names.c: once, when all files of this directory are read. */
void places_build(struct hy_places *p);
