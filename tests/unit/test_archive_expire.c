/* SPDX-License-Identifier: Apache-2.0 */
/* What the store lets go and when, what it keeps as evidence, and which pages it asks to see again.
 */
#include "tests/unit/archive_world.h"

/* -- retention --------------------------------------------------------------------------------- */

static void expire_all(struct world *w, hy_wall now, int64_t evidence_ms)
{
    struct hy_retention keep = {.raw_ms = 30 * HY_DAY_MS,
                                .text_ms = 180 * HY_DAY_MS,
                                .record_ms = 1000 * HY_DAY_MS,
                                .evidence_ms = evidence_ms};
    struct hy_expiry e = {0};

    while (!e.done)
        OK(hy_expire(w->s, &e, &keep, now, &err));
    check_index(w);
}

static bool has_page(struct world *w, const char *page)
{
    char sha256[HY_SHA256_HEX];

    return hy_blobs_has(hy_store_blobs(w->s), hy_str(hy_sha256_hex(hy_str(page), sha256)));
}

static hy_wall day(int n)
{
    return hy_wall_add_ms(NOON, n * HY_DAY_MS);
}

TEST(pages_then_texts_then_records_go_and_evidence_stays)
{
    struct world w = {0};
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_err none = HY_ERR_INIT;

    begin(&w);
    store_three(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    store_capture(&w, &water, "first", "<html>2</html>", 0);
    store_incident(&w, "I1", "assigned", "[{\"id\":\"u1\"}]", NOON);
    expire_all(&w, day(29), 0);
    assert_true(has_page(&w, "<html>2</html>"));
    expire_all(&w, day(31), 0);
    assert_false(has_page(&w, "<html>2</html>"));
    assert_true(has_page(&w, "<html>1</html>"));
    EXPECT("停水", "u2");
    expire_all(&w, day(181), 0);
    EXPECT("停水", "");
    EXPECT("爆炸", "I1 u1");
    OK(hy_store_get_item(w.s, HY_STR("u2"), &o, &err));
    assert_true(hy_json_bool(o, "expired"));
    assert_null(json_object_get(o, "title"));
    assert_null(json_object_get(o, "url"));
    assert_int_equal(hy_json_num(json_object_get(o, "score"), "relevance", 0), 80);
    json_decref(HY_TAKE(o));
    expire_all(&w, day(1001), 0);
    assert_int_equal(hy_store_get_item(w.s, HY_STR("u2"), &o, &none), HY_E_NOTFOUND);
    EXPECT("爆炸", "I1 u1");
    assert_true(has_page(&w, "<html>1</html>"));
    end(&w);
}

TEST(evidence_of_a_dismissed_incident_gets_one_more_keeping_time)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    store_incident(&w, "I1", "collected", "[{\"id\":\"u1\"}]", NOON);
    store_incident(&w, "I1", "dismissed", "[{\"id\":\"u1\"}]", day(100));
    expire_all(&w, day(129), 0);
    assert_true(has_page(&w, "<html>1</html>"));
    store_incident(&w, "I1", "dismissed", "[{\"id\":\"u1\"}]",
                   day(120)); /* counts from the first */
    expire_all(&w, day(131), 0);
    assert_false(has_page(&w, "<html>1</html>"));
    EXPECT("爆炸", "I1 u1");
    expire_all(&w, day(281), 0);
    EXPECT("浓烟", "");
    end(&w);
}

TEST(evidence_may_end_some_time_after_its_incident)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    store_incident(&w, "I1", "assigned", "[{\"id\":\"u1\"}]", NOON);
    expire_all(&w, day(2000), 365 * HY_DAY_MS);
    assert_true(has_page(&w, "<html>1</html>"));
    store_incident(&w, "I1", "archived", "[{\"id\":\"u1\"}]", day(2000));
    expire_all(&w, day(2364), 365 * HY_DAY_MS);
    assert_true(has_page(&w, "<html>1</html>"));
    expire_all(&w, day(2366), 365 * HY_DAY_MS);
    assert_false(has_page(&w, "<html>1</html>"));
    EXPECT("爆炸", "");
    end(&w);
}

static bool file_holds(const char *path, const char *text)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    err = HY_ERR_INIT;
    bool holds =
        hy_buf_read_file(&b, path, &err) == HY_OK && hy_str_has(hy_buf_view(&b), hy_str(text));

    hy_buf_release(&b);
    return holds;
}

