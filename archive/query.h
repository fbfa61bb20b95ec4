/* SPDX-License-Identifier: Apache-2.0 */
/* What a person typed into the search box.  Pure.
 *
 *     化工厂 爆炸        both words
 *     "今天 停水"        as it stands, with the space
 *     起火|爆炸          one or the other
 *     火灾 -演练         the first without the second
 *
 * Every text is a search: there is no syntax error, a sign that means nothing is a break between
 * words.  Words are folded as texts are (analyzer/normal.h): width, case, traditional characters.
 */
#pragma once
#include "core/buf.h"
#include "core/vec.h"

enum { HY_QUERY_MAX_CHARS = 200, HY_QUERY_MAX_WORDS = 16 };

struct hy_query_word {
    char *text;   /* folded; owned */
    size_t group; /* words of one group are alternatives */
    bool without; /* excluded */
    bool exact;   /* the index alone decides; else the text has to be looked at */
};
struct hy_query {
    HY_VEC(struct hy_query_word) v; /* by groups */
};

/* HY_E_TOOBIG, HY_E_PARSE (nothing in it that could be found) with a Chinese sentence.  White space
 * alone is an empty query. */
HY_MUST_CHECK int hy_query_parse(struct hy_str typed, struct hy_query *ret, struct hy_err *err);
void hy_query_release(struct hy_query *q);

/* As an expression of FTS5 over the words of archive/words.h; `title`: in titles alone. */
void hy_query_expression(const struct hy_query *q, bool title, struct hy_buf *out);
/* Must a text that the index found be looked at? */
bool hy_query_needs_text(const struct hy_query *q);
/* Does the folded text hold what is asked for?  Of the words that are exact the index has said. */
bool hy_query_matches(const struct hy_query *q, struct hy_str folded);
