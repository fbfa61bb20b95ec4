/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a text once into an array of code points, folding width and traditional characters on the
 * way, so that every reader behind it indexes in constant time.  Never fails: text is valid UTF-8
 * by contract, and anything else decodes to U+FFFD byte by byte. */
#include "analyzer/chars.h"

#include "analyzer/normal.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>

const char *const hy_field_name[] = {"title", "text"};

/* Traditional elsewhere, but in the names of today's towns and in common words as they are. */
static bool stays(uint32_t c)
{
    static const char16_t kept[] = u"乾於氾塚磑鷺垵廻砲藉阪氹俱著";

    for (size_t i = 0; kept[i]; i++)
        if (kept[i] == c)
            return true;
    return false;
}

uint32_t hy_char_fold(uint32_t c)
{
    if (c < 0x80)
        return c;
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c == 0x3000 || c == 0xA0)
        return ' ';
    uint32_t simple = hy_simplified(c);
    return simple == c || stays(c) ? c : simple;
}

/* Which code point of the text each kept character is; made when the first one is left out. */
static uint32_t *origins(struct hy_arena *arena, size_t room, size_t n)
{
    uint32_t *origin = hy_arena_alloc(arena, (room + 1) * sizeof(*origin));

    for (size_t i = 0; i < n; i++)
        origin[i] = (uint32_t)i;
    return origin;
}

struct hy_chars hy_chars_of(struct hy_arena *arena, struct hy_str text)
{
    uint32_t *c = hy_arena_alloc(arena, (text.n + 1) * sizeof(*c));
    uint32_t *byte = hy_arena_alloc(arena, (text.n + 1) * sizeof(*byte));
    uint32_t *origin = NULL;
    size_t n = 0, at = 0;

    for (size_t seen = 0; at < text.n; seen++) {
        size_t from = at;
        uint32_t raw = hy_utf8_next(text, &at);
        if (hy_may_be_inserted(raw) &&
            hy_is_inserted(text, raw, from, at, n > 0 && hy_is_han(c[n - 1]))) {
            if (origin == NULL)
                origin = origins(arena, text.n, n);
            continue;
        }
        if (origin)
            origin[n] = (uint32_t)seen;
        byte[n] = (uint32_t)from;
        c[n++] = hy_char_fold(raw);
    }
    byte[n] = (uint32_t)at;
    return (struct hy_chars){.c = c, .n = n, .byte = byte, .origin = origin, .raw = text};
}

struct hy_doc hy_doc_of(struct hy_arena *arena, struct hy_str title, struct hy_str text)
{
    return (struct hy_doc){
        {[HY_TITLE] = hy_chars_of(arena, title), [HY_TEXT] = hy_chars_of(arena, text)}};
}

size_t hy_chars_offset(const struct hy_chars *t, size_t i)
{
    if (t->origin == NULL)
        return i;
    return i < t->n ? t->origin[i] : hy_chars_offset_end(t, t->n);
}

size_t hy_chars_offset_end(const struct hy_chars *t, size_t end)
{
    return t->origin == NULL || end == 0 ? end : t->origin[end - 1] + 1;
}

struct hy_str hy_chars_text(const struct hy_chars *t, size_t start, size_t end)
{
    size_t to = t->byte[end];

    if (t->origin && end > start) { /* without what was left out behind the last one */
        to = t->byte[end - 1];
        hy_utf8_next(t->raw, &to);
    }
    return hy_str_sub(t->raw, t->byte[start], to);
}

void hy_json_set_span(json_t *o, const struct hy_doc *doc, const struct hy_span *span)
{
    const struct hy_chars *t = &doc->field[span->field];

    json_object_set_new(o, "field", json_string(hy_field_name[span->field]));
    hy_json_set_int(o, "start", (int64_t)hy_chars_offset(t, span->start));
    hy_json_set_int(o, "end", (int64_t)hy_chars_offset_end(t, span->end));
}

size_t hy_chars_at(const struct hy_chars *t, size_t at, const char *word)
{
    struct hy_str w = hy_str(word);
    size_t i = at;

    for (size_t b = 0; b < w.n; i++)
        if (i >= t->n || hy_char_fold(hy_utf8_next(w, &b)) != t->c[i])
            return 0;
    return i - at;
}

