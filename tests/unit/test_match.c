/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/match.h"
#include "analyzer/match_table.h"
#include "core/mem.h"

#include <string.h>

#include "tests/fuzz/match_lists.h"
#include "tests/fuzz/match_oracles.h"
#include "tests/unit/harness.h"

enum { MAX_WORDS = 400 };

static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

/* A small alphabet makes words overlap, nest and repeat. */
static const char *const letters[] = {"爆", "炸", "火", "灾", "山", "a", "7", "，", "é", "😀", "b"};

static struct hy_str text_of(char *buf, size_t room, unsigned length)
{
    size_t n = 0;

    for (unsigned i = 0; i < length && n + 5 < room; i++) {
        const char *c = letters[draw(HY_COUNT(letters))];
        memcpy(buf + n, c, strlen(c));
        n += strlen(c);
    }
    return hy_str_n(buf, n);
}

static void assert_same(const struct hy_match_hits *got, const struct hy_match_hits *want)
{
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < got->n; i++) {
        assert_int_equal(got->v[i].word, want->v[i].word);
        assert_int_equal(got->v[i].start, want->v[i].start);
        assert_int_equal(got->v[i].end, want->v[i].end);
    }
}

/* Every way of walking against the naive search. */
static void compare_with(struct hy_match *m, const struct hy_str *words, size_t n,
                         struct hy_str text)
{
    struct hy_match_hits got = {0}, want = {0};
    char *exact = hy_str_dup(text); /* its own block: reading past the end shows under ASan */

    oracle_naive(words, n, text, &want);
    for (int level = 0; level < HY_PAIRS_LEVELS; level++) {
        if (!match_use(m, (enum hy_pairs_level)level))
            continue;
        got.n = 0;
        hy_match_scan(m, hy_str_n(exact, text.n), &got);
        assert_same(&got, &want);
    }
    hy_vec_release(&got);
    hy_vec_release(&want);
    free(exact);
}

static void compare(const struct hy_str *words, size_t n, struct hy_str text)
{
    HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new(words, n);

    compare_with(m, words, n, text);
}

/* The same words in a list that goes through a sieve, and in one too long for it. */
static void compare_grown(const struct hy_str *words, size_t n, struct hy_str text)
{
    static struct match_lists lists;

    lists_of(&lists, words, n, text);
    for (int which = 0; which < LISTS; which++) {
        size_t all;
        HY_CLEANUP(hy_match_freep)
        struct hy_match *m = lists_match(&lists, (enum match_list)which, &all);
        compare_with(m, lists.words, all, lists_text(text, (enum match_list)which));
    }
}

TEST(equals_a_naive_search_on_random_words_and_texts)
{
    static char store[MAX_WORDS][40], text[9000];

    for (unsigned round = 0; round < 300; round++) {
        struct hy_str words[MAX_WORDS];
        size_t n = 1 + draw(round % 3 ? 20 : MAX_WORDS - 1);

        seed += round;
        for (size_t i = 0; i < n; i++)
            words[i] = text_of(store[i], sizeof(store[i]), 1 + draw(6));
        struct hy_str t = text_of(text, sizeof(text), round % 10 ? draw(60) : draw(3000));
        if (round % 4 == 0)
            compare_grown(words, n, t);
        else
            compare(words, n, t);
    }
}

TEST(reports_nested_and_overlapping_words_in_order)
{
    const struct hy_str words[] = {HY_STR("爆炸"), HY_STR("瓦斯爆炸"), HY_STR("炸药"),
                                   HY_STR("爆"),   HY_STR("p2p平台"),  HY_STR("爆炸")};

    compare(words, HY_COUNT(words), HY_STR("某矿瓦斯爆炸药引p2p平台"));
}

TEST(finds_a_long_word_at_both_ends_of_a_text)
{
    const struct hy_str words[] = {HY_STR("一二三四五六七八九十一二三四五六七八九十")};

    compare(words, 1, words[0]);
    compare(words, 1, HY_STR(""));
}

TEST(words_longer_than_a_key_are_compared_to_their_end)
{
    const struct hy_str words[] = {
        HY_STR("市人民政府新闻办公室发布"),
        HY_STR("市人民政府新闻办公室发文"),
        HY_STR("市人民政府新闻办"),
        HY_STR("很长很长很长很长很长很长很长很长很长很长的词"),
        HY_STR("this is a sentence of more than twenty-four bytes"),
    };

    compare(
        words, HY_COUNT(words),
        HY_STR(
            "市人民政府新闻办公室发布，市人民政府新闻办公室发文。很长很长很长很长很长很长很长很长"
            "很长很长的词很长很长很长很长很长很长很长很长很长很长的this is a sentence of more "
            "than twenty-four bytes, this is a sentence of more than twenty-four"));
}

static size_t put_han(char *p, uint32_t c)
{
    p[0] = (char)(0xE0 | c >> 12);
    p[1] = (char)(0x80 | (c >> 6 & 63));
    p[2] = (char)(0x80 | (c & 63));
    return 3;
}

/* Chinese as it is written: few signs between long runs, words of all lengths, also longer than a
 * key, so that buckets, long words and batches are met. */
