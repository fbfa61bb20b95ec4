/* SPDX-License-Identifier: Apache-2.0 */
/* Who says what the matcher should have found: a naive search, and Hyperscan where it is installed.
 * Both answer in the matcher's order, so that answers are compared byte for byte. */
#pragma once
#include "analyzer/match.h"

#include <stdlib.h>
#include <string.h>
#ifdef HY_HYPERSCAN
#include <hs/hs.h>
#endif

static inline int oracle_compare(const void *a, const void *b)
{
    const struct hy_match_hit *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

static inline void oracle_sort(struct hy_match_hits *out)
{
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), oracle_compare);
}

static inline void oracle_naive(const struct hy_str *words, size_t n, struct hy_str text,
                                struct hy_match_hits *out)
{
    for (size_t i = 0; i < n && text.n > 0; i++)
        for (const char *p = text.p, *end = text.p + text.n;
             (p = memmem(p, (size_t)(end - p), words[i].p, words[i].n)) != NULL; p++) {
            uint32_t at = (uint32_t)(p - text.p);
            hy_vec_push(out, (struct hy_match_hit){(uint32_t)i, at, at + (uint32_t)words[i].n});
        }
    oracle_sort(out);
}

#ifdef HY_HYPERSCAN
struct oracle_run {
    const struct hy_str *words;
    struct hy_match_hits *out;
};

static inline int oracle_on_hit(unsigned id, unsigned long long from, unsigned long long to,
                                unsigned flags, void *user)
{
    struct oracle_run *run = user;

    (void)from;
    (void)flags;
    hy_vec_push(run->out,
                (struct hy_match_hit){id, (uint32_t)(to - run->words[id].n), (uint32_t)to});
    return 0;
}

static inline hs_database_t *oracle_compile(const struct hy_str *words, size_t n)
{
    const char **text = hy_xcalloc(n + 1, sizeof(*text));
    size_t *length = hy_xcalloc(n + 1, sizeof(*length));
    unsigned *id = hy_xcalloc(n + 1, sizeof(*id)), *flags = hy_xcalloc(n + 1, sizeof(*flags));
    hs_compile_error_t *why = NULL;
    hs_database_t *db = NULL;

    for (size_t i = 0; i < n; i++) {
        text[i] = words[i].p;
        length[i] = words[i].n;
        id[i] = (unsigned)i;
    }
    if (hs_compile_lit_multi(text, flags, id, length, (unsigned)n, HS_MODE_BLOCK, NULL, &db,
                             &why) != HS_SUCCESS)
        hs_free_compile_error(why);
    free(text);
    free(length);
    free(id);
    free(flags);
    return db;
}

/* False when Hyperscan does not take these words. */
static inline bool oracle_hyperscan(const struct hy_str *words, size_t n, struct hy_str text,
                                    struct hy_match_hits *out)
{
    struct oracle_run run = {words, out};
    hs_scratch_t *scratch = NULL;
    hs_database_t *db = n ? oracle_compile(words, n) : NULL;

    if (db == NULL)
        return false;
    bool ok = hs_alloc_scratch(db, &scratch) == HS_SUCCESS &&
              hs_scan(db, text.p, (unsigned)text.n, 0, scratch, oracle_on_hit, &run) == HS_SUCCESS;
    hs_free_scratch(scratch);
    hs_free_database(db);
    oracle_sort(out);
    return ok;
}
#else
static inline bool oracle_hyperscan(const struct hy_str *words, size_t n, struct hy_str text,
                                    struct hy_match_hits *out)
{
    (void)words;
    (void)n;
    (void)text;
    (void)out;
    return false;
}
#endif
