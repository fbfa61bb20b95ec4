/* SPDX-License-Identifier: Apache-2.0 */
/* The store with real files: items, captures, incidents, the index rebuilt; what a crash in the
 * middle leaves behind. */
#include "tests/unit/archive_world.h"

/* -- items ------------------------------------------------------------------------------------- */

TEST(an_item_is_found_by_its_words_and_kept_once)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    store_item(&w, &blast); /* again: a repeat changes nothing */
    EXPECT("爆炸", "u1");
    EXPECT("化工厂", "u1"); /* not u3, whose 化工 and 工厂 stand in two texts; not u2 */
    EXPECT("化工", "u3 u1");
    EXPECT("停水 居民", "u2");
    EXPECT("停水|植树", "u3 u2");
    EXPECT("化工 -爆炸", "u3");
    EXPECT("火", "");
    EXPECT("浓", "u1");
    EXPECT("清溪縣", "u1");
    EXPECT("", "u3 u2 u1");
    check_index(&w);
    end(&w);
}

TEST(a_changed_item_is_found_by_its_new_words_and_keeps_its_old_text)
{
    struct world w = {0};
    struct spec later = blast, older = blast;
    enum hy_evidence_kind kind;
    struct hy_buf text = HY_BUF_INIT(10000);

    begin(&w);
    store_item(&w, &blast);
    later.text = "一仓库起火，无人伤亡。";
    later.minute = 30;
    store_item(&w, &later);
    EXPECT("起火", "u1");
    EXPECT("浓烟", "");
    older.text = "更早的文字。";
    older.minute = -30;
    store_item(&w, &older); /* late on its way: not the newest */
    EXPECT("起火", "u1");
    const struct spec *versions[] = {&blast, &later, &older};
    for (size_t i = 0; i < HY_COUNT(versions); i++) {
        HY_CLEANUP(hy_json_freep) json_t *o = item_of(versions[i]);
        hy_buf_clear(&text);
        OK(hy_store_get(w.s, hy_json_str(o, "hash"), &kind, &text, &err));
        assert_int_equal(kind, HY_EVIDENCE_TEXT);
        assert_true(hy_str_ends(hy_buf_view(&text), hy_str(versions[i]->text)));
    }
    check_index(&w);
    hy_buf_release(&text);
    end(&w);
}