static struct hy_str prose_of(char *buf, size_t room, unsigned length)
{
    size_t n = 0;

    for (unsigned i = 0; i < length && n + 3 < room; i++) {
        n += put_han(buf + n, draw(12) ? 0x4E00 + draw(draw(2) ? 8 : 60) : 0xFF0C);
    }
    return hy_str_n(buf, n);
}

/* A bitmap of another size, a sieve or none: where one kind of list ends and the next begins. */
TEST(lists_at_the_borders_of_a_sieve_equal_a_naive_search)
{
    static const struct {
        size_t words;
        bool sieved;
    } border[] = {{127, false}, {128, true}, {3000, true}, {3001, false}};
    static struct match_lists lists;
    static char text[2000];

    seed = 11;
    struct hy_str t = prose_of(text, sizeof(text), 600);
    lists_of(&lists, NULL, 0, t);
    for (size_t i = 0; i < HY_COUNT(border); i++) {
        HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new(lists.words, border[i].words);
        assert_int_equal(m->pairs.sieve != NULL, border[i].sieved);
        compare_with(m, lists.words, border[i].words, t);
    }
}

TEST(no_words_no_hits)
{
    compare(NULL, 0, HY_STR("爆炸"));
}

TEST(equals_naive_and_hyperscan_on_prose)
{
    enum { WORDS = 300 };
    static char store[WORDS][64], text[12000];

    for (unsigned round = 0; round < 40; round++) {
        struct hy_str words[WORDS];

        seed = round;
        for (size_t i = 0; i < WORDS; i++)
            words[i] = prose_of(store[i], sizeof(store[i]), 1 + draw(draw(8) ? 5 : 20));
        struct hy_str t = prose_of(text, sizeof(text), draw(round % 4 ? 80 : 3900));
        struct hy_match_hits naive = {0}, theirs = {0};
        compare_grown(words, WORDS, t);
        oracle_naive(words, WORDS, t, &naive);
        if (round % 8 == 0 && oracle_hyperscan(words, WORDS, t, &theirs))
            assert_same(&theirs, &naive);
        hy_vec_release(&naive);
        hy_vec_release(&theirs);
    }
}

/* Metamorphic: what stands in two texts stands in both joined, and nothing else unless it crosses
 * the seam; a sign nobody has in a word lets nothing cross. */
TEST(a_text_of_two_has_the_hits_of_both)
{
    enum { WORDS = 60 };
    static char store[WORDS][40], a[3000], joined[7000];

    for (unsigned round = 0; round < 60; round++) {
        struct hy_str words[WORDS];

        seed = 1000 + round;
        for (size_t i = 0; i < WORDS; i++)
            words[i] = text_of(store[i], sizeof(store[i]), 1 + draw(5));
        HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new(words, WORDS);
        struct hy_match_hits apart = {0}, together = {0};
        struct hy_str first = text_of(a, sizeof(a), draw(300));
        memcpy(joined, first.p, first.n);
        joined[first.n] = '#';
        struct hy_str second =
            text_of(joined + first.n + 1, sizeof(joined) - first.n - 1, draw(300));
        hy_match_scan(m, first, &apart);
        size_t n = apart.n;
        hy_match_scan(m, second, &apart);
        for (size_t i = n; i < apart.n; i++) {
            apart.v[i].start += (uint32_t)first.n + 1;
            apart.v[i].end += (uint32_t)first.n + 1;
        }
        hy_match_scan(m, hy_str_n(joined, first.n + 1 + second.n), &together);
        assert_same(&together, &apart);
        hy_vec_release(&apart);
        hy_vec_release(&together);
    }
}

TEST(the_order_of_the_words_changes_numbers_only)
{
    enum { WORDS = 120 };
    static char store[WORDS][40], text[4000];
    struct hy_str words[WORDS], turned[WORDS];

    seed = 77;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = turned[WORDS - 1 - i] = prose_of(store[i], sizeof(store[i]), 1 + draw(5));
    struct hy_str t = prose_of(text, sizeof(text), 1200);
    HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new(words, WORDS);
    HY_CLEANUP(hy_match_freep) struct hy_match *k = hy_match_new(turned, WORDS);
    struct hy_match_hits a = {0}, b = {0};
    hy_match_scan(m, t, &a);
    hy_match_scan(k, t, &b);
    for (size_t i = 0; i < b.n; i++)
        b.v[i].word = WORDS - 1 - b.v[i].word;
    oracle_sort(&b);
    assert_true(a.n > 100);
    assert_same(&b, &a);
    hy_vec_release(&a);
    hy_vec_release(&b);
}

/* A bitmap of these pairs alone. */
static struct hy_pairs pairs_of(const char *const *pair, uint32_t *bits, unsigned log)
{
    struct hy_pairs p = {.bits = bits, .shift = 32 - log};

    for (; *pair; pair++) {
        uint32_t bit = hy_pair_hash(*pair) >> p.shift;
        bits[bit / 32] |= UINT32_C(1) << bit % 32;
    }
    return p;
}

enum { LOG = 17 };
static uint32_t bitmap[(1 << LOG) / 32];

