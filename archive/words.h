/* SPDX-License-Identifier: Apache-2.0 */
/* Text to the words of the index, and what a person typed to what is looked up.  Pure.
 *
 * Chinese has no spaces, so the index holds every pair of neighbouring characters (化工 工厂): two
 * characters, the commonest query, are one look-up and exact; a longer one asks for all its pairs
 * and is then checked in the text.  The last character of a run is a word of its own too, so that
 * one character is found as the beginning of pairs.  Letters and digits of other scripts are words
 * as they stand.  Text comes folded by analyzer/normal.h. */
#pragma once
#include "core/str.h"

/* A text for the index is: the title between these two, then the body. */
#define HY_WORDS_TITLE "\x02"
#define HY_WORDS_TITLE_END "\x03"

/* Other than 0 ends the walk, which then returns it.  `word` is valid until return. */
typedef int (*hy_word_fn)(struct hy_str word, void *user);

/* Of the title, every word comes twice: as it is, and with HY_WORDS_TITLE before it.  In a query
 * (`index` false) what begins with HY_WORDS_TITLE gives the words of titles only, and no last
 * characters. */
int hy_words(struct hy_str text, bool index, hy_word_fn fn, void *user);

enum hy_char_class {
    HY_CHAR_BREAK,  /* white space, signs */
    HY_CHAR_PAIR,   /* Han, kana, hangul: indexed in pairs */
    HY_CHAR_LETTER, /* scripts with words between spaces, digits */
};
enum hy_char_class hy_char_class(uint32_t c);
