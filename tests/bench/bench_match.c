/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-keyword matching: our matcher against Hyperscan on the same words and the same text.
 *
 *     bench_match TEXT WORDS
 *
 * TEXT: 20 MB and more that do not repeat, because a branch predictor learns a text that does;
 * WORDS: lines "word frequency", of which those of middling frequency are drawn.  `./dev bench
 * match` makes both out of Debian packages (tests/bench/corpus.py). Every occurrence is reported by
 * both; the counts must be equal.  Processor time. */
#include "analyzer/match_table.h"
#include "core/mem.h"

#include <hs/hs.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/reader.h"

enum { DOCUMENT_BYTES = 3500, ROUNDS = 5, MAX_WORDS = 50000 };

static struct hy_str words[MAX_WORDS];
static char *text;
static size_t text_bytes;

/* -- words ------------------------------------------------------------------------------------ */

static long number_of(struct hy_str digits)
{
    long n = 0;

    for (size_t i = 0; i < digits.n && digits.p[i] >= '0' && digits.p[i] <= '9'; i++)
        n = HY_MIN(n * 10 + digits.p[i] - '0', 1000000000L);
    return n;
}

static bool is_word(struct hy_str w)
{
    for (size_t i = 0; i + 3 <= w.n; i += 3)
        if (!hy_is_han_lead((unsigned char)w.p[i]))
            return false;
    return w.n >= 6 && w.n <= 24 && w.n % 3 == 0;
}

/* Up to n words of two to eight characters that occur `least` to 3,000 times, at random. */
static size_t choose_words(struct hy_str dictionary, long least, size_t n)
{
    HY_VEC(struct hy_str) all = {0};
    struct hy_str line, word;

    while (hy_str_cut(&dictionary, '\n', &line))
        if (hy_str_cut(&line, ' ', &word) && is_word(word)) {
            long times = number_of(line);
            if (times >= least && times <= 3000)
                hy_vec_push(&all, word);
        }
    n = HY_MIN(n, all.n);
    for (size_t i = 0; i < n; i++) {
        size_t k = i + draw((uint32_t)(all.n - i));
        words[i] = all.v[k];
        all.v[k] = all.v[i];
    }
    hy_vec_release(&all);
    return n;
}

/* -- running ---------------------------------------------------------------------------------- */

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
    const char **word = hy_xcalloc(n, sizeof(*word));
    size_t *length = hy_xcalloc(n, sizeof(*length));
    unsigned *id = hy_xcalloc(n, sizeof(*id)), *flags = hy_xcalloc(n, sizeof(*flags));
    hs_compile_error_t *why = NULL;
    hs_database_t *db = NULL;

    for (size_t i = 0; i < n; i++) {
        word[i] = words[i].p;
        length[i] = words[i].n;
        id[i] = (unsigned)i;
    }
    if (hs_compile_lit_multi(word, flags, id, length, (unsigned)n, HS_MODE_BLOCK, NULL, &db,
                             &why) != HS_SUCCESS)
        fprintf(stderr, "hyperscan: %s\n", why->message);
    free(word);
    free(length);
    free(id);
    free(flags);
    return db;
}

static size_t run_hyperscan(const hs_database_t *db, hs_scratch_t *scratch)
{
    size_t hits = 0;

    for (size_t at = 0; at < text_bytes; at += DOCUMENT_BYTES) {
        size_t n = HY_MIN((size_t)DOCUMENT_BYTES, text_bytes - at);
        hs_scan(db, text + at, (unsigned)n, 0, scratch, on_hit, &hits);
    }
    return hits;
}

static size_t run_ours(const struct hy_match *m, struct hy_match_hits *out)
{
    size_t hits = 0;

    for (size_t at = 0; at < text_bytes; at += DOCUMENT_BYTES) {
        out->n = 0;
        hy_match_scan(m, hy_str_n(text + at, HY_MIN((size_t)DOCUMENT_BYTES, text_bytes - at)), out);
        hits += out->n;
    }
    return hits;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double megabytes_a_second(double from)
{
    return text_bytes / (cpu_us() - from);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof(*v), by_value);
    return v[ROUNDS / 2];
}

static void print(const char *metric, const char *what, double value, const char *unit,
                  const char *peer, double peer_value, double ratio)
{
    printf("{\"bench\":\"match\",\"metric\":\"%s_%s\",\"value\":%.2f,\"unit\":\"%s\","
           "\"peer\":\"%s\",\"peer_value\":%.2f,\"ratio\":%.2f}\n",
           metric, what, value, unit, peer, peer_value, ratio);
}

