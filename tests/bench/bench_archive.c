/* SPDX-License-Identifier: Apache-2.0 */
/* Searching an archive of a million items: how long a search takes by the clock, what an item costs
 * to store and on disk.
 *
 *     bench_archive [ITEMS [DIR]]      DIR must not exist; it is left behind when it was named
 *
 * The items are made: pairs of characters by their real frequency, one in three with a text of two
 * hundred characters; some words are put into every 10th, 1,000th and 50,000th.  The peer is what
 * SQLite does without an index, in the same database and minute: a scan with instr(). */
#include "archive/search.h"
#include "core/hash.h"
#include "core/item.h"
#include "core/mem.h"
#include "tests/bench/han.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    ITEMS = 1000000,
    BATCH = 5000,
    TITLE_PAIRS = 8,
    TEXT_PAIRS = 100,
    LONG = 33, /* of a hundred */
    ROUNDS = 15,
    A_DAY = 3000,
};

static const struct {
    const char *word;
    int every;
} planted[] = {{"停水", 10}, {"化工厂", 1000}, {"滨河路小学", 50000}};

static json_t *make_item(int64_t no, hy_wall at)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf title = HY_BUF_INIT(4096), text = HY_BUF_INIT(4096);
    char id[32], source[32], place[16], topic[16];

    add_pairs(&title, TITLE_PAIRS);
    for (size_t i = 0; i < HY_COUNT(planted); i++)
        if (no % planted[i].every == 0)
            hy_buf_puts(roll(2) ? &title : &text, planted[i].word);
    if (roll(100) < LONG)
        add_pairs(&text, TEXT_PAIRS);
    snprintf(id, sizeof(id), "i%lld", (long long)no);
    snprintf(source, sizeof(source), "source-%u", roll(200));
    snprintf(place, sizeof(place), "9901%02u", roll(20));
    snprintf(topic, sizeof(topic), "topic-%u", roll(20));
    struct hy_item it = {.id = id,
                         .source = source,
                         .title = title.p,
                         .text = text.p ? text.p : (char *)"",
                         .url = (char *)"http://news.example/1",
                         .published = at,
                         .fetched = at,
                         .precision = HY_PREC_MINUTE,
                         .published_offset_min = HY_CST};
    hy_item_hash(&it);
    json_t *o = hy_item_to_json(&it);
    json_object_set_new(o, "score",
                        json_pack("{s:i,s:i,s:s,s:i,s:[{s:s,s:s}],s:[{s:s,s:s}]}", "relevance", 80,
                                  "emergency", 60, "alert", roll(50) ? "none" : "list", "level",
                                  (int)roll(4) + 1, "places", "code", place, "name", "某地",
                                  "topics", "id", topic, "name", "某事"));
    return o;
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void figure(const char *metric, double value, const char *unit, const char *peer,
                   double peer_value)
{
    printf("{\"bench\":\"archive\",\"metric\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"peer\":", metric,
           value, unit);
    if (peer)
        printf("\"%s\",\"peer_value\":%.4g,\"ratio\":%.4g}\n", peer, peer_value, peer_value / value);
    else
        printf("null,\"peer_value\":null,\"ratio\":null}\n");
    fflush(stdout);
}

static void must(int rc, const struct hy_err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s\n", err->msg);
    exit(1);
}

