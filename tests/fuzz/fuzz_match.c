/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher on arbitrary text: lines up to the first empty one are words, the rest is the text.
 * The words alone, and grown to lists that go through a sieve or are too long for one
 * (match_lists.h): every way of walking must find what a naive search finds.  About the words alone
 * Hyperscan is asked as well.
 * Covers: analyzer/match */
#include "analyzer/match_table.h"
#include "core/err.h"
#include "core/utf8.h"

#include <stdint.h>
#include <string.h>

#include "tests/fuzz/match_lists.h"
#include "tests/fuzz/match_oracles.h"

enum { MAX_WORDS = 64, MAX_LENGTH = 200 };

static void must_equal(const struct hy_match_hits *got, const struct hy_match_hits *want,
                       const char *who)
{
    if (got->n != want->n)
        hy_bug("%s: %zu hits, a naive search %zu", who, got->n, want->n);
    for (size_t i = 0; i < got->n; i++)
        if (oracle_compare(&got->v[i], &want->v[i]) != 0)
            hy_bug("%s: hit %zu of %zu is another", who, i, got->n);
}

static void check(const struct match_lists *lists, enum match_list which, struct hy_str text)
{
    size_t n;
    struct hy_match *m = lists_match(lists, which, &n);
    struct hy_match_hits hits = {0}, naive = {0}, theirs = {0};

    oracle_naive(lists->words, n, text, &naive);
    for (int level = 0; level < HY_PAIRS_LEVELS; level++) {
        hits.n = 0;
        if (!match_use(m, (enum hy_pairs_level)level))
            continue;
        hy_match_scan(m, text, &hits);
        must_equal(&hits, &naive, hy_pairs_level_name[level]);
    }
    if (which == LIST_BARE && oracle_hyperscan(lists->words, n, text, &theirs))
        must_equal(&theirs, &naive, "Hyperscan");
    hy_vec_release(&hits);
    hy_vec_release(&naive);
    hy_vec_release(&theirs);
    hy_match_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct match_lists lists;
    struct hy_str rest = hy_str_n((const char *)data, size), line, words[MAX_WORDS];
    size_t n = 0;

    rest.n = hy_utf8_valid_prefix(rest, false); /* the matcher is for valid text */
    while (n < MAX_WORDS && hy_str_cut(&rest, '\n', &line) && line.n > 0)
        if (line.n < MAX_LENGTH)
            words[n++] = line;
    lists_of(&lists, words, n, rest);
    for (int which = 0; which < LISTS; which++)
        check(&lists, (enum match_list)which, lists_text(rest, (enum match_list)which));
    return 0;
}