/* What a search that knows nothing costs: one memmem() for each word, over the first megabyte. */
static void measure_naive(const char *metric, size_t n, double ours)
{
    size_t bytes = HY_MIN(text_bytes, (size_t)1 << 20), hits = 0;
    double start = cpu_us();

    for (size_t i = 0; i < n; i++)
        for (const char *p = text; p; hits += p != NULL)
            p = memmem(p + (p != text), bytes - (size_t)(p + (p != text) - text), words[i].p,
                       words[i].n);
    double theirs = (double)bytes / (cpu_us() - start);
    print(metric, "mb_s", ours, "MB/s", "naive", theirs, ours / theirs);
}

static void measure_limit(const char *metric, double ours)
{
    double theirs[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        double start = cpu_us();
        if (memchr(text, 1, text_bytes))
            fprintf(stderr, "the text has a byte 1\n");
        theirs[i] = megabytes_a_second(start);
    }
    print(metric, "mb_s", ours, "MB/s", "memchr", median(theirs), ours / median(theirs));
}

static void measure_levels(const char *metric, struct hy_match *m, struct hy_match_hits *out)
{
    enum hy_pairs_level best = m->level;

    fprintf(stderr, "%s:", metric);
    for (int level = 0; level < HY_PAIRS_LEVELS; level++) {
        double v[ROUNDS];
        if (!match_use(m, (enum hy_pairs_level)level))
            continue;
        for (int i = 0; i < ROUNDS; i++) {
            double start = cpu_us();
            run_ours(m, out);
            v[i] = megabytes_a_second(start);
        }
        fprintf(stderr, " %s %.0f", hy_pairs_level_name[level], median(v));
    }
    fprintf(stderr, " MB/s\n");
    match_use(m, best);
}

static int measure(const char *metric, size_t n)
{
    double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS], build[ROUNDS];
    struct hy_match *m = NULL;
    struct hy_match_hits out = {0};
    hs_scratch_t *scratch = NULL;
    size_t a = 0, b = 0;

    for (int i = 0; i < ROUNDS; i++) {
        hy_match_free(m);
        double start = cpu_us();
        m = hy_match_new(words, n);
        build[i] = (cpu_us() - start) / 1000;
    }
    double start = cpu_us();
    hs_database_t *db = compile(n);
    double compiled = (cpu_us() - start) / 1000;
    if (db == NULL || hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
        return 1;
    for (int i = 0; i < ROUNDS; i++) {
        start = cpu_us();
        a = run_ours(m, &out);
        ours[i] = megabytes_a_second(start);
        start = cpu_us();
        b = run_hyperscan(db, scratch);
        theirs[i] = megabytes_a_second(start);
        ratio[i] = ours[i] / theirs[i]; /* of neighbours: the machine's speed drifts */
    }
    print(metric, "mb_s", median(ours), "MB/s", "hyperscan", median(theirs), median(ratio));
    print(metric, "build_ms", median(build), "ms", "hyperscan", compiled, compiled / median(build));
    measure_limit(metric, median(ours));
    if (n <= 1000)
        measure_naive(metric, n, median(ours));
    fprintf(stderr, "%s: %zu hits, %.1f per KB, %zu KB of tables\n", metric, a,
            (double)a / ((double)text_bytes / 1024), hy_match_bytes(m) / 1024);
    measure_levels(metric, m, &out);
    if (a != b)
        fprintf(stderr, "%s: %zu hits, hyperscan %zu\n", metric, a, b);
    hs_free_scratch(scratch);
    hs_free_database(db);
    hy_match_free(m);
    hy_vec_release(&out);
    return a != b;
}

static const struct set {
    const char *name;
    size_t words;
    long least; /* words that are at least so frequent */
} sets[] = {
    {"words_1k", 1000, 20},
    {"words_10k", 10000, 5},
    {"words_50k", 50000, 3},
};

int main(int argc, char **argv)
{
    struct hy_str dictionary;
    int failed = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_match TEXT WORDS (./dev bench match makes them)\n");
        return 1;
    }
    text = read_all(argv[1], &text_bytes);
    dictionary.p = read_all(argv[2], &dictionary.n);
    for (size_t i = 0; i < HY_COUNT(sets); i++)
        failed |= measure(sets[i].name, choose_words(dictionary, sets[i].least, sets[i].words));
    free(text);
    free((void *)dictionary.p);
    return failed;
}
