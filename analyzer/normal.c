/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/normal.h"

#include "analyzer/hant.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

uint32_t hy_simplified(uint32_t c)
{
    if (c < HY_HANT_FIRST || c >= HY_HANT_END || hy_hant[c - HY_HANT_FIRST] == 0)
        return c;
    return hy_hant[c - HY_HANT_FIRST];
}

static uint32_t folded(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    else if (c == 0x3000 || c == 0xA0)
        c = ' ';
    if (c >= 'A' && c <= 'Z')
        return c | 0x20;
    return hy_simplified(c);
}

/* Characters without width or meaning of their own: joiners, direction marks, variation selectors.
 */
static bool is_invisible(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2064) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
           c == 0xAD || c == 0x180E;
}

/* Signs that nobody writes between two characters except to break a word. */
static bool is_wedge(uint32_t c)
{
    return c == '*' || c == 0xFF0A || c == '^' || c == 0xFF3E || c == '`';
}

/* Signs that have a use of their own; they break words only where every character stands alone. */
static bool is_spacer(uint32_t c)
{
    return c == ' ' || c == '.' || c == '-' || c == '_' || c == '|' || c == '/' || c == 0xB7 ||
           c == 0x3000 || c == 0x2022 || c == 0xFF0E || c == 0xFF0D || c == 0xFF3F || c == 0xFF0F;
}

/* How many signs and invisible characters in a row may break a word: more is no writing, and every
 * one of them looks past the others. */
enum { MAX_WEDGES = 8 };

/* The character that counts in front of *at, 0 at the beginning; *at moves to where it begins. */
static uint32_t kept_before(struct hy_str s, size_t *at)
{
    for (int i = 0; *at > 0 && i <= MAX_WEDGES; i++) {
        uint32_t c = hy_utf8_prev(s, at);
        if (!is_invisible(c) && !is_wedge(c))
            return c;
    }
    return 0;
}

/* The same behind *at, which moves to where it ends. */
static uint32_t kept_behind(struct hy_str s, size_t *at)
{
    for (int i = 0; *at < s.n && i <= MAX_WEDGES; i++) {
        uint32_t c = hy_utf8_next(s, at);
        if (!is_invisible(c) && !is_wedge(c))
            return c;
    }
    return 0;
}

/* "化 工 厂": a lone character before and a lone character behind the sign at [from, to). */
static bool stands_between_lone(struct hy_str s, size_t from, size_t to)
{
    return hy_is_han(kept_before(s, &from)) && hy_is_han(kept_behind(s, &to)) &&
           !hy_is_han(kept_before(s, &from)) && !hy_is_han(kept_behind(s, &to));
}

bool hy_is_inserted(struct hy_str s, uint32_t c, size_t from, size_t to, bool after_han)
{
    if (is_invisible(c))
        return true;
    if (is_wedge(c))
        return after_han && hy_is_han(kept_behind(s, &to));
    return is_spacer(c) && stands_between_lone(s, from, to);
}

struct writer {
    struct hy_arena *arena;
    struct hy_normal n;
    size_t room;
    char *out;
    size_t at;
    bool after_han;
};

static void shift_to(struct writer *w, int32_t shift)
{
    struct hy_normal *n = &w->n;

    if (n->n_steps && n->steps[n->n_steps - 1].shift == shift)
        return;
    if (n->n_steps == w->room) {
        size_t room = w->room ? w->room * 2 : 4;
        struct hy_normal_step *more = hy_arena_alloc(w->arena, room * sizeof(*more));
        if (n->n_steps)
            memcpy(more, n->steps, n->n_steps * sizeof(*more));
        n->steps = more;
        w->room = room;
    }
    n->steps[n->n_steps++] = (struct hy_normal_step){(uint32_t)w->at, shift};
}

static void put(struct writer *w, uint32_t c)
{
    char *p = w->out + w->at;

    if (c < 0x80) {
        p[0] = (char)c;
        w->at += 1;
    } else if (c < 0x800) {
        p[0] = (char)(0xC0 | c >> 6);
        p[1] = (char)(0x80 | (c & 63));
        w->at += 2;
    } else if (c < 0x10000) {
        p[0] = (char)(0xE0 | c >> 12);
        p[1] = (char)(0x80 | (c >> 6 & 63));
        p[2] = (char)(0x80 | (c & 63));
        w->at += 3;
    } else {
        p[0] = (char)(0xF0 | c >> 18);
        p[1] = (char)(0x80 | (c >> 12 & 63));
        p[2] = (char)(0x80 | (c >> 6 & 63));
        p[3] = (char)(0x80 | (c & 63));
        w->at += 4;
    }
}

/* Never longer than the original: full-width signs shrink, characters map to characters of the same
 * length, and an invalid byte (which texts should not have) becomes one '?'. */
struct hy_normal hy_normalize(struct hy_str original, struct hy_arena *arena)
{
    struct writer w = {.arena = arena, .out = hy_arena_alloc(arena, original.n + 4)};

    int32_t shift = 0;

    w.n.original = original;
    shift_to(&w, shift);
    for (size_t at = 0; at < original.n;) {
        size_t from = at;
        uint32_t c = hy_utf8_next(original, &at), simple = folded(c);

        if (hy_may_be_inserted(c) && hy_is_inserted(original, c, from, at, w.after_han))
            continue;
        if ((int64_t)from - (int64_t)w.at != shift)
            shift_to(&w, shift = (int32_t)((int64_t)from - (int64_t)w.at));
        w.after_han = hy_is_han(c);
        put(&w, at - from == 1 && c >= 0x80 ? '?' : simple);
    }
    w.out[w.at] = '\0';
    w.n.text = hy_str_n(w.out, w.at);
    return w.n;
}

size_t hy_normal_origin(const struct hy_normal *n, size_t at)
{
    size_t low = 0, high = n->n_steps;

    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (n->steps[mid].at <= at)
            low = mid;
        else
            high = mid;
    }
    return (size_t)((int64_t)at + n->steps[low].shift);
}

size_t hy_normal_origin_end(const struct hy_normal *n, size_t end)
{
    if (end == 0)
        return 0;
    size_t last = end;
    hy_utf8_prev(n->text, &last);
    size_t at = hy_normal_origin(n, last);
    hy_utf8_next(n->original, &at);
    return at;
}

char *hy_normal_word(struct hy_str word)
{
    struct hy_arena *arena = hy_arena_new();
    char *text = hy_str_dup(hy_normalize(word, arena).text);

    hy_arena_free(arena);
    return text;
}
