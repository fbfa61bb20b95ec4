/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes a text once into an array of code points, folding width on the way, so that every reader
 * behind it indexes in constant time.  Never fails: text is valid UTF-8 by contract, and anything
 * else decodes to U+FFFD byte by byte. */
#include "analyzer/chars.h"

#include "core/utf8.h"

const char *const hy_field_name[] = {"title", "text"};

static uint32_t fold_width(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    return c == 0x3000 || c == 0xA0 ? ' ' : c;
}

/* The common shapes inline, everything else by the strict decoder. */
static uint32_t decode(struct hy_str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;

    if (p[0] < 0x80) {
        ++*at;
        return p[0];
    }
    if (p[0] > 0xE0 && p[0] < 0xED && s.n - *at >= 3 && (p[1] & 0xC0) == 0x80 &&
        (p[2] & 0xC0) == 0x80) {
        *at += 3;
        return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63);
    }
    return hy_utf8_next(s, at);
}

struct hy_chars hy_chars_of(struct hy_arena *arena, struct hy_str text)
{
    uint32_t *c = hy_arena_alloc(arena, (text.n + 1) * sizeof(*c));
    uint32_t *byte = hy_arena_alloc(arena, (text.n + 1) * sizeof(*byte));
    size_t n = 0, at = 0;

    while (at < text.n) {
        byte[n] = (uint32_t)at;
        c[n++] = fold_width(decode(text, &at));
    }
    byte[n] = (uint32_t)at;
    return (struct hy_chars){.c = c, .n = n, .byte = byte, .raw = text};
}

struct hy_doc hy_doc_of(struct hy_arena *arena, struct hy_str title, struct hy_str text)
{
    return (struct hy_doc){
        {[HY_TITLE] = hy_chars_of(arena, title), [HY_TEXT] = hy_chars_of(arena, text)}};
}

struct hy_str hy_chars_text(const struct hy_chars *t, size_t start, size_t end)
{
    return hy_str_sub(t->raw, t->byte[start], t->byte[end]);
}

size_t hy_chars_at(const struct hy_chars *t, size_t at, const char *word)
{
    struct hy_str w = hy_str(word);
    size_t i = at;

    for (size_t b = 0; b < w.n; i++)
        if (i >= t->n || decode(w, &b) != t->c[i])
            return 0;
    return i - at;
}

size_t hy_chars_before(const struct hy_chars *t, size_t at, const char *word)
{
    size_t len = hy_utf8_count(hy_str(word));

    return len <= at ? hy_chars_at(t, at - len, word) : 0;
}

size_t hy_chars_any_at(const struct hy_chars *t, size_t at, const char *const *words,
                       size_t *ret_index)
{
    size_t best = 0;

    for (size_t i = 0; words[i]; i++) {
        size_t len = hy_chars_at(t, at, words[i]);
        if (len > best) {
            best = len;
            if (ret_index)
                *ret_index = i;
        }
    }
    return best;
}

size_t hy_chars_any_before(const struct hy_chars *t, size_t at, const char *const *words,
                           size_t *ret_index)
{
    size_t best = 0;

    for (size_t i = 0; words[i]; i++) {
        size_t len = hy_chars_before(t, at, words[i]);
        if (len > best) {
            best = len;
            if (ret_index)
                *ret_index = i;
        }
    }
    return best;
}

bool hy_is_sentence_end(uint32_t c)
{
    return c == 0x3002 || c == '!' || c == '?' || c == ';' || c == '\n' || c == '\r' || c == 0xFF61;
}

bool hy_is_clause_end(uint32_t c)
{
    return c == ',' || c == 0x3001 || c == ':' || hy_is_sentence_end(c);
}
