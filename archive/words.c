/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/words.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <string.h>

enum { WORD_MAX = 60, TITLE = 2, TITLE_END = 3 };

enum hy_char_class hy_char_class(uint32_t c)
{
    static const struct {
        uint32_t from, to;
        enum hy_char_class class;
    } ranges[] = {
        {'0', '9', HY_CHAR_LETTER},       {'A', 'Z', HY_CHAR_LETTER},
        {'a', 'z', HY_CHAR_LETTER},       {0xC0, 0x24F, HY_CHAR_LETTER},
        {0x370, 0x58F, HY_CHAR_LETTER},   {0x5D0, 0x5EA, HY_CHAR_LETTER},
        {0x620, 0x6D3, HY_CHAR_LETTER},   {0xF00, 0xFBC, HY_CHAR_PAIR}, /* Tibetan */
        {0x1820, 0x18AA, HY_CHAR_LETTER},                               /* Mongolian */
        {0x3040, 0x30FF, HY_CHAR_PAIR},   {0xAC00, 0xD7A3, HY_CHAR_PAIR},
    };

    if (hy_is_han(c))
        return HY_CHAR_PAIR;
    for (size_t i = 0; i < HY_COUNT(ranges) && c >= ranges[i].from; i++)
        if (c <= ranges[i].to)
            return ranges[i].class;
    return HY_CHAR_BREAK;
}

struct cutter {
    struct hy_str text;
    bool index, title;
    hy_word_fn fn;
    void *user;
};

static int give(const struct cutter *k, size_t from, size_t to)
{
    struct hy_str word = hy_str_sub(k->text, from, to);
    char marked[1 + WORD_MAX] = {TITLE};
    int rc = 0;

    word.n = HY_MIN(word.n, (size_t)WORD_MAX); /* nobody types more of it */
    if (k->index || !k->title)
        rc = k->fn(word, k->user);
    if (rc || !k->title)
        return rc;
    memcpy(marked + 1, word.p, word.n);
    return k->fn(hy_str_n(marked, 1 + word.n), k->user);
}

/* Pairs of the run of characters that begins at *at; *at moves behind it. */
static int cut_pairs(const struct cutter *k, size_t *at)
{
    size_t first = *at, last = first, end = first;
    int rc = 0;

    hy_utf8_next(k->text, &end);
    while (end < k->text.n && rc == 0) {
        size_t next = end;
        if (hy_char_class(hy_utf8_next(k->text, &next)) != HY_CHAR_PAIR)
            break;
        rc = give(k, last, next);
        last = end;
        end = next;
    }
    *at = end;
    return rc || (!k->index && last != first) ? rc : give(k, last, end);
}

static int cut_letters(const struct cutter *k, size_t *at)
{
    size_t first = *at, end = first;

    while (end < k->text.n) {
        size_t next = end;
        if (hy_char_class(hy_utf8_next(k->text, &next)) != HY_CHAR_LETTER)
            break;
        end = next;
    }
    *at = end;
    return give(k, first, end);
}

int hy_words(struct hy_str text, bool index, hy_word_fn fn, void *user)
{
    struct cutter k = {text, index, false, fn, user};
    int rc = 0;

    for (size_t at = 0; at < text.n && rc == 0;) {
        size_t next = at;
        uint32_t c = hy_utf8_next(text, &next);
        switch (hy_char_class(c)) {
        case HY_CHAR_PAIR:
            rc = cut_pairs(&k, &at);
            break;
        case HY_CHAR_LETTER:
            rc = cut_letters(&k, &at);
            break;
        case HY_CHAR_BREAK:
            if (c == TITLE || c == TITLE_END)
                k.title = c == TITLE;
            at = next;
        }
    }
    return rc;
}
