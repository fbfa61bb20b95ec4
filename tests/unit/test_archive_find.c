/* SPDX-License-Identifier: Apache-2.0 */
/* Searching the store: filters, pages, facets that count what is found. */
#include "tests/unit/archive_world.h"

/* -- filters and pages ------------------------------------------------------------------------- */

TEST(filters_and_counts_agree)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    expect(&w, (struct hy_search){.source = HY_STR("news"), .facets = true}, "u3 u2");
    expect(&w, (struct hy_search){.place = HY_STR("990100"), .facets = true}, "u3 u2 u1");
    expect(&w, (struct hy_search){.place = HY_STR("990102"), .facets = true}, "u1");
    expect(&w, (struct hy_search){.topic = HY_STR("water"), .facets = true}, "u2");
    expect(&w, (struct hy_search){.level = 2, .facets = true}, "u1");
    expect(&w, (struct hy_search){.alert = HY_STR("none"), .facets = true}, "u3");
    expect(&w, (struct hy_search){.source = HY_STR("nobody"), .facets = true}, "");
    expect(&w,
           (struct hy_search){.from = hy_wall_add_ms(NOON, 10 * HY_MINUTE_MS),
                              .to = hy_wall_add_ms(NOON, 20 * HY_MINUTE_MS)},
           "u2");
    struct hy_search q = {.words = HY_STR("化工"),
                          .source = HY_STR("news"),
                          .facets = true,
                          .from = HY_WALL_NONE,
                          .to = HY_WALL_NONE};
    HY_CLEANUP(hy_json_freep) json_t *o = found(&w, &q);
    const json_t *facets = json_object_get(o, "facets");
    HY_CLEANUP(hy_freep) char *source = hy_json_text(json_object_get(facets, "source"));
    HY_CLEANUP(hy_freep) char *place = hy_json_text(json_object_get(facets, "place"));
    HY_CLEANUP(hy_freep) char *day = hy_json_text(json_object_get(facets, "day"));
    /* as if sources were not filtered; places as they are */
    assert_string_equal(source, "[{\"count\":1,\"label\":\"\",\"value\":\"forum\"},"
                                "{\"count\":1,\"label\":\"\",\"value\":\"news\"}]");
    assert_string_equal(place, "[{\"count\":1,\"label\":\"某地\",\"value\":\"990100\"}]");
    assert_string_equal(day, "[{\"count\":1,\"value\":\"2025-11-25\"}]");
    end(&w);
}

static void expect_refused(struct world *w, struct hy_search q)
{
    err = HY_ERR_INIT;
    json_t *o = NULL;

    q.from = q.to = HY_WALL_NONE;
    assert_true(hy_search(w->s, &q, &o, &err) < 0);
    assert_null(o);
    assert_true(err.msg[0] != '\0');
}

TEST(bad_requests_are_refused_with_a_sentence)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    expect_refused(&w, (struct hy_search){.level = 7});
    expect_refused(&w, (struct hy_search){.alert = HY_STR("often")});
    expect_refused(&w, (struct hy_search){.words = HY_STR("！")});
    expect_refused(&w, (struct hy_search){.cursor = HY_STR("x1")});
    expect_refused(&w, (struct hy_search){.cursor = HY_STR("t-1")});
    expect_refused(&w, (struct hy_search){.words = HY_STR("爆炸"),
                                          .order = HY_SEARCH_RANK,
                                          .cursor = HY_STR("t1")});
    EXPECT("爆炸", "u1"); /* and nothing is left over */
    end(&w);
}

