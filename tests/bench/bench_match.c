/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-keyword matching: our matcher against Hyperscan on the same words and the same text.
 *
 *     bench_match                 generated words in a generated text
 *     bench_match TEXT WORDS      real ones: WORDS has lines "word frequency", such as the
 *                                 dictionary of jieba; of middling frequency, shuffled
 *
 * Generated: 24 MB of text that does not repeat (a branch predictor learns a text that does), made
 * of characters with the frequencies of a language: rank r about 1/r, 1 in 8 characters a sign or a
 * digit.  A part of the text is drawn from the words, so that hits are as frequent as
 * in news (1.4, 5 and 14 per KB).
 * Every occurrence is reported by both; the counts must be equal.  Processor time. */
#include "analyzer/match_table.h"
#include "core/mem.h"

#include <hs/hs.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/reader.h"

enum { TEXT_BYTES = 24 << 20, DOCUMENT_BYTES = 3500, RANKS = 4000, ROUNDS = 5, MAX_WORDS = 50000 };

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

static char *text;
static size_t text_bytes;

/* One character in `every` is replaced by a word. */
static void make_text(size_t n_words, uint32_t every)
{
    size_t n = 0;

    text = hy_xmalloc(TEXT_BYTES + 64);
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
    text_bytes = TEXT_BYTES;
}

/* -- real words and texts --------------------------------------------------------------------- */

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
    uint32_t every; /* generated: one character in so many is a word */
    long least;     /* real: words that are at least so frequent */
} sets[] = {
    {"words_1k", 1000, 280, 20},
    {"words_10k", 10000, 90, 5},
    {"words_50k", 50000, 30, 3},
};

int main(int argc, char **argv)
{
    struct hy_str dictionary = {0};
    int failed = 0;

    if (argc == 3) {
        text = read_all(argv[1], &text_bytes);
        dictionary.p = read_all(argv[2], &dictionary.n);
    } else {
        make_words();
    }
    for (size_t i = 0; i < HY_COUNT(sets); i++) {
        size_t n = sets[i].words;
        if (dictionary.p) {
            n = choose_words(dictionary, sets[i].least, n);
        } else {
            free(text);
            make_text(n, sets[i].every);
        }
        failed |= measure(sets[i].name, n);
    }
    free(text);
    free((void *)dictionary.p);
    return failed;
}
