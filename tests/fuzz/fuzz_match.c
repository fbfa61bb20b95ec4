/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher on arbitrary text: lines up to the first empty one are words, the rest is the text.
 * The count must be that of a naive search. */
#include "analyzer/match.h"
#include "core/err.h"
#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

enum { MAX_WORDS = 64, MAX_LENGTH = 200 };

static size_t naive(const struct hy_str *words, size_t n, struct hy_str text)
{
    size_t hits = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at + words[i].n <= text.n; at++)
            hits += memcmp(text.p + at, words[i].p, words[i].n) == 0;
    return hits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str rest = hy_str_n((const char *)data, size), line, words[MAX_WORDS];
    struct hy_match_hits hits = {0};
    size_t n = 0;

    rest.n = hy_utf8_valid_prefix(rest, false); /* the matcher is for valid text */
    while (n < MAX_WORDS && hy_str_cut(&rest, '\n', &line) && line.n > 0)
        if (line.n < MAX_LENGTH)
            words[n++] = line;
    struct hy_match *m = hy_match_new(words, n);
    hy_match_scan(m, rest, &hits);
    for (size_t i = 1; i < hits.n; i++)
        if (hits.v[i].start < hits.v[i - 1].start)
            hy_bug("hits are not in order");
    if (hits.n != naive(words, n, rest))
        hy_bug("%zu hits, a naive search finds %zu", hits.n, naive(words, n, rest));
    hy_vec_release(&hits);
    hy_match_free(m);
    return 0;
}