size_t hy_chars_before(const struct hy_chars *t, size_t at, const char *word)
{
    size_t len = hy_utf8_count(hy_str(word));

    return len <= at ? hy_chars_at(t, at - len, word) : 0;
}

static void reverse(struct hy_str word, struct hy_buf *out)
{
    hy_buf_clear(out);
    for (size_t at = word.n; at > 0;)
        hy_buf_utf8(out, hy_utf8_prev(word, &at));
}

static struct hy_trie *build(const char *const *list, bool backwards)
{
    struct hy_trie *t = hy_trie_new();
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; list[i]; i++) {
        struct hy_str word = hy_str(list[i]);
        if (backwards) {
            reverse(word, &b);
            word = hy_buf_view(&b);
        }
        uint32_t *slot = hy_trie_slot(t, word);
        if (*slot == 0)
            *slot = (uint32_t)i + 1;
    }
    hy_buf_release(&b);
    return t;
}

static const struct hy_trie *trie_of(struct hy_trie **where, const char *const *list,
                                     bool backwards)
{
    struct hy_trie *t = __atomic_load_n(where, __ATOMIC_ACQUIRE), *none = NULL;

    if (t)
        return t;
    t = build(list, backwards);
    if (__atomic_compare_exchange_n(where, &none, t, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return t;
    hy_trie_free(t); /* another thread was faster */
    return none;
}

static size_t found(size_t len, uint32_t value, size_t *ret_index)
{
    if (len && ret_index)
        *ret_index = value - 1;
    return len;
}

size_t hy_wordlist_look(const struct hy_chars *t, size_t at, struct hy_wordlist *words,
                        size_t *ret_index)
{
    const struct hy_trie *trie = trie_of(&words->ahead, words->list, false);
    uint32_t value = 0;

    if (at >= t->n)
        return 0;
    size_t len = hy_trie_longest(trie, t->c + at, t->n - at, SIZE_MAX, &value);
    return found(len, value, ret_index);
}

size_t hy_wordlist_look_back(const struct hy_chars *t, size_t at, struct hy_wordlist *words,
                             size_t *ret_index)
{
    enum { LONGEST = 16 };
    const struct hy_trie *trie = trie_of(&words->behind, words->list, true);
    uint32_t back[LONGEST], value = 0;
    size_t n = 0;

    for (; n < LONGEST && n < at; n++)
        back[n] = t->c[at - 1 - n];
    size_t len = hy_trie_longest(trie, back, n, SIZE_MAX, &value);
    return found(len, value, ret_index);
}

const uint64_t *hy_charset_bits(struct hy_charset *set)
{
    uint64_t *bits = hy_xcalloc(65536 / 64, sizeof(*bits)), *none = NULL;

    for (const char16_t *c = set->list; *c; c++)
        bits[*c / 64] |= UINT64_C(1) << *c % 64;
    if (__atomic_compare_exchange_n(&set->bits, &none, bits, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return bits;
    free(bits); /* another thread was faster */
    return none;
}

bool hy_is_sentence_end(uint32_t c)
{
    return c == 0x3002 || c == '!' || c == '?' || c == ';' || c == '\n' || c == '\r' || c == 0xFF61;
}

bool hy_is_clause_end(uint32_t c)
{
    return c == ',' || c == 0x3001 || c == ':' || hy_is_sentence_end(c);
}

enum { LONGEST_SENTENCE = 200 };

size_t hy_sentence_start(const struct hy_chars *t, size_t at)
{
    size_t stop = at > LONGEST_SENTENCE ? at - LONGEST_SENTENCE : 0;

    while (at > stop && !hy_is_sentence_end(t->c[at - 1]))
        at--;
    return at;
}

size_t hy_sentence_end(const struct hy_chars *t, size_t at)
{
    size_t stop = HY_MIN(t->n, at + LONGEST_SENTENCE);

    while (at < stop && !hy_is_sentence_end(t->c[at]))
        at++;
    return at;
}