static size_t all_candidates(const struct hy_pairs *p, enum hy_pairs_level level,
                             struct hy_str text, uint32_t *to)
{
    static struct hy_pairs_found found;
    hy_pairs_find *find = hy_pairs_walk(level);
    size_t n = 0;

    if (find == NULL)
        return SIZE_MAX;
    for (size_t at = 0; at < text.n;) {
        find(p, text, &at, &found);
        for (size_t i = 0; i < found.n; i++) {
            assert_int_equal(found.hash[i], hy_pair_hash(text.p + found.at[i]));
            to[n++] = found.at[i];
        }
    }
    return n;
}

TEST(every_way_of_walking_finds_the_same_pairs)
{
    static const char *const some[] = {"爆炸", "火灾", NULL};
    static char text[9000];
    static uint32_t want[9000], got[9000];
    struct hy_pairs p = pairs_of(some, bitmap, LOG);

    for (unsigned round = 0; round < 400; round++) {
        struct hy_str t = text_of(text, sizeof(text), draw(round % 8 ? 200 : 2500));
        HY_CLEANUP(hy_freep) char *exact = hy_str_dup(t);
        t.p = exact;
        size_t n = all_candidates(&p, HY_PAIRS_PORTABLE, t, want);
        for (int level = HY_PAIRS_PORTABLE + 1; level < HY_PAIRS_LEVELS; level++) {
            size_t k = all_candidates(&p, (enum hy_pairs_level)level, t, got);
            if (k == SIZE_MAX)
                continue;
            assert_int_equal(k, n);
            assert_memory_equal(got, want, n * sizeof(*want));
        }
    }
}

static bool has_bit(const uint8_t *table, char low, char other)
{
    uint8_t copy[HY_SIEVE_TABLE];

    memcpy(copy, table, sizeof(copy));
    hy_sieve_set(copy, (unsigned char)low, (unsigned char)other);
    return memcmp(copy, table, sizeof(copy)) == 0;
}

/* A sieve takes away what it does not know and nothing else. */
TEST(a_sieve_lets_every_pair_it_knows_pass)
{
    enum { PAIRS = 200, BYTES = 6000 };
    static char pair[PAIRS][8], text[BYTES];
    static uint32_t all[BYTES], want[BYTES], got[BYTES];
    static uint32_t ones[(1 << LOG) / 32];
    static uint8_t sieve[HY_SIEVE_BYTES];
    struct hy_pairs p = {.bits = ones, .shift = 32 - LOG};

    seed = 5;
    memset(ones, 255, sizeof(ones)); /* the bitmap passes all: what is missing the sieve took */
    for (size_t i = 0; i < PAIRS; i++) {
        for (size_t k = 0; k < 6; k += 3)
            put_han(pair[i] + k, 0x4E00 + draw(5000));
        hy_sieve_add(sieve, pair[i]);
    }
    for (size_t n = 0; n + 9 < BYTES;)
        n += draw(3) ? put_han(text + n, 0x4E00 + draw(5000))
                     : (memcpy(text + n, pair[draw(PAIRS)], 6), 6u);
    size_t n = all_candidates(&p, HY_PAIRS_PORTABLE, hy_str(text), all), passing = 0;
    for (size_t i = 0; i < n; i++) {
        const char *at = text + all[i];
        if (has_bit(sieve, at[2], at[5]) && has_bit(sieve + HY_SIEVE_TABLE, at[2], at[4]))
            want[passing++] = all[i];
    }
    assert_in_range(passing, n / 5, n / 2);
    p.sieve = sieve;
    for (int level = HY_PAIRS_AVX512; level < HY_PAIRS_LEVELS; level++) {
        size_t k = all_candidates(&p, (enum hy_pairs_level)level, hy_str(text), got);
        if (k == SIZE_MAX)
            continue;
        assert_int_equal(k, passing);
        assert_memory_equal(got, want, k * sizeof(*got));
    }
}

/* Bytes that are no text must not lead outside of it, whatever is found. */
TEST(broken_text_is_survived)
{
    enum { BYTES = 4700 };
    const struct hy_str words[] = {HY_STR("爆炸"), HY_STR("\xE5\xE5\xE5\xE5\xE5\xE5"),
                                   HY_STR("\xE5\xE5\xE5\xE5\xE5\xE5\xE5")};

    for (unsigned round = 0; round < 50; round++) {
        size_t n = round < 2 ? BYTES : draw(BYTES);
        char *text = hy_xmalloc(n + 1);
        for (size_t i = 0; i < n; i++)
            text[i] = (char)(round ? 0xE0 + draw(12) : 0xE5);
        HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new(words, HY_COUNT(words));
        for (int level = 0; level < HY_PAIRS_LEVELS; level++) {
            struct hy_match_hits hits = {0};
            if (match_use(m, (enum hy_pairs_level)level))
                hy_match_scan(m, hy_str_n(text, n), &hits);
            for (size_t i = 0; i < hits.n; i++)
                assert_true(hits.v[i].end <= n);
            hy_vec_release(&hits);
        }
        free(text);
    }
}