/* zstd leaves so few characters as they are, so the text stands in the file as written. */
TEST(what_has_expired_is_not_left_in_the_file)
{
    struct world w = {0};
    char secret[65], path[128];
    struct spec sp = water;

    begin(&w);
    hy_random_hex(secret, 12);
    sp.text = secret;
    store_item(&w, &sp);
    store_item(&w, &blast);
    hy_store_close(HY_TAKE(w.s)); /* writes everything into the file */
    snprintf(path, sizeof(path), "%s/archive.db", w.dir);

    assert_true(file_holds(path, secret));
    open_store(&w, HY_STORE_WRITE);
    expire_all(&w, day(181), 0);
    bool busy = false;
    do
        OK(hy_expire_words(w.s, day(181), &busy, &err));
    while (busy);
    check_index(&w);
    hy_store_close(HY_TAKE(w.s));
    assert_false(file_holds(path, secret));
    open_store(&w, HY_STORE_WRITE);
    end(&w);
}

TEST(files_that_nobody_knows_are_swept)
{
    struct world w = {0};
    struct hy_buf packed = HY_BUF_INIT(1000);
    char sha256[HY_SHA256_HEX], path[256];
    int64_t n;

    begin(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    hy_zstd_pack(HY_STR("orphan"), &packed);
    hy_sha256_hex(HY_STR("orphan"), sha256);
    OK(hy_blobs_put(hy_store_blobs(w.s), hy_str(sha256), hy_buf_view(&packed), &err));
    OK(hy_expire_sweep(w.s, &n, &err));
    assert_int_equal(n, 0); /* young: may belong to somebody who is just writing */
    snprintf(path, sizeof(path), "%s/pages/%.2s/%s.zst", w.dir, sha256, sha256);
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    OK(hy_expire_sweep(w.s, &n, &err));
    assert_int_equal(n, 1);
    assert_false(has_page(&w, "orphan"));
    assert_true(has_page(&w, "<html>1</html>"));
    hy_buf_release(&packed);
    end(&w);
}

TEST(a_damaged_page_is_never_given_out)
{
    struct world w = {0};
    char sha256[HY_SHA256_HEX], path[256];
    enum hy_evidence_kind kind;
    struct hy_buf page = HY_BUF_INIT(1000), other = HY_BUF_INIT(1000);
    err = HY_ERR_INIT;

    begin(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    hy_sha256_hex(HY_STR("<html>1</html>"), sha256);
    snprintf(path, sizeof(path), "%s/pages/%.2s/%s.zst", w.dir, sha256, sha256);
    hy_zstd_pack(HY_STR("<html>9</html>"), &other);
    FILE *f = fopen(path, "we");
    fwrite(other.p, 1, other.n, f);
    fclose(f);
    assert_int_equal(hy_store_get(w.s, hy_str(sha256), &kind, &page, &err), HY_E_PARSE);
    hy_buf_release(&page);
    hy_buf_release(&other);
    end(&w);
}

/* -- looking again ----------------------------------------------------------------------------- */

static size_t asked(struct world *w, hy_wall now)
{
    json_t *members = NULL;
    size_t n;

    OK(hy_store_begin(w->s, &err));
    OK(hy_watch_ask(w->s, now, 10, &members, &err));
    OK(hy_store_commit(w->s, &err));
    n = json_array_size(members);
    json_decref(members);
    return n;
}

TEST(pages_of_open_incidents_are_looked_at_again_ever_more_rarely)
{
    struct world w = {0};
    HY_CLEANUP(hy_freep) char *id = hy_watch_item_of(HY_STR("http://news.example/1"));
    struct spec sp = blast;

    sp.id = id;
    begin(&w);
    store_item(&w, &sp);
    store_capture(&w, &sp, "first", "<html>1</html>", 0);
    HY_CLEANUP(hy_freep) char *items = hy_xasprintf("[{\"id\":\"%s\"}]", id);
    store_incident(&w, "I1", "collected", items, NOON);
    assert_int_equal(asked(&w, hy_wall_add_ms(NOON, 29 * HY_MINUTE_MS)), 0);
    assert_int_equal(asked(&w, hy_wall_add_ms(NOON, 31 * HY_MINUTE_MS)), 1);
    assert_int_equal(asked(&w, hy_wall_add_ms(NOON, 32 * HY_MINUTE_MS)), 0); /* on its way */
    store_capture(&w, &sp, "same", NULL, 8 * 60); /* eight hours old: in two hours again */
    assert_int_equal(asked(&w, hy_wall_add_ms(NOON, 9 * HY_HOUR_MS)), 0);
    assert_int_equal(asked(&w, hy_wall_add_ms(NOON, 10 * HY_HOUR_MS + 1)), 1);
    store_incident(&w, "I1", "settled", items, day(1));
    assert_int_equal(asked(&w, day(300)), 0);
    store_incident(&w, "I1", "collected", items, day(301)); /* reopened */
    assert_int_equal(asked(&w, day(302)), 1);
    end(&w);
}