/* All pages of a query, joined. */
static void expect_pages(struct world *w, const char *words, enum hy_search_order order,
                         size_t limit, const char *ids)
{
    struct hy_buf b = HY_BUF_INIT(10000);
    HY_CLEANUP(hy_freep) char *cursor = NULL;

    do {
        struct hy_search q = {.words = hy_str(words),
                              .order = order,
                              .limit = limit,
                              .cursor = hy_str(cursor),
                              .from = HY_WALL_NONE,
                              .to = HY_WALL_NONE};
        HY_CLEANUP(hy_json_freep) json_t *o = found(w, &q);
        size_t i;
        json_t *hit;
        json_array_foreach (json_object_get(o, "hits"), i, hit)
            hy_buf_printf(&b, "%s%s", b.n ? " " : "",
                          json_string_value(json_object_get(hit, "id")));
        free(cursor);
        struct hy_str next = hy_json_str(o, "next");
        cursor = next.n ? hy_str_dup(next) : NULL;
    } while (cursor);
    assert_string_equal(b.p ? b.p : "", ids);
    hy_buf_release(&b);
}

TEST(pages_follow_without_gap_or_repeat)
{
    struct world w = {0};
    char id[8][16], title[64];

    begin(&w);
    for (int i = 0; i < 8; i++) { /* 1, 3, 5, 7 have it in the title; all within one minute */
        struct spec sp = {id[i], title, "后来发生了爆炸和化工厂的事。", "s", 0, NULL, NULL,
                          NULL,  0};
        snprintf(id[i], sizeof(id[i]), "i%d", i);
        snprintf(title, sizeof(title), i % 2 ? "化工厂的爆炸%d" : "一般的题目%d", i);
        store_item(&w, &sp);
    }
    for (size_t limit = 1; limit <= 9; limit++) {
        expect_pages(&w, "爆炸", HY_SEARCH_TIME, limit, "i7 i6 i5 i4 i3 i2 i1 i0");
        expect_pages(&w, "爆炸", HY_SEARCH_RANK, limit, "i7 i5 i3 i1 i6 i4 i2 i0");
        expect_pages(&w, "化工厂", HY_SEARCH_RANK, limit, "i7 i5 i3 i1 i6 i4 i2 i0");
        expect_pages(&w, "", HY_SEARCH_RANK, limit, "i7 i6 i5 i4 i3 i2 i1 i0");
    }
    end(&w);
}

/* -- facets in blocks -------------------------------------------------------------------------- */

TEST(blocks_of_facets_hold_any_order_of_arrival)
{
    struct world w = {0};
    struct hy_db *db;
    struct hy_facets_walk walk;
    const struct hy_facet *f;
    enum { N = 3000 };
    static bool there[N];
    uint64_t seed = 7;
    int rc;

    begin(&w);
    db = hy_store_db(w.s);
    for (int round = 0; round < 40; round++) {
        struct hy_facet v[200] = {0};
        size_t n = 0;
        for (int i = 0; i < N && n < HY_COUNT(v); i++) { /* rising, scattered */
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if (seed >> 60 == 0)
                v[n++] = (struct hy_facet){.row = i * 1000, .source = (uint16_t)(i % 100)};
        }
        OK(hy_facets_set(db, v, n, &err));
        for (size_t i = 0; i < n; i++)
            there[v[i].row / 1000] = true;
        for (int i = round; i < N; i += 97) {
            OK(hy_facets_remove(db, i * 1000, &err));
            there[i] = false;
        }
    }
    OK(hy_facets_begin(&walk, db, INT64_MAX - 1, &err));
    err = HY_ERR_INIT;
    for (int i = N - 1; i >= 0; i--) {
        if (!there[i])
            continue;
        assert_int_equal(hy_facets_next(&walk, &f, &err), 1);
        assert_int_equal(f->row, i * 1000);
        assert_int_equal(f->source, i % 100);
    }
    assert_int_equal(hy_facets_next(&walk, &f, &err), 0);
    OK(hy_facets_begin(&walk, db, INT64_MAX - 1, &err));
    for (int i = N - 1; i >= 0; i -= 3) {
        rc = hy_facets_at(&walk, i * 1000, &f, &err);
        assert_int_equal(rc, there[i]);
        struct hy_facet one;
        bool has;
        OK(hy_facets_get(db, i * 1000, &one, &has, &err));
        assert_int_equal(has, there[i]);
    }
    end(&w);
}
