/* SPDX-License-Identifier: Apache-2.0 */
/* Word lists of every size that the matcher treats in its own way, grown around words and a text:
 * as they are (no sieve), with some hundred more (a sieve in front), with some thousand (none, for
 * most pairs would pass).  The first of what is added is cut from the text, half of it with a
 * character changed, so that it is found, or nearly; the rest only makes the list long, for a
 * word everywhere a thousand times is all that would be tested.  The same words and text give the
 * same lists. */
#pragma once
#include "analyzer/match.h"
#include "analyzer/match_table.h"
#include "core/err.h"
#include "core/utf8.h"

#include <string.h>

enum match_list { LIST_BARE, LIST_SIEVED, LIST_LARGE, LISTS };
enum { LIST_OWN = 400, LIST_ADDED = 3100, LIST_CUT = 150, LIST_WORD = 48, LIST_CHARS = 12 };

struct match_lists {
    struct hy_str words[LIST_OWN + LIST_ADDED];
    char added[LIST_ADDED][LIST_WORD];
    size_t own;
};

/* Above the two borders of match_build.c, whatever the own words are. */
static const size_t lists_add[LISTS] = {
    [LIST_BARE] = 0, [LIST_SIEVED] = 200, [LIST_LARGE] = LIST_ADDED};

static inline unsigned lists_draw(uint64_t *seed, unsigned below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*seed >> 33) % below;
}

/* Two characters of a small alphabet, so that every added word has a pair to be filed under. */
static inline size_t lists_pair(char *to, uint64_t *seed)
{
    for (size_t k = 0; k < 2; k++) {
        uint32_t c = 0x4E00 + lists_draw(seed, 200);
        to[3 * k] = (char)(0xE0 | c >> 12);
        to[3 * k + 1] = (char)(0x80 | (c >> 6 & 63));
        to[3 * k + 2] = (char)(0x80 | (c & 63));
    }
    return 6;
}

static inline bool lists_is_start(struct hy_str text, size_t at)
{
    return at == text.n || (text.p[at] & 0xC0) != 0x80;
}

static inline bool lists_has_pair(struct hy_str w)
{
    for (size_t at = 0; at + 6 <= w.n; at++)
        if (hy_is_han_lead((unsigned char)w.p[at]) && hy_is_han_lead((unsigned char)w.p[at + 3]))
            return true;
    return false;
}

static inline struct hy_str lists_cut(char *to, struct hy_str text, uint64_t *seed)
{
    size_t from = text.n ? lists_draw(seed, (unsigned)text.n) : 0, n = 0;
    unsigned chars = 2 + lists_draw(seed, LIST_CHARS - 1);

    while (from < text.n && !lists_is_start(text, from))
        from++;
    for (size_t end = from; end <= text.n && end - from <= LIST_WORD - 6; end++)
        if (lists_is_start(text, end)) {
            n = end - from;
            if (chars-- == 0)
                break;
        }
    if (n) /* the text of nobody may be NULL */
        memcpy(to, text.p + from, n);
    if (!lists_has_pair(hy_str_n(to, n))) /* signs, ASCII, the end: something else of its kind */
        n += lists_pair(to + n, seed);
    else if (lists_draw(seed, 2) && hy_is_han_lead((unsigned char)to[n - 3]))
        to[n - 1] = (char)(0x80 | lists_draw(seed, 64));
    return hy_str_n(to, n);
}

static inline void lists_of(struct match_lists *l, const struct hy_str *words, size_t n,
                            struct hy_str text)
{
    uint64_t seed = text.n + n;

    l->own = HY_MIN(n, (size_t)LIST_OWN);
    for (size_t i = 0; i < l->own; i++)
        l->words[i] = words[i];
    for (size_t i = 0; i < text.n; i++)
        seed = (seed ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001B3);
    for (size_t i = 0; i < LIST_ADDED; i++)
        l->words[l->own + i] = i < LIST_CUT ? lists_cut(l->added[i], text, &seed)
                                            : hy_str_n(l->added[i], lists_pair(l->added[i], &seed));
}

/* How much of the text the naive search can be asked about with that many words. */
static inline struct hy_str lists_text(struct hy_str text, enum match_list which)
{
    enum { SHORT = 240 };

    if (which == LIST_LARGE && text.n > SHORT) {
        text.n = SHORT;
        while (!lists_is_start(hy_str_n(text.p, text.n + 1), text.n))
            text.n--;
    }
    return text;
}

/* A list that does not go the way it is there for tests nothing: that is a bug of this file. */
static inline struct hy_match *lists_match(const struct match_lists *l, enum match_list which,
                                           size_t *ret_n)
{
    *ret_n = l->own + lists_add[which];
    struct hy_match *m = hy_match_new(l->words, *ret_n);
    if (which != LIST_BARE && (m->pairs.sieve != NULL) != (which == LIST_SIEVED))
        hy_bug("list %d of %zu words goes another way", which, *ret_n);
    return m;
}
