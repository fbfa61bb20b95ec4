/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher on arbitrary text: lines up to the first empty one are words, the rest is the text.
 * Every way of walking must find what a naive search finds, and Hyperscan must agree with it.
 * Covers: analyzer/match */
#include "analyzer/match_table.h"
#include "core/err.h"
#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

#include "tests/fuzz/match_oracles.h"

enum { MAX_WORDS = 64, MAX_LENGTH = 200 };

static void must_equal(const struct hy_match_hits *got, const struct hy_match_hits *want,
                       const char *who)
{
    if (got->n != want->n)
        hy_bug("%zu hits, %s finds %zu", got->n, who, want->n);
    for (size_t i = 0; i < got->n; i++)
        if (oracle_compare(&got->v[i], &want->v[i]) != 0)
            hy_bug("hit %zu of %zu is not that of %s", i, got->n, who);
}

static void check(const struct hy_str *words, size_t n, struct hy_str text)
{
    struct hy_match *m = hy_match_new(words, n);
    struct hy_match_hits hits = {0}, naive = {0}, theirs = {0};

    oracle_naive(words, n, text, &naive);
    for (int level = 0; level < HY_PAIRS_LEVELS; level++) {
        hits.n = 0;
        if (!match_use(m, (enum hy_pairs_level)level))
            continue;
        hy_match_scan(m, text, &hits);
        must_equal(&hits, &naive, "a naive search");
    }
    if (oracle_hyperscan(words, n, text, &theirs))
        must_equal(&theirs, &naive, "Hyperscan");
    hy_vec_release(&hits);
    hy_vec_release(&naive);
    hy_vec_release(&theirs);
    hy_match_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str rest = hy_str_n((const char *)data, size), line, words[MAX_WORDS];
    size_t n = 0;

    rest.n = hy_utf8_valid_prefix(rest, false); /* the matcher is for valid text */
    while (n < MAX_WORDS && hy_str_cut(&rest, '\n', &line) && line.n > 0)
        if (line.n < MAX_LENGTH)
            words[n++] = line;
    check(words, n, rest);
    return 0;
}
