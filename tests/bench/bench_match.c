/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-keyword matching: our matcher against Hyperscan on the same words and the same text.
 *
 * 24 MB of text that does not repeat (a branch predictor learns a text that does), made of
 * characters with the frequencies of a language: rank r about 1/r, 1 in 8 characters a sign or a
 * digit.  A part of the text is drawn from the words, so that hits are as frequent as
 * in news (1.4, 5 and 14 per KB).
 * Every occurrence is reported by both; the counts must be equal. */
#include "analyzer/match.h"
#include "core/clock.h"
#include "core/mem.h"

#include <hs/hs.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 24 << 20, DOCUMENT_BYTES = 3500, RANKS = 4000, ROUNDS = 5, MAX_WORDS = 50000 };

static uint64_t seed = 42;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((seed >> 32) * below) >> 32);
}

/* A rank with probability about 1/rank: uniform in the logarithm. */
static uint32_t zipf(void)
{
    uint32_t bits = draw(12);

    return HY_MIN((1u << bits) + draw(1u << bits), (uint32_t)RANKS) - 1;
}

static size_t put_char(char *p, uint32_t c)
{
    p[0] = (char)(0xE0 | c >> 12);
    p[1] = (char)(0x80 | (c >> 6 & 63));
    p[2] = (char)(0x80 | (c & 63));
    return 3;
}

/* Ranks spread over the block of unified characters. */
static size_t put_han(char *p)
{
    return put_char(p, 0x4E00 + zipf() * 5 % 20000);
}

static struct hy_str words[MAX_WORDS];

static void make_words(void)
{
    static const unsigned lengths[] = {2, 2, 2, 2, 3, 3, 4, 4, 5, 6};
    static char store[MAX_WORDS][24];

    for (size_t i = 0; i < MAX_WORDS; i++) {
        size_t n = 0;
        for (unsigned k = lengths[draw(HY_COUNT(lengths))]; k > 0; k--)
            n += put_char(store[i] + n, 0x4E00 + (40 + draw(RANKS - 40)) * 5 % 20000);
        words[i] = hy_str_n(store[i], n);
    }
}

/* One character in `every` is replaced by a word. */
static char *make_text(size_t n_words, uint32_t every)
{
    char *text = hy_xmalloc(TEXT_BYTES + 64);
    size_t n = 0;

    while (n < TEXT_BYTES) {
        if (draw(every) == 0) {
            struct hy_str w = words[draw((uint32_t)n_words)];
            memcpy(text + n, w.p, w.n);
            n += w.n;
        } else if (draw(8) == 0) {
            n += draw(2) ? put_char(text + n, 0xFF0C) : (text[n] = (char)('0' + draw(10)), 1);
        } else {
            n += put_han(text + n);
        }
    }
    memset(text + TEXT_BYTES, 0, 64);
    return text;
}

static int on_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                  void *user)
{
    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    ++*(size_t *)user;
    return 0;
}

static hs_database_t *compile(size_t n)
{
    const char **text = hy_xcalloc(n, sizeof(*text));
    size_t *length = hy_xcalloc(n, sizeof(*length));
    unsigned *id = hy_xcalloc(n, sizeof(*id)), *flags = hy_xcalloc(n, sizeof(*flags));
    hs_compile_error_t *why = NULL;
    hs_database_t *db = NULL;

    for (size_t i = 0; i < n; i++) {
        text[i] = words[i].p;
        length[i] = words[i].n;
        id[i] = (unsigned)i;
    }
    if (hs_compile_lit_multi(text, flags, id, length, (unsigned)n, HS_MODE_BLOCK, NULL, &db,
                             &why) != HS_SUCCESS)
        fprintf(stderr, "hyperscan: %s\n", why->message);
    free(text);
    free(length);
    free(id);
    free(flags);
    return db;
}

static size_t run_hyperscan(const hs_database_t *db, hs_scratch_t *scratch, const char *text)
{
    size_t hits = 0;

    for (size_t at = 0; at < TEXT_BYTES; at += DOCUMENT_BYTES) {
        size_t n = HY_MIN((size_t)DOCUMENT_BYTES, TEXT_BYTES - at);
        hs_scan(db, text + at, (unsigned)n, 0, scratch, on_hit, &hits);
    }
    return hits;
}

static size_t run_ours(const struct hy_match *m, struct hy_match_hits *out, const char *text)
{
    size_t hits = 0;

    for (size_t at = 0; at < TEXT_BYTES; at += DOCUMENT_BYTES) {
        out->n = 0;
        hy_match_scan(m, hy_str_n(text + at, HY_MIN((size_t)DOCUMENT_BYTES, TEXT_BYTES - at)), out);
        hits += out->n;
    }
    return hits;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double megabytes_a_second(hy_mono from)
{
    return TEXT_BYTES / (double)(hy_mono_now().us - from.us);
}

static int measure(const char *metric, size_t n, uint32_t every)
{
    double ours[ROUNDS], theirs[ROUNDS];
    char *text = make_text(n, every);
    struct hy_match *m = hy_match_new(words, n);
    struct hy_match_hits out = {0};
    hs_database_t *db = compile(n);
    hs_scratch_t *scratch = NULL;
    size_t a = 0, b = 0;

    if (db == NULL || hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
        return 1;
    for (int i = 0; i < ROUNDS; i++) {
        hy_mono start = hy_mono_now();
        a = run_ours(m, &out, text);
        ours[i] = megabytes_a_second(start);
        start = hy_mono_now();
        b = run_hyperscan(db, scratch, text);
        theirs[i] = megabytes_a_second(start);
    }
    qsort(ours, ROUNDS, sizeof(*ours), by_value);
    qsort(theirs, ROUNDS, sizeof(*theirs), by_value);
    printf("{\"bench\":\"match\",\"metric\":\"%s\",\"value\":%.0f,\"unit\":\"MB/s\",\"peer\":"
           "\"hyperscan\",\"peer_value\":%.0f,\"ratio\":%.2f}\n",
           metric, ours[ROUNDS / 2], theirs[ROUNDS / 2], ours[ROUNDS / 2] / theirs[ROUNDS / 2]);
    fprintf(stderr, "%s: %zu hits, %.1f per KB, %zu KB of tables\n", metric, a,
            (double)a / (TEXT_BYTES / 1024), hy_match_bytes(m) / 1024);
    if (a != b)
        fprintf(stderr, "%s: %zu hits, hyperscan %zu\n", metric, a, b);
    hs_free_scratch(scratch);
    hs_free_database(db);
    hy_match_free(m);
    hy_vec_release(&out);
    free(text);
    return a != b;
}

int main(void)
{
    make_words();
    return measure("words_1k_mb_s", 1000, 280) | measure("words_10k_mb_s", 10000, 90) |
           measure("words_50k_mb_s", 50000, 30);
}