static void fill(struct hy_store *s, int64_t items, hy_wall from)
{
    struct hy_err err = HY_ERR_INIT;
    double began = seconds(CLOCK_PROCESS_CPUTIME_ID);

    for (int64_t no = 0; no < items;) {
        must(hy_store_begin(s, &err), &err);
        for (int k = 0; k < BATCH && no < items; k++, no++) {
            hy_wall at = hy_wall_add_ms(from, no * (HY_DAY_MS / A_DAY));
            HY_CLEANUP(hy_json_freep) json_t *o = make_item(no, at);
            must(hy_store_item(s, o, at, &err), &err);
        }
        must(hy_store_commit(s, &err), &err);
    }
    figure("stored_items_cpu", (double)items / (seconds(CLOCK_PROCESS_CPUTIME_ID) - began), "1/s",
           NULL, 0);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The clock, because a person waits; the first of the rounds finds nothing in SQLite's cache. */
static int64_t ask(struct hy_store *s, const char *name, struct hy_search q, double peer_ms)
{
    double took[ROUNDS], first = 0;
    int64_t total = 0;
    char metric[64];

    for (int i = 0; i < ROUNDS; i++) {
        struct hy_err err = HY_ERR_INIT;
        json_t *o = NULL;
        double began = seconds(CLOCK_MONOTONIC);
        must(hy_search(s, &q, &o, &err), &err);
        took[i] = 1000 * (seconds(CLOCK_MONOTONIC) - began);
        total = hy_json_int(o, "total", -1);
        json_decref(o);
    }
    first = took[0];
    qsort(took, ROUNDS, sizeof(*took), by_value);
    snprintf(metric, sizeof(metric), "%s_p50", name);
    figure(metric, took[ROUNDS / 2], "ms", peer_ms > 0 ? "scan" : NULL, peer_ms);
    snprintf(metric, sizeof(metric), "%s_first", name);
    figure(metric, first, "ms", NULL, 0);
    snprintf(metric, sizeof(metric), "%s_found", name);
    figure(metric, (double)total, "1", NULL, 0);
    return total;
}

static double scan(struct hy_store *s, const char *word)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_rows *r;
    double began = seconds(CLOCK_MONOTONIC);

    must(hy_db_ask(hy_store_db(s), &r, &err,
                   "SELECT count(*) FROM item WHERE instr(body, CAST(? AS BLOB)) > 0", "t",
                   hy_str(word)),
         &err);
    must(hy_rows_next(r, &err), &err);
    hy_rows_end(r);
    return 1000 * (seconds(CLOCK_MONOTONIC) - began);
}

static void search(struct hy_store *s, hy_wall from, int64_t items)
{
    hy_wall later = hy_wall_add_ms(from, items * (HY_DAY_MS / A_DAY) - 30 * HY_DAY_MS);
    struct hy_search all = {.facets = true, .from = HY_WALL_NONE, .to = HY_WALL_NONE}, q;
    double peer = scan(s, "滨河路小学");

    q = all, q.words = HY_STR("滨河路小学");
    ask(s, "rare", q, peer);
    q = all, q.words = HY_STR("化工厂");
    ask(s, "seldom", q, peer);
    q = all, q.words = HY_STR("化工厂 停水");
    ask(s, "two_words", q, peer);
    q = all, q.words = HY_STR("停水");
    ask(s, "frequent", q, peer);
    q = all, q.words = HY_STR("停水"), q.place = HY_STR("990107"), q.from = later;
    ask(s, "frequent_place_month", q, peer);
    q = all, q.topic = HY_STR("topic-3");
    ask(s, "topic_only", q, 0);
    ask(s, "everything", all, 0);
}

static off_t used;
static int weigh(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)path, (void)what, (void)ftw;
    used += st->st_size;
    return 0;
}
static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    char made[] = "/tmp/hy-bench-archive-XXXXXX";
    int64_t items = argc > 1 ? strtoll(argv[1], NULL, 10) : ITEMS;
    const char *dir = argc > 2 ? argv[2] : mkdtemp(made);
    hy_wall from = {1795000000000 - items * (HY_DAY_MS / A_DAY)};
    struct hy_err err = HY_ERR_INIT;
    struct hy_store *s = NULL;

    must(hy_store_open(dir, HY_STORE_WRITE, &s, &err), &err);
    fill(s, items, from);
    hy_store_close(s);
    nftw(dir, weigh, 16, FTW_PHYS);
    figure("bytes_an_item", (double)used / (double)items, "B", NULL, 0);
    must(hy_store_open(dir, HY_STORE_READ, &s, &err), &err);
    search(s, from, items);
    hy_store_close(s);
    if (argc <= 2)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
