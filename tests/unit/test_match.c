/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/match.h"
#include "analyzer/match_pairs.h"
#include "core/mem.h"

#include <string.h>

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

static void naive(const struct hy_str *words, size_t n, struct hy_str text,
                  struct hy_match_hits *out)
{
    for (size_t at = 0; at < text.n; at++)
        for (size_t longest = 64; longest > 0; longest--)
            for (size_t i = 0; i < n; i++)
                if (words[i].n == longest && at + longest <= text.n &&
                    memcmp(text.p + at, words[i].p, longest) == 0)
                    hy_vec_push(out, (struct hy_match_hit){(uint32_t)i, (uint32_t)at,
                                                           (uint32_t)(at + longest)});
}

static void compare(const struct hy_str *words, size_t n, struct hy_str text)
{
    struct hy_match *m = hy_match_new(words, n);
    struct hy_match_hits got = {0}, want = {0};
    char *exact = hy_str_dup(text); /* its own block: reading past the end shows under ASan */

    hy_match_scan(m, hy_str_n(exact, text.n), &got);
    naive(words, n, text, &want);
    assert_int_equal(got.n, want.n);
    for (size_t i = 0; i < got.n; i++) {
        assert_int_equal(got.v[i].word, want.v[i].word);
        assert_int_equal(got.v[i].start, want.v[i].start);
        assert_int_equal(got.v[i].end, want.v[i].end);
    }
    hy_vec_release(&got);
    hy_vec_release(&want);
    free(exact);
    hy_match_free(m);
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
        compare(words, n, text_of(text, sizeof(text), round % 10 ? draw(60) : draw(3000)));
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

TEST(no_words_no_hits)
{
    compare(NULL, 0, HY_STR("爆炸"));
}

static size_t all_candidates(struct hy_pairs *p, enum hy_pairs_level level, struct hy_str text,
                             uint32_t *to)
{
    size_t n = 0;

    if (!hy_pairs_use(p, level))
        return SIZE_MAX;
    for (size_t at = 0; at < text.n;)
        n += hy_pairs_find(p, text, &at, to + n, 1024);
    return n;
}

TEST(every_way_of_walking_finds_the_same_pairs)
{
    static char text[9000];
    static uint32_t want[9000], got[9000];
    struct hy_pairs p;

    hy_pairs_init(&p, 1000);
    hy_pairs_add(&p, "爆炸");
    hy_pairs_add(&p, "火灾");
    for (unsigned round = 0; round < 400; round++) {
        struct hy_str t = text_of(text, sizeof(text), draw(round % 8 ? 200 : 2500));
        HY_CLEANUP(hy_freep) char *exact = hy_str_dup(t);
        t.p = exact;
        size_t n = all_candidates(&p, HY_PAIRS_PORTABLE, t, want);
        for (int level = HY_PAIRS_AVX2; level <= HY_PAIRS_AVX512; level++) {
            size_t k = all_candidates(&p, (enum hy_pairs_level)level, t, got);
            if (k == SIZE_MAX)
                continue;
            assert_int_equal(k, n);
            assert_memory_equal(got, want, n * sizeof(*want));
        }
    }
    hy_pairs_release(&p);
}

/* Bytes that are no text must not lead outside of it, whatever is found. */
TEST(broken_text_is_survived)
{
    enum { BYTES = 700 };
    static uint32_t found[4096];
    struct hy_pairs p;

    hy_pairs_init(&p, 1000);
    hy_pairs_add(&p, "爆炸");
    for (int level = HY_PAIRS_PORTABLE; level <= HY_PAIRS_AVX512; level++)
        for (unsigned round = 0; round < 50; round++) {
            char *text = hy_xmalloc(BYTES);
            for (size_t i = 0; i < BYTES; i++)
                text[i] = (char)(round ? 0xE0 + draw(12) : 0xE5);
            size_t n = all_candidates(&p, (enum hy_pairs_level)level, hy_str_n(text, BYTES), found);
            for (size_t i = 0; n != SIZE_MAX && i < n; i++)
                assert_true(found[i] + 6 <= BYTES);
            free(text);
        }
    hy_pairs_release(&p);
}
