/* SPDX-License-Identifier: Apache-2.0 */
/* The store with real files: items, captures, incidents, retention, searching, the index rebuilt;
 * what a crash in the middle leaves behind. */
#include "archive/expire.h"
#include "archive/facets.h"
#include "archive/index.h"
#include "archive/search.h"
#include "archive/store.h"
#include "archive/watch.h"

#include "core/hash.h"
#include "core/item.h"
#include "core/zstd.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define NOON ((hy_wall){INT64_C(1764043200000)}) /* 2025-11-25T12:00:00+08:00 */

struct world {
    char dir[64];
    struct hy_store *s;
};

static void open_store(struct world *w, enum hy_store_mode mode)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_store_open(w->dir, mode, &w->s, &err) < 0)
        fail_msg("%s", err.msg);
}

static void begin(struct world *w)
{
    snprintf(w->dir, sizeof(w->dir), "/tmp/hy-archive-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    open_store(w, HY_STORE_WRITE);
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

static void end(struct world *w)
{
    hy_store_close(w->s);
    nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct hy_err err; /* of the last call */

#define OK(call)                                                                                   \
    do {                                                                                           \
        err = HY_ERR_INIT;                                                                         \
        if ((call) < 0)                                                                            \
            fail_msg(#call ": %s", err.msg);                                                       \
    } while (0)

/* -- things to store --------------------------------------------------------------------------- */

struct spec {
    const char *id, *title, *text, *source;
    int64_t minute; /* after NOON: published and fetched */
    const char *place, *topic, *alert;
    int level;
};

static json_t *named(const char *key, const char *value, const char *name)
{
    json_t *list = json_array();

    if (value)
        json_array_append_new(list, json_pack("{s:s,s:s}", key, value, "name", name));
    return list;
}

static json_t *item_of(const struct spec *sp)
{
    hy_wall at = hy_wall_add_ms(NOON, sp->minute * HY_MINUTE_MS);
    struct hy_item it = {.id = (char *)sp->id,
                         .source = (char *)sp->source,
                         .title = (char *)sp->title,
                         .text = (char *)sp->text,
                         .url = "http://news.example/1",
                         .published = at,
                         .fetched = at,
                         .precision = HY_PREC_MINUTE,
                         .published_offset_min = HY_CST};

    hy_item_hash(&it);
    json_t *o = hy_item_to_json(&it);
    json_object_set_new(o, "rules_version", json_string("r1"));
    json_object_set_new(o, "score",
                        json_pack("{s:i,s:i,s:s,s:o,s:o,s:o}", "relevance", 80, "emergency", 60,
                                  "alert", sp->alert ? sp->alert : "none", "level",
                                  sp->level ? json_integer(sp->level) : json_null(), "places",
                                  named("code", sp->place, "某地"), "topics",
                                  named("id", sp->topic, "某事")));
    return o;
}

static void store_item(struct world *w, const struct spec *sp)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(sp);

    OK(hy_store_begin(w->s, &err));
    OK(hy_store_item(w->s, o, NOON, &err));
    OK(hy_store_commit(w->s, &err));
}

static void store_capture(struct world *w, const struct spec *sp, const char *change,
                          const char *page, int64_t minute)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(sp);
    HY_CLEANUP(hy_json_freep) json_t *meta = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char sha256[HY_SHA256_HEX];

    hy_json_set_str(meta, "item", hy_str(sp->id));
    hy_json_set_str(meta, "change", hy_str(change));
    hy_json_set_time(meta, "fetched", hy_wall_add_ms(NOON, minute * HY_MINUTE_MS), HY_CST);
    json_object_set(meta, "hash", json_object_get(o, "hash"));
    json_object_set(meta, "title", json_object_get(o, "title"));
    json_object_set(meta, "text", json_object_get(o, "text"));
    hy_json_set_str(meta, "source", hy_str(sp->source));
    hy_json_set_str(meta, "requested", hy_str("http://news.example/1"));
    hy_json_set_int(meta, "status", page ? 200 : 404);
    if (page) {
        hy_json_set_str(meta, "sha256", hy_str(hy_sha256_hex(hy_str(page), sha256)));
        hy_zstd_pack(hy_str(page), &body);
    }
    OK(hy_store_begin(w->s, &err));
    OK(hy_store_capture(w->s, meta, hy_buf_view(&body), NOON, &err));
    OK(hy_store_commit(w->s, &err));
    hy_buf_release(&body);
}

static void store_incident(struct world *w, const char *id, const char *state, const char *items,
                           hy_wall now)
{
    struct hy_err parsing = HY_ERR_INIT;
    HY_CLEANUP(hy_freep)
    char *text =
        hy_xasprintf("{\"id\":\"%s\",\"state\":\"%s\",\"level\":2,\"title\":\"清溪县爆炸\","
                     "\"alert\":\"alert\",\"items\":%s,\"found\":[],\"responses\":[],"
                     "\"places\":[{\"code\":\"990102\",\"name\":\"清溪县\"}],"
                     "\"opened\":\"2025-11-25T12:00:00+08:00\"}",
                     id, state, items);
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    assert_int_equal(hy_json_parse(hy_str(text), &doc, &parsing), HY_OK);
    OK(hy_store_begin(w->s, &err));
    OK(hy_store_incident(w->s, doc, now, &err));
    OK(hy_store_commit(w->s, &err));
}

static json_t *found(struct world *w, const struct hy_search *q)
{
    json_t *o = NULL;

    OK(hy_search(w->s, q, &o, &err));
    return o;
}

/* Ids of the hits, joined by blanks. */
static void expect(struct world *w, struct hy_search q, const char *ids)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_buf b = HY_BUF_INIT(4096);
    size_t i;
    json_t *hit;

    if (q.from.ms == 0)
        q.from = HY_WALL_NONE;
    if (q.to.ms == 0)
        q.to = HY_WALL_NONE;
    o = found(w, &q);
    json_array_foreach (json_object_get(o, "hits"), i, hit)
        hy_buf_printf(&b, "%s%s", i ? " " : "", json_string_value(json_object_get(hit, "id")));
    assert_string_equal(b.p ? b.p : "", ids);
    if (q.facets)
        assert_int_equal(hy_json_int(o, "total", -1), json_array_size(json_object_get(o, "hits")));
    hy_buf_release(&b);
}

static void check_index(struct world *w)
{
    OK(hy_index_check(hy_store_db(w->s), &err));
    OK(hy_db_check(hy_store_db(w->s), &err));
}

#define EXPECT(words_, ids)                                                                        \
    expect(&w, (struct hy_search){.words = hy_str(words_), .facets = true}, ids)

static const struct spec blast = {"u1",
                                  "清溪县化工厂爆炸",
                                  "一化工厂发生爆炸，现场浓烟。",
                                  "forum",
                                  0,
                                  "990102",
                                  "safety",
                                  "alert",
                                  2};
static const struct spec water = {"u2",
                                  "滨河小区停水",
                                  "小区停水四天，居民不满。工厂照常。",
                                  "news",
                                  10,
                                  "990103",
                                  "water",
                                  "list",
                                  0};
static const struct spec trees = {
    "u3", "春季植树", "市里组织植树，化工企业参加。", "news", 20, "990100", NULL, NULL, 0};

static void store_three(struct world *w)
{
    store_item(w, &blast);
    store_item(w, &water);
    store_item(w, &trees);
}

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