TEST(a_batch_is_all_or_nothing_over_a_kill)
{
    struct world w = {0};

    begin(&w);
    store_item(&w, &blast);
    hy_store_close(HY_TAKE(w.s));
    pid_t child = fork();
    if (child == 0) {
        struct world c = w;
        err = HY_ERR_INIT;
        HY_CLEANUP(hy_json_freep) json_t *o = item_of(&water);
        if (hy_store_open(c.dir, HY_STORE_WRITE, &c.s, &err) < 0 || hy_store_begin(c.s, &err) < 0 ||
            hy_store_item(c.s, o, NOON, &err) < 0)
            _exit(2);
        raise(SIGKILL); /* before the commit */
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    open_store(&w, HY_STORE_WRITE);
    EXPECT("停水", "");
    store_item(&w, &water);
    EXPECT("停水", "u2");
    check_index(&w);
    end(&w);
}

TEST(one_writes_and_others_read_what_is_committed)
{
    struct world w = {0}, reader = {0};
    err = HY_ERR_INIT;
    struct hy_store *second = NULL;

    begin(&w);
    store_item(&w, &blast);
    assert_int_equal(hy_store_open(w.dir, HY_STORE_WRITE, &second, &err), HY_E_STATE);
    memcpy(reader.dir, w.dir, sizeof(reader.dir));
    open_store(&reader, HY_STORE_READ);
    expect(&reader, (struct hy_search){.words = HY_STR("爆炸")}, "u1");
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(&water);
    OK(hy_store_begin(w.s, &err));
    OK(hy_store_item(w.s, o, NOON, &err));
    expect(&reader, (struct hy_search){.words = HY_STR("停水")}, "");
    OK(hy_store_commit(w.s, &err));
    expect(&reader, (struct hy_search){.words = HY_STR("停水")}, "u2");
    expect(&reader, (struct hy_search){.source = HY_STR("news")}, "u2"); /* a name that is new */
    hy_store_close(reader.s);
    end(&w);
}

TEST(without_an_archive_reading_says_so)
{
    struct hy_store *s = NULL;
    err = HY_ERR_INIT;

    assert_int_equal(hy_store_open("/tmp/hy-no-such-archive", HY_STORE_READ, &s, &err),
                     HY_E_NOTFOUND);
}

/* -- captures ---------------------------------------------------------------------------------- */

TEST(captures_are_listed_and_their_bytes_come_back)
{
    struct world w = {0};
    HY_CLEANUP(hy_json_freep) json_t *list = NULL;
    struct hy_buf page = HY_BUF_INIT(10000);
    enum hy_evidence_kind kind;
    char sha256[HY_SHA256_HEX];
    struct spec changed = blast;

    begin(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    store_capture(&w, &blast, "first", "<html>1</html>", 0); /* a repeat */
    store_capture(&w, &blast, "same", NULL, 60);
    changed.text = "一化工厂发生爆炸，三人受伤。";
    store_capture(&w, &changed, "changed", "<html>2</html>", 120);
    store_capture(&w, &changed, "first", "<html>2</html>", 180); /* the crawler forgot */
    store_capture(&w, &changed, "gone", NULL, 240);
    OK(hy_store_captures_of_item(w.s, HY_STR("u1"), &list, &err));
    static const char *const want[][2] = {{"first", "2025-11-25T13:00:00+08:00"},
                                          {"changed", "2025-11-25T15:00:00+08:00"},
                                          {"gone", "2025-11-25T16:00:00+08:00"}};
    assert_int_equal(json_array_size(list), HY_COUNT(want));
    for (size_t i = 0; i < HY_COUNT(want); i++) {
        const json_t *c = json_array_get(list, i);
        assert_string_equal(hy_json_str(c, "change").p, want[i][0]);
        assert_string_equal(hy_json_str(c, "seen").p, want[i][1]);
    }
    OK(hy_store_get(w.s, hy_str(hy_sha256_hex(HY_STR("<html>1</html>"), sha256)), &kind, &page,
                    &err));
    assert_int_equal(kind, HY_EVIDENCE_PAGE);
    assert_string_equal(page.p, "<html>1</html>");
    json_decref(HY_TAKE(list));
    OK(hy_store_captures_of_hash(w.s, hy_str(sha256), &list, &err));
    assert_int_equal(json_array_size(list), 1);
    /* the text is there although its item never came; then it comes and is kept once */
    hy_buf_clear(&page);
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(&changed);
    OK(hy_store_get(w.s, hy_json_str(o, "hash"), &kind, &page, &err));
    store_item(&w, &changed);
    EXPECT("受伤", "u1");
    hy_buf_release(&page);
    end(&w);
}

TEST(a_capture_whose_bytes_are_not_its_hash_is_refused)
{
    struct world w = {0};
    struct hy_err bad = HY_ERR_INIT;
    struct hy_buf body = HY_BUF_INIT(1000);
    HY_CLEANUP(hy_json_freep)
    json_t *meta = json_pack("{s:s,s:s,s:s,s:s}", "item", "u1", "change", "first", "fetched",
                             "2025-11-25T12:00:00+08:00", "sha256",
                             "0000000000000000000000000000000000000000000000000000000000000000");

    begin(&w);
    hy_zstd_pack(HY_STR("page"), &body);
    OK(hy_store_begin(w.s, &err));
    assert_int_equal(hy_store_capture(w.s, meta, hy_buf_view(&body), NOON, &bad), HY_E_PARSE);
    bad = HY_ERR_INIT;
    assert_int_equal(hy_store_capture(w.s, meta, HY_STR("no frame"), NOON, &bad), HY_E_PARSE);
    hy_store_rollback(w.s);
    hy_buf_release(&body);
    end(&w);
}

TEST(a_reprint_of_the_journal_gets_its_text_from_its_capture)
{
    struct world w = {0};
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(&blast);

    begin(&w);
    store_capture(&w, &blast, "first", "<html>1</html>", 0);
    hy_json_set_str(o, "text", HY_STR("")); /* as the keeper writes reprints */
    OK(hy_store_begin(w.s, &err));
    OK(hy_store_item(w.s, o, NOON, &err));
    OK(hy_store_commit(w.s, &err));
    EXPECT("浓烟", "u1");
    check_index(&w);
    end(&w);
}

TEST(an_item_of_which_only_the_journal_knows_gets_its_text_later)
{
    struct world w = {0};
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(&blast);

    begin(&w);
    hy_json_set_str(o, "text", HY_STR(""));
    OK(hy_store_begin(w.s, &err));
    OK(hy_store_item(w.s, o, NOON, &err));
    OK(hy_store_commit(w.s, &err));
    EXPECT("浓烟", "");
    store_item(&w, &blast);
    EXPECT("浓烟", "u1");
    check_index(&w);
    end(&w);
}

/* -- incidents --------------------------------------------------------------------------------- */

TEST(an_incident_is_found_and_gives_its_items_state_and_level)
{
    struct world w = {0};

    begin(&w);
    store_three(&w);
    store_incident(&w, "I20251125-0001", "collected", "[{\"id\":\"u2\"}]", NOON);
    expect(&w, (struct hy_search){.state = HY_STR("collected"), .facets = true},
           "u2 I20251125-0001");
    expect(&w,
           (struct hy_search){.what = HY_SEARCH_INCIDENTS, .words = HY_STR("爆炸"), .facets = true},
           "I20251125-0001");
    expect(&w, (struct hy_search){.what = HY_SEARCH_ITEMS, .words = HY_STR("爆炸"), .facets = true},
           "u1");
    expect(&w, (struct hy_search){.level = 2, .source = HY_STR("news"), .facets = true}, "u2");
    store_incident(&w, "I20251125-0001", "assigned", "[{\"id\":\"u2\"}]", NOON);
    expect(&w, (struct hy_search){.state = HY_STR("collected"), .facets = true}, "");
    expect(&w, (struct hy_search){.state = HY_STR("assigned"), .facets = true},
           "u2 I20251125-0001");
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    OK(hy_store_get_item(w.s, HY_STR("u2"), &o, &err));
    assert_string_equal(hy_json_str(o, "incident").p, "I20251125-0001");
    assert_string_equal(hy_json_str(o, "title").p, "滨河小区停水");
    check_index(&w);
    end(&w);
}

/* -- rebuilding -------------------------------------------------------------------------------- */

TEST(the_index_is_rebuilt_while_items_come_change_and_go)
{
    struct world w = {0};
    int64_t done = 0, total = 1;
    char id[16];
    bool current;

    begin(&w);
    OK(hy_store_begin(w.s, &err));
    for (int i = 0; i < 1600; i++) {
        struct spec sp = {id, "题目", "爆炸的正文", "s", i, NULL, NULL, NULL, 0};
        snprintf(id, sizeof(id), "i%d", i);
        HY_CLEANUP(hy_json_freep) json_t *o = item_of(&sp);
        OK(hy_store_item(w.s, o, NOON, &err));
    }
    OK(hy_store_commit(w.s, &err));
    for (int slice = 0; done < total; slice++) {
        OK(hy_index_rebuild(hy_store_db(w.s), &done, &total, &err));
        OK(hy_index_is_current(hy_store_db(w.s), &current, &err));
        assert_int_equal(current, done == total);
        struct spec old = {"i3", "题目", "改成了火灾", "s", 3000 + slice, NULL, NULL, NULL, 0};
        struct spec fresh = {id, "新的", "后来的洪水", "s", 2000 + slice, NULL, NULL, NULL, 0};
        struct spec early = {"e", "更早", "从前的地震", "s", -slice, NULL, NULL, NULL, 0};
        snprintf(id, sizeof(id), "n%d", slice);
        store_item(&w, &old);
        store_item(&w, &fresh);
        store_item(&w, &early);
        assert_true(slice < 20);
    }
    check_index(&w);
    EXPECT("火灾", "i3");
    EXPECT("地震", "e");
    end(&w);
}

TEST(a_lost_word_of_the_index_is_noticed)
{
    struct world w = {0};
    err = HY_ERR_INIT;

    begin(&w);
    store_three(&w);
    HY_CLEANUP(hy_freep) char *text = hy_index_text(HY_STR("滨河\n区停"));
    OK(hy_db_run(hy_store_db(w.s), &err,
                 "INSERT INTO words(words, rowid, text) SELECT 'delete', row, ? FROM item "
                 "WHERE id = 'u2'",
                 "t", hy_str(text)));
    assert_int_equal(hy_index_check(hy_store_db(w.s), &err), HY_E_STATE);
    end(&w);
}
