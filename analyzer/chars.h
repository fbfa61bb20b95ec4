/* SPDX-License-Identifier: Apache-2.0 */
/* A document as the analyzer's readers see it: arrays of code points, one per field.
 *
 * Every reader (read, places, bodies, facts) works on these arrays.  Width is folded one to one
 * (full-width letters, digits and signs become ASCII, the ideographic space a space), traditional
 * characters to simplified ones (清溪縣 is 清溪县), and what is pushed between characters to break
 * words is left out (analyzer/normal.h); nothing else changes.  An index is turned into the offset
 * that leaves the program by hy_chars_offset(), and text taken from `raw` is what people wrote. */
#pragma once
#include "core/arena.h"
#include "core/json.h"
#include "core/trie.h"

#include <uchar.h>

enum hy_field { HY_TITLE, HY_TEXT, HY_FIELD_COUNT };
extern const char *const hy_field_name[HY_FIELD_COUNT]; /* "title", "text" */

struct hy_chars {
    const uint32_t *c; /* n code points, width folded, and a 0 behind them */
    size_t n;
    const uint32_t *byte;   /* n + 1 byte offsets into raw */
    const uint32_t *origin; /* n code points of raw; NULL when nothing was left out: i is i */
    struct hy_str raw;      /* borrowed */
};

/* Code points [start, end) of one field. */
struct hy_span {
    enum hy_field field;
    size_t start, end;
};

struct hy_doc {
    struct hy_chars field[HY_FIELD_COUNT];
};

/* One character as the arrays have it: width and traditional characters folded. */
uint32_t hy_char_fold(uint32_t c);
/* Arrays live in the arena; the texts are borrowed and must outlive it.  O(n). */
struct hy_chars hy_chars_of(struct hy_arena *arena, struct hy_str text);
struct hy_doc hy_doc_of(struct hy_arena *arena, struct hy_str title, struct hy_str text);

/* The offset in code points of raw at which character i stands, and that of the end of a span. */
size_t hy_chars_offset(const struct hy_chars *t, size_t i);
size_t hy_chars_offset_end(const struct hy_chars *t, size_t end);
/* The text of [start, end) as written. */
struct hy_str hy_chars_text(const struct hy_chars *t, size_t start, size_t end);
/* Members field, start and end of a JSON object, in code points of what people wrote. */
void hy_json_set_span(json_t *o, const struct hy_doc *doc, const struct hy_span *span);
/* Does the UTF-8 word stand at `at`?  Its length in code points, else 0. */
size_t hy_chars_at(const struct hy_chars *t, size_t at, const char *word);
/* Does it end right before `at`?  Its length, else 0. */
size_t hy_chars_before(const struct hy_chars *t, size_t at, const char *word);
/* A list of words, searched in one walk however long it is:
 *     static struct hy_wordlist tails = {.list = {"余", "多", NULL}};
 * The tries behind it are built at first use, once, by whichever thread comes first. */
struct hy_wordlist {
    struct hy_trie *ahead, *behind;
    const char *list[];
};
size_t hy_wordlist_look(const struct hy_chars *t, size_t at, struct hy_wordlist *words,
                        size_t *ret_index);
size_t hy_wordlist_look_back(const struct hy_chars *t, size_t at, struct hy_wordlist *words,
                             size_t *ret_index);
/* Length of the longest word that starts at `at` (or ends right before it), 0 if there is none;
 * *ret_index (may be NULL) is its place in the list.  Nearly always the first two characters say
 * that there is none, which costs no call. */
static inline size_t hy_wordlist_at(const struct hy_chars *t, size_t at, struct hy_wordlist *words,
                                    size_t *ret_index)
{
    const struct hy_trie *trie = __atomic_load_n(&words->ahead, __ATOMIC_ACQUIRE);

    if (at >= t->n || (trie && !hy_trie_may_begin(trie, t->c[at], t->c[at + 1])))
        return 0;
    return hy_wordlist_look(t, at, words, ret_index);
}
static inline size_t hy_wordlist_before(const struct hy_chars *t, size_t at,
                                        struct hy_wordlist *words, size_t *ret_index)
{
    const struct hy_trie *trie = __atomic_load_n(&words->behind, __ATOMIC_ACQUIRE);

    if (at == 0 || (trie && !hy_trie_may_begin(trie, t->c[at - 1], at > 1 ? t->c[at - 2] : 0)))
        return 0;
    return hy_wordlist_look_back(t, at, words, ret_index);
}
/* A set of characters, asked in one step however many there are:
 *     static struct hy_charset lasts = {.list = u"局厅"};
 * The bits behind it are set at first use, like a list's tries. */
struct hy_charset {
    const char16_t *list;
    uint64_t *bits; /* 65536 of them */
};
const uint64_t *hy_charset_bits(struct hy_charset *set);
static inline bool hy_charset_has(struct hy_charset *set, uint32_t c)
{
    const uint64_t *bits = __atomic_load_n(&set->bits, __ATOMIC_ACQUIRE);

    if (bits == NULL)
        bits = hy_charset_bits(set);
    return c < 65536 && (bits[c / 64] >> c % 64 & 1);
}
/* 。！？；and line ends close a sentence; ， and 、 close a clause too. */
bool hy_is_sentence_end(uint32_t c);
bool hy_is_clause_end(uint32_t c);
/* Where the sentence around `at` begins and ends, as far as 200 characters go: who asks for every
 * word of a text without a full stop must not pay for its square. */
size_t hy_sentence_start(const struct hy_chars *t, size_t at);
size_t hy_sentence_end(const struct hy_chars *t, size_t at);
